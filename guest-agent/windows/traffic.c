/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An adapter of Windows that is to carry test frames: Windows gives programs no
 * raw frames, so they are UDP of its own IP, from an address that the adapter
 * is given for it, to a neighbour that nobody has to be asked about.
 *
 * IP binds to an adapter, and looks whether somebody else has an address, some
 * time after it was asked to: IP Helper's notifications tell when.
 */
#include "windows/device.h"
#include <string.h>
#include "protocol/traffic.h"
#include "rig/traffic.h"
#include "windows/backend.h"

struct adapter {
    NET_LUID luid;
    MIB_UNICASTIPADDRESS_ROW address;
    HANDLE addresses, interfaces; /* notifications */
};

static bool have_functions(struct job *job)
{
    return API_NEED(job, setupapi, SetupDiOpenDevRegKey) &&
           API_NEED(job, ntdll, RtlGUIDFromString) &&
           API_NEED(job, iphlpapi, ConvertInterfaceGuidToLuid) &&
           API_NEED(job, iphlpapi, InitializeUnicastIpAddressEntry) &&
           API_NEED(job, iphlpapi, CreateUnicastIpAddressEntry) &&
           API_NEED(job, iphlpapi, GetUnicastIpAddressEntry) &&
           API_NEED(job, iphlpapi, DeleteUnicastIpAddressEntry) &&
           API_NEED(job, iphlpapi, CreateIpNetEntry2) &&
           API_NEED(job, iphlpapi, SetIpNetEntry2) &&
           API_NEED(job, iphlpapi, NotifyUnicastIpAddressChange) &&
           API_NEED(job, iphlpapi, NotifyIpInterfaceChange) &&
           API_NEED(job, iphlpapi, CancelMibChangeNotify2);
}

/* --- which adapter --------------------------------------------------------------- */

/* The driver's key has it, where NDIS has made an adapter of the device. */
static bool read_instance(struct job *job, const struct device *device,
                          WCHAR *text, DWORD size)
{
    SP_DEVINFO_DATA data;
    HDEVINFO list = device_open(job, device, &data);
    LSTATUS status;
    HKEY key;

    if (list == INVALID_HANDLE_VALUE) {
        return false;
    }
    key = api.SetupDiOpenDevRegKey(list, &data, DICS_FLAG_GLOBAL, 0,
                                   DIREG_DRV, KEY_READ);
    status = key == INVALID_HANDLE_VALUE ? (LSTATUS)GetLastError() :
             RegGetValueW(key, NULL, L"NetCfgInstanceId", RRF_RT_REG_SZ, NULL,
                          text, &size);
    if (key != INVALID_HANDLE_VALUE) {
        RegCloseKey(key);
    }
    api.SetupDiDestroyDeviceInfoList(list);
    return status == ERROR_SUCCESS ||
           api_failed_win32(job, "NetCfgInstanceId", (DWORD)status,
                            "the device is no network adapter, or has no "
                            "driver");
}

static bool find_adapter(struct job *job, const struct device *device,
                         struct adapter *a)
{
    WCHAR text[64] = L"";
    UNICODE_STRING string;
    GUID guid;
    DWORD code;

    if (!read_instance(job, device, text, sizeof(text) - sizeof(WCHAR))) {
        return false;
    }
    string.Buffer = text;
    string.Length = (USHORT)(wcslen(text) * sizeof(WCHAR));
    string.MaximumLength = sizeof(text);
    if (api.RtlGUIDFromString(&string, &guid)) {
        job_fail(job, AGENT_E_FAILED, "NetCfgInstanceId of the device is no "
                 "GUID");
        return false;
    }
    code = api.ConvertInterfaceGuidToLuid(&guid, &a->luid);
    return code == NO_ERROR ||
           api_failed_win32(job, "ConvertInterfaceGuidToLuid", code,
                            "the device's interface");
}

/* --- its address ----------------------------------------------------------------- */

static VOID NETIOAPI_API_ on_address(PVOID job, PMIB_UNICASTIPADDRESS_ROW row,
                                     MIB_NOTIFICATION_TYPE type)
{
    (void)row;
    (void)type;
    job_poke(job);
}

static VOID NETIOAPI_API_ on_interface(PVOID job, PMIB_IPINTERFACE_ROW row,
                                       MIB_NOTIFICATION_TYPE type)
{
    (void)row;
    (void)type;
    job_poke(job);
}

