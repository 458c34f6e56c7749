/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Standard output, checked at the end. */
#include "output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failure; /* errno of the first write that failed; 0: none did */

void rig_output_failed(int error)
{
    failure = failure ? failure : error;
}

int rig_output_end(int status, int failed_status)
{
    if (fflush(stdout) != 0) {
        rig_output_failed(errno);
    } else if (ferror(stdout)) { /* of a write before, whose errno is gone */
        rig_output_failed(EIO);
    }
    if (!failure) {
        return status;
    }
    fprintf(stderr, "rig: standard output cannot be written: %s; what was "
            "printed is not complete\n", strerror(failure));
    return status == EXIT_SUCCESS ? failed_status : status;
}
