/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units: registry keys and values. */
#include <check.h>
#include <stdlib.h>
#include "agent/registry.h"

static void set_text(struct registry *reg, const char *key, const char *name,
                     const char *text)
{
    struct reg_value v = { .type = REG_SZ_, .text = (char *)text };

    registry_set(reg, key, name, &v);
}

static const char *get_text(struct registry *reg, const char *key,
                            const char *name)
{
    const struct reg_value *v = registry_get(reg, key, name);

    return v ? v->text : NULL;
}

START_TEST(names_compare_without_regard_to_case)
{
    struct registry *reg = registry_new();

    set_text(reg, "Ndi\\Params", "VlanId", "7");
    ck_assert_str_eq(get_text(reg, "ndi\\PARAMS", "VlanID"), "7");
    set_text(reg, "NDI\\params", "VLANID", "8");
    ck_assert_str_eq(get_text(reg, "Ndi\\Params", "VlanId"), "8");
    registry_free(reg);
}
END_TEST

START_TEST(backslashes_at_the_ends_and_in_pairs_do_not_matter)
{
    struct registry *reg = registry_new();

    set_text(reg, "\\a\\\\b\\", "n", "1");
    ck_assert_str_eq(get_text(reg, "a\\b", "n"), "1");
    ck_assert_ptr_null(get_text(reg, "a", "n"));
    registry_free(reg);
}
END_TEST

START_TEST(setting_a_key_makes_the_keys_above_it)
{
    struct registry *reg = registry_new();

    registry_set(reg, "a\\b\\c", NULL, NULL);
    ck_assert(registry_has_key(reg, "A"));
    ck_assert(registry_has_key(reg, "a\\B"));
    ck_assert(!registry_has_key(reg, "b"));
    registry_free(reg);
}
END_TEST

START_TEST(values_are_copies)
{
    struct registry *reg = registry_new();
    uint8_t data[] = { 1, 2, 3 };
    struct reg_value v = { .type = REG_BINARY_, .data = data, .size = 3 };
    const struct reg_value *got;

    registry_set(reg, "", "b", &v);
    data[0] = 9;
    got = registry_get(reg, "", "B");
    ck_assert_uint_eq(got->size, 3);
    ck_assert_mem_eq(got->data, "\1\2\3", 3);
    registry_free(reg);
}
END_TEST

START_TEST(deleting_a_value_keeps_the_key)
{
    struct registry *reg = registry_new();

    set_text(reg, "k", "n", "1");
    registry_delete(reg, "K", "N");
    registry_delete(reg, "none", "n");
    ck_assert_ptr_null(registry_get(reg, "k", "n"));
    ck_assert(registry_has_key(reg, "k"));
    registry_free(reg);
}
END_TEST

START_TEST(deleting_a_key_takes_the_keys_below_but_no_others)
{
    struct registry *reg = registry_new();

    set_text(reg, "k\\below", "n", "1");
    set_text(reg, "k2", "n", "1");
    registry_delete(reg, "K", NULL);
    ck_assert(!registry_has_key(reg, "k"));
    ck_assert(!registry_has_key(reg, "k\\below"));
    ck_assert(registry_has_key(reg, "k2"));
    registry_free(reg);
}
END_TEST

START_TEST(subkeys_are_only_those_directly_below_in_order)
{
    struct registry *reg = registry_new();
    char **names;

    set_text(reg, "Ndi\\params\\*RSS\\enum", "0", "off");
    registry_set(reg, "NDI\\Params\\*Jumbo", NULL, NULL);
    registry_set(reg, "Ndi\\paramsx\\no", NULL, NULL);
    names = registry_subkeys(reg, "ndi\\params");
    ck_assert_uint_eq(g_strv_length(names), 2);
    ck_assert_str_eq(names[0], "*Jumbo");
    ck_assert_str_eq(names[1], "*RSS");
    g_strfreev(names);
    names = registry_subkeys(reg, "");
    ck_assert_uint_eq(g_strv_length(names), 1);
    g_strfreev(names);
    registry_free(reg);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("registry");
    TCase *t = tcase_create("registry");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_test(t, names_compare_without_regard_to_case);
    tcase_add_test(t, backslashes_at_the_ends_and_in_pairs_do_not_matter);
    tcase_add_test(t, setting_a_key_makes_the_keys_above_it);
    tcase_add_test(t, values_are_copies);
    tcase_add_test(t, deleting_a_value_keeps_the_key);
    tcase_add_test(t, deleting_a_key_takes_the_keys_below_but_no_others);
    tcase_add_test(t, subkeys_are_only_those_directly_below_in_order);
    suite_add_tcase(s, t);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
