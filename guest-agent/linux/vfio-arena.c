/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DMA memory of a function held through VFIO. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "linux/vfio-internal.h"

/* Virtual I/O Device 1.2, 4.1.2 "PCI Device Discovery". */
#define VIRTIO_VENDOR       0x1af4
#define VIRTIO_DEVICE_FIRST 0x1000
#define VIRTIO_DEVICE_LAST  0x107f

#define PAGEMAP         "/proc/self/pagemap"

/* Entry of a page there: Linux, Documentation/admin-guide/mm/pagemap.rst. */
#define PAGEMAP_FRAME   0x7fffffffffffffull
#define PAGEMAP_PRESENT (1ull << 63)
#define SMALL_PAGE      4096u

/* Between the BARs and the stack. */
#define ARENA_ADDRESS   0x200000000000ull

/* Bus address of the arena: below 4 GiB, away from the MSI window. */
#define ARENA_IOVA      0x40000000ull
#define ARENA_SIZE_MAX  0x40000000ull
#define HUGEPAGE        0x200000ull

/* A hugepage of the reserve. */
struct page {
    uint64_t physical;  /* guest-physical address, 0 if unknown */
    off_t offset;       /* in the file */
};

/*
 * Hugepages of vfio_arena_reserve(), by physical address, but first of all the
 * longest run of pages that are one block there.
 */
static struct {
    int fd;             /* -1: none */
    size_t size;        /* bytes */
    struct page *page;
    size_t n;
    size_t run;         /* pages of that block, 0 if addresses are unknown */
} reserve = { .fd = -1 };

/* Where each page of the mapping lies; PID 1 may know. */
static void find_physical(const uint8_t *map)
{
    int fd = open(PAGEMAP, O_RDONLY | O_CLOEXEC);

    for (size_t i = 0; i < reserve.n; i++) {
        uintptr_t at = (uintptr_t)map + i * HUGEPAGE;
        uint64_t entry = 0;

        reserve.page[i].offset = (off_t)(i * HUGEPAGE);
        if (fd >= 0 && pread(fd, &entry, sizeof(entry),
                             (off_t)(at / SMALL_PAGE * sizeof(entry))) ==
            sizeof(entry) && (entry & PAGEMAP_PRESENT)) {
            reserve.page[i].physical = (entry & PAGEMAP_FRAME) * SMALL_PAGE;
        }
    }
    if (fd >= 0) {
        close(fd);
    }
}

static int compare_pages(const void *a, const void *b)
{
    const struct page *x = a, *y = b;

    return x->physical < y->physical ? -1 : x->physical > y->physical;
}

static bool is_next(const struct page *a, const struct page *b)
{
    return a->physical && b->physical == a->physical + HUGEPAGE;
}

/* The longest run comes first. */
static void put_run_first(struct page *page, size_t n)
{
    size_t best = 0, length = 1;

    if (!page[0].physical) {
        reserve.run = 0;
        return;
    }
    reserve.run = 0;
    for (size_t i = 0; i < n; i++, length++) {
        if (i && !is_next(&page[i - 1], &page[i])) {
            length = 1;
        }
        if (length > reserve.run) {
            reserve.run = length;
            best = i + 1 - length;
        }
    }
    for (size_t i = 0; i < reserve.run; i++) {
        struct page p = page[best + i];

        memmove(&page[i + 1], &page[i], best * sizeof(p));
        page[i] = p;
    }
}

/* Touch the pages now: what is there later cannot be lacking. */
static int fill_reserve(int fd, size_t size)
{
    uint8_t *map;

    if (ftruncate(fd, (off_t)size)) {
        return -1;
    }
    map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
               fd, 0);
    if (map == MAP_FAILED) {
        return -1;
    }
    reserve.n = size / HUGEPAGE;
    reserve.page = calloc(reserve.n, sizeof(reserve.page[0]));
    if (reserve.page) {
        find_physical(map);
        qsort(reserve.page, reserve.n, sizeof(reserve.page[0]),
              compare_pages);
        put_run_first(reserve.page, reserve.n);
    }

    munmap(map, size);
    return reserve.page ? 0 : -1;
}

