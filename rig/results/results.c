/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run.xml as a file: written so that no reader ever sees half of it. */
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <stdio.h>
#include <unistd.h>
#include <libxml/relaxng.h>
#include "problem.h"
#include "results-xml.h"

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

/* --- validation ---------------------------------------------------------- */

typedef struct Validation {
    const char *file;
    GPtrArray *problems;
} Validation;

static void on_problem(void *opaque, xmlErrorPtr e)
{
    Validation *v = opaque;
    g_autofree char *text = g_strdup(e->message ? e->message : "not valid");

    rig_problem(v->problems, v->file, e->line, "%s", g_strchomp(text));
}

gboolean rig_results_validate(const char *file, const char *schema,
                              GPtrArray *problems)
{
    Validation v = { file, problems };
    unsigned before = problems->len;
    xmlRelaxNGParserCtxt *parser = xmlRelaxNGNewParserCtxt(schema);
    xmlRelaxNG *grammar;
    xmlRelaxNGValidCtxt *valid;
    xmlDoc *doc;

    xmlSetStructuredErrorFunc(&v, (xmlStructuredErrorFunc)on_problem);
    grammar = xmlRelaxNGParse(parser);
    doc = xmlReadFile(file, NULL, XML_PARSE_NONET | XML_PARSE_BIG_LINES);
    if (grammar && doc) {
        valid = xmlRelaxNGNewValidCtxt(grammar);
        xmlRelaxNGSetValidStructuredErrors(valid,
                                           (xmlStructuredErrorFunc)on_problem,
                                           &v);
        if (xmlRelaxNGValidateDoc(valid, doc) && problems->len == before) {
            rig_problem(problems, file, 0, "not valid against %s", schema);
        }
        xmlRelaxNGFreeValidCtxt(valid);
    } else if (problems->len == before) {
        rig_problem(problems, grammar ? file : schema, 0, "cannot be read");
    }
    xmlSetStructuredErrorFunc(NULL, NULL);
    xmlFreeDoc(doc);
    xmlRelaxNGFree(grammar);
    xmlRelaxNGFreeParserCtxt(parser);
    return problems->len == before;
}
