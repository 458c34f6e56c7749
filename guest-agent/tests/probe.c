/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The probe: a miniport without hardware that does, in MiniportInitializeEx,
 * what its registry value "Probe" says. Runs inside the NDIS host's tests.
 */
#include "ndis.h"
#include "probe.h"

NDIS_EXPORT(ULONG) NdisMReadDmaCounter(NDIS_HANDLE MiniportDmaHandle);

static NDIS_HANDLE driver_handle;
static NDIS_HANDLE adapter_handle, first_handle, remove_timer;
static NDIS_EVENT done;
static volatile LONG runs, hangs;
static volatile KIRQL dpc_irql;

/* Absolute pointers: the image needs base relocations. */
static const WCHAR probe_name[] = L"Probe";
const WCHAR *volatile names[] = { probe_name, L"Text", L"Number" };

#define CHECK(n, condition) \
    do { \
        if (!(condition)) { \
            return (NDIS_STATUS)(PROBE_FAILED + (n)); \
        } \
    } while (0)

/* --- configuration ---------------------------------------------------- */

static NDIS_STATUS open_configuration(PNDIS_HANDLE handle)
{
    NDIS_CONFIGURATION_OBJECT object;

    RtlZeroMemory(&object, sizeof(object));
    object.Header.Type = NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT;
    object.Header.Revision = NDIS_CONFIGURATION_OBJECT_REVISION_1;
    object.Header.Size = NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1;
    object.NdisHandle = adapter_handle;
    return NdisOpenConfigurationEx(&object, handle);
}

static PNDIS_CONFIGURATION_PARAMETER read(NDIS_HANDLE handle, int name,
                                          NDIS_PARAMETER_TYPE type)
{
    PNDIS_CONFIGURATION_PARAMETER value;
    NDIS_STATUS status;
    NDIS_STRING keyword;

    RtlInitUnicodeString(&keyword, names[name]);
    NdisReadConfiguration(&status, &value, handle, &keyword, type);
    return status == NDIS_STATUS_SUCCESS ? value : NULL;
}

static ULONG read_action(void)
{
    PNDIS_CONFIGURATION_PARAMETER value;
    NDIS_HANDLE handle;
    ULONG action = PROBE_NOTHING;

    if (open_configuration(&handle) == NDIS_STATUS_SUCCESS) {
        value = read(handle, 0, NdisParameterInteger);
        if (value) {
            action = value->ParameterData.IntegerData;
        }
        NdisCloseConfiguration(handle);
    }
    return action;
}

static NDIS_STATUS registry(void)
{
    PNDIS_CONFIGURATION_PARAMETER value;
    NDIS_HANDLE handle;

    CHECK(1, open_configuration(&handle) == NDIS_STATUS_SUCCESS);
    value = read(handle, 1, NdisParameterString);
    CHECK(2, value && value->ParameterData.StringData.Length == 6 &&
             value->ParameterData.StringData.Buffer[0] == L'a' &&
             value->ParameterData.StringData.Buffer[2] == L'c');
    value = read(handle, 2, NdisParameterInteger);
    CHECK(3, value && value->ParameterData.IntegerData == 42);
    value = read(handle, 2, NdisParameterHexInteger);
    CHECK(4, value && value->ParameterData.IntegerData == 0x42);
    CHECK(5, !read(handle, 1, NdisParameterInteger));
    NdisCloseConfiguration(handle);
    return NDIS_STATUS_SUCCESS;
}

/* --- IRQL and traps --------------------------------------------------- */

static void set_cr8(ULONG_PTR irql)
{
    __asm__ volatile("mov %0, %%cr8" : : "r"(irql) : "memory");
}

