/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions that not every Windows has, and how their failures are told. */
#include <stdio.h>
#include "windows/api.h"
#include "windows/text.h"

struct api api;

static const struct {
    const char *dll, *name;
    void **slot;
} functions[] = {
#define ROW(dll, name, result, arguments) \
    { #dll ".dll", #name, (void **)&api.name },
    API_FUNCTIONS(ROW)
#undef ROW
};

/*
 * Only from the system's own directory: an agent that runs as LocalSystem must
 * not load what lies beside it.
 */
static HMODULE load(const char *dll)
{
    HMODULE module = LoadLibraryExA(dll, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);

    /* Windows 7 without its update of 2011 does not know the flag. */
    return module || GetLastError() != ERROR_INVALID_PARAMETER ? module :
           LoadLibraryA(dll);
}

void api_init(void)
{
    for (size_t i = 0; i < ARRAYSIZE(functions); i++) {
        HMODULE module = load(functions[i].dll);

        *functions[i].slot = module ? (void *)GetProcAddress(
            module, functions[i].name) : NULL;
    }
}

unsigned api_print(void)
{
    unsigned missing = 0;

    for (size_t i = 0; i < ARRAYSIZE(functions); i++) {
        missing += !*functions[i].slot;
        printf("%-8s %s %s\n", *functions[i].slot ? "found" : "MISSING",
               functions[i].dll, functions[i].name);
    }
    return missing;
}

bool api_missing(struct job *job, const char *dll, const char *name)
{
    job_fail_api(job, AGENT_E_UNSUPPORTED, name, "win32",
                 ERROR_PROC_NOT_FOUND, "%s of this Windows has no %s", dll,
                 name);
    return false;
}

bool api_failed_win32(struct job *job, const char *name, DWORD code,
                      const char *what)
{
    char text[256];

    text_of_win32(code, text, sizeof(text));
    job_fail_api(job, code == ERROR_CALL_NOT_IMPLEMENTED ?
                 AGENT_E_UNSUPPORTED : AGENT_E_FAILED, name, "win32", code,
                 "%s: %s", what, text);
    return false;
}

bool api_failed(struct job *job, const char *name, const char *what)
{
    return api_failed_win32(job, name, GetLastError(), what);
}

bool api_failed_configret(struct job *job, const char *name, CONFIGRET code,
                          const char *what)
{
    job_fail_api(job, code == CR_CALL_NOT_IMPLEMENTED ? AGENT_E_UNSUPPORTED :
                 code == CR_NO_SUCH_DEVNODE ? AGENT_E_NOT_FOUND :
                 AGENT_E_FAILED, name, "configret", code, "%s: %s", what,
                 text_of_configret(code));
    return false;
}

DWORD api_build(void)
{
    RTL_OSVERSIONINFOW version = { .dwOSVersionInfoSize = sizeof(version) };

    return api.RtlGetVersion && api.RtlGetVersion(&version) == 0 ?
           version.dwBuildNumber : 0;
}
