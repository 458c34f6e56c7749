/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * XML files read with care, and style sheets applied to them: what every
 * report is made with. Errors are those of report.h.
 */
#ifndef RIG_TRANSFORM_H
#define RIG_TRANSFORM_H

#include <glib.h>
#include <libxml/tree.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)

typedef enum {
    RIG_TRANSFORM_PAGE, /* HTML: gets style.css and the scripts, with hashes */
    RIG_TRANSFORM_DATA, /* JUnit, SARIF: gets nothing beside the document */
} RigTransformKind;

/*
 * Parse @file, of up to REPORT_XML_MAX bytes; a document type declaration is
 * refused. NULL and @error ("file:line: what is wrong") on failure.
 */
xmlDoc *rig_xml_read(const char *file, GError **error);

/* Hold @file against the RELAX NG schema @name of @data_dir. */
gboolean rig_xml_validate(const char *file, const char *data_dir,
                          const char *name, GError **error);

/*
 * Apply the style sheet @name of @data_dir to @doc. It computes only: files,
 * network and extensions that write are closed to it. The result is text of
 * @length bytes, to be freed; NULL and @error on failure.
 */
char *rig_transform(xmlDoc *doc, const char *data_dir, const char *name,
                    RigTransformKind kind, gsize *length, GError **error);

#endif
