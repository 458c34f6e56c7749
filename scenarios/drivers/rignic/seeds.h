/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which driver this build makes: the correct one, or one with a seeded defect.
 *
 * The build defines RIGNIC_DEFECT to one SEED_*. Each defect is one small
 * change in one place, marked "SEED_Snn" there; without the macro the source
 * is a correct driver. RIGNIC_STYLE chooses between correct ways to clean up.
 */
#ifndef RIGNIC_SEEDS_H
#define RIGNIC_SEEDS_H

#define SEED_NONE 0
#define SEED_S01  1  /* attribute call fails after registration: bare return */
#define SEED_S02  2  /* DMA registration fails: undo starts one step too late */
#define SEED_S05  5  /* clean-up in halt only, a failing init has none */
#define SEED_S06  6  /* halt lacks NdisMDeregisterInterruptEx */
#define SEED_S15 15  /* halt leaves the device running, its causes unmasked */
#define SEED_S16 16  /* MSI-X table entries unmasked after deregistration */

#ifndef RIGNIC_DEFECT
#define RIGNIC_DEFECT SEED_NONE
#endif

#define STYLE_LADDER           0 /* one switch, entered at the right step */
#define STYLE_TABLE            1 /* a table of destructors, run in order */
#define STYLE_DEREGISTER_FIRST 2 /* interrupt given back, then device masked */

#ifndef RIGNIC_STYLE
#define RIGNIC_STYLE STYLE_LADDER
#endif

#endif
