/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The NICs that a scenario's machine can have. Values: QEMU 10.0, the class
 * initialisers of hw/net/{e1000e,igb,vmxnet3}.c, hw/pci/pci.c and
 * hw/virtio/virtio-pci.c; rig-nic: its specification.
 */
#include "nic-models.h"

#include <stddef.h>

#include "rig/nic-regs.h"

#define ETHERNET 0x020000  /* PCI Code and ID Assignment: network, Ethernet */

const RigNicModel rig_nic_models[] = {
    { "rig-nic", { RIG_NIC_VENDOR_ID, RIG_NIC_DEVICE_ID, RIG_NIC_VENDOR_ID,
                   RIG_NIC_DEVICE_ID, RIG_NIC_REVISION, ETHERNET }, 4 },
    { "e1000e", { 0x8086, 0x10d3, 0x8086, 0x0000, 0x00, ETHERNET }, 5 },
    { "igb", { 0x8086, 0x10c9, 0x1af4, 0x1100, 0x01, ETHERNET }, 10 },
    { "igbvf", { 0x8086, 0x10ca, 0x1af4, 0x1100, 0x01, ETHERNET }, 3 },
    { "vmxnet3", { 0x15ad, 0x07b0, 0x15ad, 0x07b0, 0x01, ETHERNET }, 25 },
    { "virtio-net-pci", { 0x1af4, 0x1041, 0x1af4, 0x1100, 0x01, ETHERNET },
      4 },
    { NULL, { 0, 0, 0, 0, 0, 0 }, 0 },
};
