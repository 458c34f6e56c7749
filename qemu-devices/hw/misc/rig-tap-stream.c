/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The buffered record writer of rig-tap.
 *
 * Records are made under the BQL, often by a vCPU in the middle of an MMIO
 * access, so writing to a chardev there would let a slow reader stop the
 * machine. They go to a queue in memory instead, which the main loop writes
 * out: at once when a batch is full or the stream is to be seen (kick), else
 * after FLUSH_MS. When the chardev is full, a watch continues as soon as it
 * takes more. What is written never depends on this timing, only when.
 *
 * A slow reader loses nothing: up to `limit` bytes wait for it, then the
 * machine does. Only a reader that takes nothing at all for `stall_ms`, or that
 * is not there, loses records, which are counted in the LOST record that
 * precedes the next one, or is the last one.
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "qemu/units.h"
#include "hw/core/cpu.h"
#include "rig-tap.h"
#include "system/cpus.h"
#include "system/runstate.h"
#include "trace.h"

#define FLUSH_MS   10
#define BATCH      (64 * KiB)
#define POLL_US    1000

/* Records that wait, one after the other; a record lies in one block. */
struct RigBlock {
    size_t taken; /* bytes that the chardev has taken */
    size_t used;
    uint8_t data[BATCH];
    QSIMPLEQ_ENTRY(RigBlock) next;
};

/* A block that the chardev has taken is kept for the next one that is needed;
   so a reader that keeps up costs no allocation. */
static void drop_block(RigStream *s, RigBlock *block)
{
    QSIMPLEQ_REMOVE_HEAD(&s->blocks, next);
    if (s->spare) {
        g_free(block);
    } else {
        s->spare = block;
    }
}

/* Room for a record of @size bytes at the end of the queue. */
static uint8_t *reserve(RigStream *s, size_t size)
{
    RigBlock *block = QSIMPLEQ_LAST(&s->blocks, RigBlock, next);

    if (!block || block->used + size > BATCH) {
        block = s->spare ? s->spare : g_new(RigBlock, 1);
        s->spare = NULL;
        block->taken = block->used = 0;
        QSIMPLEQ_INSERT_TAIL(&s->blocks, block, next);
    }
    block->used += size;
    s->pending += size;
    return block->data + block->used - size;
}

static void write_failed(RigStream *s)
{
    error_report("rig-tap: cannot write the event stream: %s",
                 strerror(errno));
    s->failed = true;
}

/* Write what the chardev takes without waiting; false if it took nothing. */
static bool write_some(RigStream *s)
{
    size_t before = s->pending;
    RigBlock *block;

    while (s->open && !s->failed && (block = QSIMPLEQ_FIRST(&s->blocks))) {
        int n = qemu_chr_fe_write(&s->chr, block->data + block->taken,
                                  block->used - block->taken);

        if (n > 0) {
            block->taken += n;
            s->pending -= n;
            if (block->taken == block->used) {
                drop_block(s, block);
            }
        } else if (n < 0 && errno != EAGAIN && errno != EINTR && s->open) {
            write_failed(s);
        } else {
            break;
        }
    }
    trace_rig_tap_flush(before - s->pending, s->pending);
    return s->pending < before;
}

static void flush(RigStream *s);

static gboolean on_later(void *opaque)
{
    RigStream *s = opaque;

    s->later = 0;
    flush(s);
    return G_SOURCE_REMOVE;
}

/*
 * By a timeout of GLib's: under -icount a vCPU executes nothing from the moment
 * when a timer of QEMU_CLOCK_REALTIME expires until the main loop has run it.
 */
static void flush_later(RigStream *s)
{
    if (!s->later) {
        s->later = g_timeout_add(FLUSH_MS, on_later, s);
    }
}

static gboolean can_write(void *unused, GIOCondition condition, void *opaque)
{
    RigStream *s = opaque;

    s->watch = 0;
    flush(s);
    return G_SOURCE_REMOVE;
}

/* Write what goes, and have the rest written as soon as it goes. */
static void flush(RigStream *s)
{
    write_some(s);
    if (!s->pending || !s->open || s->failed || s->watch) {
        return;
    }
    s->watch = qemu_chr_fe_add_watch(&s->chr, G_IO_OUT | G_IO_HUP, can_write,
                                     s);
    if (!s->watch) {
        flush_later(s);
    }
}

