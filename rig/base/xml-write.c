/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing XML. */
#include "xml-write.h"

#include <stdarg.h>

void rig_xml_begin(xmlTextWriter *w, const char *element)
{
    xmlTextWriterStartElement(w, (const xmlChar *)element);
}

void rig_xml_end(xmlTextWriter *w)
{
    xmlTextWriterEndElement(w);
}

/* To be freed. */
static char *clean(const char *text)
{
    char *copy = g_utf8_make_valid(text, -1);

    for (char *p = copy; *p; p++) {
        if ((unsigned char)*p < 0x20 && *p != '\n' && *p != '\t') {
            *p = '?';
        }
    }
    return copy;
}

void rig_xml_put(xmlTextWriter *w, const char *attribute, const char *value)
{
    if (value) {
        g_autofree char *text = clean(value);

        xmlTextWriterWriteAttribute(w, (const xmlChar *)attribute,
                                    (const xmlChar *)text);
    }
}

void rig_xml_put_format(xmlTextWriter *w, const char *attribute,
                        const char *format, ...)
{
    g_autofree char *value = NULL;
    va_list ap;

    va_start(ap, format);
    value = g_strdup_vprintf(format, ap);
    va_end(ap);
    rig_xml_put(w, attribute, value);
}

void rig_xml_put_count(xmlTextWriter *w, const char *attribute, uint64_t n)
{
    if (n != UINT64_MAX) {
        rig_xml_put_format(w, attribute, "%" G_GUINT64_FORMAT, n);
    }
}

void rig_xml_put_hex(xmlTextWriter *w, const char *attribute, uint64_t n)
{
    if (n) {
        rig_xml_put_format(w, attribute, "0x%" G_GINT64_MODIFIER "x", n);
    }
}

void rig_xml_text(xmlTextWriter *w, const char *text)
{
    g_autofree char *copy = clean(text);

    xmlTextWriterWriteString(w, (const xmlChar *)copy);
}

void rig_xml_text_element(xmlTextWriter *w, const char *element,
                          const char *text)
{
    if (text) {
        rig_xml_begin(w, element);
        rig_xml_text(w, text);
        rig_xml_end(w);
    }
}

void rig_xml_element(xmlTextWriter *w, const char *element, ...)
{
    const char *attribute;
    va_list ap;

    rig_xml_begin(w, element);
    va_start(ap, element);
    while ((attribute = va_arg(ap, const char *))) {
        rig_xml_put(w, attribute, va_arg(ap, const char *));
    }
    va_end(ap);
    rig_xml_end(w);
}

char *rig_xml_to_text(RigXmlWrite write, const void *what)
{
    xmlBuffer *buffer = xmlBufferCreate();
    xmlTextWriter *w = xmlNewTextWriterMemory(buffer, 0);
    char *text;

    xmlTextWriterSetIndent(w, 1);
    xmlTextWriterStartDocument(w, NULL, "UTF-8", NULL);
    write(w, what);
    xmlTextWriterEndDocument(w);
    xmlFreeTextWriter(w);
    text = g_strdup((const char *)xmlBufferContent(buffer));
    xmlBufferFree(buffer);
    return text;
}

gboolean rig_xml_save(const char *file, RigXmlWrite write, const void *what,
                      GError **error)
{
    g_autofree char *text = rig_xml_to_text(write, what);

    return g_file_set_contents_full(file, text, -1,
                                    G_FILE_SET_CONTENTS_CONSISTENT |
                                    G_FILE_SET_CONTENTS_DURABLE, 0644, error);
}
