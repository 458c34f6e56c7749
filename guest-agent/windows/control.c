/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices enabled, disabled, restarted, removed, looked for, waited for. */
#include <string.h>
#include <wchar.h>
#include "windows/backend.h"
#include "windows/device.h"
#include "windows/text.h"

/* winevt.h */
#define EVT_SUBSCRIBE_TO_FUTURE_EVENTS 1

/* The system wants to be started again before it is as asked. */
static void add_reboot(struct job *job, HDEVINFO list, SP_DEVINFO_DATA *data)
{
    SP_DEVINSTALL_PARAMS_W params = { .cbSize = sizeof(params) };

    if (api.SetupDiGetDeviceInstallParamsW &&
        api.SetupDiGetDeviceInstallParamsW(list, data, &params)) {
        fields_number(&job->out, AGENT_KEY_REBOOT,
                      (params.Flags & (DI_NEEDRESTART | DI_NEEDREBOOT)) != 0);
    }
}

/* A request to the class installer, as Device Manager makes it. */
static bool call_class_installer(struct job *job, const struct device *device,
                                 DI_FUNCTION function,
                                 SP_CLASSINSTALL_HEADER *params, DWORD size)
{
    SP_DEVINFO_DATA data;
    HDEVINFO list;
    bool good;

    if (!API_NEED(job, setupapi, SetupDiSetClassInstallParamsW) ||
        !API_NEED(job, setupapi, SetupDiCallClassInstaller)) {
        return false;
    }
    list = device_open(job, device, &data);
    if (list == INVALID_HANDLE_VALUE) {
        return false;
    }
    params->cbSize = sizeof(*params);
    params->InstallFunction = function;
    good = api.SetupDiSetClassInstallParamsW(list, &data, params, size);
    if (!good) {
        api_failed(job, "SetupDiSetClassInstallParamsW", "the device");
    } else if (!api.SetupDiCallClassInstaller(function, list, &data)) {
        good = api_failed(job, "SetupDiCallClassInstaller", "the device");
    } else {
        add_reboot(job, list, &data);
    }
    api.SetupDiDestroyDeviceInfoList(list);
    return good;
}

static bool change_property(struct job *job, const struct device *device,
                            DWORD change)
{
    SP_PROPCHANGE_PARAMS params = {
        .StateChange = change,
        .Scope = DICS_FLAG_GLOBAL,
    };

    return call_class_installer(job, device, DIF_PROPERTYCHANGE,
                                &params.ClassInstallHeader, sizeof(params));
}

/*
 * By the configuration manager, which says what was in the way; a Windows, or
 * Wine, that has not got it there does it by the class installer.
 */
void windows_disable(struct job *job)
{
    struct device device;
    CONFIGRET cr = CR_CALL_NOT_IMPLEMENTED;

    if (!device_of_job(job, &device)) {
        return;
    }
    if (api.CM_Disable_DevNode) {
        cr = api.CM_Disable_DevNode(device.instance, CM_DISABLE_UI_NOT_OK);
    }
    if (cr == CR_CALL_NOT_IMPLEMENTED ?
        change_property(job, &device, DICS_DISABLE) :
        cr == CR_SUCCESS || api_failed_configret(job, "CM_Disable_DevNode", cr,
                                                 "the device")) {
        device_describe(job, &device);
    }
}

void windows_enable(struct job *job)
{
    struct device device;
    CONFIGRET cr = CR_CALL_NOT_IMPLEMENTED;

    if (!device_of_job(job, &device)) {
        return;
    }
    if (api.CM_Enable_DevNode) {
        cr = api.CM_Enable_DevNode(device.instance, 0);
    }
    if (cr == CR_CALL_NOT_IMPLEMENTED ?
        change_property(job, &device, DICS_ENABLE) :
        cr == CR_SUCCESS || api_failed_configret(job, "CM_Enable_DevNode", cr,
                                                 "the device")) {
        device_describe(job, &device);
    }
}

void windows_restart(struct job *job)
{
    struct device device;

    if (device_of_job(job, &device) &&
        change_property(job, &device, DICS_PROPCHANGE)) {
        device_describe(job, &device);
    }
}

void windows_remove(struct job *job)
{
    SP_REMOVEDEVICE_PARAMS params = { .Scope = DI_REMOVEDEVICE_GLOBAL };
    struct device device;

    if (device_of_job(job, &device) &&
        call_class_installer(job, &device, DIF_REMOVE,
                             &params.ClassInstallHeader, sizeof(params))) {
        device_describe(job, &device);
    }
}

/* --- waiting ----------------------------------------------------------------------- */

/*
 * What tells that a device's state has changed: the configuration manager when
 * it has come, has started and has gone; the log of the kernel's PnP manager,
 * events 400 to 430 of which say that its driver was installed, has started or
 * has failed to; and, once, that no installation is under way any more.
 */
struct watch {
    struct job *job;
    HCMNOTIFICATION notification;
    HANDLE subscription;
};

static DWORD CALLBACK on_notify(HCMNOTIFICATION notification, PVOID context,
                                CM_NOTIFY_ACTION action,
                                PCM_NOTIFY_EVENT_DATA data, DWORD size)
{
    (void)notification;
    (void)action;
    (void)data;
    (void)size;
    job_poke(context);
    return ERROR_SUCCESS;
}

static DWORD CALLBACK on_event(DWORD action, PVOID context, HANDLE event)
{
    (void)action;
    (void)event;
    job_poke(context);
    return ERROR_SUCCESS;
}

