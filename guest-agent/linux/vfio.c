/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One PCI function through VFIO: opening and closing it.
 *
 * The device has a type 1 container of its own. Its BARs and the DMA arena
 * are mapped at fixed addresses, so that every run sees the same pointers.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "linux/pci.h"
#include "linux/vfio-internal.h"

int vfio_fail(char *err, size_t errlen, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(err, errlen, fmt, ap);
    va_end(ap);
    return -1;
}

/* Number of the function's IOMMU group, or -1. */
static int group_number(const char *address)
{
    char path[128], target[256], *name, *end;
    ssize_t n;
    long number;

    if (!pci_path(path, sizeof(path), address, "iommu_group")) {
        return -1;
    }
    n = readlink(path, target, sizeof(target) - 1);
    if (n <= 0) {
        return -1;
    }
    target[n] = '\0';
    name = strrchr(target, '/');
    if (!name) {
        return -1;
    }
    number = strtol(name + 1, &end, 10);
    return end != name + 1 && !*end && number >= 0 && number < 65536 ?
           (int)number : -1;
}

static int open_group(struct vfio_device *dev, char *err, size_t errlen)
{
    struct vfio_group_status status = { .argsz = sizeof(status) };
    int number = group_number(dev->address);
    char path[64];

    if (number < 0) {
        return vfio_fail(err, errlen, "%s has no IOMMU group: the machine "
                         "needs an IOMMU and the kernel intel_iommu=on",
                         dev->address);
    }
    snprintf(path, sizeof(path), "/dev/vfio/%d", number);
    dev->group = open(path, O_RDWR | O_CLOEXEC);
    if (dev->group < 0) {
        return vfio_fail(err, errlen, "%s: %s", path, strerror(errno));
    }
    if (ioctl(dev->group, VFIO_GROUP_GET_STATUS, &status)) {
        return vfio_fail(err, errlen, "%s: no group status: %s", path,
                         strerror(errno));
    }
    if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE)) {
        return vfio_fail(err, errlen, "IOMMU group %d of %s has other "
                         "functions in it: give the function a slot of its "
                         "own", number, dev->address);
    }
    return 0;
}

static int open_container(struct vfio_device *dev, char *err, size_t errlen)
{
    dev->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
    if (dev->container < 0) {
        return vfio_fail(err, errlen, "/dev/vfio/vfio: %s", strerror(errno));
    }
    if (ioctl(dev->container, VFIO_GET_API_VERSION) != VFIO_API_VERSION ||
        !ioctl(dev->container, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU)) {
        return vfio_fail(err, errlen,
                         "this kernel's VFIO lacks the type 1 IOMMU");
    }
    return 0;
}

/* The first group of a container gives it its IOMMU, others join it there. */
static int open_device(struct vfio_device *dev, char *err, size_t errlen)
{
    if (open_group(dev, err, errlen)) {
        return -1;
    }
    if (ioctl(dev->group, VFIO_GROUP_SET_CONTAINER, &dev->container) ||
        (dev->place == 0 &&
         ioctl(dev->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))) {
        return vfio_fail(err, errlen, "%s: no IOMMU for its group: %s",
                         dev->address, strerror(errno));
    }
    dev->device = ioctl(dev->group, VFIO_GROUP_GET_DEVICE_FD, dev->address);
    if (dev->device < 0) {
        return vfio_fail(err, errlen, "%s: VFIO does not open it: %s",
                         dev->address, strerror(errno));
    }
    return 0;
}

int vfio_enable(struct vfio_device *dev, char *err, size_t errlen)
{
    uint16_t command;

    if (vfio_config_read(dev, PCI_COMMAND, &command, 2) == 0) {
        command |= PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
        if (vfio_config_write(dev, PCI_COMMAND, &command, 2) == 0) {
            return 0;
        }
    }
    return vfio_fail(err, errlen, "%s: cannot enable it: %s", dev->address,
                strerror(errno));
}

