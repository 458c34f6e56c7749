/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The register table of docs/rig-nic.rst; see the header. */
#include "qemu/osdep.h"
#include "libqtest.h"
#include "qemu/cutils.h"
#include "rig-spec.h"

#define ALL     0xffffffffu
#define COLUMNS 8

/* Where the columns of an rst table begin: its ruler, such as ===  ===. */
typedef struct Ruler {
    unsigned start[COLUMNS], count;
} Ruler;

static bool is_ruler(const char *line, Ruler *ruler)
{
    ruler->count = 0;
    if (*line != '=') {
        return false;
    }
    for (unsigned i = 0; line[i]; i++) {
        if (line[i] != '=' && line[i] != ' ') {
            return false;
        }
        if (line[i] == '=' && (i == 0 || line[i - 1] == ' ')) {
            g_assert_cmpuint(ruler->count, <, COLUMNS);
            ruler->start[ruler->count++] = i;
        }
    }
    return true;
}

/* Column `n` of a line, without blanks around it. */
static char *cell(const char *line, const Ruler *ruler, unsigned n)
{
    size_t length = strlen(line), start = ruler->start[n];
    size_t end = n + 1 < ruler->count ? ruler->start[n + 1] : length;

    if (start >= length) {
        return g_strdup("");
    }
    return g_strstrip(g_strndup(line + start, MIN(end, length) - start));
}

static uint32_t number(const char *text)
{
    unsigned value;

    g_assert_cmpint(qemu_strtoui(text, NULL, 0, &value), ==, 0);
    return value;
}

/* What comes from the NVM, of the MAC address 52:54:00:aa:bb:cc. */
static uint32_t reset_value(const char *name, const char *text)
{
    if (!g_str_equal(text, "NVM")) {
        return number(text);
    }
    return g_str_equal(name, "MAC_LO") ? 0xaa005452 :
           g_str_equal(name, "MAC_HI") ? 0xccbb : 0x5452;
}

static RigAccess access_of(const char *text)
{
    static const struct {
        const char *text;
        RigAccess access;
    } names[] = {
        { "RO", RIG_RO }, { "RO64", RIG_RO }, { "RW", RIG_RW },
        { "WO", RIG_WO }, { "W1S", RIG_W1S }, { "W1C", RIG_W1C },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
        if (g_str_equal(text, names[i].text)) {
            return names[i].access;
        }
    }
    g_error("'%s' is no kind of access", text);
}

/* One register or range of the table of registers. */
static void add_row(GArray *all, const char *line, const Ruler *ruler)
{
    g_autofree char *offset = cell(line, ruler, 0);
    g_autofree char *access = cell(line, ruler, 2);
    g_autofree char *reset = cell(line, ruler, 3);
    g_autofree char *writable = cell(line, ruler, 4);
    char *name = cell(line, ruler, 1), *range = strchr(name, '(');
    RigRegister r = { .name = name, .offset = number(offset) };
    unsigned count = 1;

    if (range) {
        g_assert_cmpint(sscanf(range, "(0..%u)", &count), ==, 1);
        *range = '\0';
        count++;
    }
    r.access = access_of(access);
    r.reset = reset_value(name, reset);
    r.writable = number(writable);
    if (g_str_equal(access, "RO64")) {
        count = 2;
    }
    for (unsigned i = 0; i < count; i++, r.offset += 4) {
        g_array_append_val(all, r);
    }
}

/* One register of the rings of all queue pairs. */
static void add_ring_row(GArray *all, const char *line, const Ruler *ruler,
                         unsigned queues)
{
    g_autofree char *offset = cell(line, ruler, 0);
    g_autofree char *name = cell(line, ruler, 1);
    g_autofree char *access = cell(line, ruler, 2);
    g_autofree char *reset = cell(line, ruler, 3);
    g_autofree char *writable = cell(line, ruler, 4);

    for (unsigned q = 0; q < 2 * queues; q++) {
        bool rx = q % 2;
        RigRegister r = {
            .name = g_strdup_printf("%s_%s", rx ? "RX" : "TX", name),
            .offset = (rx ? RIG_NIC_RX(q / 2) : RIG_NIC_TX(q / 2)) +
                      number(offset),
            .access = access_of(access),
            .reset = number(reset),
            .writable = number(writable),
        };

        if (!rx && g_str_equal(name, "CTRL")) {
            r.writable &= ~RIG_NIC_RING_DROP; /* "receive only" */
        }
        g_array_append_val(all, r);
    }
}

static bool names_ring(const char *line, const Ruler *ruler)
{
    g_autofree char *access = cell(line, ruler, 2);

    return g_str_equal(access, "ring");
}

