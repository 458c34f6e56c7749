/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan: what rig tells the agent to do, as a GKeyFile at RIG_PLAN_PATH.
 *
 * The host writes it, puts it with the drivers into a cpio archive behind the
 * initramfs, and then says nothing more: the guest runs the plan by itself.
 *
 *   [plan]
 *   version=1
 *   device=0000:00:10.0          PCI address of the function under test
 *   device-2=0000:00:11.0        of its second adapter, if there is one
 *   virtual-function=0           optional: device is a physical function, which
 *                                Linux's own driver serves, and this VF of it
 *                                is the function under test
 *   msix-profile=at-connect      or at-start
 *   guard-pages=no               or yes: around every block of pool memory
 *   seed=1
 *   scenarios=2                  groups "scenario 1", "scenario 2"
 *
 *   [scenario 1]
 *   name=init-halt
 *   sys=/plan/1/rignic.sys       paths in the guest
 *   inf=/plan/1/rignic.inf
 *   rules=Leak;...               for rig judge; the guest does not use it
 *   trace=NdisAllocateMdl;...    optional: exports and callbacks that get
 *                                markers because a rule needs them; "*":
 *                                every callback
 *   linux=igb                    instead of both: Linux's own driver, by the
 *                                name of its module; in every scenario of a
 *                                plan, or in none
 *   cycles=1                     groups "scenario 1 cycle 1", ...
 *
 *   [scenario 1 cycle 1]
 *   repeat=1                     times to run it, each in a fresh process
 *   steps=install;init;restart;traffic;pause;halt;unload
 *
 *   [scenario 1 cycle 1 step 2]  optional: settings of the second step
 *   timeout-ms=10000             guest time; default RIG_STEP_TIMEOUT_MS
 *   faults=NdisMRegisterScatterGatherDma#1=0xC000009A;...
 *                                API # occurrence in this step = status
 *   device-faults=reset-never-done@1;early-interrupt@7:2
 *                                NAME@ORDINAL[:ARGUMENT] of rig/faults.h,
 *                                armed when the step begins, cleared when the
 *                                cycle ends
 *   frames=64                    traffic
 *   min-length=60
 *   max-length=1514
 *   vf=0                         traffic: through this VF instead
 *   vfs=2                        sriov: number of VFs, 0..7
 *   adapter=2                    every step: 1 (the default) or 2
 *   messages=1                   install: grant no more; 0: the line interrupt
 *   post-failure=yes             init
 *   action=NdisHaltDeviceStopped halt, or an NdisShutdown* for shutdown
 *   state=D3                     power: D3 or D0
 *
 * Cycle numbers in markers count every repetition: with repeat=10 the cycles
 * 1..10 are those of the first group.
 *
 * A scenario can be a sweep instead: its only cycle is a life, gone through
 * once to record what may fail on the way, and then once for each of these
 * points. All keys are optional:
 *
 *   [scenario 1 sweep]
 *   k=1                          faults at a time: 1, or 2
 *   status=0xC000009A            of a call that is not made
 *   device-faults=all-ones;slow-reset:200000
 *   occasions=32                 of each device fault, at most
 *   per-site=0                   calls tried of each call site, spread over
 *                                all of it; 0: all
 *   limit=100000                 cycles
 *   share=1                      of several machines that deal the points
 *   shares=1                     among themselves, this one and how many:
 *                                each goes through the lives, then tries every
 *                                shares-th point, from the share-th on
 *   lives=halt-actions;...       see RIG_SWEEP_LIVES
 *   only=init:NdisMRegisterScatterGatherDma#1+...;...
 *                                nothing but these; see below
 *
 * A point is written [LIFE,]STEP[.N]:API#OCCURRENCE for a call in step STEP
 * (the Nth of that name), device:NAME@ORDINAL[:ARGUMENT] for a device fault
 * armed when the cycle begins, resource:messages=N or resource:line for an
 * interrupt granted, life:NAME for a life; A+B is A and then B.
 */
#ifndef RIG_PLAN_H
#define RIG_PLAN_H

#define RIG_PLAN_PATH    "/plan/plan.ini"

/*
 * On the kernel's command line: stay when the plan is over instead of powering
 * off, for somebody who wants to look around.
 */
#define PLAN_HOLD "rig.hold"

/*
 * On the kernel's command line: there is no plan behind the initramfs. Say with
 * a note of that name that everything is ready that does not depend on the
 * plan, which is where a snapshot is taken, and only then take the archive from
 * this file of fw_cfg.
 */
#define PLAN_SNAPSHOT "rig.snapshot"
#define PLAN_FW_CFG   "opt/org.rig/plan"
#define RIG_PLAN_VERSION 1

