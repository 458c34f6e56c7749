/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units of scenario.c and scenario-check.c. */
#include <check.h>
#include <string.h>

#include "run-suite.h"
#include "scenario.h"
#include "tests/fixture.h"

static Fixture *f;
static GPtrArray *problems;

static void setup(void)
{
    f = fixture_new();
    problems = g_ptr_array_new_with_free_func(g_free);
}

static void teardown(void)
{
    g_ptr_array_unref(problems);
    fixture_free(f);
}

static RigScenario *load(const char *text)
{
    g_autofree char *path = fixture_write(f, "test.xml", text, -1);

    return rig_scenario_load(path, &f->paths, problems);
}

#define HEAD "<scenario name='test'>\n" \
             "<title>A test</title>\n" \
             "<driver sys='good.sys' inf='good.inf'/>\n"
#define RULE "<rule name='Init_DeRegisterInterrupt'/>\n"
#define CYCLE "<cycle><install/><init/><halt/></cycle>\n"
#define TAIL "</scenario>\n"
#define LINUX_HEAD(driver, nic) "<scenario name='test'>\n" \
    "<title>A test</title>\n<driver linux='" driver "'/>\n" \
    "<machine nic='" nic "'/>\n"
#define LINUX_CYCLE "<cycle><bind/><traffic/><unbind/></cycle>\n"

START_TEST(reads_everything_a_scenario_says)
{
    g_autoptr(RigScenario) s = load(
        "<scenario name='s06-x' seed='S06' isolate='yes'>\n"
        "<title> Two\n  words </title><description>More</description>\n"
        "<driver sys='good.sys' inf='good.inf'/>\n"
        "<machine vectors='8' queues='3' adapters='2' msix-profile='at-start'"
        " memory-mib='512' wall-seconds='7'/>\n" RULE
        "<cycle repeat='3'><install/><init timeout-ms='50'>"
        "<fail api='NdisMRegisterScatterGatherDma' occurrence='2'"
        " status='0xC000009A'/><device-fault name='early-interrupt' at='7'"
        " argument='2'/></init><restart/>"
        "<traffic frames='5' min-length='61' max-length='62'/>"
        "<pause/><halt/><unload/></cycle>\n"
        "<cycle><install/></cycle>\n"
        "<expect verdict='violation' level='strict' class='0x08'/>" TAIL);
    const RigCycle *c;
    const RigStep *init, *traffic;
    const RigFault *fault;
    const RigDeviceFault *device_fault;

    ck_assert_msg(s, "%s", problems->len ? (char *)problems->pdata[0] : "");
    ck_assert_str_eq(s->name, "s06-x");
    ck_assert_str_eq(s->seed, "S06");
    ck_assert_ptr_null(s->control);
    ck_assert(s->isolate);
    ck_assert_str_eq(s->title, "Two words");
    ck_assert_str_eq(s->description, "More");
    ck_assert_str_eq(s->sys_name, "good.sys");
    ck_assert_str_eq(s->inf_name, "good.inf");
    ck_assert(g_str_has_prefix(s->sys, f->dir));
    ck_assert_str_eq(s->machine.nic, "rig-nic");
    ck_assert_uint_eq(s->machine.vectors, 8);
    ck_assert_uint_eq(s->machine.queues, 3);
    ck_assert_uint_eq(s->machine.adapters, 2);
    ck_assert_int_eq(s->machine.profile, RIG_MSIX_AT_START);
    ck_assert_uint_eq(s->machine.memory_mib, 512);
    ck_assert_uint_eq(s->machine.wall_seconds, 7);
    ck_assert_uint_eq(s->rules->len, 3); /* and Contract, Leak: always */
    ck_assert(g_str_has_suffix(((RigRuleRef *)s->rules->pdata[0])->file,
                               ".xml"));
    ck_assert_uint_eq(rig_scenario_cycle_count(s), 4);
    c = s->cycles->pdata[0];
    ck_assert_uint_eq(c->repeat, 3);
    ck_assert_uint_eq(c->steps->len, 7);
    init = c->steps->pdata[1];
    ck_assert_uint_eq(init->timeout_ms, 50);
    fault = init->faults->pdata[0];
    ck_assert_str_eq(fault->api, "NdisMRegisterScatterGatherDma");
    ck_assert_uint_eq(fault->occurrence, 2);
    ck_assert_uint_eq(fault->status, 0xC000009A);
    device_fault = init->device_faults->pdata[0];
    ck_assert_str_eq(device_fault->name, "early-interrupt");
    ck_assert_uint_eq(device_fault->at, 7);
    ck_assert_str_eq(device_fault->argument, "2");
    traffic = c->steps->pdata[3];
    ck_assert_uint_eq(traffic->frames, 5);
    ck_assert_uint_eq(traffic->min_length, 61);
    ck_assert_uint_eq(traffic->max_length, 62);
    ck_assert_int_eq(s->expect.verdict, RIG_VERDICT_VIOLATION);
    ck_assert_str_eq(s->expect.level, "strict");
    ck_assert_str_eq(s->expect.class_code, "0x08");
}
END_TEST

