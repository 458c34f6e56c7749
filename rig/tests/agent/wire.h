/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A link that can be as bad as links get: what goes over it, in either
 * direction, is lost, damaged, repeated or mixed with garbage as a test asks.
 */
#ifndef RIG_TESTS_AGENT_WIRE_H
#define RIG_TESTS_AGENT_WIRE_H

#include <glib.h>
#include <stdint.h>

typedef struct Wire Wire;

enum wire_way { WIRE_TO_AGENT, WIRE_TO_HOST };

/*
 * Everything about one direction; 0: nothing of the kind happens. Numbers of
 * bytes count from when the fault is set.
 */
typedef struct WireFault {
    unsigned damage_every; /* one bit of each so-manieth byte is turned over */
    unsigned lose_every;   /* each so-manieth byte is lost */
    unsigned lose;         /* so many are lost of what comes next, at once */
    gboolean twice;        /* every piece that is read is sent twice */
    unsigned garbage;      /* so many bytes of others go before the next piece */
    gboolean cut;          /* nothing gets through, all is lost */
} WireFault;

/* A thread that carries bytes between @agent_fd, which is taken over, and
 * whoever has the other end. */
Wire *wire_new(int agent_fd);
void wire_free(Wire *wire);

/* The host's end, anew: the one that was given before reads its end. */
int wire_host_fd(Wire *wire);

void wire_set(Wire *wire, enum wire_way way, WireFault fault);

/* Bytes carried so far. */
uint64_t wire_carried(Wire *wire, enum wire_way way);

#endif
