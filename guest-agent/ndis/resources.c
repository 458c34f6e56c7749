/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hardware resources: what the PCI bus driver asks for, what the miniport
 * makes of it in MiniportFilterResourceRequirements, and what is granted.
 *
 * Messages are asked for if the INF says MSISupported, one descriptor each, up
 * to MessageNumberLimit; otherwise the line interrupt. The filtered list
 * decides: a driver may add messages, or strip them to get the line.
 */
#include <stdlib.h>
#include <string.h>
#include "ndis/core.h"

/* VFIO has no more vectors than the table, isr.c serves this many. */
#define MESSAGES_GRANTED_MAX 64u
#define LIST_SIZE_MAX        65536u
#define VECTOR_BASE          0x51u

#define MSI_KEY \
    "Interrupt Management\\MessageSignaledInterruptProperties"

IRP *irp_new(uint8_t minor, IO_STACK_LOCATION **location)
{
    IRP *irp = arena_alloc(sizeof(*irp) + sizeof(**location), 16);
    IO_STACK_LOCATION *s;

    if (!irp) {
        return NULL;
    }
    memset(irp, 0, sizeof(*irp) + sizeof(*s));
    s = (IO_STACK_LOCATION *)(irp + 1);
    irp->Type = 6;  /* IO_TYPE_IRP */
    irp->Size = sizeof(*irp) + sizeof(*s);
    irp->StackCount = irp->CurrentLocation = 1;
    irp->Tail.Overlay.CurrentStackLocation = s;
    s->MajorFunction = IRP_MJ_PNP;
    s->MinorFunction = minor;
    s->DeviceObject = &current()->fdo;
    *location = s;
    return irp;
}

void irp_free(IRP *irp)
{
    arena_free(irp, sizeof(*irp) + sizeof(IO_STACK_LOCATION));
}

/* --- what the bus driver asks for ------------------------------------- */

static uint32_t msi_setting(const char *name, uint32_t missing)
{
    const struct reg_value *v = registry_get(current()->install->device_key,
                                             MSI_KEY, name);

    return !v ? missing : v->type == REG_DWORD_ ? v->dword
           : v->text ? (uint32_t)strtoul(v->text, NULL, 0) : missing;
}

static unsigned messages_wanted(void)
{
    uint32_t limit, max;

    if (!current()->device || !current()->device->msix_vectors ||
        (current()->limited && current()->messages_max == 0) ||
        msi_setting("MSISupported", 0) != 1) {
        return 0;
    }
    limit = msi_setting("MessageNumberLimit", current()->device->msix_vectors);
    limit = limit < 1 ? 1 : limit;
    max = current()->device->msix_vectors;
    limit = limit < max ? limit : max;
    return limit < MESSAGES_GRANTED_MAX ? limit : MESSAGES_GRANTED_MAX;
}

static void ask_for_bar(IO_RESOURCE_DESCRIPTOR *d, const struct vfio_bar *bar)
{
    d->Type = bar->io ? CmResourceTypePort : CmResourceTypeMemory;
    d->ShareDisposition = CmResourceShareDeviceExclusive;
    d->Flags = bar->io ? CM_RESOURCE_PORT_IO : CM_RESOURCE_MEMORY_BAR;
    d->u.Memory.Length = (ULONG)bar->size;
    d->u.Memory.Alignment = (ULONG)bar->size;
    d->u.Memory.MinimumAddress.QuadPart = (LONGLONG)bar->base;
    d->u.Memory.MaximumAddress.QuadPart = (LONGLONG)(bar->base + bar->size -
                                                     1);
}

static void ask_for_interrupt(IO_RESOURCE_DESCRIPTOR *d, bool message)
{
    d->Type = CmResourceTypeInterrupt;
    d->ShareDisposition = message ? CmResourceShareDeviceExclusive
                                  : CmResourceShareShared;
    d->Flags = message ? CM_RESOURCE_INTERRUPT_LATCHED |
                         CM_RESOURCE_INTERRUPT_MESSAGE
                       : CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE;
    d->u.Interrupt.MinimumVector = message ? CM_RESOURCE_INTERRUPT_MESSAGE_TOKEN
                                           : VECTOR_BASE;
    d->u.Interrupt.MaximumVector = d->u.Interrupt.MinimumVector;
    d->u.Interrupt.AffinityPolicy = IrqPolicyMachineDefault;
    d->u.Interrupt.PriorityPolicy = IrqPriorityUndefined;
    d->u.Interrupt.TargetedProcessors = 1;
}

