/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices of Windows: found by name, described. */
#ifndef WINDOWS_DEVICE_H
#define WINDOWS_DEVICE_H

#include "windows/api.h"

struct device {
    DEVINST instance;
    WCHAR id[MAX_DEVICE_ID_LEN]; /* device instance id */
};

/* The device of "device" or `name` in UTF-8: an instance id, or the first
 * present one a hardware id of which begins so. False: the job has failed. */
bool device_find(struct job *job, const char *name, struct device *device);
bool device_of_job(struct job *job, struct device *device);

struct device_state {
    bool present;
    ULONG flags, problem; /* problem 0: none */
};

/* False: the job has failed. A device that is gone is not present, no error. */
bool device_state(struct job *job, const struct device *device,
                  struct device_state *state);

/* Append all that is known of a device to the reply. */
void device_describe(struct job *job, const struct device *device);

/* A device's element in a list of its own, to be destroyed; INVALID_HANDLE_VALUE
 * and a failed job if there is none. */
HDEVINFO device_open(struct job *job, const struct device *device,
                     SP_DEVINFO_DATA *data);

#endif
