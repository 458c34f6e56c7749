/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units: the INF parser and what installing an INF gives. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "agent/inf.h"

/* A complete INF; tests replace parts of it. */
static const char good[] =
    "; comment\r\n"
    "[Version]\r\n"
    "Signature = \"$Windows NT$\"\r\n"
    "Class=Net\r\n"
    "ClassGuid={4D36E972-E325-11CE-BFC1-08002BE10318}\r\n"
    "Provider=%V%\r\n"
    "DriverVer=01/02/2025,1.2.3.4\r\n"
    "[Manufacturer]\r\n"
    "%V%=Models,NTx86,NTamd64,NTamd64.6.1,NTamd64.10.0...16299,"
        "NTamd64.10.0...99999,NTamd64.11.0\r\n"
    "[Models.NTx86]\r\n"
    "%Dev%=X86.ndi, PCI\\VEN_1af4&DEV_10f5\r\n"
    "[Models.NTamd64]\r\n"
    "%Dev%=Old.ndi, PCI\\VEN_1af4&DEV_10f5\r\n"
    "[Models.NTamd64.6.1]\r\n"
    "%Dev%=Seven.ndi, PCI\\VEN_1af4&DEV_10f5\r\n"
    "[Models.NTamd64.10.0...16299]\r\n"
    "%Dev% = Rig.ndi, pci\\ven_1AF4&dev_10F5\r\n"
    "%Sub% = Sub.ndi, PCI\\VEN_8086&DEV_0001, "
        "PCI\\VEN_1AF4&DEV_10F5&SUBSYS_00011AF4\r\n"
    "[Models.NTamd64.10.0...99999]\r\n"
    "%Dev%=Future.ndi, PCI\\VEN_1af4&DEV_10f5\r\n"
    "[Models.NTamd64.11.0]\r\n"
    "%Dev%=Future.ndi, PCI\\VEN_1af4&DEV_10f5\r\n"
    "[Rig.ndi]\r\n"
    "AddReg=wrong.reg\r\n"
    "[Rig.ndi.NTamd64]\r\n"
    "Include=netpci.inf\r\n"
    "Needs=Somewhere.Else, Common\r\n"
    "Characteristics=0x84\r\n"
    "BusType=5\r\n"
    "*IfType=6\r\n"
    "*MediaType=0\r\n"
    "*PhysicalMediaType=14\r\n"
    "AddReg=Rig.reg, \\\r\n"
    "    More.reg ; goes on\r\n"
    "CopyFiles=Rig.copy\r\n"
    "[Common]\r\n"
    "AddReg=Common.reg\r\n"
    "[Rig.ndi.NTamd64.HW]\r\n"
    "AddReg=Rig.msi\r\n"
    "[Rig.ndi.NTamd64.Services]\r\n"
    "AddService=other,,Other.svc\r\n"
    "AddService=rig,0x2,Rig.svc\r\n"
    "[Rig.svc]\r\n"
    "ServiceType=1\r\n"
    "StartType=3\r\n"
    "ServiceBinary=%12%\\rig.sys\r\n"
    "[Rig.msi]\r\n"
    "HKR,\"Interrupt Management\\MessageSignaledInterruptProperties\","
        "MSISupported,0x00010001,1\r\n"
    "[Rig.reg]\r\n"
    "HKR,Ndi,Service,0,\"RIG\"\r\n"
    "HKR,Ndi\\params\\*RSS,Default,0,\"1\"\r\n"
    "HKR,Ndi\\params\\*RSS\\enum,\"1\",0,%On%\r\n"
    "HKR,Ndi\\params\\NetworkAddress,Default,0,\"\"\r\n"
    "HKR,Ndi\\params\\NetworkAddress,Optional,0,\"1\"\r\n"
    "HKR,Ndi\\params\\Set,Default,0,\"9\"\r\n"
    "HKR,,Set,,\"3\"\r\n"
    "HKLM,Software\\Elsewhere,Name,,\"no\"\r\n"
    "[More.reg]\r\n"
    "HKR,,Text,0,\"say \"\"hi\"\"; %V% 100%%\"\r\n"
    "HKR,,Path,0x20000,\"%%SystemRoot%%\\x\"\r\n"
    "HKR,,Bytes,1,01,0x2,fF\r\n"
    "HKR,,Dword,0x10001,0x80000000\r\n"
    "HKR,,Minus,0x10001,-1\r\n"
    "HKR,,Four,0x10001,78,56,34,12\r\n"
    "HKR,,List,0x10000,one,\"two, too\",three\r\n"
    "HKR,,List,0x10008,four,ONE\r\n"
    "HKR,,Text,2,\"not taken\"\r\n"
    "HKR,,Never,0x20,\"not there\"\r\n"
    "HKR,,Gone,0,\"x\"\r\n"
    "HKR,,Gone,4\r\n"
    "HKR,Only\\Key,,0x10\r\n"
    "[Common.reg]\r\n"
    "HKR,,Common,0,yes\r\n"
    "[Rig.copy]\r\n"
    "rig.sys,,,2\r\n"
    "[wrong.reg]\r\n"
    "HKR,,Wrong,0,yes\r\n"
    "[Strings]\r\n"
    "V = \"Rig, \"\"Ltd\"\"\"\r\n"
    "Dev = Rig NIC  ; the NIC\r\n"
    "Sub = \"Sub NIC\"\r\n"
    "On = Enabled\r\n";

