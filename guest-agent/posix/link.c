/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The agent's link on Linux. */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>
#include "posix/link.h"

static int wake_fd = -1;
static int uevent_fd = -1; /* -1: the kernel says nothing here */

void link_wake(void *opaque)
{
    int saved = errno;
    ssize_t n = write(wake_fd, &(uint64_t){ 1 }, 8);

    (void)n; /* a counter that is full wakes, too */
    (void)opaque;
    errno = saved;
}

static void on_io(int signal)
{
    (void)signal;
    link_wake(NULL);
}

/* Group 1 is where the kernel sends its own. */
int link_uevents(void)
{
    struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };
    int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    NETLINK_KOBJECT_UEVENT);

    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

int link_init(void)
{
    struct sigaction action = { .sa_handler = on_io, .sa_flags = SA_RESTART };

    wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake_fd < 0 || sigaction(SIGIO, &action, NULL)) {
        return -1;
    }
    uevent_fd = link_uevents();
    signal(SIGPIPE, SIG_IGN);
    return 0;
}

int link_open(const char *path)
{
    int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    struct termios tio;

    if (fd >= 0 && tcgetattr(fd, &tio) == 0) {
        cfmakeraw(&tio);
        tio.c_cflag |= CLOCAL | CREAD;
        tio.c_cflag &= ~(tcflag_t)CRTSCTS;
        cfsetspeed(&tio, B115200);
        tcsetattr(fd, TCSANOW, &tio);
    }
    return fd;
}

/*
 * A virtio-serial port without a host behind it polls as hung up all the time
 * and says by SIGIO when that changes; any other hang-up is final.
 */
static bool waits_for_host(int fd)
{
    char path[32], name[64] = "";
    ssize_t n;

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    n = readlink(path, name, sizeof(name) - 1);
    return n > 0 && strstr(name, "/vport") &&
           fcntl(fd, F_SETOWN, getpid()) == 0 &&
           fcntl(fd, F_SETFL, O_NONBLOCK | O_ASYNC) == 0;
}

/* Until `when`, as platform_now(), for poll(). */
static int wait_ms(uint64_t when)
{
    uint64_t now = platform_now();

    return when == UINT64_MAX ? -1 : when <= now ? 0 :
           when - now > 3600000 ? 3600000 : (int)(when - now);
}

/* False when the other side is gone. */
static bool take_input(int fd, struct dispatcher *d)
{
    uint8_t bytes[4096];
    ssize_t n = read(fd, bytes, sizeof(bytes));

    if (n > 0) {
        dispatcher_input(d, bytes, (size_t)n);
    }
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* False when the other side is gone. */
static bool send_output(int fd, struct dispatcher *d)
{
    size_t length;
    const uint8_t *bytes = dispatcher_output(d, &length);
    ssize_t n;

    if (!bytes) {
        return true;
    }
    n = write(fd, bytes, length);
    if (n > 0) {
        dispatcher_sent(d, (size_t)n);
    }
    return n >= 0 || errno == EAGAIN || errno == EINTR;
}

static void clear_wake(void)
{
    uint64_t count;
    ssize_t n = read(wake_fd, &count, sizeof(count));

    (void)n;
}

/* Something happened to a device: who waits for that looks again. */
static void take_uevents(struct dispatcher *d)
{
    char text[4096];

    while (recv(uevent_fd, text, sizeof(text), 0) > 0) {
    }
    dispatcher_poke(d);
}

enum link_end link_run(int fd, struct dispatcher *d)
{
    bool lasting = waits_for_host(fd); /* through hang-ups */
    bool hung_up = false;
    size_t length;

    dispatcher_open(d);
    while (!dispatcher_leaving(d)) {
        struct pollfd fds[] = {
            { .fd = wake_fd, .events = POLLIN },
            { .fd = hung_up ? -1 : fd, .events = POLLIN },
            { .fd = uevent_fd, .events = POLLIN },
        };

        if (dispatcher_output(d, &length)) {
            fds[1].events |= POLLOUT;
        }
        if (poll(fds, 3, wait_ms(dispatcher_deadline(d))) < 0 &&
            errno != EINTR) {
            return LINK_FAILED;
        }
        if (fds[0].revents) {
            clear_wake();
            hung_up = false; /* look again */
        }
        if (fds[2].revents) {
            take_uevents(d);
        }
        if ((fds[1].revents & POLLIN && !take_input(fd, d)) ||
            (fds[1].revents & POLLOUT && !send_output(fd, d)) ||
            (fds[1].revents & (POLLHUP | POLLERR) &&
             !(fds[1].revents & POLLIN))) {
            if (!lasting) {
                return LINK_CLOSED;
            }
            hung_up = true;
        }
        dispatcher_work(d);
    }
    return LINK_LEAVE;
}