int vfio_arena_reserve(size_t size)
{
    int fd = memfd_create("arena", MFD_CLOEXEC | MFD_HUGETLB | MFD_HUGE_2MB);

    if (fd < 0) {
        return -1;
    }
    if (fill_reserve(fd, size)) {
        close(fd);
        return -1;
    }
    reserve.fd = fd;
    reserve.size = size;
    return 0;
}

/* In order of addresses, or for less work at every fork as one mapping. */
static void *reserved_memory(size_t size, bool in_order)
{
    if (!in_order) {
        void *p = mmap((void *)(uintptr_t)ARENA_ADDRESS, size,
                       PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_FIXED_NOREPLACE, reserve.fd, 0);

        return p == MAP_FAILED ? NULL : p;
    }
    for (size_t i = 0; i < size / HUGEPAGE; i++) {
        void *at = (void *)(uintptr_t)(ARENA_ADDRESS + i * HUGEPAGE);

        if (mmap(at, HUGEPAGE, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_FIXED_NOREPLACE, reserve.fd,
                 reserve.page[i].offset) == MAP_FAILED) {
            return NULL;
        }
    }
    return (void *)(uintptr_t)ARENA_ADDRESS;
}

/*
 * Memory for the arena at its place; NULL if there is none. Shared, so that a
 * fork keeps the pages that the device knows.
 */
static void *arena_memory(size_t size, bool in_order)
{
    void *p;

    if (reserve.fd >= 0 && size <= reserve.size) {
        return reserved_memory(size, in_order);
    }
    p = mmap((void *)ARENA_ADDRESS, size, PROT_READ | PROT_WRITE,
             MAP_FIXED_NOREPLACE | MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

/*
 * A virtio device without VIRTIO_F_ACCESS_PLATFORM goes past the IOMMU and
 * uses physical addresses (Virtual I/O Device 1.2, 6.1). One that has it is as
 * well off with them, for VFIO maps what it is told.
 */
static bool goes_past_iommu(struct vfio_device *dev)
{
    uint16_t id[2] = { 0, 0 };

    return vfio_config_read(dev, PCI_VENDOR_ID, id, sizeof(id)) == 0 &&
           id[0] == VIRTIO_VENDOR && id[1] >= VIRTIO_DEVICE_FIRST &&
           id[1] <= VIRTIO_DEVICE_LAST;
}

/*
 * Size and bus address of the arena for a function that goes past the IOMMU:
 * as much as is one block of memory.
 */
static int choose_place(const struct vfio_device *dev, size_t *size,
                        uint64_t *iova, char *err, size_t errlen)
{
    if (reserve.run == 0) {
        return vfio_fail(err, errlen, "%s goes past the IOMMU and needs "
                         "hugepages at known addresses: there are none",
                         dev->address);
    }
    *iova = reserve.page[0].physical;
    *size = *size < reserve.run * HUGEPAGE ? *size : reserve.run * HUGEPAGE;
    return 0;
}

int vfio_map_arena(struct vfio_device *dev, size_t size, char *err,
                   size_t errlen)
{
    struct vfio_iommu_type1_dma_map map = {
        .argsz = sizeof(map),
        .flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
        .vaddr = ARENA_ADDRESS,
    };
    bool physical = goes_past_iommu(dev);
    uint64_t iova = ARENA_IOVA;

    if (size == 0 || size > ARENA_SIZE_MAX) {
        return vfio_fail(err, errlen,
                         "a DMA arena of %zu bytes is not possible", size);
    }
    size = (size + HUGEPAGE - 1) & ~(HUGEPAGE - 1);
    if (physical && choose_place(dev, &size, &iova, err, errlen)) {
        return -1;
    }
    dev->arena = arena_memory(size, physical);
    if (!dev->arena) {
        return vfio_fail(err, errlen, "no memory for a DMA arena of %zu bytes",
                         size);
    }
    dev->arena_size = size;
    map.iova = iova;
    map.size = size;
    if (ioctl(dev->container, VFIO_IOMMU_MAP_DMA, &map)) {
        return vfio_fail(err, errlen, "%s: the DMA arena cannot be mapped: %s",
                         dev->address, strerror(errno));
    }
    dev->arena_iova = iova;
    return 0;
}
