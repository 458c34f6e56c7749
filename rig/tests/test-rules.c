/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every rule of the catalogue against streams that keep it and streams that
 * break it. A stream is a line of words:
 *
 *   +Name            callback entered           -, -0x103   left with a status
 *   Name             API called, success        Name=0x1    other status
 *   Name>5           ... that returns handle 5  Name@5      ... about handle 5
 *   Name[1,2,3]      ... with arguments         !Name       fault injected
 *   (Name@5          API entered only           )           ... returns
 *   irql=2  thread=1   of what follows
 *   ?id              broken contract            left:kind   left behind
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "cycle-builder.h"
#include "rule-catalogue.h"
#include "rule-model.h"
#include "run-suite.h"

/* --- streams ------------------------------------------------------------- */

typedef struct Word {
    char name[64];
    uint64_t object, made;
    uint32_t status;
    uint64_t arg[RIG_MARKER_ARGS];
} Word;

static void parse_args(const char *text, Word *w)
{
    char *end = (char *)text;

    for (unsigned i = 0; i < RIG_MARKER_ARGS && end && *end != ']'; i++) {
        w->arg[i] = g_ascii_strtoull(end + (*end == ','), &end, 0);
    }
}

static Word parse(const char *text)
{
    Word w = { .object = 0 };
    size_t n = strcspn(text, "=>@[");
    const char *at = strpbrk(text, "@"), *made = strchr(text, '>');
    const char *status = strchr(text, '='), *args = strchr(text, '[');

    ck_assert_uint_lt(n, sizeof(w.name));
    memcpy(w.name, text, n);
    w.object = at ? g_ascii_strtoull(at + 1, NULL, 0) : 0;
    w.made = made ? g_ascii_strtoull(made + 1, NULL, 0) : 0;
    w.status = status ? g_ascii_strtoull(status + 1, NULL, 0) : 0;
    if (args) {
        parse_args(args + 1, &w);
    }
    return w;
}

static void mark(Builder *b, uint16_t kind, const char *name,
                 const char *text)
{
    struct rig_marker m = { .kind = kind, .caller = 0x1230 };

    g_strlcpy(m.name, name, sizeof(m.name));
    g_strlcpy(m.text, text, sizeof(m.text));
    m.arg[0] = 2;
    m.arg[1] = 512;
    b_marker(b, &m);
}

static void play_word(Builder *b, const char *text)
{
    Word w = parse(text + (strchr("+-!?(", *text) != NULL));

    if (g_str_has_prefix(text, "irql=")) {
        b->irql = atoi(text + 5);
    } else if (g_str_has_prefix(text, "thread=")) {
        b->thread = atoi(text + 7);
    } else if (g_str_has_prefix(text, "left:")) {
        mark(b, RIG_MK_LEFT, text + 5, "");
    } else if (*text == '+') {
        b_enter_about(b, w.name, w.object);
    } else if (*text == '-') {
        b_leave(b, g_ascii_strtoull(text + 1, NULL, 0));
    } else if (*text == '!') {
        b_fault(b, w.name, 1, B_RESOURCES);
    } else if (*text == '?') {
        mark(b, RIG_MK_CONTRACT, w.name, "NdisX: a sentence. | 1230 4560");
    } else if (*text == ')') {
        b_return(b, 0, 0);
    } else {
        b_api_args(b, w.name, w.object, w.arg);
        if (*text != '(') {
            b_return(b, w.made, w.status);
        }
    }
}

/* --- cases --------------------------------------------------------------- */

#define INIT   "+MiniportInitializeEx "
#define FAILS  "-0xC0000001 "
#define HALT   "+MiniportHaltEx "
#define LIFE   INIT "- "
#define END    HALT "- "

typedef struct Case {
    const char *rule;
    const char *stream;
    const char *findings; /* "id/level ...", "" for a pass */
} Case;

