/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What PID 1 does to the system: file systems, modules, powering off. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/memfd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "include/plan.h"
#include "linux/system.h"

#define HUGEPAGES "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages"
#define HUGEPAGE  ((size_t)2 << 20)

int system_mount(char *err, size_t errlen)
{
    static const struct {
        const char *type, *path;
    } table[] = {
        { "proc", "/proc" },
        { "sysfs", "/sys" },
        { "devtmpfs", "/dev" },
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        mkdir(table[i].path, 0755);
        if (mount(table[i].type, table[i].path, table[i].type, 0, NULL) &&
            errno != EBUSY) {
            snprintf(err, errlen, "%s cannot be mounted: %s",
                     table[i].path, strerror(errno));
            return -1;
        }
    }
    return 0;
}

/* Parameters of a module, by the name of its file. */
static const char *module_parameters(const char *name)
{
    /* No trips to D3hot between two cycles: they are not the driver's. */
    return strstr(name, "vfio-pci.ko") ? "disable_idle_d3=1" : "";
}

static int load_module(const char *dir, const char *name)
{
    char path[256];
    int fd, ret, saved;

    if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >=
        sizeof(path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    ret = syscall(SYS_finit_module, fd, module_parameters(name), 0);
    saved = errno;
    close(fd);
    errno = saved;
    return ret && errno != EEXIST ? -1 : 0;
}

static int is_module(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return len > 3 && strcmp(entry->d_name + len - 3, ".ko") == 0;
}

int system_load_modules(const char *dir, char *err, size_t errlen)
{
    struct dirent **names;
    int n = scandir(dir, &names, is_module, alphasort);
    int ret = 0;

    if (n <= 0) {
        snprintf(err, errlen, "no kernel modules in %s", dir);
        return -1;
    }
    for (int i = 0; i < n; i++) {
        if (ret == 0 && load_module(dir, names[i]->d_name)) {
            snprintf(err, errlen, "module %s cannot be loaded: %s",
                     names[i]->d_name, strerror(errno));
            ret = -1;
        }
        free(names[i]);
    }
    free(names);
    return ret;
}

/* The first line of a file; false if there is none. */
static bool read_line(const char *path, char *text, size_t size)
{
    FILE *f = fopen(path, "re");
    bool ok = f && fgets(text, (int)size, f);

    if (f) {
        fclose(f);
    }
    return ok;
}

size_t system_free_hugepages(void)
{
    char text[32];

    return read_line(HUGEPAGES, text, sizeof(text)) ?
           strtoul(text, NULL, 10) * HUGEPAGE : 0;
}

unsigned long system_rss_kib(void)
{
    /* Counted page by page; VmRSS and statm lag behind by a few dozen. */
    FILE *f = fopen("/proc/self/smaps_rollup", "re");
    unsigned long kib = 0;
    char line[256];

    while (f && !kib && fgets(line, sizeof(line), f)) {
        sscanf(line, "Rss: %lu kB", &kib);
    }
    if (f) {
        fclose(f);
    }
    return kib;
}

/* Where the first writable segment of this program begins, 0 if unknown. */
static uintptr_t data_start(void)
{
    const ElfW(Phdr) *ph = (const void *)getauxval(AT_PHDR);

    for (unsigned long n = getauxval(AT_PHNUM); ph && n > 0; n--, ph++) {
        if (ph->p_type == PT_LOAD && (ph->p_flags & PF_W)) {
            return ph->p_vaddr;
        }
    }
    return 0;
}

void system_use_huge_text(void)
{
    extern const char __executable_start[];
    uintptr_t start = (uintptr_t)__executable_start;
    size_t size = (data_start() - start) & ~(HUGEPAGE - 1);
    void *copy;
    int fd;

    if (start % HUGEPAGE || data_start() < start + HUGEPAGE) {
        return;
    }
    fd = memfd_create("text", MFD_CLOEXEC | MFD_HUGETLB | MFD_HUGE_2MB);
    if (fd < 0) {
        return;
    }
    copy = ftruncate(fd, (off_t)size) ? MAP_FAILED
         : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (copy != MAP_FAILED) {
        memcpy(copy, __executable_start, size);
        munmap(copy, size);
        /* It runs on from the same bytes. If it fails, nothing changes. */
        mmap((void *)start, size, PROT_READ | PROT_EXEC,
             MAP_SHARED | MAP_FIXED, fd, 0);
    }
    close(fd);
}

void system_fix_layout(char *const argv[])
{
    int now = personality(0xffffffff); /* asks, changes nothing */

    if (now < 0 || (now & ADDR_NO_RANDOMIZE) ||
        personality((unsigned long)now | ADDR_NO_RANDOMIZE) < 0) {
        return;
    }
    execv(argv[0], argv);
}

bool system_asked(const char *word)
{
    char text[4096] = "";
    int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

    if (fd >= 0) {
        close(fd);
    }
    return n > 0 && strstr(text, word) != NULL;
}

void system_power_off(void)
{
    sync();
    /* rig run --keep-on-failure: somebody wants to look around. */
    while (system_asked(PLAN_HOLD)) {
        pause();
    }
    reboot(RB_POWER_OFF);
    reboot(RB_AUTOBOOT);
    for (;;) {
        pause();
    }
}
