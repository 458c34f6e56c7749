/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libFuzzer target: hostile rule files; what is accepted is drawn, too. */
#include <stdio.h>

#include "paths.h"
#include "rule-text.h"
#include "rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char *schema;
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(RigRule) rule = NULL;

    if (!schema) {
        g_autoptr(RigPaths) paths = rig_paths_find(NULL);

        schema = g_build_filename(paths->scenarios, "rules", "rule.rng", NULL);
    }
    rule = rig_rule_parse((const char *)data, size, "fuzz.xml", schema,
                          problems);
    g_assert_true((rule == NULL) == (problems->len > 0));
    if (rule) {
        g_autofree char *levels = rig_rule_levels(rule);
        g_autofree char *svg = rig_rule_svg(rule);

        g_assert_true(levels && svg);
    }
    return 0;
}