static GArray *read_page(unsigned queues)
{
    GArray *all = g_array_new(false, false, sizeof(RigRegister));
    g_autofree char *path = NULL;
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    enum { NONE, REGISTERS, RING } table = NONE;
    Ruler ruler = { .count = 0 }, next;

    if (!g_getenv("RIG_DOCS")) {
        g_error("set RIG_DOCS to the directory with rig-nic.rst");
    }
    path = g_build_filename(g_getenv("RIG_DOCS"), "rig-nic.rst", NULL);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        if (is_ruler(*line, &next)) {
            ruler = next;
        } else if (g_str_has_prefix(*line, "Offset  Name")) {
            table = REGISTERS;
        } else if (g_str_has_prefix(*line, "Offset  Ring register")) {
            table = RING;
        } else if (!**line) {
            table = NONE;
        } else if (table == NONE || !g_str_has_prefix(*line, "0x")) {
            continue;
        } else if (table == RING) {
            add_ring_row(all, *line, &ruler, queues);
        } else if (!names_ring(*line, &ruler)) {
            add_row(all, *line, &ruler);
        }
    }
    return all;
}

const RigSpec *rig_spec(unsigned queues)
{
    static RigSpec of[RIG_NIC_MAX_QUEUES + 1];
    RigSpec *spec = &of[queues];

    if (!spec->reg) {
        GArray *all = read_page(queues);

        spec->count = all->len;
        spec->reg = (RigRegister *)g_array_free(all, false);
    }
    return spec;
}

const RigRegister *rig_spec_find(const RigSpec *spec, const char *name)
{
    for (unsigned i = 0; i < spec->count; i++) {
        if (g_str_equal(spec->reg[i].name, name)) {
            return &spec->reg[i];
        }
    }
    g_error("rig-nic.rst has no register '%s'", name);
}

/* --- checks --------------------------------------------------------------- */

static void check(RigNic *nic, const RigRegister *r, const char *when,
                  uint32_t want)
{
    uint32_t got = rig_test_get(nic, r->offset);

    if (got != want) {
        g_error("%s at 0x%04x %s reads 0x%x instead of 0x%x", r->name,
                r->offset, when, got, want);
    }
}

static unsigned queues_of(RigNic *nic)
{
    unsigned queues = RIG_NIC_CAPS_QUEUES(rig_test_get(nic, RIG_NIC_CAPS));

    g_assert_cmpuint(queues, <=, RIG_NIC_MAX_QUEUES);
    return queues;
}

void rig_spec_check_reset(RigNic *nic)
{
    unsigned queues = queues_of(nic), vectors = rig_test_vectors(nic);
    const RigSpec *spec = rig_spec(queues);

    for (unsigned i = 0; i < spec->count; i++) {
        const RigRegister *r = &spec->reg[i];
        bool caps = r->offset == RIG_NIC_CAPS &&
                    (queues != 2 || vectors != 4); /* not the default */

        check(nic, r, "after a reset", caps ? queues | vectors << 8
                                            : r->reset);
    }
}

/* What a register that read `before` reads when `value` was written to it. */
static uint32_t expected(const RigRegister *r, uint32_t before, uint32_t value)
{
    switch (r->access) {
    case RIG_RO:
        return before;
    case RIG_WO:
        return 0;
    case RIG_W1S:
        return before | (value & r->writable);
    case RIG_W1C:
        return before & ~(value & r->writable);
    case RIG_RW:
    default:
        break;
    }
    if (g_str_equal(r->name, "MAXFRAME")) {
        value &= r->writable;
        return value < 64 || value > RIG_NIC_FRAME_MAX ? before : value;
    }
    if (g_str_equal(r->name, "TX_CTRL") || g_str_equal(r->name, "RX_CTRL")) {
        return value & r->writable & ~RIG_NIC_RING_ENABLE; /* SIZE is bad */
    }
    return value & r->writable;
}

static void write_all(RigNic *nic, uint32_t value)
{
    const RigSpec *spec = rig_spec(queues_of(nic));

    for (unsigned i = 0; i < spec->count; i++) {
        const RigRegister *r = &spec->reg[i];
        uint32_t before = rig_test_get(nic, r->offset);
        uint32_t v = r->offset == RIG_NIC_CTRL ? value & ~RIG_NIC_CTRL_RST
                                               : value;

        rig_test_set(nic, r->offset, v);
        check(nic, r, "when written", expected(r, before, v));
    }
}

void rig_spec_write_ones(RigNic *nic)
{
    write_all(nic, 0);
    write_all(nic, 0xa5a5a5a5);
    write_all(nic, 0x5a5a5a5a);
    write_all(nic, ALL);
}
