/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory with everything a scenario refers to, for tests. */
#ifndef RIG_TESTS_FIXTURE_H
#define RIG_TESTS_FIXTURE_H

#include <glib.h>
#include <stdint.h>

#include "paths.h"

typedef struct Fixture {
    char *dir;         /* temporary; holds good.sys and good.inf */
    RigPaths paths;    /* scenario.rng and rules of the source tree */
} Fixture;

Fixture *fixture_new(void);
/* Also removes the directory. */
void fixture_free(Fixture *f);

/* Write a file in the directory; the result is its path, to be freed. */
char *fixture_write(Fixture *f, const char *name, const void *data,
                    gssize size);

/* The smallest image that rig_pe_check() takes; @size in bytes. */
#define FIXTURE_PE_SIZE 512
void fixture_pe(uint8_t image[FIXTURE_PE_SIZE]);
/* Where its fields are. */
#define FIXTURE_PE_AT      64  /* "PE\0\0" */
#define FIXTURE_MACHINE    68
#define FIXTURE_SECTIONS   70
#define FIXTURE_MAGIC      88
#define FIXTURE_ENTRY      104
#define FIXTURE_SUBSYSTEM  156
#define FIXTURE_RAW_SIZE   344

void fixture_put16(uint8_t *p, uint16_t v);
void fixture_put32(uint8_t *p, uint32_t v);

#endif
