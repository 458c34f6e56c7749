/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qtests of rig-tap's stream: readers that stop, go and come back, a chardev
 * that fails, more interrupts than runs, targets without capabilities, and
 * what a snapshot does to all of it.
 */
#include "qemu/osdep.h"
#include "hw/pci/pci_regs.h"
#include "qemu/bswap.h"
#include "rig-machine.h"

#define BUFFER 65536

/* --- a reader of our own -------------------------------------------------- */

typedef struct Socket {
    char *dir, *path, *args;
} Socket;

/* A chardev "events" that waits for readers, and a tap with a small buffer. */
static Socket new_socket(unsigned stall_ms)
{
    Socket s = { .dir = g_dir_make_tmp("rig-tap-XXXXXX", NULL) };

    s.path = g_strdup_printf("%s/events", s.dir);
    s.args = g_strdup_printf("-chardev socket,id=events,path=%s,server=on,"
        "wait=off -global rig-tap.buffer=%d -global rig-tap.stall-ms=%u "
        RIG_NIC_ALONE, s.path, BUFFER, stall_ms);
    return s;
}

static void free_socket(Socket *s)
{
    unlink(s->path); /* QEMU may have done so */
    g_assert_cmpint(rmdir(s->dir), ==, 0);
    g_free(s->dir);
    g_free(s->path);
    g_free(s->args);
}

static gpointer read_all(gpointer opaque)
{
    GByteArray *bytes = g_byte_array_new();
    int fd = GPOINTER_TO_INT(opaque);
    uint8_t buf[65536];
    ssize_t n;

    while ((n = read(fd, buf, sizeof(buf))) > 0) {
        g_byte_array_append(bytes, buf, n);
    }
    close(fd);
    return bytes;
}

/* Ends the machine while `fd` is read to the end. */
static void end_and_read(RigMachine *m, int fd)
{
    GThread *reader = g_thread_new("reader", read_all, GINT_TO_POINTER(fd));
    GByteArray *bytes;

    rig_machine_end(m);
    bytes = g_thread_join(reader);
    m->size = bytes->len;
    m->stream = (char *)g_byte_array_free(bytes, FALSE);
}

static void flood(RigMachine *m, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        qpci_io_writel(m->tap, m->regs, RIG_TAP_REG_MARKER, 0);
    }
}

/* --- readers -------------------------------------------------------------- */

/*
 * The reader is there but never reads: the machine waits once, then it goes
 * on, memory stays as it is, and what did not fit is counted.
 */
static void test_stalled_reader(void)
{
    enum { FLOOD = 30000 };
    Socket s = new_socket(200);
    RigMachine *m = rig_machine_start_chardev("nic0", s.args);
    int fd = rig_connect(s.path);
    const struct rig_record *r;
    uint64_t lost, before, kept = 0, reported = 0;

    rig_mark(m, "begin");
    flood(m, 10000); /* more than the socket and the buffer take */
    g_assert_cmpuint(rig_tap_property(m->qts, "waits"), ==, 1);
    before = rig_resident_kib(m->qts);
    flood(m, FLOOD - 10000);
    g_assert_cmpuint(rig_tap_property(m->qts, "waits"), ==, 1);
    g_assert_cmpuint(rig_resident_kib(m->qts), <, before + 1024);
    lost = rig_tap_property(m->qts, "lost");
    g_assert_cmpuint(lost, >, FLOOD / 2);
    end_and_read(m, fd);

    rig_skip_to(m, "begin");
    for (r = rig_next(m); r; r = rig_next(m)) {
        if (r->type == RIG_EV_LOST) {
            reported += ((const struct rig_ev_lost *)(r + 1))->count;
        } else {
            kept++;
        }
    }
    g_assert_cmpuint(kept + reported, ==, FLOOD + 1); /* and END */
    g_assert_cmpuint(reported, >=, lost);
    rig_machine_free(m);
    free_socket(&s);
}

