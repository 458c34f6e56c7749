/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of what events.h numbers, for people to read. */
#include "stream.h"

static const char *name_of(const char *const *names, unsigned count,
                           unsigned number)
{
    return number < count && names[number] ? names[number] : "?";
}

const char *rig_event_type_name(unsigned type)
{
    static const char *const names[] = {
        [RIG_EV_HELLO] = "hello", [RIG_EV_TARGET] = "target",
        [RIG_EV_CONFIG] = "config", [RIG_EV_STATE] = "state",
        [RIG_EV_TABLE] = "table", [RIG_EV_RAISED] = "raised",
        [RIG_EV_RESET] = "reset", [RIG_EV_MARKER] = "marker",
        [RIG_EV_COMMAND] = "command", [RIG_EV_RUN] = "run",
        [RIG_EV_LOST] = "lost", [RIG_EV_EPOCH] = "epoch",
        [RIG_EV_END] = "end", [RIG_EV_FAULT] = "fault",
    };

    return name_of(names, G_N_ELEMENTS(names), type);
}

const char *rig_marker_kind_name(unsigned kind)
{
    static const char *const names[] = {
        [RIG_MK_PLAN_BEGIN] = "plan-begin",
        [RIG_MK_PLAN_END] = "plan-end",
        [RIG_MK_SCENARIO_BEGIN] = "scenario-begin",
        [RIG_MK_SCENARIO_END] = "scenario-end",
        [RIG_MK_CYCLE_BEGIN] = "cycle-begin",
        [RIG_MK_CYCLE_END] = "cycle-end",
        [RIG_MK_STEP_BEGIN] = "step-begin",
        [RIG_MK_STEP_END] = "step-end",
        [RIG_MK_CALLBACK_ENTER] = "callback-enter",
        [RIG_MK_CALLBACK_LEAVE] = "callback-leave",
        [RIG_MK_API_ENTER] = "api-enter",
        [RIG_MK_API_LEAVE] = "api-leave",
        [RIG_MK_API_FAULT] = "api-fault",
        [RIG_MK_CRASH] = "crash",
        [RIG_MK_HANG] = "hang",
        [RIG_MK_BUGCHECK] = "bugcheck",
        [RIG_MK_UNIMPLEMENTED] = "unimplemented",
        [RIG_MK_TRAFFIC] = "traffic",
        [RIG_MK_NOTE] = "note",
        [RIG_MK_INTERRUPTS] = "interrupts",
        [RIG_MK_LEFT] = "left",
        [RIG_MK_QUIESCED] = "quiesced",
        [RIG_MK_CONTRACT] = "contract",
        [RIG_MK_FAULT_POINT] = "fault-point",
        [RIG_MK_CYCLE_PLAN] = "cycle-plan",
        [RIG_MK_LINUX] = "linux",
        [RIG_MK_POWER] = "power",
        [RIG_MK_ADAPTER] = "adapter",
    };

    return name_of(names, G_N_ELEMENTS(names), kind);
}

const char *rig_raised_name(unsigned outcome)
{
    static const char *const names[] = {
        [RIG_RAISED_SENT] = "sent", [RIG_RAISED_PENDED] = "pended",
        [RIG_RAISED_DROPPED] = "dropped", [RIG_RAISED_DISABLED] = "disabled",
    };

    return name_of(names, G_N_ELEMENTS(names), outcome);
}

const char *rig_reset_cause_name(unsigned cause)
{
    static const char *const names[] = {
        [RIG_RESET_SYSTEM] = "system reset",
        [RIG_RESET_FLR] = "function level reset",
        [RIG_RESET_BUS] = "secondary bus reset",
        [RIG_RESET_PM] = "D3hot to D0 transition",
        [RIG_RESET_UNPLUG] = "unplug",
    };

    return name_of(names, G_N_ELEMENTS(names), cause);
}

const char *rig_step_end_name(unsigned end)
{
    static const char *const names[] = {
        [RIG_STEP_DONE] = "done", [RIG_STEP_SKIPPED] = "skipped",
        [RIG_STEP_REFUSED] = "refused",
    };

    return name_of(names, G_N_ELEMENTS(names), end);
}
