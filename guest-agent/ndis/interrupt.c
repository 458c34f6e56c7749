/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupt registration: NdisMRegisterInterruptEx and its relatives.
 *
 * How it works: resources decide between messages and line. In the at-connect
 * profile the first registration makes VFIO program and enable MSI-X, and the
 * last deregistration undoes it. In the at-start profile that happens before
 * MiniportInitializeEx and when the rig takes the device back, as on Windows;
 * registering then only attaches the handlers. A registration that the driver
 * forgets stays attached: its ISR goes on running until then.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ndis/contract.h"
#include "ndis/interrupt.h"
#include "ndis/thunk.h"

/* MSI address and data as an x86 APIC has them, where there is no device. */
#define MSI_ADDRESS 0xfee00000ll
#define VECTOR_BASE 0x51u

static struct irq {
    unsigned requested;    /* messages that the bus driver asked for */
    unsigned granted;      /* ... and that the resources have */
    bool line;
    bool enabled;          /* VFIO has interrupts enabled */
    bool at_start;         /* ... since before initialisation */
} irqs[HOST_ADAPTERS_MAX]; /* by adapter */

static pthread_mutex_t irq_lock;

int interrupt_open(void)
{
    memset(irqs, 0, sizeof(irqs));
    thread_mutex_init(&irq_lock);
    return isr_start();
}

int interrupt_grant(struct adapter *a)
{
    struct irq *irq = &irqs[a->number];

    irq->requested = a->resources.requested;
    irq->granted = a->resources.messages;
    irq->line = a->resources.line;
    return isr_make_events(a, irq->granted, irq->line);
}

/* --- VFIO ------------------------------------------------------------- */

static int enable(const struct adapter *a, bool message)
{
    struct irq *irq = &irqs[a->number];
    int ret = 0;

    isr_need_thread();
    if (a->device && !irq->enabled) {
        ret = message ? vfio_irq_enable(a->device, isr_message_events(a),
                                        irq->granted)
                      : vfio_irq_enable(a->device, isr_line_event(a), 0);
    }
    irq->enabled = irq->enabled || ret == 0;
    return ret;
}

static void disable(const struct adapter *a)
{
    if (a->device && irqs[a->number].enabled) {
        vfio_irq_disable(a->device);
    }
    irqs[a->number].enabled = false;
}

int interrupt_arm_at_start(struct adapter *a)
{
    if (!host.config.at_start || irqs[a->number].granted == 0) {
        return 0;
    }
    irqs[a->number].at_start = true;
    return enable(a, true);
}

void interrupt_quiesce(struct adapter *a)
{
    pthread_mutex_lock(&irq_lock);
    disable(a);
    irqs[a->number].at_start = false;
    isr_detach_all(a);
    pthread_mutex_unlock(&irq_lock);
    dpc_flush(NULL);
}

/* --- registration ----------------------------------------------------- */

static NDIS_STATUS check(const struct irq *irq,
                         const NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS *ch)
{
    if (!ch || ch->Header.Type != NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT ||
        ch->Header.Revision < NDIS_MINIPORT_INTERRUPT_REVISION_1 ||
        ch->Header.Size <
            NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1) {
        return NDIS_STATUS_INVALID_PARAMETER;
    }
    if (!ch->InterruptHandler || !ch->InterruptDpcHandler) {
        return NDIS_STATUS_INVALID_PARAMETER;
    }
    if (ch->MsiSupported &&
        (!ch->MessageInterruptHandler || !ch->MessageInterruptDpcHandler)) {
        return NDIS_STATUS_INVALID_PARAMETER;
    }
    if (irq->granted && !ch->MsiSupported) {
        return STATUS_INVALID_DEVICE_REQUEST; /* messages are assigned */
    }
    if (!irq->granted && !irq->line) {
        return STATUS_NOT_FOUND;              /* no interrupt assigned */
    }
    return NDIS_STATUS_SUCCESS;
}

static IO_INTERRUPT_MESSAGE_INFO *make_table(unsigned n)
{
    IO_INTERRUPT_MESSAGE_INFO *t;

    t = calloc(1, offsetof(IO_INTERRUPT_MESSAGE_INFO, MessageInfo) +
               n * sizeof(t->MessageInfo[0]));
    if (!t) {
        return NULL;
    }
    t->UnifiedIrql = HOST_DIRQL;
    t->MessageCount = n;
    for (unsigned i = 0; i < n; i++) {
        t->MessageInfo[i] = (IO_INTERRUPT_MESSAGE_INFO_ENTRY) {
            .MessageAddress = { .QuadPart = MSI_ADDRESS },
            .TargetProcessorSet = 1,
            .MessageData = VECTOR_BASE + i,
            .Vector = VECTOR_BASE + i,
            .Irql = HOST_DIRQL,
            .Mode = Latched,
            .Polarity = InterruptActiveHigh,
        };
    }
    return t;
}

static void destroy(struct interrupt *i)
{
    free(i->table);
    free(i);
}

