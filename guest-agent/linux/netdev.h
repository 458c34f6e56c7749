/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network interface that Linux's driver makes of a PCI function. */
#ifndef LINUX_NETDEV_H
#define LINUX_NETDEV_H

#include <net/if.h>
#include <stddef.h>
#include <stdint.h>

struct netdev {
    char name[IF_NAMESIZE];
    int index;
    uint8_t mac[6];
    unsigned mtu;         /* bytes, without the Ethernet header */
};

/*
 * Find the interface of the function at `address`, directly below it or, as
 * virtio has it, below its child. 0, or -1 with errno.
 */
int netdev_find(const char *address, struct netdev *dev);

/*
 * Open the interface and wait for its carrier, at most `timeout_ms`. 0, or -1
 * with errno (ETIMEDOUT: no carrier).
 */
int netdev_up(const struct netdev *dev, int timeout_ms);

/*
 * Give VF `vf` of the physical function that has this interface a MAC address.
 * 0, or -1 with errno.
 */
int netdev_set_vf_mac(const struct netdev *dev, unsigned vf,
                      const uint8_t mac[6]);

/* Close it: its driver gives back its interrupt handlers. 0, -1 with errno. */
int netdev_down(const struct netdev *dev);

#endif
