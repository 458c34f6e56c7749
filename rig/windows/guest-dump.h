/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Crash dumps in a guest, as its agent lists them: which one is of the bug
 * check that has just been, and what it says.
 *
 * A guest may keep dumps of long ago: only one that was not there before, or
 * was another one then, is of this bug check. Live dumps (LiveKernelReports)
 * are of no bug check at all.
 */
#ifndef RIG_GUEST_DUMP_H
#define RIG_GUEST_DUMP_H

#include "agent-client.h"
#include "minidump.h"

/* A dump of more bytes than this, as MEMORY.DMP mostly is, would take too long
   over a COM port: only its header is fetched. */
#define RIG_GUEST_DUMP_WHOLE (2u * 1024 * 1024)

typedef struct RigGuestDump {
    char *path;         /* in the guest */
    uint64_t size;      /* bytes */
    uint64_t modified;  /* seconds since 1970 */
} RigGuestDump;

/* Those in a reply to AGENT_REQ_LOGS, of RigGuestDump; to be unreffed. */
GPtrArray *rig_guest_dumps_read(const struct fields *logs);
/* Ask for them; NULL with @error. */
GPtrArray *rig_guest_dumps_list(RigAgent *agent, GError **error);

/*
 * The dump of a bug check between @before (NULL: no dump was there) and @after:
 * of the new ones a small one rather than MEMORY.DMP, and of these the first.
 * NULL: none; else one of @after.
 */
const RigGuestDump *rig_guest_dump_of_bugcheck(const GPtrArray *before,
                                               const GPtrArray *after);

/*
 * Fetch it to @local, or of a long one the header, and read it. FALSE with
 * @error; what was fetched stays.
 */
gboolean rig_guest_dump_fetch(RigAgent *agent, const RigGuestDump *dump,
                              const char *local, RigMinidump *d,
                              GError **error);

#endif
