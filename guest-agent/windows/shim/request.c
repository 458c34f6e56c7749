/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What agent.exe asks for: RIGSHIM_IOCTL_*, each answered at once. */
#include "kernel.h"
#include "shim.h"

#define X(...) +1
#define SHIM_API_COUNT     (0 RIGSHIM_APIS(X))
#define SHIM_HANDLER_COUNT (0 RIGSHIM_HANDLERS(X) RIGSHIM_PNP_HANDLERS(X))

NTSTATUS NTAPI ShimOpenClose(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    return ShimComplete(Irp, SHIM_SUCCESS, 0);
}

static VOID ShimCopy(VOID *To, const VOID *From, ULONG Bytes)
{
    ULONG i;

    for (i = 0; i < Bytes; i++) {
        ((PUCHAR)To)[i] = ((const UCHAR *)From)[i];
    }
}

/* Give the caller `Bytes` bytes. */
static NTSTATUS ShimAnswer(PIRP Irp, ULONG Room, const VOID *Data, ULONG Bytes)
{
    if (Room < Bytes) {
        return ShimComplete(Irp, SHIM_BUFFER_TOO_SMALL, 0);
    }
    ShimCopy(Irp->AssociatedIrp.SystemBuffer, Data, Bytes);
    return ShimComplete(Irp, SHIM_SUCCESS, Bytes);
}

static NTSTATUS ShimDone(PIRP Irp, BOOLEAN Ready)
{
    return ShimComplete(Irp, Ready ? SHIM_SUCCESS : SHIM_NOT_READY, 0);
}

static NTSTATUS ShimVersion(PIRP Irp, ULONG Room)
{
    const struct rigshim_info info = {
        .version = RIGSHIM_VERSION,
        .stream_version = RIG_STREAM_VERSION,
        .apis = SHIM_API_COUNT,
        .handlers = SHIM_HANDLER_COUNT,
    };

    return ShimAnswer(Irp, Room, &info, sizeof(info));
}

/* The tap has the last word on its contents; the slot is only so large. */
static NTSTATUS ShimMarker(PIRP Irp, ULONG Length)
{
    const struct rig_marker *given = Irp->AssociatedIrp.SystemBuffer;
    struct rigshim_position position;
    struct rig_marker marker = { 0 };

    if (Length < RIG_MARKER_MIN || Length > sizeof(marker) || Length % 8 ||
        given->length != Length) {
        return ShimComplete(Irp, SHIM_INVALID_PARAMETER, 0);
    }
    ShimCopy(&marker, given, Length);
    marker.thread &= (USHORT)~RIG_MARKER_SHIM;
    if (!marker.scenario && !marker.cycle) {
        ShimGetPosition(&position);
        marker.scenario = position.scenario;
        marker.cycle = position.cycle;
    }
    return ShimDone(Irp, ShimTapMarker(&marker));
}

static NTSTATUS ShimCommand(PIRP Irp, ULONG Length, ULONG Room)
{
    struct rig_command command;

    if (Length != sizeof(command)) {
        return ShimComplete(Irp, SHIM_INVALID_PARAMETER, 0);
    }
    if (Room < sizeof(command)) {
        return ShimComplete(Irp, SHIM_BUFFER_TOO_SMALL, 0);
    }
    ShimCopy(&command, Irp->AssociatedIrp.SystemBuffer, sizeof(command));
    return ShimTapCommand(&command)
           ? ShimAnswer(Irp, Room, &command, sizeof(command))
           : ShimDone(Irp, FALSE);
}

static NTSTATUS ShimPositionRequest(PIRP Irp, ULONG Length)
{
    struct rigshim_position position;

    if (Length != sizeof(position)) {
        return ShimComplete(Irp, SHIM_INVALID_PARAMETER, 0);
    }
    ShimCopy(&position, Irp->AssociatedIrp.SystemBuffer, sizeof(position));
    ShimSetPosition(&position);
    return ShimDone(Irp, ShimTapReady());
}

static NTSTATUS ShimCountsRequest(PIRP Irp, ULONG Room)
{
    struct rigshim_counts counts;

    ShimTapCounts(&counts);
    ShimDriverCounts(&counts);
    return ShimAnswer(Irp, Room, &counts, sizeof(counts));
}

NTSTATUS NTAPI ShimRequest(PDEVICE_OBJECT Device, PIRP Irp)
{
    const IO_STACK_LOCATION *s = IoGetCurrentIrpStackLocation(Irp);
    ULONG in = s->Parameters.DeviceIoControl.InputBufferLength;
    ULONG out = s->Parameters.DeviceIoControl.OutputBufferLength;

    UNREFERENCED_PARAMETER(Device);
    switch (s->Parameters.DeviceIoControl.IoControlCode) {
    case RIGSHIM_IOCTL_VERSION:
        return ShimVersion(Irp, out);
    case RIGSHIM_IOCTL_MARKER:
        return ShimMarker(Irp, in);
    case RIGSHIM_IOCTL_COMMAND:
        return ShimCommand(Irp, in, out);
    case RIGSHIM_IOCTL_POSITION:
        return ShimPositionRequest(Irp, in);
    case RIGSHIM_IOCTL_COUNTS:
        return ShimCountsRequest(Irp, out);
    case RIGSHIM_IOCTL_END:
        return ShimDone(Irp, ShimTapEnd());
    default:
        return ShimComplete(Irp, SHIM_INVALID_REQUEST, 0);
    }
}
