/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the agent can do on Linux: backend.c, and devices.c by sysfs. */
#ifndef POSIX_BACKEND_H
#define POSIX_BACKEND_H

#include "linux/pci.h"
#include "protocol/job.h"

/* The handler of a request; NULL if there is none. */
job_handler *posix_handler(uint16_t request);

/* devices.c: PCI functions. "device" is an address like 0000:00:03.0, or the
 * beginning of a hardware id as Windows reports them. */
job_handler posix_devices, posix_status, posix_wait, posix_enable,
    posix_disable, posix_restart, posix_remove, posix_rescan;
/* The address of the device of the request; false: the job has failed. */
bool posix_device_address(struct job *job, char address[PCI_ADDRESS_SIZE]);

/* power.c */
job_handler posix_sleep;
void posix_add_sleep_states(struct job *job);

/* traffic.c */
job_handler posix_traffic;

#endif
