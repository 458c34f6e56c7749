/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qtests of rig-panic, and of what the host may have rig-tap write. */

#include "qemu/osdep.h"
#include "hw/pci/pci_regs.h"
#include "qemu/bswap.h"
#include "qobject/qdict.h"
#include "qobject/qnum.h"
#include "rig-machine.h"
#include "rig/panic-regs.h"

#define PANIC_DEVFN QPCI_DEVFN(3, 0)
#define PANIC "-action panic=pause -device rig-panic,id=panic0,addr=3.0"

/* The arguments of the next GUEST_PANICKED are these. */
static void expect_panic(QTestState *qts, const uint64_t *p)
{
    g_autoptr(QDict) event = qtest_qmp_eventwait_ref(qts, "GUEST_PANICKED");
    QDict *data = qdict_get_qdict(event, "data");
    QDict *info = qdict_get_qdict(data, "info");

    g_assert_cmpstr(qdict_get_str(data, "action"), ==, "pause");
    g_assert_cmpstr(qdict_get_str(info, "type"), ==, "hyper-v");
    for (unsigned i = 0; i < RIG_PANIC_PARAMETERS; i++) {
        g_autofree char *name = g_strdup_printf("arg%u", i + 1);
        uint64_t value = qnum_get_uint(qobject_to(QNum,
                                                  qdict_get(info, name)));

        g_assert_cmphex(value, ==, p[i]);
    }
}

static void test_register(void)
{
    static const uint64_t want[RIG_PANIC_PARAMETERS] = {
        0x7c, 0x0b, 0xffff8c0123456789, 0xffffffffffffffff, 0,
    };
    RigMachine *m = rig_machine_start("nic0", RIG_NIC_ALONE PANIC);
    QPCIDevice *dev = qpci_device_find(m->bus, PANIC_DEVFN);
    QPCIBar bar = qpci_iomap(dev, RIG_PANIC_BAR, NULL);

    qpci_device_enable(dev);
    g_assert_cmphex(qpci_io_readq(dev, bar, RIG_PANIC_CTL), ==,
                    RIG_PANIC_NOTIFY);
    qpci_io_writeq(dev, bar, RIG_PANIC_P(0), want[0]);
    qpci_io_writeq(dev, bar, RIG_PANIC_P(1), want[1]);
    qpci_io_writel(dev, bar, RIG_PANIC_P(2), 0x23456789);
    qpci_io_writel(dev, bar, RIG_PANIC_P(2) + 4, 0xffff8c01);
    qpci_io_writeq(dev, bar, RIG_PANIC_P(3), want[3]);
    for (unsigned i = 0; i < RIG_PANIC_PARAMETERS; i++) {
        g_assert_cmphex(qpci_io_readq(dev, bar, RIG_PANIC_P(i)), ==, want[i]);
    }
    qpci_io_writeq(dev, bar, RIG_PANIC_CTL, 1); /* not the bit that counts */
    qpci_io_writeq(dev, bar, RIG_PANIC_CTL + 8, RIG_PANIC_NOTIFY);
    qpci_io_writeq(dev, bar, RIG_PANIC_CTL, RIG_PANIC_NOTIFY);
    expect_panic(m->qts, want);
    rig_wait_for_status(m->qts, "query-status", "guest-panicked");
    g_free(dev);
    rig_machine_quit(m);
    rig_machine_free(m);
}

/* The second time that MSI-X of the observed function is disabled. */
static void test_observed(void)
{
    static const uint64_t want[RIG_PANIC_PARAMETERS] = { 0x7c, 8, 3, 4, 5 };
    RigMachine *m = rig_machine_start("nic0", RIG_NIC_ALONE PANIC
                                      ",on=nic0,after=2,p0=0x7c,p1=8,p2=3,"
                                      "p3=4,p4=5");
    RigFunction f = rig_function(m, RIG_NIC_DEVFN);

    rig_msix_control(&f, 0, PCI_MSIX_FLAGS_ENABLE);
    rig_msix_control(&f, PCI_MSIX_FLAGS_ENABLE, 0);
    rig_msix_control(&f, 0, 0); /* it is disabled already */
    rig_wait_for_status(m->qts, "query-status", "running");
    rig_msix_control(&f, 0, PCI_MSIX_FLAGS_ENABLE);
    rig_msix_control(&f, PCI_MSIX_FLAGS_ENABLE, 0);
    expect_panic(m->qts, want);
    rig_function_free(&f);
    rig_machine_quit(m);
    rig_machine_free(m);
}