/* Memory and handles that come and go in pairs: the same for each. */
#define PAIR(rule, alloc, release, gone) \
    { rule, INIT alloc ">8 - " HALT release "@8 - ", "" }, \
    { rule, INIT alloc ">8 " release "@8 " alloc ">8 - " HALT release \
      "@8 - ", "" }, \
    { rule, INIT alloc ">8 " alloc ">16 " release "@16 - " END, \
      "not-" gone "/sdv-rule" }, \
    { rule, INIT alloc ">8 " FAILS, \
      "not-" gone "-after-failed-init/strict" }, \
    { rule, INIT alloc ">8 " release "@8 " release "@8 - " END, \
      gone "-twice/sdv-rule" }

#define UNDONE(rule, reg, dereg, not, left) \
    { rule, INIT reg ">5 - " HALT dereg "@5 - ", "" }, \
    { rule, INIT reg ">5 " dereg "@5 " FAILS, "" }, \
    { rule, INIT reg "=0xC000009A " FAILS, "" }, \
    { rule, INIT reg ">5 - " END, not left }, \
    { rule, INIT reg ">5 " FAILS, not left }

#define IRQL(rule, api, good, bad, id) \
    { rule, LIFE "irql=" good " " api " irql=0 " END, "" }, \
    { rule, LIFE "irql=" bad " " api " irql=0 " END, id "/sdv-rule" }

#define OID(id) "+MiniportOidRequest@" id " "
#define COMPLETE(id) "NdisMOidRequestComplete@" id " "

