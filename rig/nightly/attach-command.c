/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `rig attach`: to a machine that `rig run --keep-on-failure` has kept. */
#include <errno.h>
#include <glib-unix.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "commands.h"
#include "options.h"
#include "output.h"
#include "run-live.h"
#include "suite.h"

/* How long QEMU may take to answer what came before the end of our input. */
#define ANSWER_MS 1000
#define DETACH 0x1d /* Ctrl-] as of telnet(1) */

/* --- the monitor ------------------------------------------------------ */

static int connect_to(const char *path)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || g_strlcpy(a.sun_path, path, sizeof(a.sun_path)) >=
                  sizeof(a.sun_path) ||
        connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0) {
        fprintf(stderr, "rig attach: %s: %s\n", path, g_strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    return fd;
}

static gboolean put(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, bytes, n);

        if (done < 0 && errno != EINTR) {
            if (fd == STDOUT_FILENO) {
                rig_output_failed(errno);
            }
            return FALSE;
        }
        bytes += MAX(done, 0);
        n -= MAX(done, 0);
    }
    return TRUE;
}

/* One piece from @from to @to; FALSE: that was the end. */
static gboolean pass_on(int from, int to, gboolean typed)
{
    char bytes[4096];
    ssize_t n = read(from, bytes, sizeof(bytes));

    if (n <= 0 || (typed && memchr(bytes, DETACH, n))) {
        return n < 0 && errno == EINTR;
    }
    return put(to, bytes, n);
}

/* Until either side ends; after our end, until QEMU has been silent. */
static void relay(int fd, gboolean typed)
{
    struct pollfd p[2] = {
        { .fd = fd, .events = POLLIN },
        { .fd = STDIN_FILENO, .events = POLLIN },
    };

    for (;;) {
        int n = poll(p, 2, p[1].fd < 0 ? ANSWER_MS : -1);

        if (n == 0 || (n < 0 && errno != EINTR)) {
            return;
        }
        if (p[0].revents && !pass_on(fd, STDOUT_FILENO, FALSE)) {
            return;
        }
        if (p[1].fd >= 0 && p[1].revents &&
            !pass_on(STDIN_FILENO, fd, typed)) {
            if (typed) {
                return;
            }
            p[1].fd = -1;
        }
    }
}

