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
#include <linux/memfd.h>
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
#include "linux/vfio.h"

/* Far below the stack and libraries, far above the images of drivers. */
#define BAR_ADDRESS(i)  (0x100000000000ull + (uint64_t)(i) * 0x1000000000ull)
#define BAR_SIZE_MAX    0x1000000000ull
#define ARENA_ADDRESS   0x200000000000ull

/* Bus address of the arena: below 4 GiB, away from the MSI window. */
#define ARENA_IOVA      0x40000000ull
#define ARENA_SIZE_MAX  0x40000000ull
#define HUGEPAGE        0x200000ull

static int fail(char *err, size_t errlen, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int fail(char *err, size_t errlen, const char *fmt, ...)
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
        return fail(err, errlen, "%s has no IOMMU group: the machine needs "
                    "an IOMMU and the kernel intel_iommu=on", dev->address);
    }
    snprintf(path, sizeof(path), "/dev/vfio/%d", number);
    dev->group = open(path, O_RDWR | O_CLOEXEC);
    if (dev->group < 0) {
        return fail(err, errlen, "%s: %s", path, strerror(errno));
    }
    if (ioctl(dev->group, VFIO_GROUP_GET_STATUS, &status)) {
        return fail(err, errlen, "%s: no group status: %s", path,
                    strerror(errno));
    }
    if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE)) {
        return fail(err, errlen, "IOMMU group %d of %s has other functions "
                    "in it: give the function a slot of its own", number,
                    dev->address);
    }
    return 0;
}

static int open_device(struct vfio_device *dev, char *err, size_t errlen)
{
    dev->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
    if (dev->container < 0) {
        return fail(err, errlen, "/dev/vfio/vfio: %s", strerror(errno));
    }
    if (ioctl(dev->container, VFIO_GET_API_VERSION) != VFIO_API_VERSION ||
        !ioctl(dev->container, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU)) {
        return fail(err, errlen, "this kernel's VFIO lacks the type 1 IOMMU");
    }
    if (open_group(dev, err, errlen)) {
        return -1;
    }
    if (ioctl(dev->group, VFIO_GROUP_SET_CONTAINER, &dev->container) ||
        ioctl(dev->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU)) {
        return fail(err, errlen, "%s: no IOMMU for its group: %s",
                    dev->address, strerror(errno));
    }
    dev->device = ioctl(dev->group, VFIO_GROUP_GET_DEVICE_FD, dev->address);
    if (dev->device < 0) {
        return fail(err, errlen, "%s: VFIO does not open it: %s",
                    dev->address, strerror(errno));
    }
    return 0;
}

/* Where each region lies in the device's file, and how big the BARs are. */
static int find_regions(struct vfio_device *dev)
{
    for (unsigned i = 0; i <= VFIO_PCI_CONFIG_REGION_INDEX; i++) {
        struct vfio_region_info info = { .argsz = sizeof(info), .index = i };

        if (i == VFIO_PCI_ROM_REGION_INDEX) {
            continue;
        }
        if (ioctl(dev->device, VFIO_DEVICE_GET_REGION_INFO, &info)) {
            return -1;
        }
        dev->region_offset[i] = info.offset;
        if (i < VFIO_BARS) {
            dev->bar[i].size = info.size;
            dev->bar[i].can_map = info.flags & VFIO_REGION_INFO_FLAG_MMAP;
        }
    }
    return 0;
}

static int region_rw(struct vfio_device *dev, unsigned region,
                     uint64_t offset, void *in, const void *out, size_t len)
{
    off_t at = (off_t)(dev->region_offset[region] + offset);
    ssize_t n = in ? pread(dev->device, in, len, at)
                   : pwrite(dev->device, out, len, at);

    if (n >= 0 && (size_t)n != len) {
        errno = EIO;
    }
    return n == (ssize_t)len ? 0 : -1;
}

int vfio_config_read(struct vfio_device *dev, uint32_t offset, void *buf,
                     size_t len)
{
    return region_rw(dev, VFIO_PCI_CONFIG_REGION_INDEX, offset, buf, NULL,
                     len);
}

int vfio_config_write(struct vfio_device *dev, uint32_t offset,
                      const void *buf, size_t len)
{
    return region_rw(dev, VFIO_PCI_CONFIG_REGION_INDEX, offset, NULL, buf,
                     len);
}