START_TEST(fills_in_what_is_not_said)
{
    g_autoptr(RigScenario) s = load(HEAD RULE "<cycle><install/><init/>"
                                    "<restart/><traffic/><pause/><halt/>"
                                    "</cycle>" TAIL);
    const RigStep *t;

    ck_assert_ptr_nonnull(s);
    ck_assert_uint_eq(s->machine.vectors, 4);
    ck_assert_uint_eq(s->machine.queues, 2);
    ck_assert_uint_eq(s->machine.memory_mib, 384);
    ck_assert_int_eq(s->machine.profile, RIG_MSIX_AT_CONNECT);
    ck_assert_int_eq(s->expect.verdict, RIG_VERDICT_PASS);
    ck_assert_ptr_null(s->expect.level);
    ck_assert_str_eq(s->description, "");
    t = ((RigCycle *)s->cycles->pdata[0])->steps->pdata[3];
    ck_assert_uint_eq(t->frames, 64);
    ck_assert_uint_eq(t->min_length, 60);
    ck_assert_uint_eq(t->max_length, 1514);
}
END_TEST

START_TEST(linux_drivers_have_a_guest_of_their_own_and_no_files)
{
    g_autoptr(RigScenario) s = load(
        LINUX_HEAD("igb", "igb") "<cycle><bind/><traffic/><sriov vfs='2'/>"
        "<link-flap/><unbind/></cycle>" TAIL);
    const GPtrArray *steps;

    ck_assert_msg(s, "%s", problems->len ? (char *)problems->pdata[0] : "");
    steps = ((RigCycle *)s->cycles->pdata[0])->steps;
    ck_assert_str_eq(s->linux_driver, "igb");
    ck_assert_ptr_null(s->sys);
    ck_assert_ptr_null(s->inf);
    ck_assert_uint_eq(s->rules->len, 0);
    ck_assert_int_eq(s->machine.guest, RIG_GUEST_LINUX);
    ck_assert_int_eq(((RigStep *)steps->pdata[1])->vf, -1);
    ck_assert_uint_eq(((RigStep *)steps->pdata[2])->vfs, 2);
}
END_TEST

START_TEST(stock_nics_have_no_sizes_and_a_fault_is_no_resources)
{
    g_autoptr(RigScenario) s = load(
        HEAD "<machine nic='igb'/>\n" RULE
        "<cycle><install/><init><fail api='NdisAllocateMdl'/></init><halt/>"
        "<unload/></cycle>" TAIL);
    const RigStep *init = ((RigCycle *)s->cycles->pdata[0])->steps->pdata[1];
    const RigFault *fault = init->faults->pdata[0];

    ck_assert_str_eq(s->machine.nic, "igb");
    ck_assert_uint_eq(s->machine.vectors, 0);
    ck_assert_uint_eq(s->machine.queues, 0);
    ck_assert_uint_eq(fault->occurrence, 1);
    ck_assert_uint_eq(fault->status, 0xC000009A);
}
END_TEST

