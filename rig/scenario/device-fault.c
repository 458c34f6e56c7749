/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device faults of rig-nic, looked up in the device's own table. */
#include "device-fault.h"

#include <glib.h>
#include <string.h>

#include "rig/nic-regs.h"

#define INFO(id, name, span, argument, min, max, dflt, occasion, effect, ok) \
    { name, RIG_FAULT_##span, RIG_FAULT_##argument, min, max, dflt, occasion, \
      effect, ok },
const struct rig_fault_info rig_device_faults[RIG_FAULTS_COUNT] = {
    RIG_FAULTS(INFO)
};

const struct rig_fault_info *rig_device_fault(const char *name)
{
    for (unsigned i = 0; i < RIG_FAULTS_COUNT; i++) {
        if (strcmp(rig_device_faults[i].name, name) == 0) {
            return &rig_device_faults[i];
        }
    }
    return NULL;
}

static gboolean is_number(const char *text, guint base, guint64 min,
                          guint64 max)
{
    return g_ascii_string_to_unsigned(text, base, min, max, NULL, NULL);
}

/* OFFSET.BIT.VALUE, the offset with 0x or decimal, as the device reads it. */
static gboolean is_bit(const char *text)
{
    g_auto(GStrv) part = g_strsplit(text, ".", -1);
    gboolean hex = part[0] && g_str_has_prefix(part[0], "0x");

    return g_strv_length(part) == 3 &&
           is_number(part[0] + (hex ? 2 : 0), hex ? 16 : 10, 0,
                     RIG_NIC_REGS_SIZE - 4) &&
           is_number(part[1], 10, 0, 31) && is_number(part[2], 10, 0, 1);
}

char *rig_device_fault_refuses(const struct rig_fault_info *f,
                               const char *argument)
{
    switch (f->argument) {
    case RIG_FAULT_NUMBER:
        return !argument || is_number(argument, 10, f->min, f->max) ? NULL :
               g_strdup_printf("takes a number from %u to %u", f->min, f->max);
    case RIG_FAULT_BIT:
        return argument && is_bit(argument) ? NULL :
               g_strdup("takes OFFSET.BIT.VALUE: a register of rig-nic, a bit "
                        "0 to 31 and what it reads, 0 or 1");
    default:
        return argument ? g_strdup("takes no argument") : NULL;
    }
}
