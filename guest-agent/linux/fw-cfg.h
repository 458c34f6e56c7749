/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan of a machine that starts from a snapshot: QEMU's fw_cfg device,
 * which is no part of a snapshot, so that a restored guest reads what this
 * QEMU was given.
 */
#ifndef RIG_LINUX_FW_CFG_H
#define RIG_LINUX_FW_CFG_H

#include <stddef.h>

/*
 * Unpack the newc archive in the fw_cfg file @name below "/". 0, or -1 with
 * one sentence in @err. Only PID 1 of the guest may: it uses I/O ports.
 */
int fw_cfg_unpack(const char *name, char *err, size_t errlen);

#endif
