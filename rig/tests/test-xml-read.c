/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units of xml-read.c, xml-schema.c and xml-pull.c: hostile files first. */
#include <check.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fixture.h"
#include "run-suite.h"
#include "xml-pull.h"
#include "xml-read.h"

#define SCHEMA "<grammar xmlns='http://relaxng.org/ns/structure/1.0'" \
    " datatypeLibrary='http://www.w3.org/2001/XMLSchema-datatypes'><start>" \
    "<element name='list'><zeroOrMore><element name='item'>" \
    "<attribute name='n'><data type='unsignedInt'/></attribute></element>" \
    "</zeroOrMore></element></start></grammar>"

static Fixture *f;
static GPtrArray *problems;

static void setup(void)
{
    f = fixture_new();
    problems = g_ptr_array_new_with_free_func(g_free);
}

static void teardown(void)
{
    g_ptr_array_unref(problems);
    fixture_free(f);
}

static xmlDoc *parse(const char *text)
{
    return rig_document_parse(text, strlen(text), "a.xml", problems);
}

static const char *first_problem(void)
{
    ck_assert_uint_ge(problems->len, 1);
    return problems->pdata[0];
}

/* --- documents ------------------------------------------------------------- */

#define TEN(x) x x x x x x x x x x

static const struct hostile {
    const char *text, *says;
} hostiles[] = {
    /* A loop, ten to the ninth, another file, one from the network. */
    { "<!DOCTYPE a [<!ENTITY x '&y;'><!ENTITY y '&x;'>]>\n<a b='&x;'/>",
      "a.xml:1: has a document type declaration; remove it" },
    { "<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY x 'lol'>\n"
      "<!ENTITY y '" TEN("&x;") "'>\n<!ENTITY z '" TEN("&y;") "'>]>\n"
      "<a>" TEN(TEN("&z;")) "</a>",
      "a.xml:2: has a document type declaration; remove it" },
    { "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>\n<a>&x;</a>",
      "a.xml:1: has a document type declaration; remove it" },
    { "<!DOCTYPE a PUBLIC '-//A//B' 'http://127.0.0.1:9/a.dtd'>\n<a/>",
      "a.xml:1: has a document type declaration; remove it" },
    { "<a>\n<b>\n&unknown;</b></a>", "a.xml:3: Entity 'unknown' not defined" },
    { "<a>\n<b>\n</a>", "a.xml:3: " },
    { "<a>\n<b c='\x01'/></a>", "a.xml:2: " },
    { "", "a.xml:1: Document is empty" },
    { "no XML at all", "a.xml:1: " },
    { "<?xml version='1.0' encoding='UTF-16'?><a/>", "a.xml" },
    { "<?xml version='1.0' encoding='EUC-JP'?>\n<a>\xff\xfe\x80</a>",
      "a.xml" },
};

START_TEST(hostile_text_is_refused_with_file_and_line)
{
    ck_assert_ptr_null(parse(hostiles[_i].text));
    ck_assert_msg(g_str_has_prefix(first_problem(), hostiles[_i].says), "%s",
                  first_problem());
}
END_TEST

START_TEST(files_that_are_none_are_refused)
{
    g_autofree char *small = fixture_write(f, "s.xml", "<a>0123456789</a>",
                                           -1);
    g_autofree char *fifo = g_build_filename(f->dir, "fifo", NULL);
    const struct { const char *file; gsize limit; const char *says; } bad[] = {
        { small, 10, "larger" },
        { fifo, 1 << 20, "no regular file" },
        { f->dir, 1 << 20, "directory" },
        { "/dev/zero", 1 << 20, "no regular file" },
        { "no-such.xml", 1 << 20, "No such file or directory; look" },
    };

    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_ptr_array_set_size(problems, 0);
        ck_assert_ptr_null(rig_document_read(bad[i].file, bad[i].limit,
                                             "; look elsewhere", problems));
        ck_assert_ptr_nonnull(strstr(first_problem(), bad[i].says));
        ck_assert(g_str_has_prefix(first_problem(), bad[i].file));
    }
}
END_TEST

