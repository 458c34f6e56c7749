/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing the bundles of one machine. */
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle-tar.h"
#include "bundle.h"
#include "domain.h"
#include "inputs.h"
#include "plan.h"
#include "scenario-write.h"
#include "sync-file.h"

/* Of the guest's console: its last bytes. */
#define CONSOLE_MAX (16 << 20)
#define BLOCK       (1 << 20)

struct RigBundler {
    RigBundleSource source;
    GPtrArray *common;   /* of RigBundleFile: in every bundle */
    GPtrArray *plan;     /* of char *, as in the manifest */
    GHashTable *drivers; /* path of a .sys -> its directory in the bundle */
    GHashTable *rules;   /* names of the rules that are there */
    char *first;         /* bundle that has the common files, or NULL */
    char *dir;           /* where the next bundle grows */
};

gboolean rig_bundle_wanted(const RigScenarioResult *r)
{
    if (r->scenario->machine.guest == RIG_GUEST_WINDOWS) {
        return FALSE; /* a user's Windows is not to be copied around */
    }
    if (r->verdict == RIG_VERDICT_VIOLATION ||
        r->verdict == RIG_VERDICT_BROKEN) {
        return TRUE;
    }
    for (guint i = 0; i < r->cycles->len; i++) {
        const RigCycleResult *c = r->cycles->pdata[i];

        if (c->end == RIG_END_CRASH || c->end == RIG_END_HANG ||
            c->end == RIG_END_BUGCHECK) {
            return TRUE;
        }
    }
    return FALSE;
}

/* --- files --------------------------------------------------------------- */

static gboolean fail(GError **error, const char *path)
{
    int e = errno;

    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(e), "%s: %s", path,
                g_strerror(e));
    return FALSE;
}

static gboolean make_parent(const char *path, GError **error)
{
    g_autofree char *dir = g_path_get_dirname(path);

    return g_mkdir_with_parents(dir, 0755) == 0 || fail(error, dir);
}

static void note(RigBundler *b, const char *name, uint64_t size,
                 const char *sha256)
{
    RigBundleFile *f = g_new0(RigBundleFile, 1);

    f->name = g_strdup(name);
    f->size = size;
    f->sha256 = g_strdup(sha256);
    g_ptr_array_add(b->common, f);
}

static gboolean add_bytes(RigBundler *b, const char *name, const void *bytes,
                          gsize length, GError **error)
{
    g_autofree char *path = g_build_filename(b->dir, name, NULL);
    g_autofree char *sha256 = g_compute_checksum_for_data(G_CHECKSUM_SHA256,
                                                          bytes, length);

    if (!make_parent(path, error) ||
        !rig_write_file(path, bytes, length, error)) {
        return FALSE;
    }
    note(b, name, length, sha256);
    return TRUE;
}

static gboolean add_copy(RigBundler *b, const char *name, const char *from,
                         GError **error)
{
    g_autofree char *bytes = NULL;
    gsize length;

    return g_file_get_contents(from, &bytes, &length, error) &&
           add_bytes(b, name, bytes, length, error);
}

static const char *machine_dir(const RigBundler *b)
{
    return b->source.machine_dir ? b->source.machine_dir
                                 : b->source.machine->dir;
}

/* A file that the machine left, or did not. */
static gboolean add_left(RigBundler *b, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(b->source.dir,
                                             machine_dir(b), name,
                                             NULL);
    g_autoptr(GMappedFile) map = g_mapped_file_new(path, FALSE, NULL);
    gsize length = map ? g_mapped_file_get_length(map) : 0;
    gsize skip = length > CONSOLE_MAX ? length - CONSOLE_MAX : 0;

    return !length || add_bytes(b, name, g_mapped_file_get_contents(map) +
                                skip, length - skip, error);
}

/* --- what all bundles of the machine have -------------------------------- */

