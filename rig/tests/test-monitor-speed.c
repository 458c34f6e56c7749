/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A million events: the monitor keeps up with any guest, and what it needs of
 * memory does not depend on the length of the stream.
 */
#include <check.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include "cycle-builder.h"
#include "run-suite.h"

#define CYCLES 1000u
#define EVENTS 1000000u
/* A guest under TCG writes a marker in 1 us at best; CI machines are slow. */
#define SECONDS_MAX 20.0
/* Allowed growth between the 100th and the last cycle, bytes. */
#define GROWTH_MAX (64u << 10)

/* One cycle of about EVENTS / CYCLES events, as long as a real one. */
static void write_cycle(Play *p, unsigned number)
{
    b_cycle(p->b, number);
    play_init_begin(p);
    for (unsigned i = 0; i < 300; i++) {
        b_api(p->b, "NdisAllocateMemoryWithTagPriority", 0);
        b_return(p->b, 0, 0);
    }
    play_register(p, HANDLE);
    play_init_end(p, B_SUCCESS);
    for (unsigned i = 0; i < 300; i++) {
        b_raised(p->b, i % VECTORS, RIG_RAISED_SENT, 3);
    }
    play_halt(p);
    play_remove(p);
    b_cycle_end(p->b, RIG_CYCLE_DONE, NULL);
    while (p->b->seq < (uint64_t)number * (EVENTS / CYCLES)) {
        b_mark(p->b, RIG_MK_NOTE, "filler", 0, 0, NULL);
    }
}

/* Bytes in use on the heap. */
static size_t heap(void)
{
    return mallinfo2().uordblks;
}

START_TEST(million_events_in_bounded_time_and_memory)
{
    g_autoptr(Play) p = play_new_repeated(RIG_MSIX_AT_CONNECT, CYCLES);
    gint64 spent = 0, began;
    uint64_t events = 0;
    size_t early = 0, late;
    RigProgress now;

    b_start(p->j);
    for (unsigned n = 1; n <= CYCLES; n++) {
        write_cycle(p, n);
        began = g_get_monotonic_time();
        ck_assert(rig_monitor_feed(p->j->monitor, p->b->bytes->data,
                                   p->b->bytes->len));
        spent += g_get_monotonic_time() - began;
        g_byte_array_set_size(p->b->bytes, 0);
        early = n == 100 ? heap() : early;
    }
    late = heap();
    rig_monitor_progress(p->j->monitor, &now);
    events = now.events;
    rig_monitor_finish(p->j->monitor, RIG_OUTCOME_OK, NULL);
    printf("%" G_GUINT64_FORMAT " events in %.2f s: %.0f events/s\n", events,
           spent / 1e6, events / (spent / 1e6));
    ck_assert_uint_ge(events, EVENTS);
    ck_assert_double_lt(spent / 1e6, SECONDS_MAX);
    ck_assert_uint_le(late, early + GROWTH_MAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("monitor speed");
    TCase *t = tcase_create("speed");

    tcase_set_timeout(t, 300);
    tcase_add_test(t, million_events_in_bounded_time_and_memory);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
