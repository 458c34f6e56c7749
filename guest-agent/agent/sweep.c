/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which cycles a sweep consists of. */
#include <stdio.h>
#include <string.h>
#include "agent/sweep.h"

/*
 * A second point, on the path of single cycle `first`. A device fault has
 * step DEVICE_STEP, its index as number and its ordinal as occurrence.
 */
struct pair {
    uint32_t first;
    struct host_point second;
};

#define DEVICE_STEP UINT16_MAX

struct sweep {
    const struct plan_sweep *params;
    const char *(*name)(unsigned number);
    unsigned messages;
    struct sweep_life *life;  /* SWEEP_LIVES_MAX */
    unsigned n_lives, next_life;
    bool counted;             /* the planned life was gone through again */
    GArray *points;           /* of struct sweep_fault: one cycle each */
    unsigned next_point;
    GArray *pairs;            /* of struct pair */
    unsigned next_pair;
    uint32_t cycles;          /* done */
    uint32_t numbered;        /* last point of a clean path */
};

/* --- lives ------------------------------------------------------------ */

/* Traffic runs thousands of calls of the data path: none of them is a point. */
static bool is_recorded(const struct plan_step *step)
{
    return step->kind != PLAN_TRAFFIC && step->kind != PLAN_LINK_FLAP;
}

static void add_step(struct sweep_life *life, const struct plan_step *step,
                     bool recorded)
{
    if (life->n_steps < PLAN_STEPS_MAX) {
        life->step[life->n_steps++] = (struct sweep_step) {
            *step, plan_step_name(step->kind), recorded && is_recorded(step),
        };
    }
}

/* A step that the plan does not have, with the time of another one. */
static void add_new_step(struct sweep_life *life, enum plan_step_kind kind,
                         bool low_power, const struct plan_step *like)
{
    const struct plan_step step = {
        .kind = kind, .timeout_ms = like->timeout_ms, .low_power = low_power,
    };

    add_step(life, &step, true);
}

static struct sweep_life *add_life(struct sweep *s, const char *name)
{
    struct sweep_life *life = &s->life[s->n_lives++];

    snprintf(life->name, sizeof(life->name), "%s", name);
    return life;
}

/* First step of this kind, n_steps if there is none. */
static unsigned find_step(const struct plan_cycle *c, enum plan_step_kind kind)
{
    unsigned i = 0;

    while (i < c->n_steps && c->steps[i].kind != kind) {
        i++;
    }
    return i;
}

/* A life of the steps before `upto`: none of their calls is new. */
static struct sweep_life *begin_like(struct sweep *s,
                                     const struct plan_cycle *c, unsigned upto,
                                     const char *name)
{
    struct sweep_life *life = add_life(s, name);

    for (unsigned i = 0; i < upto; i++) {
        add_step(life, &c->steps[i], false);
    }
    return life;
}

static void end_like(struct sweep_life *life, const struct plan_cycle *c,
                     unsigned from)
{
    for (unsigned i = from; i < c->n_steps; i++) {
        add_step(life, &c->steps[i], true);
    }
}

static void add_halt_actions(struct sweep *s, const struct plan_cycle *c,
                             unsigned halt)
{
    for (int action = 0; halt < c->n_steps &&
                         plan_halt_action_name(action); action++) {
        struct plan_step step = c->steps[halt];
        struct sweep_life *life;

        if (action == step.action || s->n_lives == SWEEP_LIVES_MAX) {
            continue;
        }
        step.action = action;
        life = begin_like(s, c, halt, plan_halt_action_name(action));
        add_step(life, &step, true);
        end_like(life, c, halt + 1);
    }
}

/* NDIS fails after init and halts: nothing until the device is removed. */
static void add_post_failure(struct sweep *s, const struct plan_cycle *c,
                             unsigned init, unsigned halt)
{
    struct plan_step step = c->steps[init];
    struct sweep_life *life = begin_like(s, c, init, RIG_SWEEP_POST_FAILURE);

    step.post_failure = true;
    add_step(life, &step, false); /* its calls are those of the plan's init */
    end_like(life, c, halt + 1);
}

