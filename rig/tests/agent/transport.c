/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Agents to be tested: as a process here, under Wine, in a virtual machine. */
#include "tests/agent/transport.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* Which COM port: Wine makes links of its own for those that this machine has,
 * which are few. */
#define COM_NUMBER "33"

static void be_killed_with_us(gpointer data)
{
    (void)data;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* Start a program; its output goes to scratch/NAME.log. */
static GPid spawn(Transport *t, const char *const *argv, char **environment)
{
    g_autofree char *path = g_strdup_printf("%s/%s.log", t->scratch,
                                            t->kind->name);
    g_autoptr(GError) error = NULL;
    int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    GPid pid = 0;

    g_assert_cmpint(log, >=, 0);
    g_spawn_async_with_fds(NULL, (char **)argv, environment,
                           G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH |
                           G_SPAWN_LEAVE_DESCRIPTORS_OPEN,
                           be_killed_with_us, NULL, &pid, -1, log, log,
                           &error);
    g_assert_no_error(error);
    close(log);
    return pid;
}

static void end(Transport *t)
{
    if (t->pid) {
        kill(t->pid, SIGKILL);
        waitpid(t->pid, NULL, 0);
        t->pid = 0;
    }
}

/* The master is for the wire; the slave stays open, so that the pty outlives
 * the agents on it. */
static int open_pty(Transport *t, char *name)
{
    struct termios raw;
    int master;

    g_assert_cmpint(openpty(&master, &t->slave, name, NULL, NULL), ==, 0);
    fcntl(master, F_SETFD, FD_CLOEXEC);
    fcntl(t->slave, F_SETFD, FD_CLOEXEC);
    tcgetattr(t->slave, &raw);
    cfmakeraw(&raw);
    tcsetattr(t->slave, TCSANOW, &raw);
    return master;
}

/* --- here --------------------------------------------------------------------- */

static char local_port[64];

static void local_spawn(Transport *t)
{
    const char *argv[] = { RIG_AGENT, "--port", local_port, NULL };

    t->pid = spawn(t, argv, NULL);
    t->lives++;
}

static void local_start(Transport *t)
{
    t->wire = wire_new(open_pty(t, local_port));
    local_spawn(t);
}

static void local_restart(Transport *t, RigAgent *agent)
{
    (void)agent;
    end(t);
    local_spawn(t);
}

/* --- under Wine ---------------------------------------------------------------- */

static char **wine_environment(Transport *t)
{
    char **environment = g_get_environ();

    (void)t;
    environment = g_environ_setenv(environment, "WINEPREFIX", WINE_PREFIX,
                                   TRUE);
    environment = g_environ_setenv(environment, "WINEDEBUG", "-all", TRUE);
    environment = g_environ_setenv(
        environment, "WINEDLLOVERRIDES",
        "mscoree,mshtml,winemenubuilder.exe=", TRUE);
    return g_environ_unsetenv(environment, "DISPLAY");
}

static void wine_spawn(Transport *t)
{
    const char *argv[] = { WINE, WINDOWS_AGENT, "--console", "--port",
                           "COM" COM_NUMBER, NULL };
    g_auto(GStrv) environment = wine_environment(t);

    t->pid = spawn(t, argv, environment);
    t->lives++;
}

static void wine_start(Transport *t)
{
    const char *link = WINE_PREFIX "/dosdevices/com" COM_NUMBER;
    char port[64];
    int master = open_pty(t, port);

    g_unlink(link);
    g_assert_cmpint(symlink(port, link), ==, 0);
    t->wire = wire_new(master);
    wine_spawn(t);
}

static void wine_restart(Transport *t, RigAgent *agent)
{
    (void)agent;
    end(t);
    wine_spawn(t);
}

static void wine_stop(Transport *t)
{
    const char *argv[] = { "wineserver", "-k", NULL };
    g_auto(GStrv) environment = wine_environment(t);

    end(t);
    g_spawn_sync(NULL, (char **)argv, environment, G_SPAWN_SEARCH_PATH, NULL,
                 NULL, NULL, NULL, NULL, NULL);
}

char *transport_run(Transport *t, const char *const *argv, int *status)
{
    g_auto(GStrv) environment = wine_environment(t);
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    char *output = NULL, *errors = NULL, *all;

    g_ptr_array_add(words, WINE);
    for (; *argv; argv++) {
        g_ptr_array_add(words, (char *)*argv);
    }
    g_ptr_array_add(words, NULL);
    g_spawn_sync(NULL, (char **)words->pdata, environment, G_SPAWN_DEFAULT,
                 NULL, NULL, &output, &errors, status, &error);
    g_assert_no_error(error);
    *status = WIFEXITED(*status) ? WEXITSTATUS(*status) : -1;
    all = g_strconcat(output, errors, NULL);
    g_free(output);
    g_free(errors);
    return all;
}

/* --- in a virtual machine --------------------------------------------------------- */

/*
 * Everything that the tests are about: a function to enable and disable, whose
 * cable leads to a reflector, a monitor, and the agent's port, as a COM port or
 * as a virtio-serial port.
 */
static void vm_spawn(Transport *t, gboolean virtio, int fd, int monitor)
{
    g_autofree char *chardev = g_strdup_printf("socket,id=agent,fd=%d", fd);
    g_autofree char *qmp = g_strdup_printf("socket,id=qmp,fd=%d", monitor);
    g_autofree char *append = NULL;
    const char *serial[] = { "-device", "isa-serial,chardev=agent" };
    const char *port[] = {
        "-device", "virtio-serial-pci",
        "-device", "virtserialport,chardev=agent,name=" AGENT_PORT_NAME,
    };
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    const char *qemu = g_getenv("RIG_TEST_QEMU") ?: QEMU;
    const char *machine[] = {
        qemu, "-nodefaults", "-no-reboot", "-display", "none", "-machine",
        "q35,accel=tcg", "-cpu", "max", "-m", "256", "-kernel", VM_KERNEL,
        "-initrd", VM_INITRAMFS, "-append", NULL, "-serial", "stdio",
        "-chardev", NULL, "-device", "pcie-root-port,id=rp0",
        "-netdev", "hubport,id=n0,hubid=0", "-netdev", "hubport,id=n1,hubid=0",
        "-device", "virtio-net-pci,bus=rp0,romfile=,netdev=n0",
        "-device", "rig-reflector,netdev=n1",
        "-chardev", qmp, "-mon", "chardev=qmp,mode=control",
    };

    /* Not that of the rig's own guests: it is for a clock that jumps. */
    append = g_strdup_printf(
        "console=ttyS0 panic=-1 no_timer_check mitigations=off "
        "cryptomgr.notests apparmor=0 audit=0 lsm= rig.modules=agent "
        "rig.agent=%s",
        virtio ? AGENT_PORT_NAME : "/dev/ttyS1");
    for (gsize i = 0; i < G_N_ELEMENTS(machine); i++) {
        const char *word = machine[i];

        if (!word) {
            word = strcmp(machine[i - 1], "-append") == 0 ? append : chardev;
        }
        g_ptr_array_add(argv, (char *)word);
    }
    for (gsize i = 0; i < (virtio ? 4 : 2); i++) {
        g_ptr_array_add(argv, (char *)(virtio ? port : serial)[i]);
    }
    g_ptr_array_add(argv, NULL);
    fcntl(fd, F_SETFD, 0);
    fcntl(monitor, F_SETFD, 0);
    t->pid = spawn(t, (const char *const *)argv->pdata, NULL);
    close(fd);
    close(monitor);
}

static void vm_start(Transport *t)
{
    int fds[2], qmp[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds),
                    ==, 0);
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, qmp),
                    ==, 0);
    vm_spawn(t, strcmp(t->kind->name, "vm-virtio") == 0, fds[1], qmp[1]);
    t->wire = wire_new(fds[0]);
    t->qmp = qmp[0];
    transport_qmp(t, "qmp_capabilities");
}

