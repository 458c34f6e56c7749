/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is inside whom: the driver callbacks and API calls that are open, a
 * stack for each guest thread, checked as they nest.
 */
#ifndef RIG_CALLS_H
#define RIG_CALLS_H

#include <glib.h>
#include <stdint.h>
#include "names.h"
#include "rig/tap-regs.h"
#include "stream.h"

/* A marker's thread number is its slot in the tap. */
#define RIG_CALLS_THREADS RIG_TAP_SLOTS
/* Callbacks and calls open on one thread; NDIS itself nests about ten. */
#define RIG_CALLS_DEPTH   32u
/* Adapters that one cycle may have had. */
#define RIG_ADAPTERS_MAX  8u

/* No adapter, or not known which. */
#define RIG_ADAPTER_NONE (-1)

typedef struct RigCall {
    GQuark quark;        /* of the name; 0: no rule mentions it */
    unsigned index;      /* of the name in RigNames, 0: none */
    gboolean callback;   /* else an API call */
    int adapter;         /* RIG_ADAPTER_NONE, or the one it is about */
    uint64_t call;       /* pairs ENTER and LEAVE */
    uint64_t event, ns;  /* of the ENTER marker */
    uint64_t object, caller;
    uint64_t arg[RIG_MARKER_ARGS];
    uint8_t irql;
    char name[RIG_MARKER_NAME];
} RigCall;

typedef struct RigThreadCalls {
    RigCall call[RIG_CALLS_DEPTH];
    unsigned depth;
    unsigned told;       /* 1 + number by RIG_MK_ADAPTER, 0: not told */
} RigThreadCalls;

/* An adapter begins with MiniportInitializeEx. */
typedef struct RigAdapter {
    uint64_t object;     /* of the callback's marker, 0: not told */
    unsigned told;       /* 1 + number by RIG_MK_ADAPTER, 0: not told */
    gboolean live;       /* initialised or being so, and not halted */
} RigAdapter;

typedef struct RigCalls {
    RigThreadCalls thread[RIG_CALLS_THREADS];
    unsigned threads;    /* those above have nothing open */
    RigAdapter adapter[RIG_ADAPTERS_MAX];
    unsigned adapters;
    gboolean told;       /* the guest says which adapter it is about */
    GQuark initialize, halt, shutdown; /* MiniportInitializeEx, MiniportHaltEx,
                                          MiniportShutdownEx */
} RigCalls;

/* Enters the names of the callbacks into `names`. */
void rig_calls_init(RigCalls *c, RigNames *names);
/* A new cycle: nothing is open. */
void rig_calls_reset(RigCalls *c);

/*
 * Thread numbers below have to be less than RIG_CALLS_THREADS.
 *
 * ENTER: the new innermost call, or NULL with `*why` when it cannot be. `name`
 * is that of the marker as rules know it, or NULL.
 * Valid until the thread's next marker.
 */
RigCall *rig_calls_enter(RigCalls *c, const RigEvent *e, const RigName *name,
                         const char **why);
/*
 * LEAVE: the call that ends, now no longer open, or NULL with `*why` when it
 * is not the innermost one of its thread.
 */
RigCall *rig_calls_leave(RigCalls *c, const RigEvent *e, const char **why);

/* Innermost open callback of a thread, or NULL. */
const RigCall *rig_calls_inside(const RigCalls *c, unsigned thread);
/*
 * Innermost open callback of the only thread that is in any, or NULL. For who
 * cannot tell which of the threads a marker is about.
 */
const RigCall *rig_calls_inside_only(const RigCalls *c);
/* An open callback of that name on this thread, at any depth, or NULL. */
const RigCall *rig_calls_within(const RigCalls *c, unsigned thread,
                                GQuark callback);
/* An open callback of that name on any thread, or NULL. */
const RigCall *rig_calls_during(const RigCalls *c, GQuark callback);
/* The adapter that something on this thread is about. */
int rig_calls_adapter(const RigCalls *c, unsigned thread);
/*
 * RIG_MK_ADAPTER: what follows on this thread is about adapter `number` of
 * the guest. FALSE when there cannot be so many.
 */
gboolean rig_calls_tell_adapter(RigCalls *c, unsigned thread,
                                uint64_t number);
/* The last life of the guest's adapter `number`, or RIG_ADAPTER_NONE. */
int rig_calls_told_adapter(const RigCalls *c, unsigned number);

#endif
