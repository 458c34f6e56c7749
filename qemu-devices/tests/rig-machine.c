/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A q35 machine with a rig-tap for qtests, and the stream that it wrote. */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include <sys/un.h>
#include <glib/gstdio.h>
#include "libqos/pci-pc.h"
#include "qobject/qdict.h"
#include "hw/pci/pci_regs.h"
#include "rig-machine.h"

/* --- machine -------------------------------------------------------------- */

RigMachine *rig_machine_start_chardev(const char *watch, const char *args)
{
    RigMachine *m = g_new0(RigMachine, 1);

    m->qts = qtest_initf("-M q35 -nodefaults %s "
                         "-device rig-tap,id=tap,addr=1e.0,watch='%s',"
                         "chardev=events", args, watch);
    m->bus = qpci_new_pc(m->qts, NULL);
    m->tap = qpci_device_find(m->bus, RIG_TAP_DEVFN);
    g_assert_nonnull(m->tap);
    m->regs = qpci_iomap(m->tap, RIG_TAP_BAR_REGS, NULL);
    m->slots = qpci_iomap(m->tap, RIG_TAP_BAR_SLOTS, NULL);
    qpci_device_enable(m->tap);
    return m;
}

RigMachine *rig_machine_start(const char *watch, const char *args)
{
    g_autofree char *file = NULL;
    g_autofree char *all = NULL;
    RigMachine *m;
    int fd = g_file_open_tmp("rig-events-XXXXXX", &file, NULL);

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    all = g_strdup_printf("-chardev file,id=events,path=%s %s", file, args);
    m = rig_machine_start_chardev(watch, all);
    m->file = g_steal_pointer(&file);
    return m;
}

void rig_machine_quit(RigMachine *m)
{
    g_free(m->tap);
    qpci_free_pc(m->bus);
    qtest_quit(m->qts);
    m->qts = NULL;
    if (m->file) {
        g_assert_true(g_file_get_contents(m->file, &m->stream, &m->size,
                                          NULL));
    }
}

void rig_machine_end(RigMachine *m)
{
    qpci_io_writel(m->tap, m->regs, RIG_TAP_REG_END, RIG_TAP_END_KEY);
    rig_machine_quit(m);
}

void rig_machine_free(RigMachine *m)
{
    g_assert_null(m->qts);
    if (m->file) {
        g_unlink(m->file);
    }
    g_free(m->file);
    g_free(m->stream);
    g_free(m);
}

RigFunction rig_function(RigMachine *m, int devfn)
{
    RigFunction f = { .dev = qpci_device_find(m->bus, devfn) };
    uint32_t table;

    g_assert_nonnull(f.dev);
    qpci_device_enable(f.dev);
    f.msix = qpci_find_capability(f.dev, PCI_CAP_ID_MSIX, 0);
    g_assert_cmpuint(f.msix, !=, 0);
    table = qpci_config_readl(f.dev, f.msix + PCI_MSIX_TABLE);
    f.table = qpci_iomap(f.dev, table & PCI_MSIX_FLAGS_BIRMASK, NULL);
    f.table_off = table & ~PCI_MSIX_FLAGS_BIRMASK;
    return f;
}

void rig_function_free(RigFunction *f)
{
    g_free(f->dev);
    f->dev = NULL;
}

void rig_msix_control(RigFunction *f, uint16_t clear, uint16_t set)
{
    uint16_t old = qpci_config_readw(f->dev, f->msix + PCI_MSIX_FLAGS);

    qpci_config_writew(f->dev, f->msix + PCI_MSIX_FLAGS,
                       (old & ~clear) | set);
}

void rig_msix_write(RigFunction *f, unsigned vector, unsigned dword,
                    uint32_t value)
{
    qpci_io_writel(f->dev, f->table, f->table_off +
                   vector * PCI_MSIX_ENTRY_SIZE + dword * 4, value);
}

RigSource rig_source(RigMachine *m, int devfn)
{
    RigSource s = { .f = rig_function(m, devfn) };

    s.regs = qpci_iomap(s.f.dev, RIG_NIC_BAR_REGS, NULL);
    qtest_clock_step(m->qts, 10 * 1000 * 1000); /* its reset is over */
    rig_source_write(&s, RIG_NIC_IAC, RIG_NIC_CAUSE_ALL);
    for (unsigned c = 0; c < 4; c++) {
        rig_source_write(&s, RIG_NIC_IVAR(c), RIG_NIC_IVAR_VALID | c);
        rig_msix_write(&s.f, c, 0, RIG_MESSAGE_ADDR + 4 * c);
        rig_msix_write(&s.f, c, 1, 0);
        rig_msix_write(&s.f, c, 2, 0xd0 + c);
    }
    rig_source_write(&s, RIG_NIC_IMS, 0xf);
    return s;
}

void rig_source_write(RigSource *s, uint32_t reg, uint32_t value)
{
    qpci_io_writel(s->f.dev, s->regs, reg, value);
}

void rig_raise(RigSource *s, unsigned cause)
{
    rig_source_write(s, RIG_NIC_ICS, 1u << cause);
}

void rig_mark_raw(RigMachine *m, uint32_t slot, const struct rig_marker *mk)
{
    qpci_memwrite(m->tap, m->slots, slot * RIG_TAP_SLOT_SIZE, mk, sizeof(*mk));
    qpci_io_writel(m->tap, m->regs, RIG_TAP_REG_MARKER, slot);
}