/* One reader goes; what is recorded until the next comes waits for it. */
static void test_reader_comes_back(void)
{
    Socket s = new_socket(200);
    RigMachine *m = rig_machine_start_chardev("nic0", s.args);
    struct rig_record first;
    int fd;

    fd = rig_connect(s.path);
    rig_mark(m, "to the first");
    g_assert_cmpint(recv(fd, &first, sizeof(first), MSG_WAITALL), ==,
                    sizeof(first));
    g_assert_cmpuint(first.type, ==, RIG_EV_HELLO);
    flood(m, 2000); /* QEMU is in the middle of a write */
    close(fd);
    rig_mark(m, "nobody is there");
    flood(m, 10);
    fd = rig_connect(s.path);
    rig_mark(m, "to the second");
    end_and_read(m, fd);

    /* The second stream goes on where the first was cut off. */
    g_assert_cmpuint(m->size, >, 0);
    g_assert_nonnull(memmem(m->stream, m->size, "to the second", 13));
    g_assert_cmpmem(m->stream + m->size - sizeof(struct rig_record) + 4, 2,
                    &(uint16_t){ RIG_EV_END }, 2);
    rig_machine_free(m);
    free_socket(&s);
}

/* A disk that is full costs the stream, not the machine. */
static void test_chardev_fails(void)
{
    RigMachine *m = rig_machine_start_chardev("nic0",
        "-chardev file,id=events,path=/dev/full "
        "-global rig-tap.buffer=4k " RIG_NIC_ALONE);

    rig_mark(m, "begin");
    flood(m, 10000);
    g_assert_cmpuint(rig_tap_property(m->qts, "lost"), >, 9000);
    g_assert_cmphex(qpci_io_readl(m->tap, m->regs, RIG_TAP_REG_ID), ==,
                    RIG_TAP_ID);
    rig_machine_end(m);
    rig_machine_free(m);
}

/* --- records -------------------------------------------------------------- */

/* More kinds of interrupts than runs are kept open: all are counted. */
static void test_many_vectors(void)
{
    enum { VECTORS = 64, ROUNDS = 3 };
    RigMachine *m = rig_machine_start("nic0;nic1", "-device rig-nic,id=nic0,"
        "addr=2.0,vectors=64 -device rig-nic,id=nic1,addr=4.0 ");
    RigSource s = rig_source(m, RIG_NIC_DEVFN);
    RigSource other = rig_source(m, QPCI_DEVFN(4, 0));
    unsigned count[2][VECTORS] = { { 0 } };
    const struct rig_record *r;

    rig_msix_control(&s.f, 0, PCI_MSIX_FLAGS_ENABLE);
    rig_msix_control(&other.f, 0, PCI_MSIX_FLAGS_ENABLE);
    rig_mark(m, "begin");
    for (unsigned i = 0; i < ROUNDS * VECTORS; i++) {
        rig_source_write(&s, RIG_NIC_IVAR(0),
                         RIG_NIC_IVAR_VALID | i % VECTORS);
        rig_raise(&s, 0);
        rig_raise(&other, i % 4);
    }
    rig_function_free(&s.f);
    rig_function_free(&other.f);
    rig_machine_end(m);

    rig_skip_to(m, "begin");
    for (r = rig_next(m); r->type == RIG_EV_RAISED; r = rig_next(m)) {
        const struct rig_ev_raised *e = (const void *)(r + 1);

        g_assert_cmpuint(e->target, <, 2);
        g_assert_cmpuint(e->vector, <, VECTORS);
        g_assert_cmpuint(e->outcome, ==, RIG_RAISED_PENDED);
        count[e->target][e->vector] += e->count;
    }
    g_assert_cmpuint(r->type, ==, RIG_EV_END);
    for (unsigned v = 0; v < VECTORS; v++) {
        g_assert_cmpuint(count[0][v], ==, ROUNDS);
        g_assert_cmpuint(count[1][v], ==,
                         v < 4 ? ROUNDS * VECTORS / 4 : 0);
    }
    rig_machine_free(m);
}

/* A target may have no capability at all: another tap. */
static void test_plain_target(void)
{
    RigMachine *m = rig_machine_start("tap1", "-chardev null,id=other "
        RIG_NIC_ALONE
        "-device rig-tap,id=tap1,watch=nic0,chardev=other,addr=6.0 "
        "-d guest_errors -D /dev/null");
    QPCIDevice *dev = qpci_device_find(m->bus, QPCI_DEVFN(6, 0));
    struct rig_command link = { .op = RIG_CMD_LINK };
    const struct rig_ev_target *t;
    const struct rig_ev_config *c;

    rig_mark(m, "begin");
    qpci_config_writew(dev, PCI_COMMAND, 2);
    qpci_config_writew(dev, 0x50, 0xffff);
    g_assert_cmpint(rig_run_command(m, &link), ==, -ENOTSUP);
    qpci_io_writel(m->tap, m->regs, RIG_TAP_REG_MARKER, 99);
    g_free(dev);
    rig_machine_end(m);

    rig_expect(m, RIG_EV_HELLO);
    t = rig_expect(m, RIG_EV_TARGET);
    g_assert_cmpuint(t->vectors, ==, 0);
    g_assert_cmphex(t->msix_cap, ==, 0);
    g_assert_cmphex(t->pm_cap, ==, 0);
    rig_skip_to(m, "begin");
    c = rig_expect(m, RIG_EV_CONFIG);
    g_assert_cmphex(c->what, ==, RIG_CONFIG_COMMAND);
    rig_expect_state(m, 0, 2, 0);
    rig_expect(m, RIG_EV_COMMAND);
    rig_expect(m, RIG_EV_END);
    rig_machine_free(m);
}

