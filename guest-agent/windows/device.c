/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices of Windows: found by name, described. */
#include "windows/device.h"
#include <stdio.h>
#include <string.h>
#include <wchar.h>
/* The keys are defined here, and only here. */
#include <initguid.h>
#include <devpkey.h>
#include "protocol/transfer.h"
#include "windows/backend.h"
#include "windows/text.h"

/*
 * Numbers of message-signalled interrupts in a resource list are negative, as
 * Device Manager shows them: there is no line whose number could be given.
 */
#define MESSAGE_NUMBER 0x80000000u

/* --- lists ----------------------------------------------------------------------- */

static bool have_lists(struct job *job)
{
    return API_NEED(job, setupapi, SetupDiGetClassDevsW) &&
           API_NEED(job, setupapi, SetupDiEnumDeviceInfo) &&
           API_NEED(job, setupapi, SetupDiDestroyDeviceInfoList) &&
           API_NEED(job, setupapi, SetupDiGetDeviceInstanceIdW) &&
           API_NEED(job, setupapi, SetupDiGetDeviceRegistryPropertyW);
}

/* A property that is one string or several, two NULs at its end. */
static bool get_strings(HDEVINFO list, SP_DEVINFO_DATA *data, DWORD property,
                        WCHAR *text, DWORD size)
{
    memset(text, 0, size * sizeof(*text));
    return api.SetupDiGetDeviceRegistryPropertyW(
        list, data, property, NULL, (PBYTE)text,
        (size - 2) * sizeof(*text), NULL);
}

/* Does one of its hardware ids begin so? */
static bool id_begins(HDEVINFO list, SP_DEVINFO_DATA *data,
                      const WCHAR *prefix)
{
    WCHAR ids[2048];

    get_strings(list, data, SPDRP_HARDWAREID, ids, ARRAYSIZE(ids));
    for (WCHAR *id = ids; *id; id += wcslen(id) + 1) {
        if (_wcsnicmp(id, prefix, wcslen(prefix)) == 0) {
            return true;
        }
    }
    return !*prefix;
}

static HDEVINFO list_present(struct job *job)
{
    HDEVINFO list;

    if (!have_lists(job)) {
        return INVALID_HANDLE_VALUE;
    }
    list = api.SetupDiGetClassDevsW(NULL, NULL, NULL,
                                    DIGCF_ALLCLASSES | DIGCF_PRESENT);
    if (list == INVALID_HANDLE_VALUE) {
        api_failed(job, "SetupDiGetClassDevsW", "the list of devices");
    }
    return list;
}

static bool find_by_hardware_id(struct job *job, const WCHAR *prefix,
                                struct device *device)
{
    SP_DEVINFO_DATA data = { .cbSize = sizeof(data) };
    HDEVINFO list = list_present(job);
    bool found = false;

    if (list == INVALID_HANDLE_VALUE) {
        return false;
    }
    for (DWORD i = 0; !found && api.SetupDiEnumDeviceInfo(list, i, &data);
         i++) {
        if (id_begins(list, &data, prefix) &&
            api.SetupDiGetDeviceInstanceIdW(list, &data, device->id,
                                            ARRAYSIZE(device->id), NULL)) {
            device->instance = data.DevInst;
            found = true;
        }
    }
    api.SetupDiDestroyDeviceInfoList(list);
    return found;
}

/* By its instance id, from SetupAPI: Wine's configuration manager finds none. */
static bool open_by_id(struct device *device)
{
    SP_DEVINFO_DATA data = { .cbSize = sizeof(data) };
    HDEVINFO list;
    bool found;

    if (!api.SetupDiCreateDeviceInfoList || !api.SetupDiOpenDeviceInfoW ||
        !api.SetupDiDestroyDeviceInfoList) {
        return false;
    }
    list = api.SetupDiCreateDeviceInfoList(NULL, NULL);
    if (list == INVALID_HANDLE_VALUE) {
        return false;
    }
    found = api.SetupDiOpenDeviceInfoW(list, device->id, NULL, 0, &data);
    device->instance = data.DevInst;
    api.SetupDiDestroyDeviceInfoList(list);
    return found;
}