static const char *const ids[] = {
    "PCI\\VEN_1AF4&DEV_10F5&SUBSYS_11001AF4&REV_01",
    "PCI\\VEN_1AF4&DEV_10F5&SUBSYS_11001AF4",
    "PCI\\VEN_1AF4&DEV_10F5&REV_01",
    "PCI\\VEN_1AF4&DEV_10F5",
    NULL
};

static char inf_path[] = "/tmp/rig-test-inf-XXXXXX";

static void write_inf(const void *data, size_t size)
{
    FILE *f = fopen(inf_path, "wb");

    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(data, 1, size, f), size);
    ck_assert_int_eq(fclose(f), 0);
}

static struct inf_install *install(const char *text, GError **error)
{
    write_inf(text, strlen(text));
    return inf_install(inf_path, ids, error);
}

static struct inf_install *install_good(const char *text)
{
    GError *error = NULL;
    struct inf_install *inst = install(text, &error);

    ck_assert_msg(inst, "%s", error ? error->message : "no error");
    return inst;
}

/* `good` with the first `from` replaced by `to`. */
static char *changed(const char *from, const char *to)
{
    const char *at = strstr(good, from);

    ck_assert_msg(at, "\"%s\" is not in the text", from);
    return g_strdup_printf("%.*s%s%s", (int)(at - good), good, to,
                           at + strlen(from));
}

/* Installing the changed text fails, and the message contains `want`. */
static void refuses(const char *from, const char *to, int code,
                    const char *want)
{
    g_autofree char *text = changed(from, to);
    g_autoptr(GError) error = NULL;
    struct inf_install *inst = install(text, &error);

    ck_assert_msg(!inst, "\"%s\" was accepted", to);
    ck_assert_ptr_nonnull(error);
    ck_assert_msg(strstr(error->message, want), "\"%s\" is not in \"%s\"",
                  want, error->message);
    ck_assert_int_eq(error->code, code);
}

static const char *text_of(struct inf_install *inst, const char *key,
                           const char *name)
{
    const struct reg_value *v = registry_get(inst->driver_key, key, name);

    return v && v->text ? v->text : "(none)";
}

