/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc/interrupts: a header with one column for each processor, then a line
 * for each interrupt: number, counts, chip, hardware interrupt, handlers.
 *
 * Linux 6.1 (drivers/pci/msi/irqdomain.c) numbers the hardware interrupts of
 * chip "PCI-MSI" domain << 27 | bus << 19 | devfn << 11 | vector. From 6.2 on
 * each function has a chip of its own, "PCI-MSIX-0000:00:10.0", and the number
 * is the vector. A remapping IOMMU puts "IR-" in front of either.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "linux/interrupts.h"
#include "linux/pci.h"

#define LINE 1024

static bool hwirq_base(const char *address, unsigned long *base)
{
    unsigned domain, bus, slot, function;

    if (!pci_address_valid(address) ||
        sscanf(address, "%x:%x:%x.%x", &domain, &bus, &slot,
               &function) != 4) {
        return false;
    }
    *base = (unsigned long)domain << 27 | bus << 19 | slot << 14 |
            function << 11;
    return true;
}

static unsigned count_processors(const char *header)
{
    unsigned n = 0;

    for (const char *p = header; (p = strstr(p, "CPU")); p += 3) {
        n++;
    }
    return n;
}

/* The vector that chip and hardware interrupt name; -1: not of the function. */
static long vector_of(const char *chip, unsigned long hwirq,
                      const char *address, unsigned long base)
{
    const char *msi = strstr(chip, "PCI-MSI");

    if (!msi) {
        return -1;
    }
    if (strcmp(msi, "PCI-MSI") == 0) {
        return hwirq >= base && hwirq - base < INTERRUPTS_MAX
               ? (long)(hwirq - base) : -1;
    }
    msi += strlen("PCI-MSI");
    return strncmp(msi, "X-", 2) == 0 && strcmp(msi + 2, address) == 0 &&
           hwirq < INTERRUPTS_MAX ? (long)hwirq : -1;
}

/* One line about an interrupt; what is none ("NMI:") is left alone. */
static void parse_line(char *line, unsigned processors, const char *address,
                       unsigned long base, struct interrupt *vector,
                       unsigned n)
{
    char chip[64], trigger[16], *p = line, *end;
    unsigned long hwirq;
    uint64_t count = 0;
    int used = 0;
    long v;

    strtoul(p, &end, 10);
    if (end == p || *end != ':') {
        return;
    }
    p = end + 1;
    for (unsigned i = 0; i < processors; i++) {
        count += strtoull(p, &end, 10);
        if (end == p) {
            return;
        }
        p = end;
    }
    if (sscanf(p, " %63s %lu-%15s%n", chip, &hwirq, trigger, &used) < 3) {
        return;
    }
    v = vector_of(chip, hwirq, address, base);
    if (v < 0 || v >= (long)n) {
        return;
    }
    p += used;
    while (isspace((unsigned char)*p)) {
        p++;
    }
    p[strcspn(p, "\n")] = '\0';
    vector[v].count = count;
    vector[v].requested = *p != '\0';
    snprintf(vector[v].name, sizeof(vector[v].name), "%.47s", p);
}

int interrupts_parse(FILE *text, const char *address,
                     struct interrupt *vector, unsigned n)
{
    char line[LINE];
    unsigned processors;
    unsigned long base;

    memset(vector, 0, n * sizeof(*vector));
    if (!hwirq_base(address, &base) || !fgets(line, sizeof(line), text)) {
        errno = EINVAL;
        return -1;
    }
    processors = count_processors(line);
    if (!processors) {
        errno = EPROTO;
        return -1;
    }
    while (fgets(line, sizeof(line), text)) {
        parse_line(line, processors, address, base, vector, n);
    }
    return 0;
}

int interrupts_read(const char *address, struct interrupt *vector,
                    unsigned n)
{
    FILE *f = fopen("/proc/interrupts", "re");
    int ret, saved;

    if (!f) {
        return -1;
    }
    ret = interrupts_parse(f, address, vector, n);
    saved = errno;
    fclose(f);
    errno = saved;
    return ret;
}
