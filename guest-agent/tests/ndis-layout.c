/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Layout test of the NDIS headers: the build compiles this file with gcc for
 * Linux and with mingw-w64, and either refuses it if a structure is not laid
 * out as on Windows.
 *
 * Besides the table of compiled layouts it holds what running drivers showed:
 * sizes and offsets that production miniports pass to NDIS.
 */
#include "ndis-layout-asserts.h"

/* Integers and characters of the ABI. */
C_ASSERT(sizeof(LONG) == 4 && sizeof(ULONG) == 4);
C_ASSERT(sizeof(WCHAR) == 2);
C_ASSERT(sizeof(PVOID) == 8 && sizeof(SIZE_T) == 8);
C_ASSERT(sizeof(BOOLEAN) == 1 && sizeof(KIRQL) == 1);
C_ASSERT(sizeof(NDIS_STATUS) == 4 && sizeof(PHYSICAL_ADDRESS) == 8);

/* Revision sizes as production drivers write them into object headers. */
C_ASSERT(NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_1 == 136);
C_ASSERT(NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2 == 152);
C_ASSERT(NDIS_SIZEOF_MINIPORT_PNP_CHARACTERISTICS_REVISION_1 == 44);
C_ASSERT(NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1 == 20);
C_ASSERT(NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1 == 36);
C_ASSERT(NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 == 16);
C_ASSERT(NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2 == 224);
C_ASSERT(NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1 == 96);
C_ASSERT(NDIS_SIZEOF_STATUS_INDICATION_REVISION_1 == 112);

/* Structures that the table lacks. */
C_ASSERT(sizeof(KTIMER) == 64);
C_ASSERT(sizeof(NDIS_MSIX_CONFIG_PARAMETERS) == 16);
C_ASSERT(sizeof(NDIS_TIMER_CHARACTERISTICS) == 24);
C_ASSERT(RTL_SIZEOF_THROUGH_FIELD(NDIS_SHARED_MEMORY_PARAMETERS, VPortId) ==
         68);
C_ASSERT(offsetof(NDIS_SHARED_MEMORY_PARAMETERS, Length) == 0x20);
C_ASSERT(offsetof(NDIS_SHARED_MEMORY_PARAMETERS, VirtualAddress) == 0x28);
C_ASSERT(offsetof(NDIS_SHARED_MEMORY_PARAMETERS, SGListBufferLength) == 0x30);
C_ASSERT(offsetof(NDIS_SHARED_MEMORY_PARAMETERS, SGListBuffer) == 0x38);
C_ASSERT(offsetof(NDIS_RSS_PROCESSOR_INFO, RssProcessorArrayOffset) == 0x14);
C_ASSERT(offsetof(NDIS_RSS_PROCESSOR_INFO, RssProcessorCount) == 0x18);
C_ASSERT(offsetof(NDIS_RSS_PROCESSOR_INFO, RssProcessorEntrySize) == 0x1c);
C_ASSERT(sizeof(NDIS_RSS_PROCESSOR) == 8);

#ifndef _WIN32
/* Callbacks of the host's side have the Microsoft calling convention. */
typedef BOOLEAN __attribute__((ms_abi)) ms_isr(NDIS_HANDLE, PBOOLEAN, PULONG);
C_ASSERT(__builtin_types_compatible_p(ms_isr, MINIPORT_ISR));
C_ASSERT(!__builtin_types_compatible_p(
    BOOLEAN(NDIS_HANDLE, PBOOLEAN, PULONG), MINIPORT_ISR));
#endif
