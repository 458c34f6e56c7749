/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `rig doctor` says about Windows guests. */
#ifndef RIG_WINDOWS_DOCTOR_H
#define RIG_WINDOWS_DOCTOR_H

#include "paths.h"

/*
 * Print what Windows guests need, and what to do about what is missing. Nobody
 * needs any of it for the rig's own guests, so nothing here is wrong. @images
 * is the store.
 */
void rig_doctor_windows(const RigPaths *paths, const char *images);

#endif
