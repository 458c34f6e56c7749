/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Binding a PCI function to vfio-pci. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "linux/pci.h"
#include "linux/vfio.h"

static int fail(char *err, size_t errlen, const char *address,
                const char *what)
{
    snprintf(err, errlen, "%s: %s: %s", address, what, strerror(errno));
    return -1;
}

int vfio_bind(const char *address, char *err, size_t errlen)
{
    char path[128], name[64];

    if (!pci_address_valid(address)) {
        snprintf(err, errlen, "\"%.20s\" is not a PCI address like "
                 "0000:00:10.0", address);
        return -1;
    }
    if (!pci_path(path, sizeof(path), address, "vendor") ||
        access(path, F_OK)) {
        snprintf(err, errlen, "%s: the machine has no such PCI function",
                 address);
        return -1;
    }
    if (pci_write_text(address, "driver_override", "vfio-pci")) {
        return fail(err, errlen, address, "driver_override");
    }
    if (pci_driver_name(address, name, sizeof(name))) {
        if (strcmp(name, "vfio-pci") == 0) {
            return 0;
        }
        if (pci_write_text(address, "driver/unbind", address)) {
            return fail(err, errlen, address, "unbind");
        }
    }
    if (pci_write_text(address, "subsystem/drivers_probe", address)) {
        return fail(err, errlen, address, "drivers_probe");
    }
    if (!pci_driver_name(address, name, sizeof(name)) ||
        strcmp(name, "vfio-pci") != 0) {
        snprintf(err, errlen, "%s: vfio-pci does not take it: is there an "
                 "IOMMU and the module?", address);
        return -1;
    }
    return 0;
}
