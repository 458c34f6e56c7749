/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rig-reflector: a link partner that sends every unicast frame back.
 *
 * It is a host at the other end of the cable, without a guest of its own: a
 * network client that sits on a hub port. A frame that comes in waits for
 * `latency-us` of virtual time and goes back with its addresses swapped, from
 * the reflector's own MAC; a UDP datagram over IPv4 also with its IP addresses and
 * ports swapped, so that the sender's own IP takes it for an echo (RFC 862).
 * Frames keep their order, none is lost: when `queue`
 * frames wait, no more are accepted, and the hub holds the sender up; when the
 * receiver holds us up, the frame stays here. Nothing depends on host time.
 */
#include "qemu/osdep.h"
#include "hw/qdev-core.h"
#include "hw/qdev-properties.h"
#include "hw/resettable.h"
#include "migration/vmstate.h"
#include "net/eth.h"
#include "net/net.h"
#include "qapi/error.h"
#include "qemu/iov.h"
#include "qemu/module.h"
#include "qemu/queue.h"
#include "qemu/timer.h"
#include "qom/object.h"
#include "rig/traffic.h"
#include "system/reset.h"
#include "system/runstate.h"
#include "trace.h"

#define TYPE_RIG_REFLECTOR "rig-reflector"
OBJECT_DECLARE_SIMPLE_TYPE(RigReflector, RIG_REFLECTOR)

#define QUEUE_MAX      65536   /* frames */
#define LATENCY_MAX_US 1000000

typedef struct Frame {
    QTAILQ_ENTRY(Frame) next;
    int64_t due_ns; /* QEMU_CLOCK_VIRTUAL */
    uint32_t length;
    uint8_t *data;
} Frame;

struct RigReflector {
    DeviceState parent_obj;

    NICConf conf;
    NICState *nic;
    VMChangeStateEntry *vm_state;
    uint32_t latency_us;
    uint32_t queue;     /* frames that may wait */

    QTAILQ_HEAD(, Frame) frames;
    uint32_t waiting;   /* length of `frames` */
    QEMUTimer timer;    /* when the first frame is due */
    bool blocked;       /* the first frame is with the receiver's queue */
    bool full;          /* we refused a frame */
};

static void drop_first(RigReflector *s)
{
    Frame *f = QTAILQ_FIRST(&s->frames);

    QTAILQ_REMOVE(&s->frames, f, next);
    s->waiting--;
    g_free(f->data);
    g_free(f);
}

static void arm(RigReflector *s)
{
    Frame *f = QTAILQ_FIRST(&s->frames);

    if (s->blocked) {
        return;
    }
    if (f) {
        timer_mod(&s->timer, f->due_ns);
    } else if (s->full) {
        timer_mod(&s->timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));
    }
}

/* The receiver took the first frame; or (0) it was thrown back to us. */
static void sent(NetClientState *nc, ssize_t result)
{
    RigReflector *s = qemu_get_nic_opaque(nc);

    s->blocked = false;
    if (result != 0) {
        drop_first(s);
    }
    arm(s);
}

static void send_due(void *opaque)
{
    RigReflector *s = opaque;
    NetClientState *nc = qemu_get_queue(s->nic);
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    Frame *f;

    while ((f = QTAILQ_FIRST(&s->frames)) && f->due_ns <= now) {
        trace_rig_reflector_out(f->length, s->waiting);
        if (qemu_send_packet_async(nc, f->data, f->length, sent) == 0) {
            trace_rig_reflector_blocked(f->length);
            s->blocked = true;
            break;
        }
        drop_first(s);
    }
    if (s->full && s->waiting < s->queue) {
        s->full = false;
        qemu_flush_queued_packets(nc);
    }
    arm(s);
}

static bool reflector_can_receive(NetClientState *nc)
{
    RigReflector *s = qemu_get_nic_opaque(nc);

    if (s->waiting >= s->queue) {
        s->full = true;
    }
    return !s->full;
}

/* Only what one station sends to one other station has an answer. */
static bool has_answer(const uint8_t *header, size_t length)
{
    const uint8_t *to = header, *from = header + ETH_ALEN;

    return length >= ETH_HLEN && length <= RIG_FRAME_MAX &&
           !is_multicast_ether_addr(to) && !is_multicast_ether_addr(from) &&
           memcmp(to, from, ETH_ALEN) != 0;
}

