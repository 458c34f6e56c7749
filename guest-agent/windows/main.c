/* SPDX-License-Identifier: GPL-2.0-or-later */
/* agent.exe: does in a Windows guest what the rig asks it to. */
#include <stdio.h>
#include <wchar.h>
#include "protocol/dispatcher.h"
#include "windows/api.h"
#include "windows/backend.h"
#include "windows/link.h"
#include "windows/service.h"
#include "windows/text.h"

#define VERSION "0.1.0"
#define DEFAULT_PORT L"COM1"

/* So that a request to quit is seen by the service control manager as an end
 * after which it starts the service again. */
#define EXIT_QUIT 3

/* A port that is not there yet, or whose host has gone, is tried again. */
#define AGAIN_MS 2000

static const char usage[] =
    "usage: agent.exe --console [--port PORT]\n"
    "       agent.exe --install-service [--port PORT]\n"
    "       agent.exe --uninstall-service\n"
    "       agent.exe --self-test [--port PORT]\n"
    "PORT is COM1 (if not given), another COM port, or a virtio-serial port\n"
    "like \\\\.\\Global\\" AGENT_PORT_NAME ". All of it needs an administrator.\n";

static HANDLE stopping;

static void stop(void)
{
    SetEvent(stopping);
    link_stop();
}

static BOOL WINAPI on_console(DWORD type)
{
    (void)type;
    stop();
    return TRUE;
}

static void say_port(const WCHAR *port, const char *what)
{
    DWORD code = GetLastError();
    char text[256], name[300];

    text_of_win32(code, text, sizeof(text));
    text_narrow(port, name, sizeof(name));
    fprintf(stderr, "agent: %s %s: %s (win32 %lu)\n", name, what, text, code);
}

/*
 * Talk on the port until a request or the user ends it. One dispatcher for all
 * of it: its replies are kept, and its life goes on, when the port is lost.
 */
static int converse(const WCHAR *port)
{
    static const struct backend backend = {
        .system = "windows",
        .version = VERSION,
        .handler = windows_handler,
        .wake = link_wake,
    };
    struct dispatcher *d = dispatcher_new(&backend);
    enum link_end end = LINK_FAILED;
    bool said = false;

    if (!d) {
        fprintf(stderr, "agent: no memory\n");
        return 1;
    }
    while (end == LINK_FAILED) {
        HANDLE handle = link_open(port);

        if (handle != INVALID_HANDLE_VALUE) {
            end = link_run(handle, d);
            if (end == LINK_FAILED) {
                say_port(port, "is lost");
            }
            CloseHandle(handle);
        } else if (!said) {
            say_port(port, "cannot be opened");
            said = true;
        }
        if (end == LINK_FAILED &&
            WaitForSingleObject(stopping, AGAIN_MS) == WAIT_OBJECT_0) {
            end = LINK_STOPPED;
        }
    }
    return end == LINK_LEAVE ? EXIT_QUIT : 0;
}

/* --- what is there ------------------------------------------------------------------- */

static bool is_administrator(void)
{
    SID_IDENTIFIER_AUTHORITY authority = SECURITY_NT_AUTHORITY;
    BOOL member = FALSE;
    PSID group;

    if (AllocateAndInitializeSid(&authority, 2, SECURITY_BUILTIN_DOMAIN_RID,
                                 DOMAIN_ALIAS_RID_ADMINS, 0, 0, 0, 0, 0, 0,
                                 &group)) {
        CheckTokenMembership(NULL, group, &member);
        FreeSid(group);
    }
    return member;
}

static bool have_verifier(void)
{
    WCHAR path[MAX_PATH + 16];

    GetSystemDirectoryW(path, MAX_PATH);
    wcscat(path, L"\\verifier.exe");
    return GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

static bool have_port(const WCHAR *port)
{
    HANDLE handle = link_open(port);

    if (handle == INVALID_HANDLE_VALUE) {
        say_port(port, "cannot be opened");
        return false;
    }
    CloseHandle(handle);
    return true;
}

static int self_test(const WCHAR *port)
{
    unsigned missing = api_print();
    char name[300];
    bool opened = have_port(port);

    text_narrow(port, name, sizeof(name));
    printf("%-8s Windows build\n%-8lu\n", "", api_build());
    printf("%-8s port %s\n", opened ? "found" : "MISSING", name);
    printf("%-8s rights of an administrator\n",
           is_administrator() ? "found" : "MISSING");
    printf("%-8s verifier.exe\n", have_verifier() ? "found" : "MISSING");
    printf("%-8s rigshim: markers in the tap's stream\n",
           windows_has_shim() ? "found" : "MISSING");
    if (missing) {
        printf("%u functions are missing: what needs them will say so\n",
               missing);
    }
    return opened && is_administrator() ? 0 : 1;
}

int wmain(int argc, WCHAR **argv)
{
    const WCHAR *port = DEFAULT_PORT;
    const WCHAR *mode = argc > 1 ? argv[1] : L"";

    if (argc == 4 && wcscmp(argv[2], L"--port") == 0) {
        port = argv[3];
    } else if (argc != 2) {
        fputs(usage, stderr);
        return 2;
    }
    setvbuf(stderr, NULL, _IONBF, 0);
    api_init();
    windows_init();
    link_init();
    stopping = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (wcscmp(mode, L"--console") == 0) {
        SetConsoleCtrlHandler(on_console, TRUE);
        return converse(port);
    }
    if (wcscmp(mode, L"--service") == 0) {
        return service_run(converse, stop, port);
    }
    if (wcscmp(mode, L"--install-service") == 0) {
        return service_install(port);
    }
    if (wcscmp(mode, L"--uninstall-service") == 0) {
        return service_uninstall();
    }
    if (wcscmp(mode, L"--self-test") == 0) {
        return self_test(port);
    }
    fputs(usage, wcscmp(mode, L"--help") == 0 ? stdout : stderr);
    return wcscmp(mode, L"--help") == 0 ? 0 : 2;
}
