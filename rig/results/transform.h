/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Style sheets applied to documents: what every report is made with. Errors
 * are those of report.h.
 */
#ifndef RIG_TRANSFORM_H
#define RIG_TRANSFORM_H

#include <glib.h>
#include <libxml/tree.h>

typedef enum {
    RIG_TRANSFORM_PAGE, /* HTML: gets style.css and the scripts, with hashes */
    RIG_TRANSFORM_DATA, /* JUnit, SARIF: gets nothing beside the document */
} RigTransformKind;

/*
 * Apply the style sheet @name of @data_dir to @doc. It computes only: files,
 * network and extensions that write are closed to it. The result is text of
 * @length bytes, to be freed; NULL and @error on failure.
 */
char *rig_transform(xmlDoc *doc, const char *data_dir, const char *name,
                    RigTransformKind kind, gsize *length, GError **error);

#endif
