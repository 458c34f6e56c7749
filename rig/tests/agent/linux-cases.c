/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices of a Linux guest. */
#include "tests/agent/cases.h"

void add_linux_cases(TCase *tcase)
{
    (void)tcase;
}