START_TEST(an_invalid_document_has_one_problem_a_line_and_few_in_all)
{
    g_autofree char *schema = fixture_write(f, "list.rng", SCHEMA, -1);
    g_autoptr(GString) text = g_string_new("<list>\n");
    g_autofree char *file = NULL, *second = NULL;

    for (int i = 0; i < 1000; i++) {
        g_string_append(text, "<item m='1'/><item m='2'/>\n");
    }
    g_string_append(text, "</list>\n");
    file = fixture_write(f, "list.xml", text->str, -1);
    second = g_strconcat(file, ":2: <item> takes no attribute m", NULL);
    ck_assert_ptr_null(rig_document_load(file, RIG_XML_BY_HAND, schema, "",
                                         problems));
    ck_assert_msg(g_str_has_prefix(first_problem(), second), "%s",
                  first_problem());
    ck_assert_uint_le(problems->len, 20);
}
END_TEST

START_TEST(a_valid_document_is_loaded_and_a_broken_schema_named)
{
    g_autofree char *schema = fixture_write(f, "list.rng", SCHEMA, -1);
    g_autofree char *broken = fixture_write(f, "broken.rng", "<grammar", -1);
    g_autofree char *file = fixture_write(f, "list.xml",
                                          "<list><item n='3'/></list>", -1);
    g_autoptr(xmlDoc) doc = rig_document_load(file, RIG_XML_BY_HAND, schema,
                                              "", problems);

    ck_assert_ptr_nonnull(doc);
    ck_assert_uint_eq(problems->len, 0);
    ck_assert(!rig_document_validate(doc, file, broken, problems));
    ck_assert(g_str_has_prefix(first_problem(), broken));
}
END_TEST

START_TEST(an_error_shows_the_first_few_and_what_to_do)
{
    g_autoptr(GError) error = NULL;

    for (int i = 1; i <= 9; i++) {
        g_ptr_array_add(problems, g_strdup_printf("p%d", i));
    }
    ck_assert(!rig_problems_to_error(problems, "; do it again", &error));
    ck_assert_str_eq(error->message, "p1\np2\np3; do it again");
    ck_assert(g_error_matches(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA));
}
END_TEST

/* --- attributes ------------------------------------------------------------ */

