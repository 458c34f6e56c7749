/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A q35 machine with a rig-tap for qtests, and the stream that it wrote. */
#ifndef RIG_MACHINE_H
#define RIG_MACHINE_H

#include "libqos/pci.h"
#include "libqtest.h"
#include "rig/events.h"
#include "rig/nic-regs.h"
#include "rig/tap-regs.h"

#define RIG_TAP_DEVFN QPCI_DEVFN(0x1e, 0)

/* Devices to watch, both named nic0. */
#define RIG_E1000E    "-device e1000e,id=nic0,addr=2.0,romfile= "
#define RIG_NIC_ALONE "-device rig-nic,id=nic0,addr=2.0 "
#define RIG_NIC_DEVFN QPCI_DEVFN(2, 0)

#define RIG_VECTOR_CONTROL 3        /* dword of an MSI-X table entry */
#define RIG_MESSAGE_ADDR   0x100000u /* in RAM: messages sent show up there */

/* A function under watch, enabled, with its MSI-X table mapped. */
typedef struct RigFunction {
    QPCIDevice *dev;
    uint8_t msix;       /* offset of the MSI-X capability */
    QPCIBar table;      /* BAR with the MSI-X table */
    uint64_t table_off; /* offset of the table in it */
} RigFunction;

/* A rig-nic whose cause c, 0..3, raises vector c as often as it is set. */
typedef struct RigSource {
    RigFunction f;
    QPCIBar regs;
} RigSource;

typedef struct RigMachine {
    QTestState *qts;
    QPCIBus *bus;
    QPCIDevice *tap;
    QPCIBar regs;
    QPCIBar slots;
    char *file;         /* where the stream goes; unlinked at the end */
    char *stream;       /* contents, after rig_machine_end() */
    gsize size;
    gsize offset;       /* of the record that rig_next() returns */
    uint64_t seq;       /* sequence number expected there */
} RigMachine;

/*
 * Start a machine whose tap watches @watch; @args has the devices. The tap's
 * chardev is a temporary file.
 */
RigMachine *rig_machine_start(const char *watch, const char *args);

/* The same with a chardev of your own, its id "events", in @args. */
RigMachine *rig_machine_start_chardev(const char *watch, const char *args);

/* Write END, quit QEMU, and read the stream. */
void rig_machine_end(RigMachine *m);

/* Quit QEMU and read the stream, with or without END. */
void rig_machine_quit(RigMachine *m);

void rig_machine_free(RigMachine *m);

/* Enable memory and bus master of the function at @devfn (bus << 8 | devfn). */
RigFunction rig_function(RigMachine *m, int devfn);
void rig_function_free(RigFunction *f);

/* Write the MSI-X control word; read, then change only these bits. */
void rig_msix_control(RigFunction *f, uint16_t clear, uint16_t set);

/* Write dword @dword of vector @vector of the MSI-X table. */
void rig_msix_write(RigFunction *f, unsigned vector, unsigned dword,
                    uint32_t value);

/*
 * The rig-nic at @devfn, its reset over, its messages programmed (to
 * RIG_MESSAGE_ADDR + 4 * c, data 0xd0 + c) and masked.
 */
RigSource rig_source(RigMachine *m, int devfn);
void rig_source_write(RigSource *s, uint32_t reg, uint32_t value);
void rig_raise(RigSource *s, unsigned cause);

/* Emit a marker that has just a name. */
void rig_mark(RigMachine *m, const char *name);
void rig_mark_raw(RigMachine *m, uint32_t slot, const struct rig_marker *mk);

/* Run a command in slot 1; returns its result. */
int32_t rig_run_command(RigMachine *m, struct rig_command *c);

/*
 * The next record that the guest caused; RUN records are skipped. Checks
 * length and sequence number. NULL at the end of the stream.
 */
const struct rig_record *rig_next(RigMachine *m);

/* Skip records up to and including the marker @name, which must be there. */
void rig_skip_to(RigMachine *m, const char *name);

/* Take the next record, which must be of @type; returns its payload. */
const void *rig_expect(RigMachine *m, enum rig_event_type type);

void rig_expect_marker(RigMachine *m, const char *name);
void rig_expect_state(RigMachine *m, unsigned target, int command, int msix);
void rig_expect_table(RigMachine *m, unsigned target, unsigned vector,
                      unsigned dword, uint32_t value);
void rig_expect_raised(RigMachine *m, unsigned target, unsigned vector,
                       enum rig_raised outcome, uint64_t count);
void rig_expect_reset(RigMachine *m, unsigned target,
                      enum rig_reset_cause cause);

/* A socket connected to the one that QEMU listens at; to be closed. */
int rig_connect(const char *path);
/* A counter of the tap, such as "lost", read while the VM is there. */
uint64_t rig_tap_property(QTestState *qts, const char *name);
/* Memory of QEMU in RAM, in KiB. */
uint64_t rig_resident_kib(QTestState *qts);
/* Ask @query, 10 s at most, until the "status" in its answer is @status. */
void rig_wait_for_status(QTestState *qts, const char *query,
                         const char *status);

#endif
