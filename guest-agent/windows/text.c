/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and texts for codes of Windows. */
#include <windows.h>
#include <cfg.h>
#include <cfgmgr32.h>
#include <setupapi.h>
#include <stdio.h>
#include <string.h>
#include "windows/text.h"

bool text_widen(const char *text, WCHAR *wide, size_t size)
{
    int n = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide,
                                (int)size);

    if (n <= 0) {
        wide[0] = L'\0';
    }
    return n > 0;
}

void text_narrow(const WCHAR *wide, char *text, size_t size)
{
    size_t length = wcslen(wide);

    for (;;) { /* characters that fit, not bytes */
        int n = WideCharToMultiByte(CP_UTF8, 0, wide, (int)length, text,
                                    (int)size - 1, NULL, NULL);

        if (n > 0 || !length) {
            text[n] = '\0';
            return;
        }
        length--;
    }
}

/* Of setupapi.h: FormatMessage() knows no text for them. */
static const struct {
    DWORD code;
    const char *name;
} setupapi_errors[] = {
#define NAME(code) { (DWORD)code, #code }
    NAME(ERROR_EXPECTED_SECTION_NAME),
    NAME(ERROR_BAD_SECTION_NAME_LINE),
    NAME(ERROR_SECTION_NAME_TOO_LONG),
    NAME(ERROR_GENERAL_SYNTAX),
    NAME(ERROR_WRONG_INF_STYLE),
    NAME(ERROR_SECTION_NOT_FOUND),
    NAME(ERROR_LINE_NOT_FOUND),
    NAME(ERROR_NO_ASSOCIATED_CLASS),
    NAME(ERROR_CLASS_MISMATCH),
    NAME(ERROR_DUPLICATE_FOUND),
    NAME(ERROR_NO_DRIVER_SELECTED),
    NAME(ERROR_KEY_DOES_NOT_EXIST),
    NAME(ERROR_INVALID_DEVINST_NAME),
    NAME(ERROR_INVALID_CLASS),
    NAME(ERROR_DEVINST_ALREADY_EXISTS),
    NAME(ERROR_DEVINFO_NOT_REGISTERED),
    NAME(ERROR_INVALID_REG_PROPERTY),
    NAME(ERROR_NO_INF),
    NAME(ERROR_NO_SUCH_DEVINST),
    NAME(ERROR_INVALID_CLASS_INSTALLER),
    NAME(ERROR_DI_DO_DEFAULT),
    NAME(ERROR_NOT_DISABLEABLE),
    NAME(ERROR_NO_COMPAT_DRIVERS),
    NAME(ERROR_DEVINSTALL_QUEUE_NONNATIVE),
    NAME(ERROR_NO_CATALOG_FOR_OEM_INF),
    NAME(ERROR_DRIVER_NONNATIVE),
    NAME(ERROR_IN_WOW64),
    NAME(ERROR_SET_SYSTEM_RESTORE_POINT),
    NAME(ERROR_AUTHENTICODE_TRUSTED_PUBLISHER),
    NAME(ERROR_AUTHENTICODE_TRUST_NOT_ESTABLISHED),
    NAME(ERROR_AUTHENTICODE_PUBLISHER_NOT_TRUSTED),
    NAME(ERROR_SIGNATURE_OSATTRIBUTE_MISMATCH),
    NAME(ERROR_ONLY_VALIDATE_VIA_AUTHENTICODE),
    NAME(ERROR_UNRECOVERABLE_STACK_OVERFLOW),
#undef NAME
};

void text_of_win32(DWORD code, char *text, size_t size)
{
    WCHAR wide[256];
    DWORD length;

    for (size_t i = 0; i < ARRAYSIZE(setupapi_errors); i++) {
        if (setupapi_errors[i].code == code) {
            snprintf(text, size, "%s", setupapi_errors[i].name);
            return;
        }
    }
    length = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM |
                            FORMAT_MESSAGE_IGNORE_INSERTS |
                            FORMAT_MESSAGE_MAX_WIDTH_MASK, NULL, code, 0,
                            wide, ARRAYSIZE(wide), NULL);
    while (length && (wide[length - 1] == L' ' || wide[length - 1] == L'.')) {
        length--;
    }
    wide[length < ARRAYSIZE(wide) ? length : ARRAYSIZE(wide) - 1] = L'\0';
    text_narrow(wide, text, size);
    if (!text[0]) {
        snprintf(text, size, "error %lu", code);
    }
}

