/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps of Linux's own driver: the function is bound through sysfs, its
 * interface opened and closed, and the guest's account of its interrupts
 * written as RIG_MK_LINUX markers.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "agent/linux-driver.h"
#include "agent/linux-traffic.h"
#include "agent/marker.h"
#include "linux/interrupts.h"
#include "linux/netdev.h"
#include "linux/pci.h"
#include "linux/system.h"

#define AUTOPROBE "/sys/bus/pci/drivers_autoprobe"

/* Guest time that a link may take to come up; igb negotiates for 0.5 s. */
#define CARRIER_MS 5000

/* Linux's driver for the VFs of an igb. */
#define VF_MODULE "igbvf"

#define ENTRY_SIZE 16u /* bytes of an MSI-X table entry, PCI 3.0, 6.8.2 */

/* A function that Linux's driver serves. */
struct function {
    char address[PCI_ADDRESS_SIZE];
    char driver[32];
    struct netdev dev;
    struct pci_msix msix;
    volatile uint32_t *table;   /* NULL: no MSI-X */
    void *map;
    size_t map_size;
    bool bound;
};

static struct {
    struct function pf, vf[PLAN_VFS_MAX];
    unsigned vfs;
    char *err;
    size_t errlen;
} linux_driver;

/* Why a step did not go well; returns `end`. */
static enum linux_end say(enum linux_end end, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static enum linux_end say(enum linux_end end, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(linux_driver.err, linux_driver.errlen, fmt, ap);
    va_end(ap);
    return end;
}

/* --- the account --------------------------------------------------------- */

static uint64_t bdf_of(const char *address)
{
    unsigned bus = 0, slot = 0, function = 0;

    sscanf(address, "%*x:%x:%x.%x", &bus, &slot, &function);
    return bus << 8 | slot << 3 | function;
}

static void put_vector(const struct function *f, unsigned vector,
                       const struct interrupt *counted)
{
    volatile uint32_t *entry = f->table + vector * (ENTRY_SIZE / 4);
    struct rig_marker m = {
        .kind = RIG_MK_LINUX,
        .object = bdf_of(f->address),
        .status = counted->requested,
        .name = RIG_LINUX_VECTOR,
    };

    m.arg[0] = vector;
    m.arg[1] = counted->count;
    m.arg[2] = entry[0];
    m.arg[2] |= (uint64_t)entry[1] << 32;
    m.arg[3] = entry[2];
    m.arg[3] |= (uint64_t)entry[3] << 32;
    snprintf(m.text, sizeof(m.text), "%s", counted->name);
    marker_emit(&m);
}

/* What Linux knows now. */
static enum linux_end report(struct function *f, enum rig_linux_point point)
{
    static struct interrupt counted[INTERRUPTS_MAX];
    unsigned vectors = f->table && point != RIG_LINUX_UNBOUND
                       ? f->msix.vectors : 0;
    struct pci_msix now = { 0 };
    uint16_t command;
    struct rig_marker m = {
        .kind = RIG_MK_LINUX,
        .object = bdf_of(f->address),
        .name = RIG_LINUX_FUNCTION,
    };

    if ((pci_read_msix(f->address, &now) && errno != ENOENT) ||
        pci_config_read(f->address, 4, &command, sizeof(command))) {
        return say(LINUX_FAILED, "%s: configuration space: %s", f->address,
                   strerror(errno));
    }
    if (interrupts_read(f->address, counted, vectors)) {
        return say(LINUX_FAILED, "/proc/interrupts: %s", strerror(errno));
    }
    m.arg[0] = point;
    m.arg[1] = now.control;
    m.arg[2] = command;
    m.arg[3] = vectors;
    snprintf(m.text, sizeof(m.text), "%s %s", f->driver, f->dev.name);
    marker_emit(&m);
    for (unsigned i = 0; i < vectors; i++) {
        put_vector(f, i, &counted[i]);
    }
    return LINUX_DONE;
}

/* --- binding ------------------------------------------------------------- */

static bool map_table(struct function *f)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint32_t start = f->msix.offset & ~(uint32_t)(page - 1);
    char path[128], name[16];
    int fd;

    snprintf(name, sizeof(name), "resource%u", f->msix.bar);
    if (!pci_path(path, sizeof(path), f->address, name)) {
        return false;
    }
    fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    f->map_size = (f->msix.offset - start + f->msix.vectors * ENTRY_SIZE +
                   page - 1) & ~(page - 1);
    f->map = mmap(NULL, f->map_size, PROT_READ, MAP_SHARED, fd, start);
    close(fd);
    if (f->map == MAP_FAILED) {
        f->map = NULL;
        return false;
    }
    f->table = (void *)((char *)f->map + (f->msix.offset - start));
    return true;
}

static enum linux_end load_modules(const char *module)
{
    char dir[64], why[RIG_MARKER_TEXT];

    snprintf(dir, sizeof(dir), SYSTEM_MODULES "/%.32s", module);
    if (access(dir, F_OK)) {
        return say(LINUX_REFUSED, "this guest has no driver \"%.32s\"",
                   module);
    }
    return system_load_modules(dir, why, sizeof(why))
           ? say(LINUX_FAILED, "%s", why) : LINUX_DONE;
}

/* Bind the function to the driver that has it in its id table. */
static enum linux_end probe(struct function *f, const char *module)
{
    enum linux_end end = load_modules(module);

    if (end) {
        return end;
    }
    if (pci_write_text(f->address, "driver_override", "\n") ||
        pci_write_text(f->address, "subsystem/drivers_probe", f->address)) {
        return say(LINUX_REFUSED, "%s: drivers_probe: %s", f->address,
                   strerror(errno));
    }
    if (!pci_driver_name(f->address, f->driver, sizeof(f->driver))) {
        return say(LINUX_REFUSED, "%s does not take %s", module, f->address);
    }
    f->bound = true;
    return LINUX_DONE;
}

