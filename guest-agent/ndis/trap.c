/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Traps: emulation, crash reports, bug checks, hang reports.
 *
 * A fault in driver code is either an instruction that emulate.c knows, or the
 * end of the cycle: a marker with everything a person needs, and _exit(). All
 * of it runs in a signal handler on a stack of its own and calls nothing that
 * is not async-signal-safe.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include "ndis/core.h"
#include "ndis/emulate.h"
#include "ndis/pool.h"
#include "ndis/shim.h"
#include "ndis/stack.h"
#include "ndis/thunk.h"

#define STACK_FRAMES 10
#define CODE_MAX     15u            /* longest x86 instruction */
#define GUARD_DISTANCE 65536u       /* a frame is no larger than that */

/* Bug check codes of the two trapping instructions. */
#define KERNEL_SECURITY_CHECK_FAILURE 0x139
#define ASSERTION_FAILURE             0x7e

/* How host_report_hang() asks another thread where it is. */
#define SIG_WHERE SIGUSR2

#define STUCK_TIME 1000000u    /* ns that a callback at raised IRQL may take */

static volatile bool where_answered;

/* --- text, without stdio ---------------------------------------------- */

struct text {
    char *at, *end;
};

static void put_string(struct text *t, const char *s)
{
    while (*s && t->at < t->end) {
        *t->at++ = *s++;
    }
    *t->at = '\0';
}

static void put_hex(struct text *t, uint64_t v)
{
    char digits[17];
    int n = 16;

    digits[n] = '\0';
    do {
        digits[--n] = "0123456789abcdef"[v & 15];
        v >>= 4;
    } while (v);
    put_string(t, digits + n);
}

static struct text marker_text(struct rig_marker *m)
{
    return (struct text) { m->text, m->text + sizeof(m->text) - 1 };
}

/* --- where the driver is ---------------------------------------------- */

/* Registers in the order of their numbers in machine code. */
static const int register_order[16] = {
    REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
    REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
};

static void map_context(const greg_t *g, struct stack_context *c)
{
    for (int i = 0; i < 16; i++) {
        c->reg[i] = (uint64_t)g[register_order[i]];
    }
    c->rip = (uint64_t)g[REG_RIP];
    c->known = 0xffff;
    c->top = host_self.stack_top;
}

/*
 * Calls in the driver that led here, innermost first. Inside an export they
 * begin with the call of it; anywhere else outside the driver they are
 * searched for.
 */
static unsigned call_stack(const greg_t *g, uint32_t *rva, unsigned max)
{
    struct stack_context c;

    map_context(g, &c);
    if (pe_is_text(&host.image, c.rip)) {
        return stack_walk(&host.image, &c, false, rva, max);
    }
    if (host_self.api && host_self.frame) {
        c.rip = host_self.frame[0];
        c.reg[4] = (uintptr_t)(host_self.frame + 1);
        c.known = 1u << 4;
        shim_leave(&c);
        return stack_walk(&host.image, &c, true, rva, max);
    }
    return stack_scan(&host.image, &c, rva, max);
}

static void put_stack(struct text *t, const uint32_t *rva, unsigned n)
{
    if (n) {
        put_string(t, "stack");
    }
    for (unsigned i = 0; i < n; i++) {
        put_string(t, " ");
        put_hex(t, rva[i]);
    }
}

/* caller and text of a marker about this context; what: "" or with a space. */
static void describe(struct rig_marker *m, const greg_t *g, const char *what)
{
    uint32_t rva[STACK_FRAMES];
    unsigned n = call_stack(g, rva, STACK_FRAMES);
    uint32_t here = pe_rva(&host.image, (uint64_t)g[REG_RIP]);
    struct text t = marker_text(m);

    m->caller = here ? here : n ? rva[0] : 0;
    put_string(&t, what);
    if (!here && host_self.api) {
        put_string(&t, "in ");
        put_string(&t, host_self.api);
        put_string(&t, " ");
    } else if (!here && g[REG_RIP] == 0) {
        put_string(&t, "jump to NULL ");
    }
    put_stack(&t, rva, n);
    m->arg[0] = here;
    m->arg[1] = (uint64_t)g[REG_RSP];
    m->arg[2] = (uint64_t)g[REG_RAX];
    m->arg[3] = (uint64_t)g[REG_RCX];
}

