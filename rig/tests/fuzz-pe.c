/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libFuzzer target: hostile images for the PE loader and for what `rig driver
 * inspect` and `rig lint` read of them.
 */
#include "driver-image.h"
#include "pe-check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static RigExports *none;

    if (!none) {
        none = rig_exports_new();
    }
    rig_driver_image_free(rig_driver_image_parse("x.sys", data, size, none,
                                                 NULL));
    rig_pe_check(data, size, "x.sys", NULL);
    return 0;
}
