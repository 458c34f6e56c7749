/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices on Linux: PCI functions by sysfs, said in Windows' terms.
 *
 * Started is what has a driver. Disabled is a driver_override that no driver
 * answers to, so that the state is the kernel's and outlives the agent.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "posix/backend.h"

#define DEVICES  "/sys/bus/pci/devices"
#define DISABLED "rig-disabled"

/* cfg.h of Windows. */
#define DN_STARTED          0x8
#define DN_HAS_PROBLEM      0x400
#define CM_PROB_DISABLED    22
#define CM_PROB_FAILED_INSTALL 28

struct device {
    char address[PCI_ADDRESS_SIZE];
    char driver[64]; /* "": none */
    bool disabled;
};

static bool attribute_is(const char *address, const char *attribute,
                         const char *value)
{
    char path[256], text[64] = "";
    FILE *file;

    if (!pci_path(path, sizeof(path), address, attribute) ||
        !(file = fopen(path, "re"))) {
        return false;
    }
    if (fgets(text, sizeof(text), file)) {
        text[strcspn(text, "\n")] = '\0';
    }
    fclose(file);
    return strcmp(text, value) == 0;
}

static void look_at(struct device *dev)
{
    if (!pci_driver_name(dev->address, dev->driver, sizeof(dev->driver))) {
        dev->driver[0] = '\0';
    }
    dev->disabled = attribute_is(dev->address, "driver_override", DISABLED);
}

static bool is_there(const char *address)
{
    char path[256];

    return pci_path(path, sizeof(path), address, "") && access(path, F_OK) == 0;
}

/* Does a hardware id of it begin so? In any case, as on Windows. */
static bool id_begins(const char *address, const char *prefix)
{
    char *ids[PCI_HARDWARE_IDS];
    bool found = false;

    if (pci_hardware_ids(address, ids)) {
        return false;
    }
    for (unsigned i = 0; i < PCI_HARDWARE_IDS && ids[i]; i++) {
        found |= strncasecmp(ids[i], prefix, strlen(prefix)) == 0;
    }
    pci_hardware_ids_free(ids);
    return found;
}

/* Which device the request means; false, and it has failed: none that is
 * there. */
static bool find(struct job *job, struct device *dev)
{
    char name[256];
    struct dirent *entry;
    bool found = false;
    DIR *dir;

    if (!job_text(job, AGENT_KEY_DEVICE, name, sizeof(name))) {
        return false;
    }
    if (pci_address_valid(name)) {
        snprintf(dev->address, sizeof(dev->address), "%.12s", name);
        found = is_there(name);
    } else if ((dir = opendir(DEVICES))) {
        while (!found && name[0] && (entry = readdir(dir))) {
            if (pci_address_valid(entry->d_name) &&
                id_begins(entry->d_name, name)) {
                snprintf(dev->address, sizeof(dev->address), "%.12s",
                         entry->d_name);
                found = true;
            }
        }
        closedir(dir);
    }
    if (!found) {
        job_fail(job, AGENT_E_NOT_FOUND,
                 "no device \"%s\" is there: see the request \"devices\"",
                 name);
        return false;
    }
    look_at(dev);
    return true;
}

bool posix_device_address(struct job *job, char address[PCI_ADDRESS_SIZE])
{
    struct device dev;

    if (!find(job, &dev)) {
        return false;
    }
    memcpy(address, dev.address, PCI_ADDRESS_SIZE);
    return true;
}

/* Entries of the directory of the messages that were granted. */
static unsigned count_messages(const char *address)
{
    char path[256];
    struct dirent *entry;
    unsigned count = 0;
    DIR *dir;

    if (!pci_path(path, sizeof(path), address, "msi_irqs") ||
        !(dir = opendir(path))) {
        return 0;
    }
    while ((entry = readdir(dir))) {
        count += entry->d_name[0] != '.';
    }
    closedir(dir);
    return count;
}

static void describe(struct job *job, const struct device *dev)
{
    unsigned problem = dev->disabled ? CM_PROB_DISABLED :
                       dev->driver[0] ? 0 : CM_PROB_FAILED_INSTALL;
    char *ids[PCI_HARDWARE_IDS];

    fields_text(&job->out, AGENT_KEY_DEVICE, dev->address);
    if (pci_hardware_ids(dev->address, ids) == 0) {
        for (unsigned i = 0; i < PCI_HARDWARE_IDS && ids[i]; i++) {
            fields_text(&job->out, AGENT_KEY_HARDWARE_ID, ids[i]);
        }
        pci_hardware_ids_free(ids);
    }
    fields_number(&job->out, AGENT_KEY_PRESENT, 1);
    fields_number(&job->out, AGENT_KEY_FLAGS,
                  (dev->driver[0] ? DN_STARTED : 0) |
                  (problem ? DN_HAS_PROBLEM : 0));
    fields_number(&job->out, AGENT_KEY_PROBLEM, problem);
    if (problem) {
        fields_text(&job->out, AGENT_KEY_PROBLEM_NAME, dev->disabled ?
                    "CM_PROB_DISABLED" : "CM_PROB_FAILED_INSTALL");
    }
    if (dev->driver[0]) {
        fields_text(&job->out, AGENT_KEY_SERVICE, dev->driver);
    }
}

