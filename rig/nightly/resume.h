/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Going on with a night that was not finished. */
#ifndef RIG_RESUME_H
#define RIG_RESUME_H

#include "night.h"
#include "paths.h"

/*
 * A night older than this is not resumed by itself: the next one is due.
 * (systemd's OnCalendar=daily and cron's @daily start one every 24 hours.)
 */
#define RIG_RESUME_HOURS 20

/*
 * The newest unfinished night of this suite (same file, same jobs) and shard
 * below @results, ready to go on: what was running is interrupted, or done if
 * its run says so, and what is not done waits again. @id: that night and no
 * other, however old it is. NULL without @error: there is none.
 */
RigNight *rig_resume(const RigSuite *suite, const char *results,
                     const char *shard, const char *id, const RigPaths *paths,
                     GError **error);

#endif
