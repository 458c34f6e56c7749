/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames: written and found again. */
#include <string.h>
#include "protocol/bytes.h"
#include "protocol/crc32c.h"
#include "protocol/frame.h"

size_t frame_write(const struct frame *frame, uint8_t *out)
{
    put_u32(out, AGENT_MAGIC);
    out[4] = frame->version;
    out[5] = frame->kind;
    put_u16(out + 6, frame->request);
    put_u32(out + 8, frame->id);
    put_u32(out + 12, frame->length);
    put_u64(out + 16, frame->nonce);
    put_u64(out + 24, frame->boot);
    put_u32(out + 32, crc32c(frame->payload, frame->length));
    put_u32(out + 36, crc32c(out, 36));
    if (frame->length) {
        memcpy(out + AGENT_HEADER_SIZE, frame->payload, frame->length);
    }
    return AGENT_HEADER_SIZE + frame->length;
}

void frame_reader_init(struct frame_reader *reader)
{
    reader->begin = reader->end = 0;
    reader->skipped = reader->damaged = 0;
}

size_t frame_feed(struct frame_reader *reader, const void *bytes,
                  size_t length)
{
    size_t room;

    if (reader->begin) {
        memmove(reader->bytes, reader->bytes + reader->begin,
                reader->end - reader->begin);
        reader->end -= reader->begin;
        reader->begin = 0;
    }
    room = sizeof(reader->bytes) - reader->end;
    if (length > room) {
        length = room;
    }
    if (length) {
        memcpy(reader->bytes + reader->end, bytes, length);
        reader->end += length;
    }
    return length;
}

static void skip(struct frame_reader *reader, size_t length)
{
    reader->begin += length;
    reader->skipped += length;
}

/* Go to where a magic begins, or could begin if more bytes came. */
static void find_magic(struct frame_reader *reader)
{
    uint8_t magic[4];

    put_u32(magic, AGENT_MAGIC);
    while (reader->begin < reader->end) {
        const uint8_t *at = reader->bytes + reader->begin;
        size_t have = reader->end - reader->begin;
        const uint8_t *found = memchr(at, magic[0], have);

        if (!found) {
            skip(reader, have);
            return;
        }
        skip(reader, (size_t)(found - at));
        have = reader->end - reader->begin;
        if (memcmp(found, magic, have < 4 ? have : 4) == 0) {
            return;
        }
        skip(reader, 1);
    }
}

static void read_header(const uint8_t *at, struct frame *frame)
{
    frame->version = at[4];
    frame->kind = at[5];
    frame->request = get_u16(at + 6);
    frame->id = get_u32(at + 8);
    frame->length = get_u32(at + 12);
    frame->nonce = get_u64(at + 16);
    frame->boot = get_u64(at + 24);
    frame->payload = at + AGENT_HEADER_SIZE;
}

bool frame_next(struct frame_reader *reader, struct frame *frame)
{
    for (;;) {
        const uint8_t *at;
        size_t have;

        find_magic(reader);
        at = reader->bytes + reader->begin;
        have = reader->end - reader->begin;
        if (have < AGENT_HEADER_SIZE) {
            return false;
        }
        read_header(at, frame);
        if (crc32c(at, 36) != get_u32(at + 36) ||
            frame->length > AGENT_PAYLOAD_MAX) {
            skip(reader, 1);
            continue;
        }
        if (have < AGENT_HEADER_SIZE + frame->length) {
            return false;
        }
        if (crc32c(frame->payload, frame->length) != get_u32(at + 32)) {
            /* Where bytes were lost, the next frame begins inside. */
            reader->damaged++;
            skip(reader, 1);
            continue;
        }
        reader->begin += AGENT_HEADER_SIZE + frame->length;
        return true;
    }
}

bool frame_pending(const struct frame_reader *reader)
{
    return reader->begin < reader->end;
}

void frame_give_up(struct frame_reader *reader)
{
    if (frame_pending(reader)) {
        skip(reader, 1);
    }
}
