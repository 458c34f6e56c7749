/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happens, for programs: one JSON object per line (--json). Every one
 * has "event" and "time" (UTC, ISO 8601); rig-nightly(1) lists the rest.
 */
#ifndef RIG_JSON_EVENTS_H
#define RIG_JSON_EVENTS_H

#include <glib.h>
#include <json-glib/json-glib.h>

/* An object that has been begun: add members to it, then send it. */
JsonBuilder *rig_json_begin(const char *event);

/* Add a member; nothing is added for NULL. */
void rig_json_text(JsonBuilder *b, const char *name, const char *value);
void rig_json_number(JsonBuilder *b, const char *name, gint64 value);
void rig_json_bool(JsonBuilder *b, const char *name, gboolean value);

/* End the object, free @b; its line, to be freed. */
char *rig_json_end(JsonBuilder *b);

/*
 * End the object and write it to @fd as one line, in one write(2) so that
 * lines of several writers do not mix. Frees @b. What cannot be written stops
 * nobody, but rig_output_end() (output.h) says so at the end; @fd -1: nobody
 * wants it.
 */
void rig_json_send(JsonBuilder *b, int fd);

/* The object of a line, or NULL: not one. To be unreferenced. */
JsonObject *rig_json_parse(const char *line, gssize length);
/* Members of an object that others wrote; NULL or 0: not there. */
const char *rig_json_get_text(JsonObject *o, const char *name);
gint64 rig_json_get_number(JsonObject *o, const char *name);
gboolean rig_json_get_bool(JsonObject *o, const char *name);

/*
 * The descriptor for --json: standard output, which then gets nothing else,
 * what is meant for people goes to /dev/null. -1 with a message on failure.
 */
int rig_json_take_stdout(void);

#endif
