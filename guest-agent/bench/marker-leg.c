/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a marker costs the guest: as many of them as a turn has frames. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "agent/marker.h"
#include "bench/bench.h"

static bool open_leg(const char *address, char *err, size_t errlen)
{
    (void)address;
    if (marker_open()) {
        snprintf(err, errlen, "no rig-tap: %s", strerror(errno));
        return false;
    }
    return true;
}

/* Markers as the NDIS host writes them at every call that is traced. */
static bool run(uint32_t length, uint32_t frames)
{
    struct rig_marker m = {
        .kind = RIG_MK_API_ENTER, .name = "NdisMRegisterInterruptEx",
    };

    (void)length;
    for (uint32_t i = 0; i < frames; i++) {
        m.call = i;
        marker_emit(&m);
    }
    return true;
}

const struct bench_leg bench_marker = { "marker", NULL, 0, 0, open_leg, run };
