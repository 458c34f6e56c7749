/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rest of ntoskrnl.exe: versions, lists, bit maps, I/O, tracing. */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ndis/core.h"
#include "ndis/thunk.h"

/* --- versions and lookups --------------------------------------------- */

static NTSTATUS NTAPI rtl_get_version(PRTL_OSVERSIONINFOW v)
{
    v->dwMajorVersion = HOST_WINDOWS_MAJOR;
    v->dwMinorVersion = HOST_WINDOWS_MINOR;
    v->dwBuildNumber = HOST_WINDOWS_BUILD;
    v->dwPlatformId = 2;  /* VER_PLATFORM_WIN32_NT */
    memset(v->szCSDVersion, 0, sizeof(v->szCSDVersion));
    return STATUS_SUCCESS;
}

/* TRUE: a checked build of Windows. */
static BOOLEAN NTAPI ps_get_version(PULONG major, PULONG minor, PULONG build,
                                    PUNICODE_STRING service_pack)
{
    if (major) {
        *major = HOST_WINDOWS_MAJOR;
    }
    if (minor) {
        *minor = HOST_WINDOWS_MINOR;
    }
    if (build) {
        *build = HOST_WINDOWS_BUILD;
    }
    if (service_pack) {
        memset(service_pack, 0, sizeof(*service_pack));
    }
    return FALSE;
}

/* RtlIsNtDdiVersionAvailable: NTDDI values grow with the version. */
static BOOLEAN NTAPI rtl_is_ntddi_available(ULONG version)
{
    return version <= ((uint32_t)HOST_WINDOWS_MAJOR << 24 |
                       (uint32_t)HOST_WINDOWS_MINOR << 16);
}

static PVOID NTAPI get_routine(PUNICODE_STRING name)
{
    g_autofree char *text = NULL;

    if (!name || !name->Buffer) {
        return NULL;
    }
    text = g_utf16_to_utf8(name->Buffer, name->Length / 2, NULL, NULL, NULL);
    return text ? thunk_lookup(text) : NULL;
}

DECLSPEC_NORETURN static VOID NTAPI ke_bug_check_ex(ULONG code, ULONG_PTR p1,
                                                    ULONG_PTR p2, ULONG_PTR p3,
                                                    ULONG_PTR p4)
{
    bug_check(code, p1, p2, p3, p4);
}

DECLSPEC_NORETURN static VOID NTAPI ke_bug_check(ULONG code)
{
    bug_check(code, 0, 0, 0, 0);
}

/* A pure virtual function was called: Windows raises an exception. */
DECLSPEC_NORETURN static int NTAPI purecall(void)
{
    bug_check(0x7e, 0, 0, 0, 0);
}

/* --- interlocked lists ------------------------------------------------ */

static PLIST_ENTRY NTAPI ex_insert_tail(PLIST_ENTRY head, PLIST_ENTRY entry,
                                        PKSPIN_LOCK lock)
{
    PLIST_ENTRY last;

    spin_acquire(lock);
    last = IsListEmpty(head) ? NULL : head->Blink;
    InsertTailList(head, entry);
    spin_release(lock);
    return last;
}

static PLIST_ENTRY NTAPI ex_insert_head(PLIST_ENTRY head, PLIST_ENTRY entry,
                                        PKSPIN_LOCK lock)
{
    PLIST_ENTRY first;

    spin_acquire(lock);
    first = IsListEmpty(head) ? NULL : head->Flink;
    InsertHeadList(head, entry);
    spin_release(lock);
    return first;
}

static PLIST_ENTRY NTAPI ex_remove_head(PLIST_ENTRY head, PKSPIN_LOCK lock)
{
    PLIST_ENTRY first;

    spin_acquire(lock);
    first = IsListEmpty(head) ? NULL : RemoveHeadList(head);
    spin_release(lock);
    return first;
}

/*
 * SLIST_HEADER: depth in bits 15:0, a sequence number above; the first entry
 * in the second word, which has 4 spare bits. One lock serves all lists.
 */
static KSPIN_LOCK slist_lock;

static PSLIST_ENTRY slist_first(const SLIST_HEADER *h)
{
    return (PSLIST_ENTRY)(uintptr_t)(h->HeaderX64.NextEntry << 4);
}

static void slist_set(PSLIST_HEADER h, PSLIST_ENTRY first, unsigned depth)
{
    h->HeaderX64.NextEntry = (uintptr_t)first >> 4;
    h->HeaderX64.Depth = depth & 0xffff;
    h->HeaderX64.Sequence++;
}

static VOID NTAPI slist_initialize(PSLIST_HEADER h)
{
    memset(h, 0, sizeof(*h));
}

