/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calibration: from the streams of the experiments to the conclusions. */
#include "calibration.h"

#include <gio/gio.h>
#include <string.h>

#include "msix.h"
#include "stream.h"

static const char *const stage_names[RIG_STAGES + 1] = {
    "before-init", "init", "register", "init-after-register", "running",
    "halt", "deregister", "halt-after-deregister", "after-halt", "never",
};

const char *rig_stage_name(RigStage stage)
{
    return stage_names[stage];
}

const char *rig_known_name(RigKnown k)
{
    return k == RIG_YES ? "yes" : k == RIG_NO ? "no" : "unknown";
}

static void experiment_free(gpointer p)
{
    RigExperiment *e = p;

    g_free(e->driver);
    g_free(e->action);
    g_free(e);
}

RigCalibration *rig_calibration_new(void)
{
    RigCalibration *c = g_new0(RigCalibration, 1);

    c->experiments = g_ptr_array_new_with_free_func(experiment_free);
    c->programmed = c->cleared = RIG_STAGES;
    c->register_visible = c->deregister_visible = c->at_start =
        c->stops_halt = c->stops_init = c->stops_unfinished =
        c->stops_resume = RIG_UNKNOWN;
    return c;
}

void rig_calibration_free(RigCalibration *c)
{
    if (c) {
        g_ptr_array_unref(c->experiments);
        g_free(c);
    }
}

/* --- the experiments ----------------------------------------------------- */

#define NAME_PREFIX "calibrate-"

/* As RIG_CALIBRATION_UNFINISHED, but that its init is all there. */
#define FINISHED_BUT_LEAKING "s09"

static const struct {
    unsigned vectors;
    const char *driver, *action;
} plan[] = {
    { 1, RIG_CALIBRATION_CLEAN, RIG_CALIBRATION_DISABLE },
    { 4, RIG_CALIBRATION_CLEAN, RIG_CALIBRATION_DISABLE },
    { 4, RIG_CALIBRATION_CLEAN, RIG_CALIBRATION_UNPLUG },
    { 4, RIG_CALIBRATION_CLEAN, RIG_CALIBRATION_SLEEP },
    { 4, RIG_CALIBRATION_NEVER, RIG_CALIBRATION_DISABLE },
    { 4, RIG_CALIBRATION_FAILS, RIG_CALIBRATION_DISABLE },
    { 4, RIG_CALIBRATION_LEAKS, RIG_CALIBRATION_DISABLE },
    { 4, RIG_CALIBRATION_FAILS_LEAKING, RIG_CALIBRATION_DISABLE },
    { 4, RIG_CALIBRATION_UNFINISHED, RIG_CALIBRATION_DISABLE },
    { 4, RIG_CALIBRATION_RESUME_LEAKING, RIG_CALIBRATION_SLEEP },
    { 16, RIG_CALIBRATION_CLEAN, RIG_CALIBRATION_DISABLE },
};

unsigned rig_calibration_experiments(void)
{
    return G_N_ELEMENTS(plan);
}

static const char *steps_of(const char *action)
{
    if (strcmp(action, RIG_CALIBRATION_UNPLUG) == 0) {
        return "<restart/><surprise-remove/>";
    }
    if (strcmp(action, RIG_CALIBRATION_SLEEP) == 0) {
        return "<restart/><power state=\"D3\"/><power state=\"D0\"/>"
               "<pause/><halt/>";
    }
    return "<restart/><pause/><halt/>";
}

