/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI functions as sysfs shows them: lookup, attributes, hardware ids. */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "linux/pci.h"

#define PCI_DEVICES "/sys/bus/pci/devices"

/* Capability list entries are 4-byte aligned above offset 0x40. */
#define PCI_CAPABILITIES_MAX 48

bool pci_address_valid(const char *address)
{
    static const char shape[] = "xxxx:xx:xx.x";
    size_t i;

    for (i = 0; shape[i]; i++) {
        unsigned char c = address[i];

        if (shape[i] == 'x' ? !isxdigit(c) : c != shape[i]) {
            return false;
        }
    }
    return address[i] == '\0';
}

bool pci_path(char *path, size_t size, const char *address,
              const char *attribute)
{
    int n = snprintf(path, size, PCI_DEVICES "/%s/%s", address, attribute);

    return n > 0 && (size_t)n < size;
}

int pci_read_number(const char *address, const char *attribute,
                    uint32_t *value)
{
    char path[128], text[32], *end;
    unsigned long number;
    ssize_t n;
    int fd;

    if (!pci_path(path, sizeof(path), address, attribute)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    n = read(fd, text, sizeof(text) - 1);
    close(fd);
    if (n <= 0) {
        errno = EIO;
        return -1;
    }
    text[n] = '\0';
    number = strtoul(text, &end, 0);
    if (end == text || number > UINT32_MAX) {
        errno = EINVAL;
        return -1;
    }
    *value = number;
    return 0;
}

int pci_write_text(const char *address, const char *attribute,
                   const char *text)
{
    char path[128];
    size_t len = strlen(text);
    ssize_t n;
    int fd, saved;

    if (!pci_path(path, sizeof(path), address, attribute)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    n = write(fd, text, len);
    saved = n < 0 ? errno : EIO;
    close(fd);
    errno = saved;
    return n == (ssize_t)len ? 0 : -1;
}

int pci_find(uint16_t vendor, uint16_t device, char address[PCI_ADDRESS_SIZE])
{
    struct dirent *entry;
    bool found = false;
    DIR *dir = opendir(PCI_DEVICES);

    if (!dir) {
        return -1;
    }
    while ((entry = readdir(dir))) {
        uint32_t v, d;

        if (!pci_address_valid(entry->d_name) ||
            pci_read_number(entry->d_name, "vendor", &v) ||
            pci_read_number(entry->d_name, "device", &d) ||
            v != vendor || d != device ||
            (found && strcmp(entry->d_name, address) >= 0)) {
            continue;
        }
        snprintf(address, PCI_ADDRESS_SIZE, "%.12s", entry->d_name);
        found = true;
    }
    closedir(dir);
    errno = ENODEV;
    return found ? 0 : -1;
}

int pci_find_vf(const char *pf, unsigned n, char address[PCI_ADDRESS_SIZE])
{
    char path[128], name[16], target[256];
    ssize_t len;

    snprintf(name, sizeof(name), "virtfn%u", n);
    if (!pci_path(path, sizeof(path), pf, name)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    len = readlink(path, target, sizeof(target) - 1);
    if (len < 12) {
        errno = len < 0 ? errno : ENODEV;
        return -1;
    }
    target[len] = '\0';
    snprintf(address, PCI_ADDRESS_SIZE, "%.12s", target + len - 12);
    errno = ENODEV;
    return pci_address_valid(address) ? 0 : -1;
}

int pci_config_read(const char *address, unsigned offset, void *buf,
                    size_t len)
{
    char path[128];
    ssize_t n;
    int fd;

    if (!pci_path(path, sizeof(path), address, "config")) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    n = pread(fd, buf, len, offset);
    close(fd);
    errno = n < 0 ? errno : EIO;
    return n == (ssize_t)len ? 0 : -1;
}

/* Offset of the MSI-X capability in configuration space, 0 without. */
static unsigned msix_capability(const uint8_t config[256])
{
    unsigned pos = config[PCI_CAPABILITY_LIST] & ~3u;

    for (int i = 0; pos >= 0x40 && i < PCI_CAPABILITIES_MAX; i++) {
        if (config[pos + PCI_CAP_LIST_ID] == PCI_CAP_ID_MSIX) {
            return pos;
        }
        pos = config[pos + PCI_CAP_LIST_NEXT] & ~3u;
    }
    return 0;
}

static uint16_t msix_control(const uint8_t config[256])
{
    unsigned pos = msix_capability(config);

    return pos ? config[pos + PCI_MSIX_FLAGS] |
                 config[pos + PCI_MSIX_FLAGS + 1] << 8 : 0;
}

int pci_read_msix(const char *address, struct pci_msix *msix)
{
    uint8_t config[256];
    unsigned pos;
    uint32_t table;

    if (pci_config_read(address, 0, config, sizeof(config))) {
        return -1;
    }
    pos = msix_capability(config);
    if (!pos || pos + PCI_MSIX_TABLE + 4 > sizeof(config)) {
        errno = ENOENT;
        return -1;
    }
    memcpy(&table, config + pos + PCI_MSIX_TABLE, sizeof(table));
    msix->control = msix_control(config);
    msix->vectors = (msix->control & PCI_MSIX_FLAGS_QSIZE) + 1u;
    msix->bar = table & PCI_MSIX_TABLE_BIR;
    msix->offset = table & PCI_MSIX_TABLE_OFFSET;
    return 0;
}

bool pci_driver_name(const char *address, char *name, size_t size)
{
    char path[128], target[256], *slash;
    ssize_t n;

    if (!pci_path(path, sizeof(path), address, "driver")) {
        return false;
    }
    n = readlink(path, target, sizeof(target) - 1);
    if (n <= 0) {
        return false;
    }
    target[n] = '\0';
    slash = strrchr(target, '/');
    snprintf(name, size, "%.*s", (int)size - 1, slash ? slash + 1 : target);
    return true;
}

int pci_config_open(const char *address)
{
    char path[128];

    if (!pci_path(path, sizeof(path), address, "config")) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return open(path, O_RDWR | O_CLOEXEC);
}

int pci_is_active(const char *address)
{
    uint8_t config[256];

    if (pci_config_read(address, 0, config, sizeof(config))) {
        return -1;
    }
    return (msix_control(config) & PCI_MSIX_FLAGS_ENABLE) ||
           (config[PCI_COMMAND] & PCI_COMMAND_MASTER);
}

static int read_identity(const char *address, struct pci_identity *id)
{
    return pci_read_number(address, "vendor", &id->vendor) ||
           pci_read_number(address, "device", &id->device) ||
           pci_read_number(address, "subsystem_vendor", &id->subvendor) ||
           pci_read_number(address, "subsystem_device", &id->subdevice) ||
           pci_read_number(address, "revision", &id->revision) ||
           pci_read_number(address, "class", &id->class) ? -1 : 0;
}

int pci_identity_ids(const struct pci_identity *identity,
                     char *ids[PCI_HARDWARE_IDS])
{
    struct pci_identity id = *identity;
    char function[32], subsystem[16];
    unsigned n = 0;
    int written = 0;

    memset(ids, 0, PCI_HARDWARE_IDS * sizeof(ids[0]));
    snprintf(function, sizeof(function), "PCI\\VEN_%04X&DEV_%04X",
             id.vendor & 0xffff, id.device & 0xffff);
    snprintf(subsystem, sizeof(subsystem), "%04X%04X",
             id.subdevice & 0xffff, id.subvendor & 0xffff);
#define ADD(...) (written |= asprintf(&ids[n++], __VA_ARGS__))
    ADD("%s&SUBSYS_%s&REV_%02X", function, subsystem, id.revision & 0xff);
    ADD("%s&SUBSYS_%s", function, subsystem);
    ADD("%s&REV_%02X", function, id.revision & 0xff);
    ADD("%s", function);
    ADD("%s&CC_%06X", function, id.class & 0xffffff);
    ADD("%s&CC_%04X", function, id.class >> 8 & 0xffff);
    ADD("PCI\\VEN_%04X&CC_%06X", id.vendor & 0xffff, id.class & 0xffffff);
    ADD("PCI\\VEN_%04X&CC_%04X", id.vendor & 0xffff, id.class >> 8 & 0xffff);
    ADD("PCI\\VEN_%04X", id.vendor & 0xffff);
    ADD("PCI\\CC_%06X", id.class & 0xffffff);
    ADD("PCI\\CC_%04X", id.class >> 8 & 0xffff);
#undef ADD
    if (written < 0) {
        memset(ids, 0, PCI_HARDWARE_IDS * sizeof(ids[0]));
        errno = ENOMEM;
        return -1;
    }
    return 0;
}

int pci_hardware_ids(const char *address, char *ids[PCI_HARDWARE_IDS])
{
    struct pci_identity id;

    memset(ids, 0, PCI_HARDWARE_IDS * sizeof(ids[0]));
    return read_identity(address, &id) ? -1 : pci_identity_ids(&id, ids);
}

void pci_hardware_ids_free(char *ids[PCI_HARDWARE_IDS])
{
    for (unsigned i = 0; i < PCI_HARDWARE_IDS; i++) {
        free(ids[i]);
        ids[i] = NULL;
    }
}
