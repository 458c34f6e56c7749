/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NDIS 6 for x64 miniports: the types, constants and functions of ndis.sys,
 * ntoskrnl.exe and hal.dll that a PCI network driver meets.
 *
 * One set of headers serves two compilers. mingw-w64 builds drivers with it in
 * place of the Windows Driver Kit's ndis.h: every name is the WDK's, so that
 * the same driver source compiles with the real headers. gcc on Linux builds
 * the NDIS host with it, the program that implements the functions: there
 * NTAPI is the Microsoft calling convention, ULONG is 32 bits and WCHAR is 16.
 * Neither needs any other Windows header.
 *
 * Structures stand at the level of NDIS 6.20 to 6.30. ndis-layout-asserts.h
 * checks their sizes and offsets in both compilers.
 *
 * Sources: Microsoft's driver documentation (network/ and the ndis.h, wdm.h
 * reference); x64 layouts as compiled, kept in ndis-layout-asserts.h.
 */
#ifndef RIG_NDIS_H
#define RIG_NDIS_H

#include "ndis-base.h"     /* integer types, strings, compiler */
#include "ndis-wdm.h"      /* kernel objects, MDL, IRP, resources */
#include "ndis-const.h"    /* object types, statuses, OIDs */
#include "ndis-nbl.h"      /* NET_BUFFER, NET_BUFFER_LIST */
#include "ndis-offload.h"  /* offload, RSS and power capabilities */
#include "ndis-assist.h"   /* out-of-band data, hardware assists, versions */
#include "ndis-miniport.h" /* the miniport's structures and callbacks */
#include "ndis-interrupt.h" /* interrupts, DMA, processors */
#include "ndis-api.h"      /* the functions */

#endif
