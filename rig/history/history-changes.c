/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs between two results of the history. */
#include "history-changes.h"

#include <string.h>

#include "history-internal.h"

/* Digits of a hash that are shown: enough to tell two builds apart. */
#define HASH_DIGITS 12

/* The hash of an artifact of the run, where there are two the Linux guest's. */
#define ARTIFACT(name) \
    "(SELECT sha256 FROM artifacts a WHERE a.run = r.run AND a.name LIKE '" \
    name "%' ORDER BY a.name LIMIT 1)"

/* In the order in which they are listed; version or hash may be NULL. */
static const struct {
    const char *what, *version, *hash;
} parts[] = {
    { "driver", "NULL", "r.driver_sha256" },
    { "inf", "NULL", "r.inf_sha256" },
    { "scenario", "NULL", "r.scenario_sha256" },
    { "rules", "NULL", "r.rules_sha256" },
    { "rig", "u.rig", ARTIFACT("rig") },
    { "qemu", "u.qemu", ARTIFACT("qemu") },
    { "kernel", "u.kernel", ARTIFACT("vmlinuz") },
    { "initramfs", "NULL", ARTIFACT("initramfs") },
    { "libvirt", "u.libvirt", "NULL" },
    { "os", "u.os", "NULL" },
};

void rig_change_free(gpointer data)
{
    RigChange *c = data;

    g_free(c->from);
    g_free(c->to);
    g_free(c);
}

/* Version and hash of every part, in turn. */
static Statement *select_parts(RigHistory *h, gint64 result)
{
    g_autoptr(GString) sql = g_string_new("SELECT ");
    Statement *st;

    for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_string_append_printf(sql, "%s%s, %s", i ? ", " : "",
                               parts[i].version, parts[i].hash);
    }
    g_string_append(sql, " FROM results r JOIN runs u ON u.id = r.run"
                    " WHERE r.id = ?");
    st = rig_history_prepare(h, sql->str, "i", result);
    if (st && sqlite3_step(st) != SQLITE_ROW) {
        g_clear_pointer(&st, sqlite3_finalize);
    }
    return st;
}

/* Are both known, and not the same? */
static gboolean differ(const char *a, const char *b)
{
    return a && b && strcmp(a, b) != 0;
}

/* "10.0.13", "a144a7250f09", or, where the version alone does not tell them
   apart, "10.0.13 (a144a7250f09)". */
static char *show(const char *version, const char *hash,
                  gboolean versions_differ)
{
    if (!version) {
        return g_strdup_printf("%.*s", HASH_DIGITS, hash);
    }
    return versions_differ || !hash
           ? g_strdup(version)
           : g_strdup_printf("%s (%.*s)", version, HASH_DIGITS, hash);
}

static void compare(Statement *a, Statement *b, guint part,
                    GPtrArray *changes)
{
    g_autofree char *old_version = rig_history_text(a, 2 * part);
    g_autofree char *new_version = rig_history_text(b, 2 * part);
    g_autofree char *old_hash = rig_history_text(a, 2 * part + 1);
    g_autofree char *new_hash = rig_history_text(b, 2 * part + 1);
    gboolean versions = differ(old_version, new_version);
    RigChange *c;

    if (versions || differ(old_hash, new_hash)) {
        c = g_new0(RigChange, 1);
        c->what = parts[part].what;
        c->from = show(old_version, old_hash, versions);
        c->to = show(new_version, new_hash, versions);
        g_ptr_array_add(changes, c);
    }
}

void rig_history_add_changes(RigHistory *h, gint64 from, gint64 to,
                             GPtrArray *changes)
{
    g_autoptr(Statement) a = select_parts(h, from), b = select_parts(h, to);

    for (guint i = 0; a && b && i < G_N_ELEMENTS(parts); i++) {
        compare(a, b, i, changes);
    }
}
