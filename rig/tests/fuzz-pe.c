/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libFuzzer target: hostile images for the PE loader and for what `rig driver
 * inspect` and `rig lint` read of them.
 */
#include <string.h>

#include "catalog.h"
#include "driver-image.h"
#include "instrument.h"
#include "pe-check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What can be instrumented comes back, byte for byte. */
static void instrument_and_undo(const uint8_t *data, size_t size)
{
    g_autoptr(GBytes) made = rig_instrument("x.sys", data, size, NULL, NULL);
    g_autoptr(GBytes) direct = rig_instrument_undo("x.sys", data, size, NULL);
    g_autoptr(GBytes) back = NULL;
    uint8_t digest[32];

    rig_authenticode_hash(data, size, digest);
    if (made) {
        back = rig_instrument_undo("x.sys", g_bytes_get_data(made, NULL),
                                   g_bytes_get_size(made), NULL);
        g_assert(back && g_bytes_get_size(back) == size &&
                 memcmp(g_bytes_get_data(back, NULL), data, size) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static RigExports *none;

    if (!none) {
        none = rig_exports_new();
    }
    rig_driver_image_free(rig_driver_image_parse("x.sys", data, size, none,
                                                 NULL));
    rig_pe_check(data, size, "x.sys", NULL);
    instrument_and_undo(data, size);
    return 0;
}