static struct interrupt *
make(struct adapter *a, NDIS_HANDLE context,
     const NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS *ch)
{
    const struct irq *irq = &irqs[a->number];
    struct interrupt *i = calloc(1, sizeof(*i));

    if (!i) {
        return NULL;
    }
    i->adapter = a;
    i->context = context;
    memcpy(&i->ch, ch, sizeof(i->ch));
    i->message = irq->granted > 0;
    i->messages = irq->granted;
    for (unsigned n = 0; n < MESSAGES_MAX; n++) {
        thread_mutex_init(&i->lock[n]);
    }
    if (i->message && !(i->table = make_table(i->messages))) {
        destroy(i);
        return NULL;
    }
    return i;
}

/*
 * The messages as they stand in the device's table; with interrupt remapping
 * their addresses name remapping entries. Digest of all, 0: not readable.
 */
static uint64_t read_messages(const struct interrupt *i)
{
    struct vfio_device *d = i->adapter->device;
    uint64_t digest = 0;

    for (unsigned n = 0; i->message && d && n < i->messages; n++) {
        IO_INTERRUPT_MESSAGE_INFO_ENTRY *e = &i->table->MessageInfo[n];
        uint64_t low = vfio_msix_read(d, n, 0);
        uint64_t address = (uint64_t)vfio_msix_read(d, n, 1) << 32 | low;

        if (address == UINT64_MAX) {
            return 0;
        }
        e->MessageAddress.QuadPart = (LONGLONG)address;
        e->MessageData = vfio_msix_read(d, n, 2);
        digest = rig_message_digest(digest, address, e->MessageData);
    }
    return digest;
}

static void say_registered(const struct interrupt *i)
{
    struct rig_marker m;

    marker_prepare(&m, RIG_MK_INTERRUPTS, NULL);
    m.object = (uintptr_t)i->handle;
    m.arg[0] = irqs[i->adapter->number].requested;
    m.arg[1] = i->messages;
    m.arg[2] = i->message ? NDIS_CONNECT_MESSAGE_BASED
                          : NDIS_CONNECT_LINE_BASED;
    m.arg[3] = read_messages(i);
    marker_emit(&m);
}