static void swap_bytes(uint8_t *a, uint8_t *b, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        uint8_t x = a[i];

        a[i] = b[i];
        b[i] = x;
    }
}

/*
 * Of UDP over IPv4: from whom it is to whom. Its checksums stay right: they are
 * sums, and what is added up is the same (RFC 1071, section 2).
 */
static void turn_udp(uint8_t *frame, size_t length)
{
    const struct ip_header *ip = (struct ip_header *)(frame + ETH_HLEN);
    uint8_t *addresses = frame + ETH_HLEN + offsetof(struct ip_header, ip_src);
    size_t header;

    if (length < ETH_HLEN + sizeof(*ip) ||
        lduw_be_p(frame + 2 * ETH_ALEN) != ETH_P_IP ||
        IP_HEADER_VERSION(ip) != IP_HEADER_VERSION_4 ||
        ip->ip_p != IP_PROTO_UDP) {
        return;
    }
    header = (ip->ip_ver_len & 0xf) * 4;
    swap_bytes(addresses, addresses + 4, 4);
    if (!(lduw_be_p(&ip->ip_off) & IP_OFFMASK) &&
        header >= sizeof(*ip) && length >= ETH_HLEN + header + 4) {
        uint8_t *ports = frame + ETH_HLEN + header;

        swap_bytes(ports, ports + 2, 2);
    }
}

static ssize_t reflector_receive(NetClientState *nc, const struct iovec *iov,
                                 int count)
{
    RigReflector *s = qemu_get_nic_opaque(nc);
    size_t length = iov_size(iov, count);
    uint8_t header[ETH_HLEN] = { 0 };
    Frame *f;

    iov_to_buf(iov, count, 0, header, sizeof(header));
    if (!has_answer(header, length)) {
        trace_rig_reflector_ignored(length);
        return length;
    }
    f = g_new0(Frame, 1);
    f->due_ns = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                (int64_t)s->latency_us * SCALE_US;
    f->length = length;
    f->data = g_malloc(length);
    iov_to_buf(iov, count, 0, f->data, length);
    memcpy(f->data, header + ETH_ALEN, ETH_ALEN);
    memcpy(f->data + ETH_ALEN, s->conf.macaddr.a, ETH_ALEN);
    turn_udp(f->data, length);
    QTAILQ_INSERT_TAIL(&s->frames, f, next);
    s->waiting++;
    trace_rig_reflector_in(length, s->waiting);
    if (s->waiting == 1) {
        arm(s);
    }
    return length;
}

static NetClientInfo reflector_net_info = {
    .type = NET_CLIENT_DRIVER_NIC,
    .size = sizeof(NICState),
    .can_receive = reflector_can_receive,
    .receive_iov = reflector_receive,
};

/*
 * While the VM stops, a frame that waits for the receiver would be passed on
 * and lost: take it back, it is sent again when the VM runs.
 */
static void vm_state_changed(void *opaque, bool running, RunState state)
{
    RigReflector *s = opaque;

    if (!running) {
        qemu_purge_queued_packets(qemu_get_queue(s->nic));
    }
}

static void reflector_realize(DeviceState *dev, Error **errp)
{
    RigReflector *s = RIG_REFLECTOR(dev);
    static const MACAddr none, peer = { RIG_PEER_MAC };

    if (!s->conf.peers.ncs[0]) {
        error_setg(errp, "netdev is missing: give the id of a hubport");
        return;
    }
    if (s->latency_us > LATENCY_MAX_US) {
        error_setg(errp, "latency-us=%u is more than %d", s->latency_us,
                   LATENCY_MAX_US);
        return;
    }
    if (s->queue < 1 || s->queue > QUEUE_MAX) {
        error_setg(errp, "queue=%u is not in 1..%d", s->queue, QUEUE_MAX);
        return;
    }
    if (!memcmp(&s->conf.macaddr, &none, sizeof(none))) {
        s->conf.macaddr = peer;
    }
    timer_init_ns(&s->timer, QEMU_CLOCK_VIRTUAL, send_due, s);
    s->nic = qemu_new_nic(&reflector_net_info, &s->conf, TYPE_RIG_REFLECTOR,
                          dev->id, &dev->mem_reentrancy_guard, s);
    qemu_format_nic_info_str(qemu_get_queue(s->nic), s->conf.macaddr.a);
    s->vm_state = qdev_add_vm_change_state_handler(dev, vm_state_changed, s);
    qemu_register_resettable(OBJECT(dev));
}

