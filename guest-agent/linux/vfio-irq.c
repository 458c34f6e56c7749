/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interrupts and reset of a function held through VFIO. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include "linux/vfio.h"

/* PCI: an MSI-X table has at most 2048 entries. */
#define MSIX_VECTORS_MAX 2048

static int set_irqs(struct vfio_device *dev, uint32_t index, uint32_t flags,
                    const int *fds, unsigned n)
{
    struct vfio_irq_set *set;
    size_t size = sizeof(*set) + n * sizeof(int);
    int ret;

    set = calloc(1, size);
    if (!set) {
        return -1;
    }
    set->argsz = size;
    set->flags = flags | VFIO_IRQ_SET_ACTION_TRIGGER;
    set->index = index;
    set->count = n;
    if (n) {
        memcpy(set->data, fds, n * sizeof(int));
    }
    ret = ioctl(dev->device, VFIO_DEVICE_SET_IRQS, set);
    free(set);
    return ret ? -1 : 0;
}

int vfio_irq_enable(struct vfio_device *dev, const int *fds, unsigned n)
{
    if (n > dev->msix_vectors || n > MSIX_VECTORS_MAX ||
        (n == 0 && !dev->intx)) {
        errno = EINVAL;
        return -1;
    }
    return set_irqs(dev, n ? VFIO_PCI_MSIX_IRQ_INDEX
                           : VFIO_PCI_INTX_IRQ_INDEX,
                    VFIO_IRQ_SET_DATA_EVENTFD, fds, n ? n : 1);
}

int vfio_irq_disable(struct vfio_device *dev)
{
    /* VFIO refuses to disable the kind that is not enabled: that is fine. */
    int msix = set_irqs(dev, VFIO_PCI_MSIX_IRQ_INDEX,
                        VFIO_IRQ_SET_DATA_NONE, NULL, 0);
    int intx = set_irqs(dev, VFIO_PCI_INTX_IRQ_INDEX,
                        VFIO_IRQ_SET_DATA_NONE, NULL, 0);

    return msix && intx ? -1 : 0;
}

int vfio_intx_unmask(struct vfio_device *dev)
{
    struct vfio_irq_set set = {
        .argsz = sizeof(set),
        .flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK,
        .index = VFIO_PCI_INTX_IRQ_INDEX,
        .count = 1,
    };

    return ioctl(dev->device, VFIO_DEVICE_SET_IRQS, &set) ? -1 : 0;
}

/* Address of a dword of the mapped table, or NULL if there is none. */
static volatile uint32_t *msix_dword(struct vfio_device *dev, unsigned vector,
                                     unsigned dword)
{
    uint64_t offset = dev->msix_offset + (uint64_t)PCI_MSIX_ENTRY_SIZE *
                      vector + 4 * dword;
    const struct vfio_bar *bar;

    if (vector >= dev->msix_vectors || dword > 3 ||
        dev->msix_bar >= VFIO_BARS) {
        return NULL;
    }
    bar = &dev->bar[dev->msix_bar];
    if (!bar->map || offset + 4 > bar->size) {
        return NULL;
    }
    return (volatile uint32_t *)((uint8_t *)bar->map + offset);
}

uint32_t vfio_msix_read(struct vfio_device *dev, unsigned vector,
                        unsigned dword)
{
    volatile uint32_t *p = msix_dword(dev, vector, dword);

    return p ? *p : UINT32_MAX;
}

void vfio_msix_write(struct vfio_device *dev, unsigned vector,
                     unsigned dword, uint32_t value)
{
    volatile uint32_t *p = msix_dword(dev, vector, dword);

    if (p) {
        *p = value;
    }
}

int vfio_reset(struct vfio_device *dev)
{
    return ioctl(dev->device, VFIO_DEVICE_RESET) ? -1 : 0;
}
