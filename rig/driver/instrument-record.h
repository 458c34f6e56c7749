/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record in an instrumented image from which the original is made again. */
#ifndef RIG_INSTRUMENT_RECORD_H
#define RIG_INSTRUMENT_RECORD_H

#include "pe-file.h"

/* Name of the section that the record is in; at most 8 characters. */
#define RIG_INSTRUMENT_SECTION ".rigshim"

/* Append the record of the original @pe to the contents of that section. */
void rig_instrument_record_append(GByteArray *section, const RigPeFile *pe);

#endif
