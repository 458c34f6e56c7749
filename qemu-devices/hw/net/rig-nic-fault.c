/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Named faults of rig-nic: arming them, counting their occasions, and those
 * that falsify what software reads.
 *
 * The parts of the device ask at each occasion whether it is struck. `faulty`
 * has a bit for each fault that is armed or lasts, so that a device without
 * faults pays for one test. Resets leave faults as they are.
 */
#include "qemu/osdep.h"
#include "hw/misc/rig-fault.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "rig-nic-core.h"
#include "trace.h"

#define INFO(id, name, span, argument, min, max, dflt, occasion, effect, ok) \
    { name, RIG_FAULT_##span, RIG_FAULT_##argument, min, max, dflt, occasion, \
      effect, ok },
static const struct rig_fault_info fault_info[] = { RIG_FAULTS(INFO) };

QEMU_BUILD_BUG_ON(RIG_FAULTS_COUNT > 32);

bool rig_nic_fault_count(RigNicCore *core, enum rig_fault_id id)
{
    RigNicFault *fault = &core->fault[id];

    fault->seen++;
    if (fault->lasts) {
        return true;
    }
    if (!fault->left || --fault->left) {
        return false;
    }
    trace_rig_nic_fault_strikes(fault_info[id].name);
    rig_fault_strikes(OBJECT(core->pci), fault_info[id].name);
    core->struck++;
    if (fault_info[id].span == RIG_FAULT_LASTS) {
        fault->lasts = true;
    } else {
        core->faulty &= ~(1u << id);
    }
    return true;
}

/* --- arming --------------------------------------------------------------- */

static int find_fault(const char *name, size_t length)
{
    for (int i = 0; i < RIG_FAULTS_COUNT; i++) {
        if (strlen(fault_info[i].name) == length &&
            !memcmp(fault_info[i].name, name, length)) {
            return i;
        }
    }
    return -1;
}

/* OFFSET.BIT.VALUE; the register must exist. */
static bool parse_bit(RigNicCore *core, const char *text, RigNicFault *fault)
{
    unsigned offset, bit, value;
    const char *end;

    if (qemu_strtoui(text, &end, 0, &offset) || *end != '.' ||
        qemu_strtoui(end + 1, &end, 10, &bit) || *end != '.' ||
        qemu_strtoui(end + 1, &end, 10, &value) || *end) {
        return false;
    }
    fault->argument = offset;
    fault->bit = bit;
    fault->value = value;
    return rig_nic_reg_exists(core, offset) && bit < 32 && value < 2;
}

static bool parse_argument(RigNicCore *core, int id, const char *text,
                           RigNicFault *fault)
{
    const struct rig_fault_info *info = &fault_info[id];

    switch (info->argument) {
    case RIG_FAULT_BIT:
        return text && parse_bit(core, text, fault);
    case RIG_FAULT_NUMBER:
        fault->argument = info->dflt;
        return (!text || !qemu_strtoui(text, NULL, 10, &fault->argument)) &&
               fault->argument >= info->min && fault->argument <= info->max;
    case RIG_FAULT_NO_ARGUMENT:
    default:
        return !text;
    }
}

int rig_nic_fault_arm(RigNicCore *core, const char *spec, uint64_t ordinal)
{
    const char *colon = strchr(spec, ':');
    RigNicFault fault = { .left = ordinal };
    int id;

    if (!*spec) {
        rig_nic_fault_disarm(core);
        return 0;
    }
    id = find_fault(spec, colon ? colon - spec : strlen(spec));
    if (id < 0) {
        return -ENOENT;
    }
    if (!ordinal || ordinal > RIG_FAULT_ORDINAL_MAX ||
        !parse_argument(core, id, colon ? colon + 1 : NULL, &fault)) {
        return -EINVAL;
    }
    trace_rig_nic_fault_armed(spec, ordinal);
    core->fault[id] = fault;
    core->faulty |= 1u << id;
    return 0;
}

int64_t rig_nic_fault_occasions(const RigNicCore *core, const char *name)
{
    int id = find_fault(name, strlen(name));

    return id < 0 ? -ENOENT : MIN(core->fault[id].seen, INT64_MAX);
}

void rig_nic_fault_disarm(RigNicCore *core)
{
    bool gone = rig_nic_fault_lasts(core, RIG_FAULT_ALL_ONES);

    trace_rig_nic_fault_armed("", 0);
    memset(core->fault, 0, sizeof(core->fault));
    core->faulty = 0;
    timer_del(&core->storm_timer);
    if (gone) {
        rig_nic_core_config_changed(core);
    }
}

/* One NAME@ORDINAL[:ARGUMENT]. */
static bool arm_one(RigNicCore *core, const char *text, Error **errp)
{
    const char *at = strchr(text, '@');
    const char *end = text;
    g_autofree char *spec = NULL;
    uint64_t ordinal = 0;
    int ret = -EINVAL;

    if (at && qemu_strtou64(at + 1, &end, 10, &ordinal) == 0 &&
        (!*end || *end == ':')) {
        spec = g_strdup_printf("%.*s%s", (int)(at - text), text, end);
        ret = *spec ? rig_nic_fault_arm(core, spec, ordinal) : -EINVAL;
    }
    if (ret == -ENOENT) {
        error_setg(errp, "fault '%s': there is no such fault", text);
    } else if (ret < 0) {
        error_setg(errp, "fault '%s' is not NAME@ORDINAL[:ARGUMENT] with an "
                   "ordinal of at least 1 and the argument that NAME takes",
                   text);
    }
    return ret == 0;
}

