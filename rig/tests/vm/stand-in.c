/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PID 1 of a Linux that stands in for Windows: it becomes the agent, and a
 * child stops the system as Windows does, when a network interface is taken
 * away. On the kernel's command line:
 *   RIGPVPANIC=N        at the N-th removal, a panic by the port of pvpanic
 *   RIGSTOP=N           the same, but nobody is told
 *   RIGDUMP=CODE:P1     then the machine is reset, and the next start finds a
 *                       dump of this bug check (hexadecimal)
 */
#include <fcntl.h>
#include <linux/netlink.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define PVPANIC_PORT     0x505 /* QEMU, docs/specs/pvpanic.rst */
#define PVPANIC_PANICKED 1

/* A byte of the CMOS RAM that neither QEMU nor SeaBIOS uses: it outlives a
   reset, and a snapshot has it as it was. */
#define CMOS_PORT  0x70
#define CMOS_DATA  0x71
#define CMOS_BYTE  0x4f
#define CMOS_STOPPED 0xd5

#define DUMP_DIRECTORY "/var/crash"
#define DUMP_BYTES     0x2000 /* WinDumpHeader64 of QEMU's win_dump_defs.h */

static void put(uint8_t *at, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        at[i] = (uint8_t)(value >> 8 * i);
    }
}

/* The header of a small dump; the rest of one is of no concern here. */
static void write_dump(const char *what)
{
    uint8_t dump[DUMP_BYTES] = "PAGEDU64";
    char *end;
    int fd;

    put(dump + 0x08, 15, 4);              /* MajorVersion: a free build */
    put(dump + 0x0c, 19045, 4);           /* MinorVersion */
    put(dump + 0x30, 0x8664, 4);          /* MachineImageType */
    put(dump + 0x34, 1, 4);               /* NumberProcessors */
    put(dump + 0x38, strtoull(what, &end, 16), 4);
    put(dump + 0x40, *end ? strtoull(end + 1, NULL, 16) : 0, 8);
    put(dump + 0x48, 0xffff8c0123456789, 8);
    put(dump + 0xf98, 4, 4);              /* DumpType: small */
    mkdir("/var", 0755);
    mkdir(DUMP_DIRECTORY, 0755);
    fd = open(DUMP_DIRECTORY "/112626-1.dmp", O_WRONLY | O_CREAT, 0600);
    if (fd < 0 || write(fd, dump, sizeof(dump)) != (ssize_t)sizeof(dump)) {
        perror("stand-in: dump");
    }
}

static void set_cmos(uint8_t value)
{
    outb(CMOS_BYTE, CMOS_PORT);
    outb(value, CMOS_DATA);
}

static uint8_t get_cmos(void)
{
    outb(CMOS_BYTE, CMOS_PORT);
    return inb(CMOS_DATA);
}

static void stop(int tell, const char *dump)
{
    if (dump) {
        kill(-1, SIGSTOP); /* nobody answers any more */
    }
    if (tell) {
        outb(PVPANIC_PANICKED, PVPANIC_PORT);
    }
    if (dump) {
        set_cmos(CMOS_STOPPED);
        reboot(RB_AUTOBOOT);
    }
}

static void stop_at_removal(long number, int tell, const char *dump)
{
    struct sockaddr_nl all = { .nl_family = AF_NETLINK, .nl_groups = 1 };
    int fd = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_KOBJECT_UEVENT);
    char event[8192];
    ssize_t n;

    if (fd < 0 || bind(fd, (struct sockaddr *)&all, sizeof(all))) {
        perror("stand-in");
        _exit(1);
    }
    while ((n = recv(fd, event, sizeof(event) - 1, 0)) > 0) {
        event[n] = '\0';
        if (strncmp(event, "remove@", 7) == 0 && strstr(event, "/net/") &&
            !strstr(event, "/queues/") && --number == 0) {
            stop(tell, dump);
        }
    }
    _exit(1);
}

int main(void)
{
    const char *told = getenv("RIGPVPANIC"), *silent = getenv("RIGSTOP");
    const char *dump = getenv("RIGDUMP");

    if (told || silent) {
        if (iopl(3)) {
            perror("stand-in: iopl");
            return 1;
        }
        if (dump && get_cmos() == CMOS_STOPPED) {
            set_cmos(0);
            write_dump(dump);
        }
        if (fork() == 0) {
            stop_at_removal(atol(told ? told : silent), told != NULL, dump);
        }
    }
    execl("/rig-agent", "rig-agent", (char *)NULL);
    perror("stand-in: /rig-agent");
    return 1;
}