static gboolean add_rules(RigBundler *b, const RigScenario *s, GError **error)
{
    for (guint i = 0; i < s->rules->len; i++) {
        const RigRuleRef *r = s->rules->pdata[i];
        g_autofree char *name = g_strdup_printf("rules/%s.xml", r->name);

        if (r->file && g_hash_table_add(b->rules, g_strdup(r->name)) &&
            !add_copy(b, name, r->file, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Directory in the bundle with the driver of @s; NULL with @error. */
static const char *add_driver(RigBundler *b, const RigScenario *s,
                              GError **error)
{
    g_autofree char *key = g_strdup_printf("%s\n%s", s->sys, s->inf);
    const char *known = g_hash_table_lookup(b->drivers, key);
    g_autofree char *dir = NULL, *sys = NULL, *inf = NULL;

    if (known) {
        return known;
    }
    dir = g_strdup_printf("drivers/%u", g_hash_table_size(b->drivers) + 1);
    sys = g_build_filename(dir, s->sys_name, NULL);
    inf = g_build_filename(dir, s->inf_name, NULL);
    if (!add_copy(b, sys, s->sys, error) ||
        !add_copy(b, inf, s->inf, error)) {
        return NULL;
    }
    known = g_steal_pointer(&dir);
    g_hash_table_insert(b->drivers, g_steal_pointer(&key), (gpointer)known);
    return known;
}

static gboolean add_scenario(RigBundler *b, guint number,
                             const RigScenario *s, GError **error)
{
    g_autofree char *name = g_strdup_printf("scenarios/%03u-%s.xml", number,
                                            s->name);
    g_autofree char *sys = NULL, *inf = NULL, *text = NULL;
    RigScenarioFiles files = { .rules = "../rules" };

    if (s->sys) {
        const char *dir = add_driver(b, s, error);

        if (!dir) {
            return FALSE;
        }
        files.sys = sys = g_build_filename("..", dir, s->sys_name, NULL);
        files.inf = inf = g_build_filename("..", dir, s->inf_name, NULL);
    }
    text = rig_scenario_to_xml(s, &files);
    g_ptr_array_add(b->plan, g_strdup(name));
    return add_rules(b, s, error) &&
           add_bytes(b, name, text, strlen(text), error);
}

static gboolean write_common(RigBundler *b, GError **error)
{
    static const char *const left[] = {
        "plan.ini", "domain.xml", "argv", "console.log", "qemu.log",
        RIG_RECORDING,
    };
    const char *inputs = b->source.inputs;
    gboolean ok = !inputs || add_bytes(b, "inputs.txt", inputs,
                                       strlen(inputs), error);

    for (guint i = 0; ok && i < b->source.plan->len; i++) {
        ok = add_scenario(b, i + 1, b->source.plan->pdata[i], error);
    }
    for (guint i = 0; ok && i < G_N_ELEMENTS(left); i++) {
        ok = add_left(b, left[i], error);
    }
    return ok;
}

/* The common files once more: the same ones, where that is possible. */
static gboolean link_common(RigBundler *b, GError **error)
{
    for (guint i = 0; i < b->common->len; i++) {
        const RigBundleFile *f = b->common->pdata[i];
        g_autofree char *from = g_build_filename(b->first, f->name, NULL);
        g_autofree char *to = g_build_filename(b->dir, f->name, NULL);
        g_autofree char *bytes = NULL;
        gsize length;

        if (!make_parent(to, error)) {
            return FALSE;
        }
        if (link(from, to) != 0 &&
            (!g_file_get_contents(from, &bytes, &length, error) ||
             !rig_write_file(to, bytes, length, error))) {
            return FALSE;
        }
    }
    return TRUE;
}

/* --- what only one has --------------------------------------------------- */

/* The end of what led to the verdict. */
static RigStreamPlace place_of(const RigScenarioResult *r, unsigned number)
{
    RigStreamPlace place = { .scenario = number };

    for (guint i = 0; r->sweep && i < r->findings->len; i++) {
        const RigFinding *f = r->findings->pdata[i];

        if (f->verdict == r->verdict) {
            place.cycle = f->cycle; /* a sweep goes on for long after it */
            break;
        }
    }
    return place;
}

static gboolean copy_prefix(const char *from, const char *to, uint64_t left,
                            GError **error)
{
    g_autofree char *block = g_malloc(BLOCK);
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    gboolean ok = in >= 0 && out >= 0;

    while (ok && left) {
        ssize_t n = read(in, block, MIN(left, BLOCK));

        ok = n > 0 && write(out, block, n) == n;
        left -= MAX(n, 0);
    }
    ok = ok && fsync(out) == 0;
    if (!ok) {
        fail(error, in < 0 ? from : to);
    }
    if (in >= 0) {
        close(in);
    }
    if (out >= 0 && close(out) != 0 && ok) {
        ok = fail(error, to);
    }
    return ok;
}

static gboolean add_events(RigBundler *b, RigManifest *m, GError **error)
{
    g_autofree char *from = g_build_filename(b->source.dir,
                                             machine_dir(b), "events.bin",
                                             NULL);
    g_autofree char *to = g_build_filename(b->dir, "events.bin", NULL);
    RigBundleFile *f;

    if (!rig_stream_prefix(from, &m->place, &m->stream, error) ||
        !copy_prefix(from, to, m->stream.bytes, error)) {
        return FALSE;
    }
    f = g_new0(RigBundleFile, 1);
    f->name = g_strdup("events.bin");
    f->size = m->stream.bytes;
    f->sha256 = rig_sha256_file(to, error);
    g_ptr_array_add(m->files, f);
    return f->sha256 != NULL;
}

char *rig_cpu_model(void)
{
    g_autofree char *text = NULL;
    char *at, *end;

    if (!g_file_get_contents("/proc/cpuinfo", &text, NULL, NULL) ||
        !(at = strstr(text, "model name")) || !(at = strchr(at, ':'))) {
        return NULL;
    }
    end = strchr(at, '\n');
    return g_strstrip(g_strndup(at + 1, end ? end - at - 1 : 0));
}

static void describe(const RigBundler *b, const RigScenarioResult *r,
                     unsigned number, RigManifest *m)
{
    const RigRun *run = b->source.run;

    m->run = g_strdup(run->id);
    m->rig = g_strdup(run->rig);
    m->scenario = g_strdup(r->scenario->name);
    m->number = number;
    m->machine = b->source.machine->number;
    m->verdict = r->verdict;
    m->sentence = g_strdup(r->sentence);
    m->os = g_strdup(run->os);
    m->cpu = rig_cpu_model();
    m->cpus = run->cpus;
    m->libvirt = g_strdup(run->libvirt);
    m->qemu = g_strdup(run->qemu);
    m->kernel = g_strdup(run->kernel);
    m->accel = g_strdup(run->accel);
    m->qemu_seed = r->scenario->machine.random_seed
                   ? r->scenario->machine.random_seed : RIG_DOMAIN_SEED;
    m->plan_seed = RIG_PLAN_SEED;
    m->outcome = g_strdup(rig_outcome_name(b->source.machine->outcome));
    m->live = g_strdup(b->source.live);
    m->snapshot = b->source.snapshot;
    m->place = place_of(r, number);
    if (b->source.inputs) {
        rig_manifest_add_inputs(m, b->source.inputs);
    }
    rig_manifest_add_findings(m->findings, r);
}

static gboolean add_manifest(RigBundler *b, RigManifest *m, GError **error)
{
    g_autofree char *path = g_build_filename(b->dir, RIG_BUNDLE_MANIFEST,
                                             NULL);
    g_autofree char *text = NULL;

    for (guint i = 0; i < b->common->len; i++) {
        const RigBundleFile *from = b->common->pdata[i];
        RigBundleFile *f = g_new0(RigBundleFile, 1);

        f->name = g_strdup(from->name);
        f->size = from->size;
        f->sha256 = g_strdup(from->sha256);
        g_ptr_array_add(m->files, f);
    }
    for (guint i = 0; i < b->plan->len; i++) {
        g_ptr_array_add(m->plan, g_strdup(b->plan->pdata[i]));
    }
    text = rig_manifest_to_xml(m);
    return rig_write_file(path, text, strlen(text), error);
}

/* --- the whole ----------------------------------------------------------- */

RigBundler *rig_bundler_new(const RigBundleSource *source)
{
    RigBundler *b = g_new0(RigBundler, 1);
    g_autoptr(RigManifest) lists = rig_manifest_new();

    b->source = *source;
    b->common = g_ptr_array_ref(lists->files);
    b->plan = g_ptr_array_ref(lists->plan);
    b->drivers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                       g_free);
    b->rules = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return b;
}

/* After a failure the next bundle begins anew. */
static void forget_common(RigBundler *b)
{
    g_ptr_array_set_size(b->common, 0);
    g_ptr_array_set_size(b->plan, 0);
    g_hash_table_remove_all(b->drivers);
    g_hash_table_remove_all(b->rules);
}

static gboolean fill(RigBundler *b, const RigScenarioResult *r,
                     unsigned number, GError **error)
{
    g_autoptr(RigManifest) m = rig_manifest_new();

    describe(b, r, number, m);
    return (b->first ? link_common(b, error) : write_common(b, error)) &&
           add_events(b, m, error) && add_manifest(b, m, error);
}

gboolean rig_bundler_add(RigBundler *b, const RigScenarioResult *r,
                         unsigned number, GError **error)
{
    g_autofree char *bundles = g_build_filename(b->source.dir, RIG_BUNDLES,
                                                NULL);
    g_autofree char *path = g_build_filename(bundles, r->scenario->name,
                                             NULL);
    g_autofree char *archive = g_strconcat(path, ".tar.zst", NULL);
    gboolean ok;

    b->dir = g_strconcat(path, ".tmp", NULL);
    ok = (g_mkdir_with_parents(b->dir, 0755) == 0 || fail(error, b->dir)) &&
         fill(b, r, number, error) &&
         (rename(b->dir, path) == 0 || fail(error, path)) &&
         rig_sync_directory(bundles, error) &&
         rig_bundle_pack(path, archive, error);
    if (!ok) {
        rig_remove_tree(b->dir);
        rig_remove_tree(path);
        if (!b->first) {
            forget_common(b);
        }
    } else if (!b->first) {
        b->first = g_steal_pointer(&path);
    }
    g_clear_pointer(&b->dir, g_free);
    return ok;
}

void rig_bundler_free(RigBundler *b)
{
    if (b) {
        g_ptr_array_unref(b->common);
        g_ptr_array_unref(b->plan);
        g_hash_table_unref(b->drivers);
        g_hash_table_unref(b->rules);
        g_free(b->first);
        g_free(b);
    }
}
