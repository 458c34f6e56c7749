/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The NICs that a scenario's machine can have, and what PCI says they are. */
#ifndef RIG_NIC_MODELS_H
#define RIG_NIC_MODELS_H

#include "linux/pci.h"

typedef struct RigNicModel {
    const char *name;    /* as in <machine nic="...">  */
    struct pci_identity identity;
    unsigned vectors;    /* MSI-X table size; of rig-nic the default */
} RigNicModel;

/* All of them, the one with a NULL name last. */
extern const RigNicModel rig_nic_models[];

#endif
