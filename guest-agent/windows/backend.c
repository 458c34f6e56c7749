/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which request is whose. */
#include "windows/api.h"
#include "windows/backend.h"

static void quit(struct job *job)
{
    (void)job; /* the reply is all: whoever runs the link leaves */
}

static const struct {
    uint16_t request;
    job_handler *handler;
} table[] = {
    { AGENT_REQ_INFO, windows_info },
    { AGENT_REQ_QUIT, quit },
    { AGENT_REQ_SHUT_DOWN, windows_shut_down },
    { AGENT_REQ_SLEEP, windows_sleep },
    { AGENT_REQ_TRAFFIC, windows_traffic },
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

static job_handler *find(uint16_t request)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].request == request) {
            return table[i].handler;
        }
    }
    return NULL;
}

/*
 * Wine exports functions that it has not got, and raises an exception when one
 * is called: winternl.h of Wine, EXCEPTION_WINE_STUB, with the names of the DLL
 * and of the function. That is a failure of the request, not of the agent.
 */
#define EXCEPTION_WINE_STUB 0x80000100u

static struct {
    DWORD thread;       /* that carries a request out; 0: none */
    void *recover[5];   /* of __builtin_setjmp() */
    const char *dll, *function;
} guard;

static LONG CALLBACK on_exception(EXCEPTION_POINTERS *pointers)
{
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;

    if (record->ExceptionCode == EXCEPTION_WINE_STUB &&
        guard.thread == GetCurrentThreadId() &&
        record->NumberParameters >= 2) {
        guard.thread = 0;
        guard.dll = (const char *)record->ExceptionInformation[0];
        guard.function = (const char *)record->ExceptionInformation[1];
        __builtin_longjmp(guard.recover, 1);
    }
    return EXCEPTION_CONTINUE_SEARCH;
}

/* An ordinal stands for a function without a name. */
static void carry_out(struct job *job)
{
    if (__builtin_setjmp(guard.recover)) {
        if ((uintptr_t)guard.function < 0x10000) {
            guard.function = "a function without a name";
        }
        api_missing(job, guard.dll, guard.function);
        return;
    }
    guard.thread = GetCurrentThreadId();
    find(job->request)(job);
    guard.thread = 0;
}

job_handler *windows_handler(uint16_t request)
{
    return find(request) ? carry_out : NULL;
}

void windows_init(void)
{
    /* Nobody sits before the guest to close a box of an error: the agent ends
     * instead, and is started again. */
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    AddVectoredExceptionHandler(1, on_exception);
}
