/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `rig image`: Windows images put into the store, prepared, checked, listed. */
#include <gio/gio.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "image-boot.h"
#include "image-import.h"
#include "image-info.h"
#include "image-prepare.h"
#include "image-snapshot.h"
#include "kvm.h"
#include "loop.h"
#include "options.h"
#include "supervisor.h"
#include "windows-runner.h"

/* Windows Setup and the first logon; under TCG many times as long. */
#define SETUP_KVM (2u * 3600)
#define SETUP_TCG (24u * 3600)

typedef struct Options {
    char *images;
    char *firmware;
    int memory_mib, cpus, disk_gib;
    char *language, *edition, *product_key, *password, *iso;
    gboolean all;
    char **words;
    RigPaths *paths;
} Options;

static volatile int interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

static int complain(const GError *error, int status)
{
    fprintf(stderr, "rig image: %s\n", error->message);
    return interrupted ? RIG_EXIT_INTERRUPTED : status;
}

static int misuse(const char *what)
{
    fprintf(stderr, "rig image: %s; \"rig image --help\" shows how\n", what);
    return RIG_EXIT_USAGE;
}

/* --- import, list, remove ------------------------------------------------ */

static int import(const Options *o)
{
    const RigImageImport i = {
        .name = o->words[1],
        .file = o->words[1] ? o->words[2] : NULL,
        .uefi = g_strcmp0(o->firmware, "uefi") == 0,
        .memory_mib = o->memory_mib,
        .cpus = o->cpus,
        .disk_gib = o->disk_gib,
        .progress = isatty(STDERR_FILENO),
    };
    g_autoptr(GError) error = NULL;

    if (!i.name || !i.file || o->words[3]) {
        return misuse("import takes the name that the image shall have, and "
                      "a qcow2 or an ISO");
    }
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    if (!rig_image_import(o->images, &i, &interrupted, &error)) {
        return complain(error, RIG_EXIT_USAGE);
    }
    printf("%s is in %s; next: rig image prepare %s\n", i.name, o->images,
           i.name);
    return RIG_EXIT_OK;
}

static void print_image(const RigImage *i)
{
    g_autofree char *file = rig_image_file(i, RIG_IMAGE_PROFILE);

    printf("%-20s %-9s %-5s %5u MiB %2u CPU%s  %-14s %s\n", i->name,
           i->stand_in ? "stand-in" : rig_image_state_name(i->state),
           i->uefi ? "uefi" : "bios", i->memory_mib, i->cpus,
           i->cpus == 1 ? " " : "s", i->release ? i->release : "not checked",
           access(file, F_OK) == 0 ? "calibrated" : "not calibrated");
}

static int list(const Options *o)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) all = rig_images_list(o->images, o->paths, problems);

    for (guint i = 0; i < all->len; i++) {
        print_image(all->pdata[i]);
    }
    for (guint i = 0; i < problems->len; i++) {
        fprintf(stderr, "rig image: %s\n", (const char *)problems->pdata[i]);
    }
    if (!all->len && !problems->len) {
        printf("no image in %s; \"rig image import NAME FILE\" adds one\n",
               o->images);
    }
    return problems->len ? RIG_EXIT_BROKEN : RIG_EXIT_OK;
}

static int take_away(const Options *o)
{
    g_autoptr(GError) error = NULL;

    if (!o->words[1] || o->words[2]) {
        return misuse("remove takes the name of an image");
    }
    if (!rig_image_remove(o->images, o->words[1], &error)) {
        return complain(error, RIG_EXIT_USAGE);
    }
    return RIG_EXIT_OK;
}

/* --- snapshots ----------------------------------------------------------- */

static void print_snapshots(const RigImage *i, const RigPaths *paths)
{
    g_autoptr(GPtrArray) all = rig_image_snapshots(i, paths);

    for (guint n = 0; n < all->len; n++) {
        const RigKeptSnapshot *k = all->pdata[n];
        g_autofree char *size = g_format_size_full(k->bytes,
                                                   G_FORMAT_SIZE_IEC_UNITS);

        printf("  %-4s %-13s %s, %s, made %s by QEMU %s%s%s\n",
               k->state == RIG_SNAPSHOT_GOOD ? "ok" : "old", "snapshot",
               k->name, size, *k->made ? k->made : "?",
               *k->qemu_version ? k->qemu_version : "?", k->why ? ": " : "",
               k->why ? k->why : "");
    }
    if (!all->len) {
        puts("  --   snapshot      none yet: the first run keeps one");
    }
}