static void flush_cb(void *opaque)
{
    flush(opaque);
}

static void chr_event(void *opaque, QEMUChrEvent event)
{
    RigStream *s = opaque;

    if (event == CHR_EVENT_OPENED) {
        s->open = true;
        qemu_bh_schedule(s->bh);
    } else if (event == CHR_EVENT_CLOSED) {
        s->open = false;
        if (s->watch) {
            g_source_remove(s->watch);
            s->watch = 0;
        }
    }
}

void rig_stream_start(RigStream *s)
{
    QSIMPLEQ_INIT(&s->blocks);
    s->bh = qemu_bh_new(flush_cb, s);
    qemu_chr_fe_set_handlers(&s->chr, NULL, NULL, chr_event, NULL, s, NULL,
                             true);
}

/* Wait until at most @limit bytes are queued, or the reader has stopped. */
static void wait_for_reader(RigStream *s, size_t limit)
{
    int64_t last = qemu_clock_get_ms(QEMU_CLOCK_REALTIME);

    s->waits++;
    while (s->pending > limit && s->open && !s->failed) {
        int64_t now = qemu_clock_get_ms(QEMU_CLOCK_REALTIME);

        if (write_some(s)) {
            last = now;
        } else if (now - last > s->stall_ms) {
            warn_report("rig-tap: the reader of the event stream has taken "
                        "nothing for %" PRIu32 " ms; %zu bytes wait for it",
                        s->stall_ms, s->pending);
            return;
        } else {
            g_usleep(POLL_US);
        }
    }
}

/*
 * Stop the VM behind this record. A vCPU that is making it, by an access to a
 * device, executes nothing after the instruction that made it; one that a timer
 * makes stops the VM as soon as the main loop comes to it.
 */
static void stop_here(void)
{
    qemu_system_vmstop_request_prepare();
    qemu_system_vmstop_request(RUN_STATE_PAUSED);
    if (current_cpu) {
        cpu_stop_current();
    }
}

static void append(RigStream *s, uint16_t type, uint16_t flags,
                   uint64_t virtual_ns, const void *payload, size_t size)
{
    struct rig_record record = {
        .length = cpu_to_le32(sizeof(record) + size),
        .type = cpu_to_le16(type),
        .flags = cpu_to_le16(flags),
        .seq = cpu_to_le64(s->seq),
        .virtual_ns = cpu_to_le64(virtual_ns),
    };

    uint8_t *to = reserve(s, sizeof(record) + size);

    trace_rig_tap_record(s->seq, type, size);
    s->seq++;
    memcpy(to, &record, sizeof(record));
    if (size) {
        memcpy(to + sizeof(record), payload, size);
    }
    if (s->seq - 1 == s->stop_at) {
        stop_here();
    }
}

static void report_lost(RigStream *s)
{
    struct rig_ev_lost lost = { .count = cpu_to_le64(s->lost) };

    if (s->lost) {
        s->lost = 0;
        append(s, RIG_EV_LOST, RIG_RECORD_HOST, 0, &lost, sizeof(lost));
    }
}

void rig_stream_put(RigStream *s, uint16_t type, uint16_t flags,
                    uint64_t virtual_ns, const void *payload, size_t size)
{
    if (s->pending > s->limit && !s->lost) {
        wait_for_reader(s, s->limit / 2);
    }
    if (s->pending > s->limit || s->failed) {
        s->lost++;
        s->lost_total++;
        trace_rig_tap_lost(type, s->lost);
        return;
    }
    report_lost(s);
    append(s, type, flags, virtual_ns, payload, size);
    if (s->pending >= BATCH) {
        rig_stream_kick(s);
    } else {
        flush_later(s);
    }
}

void rig_stream_kick(RigStream *s)
{
    if (!s->watch) {
        qemu_bh_schedule(s->bh);
    }
}

void rig_stream_drain(RigStream *s)
{
    wait_for_reader(s, 0);
    if (!s->pending) {
        report_lost(s);
        wait_for_reader(s, 0);
    }
}
