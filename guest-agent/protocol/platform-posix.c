/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The platform: POSIX, with GLib's SHA-256. */
#include <errno.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "protocol/platform.h"

void platform_lock_init(platform_lock *lock)
{
    pthread_mutex_init(lock, NULL);
}

void platform_lock_take(platform_lock *lock)
{
    pthread_mutex_lock(lock);
}

void platform_lock_give(platform_lock *lock)
{
    pthread_mutex_unlock(lock);
}

void platform_condition_init(platform_condition *condition)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

void platform_condition_signal(platform_condition *condition)
{
    pthread_cond_broadcast(condition);
}

void platform_condition_wait(platform_condition *condition,
                             platform_lock *lock, uint64_t ms)
{
    struct timespec until;

    if (ms == UINT64_MAX) {
        pthread_cond_wait(condition, lock);
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_cond_timedwait(condition, lock, &until);
}

struct thread_start {
    void (*run)(void *opaque);
    void *opaque;
};

static void *thread_main(void *data)
{
    struct thread_start start = *(struct thread_start *)data;

    free(data);
    start.run(start.opaque);
    return NULL;
}

bool platform_thread(void (*run)(void *opaque), void *opaque)
{
    struct thread_start *start = malloc(sizeof(*start));
    pthread_t thread;

    if (!start) {
        return false;
    }
    *start = (struct thread_start){ run, opaque };
    if (pthread_create(&thread, NULL, thread_main, start)) {
        free(start);
        return false;
    }
    pthread_detach(thread);
    return true;
}

uint64_t platform_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/*
 * A guest that has just started may have no entropy yet, and waiting for it
 * could take minutes: what tells two lives of a process apart is enough.
 */
uint64_t platform_random(void)
{
    struct timespec now;
    uint64_t value = 0;

    if (getrandom(&value, sizeof(value), GRND_NONBLOCK) != sizeof(value)) {
        clock_gettime(CLOCK_REALTIME, &now);
        value = ((uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec +
                 (uint64_t)getpid()) * 0x9e3779b97f4a7c15ull;
        clock_gettime(CLOCK_BOOTTIME, &now);
        value ^= (uint64_t)now.tv_nsec << 20;
    }
    return value ? value : 1;
}

static bool failed(const char *api, struct platform_error *error)
{
    error->api = api;
    error->domain = "errno";
    error->code = (uint64_t)errno;
    snprintf(error->text, sizeof(error->text), "%s", strerror(errno));
    return false;
}

FILE *platform_open(const char *path, const char *mode,
                    struct platform_error *error)
{
    FILE *file = fopen(path, mode);

    if (!file) {
        failed("fopen", error);
    }
    return file;
}

bool platform_stat(const char *path, struct platform_stat *out,
                   struct platform_error *error)
{
    struct stat st;

    if (stat(path, &st)) {
        return failed("stat", error);
    }
    out->size = (uint64_t)st.st_size;
    out->modified = (uint64_t)st.st_mtime;
    out->directory = S_ISDIR(st.st_mode);
    return true;
}

bool platform_make_parents(const char *path, struct platform_error *error)
{
    g_autofree char *parent = g_path_get_dirname(path);

    return g_mkdir_with_parents(parent, 0755) == 0 || failed("mkdir", error);
}

bool platform_sync_and_close(FILE *file, struct platform_error *error)
{
    bool good = fflush(file) == 0 && fsync(fileno(file)) == 0;

    if (!good) {
        failed("fsync", error);
    }
    return fclose(file) == 0 ? good : failed("fclose", error);
}

bool platform_rename(const char *from, const char *to,
                     struct platform_error *error)
{
    return rename(from, to) == 0 || failed("rename", error);
}

bool platform_remove(const char *path, struct platform_error *error)
{
    return unlink(path) == 0 || failed("unlink", error);
}

bool platform_seek(FILE *file, uint64_t offset, struct platform_error *error)
{
    return fseeko(file, (off_t)offset, SEEK_SET) == 0 ||
           failed("fseeko", error);
}

struct platform_hash *platform_hash_begin(void)
{
    return (struct platform_hash *)g_checksum_new(G_CHECKSUM_SHA256);
}

void platform_hash_add(struct platform_hash *hash, const void *bytes,
                       size_t length)
{
    g_checksum_update((GChecksum *)hash, bytes, (gssize)length);
}

void platform_hash_end(struct platform_hash *hash,
                       uint8_t digest[PLATFORM_SHA256])
{
    gsize length = PLATFORM_SHA256;

    g_checksum_get_digest((GChecksum *)hash, digest, &length);
    g_checksum_free((GChecksum *)hash);
}