const char *text_of_configret(DWORD code)
{
    static const char *const names[] = {
        [CR_SUCCESS] = "CR_SUCCESS",
        [CR_DEFAULT] = "CR_DEFAULT",
        [CR_OUT_OF_MEMORY] = "CR_OUT_OF_MEMORY",
        [CR_INVALID_POINTER] = "CR_INVALID_POINTER",
        [CR_INVALID_FLAG] = "CR_INVALID_FLAG",
        [CR_INVALID_DEVNODE] = "CR_INVALID_DEVNODE",
        [CR_INVALID_RES_DES] = "CR_INVALID_RES_DES",
        [CR_INVALID_LOG_CONF] = "CR_INVALID_LOG_CONF",
        [CR_INVALID_ARBITRATOR] = "CR_INVALID_ARBITRATOR",
        [CR_INVALID_NODELIST] = "CR_INVALID_NODELIST",
        [CR_DEVNODE_HAS_REQS] = "CR_DEVNODE_HAS_REQS",
        [CR_INVALID_RESOURCEID] = "CR_INVALID_RESOURCEID",
        [CR_DLVXD_NOT_FOUND] = "CR_DLVXD_NOT_FOUND",
        [CR_NO_SUCH_DEVNODE] = "CR_NO_SUCH_DEVNODE",
        [CR_NO_MORE_LOG_CONF] = "CR_NO_MORE_LOG_CONF",
        [CR_NO_MORE_RES_DES] = "CR_NO_MORE_RES_DES",
        [CR_ALREADY_SUCH_DEVNODE] = "CR_ALREADY_SUCH_DEVNODE",
        [CR_INVALID_RANGE_LIST] = "CR_INVALID_RANGE_LIST",
        [CR_INVALID_RANGE] = "CR_INVALID_RANGE",
        [CR_FAILURE] = "CR_FAILURE",
        [CR_NO_SUCH_LOGICAL_DEV] = "CR_NO_SUCH_LOGICAL_DEV",
        [CR_CREATE_BLOCKED] = "CR_CREATE_BLOCKED",
        [CR_NOT_SYSTEM_VM] = "CR_NOT_SYSTEM_VM",
        [CR_REMOVE_VETOED] = "CR_REMOVE_VETOED",
        [CR_APM_VETOED] = "CR_APM_VETOED",
        [CR_INVALID_LOAD_TYPE] = "CR_INVALID_LOAD_TYPE",
        [CR_BUFFER_SMALL] = "CR_BUFFER_SMALL",
        [CR_NO_ARBITRATOR] = "CR_NO_ARBITRATOR",
        [CR_NO_REGISTRY_HANDLE] = "CR_NO_REGISTRY_HANDLE",
        [CR_REGISTRY_ERROR] = "CR_REGISTRY_ERROR",
        [CR_INVALID_DEVICE_ID] = "CR_INVALID_DEVICE_ID",
        [CR_INVALID_DATA] = "CR_INVALID_DATA",
        [CR_INVALID_API] = "CR_INVALID_API",
        [CR_DEVLOADER_NOT_READY] = "CR_DEVLOADER_NOT_READY",
        [CR_NEED_RESTART] = "CR_NEED_RESTART",
        [CR_NO_MORE_HW_PROFILES] = "CR_NO_MORE_HW_PROFILES",
        [CR_DEVICE_NOT_THERE] = "CR_DEVICE_NOT_THERE",
        [CR_NO_SUCH_VALUE] = "CR_NO_SUCH_VALUE",
        [CR_WRONG_TYPE] = "CR_WRONG_TYPE",
        [CR_INVALID_PRIORITY] = "CR_INVALID_PRIORITY",
        [CR_NOT_DISABLEABLE] = "CR_NOT_DISABLEABLE",
        [CR_FREE_RESOURCES] = "CR_FREE_RESOURCES",
        [CR_QUERY_VETOED] = "CR_QUERY_VETOED",
        [CR_CANT_SHARE_IRQ] = "CR_CANT_SHARE_IRQ",
        [CR_NO_DEPENDENT] = "CR_NO_DEPENDENT",
        [CR_SAME_RESOURCES] = "CR_SAME_RESOURCES",
        [CR_NO_SUCH_REGISTRY_KEY] = "CR_NO_SUCH_REGISTRY_KEY",
        [CR_INVALID_MACHINENAME] = "CR_INVALID_MACHINENAME",
        [CR_REMOTE_COMM_FAILURE] = "CR_REMOTE_COMM_FAILURE",
        [CR_MACHINE_UNAVAILABLE] = "CR_MACHINE_UNAVAILABLE",
        [CR_NO_CM_SERVICES] = "CR_NO_CM_SERVICES",
        [CR_ACCESS_DENIED] = "CR_ACCESS_DENIED",
        [CR_CALL_NOT_IMPLEMENTED] = "CR_CALL_NOT_IMPLEMENTED",
        [CR_INVALID_PROPERTY] = "CR_INVALID_PROPERTY",
        [CR_DEVICE_INTERFACE_ACTIVE] = "CR_DEVICE_INTERFACE_ACTIVE",
        [CR_NO_SUCH_DEVICE_INTERFACE] = "CR_NO_SUCH_DEVICE_INTERFACE",
        [CR_INVALID_REFERENCE_STRING] = "CR_INVALID_REFERENCE_STRING",
        [CR_INVALID_CONFLICT_LIST] = "CR_INVALID_CONFLICT_LIST",
        [CR_INVALID_INDEX] = "CR_INVALID_INDEX",
        [CR_INVALID_STRUCTURE_SIZE] = "CR_INVALID_STRUCTURE_SIZE",
    };

    return code < ARRAYSIZE(names) && names[code] ? names[code] :
           "a CONFIGRET without a name";
}

