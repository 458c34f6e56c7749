/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the NDIS host share: the state of the host, of each of
 * its threads, and of the objects that the driver holds.
 */
#ifndef NDIS_CORE_H
#define NDIS_CORE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "agent/marker.h"
#include "ndis/host.h"
#include "ndis/include/ndis.h"
#include "ndis/pe.h"
#include "rigshim.h"
#include "windows-version.h"

/* IRQL at which all device interrupts run; x64 has DIRQLs 3..12. */
#define HOST_DIRQL 7

/* What the host says it is: the Windows that the INF was installed for. */
#define HOST_WINDOWS_MAJOR (host.windows->major)
#define HOST_WINDOWS_MINOR (host.windows->minor)
#define HOST_WINDOWS_BUILD (host.windows->build)
#define HOST_NDIS_MAJOR    RIG_NDIS_MAJOR
#define HOST_NDIS_MINOR    (host.windows->ndis_minor)
#define HOST_NDIS_VERSION  (HOST_NDIS_MAJOR << 16 | HOST_NDIS_MINOR)

/* --- threads (thread.c) --------------------------------------------------
 * The main thread runs the steps; three more belong to the host. Numbers are
 * those of the markers. Threads that the driver creates come after them.
 */
enum host_thread_number {
    THREAD_MAIN = 0,
    THREAD_ISR = 1,     /* device interrupts, at HOST_DIRQL */
    THREAD_DPC = 2,     /* DPCs and timers, at DISPATCH_LEVEL */
    THREAD_WORKER = 3,  /* work items, at PASSIVE_LEVEL */
    THREAD_DRIVER = 4,  /* first of the driver's own */
    THREAD_LAST = RIGSHIM_SLOT_FIRST - 1, /* slots above are the shim's */
};

/* A lock that a thread holds, and the call that took it. */
struct host_lock {
    const void *lock;
    uint64_t taken_at;     /* return address of that call */
    uint8_t irql;          /* before it was taken */
    bool reported;
};

#define HOST_LOCKS 16u     /* of one thread; more are not watched */

struct callback;
struct thunk;

struct host_thread {
    uint16_t number;
    uint8_t irql;
    bool has_cpu;          /* holds the processor: see irql.c */
    uint8_t depth;         /* driver callbacks on this thread */
    uint8_t locks;         /* how many of lock[] are held */
    bool locks_lost;       /* there were more than lock[] can hold */
    /* the innermost export that the driver called, and its stack there:
     * frame[0] is the return address; NULL: none in this callback */
    const struct thunk *entered;
    const uint64_t *frame;
    const char *callback;  /* innermost driver callback, or NULL */
    const struct callback *inner; /* the same, with those around it */
    const char *api;       /* export that the driver is calling, or NULL */
    uint32_t caller;       /* RVA of that call */
    uint64_t object;       /* for its LEAVE marker: the handle it made */
    uint64_t arg[RIG_MARKER_ARGS]; /* and what else it wants to say */
    struct adapter *adapter; /* that it works for; NULL: the first */
    unsigned told;         /* 1 + number of it in the last RIG_MK_ADAPTER */
    uintptr_t stack_top;   /* highest address of the stack */
    pthread_t pthread;
    struct host_lock lock[HOST_LOCKS]; /* in order of taking */
};

extern __thread struct host_thread host_self;

/* Set up the calling thread: GS, alternate stack, marker slot. */
int thread_init(uint16_t number);
/*
 * Start a host thread; priority > 0 asks for SCHED_FIFO, so that interrupts
 * preempt DPCs and DPCs preempt everything else. 0, or an errno.
 */
int thread_start(uint16_t number, int priority, void (*run)(void *),
                 void *arg);
/*
 * Start one of the host's own threads unless it runs. If it cannot be started
 * the process ends as broken.
 */
void thread_need(uint16_t number, int priority, void (*run)(void *));
/* In a parent: find out what is costly and the same in every fork. */
void thread_prepare(void);
/* Mutex with priority inheritance. */
void thread_mutex_init(pthread_mutex_t *mutex);
/* Condition variable on CLOCK_MONOTONIC. */
void thread_cond_init(pthread_cond_t *cond);
/*
 * A thread, other than the calling one, that is inside a driver callback; or
 * NULL. For host_report_hang().
 */
