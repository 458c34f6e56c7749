/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The agent as a service. */
#ifndef WINDOWS_SERVICE_H
#define WINDOWS_SERVICE_H

#include <windows.h>

#define SERVICE_ID      L"RigAgent"
#define SERVICE_DISPLAY L"Rig agent"

/* Install it, to be started now and at every start of Windows, with `port`.
 * Each returns the exit status of the program and has said what went wrong. */
int service_install(const WCHAR *port);
int service_uninstall(void);

/* Be it, called by the service control manager: run `converse` until it
 * returns; anything but 0 makes the manager start the service again. */
int service_run(int (*converse)(const WCHAR *port), void (*stop)(void),
                const WCHAR *port);

#endif
