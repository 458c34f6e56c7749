/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running rig for the VM tests: processes, files, and what rig left. */
#include "run-rig.h"

#include <check.h>
#include <glib/gstdio.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <string.h>
#include <sys/wait.h>

#define CALL_LIMIT_SECONDS 290 /* below that of a test case */
#define PROC_POLL_US       20000

static char *dir;

const char *test_home(void)
{
    const char *home = g_getenv("RIG_HOME");

    ck_assert_msg(home != NULL, "RIG_HOME is not set: run `make check-vm`");
    return home;
}

const char *test_dir(void)
{
    return dir;
}

void test_dir_create(void)
{
    g_autoptr(GError) error = NULL;

    dir = g_dir_make_tmp("rig-vm-XXXXXX", &error);
    ck_assert_msg(dir != NULL, "%s", error ? error->message : "");
}

static void remove_tree(const char *path)
{
    if (g_file_test(path, G_FILE_TEST_IS_DIR) &&
        !g_file_test(path, G_FILE_TEST_IS_SYMLINK)) {
        g_autoptr(GDir) entries = g_dir_open(path, 0, NULL);
        const char *name;

        while (entries && (name = g_dir_read_name(entries))) {
            g_autofree char *child = g_build_filename(path, name, NULL);

            remove_tree(child);
        }
    }
    g_remove(path);
}

void test_dir_remove(void)
{
    remove_tree(dir);
    g_clear_pointer(&dir, g_free);
}

char *test_file(const char *name, const char *content)
{
    char *path = g_build_filename(dir, name, NULL);
    g_autoptr(GError) error = NULL;

    ck_assert_msg(g_file_set_contents(path, content, -1, &error), "%s",
                  error ? error->message : "");
    return path;
}

char *test_driver(const char *driver, const char *extension)
{
    return g_strdup_printf("%s/build/tests/vm/%s/rignic.%s", test_home(),
                           driver, extension);
}

char *test_scenario(const char *name, const char *sys, const char *inf,
                    const char *steps, const char *expect)
{
    g_autofree char *file = g_strconcat(name, ".xml", NULL);
    g_autofree char *text = g_strdup_printf(
        "<scenario name=\"%s\">\n"
        "  <title>%s</title>\n"
        "  <driver sys=\"%s\" inf=\"%s\"/>\n"
        "  <rule name=\"Init_DeRegisterInterrupt\"/>\n"
        "  <cycle>%s</cycle>\n"
        "  %s\n"
        "</scenario>\n", name, name, sys, inf, steps, expect);

    return test_file(file, text);
}

GSubprocess *rig_start(const char *home, const char *const *args)
{
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
        G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);
    g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    GSubprocess *rig;

    g_ptr_array_add(argv, g_build_filename(test_home(), "build", "rig", "rig",
                                           NULL));
    for (; *args; args++) {
        g_ptr_array_add(argv, g_strdup(*args));
    }
    g_ptr_array_add(argv, NULL);
    g_subprocess_launcher_setenv(launcher, "RIG_HOME",
                                 home ? home : test_home(), TRUE);
    rig = g_subprocess_launcher_spawnv(
        launcher, (const char *const *)argv->pdata, &error);
    ck_assert_msg(rig != NULL, "%s", error ? error->message : "");
    return rig;
}

/* Stays until rig_wait() removes it: the process may take a moment to go. */
static gboolean out_of_time(gpointer rig)
{
    g_subprocess_force_exit(rig);
    return G_SOURCE_CONTINUE;
}

static void done(GObject *rig, GAsyncResult *result, gpointer data)
{
    char **output = data;

    g_subprocess_communicate_utf8_finish(G_SUBPROCESS(rig), result, output,
                                         NULL, NULL);
    if (!*output) {
        *output = g_strdup("");
    }
}

RigCallResult rig_wait(GSubprocess *rig)
{
    RigCallResult result = { 0 };
    guint limit = g_timeout_add_seconds(CALL_LIMIT_SECONDS, out_of_time, rig);

    g_subprocess_communicate_utf8_async(rig, NULL, NULL, done,
                                        &result.output);
    while (!result.output) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_source_remove(limit);
    result.status = g_subprocess_get_if_exited(rig)
                    ? g_subprocess_get_exit_status(rig)
                    : 128 + g_subprocess_get_term_sig(rig);
    g_object_unref(rig);
    return result;
}