static int prune(const Options *o)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(RigImage) i = NULL;
    g_autofree char *size = NULL;
    unsigned count;
    guint64 bytes;

    if (!o->words[1] || o->words[2]) {
        return misuse("prune takes the name of an image");
    }
    i = rig_image_load(o->images, o->words[1], o->paths, &error);
    if (!i || !rig_image_snapshots_prune(i, o->paths, o->all, &count, &bytes,
                                         &error)) {
        return complain(error, RIG_EXIT_USAGE);
    }
    size = g_format_size_full(bytes, G_FORMAT_SIZE_IEC_UNITS);
    printf("%u snapshot%s of %s removed, %s\n", count, count == 1 ? "" : "s",
           i->name, size);
    return RIG_EXIT_OK;
}

/* --- prepare ------------------------------------------------------------- */

static gboolean make_iso(const Options *o, const RigImage *i, const char *iso,
                         GError **error)
{
    const RigAnswers answers = {
        .language = o->language ? o->language : "en-US",
        .edition = o->edition ? o->edition : "1",
        .product_key = o->product_key ? o->product_key : "",
        .password = o->password ? o->password : "rig",
    };

    return rig_prepare_iso(iso, o->paths, i->uefi,
                           i->state == RIG_IMAGE_NEW ? &answers : NULL, error);
}

/* The disk has changed: what it is now. */
static gboolean take_stock(RigImage *i, GError **error)
{
    g_autofree char *disk = rig_image_file(i, RIG_IMAGE_DISK);
    g_autoptr(GFile) f = g_file_new_for_path(disk);
    g_autoptr(GFileInfo) info = g_file_query_info(
        f, G_FILE_ATTRIBUTE_STANDARD_SIZE, 0, NULL, error);

    g_free(i->sha256);
    i->sha256 = rig_image_copy(disk, NULL, isatty(STDERR_FILENO), NULL,
                               error);
    i->bytes = info ? g_file_info_get_size(info) : 0;
    i->state = RIG_IMAGE_PREPARED;
    return info && i->sha256 && rig_image_save(i, error);
}

static int install(const Options *o, RigImage *i, const char *iso,
                   GError **error)
{
    const char *cdroms[] = { i->installer ? i->installer : iso,
                             i->installer ? iso : NULL, NULL };
    const char *why = NULL;
    gboolean kvm = rig_kvm_usable(o->paths, &why);
    const RigImageBoot b = {
        .image = i, .paths = o->paths, .cdroms = cdroms,
        .boot_cdrom = TRUE, .write = TRUE,
        .limit_s = kvm ? SETUP_KVM : SETUP_TCG,
    };

    printf("Windows Setup runs without a screen; it ends in a shutdown%s\n",
           kvm ? "" : ". Without KVM it takes many hours");
    if (!kvm) {
        printf("  (KVM: %s)\n", why);
    }
    fflush(stdout);
    if (!rig_image_boot_until_off(&b, error) || !take_stock(i, error)) {
        return complain(*error, RIG_EXIT_BROKEN);
    }
    printf("%s is prepared; next: rig image check %s\n", i->name, i->name);
    return RIG_EXIT_OK;
}

/* Only the CD was asked for. */
static int explain_setup(const char *iso, const RigImage *i)
{
    printf("%s has the answer file and what this Windows needs. Boot an empty "
           "disk with\n%s as first CD and it as second: Windows Setup asks "
           "nothing.\n", iso, i->installer ? i->installer : "the ISO");
    return RIG_EXIT_OK;
}

static int explain(const char *iso, const RigImage *i)
{
    g_autofree char *disk = rig_image_file(i, RIG_IMAGE_DISK);

    printf("%s has what this Windows needs. Boot %s with it as a CD and a\n"
           "screen, run rig\\prepare.cmd there as administrator, and wait for "
           "the shutdown:\n"
           "  qemu-system-x86_64 -machine q35 -m %u -smp %u -accel kvm \\\n"
           "      -drive file=%s,if=none,id=d -device ide-hd,drive=d "
           "-cdrom %s\n"
           "then: rig image check %s\n", iso, i->name, i->memory_mib, i->cpus,
           disk, iso, i->name);
    return RIG_EXIT_OK;
}