const struct host_thread *thread_in_driver(void);
/* The same, at DISPATCH_LEVEL or above: it keeps everybody else away. */
const struct host_thread *thread_in_driver_raised(void);

/* --- the host (host.c) ------------------------------------------------ */

enum host_phase {
    PHASE_INSTALL,   /* DriverEntry, MiniportAddDevice, resource filter */
    PHASE_ADAPTER,   /* MiniportInitializeEx until it failed or halted */
};

/* Handles that are no objects of the driver: not of any object kind. */
#define DRIVER_HANDLE     ((NDIS_HANDLE)0x100)
#define ADAPTER_HANDLE(n) ((NDIS_HANDLE)(uintptr_t)(0x200 + 0x10 * (n)))

/* Callbacks that may complete later. */
enum life_wait {
    LIFE_PAUSE,
    LIFE_RESTART,
    LIFE_RESET,
};

struct host_resources {
    unsigned requested;    /* messages that the bus driver asked for */
    unsigned messages;     /* messages granted */
    bool line;             /* line interrupt granted */
    CM_RESOURCE_LIST *raw; /* as the start IRP has them, from pool memory */
    CM_RESOURCE_LIST *translated;
};

/* One adapter: a function, and what NDIS and its miniport made of it. */
struct adapter {
    unsigned number;               /* 0.. */
    NDIS_HANDLE handle;            /* by which the driver knows it */
    struct vfio_device *device;    /* NULL: a driver without hardware */
    const struct inf_install *install;
    enum host_phase phase;
    DEVICE_OBJECT pdo, fdo;
    NDIS_HANDLE add_device_context, context;
    NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES general;
    bool has_general;
    uint32_t attributes;           /* NDIS_MINIPORT_ATTRIBUTES_* */
    uint8_t mac[6];
    bool limited;                  /* messages_max counts */
    unsigned messages_max;         /* granted at most, 0: the line at best */
    struct host_resources resources;
    bool added, initialized, running;
    bool asleep;                   /* in D3: power.c */
    bool gone;                     /* surprise-removed */
    bool failed;                   /* its driver gave it up: atomic */
    bool was_running;              /* when it went to D3 */
    bool taken_back;               /* the device is the rig's again */
    uint32_t hang_seconds;         /* CheckForHangTimeInSeconds */
    bool watched;                  /* from here on reset.c's */
    bool resetting;                /* a check or reset is under way */
    bool asked;                    /* a reset that no step waits for */
    bool addressing_reset;         /* NDIS is to restore what a reset lost */
    bool link_up;
    uint32_t packet_filter;        /* NDIS_PACKET_TYPE_* asked for */
};

struct host {
    struct host_config config;
    const struct windows_version *windows; /* what the driver is told */
    struct pe_image image;
    uint32_t calls;                /* last `call` number given out */

    DRIVER_OBJECT driver;
    UNICODE_STRING registry_path;
    NDIS_HANDLE driver_handle;
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS miniport;
    NDIS_MINIPORT_PNP_CHARACTERISTICS pnp;
    bool loaded;                   /* DriverEntry has succeeded */
    bool registered;               /* NdisMRegisterMiniportDriver succeeded */
    NDIS_HANDLE driver_context;
    struct adapter adapter[HOST_ADAPTERS_MAX];
    unsigned adapters;
    uint32_t unknown_handles;      /* bad handles the driver passed */
};

extern struct host host;

/* The adapter that the calling thread works for. */
static inline struct adapter *current(void)
{
    return host_self.adapter ? host_self.adapter : &host.adapter[0];
}
/* The adapter with this handle, or NULL. */
struct adapter *adapter_get(NDIS_HANDLE handle);
/*
 * Where there are several: say which one the next markers of this thread are
 * about, unless that has been said.
 */
void adapter_tell(void);