/* Newer ones than mingw's cfg.h has, of Microsoft's "Device Manager Error
 * Messages". */
const char *text_of_problem(DWORD code)
{
    static const char *const names[] = {
        [1] = "CM_PROB_NOT_CONFIGURED",
        [2] = "CM_PROB_DEVLOADER_FAILED",
        [3] = "CM_PROB_OUT_OF_MEMORY",
        [4] = "CM_PROB_ENTRY_IS_WRONG_TYPE",
        [5] = "CM_PROB_LACKED_ARBITRATOR",
        [6] = "CM_PROB_BOOT_CONFIG_CONFLICT",
        [7] = "CM_PROB_FAILED_FILTER",
        [8] = "CM_PROB_DEVLOADER_NOT_FOUND",
        [9] = "CM_PROB_INVALID_DATA",
        [10] = "CM_PROB_FAILED_START",
        [11] = "CM_PROB_LIAR",
        [12] = "CM_PROB_NORMAL_CONFLICT",
        [13] = "CM_PROB_NOT_VERIFIED",
        [14] = "CM_PROB_NEED_RESTART",
        [15] = "CM_PROB_REENUMERATION",
        [16] = "CM_PROB_PARTIAL_LOG_CONF",
        [17] = "CM_PROB_UNKNOWN_RESOURCE",
        [18] = "CM_PROB_REINSTALL",
        [19] = "CM_PROB_REGISTRY",
        [20] = "CM_PROB_VXDLDR",
        [21] = "CM_PROB_WILL_BE_REMOVED",
        [22] = "CM_PROB_DISABLED",
        [23] = "CM_PROB_DEVLOADER_NOT_READY",
        [24] = "CM_PROB_DEVICE_NOT_THERE",
        [25] = "CM_PROB_MOVED",
        [26] = "CM_PROB_TOO_EARLY",
        [27] = "CM_PROB_NO_VALID_LOG_CONF",
        [28] = "CM_PROB_FAILED_INSTALL",
        [29] = "CM_PROB_HARDWARE_DISABLED",
        [30] = "CM_PROB_CANT_SHARE_IRQ",
        [31] = "CM_PROB_FAILED_ADD",
        [32] = "CM_PROB_DISABLED_SERVICE",
        [33] = "CM_PROB_TRANSLATION_FAILED",
        [34] = "CM_PROB_NO_SOFTCONFIG",
        [35] = "CM_PROB_BIOS_TABLE",
        [36] = "CM_PROB_IRQ_TRANSLATION_FAILED",
        [37] = "CM_PROB_FAILED_DRIVER_ENTRY",
        [38] = "CM_PROB_DRIVER_FAILED_PRIOR_UNLOAD",
        [39] = "CM_PROB_DRIVER_FAILED_LOAD",
        [40] = "CM_PROB_DRIVER_SERVICE_KEY_INVALID",
        [41] = "CM_PROB_LEGACY_SERVICE_NO_DEVICES",
        [42] = "CM_PROB_DUPLICATE_DEVICE",
        [43] = "CM_PROB_FAILED_POST_START",
        [44] = "CM_PROB_HALTED",
        [45] = "CM_PROB_PHANTOM",
        [46] = "CM_PROB_SYSTEM_SHUTDOWN",
        [47] = "CM_PROB_HELD_FOR_EJECT",
        [48] = "CM_PROB_DRIVER_BLOCKED",
        [49] = "CM_PROB_REGISTRY_TOO_LARGE",
        [50] = "CM_PROB_SETPROPERTIES_FAILED",
        [51] = "CM_PROB_WAITING_ON_DEPENDENCY",
        [52] = "CM_PROB_UNSIGNED_DRIVER",
        [53] = "CM_PROB_USED_BY_DEBUGGER",
        [54] = "CM_PROB_DEVICE_RESET",
        [55] = "CM_PROB_CONSOLE_LOCKED",
        [56] = "CM_PROB_NEED_CLASS_CONFIG",
        [57] = "CM_PROB_GUEST_ASSIGNMENT_FAILED",
    };

    return code < ARRAYSIZE(names) && names[code] ? names[code] :
           "a problem without a name";
}

uint64_t text_seconds(FILETIME time)
{
    /* 100 ns since 1601; 11,644,473,600 s lie between that and 1970. */
    return ((uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime) /
           10000000 - 11644473600ull;
}
