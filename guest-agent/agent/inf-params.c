/* SPDX-License-Identifier: GPL-2.0-or-later */
/* INF files: parameters of the adapter's Advanced page. */
#include "agent/inf-install.h"

/*
 * The network class installer writes the default of each parameter as a value
 * of the driver key, unless the parameter is optional or has a value.
 */
static void apply_default(struct registry *reg, const char *parameter)
{
    g_autofree char *key = g_strdup_printf("Ndi\\params\\%s", parameter);
    const struct reg_value *optional = registry_get(reg, key, "Optional");
    const struct reg_value *value = registry_get(reg, key, "Default");
    struct reg_value text = { .type = REG_SZ_ };
    g_autofree char *number = NULL;

    if (!value || registry_get(reg, "", parameter) ||
        (optional && (optional->dword == 1 ||
                      g_strcmp0(optional->text, "1") == 0))) {
        return;
    }
    if (value->type == REG_DWORD_) {
        text.text = number = g_strdup_printf("%u", value->dword);
    } else {
        text.text = value->text ? value->text : "";
    }
    registry_set(reg, "", parameter, &text);
}

void inf_apply_defaults(struct registry *reg)
{
    g_auto(GStrv) names = registry_subkeys(reg, "Ndi\\params");

    for (char **name = names; *name; name++) {
        apply_default(reg, *name);
    }
}
