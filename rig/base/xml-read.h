/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading XML, for every room: whoever wrote a file, its author or an attacker,
 * it is parsed without network and without a document type declaration, so
 * that no entity is ever expanded, held against its schema, and what is wrong
 * is said with file and line. Files too large for memory: xml-pull.h.
 */
#ifndef RIG_XML_READ_H
#define RIG_XML_READ_H

#include <glib.h>
#include <libxml/tree.h>
#include <stdint.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)

/* Largest files, in bytes: what people write, and what programs write. */
#define RIG_XML_BY_HAND (1u << 20)
#define RIG_XML_BY_PROGRAM (16u << 20)

/* --- documents ----------------------------------------------------------- */

/*
 * The document in @file, a regular file of at most @limit bytes, or in the
 * @length bytes of @text, which are called @file in messages. NULL, with
 * problems appended to @problems, when it cannot be read, is not well-formed
 * or has a document type declaration. @hint, "; ..." or "", says what to do
 * about a file that cannot be read. To be freed.
 */
xmlDoc *rig_document_read(const char *file, gsize limit, const char *hint,
                          GPtrArray *problems);
xmlDoc *rig_document_parse(const char *text, gsize length, const char *file,
                           GPtrArray *problems);

/*
 * Check @doc, which was read from @file, against the RELAX NG schema at
 * @schema, which is compiled once per process. At most one problem per line,
 * and some 20 in all, is appended to @problems. TRUE: the document is valid.
 */
gboolean rig_document_validate(xmlDoc *doc, const char *file,
                               const char *schema, GPtrArray *problems);

/* Both: the document, valid, or NULL with a problem. To be freed. */
xmlDoc *rig_document_load(const char *file, gsize limit, const char *schema,
                          const char *hint, GPtrArray *problems);

/* Name of the root element in @file, to be freed; NULL: there is none. */
char *rig_document_root(const char *file);

/*
 * The first few of @problems, one a line, and then @hint as an error of
 * G_IO_ERROR_INVALID_DATA. Always FALSE.
 */
gboolean rig_problems_to_error(const GPtrArray *problems, const char *hint,
                               GError **error);

/* --- elements and attributes --------------------------------------------- */

/* Is @node an element of that name? */
gboolean rig_element_is(const xmlNode *node, const char *name);

/* Text in an element: its words, one space between them. To be freed. */
char *rig_element_text(xmlNode *node);

/*
 * Attribute @name of an element, without the spaces around it, to be freed;
 * NULL: there is none.
 */
char *rig_attribute(xmlNode *node, const char *name);

/* Is there such an attribute, and does it say just @value? */
gboolean rig_attribute_is(xmlNode *node, const char *name, const char *value);

/*
 * The same as a number, decimal or with 0x. @missing: there is none, or it is
 * no number; one above @max is @max. A schema says what is in range; this
 * keeps a wrong one from wrapping round.
 */
uint64_t rig_attribute_number(xmlNode *node, const char *name,
                              uint64_t missing, uint64_t max);
unsigned rig_attribute_uint(xmlNode *node, const char *name,
                            unsigned missing);

/*
 * Its place in @names, which ends with NULL; the number of names if it is
 * none of them, or not there.
 */
unsigned rig_attribute_choice(xmlNode *node, const char *name,
                              const char *const *names);

/*
 * ISO 8601, UTC where it does not say; NULL: there is none; 1970 for a time
 * that GLib cannot hold. To be freed.
 */
GDateTime *rig_attribute_time(xmlNode *node, const char *name);

/* Words of a list, to be freed with g_strfreev; NULL: no such attribute. */
char **rig_attribute_words(xmlNode *node, const char *name);

#endif
