/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Documents checked against scenario.rng, with messages people can use. */
#ifndef RIG_SCENARIO_SCHEMA_H
#define RIG_SCENARIO_SCHEMA_H

#include <glib.h>
#include <libxml/tree.h>

/*
 * Check @doc, which was read from @file, against the RELAX NG schema at
 * @schema. At most one problem per line is appended to @problems. Returns
 * TRUE when the document is valid.
 */
gboolean rig_scenario_validate(xmlDoc *doc, const char *file,
                               const char *schema, GPtrArray *problems);

/*
 * Attribute @name of an element, without the spaces around it, to be freed;
 * NULL: there is none.
 */
char *rig_attribute(xmlNode *node, const char *name);
/*
 * The same as a number, decimal or with 0x, which the schema has checked;
 * @missing: there is none.
 */
unsigned rig_attribute_uint(xmlNode *node, const char *name,
                            unsigned missing);

#endif
