/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run as XML, for results.c. */
#ifndef RIG_RESULTS_XML_H
#define RIG_RESULTS_XML_H

#include <libxml/xmlwriter.h>
#include "results.h"
#include "sweep.h"

/* For those who write a part: NULL, UINT64_MAX and a 0 in hex are left out. */
void rig_xml_begin(xmlTextWriter *w, const char *element);
void rig_xml_end(xmlTextWriter *w);
void rig_xml_put(xmlTextWriter *w, const char *attribute, const char *value);
void rig_xml_put_count(xmlTextWriter *w, const char *attribute, uint64_t n);
void rig_xml_put_hex(xmlTextWriter *w, const char *attribute, uint64_t n);
void rig_xml_text(xmlTextWriter *w, const char *text);

/* sweep-xml.c: element <sweep>. */
void rig_sweep_write_xml(xmlTextWriter *w, const RigSweepResult *r);

/* Write the whole document. */
void rig_run_write_xml(xmlTextWriter *w, const RigRun *run);

#endif
