/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rest of ntoskrnl.exe: versions, lists, bit maps, error log. */
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include "ndis/contract.h"
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

/* --- error log -------------------------------------------------------- */

/* wdm.h: of a whole entry, header included. */
#define ERROR_LOG_MAXIMUM_SIZE 152
#define ERROR_LOG_HEADER       48   /* sizeof(IO_ERROR_LOG_PACKET) */

/* Entries that are not written are lost, as intended. */
static PVOID NTAPI io_allocate_error_log_entry(PVOID object, UCHAR size)
{
    if (!object || size < ERROR_LOG_HEADER || size > ERROR_LOG_MAXIMUM_SIZE) {
        return NULL;
    }
    return calloc(1, ERROR_LOG_MAXIMUM_SIZE);
}

static VOID NTAPI io_write_error_log_entry(PVOID entry)
{
    uint32_t code = 0;

    /* IO_ERROR_LOG_PACKET.ErrorCode */
    memcpy(&code, (uint8_t *)entry + 12, sizeof(code));
    marker_note("the driver logs error 0x%08x", code);
    free(entry);
}

static VOID NTAPI io_free_error_log_entry(PVOID entry)
{
    free(entry);
}

/* --- bug check callbacks ---------------------------------------------- */

/*
 * KBUGCHECK_CALLBACK_RECORD and KBUGCHECK_REASON_CALLBACK_RECORD (wdm.h) end
 * with a state of one byte: 0 empty, 1 inserted. A bug check ends the process
 * of the driver, so they are never called.
 */
struct bug_check_record {
    LIST_ENTRY entry;
    PVOID routine;
    PVOID buffer;
    ULONG length;
    PUCHAR component;
    ULONG_PTR checksum;
    UCHAR state;
};

struct bug_check_reason_record {
    LIST_ENTRY entry;
    PVOID routine;
    PUCHAR component;
    ULONG_PTR checksum;
    int reason;
    UCHAR state;
};

static BOOLEAN insert_record(PVOID record, PVOID routine, UCHAR *state)
{
    if (!routine || *state != 0) {
        return FALSE;
    }
    *state = 1;
    object_add(OBJ_BUG_CHECK, record, 0);
    return TRUE;
}

static BOOLEAN remove_record(PVOID record, UCHAR *state)
{
    if (*state != 1 || !object_remove(OBJ_BUG_CHECK, record, NULL)) {
        return FALSE;
    }
    *state = 0;
    return TRUE;
}

static BOOLEAN NTAPI ke_register_bug_check(struct bug_check_record *r,
                                           PVOID routine, PVOID buffer,
                                           ULONG length, PUCHAR component)
{
    if (!insert_record(r, routine, &r->state)) {
        return FALSE;
    }
    r->routine = routine;
    r->buffer = buffer;
    r->length = length;
    r->component = component;
    return TRUE;
}

static BOOLEAN NTAPI ke_deregister_bug_check(struct bug_check_record *r)
{
    return remove_record(r, &r->state);
}

/* KBUGCHECK_CALLBACK_REASON: 1 to 7 are defined. */
static BOOLEAN NTAPI
ke_register_bug_check_reason(struct bug_check_reason_record *r, PVOID routine,
                             int reason, PUCHAR component)
{
    if (reason < 1 || reason > 7 || !insert_record(r, routine, &r->state)) {
        return FALSE;
    }
    r->routine = routine;
    r->reason = reason;
    r->component = component;
    return TRUE;
}

static BOOLEAN NTAPI
ke_deregister_bug_check_reason(struct bug_check_reason_record *r)
{
    return remove_record(r, &r->state);
}

/* --- the rest --------------------------------------------------------- */

/* No auxiliary counter (the processor's TSC of another clock domain). */
static NTSTATUS NTAPI ke_convert_auxiliary(ULONGLONG auxiliary,
                                           ULONGLONG *counter,
                                           ULONGLONG *error)
{
    (void)auxiliary;
    *counter = 0;
    if (error) {
        *error = 0;
    }
    return STATUS_NOT_SUPPORTED;
}

/* The same numbers in every run: Knuth's MMIX generator. */
static ULONG NTAPI rtl_random_ex(PULONG seed)
{
    uint64_t x = *seed * 6364136223846793005ull + 1442695040888963407ull;

    *seed = (ULONG)(x >> 32);
    return (*seed & 0x7fffffffu) % 0x7fffffffu;
}

struct time_fields {       /* TIME_FIELDS (wdm.h) */
    SHORT year, month, day, hour, minute, second, milliseconds, weekday;
};