START_TEST(install_gives_names_and_numbers)
{
    struct inf_install *inst = install_good(good);

    ck_assert_str_eq(inst->service, "rig");
    ck_assert_str_eq(inst->binary, "rig.sys");
    ck_assert_str_eq(inst->description, "Rig NIC");
    ck_assert_str_eq(inst->provider, "Rig, \"Ltd\"");
    ck_assert_str_eq(inst->driver_ver, "01/02/2025,1.2.3.4");
    ck_assert_int_eq(inst->if_type, 6);
    ck_assert_int_eq(inst->media_type, 0);
    ck_assert_int_eq(inst->physical_media_type, 14);
    ck_assert_uint_eq(inst->characteristics, 0x84);
    inf_install_free(inst);
}
END_TEST

START_TEST(closest_os_decoration_and_amd64_section_win)
{
    struct inf_install *inst = install_good(good);

    ck_assert_str_eq(inst->section, "Rig.ndi.NTamd64");
    ck_assert_ptr_null(registry_get(inst->driver_key, "", "Wrong"));
    inf_install_free(inst);
}
END_TEST

START_TEST(installed_for_the_newest_windows_first)
{
    struct inf_install *inst = install_good(good);

    ck_assert_ptr_eq(inst->windows, WINDOWS_NEWEST);
    inf_install_free(inst);
}
END_TEST

/* Section names are as long as this one. */
START_TEST(a_device_taken_out_is_installed_for_an_older_windows)
{
    g_autofree char *text = changed("%Dev% = Rig.ndi, pci\\ven_1AF4&dev_10F5",
                                    "%Dev% = Rig.ndi, pci\\ven_1AF4&dev_0001");
    char *seven = strstr(text, "Seven.ndi");
    struct inf_install *inst;

    memcpy(seven, "Rig.ndi  ", 9);
    inst = install_good(text);
    ck_assert_uint_eq(inst->windows->major, 6);
    ck_assert_uint_eq(inst->windows->minor, 3);
    ck_assert_uint_eq(inst->windows->ndis_minor, 40);
    inf_install_free(inst);
}
END_TEST

START_TEST(a_device_in_no_windows_gives_the_error_of_the_newest)
{
    g_autofree char *text = g_strdup(good);
    g_autoptr(GError) error = NULL;

    for (char *at = text; (at = strcasestr(at, "dev_10f5")); at++) {
        memcpy(at, "dev_9999", 8);
    }
    ck_assert_ptr_null(install(text, &error));
    ck_assert_int_eq(error->code, INF_ERROR_NO_MATCH);
    ck_assert_ptr_nonnull(strstr(error->message, "PCI\\VEN_1AF4&DEV_10F5"));
}
END_TEST

START_TEST(missing_media_keywords_are_minus_one)
{
    g_autofree char *text = changed("*IfType=6\r\n", "");
    struct inf_install *inst = install_good(text);

    ck_assert_int_eq(inst->if_type, -1);
    inf_install_free(inst);
}
END_TEST

START_TEST(most_specific_hardware_id_wins_in_any_line)
{
    g_autofree char *text = changed("&SUBSYS_00011AF4", "&REV_01");
    g_autoptr(GError) error = NULL;
    struct inf_install *inst = install(text, &error);

    /* Sub.ndi lists the revision, Rig.ndi only the device. */
    ck_assert_ptr_null(inst);
    ck_assert_ptr_nonnull(strstr(error->message, "[Sub.ndi]"));
}
END_TEST

