/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files to and from the guest, whatever happens meanwhile. */
#include <glib/gstdio.h>
#include <string.h>

#include "agent-transfer.h"
#include "guest-dump.h"
#include "tests/agent/cases.h"
#include "tests/dump-builder.h"

/* A COM port of a VM that is not accelerated carries some 10 KB a second. */
#define SIZE (transport->kind->vm ? 40000u : 150000u)

/* A file of ours with bytes that depend on `seed`, and are others in each run:
 * a guest may have those of the last one. */
static char *make_file(const char *name, size_t size, unsigned seed)
{
    static unsigned run;
    g_autofree char *bytes = g_malloc(size + 1);
    char *path = g_strdup(scratch_path(name));

    run = run ? run : g_random_int();
    seed += run;

    for (size_t i = 0; i < size; i++) {
        seed = seed * 1664525 + 1013904223;
        bytes[i] = (char)(seed >> 16);
    }
    ck_assert(g_file_set_contents(path, bytes, (gssize)size, NULL));
    return path;
}

static void same(const char *a, const char *b)
{
    g_autofree char *bytes_a = NULL, *bytes_b = NULL;
    gsize size_a, size_b;

    ck_assert(g_file_get_contents(a, &bytes_a, &size_a, NULL));
    ck_assert(g_file_get_contents(b, &bytes_b, &size_b, NULL));
    ck_assert_uint_eq(size_a, size_b);
    ck_assert(memcmp(bytes_a, bytes_b, size_a) == 0);
}

static void put(const char *local, const char *remote, RigAgentMoved *moved,
                gpointer opaque)
{
    g_autoptr(GError) error = NULL;

    rig_agent_put(agent, local, remote, moved, opaque, &error);
    ck_assert_msg(error == NULL, "%s", error ? error->message : "");
}

static void get(const char *remote, const char *local, RigAgentMoved *moved,
                gpointer opaque)
{
    g_autoptr(GError) error = NULL;

    rig_agent_get(agent, remote, local, moved, opaque, &error);
    ck_assert_msg(error == NULL, "%s", error ? error->message : "");
}

static void there_and_back(const char *name, size_t size, unsigned seed)
{
    g_autofree char *local = make_file(name, size, seed);
    g_autofree char *remote = g_strdup(guest_path(name));
    g_autofree char *back = g_strconcat(local, ".back", NULL);

    put(local, remote, NULL, NULL);
    get(remote, back, NULL, NULL);
    same(local, back);
}

START_TEST(files_go_there_and_back)
{
    there_and_back("empty", 0, 1);
    there_and_back("one", 1, 2);
    there_and_back("chunk", AGENT_CHUNK_MAX, 3);
    there_and_back("more", SIZE, 4);
    there_and_back("more", SIZE + 1, 5); /* in place of the other one */
    there_and_back("\xc3\xa4 b", 100, 6);
}
END_TEST

START_TEST(files_survive_a_bad_link)
{
    WireFault bad = { .damage_every = 23000 };

    wire_set(transport->wire, WIRE_TO_AGENT, bad);
    wire_set(transport->wire, WIRE_TO_HOST, bad);
    there_and_back("bad-link", SIZE / 2, 7);
}
END_TEST

/* Once, in the middle. */
typedef struct Middle {
    gboolean done;
    uint64_t begin;  /* where the attempt after it began; 0: not yet */
} Middle;

static void restart_agent(gpointer opaque, uint64_t done, uint64_t total)
{
    Middle *middle = opaque;

    if (!middle->done && done > total / 2) {
        middle->done = TRUE;
        transport->kind->restart(transport, agent);
    } else if (middle->done && !middle->begin) {
        middle->begin = done;
    }
}

static unsigned lives(void)
{
    return (unsigned)rig_agent_counts(agent).restarts;
}

START_TEST(an_upload_goes_on_after_a_restart_of_the_agent)
{
    g_autofree char *local = make_file("up", SIZE, 8);
    g_autofree char *remote = g_strdup(guest_path("up"));
    g_autofree char *back = g_strconcat(local, ".back", NULL);
    Middle middle = { 0 };
    unsigned before = lives();

    put(local, remote, restart_agent, &middle);
    ck_assert_uint_eq(lives(), before + 1);
    ck_assert_uint_gt(middle.begin, SIZE / 2 - AGENT_CHUNK_MAX);
    get(remote, back, NULL, NULL);
    same(local, back);
}
END_TEST

START_TEST(a_download_goes_on_after_a_restart_of_the_agent)
{
    g_autofree char *local = make_file("down", SIZE, 9);
    g_autofree char *remote = g_strdup(guest_path("down"));
    g_autofree char *back = g_strconcat(local, ".back", NULL);
    Middle middle = { 0 };
    unsigned before = lives();

    put(local, remote, NULL, NULL);
    get(remote, back, restart_agent, &middle);
    ck_assert_uint_eq(lives(), before + 1);
    ck_assert_uint_gt(middle.begin, SIZE / 2 - AGENT_CHUNK_MAX);
    same(local, back);
}
END_TEST

/* The host that had begun is gone, and another one asks for the same. */
static void cut_link(gpointer opaque, uint64_t done, uint64_t total)
{
    if (done > total / 2) {
        wire_host_fd(transport->wire); /* nobody holds this one: lost */
        *(gboolean *)opaque = TRUE;
    }
}

