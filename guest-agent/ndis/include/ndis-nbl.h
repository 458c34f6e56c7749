/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network data: NET_BUFFER, NET_BUFFER_LIST, their pools and accessors. */
#ifndef RIG_NDIS_NBL_H
#define RIG_NDIS_NBL_H

#include "ndis-const.h"
#include "ndis-wdm.h"

typedef PHYSICAL_ADDRESS NDIS_PHYSICAL_ADDRESS, *PNDIS_PHYSICAL_ADDRESS;

/* One fragment of memory that both host and device can reach. */
typedef struct _NET_BUFFER_SHARED_MEMORY {
    struct _NET_BUFFER_SHARED_MEMORY *NextSharedMemorySegment;
    ULONG SharedMemoryFlags;
    NDIS_HANDLE SharedMemoryHandle;
    ULONG SharedMemoryOffset;
    ULONG SharedMemoryLength;
} NET_BUFFER_SHARED_MEMORY, *PNET_BUFFER_SHARED_MEMORY;

typedef union _NET_BUFFER_DATA_LENGTH {
    ULONG DataLength;
    SIZE_T stDataLength;
} NET_BUFFER_DATA_LENGTH, *PNET_BUFFER_DATA_LENGTH;

typedef struct _NET_BUFFER_DATA {
    struct _NET_BUFFER *Next;
    PMDL CurrentMdl;           /* where the used data starts ... */
    ULONG CurrentMdlOffset;    /* ... and the offset in that MDL */
    NET_BUFFER_DATA_LENGTH NbDataLength;
    PMDL MdlChain;
    ULONG DataOffset;          /* of the used data in the whole chain */
} NET_BUFFER_DATA, *PNET_BUFFER_DATA;

typedef union _NET_BUFFER_HEADER {
    NET_BUFFER_DATA NetBufferData;
    SLIST_HEADER Link;
} NET_BUFFER_HEADER, *PNET_BUFFER_HEADER;

/* One frame. */
typedef struct DECLSPEC_ALIGN(16) _NET_BUFFER {
    union {
        struct {
            struct _NET_BUFFER *Next;
            PMDL CurrentMdl;
            ULONG CurrentMdlOffset;
            union {
                ULONG DataLength;
                SIZE_T stDataLength;
            };
            PMDL MdlChain;
            ULONG DataOffset;
        };
        SLIST_HEADER Link;
        NET_BUFFER_HEADER NetBufferHeader;
    };
    USHORT ChecksumBias;
    USHORT Reserved;
    NDIS_HANDLE NdisPoolHandle;
    PVOID DECLSPEC_ALIGN(16) NdisReserved[2];
    PVOID DECLSPEC_ALIGN(16) ProtocolReserved[6];
    PVOID DECLSPEC_ALIGN(16) MiniportReserved[4];
    NDIS_PHYSICAL_ADDRESS DataPhysicalAddress;
    union {
        PNET_BUFFER_SHARED_MEMORY SharedMemoryInfo;
        PSCATTER_GATHER_LIST ScatterGatherList;
    };
} NET_BUFFER, *PNET_BUFFER;

/* Context space; ContextData starts at Offset. */
typedef struct _NET_BUFFER_LIST_CONTEXT {
    struct _NET_BUFFER_LIST_CONTEXT *Next;
    USHORT Size;
    USHORT Offset;
    UCHAR DECLSPEC_ALIGN(16) ContextData[];
} NET_BUFFER_LIST_CONTEXT, *PNET_BUFFER_LIST_CONTEXT;

typedef struct _NET_BUFFER_LIST_DATA {
    struct _NET_BUFFER_LIST *Next;
    PNET_BUFFER FirstNetBuffer;
} NET_BUFFER_LIST_DATA, *PNET_BUFFER_LIST_DATA;

typedef union _NET_BUFFER_LIST_HEADER {
    NET_BUFFER_LIST_DATA NetBufferListData;
    SLIST_HEADER Link;
} NET_BUFFER_LIST_HEADER, *PNET_BUFFER_LIST_HEADER;

/*
 * Index into NetBufferListInfo. The number of entries at NDIS 6.20; later
 * versions have more, so whoever allocates lists leaves room after the array.
 */
typedef enum _NDIS_NET_BUFFER_LIST_INFO {
    TcpIpChecksumNetBufferListInfo = 0,
    IPsecOffloadV1NetBufferListInfo = 1,
    TcpLargeSendNetBufferListInfo = 2,
    ClassificationHandleNetBufferListInfo = 3,
    Ieee8021QNetBufferListInfo = 4,
    NetBufferListCancelId = 5,
    MediaSpecificInformation = 6,
    NetBufferListFrameType = 7,
    NetBufferListProtocolId = NetBufferListFrameType,
    NetBufferListHashValue = 8,
    NetBufferListHashInfo = 9,
    WfpNetBufferListInfo = 10,
    MaxNetBufferListInfo = 18,
} NDIS_NET_BUFFER_LIST_INFO;

