/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects that the driver holds: handles, accounting, what was left over. */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ndis/contract.h"
#include "ndis/core.h"

#define HANDLE_BITS 12     /* handles of one kind: 4095 in a life */

struct object {
    uint64_t key;          /* handle or address */
    void *data;
    size_t size;
    uint32_t caller;       /* RVA of the call that made it */
    uint32_t tag;          /* of memory, 0: none */
    enum host_phase phase;
    bool reported;
    const struct adapter *adapter;
};

static struct {
    pthread_mutex_t lock;
    GHashTable *table[OBJ_KINDS]; /* &object->key -> object */
    uint32_t next[OBJ_KINDS];
} objects;

static const char *const kind_name[OBJ_KINDS] = {
    [OBJ_INTERRUPT] = "interrupt",
    [OBJ_DMA] = "scatter/gather DMA registration",
    [OBJ_NBL_POOL] = "NET_BUFFER_LIST pool",
    [OBJ_NB_POOL] = "NET_BUFFER pool",
    [OBJ_CONFIG] = "configuration handle",
    [OBJ_TIMER] = "timer object",
    [OBJ_WORK_ITEM] = "work item",
    [OBJ_RW_LOCK] = "read/write lock",
    [OBJ_IO_SPACE] = "I/O space mapping",
    [OBJ_POOL] = "pool memory",
    [OBJ_SHARED] = "shared memory",
    [OBJ_CONTIGUOUS] = "contiguous memory",
    [OBJ_MDL] = "MDL",
    [OBJ_SG_LIST] = "scatter/gather list",
    [OBJ_NBL] = "NET_BUFFER_LIST",
    [OBJ_NB] = "NET_BUFFER",
    [OBJ_DEVICE] = "device object",
    [OBJ_IRP] = "IRP",
    [OBJ_KEY] = "registry key handle",
    [OBJ_WMI] = "WMI registration",
    [OBJ_ETW] = "ETW registration",
    [OBJ_POWER_SETTING] = "power setting callback",
    [OBJ_BUG_CHECK] = "bug check callback",
};

__attribute__((constructor)) static void objects_init(void)
{
    thread_mutex_init(&objects.lock);
    for (int i = 1; i < OBJ_KINDS; i++) {
        objects.table[i] = g_hash_table_new_full(g_int64_hash, g_int64_equal,
                                                 NULL, free);
    }
}

static struct object *add(enum object_kind kind, uint64_t key, void *data,
                          size_t size)
{
    struct object *o = calloc(1, sizeof(*o));

    if (o) {
        *o = (struct object) {
            .key = key, .data = data, .size = size, .caller = host_self.caller,
            .phase = current()->phase, .adapter = current(),
        };
        g_hash_table_replace(objects.table[kind], &o->key, o);
    }
    return o;
}

NDIS_HANDLE object_new(enum object_kind kind, void *data)
{
    uint64_t handle = 0;

    pthread_mutex_lock(&objects.lock);
    if (objects.next[kind] < 1u << HANDLE_BITS) {
        handle = (uint64_t)kind << HANDLE_BITS | objects.next[kind]++;
        if (!add(kind, handle, data, 0)) {
            handle = 0;
        }
    }
    pthread_mutex_unlock(&objects.lock);
    host_self.object = handle;
    return (NDIS_HANDLE)(uintptr_t)handle;
}

NDIS_HANDLE object_own(enum object_kind kind, void *data)
{
    NDIS_HANDLE handle = data ? object_new(kind, data) : NULL;

    if (!handle) {
        free(data);
    }
    return handle;
}

void object_add_tagged(enum object_kind kind, const void *address, size_t size,
                       uint32_t tag)
{
    struct object *o;

    host_self.object = (uintptr_t)address;
    pthread_mutex_lock(&objects.lock);
    o = add(kind, (uintptr_t)address, NULL, size);
    if (o) {
        o->tag = tag;
    }
    pthread_mutex_unlock(&objects.lock);
}

void object_add(enum object_kind kind, const void *address, size_t size)
{
    object_add_tagged(kind, address, size, 0);
}

/* A handle that was given out once, for an object that is gone. */
static bool is_stale(enum object_kind kind, uint64_t handle)
{
    return handle >> HANDLE_BITS == kind &&
           (handle & ((1u << HANDLE_BITS) - 1)) < objects.next[kind];
}

/* The driver passed a handle that is none: `closing` it, or using it. */
static void bad_handle(enum object_kind kind, uint64_t handle, bool closing)
{
    bool stale = is_stale(kind, handle);

    __atomic_add_fetch(&host.unknown_handles, 1, __ATOMIC_RELAXED);
    contract_broken(stale && closing ? CONTRACT_DOUBLE_FREE
                    : CONTRACT_BAD_HANDLE, handle, 0, 0, "0x%llx is no %s%s",
                    (unsigned long long)handle, kind_name[kind],
                    stale ? " any more" : "");
}

bool is_adapter(NDIS_HANDLE handle)
{
    if (adapter_get(handle)) {
        return true;
    }
    __atomic_add_fetch(&host.unknown_handles, 1, __ATOMIC_RELAXED);
    contract_broken(CONTRACT_BAD_HANDLE, (uintptr_t)handle, 0, 0,
                    "0x%llx is no adapter",
                    (unsigned long long)(uintptr_t)handle);
    return false;
}

void *object_get(enum object_kind kind, NDIS_HANDLE handle)
{
    uint64_t key = (uintptr_t)handle;
    struct object *o;
    void *data = NULL;

    pthread_mutex_lock(&objects.lock);
    o = g_hash_table_lookup(objects.table[kind], &key);
    if (o) {
        data = o->data;
    }
    pthread_mutex_unlock(&objects.lock);
    if (!o) {
        bad_handle(kind, key, false);
    }
    return data;
}

