/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UDP sockets of Linux. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "protocol/udp.h"

static bool failed(const char *api, struct platform_error *error)
{
    error->api = api;
    error->domain = "errno";
    error->code = (uint64_t)errno;
    snprintf(error->text, sizeof(error->text), "%s", strerror(errno));
    return false;
}

static struct sockaddr_in address_of(uint32_t host, uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(host),
    };
}

udp_socket udp_open(uint32_t local, uint32_t peer, uint16_t port,
                    struct platform_error *error)
{
    struct sockaddr_in here = address_of(local, 0);
    struct sockaddr_in there = address_of(peer, port);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int whole = IP_PMTUDISC_DO;

    if (fd < 0) {
        failed("socket", error);
        return UDP_NONE;
    }
    if (setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &whole, sizeof(whole))) {
        failed("setsockopt", error);
    } else if (bind(fd, (struct sockaddr *)&here, sizeof(here))) {
        failed("bind", error);
    } else if (connect(fd, (struct sockaddr *)&there, sizeof(there))) {
        failed("connect", error);
    } else {
        return fd;
    }
    close(fd);
    return UDP_NONE;
}

bool udp_send(udp_socket s, const void *bytes, size_t length,
              struct platform_error *error)
{
    return send((int)s, bytes, length, 0) == (ssize_t)length ||
           failed("send", error);
}

size_t udp_receive(udp_socket s, void *bytes, size_t size, unsigned ms)
{
    struct pollfd p = { .fd = (int)s, .events = POLLIN };
    ssize_t n;

    if (poll(&p, 1, (int)ms) <= 0) {
        return 0;
    }
    n = recv((int)s, bytes, size, MSG_DONTWAIT | MSG_TRUNC);
    return n < 0 ? 0 : (size_t)n;
}

void udp_close(udp_socket s)
{
    close((int)s);
}
