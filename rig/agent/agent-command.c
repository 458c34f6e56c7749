/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `rig agent`: a user talks to an agent by hand. */
#include <errno.h>
#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent-client.h"
#include "agent-link.h"
#include "agent-transfer.h"
#include "commands.h"
#include "loop.h"
#include "options.h"
#include "protocol/names.h"
#include "read-file.h"

#define MAX_DATA AGENT_CHUNK_MAX
#define DATA_FILE_MAX (1u << 20) /* bytes that are looked at */

typedef struct Talk {
    RigAgent *agent;
    uint64_t limit_ms;     /* 0: the request's own */
    gboolean interrupted;
    gboolean line;         /* a live line is on the terminal */
    gint64 started;        /* of this file, monotonic us */
} Talk;

static const char usage[] =
    "Usage: rig agent --connect PATH [--limit SECONDS] REQUEST [ARGUMENT...]\n"
    "       rig agent --list\n"
    "PATH is a socket or a terminal that an agent in a guest is behind.\n"
    "Arguments come in the order that --list shows, or as KEY=VALUE; data=@FILE"
    "\nreads a file. Besides the agent's own requests:\n"
    "  put LOCAL REMOTE     copy a file into the guest\n"
    "  get REMOTE LOCAL     copy one out of it\n"
    "  collect DIRECTORY    fetch all its logs and dumps\n"
    "Options:\n"
    "  --connect PATH       where the agent is\n"
    "  --limit SECONDS      how long a request may take in the guest\n"
    "  --list               show the requests\n";

static int complain(const char *format, ...) G_GNUC_PRINTF(1, 2);

