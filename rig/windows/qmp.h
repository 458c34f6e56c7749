/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QMP beside libvirt: what libvirt has no function for, through its own
 * connection to QEMU (libvirt-qemu.h). Any thread may call; each call is over
 * when QEMU has answered.
 */
#ifndef RIG_QMP_H
#define RIG_QMP_H

#include <glib.h>
#include <json-glib/json-glib.h>
#include <libvirt/libvirt.h>

#include "rig/events.h"

/*
 * Execute @command with @arguments, an object that is taken, or NULL. FALSE
 * with @error in QEMU's words.
 */
gboolean rig_qmp(virDomainPtr domain, const char *command,
                 JsonObject *arguments, GError **error);

/* A command of the human monitor: "savevm x". It says nothing when it works. */
gboolean rig_qmp_human(virDomainPtr domain, const char *command,
                       GError **error);

/* Set a property of the QOM object at @path; @value is taken. */
gboolean rig_qmp_set(virDomainPtr domain, const char *path,
                     const char *property, JsonNode *value, GError **error);

/*
 * Have rig-tap write @marker, or a stream's end, between what the guest did
 * before and what it does afterwards. `length` is filled in.
 */
gboolean rig_qmp_marker(virDomainPtr domain, const struct rig_marker *marker,
                        GError **error);
gboolean rig_qmp_end(virDomainPtr domain, GError **error);

/* Arm device fault @name ("slow-reset:200000") to strike at its @at-th
   occasion, or with @at 0 take back all. */
gboolean rig_qmp_fault(virDomainPtr domain, const char *name, unsigned at,
                       GError **error);

/*
 * The details of each QMP event of that name, JSON, are given to @happened, on
 * libvirt's event thread. A callback id for rig_qmp_forget(), or -1.
 */
int rig_qmp_watch(virConnectPtr conn, virDomainPtr domain, const char *event,
                  void (*happened)(const char *json, void *opaque),
                  void *opaque);
void rig_qmp_forget(virConnectPtr conn, int id);

#endif
