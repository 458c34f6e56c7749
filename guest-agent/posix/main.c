/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The agent that is talked to, on Linux: an ordinary program, or PID 1 of a
 * guest that has nothing else, where it starts itself again when it ends.
 *
 * As PID 1 it reads the kernel's command line:
 *   rig.agent=PORT        the port: a path like /dev/ttyS1, or the name of a
 *                         virtio-serial port
 *   rig.modules=DIR,...   directories of /modules to load from first
 */
#include <errno.h>
#include <glob.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>
#include "linux/system.h"
#include "posix/backend.h"
#include "posix/link.h"

#define VERSION "0.1.0"
/* For the port of a module that was just loaded to appear. */
#define PORT_MS 30000
#define PORT_NAMES "/sys/class/virtio-ports/*/name"

static int converse(const char *port)
{
    static const struct backend backend = {
        .system = "linux",
        .version = VERSION,
        .handler = posix_handler,
        .wake = link_wake,
    };
    struct dispatcher *d;
    int fd;

    if (link_init()) {
        perror("rig-agent");
        return 1;
    }
    fd = link_open(port);
    if (fd < 0) {
        fprintf(stderr, "rig-agent: %s: %s\n", port, strerror(errno));
        return 1;
    }
    d = dispatcher_new(&backend);
    if (!d) {
        fprintf(stderr, "rig-agent: no memory\n");
        return 1;
    }
    switch (link_run(fd, d)) {
    case LINK_FAILED:
        perror("rig-agent: poll");
        return 1;
    case LINK_CLOSED:
    case LINK_LEAVE:
        break;
    }
    return 0; /* the worker may be anywhere: the process ends with it */
}

/* --- PID 1 ---------------------------------------------------------------------- */

static void on_shut_down(int signal)
{
    reboot(signal == SIGUSR1 ? RB_AUTOBOOT : RB_POWER_OFF);
}

/* The value of a parameter of the kernel's command line; NULL: none. */
static const char *parameter(const char *cmdline, const char *name,
                             char *value, size_t size)
{
    size_t length = strlen(name);

    for (const char *p = cmdline; (p = strstr(p, name)); p += length) {
        if ((p == cmdline || p[-1] == ' ') && p[length] == '=') {
            snprintf(value, size, "%.*s", (int)strcspn(p + length + 1, " \n"),
                     p + length + 1);
            return value;
        }
    }
    return NULL;
}

static void load_modules(char *directories)
{
    char err[256], path[256], *save = NULL;

    for (char *dir = strtok_r(directories, ",", &save); dir;
         dir = strtok_r(NULL, ",", &save)) {
        snprintf(path, sizeof(path), SYSTEM_MODULES "/%s", dir);
        if (system_load_modules(path, err, sizeof(err))) {
            printf("rig-agent: %s\n", err);
        }
    }
}

/* The path of a port: itself, or that of the virtio-serial port that is named
 * so (sysfs says it). False: it is not there. */
static bool find_port(const char *port, char *path, size_t size)
{
    glob_t found;
    bool good = false;

    if (port[0] == '/') {
        snprintf(path, size, "%s", port);
        return access(port, F_OK) == 0;
    }
    if (glob(PORT_NAMES, 0, NULL, &found)) {
        return false;
    }
    for (size_t i = 0; !good && i < found.gl_pathc; i++) {
        FILE *file = fopen(found.gl_pathv[i], "re");
        char name[256] = "";

        if (file && fgets(name, sizeof(name), file)) {
            name[strcspn(name, "\n")] = '\0';
            good = strcmp(name, port) == 0;
        }
        if (file) {
            fclose(file);
        }
        if (good) { /* /sys/class/virtio-ports/vport0p1/name */
            snprintf(path, size, "/dev/%s", basename(
                dirname(found.gl_pathv[i])));
            good = access(path, F_OK) == 0;
        }
    }
    globfree(&found);
    return good;
}

/*
 * Until it is there; drivers find their devices when they like. The name is in
 * sysfs some time after the node is in /dev, and the kernel tells of no such
 * change there, but the port's uevent comes then.
 */
static void wait_for(const char *port, char *path, size_t size)
{
    uint64_t until = platform_now() + PORT_MS, now;
    int fd = link_uevents();

    while (!find_port(port, path, size) &&
           (now = platform_now()) < until) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        char event[4096];

        poll(&p, 1, (int)(until - now));
        while (recv(fd, event, sizeof(event), MSG_DONTWAIT) > 0) {
        }
    }
    close(fd);
}

/* Start the agent again whenever it has ended. */
static void supervise(const char *port) __attribute__((noreturn));

static void supervise(const char *port)
{
    for (;;) {
        pid_t pid = fork();
        int status;

        if (pid == 0) {
            signal(SIGUSR1, SIG_DFL);
            signal(SIGUSR2, SIG_DFL);
            _exit(converse(port));
        }
        while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
        if (pid < 0 || (WIFEXITED(status) && WEXITSTATUS(status))) {
            printf("rig-agent: the agent cannot run\n");
            fflush(stdout);
            system_power_off();
        }
    }
}

static void run_as_init(void) __attribute__((noreturn));

static void run_as_init(void)
{
    char text[4096] = "", port[256], path[256] = "", directories[256];
    char err[256];
    FILE *file;

    if (system_mount(err, sizeof(err))) {
        printf("rig-agent: %s\n", err);
    }
    file = fopen("/proc/cmdline", "re");
    if (file) {
        size_t n = fread(text, 1, sizeof(text) - 1, file);

        text[n] = '\0';
        fclose(file);
    }
    if (parameter(text, "rig.modules", directories, sizeof(directories))) {
        load_modules(directories);
    }
    if (!parameter(text, "rig.agent", port, sizeof(port))) {
        printf("rig-agent: no rig.agent=PORT on the kernel's command line\n");
        fflush(stdout);
        system_power_off();
    }
    wait_for(port, path, sizeof(path));
    signal(SIGUSR1, on_shut_down);
    signal(SIGUSR2, on_shut_down);
    supervise(path);
}

int main(int argc, char **argv)
{
    if (getpid() == 1) {
        run_as_init();
    }
    if (argc == 3 && strcmp(argv[1], "--port") == 0) {
        /* A child of a test ends with it. */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        return converse(argv[2]);
    }
    fprintf(stderr, "usage: rig-agent --port PATH\n");
    return 2;
}