bool rig_nic_fault_arm_list(RigNicCore *core, const char *list, Error **errp)
{
    g_auto(GStrv) part = g_strsplit(list, ";", -1);

    rig_nic_fault_disarm(core);
    for (unsigned i = 0; part[i]; i++) {
        if (*part[i] && !arm_one(core, part[i], errp)) {
            rig_nic_fault_disarm(core);
            return false;
        }
    }
    return true;
}

char *rig_nic_fault_list(const RigNicCore *core)
{
    GString *list = g_string_new("");

    for (unsigned i = 0; i < RIG_FAULTS_COUNT; i++) {
        const RigNicFault *fault = &core->fault[i];

        if (!(core->faulty & (1u << i))) {
            continue;
        }
        g_string_append_printf(list, "%s%s@%" PRIu64, list->len ? ";" : "",
                               fault_info[i].name,
                               fault->lasts ? 1 : fault->left);
        if (fault_info[i].argument == RIG_FAULT_NUMBER) {
            g_string_append_printf(list, ":%u", fault->argument);
        } else if (fault_info[i].argument == RIG_FAULT_BIT) {
            g_string_append_printf(list, ":0x%x.%u.%u", fault->argument,
                                   fault->bit, fault->value);
        }
    }
    return g_string_free(list, false);
}

bool rig_nic_fault_post_load(RigNicCore *core)
{
    const RigNicFault *stuck = &core->fault[RIG_FAULT_STUCK_BIT];

    return !(core->faulty >> RIG_FAULTS_COUNT) && stuck->bit < 32;
}

/* --- what software reads -------------------------------------------------- */

uint32_t rig_nic_fault_read(RigNicCore *core, uint32_t offset, uint32_t value)
{
    const RigNicFault *stuck = &core->fault[RIG_FAULT_STUCK_BIT];

    if (rig_nic_fault_hits(core, RIG_FAULT_ALL_ONES)) {
        rig_nic_core_config_changed(core);
        return UINT32_MAX;
    }
    if (offset == RIG_NIC_STATUS &&
        rig_nic_fault_hits(core, RIG_FAULT_LINK_NEVER_UP)) {
        value &= ~RIG_NIC_STATUS_LINK_UP;
        rig_nic_rx_resume(core); /* what waits for us is lost */
    }
    if (offset == RIG_NIC_CAPS &&
        rig_nic_fault_lasts(core, RIG_FAULT_FEWER_VECTORS)) {
        uint32_t most = core->fault[RIG_FAULT_FEWER_VECTORS].argument;

        value = core->queues | MIN(core->vectors, most) << 8;
    }
    if (offset == stuck->argument &&
        rig_nic_fault_hits(core, RIG_FAULT_STUCK_BIT)) {
        value = deposit32(value, stuck->bit, 1, stuck->value);
    }
    return value;
}

/* Puts `byte` in the place of configuration byte `at` of a value read. */
static uint32_t patch(uint32_t value, uint32_t address, int length,
                      uint32_t at, uint8_t byte)
{
    if (at < address || at >= address + length) {
        return value;
    }
    return deposit32(value, (at - address) * 8, 8, byte);
}

static bool covers(uint32_t address, int length, uint32_t at)
{
    return at >= address && at < address + length;
}

uint32_t rig_nic_fault_config_read(RigNicCore *core, uint32_t address,
                                   int length, uint32_t value)
{
    uint32_t table_size = core->pci->msix_cap + PCI_MSIX_FLAGS;
    uint32_t pointer = core->pci->exp.exp_cap + PCI_CAP_LIST_NEXT;

    if (rig_nic_fault_lasts(core, RIG_FAULT_ALL_ONES) &&
        core->fault[RIG_FAULT_ALL_ONES].argument) {
        return MAKE_64BIT_MASK(0, length * 8);
    }
    if (covers(address, length, table_size) &&
        rig_nic_fault_hits(core, RIG_FAULT_FEWER_VECTORS)) {
        uint32_t most = core->fault[RIG_FAULT_FEWER_VECTORS].argument;

        value = patch(value, address, length, table_size,
                      MIN(core->vectors, most) - 1);
    }
    if (covers(address, length, pointer) &&
        rig_nic_fault_hits(core, RIG_FAULT_NO_MSIX)) {
        value = patch(value, address, length, pointer, core->pci->pm_cap);
    }
    return value;
}

/* --- what software writes to configuration space -------------------------- */

bool rig_nic_fault_config_write(RigNicCore *core, uint32_t address,
                                uint32_t *value, int length)
{
    uint32_t control = core->pci->msix_cap + PCI_MSIX_FLAGS + 1;
    uint32_t power = core->pci->pm_cap + PCI_PM_CTRL;

    if (rig_nic_fault_lasts(core, RIG_FAULT_ALL_ONES) &&
        core->fault[RIG_FAULT_ALL_ONES].argument) {
        return false;
    }
    if (covers(address, length, control)) {
        uint32_t enable = (PCI_MSIX_FLAGS_ENABLE >> 8)
                          << (control - address) * 8;

        if ((*value & enable) &&
            rig_nic_fault_hits(core, RIG_FAULT_MSIX_ENABLE_IGNORED)) {
            *value = (*value & ~enable) |
                     (msix_enabled(core->pci) ? enable : 0);
        }
    }
    if (covers(address, length, power) && !rig_nic_in_d0(core->pci)) {
        unsigned shift = (power - address) * 8;
        uint32_t state = (uint32_t)PCI_PM_CTRL_STATE_MASK << shift;

        if (!(*value & state) &&
            rig_nic_fault_hits(core, RIG_FAULT_POWER_STUCK)) {
            *value |= state; /* D3hot, in which it is */
        }
    }
    return true;
}
