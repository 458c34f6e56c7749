/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processors: the driver sees one, number 0 of group 0. */
#include <string.h>
#include "ndis/core.h"
#include "ndis/thunk.h"

static ULONG NTAPI one(void)
{
    return 1;
}

static ULONG NTAPI zero(void)
{
    return 0;
}

static ULONG NTAPI number_to_index(PPROCESSOR_NUMBER number)
{
    return number->Group == 0 && number->Number == 0 ? 0
           : 0xffffffffu;  /* INVALID_PROCESSOR_INDEX */
}

static NTSTATUS NTAPI index_to_number(ULONG index, PPROCESSOR_NUMBER number)
{
    memset(number, 0, sizeof(*number));
    if (index) {
        return STATUS_INVALID_PARAMETER;
    }
    return STATUS_SUCCESS;
}

static ULONG NTAPI current_number(PPROCESSOR_NUMBER number)
{
    if (number) {
        memset(number, 0, sizeof(*number));
    }
    return 0;
}

static ULONG NTAPI active_processors(PKAFFINITY active)
{
    if (active) {
        *active = 1;
    }
    return 1;
}

static PROCESSOR_NUMBER NTAPI ndis_current_group_and_processor(void)
{
    return (PROCESSOR_NUMBER) { 0 };
}

/* PROCESSOR_NUMBER by value arrives in a register. */
static ULONG NTAPI ndis_processor_number_to_index(PROCESSOR_NUMBER number)
{
    return number_to_index(&number);
}

/* Size 0 asks how much is needed. */
static bool fits(PSIZE_T size, size_t need, PVOID buffer)
{
    bool enough = buffer && *size >= need;

    *size = need;
    return enough;
}

/*
 * NDIS_SYSTEM_PROCESSOR_INFO_EX with one entry; offsets as drivers compiled
 * for NDIS 6.20 read them.
 */
struct system_processor_info_ex {
    NDIS_OBJECT_HEADER header;
    ULONG flags;
    ULONG sockets, cores, cores_per_socket, threads_per_core;
    ULONG reserved;
    ULONG offset, count, entry_size;
    struct {
        PROCESSOR_NUMBER number;
        ULONG socket, core, thread;
        USHORT node, distance;
    } entry[1];
};

_Static_assert(offsetof(struct system_processor_info_ex, offset) == 0x1c,
               "ProcessorInfoOffset");

static NDIS_STATUS NTAPI ndis_get_processor_information_ex(NDIS_HANDLE handle,
                                                           PVOID buffer,
                                                           PSIZE_T size)
{
    struct system_processor_info_ex info = {
        .header = { NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(info) },
        .sockets = 1, .cores = 1, .cores_per_socket = 1,
        .threads_per_core = 1,
        .offset = offsetof(struct system_processor_info_ex, entry),
        .count = 1, .entry_size = sizeof(info.entry[0]),
    };

    (void)handle;
    if (!fits(size, sizeof(info), buffer)) {
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    }
    memcpy(buffer, &info, sizeof(info));
    return NDIS_STATUS_SUCCESS;
}

/* NDIS_SYSTEM_PROCESSOR_INFO, of drivers before NDIS 6.20; one processor. */
struct system_processor_info {
    NDIS_OBJECT_HEADER header;
    ULONG flags;
    int vendor;              /* NDIS_PROCESSOR_VENDOR: 1 is Intel */
    ULONG packages, cores, cores_per_package, threads_per_core;
    ULONG rss_base, rss_count;
    PUCHAR rss_processors;   /* of the caller, or NULL */
    struct {
        ULONG number, package, core, thread;
    } cpu[64];               /* MAXIMUM_PROCESSORS */
};

