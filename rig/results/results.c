/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run.xml as a file: written so that no reader ever sees half of it. */
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <stdio.h>
#include <unistd.h>
#include "report.h"
#include "results-xml.h"
#include "xml-read.h"

static gboolean io_error(GError **error, const char *what, const char *path)
{
    int e = errno;

    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(e),
                "%s: %s failed: %s", path, what, g_strerror(e));
    return FALSE;
}

static gboolean write_all(int fd, const char *bytes, size_t left)
{
    while (left) {
        ssize_t n = write(fd, bytes, left);

        if (n < 0 && errno != EINTR) {
            return FALSE;
        }
        if (n > 0) {
            bytes += n;
            left -= n;
        }
    }
    return TRUE;
}

static gboolean sync_directory(const char *dir, GError **error)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    gboolean ok = fd >= 0 && fsync(fd) == 0;

    if (!ok) {
        io_error(error, "fsync", dir);
    }
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

/* Write, fsync and close; the file is removed if one of them fails. */
static gboolean write_file(const char *path, const xmlBuffer *buffer,
                           GError **error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    gboolean ok;

    if (fd < 0) {
        return io_error(error, "open", path);
    }
    ok = write_all(fd, (const char *)xmlBufferContent(buffer),
                   xmlBufferLength((xmlBuffer *)buffer)) && fsync(fd) == 0;
    if (!ok) {
        io_error(error, "write", path);
    }
    if (close(fd) && ok) {
        ok = io_error(error, "close", path);
    }
    if (!ok) {
        unlink(path);
    }
    return ok;
}

gboolean rig_results_write(const RigRun *run, const char *dir, GError **error)
{
    g_autofree char *path = g_build_filename(dir, "run.xml", NULL);
    g_autofree char *temporary = g_strconcat(path, ".tmp", NULL);
    xmlBuffer *buffer = xmlBufferCreate();
    xmlTextWriter *w = xmlNewTextWriterMemory(buffer, 0);
    gboolean ok;

    xmlTextWriterSetIndent(w, 1);
    rig_run_write_xml(w, run);
    xmlFreeTextWriter(w);
    ok = write_file(temporary, buffer, error);
    xmlBufferFree(buffer);
    if (!ok) {
        return FALSE;
    }
    if (rename(temporary, path)) {
        io_error(error, "rename", temporary);
        unlink(temporary);
        return FALSE;
    }
    return sync_directory(dir, error);
}

gboolean rig_results_validate(const char *file, const char *schema,
                              GPtrArray *problems)
{
    g_autoptr(xmlDoc) doc = rig_document_load(file, REPORT_XML_MAX, schema, "",
                                              problems);

    return doc != NULL;
}
