/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the agent can do on Linux, but for devices. */
#include <errno.h>
#include <glob.h>
#include <string.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include "posix/backend.h"

/* Where dumps of Linux are by convention: kexec-tools, kdump-config(8). */
#define DUMPS "/var/crash/*"
#define DUMPS_MAX 64

/* The processor says by CPUID that it is a virtual one. */
static bool under_hypervisor(void)
{
    char line[4096];
    FILE *file = fopen("/proc/cpuinfo", "re");
    bool found = false;

    while (file && !found && fgets(line, sizeof(line), file)) {
        found = strncmp(line, "flags", 5) == 0 && strstr(line, " hypervisor");
    }
    if (file) {
        fclose(file);
    }
    return found;
}

static void info(struct job *job)
{
    struct timespec up;
    struct utsname name;

    clock_gettime(CLOCK_BOOTTIME, &up);
    uname(&name);
    fields_text(&job->out, AGENT_KEY_SYSTEM, "linux");
    fields_text(&job->out, AGENT_KEY_RELEASE, name.release);
    fields_text(&job->out, AGENT_KEY_ARCHITECTURE,
                strcmp(name.machine, "x86_64") ? name.machine : "x64");
    fields_number(&job->out, AGENT_KEY_HYPERVISOR, under_hypervisor());
    fields_number(&job->out, AGENT_KEY_UPTIME,
                  (uint64_t)up.tv_sec * 1000 + (uint64_t)up.tv_nsec / 1000000);
    fields_number(&job->out, AGENT_KEY_PROCESS, (uint64_t)getpid());
    posix_add_sleep_states(job);
}

static void logs(struct job *job)
{
    unsigned count = 0;
    glob_t found;

    if (glob(DUMPS, 0, NULL, &found)) {
        return;
    }
    for (size_t i = 0; i < found.gl_pathc && count < DUMPS_MAX; i++) {
        struct stat s;

        if (stat(found.gl_pathv[i], &s) == 0 && S_ISREG(s.st_mode)) {
            fields_text(&job->out, AGENT_KEY_FILE, found.gl_pathv[i]);
            fields_number(&job->out, AGENT_KEY_SIZE, (uint64_t)s.st_size);
            fields_number(&job->out, AGENT_KEY_MODIFIED,
                          (uint64_t)s.st_mtim.tv_sec);
            count++;
        }
    }
    globfree(&found);
}

static void quit(struct job *job)
{
    (void)job; /* the reply is all: whoever runs the link leaves */
}

/*
 * Wanted is what PID 1 does at our exit, so that the reply gets out first;
 * anything but our own PID 1 would be surprised by a sudden reboot().
 */
static void shut_down(struct job *job)
{
    char mode[16];

    if (!job_text(job, AGENT_KEY_MODE, mode, sizeof(mode))) {
        return;
    }
    if (strcmp(mode, "reboot") && strcmp(mode, "power-off")) {
        job_fail(job, AGENT_E_INVALID,
                 "mode is \"reboot\" or \"power-off\", not \"%s\"", mode);
    } else if (getppid() != 1 || geteuid() != 0) {
        job_fail(job, AGENT_E_UNSUPPORTED,
                 "only an agent that was started by its own PID 1 may do that");
    } else {
        sync();
        kill(1, strcmp(mode, "reboot") == 0 ? SIGUSR1 : SIGUSR2);
    }
}

job_handler *posix_handler(uint16_t request)
{
    switch (request) {
    case AGENT_REQ_INFO:
        return info;
    case AGENT_REQ_QUIT:
        return quit;
    case AGENT_REQ_SHUT_DOWN:
        return shut_down;
    case AGENT_REQ_LOGS:
        return logs;
    case AGENT_REQ_SLEEP:
        return posix_sleep;
    case AGENT_REQ_TRAFFIC:
        return posix_traffic;
    case AGENT_REQ_DEVICES:
        return posix_devices;
    case AGENT_REQ_STATUS:
        return posix_status;
    case AGENT_REQ_WAIT:
        return posix_wait;
    case AGENT_REQ_ENABLE:
        return posix_enable;
    case AGENT_REQ_DISABLE:
        return posix_disable;
    case AGENT_REQ_RESTART:
        return posix_restart;
    case AGENT_REQ_REMOVE:
        return posix_remove;
    case AGENT_REQ_RESCAN:
        return posix_rescan;
    }
    return NULL;
}
