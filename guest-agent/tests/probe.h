/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the probe driver can be asked to do, by its registry value "Probe". */
#ifndef TESTS_PROBE_H
#define TESTS_PROBE_H

enum probe_action {
    PROBE_NOTHING,
    PROBE_IRQL,          /* cr8 in line, KfRaiseIrql, spin lock */
    PROBE_SHARED_DATA,   /* KUSER_SHARED_DATA, gs */
    PROBE_PORT,          /* in and out */
    PROBE_FAST_FAIL,     /* int 29h, code 3 */
    PROBE_NULL_WRITE,    /* writes to address 0x18 */
    PROBE_BUG_CHECK,     /* KeBugCheckEx(0xdead, 1, 2, 3, 4) */
    PROBE_UNIMPLEMENTED, /* calls NdisMReadDmaCounter */
    PROBE_LOOP,          /* for ever */
    PROBE_POOL_LEAK,     /* keeps three blocks of 100 bytes */
    PROBE_DOUBLE_FREE,
    PROBE_BAD_HANDLES,   /* closes handles that do not exist */
    PROBE_INTERRUPT,     /* registers an interrupt there is not */
    PROBE_DPC,           /* DPC, timer and event */
    PROBE_WORK_ITEM,
    PROBE_ALLOCATE_3,    /* status: bit n set if allocation n is NULL */
    PROBE_RAISED,        /* returns at DISPATCH_LEVEL */
    PROBE_REGISTRY,      /* reads strings and numbers */
    PROBE_LOOP_IN_DPC,   /* for ever, on the DPC thread */
    PROBE_PNP,           /* were the PnP handlers called as they should be? */
    PROBE_BUFFERS,       /* MDLs, NET_BUFFER_LISTs, their data */
    PROBE_OVERRUN,       /* writes behind a block, then frees it */
    PROBE_UNDERRUN,      /* writes in front of one */
    PROBE_WRITE_FREED,   /* writes into a freed block */
    PROBE_FREED_POINTER, /* follows a pointer in one */
    PROBE_NEW_POINTER,   /* follows one that nobody wrote */
    PROBE_WRONG_TAG,     /* frees with another tag, allocates without one */
    PROBE_PAGED,         /* allocates paged pool at DISPATCH_LEVEL */
    PROBE_REMOVE_IN_INIT, /* NdisMRemoveMiniport there */
    PROBE_REMOVE_IN_TIMER, /* the same, 1 ms later at DISPATCH_LEVEL */
    PROBE_HANG,          /* the first check finds one; resets stay pending */
    PROBE_OTHER_CONFIG,  /* PROBE_CONFIG_* of the adapter that came first */
    PROBE_CONTRACTS,     /* breaks many contracts, returns with a lock held */
};

/* A byte of configuration space that PROBE_OTHER_CONFIG writes. */
#define PROBE_CONFIG_AT    0x40
#define PROBE_CONFIG_VALUE 0x5a

/* MiniportInitializeEx returns this plus the number of the failed check. */
#define PROBE_FAILED 0xC0FF0000u

#endif
