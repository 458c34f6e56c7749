/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Handles of a rule: an array in order of creation, and a hash over it. */
#include <string.h>
#include "rule-instances.h"

#define ROOM_FIRST 64u

/* Fibonacci hashing (Knuth, TAOCP 3, 6.4): handles and addresses are even. */
static unsigned first_slot(const RigInstances *t, uint64_t key)
{
    return (key * 0x9e3779b97f4a7c15ull >> 32) & (t->slots - 1);
}

static uint32_t *find_slot(const RigInstances *t, uint64_t key)
{
    unsigned i = first_slot(t, key);

    while (t->slot[i] && t->item[t->slot[i] - 1].key != key) {
        i = (i + 1) & (t->slots - 1);
    }
    return &t->slot[i];
}

void rig_instances_init(RigInstances *t)
{
    t->used = 0;
    t->room = ROOM_FIRST;
    t->slots = 2 * t->room;
    t->item = g_new(RigInstance, t->room);
    t->slot = g_new0(uint32_t, t->slots);
}

void rig_instances_clear(RigInstances *t)
{
    g_free(t->item);
    g_free(t->slot);
}

void rig_instances_reset(RigInstances *t)
{
    if (t->used) {
        memset(t->slot, 0, t->slots * sizeof(*t->slot));
        t->used = 0;
    }
}

RigInstance *rig_instances_find(const RigInstances *t, uint64_t key)
{
    uint32_t index = t->used ? *find_slot(t, key) : 0;

    return index ? &t->item[index - 1] : NULL;
}

static void hash_all(RigInstances *t)
{
    memset(t->slot, 0, t->slots * sizeof(*t->slot));
    for (unsigned i = 0; i < t->used; i++) {
        *find_slot(t, t->item[i].key) = i + 1;
    }
}

static void grow(RigInstances *t)
{
    t->room *= 2;
    t->slots = 2 * t->room;
    t->item = g_renew(RigInstance, t->item, t->room);
    t->slot = g_renew(uint32_t, t->slot, t->slots);
    hash_all(t);
}

/* Forget handles that are not held: the older half of them, at least one. */
static gboolean forget(RigInstances *t, uint32_t held)
{
    unsigned released = 0, kept = 0, gone = 0;

    for (unsigned i = 0; i < t->used; i++) {
        released += !(held >> t->item[i].state & 1);
    }
    for (unsigned i = 0; i < t->used; i++) {
        if (!(held >> t->item[i].state & 1) && 2 * gone < released) {
            gone++;
        } else if (kept++ != i) {
            t->item[kept - 1] = t->item[i];
        }
    }
    t->used = kept;
    hash_all(t);
    return gone != 0;
}

RigInstance *rig_instances_add(RigInstances *t, uint64_t key, uint32_t held)
{
    RigInstance *i;

    if (t->used == RIG_INSTANCES_MAX && !forget(t, held)) {
        return NULL;
    }
    if (t->used == t->room) {
        grow(t);
    }
    i = &t->item[t->used];
    memset(i, 0, sizeof(*i));
    i->key = key;
    *find_slot(t, key) = ++t->used;
    return i;
}
