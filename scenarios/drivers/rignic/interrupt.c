/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts: registration, the message and line handlers, and their DPCs.
 *
 * With messages, the device masks a cause by itself when it raises it
 * (auto-mask, auto-clear), so the ISR touches no register. The DPC does the
 * work and unmasks the causes of its message; what happened in between raises
 * the message again at once.
 *
 * There is one message per queue pair and one for the link if enough were
 * granted; otherwise queue pairs share messages. A line interrupt carries all
 * causes; there the ISR masks and acknowledges.
 */
#include "rignic.h"
#include "seeds.h"

#define RIGNIC_MAX_ADAPTERS 4

#if RIGNIC_STYLE == STYLE_HANDLES || RIGNIC_DEFECT == SEED_S19
/* The driver keeps the handles itself. */
static struct {
    PRIGNIC_ADAPTER Adapter;
    NDIS_HANDLE Handle;
} RignicHandles[RIGNIC_MAX_ADAPTERS];

/* The adapter's own place, or a free one that becomes its own. */
static PNDIS_HANDLE RignicHandleOf(PRIGNIC_ADAPTER Adapter)
{
    ULONG place = 0;
#if RIGNIC_DEFECT != SEED_S19 /* SEED_S19: one for all adapters */
    ULONG i;

    for (i = 0; i < RIGNIC_MAX_ADAPTERS; i++) {
        if (RignicHandles[i].Adapter == Adapter) {
            return &RignicHandles[i].Handle;
        }
        if (RignicHandles[i].Handle == NULL) {
            place = i;
        }
    }
#endif
    RignicHandles[place].Adapter = Adapter;
    return &RignicHandles[place].Handle;
}
#else
static PNDIS_HANDLE RignicHandleOf(PRIGNIC_ADAPTER Adapter)
{
    return &Adapter->InterruptHandle;
}
#endif

static ULONG RignicAllCauses(PRIGNIC_ADAPTER Adapter)
{
    return (RIG_NIC_CAUSE_QUEUE(Adapter->Queues) - 1) | RIG_NIC_CAUSE_LINK;
}

/* Unmask causes unless the driver is on its way out. */
static VOID RignicUnmaskCauses(PRIGNIC_ADAPTER Adapter, ULONG Causes)
{
    NdisDprAcquireSpinLock(&Adapter->InterruptLock);
    if (Adapter->InterruptsEnabled) {
        RignicWrite(Adapter, RIG_NIC_IMS, Causes);
    }
    NdisDprReleaseSpinLock(&Adapter->InterruptLock);
}

VOID RignicEnableInterrupts(PRIGNIC_ADAPTER Adapter)
{
#if RIGNIC_STYLE == STYLE_NEVER
    UNREFERENCED_PARAMETER(RignicAllCauses);
    UNREFERENCED_PARAMETER(Adapter); /* nobody would hear of them */
#else
    NdisAcquireSpinLock(&Adapter->InterruptLock);
    Adapter->InterruptsEnabled = TRUE;
    RignicWrite(Adapter, RIG_NIC_IMS, RignicAllCauses(Adapter));
    NdisReleaseSpinLock(&Adapter->InterruptLock);
#endif
}

VOID RignicDisableInterrupts(PRIGNIC_ADAPTER Adapter)
{
    NdisAcquireSpinLock(&Adapter->InterruptLock);
    Adapter->InterruptsEnabled = FALSE;
    RignicWrite(Adapter, RIG_NIC_IMC, RIG_NIC_CAUSE_ALL);
    NdisReleaseSpinLock(&Adapter->InterruptLock);
}

