/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan of a machine that starts from a snapshot, read through fw_cfg.
 *
 * QEMU, docs/specs/fw_cfg.rst: the selector register is I/O port 0x510, 16
 * bits; the data register is 0x511, 8 bits; item 0x19 is the directory, a
 * big-endian 32-bit count and then for each file size (32 bits), selector (16),
 * reserved (16) and name (56 bytes, NUL-terminated).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/stat.h>
#include <unistd.h>
#include "linux/fw-cfg.h"

#define PORT_SELECTOR 0x510
#define PORT_DATA     0x511
#define PORTS         2
#define FILE_DIR      0x19
#define NAME_SIZE     56
#define FILES_MAX     4096u
#define ARCHIVE_MAX   (256u << 20)

/* newc, cpio(5): magic, then thirteen fields of eight hexadecimal digits. */
#define NEWC_MAGIC  "070701"
#define NEWC_HEADER 110u
#define NEWC_MODE   1
#define NEWC_SIZE   6
#define NEWC_NAME   11
#define NEWC_PATH_MAX 512u
#define NEWC_TRAILER "TRAILER!!!"

struct dir_entry {
    uint32_t size;
    uint16_t select, reserved;
    char name[NAME_SIZE];
};

/* --- the device ----------------------------------------------------------- */

/* The next bytes of @selector, or with 0 of the item read before. */
static void read_item(uint16_t selector, void *to, size_t size)
{
    if (selector) {
        outw(selector, PORT_SELECTOR);
    }
    insb(PORT_DATA, to, size);
    __asm__ volatile("" : : : "memory"); /* insb() does not say it writes */
}

/* Selector and size of file @name; 0: there is none. */
static uint16_t find_file(const char *name, uint32_t *size)
{
    struct dir_entry e;
    uint32_t count;

    read_item(FILE_DIR, &count, sizeof(count));
    count = __builtin_bswap32(count);
    for (uint32_t i = 0; i < count && i < FILES_MAX; i++) {
        read_item(0, &e, sizeof(e));
        if (strncmp(e.name, name, sizeof(e.name)) == 0) {
            *size = __builtin_bswap32(e.size);
            return __builtin_bswap16(e.select);
        }
    }
    return 0;
}

static uint8_t *read_file(const char *name, uint32_t *size)
{
    uint8_t *bytes = NULL;
    uint16_t selector;

    if (ioperm(PORT_SELECTOR, PORTS, 1)) {
        return NULL;
    }
    selector = find_file(name, size);
    if (!selector) {
        errno = ENOENT;
    } else if (*size > ARCHIVE_MAX) {
        errno = EFBIG;
    } else {
        bytes = malloc(*size ? *size : 1);
        if (bytes) {
            read_item(selector, bytes, *size);
        }
    }
    ioperm(PORT_SELECTOR, PORTS, 0); /* drivers have no business there */
    return bytes;
}

/* --- the archive ---------------------------------------------------------- */

static uint32_t field(const uint8_t *header, unsigned number)
{
    char digits[9] = "";

    memcpy(digits, header + strlen(NEWC_MAGIC) + 8 * number, 8);
    return (uint32_t)strtoul(digits, NULL, 16);
}

static int write_file(const char *path, const uint8_t *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    while (fd >= 0 && size) {
        ssize_t n = write(fd, bytes, size);

        if (n <= 0) {
            close(fd);
            return -1;
        }
        bytes += n;
        size -= (size_t)n;
    }
    return fd < 0 ? -1 : close(fd);
}

static size_t aligned(size_t at)
{
    return (at + 3) & ~(size_t)3;
}

/*
 * Make the entry at @at. Where the next one is; 0: there is none, with errno
 * 0 if the archive ends as it should.
 */
static size_t unpack_entry(const uint8_t *bytes, size_t size, size_t at)
{
    char path[NEWC_PATH_MAX + 1] = "/";
    size_t name_size, data, length;
    const uint8_t *h = bytes + at;

    errno = EINVAL;
    if (size - at < NEWC_HEADER || memcmp(h, NEWC_MAGIC, 6) != 0) {
        return 0;
    }
    name_size = field(h, NEWC_NAME);
    length = field(h, NEWC_SIZE);
    if (name_size < 2 || name_size >= NEWC_PATH_MAX ||
        name_size > size - at - NEWC_HEADER) {
        return 0;
    }
    memcpy(path + 1, h + NEWC_HEADER, name_size);
    path[name_size] = '\0';
    data = aligned(at + NEWC_HEADER + name_size);
    if (strcmp(path + 1, NEWC_TRAILER) == 0) {
        errno = 0;
        return 0;
    }
    if (data > size || length > size - data) {
        return 0;
    }
    if (S_ISDIR(field(h, NEWC_MODE))
        ? mkdir(path, 0755) && errno != EEXIST
        : write_file(path, bytes + data, length)) {
        return 0;
    }
    data = aligned(data + length);
    errno = EINVAL;
    return data < size ? data : 0;
}

int fw_cfg_unpack(const char *name, char *err, size_t errlen)
{
    uint32_t size = 0;
    uint8_t *bytes = read_file(name, &size);
    size_t at = 0;

    if (!bytes) {
        snprintf(err, errlen, "no plan in fw_cfg: %s", strerror(errno));
        return -1;
    }
    do {
        at = unpack_entry(bytes, size, at);
    } while (at);
    if (errno) {
        snprintf(err, errlen, "the plan in fw_cfg cannot be unpacked: %s",
                 strerror(errno));
    }
    free(bytes); /* which leaves errno alone */
    return errno ? -1 : 0;
}
