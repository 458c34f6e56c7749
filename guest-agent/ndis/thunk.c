/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Thunks: every call that the driver makes passes through here.
 *
 * How it works: an import gets a stub of 23 bytes that loads the address of
 * its struct thunk and jumps to thunk_common. That notes which export the
 * driver is in and, when nothing wants to see the call and the IRQL is one of
 * its contract, jumps on to the function: eleven instructions in all.
 * Otherwise it spills the register arguments to the home space that the x64
 * convention gives every callee, so that the arguments lie in one array, and
 * calls thunk_call(). That writes the markers and either makes the call or, at
 * an armed fault point, does not: a failed call has no effect that would have
 * to be undone later. The x64 convention: Microsoft, "x64 calling convention".
 */
#define _GNU_SOURCE
#include "ndis/thunk.h"

#include <errno.h>
#include <glib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "ndis/contract.h"
#include "ndis/core.h"
#include "ndis/shim.h"

#define STUB_SIZE  32u
#define STUBS_MAX  2048u
/* Next to the images, and fixed for the same reason. */
#define STUB_BASE  0x170000000ull

struct thunk {
    void *function;      /* read by thunk_common at offset 0 */
    uint8_t slow;        /* at offset 8: go through thunk_call() */
    uint8_t irql_low;    /* at offset 9: so does a call below this IRQL */
    uint8_t irql_high;   /* at offset 10: ... or above this one */
    const struct export *export; /* NULL: nobody implements it */
    char *name;
    uint16_t number;     /* of the export */
    uint32_t calls;      /* in this step; counted while a fault is armed or
                            points are recorded */
    bool traced;         /* API_ENTER and API_LEAVE markers */
    const struct host_fault *fault; /* this thunk's first armed fault */
};

_Static_assert(offsetof(struct thunk, slow) == 8 &&
               offsetof(struct thunk, irql_low) == 9 &&
               offsetof(struct thunk, irql_high) == 10 &&
               offsetof(struct host_thread, irql) == 2 &&
               offsetof(struct host_thread, entered) == 8 &&
               offsetof(struct host_thread, frame) == 16,
               "thunk_common has these offsets");

static struct {
    uint8_t *stubs;
    unsigned n;
    struct thunk *thunk[STUBS_MAX];
    GHashTable *by_name;
    struct host_fault *fault;
    unsigned faults;
    pthread_mutex_t lock;
    struct host_points *points; /* NULL: nothing is recorded */
    unsigned record;     /* enum host_record */
    struct host_record_hooks hooks;
    uint16_t step;
    bool step_recorded;
} thunks;

void thunk_common(void);

__asm__(
    "    .text\n"
    "    .globl thunk_common\n"
    "    .type thunk_common, @function\n"
    "thunk_common:\n"
    "    movq %rax, %fs:host_self@tpoff+8\n"
    "    movq %rsp, %fs:host_self@tpoff+16\n"
    "    movb %fs:host_self@tpoff+2, %r10b\n"
    "    cmpb 9(%rax), %r10b\n"
    "    jb 1f\n"
    "    cmpb 10(%rax), %r10b\n"
    "    ja 1f\n"
    "    cmpb $0, 8(%rax)\n"
    "    jne 1f\n"
    "    jmp *(%rax)\n"
    "1:  movq %rcx, 8(%rsp)\n"
    "    movq %rdx, 16(%rsp)\n"
    "    movq %r8, 24(%rsp)\n"
    "    movq %r9, 32(%rsp)\n"
    "    movq %rax, %rcx\n"
    "    movq %rsp, %rdx\n"
    "    subq $40, %rsp\n"
    "    call thunk_call\n"
    "    addq $40, %rsp\n"
    "    ret\n"
    "    .size thunk_common, .-thunk_common\n");

/* --- the call --------------------------------------------------------- */

