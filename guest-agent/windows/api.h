/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Functions of Windows that not every Windows has, looked up when the agent
 * starts: one that is missing is NULL in `api`, and what needs it says so.
 */
#ifndef WINDOWS_API_H
#define WINDOWS_API_H

#include <winsock2.h>
#include <ws2ipdef.h>
#include <windows.h>
#include <cfg.h>
#include <cfgmgr32.h>
#include <devpropdef.h>
#include <iphlpapi.h>
#include <setupapi.h>
#include <winternl.h>
#include "protocol/job.h"

/* cfgmgr32.h of the SDK; mingw has the types and not the function. */
typedef DWORD CALLBACK api_notify(HCMNOTIFICATION notification, PVOID context,
                                  CM_NOTIFY_ACTION action,
                                  PCM_NOTIFY_EVENT_DATA data, DWORD size);
/* winevt.h: EVT_SUBSCRIBE_CALLBACK; EVT_HANDLE is HANDLE. */
typedef DWORD CALLBACK api_event(DWORD action, PVOID context, HANDLE event);

/* X(dll, function, result, arguments) */
#define API_FUNCTIONS(X) \
    X(newdev, DiInstallDriverW, BOOL, (HWND, LPCWSTR, DWORD, PBOOL)) \
    X(newdev, DiUninstallDriverW, BOOL, (HWND, LPCWSTR, DWORD, PBOOL)) \
    X(newdev, UpdateDriverForPlugAndPlayDevicesW, BOOL, \
      (HWND, LPCWSTR, LPCWSTR, DWORD, PBOOL)) \
    X(setupapi, SetupCopyOEMInfW, BOOL, \
      (PCWSTR, PCWSTR, DWORD, DWORD, PWSTR, DWORD, PDWORD, PWSTR *)) \
    X(setupapi, SetupUninstallOEMInfW, BOOL, (PCWSTR, DWORD, PVOID)) \
    X(setupapi, SetupGetInfPublishedNameW, BOOL, \
      (PCWSTR, PWSTR, DWORD, PDWORD)) \
    X(setupapi, SetupDiGetClassDevsW, HDEVINFO, \
      (const GUID *, PCWSTR, HWND, DWORD)) \
    X(setupapi, SetupDiEnumDeviceInfo, BOOL, \
      (HDEVINFO, DWORD, PSP_DEVINFO_DATA)) \
    X(setupapi, SetupDiDestroyDeviceInfoList, BOOL, (HDEVINFO)) \
    X(setupapi, SetupDiCreateDeviceInfoList, HDEVINFO, (const GUID *, HWND)) \
    X(setupapi, SetupDiOpenDeviceInfoW, BOOL, \
      (HDEVINFO, PCWSTR, HWND, DWORD, PSP_DEVINFO_DATA)) \
    X(setupapi, SetupDiGetDeviceInstanceIdW, BOOL, \
      (HDEVINFO, PSP_DEVINFO_DATA, PWSTR, DWORD, PDWORD)) \
    X(setupapi, SetupDiGetDeviceRegistryPropertyW, BOOL, \
      (HDEVINFO, PSP_DEVINFO_DATA, DWORD, PDWORD, PBYTE, DWORD, PDWORD)) \
    X(setupapi, SetupDiSetClassInstallParamsW, BOOL, \
      (HDEVINFO, PSP_DEVINFO_DATA, PSP_CLASSINSTALL_HEADER, DWORD)) \
    X(setupapi, SetupDiCallClassInstaller, BOOL, \
      (DI_FUNCTION, HDEVINFO, PSP_DEVINFO_DATA)) \
    X(setupapi, SetupDiGetDeviceInstallParamsW, BOOL, \
      (HDEVINFO, PSP_DEVINFO_DATA, PSP_DEVINSTALL_PARAMS_W)) \
    X(cfgmgr32, CM_Locate_DevNodeW, CONFIGRET, (PDEVINST, LPWSTR, ULONG)) \
    X(cfgmgr32, CM_Get_DevNode_Status, CONFIGRET, \
      (PULONG, PULONG, DEVINST, ULONG)) \
    X(cfgmgr32, CM_Get_DevNode_PropertyW, CONFIGRET, \
      (DEVINST, const DEVPROPKEY *, DEVPROPTYPE *, PBYTE, PULONG, ULONG)) \
    X(cfgmgr32, CM_Enable_DevNode, CONFIGRET, (DEVINST, ULONG)) \
    X(cfgmgr32, CM_Disable_DevNode, CONFIGRET, (DEVINST, ULONG)) \
    X(cfgmgr32, CM_Reenumerate_DevNode, CONFIGRET, (DEVINST, ULONG)) \
    X(cfgmgr32, CM_Get_First_Log_Conf, CONFIGRET, \
      (PLOG_CONF, DEVINST, ULONG)) \
    X(cfgmgr32, CM_Free_Log_Conf_Handle, CONFIGRET, (LOG_CONF)) \
    X(cfgmgr32, CM_Get_Next_Res_Des, CONFIGRET, \
      (PRES_DES, RES_DES, RESOURCEID, PRESOURCEID, ULONG)) \
    X(cfgmgr32, CM_Free_Res_Des_Handle, CONFIGRET, (RES_DES)) \
    X(cfgmgr32, CM_Get_Res_Des_Data, CONFIGRET, \
      (RES_DES, PVOID, ULONG, ULONG)) \
    X(cfgmgr32, CM_Register_Notification, CONFIGRET, \
      (PCM_NOTIFY_FILTER, PVOID, api_notify *, HCMNOTIFICATION *)) \
    X(cfgmgr32, CM_Unregister_Notification, CONFIGRET, (HCMNOTIFICATION)) \
    X(cfgmgr32, CMP_WaitNoPendingInstallEvents, DWORD, (DWORD)) \
    X(setupapi, SetupDiOpenDevRegKey, HKEY, \
      (HDEVINFO, PSP_DEVINFO_DATA, DWORD, DWORD, DWORD, REGSAM)) \
    X(powrprof, GetPwrCapabilities, BOOLEAN, (PSYSTEM_POWER_CAPABILITIES)) \
    X(powrprof, SetSuspendState, BOOLEAN, (BOOLEAN, BOOLEAN, BOOLEAN)) \
    X(ntdll, RtlGUIDFromString, LONG, (PUNICODE_STRING, GUID *)) \
    X(iphlpapi, ConvertInterfaceGuidToLuid, DWORD, (const GUID *, NET_LUID *)) \
    X(iphlpapi, InitializeUnicastIpAddressEntry, void, \
      (MIB_UNICASTIPADDRESS_ROW *)) \
    X(iphlpapi, CreateUnicastIpAddressEntry, DWORD, \
      (const MIB_UNICASTIPADDRESS_ROW *)) \
    X(iphlpapi, GetUnicastIpAddressEntry, DWORD, (MIB_UNICASTIPADDRESS_ROW *)) \
    X(iphlpapi, DeleteUnicastIpAddressEntry, DWORD, \
      (const MIB_UNICASTIPADDRESS_ROW *)) \
    X(iphlpapi, CreateIpNetEntry2, DWORD, (const MIB_IPNET_ROW2 *)) \
    X(iphlpapi, SetIpNetEntry2, DWORD, (MIB_IPNET_ROW2 *)) \
    X(iphlpapi, NotifyUnicastIpAddressChange, DWORD, \
      (USHORT, PUNICAST_IPADDRESS_CHANGE_CALLBACK, PVOID, BOOLEAN, HANDLE *)) \
    X(iphlpapi, NotifyIpInterfaceChange, DWORD, \
      (USHORT, PIPINTERFACE_CHANGE_CALLBACK, PVOID, BOOLEAN, HANDLE *)) \
    X(iphlpapi, CancelMibChangeNotify2, DWORD, (HANDLE)) \
    X(wevtapi, EvtSubscribe, HANDLE, \
      (HANDLE, HANDLE, LPCWSTR, LPCWSTR, HANDLE, PVOID, api_event *, DWORD)) \
    X(wevtapi, EvtClose, BOOL, (HANDLE)) \
    X(ntdll, NtQuerySystemInformation, LONG, (ULONG, PVOID, ULONG, PULONG)) \
    X(ntdll, RtlGetVersion, LONG, (PRTL_OSVERSIONINFOW))

struct api {
#define API_MEMBER(dll, name, result, arguments) result (WINAPI *name) arguments;
    API_FUNCTIONS(API_MEMBER)
#undef API_MEMBER
};

extern struct api api;

/* Look everything up; once, at the beginning. */
void api_init(void);

/* Print every function and whether it is there; how many are missing. */
unsigned api_print(void);

/* Fail a job for want of a function; false, so that conditions can use it. */
bool api_missing(struct job *job, const char *dll, const char *name);
/* True, or the job has failed for want of `name`. */
#define API_NEED(job, dll, name) \
    (api.name != NULL || api_missing(job, #dll ".dll", #name))

/* Fail a job because of GetLastError() or a CONFIGRET; false. */
bool api_failed(struct job *job, const char *name, const char *what);
bool api_failed_win32(struct job *job, const char *name, DWORD code,
                      const char *what);
bool api_failed_configret(struct job *job, const char *name, CONFIGRET code,
                          const char *what);

/* Build number of this Windows, like 19045; 0 if it cannot be told. */
DWORD api_build(void);

#endif
