/* SPDX-License-Identifier: GPL-2.0-or-later */
/* XML files, element by element. */
#include "xml-pull.h"

#include <string.h>

/* What is wrong is told by -1; the decoder would print it, too. */
static void drop_error(void *opaque, xmlErrorPtr e)
{
    (void)opaque;
    (void)e;
}

static void drop_text(void *opaque, const char *format, ...)
{
    (void)opaque;
    (void)format;
}

/* Both are of this thread. */
static void be_silent(gboolean silent)
{
    xmlSetStructuredErrorFunc(NULL, silent ? drop_error : NULL);
    xmlSetGenericErrorFunc(NULL, silent ? drop_text : NULL);
}

xmlTextReader *rig_pull_open(const char *file)
{
    xmlTextReader *r = NULL;

    if (g_file_test(file, G_FILE_TEST_IS_REGULAR)) {
        be_silent(TRUE);
        r = xmlReaderForFile(file, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR |
                             XML_PARSE_NOWARNING);
        be_silent(FALSE);
    }
    return r;
}

int rig_pull_node(xmlTextReader *r, gboolean inside)
{
    int more;

    be_silent(TRUE);
    more = inside ? xmlTextReaderRead(r) : xmlTextReaderNext(r);
    be_silent(FALSE);
    return more;
}

int rig_pull_element(xmlTextReader *r)
{
    int more;

    while ((more = rig_pull_node(r, TRUE)) == 1) {
        int type = xmlTextReaderNodeType(r);

        if (type == XML_READER_TYPE_DOCUMENT_TYPE) {
            return -1;
        }
        if (type == XML_READER_TYPE_ELEMENT) {
            return 1;
        }
    }
    return more;
}

gboolean rig_pull_is(xmlTextReader *r, int depth, const char *name)
{
    return xmlTextReaderDepth(r) == depth &&
           strcmp((const char *)xmlTextReaderConstName(r), name) == 0;
}

char *rig_pull_attribute(xmlTextReader *r, const char *name)
{
    xmlChar *v = xmlTextReaderGetAttribute(r, (const xmlChar *)name);
    char *copy = g_strdup((const char *)v);

    xmlFree(v);
    return copy;
}

gboolean rig_pull_attribute_is(xmlTextReader *r, const char *name,
                               const char *value)
{
    g_autofree char *v = rig_pull_attribute(r, name);

    return g_strcmp0(v, value) == 0;
}

uint64_t rig_pull_number(xmlTextReader *r, const char *name)
{
    g_autofree char *v = rig_pull_attribute(r, name);
    guint64 n = 0;

    return v && g_ascii_string_to_unsigned(v, 10, 0, G_MAXINT64, &n, NULL)
           ? n : 0;
}