/* In pool memory: the miniport may replace the list and free this one. */
static IO_RESOURCE_REQUIREMENTS_LIST *ask(unsigned messages)
{
    unsigned n = VFIO_BARS + (messages ? messages : 1);
    size_t size = offsetof(IO_RESOURCE_REQUIREMENTS_LIST, List) +
                  offsetof(IO_RESOURCE_LIST, Descriptors) +
                  n * sizeof(IO_RESOURCE_DESCRIPTOR);
    IO_RESOURCE_REQUIREMENTS_LIST *list = pool_alloc(size);
    IO_RESOURCE_LIST *l;

    if (!list) {
        return NULL;
    }
    memset(list, 0, size);
    list->InterfaceType = PCIBus;
    list->AlternativeLists = 1;
    l = &list->List[0];
    l->Version = l->Revision = 1;
    for (int i = 0; current()->device && i < VFIO_BARS; i++) {
        if (current()->device->bar[i].size) {
            ask_for_bar(&l->Descriptors[l->Count++],
                        &current()->device->bar[i]);
        }
    }
    for (unsigned i = 0; i < messages; i++) {
        ask_for_interrupt(&l->Descriptors[l->Count++], true);
    }
    if (!messages && current()->device && current()->device->intx) {
        ask_for_interrupt(&l->Descriptors[l->Count++], false);
    }
    list->ListSize = (ULONG)(size - (n - l->Count) *
                             sizeof(IO_RESOURCE_DESCRIPTOR));
    return list;
}

/* --- the miniport's filter -------------------------------------------- */

static IO_RESOURCE_REQUIREMENTS_LIST *
filter(IO_RESOURCE_REQUIREMENTS_LIST *list)
{
    IO_STACK_LOCATION *location;
    struct callback cb;
    NDIS_STATUS status;
    IRP *irp;

    if (!host.pnp.MiniportFilterResourceRequirementsHandler) {
        return list;
    }
    irp = irp_new(IRP_MN_FILTER_RESOURCE_REQUIREMENTS, &location);
    if (!irp) {
        return list;
    }
    location->Parameters.FilterResourceRequirements.IoResourceRequirementList
        = list;
    irp->IoStatus.Information = (uintptr_t)list;
    callback_enter(&cb, "MiniportFilterResourceRequirements");
    status = host.pnp.MiniportFilterResourceRequirementsHandler(
        current()->add_device_context, irp);
    callback_leave(&cb, (uint32_t)status);
    /* A failing filter frees nothing: the bus driver's list stays. */
    if (irp->IoStatus.Information) {
        list = (void *)irp->IoStatus.Information;
    }
    irp_free(irp);
    return list;
}

/* Interrupts in the first list; false: the list is not well-formed. */
static bool count_interrupts(const IO_RESOURCE_REQUIREMENTS_LIST *list,
                             unsigned *messages, bool *line)
{
    const IO_RESOURCE_LIST *l = &list->List[0];
    size_t head = offsetof(IO_RESOURCE_REQUIREMENTS_LIST, List) +
                  offsetof(IO_RESOURCE_LIST, Descriptors);

    *messages = 0;
    *line = false;
    if (!arena_contains(list, head) || list->ListSize < head ||
        list->ListSize > LIST_SIZE_MAX ||
        !arena_contains(list, list->ListSize) ||
        l->Count > (list->ListSize - head) / sizeof(l->Descriptors[0])) {
        return false;
    }
    for (ULONG i = 0; i < l->Count; i++) {
        const IO_RESOURCE_DESCRIPTOR *d = &l->Descriptors[i];

        if (d->Type != CmResourceTypeInterrupt ||
            (d->Option & IO_RESOURCE_ALTERNATIVE)) {
            continue;
        }
        if (d->Flags & CM_RESOURCE_INTERRUPT_MESSAGE) {
            (*messages)++;
        } else {
            *line = true;
        }
    }
    return true;
}

