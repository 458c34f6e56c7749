/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run as XML, for results.c. */
#ifndef RIG_RESULTS_XML_H
#define RIG_RESULTS_XML_H

#include "results.h"
#include "sweep.h"
#include "xml-write.h"

/* sweep-xml.c: element <sweep>. */
void rig_sweep_write_xml(xmlTextWriter *w, const RigSweepResult *r);

/* Write the whole document. */
void rig_run_write_xml(xmlTextWriter *w, const RigRun *run);

#endif
