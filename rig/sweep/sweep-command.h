/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scenario that a call of `rig sweep` stands for. */
#ifndef RIG_SWEEP_COMMAND_H
#define RIG_SWEEP_COMMAND_H

#include "scenario.h"

/*
 * Of the call with @args, NULL-terminated with "sweep" in front; it has to
 * name an INF. NULL with @problems, as in scenario.h, if that is no call.
 */
RigScenario *rig_sweep_from_args(char *const *args, const RigPaths *paths,
                                 GPtrArray *problems);

#endif
