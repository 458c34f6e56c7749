/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qtests of rig-tap: its registers, markers, commands and stream. */

#include "qemu/osdep.h"
#include "hw/pci/pci_ids.h"
#include "hw/pci/pci_regs.h"
#include "qemu/bswap.h"
#include "rig-machine.h"

/* --- identity and start --------------------------------------------------- */

static void test_ids(void)
{
    RigMachine *m = rig_machine_start("nic0", RIG_E1000E);
    uint16_t bit = RIG_TAP_SLOT_SIZE * (RIG_TAP_SLOTS - 1);

    g_assert_cmphex(qpci_config_readw(m->tap, PCI_VENDOR_ID), ==, 0x1af4);
    g_assert_cmphex(qpci_config_readw(m->tap, PCI_DEVICE_ID), ==, 0x10f6);
    g_assert_cmphex(qpci_io_readl(m->tap, m->regs, RIG_TAP_REG_ID), ==,
                    RIG_TAP_ID);
    g_assert_cmphex(qpci_io_readl(m->tap, m->regs, RIG_TAP_REG_VERSION), ==,
                    RIG_STREAM_VERSION);
    qpci_io_writel(m->tap, m->regs, RIG_TAP_REG_ID, 0);
    g_assert_cmphex(qpci_io_readl(m->tap, m->regs, RIG_TAP_REG_ID), ==,
                    RIG_TAP_ID);
    g_assert_cmphex(qpci_io_readw(m->tap, m->regs, RIG_TAP_REG_ID), ==, 0);
    g_assert_cmphex(qpci_io_readb(m->tap, m->regs, RIG_TAP_REG_ID), ==, 0);
    g_assert_cmphex(qpci_io_readl(m->tap, m->regs, 0xffc), ==, 0);
    qpci_io_writel(m->tap, m->slots, bit, 0x12345678);
    g_assert_cmphex(qpci_io_readl(m->tap, m->slots, bit), ==, 0x12345678);
    rig_machine_end(m);
    rig_machine_free(m);
}

/* Every register, and that there are no others: rig-tap.rst. */
static void test_registers(void)
{
    RigMachine *m = rig_machine_start("nic0", RIG_E1000E);

    rig_mark(m, "begin");
    for (uint32_t at = 0; at < RIG_TAP_REGS_SIZE; at += 4) {
        uint32_t want = at == RIG_TAP_REG_ID ? RIG_TAP_ID :
                        at == RIG_TAP_REG_VERSION ? RIG_STREAM_VERSION : 0;
        uint64_t key = (uint64_t)RIG_TAP_END_KEY << 32 | RIG_TAP_END_KEY;

        g_assert_cmphex(qpci_io_readl(m->tap, m->regs, at), ==, want);
        qpci_io_writel(m->tap, m->regs, at, 0xffffffff); /* no slot, no key */
        qpci_io_writeb(m->tap, m->regs, at, 0);
        qpci_io_writew(m->tap, m->regs, at, 0);
        if (at % 8 == 0) {
            qpci_io_writeq(m->tap, m->regs, at, key);
            g_assert_cmphex(qpci_io_readq(m->tap, m->regs, at), ==, 0);
        }
        g_assert_cmphex(qpci_io_readw(m->tap, m->regs, at), ==, 0);
        g_assert_cmphex(qpci_io_readb(m->tap, m->regs, at), ==, 0);
        g_assert_cmphex(qpci_io_readl(m->tap, m->regs, at), ==, want);
    }
    rig_machine_end(m);

    rig_skip_to(m, "begin");
    rig_expect(m, RIG_EV_END); /* no access has left a record */
    g_assert_null(rig_next(m));
    rig_machine_free(m);
}

