/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store of Windows images: image.xml read and written, files probed. */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "read-file.h"
#include "xml-read.h"
#include "xml-write.h"

static const char *const states[] = { "new", "imported", "prepared" };

const char *rig_image_state_name(RigImageState state)
{
    return states[state];
}

char *rig_images_dir(const char *directory)
{
    return directory ? g_canonicalize_filename(directory, NULL)
                     : g_build_filename(g_get_user_data_dir(), "rig",
                                        "images", NULL);
}

gboolean rig_image_name_valid(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-");

    return n > 0 && n <= 47 && !name[n] && g_ascii_isalnum(name[0]);
}

char *rig_image_file(const RigImage *i, const char *name)
{
    return g_build_filename(i->dir, name, NULL);
}

void rig_image_free(RigImage *i)
{
    if (!i) {
        return;
    }
    g_free(i->name);
    g_free(i->dir);
    g_free(i->imported);
    g_free(i->source);
    g_free(i->sha256);
    g_free(i->installer);
    g_free(i->installer_sha256);
    g_free(i->kernel);
    g_free(i->initrd);
    g_free(i->cmdline);
    g_free(i->panic);
    g_free(i->checked);
    g_free(i->release);
    g_free(i->agent);
    g_free(i);
}

/* --- reading ------------------------------------------------------------- */

static void read_child(RigImage *i, xmlNode *n)
{
    const char *name = (const char *)n->name;

    if (n->type != XML_ELEMENT_NODE) {
        return;
    }
    if (strcmp(name, "disk") == 0) {
        i->source = rig_attribute(n, "source");
        i->sha256 = rig_attribute(n, "sha256");
        i->bytes = rig_attribute_number(n, "bytes", 0, G_MAXINT64);
    } else if (strcmp(name, "installer") == 0) {
        i->installer = rig_attribute(n, "file");
        i->installer_sha256 = rig_attribute(n, "sha256");
    } else if (strcmp(name, "stand-in") == 0) {
        i->stand_in = TRUE;
        i->kernel = rig_attribute(n, "kernel");
        i->initrd = rig_attribute(n, "initrd");
        i->cmdline = rig_attribute(n, "cmdline");
        i->panic = rig_attribute(n, "panic");
    } else if (strcmp(name, "guest") == 0) {
        i->checked = rig_attribute(n, "checked");
        i->release = rig_attribute(n, "release");
        i->agent = rig_attribute(n, "agent");
        i->test_signing = rig_attribute_is(n, "test-signing", "yes");
        i->shim = rig_attribute_is(n, "shim", "yes");
    }
}

static RigImage *build(xmlNode *root, const char *dir)
{
    RigImage *i = g_new0(RigImage, 1);
    g_autofree char *firmware = rig_attribute(root, "firmware");
    g_autofree char *state = rig_attribute(root, "state");

    i->dir = g_strdup(dir);
    i->name = rig_attribute(root, "name");
    i->imported = rig_attribute(root, "imported");
    i->uefi = strcmp(firmware, "uefi") == 0;
    i->memory_mib = rig_attribute_uint(root, "memory-mib",
                                       RIG_IMAGE_MEMORY_MIB);
    i->cpus = rig_attribute_uint(root, "cpus", RIG_IMAGE_CPUS);
    while (strcmp(states[i->state], state) != 0) {
        i->state++;
    }
    for (xmlNode *n = root->children; n; n = n->next) {
        read_child(i, n);
    }
    return i;
}

static RigImage *read_image(const char *dir, const char *file,
                            const RigPaths *paths, GError **error)
{
    g_autofree char *schema = g_build_filename(paths->scenarios, "windows",
                                               "image.rng", NULL);
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(xmlDoc) doc = rig_document_load(file, RIG_XML_BY_HAND, schema,
                                              "", problems);

    if (!doc) {
        rig_problems_to_error(problems, "; remove the image and import it "
                              "again", error);
        return NULL;
    }
    return build(xmlDocGetRootElement(doc), dir);
}

RigImage *rig_image_load(const char *images, const char *name,
                         const RigPaths *paths, GError **error)
{
    g_autofree char *dir = g_build_filename(images, name, NULL);
    g_autofree char *file = g_build_filename(dir, RIG_IMAGE_XML, NULL);
    g_autoptr(RigImage) i = NULL;

    if (!rig_image_name_valid(name)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "\"%s\" is no name of an image: lower-case letters, "
                    "digits, '.', '_' and '-', at most 47", name);
        return NULL;
    }
    if (access(file, F_OK) != 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                    "there is no image \"%s\" in %s; \"rig image list\" shows "
                    "those that are, \"rig image import %s FILE\" adds one",
                    name, images, name);
        return NULL;
    }
    i = read_image(dir, file, paths, error);
    if (i && strcmp(i->name, name) != 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "%s is of an image \"%s\"; give the directory that name "
                    "back", file, i->name);
        return NULL;
    }
    return g_steal_pointer(&i);
}

static gint by_name(gconstpointer a, gconstpointer b)
{
    return strcmp((*(RigImage *const *)a)->name,
                  (*(RigImage *const *)b)->name);
}

GPtrArray *rig_images_list(const char *images, const RigPaths *paths,
                           GPtrArray *problems)
{
    GPtrArray *all = g_ptr_array_new_with_free_func(
        (GDestroyNotify)rig_image_free);
    g_autoptr(GDir) dir = g_dir_open(images, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autoptr(GError) error = NULL;
        RigImage *i;

        if (!rig_image_name_valid(name)) {
            continue; /* .lock, and what a crash left of an import */
        }
        i = rig_image_load(images, name, paths, &error);
        if (i) {
            g_ptr_array_add(all, i);
        } else {
            g_ptr_array_add(problems, g_strdup(error->message));
        }
    }
    g_ptr_array_sort(all, by_name);
    return all;
}

