/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The platform: Windows, with BCrypt's SHA-256. */
#include <windows.h>
#include <bcrypt.h>
#include <io.h>
#include <process.h>
#include <stdlib.h>
#include "protocol/platform.h"
#include "windows/text.h"

void platform_lock_init(platform_lock *lock)
{
    InitializeCriticalSection(lock);
}

void platform_lock_take(platform_lock *lock)
{
    EnterCriticalSection(lock);
}

void platform_lock_give(platform_lock *lock)
{
    LeaveCriticalSection(lock);
}

void platform_condition_init(platform_condition *condition)
{
    InitializeConditionVariable(condition);
}

void platform_condition_signal(platform_condition *condition)
{
    WakeAllConditionVariable(condition);
}

void platform_condition_wait(platform_condition *condition,
                             platform_lock *lock, uint64_t ms)
{
    SleepConditionVariableCS(condition, lock, ms < INFINITE ? (DWORD)ms :
                             INFINITE);
}

struct thread_start {
    void (*run)(void *opaque);
    void *opaque;
};

static unsigned __stdcall thread_main(void *data)
{
    struct thread_start start = *(struct thread_start *)data;

    free(data);
    start.run(start.opaque);
    return 0;
}

bool platform_thread(void (*run)(void *opaque), void *opaque)
{
    struct thread_start *start = malloc(sizeof(*start));
    uintptr_t thread;

    if (!start) {
        return false;
    }
    *start = (struct thread_start){ run, opaque };
    thread = _beginthreadex(NULL, 0, thread_main, start, 0, NULL);
    if (!thread) {
        free(start);
        return false;
    }
    CloseHandle((HANDLE)thread);
    return true;
}

uint64_t platform_now(void)
{
    return GetTickCount64();
}