VOID RignicIndicateLink(PRIGNIC_ADAPTER Adapter)
{
    NDIS_MEDIA_CONNECT_STATE now = RignicHwLinkUp(Adapter)
                                       ? MediaConnectStateConnected
                                       : MediaConnectStateDisconnected;
    NDIS_STATUS_INDICATION indication;
    NDIS_LINK_STATE link;

    if (now == Adapter->LinkState) {
        return;
    }
    Adapter->LinkState = now;

    NdisZeroMemory(&link, sizeof(link));
    link.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    link.Header.Revision = NDIS_LINK_STATE_REVISION_1;
    link.Header.Size = NDIS_SIZEOF_LINK_STATE_REVISION_1;
    link.MediaConnectState = now;
    link.PauseFunctions = NdisPauseFunctionsUnsupported;
    if (now == MediaConnectStateConnected) {
        link.MediaDuplexState = MediaDuplexStateFull;
        link.XmitLinkSpeed =
            (ULONG64)RignicRead(Adapter, RIG_NIC_SPEED) * 1000000;
        link.RcvLinkSpeed = link.XmitLinkSpeed;
    } else {
        link.MediaDuplexState = MediaDuplexStateUnknown;
        link.XmitLinkSpeed = NDIS_LINK_SPEED_UNKNOWN;
        link.RcvLinkSpeed = NDIS_LINK_SPEED_UNKNOWN;
    }

    NdisZeroMemory(&indication, sizeof(indication));
    indication.Header.Type = NDIS_OBJECT_TYPE_STATUS_INDICATION;
    indication.Header.Revision = NDIS_STATUS_INDICATION_REVISION_1;
    indication.Header.Size = NDIS_SIZEOF_STATUS_INDICATION_REVISION_1;
    indication.SourceHandle = Adapter->Handle;
    indication.StatusCode = NDIS_STATUS_LINK_STATE;
    indication.StatusBuffer = &link;
    indication.StatusBufferSize = sizeof(link);
    NdisMIndicateStatusEx(Adapter->Handle, &indication);
}

/* Work of one message, or of all with RIGNIC_NO_MESSAGE; TRUE: more to do. */
static BOOLEAN RignicService(PRIGNIC_ADAPTER Adapter, ULONG MessageId,
                             ULONG Limit)
{
    BOOLEAN more = FALSE;
    ULONG i;

    for (i = 0; i < Adapter->Queues; i++) {
        if (Adapter->QueueMessage[i] == MessageId) {
            RignicTransmitDone(&Adapter->Tx[i]);
            more |= RignicReceiveDone(&Adapter->Rx[i], Limit);
        }
    }
    if (Adapter->LinkMessage == MessageId) {
        RignicIndicateLink(Adapter);
    }
    return more;
}

/* Service and unmask; left masked if NDIS is to queue the DPC again. */
static VOID RignicServiceAndUnmask(PRIGNIC_ADAPTER Adapter, ULONG MessageId,
                                   ULONG Causes,
                                   PNDIS_RECEIVE_THROTTLE_PARAMETERS Throttle)
{
    if (RignicService(Adapter, MessageId, Throttle->MaxNblsToIndicate)) {
        Throttle->MoreNblsPending = TRUE;
        return;
    }
    Throttle->MoreNblsPending = FALSE;
    RignicUnmaskCauses(Adapter, Causes);
}

/* --- messages ------------------------------------------------------------- */

static MINIPORT_MESSAGE_INTERRUPT RignicMessageInterrupt;
static MINIPORT_MESSAGE_INTERRUPT_DPC RignicMessageInterruptDpc;
static MINIPORT_DISABLE_MESSAGE_INTERRUPT RignicDisableMessageInterrupt;
static MINIPORT_ENABLE_MESSAGE_INTERRUPT RignicEnableMessageInterrupt;

static BOOLEAN NTAPI RignicMessageInterrupt(
    NDIS_HANDLE MiniportInterruptContext, ULONG MessageId,
    PBOOLEAN QueueDefaultInterruptDpc, PULONG TargetProcessors)
{
#if RIGNIC_COUNTERS
    PRIGNIC_ADAPTER adapter = MiniportInterruptContext;

    if (MessageId < RIGNIC_MAX_MESSAGES) {
        InterlockedIncrement(&adapter->Counts[MessageId]);
    }
#else
    UNREFERENCED_PARAMETER(MiniportInterruptContext);
    UNREFERENCED_PARAMETER(MessageId);
#endif
    *QueueDefaultInterruptDpc = TRUE;
    *TargetProcessors = 0;
    return TRUE;
}

static VOID NTAPI RignicMessageInterruptDpc(
    NDIS_HANDLE MiniportInterruptContext, ULONG MessageId,
    PVOID MiniportDpcContext, PVOID ReceiveThrottleParameters,
    PVOID NdisReserved2)
{
    PRIGNIC_ADAPTER adapter = MiniportInterruptContext;

    UNREFERENCED_PARAMETER(MiniportDpcContext);
    UNREFERENCED_PARAMETER(NdisReserved2);
    if (MessageId < RIGNIC_MAX_MESSAGES) {
        RignicServiceAndUnmask(adapter, MessageId, adapter->Causes[MessageId],
                               ReceiveThrottleParameters);
    }
}

static VOID NTAPI RignicDisableMessageInterrupt(
    NDIS_HANDLE MiniportInterruptContext, ULONG MessageId)
{
    PRIGNIC_ADAPTER adapter = MiniportInterruptContext;

    if (MessageId < RIGNIC_MAX_MESSAGES) {
        RignicWrite(adapter, RIG_NIC_IMC, adapter->Causes[MessageId]);
    }
}

