/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The agent as a service: installed, taken off, run. */
#include <stdio.h>
#include "windows/service.h"
#include "windows/text.h"

/* The manager starts it again after so many milliseconds, however often. */
#define AGAIN_MS 1000
#define STOP_MS  30000

static int (*run_converse)(const WCHAR *port);
static void (*run_stop)(void);
static const WCHAR *run_port;
static SERVICE_STATUS_HANDLE status_handle;

static int complain(const char *api)
{
    DWORD code = GetLastError();
    char text[256];

    text_of_win32(code, text, sizeof(text));
    fprintf(stderr, "agent: %s: %s (win32 %lu)\n", api, text, code);
    return 1;
}

/* Started again whenever it ends with a failure, which quitting is, too. */
static bool set_recovery(SC_HANDLE service)
{
    SC_ACTION again = { SC_ACTION_RESTART, AGAIN_MS };
    SERVICE_FAILURE_ACTIONSW actions = {
        .dwResetPeriod = 60,
        .cActions = 1,
        .lpsaActions = &again,
    };
    SERVICE_FAILURE_ACTIONS_FLAG flag = { .fFailureActionsOnNonCrashFailures =
                                          TRUE };

    return ChangeServiceConfig2W(service, SERVICE_CONFIG_FAILURE_ACTIONS,
                                 &actions) &&
           ChangeServiceConfig2W(service,
                                 SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &flag);
}

static int create(SC_HANDLE manager, const WCHAR *line)
{
    SC_HANDLE service = CreateServiceW(
        manager, SERVICE_ID, SERVICE_DISPLAY, SERVICE_ALL_ACCESS,
        SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START, SERVICE_ERROR_NORMAL,
        line, NULL, NULL, NULL, NULL, NULL);

    if (!service) {
        return complain("CreateServiceW");
    }
    if (!set_recovery(service)) {
        complain("ChangeServiceConfig2W"); /* it works without, until it ends */
    }
    if (!StartServiceW(service, 0, NULL)) {
        CloseServiceHandle(service);
        return complain("StartServiceW");
    }
    CloseServiceHandle(service);
    return 0;
}

int service_install(const WCHAR *port)
{
    WCHAR program[TEXT_PATH], line[TEXT_PATH + 300];
    SC_HANDLE manager;
    int status;

    if (!GetModuleFileNameW(NULL, program, ARRAYSIZE(program))) {
        return complain("GetModuleFileNameW");
    }
    swprintf(line, ARRAYSIZE(line), L"\"%ls\" --service --port %ls", program,
             port);
    manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CREATE_SERVICE);
    if (!manager) {
        return complain("OpenSCManagerW");
    }
    status = create(manager, line);
    CloseServiceHandle(manager);
    if (status == 0) {
        printf("agent: service %ls is installed and running\n", SERVICE_ID);
    }
    return status;
}

int service_uninstall(void)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE service;
    SERVICE_STATUS status;
    int result = 0;

    if (!manager) {
        return complain("OpenSCManagerW");
    }
    service = OpenServiceW(manager, SERVICE_ID, SERVICE_STOP | DELETE);
    if (!service) {
        result = complain("OpenServiceW");
    } else {
        ControlService(service, SERVICE_CONTROL_STOP, &status);
        if (!DeleteService(service)) {
            result = complain("DeleteService");
        } else {
            printf("agent: service %ls is taken off\n", SERVICE_ID);
        }
        CloseServiceHandle(service);
    }
    CloseServiceHandle(manager);
    return result;
}

/* --- being it ---------------------------------------------------------------------- */

static void report(DWORD state, DWORD exit_code)
{
    SERVICE_STATUS status = {
        .dwServiceType = SERVICE_WIN32_OWN_PROCESS,
        .dwCurrentState = state,
        .dwControlsAccepted = state == SERVICE_RUNNING ?
            SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN : 0,
        .dwWin32ExitCode = exit_code,
        .dwWaitHint = state == SERVICE_STOP_PENDING ? STOP_MS : 0,
    };

    SetServiceStatus(status_handle, &status);
}

static DWORD WINAPI on_control(DWORD control, DWORD type, LPVOID data,
                               LPVOID context)
{
    (void)type;
    (void)data;
    (void)context;
    switch (control) {
    case SERVICE_CONTROL_STOP:
    case SERVICE_CONTROL_SHUTDOWN:
        report(SERVICE_STOP_PENDING, NO_ERROR);
        run_stop();
        return NO_ERROR;
    case SERVICE_CONTROL_INTERROGATE:
        return NO_ERROR;
    }
    return ERROR_CALL_NOT_IMPLEMENTED;
}

static void WINAPI service_main(DWORD argc, LPWSTR *argv)
{
    WCHAR id[] = SERVICE_ID;

    (void)argc;
    (void)argv;
    status_handle = RegisterServiceCtrlHandlerExW(id, on_control, NULL);
    if (status_handle) {
        report(SERVICE_RUNNING, NO_ERROR);
        report(SERVICE_STOPPED, run_converse(run_port) ?
               ERROR_PROCESS_ABORTED : NO_ERROR);
    }
}

int service_run(int (*converse)(const WCHAR *port), void (*stop)(void),
                const WCHAR *port)
{
    WCHAR id[] = SERVICE_ID;
    const SERVICE_TABLE_ENTRYW table[] = { { id, service_main },
                                           { NULL, NULL } };

    run_converse = converse;
    run_stop = stop;
    run_port = port;
    return StartServiceCtrlDispatcherW(table) ? 0 :
           complain("StartServiceCtrlDispatcherW");
}
