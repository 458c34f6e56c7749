/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Places in the driver, as people read them. */
#include <string.h>
#include "monitor-internal.h"

/* Between the frames of a call stack, innermost first. */
#define CALLED_BY " < "

char *rig_monitor_place(const RigMonitor *m, uint64_t rva)
{
    const char *sys = rig_monitor_open_scenario(m)->sys_name;
    g_autofree char *symbol = m->symbols ? rig_symbols_name(m->symbols, rva)
                                         : NULL;

    return g_strdup_printf("%s+0x%" G_GINT64_MODIFIER "x%s%s%s",
                           sys ? sys : "the driver", rva,
                           symbol ? " (" : "", symbol ? symbol : "",
                           symbol ? ")" : "");
}

/* Where the addresses begin in the text; NULL: it has none. */
static const char *addresses(const char *text)
{
    const char *bar = strstr(text, "| "), *stack = strstr(text, "stack ");

    return bar ? bar + 2 : stack ? stack + 6 : NULL;
}

char *rig_monitor_stack(const RigMonitor *m, const char *text)
{
    const char *at = addresses(text);
    g_auto(GStrv) words = g_strsplit(at ? at : "", " ", -1);
    GString *s = g_string_new_len(text, at ? at - text
                                           : (gssize)strlen(text));

    for (unsigned i = 0; words[i] && *words[i]; i++) {
        guint64 rva;

        if (g_ascii_string_to_unsigned(words[i], 16, 0, G_MAXUINT32, &rva,
                                       NULL)) {
            g_autofree char *place = rig_monitor_place(m, rva);

            g_string_append_printf(s, "%s%s", i ? CALLED_BY : "", place);
        } else {
            g_string_append_printf(s, "%s%s", i ? " " : "", words[i]);
        }
    }
    return g_string_free(s, FALSE);
}
