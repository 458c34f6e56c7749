/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libFuzzer target: hostile scenario files, named as if among the rig's. */
#include <stdio.h>

#include "paths.h"
#include "scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static RigPaths *paths;
    static char *file;
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(RigScenario) s = NULL;

    if (!paths) {
        paths = rig_paths_find(NULL);
        file = g_build_filename(paths->scenarios, "fuzz.xml", NULL);
    }
    s = rig_scenario_parse(text, file, paths, problems);
    g_assert_true((s == NULL) == (problems->len > 0));
    if (s) {
        unsigned cycles = rig_scenario_cycle_count(s);

        g_assert_true(cycles > 0 && rig_scenario_cycle(s, cycles));
    }
    return 0;
}
