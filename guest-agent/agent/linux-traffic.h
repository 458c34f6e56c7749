/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The test frames of rig/traffic.h through a network interface of Linux. */
#ifndef AGENT_LINUX_TRAFFIC_H
#define AGENT_LINUX_TRAFFIC_H

#include "agent/cycle.h"
#include "linux/netdev.h"

/*
 * Send the frames of a traffic step to the reflector, wait for them to come
 * back, and write RIG_MK_TRAFFIC; a frame counts as completed when Linux has
 * taken it. 0, or -1 with a sentence in err.
 */
int linux_traffic(const struct cycle_context *context,
                  const struct plan_step *step, const struct netdev *dev,
                  char *err, size_t errlen);

#endif
