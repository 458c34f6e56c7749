/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run as XML, for results.c. */
#ifndef RIG_RESULTS_XML_H
#define RIG_RESULTS_XML_H

#include <libxml/xmlwriter.h>
#include "results.h"

/* Write the whole document. */
void rig_run_write_xml(xmlTextWriter *w, const RigRun *run);

#endif
