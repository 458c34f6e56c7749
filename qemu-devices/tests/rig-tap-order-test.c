/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qtests of rig-tap's exactness: real guest code on one and two vCPUs, a
 * reader that is much slower than the guest, no event lost, no inversion.
 *
 * The guest (rig-order.h) numbers the begin and the end of all it does. An
 * inversion is a record that comes before another one although what it tells
 * began after the other thing had ended. $RIG_ORDER_EVENTS is about how many
 * records each test makes, $RIG_ORDER_GUEST the guest's firmware.
 */
#include "qemu/osdep.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <glib/gstdio.h>
#include "qemu/bswap.h"
#include "rig-machine.h"
#include "rig-order.h"

#define EVENTS_DEFAULT 120000
#define BUFFER         (64 * 1024)  /* of the tap; far less than the stream */
#define CHUNK          65536        /* bytes that the reader takes at a time */
#define PAUSE_US       4000         /* ... and then does nothing for */
#define SILENCE_US     50000        /* between looks at a socket not read */
#define LIMIT_MS       120000       /* without a byte */

enum { MARKER, TABLE, RAISE, KINDS };

/* Something whose end the stream has not told yet. */
typedef struct Open {
    uint64_t latest;             /* greatest begin of all before it */
    bool after[RIG_ORDER_CPUS];  /* an interrupt is, of which no begin is
                                    known */
} Open;

typedef struct Cpu {
    uint32_t round;       /* that the next marker begins */
    unsigned next;        /* MARKER, TABLE or RAISE must come */
    Open open[KINDS];     /* of the latest round */
    bool raised;          /* the begin of the latest interrupt is unknown */
    uint64_t earliest;    /* least end of what came after it */
    uint32_t table;       /* begin of the latest table write */
} Cpu;

typedef struct Check {
    uint64_t seq, records, inversions, missing;
    uint32_t turns; /* steps of the hand-off phase that came */
    uint64_t latest;
    Cpu cpu[RIG_ORDER_CPUS];
    bool done, ended;
} Check;

/* --- the order ------------------------------------------------------------ */

/* Something came whose begin is `begin`; 0: not known yet. */
static void came(Check *k, unsigned cpu, unsigned kind, uint64_t begin)
{
    Open *open = &k->cpu[cpu].open[kind];

    g_assert_cmpuint(k->cpu[cpu].next, ==, kind);
    k->cpu[cpu].next = (kind + 1) % KINDS;
    open->latest = k->latest;
    for (unsigned c = 0; c < RIG_ORDER_CPUS; c++) {
        open->after[c] = k->cpu[c].raised;
    }
    k->latest = MAX(k->latest, begin);
}

/* It is known now when it ended. */
static void ended(Check *k, unsigned cpu, unsigned kind, uint64_t end)
{
    const Open *open = &k->cpu[cpu].open[kind];

    k->inversions += open->latest > end;
    for (unsigned c = 0; c < RIG_ORDER_CPUS; c++) {
        if (open->after[c] && k->cpu[c].raised) {
            k->cpu[c].earliest = MIN(k->cpu[c].earliest, end);
        }
    }
}

/* It is known now when the latest interrupt of `cpu` began. */
static void interrupt_began(Check *k, unsigned cpu, uint64_t begin)
{
    Cpu *c = &k->cpu[cpu];

    k->inversions += begin > c->earliest;
    c->raised = false;
    for (unsigned other = 0; other < RIG_ORDER_CPUS; other++) {
        for (unsigned kind = 0; kind < KINDS; kind++) {
            Open *open = &k->cpu[other].open[kind];

            if (open->after[cpu]) {
                open->after[cpu] = false;
                open->latest = MAX(open->latest, begin);
            }
        }
    }
    k->latest = MAX(k->latest, begin);
}

/* --- records -------------------------------------------------------------- */

static uint32_t low(const struct rig_marker *m, enum rig_order_arg arg)
{
    return le64_to_cpu(m->arg[arg]);
}

static uint32_t high(const struct rig_marker *m, enum rig_order_arg arg)
{
    return le64_to_cpu(m->arg[arg]) >> 32;
}

static void free_marker(Check *k, const struct rig_marker *m)
{
    unsigned cpu = le16_to_cpu(m->thread);
    Cpu *c = &k->cpu[cpu];

    g_assert_cmpuint(cpu, <, RIG_ORDER_CPUS);
    g_assert_cmpuint(low(m, RIG_ORDER_ROUND), ==, c->round);
    if (c->round > 0) { /* and this is how the round before went */
        g_assert_cmpuint(low(m, RIG_ORDER_TABLE), ==, c->table);
        ended(k, cpu, MARKER, low(m, RIG_ORDER_MARKER));
        ended(k, cpu, TABLE, high(m, RIG_ORDER_TABLE));
        ended(k, cpu, RAISE, high(m, RIG_ORDER_RAISE));
        interrupt_began(k, cpu, low(m, RIG_ORDER_RAISE));
    }
    came(k, cpu, MARKER, high(m, RIG_ORDER_ROUND));
    c->round++;
}

