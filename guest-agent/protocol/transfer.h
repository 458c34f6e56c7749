/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files to and from the guest: handlers of the put-* and get-* requests.
 *
 * A file that comes is written to a name of its own beside its place, made of
 * its hash, and gets its name when its hash is right. So whoever is restarted
 * in between, put-begin says how much of it is there.
 */
#ifndef PROTOCOL_TRANSFER_H
#define PROTOCOL_TRANSFER_H

#include "protocol/job.h"

job_handler transfer_put_begin, transfer_put_data, transfer_put_end,
    transfer_get_begin, transfer_get_data;

#define TRANSFER_HEX (2 * PLATFORM_SHA256 + 1)

/* SHA-256 of a file in hex. False, and the job has failed, if it cannot be
 * read to its end or nobody waits for it any more. */
bool transfer_hash(struct job *job, const char *path, char hex[TRANSFER_HEX]);

#endif