static void drop_all(RigReflector *s)
{
    qemu_purge_queued_packets(qemu_get_queue(s->nic));
    timer_del(&s->timer);
    while (s->waiting) {
        drop_first(s);
    }
    s->blocked = false;
}

static void reflector_unrealize(DeviceState *dev)
{
    RigReflector *s = RIG_REFLECTOR(dev);

    qemu_unregister_resettable(OBJECT(dev));
    qemu_del_vm_change_state_handler(s->vm_state);
    drop_all(s);
    qemu_del_nic(s->nic);
}

static void reset_hold(Object *obj, ResetType type)
{
    drop_all(RIG_REFLECTOR(obj));
}

static void reset_exit(Object *obj, ResetType type)
{
    RigReflector *s = RIG_REFLECTOR(obj);

    s->full = false;
    qemu_flush_queued_packets(qemu_get_queue(s->nic));
}

static int pre_load(void *opaque)
{
    drop_all(opaque);
    return 0;
}

static int post_load(void *opaque, int version)
{
    RigReflector *s = opaque;
    uint32_t count = 0;
    Frame *f;

    QTAILQ_FOREACH(f, &s->frames, next) {
        count++;
    }
    s->waiting = count;
    s->full = false;
    arm(s);
    return 0;
}

static bool frame_length_valid(void *opaque, int version)
{
    Frame *f = opaque;

    return f->length >= ETH_HLEN && f->length <= RIG_FRAME_MAX;
}

static const VMStateDescription vmstate_frame = {
    .name = "rig-reflector/frame",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_INT64(due_ns, Frame),
        VMSTATE_UINT32(length, Frame),
        VMSTATE_VALIDATE("length in range", frame_length_valid),
        VMSTATE_VBUFFER_ALLOC_UINT32(data, Frame, 1, NULL, length),
        VMSTATE_END_OF_LIST()
    }
};

static const VMStateDescription vmstate_rig_reflector = {
    .name = TYPE_RIG_REFLECTOR,
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_load = pre_load,
    .post_load = post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_QTAILQ_V(frames, RigReflector, 1, vmstate_frame, Frame, next),
        VMSTATE_END_OF_LIST()
    }
};

static const Property reflector_properties[] = {
    DEFINE_NIC_PROPERTIES(RigReflector, conf),
    DEFINE_PROP_UINT32("latency-us", RigReflector, latency_us, 10),
    DEFINE_PROP_UINT32("queue", RigReflector, queue, 4096),
};

static void reflector_init(Object *obj)
{
    QTAILQ_INIT(&RIG_REFLECTOR(obj)->frames);
}

static void reflector_class_init(ObjectClass *class, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(class);
    ResettableClass *rc = RESETTABLE_CLASS(class);

    dc->realize = reflector_realize;
    dc->unrealize = reflector_unrealize;
    dc->desc = "link partner that sends frames back";
    dc->vmsd = &vmstate_rig_reflector;
    dc->hotpluggable = false;
    rc->phases.hold = reset_hold;
    rc->phases.exit = reset_exit;
    device_class_set_props(dc, reflector_properties);
    object_class_property_set_description(class, "latency-us",
        "virtual time until a frame goes back, 0..1000000 us");
    object_class_property_set_description(class, "queue",
        "frames that may wait at a time, 1..65536");
    set_bit(DEVICE_CATEGORY_NETWORK, dc->categories);
}

static const TypeInfo reflector_types[] = {
    {
        .name = TYPE_RIG_REFLECTOR,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(RigReflector),
        .instance_init = reflector_init,
        .class_init = reflector_class_init,
    },
};

DEFINE_TYPES(reflector_types)
