/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Traffic: the protocol driver above the miniport.
 *
 * It sends the test frames of rig/traffic.h to the reflector, in chains of one
 * to three lists and with MDL chains of several shapes, and compares every
 * byte that comes back. A frame that does not come back in time is missing,
 * which is for the caller to judge; nothing here waits without limit.
 */
#include <stdlib.h>
#include <string.h>
#include "ndis/contract.h"
#include "ndis/life.h"
#include "rig/traffic.h"

#define WINDOW       16u   /* frames sent and not yet back */
#define NO_PROGRESS  (2 * NSEC_PER_SEC)  /* then the rest is missing */
#define ETHER_HEADER 14u
#define BACKFILL     32u
#define HELD_MAX     2u    /* received lists that the protocol keeps */
#define HELD_TIME    1000000u  /* ns into the pause, then they go back */

static const uint8_t peer_mac[6] = RIG_PEER_MAC;

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct host_traffic t;
    const struct adapter *adapter; /* whose */
    bool active;
    uint8_t *seen;         /* per frame: came back */
    uint64_t failed;       /* sends completed with an error */
    uint64_t progress;     /* counts everything that happens */
    NET_BUFFER_LIST *held[HOST_ADAPTERS_MAX]; /* by adapter */
    unsigned n_held[HOST_ADAPTERS_MAX];
} traffic;

__attribute__((constructor)) static void traffic_init(void)
{
    thread_mutex_init(&traffic.lock);
    thread_cond_init(&traffic.changed);
}

bool traffic_outstanding(void)
{
    bool open;

    pthread_mutex_lock(&traffic.lock);
    open = traffic.adapter == current() &&
           traffic.t.sent > traffic.t.completed;
    pthread_mutex_unlock(&traffic.lock);
    return open;
}

static uint32_t frame_length(uint32_t n)
{
    return rig_frame_length(host.config.seed, n, traffic.t.min_length,
                            traffic.t.max_length);
}

/* --- sending ---------------------------------------------------------- */

/*
 * Shapes of the MDL chain: 0 all in one, 1 the Ethernet header by itself, 2
 * halves with unused bytes in front, 3 the Ethernet header behind unused
 * bytes. The data begins in the first MDL, as with the protocols of Windows: a
 * first MDL that is not used at all is legal, but there are drivers in the
 * field (virtio-win) that send other bytes then.
 */
static NET_BUFFER_LIST *make_frame(uint32_t n)
{
    uint32_t len = frame_length(n), length[FRAME_PIECES], offset = 0, done = 0;
    uint8_t buf[RIG_FRAME_MAX], *data[FRAME_PIECES];
    unsigned pieces = 2;
    NET_BUFFER_LIST *nbl;

    switch (n % 4) {
    case 0:
        pieces = 1;
        length[0] = len;
        break;
    case 1:
        length[0] = ETHER_HEADER;
        length[1] = len - ETHER_HEADER;
        break;
    case 2:
        offset = BACKFILL;
        length[0] = BACKFILL + len / 2;
        length[1] = len - len / 2;
        break;
    default:
        offset = BACKFILL;
        length[0] = BACKFILL + ETHER_HEADER;
        length[1] = len - ETHER_HEADER;
    }
    nbl = nbl_frame_new(length, pieces, offset, data);
    if (!nbl) {
        return NULL;
    }
    nbl->NetBufferListInfo[NetBufferListCancelId] = PROTOCOL_CANCEL_ID;
    rig_frame_fill(buf, len, host.config.seed, host.config.scenario,
                   host.config.cycle, n, peer_mac, current()->mac);
    for (unsigned i = 0; i < pieces; i++) {
        uint32_t skip = i == 0 ? offset : 0;

        memcpy(data[i] + skip, buf + done, length[i] - skip);
        done += length[i] - skip;
    }
    return nbl;
}

/* Send `count` frames from n on in one call; frames handed over. */
static uint32_t send_chain(uint32_t n, uint32_t count)
{
    NET_BUFFER_LIST *first = NULL, **link = &first;
    struct callback cb;
    uint32_t made = 0;

    while (made < count && (*link = make_frame(n + made))) {
        link = &(*link)->Next;
        made++;
    }
    if (made) {
        pthread_mutex_lock(&traffic.lock);
        traffic.t.sent += made;
        pthread_mutex_unlock(&traffic.lock);
        callback_enter_value(&cb, "MiniportSendNetBufferLists", made);
        host.miniport.SendNetBufferListsHandler(current()->context, first,
                                                NDIS_DEFAULT_PORT_NUMBER, 0);
        callback_leave(&cb, 0);
    }
    return made;
}