/* Only bridges above the target are the target's business. */
static void test_other_bridge(void)
{
    RigMachine *m = rig_machine_start("nic0", RIG_NIC_ALONE
        "-device pcie-root-port,id=rp,addr=3.0,chassis=1");
    QPCIDevice *port = qpci_device_find(m->bus, QPCI_DEVFN(3, 0));

    rig_mark(m, "begin");
    qpci_config_writew(port, PCI_BRIDGE_CONTROL, PCI_BRIDGE_CTL_BUS_RESET);
    qpci_config_writew(port, PCI_BRIDGE_CONTROL, 0);
    g_free(port);
    rig_machine_end(m);

    rig_skip_to(m, "begin");
    rig_expect(m, RIG_EV_END);
    rig_machine_free(m);
}

/* --- DMA into the tap ----------------------------------------------------- */

/*
 * A message of the target goes to the tap's own register. A marker is a
 * marker; a command that would act on the target in the middle of what it
 * does is refused.
 */
static void test_message_to_the_tap(void)
{
    RigMachine *m = rig_machine_start("nic0", RIG_NIC_ALONE);
    RigSource s = rig_source(m, RIG_NIC_DEVFN);
    uint64_t regs = qpci_config_readl(m->tap, PCI_BASE_ADDRESS_0) & ~0xf;
    struct rig_command link = { .op = RIG_CMD_LINK };
    const struct rig_ev_command *c;

    rig_mark(m, "begin");
    qpci_memwrite(m->tap, m->slots, 1 * RIG_TAP_SLOT_SIZE, &link,
                  sizeof(link));
    rig_msix_write(&s.f, 0, 0, regs + RIG_TAP_REG_MARKER);
    rig_msix_write(&s.f, 0, 2, 0);
    rig_msix_write(&s.f, 0, RIG_VECTOR_CONTROL, 0);
    rig_msix_write(&s.f, 1, 0, regs + RIG_TAP_REG_COMMAND);
    rig_msix_write(&s.f, 1, 2, 1);
    rig_msix_write(&s.f, 1, RIG_VECTOR_CONTROL, 0);
    rig_msix_control(&s.f, 0, PCI_MSIX_FLAGS_ENABLE);
    rig_mark(m, "messages");
    rig_raise(&s, 0);
    rig_raise(&s, 1);
    rig_function_free(&s.f);
    rig_machine_end(m);

    rig_skip_to(m, "messages");
    rig_expect_raised(m, 0, 0, RIG_RAISED_SENT, 1);
    rig_expect_marker(m, "messages"); /* still in slot 0 */
    rig_expect_raised(m, 0, 1, RIG_RAISED_SENT, 1);
    c = rig_expect(m, RIG_EV_COMMAND);
    g_assert_cmpint(c->result, ==, -EBUSY);
    rig_expect(m, RIG_EV_END);
    rig_machine_free(m);
}

/* --- snapshots ------------------------------------------------------------ */

/*
 * Interrupts are being counted when the machine is saved; the first thing that
 * happens after the restore is the next interrupt. None is lost, none twice.
 */
