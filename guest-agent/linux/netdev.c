/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network interfaces: found in sysfs, opened and closed by ioctl. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "linux/netdev.h"
#include "linux/pci.h"

/* Of the kernel's <linux/if.h>, which cannot stand beside <net/if.h>. */
#define IFF_LOWER_UP 0x10000u

/* --- finding ------------------------------------------------------------- */

/* Name of the first entry that starts with `prefix`; false: there is none. */
static bool first_entry(const char *path, const char *prefix, char *name,
                        size_t size)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    bool found = false;

    while (dir && !found && (entry = readdir(dir))) {
        if (entry->d_name[0] != '.' &&
            strncmp(entry->d_name, prefix, strlen(prefix)) == 0) {
            found = (size_t)snprintf(name, size, "%s", entry->d_name) < size;
        }
    }
    if (dir) {
        closedir(dir);
    }
    return found;
}

static bool find_name(const char *address, char name[IF_NAMESIZE])
{
    char path[128], child[32], net[192];

    if (!pci_path(path, sizeof(path), address, "net")) {
        return false;
    }
    if (first_entry(path, "", name, IF_NAMESIZE)) {
        return true;
    }
    return pci_path(path, sizeof(path), address, "") &&
           first_entry(path, "virtio", child, sizeof(child)) &&
           (size_t)snprintf(net, sizeof(net), "%s%s/net", path, child) <
           sizeof(net) && first_entry(net, "", name, IF_NAMESIZE);
}

/* A socket for ioctls on interfaces, whatever protocols there are. */
static int open_control(void)
{
    return socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

int netdev_find(const char *address, struct netdev *dev)
{
    struct ifreq r = { 0 };
    int fd, ret = -1;

    memset(dev, 0, sizeof(*dev));
    if (!find_name(address, dev->name)) {
        errno = ENODEV;
        return -1;
    }
    fd = open_control();
    if (fd < 0) {
        return -1;
    }
    memcpy(r.ifr_name, dev->name, sizeof(dev->name));
    if (!ioctl(fd, SIOCGIFINDEX, &r)) {
        dev->index = r.ifr_ifindex;
        if (!ioctl(fd, SIOCGIFMTU, &r)) {
            dev->mtu = (unsigned)r.ifr_mtu;
            ret = ioctl(fd, SIOCGIFHWADDR, &r);
            memcpy(dev->mac, r.ifr_hwaddr.sa_data, sizeof(dev->mac));
        }
    }
    close(fd);
    return ret;
}

/* --- up and down --------------------------------------------------------- */

/* Also says whether it was up, and had its carrier, before. */
static int change_up(const struct netdev *dev, bool up, bool *running)
{
    struct ifreq r = { 0 };
    int fd = open_control(), ret, saved;

    if (fd < 0) {
        return -1;
    }
    memcpy(r.ifr_name, dev->name, sizeof(dev->name));
    ret = ioctl(fd, SIOCGIFFLAGS, &r);
    if (!ret) {
        *running = (r.ifr_flags & IFF_UP) && (r.ifr_flags & IFF_RUNNING);
        r.ifr_flags = up ? r.ifr_flags | IFF_UP : r.ifr_flags & ~IFF_UP;
        ret = ioctl(fd, SIOCSIFFLAGS, &r);
    }
    saved = errno;
    close(fd);
    errno = saved;
    return ret;
}

/* A socket that hears about every change of an interface. */
static int open_link_events(void)
{
    struct sockaddr_nl local = {
        .nl_family = AF_NETLINK,
        .nl_groups = RTMGRP_LINK,
    };
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

    if (fd >= 0 && bind(fd, (struct sockaddr *)&local, sizeof(local))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Does one of these messages say that the interface can carry frames? */
static bool says_running(const struct netdev *dev, const void *buf, size_t n)
{
    for (const struct nlmsghdr *h = buf; NLMSG_OK(h, n);
         h = NLMSG_NEXT(h, n)) {
        const struct ifinfomsg *info = NLMSG_DATA(h);

        if (h->nlmsg_type == RTM_NEWLINK && info->ifi_index == dev->index &&
            (info->ifi_flags & IFF_LOWER_UP) &&
            (info->ifi_flags & IFF_RUNNING)) {
            return true;
        }
    }
    return false;
}

static int wait_running(const struct netdev *dev, int fd, int timeout_ms)
{
    _Alignas(struct nlmsghdr) char buf[8192];
    int64_t end = now_ms() + timeout_ms;

    for (;;) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        int64_t left = end - now_ms();
        ssize_t n;

        if (left <= 0 || poll(&p, 1, (int)left) == 0) {
            errno = ETIMEDOUT;
            return -1;
        }
        n = recv(fd, buf, sizeof(buf), 0);
        if (n < 0 && errno != EINTR) {
            return -1;
        }
        if (n > 0 && says_running(dev, buf, (size_t)n)) {
            return 0;
        }
    }
}

int netdev_up(const struct netdev *dev, int timeout_ms)
{
    int fd = open_link_events(), ret, saved;
    bool running = false;

    if (fd < 0) {
        return -1;
    }
    ret = change_up(dev, true, &running) ? -1 :
          running ? 0 : wait_running(dev, fd, timeout_ms);
    saved = errno;
    close(fd);
    errno = saved;
    return ret;
}

int netdev_down(const struct netdev *dev)
{
    bool running;

    return change_up(dev, false, &running);
}

/* --- virtual functions --------------------------------------------------- */

/* RTM_SETLINK with one IFLA_VF_MAC; rtnetlink(7), <linux/if_link.h>. */
struct set_vf_mac {
    struct nlmsghdr header;
    struct ifinfomsg info;
    struct nlattr list, vf, mac;
    struct ifla_vf_mac value;
};

/* The kernel's answer to the one request of this socket. */
static int wait_answer(int fd)
{
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
        char rest[512];
    } answer;
    ssize_t n = recv(fd, &answer, sizeof(answer), 0);

    if (n < (ssize_t)offsetof(__typeof__(answer), rest) ||
        answer.header.nlmsg_type != NLMSG_ERROR) {
        errno = n < 0 ? errno : EPROTO;
        return -1;
    }
    errno = -answer.error.error;
    return errno ? -1 : 0;
}

int netdev_set_vf_mac(const struct netdev *dev, unsigned vf,
                      const uint8_t mac[6])
{
    struct set_vf_mac m = {
        .header = { .nlmsg_len = sizeof(m), .nlmsg_type = RTM_SETLINK,
                    .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
        .info = { .ifi_index = dev->index },
        .list = { sizeof(m) - offsetof(struct set_vf_mac, list),
                  IFLA_VFINFO_LIST | NLA_F_NESTED },
        .vf = { sizeof(m) - offsetof(struct set_vf_mac, vf),
                IFLA_VF_INFO | NLA_F_NESTED },
        .mac = { sizeof(m) - offsetof(struct set_vf_mac, mac), IFLA_VF_MAC },
        .value = { .vf = vf },
    };
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    int ret = -1, saved;

    if (fd < 0) {
        return -1;
    }
    memcpy(m.value.mac, mac, 6);
    if (send(fd, &m, sizeof(m), 0) == (ssize_t)sizeof(m)) {
        ret = wait_answer(fd);
    }
    saved = errno;
    close(fd);
    errno = saved;
    return ret;
}
