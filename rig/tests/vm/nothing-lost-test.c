/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whatever happens in the middle of a run, nothing is lost.
 *
 * There is a finished run; then something goes wrong in another one. After
 * each fault the finished run is what it was, byte for byte, the other one is
 * valid and says complete="no" in run.xml and in the index, no QEMU is left,
 * and the next run works and is compared with the finished one.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "run-rig.h"

#define QEMU_START_MS 60000
#define QEMU_GONE_MS  20000
#define SOAK_BYTES    20000 /* of events: the guest is in its cycles */
#define ROOM_LEFT     (512 * 1024)
#define CASE_SECONDS  600   /* a busy machine takes its time */

static char *results;       /* --results=... */
static char *finished;      /* directory of the finished run */
static char *before;        /* its fingerprint */

/* --- what is checked after each fault ---------------------------------------- */

static char *in_results(const char *path)
{
    return g_build_filename(test_dir(), "results", path, NULL);
}

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* SHA-256 over names and contents of everything below @dir. */
static void add_tree(GChecksum *sum, const char *dir)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
    const char *name;

    ck_assert_msg(d != NULL, "%s is gone", dir);
    while ((name = g_dir_read_name(d))) {
        g_ptr_array_add(names, g_strdup(name));
    }
    g_ptr_array_sort(names, by_name);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_build_filename(dir, names->pdata[i], NULL);
        g_autofree char *content = NULL;
        gsize length;

        g_checksum_update(sum, names->pdata[i], -1);
        if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
            add_tree(sum, path);
        } else if (g_file_get_contents(path, &content, &length, NULL)) {
            g_checksum_update(sum, (const guchar *)content, length);
        }
    }
}

static char *fingerprint(const char *dir)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);

    add_tree(sum, dir);
    return g_strdup(g_checksum_get_string(sum));
}

static void expect_finished_intact(void)
{
    g_autofree char *now = fingerprint(finished);

    ck_assert_msg(strcmp(now, before) == 0, "%s has changed", finished);
}

static char *read_file(const char *file)
{
    char *text = NULL;

    g_file_get_contents(file, &text, NULL, NULL);
    return text;
}

/* "<run id="..." ... complete="no"" in the index of all runs. */
static void expect_in_index(const char *id, const char *attribute)
{
    const char *args[] = { "report", "--index", results, NULL };
    g_auto(RigCallResult) r = rig_call(NULL, args);
    g_autofree char *file = in_results("index.xml");
    g_autofree char *text = read_file(file);
    g_autofree char *start = g_strdup_printf("<run id=\"%s\"", id);
    g_autofree char *element = NULL;
    const char *at = text ? strstr(text, start) : NULL;

    expect_status(&r, 0);
    ck_assert_msg(at != NULL, "%s is not in the index", id);
    element = g_strndup(at, strcspn(at, ">"));
    ck_assert_msg(strstr(element, attribute) != NULL, "%s lacks %s", element,
                  attribute);
}

/* rig report reads run.xml by its schema: the page is proof that it is one. */
static void expect_run(const char *dir, const char *complete)
{
    const char *args[] = { "report", dir, NULL };
    g_auto(RigCallResult) r = rig_call(NULL, args);
    g_autofree char *file = g_build_filename(dir, "run.xml", NULL);
    g_autofree char *text = read_file(file);
    g_autofree char *id = g_path_get_basename(dir);
    g_autofree char *says = g_strdup_printf("complete=\"%s\"", complete);

    expect_status(&r, 0);
    ck_assert_msg(text && strstr(text, says) != NULL, "%s does not say %s",
                  file, says);
    expect_in_index(id, says);
}

static char *newest_run(void)
{
    g_autoptr(GPtrArray) runs = run_dirs();

    return g_strdup(runs->pdata[runs->len - 1]);
}

/* The newest run is not the finished one, and was interrupted. */
static void expect_interrupted(void)
{
    g_autofree char *newest = newest_run();

    ck_assert_str_ne(newest, finished);
    expect_run(newest, "no");
    ck_assert_int_eq(qemu_wait(QEMU_GONE_MS, TRUE), 0);
    expect_finished_intact();
}

