/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the agent can do on Windows, by file. */
#ifndef WINDOWS_BACKEND_H
#define WINDOWS_BACKEND_H

#include "protocol/job.h"

/* The handler of a request; NULL if there is none here. */
job_handler *windows_handler(uint16_t request);

/* Once, at the beginning. */
void windows_init(void);

/* info.c */
job_handler windows_info, windows_logs;
/* A service's start type, if there is such a service. */
void windows_add_service_start(struct job *job, const WCHAR *service,
                               enum agent_key key);
/* power.c */
job_handler windows_shut_down, windows_sleep;
void windows_add_sleep_states(struct job *job);
/* traffic.c */
job_handler windows_traffic;
/* device.c */
job_handler windows_devices, windows_status;
/* control.c */
job_handler windows_enable, windows_disable, windows_restart, windows_remove,
    windows_rescan, windows_wait;
/* install.c */
job_handler windows_install, windows_update, windows_uninstall;
/* verifier.c */
job_handler windows_verifier_set, windows_verifier_query,
    windows_verifier_reset;
/* shim.c */
job_handler windows_mark, windows_tap_command, windows_position, windows_shim,
    windows_end_stream;
bool windows_has_shim(void);

#endif
