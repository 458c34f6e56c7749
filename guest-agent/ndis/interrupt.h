/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registered interrupts, between registration (interrupt.c) and ISR (isr.c). */
#ifndef NDIS_INTERRUPT_H
#define NDIS_INTERRUPT_H

#include "ndis/core.h"

/* Registrations that may be live at once, and messages of one function. */
#define INTERRUPTS_MAX 16u
#define MESSAGES_MAX   64u

struct interrupt {
    NDIS_HANDLE handle;
    struct adapter *adapter;
    bool live;             /* the ISR may run */
    NDIS_HANDLE context;
    NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS ch;
    bool message;          /* message-based, else line-based */
    unsigned messages;
    IO_INTERRUPT_MESSAGE_INFO *table;
    pthread_mutex_t lock[MESSAGES_MAX]; /* the interrupt spin locks; only
                                           [0] with MsiSyncWithAllMessages */
    void *dpc_context[MESSAGES_MAX];
};

/* Interrupt spin lock of one message. */
pthread_mutex_t *interrupt_lock(struct interrupt *i, uint32_t message);

/*
 * isr.c: the thread that runs interrupt service routines. It serves eventfd n
 * for message n of an adapter, and one for its line interrupt.
 */
int isr_start(void);
/* Make the eventfds of an adapter; -1 with errno. */
int isr_make_events(const struct adapter *a, unsigned messages, bool line);
const int *isr_message_events(const struct adapter *a);
const int *isr_line_event(const struct adapter *a);
/* Attach and detach: detach returns when no ISR of `i` is running. */
/* Before the first interrupt can come. */
void isr_need_thread(void);
bool isr_attach(struct interrupt *i);
void isr_detach(struct interrupt *i);
void isr_detach_all(const struct adapter *a);
bool isr_any_attached(const struct adapter *a);
/* Handle of an attached interrupt whose context lies in [p, p + size). */
NDIS_HANDLE isr_context_in(const void *p, size_t size);
/* Queue the interrupt DPC of a message; false if it is queued already. */
bool isr_queue_dpc(struct interrupt *i, uint32_t message, void *context);

#endif
