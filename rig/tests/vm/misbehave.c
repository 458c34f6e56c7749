/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small miniport that does one thing no driver may do: crash, loop, stop the
 * system, or call what nobody implements. MISBEHAVE chooses which and where;
 * from FAST_FAIL on it is in MiniportInitializeEx, the interrupt registered.
 *
 * It never touches the device; it is here to show that the rig survives it.
 */
#include <ndis.h>

#define CRASH_IN_INIT      1
#define CRASH_IN_HALT      2 /* with the interrupt still registered */
#define LOOP_IN_INIT       3
#define LOOP_IN_HALT       4 /* sleeping, with the interrupt registered */
#define BUGCHECK_IN_INIT   5
#define UNKNOWN_IMPORT     6
#define FAIL_DRIVER_ENTRY  7
#define FAST_FAIL          8
#define STOP_SYSTEM        9
#define LOOP_AT_DISPATCH  10
#define LOOP_IN_DPC       11
#define WAIT_FOR_EVER     12
#define LOCK_TWICE        13
#define STACK_OVERFLOW    14
#define JUMP_TO_NULL      15
#define WRITE_TO_CODE     16
#define EXECUTE_DATA      17
#define DIVIDE_BY_ZERO    18
#define HALT_PROCESSOR    19
#define FREE_WHAT_IS_NOT  20
#define LEAVE_PROCESS     21 /* Linux's exit_group(0), behind the host's back */
#define LEAVE_THREAD      22 /* and exit(0) */
#define PAUSE_FOR_EVER    23
#define OID_FOR_EVER      24
#define TOUCH_IN_D3       25 /* power management-aware, but for its timer */
#define OID_TILL_CANCEL   26 /* which is slow, and no more than that */
#define HANG_ONCE         27 /* found by a check while the driver waits */
#define REMOVE_ITSELF     28 /* in a DPC while it runs */
#define KILL_AGENT        29 /* the guest's kernel, and its PID 1 with it */
#define SINES             30 /* a bug check that tells their last bits */

#ifndef MISBEHAVE
#error "MISBEHAVE is not defined"
#endif

#if MISBEHAVE == UNKNOWN_IMPORT
__declspec(dllimport) NTSTATUS NTAPI ZwCreateSection(PVOID *Section,
                                                     ULONG Access,
                                                     PVOID Attributes,
                                                     PVOID MaximumSize,
                                                     ULONG Protection,
                                                     ULONG Allocation,
                                                     PVOID File);
#endif

DRIVER_INITIALIZE DriverEntry;

static NDIS_HANDLE DriverHandle, AdapterHandle, InterruptHandle;

#if MISBEHAVE == OID_TILL_CANCEL
static PNDIS_OID_REQUEST PendingOid;
#endif

#if MISBEHAVE == CRASH_IN_INIT || MISBEHAVE == CRASH_IN_HALT
/* Volatile, or the compiler would see that it points nowhere. */
static volatile ULONG *volatile Nowhere = (volatile ULONG *)0x18;
#endif

static BOOLEAN NTAPI Isr(NDIS_HANDLE Context, PBOOLEAN QueueDpc,
                         PULONG TargetProcessors)
{
    UNREFERENCED_PARAMETER(Context);
    *QueueDpc = FALSE;
    *TargetProcessors = 0;
    return FALSE;
}

static BOOLEAN NTAPI MessageIsr(NDIS_HANDLE Context, ULONG MessageId,
                                PBOOLEAN QueueDpc, PULONG TargetProcessors)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(MessageId);
    *QueueDpc = FALSE;
    *TargetProcessors = 0;
    return TRUE;
}

static VOID NTAPI Dpc(NDIS_HANDLE Context, PVOID DpcContext, PVOID Parameters,
                      PVOID Reserved)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(DpcContext);
    UNREFERENCED_PARAMETER(Parameters);
    UNREFERENCED_PARAMETER(Reserved);
}

static VOID NTAPI MessageDpc(NDIS_HANDLE Context, ULONG MessageId,
                             PVOID DpcContext, PVOID Parameters,
                             PVOID Reserved)
{
    UNREFERENCED_PARAMETER(MessageId);
    Dpc(Context, DpcContext, Parameters, Reserved);
}

static VOID NTAPI Toggle(NDIS_HANDLE Context)
{
    UNREFERENCED_PARAMETER(Context);
}

