/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory with everything a scenario refers to, for tests. */
#include "tests/fixture.h"

#include <glib/gstdio.h>
#include <string.h>

void fixture_put16(uint8_t *p, uint16_t v)
{
    p[0] = v;
    p[1] = v >> 8;
}

void fixture_put32(uint8_t *p, uint32_t v)
{
    fixture_put16(p, v);
    fixture_put16(p + 2, v >> 16);
}

void fixture_pe(uint8_t image[FIXTURE_PE_SIZE])
{
    memset(image, 0, FIXTURE_PE_SIZE);
    memcpy(image, "MZ", 2);
    fixture_put32(image + 0x3c, FIXTURE_PE_AT);
    memcpy(image + FIXTURE_PE_AT, "PE\0\0", 4);
    fixture_put16(image + FIXTURE_MACHINE, 0x8664);
    fixture_put16(image + FIXTURE_SECTIONS, 1);
    fixture_put16(image + 84, 240);         /* SizeOfOptionalHeader */
    fixture_put16(image + FIXTURE_MAGIC, 0x20b);
    fixture_put32(image + FIXTURE_ENTRY, 0x1000);
    fixture_put32(image + 144, 0x2000);     /* SizeOfImage */
    fixture_put16(image + FIXTURE_SUBSYSTEM, 1);
    fixture_put32(image + FIXTURE_RAW_SIZE, 64);
    fixture_put32(image + 348, 448);        /* PointerToRawData */
}

char *fixture_write(Fixture *f, const char *name, const void *data,
                    gssize size)
{
    char *path = g_build_filename(f->dir, name, NULL);

    g_assert_true(g_file_set_contents(path, data, size, NULL));
    return path;
}

Fixture *fixture_new(void)
{
    Fixture *f = g_new0(Fixture, 1);
    const char *home = g_getenv("RIG_HOME");
    uint8_t image[FIXTURE_PE_SIZE];

    f->dir = g_dir_make_tmp("rig-test-XXXXXX", NULL);
    g_assert_nonnull(f->dir);
    f->paths.scenarios = g_build_filename(home ? home : ".", "scenarios",
                                          NULL);
    fixture_pe(image);
    g_free(fixture_write(f, "good.sys", image, sizeof(image)));
    g_free(fixture_write(f, "good.inf", "[Version]\n", -1));
    return f;
}

static void remove_tree(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *child = g_build_filename(path, name, NULL);

        if (g_unlink(child) != 0) {
            remove_tree(child);
        }
    }
    if (dir) {
        g_dir_close(dir);
    }
    g_rmdir(path);
}

void fixture_free(Fixture *f)
{
    remove_tree(f->dir);
    g_free(f->dir);
    g_free(f->paths.scenarios);
    g_free(f);
}
