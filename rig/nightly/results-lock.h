/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may change a results directory as a whole: one rig nightly or rig merge
 * at a time. Any number of rig run may add runs to it meanwhile.
 */
#ifndef RIG_RESULTS_LOCK_H
#define RIG_RESULTS_LOCK_H

#include <glib.h>

/*
 * Lock @results, which is made if need be, for the life of the process and
 * its forks. -1 with @error, which names the process that has it.
 */
int rig_results_lock(const char *results, GError **error);

#endif
