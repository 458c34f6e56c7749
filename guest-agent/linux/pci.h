/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI functions as sysfs shows them. */
#ifndef LINUX_PCI_H
#define LINUX_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PCI_ADDRESS_SIZE 16    /* bytes for "0000:00:10.0" and its NUL */
#define PCI_HARDWARE_IDS 16    /* most entries of a hardware id list */

/* True for "dddd:bb:dd.f" in hexadecimal digits and nothing else. */
bool pci_address_valid(const char *address);

/* First function with these ids, lowest address first. 0, or -1, ENODEV. */
int pci_find(uint16_t vendor, uint16_t device,
             char address[PCI_ADDRESS_SIZE]);

/* The address of VF `n`, 0.., of a physical function. 0, or -1 with errno. */
int pci_find_vf(const char *pf, unsigned n, char address[PCI_ADDRESS_SIZE]);

/* Path of an attribute of a function; false if it does not fit. */
bool pci_path(char *path, size_t size, const char *address,
              const char *attribute);

/* A numeric attribute ("vendor", "class", ...). 0, or -1 with errno. */
int pci_read_number(const char *address, const char *attribute,
                    uint32_t *value);

/* Write text to an attribute. 0, or -1 with errno. */
int pci_write_text(const char *address, const char *attribute,
                   const char *text);

/* `len` bytes of configuration space. 0, or -1 with errno. */
int pci_config_read(const char *address, unsigned offset, void *buf,
                    size_t len);

/* The MSI-X capability of a function (PCI 3.0, 6.8.2). */
struct pci_msix {
    uint16_t control;     /* Message Control */
    unsigned vectors;     /* table size, 1..2048 */
    unsigned bar;         /* with the table ... */
    uint32_t offset;      /* ... and its offset there, bytes */
};

/* Read it. 0, or -1: with errno, ENOENT if the function has none. */
int pci_read_msix(const char *address, struct pci_msix *msix);

/* Name of the driver that is bound to the function; false: none is. */
bool pci_driver_name(const char *address, char *name, size_t size);

/*
 * 1 if MSI-X is enabled or the function may be bus master, 0 if it can no
 * longer interrupt or do DMA, -1 with errno if that cannot be read.
 */
int pci_is_active(const char *address);

/* What configuration space says a function is. */
struct pci_identity {
    uint32_t vendor, device, subvendor, subdevice, revision;
    uint32_t class;     /* 24 bits: class, subclass, programming interface */
};

/*
 * Hardware and compatible ids as the Windows PCI bus driver reports them
 * (Microsoft, "Identifiers for PCI Devices"), most specific first, NULL at
 * the end; free with pci_hardware_ids_free(). 0, or -1 with errno.
 */
int pci_identity_ids(const struct pci_identity *id,
                     char *ids[PCI_HARDWARE_IDS]);
/* The same of a function that is there. */
int pci_hardware_ids(const char *address, char *ids[PCI_HARDWARE_IDS]);
void pci_hardware_ids_free(char *ids[PCI_HARDWARE_IDS]);

/*
 * The function's configuration space as the kernel sees it, to be read and
 * written; -1 with errno.
 */
int pci_config_open(const char *address);

#endif
