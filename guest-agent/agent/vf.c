/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtual function as the function under test.
 *
 * A VF asks its physical function for nearly everything, through a mailbox
 * that Linux's igb driver answers while its interface is open. It keeps the VF
 * waiting for an address unless one has been assigned.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "agent/vf.h"
#include "linux/netdev.h"
#include "linux/pci.h"
#include "linux/system.h"

#define PF_MODULES SYSTEM_MODULES "/igb"

/* Guest time in which the link of the physical function comes up. */
#define CARRIER_MS 5000

/* Locally administered; the physical function has 52:49:47:00:00:10. */
#define VF_MAC { 0x52, 0x49, 0x47, 0x00, 0x00, 0x20 }

static int fail(char *err, size_t errlen, const char *address,
                const char *what)
{
    snprintf(err, errlen, "%s: %s: %s", address, what, strerror(errno));
    return -1;
}

int vf_prepare(struct plan *plan, char *err, size_t errlen)
{
    uint8_t mac[6] = VF_MAC;
    unsigned vf = (unsigned)plan->virtual_function;
    const char *pf = plan->device;
    char address[PCI_ADDRESS_SIZE], number[16];
    struct netdev dev;

    mac[5] += vf;
    if (system_load_modules(PF_MODULES, err, errlen)) {
        return -1;
    }
    if (netdev_find(pf, &dev)) {
        return fail(err, errlen, pf, "igb made no interface of it");
    }
    snprintf(number, sizeof(number), "%u", vf + 1);
    if (pci_write_text(pf, "sriov_numvfs", number) ||
        pci_find_vf(pf, vf, address)) {
        return fail(err, errlen, pf, "it has no such VF");
    }
    if (netdev_set_vf_mac(&dev, vf, mac)) {
        return fail(err, errlen, pf, "its VF gets no MAC address");
    }
    if (netdev_up(&dev, CARRIER_MS)) {
        return fail(err, errlen, pf, "it does not come up");
    }
    g_free(plan->device);
    plan->device = g_strdup(address);
    return 0;
}