START_TEST(leading_zeros_do_not_make_numbers_octal)
{
    g_autoptr(RigScenario) s = load(
        HEAD "<machine vectors='010'/>" RULE
        "<cycle repeat='08'><install timeout-ms='0100'/></cycle>" TAIL);
    const RigCycle *c;

    ck_assert_ptr_nonnull(s);
    ck_assert_uint_eq(s->machine.vectors, 10);
    c = s->cycles->pdata[0];
    ck_assert_uint_eq(c->repeat, 8);
    ck_assert_uint_eq(((RigStep *)c->steps->pdata[0])->timeout_ms, 100);
}
END_TEST

/* One cycle after install and init, ended as `tail` says. */
#define LIVED(steps) HEAD RULE "<cycle><install/><init/>" steps "</cycle>" TAIL

START_TEST(reads_how_a_life_may_end)
{
    g_autoptr(RigScenario) s = load(
        HEAD RULE
        "<cycle><install/><init post-failure='yes'/><init/>"
        "<power state='D3'/><power state='D0'/><restart/><reset/>"
        "<power state='D3'/><power state='D0'/><pause/>"
        "<halt action='NdisHaltDeviceStopped'/><unload/></cycle>\n"
        "<cycle><install/><init/><restart/><surprise-remove/><unload/>"
        "</cycle>\n"
        "<cycle><install/><init/><shutdown action='NdisShutdownBugCheck'/>"
        "</cycle>" TAIL);
    const GPtrArray *first, *last;

    ck_assert_msg(s, "%s", problems->len ? (char *)problems->pdata[0] : "");
    first = ((RigCycle *)s->cycles->pdata[0])->steps;
    last = ((RigCycle *)s->cycles->pdata[2])->steps;
    ck_assert(((RigStep *)first->pdata[1])->post_failure);
    ck_assert(!((RigStep *)first->pdata[2])->post_failure);
    ck_assert_str_eq(((RigStep *)first->pdata[3])->state, "D3");
    ck_assert_str_eq(((RigStep *)first->pdata[10])->action,
                     "NdisHaltDeviceStopped");
    ck_assert_str_eq(((RigStep *)last->pdata[2])->action,
                     "NdisShutdownBugCheck");
    ck_assert_ptr_null(((RigStep *)last->pdata[1])->action);
}
END_TEST

START_TEST(two_adapters_have_a_life_each)
{
    g_autoptr(RigScenario) s = load(
        HEAD "<machine adapters='2'/>" RULE
        "<cycle><install/><install adapter='2'/><init adapter='1'/>"
        "<init adapter='2'/><halt adapter='2'/><restart/><pause/>"
        "<remove adapter='2'/><halt/><unload/></cycle>"
        "<cycle><install/><unload/></cycle>" TAIL);
    const GPtrArray *steps;

    ck_assert_msg(s, "%s", problems->len ? (char *)problems->pdata[0] : "");
    steps = ((RigCycle *)s->cycles->pdata[0])->steps;
    ck_assert_uint_eq(((RigStep *)steps->pdata[2])->adapter, 0);
    ck_assert_uint_eq(((RigStep *)steps->pdata[3])->adapter, 1);
}
END_TEST

/* The steps of cycle @n of @s as "install init halt.2": to be freed. */
static char *step_names(const RigScenario *s, guint n)
{
    const GPtrArray *steps = ((RigCycle *)s->cycles->pdata[n])->steps;
    GString *all = g_string_new(NULL);

    for (guint i = 0; i < steps->len; i++) {
        const RigStep *step = steps->pdata[i];

        g_string_append_printf(all, "%s%s%s", i ? " " : "", step->name,
                               step->adapter ? ".2" : "");
    }
    return g_string_free(all, FALSE);
}

START_TEST(install_and_the_last_halt_go_without_saying)
{
    static const char *const want[] = {
        "install init halt", "install init restart pause halt",
        "install init restart power power pause halt",
        "install init halt init halt unload",
        "install.2 init.2 halt.2",
        "install install.2 init.2 init halt halt.2",
    };
    g_autoptr(RigScenario) s = load(
        HEAD "<machine adapters='2'/>" RULE
        "<cycle><init/></cycle><cycle><init/><restart/></cycle>"
        "<cycle><init/><restart/><power state='D3'/></cycle>"
        "<cycle><init/><halt/><init/><halt/><unload/></cycle>"
        "<cycle><init adapter='2'/></cycle>"
        "<cycle><init adapter='2'/><init/></cycle>" TAIL);

    ck_assert_msg(s, "%s", problems->len ? (char *)problems->pdata[0] : "");
    for (guint i = 0; i < G_N_ELEMENTS(want); i++) {
        g_autofree char *have = step_names(s, i);

        ck_assert_str_eq(have, want[i]);
    }
}
END_TEST

