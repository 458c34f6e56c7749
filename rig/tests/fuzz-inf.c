/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libFuzzer target: hostile INF files, installed for a device that the seeds
 * list.
 */
#include "agent/inf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const ids[] = {
        "PCI\\VEN_1AF4&DEV_10F5&REV_01", "PCI\\VEN_1AF4&DEV_10F5", NULL,
    };
    struct inf *inf = inf_parse("x.inf", data, size, NULL);
    struct inf_install *inst = inf ? inf_install_parsed(inf, ids, NULL)
                                   : NULL;

    if (inst) {
        registry_get(inst->driver_key, "Ndi", "Service");
        g_strfreev(registry_subkeys(inst->driver_key, "Ndi\\params"));
    }
    inf_install_free(inst);
    inf_free(inf);
    return 0;
}
