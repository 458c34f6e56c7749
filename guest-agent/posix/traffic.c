/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An interface of Linux that is to carry test frames: its address, its peer. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "linux/netdev.h"
#include "posix/backend.h"
#include "protocol/traffic.h"
#include "rig/traffic.h"

static bool failed(struct job *job, const char *api, const char *what)
{
    job_fail_api(job, AGENT_E_FAILED, api, "errno", (uint64_t)errno, "%s: %s",
                 what, strerror(errno));
    return false;
}

static void put_address(struct sockaddr *out, uint32_t host)
{
    const struct sockaddr_in in = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(host),
    };

    memcpy(out, &in, sizeof(*out));
}

/* RIG_GUEST_IP is the interface's, RIG_PEER_IP the reflector's: nobody has to
 * be asked. */
static bool set_addresses(struct job *job, const struct netdev *dev, int fd)
{
    static const uint8_t peer[6] = RIG_PEER_MAC;
    struct ifreq address = { 0 }, mask = { 0 };
    struct arpreq arp = { .arp_flags = ATF_PERM | ATF_COM };

    memcpy(address.ifr_name, dev->name, sizeof(dev->name));
    memcpy(mask.ifr_name, dev->name, sizeof(dev->name));
    memcpy(arp.arp_dev, dev->name, sizeof(arp.arp_dev));
    put_address(&address.ifr_addr, RIG_GUEST_IP);
    put_address(&mask.ifr_netmask, ~0u << (32 - RIG_IP_PREFIX));
    put_address(&arp.arp_pa, RIG_PEER_IP);
    arp.arp_ha.sa_family = ARPHRD_ETHER;
    memcpy(arp.arp_ha.sa_data, peer, sizeof(peer));
    return (!ioctl(fd, SIOCSIFADDR, &address) ||
            failed(job, "SIOCSIFADDR", dev->name)) &&
           (!ioctl(fd, SIOCSIFNETMASK, &mask) ||
            failed(job, "SIOCSIFNETMASK", dev->name)) &&
           (!ioctl(fd, SIOCSARP, &arp) || failed(job, "SIOCSARP", dev->name));
}

static bool set_up(struct job *job, const struct netdev *dev)
{
    uint64_t now = platform_now();
    int fd, left = now < job->deadline ? (int)(job->deadline - now) : 0;
    bool good;

    if (netdev_up(dev, left)) {
        return failed(job, "SIOCSIFFLAGS", dev->name);
    }
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return failed(job, "socket", "IPv4");
    }
    good = set_addresses(job, dev, fd);
    close(fd);
    return good;
}

void posix_traffic(struct job *job)
{
    struct traffic_request request;
    char address[PCI_ADDRESS_SIZE];
    struct netdev dev;

    if (!traffic_read(job, &request) || !posix_device_address(job, address)) {
        return;
    }
    if (netdev_find(address, &dev)) {
        failed(job, "netdev_find", "the interface of the device");
    } else if (set_up(job, &dev)) {
        traffic_run(job, &request);
    }
}