bool device_find(struct job *job, const char *name, struct device *device)
{
    WCHAR wide[MAX_DEVICE_ID_LEN];

    if (!name[0] || !text_widen(name, wide, ARRAYSIZE(wide))) {
        job_fail(job, AGENT_E_INVALID, "\"%s\" cannot be a device's name",
                 name);
        return false;
    }
    if (!API_NEED(job, cfgmgr32, CM_Locate_DevNodeW)) {
        return false;
    }
    wcscpy(device->id, wide);
    /* A phantom has a state, too: that it is not there. */
    if (api.CM_Locate_DevNodeW(&device->instance, wide,
                               CM_LOCATE_DEVNODE_PHANTOM) == CR_SUCCESS ||
        open_by_id(device) ||
        find_by_hardware_id(job, wide, device)) {
        return true;
    }
    if (fields_get_number(&job->out, AGENT_KEY_STATUS, 0) == AGENT_E_OK) {
        job_fail(job, AGENT_E_NOT_FOUND,
                 "no device \"%s\" is there: see the request \"devices\"",
                 name);
    }
    return false;
}

bool device_of_job(struct job *job, struct device *device)
{
    char name[512];

    return job_text(job, AGENT_KEY_DEVICE, name, sizeof(name)) &&
           device_find(job, name, device);
}

HDEVINFO device_open(struct job *job, const struct device *device,
                     SP_DEVINFO_DATA *data)
{
    HDEVINFO list;

    if (!API_NEED(job, setupapi, SetupDiCreateDeviceInfoList) ||
        !API_NEED(job, setupapi, SetupDiOpenDeviceInfoW) ||
        !API_NEED(job, setupapi, SetupDiDestroyDeviceInfoList)) {
        return INVALID_HANDLE_VALUE;
    }
    list = api.SetupDiCreateDeviceInfoList(NULL, NULL);
    if (list == INVALID_HANDLE_VALUE) {
        api_failed(job, "SetupDiCreateDeviceInfoList", "a list of devices");
        return list;
    }
    data->cbSize = sizeof(*data);
    if (!api.SetupDiOpenDeviceInfoW(list, device->id, NULL, 0, data)) {
        api_failed(job, "SetupDiOpenDeviceInfoW", "the device");
        api.SetupDiDestroyDeviceInfoList(list);
        return INVALID_HANDLE_VALUE;
    }
    return list;
}

/* --- what is known of one ------------------------------------------------------------ */

bool device_state(struct job *job, const struct device *device,
                  struct device_state *state)
{
    DEVINST instance;
    CONFIGRET cr;

    *state = (struct device_state){ 0 };
    if (!API_NEED(job, cfgmgr32, CM_Locate_DevNodeW) ||
        !API_NEED(job, cfgmgr32, CM_Get_DevNode_Status)) {
        return false;
    }
    cr = api.CM_Locate_DevNodeW(&instance, (WCHAR *)device->id,
                                CM_LOCATE_DEVNODE_NORMAL);
    if (cr == CR_NO_SUCH_DEVNODE) {
        return true;
    }
    if (cr != CR_SUCCESS) {
        return api_failed_configret(job, "CM_Locate_DevNodeW", cr,
                                    "the device");
    }
    cr = api.CM_Get_DevNode_Status(&state->flags, &state->problem, instance,
                                   0);
    if (cr == CR_NO_SUCH_DEVNODE || cr == CR_NO_SUCH_VALUE) {
        return true; /* gone in between */
    }
    if (cr != CR_SUCCESS) {
        return api_failed_configret(job, "CM_Get_DevNode_Status", cr,
                                    "the device's status");
    }
    state->present = true;
    if (!(state->flags & DN_HAS_PROBLEM)) {
        state->problem = 0;
    }
    return true;
}

static bool get_property(DEVINST instance, const DEVPROPKEY *key, void *value,
                         ULONG size)
{
    DEVPROPTYPE type;

    return api.CM_Get_DevNode_PropertyW &&
           api.CM_Get_DevNode_PropertyW(instance, key, &type, value, &size,
                                        0) == CR_SUCCESS;
}