static VOID NTAPI ToggleMessage(NDIS_HANDLE Context, ULONG MessageId)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(MessageId);
}

static NDIS_STATUS RegisterInterrupt(NDIS_HANDLE Adapter)
{
    NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS c;

    NdisZeroMemory(&c, sizeof(c));
    c.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT;
    c.Header.Revision = NDIS_MINIPORT_INTERRUPT_REVISION_1;
    c.Header.Size = NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1;
    c.InterruptHandler = Isr;
    c.InterruptDpcHandler = Dpc;
    c.DisableInterruptHandler = Toggle;
    c.EnableInterruptHandler = Toggle;
    c.MsiSupported = TRUE;
    c.MessageInterruptHandler = MessageIsr;
    c.MessageInterruptDpcHandler = MessageDpc;
    c.DisableMessageInterruptHandler = ToggleMessage;
    c.EnableMessageInterruptHandler = ToggleMessage;
    return NdisMRegisterInterruptEx(Adapter, NULL, &c, &InterruptHandle);
}

/* --- power ------------------------------------------------------------------ */

#if MISBEHAVE == TOUCH_IN_D3
#define TOUCH_AFTER (-50000ll) /* 5 ms, in 100 ns: the function is in D3 then */

static volatile ULONG *Register;
static KTIMER Timer;
static KDPC TimerDpc;
static volatile ULONG InD3;

static VOID NTAPI Touch(struct _KDPC *Self, PVOID Context, PVOID A1, PVOID A2)
{
    UNREFERENCED_PARAMETER(Self);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(A1);
    UNREFERENCED_PARAMETER(A2);
    *Register = 0x12345678; /* is lost */
    InD3 = *Register;
}

static NDIS_STATUS MapRegister(NDIS_HANDLE Adapter, PNDIS_RESOURCE_LIST List)
{
    PVOID va = NULL;
    ULONG i;

    KeInitializeTimer(&Timer);
    KeInitializeDpc(&TimerDpc, Touch, NULL);
    for (i = 0; i < List->Count && va == NULL; i++) {
        if (List->PartialDescriptors[i].Type == CmResourceTypeMemory) {
            NdisMMapIoSpace(&va, Adapter,
                            List->PartialDescriptors[i].u.Memory.Start, 4096);
        }
    }
    Register = va;
    return va == NULL ? NDIS_STATUS_RESOURCES : NDIS_STATUS_SUCCESS;
}

/* In D3 the register read all ones; in D0 it is a register again. */
static NDIS_STATUS SetPower(NDIS_DEVICE_POWER_STATE State)
{
    LARGE_INTEGER due;

    if (State == NdisDeviceStateD3) {
        due.QuadPart = TOUCH_AFTER;
        KeSetTimer(&Timer, due, &TimerDpc);
        return NDIS_STATUS_SUCCESS;
    }
    return InD3 == 0xffffffff && *Register != 0xffffffff
               ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}
#endif

/* --- check for hang, removal ------------------------------------------------ */

#if MISBEHAVE == HANG_ONCE
#define RESET_WITHIN_MS 5000 /* checks come every 2 s */

static NDIS_EVENT ResetDone;
static volatile LONG Hung = TRUE;

static BOOLEAN NTAPI CheckForHang(NDIS_HANDLE Context)
{
    UNREFERENCED_PARAMETER(Context);
    return InterlockedExchange(&Hung, FALSE) != 0;
}

static NDIS_STATUS NTAPI Reset(NDIS_HANDLE Context, PBOOLEAN AddressingReset)
{
    UNREFERENCED_PARAMETER(Context);
    *AddressingReset = FALSE;
    NdisSetEvent(&ResetDone);
    return NDIS_STATUS_SUCCESS;
}
#elif MISBEHAVE == REMOVE_ITSELF
static KDPC RemoveDpc;

static VOID NTAPI Remove(struct _KDPC *Self, PVOID Context, PVOID A1, PVOID A2)
{
    UNREFERENCED_PARAMETER(Self);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(A1);
    UNREFERENCED_PARAMETER(A2);
    NdisMRemoveMiniport(AdapterHandle);
}
#endif

/* --- with the interrupt registered ----------------------------------------- */

#if MISBEHAVE == LOOP_IN_DPC
static KDPC LoopDpc;