START_TEST(addreg_writes_every_type)
{
    struct inf_install *inst = install_good(good);
    const struct reg_value *v;

    ck_assert_str_eq(text_of(inst, "", "Text"),
                     "say \"hi\"; Rig, \"Ltd\" 100%");
    v = registry_get(inst->driver_key, "", "path");
    ck_assert_int_eq(v->type, REG_EXPAND_SZ_);
    ck_assert_str_eq(v->text, "%SystemRoot%\\x");
    v = registry_get(inst->driver_key, "", "Bytes");
    ck_assert_int_eq(v->type, REG_BINARY_);
    ck_assert_uint_eq(v->size, 3);
    ck_assert_mem_eq(v->data, "\x01\x02\xff", 3);
    v = registry_get(inst->driver_key, "", "Dword");
    ck_assert_int_eq(v->type, REG_DWORD_);
    ck_assert_uint_eq(v->dword, 0x80000000u);
    v = registry_get(inst->driver_key, "", "Minus");
    ck_assert_uint_eq(v->dword, 0xffffffffu);
    v = registry_get(inst->driver_key, "", "Four");
    ck_assert_uint_eq(v->dword, 0x12345678u);
    v = registry_get(inst->driver_key, "", "List");
    ck_assert_int_eq(v->type, REG_MULTI_SZ_);
    ck_assert_str_eq(v->text, "one\ntwo, too\nthree\nfour");
    inf_install_free(inst);
}
END_TEST

START_TEST(addreg_flags_delete_keep_and_make_keys)
{
    struct inf_install *inst = install_good(good);

    ck_assert_ptr_null(registry_get(inst->driver_key, "", "Gone"));
    ck_assert_ptr_null(registry_get(inst->driver_key, "", "Never"));
    ck_assert(registry_has_key(inst->driver_key, "only\\key"));
    ck_assert(!registry_has_key(inst->driver_key, "Software"));
    ck_assert_str_eq(text_of(inst, "", "Common"), "yes");
    inf_install_free(inst);
}
END_TEST

START_TEST(hw_section_fills_the_device_key)
{
    struct inf_install *inst = install_good(good);
    const struct reg_value *v = registry_get(inst->device_key,
        "Interrupt Management\\MessageSignaledInterruptProperties",
        "MSISupported");

    ck_assert_ptr_nonnull(v);
    ck_assert_uint_eq(v->dword, 1);
    ck_assert(!registry_has_key(inst->driver_key, "Interrupt Management"));
    inf_install_free(inst);
}
END_TEST

START_TEST(ndi_params_defaults_become_values)
{
    struct inf_install *inst = install_good(good);

    ck_assert_str_eq(text_of(inst, "", "*RSS"), "1");
    ck_assert_str_eq(text_of(inst, "", "Set"), "3");
    ck_assert_ptr_null(registry_get(inst->driver_key, "", "NetworkAddress"));
    inf_install_free(inst);
}
END_TEST

START_TEST(sections_of_one_name_are_merged_without_regard_to_case)
{
    g_autofree char *text = g_strconcat(good, "[MORE.REG]\n"
                                        "HKR,,Late,0,yes\n", NULL);
    struct inf_install *inst = install_good(text);

    ck_assert_str_eq(text_of(inst, "", "Late"), "yes");
    inf_install_free(inst);
}
END_TEST

static void check_encoded(const void *data, size_t size)
{
    GError *error = NULL;
    struct inf_install *inst;

    write_inf(data, size);
    inst = inf_install(inf_path, ids, &error);
    ck_assert_msg(inst, "%s", error ? error->message : "");
    ck_assert_str_eq(inst->description, "Rig NI\xc3\x87");
    inf_install_free(inst);
}

START_TEST(utf16_utf8_and_ansi_files_read_the_same)
{
    g_autofree char *utf8 = changed("Rig NIC  ;", "Rig NI\xc3\x87  ;");
    g_autofree char *bom = g_strconcat("\xef\xbb\xbf", utf8, NULL);
    g_autofree char *ansi = changed("Rig NIC  ;", "Rig NI\xc7  ;");
    glong n;
    g_autofree gunichar2 *utf16 = g_utf8_to_utf16(utf8, -1, NULL, &n, NULL);
    g_autofree uint8_t *le = g_malloc(2 * n + 2);
    g_autofree uint8_t *be = g_malloc(2 * n + 2);

    memcpy(le, "\xff\xfe", 2);
    memcpy(be, "\xfe\xff", 2);
    for (glong i = 0; i < n; i++) {
        le[2 + 2 * i] = be[3 + 2 * i] = utf16[i] & 0xff;
        le[3 + 2 * i] = be[2 + 2 * i] = utf16[i] >> 8;
    }
    check_encoded(utf8, strlen(utf8));
    check_encoded(bom, strlen(bom));
    check_encoded(ansi, strlen(ansi));
    check_encoded(le, 2 * n + 2);
    check_encoded(be, 2 * n + 2);
}
END_TEST

