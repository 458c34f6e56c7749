/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The port's only interrupt, a line or one message, and the timer by which a
 * change of the link settles before NDIS hears of it.
 */
#include "lineio.h"
#include "seeds.h"

#define LIO_SETTLE_MS  10
#define LIO_WAIT_US    1000

/* --- handlers ------------------------------------------------------------ */

static MINIPORT_ISR LioIsr;
static MINIPORT_INTERRUPT_DPC LioDpc;
static MINIPORT_MESSAGE_INTERRUPT LioMessageIsr;
static MINIPORT_MESSAGE_INTERRUPT_DPC LioMessageDpc;

/* The line is shared: only causes that are set and unmasked are ours. */
static BOOLEAN NTAPI LioIsr(NDIS_HANDLE MiniportInterruptContext,
                            PBOOLEAN QueueDefaultInterruptDpc,
                            PULONG TargetProcessors)
{
    PLIO_LINE line = MiniportInterruptContext;
    ULONG causes = LioGet(line->Port, RIG_NIC_ICR);

    *TargetProcessors = 0;
    *QueueDefaultInterruptDpc = FALSE;
    if (causes & ~RIG_NIC_CAUSE_ALL) {
        return FALSE;             /* all ones: the card is gone */
    }
    causes &= LioGet(line->Port, RIG_NIC_IMS);
    if (causes == 0) {
        return FALSE;
    }
    LioPut(line->Port, RIG_NIC_ICR, causes);
    if (causes & RIG_NIC_CAUSE_LINK) {
        line->LinkChanged = TRUE;
    }
    *QueueDefaultInterruptDpc = TRUE;
    return TRUE;
}

static VOID LioServe(PLIO_LINE Line, BOOLEAN LinkChanged)
{
    PLIO_PORT port = Line->Port;
    LARGE_INTEGER due;

    LioServeRings(port);
    if (LinkChanged && !InterlockedExchange(&port->LinkPending, TRUE)) {
        due.QuadPart = -10000LL * LIO_SETTLE_MS; /* from now, in 100 ns */
        NdisSetTimerObject(port->LinkTimer, due, 0, NULL);
    }
}

static VOID NTAPI LioDpc(NDIS_HANDLE MiniportInterruptContext,
                         PVOID MiniportDpcContext,
                         PVOID ReceiveThrottleParameters, PVOID NdisReserved2)
{
    PLIO_LINE line = MiniportInterruptContext;

    UNREFERENCED_PARAMETER(MiniportDpcContext);
    UNREFERENCED_PARAMETER(ReceiveThrottleParameters);
    UNREFERENCED_PARAMETER(NdisReserved2);
    LioServe(line, InterlockedExchange(&line->LinkChanged, FALSE) != 0);
}

static BOOLEAN NTAPI LioMessageIsr(NDIS_HANDLE MiniportInterruptContext,
                                   ULONG MessageId,
                                   PBOOLEAN QueueDefaultInterruptDpc,
                                   PULONG TargetProcessors)
{
    UNREFERENCED_PARAMETER(MiniportInterruptContext);
    UNREFERENCED_PARAMETER(MessageId);
    *TargetProcessors = 0;
    *QueueDefaultInterruptDpc = TRUE;
    return TRUE;
}

/* The card has cleared the causes; whichever they were, look at everything. */
static VOID NTAPI LioMessageDpc(NDIS_HANDLE MiniportInterruptContext,
                                ULONG MessageId, PVOID MiniportDpcContext,
                                PVOID ReceiveThrottleParameters,
                                PVOID NdisReserved2)
{
    UNREFERENCED_PARAMETER(MessageId);
    UNREFERENCED_PARAMETER(MiniportDpcContext);
    UNREFERENCED_PARAMETER(ReceiveThrottleParameters);
    UNREFERENCED_PARAMETER(NdisReserved2);
    LioServe(MiniportInterruptContext, TRUE);
}

/* --- registration -------------------------------------------------------- */