static int complain(const char *format, ...)
{
    va_list args;

    fputs("rig agent: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return RIG_EXIT_USAGE;
}

static void list_requests(void)
{
    unsigned count;
    const struct agent_request_info *rows = agent_requests(&count);

    for (unsigned i = 0; i < count; i++) {
        g_autofree char *call = g_strconcat(rows[i].name, " ",
                                            rows[i].arguments, NULL);

        printf("  %-32s %s%s\n", call, strlen(call) > 32 ?
               "\n                                   " : "",
               rows[i].meaning);
    }
}

/* --- what the agent says ----------------------------------------------------------- */

static void wipe(Talk *t)
{
    if (t->line) {
        fputs("\r\033[K", stderr);
        t->line = FALSE;
    }
}

static void on_log(gpointer opaque, const char *text)
{
    g_autofree char *safe = g_strescape(text, NULL);

    wipe(opaque);
    fprintf(stderr, "agent: %s\n", safe);
}

static void on_restarted(gpointer opaque)
{
    wipe(opaque);
    fputs("rig agent: the agent was started again\n", stderr);
}

static void on_progress(gpointer opaque, const char *name, uint64_t done,
                        uint64_t total, const char *text)
{
    Talk *t = opaque;
    g_autofree char *safe = g_strescape(text, NULL);

    if (!isatty(STDERR_FILENO)) {
        return;
    }
    wipe(t);
    fprintf(stderr, "%s: %s", name, safe);
    if (total) {
        fprintf(stderr, " %.0f %%", 100.0 * (double)done / (double)total);
    }
    t->line = TRUE;
}

/* After two seconds of a file, how far it is and how long it will take. */
static void on_moved(gpointer opaque, uint64_t done, uint64_t total)
{
    Talk *t = opaque;
    double seconds = (double)(g_get_monotonic_time() - t->started) / 1e6;

    wipe(t);
    if (done >= total) {
        t->started = g_get_monotonic_time(); /* of the next file */
    } else if (seconds > 2 && done && isatty(STDERR_FILENO)) {
        fprintf(stderr, "%.1f of %.1f MiB, %.0f s left",
                (double)done / 1048576, (double)total / 1048576,
                seconds * (double)(total - done) / (double)done);
        t->line = TRUE;
    }
}

static gboolean on_interrupt(gpointer opaque)
{
    Talk *t = opaque;

    if (t->interrupted) {
        _exit(RIG_EXIT_INTERRUPTED); /* asked twice */
    }
    t->interrupted = TRUE;
    wipe(t);
    fputs("rig agent: telling the agent to give up; once more to leave now\n",
          stderr);
    rig_agent_abort_all(t->agent);
    return G_SOURCE_CONTINUE;
}

/* --- a reply as text ------------------------------------------------------------------ */

static void print_number(uint16_t key, uint64_t value)
{
    printf("%" G_GUINT64_FORMAT, value);
    if (key == AGENT_KEY_FLAGS || key == AGENT_KEY_PROBLEM_STATUS ||
        key == AGENT_KEY_VERIFIER_FLAGS || key == AGENT_KEY_CODE_INTEGRITY) {
        printf(" (0x%" G_GINT64_MODIFIER "x)", value);
    }
}

static void print_field(const struct field *field)
{
    const char *name = agent_key_name(field->key);
    g_autofree char *text = NULL, *safe = NULL;

    if (field->key == AGENT_KEY_STATUS) {
        return; /* "ok" */
    }
    if (name) {
        printf("%s: ", name);
    } else {
        printf("key %u: ", field->key);
    }
    switch (field->type) {
    case AGENT_NUMBER:
        print_number(field->key, field->number);
        break;
    case AGENT_TEXT:
        text = g_strndup((const char *)field->value, field->length);
        safe = g_strescape(text, "\\\"");
        printf("%s", text == NULL || strpbrk(text, "\n\r\t\033") ? safe :
               text);
        break;
    default:
        for (uint32_t i = 0; i < field->length; i++) {
            printf("%02x", field->value[i]);
        }
    }
    putchar('\n');
}

static void print_reply(const struct fields *reply)
{
    struct field field;
    gboolean first = TRUE;

    for (size_t at = 0; fields_next(reply, &at, &field);) {
        if ((field.key == AGENT_KEY_DEVICE || field.key == AGENT_KEY_FILE) &&
            !first) {
            putchar('\n');
        }
        first = first && field.key == AGENT_KEY_STATUS;
        print_field(&field);
    }
}

/* --- arguments ---------------------------------------------------------------------- */

static gboolean add_data(struct fields *fields, uint16_t key,
                         const char *value, GError **error)
{
    g_autofree char *bytes = NULL;
    gsize length = strlen(value);

    if (value[0] == '@') {
        if (!rig_read_file(value + 1, DATA_FILE_MAX, &bytes, &length, error)) {
            g_prefix_error(error, "%s: ", value + 1);
            return FALSE;
        }
    }
    if (length > MAX_DATA) {
        g_set_error(error, RIG_AGENT_ERROR, AGENT_E_INVALID,
                    "more than %u bytes; \"put\" copies files", MAX_DATA);
        return FALSE;
    }
    fields_bytes(fields, key, bytes ? bytes : value, length);
    return TRUE;
}

static gboolean add_argument(struct fields *fields, uint16_t key,
                             const char *value, GError **error)
{
    enum agent_type type = AGENT_TEXT;
    g_autofree char *name = g_strdup(agent_key_name(key));
    char *end;
    uint64_t number;

    agent_key_type(key, &type);
    switch (type) {
    case AGENT_NUMBER:
        errno = 0;
        number = g_ascii_strtoull(value, &end, 0);
        if (errno || end == value || *end || value[0] == '-') {
            g_set_error(error, RIG_AGENT_ERROR, AGENT_E_INVALID,
                        "%s is a number, not \"%s\"", name, value);
            return FALSE;
        }
        fields_number(fields, key, number);
        return TRUE;
    case AGENT_BYTES:
        return add_data(fields, key, value, error);
    default:
        if (!g_utf8_validate(value, -1, NULL)) {
            g_set_error(error, RIG_AGENT_ERROR, AGENT_E_INVALID,
                        "%s is not UTF-8", name);
            return FALSE;
        }
        fields_text(fields, key, value);
        return TRUE;
    }
}

/* The key of "KEY=VALUE"; 0 if it is none. */
static uint16_t key_of(const char *word, const char **value)
{
    const char *equals = strchr(word, '=');
    g_autofree char *name = equals ? g_strndup(word, equals - word) : NULL;

    *value = equals ? equals + 1 : NULL;
    return name ? agent_key_named(name) : 0;
}

static gboolean read_arguments(const struct agent_request_info *info,
                               char **words, struct fields *fields,
                               GError **error)
{
    const char *rest = info->arguments, *value;
    struct field field;
    uint16_t key;
    bool optional;

    for (; *words; words++) {
        key = key_of(*words, &value);
        if (!key) {
            value = *words;
            if (!agent_next_argument(&rest, &key, &optional)) {
                g_set_error(error, RIG_AGENT_ERROR, AGENT_E_INVALID,
                            "%s takes no \"%s\"", info->name, *words);
                return FALSE;
            }
        }
        if (!add_argument(fields, key, value, error)) {
            return FALSE;
        }
    }
    for (rest = info->arguments; agent_next_argument(&rest, &key, &optional);) {
        if (!optional && !fields_find(fields, key, &field)) {
            g_set_error(error, RIG_AGENT_ERROR, AGENT_E_INVALID,
                        "%s needs: %s", info->name, info->arguments);
            return FALSE;
        }
    }
    if (fields->overflow) {
        g_set_error(error, RIG_AGENT_ERROR, AGENT_E_TOO_LARGE,
                    "the arguments are longer than %u bytes",
                    AGENT_PAYLOAD_MAX);
        return FALSE;
    }
    return TRUE;
}

/* --- one request ------------------------------------------------------------------------ */

static int finish(Talk *t, gboolean good, const GError *error)
{
    wipe(t);
    if (!good) {
        g_autofree char *safe = g_strescape(error->message, "\\\"\n");

        fprintf(stderr, "rig agent: %s\n", safe);
    }
    return good ? RIG_EXIT_OK : t->interrupted ? RIG_EXIT_INTERRUPTED :
           g_error_matches(error, RIG_AGENT_ERROR, AGENT_E_INVALID) ?
           RIG_EXIT_USAGE : RIG_EXIT_BROKEN;
}

static int talk(Talk *t, char **words, const struct fields *arguments)
{
    const char *name = words[0];
    g_autofree struct fields *reply = NULL;
    g_autoptr(GError) error = NULL;
    gboolean good;

    t->started = g_get_monotonic_time();
    if (strcmp(name, "put") == 0) {
        good = rig_agent_put(t->agent, words[1], words[2], on_moved, t,
                             &error);
    } else if (strcmp(name, "get") == 0) {
        good = rig_agent_get(t->agent, words[1], words[2], on_moved, t,
                             &error);
    } else if (strcmp(name, "collect") == 0) {
        int count = rig_agent_collect(t->agent, words[1], on_moved, t, &error);

        good = count >= 0;
        if (good) {
            wipe(t);
            printf("%d files in %s\n", count, words[1]);
        }
    } else {
        reply = rig_agent_call(t->agent, agent_request_named(name)->number,
                               arguments, t->limit_ms, &error);
        good = reply != NULL;
    }
    if (reply) {
        wipe(t);
        print_reply(reply);
    }
    return finish(t, good, error);
}

/* 0, or the exit status for words that make no request. */
static int check_words(char **words, struct fields *arguments)
{
    static const struct {
        const char *name;
        guint arguments;
    } own[] = { { "put", 2 }, { "get", 2 }, { "collect", 1 } };
    const struct agent_request_info *info;
    g_autoptr(GError) error = NULL;

    if (!words[0]) {
        return complain("no request; \"rig agent --list\" shows them");
    }
    for (guint i = 0; i < G_N_ELEMENTS(own); i++) {
        if (strcmp(words[0], own[i].name) == 0) {
            return g_strv_length(words) == own[i].arguments + 1 ? 0 :
                   complain("%s takes %u arguments", own[i].name,
                            own[i].arguments);
        }
    }
    info = agent_request_named(words[0]);
    if (!info) {
        return complain("no request is named \"%s\"; \"rig agent --list\" "
                        "shows them", words[0]);
    }
    return read_arguments(info, words + 1, arguments, &error) ? 0 :
           complain("%s", error->message);
}

static int connect_and_talk(Talk *t, const char *path, char **words,
                            const struct fields *arguments)
{
    const RigAgentListener listener = { on_progress, on_log, on_restarted, t };
    g_autoptr(GError) error = NULL;
    GSource *signal;
    int fd, status;

    fd = rig_agent_open(path, &error);
    if (fd < 0) {
        fprintf(stderr, "rig agent: %s; is the guest running?\n",
                error->message);
        return RIG_EXIT_BROKEN;
    }
    rig_loop_init();
    t->agent = rig_agent_new(fd, &listener);
    signal = rig_loop_attach(rig_loop_context(),
                             g_unix_signal_source_new(SIGINT), on_interrupt,
                             t);
    status = talk(t, words, arguments);
    g_source_destroy(signal);
    rig_agent_free(t->agent);
    return status;
}

int rig_cmd_agent(int argc, char **argv)
{
    g_autofree char *path = NULL;
    g_auto(GStrv) words = NULL;
    gboolean list = FALSE, help = FALSE;
    gint64 limit = 0;
    const GOptionEntry entries[] = {
        { "connect", 0, 0, G_OPTION_ARG_FILENAME, &path, NULL, NULL },
        { "limit", 0, 0, G_OPTION_ARG_INT64, &limit, NULL, NULL },
        { "list", 0, 0, G_OPTION_ARG_NONE, &list, NULL, NULL },
        { "help", 'h', 0, G_OPTION_ARG_NONE, &help, NULL, NULL },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &words, NULL,
          NULL },
        { 0 }
    };
    g_autoptr(GOptionContext) options = g_option_context_new(NULL);
    g_autofree struct fields *arguments = g_new0(struct fields, 1);
    g_autoptr(GError) error = NULL;
    Talk t = { 0 };
    int status;

    g_option_context_set_help_enabled(options, FALSE);
    g_option_context_add_main_entries(options, entries, NULL);
    if (!rig_options_parse(options, &argc, &argv, &error)) {
        return complain("%s", error->message);
    }
    if (help || list) {
        help ? (void)fputs(usage, stdout) : list_requests();
        return RIG_EXIT_OK;
    }
    if (!words || limit < 0 || limit > 86400) {
        return words ? complain("--limit is 0 to 86400 seconds") :
               complain("no request; \"rig agent --list\" shows them");
    }
    status = check_words(words, arguments);
    if (status) {
        return status;
    }
    if (!path) {
        return complain("--connect PATH is missing: the socket or terminal "
                        "that the agent is behind");
    }
    t.limit_ms = (uint64_t)limit * 1000;
    return connect_and_talk(&t, path, words, arguments);
}