void transport_qmp(Transport *t, const char *command)
{
    g_autofree char *text = g_strdup_printf("{\"execute\":\"%s\"}\n",
                                            command);

    g_assert_cmpint(write(t->qmp, text, strlen(text)), ==,
                    (gssize)strlen(text));
}

static gboolean on_qmp(gint fd, GIOCondition condition, gpointer opaque)
{
    Transport *t = opaque;
    char text[4096];
    ssize_t n = read(fd, text, sizeof(text));

    (void)condition;
    g_string_append_len(t->said, text, n > 0 ? n : 0);
    return n > 0;
}

static gboolean on_late(gpointer opaque)
{
    *(gboolean *)opaque = TRUE;
    return G_SOURCE_REMOVE;
}

gboolean transport_qmp_said(Transport *t, const char *what)
{
    GMainContext *context = g_main_context_ref_thread_default();
    GSource *source = g_unix_fd_source_new(t->qmp, G_IO_IN);
    GSource *timer = g_timeout_source_new_seconds(60);
    gboolean late = FALSE, said;

    g_source_set_callback(source, G_SOURCE_FUNC(on_qmp), t, NULL);
    g_source_set_callback(timer, on_late, &late, NULL);
    g_source_attach(source, context);
    g_source_attach(timer, context);
    while (!(said = strstr(t->said->str, what) != NULL) && !late) {
        g_main_context_iteration(context, TRUE);
    }
    g_string_truncate(t->said, 0);
    g_source_destroy(source);
    g_source_destroy(timer);
    g_source_unref(source);
    g_source_unref(timer);
    g_main_context_unref(context);
    return said;
}

static void vm_stop(Transport *t)
{
    end(t);
    close(t->qmp);
}

static void on_quit(gpointer opaque, const struct fields *reply,
                    const GError *error)
{
    (void)opaque;
    (void)reply;
    (void)error;
}

/* PID 1 starts another one. */
static void vm_restart(Transport *t, RigAgent *agent)
{
    (void)t;
    rig_agent_start(agent, AGENT_REQ_QUIT, NULL, 0, on_quit, NULL);
}

/* --- all ----------------------------------------------------------------------------- */

static const TransportKind kinds[] = {
    { "local", NULL, FALSE, FALSE, local_start, end, local_restart },
    { "wine", "C:\\rig-test\\", TRUE, FALSE, wine_start, wine_stop,
      wine_restart },
    { "vm-serial", "/rig-test/", FALSE, TRUE, vm_start, vm_stop, vm_restart },
    { "vm-virtio", "/rig-test/", FALSE, TRUE, vm_start, vm_stop, vm_restart },
};

const TransportKind *transport_kind(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            return &kinds[i];
        }
    }
    return NULL;
}

Transport *transport_start(const TransportKind *kind, const char *scratch)
{
    Transport *t = g_new0(Transport, 1);

    t->kind = kind;
    t->scratch = g_strdup(scratch);
    t->slave = t->qmp = -1;
    t->said = g_string_new(NULL);
    kind->start(t);
    return t;
}

void transport_stop(Transport *t)
{
    t->kind->stop(t);
    wire_free(t->wire);
    if (t->slave >= 0) {
        close(t->slave);
    }
    g_string_free(t->said, TRUE);
    g_free(t->scratch);
    g_free(t);
}