/* QEMU's readline shows what is typed: the terminal must not. */
static int monitor(const char *path)
{
    int fd = connect_to(path);
    struct termios old, raw;
    gboolean typed = tcgetattr(STDIN_FILENO, &old) == 0;

    if (fd < 0) {
        return RIG_EXIT_BROKEN;
    }
    if (typed) {
        fputs("QEMU's monitor; Ctrl-] leaves it, \"help\" lists its "
              "commands\n", stderr);
        raw = old;
        raw.c_lflag &= ~(ICANON | ECHO | ISIG);
        tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    relay(fd, typed);
    if (typed) {
        tcsetattr(STDIN_FILENO, TCSANOW, &old);
        putchar('\n');
    }
    close(fd);
    return RIG_EXIT_OK;
}

/* --- gdb -------------------------------------------------------------- */

/* Have QEMU's stub listen; the path of its socket, NULL: it does not. */
static char *start_stub(const char *path)
{
    g_autofree char *dir = g_path_get_dirname(path);
    g_autofree char *stub = g_build_filename(dir, "gdb", NULL);
    g_autofree char *command = g_strdup_printf(
        "gdbserver unix:%s,server=on,wait=off\n", stub);
    g_autoptr(GString) answer = g_string_new(NULL);
    int fd = connect_to(path);
    struct pollfd p = { .fd = fd, .events = POLLIN };
    char bytes[1024];
    ssize_t n;

    if (fd < 0 || !put(fd, command, strlen(command))) {
        return NULL;
    }
    while (!strstr(answer->str, "Waiting for gdb") &&
           poll(&p, 1, ANSWER_MS) > 0 &&
           (n = read(fd, bytes, sizeof(bytes))) > 0) {
        g_string_append_len(answer, bytes, n);
    }
    close(fd);
    if (!g_file_test(stub, G_FILE_TEST_EXISTS)) {
        fprintf(stderr, "rig attach: QEMU does not listen for gdb; it said: "
                "%s\n", answer->str);
        return NULL;
    }
    return g_steal_pointer(&stub);
}

static int gdb(const char *path)
{
    g_autofree char *stub = start_stub(path);
    g_autofree char *program = g_find_program_in_path("gdb");
    g_autofree char *target = NULL;

    if (!stub) {
        return RIG_EXIT_BROKEN;
    }
    target = g_strdup_printf("target remote %s", stub);
    if (program && isatty(STDIN_FILENO)) {
        execl(program, "gdb", "-q", "-ex", target, (char *)NULL);
    }
    printf("gdb -q -ex '%s'\n", target);
    return RIG_EXIT_OK;
}

/* --- the console ------------------------------------------------------ */

/* All of it, and what comes, until the rig that keeps the machine ends. */
static int console(const RigRunLive *l)
{
    g_autofree char *pid = g_strdup_printf("--pid=%d", (int)l->process.pid);

    execlp("tail", "tail", "-n", "+1", "-f", pid, "--", l->console,
           (char *)NULL);
    fprintf(stderr, "rig attach: tail: %s\n", g_strerror(errno));
    return RIG_EXIT_BROKEN;
}

/* --- the command ------------------------------------------------------ */

/* @arg is a run directory or an id in @results. */
static char *run_dir(const char *arg, const char *results)
{
    return g_file_test(arg, G_FILE_TEST_IS_DIR)
           ? g_strdup(arg) : g_build_filename(results, "runs", arg, NULL);
}

static RigRunLive *find(const char *dir)
{
    RigRunLive *l = rig_run_live_read(dir);

    if (l && rig_process_alive(&l->process) && l->keeps_until && l->monitor) {
        return l;
    }
    fprintf(stderr, "rig attach: %s: %s\n", dir,
            !g_file_test(dir, G_FILE_TEST_IS_DIR) ? "there is no such run" :
            l && rig_process_alive(&l->process)
            ? "its machine still runs; it is kept when a verdict is not the "
              "expected one and rig run has --keep-on-failure"
            : "no machine of it is kept; run it with \"rig run "
              "--keep-on-failure\"");
    rig_run_live_free(l);
    return NULL;
}

static int show(const char *dir, const RigRunLive *l)
{
    gint64 left = l->keeps_until - g_get_real_time() / G_USEC_PER_SEC;
    g_autofree char *time = rig_duration_text(MAX(left, 0));

    printf("%s: kept for another %s\n"
           "  --monitor  QEMU's monitor: %s\n"
           "  --gdb      gdb at the processor\n"
           "  --console  %s\n", dir, time, l->monitor, l->console);
    return RIG_EXIT_OK;
}

int rig_cmd_attach(int argc, char **argv)
{
    gboolean to_console = FALSE, to_monitor = FALSE, to_gdb = FALSE;
    g_autofree char *results = NULL, *dir = NULL;
    g_auto(GStrv) runs = NULL;
    const GOptionEntry entries[] = {
        { "console", 0, 0, G_OPTION_ARG_NONE, &to_console,
          "Show the serial console, and go on showing it", NULL },
        { "monitor", 0, 0, G_OPTION_ARG_NONE, &to_monitor,
          "Talk to QEMU's monitor (HMP)", NULL },
        { "gdb", 0, 0, G_OPTION_ARG_NONE, &to_gdb,
          "Have QEMU listen for gdb, and start gdb", NULL },
        { "results", 0, 0, G_OPTION_ARG_FILENAME, &results,
          "Results directory of a run that is named by its id", "DIR" },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &runs, NULL,
          NULL },
        { 0 },
    };
    g_autoptr(GOptionContext) context = g_option_context_new("RUN");
    g_autoptr(GError) error = NULL;
    g_autoptr(RigRunLive) l = NULL;

    g_set_prgname("rig attach");
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_summary(context,
        "Attach to a machine that \"rig run --keep-on-failure\" has kept; "
        "without an option,\nsay what there is.");
    if (!rig_options_parse(context, &argc, &argv, &error) || !runs ||
        runs[1] || to_console + to_monitor + to_gdb > 1) {
        fprintf(stderr, "rig attach: %s; see rig attach --help\n", error
                ? error->message : "name one run and one thing to attach to");
        return RIG_EXIT_USAGE;
    }
    dir = run_dir(runs[0], results ? results : "results");
    l = find(dir);
    return !l ? RIG_EXIT_USAGE : to_console ? console(l) :
           to_monitor ? monitor(l->monitor) : to_gdb ? gdb(l->monitor)
                                                     : show(dir, l);
}
