/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --keep-on-failure: a machine that stays, for `rig attach`. */
#include <glib/gstdio.h>
#include <stdio.h>

#include "run.h"

char *rig_keep_socket(const RigRunContext *c)
{
    const char *runtime = c->root ? c->root->path : c->dir;

    return c->options->keep_on_failure
           ? g_build_filename(runtime, "hmp", NULL) : NULL;
}

static gboolean all_expected(const RigRunContext *c,
                             const RigMachineResult *machine)
{
    for (guint i = 0; i < c->run->scenarios->len; i++) {
        const RigScenarioResult *r = c->run->scenarios->pdata[i];

        if (r->machine == machine->number &&
            !rig_scenario_result_as_expected(r)) {
            return FALSE;
        }
    }
    return TRUE;
}

static void say(const RigRunContext *c, const RigMachineResult *machine)
{
    fflush(stdout);
    fprintf(stderr, "rig: %s is kept, stopped, for %d minute%s; Ctrl-C lets it "
            "go. From another terminal:\n"
            "  rig attach %s --monitor   QEMU's monitor; \"cont\" lets the "
            "guest go on\n"
            "  rig attach %s --gdb       gdb at the processor\n"
            "  rig attach %s --console   the serial console\n",
            machine->dir, c->options->keep_minutes,
            c->options->keep_minutes == 1 ? "" : "s", c->dir, c->dir, c->dir);
}

void rig_keep(RigRunContext *c, RigVm *vm, const RigMachineResult *machine)
{
    g_autofree char *socket = rig_keep_socket(c);
    g_autofree char *console = g_build_filename(c->dir, machine->dir,
                                                "console.log", NULL);
    const char *runtime = c->root ? c->root->path : c->dir;
    g_autofree char *gdb = g_build_filename(runtime, "gdb", NULL);
    unsigned seconds = c->options->keep_minutes * 60;

    if (!socket || c->interrupted || all_expected(c, machine)) {
        return;
    }
    c->told.monitor = socket;
    c->told.console = console;
    c->told.keeps_until = g_get_real_time() / G_USEC_PER_SEC + seconds;
    rig_run_live_write(&c->told, c->dir);
    say(c, machine);
    if (!rig_vm_hold(vm, seconds)) {
        fprintf(stderr, "rig: there is no machine to keep: QEMU is gone\n");
    }
    c->told.monitor = c->told.console = NULL;
    c->told.keeps_until = 0;
    rig_run_live_write(&c->told, c->dir);
    g_unlink(socket);
    g_unlink(gdb); /* rig attach --gdb had QEMU make it */
}