static const struct {
    const char *name;
    int index;
} registers[] = {
    { "rax=", REG_RAX }, { " rbx=", REG_RBX }, { " rcx=", REG_RCX },
    { " rdx=", REG_RDX }, { "rsi=", REG_RSI }, { " rdi=", REG_RDI },
    { " rbp=", REG_RBP }, { " rsp=", REG_RSP }, { "r8=", REG_R8 },
    { " r9=", REG_R9 }, { " r10=", REG_R10 }, { " r11=", REG_R11 },
    { "r12=", REG_R12 }, { " r13=", REG_R13 }, { " r14=", REG_R14 },
    { " r15=", REG_R15 },
};

/* Four registers to a note. */
static void note_registers(const greg_t *g)
{
    for (unsigned i = 0; i < ARRAYSIZE(registers); i += 4) {
        struct rig_marker m;
        struct text t = marker_text(&m);

        marker_prepare(&m, RIG_MK_NOTE, NULL);
        for (unsigned k = i; k < i + 4; k++) {
            put_string(&t, registers[k].name);
            put_hex(&t, (uint64_t)g[registers[k].index]);
        }
        marker_emit(&m);
    }
}

/* Driver memory misused, if that is what the fault shows. */
static void explain(const siginfo_t *info, const greg_t *g)
{
    uint64_t reg[ARRAYSIZE(register_order)];
    uint32_t site = pe_rva(&host.image, (uint64_t)g[REG_RIP]);

    for (unsigned i = 0; i < ARRAYSIZE(reg); i++) {
        reg[i] = (uint64_t)g[register_order[i]];
    }
    /* a general protection fault has no address */
    pool_explain_fault(info->si_code == SI_KERNEL ? UINT64_MAX
                       : (uintptr_t)info->si_addr, reg, ARRAYSIZE(reg),
                       site ? site : host_self.caller);
}

/* A fault just below the stack pointer is one of the stack's guard page. */
static bool overflowed(const siginfo_t *info, const greg_t *g)
{
    uint64_t at = (uintptr_t)info->si_addr, rsp = (uint64_t)g[REG_RSP];

    return at < host_self.stack_top && at + GUARD_DISTANCE > rsp &&
           at < rsp + GUARD_DISTANCE;
}

DECLSPEC_NORETURN static void crash(int signal, const siginfo_t *info,
                                    const greg_t *g)
{
    struct rig_marker m;

    explain(info, g);
    marker_prepare(&m, RIG_MK_CRASH, host_self.callback);
    m.status = (uint64_t)signal;
    m.object = (uintptr_t)info->si_addr;
    describe(&m, g, overflowed(info, g) ? "stack overflow " : "");
    note_registers(g);
    marker_emit(&m);
    _exit(HOST_EXIT_CRASH);
}

DECLSPEC_NORETURN static void bug_check_at(uint32_t code, const uint64_t *p,
                                           const greg_t *g)
{
    struct rig_marker m;

    marker_prepare(&m, RIG_MK_BUGCHECK, host_self.api ? host_self.api
                                                      : host_self.callback);
    if (g) {
        describe(&m, g, "");
    } else {
        m.caller = host_self.caller;
    }
    m.status = code;
    memcpy(m.arg, p, sizeof(m.arg));
    marker_emit(&m);
    _exit(HOST_EXIT_BUGCHECK);
}

void bug_check(uint32_t code, uint64_t p1, uint64_t p2, uint64_t p3,
               uint64_t p4)
{
    uint64_t p[4] = { p1, p2, p3, p4 };

    bug_check_at(code, p, NULL);
}

/* --- faults ----------------------------------------------------------- */

/* KUSER_SHARED_DATA, as far as drivers read it; offsets from public symbols. */
static void put_time(uint8_t *at, uint64_t value)
{
    uint32_t high = (uint32_t)(value >> 32);

    memcpy(at, &value, 8);
    memcpy(at + 8, &high, 4);
}

static void read_kuser(uint8_t page[KUSER_SIZE])
{
    const struct {
        uint16_t offset;
        uint32_t value;
    } fixed[] = {
        { 0x004, 0x0fa00000 },        /* TickCountMultiplier: 15.625 ms */
        { 0x260, HOST_WINDOWS_BUILD }, /* NtBuildNumber */
        { 0x264, 1 },                 /* NtProductType: workstation */
        { 0x268, 1 },                 /* ProductTypeIsValid */
        { 0x26c, HOST_WINDOWS_MAJOR },
        { 0x270, HOST_WINDOWS_MINOR },
        { 0x3c0, 1 },                 /* ActiveProcessorCount */
    };

    memset(page, 0, KUSER_SIZE);
    for (unsigned i = 0; i < ARRAYSIZE(fixed); i++) {
        memcpy(page + fixed[i].offset, &fixed[i].value, 4);
    }
    put_time(page + 0x008, time_now() / 100);           /* InterruptTime */
    put_time(page + 0x014, time_system());              /* SystemTime */
    put_time(page + 0x320, time_now() / 15625000);      /* TickCount */
}

