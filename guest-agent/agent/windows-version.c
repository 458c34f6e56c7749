/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The versions of Windows that the guest can be for a driver. */
#include "windows-version.h"

const struct windows_version windows_versions[WINDOWS_VERSIONS] = {
    { 10, 0, 19045, 84 },  /* Windows 10 22H2; NDIS as of version 2004 */
    { 6, 3, 9600, 40 },    /* Windows 8.1 */
    { 6, 2, 9200, 30 },    /* Windows 8 */
    { 6, 1, 7601, 20 },    /* Windows 7 SP1 */
};