START_TEST(numbers_stay_in_range)
{
    static const struct { const char *text; uint64_t max, is; } numbers[] = {
        { "0", 9, 0 }, { " 7 ", 9, 7 }, { "10", 9, 9 }, { "010", 99, 10 },
        { "0x1F", 99, 31 }, { "99999999999999999999999", UINT64_MAX,
                              UINT64_MAX },
        { "18446744073709551616", G_MAXUINT, G_MAXUINT },
        { "-1", 9, 5 }, { "", 9, 5 }, { "0x", 9, 5 }, { "7a", 9, 5 },
        { "0x-1", 9, 5 }, { "+3", 9, 5 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(numbers); i++) {
        g_autofree char *text = g_strdup_printf("<a n='%s'/>",
                                                numbers[i].text);
        g_autoptr(xmlDoc) doc = parse(text);
        xmlNode *root = xmlDocGetRootElement(doc);

        ck_assert_msg(rig_attribute_number(root, "n", 5, numbers[i].max) ==
                      numbers[i].is, "%s", text);
        ck_assert_uint_eq(rig_attribute_number(root, "other", 5, 9), 5);
    }
}
END_TEST

START_TEST(attributes_by_their_kinds)
{
    static const char *const names[] = { "one", "two", NULL };
    g_autoptr(xmlDoc) doc = parse("<a c=' two ' w='  b  c ' yes='yes'"
                                  " t='2026-11-26T01:02:03Z'"
                                  " bad='99999-01-01T00:00:00Z'>\n some\n"
                                  "  <!-- no -->text </a>");
    xmlNode *root = xmlDocGetRootElement(doc);
    g_auto(GStrv) words = rig_attribute_words(root, "w");
    g_autofree char *text = rig_element_text(root);
    g_autoptr(GDateTime) t = rig_attribute_time(root, "t");
    g_autoptr(GDateTime) bad = rig_attribute_time(root, "bad");

    ck_assert_uint_eq(rig_attribute_choice(root, "c", names), 1);
    ck_assert_uint_eq(rig_attribute_choice(root, "w", names), 2);
    ck_assert_uint_eq(rig_attribute_choice(root, "none", names), 2);
    ck_assert(rig_attribute_is(root, "yes", "yes"));
    ck_assert(!rig_attribute_is(root, "none", "yes"));
    ck_assert_uint_eq(g_strv_length(words), 2);
    ck_assert_str_eq(words[1], "c");
    ck_assert_ptr_null(rig_attribute_words(root, "none"));
    ck_assert_str_eq(text, "some text");
    ck_assert_int_eq(g_date_time_get_second(t), 3);
    ck_assert_int_eq(g_date_time_to_unix(bad), 0);
    ck_assert_ptr_null(rig_attribute_time(root, "none"));
    ck_assert(rig_element_is(root, "a") && !rig_element_is(root, "b"));
}
END_TEST

/* --- element by element ---------------------------------------------------- */

/* Elements that were read, and how it ended. */
static unsigned pull(const char *text, int *end)
{
    g_autofree char *file = fixture_write(f, "p.xml", text, -1);
    g_autoptr(xmlTextReader) r = rig_pull_open(file);
    unsigned n = 0;

    ck_assert_ptr_nonnull(r);
    while ((*end = rig_pull_element(r)) == 1) {
        n++;
    }
    return n;
}

START_TEST(elements_are_pulled_until_the_end_or_the_damage)
{
    int end;

    ck_assert_uint_eq(pull("<a><b/>text<c><d/></c></a>", &end), 4);
    ck_assert_int_eq(end, 0);
    ck_assert_uint_le(pull("<a><b/>text<c><d/></a>", &end), 4);
    ck_assert_int_eq(end, -1);
    ck_assert_uint_eq(pull("<!DOCTYPE a [<!ENTITY x 'y'>]><a b='&x;'/>",
                           &end), 0);
    ck_assert_int_eq(end, -1);
    ck_assert_ptr_null(rig_pull_open("/dev/zero"));
    ck_assert_ptr_null(rig_pull_open("no-such.xml"));
}
END_TEST

/* Lone surrogates, which no decoder takes; libxml2 would print so. */
START_TEST(what_the_decoder_finds_wrong_is_not_printed)
{
    static const char utf16[] = "\xff\xfe<\0a\0>\0\0\xd8\0\xd8\0\xd8\0\xd8"
                                "<\0/\0a\0>\0";
    g_autofree char *file = fixture_write(f, "u.xml", utf16,
                                          sizeof(utf16) - 1);
    g_autofree char *said = fixture_write(f, "stderr", "", 0);
    g_autofree char *text = NULL;
    g_autoptr(xmlTextReader) r = NULL;
    int end = 1;

    ck_assert_ptr_nonnull(freopen(said, "w", stderr)); /* a child: Check */
    r = rig_pull_open(file);
    while (r && end == 1) {
        end = rig_pull_element(r);
    }
    ck_assert_int_eq(end, -1);
    ck_assert_ptr_null(rig_document_read(file, 1 << 20, "", problems));
    ck_assert(g_str_has_prefix(first_problem(), file));
    fflush(stderr);
    ck_assert(g_file_get_contents(said, &text, NULL, NULL));
    ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(what_a_pulled_element_says)
{
    g_autofree char *file = fixture_write(f, "p.xml", "<!-- x --><a n='12' "
                                          "big='99999999999999999999' m='-1'"
                                          " s='t'/>", -1);
    g_autofree char *root = rig_document_root(file);
    g_autoptr(xmlTextReader) r = rig_pull_open(file);
    g_autofree char *s = NULL, *none = NULL;

    ck_assert_int_eq(rig_pull_element(r), 1);
    s = rig_pull_attribute(r, "s");
    none = rig_pull_attribute(r, "none");
    ck_assert_str_eq(root, "a");
    ck_assert(rig_pull_is(r, 0, "a") && !rig_pull_is(r, 1, "a"));
    ck_assert_str_eq(s, "t");
    ck_assert_ptr_null(none);
    ck_assert(rig_pull_attribute_is(r, "s", "t"));
    ck_assert_uint_eq(rig_pull_number(r, "n"), 12);
    ck_assert_uint_eq(rig_pull_number(r, "big"), 0);
    ck_assert_uint_eq(rig_pull_number(r, "m"), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("xml-read");
    TCase *t = tcase_create("xml-read");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, hostile_text_is_refused_with_file_and_line, 0,
                        G_N_ELEMENTS(hostiles));
    tcase_add_test(t, files_that_are_none_are_refused);
    tcase_add_test(t,
                   an_invalid_document_has_one_problem_a_line_and_few_in_all);
    tcase_add_test(t, a_valid_document_is_loaded_and_a_broken_schema_named);
    tcase_add_test(t, an_error_shows_the_first_few_and_what_to_do);
    tcase_add_test(t, numbers_stay_in_range);
    tcase_add_test(t, attributes_by_their_kinds);
    tcase_add_test(t, elements_are_pulled_until_the_end_or_the_damage);
    tcase_add_test(t, what_the_decoder_finds_wrong_is_not_printed);
    tcase_add_test(t, what_a_pulled_element_says);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
