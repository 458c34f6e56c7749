/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The adapter and the parts of the rig-nic miniport, an NDIS 6.30 driver.
 *
 * Life of an adapter: MiniportInitializeEx acquires everything (adapter.c) and
 * enables the device with both directions off; MiniportRestart turns them on,
 * MiniportPause off again; MiniportHaltEx releases everything.
 *
 * Locks: Lock of each ring guards its indices and lists. InterruptLock guards
 * the device's interrupt mask against a DPC that unmasks while the driver
 * shuts down. They nest in no order: nobody holds two.
 *
 * Busy counts the reasons why a pause is not complete: one while running, one
 * per list being sent, one per list indicated and not yet returned. Whoever
 * drops it to zero while Pausing is set completes the pause.
 */
#ifndef RIGNIC_H
#define RIGNIC_H

#include <ndis.h>
#include "rig/nic-regs.h"

#define RIGNIC_TAG 0x634e6752 /* "RgNc" */

#define RIGNIC_MAC_LENGTH      6
#define RIGNIC_ETHERNET_HEADER 14
#define RIGNIC_MULTICAST_MAX   64   /* addresses in the multicast list */
#define RIGNIC_MAX_FRAGMENTS   16   /* descriptors of one sent frame */
#define RIGNIC_USUAL_FRAGMENTS 8    /* more: NDIS allocates their list */
#define RIGNIC_MAX_MESSAGES    (RIG_NIC_MAX_QUEUES + 1)
#define RIGNIC_NO_MESSAGE      ((ULONG)-1)
#define RIGNIC_ALL_ONES        0xffffffffu /* read of a device that is gone */

struct _RIGNIC_ADAPTER;

/* Descriptor of either ring, as nic-regs.h lays it out. */
typedef struct _RIGNIC_DESCRIPTOR {
    volatile ULONG AddressLow;
    volatile ULONG AddressHigh;
    volatile ULONG Control;    /* length; transmit: flags */
    volatile ULONG Status;     /* RIG_NIC_DESC_*, written by the device */
} RIGNIC_DESCRIPTOR, *PRIGNIC_DESCRIPTOR;
C_ASSERT(sizeof(RIGNIC_DESCRIPTOR) == RIG_NIC_DESC_SIZE);

/* Memory that driver and device share. */
typedef struct _RIGNIC_SHARED_MEMORY {
    PVOID Address;             /* NULL: none */
    NDIS_PHYSICAL_ADDRESS Physical;
    ULONG Length;              /* bytes */
} RIGNIC_SHARED_MEMORY, *PRIGNIC_SHARED_MEMORY;

/* Lists on their way back to NDIS, in order. */
typedef struct _RIGNIC_NBL_LIST {
    PNET_BUFFER_LIST Head;
    PNET_BUFFER_LIST *Tail;    /* where to hang the next one */
    ULONG Count;
} RIGNIC_NBL_LIST, *PRIGNIC_NBL_LIST;

/* Frames (NET_BUFFERs) chained through MiniportReserved. */
typedef struct _RIGNIC_NB_LIST {
    PNET_BUFFER Head;
    PNET_BUFFER *Tail;
} RIGNIC_NB_LIST, *PRIGNIC_NB_LIST;

typedef struct _RIGNIC_TX_SLOT {
    PNET_BUFFER Frame;         /* in the slot of its first descriptor */
    ULONG Last;                /* index of its last descriptor */
} RIGNIC_TX_SLOT, *PRIGNIC_TX_SLOT;

typedef struct _RIGNIC_TX_RING {
    struct _RIGNIC_ADAPTER *Adapter;
    NDIS_SPIN_LOCK Lock;
    RIGNIC_SHARED_MEMORY Memory;
    PRIGNIC_DESCRIPTOR Descriptors;
    PRIGNIC_TX_SLOT Slots;
    PUCHAR Lists;              /* Size buffers for fragments, behind Slots */
    PVOID Spare;               /* those in no use, each points to the next */
    ULONG Registers;           /* offset of the ring's registers */
    ULONG Size;                /* descriptors, a power of two */
    ULONG Tail;                /* next descriptor to fill */
    ULONG Rung;                /* Tail as the device knows it */
    ULONG Clean;               /* first descriptor not yet completed */
    ULONG Batches;             /* senders that will ring the doorbell */
    ULONG Progress;            /* frames completed, for the hang check */
    ULONG LastProgress;
    RIGNIC_NB_LIST Waiting;    /* mapped, but there was no room */
} RIGNIC_TX_RING, *PRIGNIC_TX_RING;

/* A receive buffer, and the list that carries it up. */
typedef struct _RIGNIC_RX_BUFFER {
    PNET_BUFFER_LIST NetBufferList;
    PMDL Mdl;
    PUCHAR Address;
    NDIS_PHYSICAL_ADDRESS Physical;
    struct _RIGNIC_RX_RING *Ring;
    BOOLEAN Posted;            /* with the device */
} RIGNIC_RX_BUFFER, *PRIGNIC_RX_BUFFER;