static void test_hello(void)
{
    RigMachine *m = rig_machine_start("nic0", RIG_E1000E);
    const struct rig_ev_hello *hello;
    const struct rig_ev_target *target;

    rig_machine_end(m);
    hello = rig_expect(m, RIG_EV_HELLO);
    g_assert_cmphex(hello->magic, ==, RIG_STREAM_MAGIC);
    g_assert_cmpmem(m->stream + sizeof(struct rig_record), 8, "1RIGSTRM", 8);
    g_assert_cmpuint(hello->version, ==, RIG_STREAM_VERSION);
    g_assert_cmpuint(hello->targets, ==, 1);
    g_assert_true(g_str_has_prefix(hello->qemu, "10.0."));

    target = rig_expect(m, RIG_EV_TARGET);
    g_assert_cmpuint(target->target, ==, 0);
    g_assert_cmpuint(target->attached, ==, 1);
    g_assert_cmphex(target->vendor, ==, PCI_VENDOR_ID_INTEL);
    g_assert_cmphex(target->bdf, ==, RIG_NIC_DEVFN);
    g_assert_cmpuint(target->vectors, ==, 5);
    g_assert_cmphex(target->msix_cap, ==, 0xa0);
    g_assert_cmphex(target->pm_cap, ==, 0xc8);
    g_assert_cmpstr(target->id, ==, "nic0");
    g_assert_cmpstr(target->model, ==, "e1000e");
    rig_expect_state(m, 0, 0, 4);
    rig_expect_reset(m, 0, RIG_RESET_SYSTEM);
    rig_expect(m, RIG_EV_END);
    g_assert_null(rig_next(m));
    rig_machine_free(m);
}

/* QEMU must refuse the tap's options with @message. */
static void refuse(const char *options, const char *message)
{
    g_autofree char *tap = g_strdup_printf("rig-tap,%s", options);
    g_autofree char *err = NULL;
    int status = 0;
    const char *argv[] = {
        g_getenv("QTEST_QEMU_BINARY"), "-M", "q35", "-nodefaults", "-display",
        "none", "-S", "-chardev", "null,id=events", "-device",
        "e1000e,id=nic0,romfile=", "-device", tap, NULL
    };

    g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL,
                               G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL,
                               &err, &status, NULL));
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, 1);
    if (!strstr(err, message)) {
        g_error("expected '%s', got '%s'", message, err);
    }
}

static void test_bad_options(void)
{
    refuse("chardev=events", "set watch=<id>");
    refuse("watch=nic0", "set chardev=<id>");
    refuse("chardev=events,watch=nic0,buffer=4095", "is not in 4k..1G");
    refuse("chardev=events,watch=nic0,buffer=2G", "is not in 4k..1G");
    refuse("chardev=events,watch=nic0,stall-ms=0", "stall-ms=0 is not in");
    refuse("chardev=events,watch=nic0,stall-ms=3600001", "is not in 1..");
    refuse("chardev=events,watch=", "set watch=<id>");
    refuse("chardev=events,watch=nic1", "no PCI device with id 'nic1'");
    refuse("chardev=events,watch=nic0;", "'' is not a device id");
    refuse("chardev=events,watch=nic0;nic0", "named twice");
    refuse("chardev=events,watch=a;b;c;d;e;f;g;h;i;j;k;l;m;n;o;p;q",
           "more than 16 devices");
    refuse("chardev=events,watch=0123456789012345678901234567890x",
           "is not a device id of 1 to 31");
}

/* --- markers -------------------------------------------------------------- */

static void test_marker_round_trip(void)
{
    RigMachine *m = rig_machine_start("nic0", RIG_E1000E);
    struct rig_marker sent = {
        .length = sizeof(sent), .kind = RIG_MK_API_LEAVE, .scenario = 2,
        .cycle = 3, .thread = 4, .irql = 5, .depth = 6, .call = 7,
        .object = 0x1122334455667788, .status = 0xc000009a, .caller = 0x1a2b,
        .arg = { 1, 2, 3, UINT64_MAX }, .name = "NdisMRegisterInterruptEx",
        .text = "a text",
    };
    const struct rig_record *r;

    rig_mark(m, "begin");
    rig_mark_raw(m, RIG_TAP_SLOTS - 1, &sent);
    sent.length = 136;
    rig_mark_raw(m, 0, &sent);
    rig_machine_end(m);

    rig_skip_to(m, "begin");
    sent.length = sizeof(sent);
    r = rig_next(m);
    g_assert_cmpuint(r->type, ==, RIG_EV_MARKER);
    g_assert_cmpmem(r + 1, r->length - sizeof(*r), &sent, sizeof(sent));
    sent.length = 136;
    r = rig_next(m);
    g_assert_cmpmem(r + 1, r->length - sizeof(*r), &sent, 136);
    rig_expect(m, RIG_EV_END);
    rig_machine_free(m);
}