static VOID NTAPI LoopForEver(struct _KDPC *Self, PVOID Context, PVOID A1,
                              PVOID A2)
{
    UNREFERENCED_PARAMETER(Self);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(A1);
    UNREFERENCED_PARAMETER(A2);
    for (;;) {
        __asm__ volatile("pause");
    }
}
#elif MISBEHAVE == STACK_OVERFLOW
static volatile ULONG Bottom; /* never reached */

static __attribute__((noinline, noclone)) ULONG Recurse(ULONG Depth)
{
    volatile UCHAR frame[512];

    frame[Depth % sizeof(frame)] = (UCHAR)Depth;
    if (Depth + 1 == Bottom) {
        return Depth;
    }
    return Recurse(Depth + 1) + frame[Depth % sizeof(frame)];
}
#elif MISBEHAVE == EXECUTE_DATA
static UCHAR Data[16] = { 0xc3 }; /* ret */
#elif MISBEHAVE == SINES
#define SINES_ARGUMENTS 10000

static ULONG64 Add(ULONG64 Sum, double Value)
{
    ULONG64 bits;

    __builtin_memcpy(&bits, &Value, sizeof(bits));
    return (Sum ^ bits) * 1099511628211ull; /* the prime of FNV-1a, 64 bits */
}

/* So many that some come out otherwise where the host's C library rounds
   otherwise. */
static VOID StopWithSines(VOID)
{
    ULONG64 random = 88172645463325252ull, sums[3] = { 0, 0, 0 };

    for (ULONG i = 0; i < SINES_ARGUMENTS; i++) {
        double value[3];

        random ^= random << 13; /* Marsaglia's xorshift64 */
        random ^= random >> 7;
        random ^= random << 17;
        value[0] = (double)(LONG64)random * 0x1p-58; /* -32 to 32 */
        __asm__ volatile("fldl %3; fsincos; fstpl %0; fstpl %1;"
                         "fldl %3; fptan; fstp %%st(0); fstpl %2"
                         : "=m"(value[1]), "=m"(value[2]), "=m"(value[0])
                         : "m"(value[0]) : "st", "st(1)");
        for (ULONG k = 0; k < 3; k++) {
            sums[k] = Add(sums[k], value[k]);
        }
    }
    KeBugCheckEx(0xE2, sums[0], sums[1], sums[2], 0);
}
#endif

/* Not inlined, so that the stack has a call in it. */
static __attribute__((noinline)) VOID Misbehave(VOID)
{
#if MISBEHAVE == FAST_FAIL
    __asm__ volatile("int $0x29" : : "c"(3));
#elif MISBEHAVE == STOP_SYSTEM
    KeBugCheck(0xE2);
#elif MISBEHAVE == LOOP_AT_DISPATCH
    KIRQL irql;

    NDIS_RAISE_IRQL_TO_DISPATCH(&irql);
    for (;;) {
        __asm__ volatile("pause");
    }
#elif MISBEHAVE == LOOP_IN_DPC
    KeInitializeDpc(&LoopDpc, LoopForEver, NULL);
    KeInsertQueueDpc(&LoopDpc, NULL, NULL);
    NdisMSleep(1000);
#elif MISBEHAVE == WAIT_FOR_EVER
    NDIS_EVENT event;

    NdisInitializeEvent(&event);
    NdisWaitEvent(&event, 0);
#elif MISBEHAVE == LOCK_TWICE
    NDIS_SPIN_LOCK lock;

    NdisAllocateSpinLock(&lock);
    NdisAcquireSpinLock(&lock);
    NdisAcquireSpinLock(&lock);
#elif MISBEHAVE == STACK_OVERFLOW
    Bottom = Recurse(0);
#elif MISBEHAVE == JUMP_TO_NULL
    VOID(*volatile nowhere)(VOID) = NULL;

    nowhere();
#elif MISBEHAVE == WRITE_TO_CODE
    *(volatile UCHAR *)(ULONG_PTR)&Misbehave = 0xcc;
#elif MISBEHAVE == EXECUTE_DATA
    ((VOID(*)(VOID))(ULONG_PTR)Data)();
#elif MISBEHAVE == DIVIDE_BY_ZERO
    ULONG low = 1, high = 0;

    __asm__ volatile("divl %2" : "+a"(low), "+d"(high) : "r"(0) : "cc");
#elif MISBEHAVE == HALT_PROCESSOR
    __asm__ volatile("hlt");
#elif MISBEHAVE == FREE_WHAT_IS_NOT
    ULONG local = 0;

    NdisFreeMemory(&local, sizeof(local), 0);
#elif MISBEHAVE == LEAVE_PROCESS
    __asm__ volatile("syscall" : : "a"(231), "D"(0) : "rcx", "r11", "memory");
#elif MISBEHAVE == LEAVE_THREAD
    __asm__ volatile("syscall" : : "a"(60), "D"(0) : "rcx", "r11", "memory");
#elif MISBEHAVE == KILL_AGENT
    static const char file[] = "/proc/sysrq-trigger";
    ULONG64 fd;

    /* Linux's open(file, O_WRONLY), and write(fd, "c", 1): a crash. */
    __asm__ volatile("syscall" : "=a"(fd) : "0"(2ull), "D"(file), "S"(1ull),
                     "d"(0ull) : "rcx", "r11", "memory");
    __asm__ volatile("syscall" : "=a"(fd) : "0"(1ull), "D"(fd), "S"("c"),
                     "d"(1ull) : "rcx", "r11", "memory");
#elif MISBEHAVE == SINES
    StopWithSines();
#endif
}

