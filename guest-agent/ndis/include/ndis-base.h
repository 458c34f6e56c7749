/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Base types of Windows drivers, with fixed sizes in every compiler. */
#ifndef RIG_NDIS_BASE_H
#define RIG_NDIS_BASE_H

#include <stddef.h>
#include <stdint.h>

#if !defined(__x86_64__)
#error "these headers describe the x64 ABI only"
#endif

/*
 * x64 Windows has one calling convention. mingw uses it by itself; elsewhere
 * each callback and function says so.
 */
#ifdef _WIN32
#define NTAPI
#define DECLSPEC_IMPORT __declspec(dllimport)
#else
#define NTAPI __attribute__((ms_abi))
#define DECLSPEC_IMPORT
#endif

#define DECLSPEC_ALIGN(n)    __attribute__((aligned(n)))
#define DECLSPEC_NORETURN    __attribute__((noreturn))
#define FORCEINLINE          static inline __attribute__((always_inline))
#define C_ASSERT(expression) _Static_assert(expression, #expression)

/* Source annotations: they mean something to Microsoft's analyser only. */
#define _In_
#define _In_opt_
#define _Out_
#define _Out_opt_
#define _Inout_
#define _Inout_opt_
#define _Outptr_
#define _In_reads_(n)
#define _In_reads_bytes_(n)
#define _Out_writes_bytes_(n)
#define _Use_decl_annotations_
#define _Must_inspect_result_

#ifndef VOID
#define VOID void
#endif
#ifndef TRUE
#define FALSE 0
#define TRUE  1
#endif

typedef void *PVOID, *HANDLE, **PHANDLE;
typedef const void *PCVOID;
typedef char CHAR, CCHAR, *PCHAR, *PSTR;
typedef const char *PCSTR, *PCSZ;
typedef unsigned char UCHAR, *PUCHAR, BOOLEAN, *PBOOLEAN, KIRQL, *PKIRQL;
typedef int16_t SHORT, CSHORT, *PSHORT;
typedef uint16_t USHORT, *PUSHORT;
typedef int32_t INT, LONG, *PINT, *PLONG;
typedef uint32_t UINT, ULONG, *PUINT, *PULONG;
typedef int32_t LONG32;
typedef uint8_t UINT8, *PUINT8;
typedef uint16_t UINT16, *PUINT16;
typedef uint32_t UINT32, ULONG32, *PUINT32;
typedef int64_t LONGLONG, LONG64, INT64, *PLONGLONG;
typedef uint64_t ULONGLONG, ULONG64, UINT64, DWORD64;
typedef uint64_t *PULONGLONG, *PULONG64, *PUINT64;
typedef int64_t LONG_PTR, SSIZE_T;
typedef uint64_t ULONG_PTR, SIZE_T, KAFFINITY, KSPIN_LOCK;
typedef uint64_t *PULONG_PTR, *PSIZE_T, *PKAFFINITY, *PKSPIN_LOCK;
typedef CCHAR KPROCESSOR_MODE;
typedef LONG NTSTATUS, *PNTSTATUS, KPRIORITY;
typedef ULONG ACCESS_MASK, DEVICE_TYPE, LOGICAL;

#ifdef _WIN32
typedef wchar_t WCHAR, *PWCHAR, *PWSTR;
typedef const wchar_t *PCWSTR;
#else
typedef uint16_t WCHAR, *PWCHAR, *PWSTR;
typedef const uint16_t *PCWSTR;
#endif

