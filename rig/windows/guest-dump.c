/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Crash dumps in a guest. */
#include "guest-dump.h"

#include <string.h>

#include "agent-transfer.h"

/* --- the list ------------------------------------------------------------ */

static void dump_free(gpointer opaque)
{
    RigGuestDump *d = opaque;

    g_free(d->path);
    g_free(d);
}

/* The name of its directory is a part of the path, whatever the separator. */
static gboolean in_directory(const char *path, const char *name)
{
    g_auto(GStrv) parts = g_strsplit_set(path, "/\\", -1);

    for (char **p = parts; *p && p[1]; p++) {
        if (g_ascii_strcasecmp(*p, name) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean is_memory_dmp(const char *path)
{
    g_autofree char *lower = g_ascii_strdown(path, -1);

    return g_str_has_suffix(lower, "memory.dmp");
}

static gboolean is_crash_dump(const char *path)
{
    g_autofree char *lower = g_ascii_strdown(path, -1);

    return g_str_has_suffix(lower, ".dmp") &&
           !in_directory(path, "LiveKernelReports");
}

GPtrArray *rig_guest_dumps_read(const struct fields *logs)
{
    GPtrArray *all = g_ptr_array_new_with_free_func(dump_free);
    RigGuestDump *open = NULL;
    struct field field;

    for (size_t at = 0; fields_next(logs, &at, &field);) {
        uint64_t *number = !open ? NULL :
            field.key == AGENT_KEY_SIZE ? &open->size :
            field.key == AGENT_KEY_MODIFIED ? &open->modified : NULL;

        if (field.key == AGENT_KEY_FILE) {
            g_autofree char *path = g_strndup((const char *)field.value,
                                              field.length);

            open = NULL;
            if (is_crash_dump(path)) {
                open = g_new0(RigGuestDump, 1);
                open->path = g_steal_pointer(&path);
                g_ptr_array_add(all, open);
            }
        } else if (number) {
            *number = field.number;
        }
    }
    return all;
}

GPtrArray *rig_guest_dumps_list(RigAgent *agent, GError **error)
{
    g_autofree struct fields *logs = rig_agent_call(agent, AGENT_REQ_LOGS,
                                                    NULL, 0, error);

    return logs ? rig_guest_dumps_read(logs) : NULL;
}

/* --- which one ----------------------------------------------------------- */

static gboolean was_there(const GPtrArray *before, const RigGuestDump *d)
{
    for (guint i = 0; before && i < before->len; i++) {
        const RigGuestDump *old = before->pdata[i];

        if (strcmp(old->path, d->path) == 0 && old->size == d->size &&
            old->modified == d->modified) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Small ones first, then by time. */
static gboolean better(const RigGuestDump *a, const RigGuestDump *b)
{
    gboolean long_a = is_memory_dmp(a->path), long_b = is_memory_dmp(b->path);

    return long_a != long_b ? long_b : a->modified < b->modified;
}

const RigGuestDump *rig_guest_dump_of_bugcheck(const GPtrArray *before,
                                               const GPtrArray *after)
{
    const RigGuestDump *best = NULL;

    for (guint i = 0; i < after->len; i++) {
        const RigGuestDump *d = after->pdata[i];

        if (!was_there(before, d) && (!best || better(d, best))) {
            best = d;
        }
    }
    return best;
}

/* --- what it says -------------------------------------------------------- */

/* Of the file as the guest has it now. */
static gboolean fetch_header(RigAgent *agent, const char *remote,
                             const char *local, GError **error)
{
    g_autofree struct fields *arguments = g_new0(struct fields, 1);
    g_autofree struct fields *reply = NULL;
    struct field data;

    fields_clear(arguments);
    fields_text(arguments, AGENT_KEY_FILE, remote);
    fields_number(arguments, AGENT_KEY_OFFSET, 0);
    fields_number(arguments, AGENT_KEY_SIZE, RIG_MINIDUMP_HEADER);
    reply = rig_agent_call(agent, AGENT_REQ_GET_DATA, arguments, 0, error);
    if (!reply) {
        return FALSE;
    }
    if (!fields_find(reply, AGENT_KEY_DATA, &data)) {
        g_set_error(error, RIG_AGENT_ERROR, RIG_AGENT_MALFORMED,
                    "%s: the reply has no data", remote);
        return FALSE;
    }
    return g_file_set_contents(local, (const char *)data.value, data.length,
                               error);
}

gboolean rig_guest_dump_fetch(RigAgent *agent, const RigGuestDump *dump,
                              const char *local, RigMinidump *d,
                              GError **error)
{
    g_autoptr(GMappedFile) map = NULL;
    const char *bytes;

    memset(d, 0, sizeof(*d));
    if (!(dump->size > RIG_GUEST_DUMP_WHOLE
          ? fetch_header(agent, dump->path, local, error)
          : rig_agent_get_small(agent, dump->path, local,
                                RIG_GUEST_DUMP_WHOLE, error))) {
        return FALSE;
    }
    map = g_mapped_file_new(local, FALSE, error);
    if (!map) {
        return FALSE;
    }
    bytes = g_mapped_file_get_contents(map);
    return rig_minidump_parse(bytes ? bytes : "",
                              g_mapped_file_get_length(map), d, error);
}
