/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device power: D0 to D3 and back, as NDIS and the PCI bus driver do it.
 *
 * A miniport is power management-aware if its general attributes have power
 * management capabilities, or if its attribute flags ask not to be halted on
 * suspend. It is paused (unless it said that this is not needed), told by
 * OID_PNP_SET_POWER, and the function goes to D3hot; back in D0 it is told
 * again and restarted. Any other miniport is halted before D3 with
 * NdisHaltDevicePoweredDown, and initialized again in D0.
 *
 * Sources: Windows driver documentation, OID_PNP_SET_POWER, "Power Management
 * for Old Miniport Drivers", MINIPORT_HALT. PowerState is in PMCSR, PCI Power
 * Management 1.2, 3.2.4; Linux saves and restores the function's configuration
 * around D3hot, its MSI-X table with it, as the bus driver of Windows does.
 */
#include <linux/pci_regs.h>
#include <string.h>
#include "ndis/contract.h"
#include "ndis/life.h"

/* PowerState of PMCSR */
#define PM_STATE_D0    0u
#define PM_STATE_D3HOT 3u

static bool aware(void)
{
    return current()->general.PowerManagementCapabilities ||
           current()->general.PowerManagementCapabilitiesEx ||
           (current()->attributes &
            NDIS_MINIPORT_ATTRIBUTES_NO_HALT_ON_SUSPEND);
}

static bool pauses(void)
{
    return !(current()->attributes &
             NDIS_MINIPORT_ATTRIBUTES_NO_PAUSE_ON_SUSPEND);
}

/* --- the bus driver --------------------------------------------------- */

/* Write PowerState and read it back; -1: the function did not follow. */
static int set_function_power(unsigned state, unsigned *now)
{
    uint16_t offset, pmcsr;

    *now = state;
    if (!current()->device || !current()->device->pm_cap) {
        return 0;  /* no power management: it is always in D0 */
    }
    offset = (uint16_t)(current()->device->pm_cap + PCI_PM_CTRL);
    if (vfio_config_read(current()->device, offset, &pmcsr, sizeof(pmcsr))) {
        return -1;
    }
    pmcsr = (uint16_t)((pmcsr & ~PCI_PM_CTRL_STATE_MASK) | state);
    if (vfio_config_write(current()->device, offset, &pmcsr, sizeof(pmcsr)) ||
        vfio_config_read(current()->device, offset, &pmcsr, sizeof(pmcsr))) {
        return -1;
    }
    *now = pmcsr & PCI_PM_CTRL_STATE_MASK;
    return *now == state ? 0 : -1;
}

/* The function's new state, and what became of it, as a marker. */
static uint32_t move(bool low)
{
    unsigned now;
    uint32_t status = set_function_power(low ? PM_STATE_D3HOT : PM_STATE_D0,
                                         &now)
                      ? (uint32_t)NDIS_STATUS_FAILURE : 0;
    struct rig_marker m;

    marker_prepare(&m, RIG_MK_POWER, NULL);
    m.arg[0] = low ? NdisDeviceStateD0 : NdisDeviceStateD3;
    m.arg[1] = low ? NdisDeviceStateD3 : NdisDeviceStateD0;
    m.arg[2] = now;
    m.status = status;
    marker_emit(&m);
    return status;
}

/* --- the miniport ----------------------------------------------------- */

static uint32_t tell(NDIS_REQUEST_TYPE type, uint32_t oid,
                     NDIS_DEVICE_POWER_STATE state)
{
    void *p = arena_alloc(sizeof(state), 16);
    uint32_t status;

    if (!p) {
        return (uint32_t)NDIS_STATUS_RESOURCES;
    }
    memcpy(p, &state, sizeof(state));
    status = oid_request(type, oid, p, sizeof(state), NULL);
    arena_free(p, sizeof(state));
    return status;
}

static uint32_t tell_power(NDIS_DEVICE_POWER_STATE state)
{
    uint32_t status = tell(NdisRequestSetInformation, OID_PNP_SET_POWER,
                           state);

    if (status) {
        contract_broken_at(0, "oid-must-succeed", 0, status,
                           (uint32_t)NDIS_STATUS_SUCCESS, "MiniportOidRequest: "
                           "OID_PNP_SET_POWER to D%d has to succeed",
                           state - NdisDeviceStateD0);
    }
    return status;
}

static uint32_t to_sleep(void)
{
    uint32_t status = 0;

    reset_unwatch();
    current()->was_running = current()->running;
    if (current()->running && (!aware() || pauses())) {
        status = life_pause(NDIS_PAUSE_LOW_POWER);
    }
    if (aware()) {
        tell(NdisRequestQueryInformation, OID_PNP_QUERY_POWER,
             NdisDeviceStateD3);
        status = tell_power(NdisDeviceStateD3);
    } else {
        life_halt(NdisHaltDevicePoweredDown);
    }
    current()->asleep = true;
    if (absent_begin(true)) {
        return host_set_error(HOST_FAILED, "the registers cannot be taken "
                              "away from the driver");
    }
    return move(true) ? (uint32_t)NDIS_STATUS_FAILURE : status;
}

/* A function that stays in D3 is lost to its miniport: MINIPORT_HALT. */
static uint32_t lost(void)
{
    if (current()->initialized) {
        life_halt(NdisHaltDeviceFailed);
    }
    return (uint32_t)NDIS_STATUS_FAILURE;
}

static uint32_t to_wake(void)
{
    bool paused = !current()->running;
    uint32_t status;

    status = move(false);
    if (absent_end()) {
        return host_set_error(HOST_FAILED, "the registers cannot be given "
                              "back to the driver");
    }
    current()->asleep = false;
    if (status) {
        return lost();
    }
    if (current()->initialized) {
        status = tell_power(NdisDeviceStateD0);
        reset_watch();
    } else {
        status = life_initialize();
    }
    if (status == 0 && current()->was_running && paused) {
        status = life_restart();
    }
    return status;
}

uint32_t host_set_power(bool low)
{
    if (host_faults_bad()) {
        return HOST_FAILED;
    }
    if (low && !current()->initialized) {
        return host_set_error(HOST_SKIPPED, "%s", life_why_halted());
    }
    if (low == current()->asleep) {
        return host_set_error(HOST_SKIPPED, current()->asleep
                              ? "the function is in D3"
                              : "the function is in D0");
    }
    return low ? to_sleep() : to_wake();
}

void power_restore(void)
{
    unsigned now;

    if (current()->asleep) {
        set_function_power(PM_STATE_D0, &now);
        absent_end();
        current()->asleep = false;
    }
}
