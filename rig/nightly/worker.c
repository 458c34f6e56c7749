/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A worker of a night: a child process `rig run ...`. */
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "json-events.h"
#include "supervisor.h"

/* What a rig run takes at most to stop, and a bit. */
#define KILL_SECONDS (RIG_STOP_SECONDS + 10)
#define LINE_MAX_LENGTH (1u << 20)

struct RigWorker {
    RigWorkerConfig config;
    GSubprocess *process;
    int events;          /* reading end */
    GString *line;       /* what came of a line so far */
    guint source, limit, killer; /* GLib source ids, 0: none */
    gboolean late;
};

/* --- the child -------------------------------------------------------- */

/* Between fork() and exec(), so async-signal-safe calls only. */
static void child_setup(gpointer parent)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != GPOINTER_TO_INT(parent)) {
        _exit(128 + SIGTERM);
    }
}

static GSubprocess *spawn(const RigWorkerConfig *config, int events,
                          GError **error)
{
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
        G_SUBPROCESS_FLAGS_NONE);
    int log = open(config->log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                   0644);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (log < 0 || null < 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
                    "%s: %s", config->log, g_strerror(errno));
        close(events);
        return NULL;
    }
    g_subprocess_launcher_take_stdin_fd(launcher, null);
    g_subprocess_launcher_take_stderr_fd(
        launcher, fcntl(log, F_DUPFD_CLOEXEC, 3));
    g_subprocess_launcher_take_stdout_fd(launcher, log);
    g_subprocess_launcher_take_fd(launcher, events, RIG_WORKER_EVENTS_FD);
    g_subprocess_launcher_set_child_setup(launcher, child_setup,
                                          GINT_TO_POINTER(getpid()), NULL);
    return g_subprocess_launcher_spawnv(launcher,
                                        (const char *const *)config->argv,
                                        error);
}

/* --- its events ------------------------------------------------------- */

static void take_line(RigWorker *w)
{
    g_autoptr(JsonObject) event = rig_json_parse(w->line->str, w->line->len);

    if (event) {
        w->config.on_event(event, w->line->str, w->config.opaque);
    }
    g_string_truncate(w->line, 0);
}

/* FALSE: nothing more will come. */
static gboolean drain(RigWorker *w)
{
    char chunk[4096];
    ssize_t n;

    while ((n = read(w->events, chunk, sizeof(chunk))) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            if (chunk[i] == '\n') {
                take_line(w);
            } else if (w->line->len < LINE_MAX_LENGTH) {
                g_string_append_c(w->line, chunk[i]);
            }
        }
    }
    return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static gboolean on_readable(gint fd, GIOCondition condition, gpointer opaque)
{
    RigWorker *w = opaque;

    (void)fd;
    (void)condition;
    if (!drain(w)) {
        w->source = 0;
        return G_SOURCE_REMOVE;
    }
    return G_SOURCE_CONTINUE;
}

/* --- its end ---------------------------------------------------------- */

static gboolean on_kill(gpointer opaque)
{
    RigWorker *w = opaque;

    w->killer = 0;
    g_subprocess_force_exit(w->process);
    return G_SOURCE_REMOVE;
}

void rig_worker_stop(RigWorker *w)
{
    if (!w->killer) {
        g_subprocess_send_signal(w->process, SIGTERM);
        w->killer = g_timeout_add_seconds(KILL_SECONDS, on_kill, w);
    }
}

static gboolean on_limit(gpointer opaque)
{
    RigWorker *w = opaque;

    w->limit = 0;
    w->late = TRUE;
    rig_worker_stop(w);
    return G_SOURCE_REMOVE;
}

static void remove_source(guint id)
{
    if (id) {
        g_source_remove(id);
    }
}

static void worker_free(RigWorker *w)
{
    remove_source(w->source);
    remove_source(w->limit);
    remove_source(w->killer);
    close(w->events);
    g_string_free(w->line, TRUE);
    g_object_unref(w->process);
    g_free(w);
}

static void on_exited(GObject *process, GAsyncResult *result, gpointer opaque)
{
    RigWorker *w = opaque;
    RigWorkerEnd end = { .late = w->late };

    g_subprocess_wait_finish(G_SUBPROCESS(process), result, NULL);
    drain(w);
    end.status = g_subprocess_get_if_exited(w->process)
                 ? g_subprocess_get_exit_status(w->process)
                 : 128 + g_subprocess_get_term_sig(w->process);
    w->config.on_end(&end, w->config.opaque);
    worker_free(w);
}

RigWorker *rig_worker_start(const RigWorkerConfig *config, GError **error)
{
    int pipe[2];
    RigWorker *w;
    GSubprocess *process;

    if (!g_unix_open_pipe(pipe, FD_CLOEXEC, error)) {
        return NULL;
    }
    process = spawn(config, pipe[1], error);
    if (!process) {
        close(pipe[0]);
        return NULL;
    }
    w = g_new0(RigWorker, 1);
    w->config = *config;
    w->process = process;
    w->events = pipe[0];
    w->line = g_string_new(NULL);
    g_unix_set_fd_nonblocking(w->events, TRUE, NULL);
    w->source = g_unix_fd_add(w->events, G_IO_IN | G_IO_HUP, on_readable, w);
    w->limit = g_timeout_add_seconds(config->limit_seconds, on_limit, w);
    g_subprocess_wait_async(w->process, NULL, on_exited, w);
    return w;
}
