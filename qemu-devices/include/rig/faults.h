/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device faults of rig-nic: the one table from which the device arms them
 * and `rig faults --list` explains them. docs/rig-nic.rst has the syntax.
 *
 * A fault strikes at its n-th occasion, counted from when it was armed; what
 * an occasion is depends on the fault. Occasions are accesses and events of
 * the device, never times, so that a run which is repeated is struck at the
 * same place.
 */
#ifndef RIG_FAULTS_H
#define RIG_FAULTS_H

/* Largest ordinal that can be armed. */
#define RIG_FAULT_ORDINAL_MAX 0xffffffffu
/* A specification NAME[:ARGUMENT] has at most this many characters, so that it
   fits struct rig_command. */
#define RIG_FAULT_SPEC_MAX 39

enum rig_fault_span {
    RIG_FAULT_ONCE, /* only the n-th occasion is struck */
    RIG_FAULT_LASTS /* the n-th and all later ones, until disarmed */
};

/* What may follow the name. */
enum rig_fault_argument {
    RIG_FAULT_NO_ARGUMENT,
    RIG_FAULT_NUMBER, /* min..max, or dflt when it is left out */
    RIG_FAULT_BIT     /* OFFSET.BIT.VALUE: a register bit that is stuck */
};

/*
 * X(ID, name, span, argument kind, min, max, dflt, occasion, effect, what a
 * correct driver does)
 */
#define RIG_FAULTS(X) \
    X(ALL_ONES, "all-ones", LASTS, NUMBER, 0, 1, 0, \
      "read of a register", \
      "Surprise removal: registers read 0xffffffff, writes, DMA, frames and " \
      "interrupts cease; with argument 1 configuration space reads all ones " \
      "as well and keeps what it has.", \
      "Takes all ones for removal, ends every poll, and still deregisters " \
      "its interrupts and frees all it has.") \
    X(STUCK_BIT, "stuck-bit", LASTS, BIT, 0, 0, 0, \
      "read of the register that the argument names", \
      "One bit of the register reads as the argument says; the device itself " \
      "works on.", \
      "Limits every wait for a bit, fails its init or halts in time, and " \
      "releases all.") \
    X(RESET_NEVER_DONE, "reset-never-done", ONCE, NO_ARGUMENT, 0, 0, 0, \
      "CTRL.RST", \
      "This reset does not complete: RESET_DONE stays 0 until another reset.", \
      "Gives up after its limit; init fails and releases all, halt still " \
      "deregisters.") \
    X(SLOW_RESET, "slow-reset", ONCE, NUMBER, 101, 60000000, 1000000, \
      "CTRL.RST", \
      "This reset takes as many microseconds of virtual time as the argument " \
      "says.", \
      "Waits within its limit without holding a lock or raised IRQL, or gives " \
      "up cleanly.") \
    X(NVM_CHECKSUM, "nvm-checksum", LASTS, NO_ARGUMENT, 0, 0, 0, \
      "loading of the NVM at the end of a reset", \
      "The last word of the NVM is wrong: NVM_VALID is 0, no MAC address is " \
      "loaded.", \
      "Fails its init, or uses a configured address, and logs the error.") \
    X(MAC_ZERO, "mac-zero", LASTS, NO_ARGUMENT, 0, 0, 0, \
      "loading of the NVM at the end of a reset", \
      "The NVM, its checksum good, has the address 00:00:00:00:00:00.", \
      "Refuses the address: init fails and releases all.") \
    X(MAC_MULTICAST, "mac-multicast", LASTS, NO_ARGUMENT, 0, 0, 0, \
      "loading of the NVM at the end of a reset", \
      "The NVM, its checksum good, has a group address: bit 0 of its first " \
      "byte is set.", \
      "Refuses the address: init fails and releases all.") \
    X(FEWER_VECTORS, "fewer-vectors", LASTS, NUMBER, 1, 64, 1, \
      "read of MSI-X Message Control", \
      "Table Size shows at most as many vectors as the argument says, and so " \
      "does CAPS.", \
      "Uses what it is granted: shares vectors among queues, or fails its " \
      "init and releases all.") \
    X(NO_MSIX, "no-msix", LASTS, NO_ARGUMENT, 0, 0, 0, \
      "read of the pointer to the MSI-X capability", \
      "The list of capabilities skips MSI-X. A system that has read the list " \
      "before does not notice.", \
      "Falls back to a line-based interrupt and registers that one alone.") \
    X(MSIX_ENABLE_IGNORED, "msix-enable-ignored", LASTS, NO_ARGUMENT, 0, 0, 0, \
      "write to configuration space that sets MSI-X Enable", \
      "MSI-X Enable stays as it is.", \
      "Notices that its test interrupt does not come, and fails its init.") \
    X(NO_INTERRUPT, "no-interrupt", LASTS, NO_ARGUMENT, 0, 0, 0, \
      "message sent, or INTx asserted", \
      "No message is sent and INTx is not asserted any more.", \
      "Does not wait for an interrupt without a limit; a watchdog resets the " \
      "device.") \
    X(LOST_INTERRUPT, "lost-interrupt", ONCE, NO_ARGUMENT, 0, 0, 0, \
      "message sent", \
      "This message is lost, its causes count as reported.", \
      "Recovers: the next interrupt or a watchdog handles what was missed.") \
    X(INTERRUPT_STORM, "interrupt-storm", ONCE, NUMBER, 1, 1000000, 1000, \
      "message sent", \
      "The message is repeated as often as the argument says, one per " \
      "microsecond, without a cause.", \
      "Its ISR takes what is not its own, or finds no cause, and lasts; halt " \
      "still deregisters.") \
    X(EARLY_INTERRUPT, "early-interrupt", ONCE, NUMBER, 0, 63, 0, \
      "write to a register, that is step n of init", \
      "Before the write takes effect the vector that the argument names is " \
      "raised, whatever IMS says; without MSI-X, cause MAILBOX is set and " \
      "unmasked.", \
      "Has all that its ISR and DPC touch ready before it registers the " \
      "interrupt.") \
    X(LINK_NEVER_UP, "link-never-up", LASTS, NO_ARGUMENT, 0, 0, 0, \
      "read of STATUS", \
      "The link is down: LINK_UP reads 0, frames are lost both ways.", \
      "Init succeeds, and media state is reported as disconnected.") \
    X(DMA_UNMAPPED, "dma-unmapped", ONCE, NO_ARGUMENT, 0, 0, 0, \
      "DMA access: descriptors or frame data, read or written", \
      "The access goes to an address that nothing decodes, and fails: a ring " \
      "halts, or a frame is reported with ERROR.", \
      "Sees HALTED or ERROR, resets the ring, completes all its frames.") \
    X(POWER_STUCK, "power-stuck", LASTS, NO_ARGUMENT, 0, 0, 0, \
      "write that asks for D0 in D3hot", \
      "The device stays in D3hot; a reset of the function still wakes it.", \
      "Reads back the power state or finds all ones, and fails the " \
      "transition without a loss.")

#define RIG_FAULT_ENUM(id, ...) RIG_FAULT_##id,
enum rig_fault_id { RIG_FAULTS(RIG_FAULT_ENUM) RIG_FAULTS_COUNT };
#undef RIG_FAULT_ENUM

struct rig_fault_info {
    const char *name;
    enum rig_fault_span span;
    enum rig_fault_argument argument;
    unsigned min, max, dflt;
    const char *occasion, *effect, *correct;
};

#endif
