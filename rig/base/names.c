/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names that rules mention: open addressing, at most half full. */
#include <string.h>
#include "names.h"

#define WORDS (RIG_MARKER_NAME / sizeof(uint64_t))

struct RigNames {
    RigName *name;     /* by index - 1 */
    unsigned count, room;
    unsigned *slot;    /* index of a name, 0: free */
    unsigned slots;    /* a power of two */
};

/* Fibonacci hashing (Knuth, TAOCP 3, 6.4), word by word up to the NULs. */
static uint64_t hash_of(const char field[RIG_MARKER_NAME])
{
    uint64_t hash = 0, word;

    for (unsigned i = 0; i < WORDS; i++) {
        memcpy(&word, field + i * sizeof(word), sizeof(word));
        if (!word) {
            break;
        }
        hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
        hash ^= hash >> 32;
    }
    return hash;
}

static unsigned *find_slot(const RigNames *n, const char *field)
{
    unsigned i = hash_of(field) & (n->slots - 1);

    while (n->slot[i] && memcmp(n->name[n->slot[i] - 1].text, field,
                                RIG_MARKER_NAME)) {
        i = (i + 1) & (n->slots - 1);
    }
    return &n->slot[i];
}

void rig_kebab(char to[RIG_MARKER_NAME], const char from[RIG_MARKER_NAME])
{
    unsigned n = 0;

    for (unsigned i = 0; i < RIG_NAME_LENGTH && from[i]; i++) {
        if (g_ascii_isalnum(from[i])) {
            to[n++] = g_ascii_tolower(from[i]);
        } else if (n && to[n - 1] != '-') {
            to[n++] = '-';
        }
    }
    memset(to + n, 0, RIG_MARKER_NAME - n);
}

RigNames *rig_names_new(void)
{
    RigNames *n = g_new0(RigNames, 1);

    n->slots = 64;
    n->slot = g_new0(unsigned, n->slots);
    return n;
}

void rig_names_free(RigNames *n)
{
    if (n) {
        g_free(n->name);
        g_free(n->slot);
        g_free(n);
    }
}

static void grow(RigNames *n)
{
    n->slots *= 2;
    g_free(n->slot);
    n->slot = g_new0(unsigned, n->slots);
    for (unsigned i = 0; i < n->count; i++) {
        *find_slot(n, n->name[i].text) = i + 1;
    }
}

unsigned rig_names_add(RigNames *n, GQuark quark)
{
    char field[RIG_MARKER_NAME] = "";
    unsigned *slot;

    /* strncpy() fills up with NULs; the schema keeps names short enough. */
    strncpy(field, g_quark_to_string(quark), sizeof(field) - 1);
    slot = find_slot(n, field);
    if (*slot) {
        return *slot;
    }
    if (n->count == n->room) {
        n->room = n->room ? 2 * n->room : 64;
        n->name = g_renew(RigName, n->name, n->room);
    }
    memcpy(n->name[n->count].text, field, sizeof(field));
    n->name[n->count].quark = quark;
    n->name[n->count].index = n->count + 1;
    *slot = ++n->count;
    if (2 * n->count > n->slots) {
        grow(n);
    }
    return n->count;
}

unsigned rig_names_count(const RigNames *n)
{
    return n->count;
}

GQuark *rig_names_quarks(const RigNames *n)
{
    GQuark *quark = g_new0(GQuark, n->count + 1);

    for (unsigned i = 0; i < n->count; i++) {
        quark[i + 1] = n->name[i].quark;
    }
    return quark;
}

const RigName *rig_names_find(const RigNames *n,
                              const char field[RIG_MARKER_NAME])
{
    unsigned index = *find_slot(n, field);

    return index ? &n->name[index - 1] : NULL;
}
