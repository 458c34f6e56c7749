/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest of rig-tap-order-test: what it does is told in ../rig-order.h. */
#include <stddef.h>
#include <stdint.h>
#include "rig/events.h"
#include "rig/nic-regs.h"
#include "rig/tap-regs.h"
#include "../rig-order.h"

/* Where the test puts the functions, and where we put their BARs. */
#define NIC_DEVFN  (2u << 3)
#define TAP_DEVFN  (0x1eu << 3)
#define NIC_REGS   0xe0000000u
#define NIC_MSIX   0xe0010000u
#define TAP_REGS   0xe0020000u
#define TAP_SLOTS  0xe0030000u

#define APIC       0xfee00000u /* Intel SDM volume 3A, table 11-1 */
#define APIC_SVR   0xf0u
#define APIC_ICR   0x300u
#define APIC_ICR_TO 0x310u
#define TRAMPOLINE 0x8000u

/* What the vCPUs share, in RAM; zero at power-on. */
static struct shared {
    uint32_t number;  /* the counter that gives the order */
    uint32_t started; /* vCPUs that are ready */
    uint32_t ended;
    uint32_t turn;    /* which step of the hand-off phase comes next */
    uint32_t missing; /* messages that did not arrive */
} *const shared = (struct shared *)0x3000;

static const struct rig_order_setup *const setup =
    (const struct rig_order_setup *)RIG_ORDER_SETUP;

extern const uint8_t trampoline[], trampoline_end[];

static void out32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

/* After all that was written before: x86 keeps the order, so must we. */
static void write32(uint32_t address, uint32_t value)
{
    __asm__ volatile("" : : : "memory");
    *(volatile uint32_t *)(uintptr_t)address = value;
}

static uint32_t read32(uint32_t address)
{
    return *(volatile uint32_t *)(uintptr_t)address;
}

static void config32(uint32_t devfn, uint32_t offset, uint32_t value)
{
    out32(0xcf8, 0x80000000u | devfn << 8 | offset);
    out32(0xcfc, value);
}

static void pause(void)
{
    __asm__ volatile("pause" : : : "memory");
}

static uint32_t add(uint32_t *at, uint32_t value)
{
    return __atomic_fetch_add(at, value, __ATOMIC_SEQ_CST);
}

static uint32_t load(const uint32_t *at)
{
    return __atomic_load_n(at, __ATOMIC_SEQ_CST);
}

static uint32_t draw(void)
{
    return add(&shared->number, 1);
}

/* --- the machine ---------------------------------------------------------- */

static void set_up_functions(void)
{
    config32(NIC_DEVFN, 0x10, NIC_REGS);
    config32(NIC_DEVFN, 0x18, NIC_MSIX);
    config32(NIC_DEVFN, 0x04, 6); /* memory, bus master */
    config32(TAP_DEVFN, 0x10, TAP_REGS);
    config32(TAP_DEVFN, 0x18, TAP_SLOTS);
    config32(TAP_DEVFN, 0x04, 2);
    while (!(read32(NIC_REGS + RIG_NIC_STATUS) &
             RIG_NIC_STATUS_RESET_DONE)) {
        pause();
    }
    write32(NIC_REGS + RIG_NIC_IAC, RIG_NIC_CAUSE_ALL);
    for (uint32_t c = 0; c < RIG_ORDER_CPUS; c++) {
        write32(NIC_REGS + RIG_NIC_IVAR(c), RIG_NIC_IVAR_VALID | c);
        write32(NIC_MSIX + 16 * c, RIG_ORDER_MESSAGE + 64 * c);
        write32(NIC_MSIX + 16 * c + 4, 0);
        write32(NIC_MSIX + 16 * c + 12, 0);
    }
    write32(NIC_REGS + RIG_NIC_IMS, 3);
    config32(NIC_DEVFN, 0x50, 0x80000000u); /* MSI-X Enable */
}