/* Sentence for host_error(). Returns `code`. */
uint32_t host_set_error(uint32_t code, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A fault of this step cannot be injected: the step has to fail. */
bool host_faults_bad(void);

/* --- calls into the driver (callback.c) ------------------------------- */

struct callback {
    const char *name, *outer;
    const struct callback *outside;
    const struct thunk *entered;   /* export that made it, or NULL */
    const uint64_t *frame;
    uint64_t call;
    uint64_t object;               /* for the markers, 0: none */
    uint8_t irql;
    uint8_t locks;                 /* held when it was made */
    bool quiet;
};

/* Around every call into the driver: markers, nesting, IRQL. */
void callback_enter(struct callback *cb, const char *name);
void callback_leave(struct callback *cb, uint64_t status);
/* With a number in arg[0] of the marker: halt action, OID. */
void callback_enter_value(struct callback *cb, const char *name,
                          uint64_t value);
/* And with what it is about as object: OID request. */
void callback_enter_about(struct callback *cb, const char *name,
                          uint64_t value, const void *object);
/*
 * For what runs once per interrupt or frame: markers only where a rule needs
 * them. Object: the timer, or NULL.
 */
void callback_enter_quiet(struct callback *cb, const char *name);
void callback_enter_quiet_about(struct callback *cb, const char *name,
                                const void *object);
/* Number that pairs an ENTER with its LEAVE marker. */
uint64_t callback_next_call(void);
/* Fill in irql, depth and name. */
void marker_prepare(struct rig_marker *m, uint16_t kind, const char *name);

/* --- what gets markers (trace.c) -------------------------------------- */

/* Besides what always does: these exports and callbacks; copied. */
void trace_set(const char *const *names);
bool trace_wants(const char *name);

/* --- objects that the driver holds (object.c) ----------------------------
 * Handles are small numbers, kind << 12 | n with n counted up and never used
 * twice; memory is known by its address. Every object remembers the call site
 * that made it.
 */
enum object_kind {
    OBJ_INTERRUPT = 1,
    OBJ_DMA,              /* NdisMRegisterScatterGatherDma */
    OBJ_NBL_POOL,
    OBJ_NB_POOL,
    OBJ_CONFIG,
    OBJ_TIMER,
    OBJ_WORK_ITEM,
    OBJ_RW_LOCK,
    OBJ_IO_SPACE,         /* from here on known by address */
    OBJ_POOL,
    OBJ_SHARED,
    OBJ_CONTIGUOUS,
    OBJ_MDL,
    OBJ_SG_LIST,
    OBJ_NBL,
    OBJ_NB,
    OBJ_DEVICE,
    OBJ_IRP,
    OBJ_KEY,              /* registry key, by handle */
    OBJ_WMI,              /* IoWMIRegistrationControl, by device */
    OBJ_ETW,
    OBJ_POWER_SETTING,
    OBJ_BUG_CHECK,        /* callback record */
    OBJ_KINDS,
};

/*
 * A new handle for `data`; its number also becomes the marker's object. NULL:
 * no handle is left.
 */
NDIS_HANDLE object_new(enum object_kind kind, void *data);
/*
 * The same for data from malloc(), which it frees when there is no handle.
 * Data may be NULL: then there is none.
 */
NDIS_HANDLE object_own(enum object_kind kind, void *data);
/* Enter something known by its address; with the tag of its memory. */
void object_add(enum object_kind kind, const void *address, size_t size);
void object_add_tagged(enum object_kind kind, const void *address, size_t size,
                       uint32_t tag);

struct object_info {
    size_t size;         /* bytes */
    uint32_t tag;        /* 0: none */
    uint32_t caller;     /* RVA of the call that made it */
};

/* What is known of an object known by address; false if there is none. */
bool object_info(enum object_kind kind, const void *address,
                 struct object_info *info);
/* The same, and remove it. */
bool object_take(enum object_kind kind, const void *address,
                 struct object_info *info);
/* Call f for each object of a kind; it must not add or remove any. */
void object_each(enum object_kind kind,
                 void (*f)(const void *address,
                           const struct object_info *info, void *arg),
                 void *arg);
/* The data behind a handle; NULL, and counted, if there is none. */
void *object_get(enum object_kind kind, NDIS_HANDLE handle);
/* Size of an object known by address; false if there is none. */
bool object_find(enum object_kind kind, const void *address, size_t *size);
/* Remove; the data, or NULL if there was no such object. */
void *object_close(enum object_kind kind, NDIS_HANDLE handle);
bool object_remove(enum object_kind kind, const void *address, size_t *size);
/*
 * Write a RIG_MK_LEFT marker for each kind and call site with objects made in
 * `phase` or later; each object is reported once. Number of objects.
 */
unsigned object_report_left(enum host_phase phase);
void object_reset(void);

/* Is this the handle of an adapter? A wrong one breaks a contract. */
bool is_adapter(NDIS_HANDLE handle);

/* --- memory (arena.c, pool.c) ---------------------------------------------
 * Everything that a driver may hand to its device lives in one arena that is
 * mapped for DMA.
 */
int arena_open(uint8_t *base, size_t size, uint64_t iova);
void *arena_alloc(size_t size, size_t align);
void arena_free(void *p, size_t size);
/* Bus address of a byte of the arena; false if it lies elsewhere. */
bool arena_bus_address(const void *p, uint64_t *address);
bool arena_contains(const void *p, size_t size);
size_t arena_size(void);  /* bytes, of all of it */
/* Pool memory, accounted to the driver's call site. */
void *pool_alloc(size_t size);
void pool_free(void *p);

/* --- IRQL (irql.c) ---------------------------------------------------- */

/* Returns the previous IRQL. */
uint8_t irql_set(uint8_t irql);
/*
 * Lower it for the driver: not below DISPATCH_LEVEL with a spin lock held.
 * `site`: RVA of the instruction that does it, 0: an export.
 */
void irql_lower(uint8_t irql, uint32_t site);
static inline uint8_t irql_get(void)
{
    return host_self.irql;
}
/* Kernel spin lock of the host's own, or of a list: IRQL apart. */
void spin_acquire(KSPIN_LOCK *lock);
void spin_release(KSPIN_LOCK *lock);

/* --- time ------------------------------------------------------------- */

#define NSEC_PER_SEC 1000000000ull
uint64_t time_now(void);          /* ns, CLOCK_MONOTONIC */
void time_sleep(uint64_t ns);
/* Absolute timespec of `ns` on CLOCK_MONOTONIC. */
struct timespec time_at(uint64_t ns);
/* System time: 100 ns units since 1601-01-01. */
uint64_t time_system(void);

/* --- events and waits (wait.c) ---------------------------------------- */

void event_set(KEVENT *event, bool set);
/* 0, or STATUS_TIMEOUT; timeout UINT64_MAX waits without limit. */
uint32_t wait_object(void *object, uint64_t timeout_ns);

/* --- DPCs and timers (dpc.c, timer.c) --------------------------------- */

/* Queue `run`; false if (run, object, number) is queued already. */
bool dpc_queue(void (*run)(void *object, uint32_t number, void *context),
               void *object, uint32_t number, void *context);
/* Drop or wait for all queued DPCs of `object` (NULL: all). */
void dpc_flush(const void *object);
bool dpc_cancel(const void *object, uint32_t number);
/* Wake the DPC thread: the next timer has changed. */
void dpc_wake(void);

struct host_timer {
    void *key;                  /* address or handle, unique */
    uint64_t due;               /* ns on CLOCK_MONOTONIC */
    uint64_t period;            /* ns, 0: one shot */
    struct adapter *adapter;    /* set by timer_set() */
    void (*run)(struct host_timer *timer); /* at DISPATCH_LEVEL */
    void *function, *context;
};
/* Start or restart; copies *timer. Returns whether it was pending. */
bool timer_set(const struct host_timer *timer);
/* Returns whether it was pending; false too if it is just running. */
bool timer_cancel(void *key);
/* Earliest due time, UINT64_MAX for none; run what is due. For dpc.c. */
uint64_t timer_next(void);
void timer_run_due(uint64_t now);
/* Timers of this adapter still armed, reported as RIG_MK_LEFT and stopped. */
void timer_report_left(const struct adapter *adapter);

/* --- work items (workitem.c) ------------------------------------------ */

bool work_queue(void (*run)(void *arg), void *arg);
bool work_queue_for(struct adapter *adapter, void (*run)(void *arg),
                    void *arg);
/* Wait until no work is queued or running, `limit_ns` at most. */
bool work_drain(uint64_t limit_ns);

/* --- interrupts (interrupt.c) ----------------------------------------- */

int interrupt_open(void);
/* eventfds for what the resources grant; at-start profile: arm them. */
int interrupt_grant(struct adapter *adapter);
int interrupt_arm_at_start(struct adapter *adapter);
/* The rig takes the device back: no interrupt and no DPC from here on. */
void interrupt_quiesce(struct adapter *adapter);

/* --- trap handling (trap.c) ------------------------------------------- */

int trap_install(void);
/* Write RIG_MK_BUGCHECK and leave the process. */
DECLSPEC_NORETURN void bug_check(uint32_t code, uint64_t p1, uint64_t p2,
                                 uint64_t p3, uint64_t p4);

/* --- bus (bus.c) ------------------------------------------------------ */

/* An adapter's configuration space; bytes done, 0 if that is impossible. */
uint32_t bus_config_read(const struct adapter *adapter, uint32_t space,
                         uint32_t offset, void *buffer, uint32_t length);
uint32_t bus_config_write(const struct adapter *adapter, uint32_t space,
                          uint32_t offset, void *buffer, uint32_t length);
/* in and out of the driver; `size` 1, 2 or 4 bytes. */
uint32_t bus_port_read(uint16_t port, unsigned size);
void bus_port_write(uint16_t port, unsigned size, uint32_t value);

/* --- data path (nbl.c, traffic.c) ------------------------------------- */

/*
 * A frame to send: `pieces` MDLs of the given lengths in memory that the
 * device can reach, the first `offset` bytes of it unused. Not accounted to
 * the driver. NULL: no memory. data[] gets the start of each piece.
 */
#define FRAME_PIECES 3u
NET_BUFFER_LIST *nbl_frame_new(const uint32_t *length, unsigned pieces,
                               uint32_t offset, uint8_t **data);
void nbl_frame_free(NET_BUFFER_LIST *nbl);
/* Copy up to `size` bytes of a frame's data; bytes copied. */
uint32_t nbl_copy_data(const NET_BUFFER *nb, uint8_t *out, uint32_t size);
/* Send completion and receive indication reach traffic.c. */
void traffic_send_complete(NET_BUFFER_LIST *nbls);
/* Has the current adapter sends that are not complete? */
bool traffic_outstanding(void);
void traffic_receive(struct adapter *adapter, NET_BUFFER_LIST *nbls,
                     uint32_t flags);
/*
 * Around MiniportPause: lists that the protocol still has go back while the
 * miniport waits for them.
 */
void traffic_pausing(void);
void traffic_paused(void);

/* --- OID requests (oid.c) --------------------------------------------- */

/* Ask the driver and wait for it; its status, bytes done in *done. */
uint32_t oid_request(NDIS_REQUEST_TYPE type, uint32_t oid, void *buffer,
                     uint32_t length, uint32_t *done);
void oid_complete(NDIS_OID_REQUEST *request, uint32_t status);
/* --- above the miniport (protocol.c) ---------------------------------- */

/* CancelId of all frames that are sent: one protocol, one id. */
#define PROTOCOL_CANCEL_ID ((PVOID)0x5152)

/* What NDIS and a protocol ask once the miniport runs, and before it stops. */
void protocol_start(void);
void protocol_stop(void);
/* After a reset that lost them: filter and addresses once more. */
void protocol_restore(void);

/* --- resources (resources.c) ------------------------------------------ */

/* What the bus driver asks for, filtered by the miniport. 0 or -1. */
int resources_assign(void);
/* An IRP with one stack location; in the arena. */
IRP *irp_new(uint8_t minor, IO_STACK_LOCATION **location);
void irp_free(IRP *irp);

/* --- registers that nobody answers (absent.c) -------------------------- */

/*
 * The function's registers read all ones and keep nothing from here on, as on
 * a bus without it; or they are there again. `low_power`: the driver may not
 * touch them, and each callback that does is a broken contract.
 */
int absent_begin(bool low_power);
int absent_end(void);
/*
 * In the signal handler: let the instruction that touched an absent register
 * run, and clean up behind it. False: the signal means something else.
 */
bool absent_access(uint64_t address, void *ucontext);
bool absent_stepped(void *ucontext);

/* A pending pause, restart or reset has completed with this status. */
void life_complete(NDIS_HANDLE adapter, enum life_wait what, uint32_t status);

#endif