static void describe_all(struct job *job, struct device *dev)
{
    uint32_t irq = 0;
    unsigned messages = count_messages(dev->address);

    look_at(dev);
    describe(job, dev);
    pci_read_number(dev->address, "irq", &irq);
    fields_number(&job->out, AGENT_KEY_LINE_INTERRUPTS,
                  !messages && irq && dev->driver[0]);
    fields_number(&job->out, AGENT_KEY_MESSAGE_INTERRUPTS, messages);
}

static bool write_attribute(struct job *job, const char *address,
                            const char *attribute, const char *text)
{
    if (pci_write_text(address, attribute, text) == 0) {
        return true;
    }
    job_fail_api(job, AGENT_E_FAILED, attribute, "errno", (uint64_t)errno,
                 "%s of %s: %s", attribute, address, strerror(errno));
    return false;
}

/* Write a device's address, or "1", to a file of the bus or of a driver. */
static bool write_bus(struct job *job, const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    bool good = file && fputs(text, file) >= 0;

    if (file && fclose(file)) {
        good = false;
    }
    if (!good) {
        job_fail_api(job, AGENT_E_FAILED, path, "errno", (uint64_t)errno,
                     "%s: %s", path, strerror(errno));
    }
    return good;
}

void posix_devices(struct job *job)
{
    char filter[256];
    struct dirent **names;
    int n;

    if (!job_text(job, AGENT_KEY_FILTER, filter, sizeof(filter))) {
        return;
    }
    n = scandir(DEVICES, &names, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        struct device dev;

        if (pci_address_valid(names[i]->d_name) &&
            id_begins(names[i]->d_name, filter)) {
            snprintf(dev.address, sizeof(dev.address), "%.12s",
                     names[i]->d_name);
            look_at(&dev);
            describe(job, &dev);
        }
        free(names[i]);
    }
    if (n >= 0) {
        free(names);
    }
}

void posix_status(struct job *job)
{
    struct device dev;

    if (find(job, &dev)) {
        describe_all(job, &dev);
    }
}

static bool unbind(struct job *job, struct device *dev)
{
    return !dev->driver[0] ||
           write_attribute(job, dev->address, "driver/unbind", dev->address);
}

static bool set_disabled(struct job *job, struct device *dev, bool disabled)
{
    return write_attribute(job, dev->address, "driver_override",
                           disabled ? DISABLED : "\n") &&
           (disabled ? unbind(job, dev) :
            dev->driver[0] ||
            write_bus(job, "/sys/bus/pci/drivers_probe", dev->address));
}

void posix_disable(struct job *job)
{
    struct device dev;

    if (find(job, &dev) && set_disabled(job, &dev, true)) {
        describe_all(job, &dev);
    }
}

void posix_enable(struct job *job)
{
    struct device dev;

    if (find(job, &dev) && set_disabled(job, &dev, false)) {
        describe_all(job, &dev);
    }
}

void posix_restart(struct job *job)
{
    struct device dev;

    if (!find(job, &dev) || !unbind(job, &dev)) {
        return;
    }
    look_at(&dev);
    if (set_disabled(job, &dev, false)) {
        describe_all(job, &dev);
    }
}

void posix_remove(struct job *job)
{
    struct device dev;

    if (find(job, &dev) &&
        write_attribute(job, dev.address, "remove", "1")) {
        fields_text(&job->out, AGENT_KEY_DEVICE, dev.address);
        fields_number(&job->out, AGENT_KEY_PRESENT, 0);
    }
}

/* A scan of the bus is over, drivers' probes included, when it returns. */
void posix_rescan(struct job *job)
{
    struct field field;
    struct device dev;

    if (write_bus(job, "/sys/bus/pci/rescan", "1") &&
        fields_find(&job->in, AGENT_KEY_DEVICE, &field) && find(job, &dev)) {
        describe_all(job, &dev);
    }
}

/* The kernel's uevents poke it: see link.c. */
void posix_wait(struct job *job)
{
    char state[16], name[256];
    struct device dev;
    bool there = false;
    unsigned pokes;

    if (!job_text(job, AGENT_KEY_STATE, state, sizeof(state)) ||
        !job_text(job, AGENT_KEY_DEVICE, name, sizeof(name))) {
        return;
    }
    if (strcmp(state, "") && strcmp(state, "started") &&
        strcmp(state, "problem") && strcmp(state, "settled") &&
        strcmp(state, "gone")) {
        job_fail(job, AGENT_E_INVALID, "state is started, problem, settled or "
                 "gone, not \"%s\"", state);
        return;
    }
    do {
        pokes = job_pokes(job);
        if (strcmp(state, "gone") == 0) {
            there = !is_there(name);
        } else if (find(job, &dev)) {
            bool settled = dev.driver[0] || dev.disabled;

            there = strcmp(state, "problem") == 0 ? dev.disabled :
                    strcmp(state, "settled") == 0 ? settled :
                    dev.driver[0] != '\0';
        } else {
            return;
        }
    } while (!there && job_wait(job, pokes));
    if (!there) {
        job_fail(job, AGENT_E_TIMED_OUT, "\"%s\" is not %s within the limit",
                 name, state[0] ? state : "started");
    } else if (strcmp(state, "gone") != 0) {
        describe_all(job, &dev);
    }
}
