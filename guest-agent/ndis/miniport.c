/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Driver and adapter: registration, attributes, status, completions. */
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include "ndis/contract.h"
#include "ndis/core.h"
#include "ndis/life.h"
#include "ndis/thunk.h"

/* Versioned structures: copy what the driver's version has. */
static void copy_object(void *to, size_t size, const NDIS_OBJECT_HEADER *from)
{
    memset(to, 0, size);
    memcpy(to, from, from->Size < size ? from->Size : size);
}

/* --- driver ----------------------------------------------------------- */

/* Handlers that NDIS 6 miniports must have. */
static bool complete(const NDIS_MINIPORT_DRIVER_CHARACTERISTICS *c)
{
    return c->InitializeHandlerEx && c->HaltHandlerEx && c->UnloadHandler &&
           c->PauseHandler && c->RestartHandler && c->OidRequestHandler &&
           c->SendNetBufferListsHandler && c->ReturnNetBufferListsHandler &&
           c->CancelSendHandler && c->DevicePnPEventNotifyHandler &&
           c->ShutdownHandlerEx && c->CancelOidRequestHandler;
}

static NDIS_STATUS set_options(void)
{
    struct callback cb;
    NDIS_STATUS status;

    if (!host.miniport.SetOptionsHandler) {
        return NDIS_STATUS_SUCCESS;
    }
    callback_enter(&cb, "MiniportSetOptions");
    status = host.miniport.SetOptionsHandler(DRIVER_HANDLE,
                                             host.driver_context);
    callback_leave(&cb, (uint32_t)status);
    return status;
}

/*
 * Sizes in use: 136 (NDIS 6.0), 144, and 152 with revision 2 and 3. The table
 * is copied: it cannot change later.
 */
static NDIS_STATUS NTAPI
ndis_m_register_miniport_driver(PDRIVER_OBJECT driver, PUNICODE_STRING path,
                                NDIS_HANDLE context,
                                PNDIS_MINIPORT_DRIVER_CHARACTERISTICS c,
                                PNDIS_HANDLE handle)
{
    NDIS_STATUS status;

    (void)path;
    if (driver != &host.driver || !c || !handle ||
        c->Header.Type != NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS ||
        c->Header.Size <
            NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_1) {
        return NDIS_STATUS_BAD_CHARACTERISTICS;
    }
    if (c->MajorNdisVersion != HOST_NDIS_MAJOR ||
        c->MinorNdisVersion > HOST_NDIS_MINOR) {
        marker_note("the driver is for NDIS %u.%u, the host has %u.%u",
                    c->MajorNdisVersion, c->MinorNdisVersion, HOST_NDIS_MAJOR,
                    HOST_NDIS_MINOR);
        return NDIS_STATUS_BAD_VERSION;
    }
    copy_object(&host.miniport, sizeof(host.miniport), &c->Header);
    if (!complete(&host.miniport)) {
        return NDIS_STATUS_BAD_CHARACTERISTICS;
    }
    host.driver_context = context;
    *handle = host.driver_handle = DRIVER_HANDLE;
    driver->DriverUnload = host.miniport.UnloadHandler;
    host.registered = true;
    status = set_options();
    if (status) {
        host.registered = false;
        *handle = NULL;
    }
    host_self.object = (uintptr_t)*handle;
    return status;
}

static VOID NTAPI ndis_m_deregister_miniport_driver(NDIS_HANDLE handle)
{
    if (handle == DRIVER_HANDLE && host.registered) {
        host.registered = false;
    } else {
        contract_broken(handle == DRIVER_HANDLE ? CONTRACT_DOUBLE_FREE
                        : CONTRACT_BAD_HANDLE, (uintptr_t)handle, 0, 0,
                        "0x%llx is no registered driver",
                        (unsigned long long)(uintptr_t)handle);
    }
}

/* PnP characteristics: sizes 44 and 48 are both in use. */
static NDIS_STATUS NTAPI
ndis_set_optional_handlers(NDIS_HANDLE handle,
                           PNDIS_DRIVER_OPTIONAL_HANDLERS h)
{
    (void)handle;
    if (!h) {
        return NDIS_STATUS_INVALID_PARAMETER;
    }
    host_self.arg[1] = h->Header.Type;
    if (h->Header.Type != NDIS_OBJECT_TYPE_MINIPORT_PNP_CHARACTERISTICS) {
        return NDIS_STATUS_SUCCESS;
    }
    if (h->Header.Size < offsetof(NDIS_MINIPORT_PNP_CHARACTERISTICS, Flags)) {
        return NDIS_STATUS_BAD_CHARACTERISTICS;
    }
    copy_object(&host.pnp, sizeof(host.pnp), &h->Header);
    return NDIS_STATUS_SUCCESS;
}