/* Arguments for a marker: numbers as they are, pointers left out. */
static void marker_args(struct rig_marker *m, const struct export *ex,
                        const uint64_t *args)
{
    for (unsigned i = 0; i < RIG_MARKER_ARGS; i++) {
        m->arg[i] = ex->scalars & 1u << i ? args[i] : 0;
    }
    if (ex->object) {
        m->object = args[ex->object - 1];
    }
}

DECLSPEC_NORETURN static void unimplemented(const struct thunk *t)
{
    struct rig_marker m;

    marker_prepare(&m, RIG_MK_UNIMPLEMENTED, t->name);
    m.caller = host_self.caller;
    marker_emit(&m);
    _exit(HOST_EXIT_BROKEN);
}

/* Call number n of this step could have failed here. */
static void record_point(const struct thunk *t, uint32_t n)
{
    struct host_points *p = thunks.points;
    struct rig_marker m;
    uint32_t at;

    if (!thunks.step_recorded) {
        return;
    }
    if (!(thunks.record & HOST_RECORD_ALL)) {
        if (!thunks.hooks.struck || !thunks.hooks.struck()) {
            return;
        }
        thunks.record |= HOST_RECORD_ALL;
    }
    at = __atomic_fetch_add(&p->n, 1, __ATOMIC_RELAXED);
    if (at < HOST_POINTS_MAX) {
        p->point[at] = (struct host_point) { t->number, thunks.step, n,
                                             host_self.caller };
    }
    if (thunks.record & HOST_RECORD_MARK) {
        marker_prepare(&m, RIG_MK_FAULT_POINT, t->name);
        m.caller = host_self.caller;
        m.arg[0] = n;
        m.arg[1] = RIG_POINT_API;
        marker_emit(&m);
    }
}

/* Is each call of it a point where a sweep could strike? */
static bool is_point(const struct thunk *t)
{
    return thunks.points && t->export->failure &&
           !(t->export->flags & EX_PLANNED);
}

/* The fault that is due at this call, or NULL. */
static const struct host_fault *fault_due(struct thunk *t)
{
    uint32_t n;

    if (!t->fault && !is_point(t)) {
        return NULL;
    }
    n = __atomic_add_fetch(&t->calls, 1, __ATOMIC_RELAXED);
    for (unsigned i = 0; t->fault && i < thunks.faults; i++) {
        if (thunks.fault[i].occurrence == n &&
            strcmp(thunks.fault[i].api, t->name) == 0) {
            return &thunks.fault[i];
        }
    }
    if (is_point(t)) {
        record_point(t, n);
    }
    return NULL;
}

static uint64_t inject(const struct thunk *t, const struct host_fault *f,
                       const uint64_t *args)
{
    struct rig_marker m;

    marker_prepare(&m, RIG_MK_API_FAULT, t->name);
    marker_args(&m, t->export, args);
    memset(m.arg, 0, sizeof(m.arg));
    m.call = callback_next_call();
    m.caller = host_self.caller;
    m.status = f->status;
    m.arg[0] = f->occurrence;
    marker_emit(&m);
    thunks.record |= HOST_RECORD_ALL; /* what its failure path reaches */
    if (thunks.hooks.strikes) {
        thunks.hooks.strikes();
    }
    return t->export->failure(args, f->status);
}

static uint64_t call(const struct thunk *t, const uint64_t *a)
{
    typedef uint64_t NTAPI function(uint64_t, uint64_t, uint64_t, uint64_t,
                                    uint64_t, uint64_t, uint64_t, uint64_t,
                                    uint64_t, uint64_t, uint64_t, uint64_t);

    return ((function *)t->function)(a[0], a[1], a[2], a[3], a[4], a[5], a[6],
                                     a[7], a[8], a[9], a[10], a[11]);
}

