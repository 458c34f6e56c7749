/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `rig events FILE`: a stored stream as text, one line per event. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "commands.h"
#include "msix.h"
#include "options.h"
#include "stream.h"

#define N "%" G_GUINT64_FORMAT
#define X "0x%" G_GINT64_MODIFIER "x"

static void dump_target(const RigEvent *e)
{
    printf("%s %s (%s) %04x:%04x, %u vectors",
           e->target.attached ? "attached" : "unplugged", e->target.id,
           e->target.model, e->target.vendor, e->target.device,
           e->target.vectors);
    if (e->target.bdf != 0xffff) {
        printf(", at %02x:%02x.%u", e->target.bdf >> 8,
               e->target.bdf >> 3 & 0x1f, e->target.bdf & 7);
    }
}

static void dump_config(const RigEvent *e)
{
    static const char *const what[] = {
        "command", "msix", "pmcsr", "devctl", "bridge",
    };

    printf("%sconfig[0x%x] = 0x%0*x", e->config.bridge ? "bridge " : "",
           e->config.offset, MIN(e->config.len, 4) * 2, e->config.value);
    for (unsigned i = 0; i < G_N_ELEMENTS(what); i++) {
        if (e->config.what >> i & 1) {
            printf(" %s", what[i]);
        }
    }
}

static void dump_table(const RigEvent *e)
{
    static const char *const dword[] = {
        "address", "address-high", "data", "control",
    };

    printf("vector %u %s 0x%x -> 0x%x", e->table.vector,
           e->table.dword < G_N_ELEMENTS(dword) ? dword[e->table.dword] : "?",
           e->table.old, e->table.value);
}

static void dump_raised(const RigEvent *e)
{
    if (e->raised.vector == RIG_VECTOR_INTX) {
        printf("intx");
    } else {
        printf("vector %u", e->raised.vector);
    }
    printf(" " N " times %s, command 0x%04x", e->raised.count,
           rig_raised_name(e->raised.outcome), e->raised.command);
}

static void dump_marker(const RigEvent *e)
{
    const struct rig_marker *m = &e->marker;

    printf("%s", rig_marker_kind_name(m->kind));
    if (m->name[0]) {
        printf(" %s", m->name);
    }
    printf(" [%u.%u %s%u irql %u depth %u call " N "]", m->scenario, m->cycle,
           m->thread & RIG_MARKER_SHIM ? "shim t" : "t",
           m->thread & ~RIG_MARKER_SHIM, m->irql, m->depth, m->call);
    if (m->object) {
        printf(" object " X, m->object);
    }
    if (m->status) {
        printf(" status " X, m->status);
    }
    if (m->caller) {
        printf(" caller " X, m->caller);
    }
    if (m->arg[0] || m->arg[1] || m->arg[2] || m->arg[3]) {
        printf(" args " X " " X " " X " " X, m->arg[0], m->arg[1], m->arg[2],
               m->arg[3]);
    }
    if (m->text[0]) {
        printf(" \"%s\"", m->text);
    }
}

static void dump_rest(const RigEvent *e)
{
    switch (e->type) {
    case RIG_EV_HELLO:
        printf("version %u, %u watched functions, QEMU %s", e->hello.version,
               e->hello.targets, e->hello.qemu);
        break;
    case RIG_EV_RESET:
        printf("%u: %s", e->reset.target,
               rig_reset_cause_name(e->reset.cause));
        break;
    case RIG_EV_COMMAND:
        printf("op %u target %u args " X " " X " result %d", e->command.op,
               e->command.target, e->command.arg[0], e->command.arg[1],
               e->command.result);
        break;
    case RIG_EV_FAULT:
        printf("%u: %s strikes", e->fault.target, e->fault.name);
        break;
    case RIG_EV_RUN:
        printf("%s (RunState %u)", e->run.running ? "running" : "stopped",
               e->run.state);
        break;
    case RIG_EV_LOST:
        printf(N " records", e->lost.count);
        break;
    case RIG_EV_EPOCH:
        printf("restored, next " N, e->epoch.restored_seq);
        break;
    default:
        break;
    }
}