/*
 * Name of the note behind the last cycle of a sweep and what was needed to
 * leave the device as it was before it: now it is closed.
 */
#define PLAN_SWEEP_DONE "rig.sweep-done"

#define RIG_PLAN_GROUP            "plan"
#define RIG_PLAN_GROUP_SCENARIO   "scenario %u"
#define RIG_PLAN_GROUP_CYCLE      "scenario %u cycle %u"
#define RIG_PLAN_GROUP_STEP       "scenario %u cycle %u step %u"

#define RIG_PLAN_GROUP_SWEEP      "scenario %u sweep"

#define RIG_PLAN_KEY_VERSION      "version"
#define RIG_PLAN_KEY_DEVICE       "device"
#define RIG_PLAN_KEY_DEVICE_2     "device-2"
#define RIG_PLAN_KEY_VIRTUAL      "virtual-function"
#define RIG_PLAN_KEY_PROFILE      "msix-profile"
#define RIG_PLAN_KEY_GUARD        "guard-pages"
#define RIG_PLAN_KEY_SEED         "seed"
#define RIG_PLAN_KEY_SCENARIOS    "scenarios"
#define RIG_PLAN_KEY_NAME         "name"
#define RIG_PLAN_KEY_SYS          "sys"
#define RIG_PLAN_KEY_TRACE        "trace"
#define RIG_PLAN_KEY_RULES        "rules"
#define RIG_PLAN_KEY_INSTRUMENTED "instrumented" /* "yes": for who reads the
                                                    plan later */
#define RIG_PLAN_KEY_INF          "inf"
#define RIG_PLAN_KEY_LINUX        "linux"
#define RIG_PLAN_KEY_CYCLES       "cycles"
#define RIG_PLAN_KEY_REPEAT       "repeat"
#define RIG_PLAN_KEY_STEPS        "steps"
#define RIG_PLAN_KEY_TIMEOUT      "timeout-ms"
#define RIG_PLAN_KEY_FAULTS       "faults"
#define RIG_PLAN_KEY_DEVICE_FAULTS "device-faults"
#define RIG_PLAN_KEY_FRAMES       "frames"
#define RIG_PLAN_KEY_MIN_LENGTH   "min-length"
#define RIG_PLAN_KEY_MAX_LENGTH   "max-length"
#define RIG_PLAN_KEY_VF           "vf"
#define RIG_PLAN_KEY_VFS          "vfs"
#define RIG_PLAN_KEY_ADAPTER      "adapter"
#define RIG_PLAN_KEY_MESSAGES     "messages"
#define RIG_PLAN_KEY_POST_FAILURE "post-failure"
#define RIG_PLAN_KEY_ACTION       "action"
#define RIG_PLAN_KEY_STATE        "state"

#define RIG_PLAN_KEY_K            "k"
#define RIG_PLAN_KEY_STATUS       "status"
#define RIG_PLAN_KEY_DEVICE_SWEEP "device-faults"
#define RIG_PLAN_KEY_OCCASIONS    "occasions"
#define RIG_PLAN_KEY_PER_SITE     "per-site"
#define RIG_PLAN_KEY_LIMIT        "limit"
#define RIG_PLAN_KEY_SHARE        "share"
#define RIG_PLAN_KEY_SHARES       "shares"
#define RIG_PLAN_KEY_LIVES        "lives"
#define RIG_PLAN_KEY_ONLY         "only"

/* Limits: the agent refuses a plan beyond them, so the host does not send it. */
#define PLAN_SIZE_MAX      (4u << 20)  /* bytes of plan.ini */
#define PLAN_SCENARIOS_MAX 1000u
#define PLAN_CYCLES_MAX    100000u     /* groups of a scenario */
#define PLAN_REPEAT_MAX    1000000u
#define PLAN_TRACE_MAX     1000u       /* names of a scenario */
#define PLAN_MESSAGES_MAX  64u         /* of one function */
#define PLAN_ADAPTERS_MAX  2u          /* functions of one driver */
#define PLAN_STEPS_MAX     64u         /* of a cycle */
#define PLAN_FAULTS_MAX    64u         /* of a step, of either kind */
#define PLAN_FRAMES_MAX    1000000u
#define PLAN_TIMEOUT_MAX   3600000u    /* ms */
#define PLAN_VFS_MAX       7u          /* what Linux's igb makes */

#define RIG_PLAN_YES              "yes"
#define RIG_PLAN_STATE_D0         "D0"
#define RIG_PLAN_STATE_D3         "D3"