/* The hand-off phase: one step after the other, each by another vCPU. */
static void take_turn(Check *k, unsigned kind, uint64_t round)
{
    g_assert_cmpuint(k->turns, ==, 3 * round + kind);
    k->turns++;
}

static void take_marker(Check *k, const struct rig_marker *m)
{
    if (!strcmp(m->name, RIG_ORDER_FREE)) {
        free_marker(k, m);
    } else if (!strcmp(m->name, RIG_ORDER_TURN)) {
        take_turn(k, MARKER, le64_to_cpu(m->arg[0]));
    } else {
        g_assert_cmpstr(m->name, ==, RIG_ORDER_DONE);
        k->missing = le64_to_cpu(m->arg[0]);
        k->done = true;
    }
}

static void take_table(Check *k, const struct rig_ev_table *t,
                       uint32_t handoffs)
{
    unsigned vector = le16_to_cpu(t->vector);

    if (k->turns < 3 * handoffs) {
        take_turn(k, TABLE, le32_to_cpu(t->value));
        return;
    }
    g_assert_cmpuint(vector, <, RIG_ORDER_CPUS);
    g_assert_cmpuint(le16_to_cpu(t->dword), ==, 2);
    k->cpu[vector].table = le32_to_cpu(t->value);
    came(k, vector, TABLE, k->cpu[vector].table);
}

static void take_raised(Check *k, const struct rig_ev_raised *r,
                        uint32_t handoffs)
{
    unsigned vector = le16_to_cpu(r->vector);

    g_assert_cmpuint(le16_to_cpu(r->outcome), ==, RIG_RAISED_SENT);
    g_assert_cmpuint(le64_to_cpu(r->count), ==, 1);
    if (k->turns < 3 * handoffs) {
        take_turn(k, RAISE, k->turns / 3);
        return;
    }
    g_assert_cmpuint(vector, <, RIG_ORDER_CPUS);
    came(k, vector, RAISE, 0);
    k->cpu[vector].raised = true;
    k->cpu[vector].earliest = UINT64_MAX;
}

/* Set-up of the machine comes before the first marker. */
static void take_record(Check *k, const struct rig_record *r,
                        uint32_t handoffs)
{
    uint16_t type = le16_to_cpu(r->type);
    bool set_up = k->turns == 0 && k->cpu[0].round == 0 &&
                  k->cpu[1].round == 0 && type != RIG_EV_MARKER;

    g_assert_cmpuint(le64_to_cpu(r->seq), ==, k->seq);
    g_assert_false(k->ended);
    g_assert_cmpuint(type, !=, RIG_EV_LOST);
    k->seq++;
    if (set_up || type == RIG_EV_RUN) {
        return;
    }
    k->records++;
    switch (type) {
    case RIG_EV_MARKER:
        take_marker(k, (const struct rig_marker *)(r + 1));
        break;
    case RIG_EV_TABLE:
        take_table(k, (const struct rig_ev_table *)(r + 1), handoffs);
        break;
    case RIG_EV_RAISED:
        take_raised(k, (const struct rig_ev_raised *)(r + 1), handoffs);
        break;
    default:
        g_assert_cmpuint(type, ==, RIG_EV_END);
        k->ended = true;
    }
}

/* --- the reader ----------------------------------------------------------- */

static size_t read_some(int fd, uint8_t *to, size_t size)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    ssize_t n;

    g_assert_cmpint(poll(&p, 1, LIMIT_MS), ==, 1);
    n = read(fd, to, size);
    g_assert_cmpint(n, >, 0);
    return n;
}

/* Takes nothing until the socket is full, and then for half a second more. */
static void let_it_fill(int fd)
{
    int before = -1, now = 0;

    for (unsigned same = 0, i = 0; same < 10 && i < 200; i++) {
        g_usleep(SILENCE_US);
        g_assert_cmpint(ioctl(fd, FIONREAD, &now), ==, 0);
        same = now > CHUNK && now == before ? same + 1 : 0;
        before = now;
    }
}

static uint64_t read_stream(Check *k, int fd, bool slow, uint32_t handoffs)
{
    g_autofree uint8_t *data = g_malloc(CHUNK + RIG_RECORD_MAX);
    uint64_t total = 0, paused = 0;
    size_t have = 0;

    if (slow) {
        let_it_fill(fd);
    }
    while (!k->ended) {
        size_t n = read_some(fd, data + have, CHUNK), at = 0;

        total += n;
        have += n;
        while (have - at >= sizeof(struct rig_record)) {
            const struct rig_record *r = (const void *)(data + at);

            g_assert_cmpuint(le32_to_cpu(r->length), <=, RIG_RECORD_MAX);
            if (have - at < le32_to_cpu(r->length)) {
                break;
            }
            take_record(k, r, handoffs);
            at += le32_to_cpu(r->length);
        }
        memmove(data, data + at, have - at);
        have -= at;
        if (slow && total - paused >= CHUNK) {
            paused = total;
            g_usleep(PAUSE_US);
        }
    }
    return total;
}

/* --- the machine ---------------------------------------------------------- */