START_TEST(zero_bytes_without_a_mark_are_refused)
{
    g_autoptr(GError) error = NULL;

    write_inf("[Version]\0", 10);
    ck_assert_ptr_null(inf_install(inf_path, ids, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "not a text file"));
}
END_TEST

START_TEST(continued_lines_follow_microsofts_examples)
{
    static const char text[] =
        "[a]\n"
        "CopyFiles = \"SomeDirectory\\\"\\\n,SomeFile\n"
        "CopyFiles = SomeDirectory\\\\\n,SomeFile\n"
        "CopyFiles = \"SomeDirectory\\\"\\ ; comment\n,SomeFile\n"
        "CopyFiles = a\\b,c";
    static const char *const want[] = {
        "SomeDirectory\\", "SomeDirectory", "SomeDirectory\\", "a\\b"
    };
    struct inf *inf = inf_parse("t.inf", text, strlen(text), NULL);
    const struct inf_section *section;

    ck_assert_ptr_nonnull(inf);
    section = inf_section(inf, "A");
    ck_assert_uint_eq(section->lines->len, 4);
    for (unsigned i = 0; i < 4; i++) {
        const struct inf_line *line = inf_line(section, i);

        ck_assert_str_eq(line->fields[0], want[i]);
        ck_assert_uint_eq(line->n_fields, 2);
    }
    ck_assert_uint_eq(inf_line(section, 3)->number, 8);
    inf_free(inf);
}
END_TEST

START_TEST(tokens_may_hold_semicolons_and_unknown_ones_stay)
{
    static const char text[] = "[a]\nx = %a;b%, %13%\\%c%, 50%;%\n"
                               "[Strings]\n\"a;b\" = \"one\"\nc = two\n";
    struct inf *inf = inf_parse("t.inf", text, strlen(text), NULL);
    const struct inf_line *line;
    static const char *const want[] = { "one", "%13%\\two", "50%;%" };

    ck_assert_ptr_nonnull(inf);
    line = inf_line(inf_section(inf, "a"), 0);
    for (unsigned i = 0; i < 3; i++) {
        g_autofree char *field = inf_field(inf, line, i, NULL);

        ck_assert_str_eq(field, want[i]);
    }
    inf_free(inf);
}
END_TEST

START_TEST(errors_name_file_line_and_remedy)
{
    g_autofree char *name = g_path_get_basename(inf_path);
    g_autofree char *line4 = g_strdup_printf("%s:4: ", name);
    g_autofree char *line3 = g_strdup_printf("%s:3: ", name);

    refuses("Class=Net", "Class=\"Net", INF_ERROR_SYNTAX, line4);
    refuses("Class=Net", "Class=\"Net", INF_ERROR_SYNTAX, "add a \"");
    refuses("[Version]", "[Version", INF_ERROR_SYNTAX, "add a ]");
    refuses("[Version]", "text", INF_ERROR_SYNTAX, "before the first");
    refuses("$Windows NT$", "$Other$", INF_ERROR_CONTENT, line3);
    refuses("{4D36E972", "{4D36E96F", INF_ERROR_CONTENT, "class is not Net");
}
END_TEST

