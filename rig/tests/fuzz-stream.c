/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libFuzzer target: any bytes as the stream of a machine with one scenario.
 * The sequence numbers and lengths of what libFuzzer makes are mended on the
 * way, so that it gets past the parser and into the monitor.
 */
#include <string.h>
#include "stream-builder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Records as the parser wants them, with the fuzzer's contents. */
static GByteArray *mend(const uint8_t *data, size_t size)
{
    GByteArray *bytes = g_byte_array_sized_new(size);
    struct rig_record r;
    uint64_t seq = 0;

    for (size_t at = 0; size - at >= sizeof(r); at += r.length) {
        memcpy(&r, data + at, sizeof(r));
        r.length = CLAMP(r.length % RIG_RECORD_MAX / 8 * 8, sizeof(r),
                         (size - at) / 8 * 8);
        r.seq = seq++;
        g_byte_array_append(bytes, (const guint8 *)&r, sizeof(r));
        g_byte_array_append(bytes, data + at + sizeof(r),
                            r.length - sizeof(r));
    }
    return bytes;
}

static void judge(Judged *j, const uint8_t *data, size_t size)
{
    g_autoptr(RigMonitor) m = rig_monitor_new(j->scenarios, j->rules);
    g_autoptr(RigScenarioResult) r = NULL;

    if (size) {
        rig_monitor_feed(m, data, size / 2);
        rig_monitor_feed(m, data + size / 2, size - size / 2);
    }
    rig_monitor_finish(m, RIG_OUTCOME_OK, NULL);
    r = rig_monitor_take(m, 0);
    g_assert_nonnull(r->sentence);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static Judged *j;
    g_autoptr(GByteArray) mended = mend(data, size);

    if (!j) {
        j = b_judged(b_new_scenario("test", RIG_MSIX_AT_CONNECT, 2));
        b_start(j);
    }
    judge(j, data, size);
    judge(j, mended->data, mended->len);
    return 0;
}
