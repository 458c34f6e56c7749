/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The agent's link on Windows: a COM port, or a virtio-serial port. */
#ifndef WINDOWS_LINK_H
#define WINDOWS_LINK_H

#include <windows.h>
#include "protocol/dispatcher.h"

enum link_end {
    LINK_STOPPED, /* by link_stop() */
    LINK_LEAVE,   /* a request said so */
    LINK_FAILED,  /* GetLastError() says why */
};

/* Before anything else here. */
void link_init(void);

/* For backends: wakes link_run(). Any thread. */
void link_wake(void *opaque);

/* Makes link_run() return. Any thread. */
void link_stop(void);

/*
 * Open COM1 or \\.\Global\NAME for overlapped I/O, a COM port with 115,200
 * bauds, 8 data bits, no parity and no flow control. INVALID_HANDLE_VALUE with
 * GetLastError().
 */
HANDLE link_open(const WCHAR *port);

/* Hold the conversation. */
enum link_end link_run(HANDLE port, struct dispatcher *d);

#endif
