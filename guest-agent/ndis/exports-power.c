/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The power manager as a miniport sees it: settings and capabilities. */
#include <stdlib.h>
#include <string.h>
#include "ndis/core.h"
#include "ndis/thunk.h"

/*
 * Settings that have a value here, which never changes: a machine on mains
 * power with its display on. GUIDs and values: wdm.h.
 */
static const struct {
    GUID guid;
    ULONG value;
} settings[] = {
    { { 0x5d3e9a59, 0xe9d5, 0x4b00, { 0xa6, 0xbd, 0xff, 0x34, 0xff, 0x51,
        0x65, 0x48 } }, 0 }, /* GUID_ACDC_POWER_SOURCE: PoAc */
    { { 0xba3e0f4d, 0xb817, 0x4094, { 0xa2, 0xd1, 0xd5, 0x63, 0x79, 0xe6,
        0xa0, 0xf3 } }, 1 }, /* GUID_LIDSWITCH_STATE_CHANGE: open */
    { { 0x02731015, 0x4510, 0x4526, { 0x99, 0xe6, 0xe5, 0xa1, 0x7e, 0xbd,
        0x1a, 0xea } }, 1 }, /* GUID_MONITOR_POWER_ON */
    { { 0x6fe69556, 0x704a, 0x47a0, { 0x8f, 0x24, 0xc2, 0x8d, 0x93, 0x6f,
        0xda, 0x47 } }, 1 }, /* GUID_CONSOLE_DISPLAY_STATE: on */
    { { 0x98a7f580, 0x01f7, 0x48aa, { 0x9c, 0x0f, 0x44, 0x35, 0x2c, 0x29,
        0xe5, 0xc0 } }, 0 }, /* GUID_SYSTEM_AWAYMODE: off */
};

typedef NTSTATUS NTAPI power_setting_callback(const GUID *setting,
                                              PVOID value, ULONG length,
                                              PVOID context);

struct power_setting {
    power_setting_callback *callback;
    PVOID context;
};

/* The first call with the current value comes before the function returns. */
static void tell_value(const struct power_setting *s, const GUID *guid)
{
    for (unsigned i = 0; i < ARRAYSIZE(settings); i++) {
        if (memcmp(&settings[i].guid, guid, sizeof(*guid)) == 0) {
            ULONG value = settings[i].value;
            struct callback cb;
            NTSTATUS status;

            callback_enter(&cb, "POWER_SETTING_CALLBACK");
            status = s->callback(guid, &value, sizeof(value), s->context);
            callback_leave(&cb, (uint32_t)status);
        }
    }
}

static NTSTATUS NTAPI po_register_power_setting(PDEVICE_OBJECT device,
                                                const GUID *guid,
                                                power_setting_callback *f,
                                                PVOID context, PVOID *handle)
{
    struct power_setting *s;

    (void)device;
    if (handle) {
        *handle = NULL;
    }
    if (!guid || !f) {
        return STATUS_INVALID_PARAMETER;
    }
    s = malloc(sizeof(*s));
    if (!s) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *s = (struct power_setting) { f, context };
    host_self.object = (uintptr_t)object_new(OBJ_POWER_SETTING, s);
    if (!host_self.object) {
        free(s);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (handle) {
        *handle = (PVOID)(uintptr_t)host_self.object;
    }
    tell_value(s, guid);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI po_unregister_power_setting(PVOID handle)
{
    struct power_setting *s = object_close(OBJ_POWER_SETTING, handle);

    free(s);
    return s ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/* POWER_INFORMATION_LEVEL (ntpoapi.h) */
#define PLATFORM_INFORMATION 66

/* POWER_PLATFORM_INFORMATION has one BOOLEAN: always on, always connected. */
static NTSTATUS NTAPI zw_power_information(int level, PVOID in,
                                           ULONG in_length, PVOID out,
                                           ULONG out_length)
{
    if (level != PLATFORM_INFORMATION || in || in_length || !out) {
        return STATUS_INVALID_PARAMETER;
    }
    if (out_length < sizeof(BOOLEAN)) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    memset(out, 0, out_length);
    return STATUS_SUCCESS;
}

const struct export power_exports[] = {
    { "PoRegisterPowerSettingCallback", po_register_power_setting, EX_TRACE,
      0, 0, fail_status_null4, IRQL_PASSIVE },
    { "PoUnregisterPowerSettingCallback", po_unregister_power_setting,
      EX_TRACE, 1, 1, NULL, IRQL_PASSIVE },
    { "ZwPowerInformation", zw_power_information, EX_SITE, 0, 1 | 4,
      fail_status, IRQL_PASSIVE },
    { 0 },
};
