/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests that rigshim.sys carries out: markers in the tap's stream. */
#include <stddef.h>
#include <string.h>
#include "rigshim.h"
#include "windows/api.h"
#include "windows/backend.h"

static HANDLE open_shim(void)
{
    return CreateFileA(RIGSHIM_DEVICE_PATH, GENERIC_READ | GENERIC_WRITE,
                       FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                       OPEN_EXISTING, 0, NULL);
}

bool windows_has_shim(void)
{
    HANDLE shim = open_shim();

    if (shim == INVALID_HANDLE_VALUE) {
        return false;
    }
    CloseHandle(shim);
    return true;
}

/* One of its requests; *out_size is what came back. False: the job has failed. */
static bool ask_shim(struct job *job, DWORD request, void *in, DWORD in_size,
                     void *out, DWORD *out_size)
{
    HANDLE shim = open_shim();
    DWORD got = 0;
    bool good;

    if (shim == INVALID_HANDLE_VALUE) {
        DWORD code = GetLastError();

        job_fail_api(job, code == ERROR_FILE_NOT_FOUND ? AGENT_E_UNSUPPORTED :
                     AGENT_E_FAILED, "CreateFileA", "win32", code,
                     RIGSHIM_DEVICE_PATH " cannot be opened: is rigshim "
                     "installed, and rig-tap in the machine?");
        return false;
    }
    good = DeviceIoControl(shim, request, in, in_size, out,
                           out_size ? *out_size : 0, &got, NULL) ||
           api_failed(job, "DeviceIoControl", "rigshim");
    CloseHandle(shim);
    if (good && out_size && got != *out_size) {
        job_fail(job, AGENT_E_MISMATCH, "rigshim answered with %lu bytes: is "
                 "it of another version than the agent?", got);
        good = false;
    }
    return good;
}

/* The structure in "data", of least to most bytes; false: the job has failed. */
static bool take_data(struct job *job, void *structure, size_t least,
                      size_t most, DWORD *size)
{
    struct field data;

    if (!fields_find(&job->in, AGENT_KEY_DATA, &data) || data.length < least ||
        data.length > most) {
        job_fail(job, AGENT_E_INVALID, "data is %zu to %zu bytes long", least,
                 most);
        return false;
    }
    memcpy(structure, data.value, data.length);
    *size = data.length;
    return true;
}

void windows_mark(struct job *job)
{
    struct rig_marker marker = { .kind = RIG_MK_NOTE };
    struct field data;
    DWORD size;

    if (fields_find(&job->in, AGENT_KEY_DATA, &data)) {
        if (!take_data(job, &marker, RIG_MARKER_MIN, sizeof(marker), &size)) {
            return;
        }
        if (marker.length != size) {
            job_fail(job, AGENT_E_INVALID,
                     "a marker of %u bytes cannot be %lu bytes long",
                     marker.length, size);
            return;
        }
    } else if (!job_text(job, AGENT_KEY_TEXT, marker.text,
                         sizeof(marker.text))) {
        return;
    } else {
        size = sizeof(marker);
        marker.length = (uint16_t)size;
    }
    ask_shim(job, RIGSHIM_IOCTL_MARKER, &marker, size, NULL, NULL);
}

void windows_tap_command(struct job *job)
{
    struct rig_command command;
    DWORD size, out_size = sizeof(command);

    if (take_data(job, &command, sizeof(command), sizeof(command), &size) &&
        ask_shim(job, RIGSHIM_IOCTL_COMMAND, &command, size, &command,
                 &out_size)) {
        fields_bytes(&job->out, AGENT_KEY_DATA, &command, sizeof(command));
    }
}

void windows_position(struct job *job)
{
    struct rigshim_position position = {
        .scenario = (uint32_t)fields_get_number(&job->in, AGENT_KEY_SCENARIO,
                                                0),
        .cycle = (uint32_t)fields_get_number(&job->in, AGENT_KEY_CYCLE, 0),
    };

    ask_shim(job, RIGSHIM_IOCTL_POSITION, &position, sizeof(position), NULL,
             NULL);
}

void windows_shim(struct job *job)
{
    struct rigshim_info info;
    struct rigshim_counts counts;
    DWORD info_size = sizeof(info), counts_size = sizeof(counts);

    if (!ask_shim(job, RIGSHIM_IOCTL_VERSION, NULL, 0, &info, &info_size) ||
        !ask_shim(job, RIGSHIM_IOCTL_COUNTS, NULL, 0, &counts, &counts_size)) {
        return;
    }
    fields_number(&job->out, AGENT_KEY_SHIM, 1);
    fields_number(&job->out, AGENT_KEY_WRITTEN, counts.written);
    fields_number(&job->out, AGENT_KEY_DROPPED, counts.dropped);
    fields_bytes(&job->out, AGENT_KEY_DATA, &info, sizeof(info));
}

void windows_end_stream(struct job *job)
{
    ask_shim(job, RIGSHIM_IOCTL_END, NULL, 0, NULL, NULL);
}
