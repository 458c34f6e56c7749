/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All exports of the host, over the tables of its parts. */
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "ndis/host.h"
#include "ndis/include/ndis-layout-asserts.h" /* of every build */
#include "ndis/thunk.h"

extern const struct export bus_exports[], config_exports[], device_exports[],
    dma_exports[], dpc_exports[], generic_exports[], interrupt_exports[],
    irp_exports[],
    irql_exports[], memory_exports[], miniport_exports[], nbl_exports[],
    nt_exports[], power_exports[], processor_exports[], registry_exports[],
    string_exports[], timer_exports[], trace_exports[], wait_exports[],
    work_exports[];

const struct export *const export_tables[] = {
    bus_exports, config_exports, device_exports, dma_exports, dpc_exports,
    generic_exports, interrupt_exports, irp_exports, irql_exports,
    memory_exports, miniport_exports, nbl_exports, nt_exports, power_exports,
    processor_exports, registry_exports, string_exports, timer_exports,
    trace_exports, wait_exports, work_exports, NULL,
};

/* The modules whose exports the tables have. */
static const char *const modules[] = {
    "hal.dll", "ndis.sys", "ntoskrnl.exe", "wpprecorder.sys", NULL,
};

bool export_module_known(const char *dll)
{
    for (int i = 0; modules[i]; i++) {
        if (strcasecmp(modules[i], dll) == 0) {
            return true;
        }
    }
    return false;
}

const struct export *export_find(const char *name)
{
    for (int t = 0; export_tables[t]; t++) {
        for (const struct export *e = export_tables[t]; e->name; e++) {
            if (strcmp(e->name, name) == 0) {
                return e;
            }
        }
    }
    return NULL;
}

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *const *host_exports(void)
{
    static GPtrArray *names;

    if (!names) {
        names = g_ptr_array_new();
        for (int t = 0; export_tables[t]; t++) {
            for (const struct export *e = export_tables[t]; e->name; e++) {
                g_ptr_array_add(names, (gpointer)e->name);
            }
        }
        g_ptr_array_sort(names, by_name);
        g_ptr_array_add(names, NULL);
    }
    return (const char *const *)names->pdata;
}

void host_print_imports(FILE *f)
{
    for (int i = 0; modules[i]; i++) {
        fprintf(f, "module %s\n", modules[i]);
    }
    for (const char *const *name = host_exports(); *name; name++) {
        const struct export *e = export_find(*name);

        fprintf(f, "%s %s\n", e->flags & EX_DATA ? "data"
                : e->failure ? "fallible" : "function", *name);
    }
}

unsigned export_number(const struct export *ex)
{
    unsigned number = 0;

    for (int t = 0; export_tables[t]; t++) {
        for (const struct export *e = export_tables[t]; e->name; e++) {
            if (e == ex) {
                return number;
            }
            number++;
        }
    }
    return number;
}

const char *host_export_name(unsigned number)
{
    for (int t = 0; export_tables[t]; t++) {
        for (const struct export *e = export_tables[t]; e->name; e++) {
            if (number-- == 0) {
                return e->name;
            }
        }
    }
    return NULL;
}

int host_export_number(const char *name)
{
    const struct export *ex = export_find(name);

    return ex && ex->failure ? (int)export_number(ex) : -1;
}