char *rig_calibration_scenario(unsigned n, const char *drivers,
                               const char *image, RigProfile profile)
{
    g_autofree char *guest = image ?
        g_markup_printf_escaped("<guest kind=\"windows\" image=\"%s\"/>",
                                image) : g_strdup("");
    g_autofree char *settings = image ? g_strdup("") :
        g_strdup_printf(" msix-profile=\"%s\"", rig_profile_name(profile));
    /* The NDIS guest fails by itself behind init; Windows has to be made to. */
    gboolean ours = !image && strcmp(plan[n].driver,
                                     RIG_CALIBRATION_UNFINISHED) == 0;
    const char *built = ours ? FINISHED_BUT_LEAKING : plan[n].driver;
    g_autofree char *driver = g_markup_printf_escaped(
        "<driver sys=\"%s/%s/rignic.sys\" inf=\"%s/%s/rignic.inf\"/>",
        drivers, built, drivers, built);

    return g_strdup_printf(
        "<scenario name=\"" NAME_PREFIX "%u-%s-%s\">"
        "<title>%s driver, %u vectors, %s</title>%s%s"
        "<machine vectors=\"%u\" queues=\"1\"%s/>"
        "<rule name=\"Init_DeRegisterInterrupt\"/>"
        "<cycle repeat=\"2\"><install/><init%s/>%s<unload/></cycle>"
        "</scenario>", plan[n].vectors, plan[n].driver, plan[n].action,
        plan[n].driver, plan[n].vectors, plan[n].action, driver, guest,
        plan[n].vectors, settings, ours ? " post-failure=\"yes\"" : "",
        ours ? "" : steps_of(plan[n].action)); /* it is halted then */
}

/* "calibrate-4-fails-leaking-disable", taken apart. */
static RigExperiment *experiment_of(const char *name)
{
    RigExperiment *e;
    const char *driver, *action;
    char *end;
    guint64 vectors;

    if (!g_str_has_prefix(name, NAME_PREFIX)) {
        return NULL;
    }
    vectors = g_ascii_strtoull(name + strlen(NAME_PREFIX), &end, 10);
    driver = end + 1;
    action = strrchr(name, '-');
    if (*end != '-' || vectors > RIG_MSIX_VECTORS_MAX || action <= driver) {
        return NULL;
    }
    e = g_new0(RigExperiment, 1);
    e->vectors = vectors;
    e->driver = g_strndup(driver, action - driver);
    e->action = g_strdup(action + 1);
    e->armed_in = e->quiet_in = RIG_STAGES;
    return e;
}

/* --- reading ------------------------------------------------------------- */

typedef struct Reader {
    RigCalibration *c;
    RigExperiment *e;    /* open one, or NULL */
    RigMsix msix;
    gboolean in_cycle;
    RigStage stage;
    RigStage armed_in, quiet_in; /* in this cycle */
    unsigned seen;       /* stages of this cycle, as a mask */
    gboolean asleep;     /* a power step to D3 was done */
    uint16_t control;
} Reader;

static void enter(Reader *r, RigStage stage)
{
    r->stage = stage;
    if (r->in_cycle && !(r->seen >> stage & 1)) {
        r->seen |= 1u << stage;
        r->e->stage[stage].cycles++;
    }
}

static void begin_cycle(Reader *r)
{
    r->in_cycle = TRUE;
    r->seen = 0;
    r->asleep = FALSE;
    r->armed_in = r->quiet_in = RIG_STAGES;
    enter(r, RIG_STAGE_BEFORE_INIT);
}

static void end_cycle(Reader *r)
{
    RigExperiment *e = r->e;

    if (e->cycles && (e->armed_in != r->armed_in ||
                      e->quiet_in != r->quiet_in)) {
        e->varies = TRUE;
    }
    e->cycles++;
    e->armed_in = r->armed_in;
    e->quiet_in = r->quiet_in;
    r->in_cycle = FALSE;
}

static void on_call(Reader *r, const struct rig_marker *k)
{
    gboolean leave = k->kind == RIG_MK_CALLBACK_LEAVE ||
                     k->kind == RIG_MK_API_LEAVE;

    r->e->api = TRUE;
    if (strcmp(k->name, "MiniportInitializeEx") == 0) {
        r->e->failed += leave && (uint32_t)k->status;
        enter(r, !leave ? RIG_STAGE_INIT : (uint32_t)k->status ?
              RIG_STAGE_AFTER : RIG_STAGE_RUNNING);
    } else if (strcmp(k->name, "MiniportHaltEx") == 0) {
        r->e->halted += leave;
        enter(r, leave ? RIG_STAGE_AFTER : RIG_STAGE_HALT);
    } else if (strcmp(k->name, "NdisMRegisterInterruptEx") == 0) {
        r->e->registered += leave && !(uint32_t)k->status;
        enter(r, leave ? RIG_STAGE_REGISTERED : RIG_STAGE_REGISTER);
    } else if (strcmp(k->name, "NdisMDeregisterInterruptEx") == 0) {
        enter(r, leave ? RIG_STAGE_DEREGISTERED : RIG_STAGE_DEREGISTER);
    }
}

