/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Markers: the guest's half of the event stream, written through rig-tap.
 *
 * marker_open() maps the tap once, in PID 1; children inherit the mapping.
 * Every thread that writes owns one slot; slot 0 belongs to PID 1.
 */
#ifndef AGENT_MARKER_H
#define AGENT_MARKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "rig/events.h"
#include "rig/tap-regs.h"

/* Map the first rig-tap found in sysfs. 0, or -1 with errno. */
int marker_open(void);

/* Write to these BARs (RIG_TAP_REGS_SIZE and all slots) from now on. */
void marker_attach(void *regs, void *slots);

/* A BAR of the tap: where the bus has it, and where this process does. */
struct marker_bar {
    uint64_t address;    /* physical */
    size_t size;         /* bytes */
    void *mapped;
};

/* The registers and the slots; false: there is no tap. */
bool marker_bars(struct marker_bar *regs, struct marker_bar *slots);

/* Where in the plan this process is; goes into every marker it writes. */
void marker_set_position(uint32_t scenario, uint32_t cycle);

/* Give the calling thread slot and thread number `thread`, 1..63. */
void marker_set_thread(uint16_t thread);

/*
 * Write one marker. `m` needs kind and whatever else matters; length,
 * scenario, cycle and thread are filled in. Async-signal-safe.
 */
void marker_emit(const struct rig_marker *m);

/* Short forms: name may be NULL; text is printf-like, cut at the limit. */
void marker_simple(uint16_t kind, const char *name, uint64_t status);
void marker_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Run an in-band command on a target; its result, 0 or a negative errno. */
int marker_command_on(uint16_t target, uint16_t op, uint64_t arg0,
                      uint64_t arg1, const char *name);
/* The same on target 0. */
int marker_command(uint16_t op, uint64_t arg0, uint64_t arg1,
                   const char *name);

/* End the stream; nothing can be written afterwards. */
void marker_end(void);

#endif