/* --- what is granted -------------------------------------------------- */

static void grant_bar(CM_PARTIAL_RESOURCE_DESCRIPTOR *d,
                      const struct vfio_bar *bar)
{
    d->Type = bar->io ? CmResourceTypePort : CmResourceTypeMemory;
    d->ShareDisposition = CmResourceShareDeviceExclusive;
    d->Flags = bar->io ? CM_RESOURCE_PORT_IO : CM_RESOURCE_MEMORY_BAR;
    d->u.Memory.Start.QuadPart = (LONGLONG)bar->base;
    d->u.Memory.Length = (ULONG)bar->size;
}

static void grant_interrupt(CM_PARTIAL_RESOURCE_DESCRIPTOR *d, bool message,
                            unsigned n, bool translated)
{
    d->Type = CmResourceTypeInterrupt;
    d->ShareDisposition = message ? CmResourceShareDeviceExclusive
                                  : CmResourceShareShared;
    d->Flags = message ? CM_RESOURCE_INTERRUPT_LATCHED |
                         CM_RESOURCE_INTERRUPT_MESSAGE
                       : CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE;
    if (message && !translated) {
        d->u.MessageInterrupt.Raw.MessageCount = 1;
        d->u.MessageInterrupt.Raw.Vector = VECTOR_BASE + n;
        d->u.MessageInterrupt.Raw.Affinity = 1;
    } else {
        d->u.Interrupt.Level = HOST_DIRQL;
        d->u.Interrupt.Vector = VECTOR_BASE + n;
        d->u.Interrupt.Affinity = 1;
    }
}

static CM_RESOURCE_LIST *grant(const struct host_resources *r, bool translated)
{
    unsigned max = VFIO_BARS + (r->messages ? r->messages : 1);
    size_t size = sizeof(CM_RESOURCE_LIST) +
                  max * sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR);
    CM_RESOURCE_LIST *list = arena_alloc(size, 16);
    CM_PARTIAL_RESOURCE_LIST *p;

    if (!list) {
        return NULL;
    }
    memset(list, 0, size);
    list->Count = 1;
    list->List[0].InterfaceType = PCIBus;
    p = &list->List[0].PartialResourceList;
    p->Version = p->Revision = 1;
    for (int i = 0; current()->device && i < VFIO_BARS; i++) {
        if (current()->device->bar[i].size) {
            grant_bar(&p->PartialDescriptors[p->Count++],
                      &current()->device->bar[i]);
        }
    }
    for (unsigned i = 0; i < r->messages; i++) {
        grant_interrupt(&p->PartialDescriptors[p->Count++], true, i,
                        translated);
    }
    if (r->line) {
        grant_interrupt(&p->PartialDescriptors[p->Count++], false, 0,
                        translated);
    }
    return list;
}

static void limit(struct host_resources *r)
{
    const struct vfio_device *d = current()->device;
    unsigned max = d ? d->msix_vectors : 0;

    max = max < MESSAGES_GRANTED_MAX ? max : MESSAGES_GRANTED_MAX;
    if (current()->limited && current()->messages_max < max) {
        max = current()->messages_max;
    }
    r->messages = r->messages < max ? r->messages : max;
    r->line = r->line && !r->messages && d && d->intx;
}

int resources_assign(void)
{
    struct host_resources *r = &current()->resources;
    IO_RESOURCE_REQUIREMENTS_LIST *list;

    r->requested = messages_wanted();
    list = ask(r->requested);
    if (!list) {
        return -1;
    }
    list = filter(list);
    if (!count_interrupts(list, &r->messages, &r->line)) {
        marker_note("the filtered resource list is not well-formed: the bus "
                    "driver's list is used");
        r->messages = r->requested;
        r->line = !r->messages;
    } else {
        pool_free(list);
    }
    limit(r);
    r->raw = grant(r, false);
    r->translated = grant(r, true);
    return r->raw && r->translated ? interrupt_grant(current()) : -1;
}
