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

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    NET_BUFFER_LIST *idle;      /* frames that can be sent */
    uint32_t idles;
    uint32_t wanted;            /* wake the sender when so many are idle ... */
    uint64_t received, awaited; /* ... and this number has come back */
} bench;

/* --- what the NDIS host calls ----------------------------------------- */

static void wake_if_ready(void)
{
    if (bench.idles >= bench.wanted && bench.received >= bench.awaited) {
        pthread_cond_signal(&bench.changed);
    }
}

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
    wake_if_ready();
    pthread_mutex_unlock(&bench.lock);
}

void traffic_receive(NET_BUFFER_LIST *nbls, uint32_t flags)
{
    struct callback cb;
    uint32_t n = 0;

    for (NET_BUFFER_LIST *l = nbls; l; l = l->Next) {
        const NET_BUFFER *nb = l->FirstNetBuffer;
        const MDL *mdl = nb->CurrentMdl;

        n += bench_is_ours((uint8_t *)MmGetMdlVirtualAddress(mdl) +
                           nb->CurrentMdlOffset, nb->DataLength);
    }
    pthread_mutex_lock(&bench.lock);
    bench.received += n;
    wake_if_ready();
    pthread_mutex_unlock(&bench.lock);
    if (!(flags & NDIS_RECEIVE_FLAGS_RESOURCES)) {
        callback_enter_quiet(&cb, "MiniportReturnNetBufferLists");
        host.miniport.ReturnNetBufferListsHandler(
            host.adapter_context, nbls,
            flags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL
            ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL : 0);
        callback_leave(&cb, 0);
    }
}

/* --- sending ---------------------------------------------------------- */

/* Wait for `idle` frames that can be sent and `received` that came back. */
static bool wait_for(uint32_t idle, uint64_t received)
{
    struct timespec at = time_at(time_now() + LOST_NS);
    int err = 0;

    bench.wanted = idle;
    bench.awaited = received;
    while (!err && (bench.idles < idle || bench.received < received)) {
        err = pthread_cond_timedwait(&bench.changed, &bench.lock, &at);
    }
    return !err;
}

static NET_BUFFER_LIST *take_idle(uint32_t n)
{
    NET_BUFFER_LIST *first = bench.idle, *last = first;

    for (uint32_t i = 1; i < n; i++) {
        last = last->Next;
    }
    bench.idle = last->Next;
    bench.idles -= n;
    last->Next = NULL;
    return first;
}

static bool send_batch(uint64_t sent, uint32_t n)
{
    uint64_t room = BENCH_WINDOW - n;
    NET_BUFFER_LIST *nbls = NULL;
    struct callback cb;

    pthread_mutex_lock(&bench.lock);
    if (wait_for(n, sent > room ? sent - room : 0)) {
        nbls = take_idle(n);
    }
    pthread_mutex_unlock(&bench.lock);
    if (!nbls) {
        return false;
    }
    callback_enter_quiet(&cb, "MiniportSendNetBufferLists");
    host.miniport.SendNetBufferListsHandler(host.adapter_context, nbls,
                                            NDIS_DEFAULT_PORT_NUMBER, 0);
    callback_leave(&cb, 0);
    return true;
}

static bool make_frames(uint32_t length)
{
    uint8_t *data;

    while (bench.idle) {
        nbl_frame_free(take_idle(1));
    }
    for (uint32_t i = 0; i < BENCH_WINDOW; i++) {
        NET_BUFFER_LIST *nbl = nbl_frame_new(&length, 1, 0, &data);

        if (!nbl) {
            return false;
        }
        bench_fill(data, length, host.mac);
        nbl->Next = bench.idle;
        bench.idle = nbl;
        bench.idles++;
    }
    return true;
}

static bool run(uint32_t length, uint32_t frames)
{
    bool good = make_frames(length);

    bench.received = 0;
    for (uint32_t sent = 0; good && sent < frames; sent += BENCH_BATCH) {
        good = send_batch(sent, BENCH_BATCH);
    }
    pthread_mutex_lock(&bench.lock);
    good = good && wait_for(BENCH_WINDOW, frames);
    pthread_mutex_unlock(&bench.lock);
    return good;
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
    struct host_config config = { .sys_path = SYS, .device = &device };
    char *ids[PCI_HARDWARE_IDS];
    g_autoptr(GError) error = NULL;

    thread_mutex_init(&bench.lock);
    thread_cond_init(&bench.changed);
    if (vfio_bind(address, err, errlen) ||
        vfio_open(&device, address, BENCH_ARENA, err, errlen)) {
        return false;
    }
    if (pci_hardware_ids(address, ids)) {
        snprintf(err, errlen, "no hardware ids");
        return false;
    }
    config.install = inf_install(INF, (const char *const *)ids, &error);
    pci_hardware_ids_free(ids);
    if (!config.install) {
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
    "rig-nic", RIG_NIC_VENDOR_ID, RIG_NIC_DEVICE_ID, open_leg, run,
};
