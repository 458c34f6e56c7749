/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which driver this build makes: the correct one, or one with a seeded defect.
 * The numbers are those of the seed set; the build defines LINEIO_DEFECT.
 */
#ifndef LINEIO_SEEDS_H
#define LINEIO_SEEDS_H

#define SEED_NONE 0
#define SEED_S01  1  /* the attribute stage fails: init returns at once */
#define SEED_S02  2  /* init walks back from one stage too low */
#define SEED_S04  4  /* deregistration asks a flag that a whole init sets */
#define SEED_S05  5  /* a failing init does not walk back at all */
#define SEED_S06  6  /* the interrupt stage has no destructor */
#define SEED_S07  7  /* destructors of a card that is gone are not run */
#define SEED_S08  8  /* halt gives up when the reset does not complete */
#define SEED_S12 12  /* the interrupt's destructor is in the table twice */
#define SEED_S14 14  /* the handlers' context is freed by an earlier stage */
#define SEED_S15 15  /* the last stage does not silence the card */
#define SEED_S18 18  /* synchronizes with the interrupt after its release */
#define SEED_S20 20  /* walking back stops when a call in it fails */
#define SEED_S21 21  /* walking back stops when the card fails */
#define SEED_S22 22  /* a flag of an earlier life: init does not walk back */

#ifndef LINEIO_DEFECT
#define LINEIO_DEFECT SEED_NONE
#endif

#endif
