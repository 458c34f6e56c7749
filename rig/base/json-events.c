/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens, for programs: one JSON object per line. */
#include "json-events.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "output.h"

JsonBuilder *rig_json_begin(const char *event)
{
    JsonBuilder *b = json_builder_new();
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *time = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");

    json_builder_begin_object(b);
    rig_json_text(b, "event", event);
    rig_json_text(b, "time", time);
    return b;
}

void rig_json_text(JsonBuilder *b, const char *name, const char *value)
{
    if (value) {
        g_autofree char *valid = g_utf8_make_valid(value, -1);

        json_builder_set_member_name(b, name);
        json_builder_add_string_value(b, valid);
    }
}

void rig_json_number(JsonBuilder *b, const char *name, gint64 value)
{
    json_builder_set_member_name(b, name);
    json_builder_add_int_value(b, value);
}

void rig_json_bool(JsonBuilder *b, const char *name, gboolean value)
{
    json_builder_set_member_name(b, name);
    json_builder_add_boolean_value(b, value);
}

char *rig_json_end(JsonBuilder *b)
{
    g_autoptr(JsonNode) root = NULL;
    g_autofree char *text = NULL;

    json_builder_end_object(b);
    root = json_builder_get_root(b);
    text = json_to_string(root, FALSE);
    g_object_unref(b);
    return g_strconcat(text, "\n", NULL);
}

void rig_json_send(JsonBuilder *b, int fd)
{
    g_autofree char *line = rig_json_end(b);
    const char *at = line;
    size_t left;

    for (left = fd < 0 ? 0 : strlen(line); left > 0;) {
        ssize_t n = write(fd, at, left);

        if (n < 0 && errno != EINTR) {
            rig_output_failed(errno);
            return;
        }
        at += MAX(n, 0);
        left -= MAX(n, 0);
    }
}

JsonObject *rig_json_parse(const char *line, gssize length)
{
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    JsonNode *root;

    if (!json_parser_load_from_data(parser, line, length, NULL)) {
        return NULL;
    }
    root = json_parser_get_root(parser);
    return root && JSON_NODE_HOLDS_OBJECT(root)
           ? json_object_ref(json_node_get_object(root)) : NULL;
}

/* The value of a member if it is of this type. */
static JsonNode *member(JsonObject *o, const char *name, GType type)
{
    JsonNode *n = json_object_get_member(o, name);

    return n && JSON_NODE_HOLDS_VALUE(n) && json_node_get_value_type(n) == type
           ? n : NULL;
}

const char *rig_json_get_text(JsonObject *o, const char *name)
{
    JsonNode *n = member(o, name, G_TYPE_STRING);

    return n ? json_node_get_string(n) : NULL;
}

gint64 rig_json_get_number(JsonObject *o, const char *name)
{
    JsonNode *n = member(o, name, G_TYPE_INT64);

    return n ? json_node_get_int(n) : 0;
}

gboolean rig_json_get_bool(JsonObject *o, const char *name)
{
    JsonNode *n = member(o, name, G_TYPE_BOOLEAN);

    return n && json_node_get_boolean(n);
}

int rig_json_take_stdout(void)
{
    int copy = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    if (copy < 0 || null < 0 || dup2(null, STDOUT_FILENO) < 0) {
        fprintf(stderr, "rig: standard output cannot be written: %s\n",
                strerror(errno));
        copy = -1;
    }
    if (null >= 0) {
        close(null);
    }
    return copy;
}