static void wait_for_installs(void *opaque)
{
    struct job *job = opaque;

    api.CMP_WaitNoPendingInstallEvents(60000);
    job_poke(job);
}

/* False, and the job has failed, when nothing here can tell. */
static bool watch_begin(struct job *job, struct watch *w)
{
    CM_NOTIFY_FILTER filter = {
        .cbSize = sizeof(filter),
        .Flags = CM_NOTIFY_FILTER_FLAG_ALL_DEVICE_INSTANCES,
        .FilterType = CM_NOTIFY_FILTER_TYPE_DEVICEINSTANCE,
    };
    CONFIGRET cr;

    *w = (struct watch){ .job = job };
    if (!API_NEED(job, cfgmgr32, CM_Register_Notification) ||
        !API_NEED(job, cfgmgr32, CM_Unregister_Notification)) {
        return false;
    }
    cr = api.CM_Register_Notification(&filter, job, on_notify,
                                      &w->notification);
    if (cr != CR_SUCCESS) {
        return api_failed_configret(job, "CM_Register_Notification", cr,
                                    "changes of devices");
    }
    if (api.EvtSubscribe && api.EvtClose) {
        w->subscription = api.EvtSubscribe(
            NULL, NULL, L"Microsoft-Windows-Kernel-PnP/Configuration", L"*",
            NULL, job, on_event, EVT_SUBSCRIBE_TO_FUTURE_EVENTS);
    }
    if (api.CMP_WaitNoPendingInstallEvents) {
        platform_thread(wait_for_installs, job);
    }
    return true;
}

static void watch_end(struct watch *w)
{
    if (w->subscription) {
        api.EvtClose(w->subscription);
    }
    if (w->notification) {
        api.CM_Unregister_Notification(w->notification);
    }
}

static bool is_reached(const char *state, const struct device_state *now)
{
    bool started = now->present && now->flags & DN_STARTED &&
                   !(now->flags & DN_HAS_PROBLEM);
    bool problem = now->present && now->flags & DN_HAS_PROBLEM;

    return strcmp(state, "gone") == 0 ? !now->present :
           strcmp(state, "problem") == 0 ? problem :
           strcmp(state, "settled") == 0 ? started || problem : started;
}

/*
 * Until the state is there, or the limit is over. A device that is named by a
 * hardware id may come only now, so it is looked for each time.
 */
static void wait_for(struct job *job, const char *name, const char *state)
{
    struct device_state now = { 0 };
    struct device device;
    struct watch w = { 0 };
    bool watching = false, found, reached = false;
    unsigned pokes;

    do {
        pokes = job_pokes(job);
        found = device_find(job, name, &device);
        if (!found && fields_get_number(&job->out, AGENT_KEY_STATUS, 0) !=
                      AGENT_E_NOT_FOUND) {
            return;
        }
        fields_clear(&job->out); /* not found is a state here */
        fields_number(&job->out, AGENT_KEY_STATUS, AGENT_E_OK);
        now = (struct device_state){ 0 };
        if (found && !device_state(job, &device, &now)) {
            break;
        }
        reached = is_reached(state, &now);
        if (!reached && !watching) {
            if (!watch_begin(job, &w)) {
                break;
            }
            watching = true;
            continue; /* it may have come before the watch */
        }
        if (reached || !job_wait(job, pokes)) {
            break;
        }
    } while (true);
    watch_end(&w);
    if (fields_get_number(&job->out, AGENT_KEY_STATUS, 0) != AGENT_E_OK) {
        return;
    }
    if (!reached) {
        job_fail(job, AGENT_E_TIMED_OUT, "\"%s\" is not %s within the limit",
                 name, state);
    }
    if (found) {
        device_describe(job, &device);
    } else {
        fields_text(&job->out, AGENT_KEY_DEVICE, name);
        fields_number(&job->out, AGENT_KEY_PRESENT, 0);
    }
}

void windows_wait(struct job *job)
{
    static const char *const states[] = { "started", "problem", "settled",
                                          "gone" };
    char name[512], state[16];

    if (!job_text(job, AGENT_KEY_DEVICE, name, sizeof(name)) ||
        !job_text(job, AGENT_KEY_STATE, state, sizeof(state))) {
        return;
    }
    if (!state[0]) {
        strcpy(state, "started");
    }
    for (size_t i = 0; i < ARRAYSIZE(states); i++) {
        if (strcmp(state, states[i]) == 0) {
            wait_for(job, name, state);
            return;
        }
    }
    job_fail(job, AGENT_E_INVALID,
             "state is started, problem, settled or gone, not \"%s\"", state);
}

void windows_rescan(struct job *job)
{
    DEVINST root;
    CONFIGRET cr;
    char name[512];

    if (!API_NEED(job, cfgmgr32, CM_Locate_DevNodeW) ||
        !API_NEED(job, cfgmgr32, CM_Reenumerate_DevNode) ||
        !job_text(job, AGENT_KEY_DEVICE, name, sizeof(name))) {
        return;
    }
    cr = api.CM_Locate_DevNodeW(&root, NULL, CM_LOCATE_DEVNODE_NORMAL);
    if (cr != CR_SUCCESS) {
        api_failed_configret(job, "CM_Locate_DevNodeW", cr, "the root");
        return;
    }
    cr = api.CM_Reenumerate_DevNode(root, CM_REENUMERATE_SYNCHRONOUS);
    if (cr != CR_SUCCESS) {
        api_failed_configret(job, "CM_Reenumerate_DevNode", cr, "the root");
    } else if (name[0]) {
        wait_for(job, name, "settled");
    }
}
