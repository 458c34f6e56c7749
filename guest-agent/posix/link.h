/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The agent's link on Linux: a terminal, a virtio-serial port, a socket. */
#ifndef POSIX_LINK_H
#define POSIX_LINK_H

#include "protocol/dispatcher.h"

enum link_end {
    LINK_CLOSED,  /* the other side is gone for good */
    LINK_LEAVE,   /* a request said so */
    LINK_FAILED,  /* errno says why */
};

/* For backends: wakes link_run(). Any thread, and signal handlers. */
void link_wake(void *opaque);

/* Before the dispatcher is made. 0, or -1 with errno. */
int link_init(void);

/* A socket with the kernel's messages about devices; -1 with errno. */
int link_uevents(void);

/* Open a port, raw if it is a terminal. -1 with errno. */
int link_open(const char *path);

/* Hold the conversation. */
enum link_end link_run(int fd, struct dispatcher *d);

#endif
