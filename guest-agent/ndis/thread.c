/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads that run driver code: segment base, signal stack, priority. */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "ndis/core.h"

#define SIGNAL_STACK 65536u
/* Windows gives kernel threads 24 KiB; host code below them needs more. */
#define THREAD_STACK (256u * 1024)

/* Offsets in the x64 KPCR that drivers read through gs, Windows 10. */
#define KPCR_SELF           0x018
#define KPCR_CURRENT_PRCB   0x020
#define KPCR_PRCB           0x180
#define KPCR_CURRENT_THREAD 0x188
#define KPCR_SIZE           0x4000

__thread struct host_thread host_self;
static struct host_thread *threads[THREAD_LAST + 1];

static int set_gs(uint16_t number)
{
    uint8_t *kpcr = mmap(NULL, KPCR_SIZE, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint64_t v;

    if (kpcr == MAP_FAILED) {
        return -1;
    }
    v = (uintptr_t)kpcr;
    memcpy(kpcr + KPCR_SELF, &v, 8);
    v += KPCR_PRCB;
    memcpy(kpcr + KPCR_CURRENT_PRCB, &v, 8);
    v = 0xffff800000000000ull + ((uint64_t)number << 12);
    memcpy(kpcr + KPCR_CURRENT_THREAD, &v, 8);
    return (int)syscall(SYS_arch_prctl, ARCH_SET_GS, kpcr);
}

static int set_signal_stack(void)
{
    stack_t ss = { .ss_size = SIGNAL_STACK };

    ss.ss_sp = mmap(NULL, SIGNAL_STACK, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return ss.ss_sp == MAP_FAILED ? -1 : sigaltstack(&ss, NULL);
}

/* Highest address of the main thread's stack; a fork inherits it. */
static uintptr_t main_stack_top;

static uintptr_t find_stack(void)
{
    uintptr_t top = 0;
    pthread_attr_t attr;
    void *low;
    size_t size;

    if (pthread_getattr_np(pthread_self(), &attr) == 0) {
        if (pthread_attr_getstack(&attr, &low, &size) == 0) {
            top = (uintptr_t)low + size;
        }
        pthread_attr_destroy(&attr);
    }
    return top;
}

/* For the main thread it means reading /proc/self/maps. */
void thread_prepare(void)
{
    main_stack_top = find_stack();
}

int thread_init(uint16_t number)
{
    host_self.number = number;
    host_self.pthread = pthread_self();
    /* Of a thread of ours everything of interest lies below its first frame. */
    host_self.stack_top = number != THREAD_MAIN
                          ? (uintptr_t)__builtin_frame_address(0)
                          : main_stack_top ? main_stack_top : find_stack();
    if (set_gs(number) || set_signal_stack()) {
        return -1;
    }
    if (number != THREAD_MAIN) {
        marker_set_thread(number);
    }
    threads[number] = &host_self;
    return 0;
}

struct start {
    uint16_t number;
    void (*run)(void *);
    void *arg;
};

static void *thread_main(void *opaque)
{
    struct start start = *(struct start *)opaque;
    sigset_t set;

    free(opaque);
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);  /* the watchdog belongs to the main thread */
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (thread_init(start.number) == 0) {
        start.run(start.arg);
    }
    threads[start.number] = NULL;
    return NULL;
}

int thread_start(uint16_t number, int priority, void (*run)(void *),
                 void *arg)
{
    struct sched_param param = { .sched_priority = priority };
    struct start *start;
    pthread_attr_t attr;
    pthread_t thread;
    int err;

    if (number > THREAD_LAST || !(start = malloc(sizeof(*start)))) {
        return EAGAIN;
    }
    *start = (struct start) { number, run, arg };
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, THREAD_STACK);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    err = pthread_create(&thread, &attr, thread_main, start);
    pthread_attr_destroy(&attr);
    if (err) {
        free(start);
    } else if (priority) {
        /* Without the right to do so (a test on the host), it still works. */
        pthread_setschedparam(thread, SCHED_FIFO, &param);
    }
    return err;
}

/* Most cycles of a failing driver never need most of the threads. */
void thread_need(uint16_t number, int priority, void (*run)(void *))
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static bool started[THREAD_DRIVER];
    int err = 0;

    if (__atomic_load_n(&started[number], __ATOMIC_ACQUIRE)) {
        return;
    }
    pthread_mutex_lock(&lock);
    if (!started[number]) {
        err = thread_start(number, priority, run, NULL);
        __atomic_store_n(&started[number], true, __ATOMIC_RELEASE);
    }
    pthread_mutex_unlock(&lock);
    if (err) {
        marker_note("no thread for the driver: %s", strerror(err));
        _exit(HOST_EXIT_BROKEN);
    }
}

void thread_mutex_init(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attr;

    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
    pthread_mutex_init(mutex, &attr);
    pthread_mutexattr_destroy(&attr);
}

void thread_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}

static const struct host_thread *find_in_driver(uint8_t irql)
{
    for (unsigned i = 0; i <= THREAD_LAST; i++) {
        if (threads[i] && threads[i] != &host_self && threads[i]->callback &&
            threads[i]->irql >= irql) {
            return threads[i];
        }
    }
    return NULL;
}

const struct host_thread *thread_in_driver(void)
{
    return find_in_driver(PASSIVE_LEVEL);
}

const struct host_thread *thread_in_driver_raised(void)
{
    return find_in_driver(DISPATCH_LEVEL);
}