START_TEST(what_windows_would_not_install_is_refused)
{
    refuses("[Manufacturer]", "[Other]", INF_ERROR_CONTENT,
            "no [Manufacturer]");
    refuses("NTx86,NTamd64,NTamd64.6.1,NTamd64.10.0...16299,", "",
            INF_ERROR_NO_MATCH, "add NTamd64");
    refuses("[Models.NTamd64.10.0...16299]", "[Elsewhere]",
            INF_ERROR_CONTENT, "[Models.NTamd64.10.0...16299]");
    refuses("[Rig.ndi.NTamd64.Services]", "[x]", INF_ERROR_CONTENT,
            "[Rig.ndi.NTamd64.Services]");
    refuses("AddService=rig,0x2", "AddService=rig,0x0", INF_ERROR_CONTENT,
            "no function driver");
    refuses("AddService=rig,0x2", "AddService=,0x2", INF_ERROR_CONTENT,
            "null driver");
    refuses("\"RIG\"", "\"other\"", INF_ERROR_CONTENT, "have to be the same");
    refuses("ServiceType=1", "ServiceType=2", INF_ERROR_CONTENT,
            "ServiceType=1");
    refuses("[Rig.svc]", "[x]", INF_ERROR_CONTENT, "[Rig.svc]");
    refuses("[More.reg]", "[x]", INF_ERROR_CONTENT, "[More.reg]");
    refuses("[Rig.copy]", "[x]", INF_ERROR_CONTENT, "[Rig.copy]");
}
END_TEST

START_TEST(uncopied_service_binary_and_unknown_needs_are_refused)
{
    g_autofree char *no_include = changed("Include=netpci.inf\r\n", "");
    g_autoptr(GError) error = NULL, error2 = NULL;
    char *p;

    ck_assert_ptr_null(install(no_include, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "[Somewhere.Else]"));
    p = strstr(no_include, "Somewhere.Else, ");
    memmove(p, p + 16, strlen(p + 16) + 1);
    p = strstr(no_include, "\nrig.sys,");
    p[1] = 'b';
    ck_assert_ptr_null(install(no_include, &error2));
    ck_assert_ptr_nonnull(strstr(error2->message, "does not copy rig.sys"));
}
END_TEST

START_TEST(bad_registry_entries_are_refused)
{
    refuses("HKR,,Bytes,1,01", "HKR,,Bytes,1,100", INF_ERROR_CONTENT,
            "bytes 00 to FF");
    refuses("0x10001,0x80000000", "0x10001,many", INF_ERROR_CONTENT,
            "REG_DWORD");
    refuses("HKR,,Dword,0x10001", "HKR,,Dword,flags", INF_ERROR_CONTENT,
            "flags");
    refuses("HKR,,Dword,0x10001", "HKX,,Dword,0x10001", INF_ERROR_CONTENT,
            "starts with HKR");
    refuses("HKR,Only\\Key", "HKR,a\\b\\c\\d\\e\\f\\g\\h\\i\\j\\k\\l\\m\\n"
            "\\o\\p\\q\\r", INF_ERROR_CONTENT, "too deep");
}
END_TEST

START_TEST(sections_that_need_themselves_end)
{
    refuses("[Common]\r\n", "[Common]\r\nNeeds=Common\r\n",
            INF_ERROR_CONTENT, "does a section need itself");
}
END_TEST

START_TEST(strings_cannot_grow_without_limit)
{
    GString *text = g_string_new("[Strings]\na=");
    g_autoptr(GError) error = NULL;
    g_autofree char *long_text = NULL;
    struct inf *inf;

    for (int i = 0; i < 3000; i++) {
        g_string_append_c(text, 'x');
    }
    g_string_append(text, "\n[s]\nk=%a%%a%,%a%\n");
    inf = inf_parse("t.inf", text->str, text->len, NULL);
    ck_assert_ptr_nonnull(inf);
    ck_assert_ptr_null(inf_field(inf, inf_line(inf_section(inf, "s"), 0), 0,
                                 &error));
    ck_assert_ptr_nonnull(strstr(error->message, "too long"));
    for (int i = 0; i < 10000; i++) {
        g_autofree char *field = inf_field(
            inf, inf_line(inf_section(inf, "s"), 0), 1, NULL);

        if (!field) {
            break;
        }
        ck_assert_uint_lt(inf->output, INF_OUTPUT_MAX + 4096);
    }
    ck_assert_uint_gt(inf->output, INF_OUTPUT_MAX);
    inf_free(inf);
    g_string_free(text, TRUE);
}
END_TEST