static enum linux_end bind_function(struct function *f, const char *module)
{
    enum linux_end end = probe(f, module);

    if (end) {
        return end;
    }
    if (netdev_find(f->address, &f->dev)) {
        return say(LINUX_REFUSED, "%s made no interface of %s: %s", f->driver,
                   f->address, strerror(errno));
    }
    if (!pci_read_msix(f->address, &f->msix) && !map_table(f)) {
        return say(LINUX_FAILED, "%s: the MSI-X table cannot be mapped: %s",
                   f->address, strerror(errno));
    }
    if (netdev_up(&f->dev, CARRIER_MS)) {
        return say(LINUX_REFUSED, "%s of %s does not come up: %s",
                   f->dev.name, f->driver, strerror(errno));
    }
    return report(f, RIG_LINUX_BOUND);
}

static enum linux_end unbind_function(struct function *f)
{
    enum linux_end end = LINUX_DONE;

    if (netdev_down(&f->dev)) {
        return say(LINUX_REFUSED, "%s cannot be closed: %s", f->dev.name,
                   strerror(errno));
    }
    end = report(f, RIG_LINUX_CLOSED);
    if (f->map) {
        munmap(f->map, f->map_size);
        f->map = NULL;
        f->table = NULL;
    }
    if (end) {
        return end;
    }
    if (pci_write_text(f->address, "driver/unbind", f->address)) {
        return say(LINUX_REFUSED, "%s: unbind: %s", f->address,
                   strerror(errno));
    }
    f->bound = false;
    return report(f, RIG_LINUX_UNBOUND);
}

/* --- SR-IOV -------------------------------------------------------------- */

static enum linux_end set_vfs(unsigned n)
{
    char text[8];

    snprintf(text, sizeof(text), "%u", n);
    return pci_write_text(linux_driver.pf.address, "sriov_numvfs", text)
           ? say(LINUX_REFUSED, "%s: %u VFs: %s", linux_driver.pf.address, n,
                 strerror(errno)) : LINUX_DONE;
}

static enum linux_end remove_vfs(void)
{
    while (linux_driver.vfs) {
        struct function *vf = &linux_driver.vf[linux_driver.vfs - 1];
        enum linux_end end = vf->bound ? unbind_function(vf) : LINUX_DONE;

        if (end) {
            return end;
        }
        linux_driver.vfs--;
    }
    return set_vfs(0);
}

static enum linux_end run_sriov(unsigned n)
{
    enum linux_end end = linux_driver.vfs ? remove_vfs() : LINUX_DONE;

    if (end || !n) {
        return end;
    }
    end = set_vfs(n);
    for (unsigned i = 0; !end && i < n; i++) {
        struct function *vf = &linux_driver.vf[i];

        memset(vf, 0, sizeof(*vf));
        linux_driver.vfs = i + 1;
        end = !pci_find_vf(linux_driver.pf.address, i, vf->address)
              ? bind_function(vf, VF_MODULE)
              : say(LINUX_FAILED, "%s: there is no VF %u",
                    linux_driver.pf.address, i);
    }
    return end;
}

/* --- steps --------------------------------------------------------------- */

static enum linux_end run_traffic(const struct cycle_context *context,
                                  const struct plan_step *step)
{
    const struct function *f = step->through_vf ? &linux_driver.vf[step->vf]
                                                : &linux_driver.pf;

    if (step->through_vf && step->vf >= linux_driver.vfs) {
        return say(LINUX_REFUSED, "there is no VF %u", step->vf);
    }
    return linux_traffic(context, step, &f->dev, linux_driver.err,
                         linux_driver.errlen) ? LINUX_REFUSED : LINUX_DONE;
}

static enum linux_end run_unbind(void)
{
    enum linux_end end = linux_driver.vfs ? remove_vfs() : LINUX_DONE;

    return end ? end : unbind_function(&linux_driver.pf);
}

enum linux_end linux_driver_step(const struct cycle_context *context,
                                 const struct plan_step *step, char *err,
                                 size_t errlen)
{
    linux_driver.err = err;
    linux_driver.errlen = errlen;
    if (step->kind == PLAN_BIND) {
        snprintf(linux_driver.pf.address, sizeof(linux_driver.pf.address),
                 "%s", context->plan->device);
        return bind_function(&linux_driver.pf, context->scenario->linux_driver);
    }
    if (!linux_driver.pf.bound) {
        return say(LINUX_SKIPPED, "no driver is bound");
    }
    switch (step->kind) {
    case PLAN_TRAFFIC:
        return run_traffic(context, step);
    case PLAN_SRIOV:
        return run_sriov(step->vfs);
    case PLAN_UNBIND:
        return run_unbind();
    default:
        return say(LINUX_FAILED, "step %s is not one of a Linux driver",
                   plan_step_name(step->kind));
    }
}

int linux_driver_prepare(char *err, size_t errlen)
{
    int fd = open(AUTOPROBE, O_WRONLY | O_CLOEXEC);
    bool good = fd >= 0 && write(fd, "0", 1) == 1;

    if (!good) {
        snprintf(err, errlen, AUTOPROBE ": %s", strerror(errno));
    }
    if (fd >= 0) {
        close(fd);
    }
    return good ? 0 : -1;
}

void linux_driver_release(const char *address)
{
    char name[32];

    pci_write_text(address, "sriov_numvfs", "0");
    if (pci_driver_name(address, name, sizeof(name))) {
        pci_write_text(address, "driver/unbind", address);
    }
}
