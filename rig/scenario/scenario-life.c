/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of a miniport: which step may follow which, as NDIS takes it through
 * its states (Microsoft, "Miniport Adapter States and Operations"), and the
 * steps that go without saying.
 */
#include <string.h>

#include "include/plan.h"
#include "problem.h"
#include "scenario-check.h"

/* Where the miniport is in its life when every step so far went well. */
typedef enum Life {
    ABSENT, INSTALLED, PAUSED, RUNNING, HALTED, ASLEEP_PAUSED,
    ASLEEP_RUNNING, GONE, SHUT_DOWN, REMOVED, UNLOADED,
    LIVES,
} Life;

static const char *const life_names[LIVES] = {
    "not installed", "installed", "initialized and paused", "running",
    "halted", "in D3", "in D3", "surprise-removed", "shut down", "removed",
    "unloaded",
};

#define IN(state) (1u << (state))

/* Variant of an init after which NDIS itself fails. */
#define POST_FAILURE "post-failure"

#define UP (IN(PAUSED) | IN(RUNNING))

static const struct Transition {
    const char *step;
    const char *how;  /* variant() of the step it is for, NULL: any */
    unsigned from;    /* IN(...) of the states it is legal in */
    Life to;          /* LIVES: the state stays */
    const char *advice;
} transitions[] = {
    { RIG_STEP_INSTALL, NULL, IN(ABSENT), INSTALLED,
      "a cycle installs once, first" },
    { RIG_STEP_INIT, POST_FAILURE, IN(INSTALLED) | IN(HALTED), HALTED,
      "install before it; halt before initializing again" },
    { RIG_STEP_INIT, NULL, IN(INSTALLED) | IN(HALTED), PAUSED,
      "install before it; halt before initializing again" },
    { RIG_STEP_RESTART, NULL, IN(PAUSED), RUNNING,
      "only an initialized and paused miniport is restarted" },
    { RIG_STEP_TRAFFIC, NULL, IN(RUNNING), LIVES, "restart before traffic" },
    { RIG_STEP_PAUSE, NULL, IN(RUNNING), PAUSED,
      "only a running miniport is paused" },
    { RIG_STEP_HALT, NULL, IN(PAUSED), HALTED,
      "NDIS pauses a running miniport before it halts it" },
    { RIG_STEP_POWER, RIG_PLAN_STATE_D3, IN(PAUSED), ASLEEP_PAUSED,
      "only an initialized miniport in D0 goes to D3" },
    { RIG_STEP_POWER, RIG_PLAN_STATE_D3, IN(RUNNING), ASLEEP_RUNNING,
      "only an initialized miniport in D0 goes to D3" },
    { RIG_STEP_POWER, RIG_PLAN_STATE_D0, IN(ASLEEP_PAUSED), PAUSED,
      "only a miniport in D3 goes back to D0" },
    { RIG_STEP_POWER, RIG_PLAN_STATE_D0, IN(ASLEEP_RUNNING), RUNNING,
      "only a miniport in D3 goes back to D0" },
    { RIG_STEP_RESET, NULL, UP, LIVES, "initialize before it" },
    { RIG_STEP_SURPRISE_REMOVE, NULL, UP, GONE,
      "it includes pause and halt, so the miniport is to be initialized" },
    { RIG_STEP_SHUTDOWN, NULL, UP, SHUT_DOWN,
      "NDIS shuts down what is initialized and not halted" },
    { RIG_STEP_LINK_FLAP, NULL, IN(INSTALLED) | UP | IN(HALTED), LIVES,
      "install before it, and not in D3 or after a removal" },
    { RIG_STEP_REMOVE, NULL, IN(INSTALLED) | IN(HALTED) | IN(GONE), REMOVED,
      "halt before it (halt is skipped by itself when init fails)" },
    { RIG_STEP_UNLOAD, NULL, IN(INSTALLED) | IN(HALTED) | IN(GONE) |
      IN(REMOVED), UNLOADED,
      "halt before it (halt is skipped by itself when init fails)" },
};

/* What makes a step another one than its name says, or NULL. */
static const char *variant(const RigStep *step)
{
    return step->state ? step->state : step->post_failure ? POST_FAILURE
                                                           : NULL;
}

/*
 * The step's transition from @life, or one that says when it is legal; NULL: it
 * is no step of a miniport.
 */
static const struct Transition *transition_of(const RigStep *step, Life life)
{
    const char *how = variant(step);
    const struct Transition *found = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(transitions); i++) {
        const struct Transition *t = &transitions[i];

        if (strcmp(t->step, step->name) == 0 &&
            (!t->how || g_strcmp0(t->how, how) == 0) &&
            (!found || !(found->from & IN(life)))) {
            found = t;
        }
    }
    return found;
}