static bool ask_for_marker(RigMachine *m, const void *bytes, size_t size)
{
    g_autofree char *text = g_base64_encode(bytes, size);
    QDict *reply = qtest_qmp(m->qts, "{ 'execute': 'qom-set', 'arguments': {"
                             " 'path': '/machine/peripheral/tap',"
                             " 'property': 'marker', 'value': %s } }", text);
    bool ok = qdict_haskey(reply, "return");

    qobject_unref(reply);
    return ok;
}

/* Markers of the host stand where they were asked for, and say so. */
static void test_asked(void)
{
    RigMachine *m = rig_machine_start("nic0", RIG_NIC_ALONE);
    struct rig_marker mk = {
        .length = cpu_to_le16(RIG_MARKER_MIN),
        .kind = cpu_to_le16(RIG_MK_STEP_BEGIN),
        .name = "asked",
    };
    const struct rig_record *r;

    rig_mark(m, "before");
    g_assert_true(ask_for_marker(m, &mk, RIG_MARKER_MIN));
    g_assert_false(ask_for_marker(m, &mk, RIG_MARKER_MIN - 8));
    g_assert_false(ask_for_marker(m, &mk, 0));
    rig_mark(m, "after");
    qtest_qmp_assert_success(m->qts, "{ 'execute': 'qom-set', 'arguments': {"
                             " 'path': '/machine/peripheral/tap',"
                             " 'property': 'end', 'value': true } }");
    g_assert_false(ask_for_marker(m, &mk, RIG_MARKER_MIN));
    rig_machine_quit(m);
    rig_skip_to(m, "before");
    r = rig_next(m);
    g_assert_cmpuint(le16_to_cpu(r->type), ==, RIG_EV_MARKER);
    g_assert_cmphex(le16_to_cpu(r->flags), ==, RIG_RECORD_ASKED);
    g_assert_cmpstr(((const struct rig_marker *)(r + 1))->name, ==, "asked");
    rig_expect_marker(m, "after");
    rig_expect(m, RIG_EV_END);
    g_assert_null(rig_next(m));
    rig_machine_free(m);
}

static bool arm(RigMachine *m, const char *fault)
{
    QDict *reply = qtest_qmp(m->qts, "{ 'execute': 'qom-set', 'arguments': {"
                             " 'path': '/machine/peripheral/tap',"
                             " 'property': 'fault', 'value': %s } }", fault);
    bool ok = qdict_haskey(reply, "return");

    qobject_unref(reply);
    return ok;
}

/* What the guest can have done in-band, the host can, too. */
static void test_armed(void)
{
    RigMachine *m = rig_machine_start("nic0", RIG_NIC_ALONE);
    const struct rig_ev_command *c;

    g_assert_true(arm(m, "1 all-ones"));
    g_assert_true(arm(m, "0"));
    g_assert_false(arm(m, "1 no-such-fault"));
    g_assert_false(arm(m, "one all-ones"));
    g_assert_false(arm(m, "1 a-name-that-is-longer-than-any-fault-can-ever-be"));
    rig_machine_end(m);
    do {
        const struct rig_record *r = rig_next(m);

        g_assert_nonnull(r);
        if (le16_to_cpu(r->type) == RIG_EV_COMMAND) {
            c = (const struct rig_ev_command *)(r + 1);
            break;
        }
    } while (true);
    g_assert_cmpuint(le16_to_cpu(c->op), ==, RIG_CMD_FAULT);
    g_assert_cmpint((int32_t)le32_to_cpu(c->result), ==, 0);
    rig_machine_free(m);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/rig-panic/crash-register", test_register);
    qtest_add_func("/rig-panic/msix-of-a-function-is-disabled",
                   test_observed);
    qtest_add_func("/rig-tap/markers-of-the-host", test_asked);
    qtest_add_func("/rig-tap/faults-of-the-host", test_armed);
    return g_test_run();
}