static VOID NTAPI RignicEnableMessageInterrupt(
    NDIS_HANDLE MiniportInterruptContext, ULONG MessageId)
{
    PRIGNIC_ADAPTER adapter = MiniportInterruptContext;

    if (MessageId < RIGNIC_MAX_MESSAGES) {
        RignicWrite(adapter, RIG_NIC_IMS, adapter->Causes[MessageId]);
    }
}

/* --- line ----------------------------------------------------------------- */

static MINIPORT_ISR RignicInterrupt;
static MINIPORT_INTERRUPT_DPC RignicInterruptDpc;
static MINIPORT_DISABLE_INTERRUPT RignicDisableInterrupt;
static MINIPORT_ENABLE_INTERRUPT RignicEnableInterrupt;

static BOOLEAN NTAPI RignicInterrupt(NDIS_HANDLE MiniportInterruptContext,
                                     PBOOLEAN QueueDefaultInterruptDpc,
                                     PULONG TargetProcessors)
{
    PRIGNIC_ADAPTER adapter = MiniportInterruptContext;
    ULONG pending = RignicRead(adapter, RIG_NIC_ICR);

    *QueueDefaultInterruptDpc = FALSE;
    *TargetProcessors = 0;
    if (pending == RIGNIC_ALL_ONES ||
        (pending & RignicRead(adapter, RIG_NIC_IMS)) == 0) {
        return FALSE;          /* gone, or not ours: the line is shared */
    }
    RignicWrite(adapter, RIG_NIC_IMC, RIG_NIC_CAUSE_ALL);
    RignicWrite(adapter, RIG_NIC_ICR, pending);
    *QueueDefaultInterruptDpc = TRUE;
    return TRUE;
}

static VOID NTAPI RignicInterruptDpc(NDIS_HANDLE MiniportInterruptContext,
                                     PVOID MiniportDpcContext,
                                     PVOID ReceiveThrottleParameters,
                                     PVOID NdisReserved2)
{
    PRIGNIC_ADAPTER adapter = MiniportInterruptContext;

    UNREFERENCED_PARAMETER(MiniportDpcContext);
    UNREFERENCED_PARAMETER(NdisReserved2);
    RignicServiceAndUnmask(adapter, RIGNIC_NO_MESSAGE,
                           RignicAllCauses(adapter),
                           ReceiveThrottleParameters);
}

static VOID NTAPI RignicDisableInterrupt(NDIS_HANDLE MiniportInterruptContext)
{
    RignicWrite(MiniportInterruptContext, RIG_NIC_IMC, RIG_NIC_CAUSE_ALL);
}

static VOID NTAPI RignicEnableInterrupt(NDIS_HANDLE MiniportInterruptContext)
{
    PRIGNIC_ADAPTER adapter = MiniportInterruptContext;

    RignicWrite(adapter, RIG_NIC_IMS, RignicAllCauses(adapter));
}

/* --- registration --------------------------------------------------------- */

/* Which message serves which causes; all RIGNIC_NO_MESSAGE on a line. */
static VOID RignicAssignMessages(PRIGNIC_ADAPTER Adapter)
{
    ULONG used = Adapter->Messages;
    ULONG shared;
    ULONG i;

    NdisZeroMemory(Adapter->Causes, sizeof(Adapter->Causes));
    for (i = 0; i < Adapter->Queues; i++) {
        Adapter->QueueMessage[i] = RIGNIC_NO_MESSAGE;
    }
    Adapter->LinkMessage = RIGNIC_NO_MESSAGE;
    if (used == 0) {
        return;
    }
    if (used > Adapter->Queues + 1) {
        used = Adapter->Queues + 1;
    }
    shared = used > 1 ? used - 1 : 1;
    for (i = 0; i < Adapter->Queues; i++) {
        Adapter->QueueMessage[i] = i % shared;
        Adapter->Causes[i % shared] |= RIG_NIC_CAUSE_QUEUE(i);
    }
    Adapter->LinkMessage = used - 1;
    Adapter->Causes[used - 1] |= RIG_NIC_CAUSE_LINK;
}

