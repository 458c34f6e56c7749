/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event stream: what rig-tap writes to its chardev, record by record.
 *
 * This header is the whole contract between the device (rig-tap, in QEMU),
 * the guest (agent and NDIS host, which write markers) and the host program
 * (which reads the stream and judges it). It depends on <stdint.h> alone.
 *
 * Every record starts with struct rig_record; all integers are little-endian
 * and naturally aligned inside a record; `length` is a multiple of 8. The
 * first record is always RIG_EV_HELLO with sequence number 0, sequence numbers
 * rise by exactly one, and RIG_EV_END closes a complete stream. A stream that
 * stops without RIG_EV_END was cut off.
 *
 * Order is the order in which the guest did things: every record is written
 * under the Big QEMU Lock and stamped there. Nobody sorts by time.
 */
#ifndef RIG_EVENTS_H
#define RIG_EVENTS_H

#include <stdint.h>

#define RIG_STREAM_MAGIC   0x4d52545347495231ull /* "1RIGSTRM" in memory */
#define RIG_STREAM_VERSION 1u

/* Longest record a reader has to accept, in bytes, header included. */
#define RIG_RECORD_MAX 512u

struct rig_record {
    uint32_t length;     /* bytes, this header included; multiple of 8 */
    uint16_t type;       /* enum rig_event_type */
    uint16_t flags;      /* RIG_RECORD_* */
    uint64_t seq;        /* 0, 1, 2, ... without gaps */
    uint64_t virtual_ns; /* QEMU_CLOCK_VIRTUAL; 0 in host-side records */
};

/*
 * The record was caused by the host (QMP, shutdown), not by the guest. It
 * carries no virtual time and two runs may differ in it.
 */
#define RIG_RECORD_HOST 0x0001u

/*
 * A marker that the host had the tap write (its property `marker`), at this
 * place in the order of what the guest does: the runner of guests that have no
 * plan of their own. It has a virtual time.
 */
#define RIG_RECORD_ASKED 0x0002u

enum rig_event_type {
    RIG_EV_HELLO = 1,   /* struct rig_ev_hello: first record */
    RIG_EV_TARGET = 2,  /* struct rig_ev_target: watch attached or lost */
    RIG_EV_CONFIG = 3,  /* struct rig_ev_config: guest wrote config space */
    RIG_EV_STATE = 4,   /* struct rig_ev_state: watched state changed */
    RIG_EV_TABLE = 5,   /* struct rig_ev_table: MSI-X table dword written */
    RIG_EV_RAISED = 6,  /* struct rig_ev_raised: interrupts, counted */
    RIG_EV_RESET = 7,   /* struct rig_ev_reset: MSI-X state was reset */
    RIG_EV_MARKER = 8,  /* struct rig_marker: guest wrote a marker */
    RIG_EV_COMMAND = 9, /* struct rig_ev_command: in-band command + result */
    RIG_EV_RUN = 10,    /* struct rig_ev_run: VM stopped or resumed (host) */
    RIG_EV_LOST = 11,   /* struct rig_ev_lost: records that were dropped */
    RIG_EV_EPOCH = 12,  /* struct rig_ev_epoch: snapshot was restored here */
    RIG_EV_END = 13,    /* no payload: the guest ended the stream */
    RIG_EV_FAULT = 14,  /* struct rig_ev_fault: an armed fault struck */
};

struct rig_ev_hello {
    uint64_t magic;      /* RIG_STREAM_MAGIC */
    uint32_t version;    /* RIG_STREAM_VERSION */
    uint32_t targets;    /* number of watched functions, 1..RIG_TARGETS_MAX */
    char qemu[32];       /* QEMU version, NUL-terminated */
};

#define RIG_TARGETS_MAX 16u

/*
 * One watched PCI function; `target` numbers it in all later records. Comes
 * again when the function's bus gets another number, is unplugged or is
 * plugged in again; a STATE record follows when it has been attached.
 */
struct rig_ev_target {
    uint16_t target;       /* 0 .. targets-1 */
    uint16_t attached;     /* 1 attached, 0 unplugged */
    uint16_t vendor;       /* PCI Vendor ID */
    uint16_t device;       /* PCI Device ID */
    uint16_t bdf;          /* bus << 8 | devfn; 0xffff: not yet numbered */
    uint16_t vectors;      /* MSI-X table size, 0..2048; 0: no MSI-X */
    uint16_t msix_cap;     /* offset of the MSI-X capability */
    uint16_t pm_cap;       /* offset of the PM capability, 0: none */
    char id[32];           /* QEMU device id, NUL-terminated */
    char model[32];        /* QOM type name, NUL-terminated */
};