/* @n times @text between a head and a tail, as a scenario of one cycle. */
static RigScenario *load_many(const char *head, const char *text, unsigned n,
                              const char *tail)
{
    g_autoptr(GString) all = g_string_new(HEAD RULE "<cycle><install/>");

    g_string_append(all, head);
    for (unsigned i = 0; i < n; i++) {
        g_string_append_printf(all, text, i);
    }
    g_string_append_printf(all, "%s</cycle>" TAIL, tail);
    return load(all->str);
}

START_TEST(a_cycle_is_no_larger_than_the_agent_takes)
{
    static const char *const fault = "<fail api='A%u' status='0x1'/>";
    g_autoptr(RigScenario) steps = load_many("", "<link-flap/><!-- %u -->",
                                             63, "");
    g_autoptr(RigScenario) faults = load_many("<init>", fault, 64,
                                              "</init><halt/>");

    ck_assert_ptr_nonnull(steps);
    ck_assert_ptr_nonnull(faults);
    ck_assert_ptr_null(load_many("", "<link-flap/><!-- %u -->", 64, ""));
    ck_assert_ptr_nonnull(strstr(problems->pdata[0], "65 steps in one cycle"));
    ck_assert_ptr_null(load_many("<init>", fault, 65, "</init><halt/>"));
    ck_assert_ptr_nonnull(strstr(problems->pdata[1], "65 <fail> and"));
}
END_TEST

START_TEST(a_file_given_twice_is_named_so)
{
    g_autofree char *path = fixture_write(f, "twice.xml",
                                          HEAD RULE CYCLE TAIL, -1);
    char *const args[] = { path, f->dir, NULL };
    g_autoptr(GPtrArray) all = rig_scenarios_load(args, &f->paths, problems);

    ck_assert_uint_eq(all->len, 2);
    ck_assert_uint_eq(problems->len, 1);
    ck_assert_ptr_nonnull(strstr(problems->pdata[0], "is given twice"));
}
END_TEST

START_TEST(finds_the_cycle_of_a_repetition)
{
    g_autoptr(RigScenario) s = load(HEAD RULE
        "<cycle repeat='2'><install/></cycle>"
        "<cycle><install/><unload/></cycle>" TAIL);

    ck_assert_ptr_null(rig_scenario_cycle(s, 0));
    ck_assert_ptr_eq(rig_scenario_cycle(s, 1), s->cycles->pdata[0]);
    ck_assert_ptr_eq(rig_scenario_cycle(s, 2), s->cycles->pdata[0]);
    ck_assert_ptr_eq(rig_scenario_cycle(s, 3), s->cycles->pdata[1]);
    ck_assert_ptr_null(rig_scenario_cycle(s, 4));
}
END_TEST

