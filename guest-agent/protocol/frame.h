/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames of agent-protocol.h: written, and found again in a stream of bytes
 * that may hold anything.
 */
#ifndef PROTOCOL_FRAME_H
#define PROTOCOL_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "agent-protocol.h"

#define FRAME_MAX (AGENT_HEADER_SIZE + AGENT_PAYLOAD_MAX)

/* A frame whose beginning has come and whose rest has not is given up when
 * nothing came for so many milliseconds. */
#define FRAME_PATIENCE 1000

struct frame {
    uint8_t version;
    uint8_t kind;           /* enum agent_kind, unchecked when read */
    uint16_t request;       /* enum agent_request, unchecked when read */
    uint32_t id;
    uint32_t length;        /* 0..AGENT_PAYLOAD_MAX */
    uint64_t nonce;
    uint64_t boot;
    const uint8_t *payload; /* when read: valid until the reader's next call */
};

/* Write a frame to `out`, FRAME_MAX bytes large. Its size. */
size_t frame_write(const struct frame *frame, uint8_t *out);

struct frame_reader {
    uint8_t bytes[2 * FRAME_MAX];
    size_t begin, end;      /* what is not looked at yet */
    uint64_t skipped;       /* bytes that belonged to no frame */
    uint64_t damaged;       /* frames with a good header and a bad payload */
};

void frame_reader_init(struct frame_reader *reader);

/* Take up to `length` bytes. How many it took: all, unless frames wait. */
size_t frame_feed(struct frame_reader *reader, const void *bytes,
                  size_t length);

/* The next whole frame; false: more bytes are needed. */
bool frame_next(struct frame_reader *reader, struct frame *frame);

/* Does a frame wait for its rest? */
bool frame_pending(const struct frame_reader *reader);

/*
 * Its rest will not come: look for the next one in what is there. For when
 * frame_pending() has been true, without a byte, for FRAME_PATIENCE.
 */
void frame_give_up(struct frame_reader *reader);

#endif
