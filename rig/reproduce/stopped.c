/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine that stopped at an event. */
#include "stopped.h"

#include <gio/gio.h>
#include <libvirt/libvirt-qemu.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "domain.h"
#include "loop.h"
#include "ndis/pe.h"
#include "read-file.h"
#include "stream.h"
#include "virt.h"

#define PAGE 4096

/* Breakpoints that a script sets at most. */
#define SITES_MAX 16

/* What rig-tap writes where the machine stops and goes on: RIG_EV_RUN, twice. */
#define STOP_RECORDS 2

/* PE format, "Optional Header": offsets from the signature "PE\0\0". */
#define PE_POINTER         0x3c /* in the file */
#define PE_CHARACTERISTICS 22
#define PE_IMAGE_BASE      48
#define PE_IMAGE_SIZE      80
#define PE_RELOCS_STRIPPED 0x0001

uint64_t rig_stopped_event(const RigManifest *m)
{
    const RigBundleFinding *first = m->findings->len ? m->findings->pdata[0]
                                                     : NULL;

    return first ? first->event : m->stream.last;
}

gboolean rig_stopped_driver(const char *sys, uint64_t *base, uint64_t *offset,
                            uint32_t *size)
{
    g_autofree char *file = NULL;
    gsize length;
    uint64_t preferred;
    uint32_t at;
    uint16_t flags;

    if (!sys || !rig_read_file(sys, PE_IMAGE_MAX, &file, &length, NULL) ||
        length < PE_POINTER + 4) {
        return FALSE;
    }
    memcpy(&at, file + PE_POINTER, sizeof(at));
    at = GUINT32_FROM_LE(at);
    if (at > length || length - at < PE_IMAGE_SIZE + sizeof(*size)) {
        return FALSE;
    }
    memcpy(&flags, file + at + PE_CHARACTERISTICS, sizeof(flags));
    memcpy(&preferred, file + at + PE_IMAGE_BASE, sizeof(preferred));
    memcpy(size, file + at + PE_IMAGE_SIZE, sizeof(*size));
    preferred = GUINT64_FROM_LE(preferred);
    *size = MIN(GUINT32_FROM_LE(*size), PE_IMAGE_MAX);
    *base = GUINT16_FROM_LE(flags) & PE_RELOCS_STRIPPED ? preferred
                                                        : PE_LOAD_BASE;
    *offset = *base - preferred;
    return TRUE;
}

static const RigScenario *failed(const RigBundle *b)
{
    return b->scenarios->pdata[b->manifest->number - 1];
}

/* --- memory -------------------------------------------------------------- */

/* Guest-physical address of a page of the process that runs; FALSE: none. */
static gboolean physical(virDomainPtr domain, uint64_t address, uint64_t *to)
{
    g_autofree char *command = g_strdup_printf("gva2gpa 0x%" G_GINT64_MODIFIER
                                               "x", address);
    char *answer = NULL;
    gboolean ok = virDomainQemuMonitorCommand(domain, command, &answer,
                      VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP) == 0 && answer &&
                  sscanf(answer, "gpa: %" G_GINT64_MODIFIER "x", to) == 1;

    free(answer);
    return ok;
}

/* Where each page of the driver is in the core. */
static char *list_pages(virDomainPtr domain, const RigScenario *s)
{
    GString *text = g_string_new("# RVA virtual physical\n");
    uint64_t base, offset, at;
    uint32_t size;

    if (!rig_stopped_driver(s->sys, &base, &offset, &size)) {
        return g_string_free(text, FALSE);
    }
    for (uint64_t rva = 0; rva < size; rva += PAGE) {
        if (physical(domain, base + rva, &at)) {
            g_string_append_printf(text, "0x%" G_GINT64_MODIFIER "x 0x%"
                                   G_GINT64_MODIFIER "x 0x%"
                                   G_GINT64_MODIFIER "x\n", rva, base + rva,
                                   at);
        }
    }
    return g_string_free(text, FALSE);
}

