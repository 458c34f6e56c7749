/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DMA memory of a function held through VFIO. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/memfd.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "linux/vfio-internal.h"

/* Between the BARs and the stack. */
#define ARENA_ADDRESS   0x200000000000ull

/* Bus address of the arena: below 4 GiB, away from the MSI window. */
#define ARENA_IOVA      0x40000000ull
#define ARENA_SIZE_MAX  0x40000000ull
#define HUGEPAGE        0x200000ull

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

int vfio_map_arena(struct vfio_device *dev, size_t size, char *err,
                   size_t errlen)
{
    struct vfio_iommu_type1_dma_map map = {
        .argsz = sizeof(map),
        .flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
        .vaddr = ARENA_ADDRESS,
        .iova = ARENA_IOVA,
    };

    if (size == 0 || size > ARENA_SIZE_MAX) {
        return vfio_fail(err, errlen,
                         "a DMA arena of %zu bytes is not possible", size);
    }
    size = (size + HUGEPAGE - 1) & ~(HUGEPAGE - 1);
    dev->arena = arena_memory(size);
    if (!dev->arena) {
        return vfio_fail(err, errlen, "no memory for a DMA arena of %zu bytes",
                         size);
    }
    dev->arena_size = size;
    map.size = size;
    if (ioctl(dev->container, VFIO_IOMMU_MAP_DMA, &map)) {
        return vfio_fail(err, errlen, "%s: the DMA arena cannot be mapped: %s",
                         dev->address, strerror(errno));
    }
    dev->arena_iova = ARENA_IOVA;
    return 0;
}