static void add_text_property(struct job *job, DEVINST instance,
                              const DEVPROPKEY *property, enum agent_key key)
{
    WCHAR wide[512] = L"";
    char text[1024];

    if (get_property(instance, property, wide, sizeof(wide) - 2) && wide[0]) {
        text_narrow(wide, text, sizeof(text));
        fields_text(&job->out, key, text);
    }
}

/* Interrupts in the configuration that the device was given. */
static void add_interrupts(struct job *job, DEVINST instance)
{
    unsigned lines = 0, messages = 0;
    LOG_CONF conf;
    RES_DES at, next;

    if (!api.CM_Get_First_Log_Conf || !api.CM_Get_Next_Res_Des ||
        !api.CM_Get_Res_Des_Data || !api.CM_Free_Res_Des_Handle ||
        !api.CM_Free_Log_Conf_Handle ||
        api.CM_Get_First_Log_Conf(&conf, instance, ALLOC_LOG_CONF)) {
        return; /* no driver has it: it was given nothing */
    }
    at = (RES_DES)conf;
    while (api.CM_Get_Next_Res_Des(&next, at, ResType_IRQ, NULL, 0) ==
           CR_SUCCESS) {
        IRQ_RESOURCE irq;

        if (at != (RES_DES)conf) {
            api.CM_Free_Res_Des_Handle(at);
        }
        at = next;
        if (api.CM_Get_Res_Des_Data(at, &irq, sizeof(irq), 0) == CR_SUCCESS) {
            bool message = irq.IRQ_Header.IRQD_Alloc_Num >= MESSAGE_NUMBER;

            messages += message;
            lines += !message;
        }
    }
    if (at != (RES_DES)conf) {
        api.CM_Free_Res_Des_Handle(at);
    }
    api.CM_Free_Log_Conf_Handle(conf);
    fields_number(&job->out, AGENT_KEY_LINE_INTERRUPTS, lines);
    fields_number(&job->out, AGENT_KEY_MESSAGE_INTERRUPTS, messages);
}

/* Where a service's ImagePath is: it may begin with \SystemRoot, with \??\, or
 * be relative to the directory of Windows. */
static bool image_path(const WCHAR *service, WCHAR path[TEXT_PATH])
{
    WCHAR key[300], image[TEXT_PATH], windows[MAX_PATH];
    DWORD size = sizeof(image) - sizeof(WCHAR);
    const WCHAR *relative = image;

    swprintf(key, ARRAYSIZE(key),
             L"SYSTEM\\CurrentControlSet\\Services\\%ls", service);
    memset(image, 0, sizeof(image));
    if (RegGetValueW(HKEY_LOCAL_MACHINE, key, L"ImagePath",
                     RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND,
                     NULL, image, &size) != ERROR_SUCCESS || !image[0]) {
        return false;
    }
    if (wcsncmp(image, L"\\??\\", 4) == 0) {
        wcscpy(path, image + 4);
        return true;
    }
    if (_wcsnicmp(image, L"\\SystemRoot\\", 12) == 0) {
        relative = image + 12;
    } else if (_wcsnicmp(image, L"%SystemRoot%\\", 13) == 0) {
        relative = image + 13;
    } else if (image[0] && image[1] == L':') {
        wcscpy(path, image);
        return true;
    }
    GetSystemWindowsDirectoryW(windows, ARRAYSIZE(windows));
    swprintf(path, TEXT_PATH, L"%ls\\%ls", windows, relative);
    return true;
}

static void add_driver(struct job *job, DEVINST instance)
{
    WCHAR service[256] = L"", path[TEXT_PATH];
    char text[1024], hex[TRANSFER_HEX];
    struct fields saved;

    if (!get_property(instance, &DEVPKEY_Device_Service, service,
                      sizeof(service) - 2) || !service[0]) {
        return;
    }
    text_narrow(service, text, sizeof(text));
    fields_text(&job->out, AGENT_KEY_SERVICE, text);
    windows_add_service_start(job, service, AGENT_KEY_SERVICE_START);
    if (!image_path(service, path)) {
        return;
    }
    text_narrow(path, text, sizeof(text));
    fields_text(&job->out, AGENT_KEY_DRIVER, text);
    saved = job->out; /* a file that cannot be read is no failure here */
    if (transfer_hash(job, text, hex)) {
        fields_text(&job->out, AGENT_KEY_DRIVER_SHA256, hex);
    } else {
        job->out = saved;
    }
}

