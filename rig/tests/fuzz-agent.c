/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libFuzzer target: a hostile stream, for frames and payloads of either side.
 *
 * The stream is read as it is and, since no fuzzer guesses two CRCs, once more
 * as the payload of a frame that is whole, cut in two by its first byte, so
 * that what comes in pieces is put together again.
 */
#include <stdlib.h>
#include <string.h>

#include "protocol/fields.h"
#include "protocol/frame.h"
#include "protocol/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Everything that is made of a payload. */
static void use_payload(const uint8_t *payload, size_t length)
{
    static struct fields fields, again;
    struct field field;
    const char *why;
    char text[64];

    if (!fields_read(&fields, payload, length, &why)) {
        if (!why || fields.length) {
            abort();
        }
        return;
    }
    for (size_t at = 0; fields_next(&fields, &at, &field);) {
        if (field.value + field.length > fields.bytes + fields.length) {
            abort();
        }
        agent_key_name(field.key);
        fields_get_text(&fields, (enum agent_key)field.key, text,
                        sizeof(text));
        fields_get_number(&fields, (enum agent_key)field.key, 0);
    }
    /* What is good stays what it is. */
    if (!fields_read(&again, fields.bytes, fields.length, &why) ||
        again.length != fields.length) {
        abort();
    }
}

static unsigned read_stream(struct frame_reader *reader, const uint8_t *bytes,
                            size_t length)
{
    struct frame frame;
    unsigned frames = 0;

    while (length) {
        size_t taken = frame_feed(reader, bytes, length);

        while (frame_next(reader, &frame)) {
            use_payload(frame.payload, frame.length);
            frames++;
        }
        if (!taken) {
            abort(); /* it would wait for ever */
        }
        bytes += taken;
        length -= taken;
    }
    return frames;
}

/* Nothing of what is left may be waited for without end. */
static void give_all_up(struct frame_reader *reader)
{
    struct frame frame;

    while (frame_pending(reader)) {
        frame_give_up(reader);
        while (frame_next(reader, &frame)) {
            use_payload(frame.payload, frame.length);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct frame_reader reader;
    static uint8_t whole[FRAME_MAX];
    struct frame frame = { .version = AGENT_VERSION, .kind = AGENT_REQUEST,
                           .id = 1, .nonce = 1, .boot = 1 };
    size_t length, cut;

    frame_reader_init(&reader);
    read_stream(&reader, data, size);
    give_all_up(&reader);
    if (!size || size > AGENT_PAYLOAD_MAX) {
        return 0;
    }
    frame.payload = data;
    frame.length = (uint32_t)size;
    length = frame_write(&frame, whole);
    cut = data[0] * length / 256;
    frame_reader_init(&reader);
    read_stream(&reader, data, size < 40 ? size : 40); /* garbage before it */
    read_stream(&reader, whole, cut);
    read_stream(&reader, whole + cut, length - cut);
    give_all_up(&reader);
    return 0;
}
