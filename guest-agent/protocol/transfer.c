/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files to and from the guest, in parts, checked by their hash. */
#include <string.h>
#include "protocol/transfer.h"

#define PATH_SIZE 1024

static void to_hex(const uint8_t digest[PLATFORM_SHA256],
                   char hex[TRANSFER_HEX])
{
    for (unsigned i = 0; i < PLATFORM_SHA256; i++) {
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }
}

bool transfer_hash(struct job *job, const char *path, char hex[TRANSFER_HEX])
{
    uint8_t part[16384], digest[PLATFORM_SHA256];
    struct platform_hash *hash;
    struct platform_error error;
    FILE *file = platform_open(path, "rb", &error);
    size_t got;
    bool whole;

    if (!file) {
        job_fail_platform(job, AGENT_E_NOT_FOUND, &error, path);
        return false;
    }
    hash = platform_hash_begin();
    while ((got = fread(part, 1, sizeof(part), file)) > 0 &&
           !job_cancelled(job)) {
        platform_hash_add(hash, part, got);
    }
    whole = !got && !ferror(file);
    fclose(file);
    platform_hash_end(hash, digest);
    to_hex(digest, hex);
    if (!whole) {
        job_fail(job, AGENT_E_FAILED, "%s cannot be read to its end", path);
    }
    return whole;
}

/* --- to the guest -------------------------------------------------------------- */

struct upload {
    char path[PATH_SIZE];
    char part[PATH_SIZE + 32]; /* where it is until it is whole */
    char sha256[TRANSFER_HEX];
};

/* The arguments that all put-* requests have. */
static bool read_upload(struct job *job, struct upload *up)
{
    if (!job_text(job, AGENT_KEY_FILE, up->path, sizeof(up->path)) ||
        !job_text(job, AGENT_KEY_SHA256, up->sha256, sizeof(up->sha256))) {
        return false;
    }
    if (!up->path[0] || strlen(up->sha256) != TRANSFER_HEX - 1 ||
        strspn(up->sha256, "0123456789abcdef") != TRANSFER_HEX - 1) {
        job_fail(job, AGENT_E_INVALID,
                 "a file needs a path and a SHA-256 in lower-case hex");
        return false;
    }
    snprintf(up->part, sizeof(up->part), "%s.%.16s.part", up->path,
             up->sha256);
    return true;
}

/* Is it at its place already? */
static bool is_there(struct job *job, const struct upload *up, uint64_t size)
{
    struct platform_stat stat;
    struct platform_error error;
    char hex[TRANSFER_HEX];
    bool same = platform_stat(up->path, &stat, &error) && !stat.directory &&
                stat.size == size && transfer_hash(job, up->path, hex) &&
                strcmp(hex, up->sha256) == 0;

    if (!same) {
        fields_clear(&job->out); /* no failure of the job's */
        fields_number(&job->out, AGENT_KEY_STATUS, AGENT_E_OK);
    }
    return same;
}

void transfer_put_begin(struct job *job)
{
    uint64_t size = fields_get_number(&job->in, AGENT_KEY_SIZE, 0);
    struct platform_error error;
    struct platform_stat stat;
    struct upload up;
    FILE *file;

    if (!read_upload(job, &up)) {
        return;
    }
    if (is_there(job, &up, size)) {
        fields_number(&job->out, AGENT_KEY_OFFSET, size);
        return;
    }
    if (platform_stat(up.part, &stat, &error) && stat.size <= size) {
        fields_number(&job->out, AGENT_KEY_OFFSET, stat.size);
        return;
    }
    if (!platform_make_parents(up.path, &error) ||
        !(file = platform_open(up.part, "w+b", &error))) {
        job_fail_platform(job, AGENT_E_FAILED, &error, up.part);
        return;
    }
    fclose(file);
    fields_number(&job->out, AGENT_KEY_OFFSET, 0);
}

static bool write_part(struct job *job, FILE *file, const struct upload *up,
                       uint64_t offset, const struct field *data)
{
    struct platform_error error;

    if (!platform_seek(file, offset, &error)) {
        job_fail_platform(job, AGENT_E_FAILED, &error, up->part);
        return false;
    }
    if (fwrite(data->value, 1, data->length, file) != data->length) {
        job_fail(job, AGENT_E_FAILED, "%s cannot be written", up->part);
        return false;
    }
    return true;
}

