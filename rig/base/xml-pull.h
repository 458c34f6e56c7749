/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading XML that may be too large for memory, or of which the beginning is
 * enough: one element after the other, with libxml2's text reader and the
 * same care as in xml-read.h.
 */
#ifndef RIG_XML_PULL_H
#define RIG_XML_PULL_H

#include <glib.h>
#include <libxml/xmlreader.h>
#include <stdint.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlTextReader, xmlFreeTextReader)

/*
 * A reader of @file, to be freed; NULL: there is no such file, or it is no
 * regular one, and a FIFO would block for ever.
 */
xmlTextReader *rig_pull_open(const char *file);

/*
 * Go to where the next element begins. 1: it does; 0: the file ended well;
 * -1: it is damaged, or has a document type declaration, of which nothing is
 * read.
 */
int rig_pull_element(xmlTextReader *r);

/*
 * The same for the next node of any type, behind what is in this one unless
 * @inside.
 */
int rig_pull_node(xmlTextReader *r, gboolean inside);

/* Is the element of that name, and @depth levels below the root? */
gboolean rig_pull_is(xmlTextReader *r, int depth, const char *name);

/* An attribute of the element, to be freed; NULL: there is none. */
char *rig_pull_attribute(xmlTextReader *r, const char *name);
gboolean rig_pull_attribute_is(xmlTextReader *r, const char *name,
                               const char *value);
/* Decimal; 0: there is none, or it is no number up to INT64_MAX. */
uint64_t rig_pull_number(xmlTextReader *r, const char *name);

#endif
