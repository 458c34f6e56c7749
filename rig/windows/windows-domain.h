/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual machine of a Windows guest as libvirt domain XML.
 *
 * Unlike the machines of the other guests it is neither deterministic nor
 * headless by nature: it has a disk, a display adapter, a clock that runs,
 * two COM ports, and devices that say when Windows stops.
 */
#ifndef RIG_WINDOWS_DOMAIN_H
#define RIG_WINDOWS_DOMAIN_H

#include <glib.h>

#include "scenario.h"

/* Ids of devices that QMP commands name. */
#define RIG_WINDOWS_NIC  "nic0"
#define RIG_WINDOWS_PORT "port0"
#define RIG_WINDOWS_TAP  "tap0"
#define RIG_WINDOWS_NETDEV "n0"
/* The function under test again, as QMP device_add takes it after a removal. */
#define RIG_WINDOWS_TAP_PATH "/machine/peripheral/" RIG_WINDOWS_TAP

typedef struct RigWindowsDomain {
    const char *name;        /* of the domain, unique on its host */
    const char *uuid;
    const RigMachine *machine;
    const char *emulator;
    gboolean kvm;            /* else TCG: no Hyper-V enlightenments, no
                                hv-crash */
    unsigned cpus;           /* 1..16 */
    const char *disk;        /* qcow2, written to; NULL: none */
    const char *loader;      /* UEFI firmware, NULL: BIOS */
    const char *nvram;       /* its variables, qcow2, written to */
    const char *const *cdroms; /* ISO files, ended by NULL; NULL: none */
    gboolean boot_cdrom;     /* before the disk */
    const char *agent_socket; /* COM1: UNIX socket on which QEMU listens */
    const char *debug_log;   /* COM2: file; NULL: none */
    const char *capture;     /* file that gets the frames, pcap */
    const char *tap_socket;  /* UNIX socket on which rig listens; NULL: no tap
                                and no function under test */
    const char *panic;       /* options of a rig-panic, "p0=...": NULL: none */

    /* Instead of a disk, for the tests: Linux, which has no Windows in it. */
    const char *kernel, *initrd, *cmdline;
} RigWindowsDomain;

/* The domain XML, indented. Equal arguments give equal text. */
char *rig_windows_domain_xml(const RigWindowsDomain *d);

/*
 * The function under test as QEMU's option -device has it: "rig-nic,id=nic0,
 * ..."; to be freed.
 */
char *rig_windows_nic(const RigMachine *m);

#endif