/* The length that the guest wrote, and the one that the reader gets. */
static void check_length(RigMachine *m, const struct rig_record *r,
                         unsigned length)
{
    const struct rig_marker *mk = (const struct rig_marker *)(r + 1);

    g_assert_cmpuint(r->type, ==, RIG_EV_MARKER);
    g_assert_cmpuint(r->length, ==, sizeof(*r) + length);
    g_assert_cmpuint(mk->length, ==, length);
    g_assert_cmpuint(strnlen(mk->name, sizeof(mk->name)), <,
                     sizeof(mk->name));
    g_assert_cmpuint(((const char *)mk)[length - 1], ==, 0);
}

static void test_marker_hostile(void)
{
    static const struct { uint16_t written, read; } lengths[] = {
        { 0, 128 }, { 7, 128 }, { 129, 128 }, { 143, 136 }, { 256, 256 },
        { 264, 256 }, { 512, 256 }, { 0xffff, 256 },
    };
    RigMachine *m = rig_machine_start("nic0", RIG_E1000E);
    struct rig_marker mk;

    memset(&mk, 'x', sizeof(mk));
    mk.arg[3] = 0;
    rig_mark(m, "begin");
    for (unsigned i = 0; i < ARRAY_SIZE(lengths); i++) {
        mk.length = cpu_to_le16(lengths[i].written);
        mk.kind = cpu_to_le16(i ? RIG_MK_NOTE : 0xffff);
        rig_mark_raw(m, i, &mk);
    }
    qpci_io_writel(m->tap, m->regs, RIG_TAP_REG_MARKER, RIG_TAP_SLOTS);
    qpci_io_writel(m->tap, m->regs, RIG_TAP_REG_MARKER, 0xffffffff);
    qpci_io_writel(m->tap, m->regs, RIG_TAP_REG_COMMAND, RIG_TAP_SLOTS);
    qpci_io_writew(m->tap, m->regs, RIG_TAP_REG_MARKER, 0);
    qpci_io_writeb(m->tap, m->regs, RIG_TAP_REG_MARKER, 0);
    qpci_io_writel(m->tap, m->regs, RIG_TAP_REG_MARKER + 2, 0);
    rig_machine_end(m);

    rig_skip_to(m, "begin");
    for (unsigned i = 0; i < ARRAY_SIZE(lengths); i++) {
        const struct rig_record *r = rig_next(m);

        check_length(m, r, lengths[i].read);
        g_assert_cmpuint(((const struct rig_marker *)(r + 1))->kind, ==,
                         i ? RIG_MK_NOTE : RIG_MK_INVALID);
    }
    rig_expect(m, RIG_EV_END);
    rig_machine_free(m);
}

/* --- commands ------------------------------------------------------------- */

static void expect_command(RigMachine *m, unsigned op, uint64_t arg,
                           int32_t result)
{
    const struct rig_ev_command *c = rig_expect(m, RIG_EV_COMMAND);

    g_assert_cmpuint(c->op, ==, op);
    g_assert_cmpuint(c->arg[0], ==, arg);
    g_assert_cmpint(c->result, ==, result);
}

static int32_t run_command(RigMachine *m, unsigned op, unsigned target,
                           uint64_t arg)
{
    struct rig_command c = { .op = op, .target = target, .arg = { arg } };

    memset(c.name, 'x', sizeof(c.name)); /* not terminated */
    return rig_run_command(m, &c);
}

