/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration space and BARs of a function held through VFIO. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "linux/vfio-internal.h"

/* Far below the stack and libraries, far above the images of drivers. */
#define BAR_ADDRESS(place, i) \
    (0x100000000000ull + \
     (uint64_t)((place) * VFIO_BARS + (i)) * 0x1000000000ull)
#define BAR_SIZE_MAX    0x1000000000ull

/* Where each region lies in the device's file, and how big the BARs are. */
int vfio_find_regions(struct vfio_device *dev)
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

int vfio_bars_hide(struct vfio_device *dev)
{
    for (unsigned i = 0; i < VFIO_BARS; i++) {
        struct vfio_bar *bar = &dev->bar[i];

        if (bar->map && mmap(bar->map, bar->size, PROT_NONE, MAP_PRIVATE |
                             MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
                             0) == MAP_FAILED) {
            return -1;
        }
    }
    return 0;
}

int vfio_bars_show(struct vfio_device *dev)
{
    for (unsigned i = 0; i < VFIO_BARS; i++) {
        struct vfio_bar *bar = &dev->bar[i];

        if (bar->map && mmap(bar->map, bar->size, PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_FIXED, dev->device,
                             (off_t)dev->region_offset[i]) == MAP_FAILED) {
            return -1;
        }
    }
    return 0;
}

int vfio_map_bars(struct vfio_device *dev, char *err, size_t errlen)
{
    if (read_bar_bases(dev)) {
        return vfio_fail(err, errlen, "%s: cannot read its BARs: %s",
                         dev->address, strerror(errno));
    }
    for (unsigned i = 0; i < VFIO_BARS; i++) {
        struct vfio_bar *bar = &dev->bar[i];

        if (!bar->can_map || !bar->size || bar->size > BAR_SIZE_MAX) {
            continue;
        }
        bar->map = mmap((void *)BAR_ADDRESS(dev->place, i), bar->size,
                        PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_FIXED_NOREPLACE, dev->device,
                        (off_t)dev->region_offset[i]);
        if (bar->map == MAP_FAILED) {
            bar->map = NULL;
            return vfio_fail(err, errlen, "%s: BAR %u cannot be mapped: %s",
                        dev->address, i, strerror(errno));
        }
    }
    return 0;
}
