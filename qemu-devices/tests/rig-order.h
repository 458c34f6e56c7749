/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guest of rig-tap-order-test and the test say to each other.
 *
 * The guest is a firmware of its own (guest/order.c) that runs on one or two
 * vCPUs. Each vCPU repeats: write a marker; write the data of its MSI-X vector;
 * have the NIC raise that vector. Around each of the three it draws a number
 * from a counter that both share, so that these numbers are the order in which
 * things happened, whoever did them: what ended before something else began
 * has the smaller numbers.
 */
#ifndef RIG_ORDER_H
#define RIG_ORDER_H

#include <stdint.h>

#define RIG_ORDER_SETUP   0x2000u /* struct rig_order_setup, by the test */
#define RIG_ORDER_MESSAGE 0x5000u /* 64 bytes per vCPU: messages arrive here */

#define RIG_ORDER_CPUS 2

struct rig_order_setup {
    uint32_t cpus;     /* 1 or 2 */
    uint32_t rounds;   /* per vCPU, all of them running freely */
    uint32_t handoffs; /* rounds in which the vCPUs take turns, step by step */
};

/* Names of the markers. */
#define RIG_ORDER_FREE "free" /* thread: vCPU; arg: enum rig_order_arg */
#define RIG_ORDER_TURN "turn" /* thread: vCPU; arg[0]: number of the round */
#define RIG_ORDER_DONE "done" /* arg[0]: messages that did not arrive */

/* Two numbers of 32 bits in each, the first in the low half. */
enum rig_order_arg {
    RIG_ORDER_ROUND,  /* number of the round, from 0; begin of this marker */
    RIG_ORDER_MARKER, /* of the round before: end of the marker; begin of ... */
    RIG_ORDER_TABLE,  /* ... the table write (its data, too); its end */
    RIG_ORDER_RAISE,  /* begin of the interrupt; its end */
};

#endif
