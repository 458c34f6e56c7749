/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is made from run directories: pages, JUnit and SARIF, all pure
 * functions of them. */
#ifndef RIG_REPORT_H
#define RIG_REPORT_H

#include <glib.h>

/* The result file of a run directory, and what is made from it. */
#define REPORT_RUN_XML "run.xml"
#define REPORT_HTML    "index.html"
#define REPORT_JUNIT   "junit.xml"
#define REPORT_SARIF   "results.sarif"

/* Of a run, beside it; and of the results directory. */
#define REPORT_HISTORY_XML "history.xml"
#define REPORT_INDEX_XML   "index.xml"

/* Largest run.xml that is read, in bytes; index.xml and history.xml, too. */
#define REPORT_XML_MAX (64u << 20)

typedef enum {
    REPORT_ERROR_STYLE, /* a file of results/ is missing or wrong */
} ReportError;

#define REPORT_ERROR (report_error_quark())
GQuark report_error_quark(void);

/**
 * report_write() - build page, JUnit and SARIF of one run directory
 * @run_dir: directory that holds run.xml
 * @error: set on failure: "file:line: what is wrong" where there is a line
 *
 * Validates run.xml, applies report.xsl, junit.xsl and sarif.xsl and replaces
 * index.html, junit.xml and results.sarif, each atomically: temporary file,
 * fsync, rename. After a failure older ones are as they were. The files of
 * results/ are found by rig/base/paths.h.
 *
 * Return: 0 on success, -1 on failure.
 */
int report_write(const char *run_dir, GError **error);

/**
 * report_write_with() - report_write() with the files of a given directory
 * @data_dir: directory with the schemas, style sheets and scripts of results/
 * @run_dir: directory that holds run.xml
 * @error: as above
 *
 * Return: 0 on success, -1 on failure.
 */
int report_write_with(const char *data_dir, const char *run_dir,
                      GError **error);

/**
 * report_sum() - JUnit and SARIF over several runs, as a night has them
 * @out_dir: directory that junit.xml and results.sarif are written to
 * @run_dirs: NULL-terminated array of run directories, in the order wanted
 * @error: as above
 *
 * Return: 0 on success, -1 on failure.
 */
int report_sum(const char *out_dir, const char *const *run_dirs,
               GError **error);
int report_sum_with(const char *data_dir, const char *out_dir,
                    const char *const *run_dirs, GError **error);

/**
 * report_diff_with() - the page that shows two runs side by side
 * @data_dir: as above
 * @run_a: directory of the run that is compared with
 * @run_b: directory of the run that is looked at
 * @file: the page to write
 * @error: as above
 *
 * Return: 0 on success, -1 on failure.
 */
int report_diff_with(const char *data_dir, const char *run_a,
                     const char *run_b, const char *file, GError **error);

/**
 * report_index() - index.html of a results directory from its index.xml
 * @results: directory that holds index.xml, runs/ and nights/
 * @error: as above
 *
 * Return: 0 on success, -1 on failure.
 */
int report_index(const char *results, GError **error);
int report_index_with(const char *data_dir, const char *results,
                      GError **error);

#endif
