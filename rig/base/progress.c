/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The live line on a terminal; nothing anywhere else. */
#include "progress.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Cycles done in this machine, by where the guest is. */
static unsigned cycles_done(const RigLive *live, const RigProgress *p)
{
    unsigned done = p->cycle ? p->cycle - 1 : 0;

    for (unsigned i = 0; live->plan && i + 1 < p->scenario &&
                         i < live->plan->len; i++) {
        done += rig_scenario_cycle_count(live->plan->pdata[i]);
    }
    return done;
}

/* Cycles in all: those of a sweep are not in its file, the guest tells. */
static unsigned cycles_in_all(const RigLive *live, const RigProgress *p)
{
    const RigScenario *s = live->plan && p->scenario > 0 &&
                           p->scenario <= live->plan->len
                           ? live->plan->pdata[p->scenario - 1] : NULL;

    return live->cycles + (s && s->sweep && p->cycles > 1 ? p->cycles - 1 : 0);
}

double rig_live_seconds_left(const RigLive *live, const RigProgress *p,
                             gint64 now)
{
    double run = (now - live->started) / 1e6;
    double machine = (now - live->machine_started) / 1e6;
    double known = live->expected_ms / 1e3;
    unsigned done = live->before_cycles + cycles_done(live, p);
    unsigned all = cycles_in_all(live, p);

    if (known > machine && live->before_cycles == 0 &&
        live->plan && live->plan->len == live->scenarios) {
        return known - machine; /* the only machine, seen before */
    }
    if (done == 0 || done >= all) {
        return -1;
    }
    return run / done * (all - done);
}

static unsigned width(void)
{
    struct winsize w;

    return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 20
           ? w.ws_col : 80;
}

static void describe(GString *line, const RigLive *live, const RigProgress *p)
{
    g_string_append_printf(line, "[%u/%u] ",
                           live->before_scenarios + MAX(p->scenario, 1),
                           live->scenarios);
    if (!p->booted) {
        g_string_append(line, "booting");
        return;
    }
    g_string_append(line, p->name ? p->name : "between scenarios");
    if (p->cycles > 1 && p->cycle) {
        g_string_append_printf(line, "  cycle %u/%u", p->cycle, p->cycles);
    }
    if (p->findings) {
        g_string_append_printf(line, "  %u finding%s", p->findings,
                               p->findings == 1 ? "" : "s");
    }
    if (p->step && *p->step) {
        g_string_append_printf(line, "  %s", p->step);
    }
}

void rig_live_draw(const RigLive *live, const RigProgress *p)
{
    gint64 now = g_get_monotonic_time();
    g_autoptr(GString) line = g_string_new(NULL);
    double left = rig_live_seconds_left(live, p, now);

    if (!live->on) {
        return;
    }
    describe(line, live, p);
    g_string_append_printf(line, "  %.1f s", (now - live->started) / 1e6);
    if (left >= 0) {
        g_string_append_printf(line, ", about %.0f s left", left + 0.5);
    }
    if (line->len >= width()) {
        g_string_truncate(line, width() - 1);
    }
    fprintf(stderr, "\r%s\033[K", line->str);
    fflush(stderr);
}

void rig_live_clear(const RigLive *live)
{
    if (live->on) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
    }
}
