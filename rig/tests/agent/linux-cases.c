/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Linux guest in a real machine: its virtio-net function, frames, sleep. */
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

/* --- frames -------------------------------------------------------------- */

static struct fields *send_frames(const char *device, uint64_t frames,
                                  uint64_t min, uint64_t max, GError **error)
{
    g_autofree struct fields *f = g_new(struct fields, 1);

    fields_clear(f);
    fields_text(f, AGENT_KEY_DEVICE, device);
    fields_number(f, AGENT_KEY_FRAMES, frames);
    fields_number(f, AGENT_KEY_MIN_LENGTH, min);
    fields_number(f, AGENT_KEY_MAX_LENGTH, max);
    fields_number(f, AGENT_KEY_SEED, 7);
    fields_number(f, AGENT_KEY_SCENARIO, 3);
    fields_number(f, AGENT_KEY_CYCLE, 9);
    return rig_agent_call(agent, AGENT_REQ_TRAFFIC, f, 0, error);
}

START_TEST(frames_cross_the_function_and_come_back)
{
    g_autoptr(GError) error = NULL;
    g_autofree struct fields *reply = NULL;

    for (int i = 0; i < 2; i++) { /* a second time, on an interface that is up */
        g_free(reply);
        reply = send_frames(NIC, 200, 60, 1514, &error);
        ck_assert_msg(reply != NULL, "%s", error ? error->message : "");
        ck_assert_uint_eq(fields_get_number(reply, AGENT_KEY_SENT, 0), 200);
        ck_assert_uint_eq(fields_get_number(reply, AGENT_KEY_RECEIVED, 0),
                          200);
        ck_assert_uint_eq(fields_get_number(reply, AGENT_KEY_WRONG, 9), 0);
    }

}
END_TEST

static void refused(const char *device, uint64_t frames, uint64_t min,
                    uint64_t max, int code, const char *says)
{
    g_autoptr(GError) error = NULL;
    g_autofree struct fields *reply = send_frames(device, frames, min, max,
                                                  &error);

    ck_assert_ptr_null(reply);
    ck_assert_msg(g_error_matches(error, RIG_AGENT_ERROR, code) &&
                  strstr(error->message, says), "%s", error->message);
}

START_TEST(frames_that_cannot_be_sent_are_refused)
{
    refused(NIC, 0, 60, 60, AGENT_E_INVALID, "frames is 1 to");
    refused(NIC, 1, 53, 60, AGENT_E_INVALID, "min-length is 54");
    refused(NIC, 1, 61, 60, AGENT_E_INVALID, "max-length");
    refused(NIC, 1, 1515, 1515, AGENT_E_FAILED, "send: frame 0 of 1");
    refused("PCI\\VEN_1234", 1, 60, 60, AGENT_E_NOT_FOUND, "no device");
}
END_TEST

/* --- sleep --------------------------------------------------------------- */

typedef struct Answer {
    gboolean done, good;
    char *text;
} Answer;

static void on_answer(gpointer opaque, const struct fields *reply,
                      const GError *error)
{
    Answer *a = opaque;

    a->done = TRUE;
    a->good = reply != NULL;
    a->text = g_strdup(error ? error->message : "");
}

/* S3 and back, with the firmware's part in it; QEMU says that it was. */
START_TEST(the_system_sleeps_until_it_is_woken_up)
{
    g_autofree struct fields *info = expect_reply(AGENT_REQ_INFO, 0, NULL);
    g_autoptr(GMainContext) context = g_main_context_ref_thread_default();
    Answer a = { 0 };
    char states[32];

    fields_get_text(info, AGENT_KEY_SLEEP_STATES, states, sizeof(states));
    ck_assert_msg(strstr(states, "S3") != NULL, "it can \"%s\"", states);
    rig_agent_start(agent, AGENT_REQ_SLEEP, NULL, 0, on_answer, &a);
    ck_assert(transport_qmp_said(transport, "\"SUSPEND\""));
    ck_assert_msg(!a.done, "answered in its sleep: %s", a.text);
    transport_qmp(transport, "system_wakeup");
    ck_assert(transport_qmp_said(transport, "\"WAKEUP\""));
    while (!a.done) {
        g_main_context_iteration(context, TRUE);
    }
    ck_assert_msg(a.good, "%s", a.text);
    g_free(a.text);
    /* The device has been through it, too. */
    ck_assert_uint_eq(number_of(AGENT_REQ_STATUS, AGENT_KEY_FLAGS),
                      DN_STARTED);
}
END_TEST

void add_linux_cases(TCase *tcase)
{
    tcase_add_test(tcase, frames_cross_the_function_and_come_back);
    tcase_add_test(tcase, frames_that_cannot_be_sent_are_refused);
    tcase_add_test(tcase, the_system_sleeps_until_it_is_woken_up);
    tcase_add_test(tcase, a_device_is_started_and_has_its_messages);
    tcase_add_test(tcase, a_device_is_disabled_and_enabled);
    tcase_add_test(tcase, a_device_is_restarted);
    tcase_add_test(tcase, a_device_is_removed_and_found_again);
}