static NDIS_STATUS irql(void)
{
    KSPIN_LOCK lock;
    KIRQL old;

    KeInitializeSpinLock(&lock);
    CHECK(1, KeGetCurrentIrql() == PASSIVE_LEVEL);
    set_cr8(DISPATCH_LEVEL);
    CHECK(2, KeGetCurrentIrql() == DISPATCH_LEVEL);
    set_cr8(PASSIVE_LEVEL);
    old = KfRaiseIrql(HIGH_LEVEL);
    CHECK(3, old == PASSIVE_LEVEL && KeGetCurrentIrql() == HIGH_LEVEL);
    KeLowerIrql(old);
    old = KeAcquireSpinLockRaiseToDpc(&lock);
    CHECK(4, KeGetCurrentIrql() == DISPATCH_LEVEL && lock != 0);
    KeReleaseSpinLock(&lock, old);
    CHECK(5, KeGetCurrentIrql() == PASSIVE_LEVEL && lock == 0);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS shared_data(void)
{
    const volatile UCHAR *page = (const volatile UCHAR *)0xfffff78000000000ull;
    ULONG64 moffs, by_register, processor = 99;

    __asm__ volatile("movabs 0xfffff78000000014, %0" : "=a"(moffs));
    by_register = *(const volatile ULONG64 *)(page + 0x14);
    CHECK(1, moffs != 0 && by_register >= moffs);
    CHECK(2, *(const volatile ULONG *)(page + 0x26c) == 10);
    __asm__ volatile("movl %%gs:0x1a4, %k0" : "=r"(processor));
    CHECK(3, processor == 0);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS port(void)
{
    UCHAR value = 0;

    __asm__ volatile("outb %%al, %%dx" : : "a"('x'), "d"(0x3f8));
    __asm__ volatile("inb %%dx, %%al" : "=a"(value) : "d"(0x3f8));
    CHECK(1, value == 0xff);  /* nothing answers */
    return NDIS_STATUS_SUCCESS;
}

/* --- memory ----------------------------------------------------------- */

static PVOID allocate(UINT size)
{
    return NdisAllocateMemoryWithTagPriority(adapter_handle, size, 0x626f7250,
                                             NormalPoolPriority);
}

static NDIS_STATUS allocate_3(void)
{
    NDIS_STATUS failed = 0;
    PVOID p;

    for (int i = 0; i < 3; i++) {
        p = allocate(64);
        if (p) {
            NdisFreeMemory(p, 0, 0);
        } else {
            failed |= 1 << i;
        }
    }
    return failed;
}

static NDIS_STATUS bad_handles(void)
{
    const NDIS_HANDLE bad = (NDIS_HANDLE)0xaaaaaaaaaaaaaaaa;

    NdisMDeregisterInterruptEx(NULL);
    NdisMDeregisterInterruptEx(bad);
    NdisMSynchronizeWithInterruptEx(bad, 0, NULL, NULL);
    NdisCloseConfiguration(bad);
    NdisMDeregisterScatterGatherDma(bad);
    NdisFreeTimerObject(bad);
    NdisFreeIoWorkItem(bad);
    NdisFreeNetBufferListPool(bad);
    return NDIS_STATUS_SUCCESS;
}

/* --- broken contracts ------------------------------------------------- */

static KSPIN_LOCK held_lock, free_lock;

/* Not inlined, so that the call stack has a known depth. */
__attribute__((noinline)) static void sleep_raised(ULONG microseconds)
{
    KIRQL old = KfRaiseIrql(DISPATCH_LEVEL);

    NdisMSleep(microseconds);
    KeLowerIrql(old);
}

__attribute__((noinline)) static void wait_raised(void)
{
    KIRQL old = KfRaiseIrql(DISPATCH_LEVEL);
    LARGE_INTEGER timeout;

    timeout.QuadPart = 0;
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, &timeout);
    timeout.QuadPart = -1;
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, &timeout);
    KeLowerIrql(old);
}

static NDIS_STATUS contracts(void)
{
    NDIS_HANDLE item = NdisAllocateIoWorkItem(adapter_handle);
    KIRQL old;

    NdisInitializeEvent(&done);
    sleep_raised(1);
    wait_raised();
    KeAcquireSpinLockAtDpcLevel(&free_lock);  /* at PASSIVE_LEVEL */
    KeReleaseSpinLockFromDpcLevel(&free_lock);
    KeReleaseSpinLockFromDpcLevel(&free_lock); /* not held */
    old = KeAcquireSpinLockRaiseToDpc(&free_lock);
    KeLowerIrql(old);                          /* with the lock held */
    KfRaiseIrql(DISPATCH_LEVEL);
    KeReleaseSpinLock(&free_lock, old);
    NdisSetOptionalHandlers(driver_handle, NULL); /* not MiniportSetOptions */
    NdisFreeIoWorkItem(item);
    NdisFreeIoWorkItem(item);                  /* a second time */
    KeAcquireSpinLockRaiseToDpc(&held_lock);   /* for ever */
    return NDIS_STATUS_SUCCESS;
}