void traffic_send_complete(NET_BUFFER_LIST *nbls)
{
    NET_BUFFER_LIST *next;

    for (; nbls; nbls = next) {
        bool ok = nbls->Status == NDIS_STATUS_SUCCESS;

        next = nbls->Next;
        pthread_mutex_lock(&traffic.lock);
        traffic.t.completed++;
        traffic.failed += !ok;
        traffic.progress++;
        pthread_cond_broadcast(&traffic.changed);
        pthread_mutex_unlock(&traffic.lock);
        nbl_frame_free(nbls);
    }
}

/* --- receiving -------------------------------------------------------- */

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/* Is it one of ours, and byte for byte right? */
static void check_frame(const uint8_t *frame, uint32_t len)
{
    uint8_t want[RIG_FRAME_MAX];
    uint32_t n;

    if (len < RIG_FRAME_HEADER || frame[12] != RIG_ETHERTYPE >> 8 ||
        frame[13] != (RIG_ETHERTYPE & 0xff) ||
        memcmp(frame + 6, peer_mac, 6) != 0) {
        return;  /* somebody else's */
    }
    n = get32(frame + 22);
    traffic.progress++;
    if (n >= traffic.t.sent || len != frame_length(n) || traffic.seen[n]) {
        traffic.t.wrong++;
        return;
    }
    rig_frame_fill(want, len, host.config.seed, host.config.scenario,
                   host.config.cycle, n, current()->mac, peer_mac);
    traffic.seen[n] = 1;
    traffic.t.received++;
    if (memcmp(frame, want, len) != 0) {
        traffic.t.wrong++;
    }
}

static void give_back(struct adapter *a, NET_BUFFER_LIST *nbls, ULONG flags)
{
    struct callback cb;

    callback_enter_quiet(&cb, "MiniportReturnNetBufferLists");
    host.miniport.ReturnNetBufferListsHandler(a->context, nbls, flags);
    callback_leave(&cb, 0);
}

/*
 * Keep the last list of a chain if few are kept; what is left of the chain.
 * Called with the lock.
 */
static NET_BUFFER_LIST *keep_last(const struct adapter *a,
                                  NET_BUFFER_LIST *nbls)
{
    NET_BUFFER_LIST **link = &nbls;

    if (!nbls || traffic.n_held[a->number] >= HELD_MAX) {
        return nbls;
    }
    while ((*link)->Next) {
        link = &(*link)->Next;
    }
    (*link)->Next = traffic.held[a->number];
    traffic.held[a->number] = *link;
    traffic.n_held[a->number]++;
    *link = NULL;
    return nbls;
}

static void return_held(struct adapter *a, ULONG flags)
{
    NET_BUFFER_LIST *nbls;

    pthread_mutex_lock(&traffic.lock);
    nbls = traffic.held[a->number];
    traffic.held[a->number] = NULL;
    traffic.n_held[a->number] = 0;
    pthread_mutex_unlock(&traffic.lock);
    if (nbls) {
        give_back(a, nbls, flags);
    }
}

static void return_late(struct host_timer *timer)
{
    return_held(timer->adapter, NDIS_RETURN_FLAGS_DISPATCH_LEVEL);
}

void traffic_pausing(void)
{
    struct adapter *a = current();
    struct host_timer timer = {
        .key = &traffic.held[a->number],
        .due = time_now() + HELD_TIME,
        .run = return_late,
    };

    if (traffic.held[a->number]) {
        timer_set(&timer);
    }
}

/* A miniport that is paused has got everything back: MINIPORT_PAUSE. */
void traffic_paused(void)
{
    struct adapter *a = current();

    timer_cancel(&traffic.held[a->number]);
    if (traffic.held[a->number]) {
        contract_broken_at(0, "paused-with-receives-outstanding", 0,
                           traffic.n_held[a->number], 0,
                           "MiniportPause: %u received lists were not back",
                           traffic.n_held[a->number]);
        return_held(a, 0);
    }
}

/*
 * Lists without the RESOURCES flag are lent. Most go back at once, a few when
 * the miniport is paused: it has to wait for them.
 */