/* 1601-01-01 was a Monday. */
static VOID NTAPI rtl_time_to_fields(const LARGE_INTEGER *time,
                                     struct time_fields *f)
{
    uint64_t ms = (uint64_t)time->QuadPart / 10000;
    g_autoptr(GDateTime) start = g_date_time_new_utc(1601, 1, 1, 0, 0, 0);
    g_autoptr(GDateTime) t = g_date_time_add_days(start, (gint)(ms / 86400000));

    memset(f, 0, sizeof(*f));
    if (t) {
        f->year = (SHORT)g_date_time_get_year(t);
        f->month = (SHORT)g_date_time_get_month(t);
        f->day = (SHORT)g_date_time_get_day_of_month(t);
        f->weekday = (SHORT)((ms / 86400000 + 1) % 7);
        f->hour = (SHORT)(ms / 3600000 % 24);
        f->minute = (SHORT)(ms / 60000 % 60);
        f->second = (SHORT)(ms / 1000 % 60);
        f->milliseconds = (SHORT)(ms % 1000);
    }
}

/* The machine's time zone is UTC. */
static VOID NTAPI ex_system_time_to_local(const LARGE_INTEGER *system,
                                          PLARGE_INTEGER local)
{
    *local = *system;
}

/* Nothing is ever paged out; the handle only has to be the same one. */
static PVOID NTAPI mm_lock_pagable_section(PVOID address)
{
    return pe_rva(&host.image, (uintptr_t)address) ? host.image.base : NULL;
}

static VOID NTAPI mm_unlock_pagable_section(PVOID handle)
{
    if (handle != host.image.base) {
        contract_broken(CONTRACT_BAD_HANDLE, (uintptr_t)handle, 0, 0,
                        "0x%llx is no section of the driver",
                        (unsigned long long)(uintptr_t)handle);
    }
}

/* An opaque address, the same for all threads: the system process. */
static PVOID NTAPI io_get_current_process(void)
{
    static char system_process;

    return &system_process;
}

/* Only their addresses are compared. */
static PVOID ex_event_object_type;

const struct export nt_exports[] = {
    { "RtlGetVersion", rtl_get_version, 0, 0, 0, NULL, IRQL_PASSIVE },
    { "PsGetVersion", ps_get_version, 0, 0, 0, NULL, IRQL_PASSIVE },
    { "RtlIsNtDdiVersionAvailable", rtl_is_ntddi_available, 0, 0, 0, NULL,
      IRQL_PASSIVE },
    /* NULL: this Windows does not have it; never for want of resources. */
    { "MmGetSystemRoutineAddress", get_routine, EX_PLANNED, 0, 0, fail_null,
      IRQL_PASSIVE },
    { "NdisGetRoutineAddress", get_routine, EX_PLANNED, 0, 0, fail_null,
      IRQL_PASSIVE },
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
    { "IoAllocateErrorLogEntry", io_allocate_error_log_entry, 0, 0, 0,
      fail_null, IRQL_DISPATCH },
    { "IoWriteErrorLogEntry", io_write_error_log_entry, 0, 0, 0, NULL,
      IRQL_DISPATCH },
    { "IoFreeErrorLogEntry", io_free_error_log_entry, 0, 0, 0, NULL,
      IRQL_DISPATCH },
    { "KeRegisterBugCheckCallback", ke_register_bug_check, EX_SITE, 0, 8, NULL,
      IRQL_ANY },
    { "KeDeregisterBugCheckCallback", ke_deregister_bug_check, EX_SITE, 0, 0,
      NULL, IRQL_ANY },
    { "KeRegisterBugCheckReasonCallback", ke_register_bug_check_reason,
      EX_SITE, 0, 4, NULL, IRQL_ANY },
    { "KeDeregisterBugCheckReasonCallback", ke_deregister_bug_check_reason,
      EX_SITE, 0, 0, NULL, IRQL_ANY },
    { "KeConvertAuxiliaryCounterToPerformanceCounter", ke_convert_auxiliary, 0,
      0, 1, fail_status, IRQL_ANY },
    { "RtlRandomEx", rtl_random_ex, 0, 0, 0, NULL, IRQL_ANY },
    { "RtlTimeToTimeFields", rtl_time_to_fields, 0, 0, 0, NULL, IRQL_ANY },
    { "ExSystemTimeToLocalTime", ex_system_time_to_local, 0, 0, 0, NULL,
      IRQL_ANY },
    { "MmLockPagableDataSection", mm_lock_pagable_section, 0, 0, 0, NULL,
      IRQL_APC },
    { "MmUnlockPagableImageSection", mm_unlock_pagable_section, 0, 0, 0, NULL,
      IRQL_APC },
    { "IoGetCurrentProcess", io_get_current_process, 0, 0, 0, NULL,
      IRQL_ANY },
    { "ExEventObjectType", &ex_event_object_type, EX_DATA, 0, 0, NULL,
      IRQL_ANY },
    { 0 },
};