/* Whether an access lies inside BAR `bar`. */
static bool bar_holds(const struct vfio_device *dev, unsigned bar,
                      uint64_t offset, size_t len)
{
    return bar < VFIO_BARS && len <= dev->bar[bar].size &&
           offset <= dev->bar[bar].size - len;
}

int vfio_bar_read(struct vfio_device *dev, unsigned bar, uint64_t offset,
                  void *buf, size_t len)
{
    if (!bar_holds(dev, bar, offset, len)) {
        errno = EINVAL;
        return -1;
    }
    return region_rw(dev, bar, offset, buf, NULL, len);
}

int vfio_bar_write(struct vfio_device *dev, unsigned bar, uint64_t offset,
                   const void *buf, size_t len)
{
    if (!bar_holds(dev, bar, offset, len)) {
        errno = EINVAL;
        return -1;
    }
    return region_rw(dev, bar, offset, NULL, buf, len);
}

/* Base address from the BAR registers; BARs not implemented stay zero. */
static int read_bar_bases(struct vfio_device *dev)
{
    for (unsigned i = 0; i < VFIO_BARS; i++) {
        struct vfio_bar *bar = &dev->bar[i];
        uint32_t low, high;

        if (vfio_config_read(dev, PCI_BASE_ADDRESS_0 + 4 * i, &low, 4)) {
            return -1;
        }
        bar->io = low & PCI_BASE_ADDRESS_SPACE_IO;
        bar->base = low & (bar->io ? PCI_BASE_ADDRESS_IO_MASK
                                   : PCI_BASE_ADDRESS_MEM_MASK) & UINT32_MAX;
        if (bar->io || i + 1 == VFIO_BARS ||
            (low & PCI_BASE_ADDRESS_MEM_TYPE_MASK) !=
                PCI_BASE_ADDRESS_MEM_TYPE_64) {
            continue;
        }
        if (vfio_config_read(dev, PCI_BASE_ADDRESS_0 + 4 * (i + 1), &high,
                             4)) {
            return -1;
        }
        bar->base |= (uint64_t)high << 32;
        i++;
    }
    return 0;
}

static int map_bars(struct vfio_device *dev, char *err, size_t errlen)
{
    if (read_bar_bases(dev)) {
        return fail(err, errlen, "%s: cannot read its BARs: %s",
                    dev->address, strerror(errno));
    }
    for (unsigned i = 0; i < VFIO_BARS; i++) {
        struct vfio_bar *bar = &dev->bar[i];

        if (!bar->can_map || !bar->size || bar->size > BAR_SIZE_MAX) {
            continue;
        }
        bar->map = mmap((void *)BAR_ADDRESS(i), bar->size,
                        PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_FIXED_NOREPLACE, dev->device,
                        (off_t)dev->region_offset[i]);
        if (bar->map == MAP_FAILED) {
            bar->map = NULL;
            return fail(err, errlen, "%s: BAR %u cannot be mapped: %s",
                        dev->address, i, strerror(errno));
        }
    }
    return 0;
}

/* Memory space and bus master on, as the PCI bus driver of Windows does. */
static int enable_function(struct vfio_device *dev, char *err, size_t errlen)
{
    uint16_t command;

    if (vfio_config_read(dev, PCI_COMMAND, &command, 2) == 0) {
        command |= PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
        if (vfio_config_write(dev, PCI_COMMAND, &command, 2) == 0) {
            return 0;
        }
    }
    return fail(err, errlen, "%s: cannot enable it: %s", dev->address,
                strerror(errno));
}

/* Hugepages of vfio_arena_reserve(), and their size in bytes; -1: none. */
static int arena_fd = -1;
static size_t arena_reserved;

int vfio_arena_reserve(size_t size)
{
    int fd = memfd_create("arena", MFD_CLOEXEC | MFD_HUGETLB | MFD_HUGE_2MB);
    void *p;

    if (fd < 0) {
        return -1;
    }
    if (ftruncate(fd, (off_t)size) == 0) {
        /* Touch them now: what is there later cannot be lacking. */
        p = mmap(NULL, size, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_POPULATE, fd, 0);
        if (p != MAP_FAILED) {
            munmap(p, size);
            arena_fd = fd;
            arena_reserved = size;
            return 0;
        }
    }
    close(fd);
    return -1;
}

