/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Markers in shared memory instead of rig-tap, for tests of the NDIS host. */
#ifndef TESTS_RECORDER_H
#define TESTS_RECORDER_H

#include "agent/marker.h"

/* Before forking: an empty recording that the child fills. */
void recorder_start(void);
/* For rigshim.sys: a tap whose BARs lie there; NULL: none, as at first. */
void recorder_tap(void *regs, void *slots);
/* The n-th marker, from 0, of this kind (and this name, unless NULL). */
const struct rig_marker *recorder_find(uint16_t kind, const char *name,
                                       unsigned n);

#endif