static const Case cases[] = {
    PAIR("NdisAllocateMdl", "NdisAllocateMdl", "NdisFreeMdl", "freed"),
    PAIR("NdisAllocateNetBuffer", "NdisAllocateNetBuffer",
         "NdisFreeNetBuffer", "freed"),
    PAIR("NdisAllocateGenericObject", "NdisAllocateGenericObject",
         "NdisFreeGenericObject", "freed"),
    PAIR("NdisOpenConfigurationEx", "NdisOpenConfigurationEx",
         "NdisCloseConfiguration", "closed"),

    UNDONE("Init_RegisterInterrupt", "NdisMRegisterInterruptEx",
           "NdisMDeregisterInterruptEx", "not-deregistered/sdv-rule", ""),
    UNDONE("Init_RegisterSG", "NdisMRegisterScatterGatherDma",
           "NdisMDeregisterScatterGatherDma", "not-deregistered/sdv-rule ",
           "left-registered/strict"),
    UNDONE("Init_NdisAllocateIoWorkItem", "NdisAllocateIoWorkItem",
           "NdisFreeIoWorkItem", "not-freed/sdv-rule ",
           "left-allocated/strict"),
    { "Init_RegisterSG", /* the wording counts, strict pairs */
      INIT "NdisMRegisterScatterGatherDma>5 NdisMRegisterScatterGatherDma>6 "
      "- " HALT "NdisMDeregisterScatterGatherDma@5 - ",
      "left-registered/strict" },

    { "NdisMDeregisterInterruptEx",
      INIT "NdisMRegisterInterruptEx>5 NdisMSynchronizeWithInterruptEx@5 - "
      HALT "NdisMDeregisterInterruptEx@5 - ", "" },
    { "NdisMDeregisterInterruptEx",
      INIT "NdisMRegisterInterruptEx>5 - " HALT "NdisMDeregisterInterruptEx@5 "
      "NdisMSynchronizeWithInterruptEx@5 - ",
      "synchronized-after-deregistration/sdv-rule" },
    { "NdisMDeregisterMiniportDriver",
      "+DriverEntry NdisMRegisterMiniportDriver>9 - " LIFE END
      "+MiniportDriverUnload NdisMDeregisterMiniportDriver@9 - ", "" },
    { "NdisMDeregisterMiniportDriver",
      "+DriverEntry NdisMRegisterMiniportDriver>9 - " LIFE END
      "+MiniportDriverUnload - ", "driver-not-deregistered/contract" },

    { "NdisAllocateMemoryWithTagPriority",
      INIT "NdisAllocateMemoryWithTagPriority[0,64,0x676174,0] - " END, "" },
    { "NdisAllocateMemoryWithTagPriority",
      INIT "NdisAllocateMemoryWithTagPriority[0,64,0,0] - " END,
      "no-tag/sdv-rule" },
    { "NdisMFreeSharedMemory",
      LIFE HALT "NdisMFreeSharedMemory@8 - ", "" },
    { "NdisMFreeSharedMemory",
      LIFE "+MiniportShutdownEx NdisMFreeSharedMemory@8 - " END,
      "freed-in-shutdown/sdv-rule" },
    { "NdisMIndicateStatusEx",
      LIFE HALT "NdisMIndicateStatusEx - " LIFE "NdisMIndicateStatusEx " END,
      "" },
    { "NdisMIndicateStatusEx", LIFE END "NdisMIndicateStatusEx ",
      "status-after-halt/sdv-rule" },
    { "NdisMMapIoSpace", INIT "NdisMMapIoSpace>8 - " END, "" },
    { "NdisMMapIoSpace", LIFE "+MiniportRestart NdisMMapIoSpace>8 - " END,
      "mapped-outside-init/sdv-rule" },
    { "NdisMRegisterIoPortRange",
      INIT "NdisMSetMiniportAttributes NdisMRegisterIoPortRange>8 - " END,
      "" },
    { "NdisMRegisterIoPortRange",
      INIT "NdisMSetMiniportAttributes=0xC0000001 "
      "NdisMRegisterIoPortRange>8 - " END, "registered-too-early/sdv-rule" },
    { "NdisMRegisterIoPortRange",
      LIFE "+MiniportRestart NdisMRegisterIoPortRange>8 - " END,
      "registered-elsewhere/sdv-rule" },

    { "CancelTimerObject", /* a one-shot timer fires, a periodic one goes on */
      INIT "NdisSetTimerObject@6[6,0,0] NdisSetTimerObject@7[7,0,1000] - "
      "+NetTimerCallback@6 - +NetTimerCallback@7 - "
      HALT "NdisCancelTimerObject@7=1 - ", "" },
    { "CancelTimerObject",
      INIT "NdisSetTimerObject@7[7,0,1000] - +NetTimerCallback@7 - " END,
      "still-set/sdv-rule" },
    { "CancelTimerObject", INIT "NdisSetTimerObject@7[7,0,0] " FAILS,
      "still-set-after-failed-init/strict" },
    { "PeriodicTimer",
      LIFE "NdisSetTimerObject@7[7,0,1000] NdisCancelTimerObject@7 "
      "NdisSetTimerObject@7[7,0,0] irql=2 NdisCancelTimerObject@7 irql=0 "
      END, "" },
    { "PeriodicTimer",
      LIFE "NdisSetTimerObject@7[7,0,1000] irql=2 NdisCancelTimerObject@7 "
      "irql=0 " END, "periodic-cancelled-above-passive/sdv-rule" },
    { "PeriodicTimer",
      LIFE "NdisSetTimerObject@7[7,0,0] irql=5 NdisCancelTimerObject@7 "
      "irql=0 " END, "cancelled-above-dispatch/sdv-rule" },
    { "MiniportPause_Return",
      LIFE "+MiniportPause - +MiniportPause -0x103 " END, "" },
    { "MiniportPause_Return", LIFE "+MiniportPause -0xC0000001 " END,
      "pause-failed/sdv-rule" },
    { "WriteErrorLog",
      INIT "NdisMAllocateSharedMemory>8 !NdisMAllocateSharedMemory "
      "NdisWriteErrorLogEntry " FAILS, "" },
    { "WriteErrorLog",
      INIT "!NdisMAllocateSharedMemory IoWriteErrorLogEntry " FAILS, "" },
    { "WriteErrorLog", INIT "!NdisMAllocateSharedMemory " FAILS,
      "not-logged/sdv-rule" },
    { "WriteErrorLog", INIT "NdisMAllocateSharedMemory " FAILS,
      "not-logged/sdv-rule" },
    { "WriteErrorLog", INIT "NdisWriteErrorLogEntry "
      "!NdisMAllocateSharedMemory " FAILS, "not-logged/sdv-rule" },

    { "DoubleComplete",
      LIFE OID("8") "- " OID("8") "-0x103 " COMPLETE("8")
      OID("8") COMPLETE("8") "-0x103 " END, "" },
    { "DoubleComplete", LIFE OID("8") "- " COMPLETE("8") END,
      "completed-after-return/sdv-rule" },
    { "DoubleComplete",
      LIFE OID("8") "-0x103 " COMPLETE("8") COMPLETE("8") END,
      "completed-twice/sdv-rule" },
    { "DoubleComplete", LIFE OID("8") COMPLETE("8") "- " END,
      "completed-and-returned/sdv-rule" },
    { "DoubleCompleteWorkItem",
      LIFE OID("8") "-0x103 +NdisIoWorkItemRoutine " COMPLETE("8") "- " END,
      "" },
    { "DoubleCompleteWorkItem",
      LIFE OID("8") "-0x103 " COMPLETE("8") "+NdisIoWorkItemRoutine "
      COMPLETE("8") "- " END, "completed-twice/sdv-rule" },
    { "NdisMNetPnPEventInOIDRequest", LIFE "NdisMNetPnPEvent " END, "" },
    { "NdisMNetPnPEventInOIDRequest",
      LIFE OID("8") "NdisMNetPnPEvent - " END,
      "event-in-oid-request/sdv-rule" },
    { "NdisStallExecution_Delay",
      LIFE "KeStallExecutionProcessor[50] " END, "" },
    { "NdisStallExecution_Delay",
      LIFE "KeStallExecutionProcessor[51] " END,
      "stalled-too-long/sdv-rule" },

    { "SpinLock",
      LIFE "NdisAcquireSpinLock@8 NdisReleaseSpinLock@8 "
      "NdisAcquireSpinLock@8 NdisReleaseSpinLock@8 " END, "" },
    { "SpinLock", /* another thread waits for it, and gets it */
      LIFE "thread=1 NdisAcquireSpinLock@8 thread=2 (NdisAcquireSpinLock@8 "
      "thread=1 (NdisReleaseSpinLock@8 ) thread=2 ) NdisReleaseSpinLock@8 "
      "thread=0 " END, "" },
    { "SpinLock",
      LIFE "NdisAcquireSpinLock@8 (NdisAcquireSpinLock@8 ) "
      "NdisReleaseSpinLock@8 " END, "acquired-twice/sdv-rule" },
    { "SpinLock",
      LIFE "+MiniportPause NdisAcquireSpinLock@8 - NdisReleaseSpinLock@8 "
      END, "held-at-return/sdv-rule" },
    { "SpinLock", /* held around a callback, not inside it */
      LIFE "+MiniportPause NdisAcquireSpinLock@8 +MiniportOidRequest - "
      "NdisReleaseSpinLock@8 - " END, "" },
    { "SpinLockDpr",
      LIFE "irql=2 NdisDprAcquireSpinLock@8 NdisDprReleaseSpinLock@8 irql=0 "
      END, "" },
    { "SpinLockDpr",
      LIFE "+MiniportInterruptDPC NdisDprAcquireSpinLock@8 - "
      "NdisDprReleaseSpinLock@8 " END, "held-at-return/sdv-rule" },
    { "SpinLockDprRelease",
      LIFE "NdisAcquireSpinLock@8 NdisReleaseSpinLock@8 "
      "NdisDprAcquireSpinLock@8 NdisDprReleaseSpinLock@8 " END, "" },
    { "SpinLockDprRelease",
      LIFE "NdisAcquireSpinLock@8 (NdisDprAcquireSpinLock@8 ) "
      "NdisReleaseSpinLock@8 " END, "acquired-twice/sdv-rule" },
    { "SpinLockRelease",
      LIFE "NdisAcquireSpinLock@8 NdisReleaseSpinLock@8 " END, "" },
    { "SpinLockRelease", LIFE "NdisReleaseSpinLock@8 " END,
      "released-without-acquire/sdv-rule" },
    { "SpinLockBalanced",
      INIT "NdisAcquireSpinLock@8 NdisReleaseSpinLock@8 - " END, "" },
    { "SpinLockBalanced", LIFE "NdisAcquireSpinLock@8 " END,
      "unbalanced/sdv-rule" },
    { "SpinLockBalanced",
      LIFE "NdisAcquireSpinLock@8 NdisReleaseSpinLock@8 "
      "NdisReleaseSpinLock@8 " END, "released-without-acquire/sdv-rule" },

    IRQL("Irql_Interrupt_Function", "NdisMRegisterInterruptEx>5", "0", "2",
         "above-passive"),
    IRQL("Irql_Gather_DMA_Function", "NdisMAllocateNetBufferSGList", "2", "0",
         "below-dispatch"),
    IRQL("Irql_Gather_DMA_Function", "NdisMRegisterScatterGatherDma>5", "0",
         "1", "above-passive"),
    IRQL("Irql_Gather_DMA_Function", "NdisMAllocateSharedMemoryAsyncEx", "2",
         "3", "above-dispatch"),
    IRQL("Irql_Miniport_Driver_Function", "NdisMMapIoSpace>8", "0", "1",
         "above-passive"),
    IRQL("Irql_Miniport_Driver_Function", "NdisMSleep", "1", "2",
         "at-dispatch"),
    IRQL("Irql_Miniport_Driver_Function", "NdisMResetComplete@8", "0", "3",
         "above-dispatch"),
    IRQL("Irql_Synch_Function", "NdisAcquireSpinLock@8", "2", "5",
         "above-dispatch"),
    IRQL("Irql_Synch_Function", "NdisReleaseSpinLock@8", "2", "0",
         "below-dispatch"),
    IRQL("Irql_Timer_Function", "NdisSetTimerObject@7", "2", "5",
         "above-dispatch"),
    IRQL("Irql_OID_Function", "NdisMOidRequestComplete@8", "2", "5",
         "above-dispatch"),
    IRQL("Irql_SendRcv_Function", "NdisMSendNetBufferListsComplete", "2",
         "5", "above-dispatch"),
    IRQL("Irql_StatusIndication_Function", "NdisMIndicateStatusEx", "2", "5",
         "above-dispatch"),
    IRQL("Irql_NetBuffer_Function", "NdisAllocateMdl>8", "2", "5",
         "above-dispatch"),
    IRQL("Irql_Miscellaneous_Function", "NdisOpenConfigurationEx>8", "0", "2",
         "above-passive"),
    { "Flags_Irql", LIFE "+MiniportPause KeGetCurrentIrql - " END, "" },
    { "Flags_Irql",
      LIFE "+MiniportSendNetBufferLists KeGetCurrentIrql - " END,
      "irql-asked/sdv-rule" },

    { "Contract", LIFE END, "" },
    { "Contract", LIFE "?wrong-tag " END, "wrong-tag/contract" },
    { "Leak", LIFE END "left:interrupt ", "" }, /* another rule's */
    { "Leak", "+DriverEntry - left:pool_memory " LIFE END, "" },
    { "Leak", LIFE END "left:pool_memory ", "left-after-halt/leak" },
    { "Leak", INIT FAILS "left:MDL ", "left-after-failed-init/leak" },
    { "Leak", LIFE END "+MiniportDriverUnload - left:timer ",
      "left-after-unload/leak" },
    { "Init_DeRegisterInterrupt",
      INIT "NdisMRegisterInterruptEx>5 - " HALT
      "NdisMDeregisterInterruptEx@5 - ", "" },
    { "Init_DeRegisterInterrupt", INIT "NdisMRegisterInterruptEx>5 - " END,
      "not-deregistered/sdv-rule not-released/strict" },
};