static NDIS_STATUS RignicConfigureTableEntry(
    PRIGNIC_ADAPTER Adapter, ULONG Entry, NDIS_MSIX_TABLE_OPERATION Operation)
{
    NDIS_MSIX_CONFIG_PARAMETERS parameters;

    NdisZeroMemory(&parameters, sizeof(parameters));
    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NDIS_MSIX_CONFIG_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_MSIX_CONFIG_PARAMETERS_REVISION_1;
    parameters.ConfigOperation = Operation;
    parameters.TableEntry = Entry;
    return NdisMConfigMSIXTableEntry(Adapter->Handle, &parameters);
}

/*
 * Entries that no cause uses stay masked for the adapter's life. A bus driver
 * that does not offer the service (plain MSI) leaves them alone, which is
 * harmless: the device never raises them.
 */
static NDIS_STATUS RignicMaskSpareEntries(PRIGNIC_ADAPTER Adapter)
{
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
    ULONG i;

    for (i = Adapter->LinkMessage + 1;
         i < Adapter->Messages && status == NDIS_STATUS_SUCCESS; i++) {
        status = RignicConfigureTableEntry(Adapter, i,
                                           NdisMSIXTableConfigMaskTableEntry);
    }
    return status;
}

static VOID RignicDescribeInterrupt(
    PNDIS_MINIPORT_INTERRUPT_CHARACTERISTICS Chars)
{
    NdisZeroMemory(Chars, sizeof(*Chars));
    Chars->Header.Type = NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT;
    Chars->Header.Revision = NDIS_MINIPORT_INTERRUPT_REVISION_1;
    Chars->Header.Size =
        NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1;
    Chars->InterruptHandler = RignicInterrupt;
    Chars->InterruptDpcHandler = RignicInterruptDpc;
    Chars->DisableInterruptHandler = RignicDisableInterrupt;
    Chars->EnableInterruptHandler = RignicEnableInterrupt;
    Chars->MsiSupported = TRUE;
    Chars->MsiSyncWithAllMessages = FALSE;
    Chars->MessageInterruptHandler = RignicMessageInterrupt;
    Chars->MessageInterruptDpcHandler = RignicMessageInterruptDpc;
    Chars->DisableMessageInterruptHandler = RignicDisableMessageInterrupt;
    Chars->EnableMessageInterruptHandler = RignicEnableMessageInterrupt;
}

#if RIGNIC_STYLE != STYLE_NEVER
/* Register, and share out the messages that were granted. */
static NDIS_STATUS RignicConnect(PRIGNIC_ADAPTER Adapter)
{
    NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS chars;
    NDIS_HANDLE handle;
    NDIS_STATUS status;

    RignicDescribeInterrupt(&chars);
    status = NdisMRegisterInterruptEx(Adapter->Handle, Adapter, &chars,
                                      &handle);
    if (status != NDIS_STATUS_SUCCESS) {
        NdisWriteErrorLogEntry(Adapter->Handle,
                               NDIS_ERROR_CODE_INTERRUPT_CONNECT, 1,
                               (ULONG)status);
#if RIGNIC_DEFECT == SEED_S11
        NdisMDeregisterInterruptEx(Adapter); /* SEED_S11: was no handle */
#endif
        return status;
    }
#if RIGNIC_DEFECT == SEED_S19
    if (*RignicHandleOf(Adapter) == NULL) /* SEED_S19: else there is one */
#endif
    *RignicHandleOf(Adapter) = handle;
    if (chars.InterruptType == NDIS_CONNECT_MESSAGE_BASED) {
        Adapter->Messages = chars.MessageInfoTable->MessageCount;
    }
    RignicAssignMessages(Adapter);
    return NDIS_STATUS_SUCCESS;
}

#if RIGNIC_STYLE == STYLE_FEWER || RIGNIC_DEFECT == SEED_S13
/* Too few messages for all: register anew, for one queue pair. */
static NDIS_STATUS RignicConnectFewer(PRIGNIC_ADAPTER Adapter)
{
    if (Adapter->Messages > Adapter->Queues) {
        return NDIS_STATUS_SUCCESS;
    }
#if RIGNIC_DEFECT != SEED_S13 /* SEED_S13: leaves the first registered */
    RignicDeregisterInterrupt(Adapter);
#endif
    Adapter->Queues = 1;
    return RignicConnect(Adapter);
}
#endif

#endif

