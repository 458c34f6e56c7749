/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The card, by qemu-devices/docs/rig-nic.rst alone. */
#include "lineio.h"

#define LIO_RESET_STEP_US 20
#define LIO_RESET_STEPS   2500    /* 50 ms; the card takes 100 us */
#define LIO_ALL_ONES      0xffffffffu
#define LIO_CAUSES        (RIG_NIC_CAUSE_QUEUE(0) | RIG_NIC_CAUSE_LINK)

ULONG LioGet(PLIO_PORT Port, ULONG Register)
{
    return READ_REGISTER_ULONG((volatile ULONG *)(Port->Card + Register));
}

VOID LioPut(PLIO_PORT Port, ULONG Register, ULONG Value)
{
    WRITE_REGISTER_ULONG((volatile ULONG *)(Port->Card + Register), Value);
}

/* BAR 0 is the 64 KiB one. */
NDIS_STATUS LioMapCard(PLIO_PORT Port)
{
    PNDIS_RESOURCE_LIST list = Port->Resources;
    PVOID address;
    NDIS_STATUS status;
    ULONG i;

    for (i = 0; list != NULL && i < list->Count; i++) {
        const CM_PARTIAL_RESOURCE_DESCRIPTOR *r = &list->PartialDescriptors[i];

        if (r->Type != CmResourceTypeMemory ||
            r->u.Memory.Length != RIG_NIC_REGS_SIZE) {
            continue;
        }
        status = NdisMMapIoSpace(&address, Port->Miniport, r->u.Memory.Start,
                                 RIG_NIC_REGS_SIZE);
        if (status == NDIS_STATUS_SUCCESS) {
            Port->Card = address;
        }
        return status;
    }
    return NDIS_STATUS_RESOURCE_CONFLICT;
}

VOID LioUnmapCard(PLIO_PORT Port)
{
    NdisMUnmapIoSpace(Port->Miniport, (PVOID)Port->Card, RIG_NIC_REGS_SIZE);
    Port->Card = NULL;
}

NDIS_STATUS LioResetCard(PLIO_PORT Port)
{
    ULONG step;

    LioPut(Port, RIG_NIC_CTRL, RIG_NIC_CTRL_RST);
    for (step = 0; step < LIO_RESET_STEPS; step++) {
        ULONG now = LioGet(Port, RIG_NIC_STATUS);

        if (now == LIO_ALL_ONES) {
            Port->Gone = TRUE;
            break;
        }
        if (now & RIG_NIC_STATUS_RESET_DONE) {
            return NDIS_STATUS_SUCCESS;
        }
        NdisStallExecution(LIO_RESET_STEP_US);
    }
    return NDIS_STATUS_DEVICE_FAILED;
}

/* The NVM as a whole must add up, and hold the address of one station. */
static NDIS_STATUS LioReadAddress(PLIO_PORT Port)
{
    ULONG sum = 0;
    ULONG any = 0;
    ULONG i;

    for (i = 0; i < RIG_NIC_NVM_WORDS; i++) {
        ULONG word;

        LioPut(Port, RIG_NIC_NVM_ADDR, i);
        word = LioGet(Port, RIG_NIC_NVM_DATA);
        sum += word;
        if (i < LIO_MAC / 2) {
            Port->BurnedIn[2 * i] = (UCHAR)word;
            Port->BurnedIn[2 * i + 1] = (UCHAR)(word >> 8);
            any |= word;
        }
    }
    if ((sum & 0xffff) != RIG_NIC_NVM_SUM || any == 0 ||
        (Port->BurnedIn[0] & 1)) {
        return NDIS_STATUS_INVALID_DATA;
    }
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS LioFindCard(PLIO_PORT Port)
{
    NDIS_STATUS status;

    if (LioGet(Port, RIG_NIC_ID) != RIG_NIC_ID_VALUE) {
        return NDIS_STATUS_ADAPTER_NOT_FOUND;
    }
    status = LioResetCard(Port);
    return status == NDIS_STATUS_SUCCESS ? LioReadAddress(Port) : status;
}

BOOLEAN LioLinkIsUp(PLIO_PORT Port)
{
    ULONG status = LioGet(Port, RIG_NIC_STATUS);

    return status != LIO_ALL_ONES && (status & RIG_NIC_STATUS_LINK_UP);
}

/* Group addresses pass one and all when any was asked for. */
VOID LioSetFilter(PLIO_PORT Port)
{
    ULONG pass = 0;

    if (Port->Filter & NDIS_PACKET_TYPE_PROMISCUOUS) {
        pass |= RIG_NIC_RXF_PROMISCUOUS;
    }
    if (Port->Filter & NDIS_PACKET_TYPE_BROADCAST) {
        pass |= RIG_NIC_RXF_BROADCAST;
    }
    if ((Port->Filter & NDIS_PACKET_TYPE_ALL_MULTICAST) ||
        ((Port->Filter & NDIS_PACKET_TYPE_MULTICAST) && Port->Groups)) {
        pass |= RIG_NIC_RXF_ALLMULTI;
    }
    LioPut(Port, RIG_NIC_RXFILTER, pass);
}

VOID LioSetDirections(PLIO_PORT Port)
{
    ULONG control = 0;

    if (Port->Open) {
        control = RIG_NIC_CTRL_TXEN | (Port->Filter ? RIG_NIC_CTRL_RXEN : 0);
    }
    LioPut(Port, RIG_NIC_CTRL, control);
}

NDIS_STATUS LioStartCard(PLIO_PORT Port)
{
    ULONG cause;

    LioSetFilter(Port);
    LioStartRings(Port);
    for (cause = 0; cause < RIG_NIC_CAUSES; cause++) {
        LioPut(Port, RIG_NIC_IVAR(cause),
               LIO_CAUSES >> cause & 1 ? RIG_NIC_IVAR_VALID : 0);
    }
    /* A message clears its causes; the line's handler does so itself. */
    LioPut(Port, RIG_NIC_IAC, LIO_CAUSES);
    LioPut(Port, RIG_NIC_IAM, 0);
    LioSetDirections(Port);
    LioPut(Port, RIG_NIC_IMS, LIO_CAUSES);
    return NDIS_STATUS_SUCCESS;
}

VOID LioStopCard(PLIO_PORT Port)
{
    LioPut(Port, RIG_NIC_IMC, RIG_NIC_CAUSE_ALL);
    if (!Port->Gone) {
        (VOID)LioResetCard(Port);
    }
}
