/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PID 1 of a guest that is a host itself: it passes its NIC through with
 * vfio-pci to a QEMU of its own, in which rig-tap watches it.
 *
 * This is the way to a physical function for machines that have no IOMMU: the
 * outer QEMU emulates one. The inner QEMU's stream goes to the second serial
 * port when it has ended.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include "linux/system.h"
#include "linux/vfio.h"

#define NIC     "0000:00:08.0" /* the same in either machine */
#define DIR     "/nested"
#define EVENTS  DIR "/events"
#define PORT    "/dev/ttyS1"

static void fail(const char *what, const char *why) __attribute__((noreturn));

static void fail(const char *what, const char *why)
{
    printf("nested: %s: %s\n", what, why);
    fflush(stdout);
    system_power_off();
}

static char *read_line(const char *path)
{
    static char line[4096];
    FILE *f = fopen(path, "re");

    if (!f || !fgets(line, sizeof(line), f)) {
        fail(path, "cannot be read");
    }
    fclose(f);
    line[strcspn(line, "\n")] = '\0';
    return line;
}

/* Become QEMU, which brought its loader, libraries and firmware along. */
static void run_qemu(void) __attribute__((noreturn));

static void run_qemu(void)
{
    execl(DIR "/lib/ld-linux-x86-64.so.2", "ld.so", "--library-path",
          DIR "/lib", DIR "/qemu-system-x86_64", "-L", DIR "/firmware",
          "-accel", "tcg,tb-size=128", "-machine", "q35", "-m", "384",
          "-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio",
          "-kernel", DIR "/vmlinuz", "-initrd", DIR "/initrd", "-append",
          read_line(DIR "/cmdline"), "-device",
          "vfio-pci,id=nic0,host=" NIC ",bus=pcie.0,addr=0x8", "-chardev",
          "file,id=tap,path=" EVENTS, "-device",
          "rig-tap,watch=nic0,chardev=tap,bus=pcie.0,addr=0x9", NULL);
    fail("QEMU", strerror(errno));
}

/* Every byte as it is, to the end. */
static void send_events(void)
{
    char buf[4096];
    struct termios raw;
    int from = open(EVENTS, O_RDONLY | O_CLOEXEC);
    int to = open(PORT, O_WRONLY | O_NOCTTY | O_CLOEXEC);
    ssize_t n;

    if (from < 0 || to < 0 || tcgetattr(to, &raw)) {
        fail("events", strerror(errno));
    }
    cfmakeraw(&raw);
    tcsetattr(to, TCSANOW, &raw);
    while ((n = read(from, buf, sizeof(buf))) > 0) {
        for (ssize_t done = 0, w; done < n; done += w) {
            w = write(to, buf + done, (size_t)(n - done));
            if (w < 0) {
                fail(PORT, strerror(errno));
            }
        }
    }
    tcdrain(to);
}

int main(void)
{
    char err[256];
    int status;
    pid_t pid;

    if (system_mount(err, sizeof(err)) ||
        system_load_modules(SYSTEM_MODULES, err, sizeof(err)) ||
        vfio_bind(NIC, err, sizeof(err))) {
        fail("start", err);
    }
    pid = fork();
    if (pid == 0) {
        run_qemu();
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid) {
        fail("QEMU", strerror(errno));
    }
    printf("nested: QEMU ended with status %d\n", status);
    send_events();
    system_power_off();
}
