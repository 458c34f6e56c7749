/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A second miniport for rig-nic, an NDIS 6.20 driver of the plain sort: one
 * interrupt, by line or by a single message, one pair of rings, frames copied
 * to and from memory that it shares with the card. It was written from
 * qemu-devices/docs/rig-nic.rst and shares no code with the first.
 *
 * Everything the port holds is acquired in stages (port.c). Each stage has a
 * destructor; what was acquired last is released first.
 *
 * Lock guards the rings and the waiting list. Lists are never held back: a
 * list that was sent is complete when its frames have been copied, and one
 * that is indicated is NDIS's only during the call.
 */
#ifndef LINEIO_H
#define LINEIO_H

#include <ndis.h>
#include "rig/nic-regs.h"

#define LIO_TAG        0x6f496e4c /* "LnIo" */
#define LIO_MAC        6
#define LIO_HEADER     14         /* Ethernet */
#define LIO_MTU        1500
#define LIO_FRAME      (LIO_HEADER + LIO_MTU)
#define LIO_SLOTS      64         /* of either ring, a power of two */
#define LIO_SLOT_BYTES 2048       /* a frame's buffer */
#define LIO_GROUPS     32         /* multicast addresses */

/* A descriptor of either ring: docs/rig-nic.rst, "Rings". */
typedef struct _LIO_DESCRIPTOR {
    volatile ULONG Low, High;     /* address */
    volatile ULONG Length;        /* and flags */
    volatile ULONG Status;
} LIO_DESCRIPTOR, *PLIO_DESCRIPTOR;
C_ASSERT(sizeof(LIO_DESCRIPTOR) == RIG_NIC_DESC_SIZE);

/* What card and driver share, in one block. */
typedef struct _LIO_SHARED {
    LIO_DESCRIPTOR Send[LIO_SLOTS];
    LIO_DESCRIPTOR Receive[LIO_SLOTS];
    UCHAR SendBuffer[LIO_SLOTS][LIO_SLOT_BYTES];
    UCHAR ReceiveBuffer[LIO_SLOTS][LIO_SLOT_BYTES];
} LIO_SHARED, *PLIO_SHARED;

struct _LIO_PORT;

/* Context of the interrupt handlers. */
typedef struct _LIO_LINE {
    struct _LIO_PORT *Port;
    volatile LONG LinkChanged;    /* seen by the ISR, not yet by the DPC */
} LIO_LINE, *PLIO_LINE;

typedef struct _LIO_PORT {
    NDIS_HANDLE Miniport;
    PNDIS_RESOURCE_LIST Resources; /* during MiniportInitializeEx only */
    ULONG Stages;                 /* how many have been acquired */

    volatile UCHAR *Card;         /* registers */
    volatile LONG Gone;           /* the card reads all ones */
    UCHAR BurnedIn[LIO_MAC];

    PLIO_LINE Line;
    NDIS_HANDLE Interrupt;
    BOOLEAN Message;              /* granted: one message, else the line */
    NDIS_HANDLE LinkTimer;
    volatile LONG LinkPending;    /* the timer is set or its function runs */
    NDIS_MEDIA_CONNECT_STATE Link;

    NDIS_HANDLE Dma;
    PLIO_SHARED Shared;
    NDIS_PHYSICAL_ADDRESS SharedAddress;
    NDIS_HANDLE Pool;
    PMDL Mdl[LIO_SLOTS];          /* of the receive buffers */
    PNET_BUFFER_LIST List[LIO_SLOTS];

    NDIS_SPIN_LOCK Lock;
    BOOLEAN Open;                 /* between restart and pause */
    volatile LONG Indicating;     /* calls into NDIS with received frames */
    ULONG SendTail, SendClean;    /* modulo LIO_SLOTS */
    ULONG ReceiveNext;
    PNET_BUFFER_LIST Waiting;     /* no slot was free for all of its frames */
    PNET_BUFFER_LIST *WaitingEnd;
    ULONG FramesCopied;           /* of the first list that waits */

    ULONG Filter;
    ULONG Lookahead;
    ULONG Groups;
    UCHAR Group[LIO_GROUPS][LIO_MAC];
    ULONG64 Sent, SentBytes, Received, ReceivedBytes, ReceiveErrors;
} LIO_PORT, *PLIO_PORT;

/* port.c */
MINIPORT_INITIALIZE LioInitialize;
MINIPORT_HALT LioHalt;
MINIPORT_SHUTDOWN LioShutdown;
MINIPORT_RESET LioReset;
MINIPORT_CHECK_FOR_HANG LioCheckForHang;
MINIPORT_DEVICE_PNP_EVENT_NOTIFY LioPnPEvent;

/* attributes.c */
NDIS_STATUS LioSetRegistration(PLIO_PORT Port);
NDIS_STATUS LioSetGeneral(PLIO_PORT Port);

/* card.c: the hardware */
ULONG LioGet(PLIO_PORT Port, ULONG Register);
VOID LioPut(PLIO_PORT Port, ULONG Register, ULONG Value);
NDIS_STATUS LioMapCard(PLIO_PORT Port);
VOID LioUnmapCard(PLIO_PORT Port);
NDIS_STATUS LioResetCard(PLIO_PORT Port);
/* Reset, identify, read the address. */
NDIS_STATUS LioFindCard(PLIO_PORT Port);
/* Program all of the card and let it interrupt. */
NDIS_STATUS LioStartCard(PLIO_PORT Port);
/* No DMA, no interrupt from here on. */
VOID LioStopCard(PLIO_PORT Port);
VOID LioSetFilter(PLIO_PORT Port);
VOID LioSetDirections(PLIO_PORT Port);
BOOLEAN LioLinkIsUp(PLIO_PORT Port);

/* line.c: the interrupt and the link timer */
NDIS_STATUS LioConnect(PLIO_PORT Port);
VOID LioDisconnect(PLIO_PORT Port);
NDIS_STATUS LioMakeLine(PLIO_PORT Port);
VOID LioFreeLine(PLIO_PORT Port);
NDIS_STATUS LioMakeTimer(PLIO_PORT Port);
VOID LioFreeTimer(PLIO_PORT Port);

/* frames.c: both directions */
NDIS_STATUS LioMakeDma(PLIO_PORT Port);
VOID LioFreeDma(PLIO_PORT Port);
NDIS_STATUS LioMakeShared(PLIO_PORT Port);
VOID LioFreeShared(PLIO_PORT Port);
NDIS_STATUS LioMakeLists(PLIO_PORT Port);
VOID LioFreeLists(PLIO_PORT Port);
/* Both rings as after a reset of the card. */
VOID LioStartRings(PLIO_PORT Port);
/* Whatever the card has done; at DISPATCH_LEVEL. */
VOID LioServeRings(PLIO_PORT Port);
MINIPORT_SEND_NET_BUFFER_LISTS LioSend;
MINIPORT_CANCEL_SEND LioCancelSend;
MINIPORT_RETURN_NET_BUFFER_LISTS LioReturn;
MINIPORT_PROCESS_SG_LIST LioProcessSGList;
MINIPORT_PAUSE LioPause;
MINIPORT_RESTART LioRestart;

/* requests.c */
extern const NDIS_OID LioOids[];
extern const ULONG LioOidBytes;
MINIPORT_OID_REQUEST LioRequest;
MINIPORT_CANCEL_OID_REQUEST LioCancelRequest;

#endif
