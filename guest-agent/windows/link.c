/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The agent's link on Windows, with overlapped I/O.
 *
 * Of a COM port one byte is read, which waits for it without a time-out, then
 * what else is in the queue, which does not wait: nothing is polled, and no
 * byte waits for a time-out. Other ports give what they have by themselves.
 */
#include <stdio.h>
#include "windows/link.h"

#define QUEUE_SIZE 65536 /* of the driver, each way: more than a frame */
#define READ_SIZE  4096
#define WRITE_SIZE 4096

static HANDLE wake_event, stop_event;

struct link {
    HANDLE port;
    bool is_com;
    OVERLAPPED reading, writing;
    bool writes;              /* one is under way */
    uint8_t input[READ_SIZE], output[WRITE_SIZE];
};

void link_init(void)
{
    wake_event = CreateEventW(NULL, FALSE, FALSE, NULL);
    stop_event = CreateEventW(NULL, TRUE, FALSE, NULL);
}

void link_wake(void *opaque)
{
    (void)opaque;
    SetEvent(wake_event);
}

void link_stop(void)
{
    SetEvent(stop_event);
}

static bool set_up_com(HANDLE port)
{
    COMMTIMEOUTS none = { 0 };
    DCB dcb = { .DCBlength = sizeof(dcb) };

    if (!GetCommState(port, &dcb)) {
        return false;
    }
    dcb.BaudRate = CBR_115200;
    dcb.ByteSize = 8;
    dcb.Parity = NOPARITY;
    dcb.StopBits = ONESTOPBIT;
    dcb.fBinary = TRUE;
    dcb.fParity = dcb.fOutxCtsFlow = dcb.fOutxDsrFlow = FALSE;
    dcb.fDsrSensitivity = dcb.fOutX = dcb.fInX = FALSE;
    dcb.fErrorChar = dcb.fNull = dcb.fAbortOnError = FALSE;
    dcb.fDtrControl = DTR_CONTROL_ENABLE;
    dcb.fRtsControl = RTS_CONTROL_ENABLE;
    SetupComm(port, QUEUE_SIZE, QUEUE_SIZE);
    return SetCommState(port, &dcb) && SetCommTimeouts(port, &none);
}

HANDLE link_open(const WCHAR *port)
{
    WCHAR path[300];
    HANDLE handle;

    swprintf(path, ARRAYSIZE(path), L"%ls%ls", port[0] == L'\\' ? L"" :
             L"\\\\.\\", port);
    handle = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, NULL,
                         OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    if (handle != INVALID_HANDLE_VALUE && port[0] != L'\\' &&
        !set_up_com(handle)) {
        DWORD code = GetLastError();

        CloseHandle(handle);
        SetLastError(code);
        handle = INVALID_HANDLE_VALUE;
    }
    return handle;
}

/* --- reading --------------------------------------------------------------------- */

static bool begin_read(struct link *l)
{
    return ReadFile(l->port, l->input, l->is_com ? 1 : READ_SIZE, NULL,
                    &l->reading) || GetLastError() == ERROR_IO_PENDING;
}

/* What is in a COM port's queue, behind the byte that was read. */
static DWORD read_queue(struct link *l)
{
    OVERLAPPED reading = { .hEvent = l->reading.hEvent };
    COMSTAT status;
    DWORD errors, got = 0, want;

    if (!ClearCommError(l->port, &errors, &status) || !status.cbInQue) {
        return 0;
    }
    want = status.cbInQue < READ_SIZE - 1 ? status.cbInQue : READ_SIZE - 1;
    if (!ReadFile(l->port, l->input + 1, want, NULL, &reading) &&
        GetLastError() != ERROR_IO_PENDING) {
        return 0;
    }
    return GetOverlappedResult(l->port, &reading, &got, TRUE) ? got : 0;
}

/* A virtio-serial port fails to read while no host is connected. */
static bool end_read(struct link *l, struct dispatcher *d)
{
    DWORD got;

    if (!GetOverlappedResult(l->port, &l->reading, &got, FALSE)) {
        return false;
    }
    if (got && l->is_com) {
        got += read_queue(l);
    }
    dispatcher_input(d, l->input, got);
    return begin_read(l);
}

/* --- writing ---------------------------------------------------------------------- */

static bool begin_write(struct link *l, struct dispatcher *d)
{
    size_t length;
    const uint8_t *bytes = dispatcher_output(d, &length);

    if (l->writes || !bytes) {
        return true;
    }
    length = length < WRITE_SIZE ? length : WRITE_SIZE;
    memcpy(l->output, bytes, length);
    dispatcher_sent(d, length);
    l->writes = true;
    return WriteFile(l->port, l->output, (DWORD)length, NULL, &l->writing) ||
           GetLastError() == ERROR_IO_PENDING;
}

static bool end_write(struct link *l)
{
    DWORD written;

    l->writes = false;
    ResetEvent(l->writing.hEvent);
    return GetOverlappedResult(l->port, &l->writing, &written, FALSE);
}

/* --- the conversation ----------------------------------------------------------------- */

static DWORD wait_ms(uint64_t when)
{
    uint64_t now = platform_now();

    return when == UINT64_MAX ? INFINITE : when <= now ? 0 :
           when - now > 3600000 ? 3600000 : (DWORD)(when - now);
}

static enum link_end converse(struct link *l, struct dispatcher *d)
{
    HANDLE events[] = { stop_event, l->reading.hEvent, l->writing.hEvent,
                        wake_event };
    bool good = begin_read(l);

    while (good) {
        DWORD which;

        if (dispatcher_leaving(d) && !l->writes) {
            return LINK_LEAVE;
        }
        if (!begin_write(l, d)) {
            return LINK_FAILED;
        }
        which = WaitForMultipleObjects(ARRAYSIZE(events), events, FALSE,
                                       wait_ms(dispatcher_deadline(d)));
        switch (which) {
        case WAIT_OBJECT_0:
            return LINK_STOPPED;
        case WAIT_OBJECT_0 + 1:
            good = end_read(l, d);
            break;
        case WAIT_OBJECT_0 + 2:
            good = end_write(l);
            break;
        case WAIT_OBJECT_0 + 3:
        case WAIT_TIMEOUT:
            break;
        default:
            return LINK_FAILED;
        }
        dispatcher_work(d);
    }
    return LINK_FAILED;
}

/* I/O that is under way writes into the link: it has to be over. */
static void end_io(struct link *l)
{
    DWORD code = GetLastError(), count;

    CancelIo(l->port);
    GetOverlappedResult(l->port, &l->reading, &count, TRUE);
    if (l->writes) {
        GetOverlappedResult(l->port, &l->writing, &count, TRUE);
    }
    CloseHandle(l->reading.hEvent);
    CloseHandle(l->writing.hEvent);
    SetLastError(code);
}

enum link_end link_run(HANDLE port, struct dispatcher *d)
{
    static struct link l; /* one at a time, and large */
    COMSTAT status;
    DWORD errors;
    enum link_end end;

    memset(&l, 0, sizeof(l));
    l.port = port;
    l.is_com = ClearCommError(port, &errors, &status);
    l.reading.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    l.writing.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    dispatcher_open(d);
    end = converse(&l, d);
    end_io(&l);
    return end;
}
