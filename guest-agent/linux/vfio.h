/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One PCI function through VFIO: configuration space, BARs, DMA memory and
 * interrupts, as the NDIS host needs them.
 *
 * A vfio_device belongs to the process that opened it: when that process
 * ends, however it ends, the kernel masks the interrupts, unmaps the DMA
 * memory and resets the function. A process forked from it may use a copy, but
 * its end changes nothing: then the parent has to do that.
 */
#ifndef LINUX_VFIO_H
#define LINUX_VFIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VFIO_BARS 6

struct vfio_bar {
    uint64_t base;       /* bus address as the guest's PCI sees it */
    uint64_t size;       /* bytes, 0: not there */
    bool io;             /* I/O port BAR */
    bool can_map;        /* the kernel lets it be mapped */
    void *map;           /* mapped, or NULL: use vfio_bar_read/write */
};

struct vfio_device {
    int container, group, device;
    uint64_t region_offset[8]; /* in the device's file: BARs, ROM, config */
    struct vfio_bar bar[VFIO_BARS];
    unsigned msix_vectors;  /* MSI-X table size; 0: no MSI-X */
    unsigned msix_bar;      /* BAR with the table ... */
    uint32_t msix_offset;   /* ... and its offset there */
    unsigned pm_cap;        /* offset of the power management capability;
                               0: none */
    bool intx;              /* has an INTx pin */
    bool can_reset;
    unsigned place;         /* 0.. among the functions of the container */
    uint8_t *arena;         /* DMA memory, hugepage-backed if possible */
    size_t arena_size;      /* bytes */
    uint64_t arena_iova;    /* bus address of arena[0] */
    char address[16];       /* "0000:00:10.0" */
};

/*
 * Bind the function to vfio-pci, whose module has to be there. Once, in
 * PID 1. 0, or -1 with a sentence in err.
 */
int vfio_bind(const char *address, char *err, size_t errlen);

/*
 * Set hugepages aside for the arenas of all processes to come. Once, in PID 1.
 * They are not cleared between two processes: whoever hands out arena memory
 * fills it. 0, or -1 with errno: then vfio_open() uses ordinary pages.
 */
int vfio_arena_reserve(size_t size);

/*
 * Open the function, map BARs, create and map the arena, enable memory space
 * and bus master. 0, or -1 with a sentence in err.
 */
int vfio_open(struct vfio_device *dev, const char *address,
              size_t arena_size, char *err, size_t errlen);
/*
 * The same for one more function, which shares the container and the arena of
 * `first` and lives no longer than it does.
 */
int vfio_open_beside(struct vfio_device *dev, const char *address,
                     const struct vfio_device *first, char *err,
                     size_t errlen);
void vfio_close(struct vfio_device *dev);
/*
 * Memory space and bus master on, as the PCI bus driver of Windows does; part
 * of vfio_open(). 0, or -1 with a sentence in err.
 */
int vfio_enable(struct vfio_device *dev, char *err, size_t errlen);

int vfio_config_read(struct vfio_device *dev, uint32_t offset, void *buf,
                     size_t len);
int vfio_config_write(struct vfio_device *dev, uint32_t offset,
                      const void *buf, size_t len);

/*
 * `len` bytes (1, 2, 4 or 8) of a BAR through the kernel: for I/O port BARs
 * and for memory BARs that could not be mapped. 0, or -1 with errno.
 */
int vfio_bar_read(struct vfio_device *dev, unsigned bar, uint64_t offset,
                  void *buf, size_t len);
int vfio_bar_write(struct vfio_device *dev, unsigned bar, uint64_t offset,
                   const void *buf, size_t len);

/*
 * Put memory that faults at the addresses of the mapped BARs, and the BARs
 * back. 0, or -1 with errno.
 */
int vfio_bars_hide(struct vfio_device *dev);
int vfio_bars_show(struct vfio_device *dev);

/*
 * Program and enable `n` MSI-X vectors (or INTx with n = 0), vector i
 * signalling eventfd fds[i]. All at once, as VFIO on Linux 6.1 has it.
 */
int vfio_irq_enable(struct vfio_device *dev, const int *fds, unsigned n);
int vfio_irq_disable(struct vfio_device *dev);
/* INTx only: VFIO masks it at each interrupt. */
int vfio_intx_unmask(struct vfio_device *dev);
/* One MSI-X table entry, straight through the mapped table. */
uint32_t vfio_msix_read(struct vfio_device *dev, unsigned vector,
                        unsigned dword);
void vfio_msix_write(struct vfio_device *dev, unsigned vector,
                     unsigned dword, uint32_t value);

int vfio_reset(struct vfio_device *dev);

#endif
