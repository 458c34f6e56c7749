/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Driver Verifier for one driver, through verifier.exe: its switches are
 * documented (Microsoft, "Driver Verifier Command Syntax"), the registry values
 * that they end up in are not the same on every Windows.
 *
 * Settings take effect at the next start. Since a driver that fails at start
 * would do so for ever, they go away after a start that did not end well.
 */
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include "windows/api.h"
#include "windows/backend.h"
#include "windows/text.h"

/* Exit codes of verifier.exe. */
#define VERIFIER_REBOOT 2

/* Builds from which on ... */
#define BUILD_UNUSUAL_SHUTDOWN 16299 /* /bootmode resetonunusualshutdown */
#define BUILD_RULE_CLASSES     19042 /* /flags is deprecated */
#define BUILD_DIF              22000 /* class 19 needs class 36, DIF mode */

#define OUTPUT_SIZE 32768
#define COUNTERS_MAX 128

#define MEMORY_KEY \
    L"SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Memory Management"

/* --- verifier.exe ---------------------------------------------------------------- */

struct run {
    char output[OUTPUT_SIZE]; /* in the console's code page */
    DWORD length, status;
};

/* Read what it prints, to the end, or as much as there is room for. */
static void read_output(HANDLE pipe, struct run *run)
{
    char more[512];
    DWORD got;

    run->length = 0;
    while (ReadFile(pipe, more, sizeof(more), &got, NULL) && got) {
        DWORD room = OUTPUT_SIZE - 1 - run->length;

        got = got < room ? got : room;
        memcpy(run->output + run->length, more, got);
        run->length += got;
    }
    run->output[run->length] = '\0';
}

/* Start it, its output into a pipe. False: the job has failed. */
static bool start_verifier(struct job *job, WCHAR *line, HANDLE pipe,
                           PROCESS_INFORMATION *process)
{
    STARTUPINFOW start = { .cb = sizeof(start),
                           .dwFlags = STARTF_USESTDHANDLES,
                           .hStdOutput = pipe, .hStdError = pipe };
    WCHAR program[MAX_PATH + 16];

    GetSystemDirectoryW(program, MAX_PATH);
    wcscat(program, L"\\verifier.exe");
    return CreateProcessW(program, line, NULL, NULL, TRUE, CREATE_NO_WINDOW,
                          NULL, NULL, &start, process) ||
           api_failed(job, "CreateProcessW", "verifier.exe");
}

/* It is at work until its output ends: a thread ends it at the deadline. */
struct guard {
    HANDLE process, over;
    DWORD ms;
};

static void guard_process(void *opaque)
{
    struct guard *guard = opaque;

    if (WaitForSingleObject(guard->over, guard->ms) == WAIT_TIMEOUT) {
        TerminateProcess(guard->process, WAIT_TIMEOUT);
        WaitForSingleObject(guard->over, INFINITE);
    }
    CloseHandle(guard->process);
    CloseHandle(guard->over);
    free(guard);
}

static HANDLE guard_begin(struct job *job, HANDLE process)
{
    struct guard *guard = malloc(sizeof(*guard));
    uint64_t now = platform_now();
    HANDLE over = CreateEventW(NULL, TRUE, FALSE, NULL), ours;

    if (!guard || !over) {
        abort();
    }
    guard->ms = job->deadline > now ? (DWORD)(job->deadline - now) : 0;
    DuplicateHandle(GetCurrentProcess(), process, GetCurrentProcess(),
                    &guard->process, 0, FALSE, DUPLICATE_SAME_ACCESS);
    DuplicateHandle(GetCurrentProcess(), over, GetCurrentProcess(), &ours, 0,
                    FALSE, DUPLICATE_SAME_ACCESS);
    guard->over = over;
    if (!platform_thread(guard_process, guard)) {
        abort();
    }
    return ours;
}

/* Run it with these arguments. False: the job has failed. */
static bool run_verifier(struct job *job, const WCHAR *arguments,
                         struct run *run)
{
    SECURITY_ATTRIBUTES inherit = { .nLength = sizeof(inherit),
                                    .bInheritHandle = TRUE };
    PROCESS_INFORMATION process;
    WCHAR line[1024];
    HANDLE in, out, over;
    bool good;

