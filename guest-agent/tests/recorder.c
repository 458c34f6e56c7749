/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Implements agent/marker.h over memory that parent and child share. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include "recorder.h"

#define MARKERS 4096u

static struct {
    uint32_t n;
    struct rig_marker marker[MARKERS];
} *recording;

static __thread uint16_t thread;

void recorder_start(void)
{
    if (!recording) {
        recording = mmap(NULL, sizeof(*recording), PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    }
    recording->n = 0;
}

const struct rig_marker *recorder_find(uint16_t kind, const char *name,
                                       unsigned n)
{
    for (uint32_t i = 0; i < recording->n && i < MARKERS; i++) {
        const struct rig_marker *m = &recording->marker[i];

        if (m->kind == kind && (!name || !strcmp(m->name, name)) && !n--) {
            return m;
        }
    }
    return NULL;
}

void marker_set_thread(uint16_t number)
{
    thread = number;
}

void marker_emit(const struct rig_marker *m)
{
    uint32_t i = __atomic_fetch_add(&recording->n, 1, __ATOMIC_SEQ_CST);

    if (i < MARKERS) {
        recording->marker[i] = *m;
        recording->marker[i].thread = thread;
    }
}

void marker_simple(uint16_t kind, const char *name, uint64_t status)
{
    struct rig_marker m = { .kind = kind, .status = status };

    snprintf(m.name, sizeof(m.name), "%s", name ? name : "");
    marker_emit(&m);
}

void marker_note(const char *fmt, ...)
{
    struct rig_marker m = { .kind = RIG_MK_NOTE };
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(m.text, sizeof(m.text), fmt, ap);
    va_end(ap);
    marker_emit(&m);
}

static struct marker_bar bars[2];

void recorder_tap(void *regs, void *slots)
{
    bars[0] = (struct marker_bar) { 0xfeb00000, RIG_TAP_REGS_SIZE, regs };
    bars[1] = (struct marker_bar) {
        0xfeb10000, RIG_TAP_SLOTS * RIG_TAP_SLOT_SIZE, slots,
    };
}

bool marker_bars(struct marker_bar *regs, struct marker_bar *slots)
{
    *regs = bars[0];
    *slots = bars[1];
    return bars[0].mapped && bars[1].mapped;
}

/* There is no device here to command. */
int marker_command_on(uint16_t target, uint16_t op, uint64_t arg0,
                      uint64_t arg1, const char *name)
{
    (void)target;
    (void)op;
    (void)arg0;
    (void)arg1;
    (void)name;
    return -ENODEV;
}
