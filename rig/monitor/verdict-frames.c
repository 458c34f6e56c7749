/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the capture of the netdev means for a verdict. */
#include "verdict.h"

/* Sum of the guest's own counts, and the last event that gave them. */
static RigTrafficCount traffic_total(const RigScenarioResult *r)
{
    RigTrafficCount sum = { .event = RIG_NO_EVENT };

    for (unsigned i = 0; i < r->traffic->len; i++) {
        const RigTrafficCount *t = &g_array_index(r->traffic,
                                                  RigTrafficCount, i);

        sum.cycle = t->cycle;
        sum.event = t->event;
        sum.sent += t->sent;
        sum.completed += t->completed;
        sum.received += t->received;
        sum.wrong += t->wrong;
    }
    return sum;
}

#define N G_GUINT64_FORMAT

/* What is wrong with the traffic, or NULL. *broken: the witnesses disagree. */
static char *judge_frames(const RigTrafficCount *guest, const RigFrames *wire,
                          gboolean *broken)
{
    *broken = wire->crossed > guest->sent || guest->received > wire->returned;
    if (wire->crossed > guest->sent) {
        return g_strdup_printf("%" N " frames crossed the netdev, but the "
                               "guest gave its driver only %" N
                               " (event %" N "): the capture and the guest "
                               "contradict each other.", wire->crossed,
                               guest->sent, guest->event);
    }
    if (guest->received > wire->returned) {
        return g_strdup_printf("The guest received %" N " frames (event %" N
                               "), but only %" N " came back over the netdev:"
                               " the capture and the guest contradict each "
                               "other.", guest->received, guest->event,
                               wire->returned);
    }
    if (wire->wrong || guest->wrong) {
        return g_strdup_printf("%" N " frames on the netdev and %" N
                               " received by the guest (event %" N ") were "
                               "not what they should be.", wire->wrong,
                               guest->wrong, guest->event);
    }
    if (guest->completed > wire->crossed) {
        return g_strdup_printf("The driver completed %" N " sends (event %" N
                               "), but only %" N " frames crossed the "
                               "netdev.", guest->completed, guest->event,
                               wire->crossed);
    }
    if (guest->received < guest->sent) {
        return g_strdup_printf("Of %" N " frames given to the driver (event %"
                               N "), %" N " crossed the netdev, %" N
                               " came back and %" N " were received.",
                               guest->sent, guest->event, wire->crossed,
                               wire->returned, guest->received);
    }
    return NULL;
}

static RigFinding *traffic_finding(const RigTrafficCount *guest,
                                   const char *sentence)
{
    RigFinding *f = g_new0(RigFinding, 1);
    RigProof *p = g_new0(RigProof, 1);

    f->rule = g_strdup("traffic");
    f->level = RIG_LEVEL_CONTRACT;
    f->id = g_strdup("traffic");
    f->verdict = RIG_VERDICT_INCONCLUSIVE;
    f->class_code = g_strdup("none");
    f->witness = RIG_WITNESS_BOTH;
    f->cycle = guest->cycle;
    f->boundary = g_strdup("traffic");
    f->event = guest->event;
    f->ns = RIG_NO_EVENT;
    f->sentence = g_strdup(sentence);
    f->proofs = g_ptr_array_new_with_free_func((GDestroyNotify)rig_proof_free);
    p->event = guest->event;
    p->ns = RIG_NO_EVENT;
    p->text = g_strdup_printf("traffic step: the driver took %" N ", completed"
                              " %" N ", delivered %" N " frames in all cycles",
                              guest->sent, guest->completed, guest->received);
    g_ptr_array_add(f->proofs, p);
    return f;
}

void rig_scenario_result_set_frames(RigScenarioResult *r,
                                    const RigFrames *frames)
{
    RigTrafficCount guest = traffic_total(r);
    RigVerdict verdict;
    gboolean broken;
    g_autofree char *sentence = NULL;

    g_free(r->frames_file);
    r->frames = *frames;
    r->frames_file = g_strdup(frames->file);
    r->frames.file = r->frames_file;
    r->has_frames = TRUE;
    if (!r->traffic->len) {
        return;
    }
    sentence = judge_frames(&guest, frames, &broken);
    if (!sentence) {
        return;
    }
    verdict = broken ? RIG_VERDICT_BROKEN : RIG_VERDICT_INCONCLUSIVE;
    if (!broken) {
        RigFinding *f = traffic_finding(&guest, sentence);

        f->number = r->findings->len + 1;
        g_ptr_array_add(r->findings, f);
    }
    rig_scenario_result_worsen(r, verdict, sentence);
}