static char *shipped(const char *name)
{
    return g_build_filename(test_home(), "scenarios", name, NULL);
}

static RigCallResult run_clean(void)
{
    g_autofree char *path = shipped("c01-clean.xml");
    const char *args[] = { "run", results, path, NULL };

    return rig_call(NULL, args);
}

/* The next start works, and knows the finished run. */
static void expect_goes_on(void)
{
    g_auto(RigCallResult) r = run_clean();
    g_autofree char *newest = newest_run();

    expect_status(&r, 0);
    expect_output(&r, "event stream identical to run");
    expect_run(newest, "yes");
    expect_finished_intact();
}

/* --- around -------------------------------------------------------------------- */

/* In the process that the tests are forked from: GLib's thread, which waits
   for its subprocesses, would not be in theirs. */
static void setup_all(void)
{
    g_autofree char *path = shipped("c01-clean.xml");
    g_autofree char *command = NULL;

    test_dir_create();
    results = g_strdup_printf("--results=%s/results", test_dir());
    command = g_strdup_printf("'%s/build/rig/rig' run -q '%s' '%s' >/dev/null",
                              test_home(), results, path);
    ck_assert_int_eq(system(command), 0);
    finished = newest_run();
    before = fingerprint(finished);
}

static void teardown_all(void)
{
    test_dir_remove();
}

static void teardown(void)
{
    int pid = qemu_wait(QEMU_GONE_MS, TRUE);
    g_autofree char *small = g_build_filename(test_dir(), "small", NULL);

    umount2(small, MNT_DETACH); /* of a test that failed */

    ck_assert_msg(pid == 0, "QEMU %d was left behind", pid);
}

/* Start the 1,000-cycle scenario and wait until the guest is in its cycles. */
static GSubprocess *start_soak(int *qemu)
{
    g_autofree char *path = shipped("soak-1000.xml");
    const char *args[] = { "run", results, path, NULL };
    GSubprocess *rig = rig_start(NULL, args);

    *qemu = qemu_wait(QEMU_START_MS, FALSE);
    ck_assert_msg(*qemu != 0, "QEMU did not start");
    ck_assert_msg(events_wait(QEMU_START_MS, SOAK_BYTES),
                  "no events came from the guest");
    return rig;
}

/* The child "vm-worker" of @rig; 0: none. */
static int worker_of(GSubprocess *rig)
{
    g_autofree char *path = g_strdup_printf(
        "/proc/%s/task/%s/children", g_subprocess_get_identifier(rig),
        g_subprocess_get_identifier(rig));
    g_autofree char *text = read_file(path);
    g_auto(GStrv) pids = g_strsplit(text ? text : "", " ", -1);

    for (char **pid = pids; *pid; pid++) {
        g_autofree char *file = g_strdup_printf("/proc/%s/comm", *pid);
        g_autofree char *comm = **pid ? read_file(file) : NULL;

        if (comm && strcmp(comm, "vm-worker\n") == 0) {
            return atoi(*pid);
        }
    }
    return 0;
}

/* --- kills ------------------------------------------------------------------------ */

START_TEST(kill_of_rig)
{
    int qemu;
    GSubprocess *rig = start_soak(&qemu);

    g_subprocess_send_signal(rig, SIGKILL);
    {
        g_auto(RigCallResult) r = rig_wait(rig);

        expect_status(&r, 128 + SIGKILL);
    }
    expect_interrupted();
    expect_goes_on();
}
END_TEST

START_TEST(kill_of_the_worker)
{
    int qemu;
    GSubprocess *rig = start_soak(&qemu);

    ck_assert_int_ne(worker_of(rig), 0);
    kill(worker_of(rig), SIGKILL);
    {
        g_auto(RigCallResult) r = rig_wait(rig);

        expect_status(&r, 3);
        expect_output(&r, "complete=\"no\"");
    }
    expect_interrupted();
    expect_goes_on();
}
END_TEST

