/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loading a rule: the schema checks its shape, this file what a schema cannot
 * say: that names which are used have been declared.
 */
#include <string.h>
#include "problem.h"
#include "read-file.h"
#include "rule-model.h"
#include "xml-read.h"

#define FILE_MAX (4u << 20) /* bytes; a rule has some thousands */

const char *const rule_placeholders[] = {
    "event", "boundary-event", "callback", "inside", "api", "caller",
    "handle", "irql", "status", "argument", "registered", "released",
    "counted", "device", "armed", "raised", "end", "text", "left", "more",
    "from", "made", NULL
};

/* State of a load. */
typedef struct Loader {
    RigRule *rule;
    GPtrArray *problems;
    const char *file;
} Loader;

static RuleNames names(xmlNode *node, const char *name)
{
    g_auto(GStrv) list = rig_attribute_words(node, name);
    RuleNames result = { NULL, 0 };

    if (list) {
        result.n = g_strv_length(list);
        result.quark = g_new(GQuark, result.n);
        for (unsigned i = 0; i < result.n; i++) {
            result.quark[i] = g_quark_from_string(list[i]);
        }
    }
    return result;
}

static const char *string_name(gconstpointer element)
{
    return element;
}

static const char *boundary_name(gconstpointer element)
{
    return ((const RuleBoundary *)element)->name;
}

static const char *violation_name(gconstpointer element)
{
    return ((const RuleViolation *)element)->id;
}

typedef const char *(*NameFunc)(gconstpointer element);

static int find(const GPtrArray *list, NameFunc name_of, const char *name)
{
    for (unsigned i = 0; i < list->len; i++) {
        if (!strcmp(name_of(list->pdata[i]), name)) {
            return i;
        }
    }
    return -1;
}

/* Index of a declared name; a problem and 0 if it was not declared. */
static unsigned lookup(Loader *l, xmlNode *node, const GPtrArray *list,
                       NameFunc name_of, const char *what, const char *name)
{
    int i = find(list, name_of, name);

    if (i < 0) {
        rig_problem(l->problems, l->file, xmlGetLineNo(node),
                    "no %s is called \"%s\"; declare it above or use one "
                    "that is declared", what, name);
        return 0;
    }
    return i;
}

/* Numbers of a list attribute; an empty array if it is not there. */
static GArray *numbers(xmlNode *node, const char *name)
{
    g_auto(GStrv) list = rig_attribute_words(node, name);
    GArray *all = g_array_new(FALSE, FALSE, sizeof(uint64_t));

    for (char **w = list; w && *w; w++) {
        gboolean hex = g_str_has_prefix(*w, "0x");
        uint64_t value = g_ascii_strtoull(*w, NULL, hex ? 16 : 10);

        g_array_append_val(all, value);
    }
    return all;
}

/* Mask of declared names in a list attribute; 0 if it is not there. */
static uint32_t mask(Loader *l, xmlNode *node, const char *attr,
                     const GPtrArray *list, NameFunc name_of,
                     const char *what)
{
    g_auto(GStrv) all = rig_attribute_words(node, attr);
    uint32_t result = 0;

    for (char **w = all; w && *w; w++) {
        if (!strcmp(attr, "handle") && !strcmp(*w, "unknown")) {
            result |= RULE_HANDLE_UNKNOWN;
        } else if (!strcmp(attr, "handle") && !strcmp(*w, "none")) {
            result |= RULE_HANDLE_NONE;
        } else {
            result |= 1u << lookup(l, node, list, name_of, what, *w);
        }
    }
    return result;
}

/* Is there room for one more name, and is it a new one? */
static gboolean declare(Loader *l, xmlNode *node, const GPtrArray *list,
                        NameFunc name_of, const char *name)
{
    if (list->len == RULE_NAMES_MAX) {
        rig_problem(l->problems, l->file, xmlGetLineNo(node),
                    "more than %u <%s> elements; a rule cannot have more",
                    RULE_NAMES_MAX, (const char *)node->name);
        return FALSE;
    }
    if (find(list, name_of, name) >= 0) {
        rig_problem(l->problems, l->file, xmlGetLineNo(node),
                    "\"%s\" is declared twice; rename one", name);
    }
    return TRUE;
}

static unsigned when_bits(xmlNode *node)
{
    g_autofree char *when = rig_attribute(node, "when");

    return !when ? 0 :
           !strcmp(when, "call") || !strcmp(when, "enter") ? RULE_WHEN_CALL :
           !strcmp(when, "success") ? RULE_WHEN_SUCCESS :
           !strcmp(when, "failure") ? RULE_WHEN_FAILURE :
           !strcmp(when, "not-made") ? RULE_WHEN_NOT_MADE : RULE_WHEN_RETURN;
}

static RuleTri tri(xmlNode *node, const char *attr, const char *yes)
{
    g_autofree char *value = rig_attribute(node, attr);

    return !value ? RULE_ANY : !strcmp(value, yes) ? RULE_YES : RULE_NO;
}

static int number(xmlNode *node, const char *attr)
{
    g_autofree char *value = rig_attribute(node, attr);

    return value ? (int)g_ascii_strtoull(value, NULL, 10) : -1;
}

