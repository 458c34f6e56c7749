/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What makes a Windows one for the rig, on a CD of its own. */
#include "image-prepare.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How agent.exe makes itself a service on COM1: guest-agent/windows. */
#define AGENT_INSTALL "--install-service --port COM1"

/* Windows Setup's partitions: one for BIOS; EFI, MSR and Windows for UEFI. */
static const char bios_partitions[] =
    "          <CreatePartitions><CreatePartition wcm:action=\"add\">"
    "<Order>1</Order><Type>Primary</Type><Extend>true</Extend>"
    "</CreatePartition></CreatePartitions>\n"
    "          <ModifyPartitions><ModifyPartition wcm:action=\"add\">"
    "<Order>1</Order><PartitionID>1</PartitionID><Active>true</Active>"
    "<Format>NTFS</Format></ModifyPartition></ModifyPartitions>";
static const char uefi_partitions[] =
    "          <CreatePartitions>"
    "<CreatePartition wcm:action=\"add\"><Order>1</Order><Type>EFI</Type>"
    "<Size>200</Size></CreatePartition>"
    "<CreatePartition wcm:action=\"add\"><Order>2</Order><Type>MSR</Type>"
    "<Size>16</Size></CreatePartition>"
    "<CreatePartition wcm:action=\"add\"><Order>3</Order><Type>Primary</Type>"
    "<Extend>true</Extend></CreatePartition></CreatePartitions>\n"
    "          <ModifyPartitions>"
    "<ModifyPartition wcm:action=\"add\"><Order>1</Order>"
    "<PartitionID>1</PartitionID><Format>FAT32</Format></ModifyPartition>"
    "<ModifyPartition wcm:action=\"add\"><Order>2</Order>"
    "<PartitionID>3</PartitionID><Format>NTFS</Format></ModifyPartition>"
    "</ModifyPartitions>";

static char *read_template(const RigPaths *paths, const char *name,
                           GError **error)
{
    g_autofree char *file = g_build_filename(paths->scenarios, "windows", name,
                                             NULL);
    char *text = NULL;

    g_file_get_contents(file, &text, NULL, error);
    return text;
}

/* Replace every @name@; @value is markup already. */
static void fill_in(GString *s, const char *name, const char *value)
{
    g_string_replace(s, name, value, 0);
}

static void fill_in_text(GString *s, const char *name, const char *value)
{
    g_autofree char *escaped = g_markup_escape_text(value, -1);

    fill_in(s, name, escaped);
}

static gboolean is_number(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text);
}

char *rig_answer_file(const RigPaths *paths, gboolean uefi,
                      const RigAnswers *a, GError **error)
{
    g_autofree char *text = read_template(paths, "autounattend.xml.in", error);
    g_autoptr(GString) s = NULL;
    const char *const given[] = { a->language, a->edition, a->product_key,
                                  a->password };

    if (!text) {
        return NULL;
    }
    for (guint i = 0; i < G_N_ELEMENTS(given); i++) {
        if (!g_utf8_validate(given[i], -1, NULL) || strchr(given[i], '@')) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                        "an answer for Windows Setup has a character that "
                        "cannot be: use none that is not UTF-8, and no @");
            return NULL;
        }
    }
    s = g_string_new(text);
    fill_in(s, "@PARTITIONS@", uefi ? uefi_partitions : bios_partitions);
    fill_in(s, "@PARTITION@", uefi ? "3" : "1");
    fill_in(s, "@EDITION_KEY@", is_number(a->edition) ? "/IMAGE/INDEX"
                                                      : "/IMAGE/NAME");
    fill_in_text(s, "@EDITION@", a->edition);
    fill_in_text(s, "@LANGUAGE@", a->language);
    fill_in_text(s, "@PRODUCT_KEY@", a->product_key);
    fill_in_text(s, "@PASSWORD@", a->password);
    /* In the template's first comment only. */
    fill_in(s, "@...@", "what stands in between at signs");
    return g_string_free(g_steal_pointer(&s), FALSE);
}

char *rig_prepare_script(const RigPaths *paths, GError **error)
{
    g_autofree char *text = read_template(paths, "prepare.cmd", error);
    g_autoptr(GString) s = NULL;

    if (!text) {
        return NULL;
    }
    s = g_string_new(text);
    fill_in(s, "@AGENT_INSTALL@", AGENT_INSTALL);
    fill_in(s, "\n", "\r\n");
    return g_string_free(g_steal_pointer(&s), FALSE);
}