/* --- writing ------------------------------------------------------------- */

static void write_children(xmlTextWriter *w, const RigImage *i)
{
    rig_xml_begin(w, "disk");
    rig_xml_put(w, "file", RIG_IMAGE_DISK);
    rig_xml_put(w, "source", i->source);
    rig_xml_put(w, "sha256", i->sha256);
    if (i->sha256) {
        rig_xml_put_count(w, "bytes", i->bytes);
    }
    rig_xml_end(w);
    if (i->installer) {
        rig_xml_begin(w, "installer");
        rig_xml_put(w, "file", i->installer);
        rig_xml_put(w, "sha256", i->installer_sha256);
        rig_xml_end(w);
    }
    if (i->stand_in) {
        rig_xml_begin(w, "stand-in");
        rig_xml_put(w, "kernel", i->kernel);
        rig_xml_put(w, "initrd", i->initrd);
        rig_xml_put(w, "cmdline", i->cmdline);
        rig_xml_put(w, "panic", i->panic);
        rig_xml_end(w);
    }
    if (i->checked) {
        rig_xml_begin(w, "guest");
        rig_xml_put(w, "checked", i->checked);
        rig_xml_put(w, "release", i->release);
        rig_xml_put(w, "agent", i->agent);
        rig_xml_put(w, "test-signing", i->test_signing ? "yes" : "no");
        rig_xml_put(w, "shim", i->shim ? "yes" : "no");
        rig_xml_end(w);
    }
}

static void write_image(xmlTextWriter *w, const void *what)
{
    const RigImage *i = what;

    rig_xml_begin(w, "image");
    rig_xml_put(w, "version", "1");
    rig_xml_put(w, "name", i->name);
    rig_xml_put(w, "imported", i->imported);
    rig_xml_put(w, "firmware", i->uefi ? "uefi" : "bios");
    rig_xml_put_count(w, "memory-mib", i->memory_mib);
    rig_xml_put_count(w, "cpus", i->cpus);
    rig_xml_put(w, "state", states[i->state]);
    write_children(w, i);
    rig_xml_end(w);
}

gboolean rig_image_save(const RigImage *i, GError **error)
{
    g_autofree char *file = rig_image_file(i, RIG_IMAGE_XML);

    return rig_xml_save(file, write_image, i, error);
}

int rig_image_lock(const char *images, const char *name, GError **error)
{
    g_autofree char *file = g_strdup_printf("%s/.%s.lock", images, name);
    int fd;

    g_mkdir_with_parents(images, 0755);
    fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "%s: %s; "
                    "choose another store with --images", file,
                    g_strerror(errno));
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_BUSY, "another rig is "
                    "changing image \"%s\"; try again when it is done", name);
        close(fd);
        return -1;
    }
    return fd;
}

/* --- what a file is ------------------------------------------------------ */

/* QEMU, docs/interop/qcow2.txt */
#define QCOW2_BACKING     8u  /* offset of the backing file's name, u64 */
#define QCOW2_CRYPT       32u /* u32 */
#define QCOW2_INCOMPATIBLE 72u /* u64, of version 3 */
#define QCOW2_EXTERNAL_DATA (1u << 2)
/* ECMA-119, 8.1: sector 16, of 2,048 bytes */
#define ISO_IDENTIFIER 32769

static uint64_t big_endian(const guint8 *p, unsigned n)
{
    uint64_t v = 0;

    while (n--) {
        v = v << 8 | *p++;
    }
    return v;
}

/* What makes the qcow2 with this header less than a whole image, or NULL. */
static const char *incomplete(const guint8 *h)
{
    if (big_endian(h + QCOW2_BACKING, 8)) {
        return "is an overlay on another file";
    }
    if (big_endian(h + QCOW2_CRYPT, 4)) {
        return "is encrypted";
    }
    if (big_endian(h + 4, 4) >= 3 &&
        big_endian(h + QCOW2_INCOMPATIBLE, 8) & QCOW2_EXTERNAL_DATA) {
        return "keeps its data in another file";
    }
    return NULL;
}

static const char *refuse(const char *path, const char *why, GError **error)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s %s; "
                "\"qemu-img convert -O qcow2 FILE NEW.qcow2\" makes a whole "
                "qcow2 of any image", path, why);
    return NULL;
}

const char *rig_image_probe(const char *path, GError **error)
{
    guint8 head[104] = { 0 }, iso[5] = { 0 };
    struct stat st;
    gboolean read_all;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 || fstat(fd, &st) != 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
                    "%s: %s", path, g_strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return NULL;
    }
    read_all = S_ISREG(st.st_mode) &&
               pread(fd, head, sizeof(head), 0) == (ssize_t)sizeof(head);
    if (read_all && pread(fd, iso, sizeof(iso), ISO_IDENTIFIER) !=
        (ssize_t)sizeof(iso)) {
        memset(iso, 0, sizeof(iso));
    }
    close(fd);
    if (!read_all) {
        return refuse(path, "is no file with a disk in it", error);
    }
    if (memcmp(head, "QFI\xfb", 4) == 0) {
        return incomplete(head) ? refuse(path, incomplete(head), error)
                                : "qcow2";
    }
    if (memcmp(iso, "CD001", 5) == 0) {
        return "iso";
    }
    return refuse(path, "is neither a qcow2 nor an ISO", error);
}
