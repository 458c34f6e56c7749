/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system's power: shut down, started again, put to sleep. */
#include <stdio.h>
#include <string.h>
#include "windows/api.h"
#include "windows/backend.h"

static bool take_privilege(struct job *job)
{
    TOKEN_PRIVILEGES privileges = { .PrivilegeCount = 1 };
    DWORD code;
    HANDLE token;

    privileges.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    if (!LookupPrivilegeValueW(NULL, SE_SHUTDOWN_NAME,
                               &privileges.Privileges[0].Luid)) {
        return api_failed(job, "LookupPrivilegeValueW", "SE_SHUTDOWN_NAME");
    }
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES,
                          &token)) {
        return api_failed(job, "OpenProcessToken", "this process");
    }
    AdjustTokenPrivileges(token, FALSE, &privileges, 0, NULL, NULL);
    code = GetLastError(); /* it succeeds without having done so */
    CloseHandle(token);
    return code == ERROR_SUCCESS ||
           api_failed_win32(job, "AdjustTokenPrivileges", code,
                            "SE_SHUTDOWN_NAME");
}

/* In a second: the reply is to get out before. */
void windows_shut_down(struct job *job)
{
    WCHAR why[] = L"The rig has asked for it.";
    char mode[16];
    bool reboot;

    if (!job_text(job, AGENT_KEY_MODE, mode, sizeof(mode))) {
        return;
    }
    reboot = strcmp(mode, "reboot") == 0;
    if (!reboot && strcmp(mode, "power-off") != 0) {
        job_fail(job, AGENT_E_INVALID,
                 "mode is \"reboot\" or \"power-off\", not \"%s\"", mode);
        return;
    }
    if (take_privilege(job) &&
        !InitiateSystemShutdownExW(NULL, why, 1, TRUE, reboot,
                                   SHTDN_REASON_MAJOR_OTHER |
                                   SHTDN_REASON_FLAG_PLANNED)) {
        api_failed(job, "InitiateSystemShutdownExW", mode);
    }
}

/* --- sleep ----------------------------------------------------------------------- */

void windows_add_sleep_states(struct job *job)
{
    SYSTEM_POWER_CAPABILITIES can = { 0 };
    char text[16];

    if (!api.GetPwrCapabilities || !api.GetPwrCapabilities(&can)) {
        return; /* not known */
    }
    snprintf(text, sizeof(text), "%s%s%s%s", can.SystemS1 ? " S1" : "",
             can.SystemS2 ? " S2" : "", can.SystemS3 ? " S3" : "",
             can.SystemS4 && can.HiberFilePresent ? " S4" : "");
    fields_text(&job->out, AGENT_KEY_SLEEP_STATES, text[0] ? text + 1 : "none");
}

static bool can_sleep(struct job *job)
{
    SYSTEM_POWER_CAPABILITIES can = { 0 };

    if (!API_NEED(job, powrprof, GetPwrCapabilities) ||
        !API_NEED(job, powrprof, SetSuspendState)) {
        return false;
    }
    if (!api.GetPwrCapabilities(&can)) {
        return api_failed(job, "GetPwrCapabilities", "this system");
    }
    if (!can.SystemS3) {
        job_fail(job, AGENT_E_UNSUPPORTED, "this Windows cannot sleep in S3: "
                 "\"powercfg /a\" in the guest says why. A display adapter "
                 "without a driver of its own is reason enough");
    }
    return can.SystemS3;
}

/* Time that the system slept since it was started, in milliseconds: unbiased
 * interrupt time, of 100 ns, stands still then. */
static uint64_t slept(void)
{
    ULONGLONG unbiased = 0;

    QueryUnbiasedInterruptTime(&unbiased);
    return GetTickCount64() - unbiased / 10000;
}

/* SetSuspendState() comes back when the system is awake again. */
void windows_sleep(struct job *job)
{
    uint64_t before, after;

    if (!can_sleep(job) || !take_privilege(job)) {
        return;
    }
    before = slept();
    if (!api.SetSuspendState(FALSE, FALSE, FALSE)) {
        api_failed(job, "SetSuspendState", "S3");
        return;
    }
    after = slept();
    fields_number(&job->out, AGENT_KEY_ASLEEP,
                  after > before ? after - before : 0);
}