/* --- adapter attributes ----------------------------------------------- */

static NDIS_STATUS set_general(struct adapter *a, const NDIS_OBJECT_HEADER *h)
{
    if (h->Size < NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1) {
        return NDIS_STATUS_INVALID_PARAMETER;
    }
    copy_object(&a->general, sizeof(a->general), h);
    if (a->general.MacAddressLength != sizeof(a->mac)) {
        return NDIS_STATUS_INVALID_PARAMETER;
    }
    memcpy(a->mac, a->general.CurrentMacAddress, sizeof(a->mac));
    a->has_general = true;
    a->link_up =
        a->general.MediaConnectState == MediaConnectStateConnected;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS NTAPI
ndis_m_set_miniport_attributes(NDIS_HANDLE adapter,
                               PNDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes)
{
    struct adapter *a = adapter_get(adapter);

    if (!is_adapter(adapter) || !attributes) {
        return NDIS_STATUS_INVALID_PARAMETER;
    }
    host_self.arg[1] = attributes->Header.Type;
    switch (attributes->Header.Type) {
    case NDIS_OBJECT_TYPE_MINIPORT_ADD_DEVICE_REGISTRATION_ATTRIBUTES:
        a->add_device_context =
            attributes->AddDeviceRegistrationAttributes
                .MiniportAddDeviceContext;
        return NDIS_STATUS_SUCCESS;
    case NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES:
        a->context = attributes->RegistrationAttributes.MiniportAdapterContext;
        a->attributes = attributes->RegistrationAttributes.AttributeFlags;
        a->hang_seconds =
            attributes->RegistrationAttributes.CheckForHangTimeInSeconds;
        return NDIS_STATUS_SUCCESS;
    case NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES:
        return set_general(a, &attributes->Header);
    case NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES:
    case NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES:
        return NDIS_STATUS_SUCCESS;
    default:
        return NDIS_STATUS_INVALID_PARAMETER;
    }
}

/* --- indications and completions -------------------------------------- */

static VOID NTAPI ndis_m_indicate_status_ex(NDIS_HANDLE adapter,
                                            PNDIS_STATUS_INDICATION s)
{
    const NDIS_LINK_STATE *link = s->StatusBuffer;
    struct adapter *a = adapter_get(adapter);

    host_self.arg[1] = (uint32_t)s->StatusCode;
    if (a && s->StatusCode == NDIS_STATUS_LINK_STATE && link &&
        s->StatusBufferSize >= offsetof(NDIS_LINK_STATE, MediaDuplexState)) {
        host_self.arg[2] = (uint64_t)link->MediaConnectState;
        __atomic_store_n(&a->link_up, link->MediaConnectState ==
                         MediaConnectStateConnected, __ATOMIC_RELEASE);
    }
}

static VOID NTAPI ndis_m_oid_request_complete(NDIS_HANDLE adapter,
                                              PNDIS_OID_REQUEST request,
                                              NDIS_STATUS status)
{
    (void)adapter;
    oid_complete(request, (uint32_t)status);
}

static VOID NTAPI ndis_m_pause_complete(NDIS_HANDLE adapter)
{
    life_complete(adapter, LIFE_PAUSE, NDIS_STATUS_SUCCESS);
}

static VOID NTAPI ndis_m_restart_complete(NDIS_HANDLE adapter,
                                          NDIS_STATUS status)
{
    life_complete(adapter, LIFE_RESTART, (uint32_t)status);
}

static VOID NTAPI ndis_m_reset_complete(NDIS_HANDLE adapter,
                                        NDIS_STATUS status, BOOLEAN addressing)
{
    reset_complete(adapter, (uint32_t)status, addressing);
}

static VOID NTAPI ndis_m_reset_miniport(NDIS_HANDLE adapter)
{
    if (is_adapter(adapter)) {
        reset_ask(adapter_get(adapter));
    }
}

static NDIS_STATUS NTAPI ndis_m_remove_miniport(NDIS_HANDLE adapter)
{
    struct adapter *a = adapter_get(adapter);

    if (!is_adapter(adapter) || !a->added) {
        return NDIS_STATUS_FAILURE;
    }
    life_give_up(a);
    return NDIS_STATUS_SUCCESS;
}

/* --- device ----------------------------------------------------------- */

static VOID NTAPI ndis_m_get_device_property(NDIS_HANDLE adapter,
                                             PDEVICE_OBJECT *pdo,
                                             PDEVICE_OBJECT *fdo,
                                             PDEVICE_OBJECT *next,
                                             PCM_RESOURCE_LIST *raw,
                                             PCM_RESOURCE_LIST *translated)
{
    struct adapter *a = adapter_get(adapter);

    a = a ? a : current();
    if (pdo) {
        *pdo = &a->pdo;
    }
    if (fdo) {
        *fdo = &a->fdo;
    }
    if (next) {
        *next = &a->pdo;
    }
    if (raw) {
        *raw = a->resources.raw;
    }
    if (translated) {
        *translated = a->resources.translated;
    }
}

/* The driver frees the string with NdisFreeMemory. */
static NDIS_STATUS NTAPI ndis_m_query_instance_name(PNDIS_STRING name,
                                                    NDIS_HANDLE adapter)
{
    const struct adapter *a = adapter_get(adapter);
    g_autofree char *text = NULL;
    g_autofree WCHAR *w = NULL;
    glong n = 0;
    size_t bytes;

    a = a ? a : current();
    text = a->number ? g_strdup_printf("%s #%u", a->install->description,
                                       a->number + 1)
                     : g_strdup(a->install->description);
    w = g_utf8_to_utf16(text, -1, NULL, &n, NULL);
    bytes = (size_t)n * sizeof(WCHAR);
    if (!w || bytes > UINT16_MAX - sizeof(WCHAR)) {
        return NDIS_STATUS_FAILURE;
    }
    name->Buffer = pool_alloc(bytes + sizeof(WCHAR));
    if (!name->Buffer) {
        return NDIS_STATUS_RESOURCES;
    }
    memcpy(name->Buffer, w, bytes + sizeof(WCHAR));
    name->Length = (USHORT)bytes;
    name->MaximumLength = (USHORT)(bytes + sizeof(WCHAR));
    return NDIS_STATUS_SUCCESS;
}

/* The marker has the code; the values are for the event log only. */
static VOID NTAPI ndis_write_error_log_entry(NDIS_HANDLE adapter,
                                             NDIS_ERROR_CODE code,
                                             ULONG count, ...)
{
    (void)adapter;
    (void)code;
    (void)count;
}

/* No protocol is bound to the adapter: nobody objects. */
static NDIS_STATUS NTAPI ndis_m_net_pnp_event(NDIS_HANDLE adapter,
                                              PVOID notification)
{
    return is_adapter(adapter) && notification
           ? NDIS_STATUS_SUCCESS : NDIS_STATUS_INVALID_PARAMETER;
}

static UINT NTAPI ndis_get_version(void)
{
    return HOST_NDIS_VERSION;
}

/*
 * SR-IOV: VFIO keeps the capability to itself, so the system "does not support
 * SR-IOV", and there is no virtual function whose data could be had.
 */
static NDIS_STATUS NTAPI ndis_m_enable_virtualization(NDIS_HANDLE adapter,
                                                      USHORT vfs,
                                                      BOOLEAN migration,
                                                      BOOLEAN interrupt,
                                                      BOOLEAN enable)
{
    if (!is_adapter(adapter) || migration || interrupt || (!enable && vfs)) {
        return NDIS_STATUS_INVALID_PARAMETER;
    }
    return enable ? NDIS_STATUS_NOT_SUPPORTED : NDIS_STATUS_SUCCESS;
}

static ULONG NTAPI ndis_m_virtual_function_bus_data(NDIS_HANDLE adapter)
{
    is_adapter(adapter);
    return 0;
}

static NDIS_STATUS NTAPI
ndis_m_get_virtual_function_location(NDIS_HANDLE adapter, USHORT vf,
                                     PUSHORT segment, PUCHAR bus,
                                     PUCHAR function)
{
    (void)vf;
    is_adapter(adapter);
    *segment = 0;
    *bus = 0;
    *function = 0;
    return NDIS_STATUS_NOT_SUPPORTED;
}

static uint64_t fail_location(const uint64_t *args, uint32_t status)
{
    *(uint16_t *)(uintptr_t)args[2] = 0;
    *(uint8_t *)(uintptr_t)args[3] = 0;
    *(uint8_t *)(uintptr_t)args[4] = 0;
    return status;
}

/* NDIS selective suspend: the host never sends an idle notification. */
static VOID NTAPI ndis_m_idle_notification(NDIS_HANDLE adapter)
{
    if (is_adapter(adapter)) {
        contract_broken(CONTRACT_BAD_ARGUMENT, (uintptr_t)adapter, 0, 0,
                        "no idle notification is pending");
    }
}

const struct export miniport_exports[] = {
    { "NdisMRegisterMiniportDriver", ndis_m_register_miniport_driver, EX_TRACE,
      0, 0, fail_status, IRQL_PASSIVE | FROM_ENTRY },
    { "NdisMDeregisterMiniportDriver", ndis_m_deregister_miniport_driver,
      EX_TRACE | EX_VOID, 1, 1, NULL, IRQL_PASSIVE | FROM_ENTRY | FROM_UNLOAD },
    { "NdisSetOptionalHandlers", ndis_set_optional_handlers, EX_TRACE, 1, 1,
      fail_status, IRQL_PASSIVE | FROM_OPTIONS },
    { "NdisMSetMiniportAttributes", ndis_m_set_miniport_attributes, EX_TRACE, 0,
      1, fail_status, IRQL_PASSIVE | FROM_ADD | FROM_INIT },
    { "NdisMIndicateStatusEx", ndis_m_indicate_status_ex, EX_TRACE | EX_VOID, 0,
      1, NULL, IRQL_DISPATCH },
    { "NdisMOidRequestComplete", ndis_m_oid_request_complete,
      EX_TRACE | EX_VOID, 2, 1 | 4, NULL, IRQL_DISPATCH },
    { "NdisMPauseComplete", ndis_m_pause_complete, EX_TRACE | EX_VOID, 0, 1,
      NULL, IRQL_DISPATCH },
    { "NdisMRestartComplete", ndis_m_restart_complete, EX_TRACE | EX_VOID, 0,
      1 | 2, NULL, IRQL_DISPATCH },
    { "NdisMResetComplete", ndis_m_reset_complete, EX_TRACE | EX_VOID, 0,
      1 | 2 | 4, NULL, IRQL_DISPATCH },
    { "NdisMResetMiniport", ndis_m_reset_miniport, EX_TRACE | EX_VOID, 0, 1,
      NULL, IRQL_DISPATCH },
    { "NdisMRemoveMiniport", ndis_m_remove_miniport, EX_TRACE, 0, 1, NULL,
      IRQL_DISPATCH },
    { "NdisMGetDeviceProperty", ndis_m_get_device_property, EX_VOID, 0, 1, NULL,
      IRQL_PASSIVE },
    { "NdisMQueryAdapterInstanceName", ndis_m_query_instance_name, EX_TRACE, 0,
      2, fail_status, IRQL_PASSIVE },
    { "NdisWriteErrorLogEntry", ndis_write_error_log_entry, EX_TRACE | EX_VOID,
      0, 1 | 2 | 4, NULL, IRQL_DISPATCH },
    { "NdisMNetPnPEvent", ndis_m_net_pnp_event, EX_TRACE, 0, 1, fail_status,
      IRQL_PASSIVE },
    { "NdisGetVersion", ndis_get_version, EX_VOID, 0, 0, NULL, IRQL_DISPATCH },
    { "NdisMIdleNotificationConfirm", ndis_m_idle_notification,
      EX_TRACE | EX_VOID, 0, 3, NULL, IRQL_DISPATCH },
    { "NdisMIdleNotificationComplete", ndis_m_idle_notification,
      EX_TRACE | EX_VOID, 0, 1, NULL, IRQL_DISPATCH },
    { "NdisMEnableVirtualization", ndis_m_enable_virtualization, EX_TRACE, 0,
      15, fail_status, IRQL_PASSIVE },
    { "NdisMGetVirtualFunctionBusData", ndis_m_virtual_function_bus_data,
      EX_SITE, 0, 0, NULL, IRQL_DISPATCH },
    { "NdisMSetVirtualFunctionBusData", ndis_m_virtual_function_bus_data,
      EX_SITE, 0, 0, NULL, IRQL_DISPATCH },
    { "NdisMGetVirtualFunctionLocation", ndis_m_get_virtual_function_location,
      EX_SITE, 0, 0, fail_location, IRQL_PASSIVE },
    { 0 },
};