/* Steps put in before `at`, and those up to `from` left out. */
static void add_variant(struct sweep *s, const struct plan_cycle *c,
                        enum plan_step_kind kind, const char *name,
                        unsigned at, unsigned from)
{
    struct sweep_life *life = begin_like(s, c, at, name);

    if (kind == PLAN_POWER) {
        add_new_step(life, kind, true, &c->steps[at]);
    }
    add_new_step(life, kind, false, &c->steps[at]);
    if (kind != PLAN_SHUTDOWN) {
        end_like(life, c, from);
    }
}

/*
 * The lives that were asked for and that this plan allows: it has to go
 * through init and end in halt.
 */
static void add_lives(struct sweep *s, const struct plan_cycle *c)
{
    uint32_t want = s->params->lives;
    unsigned init = find_step(c, PLAN_INIT), halt = find_step(c, PLAN_HALT);
    unsigned at = MIN(find_step(c, PLAN_PAUSE), halt);

    if (init >= halt || halt == c->n_steps) {
        return;
    }
    if (want & SWEEP_HALT_ACTIONS) {
        add_halt_actions(s, c, halt);
    }
    if (want & SWEEP_POST_FAILURE) {
        add_post_failure(s, c, init, halt);
    }
    if (want & SWEEP_SURPRISE) {
        add_variant(s, c, PLAN_SURPRISE_REMOVE, RIG_SWEEP_SURPRISE, at,
                    halt + 1);
    }
    if (want & SWEEP_POWER) {
        add_variant(s, c, PLAN_POWER, RIG_SWEEP_POWER, at, at);
    }
    if (want & SWEEP_RESET) {
        add_variant(s, c, PLAN_RESET, RIG_SWEEP_RESET, at, at);
    }
    if (want & SWEEP_SHUTDOWN) {
        add_variant(s, c, PLAN_SHUTDOWN, RIG_SWEEP_SHUTDOWN, at, 0);
    }
}

/* --- making and freeing ----------------------------------------------- */

static void add_resource(struct sweep *s, uint32_t messages)
{
    struct sweep_fault f = { .kind = RIG_POINT_RESOURCE,
                             .argument = messages, .point = ++s->numbered };

    g_array_append_val(s->points, f);
}

/* Fewer messages, from one less down to one, and the line interrupt. */
static void add_resources(struct sweep *s)
{
    for (unsigned n = s->messages; n-- > 1; ) {
        add_resource(s, n);
    }
    if (s->messages) {
        add_resource(s, 0);
    }
}

struct sweep *sweep_new(const struct plan_sweep *params,
                        const struct plan_cycle *cycle, unsigned messages,
                        const char *(*name)(unsigned number))
{
    struct sweep *s = g_new0(struct sweep, 1);
    struct sweep_life *life;

    s->params = params;
    s->name = name;
    s->messages = messages;
    s->life = g_new0(struct sweep_life, SWEEP_LIVES_MAX);
    s->points = g_array_new(FALSE, FALSE, sizeof(struct sweep_fault));
    s->pairs = g_array_new(FALSE, FALSE, sizeof(struct pair));
    life = add_life(s, "planned");
    for (unsigned i = 0; i < cycle->n_steps; i++) {
        add_step(life, &cycle->steps[i], true);
    }
    add_lives(s, cycle);
    return s;
}

void sweep_free(struct sweep *s)
{
    if (s) {
        g_array_free(s->points, TRUE);
        g_array_free(s->pairs, TRUE);
        g_free(s->life);
        g_free(s);
    }
}

const struct sweep_life *sweep_life(const struct sweep *s, unsigned life)
{
    return life < s->n_lives ? &s->life[life] : NULL;
}

/* --- points as text --------------------------------------------------- */

/* Which of its name the step is, 1.. */
static unsigned step_ordinal(const struct sweep_life *life, unsigned step)
{
    unsigned n = 0;

    for (unsigned i = 0; i <= step; i++) {
        n += strcmp(life->step[i].name, life->step[step].name) == 0;
    }
    return n;
}

