/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the steps of a driver's life share: life.c, state.c, power.c, ... */
#ifndef NDIS_LIFE_H
#define NDIS_LIFE_H

#include "ndis/core.h"

/*
 * A callback that may complete later: say which before calling it, and get
 * its final status afterwards. A miniport that leaves it pending for 7 s of
 * guest time stops the system.
 */
void life_expect(enum life_wait what);
uint32_t life_settle(uint32_t status);
/* Has life_expect(what) been called, and nothing completed it yet? */
bool life_pending(enum life_wait what);

/* Bug check 0x7C: what a miniport left pending for too long. */
DECLSPEC_NORETURN void life_overdue(enum life_wait what);

/*
 * One transition each, no questions asked. Restart and pause include what a
 * protocol asks for then; `reason` is NDIS_PAUSE_*. life_initialize() leaves
 * what a failed MiniportInitializeEx still holds reported and forgotten.
 */
uint32_t life_initialize(void);
uint32_t life_restart(void);
uint32_t life_pause(uint32_t reason);
void life_halt(int action);

/* Why a step that needs an initialized adapter does not apply: a sentence. */
const char *life_why_halted(void);
/*
 * NdisMRemoveMiniport, from any thread: the adapter is to be halted with
 * NdisHaltDeviceFailed by host_settle(), and stays halted till it is removed.
 */
void life_give_up(struct adapter *adapter);

/* host.c: the image and DriverEntry; as host_install(). */
uint32_t life_load(void);

/* power.c: the function back in D0 and awake, whatever the driver thinks. */
void power_restore(void);
/* reset.c: NdisMResetComplete */
void reset_complete(NDIS_HANDLE adapter, uint32_t status, bool addressing);
/* NdisMResetMiniport */
void reset_ask(struct adapter *adapter);
/* From here on checks for hang, and resets that the driver asks for. */
void reset_watch(void);
/* No more of them; the one that is under way ends first. */
void reset_unwatch(void);
/* removal.c: a removed function answers again. */
void removal_undo(void);

#endif
