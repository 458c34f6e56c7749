/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which exports and callbacks get markers: those that always do, and those
 * that the plan asks for because a rule needs them.
 */
#include <glib.h>
#include "ndis/core.h"
#include "ndis/thunk.h"

static GHashTable *wanted; /* names; NULL: none */

void trace_set(const char *const *names)
{
    g_clear_pointer(&wanted, g_hash_table_unref);
    for (; names && *names; names++) {
        if (!wanted) {
            wanted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                           NULL);
        }
        g_hash_table_add(wanted, g_strdup(*names));
    }
}

bool trace_wants(const char *name)
{
    return wanted && g_hash_table_contains(wanted, name);
}

/*
 * Names as Microsoft's driver documentation has them, of everything that the
 * host calls in a driver; test-host checks that no other one gets a marker.
 */
const char *const *host_callbacks(void)
{
    static const char *const names[] = {
        "DriverEntry", "IO_WORKITEM_ROUTINE", "KDEFERRED_ROUTINE",
        "MiniportAddDevice", "MiniportCancelOidRequest",
        "MiniportCheckForHangEx", "MiniportDevicePnPEventNotify",
        "MiniportDriverUnload", "MiniportFilterResourceRequirements",
        "MiniportHaltEx", "MiniportInitializeEx", "MiniportInterrupt",
        "MiniportInterruptDPC", "MiniportMessageInterrupt",
        "MiniportMessageInterruptDPC", "MiniportOidRequest", "MiniportPause",
        "MiniportProcessSGList", "MiniportRemoveDevice", "MiniportResetEx",
        "MiniportRestart", "MiniportReturnNetBufferLists",
        "MiniportSendNetBufferLists", "MiniportSetOptions",
        "MiniportSharedMemoryAllocateComplete", "MiniportShutdownEx",
        "MiniportStartDevice", "MiniportSynchronizeInterrupt",
        "NdisIoWorkItemRoutine", "NetTimerCallback", NULL
    };

    return names;
}
