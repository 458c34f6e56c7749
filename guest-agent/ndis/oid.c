/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * OID requests to the miniport, one at a time, as NDIS serialises them.
 *
 * A request that stays pending is cancelled, which a miniport has to answer by
 * completing it; one that is not even then completed stops the system, as
 * NDIS' watchdog for OIDs does (bug check 0x7C/0x25, Arg2 23h).
 */
#include <stdlib.h>
#include <string.h>
#include "ndis/core.h"

/* Driver Verifier allows 12 s (NdisTimedOidComplete); a step has 10 s. */
#define PENDING_WAIT (5 * NSEC_PER_SEC)
#define CANCEL_WAIT  (2 * NSEC_PER_SEC)

static pthread_mutex_t turn;  /* held while a request is with the miniport */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t done;
    NDIS_OID_REQUEST *pending;
    uint32_t status;
    bool completed;
} oid;

__attribute__((constructor)) static void oid_init(void)
{
    thread_mutex_init(&turn);
    thread_mutex_init(&oid.lock);
    thread_cond_init(&oid.done);
}

/* Bug check 0x7C/0x26: a request that is not pending was completed. */
void oid_complete(NDIS_OID_REQUEST *request, uint32_t status)
{
    pthread_mutex_lock(&oid.lock);
    if (request != oid.pending || oid.completed) {
        pthread_mutex_unlock(&oid.lock);
        bug_check(0x7c, 0x26, 0, 0, 0);
    }
    oid.status = status;
    oid.completed = true;
    pthread_cond_broadcast(&oid.done);
    pthread_mutex_unlock(&oid.lock);
}

static void prepare(NDIS_OID_REQUEST *r, NDIS_REQUEST_TYPE type, uint32_t id,
                    void *buffer, uint32_t length)
{
    memset(r, 0, sizeof(*r));
    r->Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
    r->Header.Revision = NDIS_OID_REQUEST_REVISION_1;
    r->Header.Size = NDIS_SIZEOF_OID_REQUEST_REVISION_1;
    r->RequestType = type;
    r->RequestId = r;  /* for MiniportCancelOidRequest */
    /* query and set start alike */
    r->DATA.SET_INFORMATION.Oid = id;
    r->DATA.SET_INFORMATION.InformationBuffer = buffer;
    r->DATA.SET_INFORMATION.InformationBufferLength = length;
}

/* Wait for the completion; false: not within this time. */
static bool completed_within(uint64_t ns)
{
    struct timespec at = time_at(time_now() + ns);
    bool done;
    int err = 0;

    pthread_mutex_lock(&oid.lock);
    while (!oid.completed && !err) {
        err = pthread_cond_timedwait(&oid.done, &oid.lock, &at);
    }
    done = oid.completed;
    pthread_mutex_unlock(&oid.lock);
    return done;
}

static void cancel(NDIS_OID_REQUEST *r)
{
    struct callback cb;

    callback_enter_about(&cb, "MiniportCancelOidRequest",
                         r->DATA.SET_INFORMATION.Oid, r);
    host.miniport.CancelOidRequestHandler(current()->context, r->RequestId);
    callback_leave(&cb, 0);
}

/* The final status of a request that is pending. */
static uint32_t settle(NDIS_OID_REQUEST *r)
{
    if (!completed_within(PENDING_WAIT)) {
        marker_note("OID 0x%08x is pending for %llu s: it is cancelled",
                    r->DATA.SET_INFORMATION.Oid, PENDING_WAIT / NSEC_PER_SEC);
        cancel(r);
        if (!completed_within(CANCEL_WAIT)) {
            bug_check(0x7c, 0x25, 0x23, r->DATA.SET_INFORMATION.Oid, 0);
        }
    }
    return oid.status;
}

uint32_t oid_request(NDIS_REQUEST_TYPE type, uint32_t id, void *buffer,
                     uint32_t length, uint32_t *done)
{
    NDIS_OID_REQUEST *r = arena_alloc(sizeof(*r), 16);
    struct callback cb;
    uint32_t status;

    if (!r) {
        return (uint32_t)NDIS_STATUS_RESOURCES;
    }
    prepare(r, type, id, buffer, length);
    pthread_mutex_lock(&turn);
    pthread_mutex_lock(&oid.lock);
    oid.pending = r;
    oid.completed = false;
    pthread_mutex_unlock(&oid.lock);
    callback_enter_about(&cb, "MiniportOidRequest", id, r);
    status = (uint32_t)host.miniport.OidRequestHandler(current()->context,
                                                       r);
    callback_leave(&cb, status);
    if (status == (uint32_t)NDIS_STATUS_PENDING) {
        status = settle(r);
    }
    pthread_mutex_lock(&oid.lock);
    oid.pending = NULL;
    pthread_mutex_unlock(&oid.lock);
    pthread_mutex_unlock(&turn);
    if (done) {
        *done = r->DATA.SET_INFORMATION.BytesRead;
    }
    arena_free(r, sizeof(*r));
    return status;
}
