/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files to and from an agent's guest: in parts, gone on with, checked. */
#include "agent-transfer.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

typedef struct Transfer {
    RigAgent *agent;
    const char *local, *remote;
    RigAgentMoved *moved;
    gpointer opaque;
    uint64_t limit; /* of size, 0: none */
    uint64_t size;
    char sha256[65];
    struct fields arguments;
} Transfer;

static gboolean local_error(GError **error, const char *path)
{
    g_set_error(error, RIG_AGENT_ERROR, RIG_AGENT_LOCAL, "%s: %s", path,
                g_strerror(errno));
    return FALSE;
}

static void tell(const Transfer *t, uint64_t done)
{
    if (t->moved) {
        t->moved(t->opaque, done, t->size);
    }
}

/* Worth another attempt? */
static gboolean passing(const GError *error)
{
    return g_error_matches(error, RIG_AGENT_ERROR, RIG_AGENT_RESTARTED) ||
           g_error_matches(error, RIG_AGENT_ERROR, AGENT_E_MISMATCH);
}

/* Call @once until it succeeds or fails for good. */
static gboolean attempt(Transfer *t, gboolean (*once)(Transfer *t, GError **),
                        GError **error)
{
    for (int i = 1;; i++) {
        GError *failure = NULL;

        if (once(t, &failure)) {
            return TRUE;
        }
        if (!passing(failure) || i == RIG_AGENT_ATTEMPTS) {
            g_propagate_error(error, failure);
            return FALSE;
        }
        g_error_free(failure);
    }
}

/* --- to the guest -------------------------------------------------------------- */

static struct fields *ask_put(Transfer *t, uint16_t request, GError **error)
{
    fields_text(&t->arguments, AGENT_KEY_FILE, t->remote);
    fields_text(&t->arguments, AGENT_KEY_SHA256, t->sha256);
    fields_number(&t->arguments, AGENT_KEY_SIZE, t->size);
    return rig_agent_call(t->agent, request, &t->arguments, 0, error);
}

static gboolean put_once(Transfer *t, GError **error)
{
    g_autoptr(GMappedFile) file = g_mapped_file_new(t->local, FALSE, error);
    g_autofree struct fields *reply = NULL, *end = NULL;
    g_autofree char *hash = NULL;
    const char *bytes;
    uint64_t at;

    if (!file) {
        return FALSE;
    }
    bytes = g_mapped_file_get_contents(file);
    t->size = g_mapped_file_get_length(file);
    hash = g_compute_checksum_for_data(
        G_CHECKSUM_SHA256, (const guchar *)(bytes ? bytes : ""), t->size);
    g_strlcpy(t->sha256, hash, sizeof(t->sha256));
    fields_clear(&t->arguments);
    reply = ask_put(t, AGENT_REQ_PUT_BEGIN, error);
    if (!reply) {
        return FALSE;
    }
    for (at = fields_get_number(reply, AGENT_KEY_OFFSET, 0); at < t->size;) {
        g_autofree struct fields *next = NULL;
        size_t part = MIN(AGENT_CHUNK_MAX, t->size - at);

        tell(t, at);
        fields_clear(&t->arguments);
        fields_number(&t->arguments, AGENT_KEY_OFFSET, at);
        fields_bytes(&t->arguments, AGENT_KEY_DATA, bytes + at, part);
        next = ask_put(t, AGENT_REQ_PUT_DATA, error);
        if (!next) {
            return FALSE;
        }
        at += part;
    }
    fields_clear(&t->arguments);
    end = ask_put(t, AGENT_REQ_PUT_END, error);
    tell(t, at);
    return end != NULL;
}

gboolean rig_agent_put(RigAgent *agent, const char *local, const char *remote,
                       RigAgentMoved *moved, gpointer opaque, GError **error)
{
    Transfer t = { .agent = agent, .local = local, .remote = remote,
                   .moved = moved, .opaque = opaque };

    return attempt(&t, put_once, error);
}

/* --- from the guest -------------------------------------------------------------- */

/* Fetch from @at on and append it to @out. */
static gboolean get_parts(Transfer *t, FILE *out, uint64_t at, GError **error)
{
    while (at < t->size) {
        g_autofree struct fields *reply = NULL;
        struct field data;

        tell(t, at);
        fields_clear(&t->arguments);
        fields_text(&t->arguments, AGENT_KEY_FILE, t->remote);
        fields_number(&t->arguments, AGENT_KEY_OFFSET, at);
        fields_number(&t->arguments, AGENT_KEY_SIZE,
                      MIN(AGENT_CHUNK_MAX, t->size - at));
        reply = rig_agent_call(t->agent, AGENT_REQ_GET_DATA, &t->arguments, 0,
                               error);
        if (!reply) {
            return FALSE;
        }
        if (!fields_find(reply, AGENT_KEY_DATA, &data) || !data.length ||
            data.length > t->size - at) {
            g_set_error(error, RIG_AGENT_ERROR, AGENT_E_MISMATCH,
                        "%s: the file has another size now", t->remote);
            return FALSE;
        }
        if (fwrite(data.value, 1, data.length, out) != data.length) {
            return local_error(error, t->local);
        }
        at += data.length;
    }
    tell(t, at);
    return TRUE;
}