static void test_command_results(void)
{
    RigMachine *m = rig_machine_start("nic0", RIG_E1000E);

    rig_mark(m, "begin");
    g_assert_cmpint(run_command(m, RIG_CMD_FENCE, 9, 77), ==, 0);
    g_assert_cmpint(run_command(m, 0, 0, 1), ==, -EINVAL);
    g_assert_cmpint(run_command(m, 0xffff, 0, 2), ==, -EINVAL);
    g_assert_cmpint(run_command(m, RIG_CMD_LINK, 1, 0), ==, -ENODEV);
    g_assert_cmpint(run_command(m, RIG_CMD_LINK, 0, 2), ==, -EINVAL);
    g_assert_cmpint(run_command(m, RIG_CMD_FAULT, 0xffff, 1), ==, -ENODEV);
    g_assert_cmpint(run_command(m, RIG_CMD_FAULT, 0, 1), ==, -ENOTSUP);
    rig_machine_end(m);

    rig_skip_to(m, "begin");
    expect_command(m, RIG_CMD_FENCE, 77, 0);
    expect_command(m, 0, 1, -EINVAL);
    expect_command(m, 0xffff, 2, -EINVAL);
    expect_command(m, RIG_CMD_LINK, 0, -ENODEV);
    expect_command(m, RIG_CMD_LINK, 2, -EINVAL);
    expect_command(m, RIG_CMD_FAULT, 1, -ENODEV);
    expect_command(m, RIG_CMD_FAULT, 1, -ENOTSUP);
    rig_expect(m, RIG_EV_END);
    rig_machine_free(m);
}

static bool link_is_up(RigSource *s)
{
    return qpci_io_readl(s->f.dev, s->regs, RIG_NIC_STATUS) &
           RIG_NIC_STATUS_LINK_UP;
}

/* The command's record comes before the interrupt that it brings about. */
static void test_command_link(void)
{
    RigMachine *m = rig_machine_start("nic0", "-netdev hubport,id=h,hubid=0 "
        "-device rig-nic,id=nic0,addr=2.0,netdev=h ");
    RigSource s = rig_source(m, RIG_NIC_DEVFN);

    rig_source_write(&s, RIG_NIC_IVAR(16), RIG_NIC_IVAR_VALID | 2);
    rig_source_write(&s, RIG_NIC_IMS, RIG_NIC_CAUSE_LINK);
    rig_msix_write(&s.f, 2, RIG_VECTOR_CONTROL, 0);
    rig_msix_control(&s.f, 0, PCI_MSIX_FLAGS_ENABLE);
    g_assert_true(link_is_up(&s));
    rig_mark(m, "begin");
    g_assert_cmpint(run_command(m, RIG_CMD_LINK, 0, 0), ==, 0);
    g_assert_false(link_is_up(&s));
    g_assert_cmpint(run_command(m, RIG_CMD_LINK, 0, 1), ==, 0);
    g_assert_true(link_is_up(&s));
    rig_function_free(&s.f);
    rig_machine_end(m);

    rig_skip_to(m, "begin");
    expect_command(m, RIG_CMD_LINK, 0, 0);
    rig_expect_raised(m, 0, 2, RIG_RAISED_SENT, 1);
    expect_command(m, RIG_CMD_LINK, 1, 0);
    rig_expect_raised(m, 0, 2, RIG_RAISED_SENT, 1);
    rig_expect(m, RIG_EV_END);
    rig_machine_free(m);
}

/* --- the stream ----------------------------------------------------------- */

static void test_end(void)
{
    RigMachine *m = rig_machine_start("nic0", RIG_E1000E);
    RigFunction f = rig_function(m, RIG_NIC_DEVFN);

    rig_mark(m, "begin");
    qpci_io_writel(m->tap, m->regs, RIG_TAP_REG_END, 1);
    rig_mark(m, "still open");
    qpci_io_writel(m->tap, m->regs, RIG_TAP_REG_END, RIG_TAP_END_KEY);
    rig_mark(m, "too late");
    rig_msix_control(&f, 0, PCI_MSIX_FLAGS_ENABLE);
    g_assert_cmpint(run_command(m, RIG_CMD_FENCE, 0, 1), ==, 0);
    qtest_system_reset(m->qts);
    rig_function_free(&f);
    rig_machine_quit(m);

    rig_skip_to(m, "begin");
    rig_expect_marker(m, "still open");
    rig_expect(m, RIG_EV_END);
    g_assert_cmpuint(m->offset, ==, m->size);
    rig_machine_free(m);
}

/* Without END, what was recorded when QEMU quits is in the stream. */
static void test_quit_without_end(void)
{
    RigMachine *m = rig_machine_start("nic0", RIG_NIC_ALONE);
    RigSource s = rig_source(m, RIG_NIC_DEVFN);

    rig_mark(m, "begin");
    rig_raise(&s, 0);
    rig_function_free(&s.f);
    rig_machine_quit(m);

    rig_skip_to(m, "begin");
    rig_expect_raised(m, 0, RIG_VECTOR_INTX, RIG_RAISED_SENT, 1);
    g_assert_null(rig_next(m));
    rig_machine_free(m);
}

