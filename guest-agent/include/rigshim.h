/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rigshim.sys: what it offers to agent.exe and what it hooks in a driver.
 *
 * The one place for all of it: the shim is built from this header, agent.exe
 * opens its device by it, `rig driver instrument` redirects the imports that it
 * lists, and the monitor knows by it what an instrumented driver can witness.
 * It depends on <stdint.h> and the headers of rig/ alone.
 */
#ifndef RIGSHIM_H
#define RIGSHIM_H

#include <stdint.h>
#include "rig/events.h"
#include "rig/tap-regs.h"

/* Of everything in this header; RIGSHIM_IOCTL_VERSION tells it. */
#define RIGSHIM_VERSION 1u

/* Name of the module in import tables, and of its service. */
#define RIGSHIM_MODULE  "rigshim.sys"
#define RIGSHIM_SERVICE "rigshim"

/*
 * For CreateFile(), with GENERIC_READ | GENERIC_WRITE: there while rig-tap's
 * function is started. Administrators and the system may open it.
 */
#define RIGSHIM_DEVICE_PATH "\\\\.\\RigShim"

/* --- requests ---------------------------------------------------------------
 * DeviceIoControl(), METHOD_BUFFERED, any number of openers at once. Each one
 * is answered before it returns; none waits. Failures, as NTSTATUS (Win32):
 *   STATUS_BUFFER_TOO_SMALL (ERROR_INSUFFICIENT_BUFFER)  out is too short
 *   STATUS_INVALID_PARAMETER (ERROR_INVALID_PARAMETER)   in has another size
 *       than the structure, or says something impossible
 *   STATUS_DEVICE_NOT_READY (ERROR_NOT_READY)            the tap has been
 *       stopped, or its stream is ended
 *   STATUS_INVALID_DEVICE_REQUEST (ERROR_INVALID_FUNCTION) no such request
 */

/* CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800 + n, METHOD_BUFFERED,
 *          FILE_READ_ACCESS | FILE_WRITE_ACCESS), of winioctl.h */
#define RIGSHIM_IOCTL(n) (0x22u << 16 | 3u << 14 | (0x800u + (n)) << 2)

/* Out: struct rigshim_info. */
#define RIGSHIM_IOCTL_VERSION  RIGSHIM_IOCTL(0)
/*
 * In: struct rig_marker, as long as its `length` says (128..256). Written as
 * it is, but for RIG_MARKER_SHIM in `thread`, which is cleared, and for the
 * position, which is filled in where scenario and cycle are both 0.
 */
#define RIGSHIM_IOCTL_MARKER   RIGSHIM_IOCTL(1)
/*
 * In and out: struct rig_command: arm a device fault, fence, link, occasions.
 * Its `result` is the tap's answer, 0 or a negative errno of Linux.
 */
#define RIGSHIM_IOCTL_COMMAND  RIGSHIM_IOCTL(2)
/* In: struct rigshim_position: goes into every marker from here on. */
#define RIGSHIM_IOCTL_POSITION RIGSHIM_IOCTL(3)
/* Out: struct rigshim_counts. */
#define RIGSHIM_IOCTL_COUNTS   RIGSHIM_IOCTL(4)
/* Nothing in or out: end the stream (RIG_EV_END). Nothing comes after it. */
#define RIGSHIM_IOCTL_END      RIGSHIM_IOCTL(5)

struct rigshim_info {
    uint32_t version;        /* RIGSHIM_VERSION of the shim */
    uint32_t stream_version; /* RIG_STREAM_VERSION of the tap */
    uint32_t apis;           /* number of RIGSHIM_APIS */
    uint32_t handlers;       /* number of RIGSHIM_HANDLERS */
};

struct rigshim_position {
    uint32_t scenario;       /* 1-based number in the plan; 0: outside any */
    uint32_t cycle;          /* 1-based number in it; 0: outside any */
};

/* Since the tap was started. */
struct rigshim_counts {
    uint64_t written;        /* markers, whoever asked for them */
    uint64_t dropped;        /* of instrumented drivers, for want of a tap or
                                of room in a table: the stream has a gap */
    uint32_t drivers;        /* instrumented drivers registered with NDIS now */
    uint32_t unhooked;       /* that came when RIGSHIM_DRIVERS were there: only
                                their API calls are marked */
};

_Static_assert(sizeof(struct rigshim_info) == 16, "info");
_Static_assert(sizeof(struct rigshim_position) == 8, "position");
_Static_assert(sizeof(struct rigshim_counts) == 24, "counts");

/* --- limits -------------------------------------------------------------- */

/* Instrumented drivers that are registered with NDIS at once. */
#define RIGSHIM_DRIVERS  8u
/* Adapters of them that are initialised at once. */
#define RIGSHIM_ADAPTERS 16u
/* Threads that are inside hooked calls at once; numbered 1... */
#define RIGSHIM_THREADS  63u

