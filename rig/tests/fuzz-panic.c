/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libFuzzer target: details of a panic event. */
#include <string.h>

#include "bugcheck.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *json = g_strndup((const char *)data, size);
    RigBugcheck b;

    if (rig_bugcheck_parse(json, &b, NULL)) {
        g_free(rig_bugcheck_text(&b, size % 2));
        rig_bugcheck_class(&b);
    }
    return 0;
}