START_TEST(transfers_go_on_after_a_restart_of_the_host)
{
    g_autofree char *local = make_file("host", SIZE, 10);
    g_autofree char *remote = g_strdup(guest_path("host"));
    g_autofree char *back = g_strconcat(local, ".back", NULL);
    g_autoptr(GError) error = NULL;
    Middle middle = { .done = TRUE };
    gboolean cut = FALSE;

    ck_assert(!rig_agent_put(agent, local, remote, cut_link, &cut, &error));
    ck_assert(g_error_matches(error, RIG_AGENT_ERROR, RIG_AGENT_LINK));
    g_clear_error(&error);
    connect_agent();
    put(local, remote, restart_agent, &middle);
    ck_assert_uint_gt(middle.begin, SIZE / 2 - AGENT_CHUNK_MAX);

    ck_assert(!rig_agent_get(agent, remote, back, cut_link, &cut, &error));
    ck_assert(g_error_matches(error, RIG_AGENT_ERROR, RIG_AGENT_LINK));
    connect_agent();
    middle = (Middle){ .done = TRUE };
    get(remote, back, restart_agent, &middle);
    ck_assert_uint_gt(middle.begin, SIZE / 2 - AGENT_CHUNK_MAX);
    same(local, back);
}
END_TEST

START_TEST(a_file_with_another_hash_is_not_taken)
{
    static const char wrong[] = "0123456789abcdef0123456789abcdef"
                                "0123456789abcdef0123456789abcdef";
    g_autofree struct fields *arguments = g_new(struct fields, 1);
    g_autofree struct fields *begin = NULL, *data = NULL, *end = NULL;
    g_autofree char *remote = g_strdup(guest_path("wrong"));
    g_autoptr(GError) error = NULL;

    fields_clear(arguments);
    fields_text(arguments, AGENT_KEY_FILE, remote);
    fields_number(arguments, AGENT_KEY_SIZE, 4);
    fields_text(arguments, AGENT_KEY_SHA256, wrong);
    begin = rig_agent_call(agent, AGENT_REQ_PUT_BEGIN, arguments, 0, &error);
    ck_assert_ptr_nonnull(begin);
    fields_number(arguments, AGENT_KEY_OFFSET, 0);
    fields_bytes(arguments, AGENT_KEY_DATA, "data", 4);
    data = rig_agent_call(agent, AGENT_REQ_PUT_DATA, arguments, 0, &error);
    ck_assert_ptr_nonnull(data);
    end = rig_agent_call(agent, AGENT_REQ_PUT_END, arguments, 0, &error);
    ck_assert_ptr_null(end);
    ck_assert(g_error_matches(error, RIG_AGENT_ERROR, AGENT_E_MISMATCH));
    g_free(expect_failure(AGENT_REQ_GET_BEGIN, AGENT_KEY_FILE, remote,
                          AGENT_E_NOT_FOUND));
}
END_TEST

START_TEST(a_file_that_cannot_be_there_is_an_error_with_its_cause)
{
    g_autofree char *missing = expect_failure(
        AGENT_REQ_GET_BEGIN, AGENT_KEY_FILE, guest_path("not/there"),
        AGENT_E_NOT_FOUND);
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_nonnull(strstr(missing, transport->kind->windows ?
                                 "win32 3" : "errno 2"));
    ck_assert(!rig_agent_get(agent, guest_path("not/there"),
                             scratch_path("x"), NULL, NULL, &error));
    ck_assert(g_error_matches(error, RIG_AGENT_ERROR, AGENT_E_NOT_FOUND));
}
END_TEST

/* A MEMORY.DMP takes hours over a COM port, and a list may lie. */
START_TEST(of_a_long_dump_the_header_is_fetched_and_no_more_than_was_listed)
{
    g_autofree char *local = g_strdup(scratch_path("made.dmp"));
    g_autofree char *remote = g_strdup(guest_path("MEMORY.DMP"));
    g_autofree char *back = g_strdup(scratch_path("fetched.dmp"));
    guint8 bytes[RIG_MINIDUMP_HEADER + 100] = { 0 };
    RigGuestDump dump = { remote, 4ull << 30, 1 };
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    RigMinidump d;
    gsize length;

    rig_build_dump(bytes, 0x7c, 0x0d);
    ck_assert(g_file_set_contents(local, (char *)bytes, sizeof(bytes), NULL));
    put(local, remote, NULL, NULL);
    rig_guest_dump_fetch(agent, &dump, back, &d, &error);
    ck_assert_msg(error == NULL, "%s", error ? error->message : "");
    ck_assert_str_eq(rig_bugcheck_class(&d.bugcheck), "0x0D");
    ck_assert(g_file_get_contents(back, &text, &length, NULL));
    ck_assert_uint_eq(length, RIG_MINIDUMP_HEADER);
    dump.size = sizeof(bytes); /* a short one comes whole */
    ck_assert(rig_guest_dump_fetch(agent, &dump, back, &d, NULL));
    same(local, back);
    ck_assert(!rig_agent_get_small(agent, remote, back, sizeof(bytes) - 1,
                                   &error));
    ck_assert_ptr_nonnull(strstr(error->message, "longer than it may be"));
}
END_TEST

void add_transfer_cases(TCase *tcase)
{
    tcase_add_test(tcase, files_go_there_and_back);
    tcase_add_test(tcase, files_survive_a_bad_link);
    tcase_add_test(tcase, an_upload_goes_on_after_a_restart_of_the_agent);
    tcase_add_test(tcase, a_download_goes_on_after_a_restart_of_the_agent);
    tcase_add_test(tcase, transfers_go_on_after_a_restart_of_the_host);
    tcase_add_test(tcase,
        of_a_long_dump_the_header_is_fetched_and_no_more_than_was_listed);
    tcase_add_test(tcase, a_file_with_another_hash_is_not_taken);
    tcase_add_test(tcase,
                   a_file_that_cannot_be_there_is_an_error_with_its_cause);
}
