/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing XML: libxml2's text writer without its casts. What comes from files
 * and from the guest may be anything; what is written is text that XML can
 * hold (XML 1.0, production 2): valid UTF-8, control characters as "?".
 */
#ifndef RIG_XML_WRITE_H
#define RIG_XML_WRITE_H

#include <glib.h>
#include <libxml/xmlwriter.h>
#include <stdint.h>

/*
 * The document that @write makes of @what, as text, to be freed; or written to
 * @file: all of it or, after a crash, what was there before (temporary name,
 * fsync, rename). Indented by a space a level.
 */
typedef void (*RigXmlWrite)(xmlTextWriter *w, const void *what);
char *rig_xml_to_text(RigXmlWrite write, const void *what);
gboolean rig_xml_save(const char *file, RigXmlWrite write, const void *what,
                      GError **error);

void rig_xml_begin(xmlTextWriter *w, const char *element);
void rig_xml_end(xmlTextWriter *w);

/* An attribute of the element begun last; nothing for NULL. */
void rig_xml_put(xmlTextWriter *w, const char *attribute, const char *value);
void rig_xml_put_format(xmlTextWriter *w, const char *attribute,
                        const char *format, ...) G_GNUC_PRINTF(3, 4);
/* Decimal; nothing for UINT64_MAX. */
void rig_xml_put_count(xmlTextWriter *w, const char *attribute, uint64_t n);
/* "0x..."; nothing for 0. */
void rig_xml_put_hex(xmlTextWriter *w, const char *attribute, uint64_t n);

/* Text of the element begun last. */
void rig_xml_text(xmlTextWriter *w, const char *text);
/* An element with text only; nothing for NULL. */
void rig_xml_text_element(xmlTextWriter *w, const char *element,
                          const char *text);
/* An empty element with attributes: name, value, ..., NULL. */
void rig_xml_element(xmlTextWriter *w, const char *element, ...)
    G_GNUC_NULL_TERMINATED;

#endif
