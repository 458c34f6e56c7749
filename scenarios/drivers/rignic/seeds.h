/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which driver this build makes: the correct one, or one with a seeded defect.
 *
 * The build defines RIGNIC_DEFECT to one SEED_*. Each defect is one small
 * change in one place, marked "SEED_Snn" there; without the macro the source
 * is a correct driver. RIGNIC_STYLE chooses between correct ways to do it.
 */
#ifndef RIGNIC_SEEDS_H
#define RIGNIC_SEEDS_H

#define SEED_NONE 0
#define SEED_S01  1  /* attribute call fails after registration: bare return */
#define SEED_S02  2  /* DMA registration fails: undo starts one step too late */
#define SEED_S03  3  /* fails between the registration and the note of it */
#define SEED_S04  4  /* clean-up asks a flag that only a whole init sets */
#define SEED_S05  5  /* clean-up in halt only, a failing init has none */
#define SEED_S06  6  /* halt lacks NdisMDeregisterInterruptEx */
#define SEED_S07  7  /* halt deregisters only if the device still answers */
#define SEED_S08  8  /* halt gives up when the reset does not complete */
#define SEED_S09  9  /* halt from the init path takes init to have cleaned up */
#define SEED_S10 10  /* init after a resume fails without clean-up */
#define SEED_S11 11  /* registration fails: a handle that never was is freed */
#define SEED_S12 12  /* failing init deregisters, and then its undo does */
#define SEED_S13 13  /* too few messages: registers again, frees the last */
#define SEED_S14 14  /* the ISR's context is freed before the deregistration */
#define SEED_S15 15  /* halt leaves the device running, its causes unmasked */
#define SEED_S16 16  /* MSI-X table entries unmasked after deregistration */
#define SEED_S17 17  /* device enabled before what its DPC needs is there */
#define SEED_S18 18  /* synchronizes with the interrupt after its release */
#define SEED_S19 19  /* one handle for all adapters: the second one's is lost */
#define SEED_S20 20  /* clean-up stops when a call in it fails, too */
#define SEED_S21 21  /* clean-up stops when the device fails, too */
#define SEED_S22 22  /* flag of an earlier life: the next one is not undone */
#define SEED_S23 23  /* a busy table: registers once more, frees the last */
#define SEED_S24 24  /* DriverEntry fails with the miniport registered */

#ifndef RIGNIC_DEFECT
#define RIGNIC_DEFECT SEED_NONE
#endif

#define STYLE_LADDER           0 /* one switch, entered at the right step */
#define STYLE_TABLE            1 /* a table of destructors, run in order */
#define STYLE_DEREGISTER_FIRST 2 /* interrupt given back, then device masked */
#define STYLE_HALT             3 /* a failing init calls the halt handler */
#define STYLE_COUNTERS         4 /* the ISR counts in memory of its own */
#define STYLE_FEWER            5 /* releases, registers again for fewer */
#define STYLE_RETRY            6 /* registers once more if that fails */
#define STYLE_STRICT           7 /* registration helper that undoes itself */
#define STYLE_EARLY            8 /* deregisters long before the rest of halt */
#define STYLE_SYNCHRONIZE      9 /* synchronizes before it deregisters */
#define STYLE_HANDLES         10 /* handles in a table of the driver */
#define STYLE_ENTRY           11 /* DriverEntry has a step that can fail */
#define STYLE_REREAD          12 /* clean-up makes calls that can fail */
#define STYLE_NEVER           13 /* never registers an interrupt: no traffic */

#ifndef RIGNIC_STYLE
#define RIGNIC_STYLE STYLE_LADDER
#endif

/* For calibration: MiniportInitializeEx fails by itself, at its end. */
#define FAILS_NEVER      0
#define FAILS_ALWAYS     1
#define FAILS_RESUMED    2 /* only after a halt for a lower power state */
#define FAILS_UNFINISHED 3 /* says that it succeeded, without having set the
                              general attributes: NDIS cannot go on */

#ifndef RIGNIC_FAILS
#define RIGNIC_FAILS FAILS_NEVER
#endif

/* Do the handlers count the interrupts of each message? */
#define RIGNIC_COUNTERS                                                     \
    (RIGNIC_STYLE == STYLE_COUNTERS || RIGNIC_DEFECT == SEED_S03 ||         \
     RIGNIC_DEFECT == SEED_S17)

#endif
