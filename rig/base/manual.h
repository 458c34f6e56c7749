/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The manual pages in rig/man, shown by man(1) from where they are. */
#ifndef RIG_MANUAL_H
#define RIG_MANUAL_H

#include <glib.h>

/*
 * The file of page @name in the directory @manual: "run" is rig-run.1,
 * "scenario" rig-scenario.5, "rules.5" rig-rules.5, and "rig" rig.1. To be
 * freed; NULL: there is none.
 */
char *rig_manual_find(const char *manual, const char *name);

/*
 * Show the file @page: man's pager on a terminal, plain text otherwise. Does
 * not return unless man cannot be run; errno then says why.
 */
void rig_manual_show(const char *page);

#endif
