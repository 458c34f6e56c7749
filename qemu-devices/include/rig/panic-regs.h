/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rig-panic: a PCI function that reports a guest panic with the five
 * parameters that Windows gives a hypervisor.
 *
 * The registers have the meaning of the partition crash MSRs of the Hyper-V
 * Top Level Functional Specification, "Partition Crash Enlightenment"
 * (HV_X64_MSR_CRASH_P0..P4, 0x40000100..104, and _CTL, 0x40000105). Real ones
 * exist under KVM only; this is how the way from such a panic to the report is
 * gone without it.
 */
#ifndef RIG_PANIC_REGS_H
#define RIG_PANIC_REGS_H

#define RIG_PANIC_VENDOR_ID 0x1af4u
#define RIG_PANIC_DEVICE_ID 0x10f7u /* QEMU's experimental range 10f0..10ff */

#define RIG_PANIC_BAR       0
#define RIG_PANIC_BAR_SIZE  0x1000u

/* 64-bit registers, read and write, in accesses of 4 or 8 bytes. */
#define RIG_PANIC_P(n)      (8u * (n)) /* n 0..4: STOP code, then Arg1..4 */
#define RIG_PANIC_PARAMETERS 5u
#define RIG_PANIC_CTL       0x28u
/* A write that sets bit 63 (CrashNotify) panics; reads as 1 << 63: it can. */
#define RIG_PANIC_NOTIFY    (1ull << 63)

#endif