static PSLIST_ENTRY NTAPI slist_push(PSLIST_HEADER h, PSLIST_ENTRY entry)
{
    PSLIST_ENTRY first;

    spin_acquire(&slist_lock);
    first = slist_first(h);
    entry->Next = first;
    slist_set(h, entry, h->HeaderX64.Depth + 1u);
    spin_release(&slist_lock);
    return first;
}

static PSLIST_ENTRY NTAPI slist_pop(PSLIST_HEADER h)
{
    PSLIST_ENTRY first;

    spin_acquire(&slist_lock);
    first = slist_first(h);
    if (first) {
        slist_set(h, first->Next, h->HeaderX64.Depth - 1u);
    }
    spin_release(&slist_lock);
    return first;
}

static PSLIST_ENTRY NTAPI slist_flush(PSLIST_HEADER h)
{
    PSLIST_ENTRY first;

    spin_acquire(&slist_lock);
    first = slist_first(h);
    slist_set(h, NULL, 0);
    spin_release(&slist_lock);
    return first;
}

static USHORT NTAPI slist_depth(PSLIST_HEADER h)
{
    return h->HeaderX64.Depth;
}

/* --- bit maps --------------------------------------------------------- */

static VOID NTAPI rtl_initialize_bit_map(PRTL_BITMAP b, PULONG buffer,
                                         ULONG bits)
{
    b->Buffer = buffer;
    b->SizeOfBitMap = bits;
}

static void set_range(PRTL_BITMAP b, ULONG start, ULONG count, bool set)
{
    for (ULONG i = start; i - start < count && i < b->SizeOfBitMap; i++) {
        ULONG bit = 1u << (i & 31);

        b->Buffer[i / 32] = set ? b->Buffer[i / 32] | bit
                                : b->Buffer[i / 32] & ~bit;
    }
}

static BOOLEAN NTAPI rtl_test_bit(PRTL_BITMAP b, ULONG i)
{
    return i < b->SizeOfBitMap && (b->Buffer[i / 32] >> (i & 31) & 1);
}

static VOID NTAPI rtl_set_bits(PRTL_BITMAP b, ULONG start, ULONG count)
{
    set_range(b, start, count, true);
}

static VOID NTAPI rtl_clear_bits(PRTL_BITMAP b, ULONG start, ULONG count)
{
    set_range(b, start, count, false);
}

static VOID NTAPI rtl_set_bit(PRTL_BITMAP b, ULONG i)
{
    set_range(b, i, 1, true);
}

static VOID NTAPI rtl_clear_bit(PRTL_BITMAP b, ULONG i)
{
    set_range(b, i, 1, false);
}

static VOID NTAPI rtl_set_all_bits(PRTL_BITMAP b)
{
    memset(b->Buffer, 0xff, (b->SizeOfBitMap + 31) / 32 * 4);
}

static VOID NTAPI rtl_clear_all_bits(PRTL_BITMAP b)
{
    memset(b->Buffer, 0, (b->SizeOfBitMap + 31) / 32 * 4);
}

/* First run of `count` clear bits, from `hint` and around; ~0: none. */
static ULONG NTAPI rtl_find_clear_bits(PRTL_BITMAP b, ULONG count, ULONG hint)
{
    for (int pass = 0; pass < 2; pass++, hint = 0) {
        ULONG run = 0;

        for (ULONG i = hint; i < b->SizeOfBitMap; i++) {
            run = rtl_test_bit(b, i) ? 0 : run + 1;
            if (run >= count) {
                return i + 1 - run;
            }
        }
    }
    return ~0u;
}

static ULONG NTAPI rtl_find_clear_bits_and_set(PRTL_BITMAP b, ULONG count,
                                               ULONG hint)
{
    ULONG at = rtl_find_clear_bits(b, count, hint);

    if (at != ~0u) {
        set_range(b, at, count, true);
    }
    return at;
}

static ULONG NTAPI rtl_number_of_set_bits(PRTL_BITMAP b)
{
    ULONG n = 0;

    for (ULONG i = 0; i < b->SizeOfBitMap; i++) {
        n += rtl_test_bit(b, i);
    }
    return n;
}

/* --- I/O manager ------------------------------------------------------ */

/* DEVICE_REGISTRY_PROPERTY values that drivers ask for. */
enum {
    PROPERTY_DESCRIPTION = 0,
    PROPERTY_FRIENDLY_NAME = 12,
    PROPERTY_BUS_NUMBER = 14,
    PROPERTY_ENUMERATOR = 15,
    PROPERTY_ADDRESS = 16,
};

static NTSTATUS give(const void *data, size_t n, PVOID buffer, ULONG length,
                     PULONG result)
{
    *result = (ULONG)n;
    if (length < n || !buffer) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    memcpy(buffer, data, n);
    return STATUS_SUCCESS;
}

