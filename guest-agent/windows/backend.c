/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which request is whose. */
#include "windows/backend.h"

static void quit(struct job *job)
{
    (void)job; /* the reply is all: whoever runs the link leaves */
}

job_handler *windows_handler(uint16_t request)
{
    static const struct {
        uint16_t request;
        job_handler *handler;
    } table[] = {
        { AGENT_REQ_INFO, windows_info },
        { AGENT_REQ_QUIT, quit },
        { AGENT_REQ_SHUT_DOWN, windows_shut_down },
        { AGENT_REQ_DEVICES, windows_devices },
        { AGENT_REQ_STATUS, windows_status },
        { AGENT_REQ_WAIT, windows_wait },
        { AGENT_REQ_ENABLE, windows_enable },
        { AGENT_REQ_DISABLE, windows_disable },
        { AGENT_REQ_RESTART, windows_restart },
        { AGENT_REQ_REMOVE, windows_remove },
        { AGENT_REQ_RESCAN, windows_rescan },
        { AGENT_REQ_INSTALL, windows_install },
        { AGENT_REQ_UPDATE, windows_update },
        { AGENT_REQ_UNINSTALL, windows_uninstall },
        { AGENT_REQ_VERIFIER_SET, windows_verifier_set },
        { AGENT_REQ_VERIFIER_QUERY, windows_verifier_query },
        { AGENT_REQ_VERIFIER_RESET, windows_verifier_reset },
        { AGENT_REQ_LOGS, windows_logs },
        { AGENT_REQ_MARK, windows_mark },
        { AGENT_REQ_TAP_COMMAND, windows_tap_command },
        { AGENT_REQ_POSITION, windows_position },
        { AGENT_REQ_SHIM, windows_shim },
        { AGENT_REQ_END_STREAM, windows_end_stream },
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].request == request) {
            return table[i].handler;
        }
    }
    return NULL;
}