static void load_name(Loader *l, xmlNode *node, GPtrArray *list)
{
    g_autofree char *name = rig_attribute(node, "name");

    if (declare(l, node, list, string_name, name)) {
        if (list == l->rule->states &&
            tri(node, "held", "yes") == RULE_YES) {
            l->rule->held |= 1u << list->len;
        }
        g_ptr_array_add(list, g_steal_pointer(&name));
    }
}

static void load_boundary(Loader *l, xmlNode *node)
{
    RuleBoundary *b = g_new0(RuleBoundary, 1);
    g_autofree char *callback = rig_attribute(node, "callback");

    b->name = rig_attribute(node, "name");
    b->callback = g_quark_from_string(callback);
    b->when = when_bits(node);
    b->steps = names(node, "step");
    b->class_code = rig_attribute(node, "class");
    if (declare(l, node, l->rule->boundaries, boundary_name, b->name)) {
        g_ptr_array_add(l->rule->boundaries, b);
    } else {
        rule_boundary_free(b);
    }
}

/* Are all placeholders of a template known, and all braces closed? */
static void check_template(Loader *l, xmlNode *node, const char *text)
{
    while ((text = strpbrk(text, "{}"))) {
        const char *end = strpbrk(text + 1, "{}");
        g_autofree char *name = end ? g_strndup(text + 1, end - text - 1)
                                    : NULL;

        if (*text == '}' || !end || *end != '}') {
            rig_problem(l->problems, l->file, xmlGetLineNo(node),
                        "a brace without its partner; write {name}");
            return;
        }
        if (!g_strv_contains(rule_placeholders, name)) {
            rig_problem(l->problems, l->file, xmlGetLineNo(node),
                        "unknown placeholder {%s}; rule.rng lists them",
                        name);
        }
        text = end + 1;
    }
}

static void load_violation(Loader *l, xmlNode *node)
{
    RuleViolation *v = g_new0(RuleViolation, 1);
    g_autofree char *level = rig_attribute(node, "level");

    v->id = rig_attribute(node, "id");
    rig_level_parse(level, &v->level);
    v->class_code = rig_attribute(node, "class");
    if (!strcmp(v->class_code, "boundary")) {
        g_clear_pointer(&v->class_code, g_free);
    }
    v->template = rig_element_text(node);
    check_template(l, node, v->template);
    if (declare(l, node, l->rule->violations, violation_name, v->id)) {
        g_ptr_array_add(l->rule->violations, v);
    } else {
        rule_violation_free(v);
    }
}

static void load_action(Loader *l, xmlNode *node, GArray *actions)
{
    static const struct {
        const char *element, *attr, *what;
        RuleActionType type;
    } kinds[] = {
        { "create", "state", "state", RULE_CREATE },
        { "move", "to", "state", RULE_MOVE },
        { "count", "counter", "counter", RULE_COUNT },
        { "clear", "counter", "counter", RULE_CLEAR },
        { "report", "violation", "violation", RULE_REPORT },
    };
    RuleAction a = { .counted_by = -1 };

    for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *value = NULL;

        if (strcmp((const char *)node->name, kinds[i].element)) {
            continue;
        }
        value = rig_attribute(node, kinds[i].attr);
        a.type = kinds[i].type;
        a.index = lookup(l, node,
                         a.type == RULE_REPORT ? l->rule->violations :
                         a.type >= RULE_COUNT ? l->rule->counters :
                         l->rule->states,
                         a.type == RULE_REPORT ? violation_name : string_name,
                         kinds[i].what, value);
    }
    if (a.type == RULE_REPORT) {
        g_autofree char *by = rig_attribute(node, "counted-by");
        g_autofree char *of = rig_attribute(node, "of");
        g_autofree char *first = rig_attribute(node, "first");

        a.of_callback = of != NULL;
        a.first = first != NULL;
        a.each = mask(l, node, first ? "first" : "each", l->rule->states,
                      string_name, "state");
        if (by) {
            a.counted_by = lookup(l, node, l->rule->counters, string_name,
                                  "counter", by);
        }
    }
    g_array_append_val(actions, a);
}

/* The attribute that says what an <on> waits for. */
static void load_source(Loader *l, xmlNode *node, RuleOn *on)
{
    static const struct { const char *attr; RuleSource source; } sources[] = {
        { "api", RULE_ON_API }, { "callback", RULE_ON_CALLBACK },
        { "boundary", RULE_ON_BOUNDARY }, { "raised-after", RULE_ON_RAISED },
        { "lost", RULE_ON_LOST }, { "step-ended", RULE_ON_STEP },
        { "contract", RULE_ON_CONTRACT }, { "left", RULE_ON_LEFT },
    };
    const char *attr = NULL;

    for (unsigned i = 0; i < G_N_ELEMENTS(sources) && !attr; i++) {
        if (xmlHasProp(node, (const xmlChar *)sources[i].attr)) {
            attr = sources[i].attr;
            on->source = sources[i].source;
        }
    }
    on->when = when_bits(node);
    if (on->source == RULE_ON_BOUNDARY || on->source == RULE_ON_RAISED) {
        on->boundaries = mask(l, node, attr, l->rule->boundaries,
                              boundary_name, "boundary");
    } else if (on->source == RULE_ON_LOST) {
        g_auto(GStrv) ways = rig_attribute_words(node, "lost");

        for (char **w = ways; *w; w++) {
            on->when |= 1u << (!strcmp(*w, "crash") ? RIG_END_CRASH :
                               !strcmp(*w, "hang") ? RIG_END_HANG :
                               RIG_END_BUGCHECK);
        }
    } else {
        g_autofree char *value = rig_attribute(node, attr);

        on->every = !strcmp(value, "*");
        if (!on->every) {
            on->names = names(node, attr);
        }
        on->except = names(node, "but");
    }
}