static NTSTATUS give_text(const char *text, PVOID buffer, ULONG length,
                          PULONG result)
{
    glong n = 0;
    g_autofree WCHAR *w = text ? g_utf8_to_utf16(text, -1, NULL, &n, NULL)
                               : NULL;

    return w ? give(w, ((size_t)n + 1) * sizeof(WCHAR), buffer, length, result)
             : STATUS_OBJECT_NAME_NOT_FOUND;
}

static NTSTATUS NTAPI io_get_device_property(PDEVICE_OBJECT device, int which,
                                             ULONG length, PVOID buffer,
                                             PULONG result)
{
    unsigned domain = 0, bus = 0, slot = 0, function = 0;
    ULONG value;

    (void)device;
    if (host.device) {
        sscanf(host.device->address, "%x:%x:%x.%x", &domain, &bus, &slot,
               &function);
    }
    switch (which) {
    case PROPERTY_DESCRIPTION:
    case PROPERTY_FRIENDLY_NAME:
        return give_text(host.config.install->description, buffer, length,
                         result);
    case PROPERTY_ENUMERATOR:
        return give_text("PCI", buffer, length, result);
    case PROPERTY_BUS_NUMBER:
        value = bus;
        return give(&value, sizeof(value), buffer, length, result);
    case PROPERTY_ADDRESS:
        value = slot << 16 | function;
        return give(&value, sizeof(value), buffer, length, result);
    default:
        *result = 0;
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
}

static VOID NTAPI iof_complete_request(PIRP irp, CCHAR boost)
{
    (void)irp;
    (void)boost;
}

/* Entries that are not written are lost with the process, as intended. */
static PVOID NTAPI io_allocate_error_log_entry(PVOID object, UCHAR size)
{
    (void)object;
    return calloc(1, size);
}

static VOID NTAPI io_write_error_log_entry(PVOID entry)
{
    uint32_t code = 0;

    /* IO_ERROR_LOG_PACKET.ErrorCode */
    memcpy(&code, (uint8_t *)entry + 12, sizeof(code));
    marker_note("the driver logs error 0x%08x", code);
    free(entry);
}

static NTSTATUS NTAPI succeed(void)
{
    return STATUS_SUCCESS;
}

static ULONG NTAPI nothing(void)
{
    return 0;
}

/* There are no files: firmware and the like have to be in the image. */
static NTSTATUS NTAPI zw_open_file(PHANDLE handle, ACCESS_MASK access,
                                   PVOID attributes, PIO_STATUS_BLOCK status,
                                   ULONG share, ULONG options)
{
    (void)access;
    (void)attributes;
    (void)share;
    (void)options;
    *handle = NULL;
    status->Status = STATUS_OBJECT_NAME_NOT_FOUND;
    status->Information = 0;
    return STATUS_OBJECT_NAME_NOT_FOUND;
}

/* --- event tracing: registered, never enabled ------------------------- */

static NTSTATUS NTAPI etw_register(PVOID provider, PVOID callback,
                                   PVOID context, uint64_t *handle)
{
    (void)provider;
    (void)callback;
    (void)context;
    *handle = 1;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI etw_register_classic(PVOID guid, ULONG type,
                                           PVOID callback, PVOID context,
                                           uint64_t *handle)
{
    (void)type;
    return etw_register(guid, callback, context, handle);
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

static NTSTATUS NTAPI po_register_power_setting(PDEVICE_OBJECT device,
                                                PVOID guid, PVOID callback,
                                                PVOID context, PVOID *handle)
{
    (void)device;
    (void)guid;
    (void)callback;
    (void)context;
    if (handle) {
        *handle = (PVOID)1;
    }
    return STATUS_SUCCESS;
}

/* Only their addresses are compared. */
static PVOID ex_event_object_type;

const struct export nt_exports[] = {
    { "RtlGetVersion", rtl_get_version, 0, 0, 0, NULL, IRQL_PASSIVE },
    { "PsGetVersion", ps_get_version, 0, 0, 0, NULL, IRQL_PASSIVE },
    { "RtlIsNtDdiVersionAvailable", rtl_is_ntddi_available, 0, 0, 0, NULL,
      IRQL_PASSIVE },
    { "MmGetSystemRoutineAddress", get_routine, 0, 0, 0, fail_null,
      IRQL_PASSIVE },
    { "NdisGetRoutineAddress", get_routine, 0, 0, 0, fail_null, IRQL_PASSIVE },
    { "KeBugCheck", ke_bug_check, EX_SITE | EX_VOID, 0, 1, NULL, IRQL_ANY },
    { "KeBugCheckEx", ke_bug_check_ex, EX_SITE | EX_VOID, 0, 15, NULL,
      IRQL_ANY },
    { "_purecall", purecall, EX_SITE, 0, 0, NULL, IRQL_ANY },
    { "ExInterlockedInsertTailList", ex_insert_tail, 0, 0, 0, NULL, IRQL_ANY },
    { "ExInterlockedInsertHeadList", ex_insert_head, 0, 0, 0, NULL, IRQL_ANY },
    { "ExInterlockedRemoveHeadList", ex_remove_head, 0, 0, 0, NULL, IRQL_ANY },
    { "RtlInitializeSListHead", slist_initialize, 0, 0, 0, NULL, IRQL_ANY },
    { "InitializeSListHead", slist_initialize, 0, 0, 0, NULL, IRQL_ANY },
    { "ExpInterlockedPushEntrySList", slist_push, 0, 0, 0, NULL, IRQL_ANY },
    { "ExpInterlockedPopEntrySList", slist_pop, 0, 0, 0, NULL, IRQL_ANY },
    { "ExpInterlockedFlushSList", slist_flush, 0, 0, 0, NULL, IRQL_ANY },
    { "ExQueryDepthSList", slist_depth, 0, 0, 0, NULL, IRQL_DISPATCH },
    { "RtlInitializeBitMap", rtl_initialize_bit_map, 0, 0, 0, NULL, IRQL_ANY },
    { "RtlTestBit", rtl_test_bit, 0, 0, 0, NULL, IRQL_ANY },
    { "RtlSetBit", rtl_set_bit, 0, 0, 0, NULL, IRQL_ANY },
    { "RtlClearBit", rtl_clear_bit, 0, 0, 0, NULL, IRQL_ANY },
    { "RtlSetBits", rtl_set_bits, 0, 0, 0, NULL, IRQL_ANY },
    { "RtlClearBits", rtl_clear_bits, 0, 0, 0, NULL, IRQL_ANY },
    { "RtlSetAllBits", rtl_set_all_bits, 0, 0, 0, NULL, IRQL_ANY },
    { "RtlClearAllBits", rtl_clear_all_bits, 0, 0, 0, NULL, IRQL_ANY },
    { "RtlFindClearBits", rtl_find_clear_bits, 0, 0, 0, NULL, IRQL_ANY },
    { "RtlFindClearBitsAndSet", rtl_find_clear_bits_and_set, 0, 0, 0, NULL,
      IRQL_ANY },
    { "RtlNumberOfSetBits", rtl_number_of_set_bits, 0, 0, 0, NULL, IRQL_ANY },
    { "IoGetDeviceProperty", io_get_device_property, 0, 0, 2 | 4, fail_status,
      IRQL_PASSIVE },
    { "IofCompleteRequest", iof_complete_request, 0, 0, 0, NULL,
      IRQL_DISPATCH },
    { "IoAllocateErrorLogEntry", io_allocate_error_log_entry, 0, 0, 0,
      fail_null, IRQL_DISPATCH },
    { "IoWriteErrorLogEntry", io_write_error_log_entry, 0, 0, 0, NULL,
      IRQL_DISPATCH },
    { "IoWMIRegistrationControl", succeed, EX_TRACE, 0, 2, fail_status,
      IRQL_PASSIVE },
    { "PoRegisterPowerSettingCallback", po_register_power_setting, EX_TRACE, 0,
      0, fail_status, IRQL_PASSIVE },
    { "PoUnregisterPowerSettingCallback", succeed, EX_TRACE, 0, 0, NULL,
      IRQL_PASSIVE },
    { "ZwOpenFile", zw_open_file, 0, 0, 0, fail_status, IRQL_PASSIVE },
    { "ZwClose", succeed, 0, 0, 0, NULL, IRQL_PASSIVE },
    { "EtwRegister", etw_register, 0, 0, 0, fail_status, IRQL_PASSIVE },
    { "EtwUnregister", succeed, 0, 0, 0, NULL, IRQL_PASSIVE },
    { "EtwSetInformation", succeed, 0, 0, 0, NULL, IRQL_PASSIVE },
    { "EtwWrite", succeed, 0, 0, 0, NULL, IRQL_ANY },
    { "EtwWriteTransfer", succeed, 0, 0, 0, NULL, IRQL_ANY },
    { "EtwEventEnabled", nothing, 0, 0, 0, NULL, IRQL_ANY },
    { "EtwProviderEnabled", nothing, 0, 0, 0, NULL, IRQL_ANY },
    { "EtwActivityIdControl", succeed, 0, 0, 0, NULL, IRQL_ANY },
    { "EtwRegisterClassicProvider", etw_register_classic, 0, 0, 0, fail_status,
      IRQL_ANY },
    { "WmiTraceMessage", succeed, 0, 0, 0, NULL, IRQL_ANY },
    { "WmiQueryTraceInformation", wmi_query_trace_information, 0, 0, 0, NULL,
      IRQL_ANY },
    { "ExEventObjectType", &ex_event_object_type, EX_DATA, 0, 0, NULL,
      IRQL_ANY },
    { 0 },
};