bool object_find(enum object_kind kind, const void *address, size_t *size)
{
    uint64_t key = (uintptr_t)address;
    struct object *o;

    pthread_mutex_lock(&objects.lock);
    o = g_hash_table_lookup(objects.table[kind], &key);
    if (o && size) {
        *size = o->size;
    }
    pthread_mutex_unlock(&objects.lock);
    return o;
}

static bool take(enum object_kind kind, uint64_t key, struct object *out)
{
    struct object *o;

    pthread_mutex_lock(&objects.lock);
    o = g_hash_table_lookup(objects.table[kind], &key);
    if (o) {
        *out = *o;
        g_hash_table_remove(objects.table[kind], &key);
    }
    pthread_mutex_unlock(&objects.lock);
    return o;
}

void *object_close(enum object_kind kind, NDIS_HANDLE handle)
{
    struct object o;

    if (!take(kind, (uintptr_t)handle, &o)) {
        bad_handle(kind, (uintptr_t)handle, true);
        return NULL;
    }
    return o.data;
}

static struct object_info info_of(const struct object *o)
{
    return (struct object_info) { o->size, o->tag, o->caller };
}

bool object_info(enum object_kind kind, const void *address,
                 struct object_info *info)
{
    uint64_t key = (uintptr_t)address;
    struct object *o;

    pthread_mutex_lock(&objects.lock);
    o = g_hash_table_lookup(objects.table[kind], &key);
    if (o) {
        *info = info_of(o);
    }
    pthread_mutex_unlock(&objects.lock);
    return o;
}

bool object_take(enum object_kind kind, const void *address,
                 struct object_info *info)
{
    struct object o;

    if (!take(kind, (uintptr_t)address, &o)) {
        return false;
    }
    *info = info_of(&o);
    return true;
}

void object_each(enum object_kind kind,
                 void (*f)(const void *address,
                           const struct object_info *info, void *arg),
                 void *arg)
{
    GHashTableIter iter;
    gpointer value;

    pthread_mutex_lock(&objects.lock);
    g_hash_table_iter_init(&iter, objects.table[kind]);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        struct object_info info = info_of(value);

        f((const void *)(uintptr_t)((struct object *)value)->key, &info, arg);
    }
    pthread_mutex_unlock(&objects.lock);
}

bool object_remove(enum object_kind kind, const void *address, size_t *size)
{
    struct object o;

    if (!take(kind, (uintptr_t)address, &o)) {
        return false;
    }
    if (size) {
        *size = o.size;
    }
    return true;
}

/* --- what is left ----------------------------------------------------- */

struct left {
    uint32_t caller, tag;
    uint64_t count, bytes;
};

static int by_caller(const void *a, const void *b)
{
    const struct left *x = a, *y = b;

    if (x->caller != y->caller) {
        return x->caller < y->caller ? -1 : 1;
    }
    return x->tag < y->tag ? -1 : x->tag > y->tag;
}

/* What an adapter leaves is its own, what the driver leaves is everybody's. */
static bool is_left(const struct object *o, enum host_phase phase)
{
    return !o->reported && o->phase >= phase &&
           (phase == PHASE_INSTALL || o->adapter == current());
}

/* Objects of one kind, in order of call site and tag. */
static GArray *collect(enum object_kind kind, enum host_phase phase)
{
    GArray *all = g_array_new(FALSE, TRUE, sizeof(struct left));
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, objects.table[kind]);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        struct object *o = value;
        struct left one = { o->caller, o->tag, 1, o->size };

        if (is_left(o, phase)) {
            o->reported = true;
            g_array_append_val(all, one);
        }
    }
    g_array_sort(all, by_caller);
    return all;
}

/* "tag 'rigN'": the four characters as they lie in memory. */
static void write_tag(char *text, size_t size, uint32_t tag)
{
    char c[4];

    memcpy(c, &tag, sizeof(c));
    for (unsigned i = 0; i < sizeof(c); i++) {
        c[i] = c[i] >= ' ' && c[i] <= '~' ? c[i] : '.';
    }
    if (tag) {
        snprintf(text, size, "tag '%.4s'", c);
    }
}

static void report(enum object_kind kind, const struct left *l)
{
    struct rig_marker m;

    marker_prepare(&m, RIG_MK_LEFT, kind_name[kind]);
    m.caller = l->caller;
    m.arg[0] = l->count;
    m.arg[1] = l->bytes;
    m.arg[2] = l->tag;
    write_tag(m.text, sizeof(m.text), l->tag);
    marker_emit(&m);
}

unsigned object_report_left(enum host_phase phase)
{
    unsigned total = 0;

    pthread_mutex_lock(&objects.lock);
    for (int kind = 1; kind < OBJ_KINDS; kind++) {
        GArray *all = collect(kind, phase);
        struct left sum = { 0 };

        for (guint i = 0; i < all->len; i++) {
            struct left *l = &g_array_index(all, struct left, i);

            if (sum.count && by_caller(l, &sum) != 0) {
                report(kind, &sum);
                sum = (struct left) { 0 };
            }
            sum.caller = l->caller;
            sum.tag = l->tag;
            sum.count++;
            sum.bytes += l->bytes;
        }
        if (sum.count) {
            report(kind, &sum);
        }
        total += all->len;
        g_array_free(all, TRUE);
    }
    pthread_mutex_unlock(&objects.lock);
    return total;
}

void object_reset(void)
{
    pthread_mutex_lock(&objects.lock);
    for (int kind = 1; kind < OBJ_KINDS; kind++) {
        g_hash_table_remove_all(objects.table[kind]);
        objects.next[kind] = 0;
    }
    pthread_mutex_unlock(&objects.lock);
}
