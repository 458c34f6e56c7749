/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wrappers of miniport handlers: what NDIS calls instead of a driver's.
 *
 * A handler is not told which driver it is of, so every slot of driver.c has
 * wrappers of its own, all of them code of this image: nothing is generated at
 * run time, which Windows with memory integrity would not allow.
 */
#include "kernel.h"
#include "shim.h"

#define X(name, member, result, arguments, value)                       \
    [SHIM_H_##name] = { #name,                                          \
        offsetof(NDIS_MINIPORT_DRIVER_CHARACTERISTICS, member), result, \
        value, FALSE },
#define Y(name, member, result, arguments, value)                       \
    [SHIM_H_##name] = { #name,                                          \
        offsetof(NDIS_MINIPORT_PNP_CHARACTERISTICS, member), result,    \
        value, TRUE },
const SHIM_HANDLER ShimHandlers[SHIM_HANDLERS] = {
    RIGSHIM_HANDLERS(X)
    RIGSHIM_PNP_HANDLERS(Y)
};
#undef X
#undef Y

/* Handle of the adapter that it is about, as far as the monitor needs it. */
static NDIS_HANDLE ShimAbout(ULONG Handler, const ULONG_PTR *Argument)
{
    switch (Handler) {
    case SHIM_H_MiniportInitializeEx:
        return (NDIS_HANDLE)Argument[0];
    case SHIM_H_MiniportHaltEx:
        return ShimAdapterFind((NDIS_HANDLE)Argument[0]);
    default:
        return NULL;
    }
}

static ULONG64 ShimValue(ULONG Handler, const ULONG_PTR *Argument)
{
    if (Handler == SHIM_H_MiniportDevicePnPEventNotify) {
        return (ULONG64)((PNET_DEVICE_PNP_EVENT)Argument[1])->DevicePnPEvent;
    }
    return ShimHandlers[Handler].Value
           ? (ULONG)Argument[ShimHandlers[Handler].Value - 1] : 0;
}

static ULONG_PTR ShimHandler(ULONG Slot, ULONG Handler, ULONG_PTR A,
                             ULONG_PTR B, ULONG_PTR C)
{
    const ULONG_PTR argument[] = { A, B, C };
    SHIM_FUNCTION *original = ShimOriginal(Slot, Handler);
    NDIS_HANDLE about = ShimAbout(Handler, argument);
    SHIM_CALL call = { 0 };
    ULONG64 status;
    ULONG_PTR ret;

    if (Handler == SHIM_H_MiniportInitializeEx) {
        ShimAdapterBegin(about);
    }
    call.Marker.object = (ULONG64)(ULONG_PTR)about;
    call.Marker.arg[0] = ShimValue(Handler, argument);
    ShimEnter(&call, TRUE, ShimHandlers[Handler].Name);
    ret = original(A, B, C, 0, 0);
    status = ShimHandlers[Handler].Result == RIGSHIM_VOID ? 0 : (ULONG)ret;
    call.Marker.arg[0] = 0;
    ShimLeave(&call, status);
    if (Handler == SHIM_H_MiniportHaltEx ||
        (Handler == SHIM_H_MiniportInitializeEx && status)) {
        ShimAdapterEnd(about);
    }
    return ret;
}

/*
 * With the handler's own number of arguments and no more: where a function says
 * that it has arguments on the stack, the compiler may use their place, which a
 * caller that passes fewer has other plans for.
 */
#define PARAMETERS_1 ULONG_PTR A
#define PARAMETERS_2 PARAMETERS_1, ULONG_PTR B
#define PARAMETERS_3 PARAMETERS_2, ULONG_PTR C
#define VALUES_1 A, 0, 0
#define VALUES_2 A, B, 0
#define VALUES_3 A, B, C
#define WRAPPER(slot, name, arguments)                                     \
    static ULONG_PTR NTAPI Shim##slot##name(PARAMETERS_##arguments)        \
    {                                                                      \
        return ShimHandler(slot, SHIM_H_##name, VALUES_##arguments);       \
    }
#define X0(name, member, result, arguments, value) WRAPPER(0, name, arguments)
#define X1(name, member, result, arguments, value) WRAPPER(1, name, arguments)
#define X2(name, member, result, arguments, value) WRAPPER(2, name, arguments)
#define X3(name, member, result, arguments, value) WRAPPER(3, name, arguments)
#define X4(name, member, result, arguments, value) WRAPPER(4, name, arguments)
#define X5(name, member, result, arguments, value) WRAPPER(5, name, arguments)
#define X6(name, member, result, arguments, value) WRAPPER(6, name, arguments)
#define X7(name, member, result, arguments, value) WRAPPER(7, name, arguments)
#define SLOT(x) RIGSHIM_HANDLERS(x) RIGSHIM_PNP_HANDLERS(x)
SLOT(X0) SLOT(X1) SLOT(X2) SLOT(X3) SLOT(X4) SLOT(X5) SLOT(X6) SLOT(X7)

C_ASSERT(RIGSHIM_DRIVERS == 8);

#define Y0(name, ...) [SHIM_H_##name] = (PVOID)Shim0##name,
#define Y1(name, ...) [SHIM_H_##name] = (PVOID)Shim1##name,
#define Y2(name, ...) [SHIM_H_##name] = (PVOID)Shim2##name,
#define Y3(name, ...) [SHIM_H_##name] = (PVOID)Shim3##name,
#define Y4(name, ...) [SHIM_H_##name] = (PVOID)Shim4##name,
#define Y5(name, ...) [SHIM_H_##name] = (PVOID)Shim5##name,
#define Y6(name, ...) [SHIM_H_##name] = (PVOID)Shim6##name,
#define Y7(name, ...) [SHIM_H_##name] = (PVOID)Shim7##name,
const PVOID ShimWrappers[RIGSHIM_DRIVERS][SHIM_HANDLERS] = {
    { SLOT(Y0) }, { SLOT(Y1) }, { SLOT(Y2) }, { SLOT(Y3) },
    { SLOT(Y4) }, { SLOT(Y5) }, { SLOT(Y6) }, { SLOT(Y7) },
};