/*
 * A configuration write that touched the command register, the MSI-X control
 * word, PMCSR, PCIe Device Control, or - on a bridge above the target -
 * bridge control. Emitted before the write takes effect.
 */
struct rig_ev_config {
    uint16_t target;
    uint16_t offset;     /* first byte written */
    uint8_t len;         /* 1, 2 or 4 bytes */
    uint8_t what;        /* RIG_CONFIG_* of the registers touched */
    uint16_t bridge;     /* 1: the write went to a bridge above the target */
    uint32_t value;      /* as written, little-endian, `len` bytes valid */
    uint32_t reserved;
};

#define RIG_CONFIG_COMMAND 0x01u
#define RIG_CONFIG_MSIX    0x02u
#define RIG_CONFIG_PMCSR   0x04u
#define RIG_CONFIG_DEVCTL  0x08u
#define RIG_CONFIG_BRIDGE  0x10u

/* Snapshot after a change; fields are the registers' values. */
struct rig_ev_state {
    uint16_t target;
    uint16_t command;    /* PCI Command */
    uint16_t msix;       /* MSI-X Message Control, 0 without MSI-X */
    uint16_t pmcsr;      /* PMCSR, 0 without PM */
};

/* One dword of one MSI-X table entry, as it stands after the write. */
struct rig_ev_table {
    uint16_t target;
    uint16_t vector;
    uint16_t dword;      /* 0 address low, 1 address high, 2 data, 3 control */
    uint16_t reserved;
    uint32_t value;
    uint32_t old;
};

/*
 * A run of interrupts of one vector with one outcome. Counted, not listed: a
 * run is closed, and its record written, before any other record.
 * `virtual_ns` of the record is the time of the first one.
 */
struct rig_ev_raised {
    uint16_t target;
    uint16_t vector;     /* MSI-X vector, or RIG_VECTOR_INTX */
    uint16_t outcome;    /* enum rig_raised */
    uint16_t command;    /* PCI Command: without Bus Master nothing arrives */
    uint64_t count;
    uint64_t last_ns;    /* virtual time of the last one */
};

#define RIG_VECTOR_INTX 0xffffu

enum rig_raised {
    RIG_RAISED_SENT = 0,     /* message sent, or INTx asserted */
    RIG_RAISED_PENDED = 1,   /* vector or function masked: pending bit set */
    RIG_RAISED_DROPPED = 2,  /* vector not in use in the device model */
    RIG_RAISED_DISABLED = 3, /* MSI-X disabled, or INTx Disable set */
};

struct rig_ev_reset {
    uint16_t target;
    uint16_t cause;      /* enum rig_reset_cause */
    uint32_t reserved;
};

enum rig_reset_cause {
    RIG_RESET_SYSTEM = 0, /* machine reset or power-on */
    RIG_RESET_FLR = 1,    /* PCIe Initiate Function Level Reset */
    RIG_RESET_BUS = 2,    /* secondary bus reset of a bridge above */
    RIG_RESET_PM = 3,     /* D3hot -> D0 without No_Soft_Reset */
    RIG_RESET_UNPLUG = 4,
};

struct rig_ev_command {
    uint16_t op;         /* enum rig_command_op, rig/tap-regs.h */
    uint16_t target;
    int32_t result;      /* 0, or a negative errno */
    uint64_t arg[2];
};

struct rig_ev_run {
    uint32_t running;    /* 1 resumed, 0 stopped */
    uint32_t state;      /* QEMU RunState number, for the curious */
};

struct rig_ev_lost {
    uint64_t count;
};

/*
 * Only here may sequence numbers jump: they go on from those of the snapshot.
 * TARGET, STATE and TABLE records follow which describe the restored state,
 * TABLE for every dword that differs from its value after a reset.
 */
struct rig_ev_epoch {
    uint64_t restored_seq; /* this record's own number: first of the epoch */
};

/*
 * A device fault that was armed has struck: its n-th occasion came. One that
 * lasts is reported once each time it was armed. What it brings about follows.
 */
struct rig_ev_fault {
    uint16_t target;
    uint16_t reserved[3];
    char name[40];       /* as in rig/faults.h, without the argument; NUL */
};

/*
 * A marker: what the guest says about itself. The guest is untrusted; a
 * reader checks every field. Text fields hold printable ASCII and a NUL.
 */
#define RIG_MARKER_NAME 48u
#define RIG_MARKER_TEXT 128u
#define RIG_MARKER_ARGS 4u

