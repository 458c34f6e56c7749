/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing markers and commands into rig-tap's BARs, at any IRQL.
 *
 * How it works: a writer raises the processor to HIGH_LEVEL, so that nothing
 * but a non-maskable interrupt can come in between, takes a slot, fills it,
 * rings the bell and gives the slot back. With up to 32 processors each has a
 * slot of its own; with more, a writer tries the next ones, and one is free
 * within the time that another processor takes to write. A slot's lock is also
 * what ShimTapDetach() waits for: the tap is looked at under it only.
 */
#include "kernel.h"
#include "shim.h"

#define SLOTS (RIG_TAP_SLOTS - RIGSHIM_SLOT_FIRST)

static struct {
    volatile ULONG *Registers; /* NULL: there is no tap */
    volatile UCHAR *Slots;
    volatile LONG Lock[SLOTS];
    BOOLEAN Ended;
    volatile LONG64 Written, Dropped;
} ShimTap;

static BOOLEAN ShimTake(ULONG Slot)
{
    return !__atomic_exchange_n(&ShimTap.Lock[Slot], 1, __ATOMIC_ACQUIRE);
}

static VOID ShimGive(ULONG Slot)
{
    __atomic_store_n(&ShimTap.Lock[Slot], 0, __ATOMIC_RELEASE);
}

/* At HIGH_LEVEL, with the slot taken. */
static ULONG ShimBegin(KIRQL *Irql)
{
    ULONG slot;

    *Irql = KeGetCurrentIrql();
    ShimSetIrql(HIGH_LEVEL);
    slot = KeGetCurrentProcessorNumberEx(NULL) % SLOTS;
    while (!ShimTake(slot)) {
        slot = (slot + 1) % SLOTS;
    }
    return slot;
}

static VOID ShimEnd(ULONG Slot, KIRQL Irql)
{
    ShimGive(Slot);
    ShimSetIrql(Irql);
}

/* Whole quadwords: the slots are device memory. */
static VOID ShimToSlot(ULONG Slot, const VOID *From, ULONG Bytes)
{
    volatile ULONG64 *to = (volatile ULONG64 *)(
        ShimTap.Slots + (RIGSHIM_SLOT_FIRST + Slot) * RIG_TAP_SLOT_SIZE);
    const ULONG64 *from = From;
    ULONG i;

    for (i = 0; i < Bytes / 8; i++) {
        to[i] = from[i];
    }
}

static VOID ShimRing(ULONG Register, ULONG Value)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    ShimTap.Registers[Register / 4] = Value;
}

BOOLEAN ShimTapMarker(const struct rig_marker *Marker)
{
    KIRQL irql;
    ULONG slot = ShimBegin(&irql);
    BOOLEAN ready = ShimTap.Registers && !ShimTap.Ended;

    if (ready) {
        ShimToSlot(slot, Marker, Marker->length);
        ShimRing(RIG_TAP_REG_MARKER, RIGSHIM_SLOT_FIRST + slot);
    }
    ShimEnd(slot, irql);
    __atomic_add_fetch(ready ? &ShimTap.Written : &ShimTap.Dropped, 1,
                       __ATOMIC_RELAXED);
    return ready;
}

BOOLEAN ShimTapCommand(struct rig_command *Command)
{
    KIRQL irql;
    ULONG slot = ShimBegin(&irql);
    BOOLEAN ready = ShimTap.Registers && !ShimTap.Ended;

    if (ready) {
        struct rig_command *there = (struct rig_command *)(ULONG_PTR)(
            ShimTap.Slots + (RIGSHIM_SLOT_FIRST + slot) * RIG_TAP_SLOT_SIZE);

        ShimToSlot(slot, Command, sizeof(*Command));
        ShimRing(RIG_TAP_REG_COMMAND, RIGSHIM_SLOT_FIRST + slot);
        Command->result = *(volatile LONG *)&there->result;
    }
    ShimEnd(slot, irql);
    return ready;
}

BOOLEAN ShimTapEnd(VOID)
{
    KIRQL irql;
    ULONG slot = ShimBegin(&irql);
    BOOLEAN ready = ShimTap.Registers && !ShimTap.Ended;

    if (ready) {
        ShimRing(RIG_TAP_REG_END, RIG_TAP_END_KEY);
        ShimTap.Ended = TRUE;
    }
    ShimEnd(slot, irql);
    return ready;
}

BOOLEAN ShimTapAttach(volatile ULONG *Registers, volatile UCHAR *Slots)
{
    if (READ_REGISTER_ULONG(&Registers[RIG_TAP_REG_ID / 4]) != RIG_TAP_ID ||
        READ_REGISTER_ULONG(&Registers[RIG_TAP_REG_VERSION / 4]) !=
            RIG_STREAM_VERSION) {
        return FALSE;
    }
    ShimTap.Slots = Slots;
    ShimTap.Ended = FALSE;
    __atomic_store_n(&ShimTap.Written, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&ShimTap.Dropped, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&ShimTap.Registers, Registers, __ATOMIC_RELEASE);
    return TRUE;
}

VOID ShimTapDetach(VOID)
{
    ULONG i;

    __atomic_store_n(&ShimTap.Registers, NULL, __ATOMIC_SEQ_CST);
    for (i = 0; i < SLOTS; i++) {
        /* A writer holds it for as long as it takes to write one marker. */
        while (__atomic_load_n(&ShimTap.Lock[i], __ATOMIC_SEQ_CST)) {
            __builtin_ia32_pause();
        }
    }
}

BOOLEAN ShimTapReady(VOID)
{
    return __atomic_load_n(&ShimTap.Registers, __ATOMIC_ACQUIRE) &&
           !ShimTap.Ended;
}

VOID ShimTapDropped(VOID)
{
    __atomic_add_fetch(&ShimTap.Dropped, 1, __ATOMIC_RELAXED);
}

VOID ShimTapCounts(struct rigshim_counts *Counts)
{
    Counts->written = __atomic_load_n(&ShimTap.Written, __ATOMIC_RELAXED);
    Counts->dropped = __atomic_load_n(&ShimTap.Dropped, __ATOMIC_RELAXED);
}