static __thread uint32_t fault_rva;

static void set_irql_of_processor(uint8_t irql)
{
    irql_lower(irql, fault_rva);
}

static const struct emulate_ops ops = {
    .get_irql = irql_get,
    .set_irql = set_irql_of_processor,
    .read_kuser = read_kuser,
    .port_read = bus_port_read,
    .port_write = bus_port_write,
};

static void map_registers(greg_t *g, struct emulate_cpu *cpu)
{
    for (int i = 0; i < 16; i++) {
        cpu->reg[i] = (uint64_t *)&g[register_order[i]];
    }
    cpu->rip = (uint64_t *)&g[REG_RIP];
    cpu->flags = (uint64_t *)&g[REG_EFL];
}

static enum emulate_result try_emulate(greg_t *g, uint64_t fault)
{
    uint64_t rip = (uint64_t)g[REG_RIP];
    const struct pe_image *image = shim_image_at(rip);
    struct emulate_cpu cpu;
    uint64_t end;

    if (!image) {
        return EMULATE_UNKNOWN;
    }
    end = (uintptr_t)image->base + image->size;
    fault_rva = pe_rva(&host.image, rip);
    map_registers(g, &cpu);
    return emulate(&cpu, &ops, (const uint8_t *)(uintptr_t)rip,
                   end - rip < CODE_MAX ? end - rip : CODE_MAX, fault);
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
    greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
    int saved = errno;
    uint64_t p[4] = { 0 };

    if ((signal == SIGTRAP && absent_stepped(context)) ||
        (signal == SIGSEGV &&
         absent_access((uintptr_t)info->si_addr, context))) {
        errno = saved;
        return;
    }
    if (signal == SIGSEGV) {
        switch (try_emulate(g, (uintptr_t)info->si_addr)) {
        case EMULATE_DONE:
            errno = saved;
            return;
        case EMULATE_FAST_FAIL:
            p[0] = (uint32_t)g[REG_RCX];
            bug_check_at(KERNEL_SECURITY_CHECK_FAILURE, p, g);
        case EMULATE_ASSERT:
            bug_check_at(ASSERTION_FAILURE, p, g);
        case EMULATE_UNKNOWN:
            break;
        }
    }
    crash(signal, info, g);
}

/* --- hangs ------------------------------------------------------------ */

static void emit_hang(const char *step, const greg_t *g)
{
    struct rig_marker m;

    marker_prepare(&m, RIG_MK_HANG, host_self.callback ? host_self.callback
                                                       : step);
    describe(&m, g, "");
    marker_emit(&m);
}

static void on_where(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    emit_hang(NULL, ((ucontext_t *)context)->uc_mcontext.gregs);
    where_answered = true;
}

/* Ask another thread where it is; whether it has said so. */
static bool ask(const struct host_thread *other)
{
    pthread_kill(other->pthread, SIG_WHERE);
    for (int i = 0; i < 100 && !where_answered; i++) {
        time_sleep(1000000);
    }
    return where_answered;
}

/* A thread that is at raised IRQL in the driver and does not leave. */
static const struct host_thread *stuck(void)
{
    const struct host_thread *first = thread_in_driver_raised();

    if (first && host_self.irql < DISPATCH_LEVEL) {
        time_sleep(STUCK_TIME);
        return thread_in_driver_raised() == first ? first : NULL;
    }
    return NULL;
}

/*
 * A thread that is stuck at raised IRQL reports. Else the main thread does if
 * it is in the driver; if it only waits for a callback on another thread, that
 * thread does.
 */
void host_report_hang(const char *step, void *context)
{
    const struct host_thread *other = stuck();

    if (!other && !host_self.callback) {
        other = thread_in_driver();
    }
    if (!other || !ask(other)) {
        emit_hang(step, ((ucontext_t *)context)->uc_mcontext.gregs);
    }
}

int trap_install(void)
{
    static const int faults[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };
    struct sigaction sa = { .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK };

    sigemptyset(&sa.sa_mask);
    sa.sa_sigaction = on_fault;
    for (unsigned i = 0; i < ARRAYSIZE(faults); i++) {
        if (sigaction(faults[i], &sa, NULL)) {
            return -1;
        }
    }
    sa.sa_sigaction = on_where;
    return sigaction(SIG_WHERE, &sa, NULL);
}
