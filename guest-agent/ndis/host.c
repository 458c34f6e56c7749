/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host itself: errors, the process, its adapters, the driver's image. */
#define _GNU_SOURCE
#include <errno.h>
#include <glib.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include "ndis/life.h"
#include "ndis/pool.h"
#include "ndis/shim.h"
#include "ndis/thunk.h"

/* Without a device there is still pool memory; where it lies, and how much. */
#define BARE_ARENA      0x200000000000ull
#define BARE_ARENA_SIZE ((size_t)16 << 20)
#define BARE_IOVA       0x40000000ull

#define FILE_MAX        (64u << 20)

struct host host = { .windows = WINDOWS_NEWEST };

static char error_text[256];
static bool faults_bad;

uint32_t host_set_error(uint32_t code, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(error_text, sizeof(error_text), fmt, ap);
    va_end(ap);
    return code;
}

const char *host_error(void)
{
    return error_text;
}

/* A fault that cannot be injected breaks the step it was meant for. */
void host_set_faults(const struct host_fault *faults, unsigned n)
{
    faults_bad = !thunk_set_faults(faults, n);
}

void host_record_points(struct host_points *points, unsigned flags,
                        const struct host_record_hooks *hooks)
{
    thunk_record(points, flags, hooks);
}

void host_set_step(unsigned step, bool recorded)
{
    thunk_set_step(step, recorded);
}

bool host_faults_bad(void)
{
    return faults_bad;
}

/* --- adapters --------------------------------------------------------- */

struct adapter *adapter_get(NDIS_HANDLE handle)
{
    for (unsigned i = 0; i < host.adapters; i++) {
        if (host.adapter[i].handle == handle) {
            return &host.adapter[i];
        }
    }
    return NULL;
}

void adapter_tell(void)
{
    unsigned number = current()->number;
    struct rig_marker m;

    if (host.adapters > 1 && host_self.told != number + 1) {
        host_self.told = number + 1;
        marker_prepare(&m, RIG_MK_ADAPTER, NULL);
        m.arg[0] = number;
        marker_emit(&m);
    }
}

void host_limit_messages(unsigned messages)
{
    current()->limited = true;
    current()->messages_max = messages;
}

bool host_select(unsigned number)
{
    if (number >= host.adapters) {
        return false;
    }
    host_self.adapter = &host.adapter[number];
    return true;
}

/* --- the process ------------------------------------------------------ */

static int open_arena(void)
{
    struct vfio_device *d = current()->device;
    void *p;

    if (d) {
        return arena_open(d->arena, d->arena_size, d->arena_iova);
    }
    p = mmap((void *)BARE_ARENA, BARE_ARENA_SIZE, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    return p == MAP_FAILED ? -1 : arena_open(p, BARE_ARENA_SIZE, BARE_IOVA);
}

static bool prepared; /* a fork inherits it */

static void configure(const struct host_config *config)
{
    const struct windows_version *windows = config->install[0]->windows;

    host.config = *config;
    trace_set(config->trace);
    host.windows = windows ? windows : WINDOWS_NEWEST;
    host.adapters = config->adapters;
    for (unsigned i = 0; i < host.adapters; i++) {
        struct adapter *a = &host.adapter[i];

        a->number = i;
        a->handle = ADAPTER_HANDLE(i);
        a->device = config->device[i];
        a->install = config->install[i];
    }
    host_self.adapter = &host.adapter[0];
}

/* What a fork can inherit, but for the image. */
static uint32_t open_memory(void)
{
    if (open_arena() || pool_guard(host.config.guard_pages)) {
        return host_set_error(HOST_FAILED, "no memory for the driver: %s",
                              strerror(errno));
    }
    return thunk_open() ? host_set_error(HOST_FAILED, "no memory for import "
                                         "thunks: %s", strerror(errno)) : 0;
}

uint32_t host_open(const struct host_config *config)
{
    uint32_t status;

    configure(config);
    status = prepared ? 0 : open_memory();
    if (status) {
        return status;
    }
    if (thread_init(THREAD_MAIN) || trap_install()) {
        return host_set_error(HOST_FAILED, "the process cannot be prepared "
                              "for driver code: %s", strerror(errno));
    }
    if (interrupt_open()) {
        return host_set_error(HOST_FAILED, "no threads for the driver: %s",
                              strerror(errno));
    }
    return 0;
}

/* --- the image -------------------------------------------------------- */

static uint32_t load_image(void)
{
    g_autofree gchar *file = NULL;
    g_autoptr(GError) error = NULL;
    const char *path = host.config.sys_path;
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    char text[160];
    gsize len;

    error_text[0] = '\0';
    if (!g_file_get_contents(path, &file, &len, &error)) {
        return host_set_error(HOST_REFUSED, "%s", error->message);
    }
    if (len > FILE_MAX) {
        return host_set_error(HOST_REFUSED, "%s: %zu bytes are too many for "
                              "a driver", path, len);
    }
    if (pe_load((const uint8_t *)file, len, PE_LOAD_BASE, thunk_resolve, NULL,
                &host.image, text, sizeof(text))) {
        /* What the shim could not do says more than that it is missing. */
        return error_text[0] ? HOST_REFUSED :
               host_set_error(HOST_REFUSED, "%s: %s", name, text);
    }
    return 0;
}

uint32_t host_prepare(const struct host_config *config)
{
    uint32_t status;

    configure(config);
    status = open_memory();
    if (status == 0) {
        status = load_image();
    }
    thread_prepare();
    prepared = status == 0;
    return status;
}

static void init_driver_object(void)
{
    g_autofree char *path = g_strdup_printf(
        "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\%s",
        current()->install->service);
    glong n = 0;
    WCHAR *w = g_utf8_to_utf16(path, -1, NULL, &n, NULL);

    host.registry_path = (UNICODE_STRING) {
        (USHORT)(n * 2), (USHORT)(n * 2 + 2), w,
    };
    host.driver.Type = 4;  /* IO_TYPE_DRIVER */
    host.driver.Size = sizeof(host.driver);
    host.driver.DriverStart = host.image.base;
    host.driver.DriverSize = (ULONG)host.image.size;
    host.driver.DriverInit = (PDRIVER_INITIALIZE)(void *)(host.image.base +
                                                          host.image.entry);
}

static uint32_t driver_entry(void)
{
    struct callback cb;
    uint32_t status;

    callback_enter(&cb, "DriverEntry");
    status = (uint32_t)host.driver.DriverInit(&host.driver,
                                              &host.registry_path);
    callback_leave(&cb, status);
    if (status == 0 && !host.registered) {
        return host_set_error(HOST_REFUSED, "DriverEntry succeeded without "
                              "registering a miniport: this is no NDIS 6 "
                              "miniport driver");
    }
    if (status) {
        object_report_left(PHASE_INSTALL);
    }
    return status;
}

uint32_t life_load(void)
{
    uint32_t status = prepared ? 0 : load_image();

    if (status == 0) {
        status = shim_start();
    }
    if (status == 0) {
        init_driver_object();
        status = driver_entry();
    }
    host.loaded = status == 0;
    return status;
}
