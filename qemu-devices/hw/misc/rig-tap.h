/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of rig-tap share: the device, its stream, its targets. */
#ifndef HW_MISC_RIG_TAP_H
#define HW_MISC_RIG_TAP_H

#include "chardev/char-fe.h"
#include "hw/pci/pci_device.h"
#include "hw/pci/pci_observer.h"
#include "qemu/notify.h"
#include "qemu/queue.h"
#include "qemu/units.h"
#include "rig/events.h"
#include "rig/tap-regs.h"
#include "system/runstate.h"

#define TYPE_RIG_TAP "rig-tap"
OBJECT_DECLARE_SIMPLE_TYPE(RigTap, RIG_TAP)

/* --- rig-tap-stream.c: records on their way to the chardev ---------------- */

/* Properties of the stream: bytes, and milliseconds of real time. */
#define RIG_STREAM_LIMIT_MIN (4 * KiB)
#define RIG_STREAM_LIMIT_MAX (1 * GiB)
#define RIG_STREAM_STALL_MAX 3600000u

typedef struct RigBlock RigBlock;

typedef struct RigStream {
    CharBackend chr;
    uint64_t limit;      /* property: bytes that may wait for the reader */
    uint32_t stall_ms;   /* property: patience with a reader that has stopped */
    QSIMPLEQ_HEAD(, RigBlock) blocks; /* what the chardev has not taken yet */
    RigBlock *spare;
    size_t pending;      /* bytes in these blocks */
    uint64_t seq;        /* number of the next record */
    uint64_t stop_at;    /* property: the VM stops behind this record */
    uint64_t lost;       /* records dropped and not yet reported */
    uint64_t lost_total; /* property: all of them */
    uint64_t waits;      /* property: how often the machine waited */
    bool open;           /* somebody is at the other end */
    bool failed;         /* the chardev gave an error that will not pass */
    guint watch;         /* main loop source: the chardev can take more */
    guint later;         /* GLib source that flushes what has not filled a
                            batch, 0: none */
    QEMUBH *bh;          /* flushes now */
} RigStream;

/* Connect to the chardev, which must be set. */
void rig_stream_start(RigStream *s);

/*
 * Append a record. @size is the payload's, in bytes, a multiple of 8, at most
 * RIG_RECORD_MAX - sizeof(struct rig_record); @payload is little-endian. Does
 * not wait for the reader unless very much is queued, and gives up on a
 * reader that has stopped: see rig-tap-stream.c.
 */
void rig_stream_put(RigStream *s, uint16_t type, uint16_t flags,
                    uint64_t virtual_ns, const void *payload, size_t size);

/* Have everything sent soon, without waiting. */
void rig_stream_kick(RigStream *s);

/* Send everything now, waiting for the reader, but not for a stopped one. */
void rig_stream_drain(RigStream *s);

/* --- targets and runs ----------------------------------------------------- */

typedef struct RigTarget {
    char *id;                   /* QEMU device id */
    PCIDevice *dev;             /* NULL: unplugged */
    struct rig_ev_target info;  /* as last reported, little-endian */
    struct rig_ev_state state;  /* as last reported, little-endian */
    uint8_t exp_cap;            /* offset of the PCIe capability, 0: none */
    struct RigTarget *pf;       /* of an SR-IOV virtual function, else NULL */
    unsigned vf;                /* its number, 0.. */
} RigTarget;

/* Interrupts of one kind that were counted and not yet reported. */
typedef struct RigRun {
    uint16_t target;
    uint16_t vector;
    uint16_t outcome;
    uint16_t command;
    uint64_t count;
    uint64_t first_ns;
    uint64_t last_ns;
} RigRun;

#define RIG_RUNS_MAX 64

/* --- rig-tap.c: the device ------------------------------------------------ */

struct RigTap {
    PCIDevice parent_obj;
    MemoryRegion regs;
    MemoryRegion slots;

    char *watch;                /* property: ids separated by ';' */
    RigStream stream;
    RigTarget targets[RIG_TARGETS_MAX];
    unsigned n_targets;
    RigRun runs[RIG_RUNS_MAX];  /* in the order of their first_ns */
    unsigned n_runs;

    bool started;               /* HELLO was written */
    bool ended;                 /* END was written: nothing follows */
    bool restored;              /* state was loaded, EPOCH not yet written */
    bool ended_before_load;
    uint64_t seq_before_load;

    PCIObserver observer;
    DeviceListener listener;
    Notifier machine_done;
    Notifier shutdown;
    Notifier fault_struck;
    bool shutting_down;
};

/* --- rig-tap-target.c: the functions under watch -------------------------- */

/* Split the property `watch` into targets; false and *errp if it is wrong. */
bool rig_tap_parse_watch(RigTap *tap, Error **errp);

/* Start watching: report the targets. Exits if a device is missing. */
void rig_tap_watch_start(RigTap *tap);

/* Report the target's registers, or its address, if they have changed. */
void rig_tap_update_state(RigTap *tap, RigTarget *t);
void rig_tap_update_bdf(RigTap *tap, RigTarget *t);

/*
 * Report the virtual functions of `pf` that have come or gone: they do so by a
 * write to its SR-IOV capability, or by its reset.
 */
void rig_tap_update_vfs(RigTap *tap, const RigTarget *pf);

/* Write EPOCH and the whole state of the restored targets. */
void rig_tap_put_epoch(RigTap *tap);

/* --- rig-tap-watch.c: what they do, turned into records ------------------- */

void rig_tap_observe(RigTap *tap);
void rig_tap_emit_reset(RigTap *tap, const RigTarget *t,
                        enum rig_reset_cause cause);

/* --- rig-tap-record.c ----------------------------------------------------- */

/*
 * Is what happens now to be recorded? Not before HELLO, not after END, and not
 * while state is loaded: devices then act as the loading makes them act.
 */
bool rig_tap_recording(const RigTap *tap);

/* Write a record that the guest caused, after all interrupts counted so far. */
void rig_tap_emit(RigTap *tap, enum rig_event_type type, const void *payload,
                  size_t size);

/* Write a record that the host caused: it carries no virtual time. */
void rig_tap_emit_host(RigTap *tap, enum rig_event_type type,
                       const void *payload, size_t size);

/* Write a marker that the host asks for; it has its virtual time. */
void rig_tap_emit_asked(RigTap *tap, const struct rig_marker *marker,
                        size_t size);

/* Write a record, whatever else there is to write. */
void rig_tap_put_now(RigTap *tap, enum rig_event_type type,
                     const void *payload, size_t size);

/* Count one interrupt: @like has its kind, and its time in first_ns. */
void rig_tap_count(RigTap *tap, const RigRun *like);

/* --- rig-tap-command.c ---------------------------------------------------- */

/* Run the command, record it, and return its result for the guest. */
int32_t rig_tap_command(RigTap *tap, const struct rig_command *command);

/* Record from now on when a fault of a target strikes. */
void rig_tap_watch_faults(RigTap *tap);

#endif
