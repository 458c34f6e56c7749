/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Driver packages: installed, forced, taken off. */
#include <windows.h>
#include <newdev.h>
#include <string.h>
#include <wchar.h>
#include "windows/backend.h"
#include "windows/device.h"
#include "windows/text.h"

/* setupapi.h of newer SDKs: take the package although devices use it. */
#ifndef SUOI_FORCEDELETE
#define SUOI_FORCEDELETE 1
#endif

/* A full path of "inf", and that it is a file. False: the job has failed. */
static bool inf_path(struct job *job, WCHAR path[TEXT_PATH])
{
    char text[TEXT_PATH];
    WCHAR wide[TEXT_PATH];
    DWORD length, attributes;

    if (!job_text(job, AGENT_KEY_INF, text, sizeof(text))) {
        return false;
    }
    if (!text_widen(text, wide, TEXT_PATH)) {
        job_fail(job, AGENT_E_INVALID, "\"%s\" cannot be a path", text);
        return false;
    }
    length = GetFullPathNameW(wide, TEXT_PATH, path, NULL);
    if (!length || length >= TEXT_PATH) {
        return api_failed(job, "GetFullPathNameW", text);
    }
    attributes = GetFileAttributesW(path);
    if (attributes == INVALID_FILE_ATTRIBUTES ||
        attributes & FILE_ATTRIBUTE_DIRECTORY) {
        job_fail_api(job, AGENT_E_NOT_FOUND, "GetFileAttributesW", "win32",
                     GetLastError(), "%s is no file", text);
        return false;
    }
    return true;
}

/* What became of the device that the request names, if it does. It may come
 * later: that it is not there is no failure. */
static void add_device(struct job *job)
{
    struct fields saved = job->out;
    struct device device;
    char id[512];

    if (!job_text(job, AGENT_KEY_HARDWARE_ID, id, sizeof(id)) || !id[0]) {
        return;
    }
    if (device_find(job, id, &device)) {
        device_describe(job, &device);
        if (fields_get_number(&job->out, AGENT_KEY_STATUS, 0) == AGENT_E_OK) {
            return;
        }
    }
    job->out = saved;
    fields_text(&job->out, AGENT_KEY_DEVICE, id);
    fields_number(&job->out, AGENT_KEY_PRESENT, 0);
}

/* The name that the driver store has given it, like oem12.inf. */
static void add_published(struct job *job, const WCHAR *name)
{
    char text[512];

    text_narrow(name, text, sizeof(text));
    fields_text(&job->out, AGENT_KEY_INF, text);
}

/* Into the driver store only: where DiInstallDriverW is not to be had. */
static void stage(struct job *job, const WCHAR *path)
{
    WCHAR published[MAX_PATH], *name = NULL;

    if (!API_NEED(job, setupapi, SetupCopyOEMInfW)) {
        return;
    }
    if (!api.SetupCopyOEMInfW(path, NULL, SPOST_PATH, 0, published,
                              ARRAYSIZE(published), NULL, &name)) {
        api_failed(job, "SetupCopyOEMInfW", "the package");
        return;
    }
    fields_text(&job->out, AGENT_KEY_TEXT, "staged; devices that come will "
                "have it, those that are there by \"update\"");
    add_published(job, name ? name : published);
    add_device(job);
}

void windows_install(struct job *job)
{
    WCHAR path[TEXT_PATH];
    BOOL reboot = FALSE;
    DWORD code;

    if (!inf_path(job, path)) {
        return;
    }
    job_progress(job, 0, 0, "installing the package");
    if (!api.DiInstallDriverW) {
        stage(job, path);
        return;
    }
    if (!api.DiInstallDriverW(NULL, path, 0, &reboot)) {
        code = GetLastError();
        if (code == ERROR_CALL_NOT_IMPLEMENTED) {
            stage(job, path);
            return;
        }
        if (code != ERROR_NO_MORE_ITEMS) {
            api_failed_win32(job, "DiInstallDriverW", code, "the package");
            return;
        }
        /* In the driver store, and nothing that is there has taken it. */
        fields_text(&job->out, AGENT_KEY_TEXT, "staged; no device here is "
                    "fitted better by it: see \"update\"");
    }
    fields_number(&job->out, AGENT_KEY_REBOOT, reboot != FALSE);
    add_device(job);
}

void windows_update(struct job *job)
{
    WCHAR path[TEXT_PATH], id[MAX_DEVICE_ID_LEN];
    BOOL reboot = FALSE;
    char text[512];

    if (!inf_path(job, path) ||
        !job_text(job, AGENT_KEY_HARDWARE_ID, text, sizeof(text)) ||
        !API_NEED(job, newdev, UpdateDriverForPlugAndPlayDevicesW)) {
        return;
    }
    if (!text_widen(text, id, ARRAYSIZE(id))) {
        job_fail(job, AGENT_E_INVALID, "\"%s\" cannot be a hardware id", text);
        return;
    }
    job_progress(job, 0, 0, "installing the package on %s", text);
    if (!api.UpdateDriverForPlugAndPlayDevicesW(
            NULL, id, path, INSTALLFLAG_FORCE | INSTALLFLAG_NONINTERACTIVE,
            &reboot)) {
        api_failed(job, "UpdateDriverForPlugAndPlayDevicesW", text);
        return;
    }
    fields_number(&job->out, AGENT_KEY_REBOOT, reboot != FALSE);
    add_device(job);
}

/* Is it oemN.inf, a name of the driver store's? */
static bool is_published(const char *name)
{
    size_t digits;

    if (_strnicmp(name, "oem", 3) != 0) {
        return false;
    }
    digits = strspn(name + 3, "0123456789");
    return digits && _stricmp(name + 3 + digits, ".inf") == 0;
}

/* The published name of what the request names; false: the job has failed. */
static bool published_name(struct job *job, WCHAR name[MAX_PATH])
{
    char text[TEXT_PATH];
    WCHAR path[TEXT_PATH];

    if (!job_text(job, AGENT_KEY_INF, text, sizeof(text))) {
        return false;
    }
    if (is_published(text)) {
        return text_widen(text, name, MAX_PATH);
    }
    if (!inf_path(job, path) ||
        !API_NEED(job, setupapi, SetupGetInfPublishedNameW)) {
        return false;
    }
    return api.SetupGetInfPublishedNameW(path, name, MAX_PATH, NULL) ||
           api_failed(job, "SetupGetInfPublishedNameW", text);
}

void windows_uninstall(struct job *job)
{
    WCHAR name[MAX_PATH], windows[MAX_PATH], path[TEXT_PATH], *base;
    BOOL reboot = FALSE;

    if (!published_name(job, name)) {
        return;
    }
    base = wcsrchr(name, L'\\');
    base = base ? base + 1 : name;
    if (api.DiUninstallDriverW) {
        GetSystemWindowsDirectoryW(windows, ARRAYSIZE(windows));
        swprintf(path, TEXT_PATH, L"%ls\\INF\\%ls", windows, base);
        if (!api.DiUninstallDriverW(NULL, path, 0, &reboot)) {
            api_failed(job, "DiUninstallDriverW", "the package");
            return;
        }
    } else if (!API_NEED(job, setupapi, SetupUninstallOEMInfW)) {
        return;
    } else if (!api.SetupUninstallOEMInfW(base, SUOI_FORCEDELETE, NULL)) {
        api_failed(job, "SetupUninstallOEMInfW", "the package");
        return;
    }
    add_published(job, base);
    fields_number(&job->out, AGENT_KEY_REBOOT, reboot != FALSE);
}
