/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the agent needs of a system besides the C library: threads, clocks,
 * files with names in UTF-8, SHA-256. platform-posix.c, platform-windows.c.
 */
#ifndef PROTOCOL_PLATFORM_H
#define PROTOCOL_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef _WIN32
#include <windows.h>
typedef CRITICAL_SECTION platform_lock;
typedef CONDITION_VARIABLE platform_condition;
#else
#include <pthread.h>
typedef pthread_mutex_t platform_lock;
typedef pthread_cond_t platform_condition;
#endif

void platform_lock_init(platform_lock *lock);
void platform_lock_take(platform_lock *lock);
void platform_lock_give(platform_lock *lock);

void platform_condition_init(platform_condition *condition);
/* Wakes all that wait. */
void platform_condition_signal(platform_condition *condition);
/* With the lock taken; up to `ms` milliseconds, UINT64_MAX: for ever. May
 * return without reason. */
void platform_condition_wait(platform_condition *condition,
                             platform_lock *lock, uint64_t ms);

/* A detached thread; false if there can be none. */
bool platform_thread(void (*run)(void *opaque), void *opaque);

/* Milliseconds since some time in the past; never goes back. */
uint64_t platform_now(void);

/* Bytes that nobody can guess; not 0. */
uint64_t platform_random(void);

/* The last error of a platform function: its domain, code and text. */
struct platform_error {
    const char *api;    /* function of the system */
    const char *domain; /* "errno" or "win32" */
    uint64_t code;
    char text[256];
};

/* Like fopen(): with mode "rb", "r+b" or "w+b". NULL with *error. */
FILE *platform_open(const char *path, const char *mode,
                    struct platform_error *error);

struct platform_stat {
    uint64_t size;
    uint64_t modified; /* seconds since 1970 */
    bool directory;
};

/* False with *error if there is no such file. */
bool platform_stat(const char *path, struct platform_stat *stat,
                   struct platform_error *error);

/* Make the directories that `path` lies in, as far as they are not there. */
bool platform_make_parents(const char *path, struct platform_error *error);

/* Bytes are on the disk when this returns true. Closes the file either way. */
bool platform_sync_and_close(FILE *file, struct platform_error *error);

/* In place of whatever is there. */
bool platform_rename(const char *from, const char *to,
                     struct platform_error *error);

bool platform_remove(const char *path, struct platform_error *error);

bool platform_seek(FILE *file, uint64_t offset, struct platform_error *error);

#define PLATFORM_SHA256 32
struct platform_hash;
struct platform_hash *platform_hash_begin(void);
void platform_hash_add(struct platform_hash *hash, const void *bytes,
                       size_t length);
/* Frees it. */
void platform_hash_end(struct platform_hash *hash,
                       uint8_t digest[PLATFORM_SHA256]);

#endif
