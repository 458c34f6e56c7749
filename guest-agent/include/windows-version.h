/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Windows that the guest is for a driver: INF decorations are chosen for
 * it and the NDIS host reports it. Windows 10 22H2, workstation, x64.
 */
#ifndef RIG_WINDOWS_VERSION_H
#define RIG_WINDOWS_VERSION_H

#define RIG_WINDOWS_MAJOR 10u
#define RIG_WINDOWS_MINOR 0u
#define RIG_WINDOWS_BUILD 19045u
#define RIG_WINDOWS_PRODUCT_TYPE 1u  /* VER_NT_WORKSTATION, winnt.h */
#define RIG_WINDOWS_SUITE 0x100u     /* VER_SUITE_SINGLEUSERTS, winnt.h */

/* The NDIS of that Windows: "Overview of NDIS versions", from version 2004. */
#define RIG_NDIS_MAJOR 6u
#define RIG_NDIS_MINOR 84u

#endif
