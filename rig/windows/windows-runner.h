/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The runner of a Windows guest: takes the scenarios of one machine step by
 * step through the agent in it, and says in the tap's stream what it does.
 *
 * A guest with a plan writes its own markers; this one cannot. So a thread here
 * asks for one thing after the other, and puts its marker into the stream
 * before it asks and after it has the answer (RIG_RECORD_ASKED): the order in
 * the stream is the order of what happened. The monitor reads it as ever.
 *
 * When Windows stops itself, the machine is paused: the bug check becomes a
 * marker, memory is dumped, the machine goes back to its snapshot, and the run
 * goes on with the next cycle.
 */
#ifndef RIG_WINDOWS_RUNNER_H
#define RIG_WINDOWS_RUNNER_H

#include <glib.h>
#include <libvirt/libvirt.h>

#include "scenario.h"

typedef struct RigWindowsRunner RigWindowsRunner;

typedef struct RigWindowsRunnerConfig {
    virConnectPtr conn;
    const GPtrArray *plan;    /* of RigScenario */
    const RigMachine *machine;
    const char *agent_socket; /* on which QEMU listens: COM1 */
    const char *dir;          /* of the machine: dumps and logs go there */
    gboolean restore;         /* the disk has a snapshot to begin with */
    void (*keep)(void *opaque); /* copy the disk, which has one now; NULL: no */
    void *opaque;
    unsigned boot_seconds;    /* until the agent has to be there */
} RigWindowsRunnerConfig;

/* The configuration is copied, what it points to has to stay. */
RigWindowsRunner *rig_windows_runner_new(const RigWindowsRunnerConfig *c);

/*
 * The machine has been created: begin, in a thread of its own. The stream
 * ends (RIG_EV_END) when all is done or nothing more can be.
 */
void rig_windows_runner_start(RigWindowsRunner *r, virDomainPtr domain);

/* Stop as soon as possible and wait for that. NULL is fine. */
void rig_windows_runner_free(RigWindowsRunner *r);

/* Seconds for a boot, by the accelerator: Windows takes minutes under TCG. */
#define RIG_WINDOWS_BOOT_KVM 300u
#define RIG_WINDOWS_BOOT_TCG 1800u

/* The hardware id of the NIC model, as Windows has it; NULL: not known. */
const char *rig_windows_hardware_id(const char *nic);

#endif