#if RIGNIC_STYLE == STYLE_NEVER
NDIS_STATUS RignicRegisterInterrupt(PRIGNIC_ADAPTER Adapter)
{
    UNREFERENCED_PARAMETER(Adapter);
    UNREFERENCED_PARAMETER(RignicDescribeInterrupt);
    UNREFERENCED_PARAMETER(RignicMaskSpareEntries);
    UNREFERENCED_PARAMETER(RignicAssignMessages);
    return NDIS_STATUS_SUCCESS;
}
#else
/* The device is silent: its causes are unmasked much later. */
NDIS_STATUS RignicRegisterInterrupt(PRIGNIC_ADAPTER Adapter)
{
    NDIS_STATUS status = RignicConnect(Adapter);

#if RIGNIC_STYLE == STYLE_RETRY
    if (status != NDIS_STATUS_SUCCESS) {
        status = RignicConnect(Adapter);
    }
#elif RIGNIC_STYLE == STYLE_FEWER || RIGNIC_DEFECT == SEED_S13
    if (status == NDIS_STATUS_SUCCESS) {
        status = RignicConnectFewer(Adapter);
    }
#endif
    if (status != NDIS_STATUS_SUCCESS || Adapter->Messages == 0) {
        return status;
    }
#if RIGNIC_DEFECT == SEED_S23
    if (RignicMaskSpareEntries(Adapter) != NDIS_STATUS_SUCCESS) {
        return RignicConnect(Adapter); /* SEED_S23: on top of the first */
    }
#elif RIGNIC_STYLE == STYLE_STRICT
    status = RignicMaskSpareEntries(Adapter);
    if (status != NDIS_STATUS_SUCCESS) {
        RignicDeregisterInterrupt(Adapter);
    }
#else
    (VOID)RignicMaskSpareEntries(Adapter);
#endif
    return status;
}
#endif

#if RIGNIC_STYLE == STYLE_SYNCHRONIZE || RIGNIC_DEFECT == SEED_S18
static MINIPORT_SYNCHRONIZE_INTERRUPT RignicSeeLastInterrupt;

/* Runs at DIRQL, so that no handler is running then. */
static BOOLEAN NTAPI RignicSeeLastInterrupt(NDIS_HANDLE SynchronizeContext)
{
    PRIGNIC_ADAPTER adapter = SynchronizeContext;

    adapter->InterruptsEnabled = FALSE;
    return TRUE;
}
#endif

VOID RignicDeregisterInterrupt(PRIGNIC_ADAPTER Adapter)
{
    PNDIS_HANDLE handle = RignicHandleOf(Adapter);

    if (*handle == NULL) {
        return;
    }
#if RIGNIC_STYLE == STYLE_SYNCHRONIZE
    NdisMSynchronizeWithInterruptEx(*handle, 0, RignicSeeLastInterrupt,
                                    Adapter);
#endif
    NdisMDeregisterInterruptEx(*handle);
#if RIGNIC_DEFECT == SEED_S18
    NdisMSynchronizeWithInterruptEx(*handle, 0, RignicSeeLastInterrupt,
                                    Adapter); /* SEED_S18: not registered */
#endif
    *handle = NULL;
#if RIGNIC_DEFECT == SEED_S16
    /* SEED_S16: "restores" the table after it was given back */
    for (ULONG i = 0; i < Adapter->Messages; i++) {
        RignicConfigureTableEntry(Adapter, i,
                                  NdisMSIXTableConfigUnmaskTableEntry);
    }
#endif
}

#if RIGNIC_COUNTERS
NDIS_STATUS RignicAllocateCounters(PRIGNIC_ADAPTER Adapter)
{
    Adapter->Counts = RignicAllocate(
        Adapter, RIGNIC_MAX_MESSAGES * sizeof(*Adapter->Counts));
    return Adapter->Counts != NULL ? NDIS_STATUS_SUCCESS
                                   : NDIS_STATUS_RESOURCES;
}
#endif

/*
 * Causes to vectors; the device ignores this while MSI-X is disabled. Causes
 * that came up since the reset stay pending: the first unmask delivers them.
 */
VOID RignicProgramInterrupts(PRIGNIC_ADAPTER Adapter)
{
    ULONG message;
    ULONG cause;

    for (cause = 0; cause < RIG_NIC_CAUSES; cause++) {
        RignicWrite(Adapter, RIG_NIC_IVAR(cause), 0);
    }
    for (message = 0; message < RIGNIC_MAX_MESSAGES; message++) {
        for (cause = 0; cause < RIG_NIC_CAUSES; cause++) {
            if (Adapter->Causes[message] & 1u << cause) {
                RignicWrite(Adapter, RIG_NIC_IVAR(cause),
                            RIG_NIC_IVAR_VALID | message);
            }
        }
    }
    RignicWrite(Adapter, RIG_NIC_IAC, RignicAllCauses(Adapter));
    RignicWrite(Adapter, RIG_NIC_IAM, RignicAllCauses(Adapter));
}