struct rig_marker {
    uint16_t length;     /* bytes used, this header included, 128..256; multiple of 8 */
    uint16_t kind;       /* enum rig_marker_kind */
    uint32_t scenario;   /* 1-based number in the plan; 0: outside any */
    uint32_t cycle;      /* 1-based number in the scenario; 0: outside any */
    uint16_t thread;     /* 0 the thread that runs the steps, 1.. others; with
                            RIG_MARKER_SHIM: see there */
    uint8_t irql;        /* IRQL at the time: 0 PASSIVE .. 2 DISPATCH .. 15 */
    uint8_t depth;       /* nesting of driver callbacks on this thread */
    uint64_t call;       /* pairs ENTER and LEAVE; 1.. within a cycle */
    uint64_t object;     /* handle acted on or returned, 0: none */
    uint64_t status;     /* return value in LEAVE markers, result in ENDs */
    uint64_t caller;     /* RVA of the call site in the driver, 0: none */
    uint64_t arg[RIG_MARKER_ARGS];
    char name[RIG_MARKER_NAME]; /* of the step, callback or API */
    char text[RIG_MARKER_TEXT]; /* optional; cut off by `length` */
};

#define RIG_MARKER_MIN 128u /* everything up to `text` */

/*
 * Set in `thread`: rigshim.sys wrote this CALLBACK or API marker, from inside
 * an instrumented driver. It is a witness of its own beside the NDIS host,
 * with threads of its own numbering, 1..63: who judges a stream by one of the
 * two leaves the other out (guest-agent/include/rigshim.h).
 */
#define RIG_MARKER_SHIM 0x8000u

enum rig_marker_kind {
    RIG_MK_PLAN_BEGIN = 1,     /* arg[0]: number of scenarios */
    RIG_MK_PLAN_END = 2,       /* status: 0 ran to the end */
    RIG_MK_SCENARIO_BEGIN = 3, /* name: scenario name */
    RIG_MK_SCENARIO_END = 4,
    RIG_MK_CYCLE_BEGIN = 5,    /* arg[0]: repetition, 1.. */
    RIG_MK_CYCLE_END = 6,      /* status: enum rig_cycle_end */
    RIG_MK_STEP_BEGIN = 7,     /* name: step, as in the scenario file */
    RIG_MK_STEP_END = 8,       /* status: NDIS_STATUS, arg[0] rig_step_end */
    RIG_MK_CALLBACK_ENTER = 9, /* name: as documented: MiniportHaltEx */
    RIG_MK_CALLBACK_LEAVE = 10,
    RIG_MK_API_ENTER = 11,     /* name: as exported; arg: first four,
                                  pointers as 0 */
    RIG_MK_API_LEAVE = 12,     /* NdisMConfigMSIXTableEntry: arg[1] is the
                                  operation, [2] the entry, [3] the message */
    RIG_MK_API_FAULT = 13,     /* instead of ENTER/LEAVE: call not made;
                                  status returned, arg[0] occurrence */
    RIG_MK_CRASH = 14,         /* status: signal, caller: faulting RVA,
                                  object: address, text: call stack */
    RIG_MK_HANG = 15,          /* a step ran out of time; caller: RVA */
    RIG_MK_BUGCHECK = 16,      /* KeBugCheckEx or fast fail; status: code */
    RIG_MK_UNIMPLEMENTED = 17, /* name: import that nobody implements */
    RIG_MK_TRAFFIC = 18,       /* arg: sent, completed, received, wrong */
    RIG_MK_NOTE = 19,          /* text: for people, never judged */
    RIG_MK_INTERRUPTS = 20,    /* arg: messages requested, granted,
                                  1 line 2 message, [3] rig_message_digest()
                                  of the table that the driver was given, 0 if
                                  the device's could not be read; object:
                                  handle */
    RIG_MK_LEFT = 21,          /* name: kind of object left after halt or
                                  unload; arg: count, bytes; caller */
    RIG_MK_QUIESCED = 22,      /* the rig has taken the device back from a
                                  driver: what follows is not its doing */
    RIG_MK_CONTRACT = 23,      /* a broken NDIS or WDM contract; name: its id
                                  ("wrong-irql"), object: handle or address,
                                  caller: the call; arg: found, allowed;
                                  text: "API: sentence | rva rva", the call
                                  stack in the driver, innermost first */
    RIG_MK_FAULT_POINT = 24,   /* recording cycle of a sweep: a call that
                                  may fail is made here; name: API, arg:
                                  occurrence in the step, enum rig_point */
    RIG_MK_CYCLE_PLAN = 25,    /* sweep, before CYCLE_BEGIN, whose `cycle` it
                                  has: one fault of that cycle, see below */
    RIG_MK_LINUX = 26,         /* what Linux says about a function that its
                                  own driver serves: see below */
    RIG_MK_POWER = 27,         /* device power state changed; arg: from, to as
                                  NDIS_DEVICE_POWER_STATE (1 D0 .. 4 D3), then
                                  PowerState in PMCSR now; status: 0, or the
                                  function did not follow */
    RIG_MK_ADAPTER = 28,       /* arg[0]: adapter (0..) that the markers of
                                  this thread are about from here on; only
                                  where a cycle has more than one */
};