/* seq, virtual time in seconds, type, what. */
void rig_event_print(const RigEvent *e)
{
    if (e->ns == UINT64_MAX) {
        printf("%8" G_GUINT64_FORMAT "            host ", e->seq);
    } else {
        printf("%8" G_GUINT64_FORMAT " %5" G_GUINT64_FORMAT ".%09"
               G_GUINT64_FORMAT " ", e->seq, e->ns / 1000000000,
               e->ns % 1000000000);
    }
    printf("%-8s", rig_event_type_name(e->type));
    switch (e->type) {
    case RIG_EV_TARGET:
        dump_target(e);
        break;
    case RIG_EV_CONFIG:
        dump_config(e);
        break;
    case RIG_EV_STATE:
        printf("command 0x%04x msix 0x%04x pmcsr 0x%04x", e->state.command,
               e->state.msix, e->state.pmcsr);
        break;
    case RIG_EV_TABLE:
        dump_table(e);
        break;
    case RIG_EV_RAISED:
        dump_raised(e);
        break;
    case RIG_EV_MARKER:
        dump_marker(e);
        break;
    default:
        dump_rest(e);
    }
    putchar('\n');
}

/* Which events are printed, by their numbers; both ends are. */
typedef struct {
    gint64 from, to;
} Range;

static void dump(const RigEvent *e, void *opaque)
{
    const Range *range = opaque;

    if (e->seq >= (guint64)range->from && e->seq <= (guint64)range->to) {
        rig_event_print(e);
    }
}

typedef struct Search {
    uint64_t seq;
    gboolean found;
} Search;

static void print_if(const RigEvent *e, void *opaque)
{
    Search *search = opaque;

    if (e->seq == search->seq && !search->found) {
        search->found = TRUE;
        rig_event_print(e);
    }
}

gboolean rig_event_print_of(const char *file, uint64_t seq)
{
    Search search = { .seq = seq };
    static uint8_t bytes[65536];
    static RigStream s;
    FILE *f = fopen(file, "rbe");
    size_t n;

    rig_stream_init(&s, print_if, &search);
    while (f && !search.found && (n = fread(bytes, 1, sizeof(bytes), f)) > 0 &&
           rig_stream_feed(&s, bytes, n)) {
    }
    if (f) {
        fclose(f);
    }
    return search.found;
}

/* 0, or the exit status of rig. */
static int dump_file(const char *name, FILE *file, Range *range)
{
    static uint8_t bytes[65536];
    static RigStream s;
    size_t n;

    rig_stream_init(&s, dump, range);
    while ((n = fread(bytes, 1, sizeof(bytes), file)) > 0) {
        if (!rig_stream_feed(&s, bytes, n)) {
            break;
        }
    }
    if (ferror(file)) {
        fprintf(stderr, "rig events: %s: cannot be read: %s\n", name,
                g_strerror(errno));
        return RIG_EXIT_USAGE;
    }
    fflush(stdout);
    switch (rig_stream_end(&s)) {
    case RIG_STREAM_COMPLETE:
        return RIG_EXIT_OK;
    case RIG_STREAM_INVALID:
        fprintf(stderr, "rig events: %s: invalid at %s\n", name, s.error);
        return RIG_EXIT_USAGE;
    default:
        fprintf(stderr, "rig events: %s: cut off at byte %" G_GUINT64_FORMAT
                ", there is no end record\n", name, s.offset);
        return RIG_EXIT_BROKEN;
    }
}

static int usage(const char *what)
{
    fprintf(stderr, "rig events: %s; see rig events --help\n", what);
    return RIG_EXIT_USAGE;
}

int rig_cmd_events(int argc, char **argv)
{
    Range range = { 0, G_MAXINT64 };
    const GOptionEntry entries[] = {
        { "from", 0, 0, G_OPTION_ARG_INT64, &range.from,
          "First event to print; default 0", "N" },
        { "to", 0, 0, G_OPTION_ARG_INT64, &range.to,
          "Last event to print; default the last", "N" },
        G_OPTION_ENTRY_NULL
    };
    g_autoptr(GOptionContext) context = g_option_context_new("FILE");
    g_autoptr(GError) error = NULL;
    FILE *file;
    int status;

    g_set_prgname("rig events");
    g_option_context_set_summary(context,
        "Print the event stream of a machine, for example\n"
        "results/runs/<id>/vm-1/events.bin, one line per event.");
    g_option_context_add_main_entries(context, entries, NULL);
    if (!rig_options_parse(context, &argc, &argv, &error)) {
        return usage(error->message);
    }
    if (argc != 2) {
        return usage("name one file");
    }
    if (range.from < 0 || range.to < range.from) {
        return usage("--from and --to are event numbers, in this order");
    }
    file = fopen(argv[1], "rbe");
    if (!file) {
        fprintf(stderr, "rig events: %s: %s\n", argv[1], g_strerror(errno));
        return RIG_EXIT_USAGE;
    }
    status = dump_file(argv[1], file, &range);
    fclose(file);
    return status;
}