static NDIS_STATUS SetAttributes(NDIS_HANDLE Adapter)
{
    NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES a;

    NdisZeroMemory(&a, sizeof(a));
    a.Header.Type =
        NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES;
    a.Header.Revision = NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
    a.Header.Size =
        NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
    a.MiniportAdapterContext = &InterruptHandle;
    a.AttributeFlags = NDIS_MINIPORT_ATTRIBUTES_HARDWARE_DEVICE |
                       NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER;
#if MISBEHAVE == TOUCH_IN_D3
    a.AttributeFlags |= NDIS_MINIPORT_ATTRIBUTES_NO_HALT_ON_SUSPEND;
#endif
    a.InterfaceType = NdisInterfacePci;
    return NdisMSetMiniportAttributes(
        Adapter, (PNDIS_MINIPORT_ADAPTER_ATTRIBUTES)&a);
}

static NDIS_STATUS NTAPI InitializeEx(NDIS_HANDLE Adapter, NDIS_HANDLE Context,
                                      PNDIS_MINIPORT_INIT_PARAMETERS Params)
{
    NDIS_STATUS status = SetAttributes(Adapter);

    AdapterHandle = Adapter;
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Params);
    if (status != NDIS_STATUS_SUCCESS) {
        return status;
    }
#if MISBEHAVE == CRASH_IN_INIT
    *Nowhere = 1;
#elif MISBEHAVE == LOOP_IN_INIT
    for (;;) {
        __asm__ volatile("pause");
    }
#elif MISBEHAVE == BUGCHECK_IN_INIT
    KeBugCheckEx(0xE2, 1, 2, 3, 4);
#elif MISBEHAVE == UNKNOWN_IMPORT
    {
        PVOID section;

        return ZwCreateSection(&section, 0, NULL, NULL, 0, 0, NULL);
    }
#endif
#if MISBEHAVE == TOUCH_IN_D3
    status = MapRegister(Adapter, Params->AllocatedResources);
    if (status != NDIS_STATUS_SUCCESS) {
        return status;
    }
#endif
#if MISBEHAVE == HANG_ONCE
    NdisInitializeEvent(&ResetDone);
#endif
    status = RegisterInterrupt(Adapter);
    Misbehave();
    return status;
}

static VOID NTAPI HaltEx(NDIS_HANDLE Context, NDIS_HALT_ACTION Action)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Action);
#if MISBEHAVE == CRASH_IN_HALT
    *Nowhere = 1;
#elif MISBEHAVE == LOOP_IN_HALT
    for (;;) {
        NdisMSleep(1000);
    }
#endif
#if MISBEHAVE == TOUCH_IN_D3
    NdisMUnmapIoSpace(AdapterHandle, (PVOID)(ULONG_PTR)Register, 4096);
#endif
    NdisMDeregisterInterruptEx(InterruptHandle);
}

static NDIS_STATUS NTAPI Restart(NDIS_HANDLE Context,
                                 PNDIS_MINIPORT_RESTART_PARAMETERS Params)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Params);