/* --- misused memory --------------------------------------------------- */

static NDIS_STATUS misuse(ULONG action)
{
    volatile UCHAR *p = ExAllocatePoolWithTag(NonPagedPool, 100, 0x6c6f6f50);
    PVOID q;

    CHECK(1, p);
    switch (action) {
    case PROBE_OVERRUN:
        p[100] = 1;
        break;
    case PROBE_UNDERRUN:
        p[-1] = 1;
        break;
    case PROBE_WRITE_FREED:
        ExFreePoolWithTag((PVOID)p, 0x6c6f6f50);
        p[8] = 1;
        return NDIS_STATUS_SUCCESS;
    case PROBE_FREED_POINTER:
        ExFreePoolWithTag((PVOID)p, 0x6c6f6f50);
        **(volatile ULONG *volatile *)p = 1;
        return NDIS_STATUS_FAILURE;
    case PROBE_NEW_POINTER:
        **(volatile ULONG *volatile *)p = 1;
        return NDIS_STATUS_FAILURE;
    case PROBE_WRONG_TAG:
        ExFreePoolWithTag((PVOID)p, 0x746f6e21);
        q = ExAllocatePoolWithTag(NonPagedPool, 8, 0);
        CHECK(2, q);
        ExFreePoolWithTag(q, 0);
        return NDIS_STATUS_SUCCESS;
    }
    ExFreePoolWithTag((PVOID)p, 0x6c6f6f50);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS paged_at_dispatch(void)
{
    KIRQL old = KfRaiseIrql(DISPATCH_LEVEL);
    PVOID p = ExAllocatePoolWithTag(PagedPool, 8, 0x6c6f6f50);

    KeLowerIrql(old);
    CHECK(1, p);
    ExFreePoolWithTag(p, 0);
    return NDIS_STATUS_SUCCESS;
}

/* --- interrupts, DPCs, work ------------------------------------------- */

static BOOLEAN NTAPI isr(NDIS_HANDLE context, PBOOLEAN queue, PULONG targets)
{
    (void)context;
    (void)queue;
    (void)targets;
    return FALSE;
}

static VOID NTAPI interrupt_dpc(NDIS_HANDLE context, PVOID dpc_context,
                                PVOID throttle, PVOID reserved)
{
    (void)context;
    (void)dpc_context;
    (void)throttle;
    (void)reserved;
}

static NDIS_STATUS interrupt(void)
{
    NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS c;
    NDIS_HANDLE handle = NULL;

    RtlZeroMemory(&c, sizeof(c));
    c.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT;
    c.Header.Revision = NDIS_MINIPORT_INTERRUPT_REVISION_1;
    c.Header.Size = NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1;
    c.InterruptHandler = isr;
    c.InterruptDpcHandler = interrupt_dpc;
    return NdisMRegisterInterruptEx(adapter_handle, NULL, &c, &handle);
}

static VOID NTAPI count_dpc(struct _KDPC *dpc, PVOID context, PVOID a1,
                            PVOID a2)
{
    (void)dpc;
    (void)context;
    dpc_irql = KeGetCurrentIrql();
    if (a1 == (PVOID)1 && a2 == (PVOID)2) {
        InterlockedIncrement(&runs);
    }
    NdisSetEvent(&done);
}

static VOID NTAPI count_timer(PVOID a, PVOID context, PVOID b, PVOID c)
{
    (void)a;
    (void)b;
    (void)c;
    if (context == &runs) {
        InterlockedIncrement(&runs);
    }
    NdisSetEvent(&done);
}

static NDIS_STATUS timer(void)
{
    NDIS_TIMER_CHARACTERISTICS c;
    LARGE_INTEGER due;
    NDIS_HANDLE handle;

    RtlZeroMemory(&c, sizeof(c));
    c.Header.Type = NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS;
    c.Header.Revision = NDIS_TIMER_CHARACTERISTICS_REVISION_1;
    c.Header.Size = NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1;
    c.TimerFunction = count_timer;
    c.FunctionContext = (PVOID)&runs;
    CHECK(11, NdisAllocateTimerObject(adapter_handle, &c, &handle) == 0);
    due.QuadPart = -10000;  /* 1 ms */
    NdisResetEvent(&done);
    CHECK(12, !NdisSetTimerObject(handle, due, 0, NULL));
    CHECK(13, NdisWaitEvent(&done, 1000));
    due.QuadPart = -600000000;
    CHECK(14, !NdisSetTimerObject(handle, due, 0, NULL));
    CHECK(15, NdisCancelTimerObject(handle));
    CHECK(16, !NdisCancelTimerObject(handle));
    NdisFreeTimerObject(handle);
    CHECK(17, runs == 2);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS dpc(void)
{
    static KDPC object;
    KIRQL old;

    NdisInitializeEvent(&done);
    KeInitializeDpc(&object, count_dpc, NULL);
    CHECK(1, !NdisWaitEvent(&done, 1));
    old = KfRaiseIrql(DISPATCH_LEVEL);
    CHECK(2, KeInsertQueueDpc(&object, (PVOID)1, (PVOID)2));
    CHECK(3, !KeInsertQueueDpc(&object, (PVOID)3, (PVOID)4));
    KeStallExecutionProcessor(2000);
    CHECK(4, runs == 0);  /* this thread has the processor */
    KeLowerIrql(old);
    CHECK(5, NdisWaitEvent(&done, 1000));
    CHECK(6, runs == 1 && dpc_irql == DISPATCH_LEVEL);
    return timer();
}

static VOID NTAPI loop_dpc(struct _KDPC *object, PVOID context, PVOID a1,
                           PVOID a2)
{
    (void)object;
    (void)context;
    (void)a1;
    (void)a2;
    for (;;) {
        runs++;
    }
}

static NDIS_STATUS loop_in_dpc(void)
{
    static KDPC object;

    NdisInitializeEvent(&done);
    KeInitializeDpc(&object, loop_dpc, NULL);
    KeInsertQueueDpc(&object, NULL, NULL);
    return NDIS_STATUS_SUCCESS;
}

static VOID NTAPI count_work(PVOID context, NDIS_HANDLE item)
{
    if (context == &runs && KeGetCurrentIrql() == PASSIVE_LEVEL) {
        InterlockedIncrement(&runs);
    }
    NdisFreeIoWorkItem(item);
    NdisSetEvent(&done);
}

static NDIS_STATUS work_item(void)
{
    NDIS_HANDLE item = NdisAllocateIoWorkItem(adapter_handle);

    NdisInitializeEvent(&done);
    CHECK(1, item);
    NdisQueueIoWorkItem(item, count_work, (PVOID)&runs);
    CHECK(2, NdisWaitEvent(&done, 1000));
    CHECK(3, runs == 1);
    return NDIS_STATUS_SUCCESS;
}

/* --- network data ----------------------------------------------------- */

static NDIS_STATUS buffers(void)
{
    NET_BUFFER_LIST_POOL_PARAMETERS p;
    NDIS_HANDLE pool;
    PNET_BUFFER_LIST list;
    PNET_BUFFER nb;
    PUCHAR data = allocate(8192), found;
    UCHAR storage[64];
    PMDL first, second;

    RtlZeroMemory(&p, sizeof(p));
    p.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    p.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    p.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    p.fAllocateNetBuffer = TRUE;
    p.ContextSize = 32;
    pool = NdisAllocateNetBufferListPool(adapter_handle, &p);
    CHECK(1, pool && data);
    for (int i = 0; i < 8192; i++) {
        data[i] = (UCHAR)i;
    }
    first = NdisAllocateMdl(adapter_handle, data + 16, 20);
    second = NdisAllocateMdl(adapter_handle, data + 4090, 100);
    CHECK(2, first && second);
    CHECK(3, MmGetMdlVirtualAddress(second) == data + 4090 &&
             MmGetMdlByteCount(second) == 100);
    first->Next = second;
    /* 30 bytes in: 10 bytes into the second MDL */
    list = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, first, 30, 40);
    CHECK(4, list && list->FirstNetBuffer && list->Context);
    CHECK(5, list->Context->Size - list->Context->Offset >= 32);
    nb = list->FirstNetBuffer;
    CHECK(6, nb->CurrentMdl == second && nb->CurrentMdlOffset == 10);
    found = NdisGetDataBuffer(nb, 40, NULL, 1, 0);
    CHECK(7, found == data + 4100);
    CHECK(8, !NdisGetDataBuffer(nb, 41, storage, 1, 0));
    nb->CurrentMdl = first;
    nb->CurrentMdlOffset = 15;
    nb->DataOffset = 15;
    CHECK(9, !NdisGetDataBuffer(nb, 8, NULL, 1, 0));
    CHECK(10, NdisGetDataBuffer(nb, 8, storage, 1, 0) == storage);
    CHECK(11, storage[4] == (UCHAR)(16 + 19) && storage[5] == (UCHAR)4090);
    NdisFreeNetBufferList(list);
    NdisFreeMdl(first);
    NdisFreeMdl(second);
    NdisFreeMemory(data, 0, 0);
    NdisFreeNetBufferListPool(pool);
    return NDIS_STATUS_SUCCESS;
}

/* --- PnP -------------------------------------------------------------- */

static LONG added, filtered, started;

static NDIS_STATUS NTAPI add_device(NDIS_HANDLE adapter, NDIS_HANDLE driver)
{
    NDIS_MINIPORT_ADD_DEVICE_REGISTRATION_ATTRIBUTES a;

    (void)driver;
    RtlZeroMemory(&a, sizeof(a));
    a.Header.Type =
        NDIS_OBJECT_TYPE_MINIPORT_ADD_DEVICE_REGISTRATION_ATTRIBUTES;
    a.Header.Revision =
        NDIS_MINIPORT_ADD_DEVICE_REGISTRATION_ATTRIBUTES_REVISION_1;
    a.Header.Size =
        NDIS_SIZEOF_MINIPORT_ADD_DEVICE_REGISTRATION_ATTRIBUTES_REVISION_1;
    a.MiniportAddDeviceContext = &added;
    added++;
    return NdisMSetMiniportAttributes(adapter, (PVOID)&a);
}

/* Replaces the list, as drivers that add messages do, and frees the old. */
static NDIS_STATUS NTAPI filter(NDIS_HANDLE context, PIRP irp)
{
    PIO_RESOURCE_REQUIREMENTS_LIST old = (PVOID)irp->IoStatus.Information;
    PIO_RESOURCE_REQUIREMENTS_LIST list;
    ULONG size = old->ListSize;

    if (context != &added ||
        old != IoGetCurrentIrpStackLocation(irp)
                   ->Parameters.FilterResourceRequirements
                   .IoResourceRequirementList) {
        return NDIS_STATUS_FAILURE;
    }
    list = ExAllocatePoolWithTag(NonPagedPool, size, 0x626f7250);
    if (!list) {
        return NDIS_STATUS_RESOURCES;
    }
    RtlCopyMemory(list, old, size);
    irp->IoStatus.Information = (ULONG_PTR)list;
    ExFreePoolWithTag(old, 0);
    filtered++;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS NTAPI start_device(NDIS_HANDLE context, PIRP irp)
{
    started += context == &added && irp->Tail.Overlay.CurrentStackLocation
               ->Parameters.StartDevice.AllocatedResourcesTranslated;
    return NDIS_STATUS_SUCCESS;
}

static VOID NTAPI remove_device(NDIS_HANDLE context)
{
    if (context == &added) {
        added--;
    }
}

static NDIS_STATUS NTAPI set_options(NDIS_HANDLE driver, NDIS_HANDLE context)
{
    NDIS_MINIPORT_PNP_CHARACTERISTICS c;

    (void)context;
    RtlZeroMemory(&c, sizeof(c));
    c.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_PNP_CHARACTERISTICS;
    c.Header.Revision = NDIS_MINIPORT_PNP_CHARACTERISTICS_REVISION_1;
    c.Header.Size = NDIS_SIZEOF_MINIPORT_PNP_CHARACTERISTICS_REVISION_1;
    c.MiniportAddDeviceHandler = add_device;
    c.MiniportRemoveDeviceHandler = remove_device;
    c.MiniportFilterResourceRequirementsHandler = filter;
    c.MiniportStartDeviceHandler = start_device;
    return NdisSetOptionalHandlers(driver, (PVOID)&c);
}

/* --- giving the adapter up, and the other one ------------------------- */

static VOID NTAPI remove_later(PVOID a, PVOID context, PVOID b, PVOID c)
{
    (void)a;
    (void)b;
    (void)c;
    NdisMRemoveMiniport(context);
}

static NDIS_STATUS remove_in_timer(void)
{
    NDIS_TIMER_CHARACTERISTICS c;
    LARGE_INTEGER due;

    RtlZeroMemory(&c, sizeof(c));
    c.Header.Type = NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS;
    c.Header.Revision = NDIS_TIMER_CHARACTERISTICS_REVISION_1;
    c.Header.Size = NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1;
    c.TimerFunction = remove_later;
    c.FunctionContext = adapter_handle;
    CHECK(1, NdisAllocateTimerObject(adapter_handle, &c, &remove_timer) == 0);
    due.QuadPart = -10000;  /* 1 ms */
    NdisSetTimerObject(remove_timer, due, 0, NULL);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS other_config(void)
{
    UCHAR value = PROBE_CONFIG_VALUE;

    CHECK(1, NdisMSetBusData(first_handle, PCI_WHICHSPACE_CONFIG,
                             PROBE_CONFIG_AT, &value, 1) == 1);
    value = 0;
    CHECK(2, NdisMGetBusData(first_handle, PCI_WHICHSPACE_CONFIG,
                             PROBE_CONFIG_AT, &value, 1) == 1);
    CHECK(3, value == PROBE_CONFIG_VALUE);
    return NDIS_STATUS_SUCCESS;
}

/* --- miniport --------------------------------------------------------- */

static NDIS_STATUS act(ULONG action)
{
    PVOID p;

    switch (action) {
    case PROBE_IRQL:
        return irql();
    case PROBE_SHARED_DATA:
        return shared_data();
    case PROBE_PORT:
        return port();
    case PROBE_FAST_FAIL:
        __asm__ volatile("int $0x29" : : "c"(3));
        return NDIS_STATUS_FAILURE;
    case PROBE_NULL_WRITE:
        __asm__ volatile("movl $1, (%0)" : : "r"(0x18ull) : "memory");
        return NDIS_STATUS_FAILURE;
    case PROBE_BUG_CHECK:
        KeBugCheckEx(0xdead, 1, 2, 3, 4);
    case PROBE_UNIMPLEMENTED:
        NdisMReadDmaCounter(adapter_handle);
        return NDIS_STATUS_FAILURE;
    case PROBE_LOOP:
        for (;;) {
            runs++;
        }
    case PROBE_POOL_LEAK:
        return allocate(100) && allocate(100) && allocate(100)
               ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
    case PROBE_DOUBLE_FREE:
        p = allocate(100);
        NdisFreeMemory(p, 0, 0);
        NdisFreeMemory(p, 0, 0);
        return NDIS_STATUS_FAILURE;
    case PROBE_BAD_HANDLES:
        return bad_handles();
    case PROBE_INTERRUPT:
        return interrupt();
    case PROBE_DPC:
        return dpc();
    case PROBE_WORK_ITEM:
        return work_item();
    case PROBE_ALLOCATE_3:
        return allocate_3();
    case PROBE_RAISED:
        KfRaiseIrql(DISPATCH_LEVEL);
        return NDIS_STATUS_SUCCESS;
    case PROBE_REGISTRY:
        return registry();
    case PROBE_LOOP_IN_DPC:
        return loop_in_dpc();
    case PROBE_PNP:
        return added == 1 && filtered == 1 && started == 1
               ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
    case PROBE_BUFFERS:
        return buffers();
    case PROBE_OVERRUN:
    case PROBE_UNDERRUN:
    case PROBE_WRITE_FREED:
    case PROBE_FREED_POINTER:
    case PROBE_NEW_POINTER:
    case PROBE_WRONG_TAG:
        return misuse(action);
    case PROBE_PAGED:
        return paged_at_dispatch();
    case PROBE_REMOVE_IN_INIT:
        return NdisMRemoveMiniport(adapter_handle);
    case PROBE_REMOVE_IN_TIMER:
        return remove_in_timer();
    case PROBE_HANG:
        hangs = 1;
        return NDIS_STATUS_SUCCESS;
    case PROBE_OTHER_CONFIG:
        return other_config();
    case PROBE_CONTRACTS:
        return contracts();
    default:
        return NDIS_STATUS_SUCCESS;
    }
}

static NDIS_STATUS NTAPI initialize(NDIS_HANDLE adapter, NDIS_HANDLE driver,
                                    PNDIS_MINIPORT_INIT_PARAMETERS parameters)
{
    (void)driver;
    (void)parameters;
    adapter_handle = adapter;
    if (!first_handle) {
        first_handle = adapter;
    }
    return act(read_action());
}

/* --- hang and reset --------------------------------------------------- */

static KDPC reset_dpc;

static VOID NTAPI reset_later(struct _KDPC *dpc, PVOID context, PVOID a1,
                              PVOID a2)
{
    (void)dpc;
    (void)context;
    (void)a1;
    (void)a2;
    NdisMResetComplete(adapter_handle, NDIS_STATUS_SUCCESS, TRUE);
}

static BOOLEAN NTAPI check_for_hang(NDIS_HANDLE context)
{
    (void)context;
    return InterlockedExchange(&hangs, 0) != 0;
}

static NDIS_STATUS NTAPI reset(NDIS_HANDLE context, PBOOLEAN addressing)
{
    (void)context;
    *addressing = FALSE;
    KeInitializeDpc(&reset_dpc, reset_later, NULL);
    KeInsertQueueDpc(&reset_dpc, NULL, NULL);
    return NDIS_STATUS_PENDING;
}

static VOID NTAPI halt(NDIS_HANDLE context, NDIS_HALT_ACTION action)
{
    (void)context;
    (void)action;
    if (remove_timer) {
        NdisFreeTimerObject(remove_timer);
        remove_timer = NULL;
    }
}

static NDIS_STATUS NTAPI pause(NDIS_HANDLE context,
                               PNDIS_MINIPORT_PAUSE_PARAMETERS parameters)
{
    (void)context;
    (void)parameters;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS NTAPI restart(NDIS_HANDLE context,
                                 PNDIS_MINIPORT_RESTART_PARAMETERS parameters)
{
    (void)context;
    (void)parameters;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS NTAPI oid_request(NDIS_HANDLE context,
                                     PNDIS_OID_REQUEST request)
{
    (void)context;
    (void)request;
    return NDIS_STATUS_NOT_SUPPORTED;
}

static VOID NTAPI send(NDIS_HANDLE context, PNET_BUFFER_LIST lists,
                       NDIS_PORT_NUMBER port_number, ULONG flags)
{
    (void)context;
    (void)port_number;
    (void)flags;
    NdisMSendNetBufferListsComplete(adapter_handle, lists, 0);
}

static VOID NTAPI return_lists(NDIS_HANDLE context, PNET_BUFFER_LIST lists,
                               ULONG flags)
{
    (void)context;
    (void)lists;
    (void)flags;
}

static VOID NTAPI cancel(NDIS_HANDLE context, PVOID id)
{
    (void)context;
    (void)id;
}

static VOID NTAPI pnp_event(NDIS_HANDLE context, PNET_DEVICE_PNP_EVENT event)
{
    (void)context;
    (void)event;
}

static VOID NTAPI shut_down(NDIS_HANDLE context, NDIS_SHUTDOWN_ACTION action)
{
    (void)context;
    (void)action;
}

static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
    (void)driver;
    NdisMDeregisterMiniportDriver(driver_handle);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS c;

    RtlZeroMemory(&c, sizeof(c));
    c.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS;
    c.Header.Revision = NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2;
    c.Header.Size = NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2;
    c.MajorNdisVersion = 6;
    c.MinorNdisVersion = 30;
    c.SetOptionsHandler = set_options;
    c.InitializeHandlerEx = initialize;
    c.HaltHandlerEx = halt;
    c.UnloadHandler = unload;
    c.PauseHandler = pause;
    c.RestartHandler = restart;
    c.CheckForHangHandlerEx = check_for_hang;
    c.ResetHandlerEx = reset;
    c.OidRequestHandler = oid_request;
    c.SendNetBufferListsHandler = send;
    c.ReturnNetBufferListsHandler = return_lists;
    c.CancelSendHandler = cancel;
    c.DevicePnPEventNotifyHandler = pnp_event;
    c.ShutdownHandlerEx = shut_down;
    c.CancelOidRequestHandler = cancel;
    return NdisMRegisterMiniportDriver(driver, path, NULL, &c, &driver_handle);
}