    swprintf(line, ARRAYSIZE(line), L"verifier.exe %ls", arguments);
    if (!CreatePipe(&in, &out, &inherit, 0)) {
        return api_failed(job, "CreatePipe", "verifier.exe");
    }
    SetHandleInformation(in, HANDLE_FLAG_INHERIT, 0);
    good = start_verifier(job, line, out, &process);
    CloseHandle(out);
    if (good) {
        over = guard_begin(job, process.hProcess);
        read_output(in, run);
        WaitForSingleObject(process.hProcess, INFINITE);
        SetEvent(over);
        CloseHandle(over);
        GetExitCodeProcess(process.hProcess, &run->status);
        CloseHandle(process.hThread);
        CloseHandle(process.hProcess);
    }
    CloseHandle(in);
    return good;
}

/* Its output for the host. */
static void output_text(const struct run *run, char *text, size_t size)
{
    WCHAR wide[OUTPUT_SIZE / 8];
    int n = MultiByteToWideChar(CP_OEMCP, 0, run->output,
                                (int)(run->length < ARRAYSIZE(wide) - 1 ?
                                      run->length : ARRAYSIZE(wide) - 1),
                                wide, ARRAYSIZE(wide) - 1);

    wide[n > 0 ? n : 0] = L'\0';
    text_narrow(wide, text, size);
}

/* Run it to set something. False: the job has failed. */
static bool set_verifier(struct job *job, const WCHAR *arguments)
{
    static struct run run; /* one request at a time */
    char text[700];

    if (!run_verifier(job, arguments, &run)) {
        return false;
    }
    output_text(&run, text, sizeof(text));
    if (run.status == WAIT_TIMEOUT) {
        job_fail(job, AGENT_E_TIMED_OUT, "verifier.exe did not end");
        return false;
    }
    if (run.status != 0 && run.status != VERIFIER_REBOOT) {
        job_fail_api(job, AGENT_E_FAILED, "verifier.exe", "win32", run.status,
                     "%s", text);
        return false;
    }
    return true;
}

/* --- settings ---------------------------------------------------------------------- */

/* What the registry says that Driver Verifier will do from the next start on. */
static void add_settings(struct job *job)
{
    WCHAR drivers[1024] = L"";
    DWORD level = 0, size = sizeof(level);
    char text[2048];

    if (RegGetValueW(HKEY_LOCAL_MACHINE, MEMORY_KEY, L"VerifyDriverLevel",
                     RRF_RT_REG_DWORD, NULL, &level, &size) == ERROR_SUCCESS) {
        fields_number(&job->out, AGENT_KEY_VERIFIER_FLAGS, level);
    }
    size = sizeof(drivers);
    if (RegGetValueW(HKEY_LOCAL_MACHINE, MEMORY_KEY, L"VerifyDrivers",
                     RRF_RT_REG_SZ, NULL, drivers, &size) == ERROR_SUCCESS) {
        text_narrow(drivers, text, sizeof(text));
        fields_text(&job->out, AGENT_KEY_DRIVER, text);
    }
}

/* A driver's file name, and nothing that verifier.exe could take for more. */
static bool driver_name(struct job *job, WCHAR *name, size_t size)
{
    char text[128];

    if (!job_text(job, AGENT_KEY_DRIVER, text, sizeof(text))) {
        return false;
    }
    if (!text[0] || text[0] == '/' || strpbrk(text, " \t\"*?\\:<>|") ||
        !text_widen(text, name, size)) {
        job_fail(job, AGENT_E_INVALID,
                 "\"%s\" is no file name of a driver, like rignic.sys", text);
        return false;
    }
    return true;
}

/* The switches of randomized low resources simulation; in their order. */
static bool faults(struct job *job, const WCHAR *driver, WCHAR *line,
                   size_t size)
{
    unsigned probability =
        (unsigned)fields_get_number(&job->in, AGENT_KEY_PROBABILITY, 0);
    unsigned delay = (unsigned)fields_get_number(&job->in, AGENT_KEY_DELAY, 0);
    char text[128];
    WCHAR tags[128];

    if (!job_text(job, AGENT_KEY_POOL_TAGS, text, sizeof(text))) {
        return false;
    }
    if (probability > 10000 || delay > 1440 || strchr(text, '"') ||
        !text_widen(text, tags, ARRAYSIZE(tags))) {
        job_fail(job, AGENT_E_INVALID, "probability is 0 to 10000, delay 0 to "
                 "1440 minutes, pool tags have no quotation marks");
        return false;
    }
    /* The third is for applications: none in particular. */
    swprintf(line, size, L"/faults %u \"%ls\" \"\" %u /driver %ls",
             probability ? probability : 600, tags, delay, driver);
    return true;
}

