/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The virtual machine as libvirt domain XML. */
#ifndef RIG_DOMAIN_H
#define RIG_DOMAIN_H

#include <glib.h>

#include "scenario.h"

/* libvirt's namespace for raw QEMU arguments. */
#define RIG_DOMAIN_QEMU_NS "http://libvirt.org/schemas/domain/qemu/1.0"

/* Of all random numbers that QEMU gives the guest (-seed). */
#define RIG_DOMAIN_SEED 1

/* Of rig-tap in a machine with a scratch file: /machine/peripheral/ID. */
#define RIG_DOMAIN_TAP_ID "tap0"

/* QEMU's record/replay (docs/system/replay.rst of QEMU). */
typedef enum RigReplayMode {
    RIG_REPLAY_NONE,
    RIG_REPLAY_RECORD,
    RIG_REPLAY_PLAY,
} RigReplayMode;

/* What differs from one virtual machine to the next; all paths absolute. */
typedef struct RigDomain {
    const char *name;        /* of the domain, unique on its host */
    const char *uuid;        /* the guest sees it through SMBIOS */
    const RigMachine *machine;
    const char *emulator;
    const char *kernel;
    const char *initrd;
    const char *cmdline;     /* of the kernel */
    const char *console;     /* file that gets the serial console */
    const char *capture;     /* file that gets the frames, pcap */
    const char *tap_socket;  /* UNIX socket on which rig listens */
    RigReplayMode replay;
    const char *recording;   /* file that it writes or reads, else NULL */
    const char *live;        /* outside world on the NICs' hub: a -netdev of
                                QEMU without its id; NULL: none */
    const char *hmp;         /* UNIX socket on which QEMU has a monitor for
                                people (HMP); NULL: none */
    uint64_t stop_at;        /* the VM stops behind this event, 0: nowhere */
    const char *plan;        /* archive with the plan, as a file of fw_cfg; NULL:
                                it is behind the initrd */
    const char *incoming;    /* state that the machine goes on from, NULL: it
                                boots */
    const char *scratch;     /* qcow2 file for snapshots inside QEMU, of which
                                reverse debugging needs one; NULL: none */
    const char *gdb;         /* UNIX socket at which QEMU serves gdb, or NULL */
} RigDomain;

/*
 * UUID of machine @number (1-based) of a run, to be freed. The guest sees it,
 * so it is the same in every run: no other domain of the embedded driver has
 * it.
 */
char *rig_domain_uuid(unsigned number);

/* The domain XML, indented. Equal arguments give equal text. */
char *rig_domain_xml(const RigDomain *d);

#endif
