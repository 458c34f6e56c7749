/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every main() of a unit ends with. */
#ifndef RIG_TESTS_RUN_SUITE_H
#define RIG_TESTS_RUN_SUITE_H

#include <check.h>

/* Run all of it, print what failed, free it: the status to exit with. */
int run_suite(Suite *suite);

#endif
