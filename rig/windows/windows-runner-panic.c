/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When Windows stops: what it was, memory, and the way back.
 *
 * With Hyper-V's crash reporting QEMU's event has the STOP code and its
 * parameters, and Windows is paused before it writes a dump of its own. Without
 * (TCG, pvpanic) the event says nothing: then Windows may go on, writes its
 * dump, starts again, and the dump's header has them. Where there is no pvpanic
 * driver either, nothing is heard but an agent that has been started again.
 */
#include <gio/gio.h>
#include <string.h>

#include "guest-dump.h"
#include "image-snapshot.h"
#include "qmp.h"
#include "virt.h"
#include "windows-runner-internal.h"

#define SNAPSHOT RIG_IMAGE_SNAPSHOT_TAG

/* For Windows to make a file of its dump when its services have started, and
   how often to look. */
#define DUMP_SECONDS      60
#define DUMP_LOOK_SECONDS 2

/* --- snapshot ------------------------------------------------------------ */

/* While the machine stands, so that the copy is of one moment. */
static gboolean save(RigWindowsRunner *r, GError **error)
{
    if (!rig_qmp_human(r->domain, "savevm " SNAPSHOT, error)) {
        return FALSE;
    }
    r->have_snapshot = TRUE;
    if (!r->config.keep) {
        return TRUE;
    }
    if (!rig_qmp(r->domain, "stop", NULL, error)) {
        return FALSE;
    }
    r->config.keep(r->config.opaque);
    return rig_qmp(r->domain, "cont", NULL, error);
}

gboolean rig_runner_restore(RigWindowsRunner *r)
{
    g_autoptr(GError) error = NULL;

    g_clear_pointer(&r->agent, rig_agent_free);
    if (!rig_qmp_human(r->domain, "loadvm " SNAPSHOT, &error) ||
        !rig_qmp(r->domain, "cont", NULL, &error)) {
        g_free(r->gave_up);
        r->gave_up = g_strdup_printf("the snapshot cannot be restored: %s",
                                     error->message);
        return FALSE;
    }
    r->installed = r->unplugged = r->armed = FALSE;
    r->adrift = r->asleep = FALSE;
    rig_runner_drain(r);
    r->panicked = r->rebooted = r->reset = FALSE;
    g_clear_pointer(&r->panic, g_free);
    return rig_runner_meet(r);
}

gboolean rig_runner_begin(RigWindowsRunner *r)
{
    g_autoptr(GError) error = NULL;

    if (r->config.restore) {
        r->have_snapshot = rig_runner_restore(r);
    } else if (rig_runner_meet(r) && !save(r, &error)) {
        r->gave_up = g_strdup_printf("no snapshot: %s", error->message);
    }
    if (r->have_snapshot && rig_agent_can(r->agent, AGENT_REQ_LOGS)) {
        r->dumps = rig_guest_dumps_list(r->agent, NULL);
    }
    return r->have_snapshot && !r->gave_up;
}

/* --- what it was --------------------------------------------------------- */

/* Whoever stops the run cuts the line, which ends this. */
static void let_pass(RigWindowsRunner *r, unsigned seconds)
{
    g_autofree struct fields *f = g_new0(struct fields, 1);

    fields_clear(f);
    fields_number(f, AGENT_KEY_TOTAL, seconds * 1000u);
    g_free(rig_agent_call(r->agent, AGENT_REQ_IDLE, f, 0, NULL));
}

/*
 * From the dump of this bug check, into the machine's directory as *@file. The
 * agent may be there before Windows has made a file of what it left in the
 * page file, and no event tells when.
 */
static void read_dump(RigWindowsRunner *r, RigBugcheck *b, char **file)
{
    g_autofree char *name = g_strdup_printf("dump-%u-%u.dmp", r->scenario,
                                            r->cycle);
    g_autofree char *local = g_build_filename(r->config.dir, name, NULL);
    const RigGuestDump *dump = NULL;
    g_autoptr(GPtrArray) now = NULL;
    g_autoptr(GError) error = NULL;
    RigMinidump d = { 0 };

    for (unsigned tries = DUMP_SECONDS / DUMP_LOOK_SECONDS; !dump && tries &&
         !g_atomic_int_get(&r->stop); tries--) {
        g_clear_pointer(&now, g_ptr_array_unref);
        now = r->agent && rig_agent_can(r->agent, AGENT_REQ_LOGS) ?
              rig_guest_dumps_list(r->agent, NULL) : NULL;
        if (!now) {
            return;
        }
        dump = rig_guest_dump_of_bugcheck(r->dumps, now);
        if (!dump) {
            let_pass(r, DUMP_LOOK_SECONDS);
        }
    }
    if (dump && rig_guest_dump_fetch(r->agent, dump, local, &d, &error)) {
        *b = d.bugcheck;
        *file = g_steal_pointer(&name);
    } else if (dump) {
        g_printerr("rig: %s: %s\n", local, error->message);
    }
}

