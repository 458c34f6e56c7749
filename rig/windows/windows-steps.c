/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a step of a scenario is on Windows.
 *
 * NDIS calls the driver there, and does several things in one request of an
 * administrator: enabling a device initializes and restarts the miniport,
 * disabling it pauses and halts it. So some steps are part of their neighbour.
 */
#include "windows-steps.h"

#include <string.h>

#include "include/plan.h"

static const RigWindowsStep steps[] = {
    { RIG_STEP_INSTALL, RIG_WINDOWS_INSTALL, NULL, FALSE },
    { RIG_STEP_INIT, RIG_WINDOWS_ENABLE, NULL, FALSE },
    { RIG_STEP_RESTART, RIG_WINDOWS_STARTED,
      "NDIS restarts the miniport when the device is enabled", TRUE },
    { RIG_STEP_TRAFFIC, RIG_WINDOWS_TRAFFIC,
      "UDP datagrams of the guest's own IP", TRUE },
    { RIG_STEP_PAUSE, RIG_WINDOWS_SKIP,
      "NDIS pauses the miniport as part of the halt that follows", TRUE },
    { RIG_STEP_HALT, RIG_WINDOWS_DISABLE, NULL, TRUE },
    { RIG_STEP_POWER, RIG_WINDOWS_POWER,
      "the whole system sleeps in S3", TRUE },
    /* ndis.h, MINIPORT_RESET and MINIPORT_CHECK_FOR_HANG: nothing that a
       program could call leads there */
    { RIG_STEP_RESET, RIG_WINDOWS_SKIP,
      "NDIS calls MiniportResetEx when MiniportCheckForHangEx says so, or an "
      "OID request hangs; no program can ask for it", TRUE },
    { RIG_STEP_SURPRISE_REMOVE, RIG_WINDOWS_UNPLUG,
      "device_del: Windows removes the device in order, IRP_MN_REMOVE_DEVICE "
      "and not IRP_MN_SURPRISE_REMOVAL", TRUE },
    { RIG_STEP_SHUTDOWN, RIG_WINDOWS_SHUT_DOWN,
      "an orderly restart: NDIS shuts miniports down as for a power-off",
      TRUE },
    { RIG_STEP_LINK_FLAP, RIG_WINDOWS_LINK, NULL, FALSE },
    { RIG_STEP_REMOVE, RIG_WINDOWS_REMOVE, NULL, FALSE },
    { RIG_STEP_UNLOAD, RIG_WINDOWS_UNLOAD,
      "Windows unloads a driver whose last device is stopped", FALSE },
};

const RigWindowsStep *rig_windows_step(const char *step)
{
    for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
        if (strcmp(steps[i].step, step) == 0) {
            return &steps[i];
        }
    }
    return NULL;
}

/* windows-driver-docs, "Device Manager error codes" */
static const struct {
    guint64 problem;
    const char *text;
} problems[] = {
    { 12, "no free resources for the device (code 12)" },
    { 14, "Windows wants to be restarted first (code 14)" },
    { 22, "the device is disabled (code 22)" },
    { 24, "the device is not there (code 24)" },
    { 28, "no driver was installed for the device (code 28)" },
    { 31, "MiniportAddDevice failed, or NDIS rejected the device (code 31)" },
    { 37, "DriverEntry failed (code 37)" },
    { 38, "the driver is still loaded from before (code 38)" },
    { 39, "the driver could not be loaded: an import is missing, or it is "
          "damaged (code 39)" },
    { 43, "the driver reported a failure after it had started (code 43)" },
    { 52, "the driver's signature was not accepted (code 52): test signing "
          "is off, or the certificate is missing" },
};

#define CM_PROB_FAILED_START 10u /* cfg.h */
#define NDIS_STATUS_FAILURE  0xC0000001u

enum rig_step_end rig_windows_init_result(const RigDeviceState *d,
                                          guint32 *status, char **why)
{
    *status = 0;
    *why = NULL;
    if (d->flags & RIG_DN_HAS_PROBLEM) {
        if (d->problem == CM_PROB_FAILED_START) {
            *status = d->problem_status ? (guint32)d->problem_status
                                        : NDIS_STATUS_FAILURE;
            *why = g_strdup_printf("start failed (code 10), status 0x%08X",
                                   *status);
            return RIG_STEP_DONE;
        }
        for (guint i = 0; i < G_N_ELEMENTS(problems); i++) {
            if (problems[i].problem == d->problem) {
                *why = g_strdup(problems[i].text);
                return RIG_STEP_REFUSED;
            }
        }
        *why = g_strdup_printf("the device has problem %" G_GUINT64_FORMAT
                               " of cfg.h", d->problem);
        return RIG_STEP_REFUSED;
    }
    if (d->flags & RIG_DN_STARTED) {
        return RIG_STEP_DONE;
    }
    *why = g_strdup("the device neither started nor has a problem");
    return RIG_STEP_REFUSED;
}
