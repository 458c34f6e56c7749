/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sleep on Linux: Documentation/admin-guide/pm/sleep-states.rst. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "posix/backend.h"

#define STATE     "/sys/power/state"
#define MEM_SLEEP "/sys/power/mem_sleep"

/* The file's first line; "" if there is none. */
static void read_line(const char *path, char *line, size_t size)
{
    FILE *file = fopen(path, "re");

    line[0] = '\0';
    if (file) {
        if (!fgets(line, (int)size, file)) {
            line[0] = '\0';
        }
        line[strcspn(line, "\n")] = '\0';
        fclose(file);
    }
}

/* One word of a list, in brackets when it is the chosen one. */
static bool lists(const char *path, const char *word)
{
    char line[256], *save = NULL;

    read_line(path, line, sizeof(line));
    for (char *at = strtok_r(line, " []", &save); at;
         at = strtok_r(NULL, " []", &save)) {
        if (strcmp(at, word) == 0) {
            return true;
        }
    }
    return false;
}

/* "deep" is ACPI's S3; without it "mem" would only stop the processors. */
static bool has_s3(void)
{
    return lists(STATE, "mem") && lists(MEM_SLEEP, "deep");
}

void posix_add_sleep_states(struct job *job)
{
    bool s3 = has_s3(), s4 = lists(STATE, "disk");

    fields_printf(&job->out, AGENT_KEY_SLEEP_STATES, "%s%s%s", s3 ? "S3" : "",
                  s3 && s4 ? " " : "", s4 ? "S4" : s3 ? "" : "none");
}

static bool write_word(struct job *job, const char *path, const char *word)
{
    FILE *file = fopen(path, "we");
    bool good = file && fputs(word, file) >= 0;

    if (file && fclose(file)) {
        good = false;
    }
    if (!good) {
        job_fail_api(job, AGENT_E_FAILED, path, "errno", (uint64_t)errno,
                     "\"%s\": %s", word, strerror(errno));
    }
    return good;
}

static uint64_t milliseconds(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* CLOCK_MONOTONIC stands still while the system sleeps. */
static uint64_t slept(void)
{
    uint64_t awake = milliseconds(CLOCK_MONOTONIC);

    return milliseconds(CLOCK_BOOTTIME) - awake;
}

/* The last write comes back when the system is awake again. */
void posix_sleep(struct job *job)
{
    uint64_t before = slept(), after;

    if (!has_s3()) {
        job_fail(job, AGENT_E_UNSUPPORTED, "this Linux cannot sleep in S3: "
                 STATE " has to offer \"mem\", and " MEM_SLEEP " \"deep\"");
        return;
    }
    if (write_word(job, MEM_SLEEP, "deep") && write_word(job, STATE, "mem")) {
        after = slept();
        fields_number(&job->out, AGENT_KEY_ASLEEP,
                      after > before ? after - before : 0);
    }
}
