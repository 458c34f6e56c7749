/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One virtual machine from start to end, with a limit on everything it may
 * take: starting, booting, silence, and the whole.
 */
#ifndef RIG_VM_H
#define RIG_VM_H

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdint.h>

#include "monitor.h"

/* Time until the agent must have begun its plan, and the longest silence of
 * the stream after that, in seconds. Under TCG the guest boots in 1.4 s; a step
 * that spins for its 10 s of guest time takes about as long. Time in which
 * QEMU waited for a processor does not count (starved.h), here and in
 * wall_seconds: a busy machine breaks no run. */
#define RIG_BOOT_LIMIT    30
#define RIG_SILENCE_LIMIT 60

typedef struct RigVmConfig {
    virConnectPtr conn;
    const char *xml;          /* domain */
    gboolean autodestroy;     /* libvirt ends the machine when we are gone; the
                                 embedded driver, which cannot, has the
                                 supervisor for that */
    const char *tap_socket;   /* path on which to listen */
    const char *events;       /* file to create */
    RigMonitor *monitor;      /* fed as the stream arrives */
    unsigned wall_seconds;    /* limit on the whole */
    unsigned boot_seconds;    /* limits, 0: those above */
    unsigned silence_seconds;
    void (*created)(virDomainPtr domain, void *opaque); /* NULL: none */
    gboolean stops;           /* its stopping is an end, too (stop-at) */
    void (*tick)(void *opaque); /* ten times a second; NULL: none */
    void *opaque;
} RigVmConfig;

/* How it went; wall times in ms from when it was started, 0: never. */
typedef struct RigVmEnd {
    RigOutcome outcome;
    gboolean interrupted;     /* by rig_vm_interrupt() */
    char *detail;             /* one sentence, NULL with RIG_OUTCOME_OK */
    uint64_t created_ms;      /* libvirt said that QEMU runs */
    uint64_t booted_ms;       /* the agent began its plan */
    uint64_t ended_ms;        /* the stream ended */
    GArray *scenario_us;      /* of uint64_t, by place in the plan: wall time,
                                 in us, that the stream was in the scenario;
                                 may be shorter than the plan */
} RigVmEnd;

typedef struct RigVm RigVm;

/*
 * Start the machine and run this thread's main loop (loop.h) until its stream
 * has ended or a limit was hit. The machine still exists then: the verdict
 * can be printed before rig_vm_free() destroys it. NULL with @error only when
 * the socket or events.bin cannot be made.
 */
RigVm *rig_vm_run(const RigVmConfig *config, GError **error);

/*
 * The same in two steps, for machines that run side by side: start them, one
 * after the other, and then wait until all have ended.
 */
RigVm *rig_vm_start(const RigVmConfig *config, GError **error);
void rig_vm_wait(RigVm *const *vms, unsigned n);

/* Valid until rig_vm_free(). */
const RigVmEnd *rig_vm_end(const RigVm *vm);

/*
 * Stop the machine's processor and keep it as it is for @seconds, until
 * rig_vm_release() or its end; the main loop runs meanwhile. FALSE when there
 * is no machine to keep.
 */
gboolean rig_vm_hold(RigVm *vm, unsigned seconds);
/* Let a machine that is held go. FALSE: none is held. */
gboolean rig_vm_release(void);

/* The domain while it exists, else NULL; it belongs to the RigVm. */
virDomainPtr rig_vm_domain(const RigVm *vm);

/* Destroy the machine, wait until QEMU is gone, close events.bin. */
void rig_vm_free(RigVm *vm);

/*
 * End the machines that run, and every later one, early. Called from the main
 * loop.
 */
void rig_vm_interrupt(void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigVm, rig_vm_free)

#endif
