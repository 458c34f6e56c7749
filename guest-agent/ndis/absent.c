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

static struct {
    bool active;
    bool forbidden;      /* touching a register breaks a contract */
    bool reported;
} absent;

static __thread uint8_t *open_page;

int absent_begin(bool low_power)
{
    if (!host.device) {
        return 0;
    }
    if (!absent.active && vfio_bars_hide(host.device)) {
        return -1;
    }
    absent.active = true;
    absent.forbidden = low_power;
    absent.reported = false;
    return 0;
}

int absent_end(void)
{
    if (!absent.active) {
        return 0;
    }
    absent.active = false;
    return vfio_bars_show(host.device);
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
    absent.reported = true;
}

static bool in_bar(uint64_t address)
{
    for (int i = 0; i < VFIO_BARS; i++) {
        const struct vfio_bar *bar = &host.device->bar[i];

        if (bar->map && address >= (uintptr_t)bar->map &&
            address - (uintptr_t)bar->map < bar->size) {
            return true;
        }
    }
    return false;
}

bool absent_access(uint64_t address, void *context)
{
    greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
    uint8_t *page = (uint8_t *)(uintptr_t)(address & ~(uint64_t)(PAGE - 1));

    if (!absent.active || !in_bar(address) ||
        mprotect(page, PAGE, PROT_READ | PROT_WRITE)) {
        return false;
    }
    if (absent.forbidden && !absent.reported) {
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
    if (absent.active) {
        mprotect(open_page, PAGE, PROT_NONE);
    }
    open_page = NULL;
    return true;
}