/*
 * The switches for a mode. Systematic low resources simulation has more of
 * them, which act at once on what was set up before the last start: begin,
 * next (another pass) and end.
 */
static bool switches(struct job *job, const WCHAR *driver, WCHAR *line,
                     size_t size)
{
    DWORD build = api_build();
    char mode[32];

    if (!job_text(job, AGENT_KEY_MODE, mode, sizeof(mode))) {
        return false;
    }
    if (strcmp(mode, "random") == 0) {
        return faults(job, driver, line, size);
    }
    if (strcmp(mode, "systematic") == 0) {
        swprintf(line, size, L"%ls /driver %ls", build >= BUILD_DIF ?
                 L"/ruleclasses 19 36" : build >= BUILD_RULE_CLASSES ?
                 L"/ruleclasses 19" : L"/flags 0x40000", driver);
    } else if (strcmp(mode, "ndis") == 0) {
        swprintf(line, size, L"%ls /driver %ls", build >= BUILD_RULE_CLASSES ?
                 L"/ruleclasses 22" : L"/flags 0x200000", driver);
    } else if (strcmp(mode, "standard") == 0) {
        swprintf(line, size, L"/standard /driver %ls", driver);
    } else if (strcmp(mode, "systematic-begin") == 0) {
        swprintf(line, size, L"/faultssystematic enableruntime");
    } else if (strcmp(mode, "systematic-next") == 0) {
        swprintf(line, size, L"/faultssystematic incrementcounter");
    } else if (strcmp(mode, "systematic-end") == 0) {
        swprintf(line, size, L"/faultssystematic disableruntime");
    } else {
        job_fail(job, AGENT_E_INVALID, "mode is random, systematic, ndis, "
                 "standard, or systematic-begin, -next or -end, not \"%s\"",
                 mode);
        return false;
    }
    return true;
}

void windows_verifier_set(struct job *job)
{
    WCHAR driver[128], line[512];
    bool at_once;

    if (!driver_name(job, driver, ARRAYSIZE(driver)) ||
        !switches(job, driver, line, ARRAYSIZE(line)) ||
        !set_verifier(job, line)) {
        return;
    }
    at_once = wcsncmp(line, L"/faultssystematic", 17) == 0;
    if (!at_once && !set_verifier(job, api_build() >= BUILD_UNUSUAL_SHUTDOWN ?
                                  L"/bootmode resetonunusualshutdown" :
                                  L"/bootmode oneboot")) {
        return;
    }
    fields_number(&job->out, AGENT_KEY_REBOOT, !at_once);
    add_settings(job);
}

void windows_verifier_reset(struct job *job)
{
    if (set_verifier(job, L"/reset")) {
        fields_number(&job->out, AGENT_KEY_REBOOT, 1);
        add_settings(job);
    }
}

/* Every line of the output that has a name and a value, in any language. */
static unsigned add_counters(struct job *job, char *text, unsigned count)
{
    for (char *line = strtok(text, "\r\n"); line && count < COUNTERS_MAX;
         line = strtok(NULL, "\r\n")) {
        line += strspn(line, " \t");
        if (strchr(line, ':') && strlen(line) < 200) {
            fields_text(&job->out, AGENT_KEY_COUNTER, line);
            count++;
        }
    }
    return count;
}

void windows_verifier_query(struct job *job)
{
    static const WCHAR *const queries[] = {
        L"/querysettings", L"/query", L"/faultssystematic querystatistics",
    };
    static struct run run;
    char text[6000];
    unsigned count = 0;

    for (size_t i = 0; i < ARRAYSIZE(queries); i++) {
        if (!run_verifier(job, queries[i], &run)) {
            return;
        }
        output_text(&run, text, sizeof(text));
        count = add_counters(job, text, count);
    }
    add_settings(job);
}
