/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What Linux itself counts: the MSI-X interrupts of a function. */
#ifndef LINUX_INTERRUPTS_H
#define LINUX_INTERRUPTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* PCI 3.0, 6.8.2.3: the table has at most 2048 entries. */
#define INTERRUPTS_MAX 2048u

struct interrupt {
    uint64_t count;    /* all processors together */
    bool requested;    /* a driver has a handler there */
    char name[48];     /* of the handler, as in "eth0-rx-0"; may be "" */
};

/*
 * Read text in the format of /proc/interrupts and fill vector[0..n) with what
 * it says about the MSI-X vectors of the function at `address`; vectors that
 * are not in it get zeros. 0, or -1 if the text has not that format.
 */
int interrupts_parse(FILE *text, const char *address,
                     struct interrupt *vector, unsigned n);

/* The same from /proc/interrupts; -1 with errno. */
int interrupts_read(const char *address, struct interrupt *vector,
                    unsigned n);

#endif
