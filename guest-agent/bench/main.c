/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PID 1 of the data-plane benchmark: every NIC has a process of its own that
 * opens it once; then they take turns, so that what disturbs one round
 * disturbs them all. Results go to the console:
 *
 *   bench LEG BYTES FRAMES NANOSECONDS INTERRUPTS SWITCHES
 *
 * Kernel parameters: rounds=N, frames=N (each turn), legs=NAME,... (these),
 * wait=1 (say "bench-ready" before each turn and wait for a line from the
 * console). If there is a rig-tap, a marker in slot MARK stands before and
 * after each turn, for an observer outside, who can tell it from those of the
 * NDIS host.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "agent/marker.h"
#include "bench/bench.h"
#include "linux/pci.h"
#include "linux/system.h"
#include "linux/vfio.h"
#include "rig/traffic.h"

static const uint8_t peer_mac[6] = RIG_PEER_MAC;
/* Bytes without FCS; the second is the longest frame of plain Ethernet. */
static const uint32_t lengths[] = { 64, 1514 };

#define MARK  63
#define LEGS  5
#define SIZES (sizeof(lengths) / sizeof(lengths[0]))

struct turn {
    uint32_t length, frames;
};

struct served {
    const struct bench_leg *leg;
    int to, from;     /* pipes to and from its process */
};

void bench_fill(uint8_t *frame, uint32_t length, const uint8_t from[6])
{
    rig_frame_fill(frame, length, 1, 1, 1, 0, peer_mac, from);
}

bool bench_is_ours(const uint8_t *frame, size_t length)
{
    return length >= RIG_FRAME_MIN && frame[12] == RIG_ETHERTYPE >> 8 &&
           frame[13] == (RIG_ETHERTYPE & 0xff) &&
           memcmp(frame + 6, peer_mac, 6) == 0;
}

static void fail(const char *what, const char *why) __attribute__((noreturn));

static void fail(const char *what, const char *why)
{
    printf("bench-failed %s: %s\n", what, why);
    fflush(stdout);
    system_power_off();
}

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The process of one leg: a turn comes in, its nanoseconds go out; 0: lost. */
static void serve(const struct bench_leg *leg, int in, int out)
    __attribute__((noreturn));

static void serve(const struct bench_leg *leg, int in, int out)
{
    char address[PCI_ADDRESS_SIZE] = "", err[256] = "there is none";
    struct turn turn;
    uint64_t ns = 1;

    if (leg->address) {
        snprintf(address, sizeof(address), "%s", leg->address);
    }
    if ((leg->vendor && pci_find(leg->vendor, leg->device, address)) ||
        !leg->open(address, err, sizeof(err))) {
        printf("bench-failed %s: %s\n", leg->name, err);
        fflush(stdout);
        _exit(1);
    }
    while (write(out, &ns, sizeof(ns)) == sizeof(ns) &&
           read(in, &turn, sizeof(turn)) == sizeof(turn)) {
        uint64_t start = now_ns();

        ns = leg->run(turn.length, turn.frames) ? now_ns() - start : 0;
    }
    _exit(0);
}

/* The next answer of a leg's process; ends the benchmark if there is none. */
static uint64_t answer(const struct served *s)
{
    uint64_t ns = 0;

    if (read(s->from, &ns, sizeof(ns)) != sizeof(ns) || !ns) {
        fail(s->leg->name, "frames got lost, or its process died");
    }
    return ns;
}

static void start(struct served *s, const struct bench_leg *leg)
{
    int to[2], from[2];

    if (pipe(to) || pipe(from)) {
        fail(leg->name, "no pipe");
    }
    s->leg = leg;
    s->to = to[1];
    s->from = from[0];
    switch (fork()) {
    case -1:
        fail(leg->name, "no process");
    case 0:
        close(to[1]);
        close(from[0]);
        serve(leg, to[0], from[1]);
    }
    close(to[0]);
    close(from[1]);
    answer(s);
}

/* The first number behind `key` in /proc/stat: a sum since the boot. */
static unsigned long kernel_count(const char *key)
{
    char word[32], line[4096];
    unsigned long value, found = 0;
    FILE *f = fopen("/proc/stat", "re");

    while (f && fgets(line, sizeof(line), f)) {
        if (sscanf(line, "%31s %lu", word, &value) == 2 &&
            strcmp(word, key) == 0) {
            found = value;
        }
    }
    if (f) {
        fclose(f);
    }
    return found;
}

static void take_turn(const struct served *s, uint32_t length, uint32_t frames)
{
    struct turn turn = { length, frames };
    unsigned long interrupts = kernel_count("intr");
    unsigned long switches = kernel_count("ctxt");
    uint64_t ns;

    marker_simple(RIG_MK_NOTE, s->leg->name, 0);
    if (write(s->to, &turn, sizeof(turn)) != sizeof(turn)) {
        fail(s->leg->name, "its process died");
    }
    ns = answer(s);
    marker_simple(RIG_MK_NOTE, s->leg->name, 0);
    printf("bench %s %u %u %llu %lu %lu\n", s->leg->name, length, frames,
           (unsigned long long)ns, kernel_count("intr") - interrupts,
           kernel_count("ctxt") - switches);
    fflush(stdout);
}

/* Say so, and wait for a line from the console. */
static void wait_for_line(void)
{
    char line[80];

    puts("bench-ready");
    fflush(stdout);
    if (!fgets(line, sizeof(line), stdin)) {
        fail("wait", "nobody at the console");
    }
}

/* A number on the kernel's command line, which init gets as its environment. */
static unsigned parameter(const char *name, unsigned otherwise)
{
    const char *value = getenv(name);

    return value ? (unsigned)strtoul(value, NULL, 10) : otherwise;
}

/* Is the name in the list, which has commas between names? */
static bool is_chosen(const char *list, const char *name)
{
    size_t length = strlen(name);

    for (const char *p = list; p; p = strchr(p, ',') ? strchr(p, ',') + 1
                                                     : NULL) {
        if (strncmp(p, name, length) == 0 &&
            (p[length] == ',' || p[length] == '\0')) {
            return true;
        }
    }
    return false;
}

int main(void)
{
    const struct bench_leg *legs[LEGS] = {
        &bench_ndis, &bench_linux[0], &bench_linux[1], &bench_ndis_other,
        &bench_marker,
    };
    struct served served[LEGS];
    const char *chosen = getenv("legs");
    unsigned rounds, frames, wait, n = 0;
    char err[256];

    if (system_mount(err, sizeof(err)) ||
        system_load_modules(SYSTEM_MODULES, err, sizeof(err))) {
        fail("start", err);
    }
    rounds = parameter("rounds", 9);
    frames = parameter("frames", 4096);
    wait = parameter("wait", 0);
    for (unsigned i = 0; i < LEGS; i++) {
        if (is_chosen(chosen, legs[i]->name)) {
            start(&served[n++], legs[i]);
        }
    }
    marker_open(); /* not before the others began: they write no markers */
    marker_set_thread(MARK);
    for (unsigned r = 0; r < rounds; r++) {
        for (unsigned size = 0; size < SIZES; size++) {
            for (unsigned i = 0; i < n; i++) {
                if (wait) {
                    wait_for_line();
                }
                /* There and back again: a drift hits none more than others. */
                take_turn(&served[r % 2 ? n - 1 - i : i], lengths[size],
                          frames);
            }
        }
    }
    puts("bench-done");
    fflush(stdout);
    system_power_off();
}