static uint64_t traced_call(const struct thunk *t, const uint64_t *args)
{
    const struct export *ex = t->export;
    struct rig_marker m;
    uint64_t ret;

    adapter_tell();
    marker_prepare(&m, RIG_MK_API_ENTER, t->name);
    marker_args(&m, ex, args);
    m.call = callback_next_call();
    m.caller = host_self.caller;
    marker_emit(&m);
    ret = call(t, args);
    m.kind = RIG_MK_API_LEAVE;
    m.irql = host_self.irql;
    m.status = ex->flags & EX_VOID ? 0
             : ex->flags & EX_POINTER
               ? (ret ? NDIS_STATUS_SUCCESS : (uint32_t)NDIS_STATUS_RESOURCES)
               : (uint32_t)ret;
    if (host_self.object) {
        m.object = host_self.object;
    } else if (ex->flags & EX_POINTER) {
        m.object = ret;
    }
    for (unsigned i = 0; i < RIG_MARKER_ARGS; i++) {
        m.arg[i] = host_self.arg[i] ? host_self.arg[i] : m.arg[i];
    }
    marker_emit(&m);
    return ret;
}

/* frame[0] is the return address, frame[1..] the arguments. */
__attribute__((used)) NTAPI
uint64_t thunk_call(struct thunk *t, const uint64_t *frame)
{
    struct host_thread *self = &host_self;
    const char *api = self->api;
    uint32_t caller = self->caller;
    const struct host_fault *f;
    uint64_t ret;

    self->api = t->name;
    self->caller = shim_call_site(frame);
    self->object = 0;
    memset(self->arg, 0, sizeof(self->arg));
    if (!t->export) {
        unimplemented(t);
    }
    contract_check_call(t->export);
    f = fault_due(t);
    if (f) {
        ret = inject(t, f, frame + 1);
    } else if (t->traced) {
        ret = traced_call(t, frame + 1);
    } else {
        ret = call(t, frame + 1);
    }
    self->object = 0;
    memset(self->arg, 0, sizeof(self->arg));
    self->api = api;
    self->caller = caller;
    return ret;
}

const char *thunk_name(const struct thunk *thunk)
{
    return thunk->name;
}

/* --- making thunks ---------------------------------------------------- */

__attribute__((constructor)) static void thunk_init(void)
{
    thread_mutex_init(&thunks.lock);
}

