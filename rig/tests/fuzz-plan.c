/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libFuzzer target: hostile plans for the agent. */
#include "agent/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    plan_free(plan_parse((const char *)data, size, NULL));
    return 0;
}
