/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What PID 1 does to the system: file systems, modules, powering off. */
#ifndef LINUX_SYSTEM_H
#define LINUX_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>

#define SYSTEM_MODULES "/modules"

/* Mount /proc, /sys and /dev. 0, or -1 with a sentence in err. */
int system_mount(char *err, size_t errlen);

/*
 * Load every .ko file of directory `dir` in the order of their names, which
 * start with a number. 0, or -1 with a sentence in err.
 */
int system_load_modules(const char *dir, char *err, size_t errlen);

/* Bytes in free 2 MiB hugepages; 0 if there are none. */
size_t system_free_hugepages(void);

/* Resident memory of this process in KiB, 0 if unknown. */
unsigned long system_rss_kib(void);

/*
 * Give every process the same address space layout in every run: turn off
 * randomization and start over. Returns only if that is done already.
 */
void system_fix_layout(char *const argv[]);

/*
 * Put this program's text into hugepages, as far as it fills them and there
 * are any: a fork then has one page to map and to unmap instead of hundreds.
 */
void system_use_huge_text(void);

/* Is @word on the kernel's command line? Async-signal-safe. */
bool system_asked(const char *word);

/* Power off; halts for ever if the machine cannot. Async-signal-safe. */
void system_power_off(void) __attribute__((noreturn));

#endif
