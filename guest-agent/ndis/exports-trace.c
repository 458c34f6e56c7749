/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event tracing (ETW), WMI and the WPP recorder.
 *
 * Providers register and unregister for real, so that one that is left over
 * shows; no session ever enables them, so what they write goes nowhere, as on
 * a Windows where nobody traces.
 */
#include <string.h>
#include "ndis/contract.h"
#include "ndis/core.h"
#include "ndis/thunk.h"

/* wmistr.h; the flags lie above the action. */
#define WMIREG_ACTION_REGISTER     1u
#define WMIREG_ACTION_DEREGISTER   2u
#define WMIREG_ACTION_REREGISTER   3u
#define WMIREG_ACTION_UPDATE_GUIDS 4u
#define WMIREG_ACTION              0xffu

static NTSTATUS NTAPI io_wmi_registration(PDEVICE_OBJECT device, ULONG action)
{
    bool known = object_find(OBJ_WMI, device, NULL);

    if (!device) {
        return STATUS_INVALID_PARAMETER;
    }
    switch (action & WMIREG_ACTION) {
    case WMIREG_ACTION_REGISTER:
        if (!known) {
            object_add(OBJ_WMI, device, 0);
        }
        return STATUS_SUCCESS;
    case WMIREG_ACTION_DEREGISTER:
        return object_remove(OBJ_WMI, device, NULL) ? STATUS_SUCCESS
               : STATUS_INVALID_PARAMETER;
    case WMIREG_ACTION_REREGISTER:
    case WMIREG_ACTION_UPDATE_GUIDS:
        return known ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

/* --- ETW -------------------------------------------------------------- */

static char provider;  /* what the handles stand for */

static NTSTATUS NTAPI etw_register(PVOID guid, PVOID callback, PVOID context,
                                   uint64_t *handle)
{
    (void)callback;
    (void)context;
    if (!handle) {
        return STATUS_INVALID_PARAMETER;
    }
    *handle = 0;
    if (!guid) {
        return STATUS_INVALID_PARAMETER;
    }
    *handle = (uintptr_t)object_new(OBJ_ETW, &provider);
    return *handle ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS NTAPI etw_register_classic(PVOID guid, ULONG type,
                                           PVOID callback, PVOID context,
                                           uint64_t *handle)
{
    (void)type;
    return etw_register(guid, callback, context, handle);
}

static NTSTATUS NTAPI etw_unregister(uint64_t handle)
{
    return object_close(OBJ_ETW, (NDIS_HANDLE)(uintptr_t)handle)
           ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

/* For EtwSetInformation and EtwWrite*, which only need a live handle. */
static NTSTATUS NTAPI etw_use(uint64_t handle)
{
    return object_find(OBJ_ETW, (const void *)(uintptr_t)handle, NULL)
           ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

static BOOLEAN NTAPI etw_enabled(void)
{
    return FALSE;
}

/* EVENT_ACTIVITY_CTRL_*; ids are made of a counter. */
static NTSTATUS NTAPI etw_activity_id(ULONG control, GUID *id)
{
    static uint32_t last;
    static __thread GUID current;
    GUID old = current;

    if (!id || control < 1 || control > 5) {
        return STATUS_INVALID_PARAMETER;
    }
    switch (control) {
    case 1:  /* get */
        *id = current;
        break;
    case 2:  /* set */
        current = *id;
        break;
    case 4:  /* get and set */
        current = *id;
        *id = old;
        break;
    default: /* create; create and set */
        memset(id, 0, sizeof(*id));
        id->Data1 = __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
        if (control == 5) {
            current = *id;
            *id = old;
        }
    }
    return STATUS_SUCCESS;
}

static uint64_t fail_etw_register(const uint64_t *args, uint32_t status)
{
    if (args[3]) {
        *(uint64_t *)(uintptr_t)args[3] = 0;
    }
    return status;
}

static uint64_t fail_etw_classic(const uint64_t *args, uint32_t status)
{
    if (args[4]) {
        *(uint64_t *)(uintptr_t)args[4] = 0;
    }
    return status;
}

/* --- WPP -------------------------------------------------------------- */

/* No logger: the handle is never one that WppTraceMessage could use. */
static NTSTATUS NTAPI wmi_trace_message(void)
{
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI wmi_query_trace_information(int which, PVOID info,
                                                  ULONG length, PULONG needed,
                                                  PVOID buffer)
{
    (void)which;
    (void)info;
    (void)length;
    (void)buffer;
    if (needed) {
        *needed = 0;
    }
    return STATUS_NOT_SUPPORTED;
}

/* wpprecorder.sys: a recorder in memory that nobody reads. */
static NTSTATUS NTAPI wpp_recorder(void)
{
    return STATUS_SUCCESS;
}

const struct export trace_exports[] = {
    { "IoWMIRegistrationControl", io_wmi_registration, EX_TRACE, 0, 2,
      fail_status, IRQL_PASSIVE },
    { "EtwRegister", etw_register, EX_SITE, 0, 0, fail_etw_register,
      IRQL_PASSIVE },
    { "EtwUnregister", etw_unregister, EX_SITE, 1, 1, NULL, IRQL_PASSIVE },
    { "EtwSetInformation", etw_use, 0, 0, 0, NULL, IRQL_PASSIVE },
    { "EtwWrite", etw_use, 0, 0, 0, NULL, IRQL_ANY },
    { "EtwWriteTransfer", etw_use, 0, 0, 0, NULL, IRQL_ANY },
    { "EtwEventEnabled", etw_enabled, 0, 0, 0, NULL, IRQL_ANY },
    { "EtwProviderEnabled", etw_enabled, 0, 0, 0, NULL, IRQL_ANY },
    { "EtwActivityIdControl", etw_activity_id, 0, 0, 0, NULL, IRQL_ANY },
    { "EtwRegisterClassicProvider", etw_register_classic, EX_SITE, 0, 0,
      fail_etw_classic, IRQL_ANY },
    { "WmiTraceMessage", wmi_trace_message, 0, 0, 0, NULL, IRQL_ANY },
    { "WmiQueryTraceInformation", wmi_query_trace_information, 0, 0, 0, NULL,
      IRQL_ANY },
    { "WppAutoLogStart", wpp_recorder, 0, 0, 0, NULL, IRQL_ANY },
    { "WppAutoLogStop", wpp_recorder, 0, 0, 0, NULL, IRQL_ANY },
    { "WppAutoLogTrace", wpp_recorder, 0, 0, 0, NULL, IRQL_ANY },
    { 0 },
};