gboolean rig_stopped_dump(virDomainPtr domain, const RigBundle *b,
                          const char *dir, GError **error)
{
    g_autofree char *core = g_build_filename(dir, "memory.elf", NULL);
    g_autofree char *pages = g_build_filename(dir, "driver-pages.txt", NULL);
    g_autofree char *text = list_pages(domain, failed(b));

    /* Not by dump-guest-memory: libvirt 9.0 crashes on its completion when it
       did not ask for it. */
    if (virDomainCoreDumpWithFormat(domain, core,
                                    VIR_DOMAIN_CORE_DUMP_FORMAT_RAW,
                                    VIR_DUMP_MEMORY_ONLY) != 0) {
        g_autofree char *why = rig_virt_error();

        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "the memory cannot "
                    "be written to %s: %s", core, why);
        return FALSE;
    }
    if (!g_file_set_contents(pages, text, -1, error)) {
        return FALSE;
    }
    printf("    memory: %s, an ELF core by physical address\n    driver: %s, "
           "the pages of %s in it\n", core, pages, failed(b)->sys_name);
    fflush(stdout);
    return TRUE;
}

/* --- gdb ----------------------------------------------------------------- */

/* A place in the driver that the verdict is about. */
typedef struct Site {
    uint64_t rva;
    char name[RIG_MARKER_NAME];
    uint64_t event;      /* the first time */
} Site;

typedef struct Sites {
    uint64_t until;      /* event */
    unsigned scenario;
    unsigned n;
    Site site[SITES_MAX];
} Sites;

static gboolean is_about_interrupts(const char *api)
{
    static const char *const names[] = {
        "NdisMRegisterInterruptEx", "NdisMDeregisterInterruptEx",
        "IoConnectInterruptEx", "IoDisconnectInterruptEx",
    };

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(api, names[i]) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

static void on_event(const RigEvent *e, void *opaque)
{
    const struct rig_marker *k = &e->marker;
    Sites *s = opaque;
    gboolean crash;

    if (e->type != RIG_EV_MARKER || e->seq > s->until ||
        k->scenario != s->scenario || !k->caller || s->n == SITES_MAX) {
        return;
    }
    crash = k->kind == RIG_MK_CRASH || k->kind == RIG_MK_HANG ||
            k->kind == RIG_MK_BUGCHECK;
    if (!crash && !((k->kind == RIG_MK_API_ENTER ||
                     k->kind == RIG_MK_API_FAULT) &&
                    is_about_interrupts(k->name))) {
        return;
    }
    for (unsigned i = 0; i < s->n; i++) {
        if (s->site[i].rva == k->caller) {
            return;
        }
    }
    s->site[s->n] = (Site) { .rva = k->caller, .event = e->seq };
    g_strlcpy(s->site[s->n].name, crash ? rig_marker_kind_name(k->kind)
                                        : k->name, RIG_MARKER_NAME);
    s->n++;
}

static void read_events(const char *events, RigEventFunc func, void *opaque)
{
    static RigStream stream;
    static uint8_t bytes[65536];
    FILE *f = fopen(events, "rbe");
    size_t n;

    rig_stream_init(&stream, func, opaque);
    while (f && (n = fread(bytes, 1, sizeof(bytes), f)) > 0 &&
           rig_stream_feed(&stream, bytes, n)) {
    }
    if (f) {
        fclose(f);
    }
}

/* --- going back ---------------------------------------------------------- */

typedef struct Beginning {
    uint64_t until, found;
} Beginning;

static void on_beginning(const RigEvent *e, void *opaque)
{
    const struct rig_marker *k = &e->marker;
    Beginning *b = opaque;

    if (e->type == RIG_EV_MARKER && e->seq < b->until &&
        (k->kind == RIG_MK_CYCLE_BEGIN || k->kind == RIG_MK_PLAN_BEGIN)) {
        b->found = e->seq;
    }
}

uint64_t rig_stopped_from(const char *events, uint64_t event)
{
    Beginning b = { .until = event, .found = event };

    read_events(events, on_beginning, &b);
    return b.found;
}

/*
 * QEMU saves the machine where gdb finds it, and goes back as far as that. To
 * the event it goes before there is a breakpoint: each stop is a record of its
 * own, with a number, and this one has had two: stopped, running.
 */
static void add_way(GString *text, const RigStop *stop)
{
    if (stop->from && stop->from < stop->event) {
        g_string_append_printf(
            text, "monitor qom-set /machine/peripheral/" RIG_DOMAIN_TAP_ID
            " stop-at %" G_GUINT64_FORMAT "\ncontinue\n"
            "echo Behind event %" G_GUINT64_FORMAT "; reverse-stepi and "
            "reverse-continue go back as far as event %" G_GUINT64_FORMAT
            ".\\n\n", stop->event + STOP_RECORDS, stop->event, stop->from);
    }
}

/* Programs of other processes have the same addresses: only hardware
   breakpoints are set before their pages are there. */
static void add_sites(GString *text, const Sites *s, uint64_t base)
{
    for (unsigned i = 0; i < s->n; i++) {
        g_string_append_printf(text, "# %s, first at event %"
                               G_GUINT64_FORMAT "\nhbreak *0x%"
                               G_GINT64_MODIFIER "x\n", s->site[i].name,
                               s->site[i].event, base + s->site[i].rva);
    }
    /* A release that is missing has no address; this is where it is missed. */
    g_string_append(text, "# the boundary: a callback of the driver has "
                    "returned\nhbreak callback_leave\ndisable $bpnum\n");
}

char *rig_stopped_script(const RigBundle *b, const RigPaths *paths,
                         const char *socket, const RigStop *stop)
{
    GString *text = g_string_new("set pagination off\nset confirm off\n");
    g_autofree char *dir = g_path_get_dirname(
        paths->guest[failed(b)->machine.guest].initramfs);
    g_autofree char *agent = g_build_filename(dir, "agent", NULL);
    g_autofree char *home = g_path_get_dirname(paths->scenarios);
    Sites sites = {
        .until = MAX(stop->event, rig_stopped_event(b->manifest)),
        .scenario = b->manifest->number,
    };
    uint64_t base, offset;
    uint32_t size;

    if (g_file_test(agent, G_FILE_TEST_IS_REGULAR)) {
        g_string_append_printf(text, "directory %s\nfile \"%s\"\n", home,
                               agent);
    }
    g_string_append_printf(text, "set architecture i386:x86-64\n"
                           "target remote %s\n", socket);
    add_way(text, stop);
    if (rig_stopped_driver(failed(b)->sys, &base, &offset, &size)) {
        g_string_append_printf(text, "add-symbol-file \"%s\" -o 0x%"
                               G_GINT64_MODIFIER "x\n", failed(b)->sys,
                               offset);
        read_events(b->events, on_event, &sites);
        add_sites(text, &sites, base);
    }
    return g_string_free(text, FALSE);
}

static void in_child(gpointer unused)
{
    (void)unused;
    setpgid(0, 0); /* Ctrl-C is for gdb, not for the rig around it */
    signal(SIGTTOU, SIG_IGN);
    tcsetpgrp(STDIN_FILENO, getpid());
    signal(SIGTTOU, SIG_DFL);
}

typedef struct Wait {
    GMainLoop *loop;
    int status;
} Wait;

static void on_exit_of_gdb(GPid pid, int status, gpointer opaque)
{
    Wait *w = opaque;

    (void)pid;
    w->status = status;
    g_main_loop_quit(w->loop);
}

static GPtrArray *command_line(const char *file, char *const *commands)
{
    GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);
    const char *gdb = g_getenv("GDB");

    g_ptr_array_add(argv, g_strdup(gdb ? gdb : "gdb"));
    g_ptr_array_add(argv, g_strdup("-q"));
    if (commands) {
        g_ptr_array_add(argv, g_strdup("-batch"));
    }
    g_ptr_array_add(argv, g_strdup("-x"));
    g_ptr_array_add(argv, g_strdup(file));
    for (char *const *c = commands; c && *c; c++) {
        g_ptr_array_add(argv, g_strdup("-ex"));
        g_ptr_array_add(argv, g_strdup(*c));
    }
    g_ptr_array_add(argv, NULL);
    return argv;
}