void traffic_receive(struct adapter *adapter, NET_BUFFER_LIST *nbls,
                     uint32_t flags)
{
    uint8_t frame[RIG_FRAME_MAX];
    bool lent = !(flags & NDIS_RECEIVE_FLAGS_RESOURCES);

    adapter = adapter ? adapter : current();
    pthread_mutex_lock(&traffic.lock);
    for (NET_BUFFER_LIST *l = nbls;
         l && traffic.active && traffic.adapter == adapter; l = l->Next) {
        for (NET_BUFFER *nb = l->FirstNetBuffer; nb; nb = nb->Next) {
            if (nb->DataLength <= sizeof(frame)) {
                check_frame(frame, nbl_copy_data(nb, frame, sizeof(frame)));
            }
        }
    }
    if (lent && traffic.active && traffic.adapter == adapter) {
        nbls = keep_last(adapter, nbls);
    }
    pthread_cond_broadcast(&traffic.changed);
    pthread_mutex_unlock(&traffic.lock);
    if (nbls && lent) {
        give_back(adapter, nbls, flags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL
                  ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL : 0);
    }
}

/* --- the step --------------------------------------------------------- */

/*
 * Wait until at most `open` frames are on their way; false: nothing happened
 * for too long.
 */
static bool wait_for(uint64_t open)
{
    bool ok = true;

    pthread_mutex_lock(&traffic.lock);
    while (ok && (traffic.t.sent - traffic.t.completed > open ||
                  traffic.t.sent - traffic.t.received > open)) {
        uint64_t before = traffic.progress;
        struct timespec at = time_at(time_now() + NO_PROGRESS);
        int err = 0;

        while (traffic.progress == before && !err) {
            err = pthread_cond_timedwait(&traffic.changed, &traffic.lock,
                                         &at);
        }
        ok = !err;
    }
    pthread_mutex_unlock(&traffic.lock);
    return ok;
}

static void run(uint32_t frames)
{
    for (uint32_t n = 0; n < frames; ) {
        uint32_t count = 1 + n % 3, made;

        count = count < frames - n ? count : frames - n;
        if (!wait_for(WINDOW - count)) {
            return;
        }
        made = send_chain(n, count);
        if (made == 0) {
            marker_note("no memory for more frames");
            return;
        }
        n += made;
    }
    wait_for(0);
}

static void report(void)
{
    struct rig_marker m;

    marker_prepare(&m, RIG_MK_TRAFFIC, NULL);
    m.arg[0] = traffic.t.sent;
    m.arg[1] = traffic.t.completed;
    m.arg[2] = traffic.t.received;
    m.arg[3] = traffic.t.wrong;
    m.status = traffic.failed;
    marker_emit(&m);
}

uint32_t host_traffic(struct host_traffic *t)
{
    uint32_t mtu = current()->general.MtuSize + ETHER_HEADER;

    if (host_faults_bad()) {
        return HOST_FAILED;
    }
    if (!current()->running) {
        return host_set_error(HOST_SKIPPED, "%s", current()->initialized
                              ? "the adapter is not running"
                              : life_why_halted());
    }
    if (t->min_length < RIG_FRAME_HEADER || t->min_length > t->max_length ||
        t->max_length > RIG_FRAME_MAX || t->max_length > mtu) {
        return host_set_error(HOST_REFUSED, "frames of %u to %u bytes are not "
                              "possible: the limits are %u and %u",
                              t->min_length, t->max_length, RIG_FRAME_HEADER,
                              mtu < RIG_FRAME_MAX ? mtu : RIG_FRAME_MAX);
    }
    t->sent = t->completed = t->received = t->wrong = 0;
    pthread_mutex_lock(&traffic.lock);
    free(traffic.seen);
    traffic.seen = calloc(t->frames ? t->frames : 1, 1);
    traffic.t = *t;
    traffic.failed = 0;
    traffic.adapter = current();
    traffic.active = traffic.seen;
    pthread_mutex_unlock(&traffic.lock);
    if (!traffic.seen) {
        return host_set_error(HOST_FAILED, "no memory for %u frames",
                              t->frames);
    }
    run(t->frames);
    pthread_mutex_lock(&traffic.lock);
    traffic.active = false;
    *t = traffic.t;
    pthread_mutex_unlock(&traffic.lock);
    report();
    return 0;
}