/* Memory for the arena at its place; NULL if there is none. */
static void *arena_memory(size_t size)
{
    bool huge = arena_fd >= 0 && size <= arena_reserved;
    void *p = mmap((void *)ARENA_ADDRESS, size, PROT_READ | PROT_WRITE,
                   MAP_FIXED_NOREPLACE |
                   (huge ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS),
                   huge ? arena_fd : -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

static int map_arena(struct vfio_device *dev, size_t size, char *err,
                     size_t errlen)
{
    struct vfio_iommu_type1_dma_map map = {
        .argsz = sizeof(map),
        .flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
        .vaddr = ARENA_ADDRESS,
        .iova = ARENA_IOVA,
    };

    if (size == 0 || size > ARENA_SIZE_MAX) {
        return fail(err, errlen, "a DMA arena of %zu bytes is not possible",
                    size);
    }
    size = (size + HUGEPAGE - 1) & ~(HUGEPAGE - 1);
    dev->arena = arena_memory(size);
    if (!dev->arena) {
        return fail(err, errlen, "no memory for a DMA arena of %zu bytes",
                    size);
    }
    dev->arena_size = size;
    map.size = size;
    if (ioctl(dev->container, VFIO_IOMMU_MAP_DMA, &map)) {
        return fail(err, errlen, "%s: the DMA arena cannot be mapped: %s",
                    dev->address, strerror(errno));
    }
    dev->arena_iova = ARENA_IOVA;
    return 0;
}

/* MSI-X capability: table size and place. */
static int find_msix(struct vfio_device *dev)
{
    uint8_t pos, id[2];
    uint16_t flags;
    uint32_t table;

    if (vfio_config_read(dev, PCI_CAPABILITY_LIST, &pos, 1)) {
        return -1;
    }
    for (int i = 0; (pos &= ~3) >= 0x40 && i < 48; i++, pos = id[1]) {
        if (vfio_config_read(dev, pos, id, 2)) {
            return -1;
        }
        if (id[0] != PCI_CAP_ID_MSIX) {
            continue;
        }
        if (vfio_config_read(dev, pos + PCI_MSIX_FLAGS, &flags, 2) ||
            vfio_config_read(dev, pos + PCI_MSIX_TABLE, &table, 4)) {
            return -1;
        }
        dev->msix_vectors = (flags & PCI_MSIX_FLAGS_QSIZE) + 1;
        dev->msix_bar = table & PCI_MSIX_TABLE_BIR;
        dev->msix_offset = table & PCI_MSIX_TABLE_OFFSET;
        return 0;
    }
    return 0;
}

static int read_properties(struct vfio_device *dev, char *err, size_t errlen)
{
    struct vfio_device_info info = { .argsz = sizeof(info) };
    uint8_t pin;

    if (ioctl(dev->device, VFIO_DEVICE_GET_INFO, &info) ||
        !(info.flags & VFIO_DEVICE_FLAGS_PCI) || find_regions(dev) ||
        vfio_config_read(dev, PCI_INTERRUPT_PIN, &pin, 1) ||
        find_msix(dev)) {
        return fail(err, errlen, "%s: its properties cannot be read: %s",
                    dev->address, strerror(errno));
    }
    dev->can_reset = info.flags & VFIO_DEVICE_FLAGS_RESET;
    dev->intx = pin != 0;
    return 0;
}

int vfio_open(struct vfio_device *dev, const char *address,
              size_t arena_size, char *err, size_t errlen)
{
    memset(dev, 0, sizeof(*dev));
    dev->container = dev->group = dev->device = -1;
    if (!pci_address_valid(address)) {
        return fail(err, errlen, "\"%s\" is not a PCI address like "
                    "0000:00:10.0", address);
    }
    snprintf(dev->address, sizeof(dev->address), "%s", address);
    if (open_device(dev, err, errlen) || read_properties(dev, err, errlen) ||
        map_bars(dev, err, errlen) ||
        map_arena(dev, arena_size, err, errlen) ||
        enable_function(dev, err, errlen)) {
        vfio_close(dev);
        return -1;
    }
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
    close_fd(&dev->container);
    if (dev->arena) {
        munmap(dev->arena, dev->arena_size);
        dev->arena = NULL;
    }
}