RigCallResult rig_shell(const char *command)
{
    g_autoptr(GError) error = NULL;
    GSubprocess *shell = g_subprocess_new(
        G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE,
        &error, "sh", "-c", command, NULL);

    ck_assert_msg(shell != NULL, "%s", error ? error->message : "");
    return rig_wait(shell);
}

RigCallResult rig_call(const char *home, const char *const *args)
{
    return rig_wait(rig_start(home, args));
}

void rig_call_clear(RigCallResult *result)
{
    g_clear_pointer(&result->output, g_free);
}

void expect_status(const RigCallResult *result, int status)
{
    ck_assert_msg(result->status == status,
                  "exit status %d, expected %d; rig printed:\n%s",
                  result->status, status, result->output);
}

void expect_output(const RigCallResult *result, const char *text)
{
    ck_assert_msg(strstr(result->output, text) != NULL,
                  "\"%s\" is not in what rig printed:\n%s", text,
                  result->output);
}

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *run_dirs(void)
{
    GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *runs = g_build_filename(dir, "results", "runs", NULL);
    g_autoptr(GDir) entries = g_dir_open(runs, 0, NULL);
    const char *name;

    while (entries && (name = g_dir_read_name(entries))) {
        g_ptr_array_add(found, g_build_filename(runs, name, NULL));
    }
    g_ptr_array_sort(found, by_name);
    return found;
}

char *run_value(const char *xpath)
{
    g_autoptr(GPtrArray) runs = run_dirs();
    g_autofree char *path = NULL;
    xmlXPathContext *context;
    xmlXPathObject *object;
    xmlDoc *doc;
    xmlChar *text;
    char *value;

    ck_assert_msg(runs->len > 0, "rig left no run directory");
    path = g_build_filename(runs->pdata[runs->len - 1], "run.xml", NULL);
    doc = xmlReadFile(path, NULL, XML_PARSE_NONET);
    ck_assert_msg(doc != NULL, "%s cannot be read", path);
    context = xmlXPathNewContext(doc);
    object = xmlXPathEvalExpression((const xmlChar *)xpath, context);
    ck_assert_msg(object != NULL, "%s: bad XPath", xpath);
    text = xmlXPathCastToString(object);
    value = g_strdup((const char *)text);
    xmlFree(text);
    xmlXPathFreeObject(object);
    xmlXPathFreeContext(context);
    xmlFreeDoc(doc);
    return value;
}

/* Does the command line of process @pid name QEMU and the test's directory? */
static gboolean is_our_qemu(const char *pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%s/cmdline", pid);
    g_autofree char *argv = NULL;
    gsize length;

    if (!g_file_get_contents(path, &argv, &length, NULL) || length == 0) {
        return FALSE;
    }
    for (gsize i = 0; i + 1 < length; i++) {
        if (argv[i] == '\0') {
            argv[i] = ' ';
        }
    }
    return strstr(argv, "qemu-system-x86_64") && strstr(argv, dir);
}

int qemu_pid(void)
{
    g_autoptr(GDir) proc = g_dir_open("/proc", 0, NULL);
    const char *name;

    while (proc && (name = g_dir_read_name(proc))) {
        if (g_ascii_isdigit(name[0]) && is_our_qemu(name)) {
            return atoi(name);
        }
    }
    return 0;
}

int qemu_wait(int wait_ms, gboolean gone)
{
    gint64 limit = g_get_monotonic_time() + (gint64)wait_ms * 1000;
    int pid;

    while ((pid = qemu_pid(), (pid == 0) != gone) &&
           g_get_monotonic_time() < limit) {
        g_usleep(PROC_POLL_US);
    }
    return pid;
}

gboolean events_wait(int wait_ms, goffset bytes)
{
    gint64 limit = g_get_monotonic_time() + (gint64)wait_ms * 1000;
    GStatBuf st = { 0 };

    do {
        g_autoptr(GPtrArray) runs = run_dirs();
        g_autofree char *file = runs->len == 0 ? NULL : g_build_filename(
            runs->pdata[runs->len - 1], "vm-1", "events.bin", NULL);

        if (file && g_stat(file, &st) == 0 && st.st_size >= bytes) {
            return TRUE;
        }
        g_usleep(PROC_POLL_US);
    } while (g_get_monotonic_time() < limit);
    return FALSE;
}