typedef struct _RIGNIC_RX_RING {
    struct _RIGNIC_ADAPTER *Adapter;
    NDIS_SPIN_LOCK Lock;
    RIGNIC_SHARED_MEMORY Memory;
    RIGNIC_SHARED_MEMORY BufferMemory;
    PRIGNIC_DESCRIPTOR Descriptors;
    PRIGNIC_RX_BUFFER Buffers; /* Size - 1 of them */
    PRIGNIC_RX_BUFFER *Slots;  /* the buffer that each descriptor names */
    ULONG Registers;
    ULONG Size;
    ULONG Tail;                /* next descriptor to give to the device */
    ULONG Next;                /* next descriptor that the device fills */
    ULONG Posted;              /* buffers that the device has */
} RIGNIC_RX_RING, *PRIGNIC_RX_RING;

/* Values of the standard keywords. */
typedef struct _RIGNIC_CONFIGURATION {
    ULONG ReceiveBuffers;      /* per ring, a power of two */
    ULONG TransmitBuffers;     /* per ring, a power of two */
    ULONG JumboPacket;         /* longest frame, bytes without FCS */
    ULONG InterruptModeration; /* 0 off, 1 on */
    UCHAR NetworkAddress[RIGNIC_MAC_LENGTH];
    BOOLEAN HasNetworkAddress;
} RIGNIC_CONFIGURATION;

/* Counted by the driver; the rest comes from the device's registers. */
typedef struct _RIGNIC_COUNTERS {
    LONG64 Frames[3];          /* unicast, multicast, broadcast */
    LONG64 Bytes[3];
    LONG64 Errors;
} RIGNIC_COUNTERS, *PRIGNIC_COUNTERS;

typedef struct _RIGNIC_ADAPTER {
    NDIS_HANDLE Handle;
    RIGNIC_CONFIGURATION Configuration;

    /* Device. */
    PVOID Registers;           /* NULL: not mapped */
    NDIS_PHYSICAL_ADDRESS RegistersPhysical;
    volatile LONG Removed;     /* the device no longer answers */
    ULONG Queues;
    UCHAR PermanentMac[RIGNIC_MAC_LENGTH];
    UCHAR CurrentMac[RIGNIC_MAC_LENGTH];

    /* Interrupts. */
    NDIS_HANDLE InterruptHandle; /* NULL: not registered */
    NDIS_SPIN_LOCK InterruptLock;
    BOOLEAN InterruptsEnabled;
    ULONG Messages;            /* granted; 0: line-based */
    ULONG LinkMessage;         /* RIGNIC_NO_MESSAGE: line-based */
    ULONG QueueMessage[RIG_NIC_MAX_QUEUES];
    ULONG Causes[RIGNIC_MAX_MESSAGES]; /* of each message */
    LONG *Counts;              /* interrupts of each message, NULL: none */

    /* Data path. */
    NDIS_HANDLE DmaHandle;     /* NULL: not registered */
    NDIS_HANDLE PoolHandle;    /* of receive lists, NULL: none */
    RIGNIC_TX_RING Tx[RIG_NIC_MAX_QUEUES];
    RIGNIC_RX_RING Rx[RIG_NIC_MAX_QUEUES];
    ULONG BufferSize;          /* of a receive buffer, bytes */
    volatile LONG Running;     /* restarted and not paused */
    volatile LONG Pausing;     /* MiniportPause gave up its reason */
    volatile LONG Busy;
    RIGNIC_COUNTERS Sent;
    RIGNIC_COUNTERS Received;
    ULONG64 LostBeforeReset;   /* RX_NODESC of earlier resets */

    /* What protocols asked for, and what they know. */
    ULONG PacketFilter;
    ULONG Lookahead;
    ULONG MulticastCount;
    UCHAR Multicast[RIGNIC_MULTICAST_MAX][RIGNIC_MAC_LENGTH];
    NDIS_MEDIA_CONNECT_STATE LinkState;
} RIGNIC_ADAPTER, *PRIGNIC_ADAPTER;

/* adapter.c */
MINIPORT_INITIALIZE RignicInitializeEx;
MINIPORT_HALT RignicHaltEx;

/* attributes.c */
NDIS_STATUS RignicSetRegistrationAttributes(PRIGNIC_ADAPTER Adapter);
NDIS_STATUS RignicSetGeneralAttributes(PRIGNIC_ADAPTER Adapter);

/* config.c */
NDIS_STATUS RignicReadConfiguration(PRIGNIC_ADAPTER Adapter);

/* hw.c: registers */
NDIS_STATUS RignicMapRegisters(PRIGNIC_ADAPTER Adapter,
                               PNDIS_RESOURCE_LIST Resources);