static NDIS_STATUS NTAPI
ndis_get_processor_information(struct system_processor_info *info)
{
    if (!info || info->header.Size < sizeof(*info)) {
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    }
    info->vendor = 1;
    info->packages = info->cores = info->cores_per_package = 1;
    info->threads_per_core = 1;
    info->rss_base = 0;
    info->rss_count = 1;
    if (info->rss_processors) {
        info->rss_processors[0] = 0;
    }
    memset(&info->cpu[0], 0, sizeof(info->cpu[0]));
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS NTAPI ndis_get_rss_processor_information(
    NDIS_HANDLE handle, PNDIS_RSS_PROCESSOR_INFO buffer, PSIZE_T size)
{
    struct {
        NDIS_RSS_PROCESSOR_INFO info;
        NDIS_RSS_PROCESSOR entry[1];
    } rss = {
        .info = {
            .Header = { NDIS_OBJECT_TYPE_RSS_PROCESSOR_INFO, 1,
                        sizeof(NDIS_RSS_PROCESSOR_INFO) },
            .MaxNumRssProcessors = 1,
            .RssProcessorArrayOffset = sizeof(NDIS_RSS_PROCESSOR_INFO),
            .RssProcessorCount = 1,
            .RssProcessorEntrySize = sizeof(NDIS_RSS_PROCESSOR),
        },
    };

    (void)handle;
    if (!fits(size, sizeof(rss), buffer)) {
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    }
    memcpy(buffer, &rss, sizeof(rss));
    return NDIS_STATUS_SUCCESS;
}

static CCHAR number_processors = 1;

const struct export processor_exports[] = {
    { "NdisGroupActiveProcessorCount", one, 0, 0, 0, NULL, IRQL_ANY },
    { "NdisGroupMaxProcessorCount", one, 0, 0, 0, NULL, IRQL_ANY },
    { "NdisSystemProcessorCount", one, 0, 0, 0, NULL, IRQL_PASSIVE },
    { "NdisSystemActiveProcessorCount", active_processors, 0, 0, 0, NULL,
      IRQL_ANY },
    { "NdisCurrentProcessorIndex", zero, 0, 0, 0, NULL, IRQL_GE_DISPATCH },
    { "NdisCurrentGroupAndProcessor", ndis_current_group_and_processor, 0, 0, 0,
      NULL, IRQL_GE_DISPATCH },
    { "NdisProcessorNumberToIndex", ndis_processor_number_to_index, 0, 0, 0,
      NULL, IRQL_ANY },
    { "NdisProcessorIndexToNumber", index_to_number, 0, 0, 0, NULL, IRQL_ANY },
    /* NDIS_STATUS_BUFFER_TOO_SHORT is the only failure of these. */
    { "NdisGetProcessorInformation", ndis_get_processor_information,
      EX_PLANNED, 0, 0, fail_status, IRQL_DISPATCH },
    { "NdisGetProcessorInformationEx", ndis_get_processor_information_ex,
      EX_PLANNED, 0, 0, fail_status, IRQL_DISPATCH },
    { "NdisGetRssProcessorInformation", ndis_get_rss_processor_information,
      EX_PLANNED, 0, 0, fail_status, IRQL_DISPATCH },
    { "KeGetProcessorIndexFromNumber", number_to_index, 0, 0, 0, NULL,
      IRQL_ANY },
    { "KeGetProcessorNumberFromIndex", index_to_number, 0, 0, 0, NULL,
      IRQL_ANY },
    { "KeGetCurrentProcessorNumberEx", current_number, 0, 0, 0, NULL,
      IRQL_ANY },
    { "KeQueryActiveProcessorCount", active_processors, 0, 0, 0, NULL,
      IRQL_ANY },
    { "KeQueryActiveProcessorCountEx", one, 0, 0, 0, NULL, IRQL_ANY },
    { "KeQueryMaximumProcessorCount", one, 0, 0, 0, NULL, IRQL_ANY },
    { "KeQueryMaximumProcessorCountEx", one, 0, 0, 0, NULL, IRQL_ANY },
    { "KeQueryActiveProcessors", one, 0, 0, 0, NULL, IRQL_ANY },
    { "KeQueryActiveGroupCount", one, 0, 0, 0, NULL, IRQL_ANY },
    { "KeQueryHighestNodeNumber", zero, 0, 0, 0, NULL, IRQL_ANY },
    { "KeGetCurrentNodeNumber", zero, 0, 0, 0, NULL, IRQL_ANY },
    { "KeNumberProcessors", &number_processors, EX_DATA, 0, 0, NULL, IRQL_ANY },
    { 0 },
};