static void on_bugcheck(Reader *r, const struct rig_marker *k)
{
    r->e->stopped = TRUE;
    r->e->bugcheck.known = k->status != 0;
    r->e->bugcheck.code = k->status;
    memcpy(r->e->bugcheck.parameter, k->arg, sizeof(k->arg));
}

static void on_marker(Reader *r, const struct rig_marker *k)
{
    if (k->kind == RIG_MK_SCENARIO_BEGIN) {
        r->e = experiment_of(k->name);
        if (r->e) {
            g_ptr_array_add(r->c->experiments, r->e);
        }
    } else if (k->kind == RIG_MK_SCENARIO_END) {
        r->e = NULL;
    }
    if (!r->e) {
        return;
    }
    if (k->kind == RIG_MK_CYCLE_BEGIN) {
        begin_cycle(r);
    } else if (!r->in_cycle) {
        return;
    } else if (k->kind == RIG_MK_CYCLE_END) {
        end_cycle(r);
    } else if (k->kind == RIG_MK_STEP_BEGIN && r->stage == RIG_STAGE_AFTER &&
               strcmp(k->name, "power") == 0) {
        enter(r, RIG_STAGE_BEFORE_INIT); /* the way back to D0 */
    } else if (k->kind == RIG_MK_STEP_END && strcmp(k->name, "power") == 0) {
        r->e->slept += r->asleep && k->arg[0] == RIG_STEP_DONE;
        r->asleep = !r->asleep && k->arg[0] == RIG_STEP_DONE;
    } else if (k->kind >= RIG_MK_CALLBACK_ENTER &&
               k->kind <= RIG_MK_API_LEAVE) {
        on_call(r, k);
    } else if (k->kind == RIG_MK_BUGCHECK) {
        on_bugcheck(r, k);
    }
}

static void count_device(Reader *r, const RigEvent *e, RigStageCounts *s)
{
    gboolean was = r->control >> 15 & 1; /* PCI 3.0, 6.8.2.3: MSI-X Enable */

    switch (e->type) {
    case RIG_EV_TABLE:
        if (e->table.dword < 3) {
            s->messages++;
        } else if (e->table.value & 1) {
            s->masked++;
        } else {
            s->unmasked++;
        }
        break;
    case RIG_EV_STATE:
        s->enabled += !was && e->state.msix >> 15;
        s->disabled += was && !(e->state.msix >> 15);
        break;
    case RIG_EV_RAISED:
        s->raised += MIN(e->raised.count, G_MAXINT);
        break;
    default:
        s->resets++;
        break;
    }
}

static void on_device(Reader *r, const RigEvent *e)
{
    unsigned before = rig_msix_armed(&r->msix), after;
    const char *why;

    rig_msix_event(&r->msix, e, &why);
    after = rig_msix_armed(&r->msix);
    if (r->e && r->in_cycle) {
        count_device(r, e, &r->e->stage[r->stage]);
        if (!before && after && r->armed_in == RIG_STAGES) {
            r->armed_in = r->stage;
        }
        if (before && !after) {
            r->quiet_in = r->stage;
        }
    }
    if (e->type == RIG_EV_STATE) {
        r->control = e->state.msix;
    }
}

static void on_event(const RigEvent *e, void *opaque)
{
    Reader *r = opaque;

    switch (e->type) {
    case RIG_EV_MARKER:
        on_marker(r, &e->marker);
        break;
    case RIG_EV_TARGET:
        if (e->target.target == 0) {
            const char *why;

            rig_msix_event(&r->msix, e, &why);
        }
        break;
    case RIG_EV_STATE:
    case RIG_EV_TABLE:
    case RIG_EV_RAISED:
    case RIG_EV_RESET:
        if (e->state.target == 0) { /* the first member of all of them */
            on_device(r, e);
        }
        break;
    default:
        break;
    }
}