static void load_guards(Loader *l, xmlNode *node, RuleOn *on)
{
    g_autofree char *above = rig_attribute(node, "above");

    on->inside = names(node, "inside");
    on->not_inside = names(node, "not-inside");
    on->within = names(node, "within");
    on->not_within = names(node, "not-within");
    on->during = names(node, "during");
    on->not_during = names(node, "not-during");
    on->after = mask(l, node, "after", l->rule->boundaries, boundary_name,
                     "boundary");
    on->irql_above = number(node, "irql-above");
    on->irql_below = number(node, "irql-below");
    on->same_thread = tri(node, "thread", "same");
    on->handle = mask(l, node, "handle", l->rule->states, string_name,
                      "state");
    on->held = tri(node, "held", "yes");
    on->has = mask(l, node, "has", l->rule->counters, string_name, "counter");
    on->lacks = mask(l, node, "lacks", l->rule->counters, string_name,
                     "counter");
    on->armed = tri(node, "device", "armed");
    on->at_start = tri(node, "msix-profile", "at-start");
    on->api_witness = tri(node, "api-witness", "yes");
    on->status = numbers(node, "status");
    on->not_status = numbers(node, "not-status");
    on->argument = number(node, "argument");
    on->is = numbers(node, "is");
    on->is_not = numbers(node, "is-not");
    on->above = above ? g_ascii_strtoull(above, NULL, 10) : UINT64_MAX;
}

static void load_on(Loader *l, xmlNode *node)
{
    RuleOn *on = g_new0(RuleOn, 1);

    on->line = xmlGetLineNo(node);
    on->actions = g_array_new(FALSE, FALSE, sizeof(RuleAction));
    load_source(l, node, on);
    load_guards(l, node, on);
    for (xmlNode *a = xmlFirstElementChild(node); a;
         a = xmlNextElementSibling(a)) {
        load_action(l, a, on->actions);
    }
    g_ptr_array_add(l->rule->on, on);
}

static void load_rule(Loader *l, xmlNode *root)
{
    g_autofree char *handles = rig_attribute(root, "handles");

    l->rule->name = rig_attribute(root, "name");
    l->rule->always = tri(root, "always", "yes") == RULE_YES;
    l->rule->addresses = handles && !strcmp(handles, "addresses");
    for (xmlNode *n = xmlFirstElementChild(root); n;
         n = xmlNextElementSibling(n)) {
        const char *element = (const char *)n->name;

        if (!strcmp(element, "title")) {
            l->rule->title = rig_element_text(n);
        } else if (!strcmp(element, "source")) {
            l->rule->source = rig_element_text(n);
            l->rule->page = rig_attribute(n, "page");
        } else if (!strcmp(element, "unseen")) {
            l->rule->unseen = rig_element_text(n);
        } else if (!strcmp(element, "counter")) {
            load_name(l, n, l->rule->counters);
        } else if (!strcmp(element, "state")) {
            load_name(l, n, l->rule->states);
        } else if (!strcmp(element, "boundary")) {
            load_boundary(l, n);
        } else if (!strcmp(element, "violation")) {
            load_violation(l, n);
        } else if (!strcmp(element, "on")) {
            load_on(l, n);
        }
    }
}

RigRule *rig_rule_parse(const char *text, size_t length, const char *file,
                        const char *schema, GPtrArray *problems)
{
    Loader l = { .problems = problems, .file = file };
    unsigned before = problems->len;
    g_autoptr(xmlDoc) doc = NULL;

    if (length > FILE_MAX) {
        rig_problem(problems, file, 0, "is larger than %u MiB; name a rule "
                    "file", FILE_MAX >> 20);
        return NULL;
    }
    doc = rig_document_parse(text, length, file, problems);
    if (doc && rig_document_validate(doc, file, schema, problems)) {
        l.rule = rule_new(file);
        load_rule(&l, xmlDocGetRootElement(doc));
    }
    if (problems->len != before) {
        g_clear_pointer(&l.rule, rig_rule_free);
    }
    return l.rule;
}

RigRule *rig_rule_load(const char *file, const char *schema,
                       GPtrArray *problems)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    gsize length;

    if (!rig_read_file(file, FILE_MAX, &text, &length, &error)) {
        rig_problem(problems, file, 0, "%s; name a rule file",
                    error->message);
        return NULL;
    }
    return rig_rule_parse(text, length, file, schema, problems);
}
