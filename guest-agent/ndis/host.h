/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The NDIS host: runs one unmodified x64 miniport in this process.
 *
 * One host per process, one life per process: the agent forks a fresh process
 * for each cycle. A driver has one adapter or more. The functions below are the
 * steps of their lives, called in order from the main thread, about the adapter
 * that host_select() chose, the first to begin with. Each writes the markers of
 * the callbacks it makes; a return value other than 0 is the NDIS_STATUS that
 * the driver gave, or one of HOST_* below, then with a sentence in
 * host_error(). A driver that crashes ends the process with HOST_EXIT_CRASH
 * after its marker is written.
 */
#ifndef NDIS_HOST_H
#define NDIS_HOST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "agent/registry.h"
#include "linux/vfio.h"

/* Not NDIS_STATUS values of any driver: facility bits of our own. */
#define HOST_REFUSED 0xE0520001u /* NDIS would not go on: see host_error() */
#define HOST_SKIPPED 0xE0520002u /* step does not apply now */
#define HOST_FAILED  0xE0520003u /* our own failure: the cycle is broken */

/* Exit codes of the process; 0 is a cycle that ran to its end. */
#define HOST_EXIT_CRASH    101
#define HOST_EXIT_BUGCHECK 102
#define HOST_EXIT_BROKEN   103

struct host_fault {
    const char *api;      /* exported name */
    uint32_t occurrence;  /* 1.. within the step */
    uint32_t status;      /* returned instead of making the call */
};

#define HOST_ADAPTERS_MAX 2u

struct host_config {
    const char *sys_path;
    unsigned adapters;      /* 1..HOST_ADAPTERS_MAX */
    struct vfio_device *device[HOST_ADAPTERS_MAX];
    const struct inf_install *install[HOST_ADAPTERS_MAX];
    bool at_start;          /* MSI-X programmed before init, till remove */
    bool guard_pages;       /* around every block of pool memory */
    uint64_t seed;
    const char *const *trace; /* exports and callbacks that rules need, besides
                                 those that always get markers; or NULL */
    uint32_t scenario, cycle; /* for the test frames */
};

/*
 * Do what every process of this driver does alike and a fork inherits: arena,
 * import thunks, image. Optional; before host_open(), in the parent. 0, or as
 * a step: then host_open() and host_install() have to do it again.
 */
uint32_t host_prepare(const struct host_config *config);
/* Prepare the process: signals, GS, threads, arena. 0 or HOST_FAILED. */
uint32_t host_open(const struct host_config *config);
const char *host_error(void);

/*
 * A place where a call of the driver may fail, as it was reached. Written by
 * the driver's process into memory that it shares with the agent: whoever
 * reads it there believes nothing.
 */
struct host_point {
    uint16_t number;      /* of the export: host_export_name() */
    uint16_t step;        /* 0.. in the cycle: host_set_step() */
    uint32_t occurrence;  /* 1.. within the step */
    uint32_t caller;      /* RVA, 0: not known */
};

#define HOST_POINTS_MAX 65536u  /* kept of one cycle; the rest is counted */

struct host_points {
    uint32_t n;           /* reached; may be more than HOST_POINTS_MAX */
    struct host_point point[HOST_POINTS_MAX];
};

enum host_record {
    HOST_RECORD_ALL = 1,    /* from now on; else once a fault has struck */
    HOST_RECORD_MARK = 2,   /* with a RIG_MK_FAULT_POINT marker for each */
};

/* What else there is to know about faults; members may be NULL. */
struct host_record_hooks {
    void (*strikes)(void);  /* a call is about to fail */
    bool (*struck)(void);   /* has the device's fault struck by now? Asked at
                               each point until it has; then all count */
};

/* Record into *points, which starts out empty; NULL: record no more. */
void host_record_points(struct host_points *points, unsigned flags,
                        const struct host_record_hooks *hooks);
/* Number of the step that begins, for what is recorded. */
void host_set_step(unsigned step, bool recorded);
/* Name of an export by its number, NULL if there is none. */
const char *host_export_name(unsigned number);
/* Its number, if it is one with a documented failure; else -1. */
int host_export_number(const char *name);

/* Faults of the next step; copied. Occurrences count from here. */
void host_set_faults(const struct host_fault *faults, unsigned n);

/* The next steps are about adapter `number`, 0..; false: there is none. */
bool host_select(unsigned number);
/* Grant it no more messages than that; 0: the line interrupt at best. */
void host_limit_messages(unsigned messages);
/* Load and DriverEntry unless that is done, AddDevice, Filter... */
uint32_t host_install(void);
/* `post_failure`: NDIS fails after MiniportInitializeEx has succeeded. */
uint32_t host_initialize(bool post_failure);
uint32_t host_restart(void);
struct host_traffic {
    uint32_t frames, min_length, max_length; /* in */
    uint64_t sent, completed, received, wrong; /* out */
};
uint32_t host_traffic(struct host_traffic *traffic);
uint32_t host_pause(void);
/* `action`: NDIS_HALT_ACTION, ndis.h */
uint32_t host_halt(int action);
/* To D3 or back to D0, as NDIS and the PCI bus driver do it. */
uint32_t host_set_power(bool low);
uint32_t host_reset(void);     /* check for hang, then reset */
/* The function no longer answers; PnP event, pause, halt. */
uint32_t host_surprise_remove(void);
/* `action`: NDIS_SHUTDOWN_ACTION, ndis.h; nothing may come after it. */
uint32_t host_shutdown(int action);
/*
 * Halt the adapters that their driver gave up, NdisMRemoveMiniport. Before and
 * after each step: the driver may do so at any time.
 */
void host_settle(void);
uint32_t host_remove(void);    /* RemoveDevice, then takes the device back */
uint32_t host_unload(void);    /* of all adapters */
/* Has the rig every device back that the driver was given? */
bool host_taken_back(void);

/*
 * Called by the agent's watchdog in this process (SIGALRM handler): write a
 * RIG_MK_HANG marker that says where the driver is. Async-signal-safe.
 */
void host_report_hang(const char *step, void *ucontext);

/* Names of all exports we implement; NULL ends it. */
const char *const *host_exports(void);
/* And of the callbacks that we make, for `agent --callbacks`. */
const char *const *host_callbacks(void);

/*
 * What a driver may import, for `agent --imports`: a line for each, "KIND NAME",
 * KIND being module (whose exports these are; any case), function, fallible (a
 * function that <fail> can make fail) or data (a variable).
 */
void host_print_imports(FILE *f);

#endif