/* What ends the life of a miniport, one step after the other. */
static const struct End {
    Life life;
    const char *step, *state;
} ends[] = {
    { ASLEEP_PAUSED, RIG_STEP_POWER, RIG_PLAN_STATE_D0 },
    { ASLEEP_RUNNING, RIG_STEP_POWER, RIG_PLAN_STATE_D0 },
    { RUNNING, RIG_STEP_PAUSE, NULL },
    { PAUSED, RIG_STEP_HALT, NULL },
};

/* ", adapter 2," where there are two. */
static const char *which(const RigScenario *s, unsigned adapter)
{
    return s->machine.adapters == 1 ? "" : adapter ? ", adapter 2," :
                                                     ", adapter 1,";
}

/* The adapters take the step: all of them where it ends the driver. */
static gboolean take_step(const RigScenario *s, const RigStep *step,
                          Life *life, GPtrArray *problems)
{
    gboolean all = strcmp(step->name, RIG_STEP_UNLOAD) == 0;
    unsigned about = step->adapter;

    if (all && life[about] == ABSENT) { /* perhaps only the other one is there */
        about = s->machine.adapters - 1;
    }
    for (unsigned a = 0; a < s->machine.adapters; a++) {
        const struct Transition *t = transition_of(step, life[a]);

        if (a != about && (!all || life[a] == ABSENT)) {
            continue;
        }
        if (!(t->from & IN(life[a]))) {
            rig_problem(problems, s->file, step->line,
                        "step \"%s\" while the miniport%s is %s; %s",
                        step->name, which(s, a), life_names[life[a]],
                        t->advice);
            return FALSE;
        }
        if (t->to != LIVES) {
            life[a] = t->to;
        }
    }
    return TRUE;
}

static void check_order(const RigScenario *s, const RigCycle *c, Life *life,
                        GPtrArray *problems)
{
    for (guint i = 0; i < c->steps->len; i++) {
        const RigStep *step = c->steps->pdata[i];

        if (!transition_of(step, ABSENT)) {
            rig_problem(problems, s->file, step->line, "step \"%s\" is for "
                        "Linux's own drivers; remove it", step->name);
            return;
        }
        if (step->adapter >= s->machine.adapters) {
            rig_problem(problems, s->file, step->line, "step \"%s\" is about "
                        "adapter %u, but the machine has one; say <machine "
                        "adapters=\"2\">", step->name, step->adapter + 1);
            return;
        }
        if (!take_step(s, step, life, problems)) {
            return; /* the rest would only be echoes */
        }
    }
}

/* --- what goes without saying ------------------------------------------- */

/* A step that nobody wrote, at the end of the cycle. */
static RigStep *add_step(RigCycle *c, const char *name, const char *state,
                         unsigned adapter)
{
    RigStep *step = rig_cycle_add_step(c);

    step->name = g_strdup(name);
    step->state = g_strdup(state);
    step->line = c->line;
    step->adapter = adapter;
    return step;
}

/* The first step about @adapter, NULL: there is none. */
static const RigStep *first_step(const RigCycle *c, unsigned adapter)
{
    for (guint i = 0; i < c->steps->len; i++) {
        const RigStep *step = c->steps->pdata[i];

        if (step->adapter == adapter) {
            return step;
        }
    }
    return NULL;
}

/* What is used has been installed before. */
static void add_install(RigCycle *c, unsigned adapter)
{
    const RigStep *first = first_step(c, adapter);

    if (first && transition_of(first, ABSENT) &&
        strcmp(first->name, RIG_STEP_INSTALL) != 0 &&
        strcmp(first->name, RIG_STEP_UNLOAD) != 0) {
        add_step(c, RIG_STEP_INSTALL, NULL, adapter);
        g_ptr_array_insert(c->steps, 0, g_ptr_array_steal_index(
                           c->steps, c->steps->len - 1));
    }
}

static void add_end(const RigScenario *s, RigCycle *c, unsigned adapter,
                    Life *life, GPtrArray *problems)
{
    for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
        if (ends[i].life == life[adapter] &&
            !take_step(s, add_step(c, ends[i].step, ends[i].state, adapter),
                       life, problems)) {
            return;
        }
    }
}

void rig_scenario_complete_life(const RigScenario *s, RigCycle *c,
                                GPtrArray *problems)
{
    Life life[PLAN_ADAPTERS_MAX] = { ABSENT, ABSENT };
    guint before = problems->len;

    for (unsigned a = s->machine.adapters; a-- > 0; ) {
        add_install(c, a);
    }
    check_order(s, c, life, problems);
    for (unsigned a = 0; a < s->machine.adapters &&
         problems->len == before; a++) {
        add_end(s, c, a, life, problems);
    }
}