static uint64_t wanted_events(void)
{
    const char *text = g_getenv("RIG_ORDER_EVENTS");

    return text ? g_ascii_strtoull(text, NULL, 10) : EVENTS_DEFAULT;
}

static QTestState *start(const char *path, struct rig_order_setup *setup)
{
    QTestState *qts;

    if (!g_getenv("RIG_ORDER_GUEST")) {
        g_error("set RIG_ORDER_GUEST to order-guest.bin");
    }
    qts = qtest_initf("-S -M q35 -m 32M -nodefaults -smp %u "
        "-accel tcg,thread=multi,tb-size=16 -bios %s "
        "-device rig-nic,id=nic0,addr=2.0 "
        "-chardev socket,id=events,path=%s,server=on,wait=off "
        "-device rig-tap,id=tap,addr=1e.0,watch=nic0,chardev=events,"
        "buffer=%d", setup->cpus, g_getenv("RIG_ORDER_GUEST"), path, BUFFER);
    qtest_memwrite(qts, RIG_ORDER_SETUP, setup, sizeof(*setup));
    return qts;
}

static void check_run(unsigned cpus, bool slow)
{
    g_autofree char *dir = g_dir_make_tmp("rig-order-XXXXXX", NULL);
    g_autofree char *path = g_strdup_printf("%s/events", dir);
    struct rig_order_setup setup = {
        .cpus = cpus,
        .rounds = MAX(wanted_events() / KINDS / cpus, 1),
        .handoffs = MIN(wanted_events() / 1000, 2000),
    };
    QTestState *qts = start(path, &setup);
    Check k = { .seq = 0 };
    int fd = rig_connect(path);
    uint64_t bytes, waits, before, after;
    double seconds;

    before = rig_resident_kib(qts);
    g_test_timer_start();
    qtest_qmp_assert_success(qts, "{ 'execute': 'cont' }");
    bytes = read_stream(&k, fd, slow, setup.handoffs);
    seconds = g_test_timer_elapsed();
    after = rig_resident_kib(qts);
    waits = rig_tap_property(qts, "waits");
    g_assert_cmpuint(rig_tap_property(qts, "lost"), ==, 0);
    qtest_quit(qts);
    close(fd);
    g_unlink(path);
    g_assert_cmpint(rmdir(dir), ==, 0);

    g_test_message("%u vCPUs: %" PRIu64 " records, %" PRIu64 " MiB in %.1f s,"
                   " %" PRIu64 " inversions, machine waited %" PRIu64 " times,"
                   " QEMU %" PRIu64 " -> %" PRIu64 " KiB", cpus, k.records,
                   bytes >> 20, seconds, k.inversions, waits, before, after);
    g_assert_true(k.done);
    g_assert_cmpuint(k.missing, ==, 0);
    g_assert_cmpuint(k.inversions, ==, 0);
    g_assert_cmpuint(k.turns, ==, 3 * setup.handoffs);
    for (unsigned c = 0; c < cpus; c++) {
        g_assert_cmpuint(k.cpu[c].round, ==, setup.rounds);
    }
    g_assert_cmpuint(k.records, ==, KINDS * (uint64_t)(setup.rounds * cpus +
                                                       setup.handoffs) + 2);
    if (slow) {
        g_assert_cmpuint(waits, >, 0);
    }
    /* The translated code and the guest's RAM, but no pile of records. */
    g_assert_cmpuint(after, <, before + 64 * 1024);
}

static void test_one(void)
{
    check_run(1, true);
}

static void test_two(void)
{
    check_run(2, true);
}

static void test_two_fast(void)
{
    check_run(2, false);
}

/* The check itself: it must see each way in which two things can be swapped. */
static void test_check(void)
{
    for (unsigned second = 0; second < KINDS; second++) {
        Check k = { .latest = 0 };

        k.cpu[0].next = second;
        came(&k, 1, MARKER, 100);     /* began at 100 */
        came(&k, 0, second, 0);
        ended(&k, 0, second, 99);     /* ended before, but came after it */
        g_assert_cmpuint(k.inversions, ==, 1);
        ended(&k, 0, second, 101);
        g_assert_cmpuint(k.inversions, ==, 1);
    }
    for (int late = 0; late < 2; late++) { /* which one is known first */
        Check k = { .latest = 0 };

        k.cpu[0].next = RAISE;
        came(&k, 0, RAISE, 0);
        k.cpu[0].raised = true;
        k.cpu[0].earliest = UINT64_MAX;
        came(&k, 1, MARKER, 10);
        if (late) {
            interrupt_began(&k, 0, 100);
            ended(&k, 1, MARKER, 99);
        } else {
            ended(&k, 1, MARKER, 99);
            interrupt_began(&k, 0, 100);
        }
        g_assert_cmpuint(k.inversions, ==, 1);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/rig-tap-order/the-check-sees-inversions", test_check);
    qtest_add_func("/rig-tap-order/one-vcpu-slow-reader", test_one);
    qtest_add_func("/rig-tap-order/two-vcpus-slow-reader", test_two);
    qtest_add_func("/rig-tap-order/two-vcpus", test_two_fast);
    return g_test_run();
}