static void api_spec(const struct sweep *s, const struct sweep_fault *f,
                     char *text, size_t size)
{
    const struct sweep_life *life = &s->life[f->life];
    unsigned n = step_ordinal(life, f->step);
    char which[16] = "";

    if (n > 1) {
        snprintf(which, sizeof(which), ".%u", n);
    }
    snprintf(text, size, "%s%s%s%s:%s#%u", f->life ? life->name : "",
             f->life ? "," : "", life->step[f->step].name, which,
             s->name(f->number), f->occurrence);
}

void sweep_spec(const struct sweep *s, const struct sweep_fault *f,
                char *text, size_t size)
{
    switch (f->kind) {
    case RIG_POINT_API:
        api_spec(s, f, text, size);
        break;
    case RIG_POINT_DEVICE: {
        const char *fault = s->params->device_faults[f->number];
        size_t len = strcspn(fault, ":");

        snprintf(text, size, "device:%.*s@%u%s", (int)len, fault,
                 f->occurrence, fault + len);
        break;
    }
    case RIG_POINT_RESOURCE:
        if (f->argument) {
            snprintf(text, size, "resource:messages=%u", f->argument);
        } else {
            snprintf(text, size, "resource:line");
        }
        break;
    default:
        snprintf(text, size, "life:%s", s->life[f->life].name);
        break;
    }
}

/* --- which of them are wanted ----------------------------------------- */

/*
 * Does `only` name this fault at place `at` (0 first, 1 second) of a cycle
 * with `n` faults? As the first of a pair it is run alone, too: then one sees
 * what the second one adds.
 */
static bool only_names(const struct sweep *s, const struct sweep_fault *f,
                       unsigned at, const char *first)
{
    char text[SWEEP_SPEC_SIZE];
    size_t len;

    sweep_spec(s, f, text, sizeof(text));
    len = strlen(text);
    for (char **only = s->params->only; *only; only++) {
        const char *plus = strchr(*only, '+');

        if (at == 0 && strncmp(*only, text, len) == 0 &&
            ((*only)[len] == '\0' || (*only)[len] == '+')) {
            return true;
        }
        if (at == 1 && plus && strlen(first) == (size_t)(plus - *only) &&
            strncmp(*only, first, strlen(first)) == 0 &&
            strcmp(plus + 1, text) == 0) {
            return true;
        }
    }
    return false;
}

static bool wanted(const struct sweep *s, const struct sweep_fault *f)
{
    return !s->params->only[0] || only_names(s, f, 0, NULL);
}

static bool pair_wanted(const struct sweep *s, const struct sweep_fault *a,
                        const struct sweep_fault *b)
{
    char first[SWEEP_SPEC_SIZE];

    if (!s->params->only[0]) {
        return true;
    }
    sweep_spec(s, a, first, sizeof(first));
    return only_names(s, b, 1, first);
}

/* --- learning --------------------------------------------------------- */

/* A point of shared memory as a fault; false: it cannot be one. */
static bool take_point(const struct sweep *s, unsigned life,
                       const struct host_point *shared, struct sweep_fault *f)
{
    struct host_point p = *shared; /* read once: the driver could write it */

    if (p.step >= s->life[life].n_steps || !s->life[life].step[p.step].recorded
        || p.occurrence == 0 || !s->name(p.number)) {
        return false;
    }
    *f = (struct sweep_fault) {
        .kind = RIG_POINT_API, .life = life, .number = p.number,
        .step = p.step, .occurrence = p.occurrence, .caller = p.caller,
    };
    return true;
}

/* The i-th of n ordinals spread evenly over from..to. */
static uint32_t spread(uint32_t from, uint32_t to, uint32_t i, uint32_t n)
{
    return n == 1 ? from
                  : from + (uint32_t)((uint64_t)i * (to - from) / (n - 1));
}

/* The calls of each call site: of how many there are, and how many came. */
struct site {
    uint32_t calls, seen;
};

static struct site *site_of(GHashTable *sites, const struct sweep_fault *f)
{
    char *key = g_strdup_printf("%x %x %x", f->step, f->number, f->caller);
    struct site *site = g_hash_table_lookup(sites, key);

    if (!site) {
        site = g_new0(struct site, 1);
        g_hash_table_insert(sites, key, site);
    } else {
        g_free(key);
    }
    return site;
}