/* Slots of the tap that the shim writes to; those below are the agent's. */
#define RIGSHIM_SLOT_FIRST 32u

/* --- what is hooked ---------------------------------------------------------
 * X(name, result, arguments, object, scalars): functions of NDIS.SYS that the
 * shim exports under their own names. A call of one is marked by API_ENTER and
 * API_LEAVE, like the NDIS host's own markers: `object` 1..4 is the argument
 * that is a handle (0: none), bit n of `scalars` says that argument n is shown
 * in arg[n], the others are shown as 0. LEAVE has the status, and the new
 * handle, if there is one, as object.
 */
enum rigshim_result {
    RIGSHIM_VOID,            /* returns nothing: status 0 */
    RIGSHIM_STATUS,          /* NDIS_STATUS */
    RIGSHIM_BOOLEAN,
};

#define RIGSHIM_APIS(X)                                          \
    X(NdisMRegisterMiniportDriver, RIGSHIM_STATUS, 5, 0, 0)      \
    X(NdisMDeregisterMiniportDriver, RIGSHIM_VOID, 1, 1, 1)      \
    X(NdisSetOptionalHandlers, RIGSHIM_STATUS, 2, 1, 1)          \
    X(NdisMSetMiniportAttributes, RIGSHIM_STATUS, 2, 0, 1)       \
    X(NdisMRegisterInterruptEx, RIGSHIM_STATUS, 4, 0, 1)         \
    X(NdisMDeregisterInterruptEx, RIGSHIM_VOID, 1, 1, 1)         \
    X(NdisMSynchronizeWithInterruptEx, RIGSHIM_BOOLEAN, 4, 1, 3) \
    X(NdisMConfigMSIXTableEntry, RIGSHIM_STATUS, 2, 0, 1)        \
    X(NdisMRegisterScatterGatherDma, RIGSHIM_STATUS, 3, 0, 1)    \
    X(NdisMDeregisterScatterGatherDma, RIGSHIM_VOID, 1, 1, 1)    \
    X(NdisMPauseComplete, RIGSHIM_VOID, 1, 0, 1)                 \
    X(NdisMRestartComplete, RIGSHIM_VOID, 2, 0, 3)               \
    X(NdisMResetComplete, RIGSHIM_VOID, 3, 0, 7)                 \
    X(NdisMRemoveMiniport, RIGSHIM_STATUS, 1, 0, 1)

/*
 * Exported, too, but not marked: it gives the wrapper where a driver looks up
 * one of the functions above at run time.
 */
#define RIGSHIM_LOOKUP "NdisGetRoutineAddress"

/*
 * X(name, member, result, arguments, value): miniport handlers, in the copy of
 * the characteristics that NDIS is given; `member` of
 * NDIS_MINIPORT_DRIVER_CHARACTERISTICS. Marked by CALLBACK_ENTER and LEAVE;
 * argument `value` 1..4 is shown in arg[0], 0: none;
 * MiniportDevicePnPEventNotify shows the event. MiniportInitializeEx and
 * MiniportHaltEx have the adapter's handle as object.
 */
#define RIGSHIM_HANDLERS(X)                                                    \
    X(MiniportSetOptions, SetOptionsHandler, RIGSHIM_STATUS, 2, 0)             \
    X(MiniportInitializeEx, InitializeHandlerEx, RIGSHIM_STATUS, 3, 0)         \
    X(MiniportHaltEx, HaltHandlerEx, RIGSHIM_VOID, 2, 2)                       \
    X(MiniportDriverUnload, UnloadHandler, RIGSHIM_VOID, 1, 0)                 \
    X(MiniportPause, PauseHandler, RIGSHIM_STATUS, 2, 0)                       \
    X(MiniportRestart, RestartHandler, RIGSHIM_STATUS, 2, 0)                   \
    X(MiniportResetEx, ResetHandlerEx, RIGSHIM_STATUS, 2, 0)                   \
    X(MiniportDevicePnPEventNotify, DevicePnPEventNotifyHandler, RIGSHIM_VOID, \
      2, 0)                                                                    \
    X(MiniportShutdownEx, ShutdownHandlerEx, RIGSHIM_VOID, 2, 2)

/* The same for NDIS_MINIPORT_PNP_CHARACTERISTICS, NdisSetOptionalHandlers. */
#define RIGSHIM_PNP_HANDLERS(X)                                                \
    X(MiniportAddDevice, MiniportAddDeviceHandler, RIGSHIM_STATUS, 2, 0)       \
    X(MiniportRemoveDevice, MiniportRemoveDeviceHandler, RIGSHIM_VOID, 1, 0)   \
    X(MiniportFilterResourceRequirements,                                      \
      MiniportFilterResourceRequirementsHandler, RIGSHIM_STATUS, 2, 0)         \
    X(MiniportStartDevice, MiniportStartDeviceHandler, RIGSHIM_STATUS, 2, 0)

#endif
