/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The HTML report: a pure function of a run directory. */
#ifndef RIG_REPORT_H
#define RIG_REPORT_H

#include <glib.h>

/* The result file of a run directory, and the page made from it. */
#define REPORT_RUN_XML "run.xml"
#define REPORT_HTML    "index.html"

/* Largest run.xml that is read, in bytes. */
#define REPORT_XML_MAX (64u << 20)

typedef enum {
    REPORT_ERROR_READ,    /* run.xml is missing, unreadable or too large */
    REPORT_ERROR_XML,     /* run.xml is not well-formed, or has a DTD */
    REPORT_ERROR_INVALID, /* run.xml breaks results/result.rng */
    REPORT_ERROR_STYLE,   /* a file of results/ is missing or wrong */
} ReportError;

#define REPORT_ERROR (report_error_quark())
GQuark report_error_quark(void);

/**
 * report_write() - build index.html of one run directory
 * @run_dir: directory that holds run.xml
 * @error: set on failure: "file:line: what is wrong" where there is a line
 *
 * Validates run.xml, applies results/report.xsl and replaces index.html
 * atomically: temporary file, fsync, rename. After a failure an older
 * index.html is as it was. The files of results/ are found by rig/base/paths.h.
 *
 * Return: 0 on success, -1 on failure.
 */
int report_write(const char *run_dir, GError **error);

/**
 * report_write_with() - report_write() with the files of a given directory
 * @data_dir: directory with result.rng, report.xsl, style.css and report.js
 * @run_dir: directory that holds run.xml
 * @error: as above
 *
 * Return: 0 on success, -1 on failure.
 */
int report_write_with(const char *data_dir, const char *run_dir,
                      GError **error);

#endif
