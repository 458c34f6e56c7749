/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For the VM tests: run build/rig/rig as a user would, in a results directory
 * of the test's own, and look at what it printed, returned and left behind.
 */
#ifndef RUN_RIG_H
#define RUN_RIG_H

#include <gio/gio.h>

/* What one call of rig did. */
typedef struct RigCallResult {
    int status;     /* exit status, or 128 + signal */
    char *output;   /* standard output and standard error, in order */
} RigCallResult;

/* The source tree (RIG_HOME) and this test's own directory; not freed. */
const char *test_home(void);
const char *test_dir(void);
/* Make and remove the test's directory. */
void test_dir_create(void);
void test_dir_remove(void);

/* A file in the test's directory with this content; its path, to be freed. */
char *test_file(const char *name, const char *content);
/*
 * A scenario that takes the driver in @sys with @inf (both absolute) through
 * @steps ("<install/>..."); its path, to be freed.
 */
char *test_scenario(const char *name, const char *sys, const char *inf,
                    const char *steps, const char *expect);
/* Path of build/tests/vm/@driver/rignic.sys or .inf, to be freed. */
char *test_driver(const char *driver, const char *extension);

/*
 * Start rig with @args (NULL-terminated, after "rig"); wait for it, at most
 * two minutes. @home: another RIG_HOME, or NULL.
 */
GSubprocess *rig_start(const char *home, const char *const *args);
RigCallResult rig_wait(GSubprocess *rig);
RigCallResult rig_call(const char *home, const char *const *args);
/* The same for a command of the shell. */
RigCallResult rig_shell(const char *command);
void rig_call_clear(RigCallResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RigCallResult, rig_call_clear)

/* Fail the test with what rig printed unless it is as said. */
void expect_status(const RigCallResult *result, int status);
void expect_output(const RigCallResult *result, const char *text);

/* Run directories of the test, oldest first (paths). */
GPtrArray *run_dirs(void);
/* String value of an XPath in the newest run's run.xml, to be freed. */
char *run_value(const char *xpath);

/*
 * Process id of a QEMU whose command line names the test's directory, or 0.
 * With @wait_ms, wait that long for one to appear, or (@gone) to be gone.
 */
int qemu_pid(void);
int qemu_wait(int wait_ms, gboolean gone);
/* Wait until the newest run has that many bytes of events. FALSE: it hasn't. */
gboolean events_wait(int wait_ms, goffset bytes);

#endif