gboolean rig_stopped_debug(const char *file, char *const *commands,
                           GError **error)
{
    g_autoptr(GPtrArray) argv = command_line(file, commands);
    Wait wait = { .loop = g_main_loop_new(rig_loop_context(), FALSE) };
    pid_t foreground = tcgetpgrp(STDIN_FILENO);
    gboolean ok;
    GSource *watch;
    GPid pid;

    ok = g_spawn_async(NULL, (char **)argv->pdata, NULL,
                       G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
                       G_SPAWN_CHILD_INHERITS_STDIN, in_child, NULL, &pid,
                       error);
    if (ok) {
        watch = g_child_watch_source_new(pid);
        g_source_set_callback(watch, (GSourceFunc)(void (*)(void))
                              on_exit_of_gdb, &wait, NULL);
        g_source_attach(watch, rig_loop_context());
        g_main_loop_run(wait.loop);
        g_source_destroy(watch);
        g_source_unref(watch);
        ok = g_spawn_check_wait_status(wait.status, error);
    }
    if (foreground > 0) {
        signal(SIGTTOU, SIG_IGN);
        tcsetpgrp(STDIN_FILENO, foreground);
        signal(SIGTTOU, SIG_DFL);
    }
    g_main_loop_unref(wait.loop);
    return ok;
}