/* Intel SDM volume 3A, section 9.4.4.1: INIT, then start-up IPI. */
static void start_second(void)
{
    uint8_t *to = (uint8_t *)TRAMPOLINE;

    for (size_t i = 0; trampoline + i < trampoline_end; i++) {
        to[i] = trampoline[i];
    }
    write32(APIC + APIC_SVR, 0x1ff);
    write32(APIC + APIC_ICR_TO, 1u << 24);
    write32(APIC + APIC_ICR, 0x4500);
    write32(APIC + APIC_ICR_TO, 1u << 24);
    write32(APIC + APIC_ICR, 0x4600 | TRAMPOLINE >> 12);
}

/* --- the three things ----------------------------------------------------- */

static struct rig_marker *slot(uint32_t cpu)
{
    return (struct rig_marker *)(TAP_SLOTS + cpu * RIG_TAP_SLOT_SIZE);
}

static void name(uint32_t cpu, const char *text)
{
    struct rig_marker *m = slot(cpu);
    size_t i = 0;

    m->length = RIG_MARKER_MIN;
    m->kind = RIG_MK_NOTE;
    m->thread = cpu;
    do {
        m->name[i] = text[i];
    } while (text[i++]);
}

static void mark(uint32_t cpu)
{
    write32(TAP_REGS + RIG_TAP_REG_MARKER, cpu);
}

static void write_table(uint32_t cpu, uint32_t data)
{
    write32(NIC_MSIX + 16 * cpu + 8, data);
}

/* The message carries what was written to the table last. */
static void raise_vector(uint32_t cpu, uint32_t data)
{
    write32(NIC_REGS + RIG_NIC_ICS, 1u << cpu);
    if (read32(RIG_ORDER_MESSAGE + 64 * cpu) != data) {
        add(&shared->missing, 1);
    }
}

static uint64_t pair(uint32_t low, uint32_t high)
{
    return (uint64_t)high << 32 | low;
}

static void run_free(uint32_t cpu)
{
    struct rig_marker *m = slot(cpu);

    name(cpu, RIG_ORDER_FREE);
    for (uint32_t round = 0; round < setup->rounds; round++) {
        uint32_t end, begin;

        m->arg[RIG_ORDER_ROUND] = pair(round, draw());
        mark(cpu);
        end = draw();
        begin = draw();
        m->arg[RIG_ORDER_MARKER] = pair(end, begin);
        write_table(cpu, begin);
        end = draw();
        m->arg[RIG_ORDER_TABLE] = pair(begin, end);
        end = draw();
        raise_vector(cpu, begin);
        m->arg[RIG_ORDER_RAISE] = pair(end, draw());
    }
}

static void wait_for(uint32_t turn)
{
    while (load(&shared->turn) != turn) {
        pause();
    }
}

/* Each step is done by the vCPU that did not do the one before. */
static void take_turns(uint32_t cpu)
{
    uint32_t cpus = setup->cpus;

    name(cpu, RIG_ORDER_TURN);
    for (uint32_t step = 0; step < 3 * setup->handoffs; step++) {
        if (step % cpus != cpu) {
            continue;
        }
        wait_for(step);
        if (step % 3 == 0) {
            slot(cpu)->arg[0] = step / 3;
            mark(cpu);
        } else if (step % 3 == 1) {
            write_table(0, step / 3);
        } else {
            raise_vector(0, step / 3);
        }
        add(&shared->turn, 1);
    }
}

static void live(uint32_t cpu)
{
    add(&shared->started, 1);
    while (load(&shared->started) < setup->cpus) {
        pause();
    }
    take_turns(cpu);
    wait_for(3 * setup->handoffs);
    run_free(cpu);
    add(&shared->ended, 1);
}

void first_main(void)
{
    set_up_functions();
    if (setup->cpus > 1) {
        start_second();
    }
    live(0);
    while (load(&shared->ended) < setup->cpus) {
        pause();
    }
    name(0, RIG_ORDER_DONE);
    slot(0)->arg[0] = load(&shared->missing);
    mark(0);
    write32(TAP_REGS + RIG_TAP_REG_END, RIG_TAP_END_KEY);
}

void second_main(void)
{
    live(1);
}
