/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The manual pages in rig/man, shown by man(1) from where they are. */
#include "manual.h"

#include <string.h>
#include <unistd.h>

char *rig_manual_find(const char *manual, const char *name)
{
    static const char *const endings[] = { ".1", ".5", ".7", "" };
    const char *prefix = strcmp(name, "rig") == 0 ||
                         g_str_has_prefix(name, "rig-") ? "" : "rig-";

    if (name[strspn(name, G_CSET_a_2_z G_CSET_DIGITS ".-")] != '\0') {
        return NULL;
    }
    for (guint i = 0; i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *base = g_strconcat(prefix, name, endings[i], NULL);
        g_autofree char *page = g_build_filename(manual, base, NULL);

        if (g_file_test(page, G_FILE_TEST_IS_REGULAR)) {
            return g_steal_pointer(&page);
        }
    }
    return NULL;
}

void rig_manual_show(const char *page)
{
    execlp("man", "man", "--local-file", page, NULL);
}
