/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Windows bug checks: what a STOP code and its parameters say, and which of
 * them are about our rule.
 *
 * Names and meanings: windows-driver-docs, "Bug Check Code Reference" and "Bug
 * Check 0x7C: BUGCODE_NDIS_DRIVER".
 */
#ifndef RIG_BUGCHECK_H
#define RIG_BUGCHECK_H

#include <glib.h>
#include <stdint.h>

#define RIG_BUGCHECK_NDIS       0x7Cu /* BUGCODE_NDIS_DRIVER */
#define RIG_BUGCHECK_PARAMETERS 4u

/* Name of a RIG_MK_BUGCHECK marker that is about the whole system. */
#define RIG_BUGCHECK_MARKER "system"

typedef struct RigBugcheck {
    gboolean known;      /* FALSE: the guest panicked and did not say why */
    uint64_t code;       /* STOP code */
    uint64_t parameter[RIG_BUGCHECK_PARAMETERS];
} RigBugcheck;

/*
 * From the details of QEMU's event GUEST_PANICKED, JSON (qapi/run-state.json):
 * `info` of type hyper-v has the code in arg1 and the parameters in arg2 to
 * arg5; without it, as pvpanic raises the event, nothing is known. FALSE with
 * @error when the text is no such event.
 */
gboolean rig_bugcheck_parse(const char *json, RigBugcheck *b, GError **error);

/* "BUGCODE_NDIS_DRIVER"; NULL: none of those that are listed here. */
const char *rig_bugcheck_name(uint64_t code);
/* What parameter 1 of 0x7C says, a clause; NULL: not published. */
const char *rig_bugcheck_ndis(uint64_t parameter1);

/*
 * Class of the rule Init_DeRegisterInterrupt: "0x08", "0x0B", "0x0D", "0x10"
 * for 0x7C with that parameter 1, else NULL.
 */
const char *rig_bugcheck_class(const RigBugcheck *b);

/*
 * "Windows stopped with 0x7C BUGCODE_NDIS_DRIVER (0x0B, ...): a failed
 * MiniportInitializeEx left its interrupt registered", without a full stop; to
 * be freed. At most RIG_MARKER_TEXT - 1 bytes with @brief.
 */
char *rig_bugcheck_text(const RigBugcheck *b, gboolean brief);

#endif
