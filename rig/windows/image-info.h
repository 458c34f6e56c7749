/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest's agent says of its Windows, held against what a run needs. */
#ifndef RIG_IMAGE_INFO_H
#define RIG_IMAGE_INFO_H

#include <glib.h>

#include "protocol/fields.h"

/*
 * A line for each thing in the reply to AGENT_REQ_INFO, appended to @out: "ok",
 * "note" (a run goes without) or "BAD", with what to do. How many are BAD. What
 * the agent does not say, as older ones, is left out.
 */
unsigned rig_image_info(const struct fields *info, gboolean stand_in,
                        GString *out);

#endif