uint64_t platform_random(void)
{
    uint64_t value = 0;

    if (BCryptGenRandom(NULL, (PUCHAR)&value, sizeof(value),
                        BCRYPT_USE_SYSTEM_PREFERRED_RNG) < 0 || !value) {
        LARGE_INTEGER ticks;
        FILETIME now;

        QueryPerformanceCounter(&ticks);
        GetSystemTimeAsFileTime(&now);
        value = ((uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime) *
                0x9e3779b97f4a7c15ull ^ (uint64_t)ticks.QuadPart ^
                GetCurrentProcessId();
    }
    return value ? value : 1;
}

/* --- files ---------------------------------------------------------------------- */

static bool failed(const char *api, struct platform_error *error)
{
    DWORD code = GetLastError();

    error->api = api;
    error->domain = "win32";
    error->code = code;
    text_of_win32(code, error->text, sizeof(error->text));
    return false;
}

/* A path for the wide functions; false when it is none. */
static bool wide_path(const char *path, WCHAR *wide, size_t size,
                      struct platform_error *error)
{
    if (text_widen(path, wide, size)) {
        return true;
    }
    SetLastError(ERROR_INVALID_NAME);
    return failed("MultiByteToWideChar", error);
}

FILE *platform_open(const char *path, const char *mode,
                    struct platform_error *error)
{
    bool write = mode[0] == 'w', change = write || mode[1] == '+';
    WCHAR wide[TEXT_PATH];
    HANDLE handle;
    FILE *file;
    int fd;

    if (!wide_path(path, wide, TEXT_PATH, error)) {
        return NULL;
    }
    /* Windows may be writing the log that is read here. */
    handle = CreateFileW(wide, GENERIC_READ | (change ? GENERIC_WRITE : 0),
                         FILE_SHARE_READ | FILE_SHARE_WRITE |
                         FILE_SHARE_DELETE, NULL,
                         write ? CREATE_ALWAYS : OPEN_EXISTING,
                         FILE_ATTRIBUTE_NORMAL, NULL);
    if (handle == INVALID_HANDLE_VALUE) {
        failed("CreateFileW", error);
        return NULL;
    }
    fd = _open_osfhandle((intptr_t)handle, 0);
    file = fd < 0 ? NULL : _fdopen(fd, mode);
    if (!file) {
        CloseHandle(handle);
        SetLastError(ERROR_TOO_MANY_OPEN_FILES);
        failed("_fdopen", error);
    }
    return file;
}

bool platform_stat(const char *path, struct platform_stat *stat,
                   struct platform_error *error)
{
    WIN32_FILE_ATTRIBUTE_DATA data;
    WCHAR wide[TEXT_PATH];

    if (!wide_path(path, wide, TEXT_PATH, error)) {
        return false;
    }
    if (!GetFileAttributesExW(wide, GetFileExInfoStandard, &data)) {
        return failed("GetFileAttributesExW", error);
    }
    stat->size = (uint64_t)data.nFileSizeHigh << 32 | data.nFileSizeLow;
    stat->modified = text_seconds(data.ftLastWriteTime);
    stat->directory = data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY;
    return true;
}

bool platform_make_parents(const char *path, struct platform_error *error)
{
    WCHAR wide[TEXT_PATH];

    if (!wide_path(path, wide, TEXT_PATH, error)) {
        return false;
    }
    for (WCHAR *p = wide; *p; p++) {
        WCHAR slash = *p;
        DWORD attributes;

        if ((slash != L'\\' && slash != L'/') || p == wide || p[-1] == L':' ||
            p[-1] == L'\\' || p[-1] == L'/') {
            continue;
        }
        *p = L'\0';
        attributes = GetFileAttributesW(wide);
        if ((attributes == INVALID_FILE_ATTRIBUTES ||
             !(attributes & FILE_ATTRIBUTE_DIRECTORY)) &&
            !CreateDirectoryW(wide, NULL) &&
            GetLastError() != ERROR_ALREADY_EXISTS) {
            return failed("CreateDirectoryW", error);
        }
        *p = slash;
    }
    return true;
}

bool platform_sync_and_close(FILE *file, struct platform_error *error)
{
    HANDLE handle = (HANDLE)_get_osfhandle(_fileno(file));
    bool good = fflush(file) == 0 && FlushFileBuffers(handle);

    if (!good) {
        failed("FlushFileBuffers", error);
    }
    return fclose(file) == 0 ? good : failed("CloseHandle", error);
}

bool platform_rename(const char *from, const char *to,
                     struct platform_error *error)
{
    WCHAR wide_from[TEXT_PATH], wide_to[TEXT_PATH];

    return wide_path(from, wide_from, TEXT_PATH, error) &&
           wide_path(to, wide_to, TEXT_PATH, error) &&
           (MoveFileExW(wide_from, wide_to, MOVEFILE_REPLACE_EXISTING |
                        MOVEFILE_WRITE_THROUGH) ||
            failed("MoveFileExW", error));
}

bool platform_remove(const char *path, struct platform_error *error)
{
    WCHAR wide[TEXT_PATH];

    return wide_path(path, wide, TEXT_PATH, error) &&
           (DeleteFileW(wide) || failed("DeleteFileW", error));
}

bool platform_seek(FILE *file, uint64_t offset, struct platform_error *error)
{
    if (_fseeki64(file, (int64_t)offset, SEEK_SET) == 0) {
        return true;
    }
    SetLastError(ERROR_SEEK);
    return failed("_fseeki64", error);
}

/* --- SHA-256 --------------------------------------------------------------------- */

struct platform_hash {
    BCRYPT_ALG_HANDLE algorithm;
    BCRYPT_HASH_HANDLE hash;
};

/* A system without SHA-256 could not check its own drivers' signatures. */
static void must(NTSTATUS status)
{
    if (status < 0) {
        fprintf(stderr, "agent: BCrypt failed with 0x%08lx\n",
                (unsigned long)status);
        abort();
    }
}

struct platform_hash *platform_hash_begin(void)
{
    struct platform_hash *hash = calloc(1, sizeof(*hash));

    if (!hash) {
        abort();
    }
    must(BCryptOpenAlgorithmProvider(&hash->algorithm, BCRYPT_SHA256_ALGORITHM,
                                     NULL, 0));
    must(BCryptCreateHash(hash->algorithm, &hash->hash, NULL, 0, NULL, 0, 0));
    return hash;
}

void platform_hash_add(struct platform_hash *hash, const void *bytes,
                       size_t length)
{
    must(BCryptHashData(hash->hash, (PUCHAR)bytes, (ULONG)length, 0));
}

void platform_hash_end(struct platform_hash *hash,
                       uint8_t digest[PLATFORM_SHA256])
{
    must(BCryptFinishHash(hash->hash, digest, PLATFORM_SHA256, 0));
    BCryptDestroyHash(hash->hash);
    BCryptCloseAlgorithmProvider(hash->algorithm, 0);
    free(hash);
}
