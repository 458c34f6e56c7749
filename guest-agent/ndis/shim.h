/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rigshim.sys in the NDIS host: the module that an instrumented driver imports
 * from, and the function driver of rig-tap that it is besides.
 */
#ifndef NDIS_SHIM_H
#define NDIS_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "ndis/stack.h"

/*
 * Address of the shim's export; the image is loaded at the first call, from
 * the directory of the driver. NULL: there is no such image or export, with
 * the reason in host_error().
 */
void *shim_resolve(const char *name);
/*
 * If the driver imports from it: DriverEntry, AddDevice and start with the
 * tap's BARs, if there is a tap; the position of the cycle. 0 or HOST_REFUSED.
 */
uint32_t shim_start(void);
/* Remove the tap's function: the shim lets go of it. */
void shim_stop(void);
/*
 * A request to the device of the shim, as agent.exe makes it; `buffer` is in
 * and out. NTSTATUS; *done: bytes that came back.
 */
uint32_t shim_request(uint32_t code, void *buffer, uint32_t in, uint32_t out,
                      uint32_t *done);

/* A PnP request of that minor function, as PnP sends it. NTSTATUS. */
uint32_t shim_pnp(uint8_t minor);
/*
 * A request of the power manager for the system's power state
 * (SYSTEM_POWER_STATE; 1: working, 4: S3), to set it or to ask. NTSTATUS, when
 * all that follows from it is over.
 */
uint32_t shim_system_power(bool query, uint32_t state);
/* Who puts the tap's function into a device state (DEVICE_POWER_STATE; 1: D0,
   4: D3) and returns an NTSTATUS. NULL: nobody, and it succeeds. */
void shim_bus_power(int32_t (*bus)(uint32_t device_state));

/* The image that this address is code of: the driver's, the shim's, or NULL. */
const struct pe_image *shim_image_at(uint64_t address);
/*
 * A context that is where an export was called: out of the shim if it was, so
 * that it is in the driver.
 */
void shim_leave(struct stack_context *c);
/* RVA of the driver's call of an export, frame[0] being its return address. */
uint32_t shim_call_site(const uint64_t *frame);

#endif