void rig_mark(RigMachine *m, const char *name)
{
    struct rig_marker mk = {
        .length = cpu_to_le16(RIG_MARKER_MIN),
        .kind = cpu_to_le16(RIG_MK_NOTE),
    };

    g_strlcpy(mk.name, name, sizeof(mk.name));
    rig_mark_raw(m, 0, &mk);
}

int32_t rig_run_command(RigMachine *m, struct rig_command *c)
{
    uint64_t slot = 1 * RIG_TAP_SLOT_SIZE;

    qpci_memwrite(m->tap, m->slots, slot, c, sizeof(*c));
    qpci_io_writel(m->tap, m->regs, RIG_TAP_REG_COMMAND, 1);
    qpci_memread(m->tap, m->slots, slot, c, sizeof(*c));
    return le32_to_cpu(c->result);
}

/* --- stream --------------------------------------------------------------- */

const struct rig_record *rig_next(RigMachine *m)
{
    const struct rig_record *r;

    do {
        if (m->offset == m->size) {
            return NULL;
        }
        r = (const struct rig_record *)(m->stream + m->offset);
        g_assert_cmpuint(m->size - m->offset, >=, sizeof(*r));
        g_assert_cmpuint(r->length, >=, sizeof(*r));
        g_assert_cmpuint(r->length, <=, RIG_RECORD_MAX);
        g_assert_cmpuint(r->length % 8, ==, 0);
        g_assert_cmpuint(m->size - m->offset, >=, r->length);
        g_assert_cmpuint(r->seq, ==, m->seq);
        m->seq++;
        m->offset += r->length;
    } while (r->type == RIG_EV_RUN);
    return r;
}

const void *rig_expect(RigMachine *m, enum rig_event_type type)
{
    const struct rig_record *r = rig_next(m);

    g_assert_nonnull(r);
    g_assert_cmpuint(r->type, ==, type);
    g_assert_cmpuint(r->flags, ==, 0);
    return r + 1;
}

void rig_skip_to(RigMachine *m, const char *name)
{
    const struct rig_record *r;

    do {
        r = rig_next(m);
        g_assert_nonnull(r);
    } while (r->type != RIG_EV_MARKER ||
             strcmp(((const struct rig_marker *)(r + 1))->name, name));
}

void rig_expect_marker(RigMachine *m, const char *name)
{
    const struct rig_marker *mk = rig_expect(m, RIG_EV_MARKER);

    g_assert_cmpstr(mk->name, ==, name);
}

void rig_expect_state(RigMachine *m, unsigned target, int command, int msix)
{
    const struct rig_ev_state *s = rig_expect(m, RIG_EV_STATE);

    g_assert_cmpuint(s->target, ==, target);
    g_assert_cmphex(s->command, ==, command);
    g_assert_cmphex(s->msix, ==, msix);
}

void rig_expect_table(RigMachine *m, unsigned target, unsigned vector,
                      unsigned dword, uint32_t value)
{
    const struct rig_ev_table *t = rig_expect(m, RIG_EV_TABLE);

    g_assert_cmpuint(t->target, ==, target);
    g_assert_cmpuint(t->vector, ==, vector);
    g_assert_cmpuint(t->dword, ==, dword);
    g_assert_cmphex(t->value, ==, value);
}

void rig_expect_raised(RigMachine *m, unsigned target, unsigned vector,
                       enum rig_raised outcome, uint64_t count)
{
    const struct rig_ev_raised *r = rig_expect(m, RIG_EV_RAISED);

    g_assert_cmpuint(r->target, ==, target);
    g_assert_cmpuint(r->vector, ==, vector);
    g_assert_cmpuint(r->outcome, ==, outcome);
    g_assert_cmpuint(r->count, ==, count);
}

void rig_expect_reset(RigMachine *m, unsigned target,
                      enum rig_reset_cause cause)
{
    const struct rig_ev_reset *r = rig_expect(m, RIG_EV_RESET);

    g_assert_cmpuint(r->target, ==, target);
    g_assert_cmpuint(r->cause, ==, cause);
}

/* --- the program ---------------------------------------------------------- */

int rig_connect(const char *path)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    g_assert_cmpint(fd, >=, 0);
    g_strlcpy(addr.sun_path, path, sizeof(addr.sun_path));
    g_assert_cmpint(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), ==,
                    0);
    return fd;
}

uint64_t rig_tap_property(QTestState *qts, const char *name)
{
    QDict *reply = qtest_qmp(qts, "{ 'execute': 'qom-get', 'arguments': {"
                             " 'path': '/machine/peripheral/tap',"
                             " 'property': %s } }", name);
    uint64_t value = qdict_get_int(reply, "return");

    qobject_unref(reply);
    return value;
}

uint64_t rig_resident_kib(QTestState *qts)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/status",
                                            (int)qtest_pid(qts));
    g_autofree char *text = NULL;
    const char *line;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    line = strstr(text, "VmRSS:");
    g_assert_nonnull(line);
    return g_ascii_strtoull(line + strlen("VmRSS:"), NULL, 10);
}

void rig_wait_for_status(QTestState *qts, const char *query,
                         const char *status)
{
    for (unsigned i = 0; i < 1000; i++) {
        QDict *reply = qtest_qmp(qts, "{ 'execute': %s }", query);
        QDict *ret = qdict_get_qdict(reply, "return");
        bool there = !g_strcmp0(qdict_get_try_str(ret, "status"), status);

        qobject_unref(reply);
        if (there) {
            return;
        }
        g_usleep(10 * 1000);
    }
    g_error("%s does not become '%s'", query, status);
}
