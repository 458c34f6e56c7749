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

#include "agent-transfer.h"
#include "minidump.h"
#include "qmp.h"
#include "virt.h"
#include "windows-runner-internal.h"

#define SNAPSHOT "rig"

/* --- snapshot ------------------------------------------------------------ */

gboolean rig_runner_save(RigWindowsRunner *r)
{
    g_autoptr(GError) error = NULL;

    if (!r->config.snapshot) {
        return TRUE;
    }
    if (!rig_qmp_human(r->domain, "savevm " SNAPSHOT, &error)) {
        r->gave_up = g_strdup_printf("no snapshot: %s", error->message);
        return FALSE;
    }
    r->have_snapshot = TRUE;
    return TRUE;
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
    rig_runner_drain(r);
    r->panicked = r->rebooted = FALSE;
    g_clear_pointer(&r->panic, g_free);
    return rig_runner_meet(r);
}

/* --- what it was --------------------------------------------------------- */

/* Of the newest dump that the guest has now, if it can be fetched. */
static void read_minidump(RigWindowsRunner *r, RigBugcheck *b)
{
    g_autofree char *name = g_strdup_printf("logs-%u-%u", r->scenario,
                                            r->cycle);
    g_autofree char *dir = g_build_filename(r->config.dir, name, NULL);
    g_autoptr(GDir) d = NULL;
    const char *file;

    if (!r->agent || rig_agent_collect(r->agent, dir, NULL, NULL, NULL) <= 0) {
        return;
    }
    d = g_dir_open(dir, 0, NULL);
    while (d && (file = g_dir_read_name(d)) && !b->known) {
        g_autofree char *path = g_build_filename(dir, file, NULL);
        g_autoptr(GMappedFile) map = g_mapped_file_new(path, FALSE, NULL);

        if (map && g_mapped_file_get_contents(map)) {
            rig_minidump_parse(g_mapped_file_get_contents(map),
                               g_mapped_file_get_length(map), b);
        }
    }
}

/* Let Windows write its dump and start again. */
static void ask_after_reboot(RigWindowsRunner *r, RigBugcheck *b)
{
    if (!r->windows || !rig_qmp(r->domain, "cont", NULL, NULL)) {
        return;
    }
    r->panicked = FALSE;
    if (rig_runner_meet(r)) {
        read_minidump(r, b);
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

void rig_runner_bugcheck(RigWindowsRunner *r)
{
    struct rig_marker m = { .kind = RIG_MK_BUGCHECK };
    RigBugcheck b = { 0 };
    g_autofree char *dump = NULL;
    g_autofree char *text = NULL;

    if (r->rebooted) {
        read_minidump(r, &b);
    } else {
        rig_bugcheck_parse(r->panic ? r->panic : "{}", &b, NULL);
        dump = dump_memory(r);
        if (!b.known) {
            ask_after_reboot(r, &b);
        }
    }
    text = rig_bugcheck_text(&b, TRUE);
    m.status = b.code;
    memcpy(m.arg, b.parameter, sizeof(m.arg));
    g_strlcpy(m.name, RIG_BUGCHECK_MARKER, sizeof(m.name));
    g_snprintf(m.text, sizeof(m.text), "%s%s%s", text, dump ? "; memory in "
               : "", dump ? dump : "");
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
    r->panicked = r->rebooted = FALSE;
    g_clear_pointer(&r->panic, g_free);
    rig_runner_meet(r);
}