/*
 * A sweep: the agent makes up its cycles as it goes and announces each by one
 * RIG_MK_CYCLE_PLAN per fault. There
 *   name    API, device fault, or variant
 *   arg[0]  occurrence in the step, or ordinal of the device fault, or 0
 *   arg[1]  enum rig_point
 *   arg[2]  cycles that the sweep is known to need, those done included
 *   object  point on the clean path, 1..; 0: only a failing path reaches it
 *   status  returned by the call that is not made
 *   caller  RVA of the call, 0: not known
 *   text    the point as text: guest-agent/include/plan.h
 * CYCLE_BEGIN has a digest of the device's readable state in arg[1], with 1 in
 * arg[2] when there is one, and says in its text what differs from cycle 1.
 */
enum rig_point {
    RIG_POINT_API = 0,      /* a call is not made */
    RIG_POINT_DEVICE = 1,   /* the device misbehaves at an access */
    RIG_POINT_RESOURCE = 2, /* fewer interrupts are granted */
    RIG_POINT_LIFE = 3,     /* a life: as planned, halt action, removal, ... */
};

/* rig-tap replaces a kind that is none of the above by RIG_MK_INVALID. */
#define RIG_MK_INVALID 0u
#define RIG_MK_LAST    RIG_MK_ADAPTER

/*
 * RIG_MK_LINUX: the guest's account of one function (object: bus << 8 | devfn).
 * First one marker named RIG_LINUX_FUNCTION, text: driver and interface,
 *   arg[0] enum rig_linux_point, [1] MSI-X Message Control and [2] Command as
 *   read from configuration space, [3] number of vector markers that follow;
 * then for each vector of the table, in order, one named RIG_LINUX_VECTOR,
 * text: its handler's name,
 *   arg[0] vector, [1] interrupts counted in /proc/interrupts, [2] message
 *   address and [3] message data | vector control << 32 as read from the
 *   table; status: 1 if a handler is installed, else 0.
 */
#define RIG_LINUX_FUNCTION "function"
#define RIG_LINUX_VECTOR   "vector"

enum rig_linux_point {
    RIG_LINUX_BOUND = 1,   /* bound, interface open, carrier there */
    RIG_LINUX_CLOSED = 2,  /* interface closed, driver still bound: the counts
                              are final */
    RIG_LINUX_UNBOUND = 3, /* driver gone; no vector markers */
};

/*
 * For RIG_MK_INTERRUPTS: message i in turn, address and data; begin with 0.
 * FNV-1a, 64 bits, as if begun with its offset basis; never 0.
 */
static inline uint64_t rig_message_digest(uint64_t digest, uint64_t address,
                                          uint32_t data)
{
    digest = digest ? digest : 0xcbf29ce484222325ull;
    for (unsigned i = 0; i < 12; i++) {
        uint64_t byte = i < 8 ? address >> 8 * i : data >> 8 * (i - 8);

        digest = (digest ^ (byte & 0xff)) * 0x100000001b3ull;
    }
    return digest ? digest : 1;
}

enum rig_cycle_end {
    RIG_CYCLE_DONE = 0,    /* every step ran or was skipped by rule */
    RIG_CYCLE_CRASH = 1,   /* driver crashed: RIG_MK_CRASH says where */
    RIG_CYCLE_HANG = 2,    /* a step ran out of time */
    RIG_CYCLE_BUGCHECK = 3,
    RIG_CYCLE_BROKEN = 4,  /* the agent or the guest failed: text says how */
};

enum rig_step_end {
    RIG_STEP_DONE = 0,     /* ran; status says how it went */
    RIG_STEP_SKIPPED = 1,  /* not applicable: an earlier step failed */
    RIG_STEP_REFUSED = 2,  /* NDIS would not do it: text says why (bad PE,
                              no matching hardware id, missing *IfType) */
};

_Static_assert(sizeof(struct rig_record) == 24, "record header");
_Static_assert(sizeof(struct rig_ev_hello) == 48, "hello");
_Static_assert(sizeof(struct rig_ev_target) == 80, "target");
_Static_assert(sizeof(struct rig_ev_config) == 16, "config");
_Static_assert(sizeof(struct rig_ev_state) == 8, "state");
_Static_assert(sizeof(struct rig_ev_table) == 16, "table");
_Static_assert(sizeof(struct rig_ev_raised) == 24, "raised");
_Static_assert(sizeof(struct rig_ev_fault) == 48, "fault");
_Static_assert(sizeof(struct rig_marker) == RIG_MARKER_MIN + RIG_MARKER_TEXT,
               "marker");

#endif