static int prepare(const Options *o)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(RigImage) i = NULL;
    g_autofree char *iso = NULL;
    int lock, status;

    if (!o->words[1] || o->words[2]) {
        return misuse("prepare takes the name of an image");
    }
    i = rig_image_load(o->images, o->words[1], o->paths, &error);
    lock = i ? rig_image_lock(o->images, i->name, &error) : -1;
    if (lock < 0) {
        return complain(error, RIG_EXIT_USAGE);
    }
    iso = o->iso ? g_canonicalize_filename(o->iso, NULL)
                 : rig_image_file(i, "prepare.iso");
    if (!make_iso(o, i, iso, &error)) {
        status = complain(error, RIG_EXIT_BROKEN);
    } else if (i->state == RIG_IMAGE_NEW && !o->iso) {
        status = install(o, i, iso, &error);
    } else {
        status = i->state == RIG_IMAGE_NEW ? explain_setup(iso, i)
                                           : explain(iso, i);
    }
    close(lock);
    return status;
}

/* --- check --------------------------------------------------------------- */

typedef struct Check {
    RigImage *image;
    unsigned bad;      /* of what the agent says */
} Check;

/* What the agent says of the system. */
static gboolean ask_info(RigAgent *agent, void *opaque, GError **error)
{
    Check *c = opaque;
    RigImage *i = c->image;
    g_autofree struct fields *info = rig_agent_call(agent, AGENT_REQ_INFO,
                                                    NULL, 0, error);
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autoptr(GString) lines = g_string_new(NULL);
    char text[256];

    if (!info) {
        return FALSE;
    }
    g_free(i->checked);
    g_free(i->release);
    g_free(i->agent);
    i->checked = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");
    fields_get_text(info, AGENT_KEY_RELEASE, text, sizeof(text));
    i->release = g_strdup(text);
    fields_get_text(info, AGENT_KEY_AGENT, text, sizeof(text));
    i->agent = g_strdup(text);
    i->test_signing = fields_get_number(info, AGENT_KEY_TEST_SIGNING, 0) != 0;
    i->shim = fields_get_number(info, AGENT_KEY_SHIM, 0) != 0;
    c->bad = rig_image_info(info, i->stand_in, lines);
    fputs(lines->str, stdout);
    return TRUE;
}

static int check(const Options *o)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(RigImage) i = o->words[1] ?
        rig_image_load(o->images, o->words[1], o->paths, &error) : NULL;
    RigImageBoot b = { .image = i, .paths = o->paths };
    Check c = { .image = i };

    if (!o->words[1] || o->words[2]) {
        return misuse("check takes the name of an image");
    }
    if (!i) {
        return complain(error, RIG_EXIT_USAGE);
    }
    if (i->state == RIG_IMAGE_NEW) {
        fprintf(stderr, "rig image: Windows is not installed in %s yet; "
                "\"rig image prepare %s\" does that\n", i->name, i->name);
        return RIG_EXIT_USAGE;
    }
    b.limit_s = i->stand_in ? 150 : rig_kvm_usable(o->paths, NULL) ?
                RIG_WINDOWS_BOOT_KVM : RIG_WINDOWS_BOOT_TCG;
    if (!rig_image_boot_and_ask(&b, ask_info, &c, &error)) {
        printf("  BAD  agent         %s\n", error->message);
        return RIG_EXIT_BROKEN;
    }
    if (i->state == RIG_IMAGE_IMPORTED) {
        i->state = RIG_IMAGE_PREPARED; /* the agent is what makes it so */
    }
    if (!rig_image_save(i, &error)) {
        return complain(error, RIG_EXIT_BROKEN);
    }
    print_snapshots(i, o->paths);
    return c.bad ? RIG_EXIT_BROKEN : RIG_EXIT_OK;
}

/* --- command line -------------------------------------------------------- */

static const struct {
    const char *name;
    int (*run)(const Options *o);
    gboolean machine;     /* boots one: in a process of its own */
} verbs[] = {
    { "import", import, FALSE },
    { "prepare", prepare, TRUE },
    { "check", check, TRUE },
    { "list", list, FALSE },
    { "prune", prune, FALSE },
    { "remove", take_away, FALSE },
};