static void test_restore_between_interrupts(void)
{
    g_autofree char *dir = g_dir_make_tmp("rig-tap-XXXXXX", NULL);
    g_autofree char *uri = g_strdup_printf("file:%s/state", dir);
    RigMachine *from = rig_machine_start("nic0", RIG_NIC_ALONE), *to;
    RigSource s = rig_source(from, RIG_NIC_DEVFN);
    RigSource again = s;
    const struct rig_record *r;
    const struct rig_ev_raised *raised;

    rig_msix_control(&s.f, 0, PCI_MSIX_FLAGS_ENABLE);
    rig_mark(from, "begin");
    for (unsigned i = 0; i < 3; i++) {
        rig_raise(&s, 0);
    }
    qtest_qmp_assert_success(from->qts, "{ 'execute': 'migrate', "
                             "'arguments': { 'uri': %s } }", uri);
    rig_wait_for_status(from->qts, "query-migrate", "completed");
    to = rig_machine_start("nic0", RIG_NIC_ALONE "-incoming defer");
    qtest_qmp_assert_success(to->qts, "{ 'execute': 'migrate-incoming', "
                             "'arguments': { 'uri': %s } }", uri);
    rig_wait_for_status(to->qts, "query-status", "running");
    /* The same device; its driver goes on as if nothing had been, and so does
       the clock, which in qtest is not part of what is saved. */
    qtest_clock_step(to->qts, 20 * 1000 * 1000);
    again.f.dev = qpci_device_find(to->bus, RIG_NIC_DEVFN);
    for (unsigned i = 0; i < 2; i++) {
        rig_raise(&again, 0);
    }
    /* The source's BARs are the destination's, too. */
    qtest_writel(to->qts, from->regs.addr + RIG_TAP_REG_END, RIG_TAP_END_KEY);
    g_free(again.f.dev);
    rig_function_free(&s.f);
    rig_machine_quit(from);
    rig_machine_quit(to);

    rig_skip_to(from, "begin");
    raised = rig_expect(from, RIG_EV_RAISED);
    g_assert_cmpuint(raised->count, ==, 3);
    g_assert_null(rig_next(from));
    rig_expect(to, RIG_EV_HELLO);
    rig_expect(to, RIG_EV_TARGET);
    rig_expect(to, RIG_EV_STATE);
    to->seq = from->seq;
    r = (const struct rig_record *)(to->stream + to->offset);
    to->seq = r->seq;
    rig_expect(to, RIG_EV_EPOCH);
    for (r = rig_next(to); r->type != RIG_EV_RAISED; r = rig_next(to)) {
        continue; /* the restored state */
    }
    raised = (const struct rig_ev_raised *)(r + 1);
    g_assert_cmpuint(raised->outcome, ==, RIG_RAISED_PENDED);
    g_assert_cmpuint(raised->count, ==, 2);
    rig_expect(to, RIG_EV_END);
    rig_machine_free(from);
    rig_machine_free(to);
    unlink(uri + strlen("file:"));
    g_assert_cmpint(rmdir(dir), ==, 0);
}

/* --- stopping at a record -------------------------------------------------- */

static void set_stop_at(QTestState *qts, uint64_t seq)
{
    qtest_qmp_assert_success(qts, "{ 'execute': 'qom-set', 'arguments': {"
                             " 'path': '/machine/peripheral/tap',"
                             " 'property': 'stop-at', 'value': %" PRIu64
                             " } }", seq);
}

/* The VM stops behind that record, not before it, and goes on when it may. */
static void test_stop_at(void)
{
    RigMachine *m = rig_machine_start("nic0", RIG_NIC_ALONE
                                      " -global rig-tap.stop-at=100000");
    uint64_t first;

    g_assert_cmpuint(rig_tap_property(m->qts, "stop-at"), ==, 100000);
    first = rig_tap_property(m->qts, "records");
    set_stop_at(m->qts, first + 1);
    rig_mark(m, "before");
    rig_wait_for_status(m->qts, "query-status", "running");
    rig_mark(m, "here");
    rig_wait_for_status(m->qts, "query-status", "paused");
    qtest_qmp_assert_success(m->qts, "{ 'execute': 'cont' }");
    rig_mark(m, "after");
    rig_wait_for_status(m->qts, "query-status", "running");
    rig_machine_end(m);
    rig_skip_to(m, "before");
    rig_expect_marker(m, "here");
    rig_expect_marker(m, "after");
    rig_machine_free(m);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/rig-tap-stream/reader/stalled", test_stalled_reader);
    qtest_add_func("/rig-tap-stream/reader/comes-back",
                   test_reader_comes_back);
    qtest_add_func("/rig-tap-stream/chardev-fails", test_chardev_fails);
    qtest_add_func("/rig-tap-stream/more-vectors-than-runs",
                   test_many_vectors);
    qtest_add_func("/rig-tap-stream/target-without-capabilities",
                   test_plain_target);
    qtest_add_func("/rig-tap-stream/another-bridge", test_other_bridge);
    qtest_add_func("/rig-tap-stream/message-to-the-tap",
                   test_message_to_the_tap);
    qtest_add_func("/rig-tap-stream/restore-between-interrupts",
                   test_restore_between_interrupts);
    qtest_add_func("/rig-tap-stream/stop-at", test_stop_at);
    return g_test_run();
}