/* Bad input: the line the message must name (0: none) and a part of it. */
static const struct {
    const char *text;
    int line;
    const char *part;
} bad[] = {
    { "", 0, "" },
    { "no XML", 1, "" },
    { "<scenario name='test'>\n<title>T</title>\n", 3, "" },
    { "<other/>", 1, "other" },
    { HEAD RULE CYCLE "<surprise/>" TAIL, 6, "surprise" },
    { HEAD RULE "<cycle>\n<install/>\n<jump/>\n</cycle>\n" TAIL, 7, "jump" },
    { HEAD RULE "<cycle repeat='0'><install/></cycle>" TAIL, 5, "" },
    { HEAD RULE "<cycle repeat='x'><install/></cycle>" TAIL, 5, "" },
    { HEAD RULE "<cycle><install frames='1'/></cycle>" TAIL, 5, "" },
    { HEAD CYCLE TAIL, 4, "" },
    { HEAD RULE TAIL, 0, "nothing is to be run" },
    { HEAD "<machine vectors='65'/>\n" RULE CYCLE TAIL, 4,
      "vectors=\"65\" of <machine> is not 1..64" },
    { HEAD "<machine nic='ne2000'/>\n" RULE CYCLE TAIL, 4,
      "nic=\"ne2000\" of <machine> is not rig-nic|" },
    { HEAD "<machine nic='ibg'/>\n" RULE CYCLE TAIL, 4,
      "(did you mean \"igb\"?)" },
    { HEAD "<machine nics='igb'/>\n" RULE CYCLE TAIL, 4,
      "<machine> takes no attribute nics (did you mean \"nic\"?)" },
    { HEAD RULE "<cycle><install/><init/>\n<trafic/></cycle>" TAIL, 6,
      "<trafic> cannot stand here (did you mean \"traffic\"?)" },
    { HEAD "<machine nic='igb' queues='4'/>\n" RULE CYCLE TAIL, 0,
      "leave them out for igb" },
    { "<scenario name='Bad Name'>\n<title>T</title>\n"
      "<driver sys='good.sys' inf='good.inf'/>\n" RULE CYCLE TAIL, 1,
      "name" },
    { "<scenario name='t' seed='S06' control='C01'>\n<title>T</title>\n"
      "<driver sys='good.sys' inf='good.inf'/>\n" RULE CYCLE TAIL, 1, "" },
    { HEAD "<rule name='NoSuchRule'/>\n" CYCLE TAIL, 4,
      "no rule is named \"NoSuchRule\"" },
    { HEAD RULE RULE CYCLE TAIL, 5, "named twice" },
    { HEAD RULE "<cycle><install/>\n<install/></cycle>" TAIL, 6,
      "\"install\" while the miniport is installed" },
    { HEAD RULE "<cycle><install/><init/>\n<traffic/></cycle>" TAIL, 6,
      "restart before traffic" },
    { HEAD RULE "<cycle><install/><init/><restart/>\n<halt/></cycle>" TAIL, 6,
      "NDIS pauses a running miniport" },
    { HEAD RULE "<cycle><install/><init/>\n<unload/></cycle>" TAIL, 6,
      "halt before it" },
    { HEAD RULE "<cycle><install/><unload/>\n<init/></cycle>" TAIL, 6,
      "unloaded" },
    { HEAD RULE "<cycle><install/><init/><restart/>\n"
      "<traffic min-length='99' max-length='98'/><pause/><halt/></cycle>"
      TAIL, 6, "min-length 99 is more than max-length 98" },
    { HEAD RULE "<cycle><install/><init/><restart/><traffic/>\n<traffic/>"
      "<pause/><halt/></cycle>" TAIL, 6, "second traffic step" },
    { HEAD RULE "<cycle><install/>\n<init><fail api='A' status='0x1'/>"
      "<fail api='A' status='0x2'/></init><halt/></cycle>" TAIL, 6,
      "fails twice" },
    { HEAD RULE "<cycle><install/>\n<init><fail api='A' status='1'/></init>"
      "<halt/></cycle>" TAIL, 6, "status" },
    { HEAD RULE "<cycle><install/>\n<init><fail api='A' status='0x0'/></init>"
      "<halt/></cycle>" TAIL, 6, "0, which is success" },
    { HEAD "<machine nic='igb'/>" RULE "<cycle><install/>\n<init>"
      "<device-fault name='slow-reset'/></init><halt/></cycle>" TAIL, 6,
      "igb has none" },
    { HEAD RULE "<cycle><install/>\n<init><device-fault name='never-ready'/>"
      "</init><halt/></cycle>" TAIL, 6, "no device fault is named" },
    { HEAD RULE "<cycle><install/>\n<init><device-fault name='slow-reset'"
      " argument='100'/></init><halt/></cycle>" TAIL, 6,
      "a number from 101 to 60000000" },
    { HEAD RULE "<cycle><install/>\n<init><device-fault name='stuck-bit'/>"
      "</init><halt/></cycle>" TAIL, 6, "takes OFFSET.BIT.VALUE" },
    { HEAD RULE "<cycle><install/>\n<init><device-fault name='stuck-bit'"
      " argument='0x20.32.1'/></init><halt/></cycle>" TAIL, 6,
      "takes OFFSET.BIT.VALUE" },
    { HEAD RULE "<cycle><install/>\n<init><device-fault name='mac-zero'"
      " argument='1'/></init><halt/></cycle>" TAIL, 6, "takes no argument" },
    { HEAD RULE "<cycle><install/>\n<init><device-fault name='mac-zero'"
      " at='0'/></init><halt/></cycle>" TAIL, 6, "at" },
    { HEAD RULE "<cycle><install/>\n<init><device-fault name='mac-zero'/>\n"
      "<device-fault name='mac-zero' at='2'/></init><halt/></cycle>" TAIL, 7,
      "armed twice" },
    { LIVED("\n<halt adapter='2'/><halt/>"), 6, "<machine adapters=\"2\">" },
    { LIVED("\n<halt adapter='3'/><halt/>"), 6, "" },
    { HEAD "<machine nic='virtio-net-pci' adapters='2'/>" RULE CYCLE TAIL, 0,
      "not possible with virtio-net-pci" },
    { HEAD "<machine adapters='2'/>" RULE "<cycle><install/>"
      "<install adapter='2'/><init adapter='2'/>\n<unload/></cycle>" TAIL, 6,
      "while the miniport, adapter 2, is initialized" },
    { LIVED("\n<power state='D0'/><halt/>"), 6, "only a miniport in D3" },
    { LIVED("<power state='D3'/>\n<power state='D3'/>"), 6, "in D3" },
    { LIVED("<power state='D3'/>\n<halt/>"), 6,
      "\"halt\" while the miniport is in D3" },
    { LIVED("\n<power state='D1'/><halt/>"), 6, "" },
    { LIVED("\n<power/><halt/>"), 6, "" },
    { LIVED("<surprise-remove/>\n<init/>"), 6, "surprise-removed" },
    { LIVED("<halt/>\n<surprise-remove/>"), 6, "pause and halt" },
    { LIVED("<shutdown/>\n<unload/>"), 6, "shut down" },
    { LIVED("<halt/>\n<reset/>"), 6, "initialize before it" },
    { LIVED("\n<halt action='NdisHaltDeviceLost'/>"), 6, "" },
    { LIVED("\n<pause action='NdisHaltDeviceFailed'/><halt/>"), 6, "" },
    { HEAD RULE "<cycle><install/><init post-failure='yes'/>\n<halt/></cycle>"
      TAIL, 6, "\"halt\" while the miniport is halted" },
    { HEAD RULE CYCLE "<expect verdict='pass' class='0x08'/>" TAIL, 6,
      "only a violation has" },
    { HEAD RULE "<cycle repeat='1000000'><install/></cycle>\n"
      "<cycle><install/></cycle>" TAIL, 6, "more than 1000000 cycles" },
    { "<!DOCTYPE scenario [<!ENTITY t 'T'>]>\n" HEAD RULE CYCLE TAIL, 0,
      "document type declaration" },
    { "<scenario>\n<title>T</title>\n"
      "<driver sys='good.sys' inf='good.inf'/>\n" RULE CYCLE TAIL, 1,
      "<scenario> lacks an attribute" },
    { HEAD CYCLE TAIL, 4, "no rule to judge the driver by" },
    { "<scenario name='t'>\n<title>T</title>\n<driver linux='igb' "
      "inf='good.inf'/>\n" RULE CYCLE TAIL, 3, "driver" },
    { "<scenario name='t'>\n<title>T</title>\n<driver linux='tg3'/>\n"
      LINUX_CYCLE TAIL, 3, "linux=\"tg3\" of <driver> is not e1000e|" },
    { LINUX_HEAD("e1000e", "igb") LINUX_CYCLE TAIL, 0,
      "Linux's e1000e does not serve igb; use <machine nic=\"e1000e\"/>" },
    { LINUX_HEAD("igb", "igb") RULE LINUX_CYCLE TAIL, 5,
      "rule \"Init_DeRegisterInterrupt\" is about NDIS drivers" },
    { LINUX_HEAD("igb", "igb") "<cycle>\n<bind/>\n<init/><unbind/></cycle>"
      TAIL, 7, "step \"init\" is for NDIS drivers" },
    { LINUX_HEAD("igb", "igb") "<cycle>\n<traffic/><bind/><unbind/></cycle>"
      TAIL, 6, "\"traffic\" while the driver is not bound" },
    { LINUX_HEAD("igb", "igb") "<cycle>\n<bind/><bind/><unbind/></cycle>"
      TAIL, 6, "\"bind\" while the driver is bound" },
    { LINUX_HEAD("igb", "igb") "<cycle>\n<bind/></cycle>" TAIL, 5,
      "the cycle ends while the driver is bound" },
    { LINUX_HEAD("igb", "igb") "<cycle>\n<bind/><sriov vfs='2'/>"
      "<traffic vf='2'/><unbind/></cycle>" TAIL, 6, "there is no VF 2 here" },
    { LINUX_HEAD("vmxnet3", "vmxnet3") "<cycle>\n<bind/><sriov vfs='1'/>"
      "<unbind/></cycle>" TAIL, 6, "vmxnet3 has no VFs in this rig" },
    { LINUX_HEAD("igb", "igb") "<cycle>\n<bind><fail api='A'/></bind>"
      "<unbind/></cycle>" TAIL, 6, "faults are for NDIS drivers" },
    { HEAD RULE "<cycle>\n<bind/></cycle>" TAIL, 6,
      "step \"bind\" is for Linux's own drivers" },
    { HEAD RULE CYCLE CYCLE "<sweep/>\n" TAIL, 6, "a second <cycle>" },
    { HEAD RULE "<cycle></cycle>\n" TAIL, 5,
      "<cycle> lacks an element; in it stand: install|init|" },
    { "<scenario name='t'>\n<title>T</title>\n"
      "<driver sys='good.sys' inf='/dev/zero'/>\n" RULE CYCLE TAIL, 0,
      "/dev/zero: it is no regular file" },
    { "<scenario name='t'>\n<title>T</title>\n"
      "<driver sys='none.sys' inf='good.inf'/>\n" RULE CYCLE TAIL, 0,
      "none.sys does not exist" },
    { "<scenario name='t'>\n<title>T</title>\n"
      "<driver sys='good.sys' inf='none.inf'/>\n" RULE CYCLE TAIL, 0,
      "none.inf" },
    { "<scenario name='t'>\n<title>T</title>\n"
      "<driver sys='good.inf' inf='good.inf'/>\n" RULE CYCLE TAIL, 0,
      "sys and inf are both" },
};

