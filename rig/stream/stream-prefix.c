/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The beginning of a stored stream, measured in one pass. */
#include "stream-prefix.h"

#include <errno.h>
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>

#include "stream.h"

#define BLOCK 65536

typedef struct Measure {
    RigStream stream;
    const RigStreamPlace *place;
    RigStreamPrefix *prefix;
    GChecksum *hash;
} Measure;

gboolean rig_stream_is_place(const RigStreamPlace *place,
                             const struct rig_marker *m)
{
    return place->scenario && m->scenario == place->scenario &&
           (place->cycle ? m->kind == RIG_MK_CYCLE_END &&
                           m->cycle == place->cycle
                         : m->kind == RIG_MK_SCENARIO_END);
}

static void on_event(const RigEvent *e, void *opaque)
{
    const size_t seq = offsetof(struct rig_record, seq);
    const size_t after = seq + sizeof(uint64_t);
    Measure *m = opaque;
    RigStreamPrefix *p = m->prefix;

    if (p->reached) {
        return;
    }
    p->bytes += e->length;
    p->last = e->seq;
    if (!(e->flags & RIG_RECORD_HOST)) {
        p->events++;
        g_checksum_update(m->hash, e->record, seq);
        g_checksum_update(m->hash, e->record + after, e->length - after);
    }
    p->reached = e->type == RIG_EV_END ||
                 (e->type == RIG_EV_MARKER &&
                  rig_stream_is_place(m->place, &e->marker));
}

gboolean rig_stream_prefix(const char *file, const RigStreamPlace *place,
                           RigStreamPrefix *prefix, GError **error)
{
    g_autofree Measure *m = g_new0(Measure, 1);
    g_autofree char *bytes = g_malloc(BLOCK);
    FILE *f = fopen(file, "rbe");
    size_t n;

    if (!f) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
                    "%s: %s", file, g_strerror(errno));
        return FALSE;
    }
    memset(prefix, 0, sizeof(*prefix));
    m->place = place;
    m->prefix = prefix;
    m->hash = g_checksum_new(G_CHECKSUM_SHA256);
    rig_stream_init(&m->stream, on_event, m);
    while (!prefix->reached && (n = fread(bytes, 1, BLOCK, f)) > 0 &&
           rig_stream_feed(&m->stream, bytes, n)) {
    }
    g_strlcpy(prefix->sha256, g_checksum_get_string(m->hash),
              sizeof(prefix->sha256));
    g_checksum_free(m->hash);
    fclose(f);
    return TRUE;
}