#if MISBEHAVE == HANG_ONCE
    if (!NdisWaitEvent(&ResetDone, RESET_WITHIN_MS)) {
        return NDIS_STATUS_FAILURE;
    }
#elif MISBEHAVE == REMOVE_ITSELF
    KeInitializeDpc(&RemoveDpc, Remove, NULL);
    KeInsertQueueDpc(&RemoveDpc, NULL, NULL);
#endif
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS NTAPI Pause(NDIS_HANDLE Context,
                               PNDIS_MINIPORT_PAUSE_PARAMETERS Params)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Params);
    return MISBEHAVE == PAUSE_FOR_EVER ? NDIS_STATUS_PENDING
                                       : NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS NTAPI OidRequest(NDIS_HANDLE Context,
                                    PNDIS_OID_REQUEST Request)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Request);
#if MISBEHAVE == TOUCH_IN_D3
    if (Request->RequestType == NdisRequestSetInformation &&
        Request->DATA.SET_INFORMATION.Oid == OID_PNP_SET_POWER) {
        return SetPower(*(NDIS_DEVICE_POWER_STATE *)
                            Request->DATA.SET_INFORMATION.InformationBuffer);
    }
#elif MISBEHAVE == OID_TILL_CANCEL
    PendingOid = Request;
    return NDIS_STATUS_PENDING;
#endif
    return MISBEHAVE == OID_FOR_EVER ? NDIS_STATUS_PENDING
                                     : NDIS_STATUS_NOT_SUPPORTED;
}

static VOID NTAPI CancelOid(NDIS_HANDLE Context, PVOID RequestId)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(RequestId);
#if MISBEHAVE == OID_TILL_CANCEL
    if (PendingOid->RequestId == RequestId) {
        NdisMOidRequestComplete(AdapterHandle, PendingOid,
                                NDIS_STATUS_REQUEST_ABORTED);
    }
#endif
}

static VOID NTAPI Send(NDIS_HANDLE Context, PNET_BUFFER_LIST Lists,
                       NDIS_PORT_NUMBER Port, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Lists);
    UNREFERENCED_PARAMETER(Port);
    UNREFERENCED_PARAMETER(Flags);
}

static VOID NTAPI Return(NDIS_HANDLE Context, PNET_BUFFER_LIST Lists,
                         ULONG Flags)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Lists);
    UNREFERENCED_PARAMETER(Flags);
}

static VOID NTAPI CancelSend(NDIS_HANDLE Context, PVOID Id)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Id);
}

static VOID NTAPI PnPEvent(NDIS_HANDLE Context, PNET_DEVICE_PNP_EVENT Event)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Event);
}

static VOID NTAPI Shutdown(NDIS_HANDLE Context, NDIS_SHUTDOWN_ACTION Action)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Action);
}

static VOID NTAPI Unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    NdisMDeregisterMiniportDriver(DriverHandle);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject,
                           PUNICODE_STRING RegistryPath)
{
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS c;

#if MISBEHAVE == FAIL_DRIVER_ENTRY
    UNREFERENCED_PARAMETER(c);
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    return NDIS_STATUS_RESOURCES;
#endif
    NdisZeroMemory(&c, sizeof(c));
    c.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS;
    c.Header.Revision = NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2;
    c.Header.Size = NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2;
    c.MajorNdisVersion = 6;
    c.MinorNdisVersion = 30;
    c.InitializeHandlerEx = InitializeEx;
    c.HaltHandlerEx = HaltEx;
    c.UnloadHandler = Unload;
    c.PauseHandler = Pause;
    c.RestartHandler = Restart;
    c.OidRequestHandler = OidRequest;
    c.CancelOidRequestHandler = CancelOid;
    c.SendNetBufferListsHandler = Send;
    c.ReturnNetBufferListsHandler = Return;
    c.CancelSendHandler = CancelSend;
    c.DevicePnPEventNotifyHandler = PnPEvent;
    c.ShutdownHandlerEx = Shutdown;
#if MISBEHAVE == HANG_ONCE
    c.CheckForHangHandlerEx = CheckForHang;
    c.ResetHandlerEx = Reset;
#endif
    return NdisMRegisterMiniportDriver(DriverObject, RegistryPath, NULL, &c,
                                       &DriverHandle);
}
