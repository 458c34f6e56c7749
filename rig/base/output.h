/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Standard output as the product of a command: what was printed has to have
 * got somewhere, or the exit status says that it did not.
 */
#ifndef RIG_OUTPUT_H
#define RIG_OUTPUT_H

/* A write to standard output, or to a copy of it, failed with this errno. */
void rig_output_failed(int error);

/*
 * Flush standard output at the end of a process. @status where everything that
 * was printed could be written; else says why not on standard error, and
 * returns @failed_status unless @status already is no success.
 */
int rig_output_end(int status, int failed_status);

#endif
