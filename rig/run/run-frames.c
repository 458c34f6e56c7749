/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guest says about its traffic, held against the capture. */
#include <string.h>

#include "frames.h"
#include "include/plan.h"
#include "plan.h"
#include "run.h"

static const RigStep *traffic_step(const RigCycle *cycle)
{
    for (guint i = 0; cycle && i < cycle->steps->len; i++) {
        const RigStep *step = cycle->steps->pdata[i];

        if (strcmp(step->name, RIG_STEP_TRAFFIC) == 0) {
            return step;
        }
    }
    return NULL;
}

/* What the guest says it sent, as far as its scenario allows it. */
static void add_traffic(GArray *all, const RigScenarioResult *r,
                        unsigned number)
{
    for (guint i = 0; i < r->traffic->len; i++) {
        const RigTrafficCount *n = &g_array_index(r->traffic, RigTrafficCount,
                                                  i);
        const RigStep *step = traffic_step(rig_scenario_cycle(r->scenario,
                                                              n->cycle));

        if (step) {
            RigTraffic t = {
                .scenario = number,
                .cycle = n->cycle,
                .seed = RIG_PLAN_SEED,
                .min_length = step->min_length,
                .max_length = step->max_length,
                .sent = MIN(n->sent, step->frames),
                .received = MIN(n->received, step->frames),
            };
            g_array_append_val(all, t);
        }
    }
}

static void set_frames(RigScenarioResult *r, const GArray *all,
                       unsigned number, const char *file)
{
    RigFrames f = { .file = file };
    gboolean any = FALSE;

    for (guint i = 0; i < all->len; i++) {
        const RigTraffic *t = &g_array_index(all, RigTraffic, i);

        if (t->scenario == number) {
            any = TRUE;
            f.crossed += t->crossed;
            f.returned += t->returned;
            f.bytes += t->bytes;
            f.wrong += t->wrong;
            f.missing += t->missing;
        }
    }
    if (any) {
        rig_scenario_result_set_frames(r, &f);
    }
}

void rig_run_check_frames(const char *run_dir, const char *vm,
                          const GPtrArray *results)
{
    g_autoptr(GArray) all = g_array_new(FALSE, TRUE, sizeof(RigTraffic));
    g_autoptr(GError) error = NULL;
    g_autofree char *file = g_build_filename(vm, "net.pcap", NULL);
    g_autofree char *capture = g_build_filename(run_dir, file, NULL);

    for (guint i = 0; i < results->len; i++) {
        add_traffic(all, results->pdata[i], i + 1);
    }
    if (all->len == 0) {
        return;
    }
    if (!rig_frames_check(capture, (RigTraffic *)all->data, all->len,
                          &error)) {
        g_printerr("rig: the capture is incomplete: %s\n", error->message);
    }
    for (guint i = 0; i < results->len; i++) {
        set_frames(results->pdata[i], all, i + 1, file);
    }
}