NDIS_STATUS LioMakeLine(PLIO_PORT Port)
{
    Port->Line = NdisAllocateMemoryWithTagPriority(
        Port->Miniport, sizeof(*Port->Line), LIO_TAG, NormalPoolPriority);
    if (Port->Line == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    Port->Line->Port = Port;
    Port->Line->LinkChanged = FALSE;
    return NDIS_STATUS_SUCCESS;
}

VOID LioFreeLine(PLIO_PORT Port)
{
    NdisFreeMemory(Port->Line, sizeof(*Port->Line), 0);
    Port->Line = NULL;
}

NDIS_STATUS LioConnect(PLIO_PORT Port)
{
    NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS how;
    NDIS_STATUS status;

    NdisZeroMemory(&how, sizeof(how));
    how.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT;
    how.Header.Revision = NDIS_MINIPORT_INTERRUPT_REVISION_1;
    how.Header.Size =
        NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1;
    how.InterruptHandler = LioIsr;
    how.InterruptDpcHandler = LioDpc;
    how.MsiSupported = TRUE;
    how.MessageInterruptHandler = LioMessageIsr;
    how.MessageInterruptDpcHandler = LioMessageDpc;
    status = NdisMRegisterInterruptEx(Port->Miniport, Port->Line, &how,
                                      &Port->Interrupt);
    Port->Message = status == NDIS_STATUS_SUCCESS &&
                    how.InterruptType == NDIS_CONNECT_MESSAGE_BASED;
    return status;
}

#if LINEIO_DEFECT == SEED_S18
static MINIPORT_SYNCHRONIZE_INTERRUPT LioForget;

static BOOLEAN NTAPI LioForget(NDIS_HANDLE SynchronizeContext)
{
    PLIO_LINE line = SynchronizeContext;

    line->LinkChanged = FALSE;
    return TRUE;
}
#endif

VOID LioDisconnect(PLIO_PORT Port)
{
#if LINEIO_DEFECT == SEED_S04
    if (Port->Resources != NULL) {
        return; /* SEED_S04: only a whole init clears it */
    }
#endif
    NdisMDeregisterInterruptEx(Port->Interrupt);
#if LINEIO_DEFECT == SEED_S18
    NdisMSynchronizeWithInterruptEx(Port->Interrupt, 0, LioForget,
                                    Port->Line); /* SEED_S18 */
#endif
}

/* --- the link ------------------------------------------------------------ */

static NDIS_TIMER_FUNCTION LioLinkSettled;

static VOID LioIndicateLink(PLIO_PORT Port)
{
    NDIS_STATUS_INDICATION status;
    NDIS_LINK_STATE link;

    NdisZeroMemory(&link, sizeof(link));
    link.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    link.Header.Revision = NDIS_LINK_STATE_REVISION_1;
    link.Header.Size = NDIS_SIZEOF_LINK_STATE_REVISION_1;
    link.MediaConnectState = Port->Link;
    link.MediaDuplexState = MediaDuplexStateUnknown;
    link.XmitLinkSpeed = link.RcvLinkSpeed = NDIS_LINK_SPEED_UNKNOWN;
    link.PauseFunctions = NdisPauseFunctionsUnsupported;
    if (Port->Link == MediaConnectStateConnected) {
        link.MediaDuplexState = MediaDuplexStateFull;
        link.XmitLinkSpeed = LioGet(Port, RIG_NIC_SPEED) * 1000000ULL;
        link.RcvLinkSpeed = link.XmitLinkSpeed;
    }
    NdisZeroMemory(&status, sizeof(status));
    status.Header.Type = NDIS_OBJECT_TYPE_STATUS_INDICATION;
    status.Header.Revision = NDIS_STATUS_INDICATION_REVISION_1;
    status.Header.Size = NDIS_SIZEOF_STATUS_INDICATION_REVISION_1;
    status.SourceHandle = Port->Miniport;
    status.StatusCode = NDIS_STATUS_LINK_STATE;
    status.StatusBuffer = &link;
    status.StatusBufferSize = sizeof(link);
    NdisMIndicateStatusEx(Port->Miniport, &status);
}

static VOID NTAPI LioLinkSettled(PVOID SystemSpecific1, PVOID FunctionContext,
                                 PVOID SystemSpecific2, PVOID SystemSpecific3)
{
    PLIO_PORT port = FunctionContext;
    NDIS_MEDIA_CONNECT_STATE now = LioLinkIsUp(port)
                                       ? MediaConnectStateConnected
                                       : MediaConnectStateDisconnected;

    UNREFERENCED_PARAMETER(SystemSpecific1);
    UNREFERENCED_PARAMETER(SystemSpecific2);
    UNREFERENCED_PARAMETER(SystemSpecific3);
    if (port->Link != now) {
        port->Link = now;
        LioIndicateLink(port);
    }
    InterlockedExchange(&port->LinkPending, FALSE);
}

NDIS_STATUS LioMakeTimer(PLIO_PORT Port)
{
    NDIS_TIMER_CHARACTERISTICS timer;

    NdisZeroMemory(&timer, sizeof(timer));
    timer.Header.Type = NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS;
    timer.Header.Revision = NDIS_TIMER_CHARACTERISTICS_REVISION_1;
    timer.Header.Size = NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1;
    timer.AllocationTag = LIO_TAG;
    timer.TimerFunction = LioLinkSettled;
    timer.FunctionContext = Port;
    return NdisAllocateTimerObject(Port->Miniport, &timer, &Port->LinkTimer);
}

/* No DPC sets the timer any more: the interrupt is deregistered by now. */
VOID LioFreeTimer(PLIO_PORT Port)
{
    NDIS_HANDLE timer = Port->LinkTimer;

    if (!NdisCancelTimerObject(timer)) {
        while (Port->LinkPending) {
            NdisMSleep(LIO_WAIT_US);
        }
    }
    Port->LinkTimer = NULL;
    NdisFreeTimerObject(timer);
}
