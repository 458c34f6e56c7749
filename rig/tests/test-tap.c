/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units of tap.c: a thread plays QEMU and connects to the socket. */
#include <check.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "loop.h"
#include "run-suite.h"
#include "tap.h"
#include "tests/fixture.h"

/* No test may hang: the loop ends after this time. */
#define LIMIT_MS 10000

static Fixture *f;
static char *socket_path, *events_path;
static GMainLoop *loop;
static GByteArray *received;
static unsigned closed;
static char *closed_why;

static void on_data(void *opaque, const void *bytes, size_t length)
{
    (void)opaque;
    g_byte_array_append(received, bytes, length);
}

static void on_closed(void *opaque, const char *error)
{
    (void)opaque;
    closed++;
    closed_why = g_strdup(error);
    g_main_loop_quit(loop);
}

static const RigTapReader reader = { on_data, on_closed, NULL };

static gboolean too_late(gpointer opaque)
{
    (void)opaque;
    g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
}

static void setup(void)
{
    rig_loop_init();
    f = fixture_new();
    socket_path = g_build_filename(f->dir, "tap", NULL);
    events_path = g_build_filename(f->dir, "events.bin", NULL);
    loop = g_main_loop_new(rig_loop_context(), FALSE);
    rig_loop_attach(rig_loop_context(), g_timeout_source_new(LIMIT_MS),
                    too_late, NULL);
    received = g_byte_array_new();
    closed = 0;
    closed_why = NULL;
}

static void teardown(void)
{
    g_byte_array_unref(received);
    g_main_loop_unref(loop);
    g_free(socket_path);
    g_free(events_path);
    g_free(closed_why);
    fixture_free(f);
}

static int connect_to(const char *path)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    g_strlcpy(addr.sun_path, path, sizeof(addr.sun_path));
    if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

typedef struct Sender {
    const uint8_t *bytes;
    size_t length, piece;
} Sender;

static gpointer send_pieces(gpointer opaque)
{
    const Sender *s = opaque;
    int fd = connect_to(socket_path);

    for (size_t at = 0; at < s->length; at += s->piece) {
        size_t n = MIN(s->piece, s->length - at);

        if (write(fd, s->bytes + at, n) != (ssize_t)n) {
            break;
        }
    }
    close(fd);
    return NULL;
}

static void receive(const Sender *s)
{
    GThread *qemu = g_thread_new("qemu", send_pieces, (gpointer)s);

    g_main_loop_run(loop);
    g_thread_join(qemu);
}

static const size_t pieces[] = { 1, 7, 512, 65536, 1 << 20 };

START_TEST(stream_in_pieces_of_any_size_arrives_and_is_kept)
{
    size_t length = pieces[_i] < 512 ? 20000 : 3 * 1000 * 1000 + 1;
    g_autofree uint8_t *bytes = g_malloc(length);
    const Sender s = { bytes, length, pieces[_i] };
    RigTap *t = rig_tap_listen(socket_path, events_path, &reader, NULL);
    g_autofree char *kept = NULL;
    gsize kept_length;

    ck_assert_ptr_nonnull(t);
    for (size_t i = 0; i < length; i++) {
        bytes[i] = i * 2654435761u >> 24;
    }
    receive(&s);
    rig_tap_free(t);
    ck_assert_uint_eq(closed, 1);
    ck_assert_ptr_null(closed_why);
    ck_assert_uint_eq(received->len, length);
    ck_assert_mem_eq(received->data, bytes, length);
    ck_assert(g_file_get_contents(events_path, &kept, &kept_length, NULL));
    ck_assert_uint_eq(kept_length, length);
    ck_assert_mem_eq(kept, bytes, length);
}
END_TEST

START_TEST(events_are_in_the_file_before_anybody_judges_them)
{
    const Sender s = { (const uint8_t *)"12345678", 8, 8 };
    RigTap *t = rig_tap_listen(socket_path, events_path, &reader, NULL);
    struct stat st;

    receive(&s);
    /* Not closed yet: what a killed rig leaves behind. */
    ck_assert_int_eq(stat(events_path, &st), 0);
    ck_assert_int_eq(st.st_size, 8);
    rig_tap_free(t);
}
END_TEST

START_TEST(only_one_connection_is_taken)
{
    RigTap *t = rig_tap_listen(socket_path, events_path, &reader, NULL);
    int first = connect_to(socket_path);
    int second;

    ck_assert_int_ge(first, 0);
    while (g_main_context_iteration(rig_loop_context(), FALSE)) {
    }
    second = connect_to(socket_path);
    ck_assert_int_lt(second, 0);
    close(first);
    rig_tap_free(t);
}
END_TEST

START_TEST(socket_is_gone_afterwards)
{
    RigTap *t = rig_tap_listen(socket_path, events_path, &reader, NULL);

    ck_assert(g_file_test(socket_path, G_FILE_TEST_EXISTS));
    rig_tap_free(t);
    ck_assert(!g_file_test(socket_path, G_FILE_TEST_EXISTS));
}
END_TEST

START_TEST(earlier_events_are_never_overwritten)
{
    g_autofree char *old = fixture_write(f, "events.bin", "old", 3);
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_null(rig_tap_listen(socket_path, old, &reader, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "events.bin"));
}
END_TEST

START_TEST(path_longer_than_a_socket_name_is_an_error)
{
    g_autofree char *name = g_strnfill(120, 'x');
    g_autofree char *path = g_build_filename(f->dir, name, NULL);
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_null(rig_tap_listen(path, events_path, &reader, &error));
    ck_assert_ptr_nonnull(error);
}
END_TEST

START_TEST(full_disk_is_reported)
{
    const Sender s = { (const uint8_t *)"12345678", 8, 8 };
    RigTap *t;

    /* O_EXCL keeps /dev/full out; a file size limit does the same. */
    signal(SIGXFSZ, SIG_IGN);
    t = rig_tap_listen(socket_path, events_path, &reader, NULL);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit) { 4, 4 });
    receive(&s);
    ck_assert_uint_eq(closed, 1);
    ck_assert_ptr_nonnull(closed_why);
    ck_assert_ptr_nonnull(strstr(closed_why, "events.bin"));
    rig_tap_free(t);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("tap");
    TCase *t = tcase_create("tap");

    tcase_set_timeout(t, 30);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, stream_in_pieces_of_any_size_arrives_and_is_kept,
                        0, G_N_ELEMENTS(pieces));
    tcase_add_test(t, events_are_in_the_file_before_anybody_judges_them);
    tcase_add_test(t, only_one_connection_is_taken);
    tcase_add_test(t, socket_is_gone_afterwards);
    tcase_add_test(t, earlier_events_are_never_overwritten);
    tcase_add_test(t, path_longer_than_a_socket_name_is_an_error);
    tcase_add_test(t, full_disk_is_reported);
    suite_add_tcase(s, t);
    return run_suite(s);
}