/* --- running them -------------------------------------------------------- */

static void use_rule(RigScenario *s, const char *name)
{
    RigRuleRef *ref = s->rules->pdata[0];
    g_autofree char *file = g_strdup_printf("scenarios/rules/%s.xml", name);

    g_free(ref->name);
    g_free(ref->file);
    ref->name = g_strdup(name);
    ref->file = b_home_file(file);
}

static char *findings_of(const RigScenarioResult *r)
{
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < r->findings->len; i++) {
        const RigFinding *f = r->findings->pdata[i];

        g_string_append_printf(text, "%s%s/%s", i ? " " : "", f->id,
                               rig_level_name(f->level));
    }
    return g_string_free(text, FALSE);
}

static void check_sentences(const Case *c, const RigScenarioResult *r)
{
    for (unsigned i = 0; i < r->findings->len; i++) {
        const RigFinding *f = r->findings->pdata[i];

        ck_assert_msg(!strpbrk(f->sentence, "{}") &&
                      !strstr(f->sentence, "unknown") &&
                      !strstr(f->sentence, "  "), "%s: %s", c->rule,
                      f->sentence);
        ck_assert_uint_ge(f->proofs->len, 1);
    }
}

START_TEST(streams_that_keep_and_that_break_a_rule)
{
    const Case *c = &cases[_i];
    g_autoptr(Play) p = play_new(RIG_MSIX_AT_CONNECT);
    g_auto(GStrv) words = g_strsplit(c->stream, " ", -1);
    g_autofree char *found = NULL;
    const RigScenarioResult *r;

    use_rule(p->j->scenarios->pdata[0], c->rule);
    for (char **w = words; *w; w++) {
        if (**w) {
            play_word(p->b, *w);
        }
    }
    r = play_judge_end(p, RIG_CYCLE_DONE, NULL);
    found = findings_of(r);
    ck_assert_msg(!strcmp(found, c->findings), "%s: %s\n\"%s\" instead of "
                  "\"%s\": %s", c->rule, c->stream, found, c->findings,
                  r->sentence);
    ck_assert_int_eq(r->verdict, *c->findings ? RIG_VERDICT_VIOLATION
                                              : RIG_VERDICT_PASS);
    check_sentences(c, r);
}
END_TEST

