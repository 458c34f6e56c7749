/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a run is doing right now: the file "running" in its directory. */
#include "run-live.h"

#include <glib/gstdio.h>
#include <string.h>

#define GROUP "run"

static void put(GKeyFile *k, const char *key, const char *value)
{
    if (value) {
        g_autofree char *valid = g_utf8_make_valid(value, -1);

        g_key_file_set_string(k, GROUP, key, valid);
    }
}

static void put_number(GKeyFile *k, const char *key, gint64 value)
{
    if (value) {
        g_key_file_set_int64(k, GROUP, key, value);
    }
}

void rig_run_live_write(const RigRunLive *l, const char *dir)
{
    g_autofree char *path = g_build_filename(dir, RIG_RUN_LIVE_FILE, NULL);
    g_autoptr(GKeyFile) k = g_key_file_new();
    g_autofree char *text = NULL;
    gsize length;

    put_number(k, "pid", l->process.pid);
    g_key_file_set_uint64(k, GROUP, "start", l->process.start);
    put(k, "boot", l->process.boot);
    put(k, "command", l->command);
    put(k, "night", l->night);
    put(k, "job", l->job);
    put_number(k, "worker", l->worker);
    put_number(k, "scenarios", l->scenarios);
    put_number(k, "done", l->done);
    put(k, "scenario", l->scenario);
    put(k, "last", l->last);
    put(k, "last-verdict", l->last_verdict);
    put_number(k, "started", l->started);
    put_number(k, "ends", l->ends);
    put_number(k, "keeps-until", l->keeps_until);
    put(k, "monitor", l->monitor);
    put(k, "console", l->console);
    text = g_key_file_to_data(k, &length, NULL);
    g_file_set_contents_full(path, text, length,
                             G_FILE_SET_CONTENTS_CONSISTENT, 0644, NULL);
}

void rig_run_live_remove(const char *dir)
{
    g_autofree char *path = g_build_filename(dir, RIG_RUN_LIVE_FILE, NULL);

    g_unlink(path);
}

static char *get(GKeyFile *k, const char *key)
{
    return g_key_file_get_string(k, GROUP, key, NULL);
}

static gint64 get_number(GKeyFile *k, const char *key)
{
    return g_key_file_get_int64(k, GROUP, key, NULL);
}

RigRunLive *rig_run_live_read(const char *dir)
{
    g_autofree char *path = g_build_filename(dir, RIG_RUN_LIVE_FILE, NULL);
    g_autoptr(GKeyFile) k = g_key_file_new();
    g_autofree char *boot = NULL;
    RigRunLive *l;

    if (!g_file_test(path, G_FILE_TEST_IS_REGULAR) ||
        !g_key_file_load_from_file(k, path, G_KEY_FILE_NONE, NULL) ||
        !g_key_file_has_group(k, GROUP)) {
        return NULL;
    }
    l = g_new0(RigRunLive, 1);
    boot = get(k, "boot");
    l->process.pid = get_number(k, "pid");
    l->process.start = g_key_file_get_uint64(k, GROUP, "start", NULL);
    g_strlcpy(l->process.boot, boot ? boot : "", sizeof(l->process.boot));
    l->command = get(k, "command");
    l->night = get(k, "night");
    l->job = get(k, "job");
    l->worker = get_number(k, "worker");
    l->scenarios = get_number(k, "scenarios");
    l->done = get_number(k, "done");
    l->scenario = get(k, "scenario");
    l->last = get(k, "last");
    l->last_verdict = get(k, "last-verdict");
    l->started = get_number(k, "started");
    l->ends = get_number(k, "ends");
    l->keeps_until = get_number(k, "keeps-until");
    l->monitor = get(k, "monitor");
    l->console = get(k, "console");
    return l;
}

void rig_run_live_free(RigRunLive *l)
{
    if (l) {
        g_free(l->command);
        g_free(l->night);
        g_free(l->job);
        g_free(l->scenario);
        g_free(l->last);
        g_free(l->last_verdict);
        g_free(l->monitor);
        g_free(l->console);
        g_free(l);
    }
}
