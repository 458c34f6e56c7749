/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers that nobody answers: the function is in D3 or was taken away.
 *
 * The BARs' addresses are taken over by memory that may not be touched. An
 * instruction that touches it faults; its page is filled with ones and opened
 * for that one instruction, which runs with the trap flag, and is closed again
 * behind it. So every read gives all ones and every write is lost, whatever
 * the instruction is (Intel SDM volume 3, 17.3.1.4 for the trap flag).
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include "ndis/core.h"

#define PAGE      4096u
#define TRAP_FLAG 0x100

static struct absent {
    bool active;
    bool forbidden;      /* touching a register breaks a contract */
    bool reported;
} absents[HOST_ADAPTERS_MAX];  /* by adapter */

static __thread uint8_t *open_page;

int absent_begin(bool low_power)
{
    struct absent *absent = &absents[current()->number];

    if (!current()->device) {
        return 0;
    }
    if (!absent->active && vfio_bars_hide(current()->device)) {
        return -1;
    }
    *absent = (struct absent) { .active = true, .forbidden = low_power };
    return 0;
}

int absent_end(void)
{
    struct absent *absent = &absents[current()->number];

    if (!absent->active) {
        return 0;
    }
    absent->active = false;
    return vfio_bars_show(current()->device);
}

/* A place in the driver, once for each stay in D3. */
static void report(const greg_t *g)
{
    static const char text[] = "register access: the function is in D3";
    struct rig_marker m;

    marker_prepare(&m, RIG_MK_CONTRACT, "register-access-in-d3");
    m.caller = pe_rva(&host.image, (uint64_t)g[REG_RIP]);
    m.arg[0] = NdisDeviceStateD3;
    m.arg[1] = NdisDeviceStateD0;
    memcpy(m.text, text, sizeof(text));
    marker_emit(&m);
}

static bool in_bar(const struct vfio_device *d, uint64_t address)
{
    for (int i = 0; d && i < VFIO_BARS; i++) {
        const struct vfio_bar *bar = &d->bar[i];

        if (bar->map && address >= (uintptr_t)bar->map &&
            address - (uintptr_t)bar->map < bar->size) {
            return true;
        }
    }
    return false;
}

/* The absent function that has this address, or NULL. */
static struct absent *find(uint64_t address)
{
    for (unsigned i = 0; i < host.adapters; i++) {
        if (absents[i].active && in_bar(host.adapter[i].device, address)) {
            return &absents[i];
        }
    }
    return NULL;
}

bool absent_access(uint64_t address, void *context)
{
    greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
    uint8_t *page = (uint8_t *)(uintptr_t)(address & ~(uint64_t)(PAGE - 1));
    struct absent *absent = find(address);

    if (!absent || mprotect(page, PAGE, PROT_READ | PROT_WRITE)) {
        return false;
    }
    if (absent->forbidden && !absent->reported) {
        absent->reported = true;
        report(g);
    }
    memset(page, 0xff, PAGE);
    open_page = page;
    g[REG_EFL] |= TRAP_FLAG;
    return true;
}

bool absent_stepped(void *context)
{
    greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;

    if (!open_page) {
        return false;
    }
    g[REG_EFL] &= ~TRAP_FLAG;
    if (find((uintptr_t)open_page)) {
        mprotect(open_page, PAGE, PROT_NONE);
    }
    open_page = NULL;
    return true;
}