/* What came has the right hash and gets its name. */
static gboolean accept(Transfer *t, const char *part, GError **error)
{
    g_autoptr(GMappedFile) file = g_mapped_file_new(part, FALSE, error);
    g_autofree char *hash = NULL;
    const char *bytes;

    if (!file) {
        return FALSE;
    }
    bytes = g_mapped_file_get_contents(file);
    hash = g_compute_checksum_for_data(
        G_CHECKSUM_SHA256, (const guchar *)(bytes ? bytes : ""),
        g_mapped_file_get_length(file));
    if (strcmp(hash, t->sha256) != 0) {
        g_unlink(part);
        g_set_error(error, RIG_AGENT_ERROR, AGENT_E_MISMATCH,
                    "%s: what came has another hash than the file", t->remote);
        return FALSE;
    }
    return g_rename(part, t->local) == 0 || local_error(error, t->local);
}

static gboolean get_once(Transfer *t, GError **error)
{
    g_autofree struct fields *begin = NULL;
    g_autofree char *part = NULL;
    gboolean good;
    long at;
    FILE *out;

    fields_clear(&t->arguments);
    fields_text(&t->arguments, AGENT_KEY_FILE, t->remote);
    begin = rig_agent_call(t->agent, AGENT_REQ_GET_BEGIN, &t->arguments, 0,
                           error);
    if (!begin) {
        return FALSE;
    }
    t->size = fields_get_number(begin, AGENT_KEY_SIZE, 0);
    if (t->limit && t->size > t->limit) {
        g_set_error(error, RIG_AGENT_ERROR, RIG_AGENT_LOCAL,
                    "%s: longer than it may be, %" G_GUINT64_FORMAT " bytes",
                    t->remote, t->limit);
        return FALSE;
    }
    if (!fields_get_text(begin, AGENT_KEY_SHA256, t->sha256,
                         sizeof(t->sha256))) {
        g_set_error(error, RIG_AGENT_ERROR, RIG_AGENT_MALFORMED,
                    "%s: the reply has no hash", t->remote);
        return FALSE;
    }
    part = g_strdup_printf("%s.%.16s.part", t->local, t->sha256);
    out = fopen(part, "ae");
    if (!out) {
        return local_error(error, part);
    }
    at = fseek(out, 0, SEEK_END) == 0 ? ftell(out) : -1;
    if (at < 0 || (uint64_t)at > t->size) {
        at = 0;
        if (ftruncate(fileno(out), 0)) {
            fclose(out);
            return local_error(error, part);
        }
    }
    good = get_parts(t, out, (uint64_t)at, error);
    if (fclose(out) && good) {
        return local_error(error, part);
    }
    return good && accept(t, part, error);
}

gboolean rig_agent_get(RigAgent *agent, const char *remote, const char *local,
                       RigAgentMoved *moved, gpointer opaque, GError **error)
{
    Transfer t = { .agent = agent, .local = local, .remote = remote,
                   .moved = moved, .opaque = opaque };

    return attempt(&t, get_once, error);
}

gboolean rig_agent_get_small(RigAgent *agent, const char *remote,
                             const char *local, uint64_t limit,
                             GError **error)
{
    Transfer t = { .agent = agent, .local = local, .remote = remote,
                   .limit = limit };

    return attempt(&t, get_once, error);
}

/* --- everything that is to be had ----------------------------------------------- */

/*
 * A name for a file of the guest in a directory of ours: what is behind the
 * last slash or backslash, with nothing that means something to a shell.
 */
static char *local_name(const char *remote, GHashTable *taken)
{
    const char *base = remote;
    g_autofree char *plain = NULL;
    char *name;

    for (const char *p = remote; *p; p++) {
        if ((*p == '/' || *p == '\\' || *p == ':') && p[1]) {
            base = p + 1;
        }
    }
    plain = g_strdup(*base ? base : "file");
    g_strcanon(plain, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS ".-_", '_');
    if (plain[0] == '.') {
        plain[0] = '_';
    }
    name = g_strdup(plain);
    for (unsigned i = 2; g_hash_table_contains(taken, name); i++) {
        g_free(name);
        name = g_strdup_printf("%u-%s", i, plain);
    }
    g_hash_table_add(taken, g_strdup(name));
    return name;
}

int rig_agent_collect(RigAgent *agent, const char *directory,
                      RigAgentMoved *moved, gpointer opaque, GError **error)
{
    g_autofree struct fields *logs = NULL;
    g_autoptr(GHashTable) taken = g_hash_table_new_full(
        g_str_hash, g_str_equal, g_free, NULL);
    struct field field;
    int count = 0;

    logs = rig_agent_call(agent, AGENT_REQ_LOGS, NULL, 0, error);
    if (!logs) {
        return -1;
    }
    if (g_mkdir_with_parents(directory, 0777)) {
        local_error(error, directory);
        return -1;
    }
    for (size_t at = 0; fields_next(logs, &at, &field);) {
        g_autofree char *remote = NULL, *name = NULL, *local = NULL;

        if (field.key != AGENT_KEY_FILE) {
            continue;
        }
        remote = g_strndup((const char *)field.value, field.length);
        name = local_name(remote, taken);
        local = g_build_filename(directory, name, NULL);
        if (!rig_agent_get(agent, remote, local, moved, opaque, error)) {
            return -1;
        }
        count++;
    }
    return count;
}
