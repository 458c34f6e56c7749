/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Surprise removal: the function is gone before the driver knows.
 *
 * rig-nic has it as a device fault, armed in-band through rig-tap: registers
 * read all ones, writes, DMA and interrupts cease. Any other function is reset,
 * so that it is as silent as one without power, and its registers are taken
 * out of the driver's address space (absent.c). Configuration space reads all
 * ones in both cases. Then NDIS goes on as it does on Windows 7 and later: PnP
 * event, pause, MiniportHaltEx.
 */
#include <errno.h>
#include <string.h>
#include "ndis/life.h"

/* qemu-devices/include/rig/faults.h */
#define FAULT_ALL_ONES "all-ones"

static int take_away(void)
{
    current()->gone = true;
    if (!current()->device) {
        return 0;
    }
    if (marker_command_on(current()->number, RIG_CMD_FAULT, 1, 0,
                          FAULT_ALL_ONES) == 0) {
        return 0;  /* cleared with the device faults of the cycle */
    }
    if (vfio_reset(current()->device)) {
        marker_note("the removed function cannot be reset: %s",
                    strerror(errno));
    }
    return absent_begin(false);
}

void removal_undo(void)
{
    if (current()->gone && current()->device) {
        absent_end();
    }
    current()->gone = false;
}

static void notify(void)
{
    NET_DEVICE_PNP_EVENT event = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_DEVICE_PNP_EVENT_REVISION_1,
                    sizeof(event) },
        .DevicePnPEvent = NdisDevicePnPEventSurpriseRemoved,
    };
    struct callback cb;

    callback_enter_value(&cb, "MiniportDevicePnPEventNotify",
                         NdisDevicePnPEventSurpriseRemoved);
    host.miniport.DevicePnPEventNotifyHandler(current()->context, &event);
    callback_leave(&cb, 0);
}

uint32_t host_surprise_remove(void)
{
    if (host_faults_bad()) {
        return HOST_FAILED;
    }
    if (!current()->initialized) {
        return host_set_error(HOST_SKIPPED, "%s", life_why_halted());
    }
    if (take_away()) {
        return host_set_error(HOST_FAILED, "the function cannot be taken "
                              "away: %s", strerror(errno));
    }
    notify();
    if (current()->running) {
        life_pause(NDIS_PAUSE_NDIS_INTERNAL);
    }
    life_halt(NdisHaltDeviceSurpriseRemoved);
    return 0;
}