/* The out fields are written before the first interrupt can come. */
static NDIS_STATUS connect(struct interrupt *i,
                           NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS *ch,
                           PNDIS_HANDLE handle)
{
    i->handle = object_new(OBJ_INTERRUPT, i);
    if (!i->handle) {
        return NDIS_STATUS_RESOURCES;
    }
    if (!isr_attach(i)) {
        object_close(OBJ_INTERRUPT, i->handle);
        return NDIS_STATUS_RESOURCES;
    }
    ch->InterruptType = i->message ? NDIS_CONNECT_MESSAGE_BASED
                                   : NDIS_CONNECT_LINE_BASED;
    ch->MessageInfoTable = i->table;
    *handle = i->handle;
    if (enable(i->adapter, i->message)) {
        marker_note("VFIO cannot enable %u interrupts: %s", i->messages,
                    strerror(errno));
        isr_detach(i);
        object_close(OBJ_INTERRUPT, i->handle);
        *handle = NULL;
        return NDIS_STATUS_RESOURCES;
    }
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS NTAPI
ndis_m_register_interrupt_ex(NDIS_HANDLE adapter, NDIS_HANDLE context,
                             PNDIS_MINIPORT_INTERRUPT_CHARACTERISTICS ch,
                             PNDIS_HANDLE handle)
{
    struct adapter *a = adapter_get(adapter);
    struct interrupt *i;
    NDIS_STATUS status;

    if (!is_adapter(adapter) || !handle) {
        return NDIS_STATUS_INVALID_PARAMETER;
    }
    status = check(&irqs[a->number], ch);
    if (status) {
        return status;
    }
    i = make(a, context, ch);
    if (!i) {
        return NDIS_STATUS_RESOURCES;
    }
    pthread_mutex_lock(&irq_lock);
    status = connect(i, ch, handle);
    pthread_mutex_unlock(&irq_lock);
    if (status) {
        destroy(i);
        host_self.object = 0;
    } else {
        say_registered(i);
        host_self.object = (uintptr_t)i->handle;
    }
    return status;
}

/*
 * Afterwards neither ISR nor DPC runs. A handle that is not registered, or not
 * any more, is left alone: the markers show it and the monitor judges it.
 */
static VOID NTAPI ndis_m_deregister_interrupt_ex(NDIS_HANDLE handle)
{
    struct interrupt *i;

    pthread_mutex_lock(&irq_lock);
    i = object_close(OBJ_INTERRUPT, handle);
    if (i) {
        isr_detach(i);
        if (!irqs[i->adapter->number].at_start &&
            !isr_any_attached(i->adapter)) {
            disable(i->adapter);
        }
    }
    pthread_mutex_unlock(&irq_lock);
    if (!i) {
        return;
    }
    dpc_flush(i);
    destroy(i);
}

/* --- synchronisation and DPCs ----------------------------------------- */

static BOOLEAN NTAPI
ndis_m_synchronize(NDIS_HANDLE handle, ULONG message,
                   MINIPORT_SYNCHRONIZE_INTERRUPT_HANDLER function,
                   PVOID context)
{
    struct interrupt *i = object_get(OBJ_INTERRUPT, handle);
    struct callback cb;
    BOOLEAN ret;
    uint8_t old;

    if (!i) {
        return FALSE;
    }
    old = irql_set(HOST_DIRQL);
    pthread_mutex_lock(interrupt_lock(i, message));
    callback_enter_quiet(&cb, "MiniportSynchronizeInterrupt");
    ret = function(context);
    callback_leave(&cb, ret);
    pthread_mutex_unlock(interrupt_lock(i, message));
    irql_set(old);
    return ret;
}

static ULONG_PTR queue_dpc(NDIS_HANDLE handle, ULONG message, PVOID context)
{
    struct interrupt *i = object_get(OBJ_INTERRUPT, handle);

    if (!i || (i->message && message >= i->messages)) {
        return 0;
    }
    return isr_queue_dpc(i, message, context);
}

static ULONG_PTR NTAPI ndis_m_queue_dpc(NDIS_HANDLE handle, ULONG message,
                                        ULONG targets, PVOID context)
{
    (void)targets;
    return queue_dpc(handle, message, context);
}

static ULONG_PTR NTAPI ndis_m_queue_dpc_ex(NDIS_HANDLE handle, ULONG message,
                                           PGROUP_AFFINITY targets,
                                           PVOID context)
{
    (void)targets;
    return queue_dpc(handle, message, context);
}

/* --- MSI-X table ------------------------------------------------------ */

/* Entry `to` raises the message of entry `from`: copy address and data. */
static void copy_entry(struct vfio_device *d, unsigned to, unsigned from)
{
    for (unsigned dword = 0; dword < 3 && to != from; dword++) {
        vfio_msix_write(d, to, dword, vfio_msix_read(d, from, dword));
    }
}

static void set_mask(struct vfio_device *d, unsigned entry, bool masked)
{
    uint32_t control = vfio_msix_read(d, entry, 3);

    vfio_msix_write(d, entry, 3, masked ? control | 1u : control & ~1u);
}

static NDIS_STATUS NTAPI
ndis_m_config_msix_table_entry(NDIS_HANDLE adapter,
                               PNDIS_MSIX_CONFIG_PARAMETERS p)
{
    const struct adapter *a = adapter_get(adapter);
    unsigned granted = a ? irqs[a->number].granted : 0;

    if (!is_adapter(adapter) || !p || !a->device ||
        p->TableEntry >= a->device->msix_vectors || granted == 0 ||
        a->asleep) {
        return NDIS_STATUS_INVALID_PARAMETER;
    }
    host_self.arg[1] = (uint64_t)p->ConfigOperation;
    host_self.arg[2] = p->TableEntry;
    host_self.arg[3] = p->MessageNumber;
    switch (p->ConfigOperation) {
    case NdisMSIXTableConfigSetTableEntry:
        contract_irql_at_most(DISPATCH_LEVEL, "to set an entry");
        if (p->MessageNumber >= granted) {
            return NDIS_STATUS_INVALID_PARAMETER;
        }
        copy_entry(a->device, p->TableEntry, p->MessageNumber);
        return NDIS_STATUS_SUCCESS;
    case NdisMSIXTableConfigMaskTableEntry:
    case NdisMSIXTableConfigUnmaskTableEntry:
        set_mask(a->device, p->TableEntry,
                 p->ConfigOperation == NdisMSIXTableConfigMaskTableEntry);
        return NDIS_STATUS_SUCCESS;
    default:
        return NDIS_STATUS_INVALID_PARAMETER;
    }
}

/* Objects of the message table are NULL: every message has one processor. */
static NTSTATUS NTAPI io_get_affinity_interrupt(PVOID object,
                                                PGROUP_AFFINITY affinity)
{
    (void)object;
    memset(affinity, 0, sizeof(*affinity));
    affinity->Mask = 1;
    return STATUS_SUCCESS;
}

const struct export interrupt_exports[] = {
    { "NdisMRegisterInterruptEx", ndis_m_register_interrupt_ex, EX_TRACE, 0, 1,
      fail_status, IRQL_PASSIVE | FROM_INIT },
    { "NdisMDeregisterInterruptEx", ndis_m_deregister_interrupt_ex,
      EX_TRACE | EX_VOID, 1, 1, NULL, IRQL_PASSIVE | FROM_INIT | FROM_HALT },
    { "NdisMSynchronizeWithInterruptEx", ndis_m_synchronize, EX_TRACE, 1, 1 | 2,
      NULL, IRQL_ANY },
    { "NdisMQueueDpc", ndis_m_queue_dpc, 0, 0, 0, NULL, IRQL_ANY },
    { "NdisMQueueDpcEx", ndis_m_queue_dpc_ex, 0, 0, 0, NULL, IRQL_ANY },
    { "NdisMConfigMSIXTableEntry", ndis_m_config_msix_table_entry, EX_TRACE, 0,
      1, fail_status, IRQL_ANY },
    { "IoGetAffinityInterrupt", io_get_affinity_interrupt, EX_TRACE, 0, 0,
      fail_status, IRQL_ANY },
    { 0 },
};