START_TEST(every_truncation_ends_in_a_result)
{
    for (size_t n = 0; n < sizeof(good) - 1; n += 3) {
        g_autoptr(GError) error = NULL;
        struct inf_install *inst;

        write_inf(good, n);
        inst = inf_install(inf_path, ids, &error);
        ck_assert((inst != NULL) != (error != NULL));
        inf_install_free(inst);
    }
}
END_TEST

START_TEST(random_damage_ends_in_a_result)
{
    static const char spice[] = "[]=,;\"%\\\r\n\t @*\xff\x80\0x0";
    g_autoptr(GRand) rand = g_rand_new_with_seed(2);

    for (int round = 0; round < 1500; round++) {
        g_autofree char *text = g_memdup2(good, sizeof(good));
        g_autoptr(GError) error = NULL;
        struct inf_install *inst;

        for (int i = g_rand_int_range(rand, 1, 12); i > 0; i--) {
            text[g_rand_int_range(rand, 0, sizeof(good) - 1)] =
                g_rand_boolean(rand)
                    ? spice[g_rand_int_range(rand, 0, sizeof(spice) - 1)]
                    : g_rand_int_range(rand, 0, 256);
        }
        write_inf(text, sizeof(good) - 1);
        inst = inf_install(inf_path, ids, &error);
        ck_assert((inst != NULL) != (error != NULL));
        inf_install_free(inst);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("inf");
    TCase *t = tcase_create("inf");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, install_gives_names_and_numbers);
    tcase_add_test(t, closest_os_decoration_and_amd64_section_win);
    tcase_add_test(t, installed_for_the_newest_windows_first);
    tcase_add_test(t, a_device_taken_out_is_installed_for_an_older_windows);
    tcase_add_test(t, a_device_in_no_windows_gives_the_error_of_the_newest);
    tcase_add_test(t, missing_media_keywords_are_minus_one);
    tcase_add_test(t, most_specific_hardware_id_wins_in_any_line);
    tcase_add_test(t, addreg_writes_every_type);
    tcase_add_test(t, addreg_flags_delete_keep_and_make_keys);
    tcase_add_test(t, hw_section_fills_the_device_key);
    tcase_add_test(t, ndi_params_defaults_become_values);
    tcase_add_test(t, sections_of_one_name_are_merged_without_regard_to_case);
    tcase_add_test(t, utf16_utf8_and_ansi_files_read_the_same);
    tcase_add_test(t, zero_bytes_without_a_mark_are_refused);
    tcase_add_test(t, continued_lines_follow_microsofts_examples);
    tcase_add_test(t, tokens_may_hold_semicolons_and_unknown_ones_stay);
    tcase_add_test(t, errors_name_file_line_and_remedy);
    tcase_add_test(t, what_windows_would_not_install_is_refused);
    tcase_add_test(t, uncopied_service_binary_and_unknown_needs_are_refused);
    tcase_add_test(t, bad_registry_entries_are_refused);
    tcase_add_test(t, sections_that_need_themselves_end);
    tcase_add_test(t, strings_cannot_grow_without_limit);
    tcase_add_test(t, every_truncation_ends_in_a_result);
    tcase_add_test(t, random_damage_ends_in_a_result);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    SRunner *runner = srunner_create(suite());
    int fd = mkstemp(inf_path), failed;

    if (fd < 0) {
        perror(inf_path);
        return EXIT_FAILURE;
    }
    close(fd);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    unlink(inf_path);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