static GHashTable *count_sites(const struct sweep *s, unsigned life,
                               const struct host_points *points, uint32_t n)
{
    GHashTable *sites = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                              g_free);
    struct sweep_fault f;

    for (uint32_t i = 0; i < n; i++) {
        if (take_point(s, life, &points->point[i], &f)) {
            site_of(sites, &f)->calls++;
        }
    }
    return sites;
}

/*
 * Is the next call of its site one to try? Of many calls from the same place
 * those are that lie spread over all of them, the first and the last included.
 * A point that is asked for by name always is.
 */
static bool chosen(const struct sweep *s, GHashTable *sites,
                   const struct sweep_fault *f)
{
    uint32_t want = s->params->per_site;
    struct site *site;

    if (want == 0 || s->params->only[0]) {
        return true;
    }
    site = site_of(sites, f);
    site->seen++;
    if (want >= site->calls) {
        return true;
    }
    for (uint32_t i = 0; i < want; i++) {
        if (spread(1, site->calls, i, want) == site->seen) {
            return true;
        }
    }
    return false;
}

static void learn_calls(struct sweep *s, unsigned life,
                        const struct host_points *points)
{
    uint32_t n = MIN(points->n, HOST_POINTS_MAX);
    GHashTable *sites = count_sites(s, life, points, n);
    struct sweep_fault f;

    for (uint32_t i = 0; i < n; i++) {
        if (!take_point(s, life, &points->point[i], &f)) {
            continue;
        }
        f.point = ++s->numbered;
        if (chosen(s, sites, &f) && s->points->len < SWEEP_POINTS_MAX &&
            wanted(s, &f)) {
            g_array_append_val(s->points, f);
        }
    }
    g_hash_table_destroy(sites);
}

static void learn_occasions(struct sweep *s, const uint32_t *occasions)
{
    for (unsigned d = 0; s->params->device_faults[d]; d++) {
        uint32_t n = MIN(occasions[d], s->params->occasions);

        for (uint32_t i = 0; i < n; i++) {
            struct sweep_fault f = {
                .kind = RIG_POINT_DEVICE, .number = d,
                .occurrence = spread(1, occasions[d], i, n),
                .point = ++s->numbered,
            };

            if (s->points->len < SWEEP_POINTS_MAX && wanted(s, &f)) {
                g_array_append_val(s->points, f);
            }
        }
    }
}

static bool same_call(const struct sweep_fault *a, const struct sweep_fault *b)
{
    return a->kind == RIG_POINT_API && b->kind == RIG_POINT_API &&
           a->step == b->step && a->number == b->number &&
           a->occurrence == b->occurrence;
}

static void add_pair(struct sweep *s, const struct sweep_cycle *c,
                     const struct sweep_fault *second)
{
    struct pair pair = {
        c->index,
        { second->number,
          second->kind == RIG_POINT_DEVICE ? DEVICE_STEP : second->step,
          second->occurrence, second->caller },
    };

    if (s->pairs->len < SWEEP_PAIRS_MAX &&
        pair_wanted(s, &c->fault[0], second)) {
        g_array_append_val(s->pairs, pair);
    }
}

/* What the path of a single fault reached: each a second fault. */
static void learn_pairs(struct sweep *s, const struct sweep_cycle *c,
                        const struct host_points *points)
{
    uint32_t n = MIN(points->n, HOST_POINTS_MAX);
    GHashTable *sites = count_sites(s, c->life, points, n);
    struct sweep_fault second;

    for (uint32_t i = 0; i < n; i++) {
        if (take_point(s, c->life, &points->point[i], &second) &&
            !same_call(&c->fault[0], &second) &&
            chosen(s, sites, &second)) {
            add_pair(s, c, &second);
        }
    }
    g_hash_table_destroy(sites);
}

/* After a call has failed, the device may: at what it is used for then. */
static void learn_device_pairs(struct sweep *s, const struct sweep_cycle *c,
                               const uint32_t *occasions,
                               const uint32_t *before)
{
    for (unsigned d = 0; s->params->device_faults[d]; d++) {
        uint32_t n = occasions[d] > before[d] ? occasions[d] - before[d] : 0;

        n = MIN(n, s->params->occasions);
        for (uint32_t i = 0; i < n; i++) {
            struct sweep_fault second = {
                .kind = RIG_POINT_DEVICE, .number = d,
                .occurrence = spread(before[d] + 1, occasions[d], i, n),
            };

            add_pair(s, c, &second);
        }
    }
}

