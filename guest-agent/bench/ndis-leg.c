/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rig-nic with the sample miniport in the NDIS host; this file is the protocol
 * driver above it, in place of ndis/traffic.c: frames are made once and sent
 * again and again, what comes back is counted and returned at once.
 */
#include <stdio.h>
#include <string.h>
#include "agent/registry.h"
#include "bench/bench.h"
#include "linux/pci.h"
#include "linux/vfio.h"
#include "ndis/core.h"
#include "rig/nic-regs.h"
#include "rig/traffic.h"

#define SYS "/bench/rignic.sys"
#define INF "/bench/rignic.inf"
#define LOST_NS (5 * NSEC_PER_SEC)

/*
 * Once the first window is on its way, frames are sent where others come back
 * or are completed, in the DPC, as a transport does that is driven by its
 * acknowledgements; the main thread waits for the end.
 */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t done;
    NET_BUFFER_LIST *idle;      /* frames that can be sent */
    uint32_t idles;
    uint32_t frames;            /* of this turn */
    uint32_t sent, received;
} bench;

static bool is_over(void)
{
    return bench.received >= bench.frames && bench.idles == BENCH_WINDOW;
}

/* With the lock held: a batch that can go now, or NULL. */
static NET_BUFFER_LIST *take_batch(void)
{
    NET_BUFFER_LIST *first = bench.idle, *last = first;

    if (bench.sent == bench.frames || bench.idles < BENCH_BATCH ||
        bench.sent - bench.received > BENCH_WINDOW - BENCH_BATCH) {
        return NULL;
    }
    for (uint32_t i = 1; i < BENCH_BATCH; i++) {
        last = last->Next;
    }
    bench.idle = last->Next;
    last->Next = NULL;
    bench.idles -= BENCH_BATCH;
    bench.sent += BENCH_BATCH;
    return first;
}

static void send_what_can_go(uint32_t flags)
{
    NET_BUFFER_LIST *batch;
    struct callback cb;

    for (;;) {
        pthread_mutex_lock(&bench.lock);
        batch = take_batch();
        if (is_over()) {
            pthread_cond_signal(&bench.done);
        }
        pthread_mutex_unlock(&bench.lock);
        if (!batch) {
            return;
        }
        callback_enter_quiet(&cb, "MiniportSendNetBufferLists");
        host.miniport.SendNetBufferListsHandler(host.adapter[0].context, batch,
                                                NDIS_DEFAULT_PORT_NUMBER,
                                                flags);
        callback_leave(&cb, 0);
    }
}

/* --- what the NDIS host calls ----------------------------------------- */

void traffic_send_complete(NET_BUFFER_LIST *nbls)
{
    NET_BUFFER_LIST *last = nbls;
    uint32_t n = 1;

    for (; last->Next; last = last->Next) {
        n++;
    }
    pthread_mutex_lock(&bench.lock);
    last->Next = bench.idle;
    bench.idle = nbls;
    bench.idles += n;
    pthread_mutex_unlock(&bench.lock);
    if (host_self.number == THREAD_DPC) {
        send_what_can_go(NDIS_SEND_FLAGS_DISPATCH_LEVEL);
    }
}

void traffic_receive(struct adapter *a, NET_BUFFER_LIST *nbls, uint32_t flags)
{
    struct callback cb;
    uint32_t n = 0;

    for (NET_BUFFER_LIST *l = nbls; l; l = l->Next) {
        const NET_BUFFER *nb = l->FirstNetBuffer;
        const MDL *mdl = nb->CurrentMdl;

        n += bench_is_ours((uint8_t *)MmGetMdlVirtualAddress(mdl) +
                           nb->CurrentMdlOffset, nb->DataLength);
    }
    if (!(flags & NDIS_RECEIVE_FLAGS_RESOURCES)) {
        callback_enter_quiet(&cb, "MiniportReturnNetBufferLists");
        host.miniport.ReturnNetBufferListsHandler(
            a->context, nbls,
            flags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL
            ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL : 0);
        callback_leave(&cb, 0);
    }
    pthread_mutex_lock(&bench.lock);
    bench.received += n;
    pthread_mutex_unlock(&bench.lock);
    send_what_can_go(NDIS_SEND_FLAGS_DISPATCH_LEVEL);
}

/* --- a turn ----------------------------------------------------------- */

static bool make_frames(uint32_t length)
{
    uint8_t *data;

    while (bench.idle) {
        NET_BUFFER_LIST *nbl = bench.idle;

        bench.idle = nbl->Next;
        nbl_frame_free(nbl);
    }
    for (bench.idles = 0; bench.idles < BENCH_WINDOW; bench.idles++) {
        NET_BUFFER_LIST *nbl = nbl_frame_new(&length, 1, 0, &data);

        if (!nbl) {
            return false;
        }
        bench_fill(data, length, host.adapter[0].mac);
        nbl->Next = bench.idle;
        bench.idle = nbl;
    }
    return true;
}

static bool run(uint32_t length, uint32_t frames)
{
    struct timespec at;
    int err = 0;

    if (!make_frames(length)) {
        return false;
    }
    bench.frames = frames / BENCH_BATCH * BENCH_BATCH;
    bench.sent = bench.received = 0;
    send_what_can_go(0);
    pthread_mutex_lock(&bench.lock);
    while (!is_over() && !err) {
        uint32_t before = bench.received;

        at = time_at(time_now() + LOST_NS);
        err = pthread_cond_timedwait(&bench.done, &bench.lock, &at);
        err = bench.received == before ? err : 0;
    }
    pthread_mutex_unlock(&bench.lock);
    return !err;
}

/* --- opening ---------------------------------------------------------- */

static bool start_driver(void)
{
    return host_install() == 0 && host_initialize(false) == 0 &&
           host_restart() == 0;
}

static bool open_leg(const char *address, char *err, size_t errlen)
{
    static struct vfio_device device;
    struct host_config config = {
        .sys_path = SYS, .adapters = 1, .device = { &device },
    };
    char *ids[PCI_HARDWARE_IDS];
    g_autoptr(GError) error = NULL;

    thread_mutex_init(&bench.lock);
    thread_cond_init(&bench.done);
    if (vfio_bind(address, err, errlen) ||
        vfio_open(&device, address, BENCH_ARENA, err, errlen)) {
        return false;
    }
    if (pci_hardware_ids(address, ids)) {
        snprintf(err, errlen, "no hardware ids");
        return false;
    }
    config.install[0] = inf_install(INF, (const char *const *)ids, &error);
    pci_hardware_ids_free(ids);
    if (!config.install[0]) {
        snprintf(err, errlen, "%s", error->message);
        return false;
    }
    if (host_open(&config) || !start_driver()) {
        snprintf(err, errlen, "%s", host_error() ? host_error()
                                                 : "the miniport failed");
        return false;
    }
    return true;
}

const struct bench_leg bench_ndis = {
    "rig-nic", NULL, RIG_NIC_VENDOR_ID, RIG_NIC_DEVICE_ID, open_leg, run,
};

const struct bench_leg bench_ndis_other = {
    "other", "0000:00:09.0", 0, 0, open_leg, run,
};
