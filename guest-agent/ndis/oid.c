/* SPDX-License-Identifier: GPL-2.0-or-later */
/* OID requests to the miniport, one at a time, as NDIS serialises them. */
#include <stdlib.h>
#include <string.h>
#include "ndis/core.h"

static struct {
    pthread_mutex_t lock;
    pthread_cond_t done;
    NDIS_OID_REQUEST *pending;
    uint32_t status;
    bool completed;
} oid;

__attribute__((constructor)) static void oid_init(void)
{
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
    /* query and set start alike */
    r->DATA.SET_INFORMATION.Oid = id;
    r->DATA.SET_INFORMATION.InformationBuffer = buffer;
    r->DATA.SET_INFORMATION.InformationBufferLength = length;
}

/* The watchdog of the step ends a wait for a request that never completes. */
static uint32_t wait_completed(void)
{
    uint32_t status;

    pthread_mutex_lock(&oid.lock);
    while (!oid.completed) {
        pthread_cond_wait(&oid.done, &oid.lock);
    }
    status = oid.status;
    pthread_mutex_unlock(&oid.lock);
    return status;
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
    pthread_mutex_lock(&oid.lock);
    oid.pending = r;
    oid.completed = false;
    pthread_mutex_unlock(&oid.lock);
    callback_enter_about(&cb, "MiniportOidRequest", id, r);
    status = (uint32_t)host.miniport.OidRequestHandler(current()->context,
                                                       r);
    callback_leave(&cb, status);
    if (status == (uint32_t)NDIS_STATUS_PENDING) {
        status = wait_completed();
    }
    pthread_mutex_lock(&oid.lock);
    oid.pending = NULL;
    pthread_mutex_unlock(&oid.lock);
    if (done) {
        *done = r->DATA.SET_INFORMATION.BytesRead;
    }
    arena_free(r, sizeof(*r));
    return status;
}

/* --- what protocols ask for ------------------------------------------- */

void oid_set_packet_filter(uint32_t filter)
{
    void *p = arena_alloc(sizeof(filter), 16);
    uint32_t status;

    current()->packet_filter = filter;
    if (!p) {
        return;
    }
    memcpy(p, &filter, sizeof(filter));
    status = oid_request(NdisRequestSetInformation,
                         OID_GEN_CURRENT_PACKET_FILTER, p, sizeof(filter),
                         NULL);
    if (status) {
        marker_note("OID_GEN_CURRENT_PACKET_FILTER failed: 0x%08x", status);
    }
    arena_free(p, sizeof(filter));
}

void oid_restore_addressing(void)
{
    oid_set_packet_filter(current()->packet_filter);
}