/* Let Windows write its dump and start again, if it has not yet. */
static void ask_after_reboot(RigWindowsRunner *r, RigBugcheck *b, char **file)
{
    if (!r->rebooted && !rig_qmp(r->domain, "cont", NULL, NULL)) {
        return;
    }
    r->panicked = FALSE;
    if (rig_runner_meet(r)) {
        rig_runner_drain(r);
        if (r->reset) { /* else it goes on: there is no dump to wait for */
            read_dump(r, b, file);
        }
    } else {
        g_clear_pointer(&r->gave_up, g_free); /* the snapshot may help */
    }
    r->panicked = TRUE;
}

/* Windows' own format if its driver tells where things are, else ELF. */
static char *dump_memory(RigWindowsRunner *r)
{
    g_autofree char *name = g_strdup_printf("memory-%u-%u.dmp", r->scenario,
                                            r->cycle);
    g_autofree char *file = g_build_filename(r->config.dir, name, NULL);

    if (r->dumped) {
        return NULL;
    }
    r->dumped = TRUE;
    if (r->windows &&
        virDomainCoreDumpWithFormat(r->domain, file,
                                    VIR_DOMAIN_CORE_DUMP_FORMAT_WIN_DMP,
                                    VIR_DUMP_MEMORY_ONLY) == 0) {
        return g_steal_pointer(&name);
    }
    return virDomainCoreDumpWithFormat(r->domain, file,
                                       VIR_DOMAIN_CORE_DUMP_FORMAT_RAW,
                                       VIR_DUMP_MEMORY_ONLY) == 0
           ? g_steal_pointer(&name) : NULL;
}

/* What it was, as far as there is room, and which files are of it. */
static void describe(char *text, gsize size, const RigBugcheck *b,
                     const char *dump, const char *memory)
{
    g_autofree char *what = rig_bugcheck_text(b, TRUE);
    g_autofree char *files = g_strdup_printf(
        "%s%s%s%s", dump ? "; its dump is " : "", dump ? dump : "",
        memory ? "; memory in " : "", memory ? memory : "");

    g_snprintf(text, size, "%.*s%s", (int)(size - 1 - MIN(strlen(files),
                                                          size - 1)),
               what, files);
}

void rig_runner_bugcheck(RigWindowsRunner *r)
{
    struct rig_marker m = { .kind = RIG_MK_BUGCHECK };
    RigBugcheck b = { 0 };
    g_autofree char *memory = NULL, *dump = NULL;

    if (!r->rebooted) {
        rig_bugcheck_parse(r->panic ? r->panic : "{}", &b, NULL);
        memory = dump_memory(r);
        r->reset = FALSE;
    }
    if (!b.known) {
        ask_after_reboot(r, &b, &dump);
    }
    m.status = b.code;
    memcpy(m.arg, b.parameter, sizeof(m.arg));
    g_strlcpy(m.name, RIG_BUGCHECK_MARKER, sizeof(m.name));
    describe(m.text, sizeof(m.text), &b, dump, memory);
    rig_runner_mark(r, &m);
}

/* --- the way back -------------------------------------------------------- */

void rig_runner_recover(RigWindowsRunner *r)
{
    g_autoptr(GError) error = NULL;

    if (r->have_snapshot) {
        rig_runner_restore(r);
        return;
    }
    g_clear_pointer(&r->agent, rig_agent_free);
    if (!rig_qmp(r->domain, "system_reset", NULL, &error) ||
        !rig_qmp(r->domain, "cont", NULL, &error)) {
        g_free(r->gave_up);
        r->gave_up = g_strdup(error->message);
        return;
    }
    r->installed = r->unplugged = r->armed = FALSE;
    r->adrift = r->asleep = FALSE;
    r->panicked = r->rebooted = r->reset = FALSE;
    g_clear_pointer(&r->panic, g_free);
    rig_runner_meet(r);
}

/* A system that starts again by itself needs no push. */
void rig_runner_bring_back(RigWindowsRunner *r)
{
    if (r->have_snapshot || !r->reset) {
        rig_runner_recover(r);
        return;
    }
    r->installed = r->armed = r->adrift = r->reset = FALSE;
    if (rig_runner_meet(r)) {
        rig_runner_tidy(r);
    }
}
