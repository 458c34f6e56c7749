/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Markers: filling a slot of rig-tap and ringing its bell. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "agent/marker.h"
#include "linux/pci.h"

static volatile uint32_t *tap_regs;
static uint8_t *tap_slots;
static uint32_t position_scenario, position_cycle;
static __thread uint16_t thread_slot;

/* Map BAR `bar` of the tap; NULL with errno. */
static void *map_bar(const char *address, unsigned bar, size_t size)
{
    char path[128], name[16];
    void *p;
    int fd;

    snprintf(name, sizeof(name), "resource%u", bar);
    if (!pci_path(path, sizeof(path), address, name)) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return NULL;
    }
    p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return p == MAP_FAILED ? NULL : p;
}

int marker_open(void)
{
    char address[PCI_ADDRESS_SIZE];
    uint32_t *regs;
    void *slots;

    if (pci_find(RIG_TAP_VENDOR_ID, RIG_TAP_DEVICE_ID, address) ||
        pci_write_text(address, "enable", "1")) {
        return -1;
    }
    regs = map_bar(address, RIG_TAP_BAR_REGS, RIG_TAP_REGS_SIZE);
    slots = map_bar(address, RIG_TAP_BAR_SLOTS,
                    RIG_TAP_SLOTS * RIG_TAP_SLOT_SIZE);
    if (!regs || !slots) {
        return -1;
    }
    if (regs[RIG_TAP_REG_ID / 4] != RIG_TAP_ID ||
        regs[RIG_TAP_REG_VERSION / 4] != RIG_STREAM_VERSION) {
        errno = EPROTO;
        return -1;
    }
    marker_attach(regs, slots);
    return 0;
}

/* Physical address of BAR `bar`, as sysfs has it; 0 if it has none. */
static uint64_t bar_address(const char *address, unsigned bar)
{
    unsigned long long start = 0, end, flags;
    char path[128];
    FILE *f;

    f = pci_path(path, sizeof(path), address, "resource") ? fopen(path, "re")
                                                          : NULL;
    for (unsigned i = 0; f && i <= bar; i++) {
        if (fscanf(f, "%llx %llx %llx", &start, &end, &flags) != 3) {
            start = 0;
            break;
        }
    }
    if (f) {
        fclose(f);
    }
    return start;
}

bool marker_bars(struct marker_bar *regs, struct marker_bar *slots)
{
    char address[PCI_ADDRESS_SIZE];

    if (!tap_regs ||
        pci_find(RIG_TAP_VENDOR_ID, RIG_TAP_DEVICE_ID, address)) {
        return false;
    }
    *regs = (struct marker_bar) {
        bar_address(address, RIG_TAP_BAR_REGS), RIG_TAP_REGS_SIZE,
        (void *)tap_regs,
    };
    *slots = (struct marker_bar) {
        bar_address(address, RIG_TAP_BAR_SLOTS),
        RIG_TAP_SLOTS * RIG_TAP_SLOT_SIZE, tap_slots,
    };
    return regs->address && slots->address;
}

void marker_attach(void *regs, void *slots)
{
    tap_regs = regs;
    tap_slots = slots;
}

void marker_set_position(uint32_t scenario, uint32_t cycle)
{
    position_scenario = scenario;
    position_cycle = cycle;
}

void marker_set_thread(uint16_t thread)
{
    thread_slot = thread < RIG_TAP_SLOTS ? thread : RIG_TAP_SLOTS - 1;
}

/* This thread's slot, or NULL while there is no tap. */
static void *slot(void)
{
    return tap_regs ? tap_slots + (size_t)thread_slot * RIG_TAP_SLOT_SIZE
                    : NULL;
}

/* What is in the slot has to be there before the bell rings. */
static void ring(unsigned reg, uint32_t value)
{
    __sync_synchronize();
    tap_regs[reg / 4] = value;
}

/*
 * Copy printable ASCII up to `size` - 1 bytes, fill up with NULs, and return
 * the number of bytes copied.
 */
static size_t copy_text(char *to, const char *from, size_t size)
{
    size_t n = 0;

    while (n + 1 < size && from[n]) {
        to[n] = from[n] >= ' ' && from[n] <= '~' ? from[n] : '?';
        n++;
    }
    memset(to + n, 0, size - n);
    return n;
}

void marker_emit(const struct rig_marker *m)
{
    struct rig_marker *to = slot();
    size_t text;

    if (!to) {
        return;
    }
    memcpy(to, m, offsetof(struct rig_marker, name));
    copy_text(to->name, m->name, sizeof(to->name));
    text = m->text[0] ? copy_text(to->text, m->text, sizeof(to->text)) + 1
                      : 0;
    to->length = (uint16_t)((RIG_MARKER_MIN + text + 7) & ~7u);
    to->scenario = position_scenario;
    to->cycle = position_cycle;
    to->thread = thread_slot;
    ring(RIG_TAP_REG_MARKER, thread_slot);
}

void marker_simple(uint16_t kind, const char *name, uint64_t status)
{
    struct rig_marker m = { .kind = kind, .status = status };

    if (name) {
        copy_text(m.name, name, sizeof(m.name));
    }
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

int marker_command_on(uint16_t target, uint16_t op, uint64_t arg0,
                      uint64_t arg1, const char *name)
{
    struct rig_command *c = slot();

    if (!c) {
        return -ENODEV;
    }
    memset(c, 0, sizeof(*c));
    c->op = op;
    c->target = target;
    c->result = -EIO;
    c->arg[0] = arg0;
    c->arg[1] = arg1;
    if (name) {
        copy_text(c->name, name, sizeof(c->name));
    }
    ring(RIG_TAP_REG_COMMAND, thread_slot);
    return *(volatile int32_t *)&c->result;
}

int marker_command(uint16_t op, uint64_t arg0, uint64_t arg1,
                   const char *name)
{
    return marker_command_on(0, op, arg0, arg1, name);
}

void marker_end(void)
{
    if (tap_regs) {
        ring(RIG_TAP_REG_END, RIG_TAP_END_KEY);
        tap_regs = NULL;
    }
}