/* Nobody is there to clean up: the next start does. */
START_TEST(kill_of_rig_and_worker_at_once)
{
    int qemu, worker;
    GSubprocess *rig = start_soak(&qemu);

    worker = worker_of(rig);
    kill(worker, SIGSTOP); /* so that it cannot react to rig's end */
    g_subprocess_send_signal(rig, SIGKILL);
    kill(worker, SIGKILL);
    {
        g_auto(RigCallResult) r = rig_wait(rig);

        expect_status(&r, 128 + SIGKILL);
    }
    ck_assert_int_ne(qemu_pid(), 0);
    expect_goes_on();
    ck_assert_int_eq(qemu_pid(), 0);
}
END_TEST

/* The machine's end is a result of the run, which goes on to its own. */
static void expect_broken_machine(RigCallResult *r, const char *outcome)
{
    g_autofree char *says = run_value("string(//machine/@outcome)");
    g_autofree char *events = run_value("string(//machine/@events)");
    g_autofree char *newest = newest_run();

    expect_status(r, 3);
    expect_output(r, "broken");
    ck_assert_str_eq(says, outcome);
    ck_assert_int_gt(atoi(events), 0);
    expect_run(newest, "yes");
    expect_finished_intact();
}

START_TEST(kill_of_QEMU)
{
    int qemu;
    GSubprocess *rig = start_soak(&qemu);

    kill(qemu, SIGKILL);
    {
        g_auto(RigCallResult) r = rig_wait(rig);

        expect_broken_machine(&r, "qemu-died");
    }
    expect_goes_on();
}
END_TEST

/* A driver ends PID 1 of the guest, and with it the guest. */
START_TEST(kill_of_the_guest_agent)
{
    g_autofree char *sys = test_driver("kill-agent", "sys");
    g_autofree char *inf = test_driver("kill-agent", "inf");
    g_autofree char *path = test_scenario(
        "kill-agent", sys, inf, "<install/><init/><halt/><unload/>", "");
    const char *args[] = { "run", results, path, NULL };
    g_auto(RigCallResult) r = rig_call(NULL, args);

    expect_broken_machine(&r, "stream-cut");
    expect_goes_on();
}
END_TEST

/* --- disks ------------------------------------------------------------------------- */

/* Put a small file system in the place of results/, with the finished run. */
static gboolean mount_results(char **where)
{
    g_autofree char *cp = NULL;
    g_autofree char *small = g_build_filename(test_dir(), "small", NULL);
    g_autofree char *from = in_results("");

    g_mkdir_with_parents(small, 0755);
    if (mount("rig", small, "tmpfs", 0, "size=8m") != 0) {
        printf("skipped: mount is refused: %s\n", g_strerror(errno));
        return FALSE;
    }
    cp = g_strdup_printf("cp -a '%s/runs' '%s'", from, small);
    ck_assert_int_eq(system(cp), 0);
    *where = g_steal_pointer(&small);
    return TRUE;
}

/* From here on the tests's results are those in @dir. */
static void use_results(const char *dir)
{
    g_autofree char *id = g_path_get_basename(finished);

    g_free(results);
    g_free(finished);
    results = g_strdup_printf("--results=%s", dir);
    finished = g_build_filename(dir, "runs", id, NULL);
}

static char *newest_in(const char *dir)
{
    g_autofree char *runs = g_build_filename(dir, "runs", NULL);
    g_autoptr(GDir) d = g_dir_open(runs, 0, NULL);
    char *newest = NULL;
    const char *name;

    while ((name = g_dir_read_name(d))) {
        if (!newest || strcmp(name, newest) > 0) {
            g_free(newest);
            newest = g_strdup(name);
        }
    }
    return newest;
}

/* Leave room for a run to begin, and for some of its events. */
static void fill(const char *dir)
{
    g_autofree char *file = g_build_filename(dir, "filler", NULL);
    g_autofree char *zeros = NULL;
    struct statvfs st;
    gsize length;

    ck_assert_int_eq(statvfs(dir, &st), 0);
    length = st.f_bavail * st.f_bsize - ROOM_LEFT;
    zeros = g_malloc0(length);
    ck_assert(g_file_set_contents(file, zeros, length, NULL));
}

