/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `rig judge` knows of a stored stream: the scenarios of its plan, as far
 * as judging needs them.
 */
#ifndef RIG_OFFLINE_H
#define RIG_OFFLINE_H

#include <glib.h>

/*
 * Scenarios (of RigScenario, freed with the array) from a plan.ini: names,
 * cycles, steps, faults, MSI-X profile, the names of their rules and what was
 * marked for them; driver files are not looked at. NULL with `error`.
 */
GPtrArray *rig_offline_plan(const char *file, GError **error);

/*
 * The same for a stream without a plan: scenarios and numbers of cycles as
 * the stream has them, read from beginning to end. They have no rules.
 */
GPtrArray *rig_offline_scan(const char *stream, GError **error);

#endif