#define FLOOD 40000

static int bytes_read; /* by the reader so far; atomic */

static gpointer read_all(gpointer opaque)
{
    GByteArray *bytes = g_byte_array_new();
    int fd = GPOINTER_TO_INT(opaque);
    uint8_t buf[65536];
    ssize_t n;

    while ((n = read(fd, buf, sizeof(buf))) > 0) {
        g_byte_array_append(bytes, buf, n);
        g_atomic_int_add(&bytes_read, n);
    }
    close(fd);
    return bytes;
}

/*
 * The reader takes nothing while markers of many times the socket's buffer
 * are written; the guest is not held up, and the reader gets all of them.
 */
static void test_slow_reader(void)
{
    g_autofree char *dir = g_dir_make_tmp("rig-tap-XXXXXX", NULL);
    g_autofree char *path = g_strdup_printf("%s/events", dir);
    g_autofree char *args = g_strdup_printf("-chardev socket,id=events,"
        "path=%s,server=on,wait=off " RIG_E1000E, path);
    RigMachine *m = rig_machine_start_chardev("nic0", args);
    struct rig_marker mk = { .length = sizeof(mk), .kind = RIG_MK_NOTE };
    GThread *reader;
    GByteArray *bytes;
    int fd;

    rig_mark(m, "begin");
    fd = rig_connect(path);
    for (unsigned i = 0; i < FLOOD; i++) {
        if (i % 64 == 0) { /* others repeat what is in the slot */
            mk.arg[0] = cpu_to_le64(i);
            rig_mark_raw(m, 0, &mk);
        } else {
            qpci_io_writel(m->tap, m->regs, RIG_TAP_REG_MARKER, 0);
        }
    }
    reader = g_thread_new("reader", read_all, GINT_TO_POINTER(fd));
    rig_machine_end(m);
    bytes = g_thread_join(reader);
    m->size = bytes->len;
    m->stream = (char *)g_byte_array_free(bytes, FALSE);

    rig_skip_to(m, "begin");
    for (unsigned i = 0; i < FLOOD; i++) {
        const struct rig_marker *got = rig_expect(m, RIG_EV_MARKER);

        g_assert_cmpuint(got->arg[0], ==, i / 64 * 64);
    }
    rig_expect(m, RIG_EV_END);
    g_assert_null(rig_next(m));
    rig_machine_free(m);
    unlink(path); /* QEMU may have done so */
    g_assert_cmpint(rmdir(dir), ==, 0);
}

static void wait_for_bytes(int n)
{
    for (unsigned i = 0; i < 3000 && g_atomic_int_get(&bytes_read) < n; i++) {
        g_usleep(10 * 1000);
    }
    g_assert_cmpint(g_atomic_int_get(&bytes_read), >=, n);
}

/*
 * Nobody reads: what does not fit into the buffer is lost, but counted, and
 * the records that are there have numbers without gaps.
 */
static void test_absent_reader(void)
{
    g_autofree char *dir = g_dir_make_tmp("rig-tap-XXXXXX", NULL);
    g_autofree char *path = g_strdup_printf("%s/events", dir);
    g_autofree char *args = g_strdup_printf("-chardev socket,id=events,"
        "path=%s,server=on,wait=off -global rig-tap.buffer=64k " RIG_E1000E,
        path);
    RigMachine *m = rig_machine_start_chardev("nic0", args);
    const struct rig_record *r;
    GByteArray *bytes;
    GThread *reader;
    unsigned kept = 0;

    rig_mark(m, "begin");
    for (unsigned i = 1; i < FLOOD; i++) {
        qpci_io_writel(m->tap, m->regs, RIG_TAP_REG_MARKER, 0);
    }
    g_atomic_int_set(&bytes_read, 0);
    reader = g_thread_new("reader", read_all,
                          GINT_TO_POINTER(rig_connect(path)));
    wait_for_bytes(64 * 1024);
    rig_mark(m, "read");
    rig_machine_end(m);
    bytes = g_thread_join(reader);
    m->size = bytes->len;
    m->stream = (char *)g_byte_array_free(bytes, FALSE);

    rig_skip_to(m, "begin");
    for (r = rig_next(m); r->type == RIG_EV_MARKER; r = rig_next(m)) {
        kept++;
    }
    g_assert_cmpuint(kept, >, 400);
    g_assert_cmpuint(r->type, ==, RIG_EV_LOST);
    g_assert_cmpuint(r->flags, ==, RIG_RECORD_HOST);
    g_assert_cmpuint(((const struct rig_ev_lost *)(r + 1))->count, ==,
                     FLOOD - 1 - kept);
    rig_expect_marker(m, "read");
    rig_expect(m, RIG_EV_END);
    rig_machine_free(m);
    unlink(path); /* QEMU may have done so */
    g_assert_cmpint(rmdir(dir), ==, 0);
}

