/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a call leaves behind that fails without being made: the documented
 * out parameters and return value. Shared by the tables of exports.
 */
#include <string.h>
#include "ndis/thunk.h"

static void clear_pointer(const uint64_t *args, unsigned n)
{
    if (args[n]) {
        memset((void *)(uintptr_t)args[n], 0, sizeof(void *));
    }
}

uint64_t fail_status(const uint64_t *args, uint32_t status)
{
    (void)args;
    return status;
}

uint64_t fail_null(const uint64_t *args, uint32_t status)
{
    (void)args;
    (void)status;
    return 0;
}

uint64_t fail_status_null0(const uint64_t *args, uint32_t status)
{
    clear_pointer(args, 0);
    return status;
}

uint64_t fail_status_null1(const uint64_t *args, uint32_t status)
{
    clear_pointer(args, 1);
    return status;
}

uint64_t fail_status_null2(const uint64_t *args, uint32_t status)
{
    clear_pointer(args, 2);
    return status;
}

uint64_t fail_status_null3(const uint64_t *args, uint32_t status)
{
    clear_pointer(args, 3);
    return status;
}

uint64_t fail_status_null4(const uint64_t *args, uint32_t status)
{
    clear_pointer(args, 4);
    return status;
}

uint64_t fail_void_status0(const uint64_t *args, uint32_t status)
{
    if (args[0]) {
        memcpy((void *)(uintptr_t)args[0], &status, sizeof(status));
    }
    return 0;
}

uint64_t fail_void_status0_null1(const uint64_t *args, uint32_t status)
{
    clear_pointer(args, 1);
    return fail_void_status0(args, status);
}

uint64_t fail_void_status0_null3(const uint64_t *args, uint32_t status)
{
    clear_pointer(args, 3);
    return fail_void_status0(args, status);
}

uint64_t fail_void_status0_null4(const uint64_t *args, uint32_t status)
{
    clear_pointer(args, 4);
    return fail_void_status0(args, status);
}