VOID RignicUnmapRegisters(PRIGNIC_ADAPTER Adapter);
ULONG RignicRead(PRIGNIC_ADAPTER Adapter, ULONG Register);
VOID RignicWrite(PRIGNIC_ADAPTER Adapter, ULONG Register, ULONG Value);
ULONG64 RignicReadStatistic(PRIGNIC_ADAPTER Adapter, ULONG Register);
/* Reset and wait until it is done; at any IRQL up to DISPATCH_LEVEL. */
NDIS_STATUS RignicHwReset(PRIGNIC_ADAPTER Adapter);
NDIS_STATUS RignicHwIdentify(PRIGNIC_ADAPTER Adapter);
/* Program everything; interrupts on, both directions as Running says. */
VOID RignicHwEnable(PRIGNIC_ADAPTER Adapter);
/* No interrupt, no DMA from here on. */
VOID RignicHwQuiesce(PRIGNIC_ADAPTER Adapter);
VOID RignicHwSetRing(PRIGNIC_ADAPTER Adapter, ULONG Registers,
                     NDIS_PHYSICAL_ADDRESS Base, ULONG Size);
VOID RignicHwSetFilter(PRIGNIC_ADAPTER Adapter);
VOID RignicHwSetDirections(PRIGNIC_ADAPTER Adapter);
BOOLEAN RignicHwLinkUp(PRIGNIC_ADAPTER Adapter);

/* interrupt.c */
NDIS_STATUS RignicRegisterInterrupt(PRIGNIC_ADAPTER Adapter);
VOID RignicDeregisterInterrupt(PRIGNIC_ADAPTER Adapter);
/* Memory for Counts; only in a driver that counts. */
NDIS_STATUS RignicAllocateCounters(PRIGNIC_ADAPTER Adapter);
VOID RignicProgramInterrupts(PRIGNIC_ADAPTER Adapter);
VOID RignicEnableInterrupts(PRIGNIC_ADAPTER Adapter);
VOID RignicDisableInterrupts(PRIGNIC_ADAPTER Adapter);
VOID RignicIndicateLink(PRIGNIC_ADAPTER Adapter);

/* dma.c */
NDIS_STATUS RignicRegisterDma(PRIGNIC_ADAPTER Adapter);
VOID RignicDeregisterDma(PRIGNIC_ADAPTER Adapter);
NDIS_STATUS RignicAllocateShared(PRIGNIC_ADAPTER Adapter, ULONG Length,
                                 PRIGNIC_SHARED_MEMORY Memory);
VOID RignicFreeShared(PRIGNIC_ADAPTER Adapter, PRIGNIC_SHARED_MEMORY Memory);
PVOID RignicAllocate(PRIGNIC_ADAPTER Adapter, ULONG Length);
VOID RignicCount(PRIGNIC_COUNTERS Counters, const UCHAR *Frame, ULONG Length);

/* tx.c */
NDIS_STATUS RignicAllocateTransmit(PRIGNIC_ADAPTER Adapter);
VOID RignicFreeTransmit(PRIGNIC_ADAPTER Adapter);
VOID RignicStartTransmit(PRIGNIC_ADAPTER Adapter);
/* Complete what the device has sent; at DISPATCH_LEVEL. */
VOID RignicTransmitDone(PRIGNIC_TX_RING Ring);
/* Complete what waits for room, and with `Posted` what the device has. */
VOID RignicAbortTransmit(PRIGNIC_ADAPTER Adapter, NDIS_STATUS Status,
                         BOOLEAN Posted);
BOOLEAN RignicTransmitIdle(PRIGNIC_ADAPTER Adapter);
BOOLEAN RignicTransmitStuck(PRIGNIC_ADAPTER Adapter);
MINIPORT_SEND_NET_BUFFER_LISTS RignicSendNetBufferLists;
MINIPORT_CANCEL_SEND RignicCancelSend;
MINIPORT_PROCESS_SG_LIST RignicProcessSGList;

/* rx.c */
NDIS_STATUS RignicAllocateReceive(PRIGNIC_ADAPTER Adapter);
VOID RignicFreeReceive(PRIGNIC_ADAPTER Adapter);
VOID RignicStartReceive(PRIGNIC_ADAPTER Adapter);
/* Indicate at most Limit frames; TRUE if there are more. DISPATCH_LEVEL. */
BOOLEAN RignicReceiveDone(PRIGNIC_RX_RING Ring, ULONG Limit);
MINIPORT_RETURN_NET_BUFFER_LISTS RignicReturnNetBufferLists;

/* state.c */
MINIPORT_PAUSE RignicPause;
MINIPORT_RESTART RignicRestart;
MINIPORT_RESET RignicResetEx;
MINIPORT_CHECK_FOR_HANG RignicCheckForHangEx;
MINIPORT_SHUTDOWN RignicShutdownEx;
MINIPORT_DEVICE_PNP_EVENT_NOTIFY RignicDevicePnPEventNotify;
/* Take or drop one reason for a pause to wait. */
VOID RignicReference(PRIGNIC_ADAPTER Adapter);
VOID RignicDereference(PRIGNIC_ADAPTER Adapter, ULONG Count);

/* oid.c */
extern const NDIS_OID RignicSupportedOids[];
extern const ULONG RignicSupportedOidsLength; /* bytes */
MINIPORT_OID_REQUEST RignicOidRequest;
MINIPORT_CANCEL_OID_REQUEST RignicCancelOidRequest;

#endif
