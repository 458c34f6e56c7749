/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `rig bisect`: what can be left out of a scenario. */
#ifndef RIG_REDUCE_H
#define RIG_REDUCE_H

#include <glib.h>
#include <libxml/tree.h>

/* One change that makes a scenario smaller; of the document it was found in. */
typedef struct RigReduction {
    unsigned element;    /* number of the element, in document order */
    unsigned siblings;   /* elements beside each other that are left out */
    char *attribute;     /* to change; NULL: the element is left out */
    char *value;         /* that it gets; NULL: it is left out */
    char *text;          /* for people: "without <pause/> (line 12)" */
} RigReduction;

/*
 * Everything in @doc that can be left out, the biggest first: cycles, steps
 * and steps in a row, faults, rules other than @rule. Array of RigReduction
 * that frees them. Not all of these make a scenario that is one.
 */
GPtrArray *rig_reductions(xmlDoc *doc, const char *rule);
/* The same for what only becomes smaller: numbers and settings. */
GPtrArray *rig_reductions_of_numbers(xmlDoc *doc);

/* A copy of @doc with all of these (of RigReduction) made; to be freed. */
xmlDoc *rig_reduce(xmlDoc *doc, const GPtrArray *reductions);

/* Steps written in the scenario, all cycles together. */
unsigned rig_reduce_steps(xmlDoc *doc);

#endif