/* No rule without a stream that keeps it and one that breaks it. */
START_TEST(every_rule_of_the_catalogue_is_tested)
{
    g_autofree char *scenarios = b_home_file("scenarios");
    RigPaths paths = { .scenarios = scenarios };
    g_autoptr(GPtrArray) catalogue = rig_rule_catalogue(&paths);

    ck_assert_uint_ge(catalogue->len, 41);
    for (unsigned i = 0; i < catalogue->len; i++) {
        const RigRuleEntry *e = catalogue->pdata[i];
        unsigned kept = 0, broken = 0;

        for (unsigned k = 0; k < G_N_ELEMENTS(cases); k++) {
            if (!strcmp(cases[k].rule, e->name)) {
                kept += !*cases[k].findings;
                broken += *cases[k].findings != '\0';
            }
        }
        ck_assert_msg(kept && broken, "%s: kept %u times, broken %u times",
                      e->name, kept, broken);
    }
}
END_TEST

START_TEST(every_rule_names_its_source)
{
    g_autofree char *scenarios = b_home_file("scenarios");
    g_autofree char *schema = b_home_file("scenarios/rules/rule.rng");
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    RigPaths paths = { .scenarios = scenarios };
    g_autoptr(GPtrArray) catalogue = rig_rule_catalogue(&paths);

    for (unsigned i = 0; i < catalogue->len; i++) {
        const RigRuleEntry *e = catalogue->pdata[i];
        g_autoptr(RigRule) rule = rig_rule_load(e->file, schema, problems);

        ck_assert_msg(rule != NULL, "%s", problems->len ?
                      (char *)problems->pdata[0] : e->file);
        ck_assert_msg(rule->page && g_str_has_prefix(rule->page, "https://"),
                      "%s: no page", e->name);
        ck_assert_msg(strlen(rule->title) > 10, "%s: no title", e->name);
    }
}
END_TEST

/* Opened, one would block for ever, and the other never end. */
START_TEST(what_is_no_regular_file_is_no_rule)
{
    static const char *const files[] = { "/dev/zero", "/proc", NULL };
    g_autofree char *schema = b_home_file("scenarios/rules/rule.rng");
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);

    for (unsigned i = 0; files[i]; i++) {
        ck_assert_ptr_null(rig_rule_load(files[i], schema, problems));
        ck_assert_ptr_null(rig_rule_name_in(files[i]));
    }
    ck_assert_uint_eq(problems->len, 2);
    ck_assert_str_eq(problems->pdata[0], "/dev/zero: it is no regular file; "
                     "name a rule file");
    ck_assert_str_eq(problems->pdata[1], "/proc: it is a directory; name a "
                     "rule file");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rules of the catalogue");
    TCase *t = tcase_create("rules");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, streams_that_keep_and_that_break_a_rule, 0,
                        G_N_ELEMENTS(cases));
    tcase_add_test(t, every_rule_of_the_catalogue_is_tested);
    tcase_add_test(t, every_rule_names_its_source);
    tcase_add_test(t, what_is_no_regular_file_is_no_rule);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