/* One or more frames that share out-of-band data and are completed as one. */
typedef struct DECLSPEC_ALIGN(16) _NET_BUFFER_LIST {
    union {
        struct {
            struct _NET_BUFFER_LIST *Next;
            PNET_BUFFER FirstNetBuffer;
        };
        SLIST_HEADER Link;
        NET_BUFFER_LIST_HEADER NetBufferListHeader;
    };
    PNET_BUFFER_LIST_CONTEXT Context;
    struct _NET_BUFFER_LIST *ParentNetBufferList;
    NDIS_HANDLE NdisPoolHandle;
    PVOID DECLSPEC_ALIGN(16) NdisReserved[2];
    PVOID DECLSPEC_ALIGN(16) ProtocolReserved[4];
    PVOID DECLSPEC_ALIGN(16) MiniportReserved[2];
    PVOID Scratch;
    NDIS_HANDLE SourceHandle;
    ULONG NblFlags;
    LONG ChildRefCount;
    ULONG Flags;
    union {
        NDIS_STATUS Status;
        ULONG NdisReserved2;
    };
    PVOID NetBufferListInfo[MaxNetBufferListInfo];
} NET_BUFFER_LIST, *PNET_BUFFER_LIST;

typedef struct _NET_BUFFER_LIST_POOL_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    UCHAR ProtocolId;
    BOOLEAN fAllocateNetBuffer;
    USHORT ContextSize;
    ULONG PoolTag;
    ULONG DataSize;
} NET_BUFFER_LIST_POOL_PARAMETERS, *PNET_BUFFER_LIST_POOL_PARAMETERS;

#define NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NET_BUFFER_LIST_POOL_PARAMETERS, DataSize)

typedef struct _NET_BUFFER_POOL_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    ULONG PoolTag;
    ULONG DataSize;
} NET_BUFFER_POOL_PARAMETERS, *PNET_BUFFER_POOL_PARAMETERS;

#define NDIS_PROTOCOL_ID_DEFAULT 0x00

#define NET_BUFFER_NEXT_NB(nb)            ((nb)->Next)
#define NET_BUFFER_FIRST_MDL(nb)          ((nb)->MdlChain)
#define NET_BUFFER_CURRENT_MDL(nb)        ((nb)->CurrentMdl)
#define NET_BUFFER_CURRENT_MDL_OFFSET(nb) ((nb)->CurrentMdlOffset)
#define NET_BUFFER_DATA_OFFSET(nb)        ((nb)->DataOffset)
#define NET_BUFFER_DATA_LENGTH(nb)        ((nb)->DataLength)
#define NET_BUFFER_MINIPORT_RESERVED(nb)  ((nb)->MiniportReserved)

#define NET_BUFFER_LIST_NEXT_NBL(nbl)          ((nbl)->Next)
#define NET_BUFFER_LIST_FIRST_NB(nbl)          ((nbl)->FirstNetBuffer)
#define NET_BUFFER_LIST_FLAGS(nbl)             ((nbl)->Flags)
#define NET_BUFFER_LIST_STATUS(nbl)            ((nbl)->Status)
#define NET_BUFFER_LIST_MINIPORT_RESERVED(nbl) ((nbl)->MiniportReserved)
#define NET_BUFFER_LIST_INFO(nbl, id)          ((nbl)->NetBufferListInfo[(id)])
#define NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(nbl) \
    NET_BUFFER_LIST_INFO((nbl), NetBufferListCancelId)

/* Flags of the send and receive functions. */
#define NDIS_SEND_FLAGS_DISPATCH_LEVEL          0x00000001
#define NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK      0x00000002
#define NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL 0x00000001
#define NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL       0x00000001
#define NDIS_RECEIVE_FLAGS_RESOURCES            0x00000002
#define NDIS_RECEIVE_FLAGS_SINGLE_ETHER_TYPE    0x00000100
#define NDIS_RECEIVE_FLAGS_PERFECT_FILTERED     0x00000400
#define NDIS_RECEIVE_FLAGS_MORE_NBLS            0x00002000
#define NDIS_RETURN_FLAGS_DISPATCH_LEVEL        0x00000001

#define NDIS_TEST_SEND_FLAG(flags, flag) (((flags) & (flag)) != 0)
#define NDIS_TEST_SEND_AT_DISPATCH_LEVEL(flags) \
    NDIS_TEST_SEND_FLAG((flags), NDIS_SEND_FLAGS_DISPATCH_LEVEL)
#define NDIS_TEST_RETURN_AT_DISPATCH_LEVEL(flags) \
    (((flags) & NDIS_RETURN_FLAGS_DISPATCH_LEVEL) != 0)

#endif
