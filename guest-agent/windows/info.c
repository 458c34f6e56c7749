/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system itself: what it is and how it is set up, its logs and dumps. */
#include <cpuid.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include "windows/api.h"
#include "windows/backend.h"
#include "windows/service.h"
#include "windows/text.h"

/* NtQuerySystemInformation(); winternl.h of the SDK documents both. */
#define SYSTEM_CODE_INTEGRITY_INFORMATION 103

/* Dumps listed at most: of each kind the directory's first ones. */
#define FILES_MAX 64

static void add_code_integrity(struct job *job)
{
    struct {
        ULONG length, options;
    } info = { sizeof(info), 0 };

    if (api.NtQuerySystemInformation &&
        api.NtQuerySystemInformation(SYSTEM_CODE_INTEGRITY_INFORMATION, &info,
                                     sizeof(info), NULL) == 0) {
        fields_number(&job->out, AGENT_KEY_TEST_SIGNING,
                      (info.options & CODEINTEGRITY_OPTION_TESTSIGN) != 0);
        fields_number(&job->out, AGENT_KEY_CODE_INTEGRITY, info.options);
    }
}

static void add_release(struct job *job)
{
    RTL_OSVERSIONINFOW version = { .dwOSVersionInfoSize = sizeof(version) };
    DWORD revision = 0, size = sizeof(revision);

    if (!api.RtlGetVersion || api.RtlGetVersion(&version)) {
        return;
    }
    RegGetValueW(HKEY_LOCAL_MACHINE,
                 L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", L"UBR",
                 RRF_RT_REG_DWORD, NULL, &revision, &size);
    fields_printf(&job->out, AGENT_KEY_RELEASE, "%lu.%lu.%lu.%lu",
                  version.dwMajorVersion, version.dwMinorVersion,
                  version.dwBuildNumber, revision);
}

static const char *architecture(void)
{
    SYSTEM_INFO info;

    GetNativeSystemInfo(&info);
    switch (info.wProcessorArchitecture) {
    case PROCESSOR_ARCHITECTURE_AMD64:
        return "x64";
    case PROCESSOR_ARCHITECTURE_INTEL:
        return "x86";
    case PROCESSOR_ARCHITECTURE_ARM64:
        return "arm64";
    }
    return "unknown";
}

/* A number of the registry, if it is there. */
static void add_setting(struct job *job, const WCHAR *path, const WCHAR *name,
                        enum agent_key key)
{
    DWORD value = 0, size = sizeof(value);

    if (RegGetValueW(HKEY_LOCAL_MACHINE, path, name, RRF_RT_REG_DWORD, NULL,
                     &value, &size) == ERROR_SUCCESS) {
        fields_number(&job->out, key, value);
    }
}

/* What Windows does after a bug check: "Configure system failure and recovery
 * options in Windows" has these values. */
static void add_crash_control(struct job *job)
{
    static const struct {
        const WCHAR *name;
        enum agent_key key;
    } settings[] = {
        { L"CrashDumpEnabled", AGENT_KEY_CRASH_DUMP },
        { L"AutoReboot", AGENT_KEY_AUTO_REBOOT },
        { L"AlwaysKeepMemoryDump", AGENT_KEY_KEEP_DUMP },
        { L"NMICrashDump", AGENT_KEY_NMI_DUMP },
    };

    for (size_t i = 0; i < ARRAYSIZE(settings); i++) {
        add_setting(job, L"SYSTEM\\CurrentControlSet\\Control\\CrashControl",
                    settings[i].name, settings[i].key);
    }
}

void windows_add_service_start(struct job *job, const WCHAR *service,
                               enum agent_key key)
{
    WCHAR path[300];

    swprintf(path, ARRAYSIZE(path),
             L"SYSTEM\\CurrentControlSet\\Services\\%ls", service);
    add_setting(job, path, L"Start", key);
}

void windows_info(struct job *job)
{
    unsigned a, b, c = 0, d;

    fields_text(&job->out, AGENT_KEY_SYSTEM, "windows");
    add_release(job);
    fields_text(&job->out, AGENT_KEY_ARCHITECTURE, architecture());
    add_code_integrity(job);
    __get_cpuid(1, &a, &b, &c, &d);
    fields_number(&job->out, AGENT_KEY_HYPERVISOR, c >> 31);
    fields_number(&job->out, AGENT_KEY_UPTIME, GetTickCount64());
    fields_number(&job->out, AGENT_KEY_PROCESS, GetCurrentProcessId());
    windows_add_sleep_states(job);
    add_crash_control(job);
    windows_add_service_start(job, SERVICE_ID, AGENT_KEY_AGENT_START);
    windows_add_service_start(job, L"rigshim", AGENT_KEY_SHIM_START);
    fields_number(&job->out, AGENT_KEY_SHIM, windows_has_shim());
}

/* --- logs and dumps -------------------------------------------------------------- */

static void add_file(struct job *job, const WCHAR *path,
                     const WIN32_FIND_DATAW *found)
{
    char text[TEXT_PATH];

    text_narrow(path, text, sizeof(text));
    fields_text(&job->out, AGENT_KEY_FILE, text);
    fields_number(&job->out, AGENT_KEY_SIZE,
                  (uint64_t)found->nFileSizeHigh << 32 | found->nFileSizeLow);
    fields_number(&job->out, AGENT_KEY_MODIFIED,
                  text_seconds(found->ftLastWriteTime));
}

/* Files of the directory of Windows that fit a pattern. */
static void add_files(struct job *job, const WCHAR *directory,
                      const WCHAR *pattern)
{
    WCHAR windows[MAX_PATH], path[TEXT_PATH];
    WIN32_FIND_DATAW found;
    unsigned count = 0;
    HANDLE find;

    GetSystemWindowsDirectoryW(windows, ARRAYSIZE(windows));
    swprintf(path, TEXT_PATH, L"%ls%ls\\%ls", windows, directory, pattern);
    find = FindFirstFileW(path, &found);
    if (find == INVALID_HANDLE_VALUE) {
        return;
    }
    do {
        if (!(found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)) {
            swprintf(path, TEXT_PATH, L"%ls%ls\\%ls", windows, directory,
                     found.cFileName);
            add_file(job, path, &found);
        }
    } while (++count < FILES_MAX && FindNextFileW(find, &found));
    FindClose(find);
}

void windows_logs(struct job *job)
{
    add_files(job, L"\\INF", L"setupapi*.log");
    add_files(job, L"\\Minidump", L"*.dmp");
    add_files(job, L"", L"MEMORY.DMP");
    add_files(job, L"\\LiveKernelReports", L"*.dmp");
    add_files(job, L"\\LiveKernelReports\\NDIS", L"*.dmp");
}
