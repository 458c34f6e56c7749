/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MSI-X shadow: the interrupt state of one watched PCI function, rebuilt from
 * the events of the tap (PCI Local Bus 3.0, 6.8.2; PCI PM 1.2, 3.2.4).
 */
#ifndef RIG_MSIX_H
#define RIG_MSIX_H

#include <glib.h>
#include <stdint.h>
#include "stream.h"

/* PCI 3.0, 6.8.2.2: the table has at most 2048 entries. */
#define RIG_MSIX_VECTORS_MAX 2048u

typedef enum RigVectorState {
    RIG_VECTOR_DISABLED, /* the function can send no message at all */
    RIG_VECTOR_MASKED,   /* this vector or all are masked, or it has no
                            message address */
    RIG_VECTOR_ARMED,    /* an interrupt would go out */
} RigVectorState;

/* "disabled", "masked", "armed". */
const char *rig_vector_state_name(RigVectorState state);

/* One table entry. */
typedef struct RigMsixVector {
    uint32_t dword[4];   /* as in the table: address, address, data, control */
    uint64_t event;      /* last write to the entry, RIG_NO_EVENT: none */
    uint64_t ns;         /* virtual time of that write */
    uint64_t sent;       /* messages since MSI-X was last enabled ... */
    uint64_t sent_event; /* ... the last of them, RIG_NO_EVENT: none */
    gboolean pending;    /* as far as messages show it: a device that clears
                            its own pending bit cannot be seen */
} RigMsixVector;

typedef struct RigMsix {
    gboolean attached;
    uint16_t bdf;        /* bus << 8 | devfn; 0xffff: not yet numbered */
    uint16_t vectors;    /* table size */
    uint16_t command;    /* PCI Command */
    uint16_t control;    /* MSI-X Message Control */
    uint16_t pmcsr;      /* PM control and status */
    RigMsixVector *vector;
    unsigned unmasked;   /* entries with an address and no mask bit */
    uint64_t able_event; /* since when the function can send messages */
    uint64_t quiet_event; /* when the last armed vector ceased to be so */
    uint64_t able_ns, quiet_ns; /* virtual times of these two */
    const char *quiet_why;
    uint64_t raised;     /* interrupts since the shadow began */
} RigMsix;

typedef struct RigMsixCounts {
    unsigned armed, masked, programmed, pending;
} RigMsixCounts;

void rig_msix_init(RigMsix *x);
void rig_msix_clear(RigMsix *x);

/*
 * Follow one event about this function; other event types are ignored. FALSE
 * when the event is impossible: `*why` is then a constant sentence part.
 */
gboolean rig_msix_event(RigMsix *x, const RigEvent *e, const char **why);

/* MSI-X Enable, and Function Mask, as they stand. */
gboolean rig_msix_enabled(const RigMsix *x);
gboolean rig_msix_function_masked(const RigMsix *x);

/* Number of armed vectors. */
unsigned rig_msix_armed(const RigMsix *x);
RigVectorState rig_msix_vector(const RigMsix *x, unsigned vector);
/*
 * Since when an armed vector is armed: the event that did it, and in *ns
 * (NULL: not wanted) its virtual time.
 */
uint64_t rig_msix_armed_event(const RigMsix *x, unsigned vector, uint64_t *ns);
/* Looks at every entry: for boundaries, not for every event. */
void rig_msix_count(const RigMsix *x, RigMsixCounts *counts);

#endif