void transfer_put_data(struct job *job)
{
    uint64_t offset = fields_get_number(&job->in, AGENT_KEY_OFFSET, 0);
    struct platform_error error;
    struct platform_stat stat;
    struct upload up;
    struct field data;
    FILE *file;
    bool good;

    if (!read_upload(job, &up) ||
        !fields_find(&job->in, AGENT_KEY_DATA, &data)) {
        return;
    }
    if (!platform_stat(up.part, &stat, &error) ||
        !(file = platform_open(up.part, "r+b", &error))) {
        job_fail_platform(job, AGENT_E_NOT_FOUND, &error, up.part);
        return;
    }
    if (offset > stat.size) {
        fclose(file);
        job_fail(job, AGENT_E_MISMATCH, "only %llu bytes of it are there",
                 (unsigned long long)stat.size);
        fields_number(&job->out, AGENT_KEY_OFFSET, stat.size);
        return;
    }
    good = write_part(job, file, &up, offset, &data);
    if (fclose(file) && good) {
        job_fail(job, AGENT_E_FAILED, "%s cannot be written", up.part);
    } else if (good) {
        fields_number(&job->out, AGENT_KEY_OFFSET, offset + data.length);
    }
}

/* What came is on the disk, and what it was said to be. */
static bool is_whole(struct job *job, const struct upload *up, uint64_t size)
{
    struct platform_error error;
    struct platform_stat stat;
    char hex[TRANSFER_HEX];
    FILE *file;

    if (!platform_stat(up->part, &stat, &error) ||
        !(file = platform_open(up->part, "r+b", &error)) ||
        !platform_sync_and_close(file, &error)) {
        job_fail_platform(job, AGENT_E_NOT_FOUND, &error, up->part);
        return false;
    }
    if (stat.size < size) {
        job_fail(job, AGENT_E_MISMATCH, "only %llu bytes of it are there",
                 (unsigned long long)stat.size);
        fields_number(&job->out, AGENT_KEY_OFFSET, stat.size);
        return false;
    }
    if (!transfer_hash(job, up->part, hex)) {
        return false;
    }
    if (stat.size != size || strcmp(hex, up->sha256) != 0) {
        platform_remove(up->part, &error);
        job_fail(job, AGENT_E_MISMATCH, "SHA-256 of what came is %s", hex);
        fields_number(&job->out, AGENT_KEY_OFFSET, 0);
        return false;
    }
    return true;
}

void transfer_put_end(struct job *job)
{
    uint64_t size = fields_get_number(&job->in, AGENT_KEY_SIZE, 0);
    struct platform_error error;
    struct platform_stat stat;
    struct upload up;

    if (!read_upload(job, &up)) {
        return;
    }
    if (!platform_stat(up.part, &stat, &error) && is_there(job, &up, size)) {
        return;
    }
    if (is_whole(job, &up, size) &&
        !platform_rename(up.part, up.path, &error)) {
        job_fail_platform(job, AGENT_E_FAILED, &error, up.path);
    }
}

/* --- from the guest -------------------------------------------------------------- */

void transfer_get_begin(struct job *job)
{
    struct platform_error error;
    struct platform_stat stat;
    char path[PATH_SIZE], hex[TRANSFER_HEX];

    if (!job_text(job, AGENT_KEY_FILE, path, sizeof(path))) {
        return;
    }
    if (!platform_stat(path, &stat, &error)) {
        job_fail_platform(job, AGENT_E_NOT_FOUND, &error, path);
        return;
    }
    if (stat.directory) {
        job_fail(job, AGENT_E_INVALID, "%s is a directory", path);
        return;
    }
    if (!transfer_hash(job, path, hex)) {
        return;
    }
    fields_number(&job->out, AGENT_KEY_SIZE, stat.size);
    fields_text(&job->out, AGENT_KEY_SHA256, hex);
    fields_number(&job->out, AGENT_KEY_MODIFIED, stat.modified);
}

void transfer_get_data(struct job *job)
{
    uint64_t size = fields_get_number(&job->in, AGENT_KEY_SIZE, 0);
    uint64_t offset = fields_get_number(&job->in, AGENT_KEY_OFFSET, 0);
    struct platform_error error;
    uint8_t data[AGENT_CHUNK_MAX];
    char path[PATH_SIZE];
    size_t got;
    FILE *file;

    if (!job_text(job, AGENT_KEY_FILE, path, sizeof(path))) {
        return;
    }
    file = platform_open(path, "rb", &error);
    if (!file) {
        job_fail_platform(job, AGENT_E_NOT_FOUND, &error, path);
        return;
    }
    if (!platform_seek(file, offset, &error)) {
        job_fail_platform(job, AGENT_E_INVALID, &error, path);
    } else {
        got = fread(data, 1, size < sizeof(data) ? size : sizeof(data), file);
        if (ferror(file)) {
            job_fail(job, AGENT_E_FAILED, "%s cannot be read", path);
        } else {
            fields_bytes(&job->out, AGENT_KEY_DATA, data, got);
        }
    }
    fclose(file);
}
