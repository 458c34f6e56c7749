/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Windows that the guest is for a driver: INF decorations are chosen for
 * it and the NDIS host reports it. Windows 10 22H2, workstation, x64; or,
 * when an INF takes the device out for it ("the driver of the box does that
 * now"), the newest Windows before it for which the INF still has the device.
 */
#ifndef RIG_WINDOWS_VERSION_H
#define RIG_WINDOWS_VERSION_H

#include <stdint.h>

#define RIG_WINDOWS_PRODUCT_TYPE 1u  /* VER_NT_WORKSTATION, winnt.h */
#define RIG_WINDOWS_SUITE 0x100u     /* VER_SUITE_SINGLEUSERTS, winnt.h */

/* NDIS of a Windows: Microsoft, "Overview of NDIS versions". */
#define RIG_NDIS_MAJOR 6u

struct windows_version {
    uint32_t major, minor, build; /* as RtlGetVersion gives them */
    uint32_t ndis_minor;          /* of NDIS 6.x */
};

/* Newest first. */
#define WINDOWS_VERSIONS 4
extern const struct windows_version windows_versions[WINDOWS_VERSIONS];

/* What a driver gets unless its INF is not for it. */
#define WINDOWS_NEWEST (&windows_versions[0])

#endif