START_TEST(disk_that_is_full)
{
    g_autofree char *dir = NULL, *id = NULL, *run = NULL, *page = NULL;
    g_autofree char *path = shipped("soak-1000.xml");
    const char *args[] = { "run", NULL, path, NULL };

    if (!mount_results(&dir)) {
        return;
    }
    use_results(dir);
    fill(dir);
    args[1] = results;
    {
        g_auto(RigCallResult) r = rig_call(NULL, args);

        expect_status(&r, 3);
        expect_output(&r, "No space left on device");
    }
    expect_finished_intact();
    id = newest_in(dir);
    run = g_build_filename(dir, "runs", id, "run.xml", NULL);
    page = read_file(run);
    ck_assert_msg(page && strstr(page, "complete=\"no\""), "%s", run);
    ck_assert_int_eq(mount("rig", dir, NULL, MS_REMOUNT, "size=64m"), 0);
    {
        g_auto(RigCallResult) r = run_clean();

        expect_status(&r, 0);
        expect_output(&r, "event stream identical to run");
    }
    expect_finished_intact();
    ck_assert_int_eq(umount2(dir, MNT_DETACH), 0);
}
END_TEST

START_TEST(results_directory_that_is_read_only)
{
    const char *history[] = { "history", NULL, NULL };
    g_autofree char *dir = NULL;

    if (!mount_results(&dir)) {
        return;
    }
    use_results(dir);
    history[1] = results;
    ck_assert_int_eq(mount("rig", dir, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    {
        g_auto(RigCallResult) r = run_clean();
        g_auto(RigCallResult) shown = rig_call(NULL, history);

        expect_status(&r, 3);
        expect_output(&r, "--results");
        expect_status(&shown, 0);
        expect_output(&shown, "c01-clean@rig-nic");
    }
    expect_finished_intact();
    ck_assert_int_eq(mount("rig", dir, NULL, MS_REMOUNT, "size=64m"), 0);
    {
        g_auto(RigCallResult) r = run_clean();

        expect_status(&r, 0);
    }
    expect_finished_intact();
    ck_assert_int_eq(umount2(dir, MNT_DETACH), 0);
}
END_TEST

/* What is printed goes nowhere; what is written does not suffer. */
START_TEST(standard_output_on_a_full_disk)
{
    g_autofree char *path = shipped("c01-clean.xml");
    g_autofree char *command = g_strdup_printf(
        "exec '%s/build/rig/rig' run '%s' '%s' >/dev/full", test_home(),
        results, path);
    g_auto(RigCallResult) r = { 0 };
    g_autofree char *newest = NULL;

    r = rig_shell(command);
    expect_status(&r, 3);
    expect_output(&r, "standard output cannot be written");
    newest = newest_run();
    expect_run(newest, "yes");
    expect_finished_intact();
}
END_TEST

/* --- others --------------------------------------------------------------------------- */

START_TEST(clock_that_jumps)
{
    static const char *const jumps[] = { "86400", "-86400" };
    g_autofree char *path = shipped("c01-clean.xml");

    for (guint i = 0; i < G_N_ELEMENTS(jumps); i++) {
        g_autofree char *command = g_strdup_printf(
            "CLOCK_JUMP=%s CLOCK_JUMP_AFTER=1 LD_PRELOAD='%s/build/tests/vm/"
            "clock-jump.so' exec '%s/build/rig/rig' run '%s' '%s'", jumps[i],
            test_home(), test_home(), results, path);
        g_auto(RigCallResult) r = rig_shell(command);
        g_autofree char *took = run_value("string(//machine/@total-ms)");

        expect_status(&r, 0);
        expect_output(&r, "event stream identical to run");
        ck_assert_int_lt(atoi(took), CASE_SECONDS * 1000);
        expect_finished_intact();
    }
    expect_goes_on();
}
END_TEST

START_TEST(two_rigs_on_one_directory)
{
    g_autofree char *path = shipped("c01-clean.xml");
    const char *args[] = { "run", results, path, NULL };
    g_autoptr(GPtrArray) old = run_dirs(), all = NULL;
    GSubprocess *one = rig_start(NULL, args), *two = rig_start(NULL, args);
    g_auto(RigCallResult) first = rig_wait(one), second = rig_wait(two);

    expect_status(&first, 0);
    expect_status(&second, 0);
    all = run_dirs();
    ck_assert_uint_eq(all->len, old->len + 2);
    expect_run(all->pdata[all->len - 1], "yes");
    expect_run(all->pdata[all->len - 2], "yes");
    expect_finished_intact();
}
END_TEST

/*
 * libvirt's daemon with its files out of the way of the system's, killed when
 * the guest is in its cycles; $1 results, $2 scenario, $3 rig, $4 directory.
 * The embedded driver has no connection that could drop. Status 77 after
 * "skip: why": this host has no libvirtd, or no mounts of our own; one that
 * does not start is a failure, and its words are shown.
 */
static const char with_libvirtd[] =
    "set -u; skip() { echo \"skip: $1\"; exit 77; }\n"
    "command -v libvirtd >/dev/null || skip 'libvirtd is not installed'\n"
    "mkdir -p \"$4/etc\" /run/libvirt || skip 'no /run/libvirt'\n"
    "printf 'stdio_handler = \"file\"\\nsecurity_driver = \"none\"\\n"
    "namespaces = []\\ncgroup_controllers = []\\nremember_owner = 0\\n"
    "user = \"root\"\\ngroup = \"root\"\\n' >\"$4/etc/qemu.conf\"\n"
    "printf 'unix_sock_group = \"root\"\\nauth_unix_rw = \"none\"\\n' "
    ">\"$4/etc/libvirtd.conf\"\n"
    "mount --bind \"$4/etc\" /etc/libvirt && "
    "mount -t tmpfs rig /run/libvirt || skip 'nothing can be mounted'\n"
    "libvirtd -p \"$4/pid\" >\"$4/log\" 2>&1 & daemon=$!\n"
    "for i in $(seq 600); do [ -S /run/libvirt/libvirt-sock ] && break; "
    "kill -0 $daemon || break; sleep 0.1; done\n"
    "[ -S /run/libvirt/libvirt-sock ] || { cat \"$4/log\"; exit 70; }\n"
    "\"$3\" run --connect qemu:///system \"--results=$1\" \"$2\" & rig=$!\n"
    "for i in $(seq 600); do kill -0 $rig 2>/dev/null || break; "
    "[ \"$(cat \"$1\"/runs/*/vm-1/events.bin 2>/dev/null | wc -c)\" -gt "
    "20000 ] && break; sleep 0.1; done\n"
    "kill -9 $daemon; sleep 1; kill -INT $rig; wait $rig\n";

START_TEST(connection_to_libvirt_that_drops)
{
    g_autofree char *path = shipped("soak-1000.xml");
    g_autofree char *script = test_file("libvirtd.sh", with_libvirtd);
    g_autofree char *dir = g_build_filename(test_dir(), "libvirt", NULL);
    g_autofree char *place = g_build_filename(dir, "results", NULL);
    g_autofree char *command = g_strdup_printf(
        "unshare -m true || { echo 'skip: no mount namespace'; exit 77; }\n"
        "exec unshare -m sh '%s' '%s' '%s' '%s/build/rig/rig' '%s'", script,
        place, path, test_home(), dir);
    g_auto(RigCallResult) r = rig_shell(command);
    g_autofree char *id = NULL, *run = NULL;

    if (r.status == 77 && strstr(r.output, "skip: ")) {
        printf("connection_to_libvirt_that_drops: %s", strstr(r.output,
                                                              "skip: "));
        return;
    }
    expect_status(&r, 130);
    ck_assert_int_eq(qemu_wait(QEMU_GONE_MS, TRUE), 0);
    id = newest_in(place);
    run = g_build_filename(place, "runs", id, NULL);
    {
        const char *args[] = { "report", run, NULL };
        g_auto(RigCallResult) page = rig_call(NULL, args);
        g_autofree char *file = g_build_filename(run, "run.xml", NULL);
        g_autofree char *text = read_file(file);

        expect_status(&page, 0);
        ck_assert_ptr_nonnull(strstr(text, "complete=\"no\""));
    }
    expect_finished_intact();
    expect_goes_on();
}
END_TEST

/* --- Ctrl-C -------------------------------------------------------------------------------- */

/* ms after the start: before the worker, libvirt, QEMU, the guest, a cycle. */
static const unsigned delays[] = { 0, 5, 20, 60, 120, 250, 500, 1000, 2000 };

static GSubprocess *start_after(unsigned ms)
{
    g_autofree char *path = shipped("soak-1000.xml");
    const char *args[] = { "run", results, path, NULL };
    GSubprocess *rig = rig_start(NULL, args);

    g_usleep(ms * 1000);
    return rig;
}

/* All that there is is valid and says how it ended. */
static void expect_stopped(RigCallResult *r, guint runs)
{
    g_autoptr(GPtrArray) now = run_dirs();

    ck_assert_msg(r->status == 130 || r->status == 128 + SIGINT,
                  "exit status %d; rig printed:\n%s", r->status, r->output);
    ck_assert_int_eq(qemu_wait(QEMU_GONE_MS, TRUE), 0);
    if (now->len > runs) {
        const char *dir = now->pdata[now->len - 1];
        g_autofree char *id = g_path_get_basename(dir);
        g_autofree char *file = g_build_filename(dir, "run.xml", NULL);

        if (g_file_test(file, G_FILE_TEST_EXISTS)) {
            expect_run(dir, "no");
        } else {
            expect_in_index(id, "complete=\"no\"");
        }
    }
    expect_finished_intact();
}

START_TEST(ctrl_c_at_any_moment)
{
    for (guint i = 0; i < G_N_ELEMENTS(delays); i++) {
        g_autoptr(GPtrArray) runs = run_dirs();
        GSubprocess *rig = start_after(delays[i]);
        g_auto(RigCallResult) r = { 0 };

        g_subprocess_send_signal(rig, SIGINT);
        r = rig_wait(rig);
        expect_stopped(&r, runs->len);
    }
    expect_goes_on();
}
END_TEST

START_TEST(ctrl_c_in_a_cycle)
{
    g_autoptr(GPtrArray) runs = run_dirs();
    int qemu;
    GSubprocess *rig = start_soak(&qemu);
    g_auto(RigCallResult) r = { 0 };

    g_subprocess_send_signal(rig, SIGINT);
    r = rig_wait(rig);
    expect_status(&r, 130);
    expect_stopped(&r, runs->len);
    expect_goes_on();
}
END_TEST

/* ------------------------------------------------------------------------ */

/* Names of tests as arguments: these only. */
static gboolean is_wanted(char **argv, const char *name)
{
    return !argv[1] || g_strv_contains((const char *const *)argv + 1, name);
}

int main(int argc, char **argv)
{
    const struct {
        const char *name;
        const TTest *test;
    } tests[] = {
        { "kill_of_rig", kill_of_rig },
        { "kill_of_the_worker", kill_of_the_worker },
        { "kill_of_rig_and_worker_at_once", kill_of_rig_and_worker_at_once },
        { "kill_of_QEMU", kill_of_QEMU },
        { "kill_of_the_guest_agent", kill_of_the_guest_agent },
        { "disk_that_is_full", disk_that_is_full },
        { "results_directory_that_is_read_only", results_directory_that_is_read_only },
        { "standard_output_on_a_full_disk", standard_output_on_a_full_disk },
        { "clock_that_jumps", clock_that_jumps },
        { "connection_to_libvirt_that_drops",
          connection_to_libvirt_that_drops },
        { "two_rigs_on_one_directory", two_rigs_on_one_directory },
        { "ctrl_c_at_any_moment", ctrl_c_at_any_moment },
        { "ctrl_c_in_a_cycle", ctrl_c_in_a_cycle },
    };
    Suite *suite = suite_create("nothing lost");
    TCase *t = tcase_create("nothing lost");
    SRunner *runner;
    int failed;

    (void)argc;
    tcase_set_timeout(t, CASE_SECONDS);
    tcase_add_unchecked_fixture(t, setup_all, teardown_all);
    tcase_add_checked_fixture(t, NULL, teardown);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        if (is_wanted(argv, tests[i].name)) {
            tcase_add_test(t, tests[i].test);
        }
    }
    suite_add_tcase(suite, t);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