static gboolean parse(Options *o, int *argc, char ***argv, GError **error)
{
    const GOptionEntry entries[] = {
        { "images", 0, 0, G_OPTION_ARG_FILENAME, &o->images,
          "The store (default: $XDG_DATA_HOME/rig/images)", "DIR" },
        { "firmware", 0, 0, G_OPTION_ARG_STRING, &o->firmware,
          "import: what Windows was, or is to be, installed under: bios, uefi",
          "NAME" },
        { "memory", 0, 0, G_OPTION_ARG_INT, &o->memory_mib,
          "import: of its machines, 1024 to 65536 (4096)", "MIB" },
        { "cpus", 0, 0, G_OPTION_ARG_INT, &o->cpus,
          "import: of its machines, 1 to 16 (2)", "N" },
        { "disk", 0, 0, G_OPTION_ARG_INT, &o->disk_gib,
          "import of an ISO: size of the disk, 32 to 2048 (64)", "GIB" },
        { "edition", 0, 0, G_OPTION_ARG_STRING, &o->edition,
          "prepare: number or name of the edition on the ISO (1)", "NAME" },
        { "language", 0, 0, G_OPTION_ARG_STRING, &o->language,
          "prepare: of the ISO (en-US)", "TAG" },
        { "product-key", 0, 0, G_OPTION_ARG_STRING, &o->product_key,
          "prepare: for Windows Setup (none)", "KEY" },
        { "password", 0, 0, G_OPTION_ARG_STRING, &o->password,
          "prepare: of the administrator \"rig\" (rig)", "TEXT" },
        { "iso", 0, 0, G_OPTION_ARG_FILENAME, &o->iso,
          "prepare: only make this CD, boot nothing", "FILE" },
        { "all", 0, 0, G_OPTION_ARG_NONE, &o->all,
          "prune: snapshots that fit, too", NULL },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->words,
          NULL, NULL },
        { 0 },
    };
    g_autoptr(GOptionContext) context = g_option_context_new(
        "import NAME FILE | prepare NAME | check NAME | list | "
        "prune NAME | remove NAME");

    g_set_prgname("rig image");
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_summary(context, "Windows images for scenarios with "
                                 "<guest kind=\"windows\">.");
    return rig_options_parse(context, argc, argv, error);
}

static const char *wrong_option(const Options *o)
{
    return o->memory_mib < 1024 || o->memory_mib > 65536 ?
           "--memory takes 1024 to 65536 MiB" :
           o->cpus < 1 || o->cpus > 16 ? "--cpus takes 1 to 16" :
           o->disk_gib < 32 || o->disk_gib > 2048 ?
           "--disk takes 32 to 2048 GiB" :
           o->firmware && strcmp(o->firmware, "bios") != 0 &&
           strcmp(o->firmware, "uefi") != 0 ?
           "--firmware takes bios or uefi" : NULL;
}

typedef struct Work {
    const Options *o;
    int (*run)(const Options *o);
} Work;

static gboolean on_stop(gpointer opaque)
{
    (void)opaque;
    _exit(RIG_EXIT_INTERRUPTED); /* the supervisor ends QEMU */
}

static int work(void *opaque)
{
    const Work *w = opaque;

    signal(SIGPIPE, SIG_IGN);
    rig_loop_init();
    rig_loop_attach(rig_loop_context(), g_unix_signal_source_new(SIGINT),
                    on_stop, NULL);
    rig_loop_attach(rig_loop_context(), g_unix_signal_source_new(SIGTERM),
                    on_stop, NULL);
    return w->run(w->o);
}

static int run_verb(Options *o)
{
    const char *wrong = wrong_option(o);

    if (!o->words) {
        return misuse("say what to do");
    }
    if (wrong) {
        return misuse(wrong);
    }
    for (guint i = 0; i < G_N_ELEMENTS(verbs); i++) {
        Work w = { o, verbs[i].run };

        if (strcmp(verbs[i].name, o->words[0]) == 0) {
            return verbs[i].machine ? rig_supervise(work, &w, RIG_EXIT_BROKEN)
                                    : verbs[i].run(o);
        }
    }
    return misuse("it can import, prepare, check, list, prune and remove");
}

int rig_cmd_image(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    Options o = { .memory_mib = RIG_IMAGE_MEMORY_MIB, .cpus = RIG_IMAGE_CPUS,
                  .disk_gib = RIG_IMAGE_DISK_GIB };
    int status = RIG_EXIT_USAGE;
    char *images;

    if (!parse(&o, &argc, &argv, &error)) {
        return complain(error, RIG_EXIT_USAGE);
    }
    images = rig_images_dir(o.images);
    g_free(o.images);
    o.images = images;
    o.paths = rig_paths_find(&error);
    status = o.paths ? run_verb(&o) : complain(error, RIG_EXIT_BROKEN);
    rig_paths_free(o.paths);
    g_strfreev(o.words);
    g_free(o.images);
    g_free(o.firmware);
    g_free(o.language);
    g_free(o.edition);
    g_free(o.product_key);
    g_free(o.password);
    g_free(o.iso);
    return status;
}
