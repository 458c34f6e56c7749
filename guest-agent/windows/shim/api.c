/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wrappers of NDIS functions: what an instrumented driver calls instead.
 *
 * Each has the name of its function in the export table (rigshim.def), hands
 * its arguments on as they are, and marks the call before and after. Where it
 * is one that gives NDIS the driver's handlers, NDIS is given ours.
 */
#include "kernel.h"
#include "shim.h"

/* As functions of five arguments: the convention lets a callee ignore some. */
#define X(name, result, arguments, object, scalars) \
    extern DECLSPEC_IMPORT SHIM_FUNCTION name;
RIGSHIM_APIS(X)
#undef X
DECLSPEC_IMPORT PVOID NTAPI NdisGetRoutineAddress(PUNICODE_STRING Name);

enum {
#define X(name, result, arguments, object, scalars) SHIM_A_##name,
    RIGSHIM_APIS(X)
#undef X
    SHIM_APIS,
};

#define SHIM_ARGUMENTS 5

static const struct {
    PCSTR Name;
    UCHAR Result, Arguments, Object, Scalars;
} ShimApis[SHIM_APIS] = {
#define X(name, result, arguments, object, scalars) \
    [SHIM_A_##name] = { #name, result, arguments, object, scalars },
    RIGSHIM_APIS(X)
#undef X
};

static SHIM_FUNCTION *ShimFunctionOf(ULONG Api)
{
    switch (Api) {
#define X(name, result, arguments, object, scalars) \
    case SHIM_A_##name:                             \
        return name;
    RIGSHIM_APIS(X)
#undef X
    default:
        return NULL;
    }
}

/* What the LEAVE marker says besides: what the arguments point to. */
static VOID ShimDescribe(struct rig_marker *Marker, ULONG Api,
                         const ULONG_PTR *Argument)
{
    const NDIS_OBJECT_HEADER *header =
        (const NDIS_OBJECT_HEADER *)Argument[1];
    const NDIS_MSIX_CONFIG_PARAMETERS *msix =
        (const NDIS_MSIX_CONFIG_PARAMETERS *)Argument[1];

    if (!header) {
        return;
    }
    if (Api == SHIM_A_NdisMSetMiniportAttributes ||
        Api == SHIM_A_NdisSetOptionalHandlers) {
        Marker->arg[1] = header->Type;
    } else if (Api == SHIM_A_NdisMConfigMSIXTableEntry) {
        Marker->arg[1] = (ULONG64)msix->ConfigOperation;
        Marker->arg[2] = msix->TableEntry;
        Marker->arg[3] = msix->MessageNumber;
    }
}

/* Which argument points to the handle that a call makes; 0: none. */
static ULONG ShimHandleArgument(ULONG Api)
{
    switch (Api) {
    case SHIM_A_NdisMRegisterMiniportDriver:
        return 4;
    case SHIM_A_NdisMRegisterInterruptEx:
        return 3;
    case SHIM_A_NdisMRegisterScatterGatherDma:
        return 2;
    default:
        return 0;
    }
}

/* The context of an adapter is told before NDIS calls anything with it. */
static VOID ShimLearnContext(const ULONG_PTR *Argument)
{
    const NDIS_MINIPORT_ADAPTER_ATTRIBUTES *attributes =
        (const NDIS_MINIPORT_ADAPTER_ATTRIBUTES *)Argument[1];

    if (attributes && attributes->Header.Type ==
            NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES) {
        ShimAdapterContext((NDIS_HANDLE)Argument[0],
                           attributes->RegistrationAttributes
                               .MiniportAdapterContext);
    }
}

/* Arguments as NDIS is to get them; *Slot: see ShimDriverHook(). */
static VOID ShimBefore(ULONG Api, ULONG_PTR *Argument, ULONG *Slot)
{
    switch (Api) {
    case SHIM_A_NdisMRegisterMiniportDriver:
        Argument[3] = (ULONG_PTR)ShimDriverHook((PDRIVER_OBJECT)Argument[0],
                                                (PVOID)Argument[3], Slot);
        break;
    case SHIM_A_NdisSetOptionalHandlers:
        Argument[1] = (ULONG_PTR)ShimDriverHookPnp((NDIS_HANDLE)Argument[0],
                                                   (PVOID)Argument[1]);
        break;
    case SHIM_A_NdisMSetMiniportAttributes:
        ShimLearnContext(Argument);
        break;
    default:
        break;
    }
}

static VOID ShimAfter(ULONG Api, const ULONG_PTR *Argument, ULONG Slot,
                      ULONG64 Status)
{
    if (Api == SHIM_A_NdisMRegisterMiniportDriver) {
        ShimDriverRegistered(Slot, Status ? NULL
                                          : *(NDIS_HANDLE *)Argument[4]);
    } else if (Api == SHIM_A_NdisMDeregisterMiniportDriver) {
        ShimDriverGone((NDIS_HANDLE)Argument[0]);
    }
}

static ULONG64 ShimStatus(ULONG Result, ULONG_PTR Returned)
{
    return Result == RIGSHIM_VOID ? 0 : Result == RIGSHIM_BOOLEAN
           ? (UCHAR)Returned : (ULONG)Returned;
}

static ULONG_PTR ShimApi(ULONG Api, const VOID *ReturnAddress,
                         ULONG_PTR *Argument)
{
    SHIM_CALL call = { 0 };
    ULONG slot = RIGSHIM_DRIVERS, handle = ShimHandleArgument(Api), i;
    ULONG64 status;
    ULONG_PTR ret;

    ShimBefore(Api, Argument, &slot);
    for (i = 0; i < RIG_MARKER_ARGS; i++) {
        call.Marker.arg[i] = ShimApis[Api].Scalars & 1u << i ? Argument[i] : 0;
    }
    if (ShimApis[Api].Object) {
        call.Marker.object = Argument[ShimApis[Api].Object - 1];
    }
    call.Marker.caller = ShimCallSite(ReturnAddress);
    ShimEnter(&call, FALSE, ShimApis[Api].Name);
    ret = ShimFunctionOf(Api)(Argument[0], Argument[1], Argument[2],
                              Argument[3], Argument[4]);
    status = ShimStatus(ShimApis[Api].Result, ret);
    ShimDescribe(&call.Marker, Api, Argument);
    if (handle && !status) {
        call.Marker.object = *(const ULONG_PTR *)Argument[handle];
    }
    ShimLeave(&call, status);
    ShimAfter(Api, Argument, slot, status);
    return ret;
}

/* --- the exported functions ---------------------------------------------- */

#define SHIM_PARAMETERS_1 ULONG_PTR A
#define SHIM_PARAMETERS_2 SHIM_PARAMETERS_1, ULONG_PTR B
#define SHIM_PARAMETERS_3 SHIM_PARAMETERS_2, ULONG_PTR C
#define SHIM_PARAMETERS_4 SHIM_PARAMETERS_3, ULONG_PTR D
#define SHIM_PARAMETERS_5 SHIM_PARAMETERS_4, ULONG_PTR E
#define SHIM_VALUES_1 A
#define SHIM_VALUES_2 A, B
#define SHIM_VALUES_3 A, B, C
#define SHIM_VALUES_4 A, B, C, D
#define SHIM_VALUES_5 A, B, C, D, E

#define X(name, result, arguments, object, scalars)                       \
    ULONG_PTR NTAPI Shim##name(SHIM_PARAMETERS_##arguments);              \
    ULONG_PTR NTAPI Shim##name(SHIM_PARAMETERS_##arguments)               \
    {                                                                     \
        ULONG_PTR argument[SHIM_ARGUMENTS] = { SHIM_VALUES_##arguments }; \
                                                                          \
        return ShimApi(SHIM_A_##name, __builtin_return_address(0),        \
                       argument);                                         \
    }
RIGSHIM_APIS(X)
#undef X

static BOOLEAN ShimSameName(PCSTR Api, PCUNICODE_STRING Name)
{
    ULONG n = Name->Length / sizeof(WCHAR), i;

    for (i = 0; i < n && Api[i]; i++) {
        if (Name->Buffer[i] != (WCHAR)Api[i]) {
            return FALSE;
        }
    }
    return i == n && !Api[i];
}

PVOID ShimWrapperOf(PCUNICODE_STRING Name)
{
#define X(name, result, arguments, object, scalars)              \
    if (ShimSameName(ShimApis[SHIM_A_##name].Name, Name)) {      \
        return Shim##name;                                       \
    }
    RIGSHIM_APIS(X)
#undef X
    return NULL;
}

/* A function that this system's NDIS has not got is not given either. */
PVOID NTAPI ShimNdisGetRoutineAddress(PUNICODE_STRING Name);
PVOID NTAPI ShimNdisGetRoutineAddress(PUNICODE_STRING Name)
{
    PVOID real = NdisGetRoutineAddress(Name);
    PVOID wrapper = real && Name ? ShimWrapperOf(Name) : NULL;

    return wrapper ? wrapper : real;
}