static void add_state(struct job *job, DEVINST instance,
                      const struct device_state *state)
{
    LONG status;

    fields_number(&job->out, AGENT_KEY_PRESENT, state->present);
    if (!state->present) {
        return;
    }
    fields_number(&job->out, AGENT_KEY_FLAGS, state->flags);
    fields_number(&job->out, AGENT_KEY_PROBLEM, state->problem);
    if (!state->problem) {
        return;
    }
    fields_text(&job->out, AGENT_KEY_PROBLEM_NAME,
                text_of_problem(state->problem));
    if (get_property(instance, &DEVPKEY_Device_ProblemStatus, &status,
                     sizeof(status))) {
        fields_number(&job->out, AGENT_KEY_PROBLEM_STATUS, (uint32_t)status);
    }
}

static void add_hardware_ids(struct job *job, HDEVINFO list,
                             SP_DEVINFO_DATA *data)
{
    WCHAR ids[2048];
    char text[1024];

    get_strings(list, data, SPDRP_HARDWAREID, ids, ARRAYSIZE(ids));
    for (WCHAR *id = ids; *id; id += wcslen(id) + 1) {
        text_narrow(id, text, sizeof(text));
        fields_text(&job->out, AGENT_KEY_HARDWARE_ID, text);
    }
    if (get_strings(list, data, SPDRP_DEVICEDESC, ids, ARRAYSIZE(ids))) {
        text_narrow(ids, text, sizeof(text));
        fields_text(&job->out, AGENT_KEY_DESCRIPTION, text);
    }
}

void device_describe(struct job *job, const struct device *device)
{
    struct device_state state;
    char text[MAX_DEVICE_ID_LEN * 3];

    if (!device_state(job, device, &state)) {
        return;
    }
    text_narrow(device->id, text, sizeof(text));
    fields_text(&job->out, AGENT_KEY_DEVICE, text);
    add_state(job, device->instance, &state);
    if (state.present) {
        add_text_property(job, device->instance, &DEVPKEY_Device_DeviceDesc,
                          AGENT_KEY_DESCRIPTION);
        add_text_property(job, device->instance,
                          &DEVPKEY_Device_DriverVersion,
                          AGENT_KEY_DRIVER_VERSION);
        add_text_property(job, device->instance,
                          &DEVPKEY_Device_DriverInfPath, AGENT_KEY_INF);
        add_driver(job, device->instance);
        add_interrupts(job, device->instance);
    }
}

void windows_status(struct job *job)
{
    struct device device;

    if (device_of_job(job, &device)) {
        device_describe(job, &device);
    }
}

void windows_devices(struct job *job)
{
    SP_DEVINFO_DATA data = { .cbSize = sizeof(data) };
    WCHAR prefix[MAX_DEVICE_ID_LEN];
    struct fields saved;
    char filter[512];
    HDEVINFO list;

    if (!job_text(job, AGENT_KEY_FILTER, filter, sizeof(filter))) {
        return;
    }
    text_widen(filter, prefix, ARRAYSIZE(prefix));
    list = list_present(job);
    if (list == INVALID_HANDLE_VALUE) {
        return;
    }
    for (DWORD i = 0; api.SetupDiEnumDeviceInfo(list, i, &data); i++) {
        struct device device = { .instance = data.DevInst };
        struct device_state state;
        char text[MAX_DEVICE_ID_LEN * 3];

        if (!id_begins(list, &data, prefix) ||
            !api.SetupDiGetDeviceInstanceIdW(list, &data, device.id,
                                             ARRAYSIZE(device.id), NULL)) {
            continue;
        }
        text_narrow(device.id, text, sizeof(text));
        fields_text(&job->out, AGENT_KEY_DEVICE, text);
        saved = job->out; /* one without a status is listed without it */
        if (device_state(job, &device, &state)) {
            add_state(job, data.DevInst, &state);
        } else {
            job->out = saved;
        }
        add_hardware_ids(job, list, &data);
    }
    api.SetupDiDestroyDeviceInfoList(list);
}
