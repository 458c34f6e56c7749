/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UDP sockets of the system: udp-posix.c, udp-windows.c. */
#ifndef PROTOCOL_UDP_H
#define PROTOCOL_UDP_H

#include "protocol/platform.h"

typedef intptr_t udp_socket;
#define UDP_NONE ((udp_socket)-1)

/*
 * From one of the system's IPv4 addresses to a port of another host's, both
 * numbers in the host's order; what is too long for the link is refused and not
 * cut up. UDP_NONE with *error.
 */
udp_socket udp_open(uint32_t local, uint32_t peer, uint16_t port,
                    struct platform_error *error);

bool udp_send(udp_socket s, const void *bytes, size_t length,
              struct platform_error *error);

/* The next datagram's length, of which as much as fits is there; 0: none within
 * `ms`, or the error of an earlier one came instead. */
size_t udp_receive(udp_socket s, void *bytes, size_t size, unsigned ms);

void udp_close(udp_socket s);

#endif