typedef union _LARGE_INTEGER {
    struct {
        ULONG LowPart;
        LONG HighPart;
    };
    struct {
        ULONG LowPart;
        LONG HighPart;
    } u;
    LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef LARGE_INTEGER PHYSICAL_ADDRESS, *PPHYSICAL_ADDRESS;

/* Counted string; lengths in bytes, no terminator promised. */
typedef struct _UNICODE_STRING {
    USHORT Length;
    USHORT MaximumLength;
    PWSTR Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;

typedef struct _STRING {
    USHORT Length;
    USHORT MaximumLength;
    PCHAR Buffer;
} STRING, ANSI_STRING, *PSTRING, *PANSI_STRING;

typedef struct _LIST_ENTRY {
    struct _LIST_ENTRY *Flink;
    struct _LIST_ENTRY *Blink;
} LIST_ENTRY, *PLIST_ENTRY;

typedef struct _SINGLE_LIST_ENTRY {
    struct _SINGLE_LIST_ENTRY *Next;
} SINGLE_LIST_ENTRY, *PSINGLE_LIST_ENTRY;

typedef struct DECLSPEC_ALIGN(16) _SLIST_ENTRY {
    struct _SLIST_ENTRY *Next;
} SLIST_ENTRY, *PSLIST_ENTRY;

typedef union DECLSPEC_ALIGN(16) _SLIST_HEADER {
    struct {
        ULONGLONG Alignment;
        ULONGLONG Region;
    };
    struct {
        ULONGLONG Depth : 16;
        ULONGLONG Sequence : 48;
        ULONGLONG Reserved : 4;
        ULONGLONG NextEntry : 60;
    } HeaderX64;
} SLIST_HEADER, *PSLIST_HEADER;

typedef struct _GUID {
    ULONG Data1;
    USHORT Data2;
    USHORT Data3;
    UCHAR Data4[8];
} GUID;

#define ARRAYSIZE(a)             (sizeof(a) / sizeof((a)[0]))
#define UNREFERENCED_PARAMETER(p) ((void)(p))
#define FIELD_OFFSET(type, field) ((LONG)offsetof(type, field))
#define RTL_FIELD_SIZE(type, field) (sizeof(((type *)0)->field))
/* Bytes from the start of `type` to the end of `field`. */
#define RTL_SIZEOF_THROUGH_FIELD(type, field) \
    (offsetof(type, field) + RTL_FIELD_SIZE(type, field))
#define CONTAINING_RECORD(address, type, field) \
    ((type *)((PUCHAR)(address) - offsetof(type, field)))

/* The compiler inlines short ones and calls memcpy etc. for the rest. */
#define RtlCopyMemory(dst, src, n) __builtin_memcpy((dst), (src), (n))
#define RtlMoveMemory(dst, src, n) __builtin_memmove((dst), (src), (n))
#define RtlFillMemory(dst, n, c)   __builtin_memset((dst), (c), (n))
#define RtlZeroMemory(dst, n)      __builtin_memset((dst), 0, (n))
#define RtlEqualMemory(a, b, n)    (__builtin_memcmp((a), (b), (n)) == 0)

FORCEINLINE VOID InitializeListHead(PLIST_ENTRY head)
{
    head->Flink = head;
    head->Blink = head;
}

FORCEINLINE BOOLEAN IsListEmpty(const LIST_ENTRY *head)
{
    return head->Flink == head;
}

FORCEINLINE VOID InsertTailList(PLIST_ENTRY head, PLIST_ENTRY entry)
{
    PLIST_ENTRY last = head->Blink;

    entry->Flink = head;
    entry->Blink = last;
    last->Flink = entry;
    head->Blink = entry;
}

FORCEINLINE VOID InsertHeadList(PLIST_ENTRY head, PLIST_ENTRY entry)
{
    InsertTailList(head->Flink, entry);
}

/* TRUE if the list is empty afterwards. */
FORCEINLINE BOOLEAN RemoveEntryList(PLIST_ENTRY entry)
{
    PLIST_ENTRY next = entry->Flink;
    PLIST_ENTRY previous = entry->Blink;

    previous->Flink = next;
    next->Blink = previous;
    return next == previous;
}

FORCEINLINE PLIST_ENTRY RemoveHeadList(PLIST_ENTRY head)
{
    PLIST_ENTRY first = head->Flink;

    RemoveEntryList(first);
    return first;
}

/* Full barriers, as all Interlocked functions are; they return the result. */
FORCEINLINE LONG InterlockedIncrement(volatile LONG *value)
{
    return __atomic_add_fetch(value, 1, __ATOMIC_SEQ_CST);
}

FORCEINLINE LONG InterlockedDecrement(volatile LONG *value)
{
    return __atomic_sub_fetch(value, 1, __ATOMIC_SEQ_CST);
}

/* The next four return the old value. */
FORCEINLINE LONG InterlockedExchange(volatile LONG *value, LONG desired)
{
    return __atomic_exchange_n(value, desired, __ATOMIC_SEQ_CST);
}

FORCEINLINE LONG InterlockedExchangeAdd(volatile LONG *value, LONG addend)
{
    return __atomic_fetch_add(value, addend, __ATOMIC_SEQ_CST);
}

FORCEINLINE LONG InterlockedCompareExchange(volatile LONG *value,
                                            LONG desired, LONG expected)
{
    __atomic_compare_exchange_n(value, &expected, desired, 0,
                                __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return expected;
}

FORCEINLINE LONG64 InterlockedExchangeAdd64(volatile LONG64 *value,
                                            LONG64 addend)
{
    return __atomic_fetch_add(value, addend, __ATOMIC_SEQ_CST);
}

#define KeMemoryBarrier() __atomic_thread_fence(__ATOMIC_SEQ_CST)

#endif
