/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Timelines: a cycle as a drawing. Driver callbacks and API calls above, one
 * lane for each MSI-X vector below, columns in event order.
 *
 * Every cycle is recorded, in a bounded buffer that is used again for the
 * next one; only a few recordings are turned into timelines.
 */
#ifndef RIG_TIMELINE_H
#define RIG_TIMELINE_H

#include <glib.h>
#include "calls.h"
#include "msix.h"
#include "verdict.h"

/* Bounds of a timeline. */
#define RIG_COLUMNS_MAX   400u
#define RIG_LANES_MAX     64u
/* Events that a recording keeps. */
#define RIG_RECORDING_MAX 8192u
/* Deepest nesting that result.rng allows. */
#define RIG_PHASE_DEPTH_MAX 15u

typedef enum RigCallKind {
    RIG_CALL_REGISTER, RIG_CALL_DEREGISTER, RIG_CALL_FAULT, RIG_CALL_OTHER,
} RigCallKind;

/* A callback (phase) or an API call: columns [from, to). */
typedef struct RigTimelineCall {
    char name[RIG_MARKER_NAME];
    RigCallKind kind;    /* API calls only */
    unsigned depth, thread;
    unsigned from, to;
    gboolean has_status;
    uint32_t status;
    uint64_t caller;     /* RVA, 0: unknown */
    uint64_t event_from, event_to; /* event_to RIG_NO_EVENT: never ended */
    uint64_t ns_from, ns_to;
} RigTimelineCall;

typedef struct RigTimelineSpan {
    RigVectorState state;
    unsigned from, to;
    uint64_t event;      /* that began it, RIG_NO_EVENT: before the cycle */
} RigTimelineSpan;

typedef struct RigTimelineRaised {
    unsigned at;
    uint64_t count, event;
    enum rig_raised outcome;
} RigTimelineRaised;

typedef struct RigTimelineLane {
    unsigned vector;     /* or RIG_VECTOR_INTX */
    GArray *spans;       /* of RigTimelineSpan; none for INTx */
    GArray *raised;      /* of RigTimelineRaised */
} RigTimelineLane;

typedef struct RigTimelineMark {
    unsigned finding, at;
    uint64_t event;
    char *label;
} RigTimelineMark;

typedef struct RigTimeline {
    unsigned columns;
    GArray *phases;      /* of RigTimelineCall */
    GArray *calls;       /* of RigTimelineCall */
    GPtrArray *lanes;    /* of RigTimelineLane */
    GArray *marks;       /* of RigTimelineMark */
} RigTimeline;

void rig_timeline_free(RigTimeline *t);

/* The recording of the current cycle. */
typedef struct RigRecorder RigRecorder;

RigRecorder *rig_recorder_new(void);
void rig_recorder_free(RigRecorder *r);

/* A cycle begins; `x` is the watched function as it is now. */
void rig_recorder_reset(RigRecorder *r, const RigMsix *x);
/*
 * The event has been followed by the shadow `x` of the watched function.
 * `touches` says that it is about that function.
 */
void rig_recorder_device(RigRecorder *r, const RigEvent *e,
                         const RigMsix *x);
/* A marker of a callback or an API call. */
void rig_recorder_marker(RigRecorder *r, const RigEvent *e);

/*
 * Draw the recorded cycle. `findings` (of RigFinding) from index `first` on
 * are marked in it.
 */
RigTimeline *rig_recorder_draw(const RigRecorder *r,
                               const GPtrArray *findings, unsigned first);

#endif