/*
 * The restored machine's stream starts with HELLO, then jumps to the numbers
 * of the source at EPOCH and describes the restored state.
 */
static void test_restore(void)
{
    g_autofree char *dir = g_dir_make_tmp("rig-tap-XXXXXX", NULL);
    g_autofree char *uri = g_strdup_printf("file:%s/state", dir);
    RigMachine *from = rig_machine_start("nic0", RIG_NIC_ALONE), *to;
    RigSource s = rig_source(from, RIG_NIC_DEVFN);
    const struct rig_record *r;

    rig_msix_control(&s.f, 0,
                     PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
    rig_msix_write(&s.f, 0, RIG_VECTOR_CONTROL, 0);
    qtest_qmp_assert_success(from->qts, "{ 'execute': 'migrate', "
                             "'arguments': { 'uri': %s } }", uri);
    rig_wait_for_status(from->qts, "query-migrate", "completed");
    rig_function_free(&s.f);
    rig_machine_quit(from);
    while (rig_next(from)) {
        continue; /* from->seq is what comes next */
    }

    to = rig_machine_start("nic0", RIG_NIC_ALONE "-incoming defer");
    qtest_qmp_assert_success(to->qts, "{ 'execute': 'migrate-incoming', "
                             "'arguments': { 'uri': %s } }", uri);
    rig_wait_for_status(to->qts, "query-status", "running");
    rig_machine_end(to);
    rig_expect(to, RIG_EV_HELLO);
    rig_expect(to, RIG_EV_TARGET);
    rig_expect(to, RIG_EV_STATE);
    r = (const struct rig_record *)(to->stream + to->offset);
    to->seq = r->seq; /* the only place where it may jump */
    g_assert_cmpuint(to->seq, <=, from->seq);
    g_assert_cmpuint(to->seq, >, 10);
    g_assert_cmpuint(*(uint64_t *)rig_expect(to, RIG_EV_EPOCH), ==, r->seq);
    rig_expect(to, RIG_EV_TARGET);
    rig_expect_state(to, 0, 7, 0xc003);
    rig_expect_table(to, 0, 0, 0, RIG_MESSAGE_ADDR);
    rig_expect_table(to, 0, 0, 2, 0xd0);
    rig_expect_table(to, 0, 0, RIG_VECTOR_CONTROL, 0);
    rig_expect_table(to, 0, 1, 0, RIG_MESSAGE_ADDR + 4);
    rig_machine_free(from);
    rig_machine_free(to);
    unlink(uri + strlen("file:"));
    g_assert_cmpint(rmdir(dir), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/rig-tap/ids", test_ids);
    qtest_add_func("/rig-tap/registers", test_registers);
    qtest_add_func("/rig-tap/hello", test_hello);
    qtest_add_func("/rig-tap/bad-options", test_bad_options);
    qtest_add_func("/rig-tap/marker/round-trip", test_marker_round_trip);
    qtest_add_func("/rig-tap/marker/hostile", test_marker_hostile);
    qtest_add_func("/rig-tap/command/results", test_command_results);
    qtest_add_func("/rig-tap/command/link", test_command_link);
    qtest_add_func("/rig-tap/stream/end", test_end);
    qtest_add_func("/rig-tap/stream/quit-without-end", test_quit_without_end);
    qtest_add_func("/rig-tap/stream/slow-reader", test_slow_reader);
    qtest_add_func("/rig-tap/stream/absent-reader", test_absent_reader);
    qtest_add_func("/rig-tap/stream/restore", test_restore);
    return g_test_run();
}
