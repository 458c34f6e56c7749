/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is made of a night and of all results, for people and other programs. */
#ifndef RIG_NIGHT_REPORT_H
#define RIG_NIGHT_REPORT_H

#include "night.h"

/*
 * junit.xml and results.sarif beside night.xml, of every run of the night that
 * came to its end and is in @results. FALSE with @error.
 */
gboolean rig_night_report(const RigNight *night, const char *results,
                          GError **error);

/* history.db, index.xml and index.html of @results. FALSE with @error. */
gboolean rig_results_index(const char *results, GError **error);

#endif