int thunk_open(void)
{
    uint8_t *p;

    if (thunks.stubs) {
        return 0; /* inherited */
    }
    p = mmap((void *)STUB_BASE, STUBS_MAX * STUB_SIZE,
             PROT_READ | PROT_WRITE | PROT_EXEC,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (p == MAP_FAILED) {
        return -1;
    }
    thunks.stubs = p;
    thunks.by_name = g_hash_table_new(g_str_hash, g_str_equal);
    return 0;
}

/* mov rax, thunk; mov r11, thunk_common; jmp r11 */
static void write_stub(uint8_t *at, const struct thunk *t)
{
    uint64_t data = (uintptr_t)t, code = (uintptr_t)thunk_common;

    memcpy(at, "\x48\xb8", 2);
    memcpy(at + 2, &data, 8);
    memcpy(at + 10, "\x49\xbb", 2);
    memcpy(at + 12, &code, 8);
    memcpy(at + 20, "\x41\xff\xe3", 3);
}

/* Arm what applies to t; the faults are in order of the plan. */
static void arm(struct thunk *t)
{
    const struct host_fault *fault = NULL;
    bool slow;

    for (unsigned i = 0; i < thunks.faults && !fault; i++) {
        if (strcmp(thunks.fault[i].api, t->name) == 0 && t->export &&
            t->export->failure) {
            fault = &thunks.fault[i];
        }
    }
    slow = !t->export || fault || t->traced || is_point(t) ||
           (t->export->flags & EX_SITE);
    /* Written, its page would be copied for the process of every cycle. */
    if (t->calls || t->fault != fault || t->slow != slow) {
        t->calls = 0;
        t->fault = fault;
        t->slow = slow;
    }
}

static void *thunk_for(const char *name, const struct export *ex)
{
    void *known = g_hash_table_lookup(thunks.by_name, name);
    struct thunk *t;
    uint8_t *at;

    if (known) {
        return known;
    }
    if (thunks.n == STUBS_MAX) {
        return NULL;
    }
    t = g_new0(struct thunk, 1);
    t->name = g_strdup(name);
    t->export = ex;
    t->function = ex ? ex->address : NULL;
    t->traced = ex && ((ex->flags & EX_TRACE) || trace_wants(name));
    contract_irql_range(ex ? ex->contract : IRQL_ANY, &t->irql_low,
                        &t->irql_high);
    t->number = ex ? (uint16_t)export_number(ex) : 0;
    arm(t);
    at = thunks.stubs + thunks.n * STUB_SIZE;
    write_stub(at, t);
    thunks.thunk[thunks.n++] = t;
    g_hash_table_insert(thunks.by_name, t->name, at);
    return at;
}

void *thunk_resolve(void *opaque, const char *dll, const char *name,
                    unsigned ordinal)
{
    g_autofree char *label = NULL;
    const struct export *ex = NULL;
    void *at;

    (void)opaque;
    if (g_ascii_strcasecmp(dll, RIGSHIM_MODULE) == 0) {
        return shim_resolve(name);
    }
    if (name && export_module_known(dll)) {
        ex = export_find(name);
    } else if (name) {
        label = g_strdup_printf("%s!%s", dll, name);
    } else {
        label = g_strdup_printf("%s!#%u", dll, ordinal);
    }
    if (ex && (ex->flags & EX_DATA)) {
        return ex->address;
    }
    pthread_mutex_lock(&thunks.lock);
    at = thunk_for(label ? label : name, ex);
    pthread_mutex_unlock(&thunks.lock);
    return at;
}

void *thunk_lookup(const char *name)
{
    return export_find(name) ? thunk_resolve(NULL, "ntoskrnl.exe", name, 0)
                             : NULL;
}

static bool fault_possible(const struct host_fault *f)
{
    const struct export *ex = export_find(f->api);

    if (ex && ex->failure && f->occurrence) {
        return true;
    }
    host_set_error(HOST_FAILED, "fault %s#%u is not possible: %s", f->api,
                   f->occurrence, !ex ? "no such export is implemented"
                   : !ex->failure ? "the call has no documented failure"
                   : "occurrences count from 1");
    return false;
}

bool thunk_set_faults(const struct host_fault *faults, unsigned n)
{
    bool possible = true;

    pthread_mutex_lock(&thunks.lock);
    for (unsigned i = 0; i < thunks.faults; i++) {
        g_free((char *)thunks.fault[i].api);
    }
    g_free(thunks.fault);
    thunks.fault = g_new0(struct host_fault, n);
    thunks.faults = n;
    for (unsigned i = 0; i < n; i++) {
        thunks.fault[i] = faults[i];
        thunks.fault[i].api = g_strdup(faults[i].api);
        possible = possible && fault_possible(&faults[i]);
    }
    for (unsigned i = 0; i < thunks.n; i++) {
        arm(thunks.thunk[i]);
    }
    pthread_mutex_unlock(&thunks.lock);
    return possible;
}

void thunk_record(struct host_points *points, unsigned flags,
                  const struct host_record_hooks *hooks)
{
    pthread_mutex_lock(&thunks.lock);
    thunks.hooks = *hooks;
    thunks.points = points;
    thunks.record = flags;
    for (unsigned i = 0; i < thunks.n; i++) {
        arm(thunks.thunk[i]);
    }
    pthread_mutex_unlock(&thunks.lock);
}

void thunk_set_step(unsigned step, bool recorded)
{
    thunks.step = (uint16_t)step;
    thunks.step_recorded = recorded;
}

bool thunk_contains(uint64_t address)
{
    uint64_t base = (uintptr_t)thunks.stubs;

    return base && address >= base && address - base < STUBS_MAX * STUB_SIZE;
}