/* MSI-X capability: table size and place. */
static int read_msix(struct vfio_device *dev, unsigned pos)
{
    uint16_t flags;
    uint32_t table;

    if (vfio_config_read(dev, pos + PCI_MSIX_FLAGS, &flags, 2) ||
        vfio_config_read(dev, pos + PCI_MSIX_TABLE, &table, 4)) {
        return -1;
    }
    dev->msix_vectors = (flags & PCI_MSIX_FLAGS_QSIZE) + 1;
    dev->msix_bar = table & PCI_MSIX_TABLE_BIR;
    dev->msix_offset = table & PCI_MSIX_TABLE_OFFSET;
    return 0;
}

static int find_capabilities(struct vfio_device *dev)
{
    uint8_t pos, id[2];

    if (vfio_config_read(dev, PCI_CAPABILITY_LIST, &pos, 1)) {
        return -1;
    }
    for (int i = 0; (pos &= ~3) >= 0x40 && i < 48; i++, pos = id[1]) {
        if (vfio_config_read(dev, pos, id, 2)) {
            return -1;
        }
        if (id[0] == PCI_CAP_ID_PM) {
            dev->pm_cap = pos;
        }
        if (id[0] == PCI_CAP_ID_MSIX && read_msix(dev, pos)) {
            return -1;
        }
    }
    return 0;
}

static int read_properties(struct vfio_device *dev, char *err, size_t errlen)
{
    struct vfio_device_info info = { .argsz = sizeof(info) };
    uint8_t pin;

    if (ioctl(dev->device, VFIO_DEVICE_GET_INFO, &info) ||
        !(info.flags & VFIO_DEVICE_FLAGS_PCI) || vfio_find_regions(dev) ||
        vfio_config_read(dev, PCI_INTERRUPT_PIN, &pin, 1) ||
        find_capabilities(dev)) {
        return vfio_fail(err, errlen, "%s: its properties cannot be read: %s",
                         dev->address, strerror(errno));
    }
    dev->can_reset = info.flags & VFIO_DEVICE_FLAGS_RESET;
    dev->intx = pin != 0;
    return 0;
}

static int begin(struct vfio_device *dev, const char *address, char *err,
                 size_t errlen)
{
    memset(dev, 0, sizeof(*dev));
    dev->container = dev->group = dev->device = -1;
    if (!pci_address_valid(address)) {
        return vfio_fail(err, errlen, "\"%s\" is not a PCI address like "
                         "0000:00:10.0", address);
    }
    snprintf(dev->address, sizeof(dev->address), "%s", address);
    return 0;
}

int vfio_open(struct vfio_device *dev, const char *address,
              size_t arena_size, char *err, size_t errlen)
{
    if (begin(dev, address, err, errlen)) {
        return -1;
    }
    if (open_container(dev, err, errlen) || open_device(dev, err, errlen) ||
        read_properties(dev, err, errlen) || vfio_map_bars(dev, err, errlen) ||
        vfio_map_arena(dev, arena_size, err, errlen) ||
        vfio_enable(dev, err, errlen)) {
        vfio_close(dev);
        return -1;
    }
    return 0;
}

int vfio_open_beside(struct vfio_device *dev, const char *address,
                     const struct vfio_device *first, char *err, size_t errlen)
{
    if (begin(dev, address, err, errlen)) {
        return -1;
    }
    dev->place = first->place + 1;
    dev->container = first->container;
    if (open_device(dev, err, errlen) || read_properties(dev, err, errlen) ||
        vfio_map_bars(dev, err, errlen) || vfio_enable(dev, err, errlen)) {
        dev->container = -1;
        vfio_close(dev);
        return -1;
    }
    dev->arena = first->arena;
    dev->arena_size = first->arena_size;
    dev->arena_iova = first->arena_iova;
    return 0;
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

void vfio_close(struct vfio_device *dev)
{
    for (unsigned i = 0; i < VFIO_BARS; i++) {
        if (dev->bar[i].map) {
            munmap(dev->bar[i].map, dev->bar[i].size);
            dev->bar[i].map = NULL;
        }
    }
    close_fd(&dev->device);
    close_fd(&dev->group);
    if (dev->place) {
        dev->container = -1;  /* container and arena are those of the first */
        dev->arena = NULL;
    }
    close_fd(&dev->container);
    if (dev->arena) {
        munmap(dev->arena, dev->arena_size);
        dev->arena = NULL;
    }
}
