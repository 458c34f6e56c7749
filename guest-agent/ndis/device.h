/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Device objects: that of the adapter, and control devices of the driver. */
#ifndef NDIS_DEVICE_H
#define NDIS_DEVICE_H

#include "ndis/include/ndis.h"

/* Dispatch routine of a control device of the driver; NULL: none, or none of
 * its devices. */
PDRIVER_DISPATCH device_dispatch(const DEVICE_OBJECT *device, uint8_t major);
/* Slot << 16 | function of the adapter, as DevicePropertyAddress has it. */
uint32_t device_pci_address(void);

#endif