START_TEST(bad_input_is_named_with_its_line)
{
    g_autoptr(RigScenario) s = load(bad[_i].text);
    const char *message;

    ck_assert_ptr_null(s);
    ck_assert_uint_ge(problems->len, 1);
    message = problems->pdata[0];
    ck_assert_msg(strstr(message, bad[_i].part), "\"%s\" lacks \"%s\"",
                  message, bad[_i].part);
    if (bad[_i].line) {
        g_autofree char *at = g_strdup_printf("test.xml:%d: ", bad[_i].line);

        ck_assert_msg(strstr(message, at), "\"%s\" lacks \"%s\"", message, at);
    }
}
END_TEST

START_TEST(all_problems_of_a_file_are_listed)
{
    g_autoptr(RigScenario) s = load(
        "<scenario name='t'>\n<title>T</title>\n"
        "<driver sys='none.sys' inf='none.inf'/>\n"
        "<rule name='NoSuchRule'/>\n"
        "<cycle><halt/></cycle>\n<cycle><unload/></cycle>" TAIL);

    ck_assert_ptr_null(s);
    ck_assert_uint_eq(problems->len, 5);
}
END_TEST

START_TEST(truncated_driver_is_refused)
{
    uint8_t image[FIXTURE_PE_SIZE];
    g_autoptr(RigScenario) s = NULL;

    fixture_pe(image);
    g_free(fixture_write(f, "good.sys", image, 400));
    s = load(HEAD RULE CYCLE TAIL);
    ck_assert_ptr_null(s);
    ck_assert_ptr_nonnull(strstr(problems->pdata[0], "truncated"));
}
END_TEST