/* --- the ISO ------------------------------------------------------------- */

static gboolean copy(const char *from, const char *to, GError **error)
{
    g_autoptr(GFile) a = g_file_new_for_path(from);
    g_autoptr(GFile) b = g_file_new_for_path(to);

    return g_file_copy(a, b, G_FILE_COPY_OVERWRITE, NULL, NULL, NULL, error);
}

/* The files of @from with one of these endings, NULL: all, to @to. */
static gboolean copy_all(const char *from, const char *to,
                         const char *ending, unsigned *count, GError **error)
{
    g_autoptr(GDir) d = g_dir_open(from, 0, NULL);
    const char *name;

    while (d && (name = g_dir_read_name(d))) {
        g_autofree char *a = g_build_filename(from, name, NULL);
        g_autofree char *b = g_build_filename(to, name, NULL);

        if (!g_file_test(a, G_FILE_TEST_IS_REGULAR) ||
            (ending && !g_str_has_suffix(name, ending))) {
            continue;
        }
        if (!copy(a, b, error)) {
            return FALSE;
        }
        *count += 1;
    }
    return TRUE;
}

static gboolean put_text(const char *dir, const char *name, char *text,
                         GError **error)
{
    g_autofree char *file = g_build_filename(dir, name, NULL);
    gboolean ok = text && g_file_set_contents(file, text, -1, error);

    g_free(text);
    return ok;
}

static gboolean fill_tree(const char *top, const RigPaths *paths,
                          gboolean uefi, const RigAnswers *answers,
                          GError **error)
{
    g_autofree char *rig = g_build_filename(top, "rig", NULL);
    g_autofree char *shim = g_build_filename(rig, "rigshim", NULL);
    g_autofree char *built = g_build_filename(paths->windows, "packages",
                                              "rigshim", NULL);
    g_autofree char *agent_there = g_build_filename(rig, "agent.exe", NULL);
    unsigned certificates = 0, files = 0;

    g_mkdir_with_parents(shim, 0755);
    if (access(paths->agent_exe, R_OK) != 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s is not there; "
                    "\"make windows-agent\" builds it", paths->agent_exe);
        return FALSE;
    }
    if (access(built, R_OK) != 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s is not there; "
                    "\"make sign\" makes the shim's package and a "
                    "certificate", built);
        return FALSE;
    }
    return copy(paths->agent_exe, agent_there, error) &&
           copy_all(paths->windows, rig, ".cer", &certificates, error) &&
           copy_all(built, shim, NULL, &files, error) &&
           put_text(rig, "prepare.cmd", rig_prepare_script(paths, error),
                    error) &&
           (!answers || put_text(top, "autounattend.xml",
                                 rig_answer_file(paths, uefi, answers, error),
                                 error));
}

static void remove_tree(const char *dir)
{
    const char *argv[] = { "rm", "-rf", "--", dir, NULL };

    g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
                 NULL, NULL, NULL, NULL);
}

static gboolean make_iso(const char *file, const char *tree, GError **error)
{
    const char *argv[] = { "xorriso", "-as", "mkisofs", "-quiet", "-J",
                           "-joliet-long", "-R", "-V", "RIG", "-o", file, tree,
                           NULL };
    g_autoptr(GSubprocess) p = g_subprocess_newv(
        argv, G_SUBPROCESS_FLAGS_STDERR_PIPE, error);
    g_autofree char *text = NULL;

    if (!p) {
        g_prefix_error(error, "xorriso (package xorriso): ");
        return FALSE;
    }
    if (!g_subprocess_communicate_utf8(p, NULL, NULL, NULL, &text, error)) {
        return FALSE;
    }
    if (!g_subprocess_get_successful(p)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "xorriso: %s",
                    g_strstrip(text));
        return FALSE;
    }
    return TRUE;
}

gboolean rig_prepare_iso(const char *file, const RigPaths *paths,
                         gboolean uefi, const RigAnswers *answers,
                         GError **error)
{
    g_autofree char *tree = g_dir_make_tmp("rig-iso-XXXXXX", error);
    g_autofree char *new = g_strconcat(file, ".new", NULL);
    gboolean ok;

    if (!tree) {
        return FALSE;
    }
    g_unlink(new);
    ok = fill_tree(tree, paths, uefi, answers, error) &&
         make_iso(new, tree, error);
    remove_tree(tree);
    if (ok && g_rename(new, file) != 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s cannot be made",
                    file);
        ok = FALSE;
    }
    g_unlink(new);
    return ok;
}
