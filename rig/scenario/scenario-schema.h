/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Documents read and checked against a schema, with messages people can use. */
#ifndef RIG_SCENARIO_SCHEMA_H
#define RIG_SCENARIO_SCHEMA_H

#include <glib.h>
#include <libxml/tree.h>

/*
 * The document in @file, at most 1 MiB, or in @text of what is called @file.
 * @hint, "; ..." or "", says what to do when the file cannot be read.
 * Problems are appended to @problems; NULL when it is not well-formed. One
 * with a document type declaration has a problem, too.
 */
xmlDoc *rig_document_read(const char *file, const char *hint,
                          GPtrArray *problems);
xmlDoc *rig_document_parse(const char *text, gsize length, const char *file,
                           GPtrArray *problems);

/*
 * Name of the root element of the XML in @file, NULL: there is none. To be
 * freed.
 */
char *rig_document_root(const char *file);

/*
 * Check @doc, which was read from @file, against the RELAX NG schema at
 * @schema. At most one problem per line is appended to @problems. Returns
 * TRUE when the document is valid.
 */
gboolean rig_scenario_validate(xmlDoc *doc, const char *file,
                               const char *schema, GPtrArray *problems);

/*
 * Attribute @name of an element, without the spaces around it, to be freed;
 * NULL: there is none.
 */
char *rig_attribute(xmlNode *node, const char *name);
/*
 * The same as a number, decimal or with 0x, which the schema has checked;
 * @missing: there is none.
 */
unsigned rig_attribute_uint(xmlNode *node, const char *name,
                            unsigned missing);

#endif
