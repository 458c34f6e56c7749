/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UDP sockets of Windows: Winsock 2. */
#include <winsock2.h>
#include <ws2tcpip.h>
#include "protocol/udp.h"
#include "windows/text.h"

static bool failed(const char *api, struct platform_error *error)
{
    int code = WSAGetLastError();

    error->api = api;
    error->domain = "win32"; /* Winsock's codes are among them */
    error->code = (uint64_t)code;
    text_of_win32((DWORD)code, error->text, sizeof(error->text));
    return false;
}

static struct sockaddr_in address_of(uint32_t host, uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET };

    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(host);
    return address;
}

/* Started once, and never cleaned up: the agent lives as long as it. */
static bool start(struct platform_error *error)
{
    static bool started;
    WSADATA data;
    int code;

    if (!started) {
        code = WSAStartup(MAKEWORD(2, 2), &data);
        if (code) {
            WSASetLastError(code);
            return failed("WSAStartup", error);
        }
        started = true;
    }
    return true;
}

udp_socket udp_open(uint32_t local, uint32_t peer, uint16_t port,
                    struct platform_error *error)
{
    struct sockaddr_in here = address_of(local, 0);
    struct sockaddr_in there = address_of(peer, port);
    DWORD whole = TRUE;
    SOCKET s;

    if (!start(error)) {
        return UDP_NONE;
    }
    s = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    if (s == INVALID_SOCKET) {
        failed("socket", error);
        return UDP_NONE;
    }
    if (setsockopt(s, IPPROTO_IP, IP_DONTFRAGMENT, (const char *)&whole,
                   sizeof(whole))) {
        failed("setsockopt", error);
    } else if (bind(s, (struct sockaddr *)&here, sizeof(here))) {
        failed("bind", error);
    } else if (connect(s, (struct sockaddr *)&there, sizeof(there))) {
        failed("connect", error);
    } else {
        return (udp_socket)s;
    }
    closesocket(s);
    return UDP_NONE;
}

bool udp_send(udp_socket s, const void *bytes, size_t length,
              struct platform_error *error)
{
    return send((SOCKET)s, bytes, (int)length, 0) == (int)length ||
           failed("send", error);
}

/* A datagram that does not fit is an error of its own there, and 0 here: it is
 * no frame of ours. */
size_t udp_receive(udp_socket s, void *bytes, size_t size, unsigned ms)
{
    struct timeval wait = { .tv_sec = (long)(ms / 1000),
                            .tv_usec = (long)(ms % 1000 * 1000) };
    fd_set set;
    int n;

    FD_ZERO(&set);
    FD_SET((SOCKET)s, &set);
    if (select(0, &set, NULL, NULL, &wait) <= 0) {
        return 0;
    }
    n = recv((SOCKET)s, bytes, (int)size, 0);
    return n < 0 ? 0 : (size_t)n;
}

void udp_close(udp_socket s)
{
    closesocket((SOCKET)s);
}