gboolean rig_calibration_read(RigCalibration *c, const char *file,
                              GError **error)
{
    g_autoptr(GMappedFile) map = g_mapped_file_new(file, FALSE, error);
    Reader r = { .c = c };
    RigStream s;
    gboolean ok;

    if (!map) {
        return FALSE;
    }
    rig_msix_init(&r.msix);
    rig_stream_init(&s, on_event, &r);
    ok = !g_mapped_file_get_contents(map) ||
         rig_stream_feed(&s, g_mapped_file_get_contents(map),
                         g_mapped_file_get_length(map));
    rig_msix_clear(&r.msix);
    if (!ok) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "%s: the event stream is invalid at %s", file, s.error);
    }
    return ok;
}

/* --- concluding ---------------------------------------------------------- */

static const RigExperiment *find_by(const RigCalibration *c,
                                    const char *driver, const char *action)
{
    const RigExperiment *found = NULL;

    for (guint i = 0; i < c->experiments->len; i++) {
        const RigExperiment *e = c->experiments->pdata[i];

        if (strcmp(e->driver, driver) == 0 && e->cycles &&
            strcmp(e->action, action) == 0) {
            found = !found || e->vectors == 4 ? e : found;
        }
    }
    return found;
}

static const RigExperiment *find(const RigCalibration *c, const char *driver)
{
    return find_by(c, driver, RIG_CALIBRATION_DISABLE);
}

static RigKnown writes(const RigExperiment *e, RigStage stage)
{
    const RigStageCounts *s = &e->stage[stage];

    if (!e->api || !s->cycles) {
        return RIG_UNKNOWN;
    }
    return s->messages || s->masked || s->unmasked || s->enabled ||
           s->disabled ? RIG_YES : RIG_NO;
}

/* Did the system stop itself for the leak, with this class? */
static RigKnown stops(const RigExperiment *e, const char *class_code)
{
    if (!e) {
        return RIG_UNKNOWN;
    }
    return e->stopped && g_strcmp0(rig_bugcheck_class(&e->bugcheck),
                                   class_code) == 0 ? RIG_YES : RIG_NO;
}

/* The same where the guest may never have got to the leak: whether it did, its
   markers tell. */
static RigKnown stops_if_there(const RigExperiment *e, unsigned there,
                               const char *class_code)
{
    RigKnown k = stops(e, class_code);

    return k == RIG_NO && !there ? RIG_UNKNOWN : k;
}

void rig_calibration_conclude(RigCalibration *c)
{
    const RigExperiment *clean = find(c, RIG_CALIBRATION_CLEAN);
    const RigExperiment *never = find(c, RIG_CALIBRATION_NEVER);
    const RigExperiment *unfinished = find(c, RIG_CALIBRATION_UNFINISHED);
    const RigExperiment *resume = find_by(c, RIG_CALIBRATION_RESUME_LEAKING,
                                          RIG_CALIBRATION_SLEEP);

    if (clean && !clean->varies) {
        c->programmed = clean->armed_in;
        c->cleared = clean->quiet_in;
    }
    if (clean) {
        c->register_visible = writes(clean, RIG_STAGE_REGISTER);
        c->deregister_visible = writes(clean, RIG_STAGE_DEREGISTER);
    }
    if (never && !never->registered) {
        c->at_start = never->armed_in != RIG_STAGES ? RIG_YES : RIG_NO;
    }
    c->stops_halt = stops(find(c, RIG_CALIBRATION_LEAKS), "0x08");
    c->stops_init = stops(find(c, RIG_CALIBRATION_FAILS_LEAKING), "0x0B");
    c->stops_unfinished = stops_if_there(unfinished, unfinished
                                         ? unfinished->halted : 0, "0x0D");
    c->stops_resume = stops_if_there(resume, resume ? resume->failed : 0,
                                     "0x10");
}

RigProfile rig_calibration_profile(const RigCalibration *c)
{
    return c->at_start == RIG_NO && c->programmed == RIG_STAGE_REGISTER
           ? RIG_MSIX_AT_CONNECT : RIG_MSIX_AT_START;
}
