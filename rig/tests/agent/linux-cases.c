/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices of a Linux guest in a real machine: a virtio-net function. */
#include <string.h>

#include "tests/agent/cases.h"

#define NIC "PCI\\VEN_1AF4&DEV_1041"

/* cfg.h of Windows. */
#define DN_STARTED     0x8
#define DN_HAS_PROBLEM 0x400

static uint64_t number_of(uint16_t request, enum agent_key key)
{
    g_autofree struct fields *reply = expect_reply(request, AGENT_KEY_DEVICE,
                                                   NIC);

    return fields_get_number(reply, key, G_MAXUINT64);
}

START_TEST(a_device_is_started_and_has_its_messages)
{
    g_autofree struct fields *reply = expect_reply(AGENT_REQ_WAIT,
                                                   AGENT_KEY_DEVICE, NIC);
    char service[64];

    ck_assert_uint_eq(fields_get_number(reply, AGENT_KEY_FLAGS, 0),
                      DN_STARTED);
    /* Configuration, receive and transmit: virtio 1.1, 4.1.4.3. */
    ck_assert_uint_eq(fields_get_number(reply, AGENT_KEY_MESSAGE_INTERRUPTS,
                                        0), 3);
    ck_assert(fields_get_text(reply, AGENT_KEY_SERVICE, service,
                              sizeof(service)));
    ck_assert_str_eq(service, "virtio-pci");
}
END_TEST

START_TEST(a_device_is_disabled_and_enabled)
{
    g_autoptr(GError) error = NULL;
    g_autofree struct fields *reply = NULL;

    ck_assert_uint_eq(number_of(AGENT_REQ_DISABLE, AGENT_KEY_PROBLEM), 22);
    ck_assert_uint_eq(number_of(AGENT_REQ_STATUS, AGENT_KEY_FLAGS),
                      DN_HAS_PROBLEM);
    ck_assert_uint_eq(number_of(AGENT_REQ_STATUS,
                                AGENT_KEY_MESSAGE_INTERRUPTS), 0);
    reply = ask(AGENT_REQ_WAIT, AGENT_KEY_DEVICE, NIC, 0, 0, 300, &error);
    ck_assert_ptr_null(reply); /* nobody starts it */
    ck_assert(g_error_matches(error, RIG_AGENT_ERROR, AGENT_E_TIMED_OUT));
    ck_assert_uint_eq(number_of(AGENT_REQ_ENABLE, AGENT_KEY_FLAGS),
                      DN_STARTED);
    ck_assert_uint_eq(number_of(AGENT_REQ_STATUS,
                                AGENT_KEY_MESSAGE_INTERRUPTS), 3);
}
END_TEST

START_TEST(a_device_is_restarted)
{
    ck_assert_uint_eq(number_of(AGENT_REQ_RESTART, AGENT_KEY_FLAGS),
                      DN_STARTED);
}
END_TEST

START_TEST(a_device_is_removed_and_found_again)
{
    ck_assert_uint_eq(number_of(AGENT_REQ_REMOVE, AGENT_KEY_PRESENT), 0);
    g_free(expect_failure(AGENT_REQ_STATUS, AGENT_KEY_DEVICE, NIC,
                          AGENT_E_NOT_FOUND));
    ck_assert_uint_eq(number_of(AGENT_REQ_RESCAN, AGENT_KEY_FLAGS),
                      DN_STARTED);
}
END_TEST

void add_linux_cases(TCase *tcase)
{
    tcase_add_test(tcase, a_device_is_started_and_has_its_messages);
    tcase_add_test(tcase, a_device_is_disabled_and_enabled);
    tcase_add_test(tcase, a_device_is_restarted);
    tcase_add_test(tcase, a_device_is_removed_and_found_again);
}
