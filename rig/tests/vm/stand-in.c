/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PID 1 of a Linux that stands in for Windows: it becomes the agent, and with
 * RIGPVPANIC=N on the kernel's command line a child raises a panic by the port
 * of pvpanic when a network interface is taken away for the N-th time.
 */
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/socket.h>
#include <unistd.h>

#define PVPANIC_PORT     0x505 /* QEMU, docs/specs/pvpanic.rst */
#define PVPANIC_PANICKED 1

static void panic_at_removal(long number)
{
    struct sockaddr_nl all = { .nl_family = AF_NETLINK, .nl_groups = 1 };
    int fd = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_KOBJECT_UEVENT);
    char event[8192];
    ssize_t n;

    if (fd < 0 || bind(fd, (struct sockaddr *)&all, sizeof(all)) ||
        ioperm(PVPANIC_PORT, 1, 1)) {
        perror("stand-in");
        _exit(1);
    }
    while ((n = recv(fd, event, sizeof(event) - 1, 0)) > 0) {
        event[n] = '\0';
        if (strncmp(event, "remove@", 7) == 0 && strstr(event, "/net/") &&
            !strstr(event, "/queues/") && --number == 0) {
            outb(PVPANIC_PANICKED, PVPANIC_PORT);
        }
    }
    _exit(1);
}

int main(void)
{
    const char *number = getenv("RIGPVPANIC");

    if (number && fork() == 0) {
        panic_at_removal(atol(number));
    }
    execl("/rig-agent", "rig-agent", (char *)NULL);
    perror("stand-in: /rig-agent");
    return 1;
}
