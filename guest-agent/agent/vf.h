/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A virtual function as the function under test. */
#ifndef AGENT_VF_H
#define AGENT_VF_H

#include <stddef.h>
#include "agent/plan.h"

/*
 * Have Linux's driver serve the plan's device, a physical function of an igb,
 * make the VF under test of it, with a MAC address and a link, and put that
 * VF's address into plan->device. 0, or -1 with a sentence in err.
 */
int vf_prepare(struct plan *plan, char *err, size_t errlen);

#endif
