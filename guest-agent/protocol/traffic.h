/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The request "traffic", but for what is the system's: an interface that has
 * RIG_GUEST_IP, and knows where RIG_PEER_IP is.
 */
#ifndef PROTOCOL_TRAFFIC_H
#define PROTOCOL_TRAFFIC_H

#include "protocol/job.h"

struct traffic_request {
    uint64_t seed;
    uint32_t scenario, cycle;
    uint32_t frames;
    uint32_t min_length, max_length; /* bytes of a frame without FCS */
};

/* False, and the job has failed, if an argument is missing or out of range. */
bool traffic_read(struct job *job, struct traffic_request *request);

/*
 * Send them and wait for each, a window at a time; SENT, RECEIVED and WRONG
 * are in the reply. What does not come back in time is missing, which is for
 * the reader of the counts to judge.
 */
void traffic_run(struct job *job, const struct traffic_request *request);

#endif
