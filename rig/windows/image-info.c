/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest's agent says of its Windows, held against what a run needs. */
#include "image-info.h"

#include <string.h>

typedef enum Level { OK, NOTE, BAD } Level;

typedef struct Lines {
    const struct fields *info;
    GString *out;
    unsigned bad;
} Lines;

static void say(Lines *l, Level level, const char *what, const char *detail)
{
    static const char *const names[] = { "ok", "note", "BAD" };

    g_string_append_printf(l->out, "  %-4s %-13s %s\n", names[level], what,
                           detail);
    l->bad += level == BAD;
}

/* FALSE: the agent does not say. */
static gboolean number(const Lines *l, enum agent_key key, uint64_t *value)
{
    struct field f;
    gboolean there = fields_find(l->info, key, &f);

    *value = there ? f.number : 0;
    return there;
}

static void say_text(Lines *l, enum agent_key key, const char *what)
{
    char text[256];

    fields_get_text(l->info, key, text, sizeof(text));
    say(l, OK, what, text);
}

/* --- what follows a bug check -------------------------------------------- */

/* CrashDumpEnabled: Microsoft, "Configure system failure and recovery options
 * in Windows". */
static void say_dump(Lines *l)
{
    static const char *const kinds[] = {
        NULL, "complete", "kernel", "small", NULL, NULL, NULL, "automatic",
    };
    uint64_t kind;

    if (!number(l, AGENT_KEY_CRASH_DUMP, &kind)) {
        return;
    }
    if (kind < G_N_ELEMENTS(kinds) && kinds[kind]) {
        say(l, OK, "crash dump", kinds[kind]);
    } else {
        say(l, BAD, "crash dump", "none: without Hyper-V's crash reporting "
            "nobody learns why Windows stopped; run prepare.cmd");
    }
}

static void say_crash_control(Lines *l)
{
    uint64_t value;

    say_dump(l);
    if (number(l, AGENT_KEY_AUTO_REBOOT, &value)) {
        say(l, value ? OK : BAD, "auto reboot", value ? "on" :
            "off: Windows stays as it stopped, and its dump in the page file; "
            "run prepare.cmd");
    }
    if (number(l, AGENT_KEY_KEEP_DUMP, &value)) {
        say(l, value ? OK : NOTE, "dumps", value ? "kept" :
            "deleted when the disk is short of room; prepare.cmd has them "
            "kept");
    }
    if (number(l, AGENT_KEY_NMI_DUMP, &value)) {
        say(l, OK, "NMI", value ? "stops Windows, with a dump" :
            "does not stop Windows");
    }
}

/* --- services ------------------------------------------------------------ */

#define START_AUTOMATIC 2u /* winsvc.h: SERVICE_AUTO_START */
#define START_DISABLED  4u /* SERVICE_DISABLED */

static void say_services(Lines *l, gboolean windows)
{
    uint64_t start;

    if (number(l, AGENT_KEY_AGENT_START, &start)) {
        say(l, start == START_AUTOMATIC ? OK : BAD, "agent service",
            start == START_AUTOMATIC ? "starts with Windows" :
            "does not start with Windows: run sc config RigAgent start= auto");
    } else if (windows) {
        say(l, NOTE, "agent service", "there is none: the agent runs because "
            "somebody started it; run agent.exe --install-service");
    }
    if (number(l, AGENT_KEY_SHIM_START, &start) && start >= START_DISABLED) {
        say(l, BAD, "shim service", "disabled: run sc config rigshim start= "
            "demand, and enable the device of rig-tap");
    }
}

static void say_sleep(Lines *l)
{
    char states[64];

    if (!fields_get_text(l->info, AGENT_KEY_SLEEP_STATES, states,
                         sizeof(states))) {
        return;
    }
    say(l, strstr(states, "S3") ? OK : NOTE, "sleep", strstr(states, "S3") ?
        states : "no S3: <power> is skipped. powercfg /a says why; a display "
        "adapter without a driver of its own (virtio-win) is reason enough");
}

unsigned rig_image_info(const struct fields *info, gboolean stand_in,
                        GString *out)
{
    gboolean signing = fields_get_number(info, AGENT_KEY_TEST_SIGNING, 0) != 0;
    Lines l = { info, out, 0 };
    gboolean windows;
    char text[64];

    fields_get_text(info, AGENT_KEY_SYSTEM, text, sizeof(text));
    windows = strcmp(text, "windows") == 0;
    say_text(&l, AGENT_KEY_AGENT, "agent");
    say(&l, windows || stand_in ? OK : BAD, "system", text);
    say_text(&l, AGENT_KEY_RELEASE, "release");
    say(&l, signing || stand_in ? OK : BAD, "test signing", signing ? "on" :
        "off: test-signed drivers are not loaded; run prepare.cmd");
    say(&l, OK, "shim", fields_get_number(info, AGENT_KEY_SHIM, 0) ? "answers" :
        "not there: only bug checks and the device are witnesses");
    say_services(&l, windows);
    say_crash_control(&l);
    say_sleep(&l);
    return l.bad;
}
