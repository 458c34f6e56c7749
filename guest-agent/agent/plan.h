/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plan, read and checked; its file format is in include/plan.h. */
#ifndef AGENT_PLAN_H
#define AGENT_PLAN_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include "include/plan.h"
#include "ndis/host.h"

enum plan_step_kind {
    PLAN_INSTALL, PLAN_INIT, PLAN_RESTART, PLAN_TRAFFIC, PLAN_PAUSE,
    PLAN_HALT, PLAN_LINK_FLAP, PLAN_POWER, PLAN_RESET, PLAN_SURPRISE_REMOVE,
    PLAN_SHUTDOWN, PLAN_REMOVE, PLAN_UNLOAD,
    PLAN_BIND, PLAN_SRIOV, PLAN_UNBIND,   /* Linux's own driver */
    PLAN_STEP_KINDS
};

/* A fault of the device, as the RIG_CMD_FAULT command takes it. */
struct plan_device_fault {
    char *spec;                /* NAME[:ARGUMENT] */
    uint32_t ordinal;          /* 1.. */
};

struct plan_step {
    enum plan_step_kind kind;
    uint32_t timeout_ms;       /* guest time */
    struct host_fault *faults;
    unsigned n_faults;
    struct plan_device_fault *device_faults;
    unsigned n_device_faults;
    uint32_t frames, min_length, max_length; /* traffic only */
    bool through_vf;           /* traffic: not through the function itself */
    uint32_t vf;               /* traffic: the VF, 0.. */
    uint32_t vfs;              /* sriov: number of VFs */
    uint32_t adapter;          /* 0.. */
    uint32_t messages;         /* install: messages granted at most, 0: the
                                  line; PLAN_MESSAGES_MAX: no limit */
    bool post_failure;         /* init only: NDIS fails after it */
    int action;                /* halt: NDIS_HALT_ACTION, shutdown:
                                  NDIS_SHUTDOWN_ACTION */
    bool low_power;            /* power only: to D3, else to D0 */
};

struct plan_cycle {
    uint32_t repeat;
    struct plan_step *steps;
    unsigned n_steps;
};

/* What a sweep varies; guest-agent/include/plan.h explains the keys. */
struct plan_sweep {
    uint32_t k, status, occasions, per_site, limit;
    uint32_t share, shares;    /* 1..shares: every shares-th point */
    char **device_faults;      /* NAME[:ARGUMENT], NULL-terminated */
    char **only;               /* points as text, NULL-terminated */
    uint32_t lives;            /* enum sweep_lives */
};

enum sweep_lives {
    SWEEP_RESOURCES = 1u << 0,
    SWEEP_HALT_ACTIONS = 1u << 1,
    SWEEP_POST_FAILURE = 1u << 2,
    SWEEP_SURPRISE = 1u << 3,
    SWEEP_POWER = 1u << 4,
    SWEEP_RESET = 1u << 5,
    SWEEP_SHUTDOWN = 1u << 6,
};

struct plan_scenario {
    char *name;
    char *sys, *inf;           /* NULL with linux_driver */
    char **trace;              /* of struct host_config, or NULL */
    char *linux_driver;        /* module name, NULL: a .sys is the driver */
    struct plan_sweep *sweep;  /* NULL: none */
    struct plan_cycle *cycles;
    unsigned n_cycles;
};

struct plan {
    char *device;              /* PCI address */
    char *device_2;            /* of the second adapter, NULL: none */
    int virtual_function;      /* under test is this VF of device; -1: device
                                  itself is */
    bool at_start;             /* msix-profile */
    bool guard_pages;          /* around every block of pool memory */
    uint64_t seed;
    struct plan_scenario *scenarios;
    unsigned n_scenarios;
};

/* "NdisHaltDeviceDisabled", ... by its number; NULL after the last one. */
const char *plan_halt_action_name(int action);

/* Name of a step in plans and markers. */
const char *plan_step_name(enum plan_step_kind kind);

#define PLAN_ERROR plan_error_quark()
GQuark plan_error_quark(void);
enum { PLAN_ERROR_IO, PLAN_ERROR_SYNTAX, PLAN_ERROR_CONTENT };

/* Read a plan; NULL with *error set if it cannot be used. */
struct plan *plan_load(const char *path, GError **error);
struct plan *plan_parse(const char *data, size_t size, GError **error);
void plan_free(struct plan *plan);

#endif