START_TEST(entities_do_not_reach_other_files)
{
    g_autoptr(RigScenario) s = load(
        "<!DOCTYPE scenario [<!ENTITY e SYSTEM '/etc/hostname'>]>\n"
        "<scenario name='test'>\n<title>A&e;B</title>\n"
        "<driver sys='good.sys' inf='good.inf'/>\n" RULE CYCLE TAIL);

    if (s) {
        ck_assert_str_eq(s->title, "AB");
    }
}
END_TEST

START_TEST(directory_gives_its_files_in_order_and_finds_double_names)
{
    const char *text = HEAD RULE CYCLE TAIL;
    g_autofree char *b = fixture_write(f, "b.xml", text, -1);
    g_autofree char *a = fixture_write(f, "a.xml", text, -1);
    char *args[] = { f->dir, NULL };
    g_autoptr(GPtrArray) all = rig_scenarios_load(args, &f->paths, problems);

    ck_assert_uint_eq(all->len, 2);
    ck_assert_str_eq(((RigScenario *)all->pdata[0])->file, a);
    ck_assert_str_eq(((RigScenario *)all->pdata[1])->file, b);
    ck_assert_uint_eq(problems->len, 1);
    ck_assert_ptr_nonnull(strstr(problems->pdata[0], "is also in"));
}
END_TEST