/* The planned life is known: what can be taken away from it is, too. */
static void learn_resources(struct sweep *s, unsigned life)
{
    unsigned from = s->points->len;

    if (life != 0 || !(s->params->lives & SWEEP_RESOURCES)) {
        return;
    }
    add_resources(s);
    for (unsigned i = from; i < s->points->len; ) {
        if (wanted(s, &g_array_index(s->points, struct sweep_fault, i))) {
            i++;
        } else {
            g_array_remove_index(s->points, i);
        }
    }
}

void sweep_learn(struct sweep *s, const struct sweep_cycle *c,
                 const struct host_points *points, const uint32_t *occasions,
                 const uint32_t *before)
{
    if (c->again) {
        if (occasions) {
            learn_occasions(s, occasions);
        }
    } else if (c->n_faults == 0) {
        if (points) {
            learn_calls(s, c->life, points);
        }
        learn_resources(s, c->life);
    } else if (points && c->n_faults == 1 && s->params->k > 1) {
        learn_pairs(s, c, points);
        if (occasions && before && c->fault[0].kind == RIG_POINT_API) {
            learn_device_pairs(s, c, occasions, before);
        }
    }
}

/* --- the next cycle --------------------------------------------------- */

/* Position on the clean path of a call that a failing one reached, or 0. */
static uint32_t clean_point(const struct sweep *s, const struct sweep_fault *f)
{
    for (unsigned i = 0; i < s->points->len; i++) {
        const struct sweep_fault *p = &g_array_index(s->points,
                                                     struct sweep_fault, i);

        if (p->life == f->life && same_call(p, f) && p->caller == f->caller) {
            return p->point;
        }
    }
    return 0;
}

static void next_pair(struct sweep *s, struct sweep_cycle *c)
{
    const struct pair *pair = &g_array_index(s->pairs, struct pair,
                                             s->next_pair++);

    c->fault[0] = g_array_index(s->points, struct sweep_fault, pair->first);
    c->n_faults = 2;
    c->life = c->fault[0].life;
    if (pair->second.step == DEVICE_STEP) {
        c->fault[1] = (struct sweep_fault) {
            .kind = RIG_POINT_DEVICE, .life = c->life,
            .number = pair->second.number,
            .occurrence = pair->second.occurrence,
        };
        return;
    }
    take_point(s, c->life, &pair->second, &c->fault[1]);
    c->fault[1].point = clean_point(s, &c->fault[1]);
}

/* Points that are dealt to others; their cycles count for the limit, too. */
static void pass_others(struct sweep *s)
{
    const struct plan_sweep *p = s->params;

    while (s->next_point < s->points->len && s->cycles < p->limit &&
           s->next_point % p->shares != p->share - 1) {
        s->next_point++;
        s->cycles++;
    }
}

bool sweep_next(struct sweep *s, struct sweep_cycle *c)
{
    memset(c, 0, sizeof(*c));
    if (s->next_life == s->n_lives &&
        (s->counted || !s->params->device_faults[0])) {
        pass_others(s);
    }
    if (s->cycles >= s->params->limit) {
        return false;
    }
    if (s->next_life < s->n_lives) {
        c->life = s->next_life++;
        c->record = true;
    } else if (!s->counted && s->params->device_faults[0]) {
        s->counted = c->again = c->record = true;
    } else if (s->next_point < s->points->len) {
        c->index = s->next_point;
        c->fault[0] = g_array_index(s->points, struct sweep_fault,
                                    s->next_point++);
        c->n_faults = 1;
        c->life = c->fault[0].life;
        c->record = s->params->k > 1;
    } else if (s->next_pair < s->pairs->len) {
        next_pair(s, c);
    } else {
        return false;
    }
    s->cycles++;
    return true;
}

uint32_t sweep_known(const struct sweep *s)
{
    return s->n_lives + (s->params->device_faults[0] != NULL) +
           s->points->len + s->pairs->len;
}