static bool subscribe(struct job *job, struct adapter *a)
{
    DWORD code = api.NotifyUnicastIpAddressChange(AF_INET, on_address, job,
                                                  FALSE, &a->addresses);

    if (code != NO_ERROR) {
        return api_failed_win32(job, "NotifyUnicastIpAddressChange", code,
                                "IPv4");
    }
    code = api.NotifyIpInterfaceChange(AF_INET, on_interface, job, FALSE,
                                       &a->interfaces);
    return code == NO_ERROR ||
           api_failed_win32(job, "NotifyIpInterfaceChange", code, "IPv4");
}

/* False, and *code is not NO_ERROR, where it will not become usable. */
static bool usable(struct adapter *a, DWORD *code)
{
    *code = api.CreateUnicastIpAddressEntry(&a->address);
    if (*code == ERROR_NOT_FOUND) { /* IP is not bound to the adapter yet */
        *code = NO_ERROR;
        return false;
    }
    if (*code == NO_ERROR || *code == ERROR_OBJECT_ALREADY_EXISTS) {
        *code = api.GetUnicastIpAddressEntry(&a->address);
    }
    if (*code == NO_ERROR && a->address.DadState == IpDadStateDuplicate) {
        *code = ERROR_DUP_NAME;
    }
    return *code == NO_ERROR && a->address.DadState == IpDadStatePreferred;
}

static bool give_address(struct job *job, struct adapter *a)
{
    DWORD code = NO_ERROR;
    unsigned pokes;

    api.InitializeUnicastIpAddressEntry(&a->address);
    a->address.InterfaceLuid = a->luid;
    a->address.Address.Ipv4.sin_family = AF_INET;
    a->address.Address.Ipv4.sin_addr.s_addr =
        __builtin_bswap32(RIG_GUEST_IP);
    a->address.OnLinkPrefixLength = RIG_IP_PREFIX;
    do {
        pokes = job_pokes(job);
        if (usable(a, &code)) {
            return true;
        }
        if (code != NO_ERROR) {
            return api_failed_win32(job, "CreateUnicastIpAddressEntry", code,
                                    "an address of the adapter");
        }
    } while (job_wait(job, pokes));
    job_fail(job, AGENT_E_TIMED_OUT, "the adapter's address did not become "
             "usable: is its link up, and TCP/IP bound to it?");
    return false;
}

/* --- its neighbour --------------------------------------------------------------- */

static bool set_neighbour(struct job *job, const struct adapter *a)
{
    static const uint8_t peer[6] = RIG_PEER_MAC;
    MIB_IPNET_ROW2 row = { 0 };
    DWORD code;

    row.Address.Ipv4.sin_family = AF_INET;
    row.Address.Ipv4.sin_addr.s_addr = __builtin_bswap32(RIG_PEER_IP);
    row.InterfaceLuid = a->luid;
    memcpy(row.PhysicalAddress, peer, sizeof(peer));
    row.PhysicalAddressLength = sizeof(peer);
    row.State = NlnsPermanent;
    code = api.CreateIpNetEntry2(&row);
    if (code == ERROR_OBJECT_ALREADY_EXISTS) {
        code = api.SetIpNetEntry2(&row);
    }
    return code == NO_ERROR ||
           api_failed_win32(job, "CreateIpNetEntry2", code, "the reflector");
}

/* --- the request ----------------------------------------------------------------- */

/* Both are gone with the adapter, too; nobody else shall use them meanwhile. */
static void let_go(struct adapter *a)
{
    if (a->addresses) {
        api.CancelMibChangeNotify2(a->addresses);
    }
    if (a->interfaces) {
        api.CancelMibChangeNotify2(a->interfaces);
    }
    if (a->address.Address.si_family == AF_INET) {
        api.DeleteUnicastIpAddressEntry(&a->address);
    }
}

void windows_traffic(struct job *job)
{
    struct traffic_request request;
    struct adapter a = { 0 };
    struct device device;

    if (!traffic_read(job, &request) || !device_of_job(job, &device) ||
        !have_functions(job) || !find_adapter(job, &device, &a)) {
        return;
    }
    if (subscribe(job, &a) && give_address(job, &a) && set_neighbour(job, &a)) {
        traffic_run(job, &request);
    }
    let_go(&a);
}