START_TEST(missing_file_and_empty_directory_are_problems)
{
    g_autofree char *none = g_build_filename(f->dir, "none.xml", NULL);
    char *args[] = { none, f->dir, NULL };
    g_autoptr(GPtrArray) all = rig_scenarios_load(args, &f->paths, problems);

    ck_assert_uint_eq(all->len, 0);
    ck_assert_uint_eq(problems->len, 2);
}
END_TEST

START_TEST(machines_that_differ_do_not_share_a_boot)
{
    const RigMachine m = { .nic = (char *)"rig-nic", .vectors = 4,
                           .queues = 2, .memory_mib = 384,
                           .wall_seconds = 120 };
    RigMachine other = m;

    other.wall_seconds = 5;
    ck_assert(rig_machine_equal(&m, &other));
    other.vectors = 5;
    ck_assert(!rig_machine_equal(&m, &other));
    other = m;
    other.profile = RIG_MSIX_AT_START;
    ck_assert(!rig_machine_equal(&m, &other));
    other = m;
    other.adapters = 2;
    ck_assert(!rig_machine_equal(&m, &other));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("scenario");
    TCase *t = tcase_create("scenario");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, reads_everything_a_scenario_says);
    tcase_add_test(t, fills_in_what_is_not_said);
    tcase_add_test(t, linux_drivers_have_a_guest_of_their_own_and_no_files);
    tcase_add_test(t, stock_nics_have_no_sizes_and_a_fault_is_no_resources);
    tcase_add_test(t, leading_zeros_do_not_make_numbers_octal);
    tcase_add_test(t, reads_how_a_life_may_end);
    tcase_add_test(t, two_adapters_have_a_life_each);
    tcase_add_test(t, install_and_the_last_halt_go_without_saying);
    tcase_add_test(t, a_cycle_is_no_larger_than_the_agent_takes);
    tcase_add_test(t, a_file_given_twice_is_named_so);
    tcase_add_test(t, finds_the_cycle_of_a_repetition);
    tcase_add_loop_test(t, bad_input_is_named_with_its_line, 0,
                        G_N_ELEMENTS(bad));
    tcase_add_test(t, all_problems_of_a_file_are_listed);
    tcase_add_test(t, truncated_driver_is_refused);
    tcase_add_test(t, entities_do_not_reach_other_files);
    tcase_add_test(t,
                   directory_gives_its_files_in_order_and_finds_double_names);
    tcase_add_test(t, missing_file_and_empty_directory_are_problems);
    tcase_add_test(t, machines_that_differ_do_not_share_a_boot);
    suite_add_tcase(s, t);
    return run_suite(s);
}