#define SWEEP_K_MAX          2u
#define SWEEP_DEVICE_MAX     32u       /* device faults */
#define SWEEP_OCCASIONS_MAX  65536u
#define SWEEP_CYCLES_MAX     1000000u
#define SWEEP_SHARES_MAX     16u
#define SWEEP_ONLY_MAX       16u
#define SWEEP_SPEC_SIZE      112u      /* bytes of a point as text, with NUL */

/* What a sweep does unless it is told otherwise. */
#define SWEEP_STATUS         0xC000009Au /* NDIS_STATUS_RESOURCES, ndis.h */
#define SWEEP_OCCASIONS      32u
#define SWEEP_LIMIT          100000u

/*
 * Lives besides the one in the plan; their calls are recorded and failed, too,
 * from the step on that makes the difference:
 *   resources     fewer messages than asked for, down to one, and the line
 *   halt-actions  MiniportHaltEx with every other NDIS_HALT_ACTION
 *   post-failure  NDIS fails after MiniportInitializeEx and halts
 *   surprise-remove  instead of pause and halt
 *   power         D3 and back to D0 before pause and halt
 *   reset         MiniportResetEx before pause and halt
 *   shutdown      instead of pause and halt
 */
#define RIG_SWEEP_RESOURCES    "resources"
#define RIG_SWEEP_HALT_ACTIONS "halt-actions"
#define RIG_SWEEP_POST_FAILURE "post-failure"
#define RIG_SWEEP_SURPRISE     "surprise-remove"
#define RIG_SWEEP_POWER        "power"
#define RIG_SWEEP_RESET        "reset"
#define RIG_SWEEP_SHUTDOWN     "shutdown"

#define RIG_PROFILE_AT_CONNECT "at-connect"
#define RIG_PROFILE_AT_START   "at-start"

/* Guest time a step may take unless the scenario says otherwise. */
#define RIG_STEP_TIMEOUT_MS 10000u

/*
 * Steps, in the order in which a driver meets them:
 *   install   INF parsed and matched, registry built, image loaded,
 *             DriverEntry, MiniportAddDevice, FilterResourceRequirements
 *   init      MiniportStartDevice, MiniportInitializeEx; with post-failure
 *             NDIS fails afterwards and halts the adapter within this step,
 *             with NdisHaltDeviceInitializationFailed
 *   restart   MiniportRestart, packet filter and link state as a protocol would
 *   traffic   frames to the reflector and back, every byte compared
 *   pause     MiniportPause
 *   halt      MiniportHaltEx, NdisHaltDeviceDisabled or the action asked for
 *   power     to D3: pause, OID_PNP_SET_POWER or MiniportHaltEx, then the
 *             function into D3hot; to D0: the same way back
 *   reset     MiniportCheckForHangEx, MiniportResetEx
 *   surprise-remove  the function no longer answers; PnP event, pause,
 *             MiniportHaltEx(NdisHaltDeviceSurpriseRemoved)
 *   shutdown  MiniportShutdownEx; nothing comes after it
 *   link-flap the cable is pulled and put back (through rig-tap); any time
 *   remove    MiniportRemoveDevice; the device is taken back from the driver
 *   unload    remove if that has not happened, then MiniportDriverUnload
 * After a failed init, restart, traffic, pause and halt are skipped, as NDIS
 * does: it never calls MiniportHaltEx then.
 */
#define RIG_STEP_INSTALL   "install"
#define RIG_STEP_INIT      "init"
#define RIG_STEP_RESTART   "restart"
#define RIG_STEP_TRAFFIC   "traffic"
#define RIG_STEP_PAUSE     "pause"
#define RIG_STEP_HALT      "halt"
#define RIG_STEP_LINK_FLAP "link-flap"
#define RIG_STEP_POWER     "power"
#define RIG_STEP_RESET     "reset"
#define RIG_STEP_SURPRISE_REMOVE "surprise-remove"
#define RIG_STEP_SHUTDOWN  "shutdown"
#define RIG_STEP_REMOVE    "remove"
#define RIG_STEP_UNLOAD    "unload"

/*
 * Steps of Linux's own driver, besides traffic and link-flap:
 *   bind      module loaded, driver bound, interface opened, carrier awaited
 *   sriov     VFs made and served by Linux's driver for them, or taken away
 *   unbind    VFs taken away, interface closed, driver unbound
 * bind, sriov and unbind each report what Linux knows (RIG_MK_LINUX).
 */
#define RIG_STEP_BIND      "bind"
#define RIG_STEP_SRIOV     "sriov"
#define RIG_STEP_UNBIND    "unbind"

#endif
