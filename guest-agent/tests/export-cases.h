/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How every export of the NDIS host fails: tables for test-exports.c. */
#ifndef TESTS_EXPORT_CASES_H
#define TESTS_EXPORT_CASES_H

#include <stdint.h>

/*
 * Arguments that exist only while a test runs. S(n) is a slot of 256 bytes in
 * shared memory, filled with 0xee; the others are slots too, made up as their
 * names say.
 */
#define SLOTS 16u
#define SLOT_SIZE 256u
#define SYMBOL(kind, n) (0x5c00000000000000ull | (uint64_t)(kind) << 32 | (n))
enum symbol {
    SYM_SLOT, SYM_ZERO, SYM_LOCKED, SYM_QUEUED, SYM_LIST, SYM_NAME,
    SYM_TEXT_NAME, SYM_WIDE, SYM_ANSI, SYM_CHARS, SYM_PDO, SYM_CONFIG, SYM_KEY,
    SYM_IRP,
};
#define S(n)      SYMBOL(SYM_SLOT, n)
#define ZERO(n)   SYMBOL(SYM_ZERO, n)   /* all zero */
#define LOCKED(n) SYMBOL(SYM_LOCKED, n) /* a spin lock that is taken */
#define QUEUED(n) SYMBOL(SYM_QUEUED, n) /* KLOCK_QUEUE_HANDLE of a free lock */
#define LIST(n)   SYMBOL(SYM_LIST, n)   /* empty LIST_ENTRY */
#define NAME(n)   SYMBOL(SYM_NAME, n)   /* UNICODE_STRING "no such name" */
#define KNOWN(n)  SYMBOL(SYM_TEXT_NAME, n) /* ... "Text", a registry value */
#define WIDE(n)   SYMBOL(SYM_WIDE, n)   /* wide characters, "no such name" */
#define ANSI(n)   SYMBOL(SYM_ANSI, n)   /* STRING "abc" */
#define CHARS(n)  SYMBOL(SYM_CHARS, n)  /* "abc" */
#define PDO       SYMBOL(SYM_PDO, 0)    /* the adapter's device object */
#define CONFIG    SYMBOL(SYM_CONFIG, 0) /* an open configuration handle */
#define KEY       SYMBOL(SYM_KEY, 0)    /* an open registry key */
#define IRP_PENDING SYMBOL(SYM_IRP, 0)  /* IRP with STATUS_PENDING */

#define ADAPTER 0x200ull                /* ADAPTER_HANDLE(0) */
#define DRIVER  0x100ull
#define BAD     0xbad0bad0bad0ull       /* no handle of anything */

/* What a call must have written: `size` bytes at `offset` of argument `arg`. */
struct written {
    uint8_t arg, size;  /* 1..8 bytes; 0 ends a list */
    uint64_t value;
    uint8_t offset;
};

#define WRITTEN_MAX 3

/* A fault injected into an export: returned, written, and nothing else. */
struct injected_case {
    const char *name;
    uint8_t bytes;     /* of the return value, 0: void */
    uint64_t want;
    struct written out[WRITTEN_MAX];
};

/* Circumstances of a call. */
#define NO_MEMORY   1u  /* the arena is used up */
#define AT_DISPATCH 2u
#define BUG_CHECK   4u  /* `want` is the code; the call does not return */

/* A call that has to fail by itself. */
struct natural_case {
    const char *name;
    uint64_t arg[6];
    uint8_t bytes;
    uint64_t want;
    const char *contract; /* that it breaks, NULL: none */
    unsigned flags;
    struct written out[WRITTEN_MAX];
};

extern const struct injected_case injected_cases[];
extern const unsigned injected_count;
extern const struct natural_case natural_cases[];
extern const unsigned natural_count;
/* Exports without a failure; ended by NULL. */
extern const char *const cannot_fail[];

#endif
