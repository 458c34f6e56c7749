/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A rule drawn as an automaton.
 *
 * Layers from left to right: the states in the order in which a handle
 * reaches them, the violations last. Every transition is a box of its own
 * between the layers, with its event and its guards, so that no label lies on
 * a line. Boxes of a layer are stacked and sorted by the mean position of
 * their neighbours, which keeps lines from crossing (Sugiyama, Tagawa and
 * Toda, 1981).
 */
#include <string.h>
#include "rule-text.h"

#define GLYPH_WIDTH  6.7   /* of 11 px monospace */
#define LINE_HEIGHT 14.0
#define WRAP        34u   /* characters */
#define PAD         7.0
#define GAP_X       70.0
#define GAP_Y       16.0
#define MARGIN      20.0
#define LANE        10.0
#define SWEEPS      8u

typedef enum NodeKind {
    START, ANY_TIME, STATE, TRANSITION, VIOLATION,
} NodeKind;

typedef struct Node {
    NodeKind kind;
    gboolean held;
    gboolean first;      /* a transition that makes handles */
    unsigned layer;      /* states: even, transitions: odd */
    char *text;          /* lines */
    double x, y, width, height;
    double rank;         /* order within the layer */
} Node;

typedef struct Edge {
    unsigned from, to;
} Edge;

typedef struct Drawing {
    const RigRule *rule;
    GPtrArray *nodes;    /* of Node */
    GArray *edges;       /* of Edge */
    unsigned layers;
    double width, height;
} Drawing;

static void node_free(gpointer data)
{
    Node *n = data;

    g_free(n->text);
    g_free(n);
}

/* --- text ---------------------------------------------------------------- */

/* Break lines at blanks; identifiers stay whole. */
static char *wrapped(const char *text)
{
    GString *out = g_string_new(NULL);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (char **l = lines; *l; l++) {
        g_auto(GStrv) words = g_strsplit(*l, " ", -1);
        size_t column = 0;

        if (!**l) {
            continue;
        }
        if (out->len) {
            g_string_append_c(out, '\n');
        }
        for (char **w = words; *w; w++) {
            if (column && column + 1 + strlen(*w) > WRAP) {
                g_string_append(out, "\n  ");
                column = 2;
            } else if (column) {
                g_string_append_c(out, ' ');
                column++;
            }
            g_string_append(out, *w);
            column += strlen(*w);
        }
    }
    return g_string_free(out, FALSE);
}

static void measure(Node *n)
{
    g_auto(GStrv) lines = g_strsplit(n->text, "\n", -1);
    size_t longest = 0;

    for (char **l = lines; *l; l++) {
        longest = MAX(longest, strlen(*l));
    }
    n->width = longest * GLYPH_WIDTH + 2 * PAD;
    n->height = g_strv_length(lines) * LINE_HEIGHT + 2 * PAD;
}

/* --- nodes and edges ----------------------------------------------------- */

static unsigned add_node(Drawing *d, NodeKind kind, const char *text)
{
    Node *n = g_new0(Node, 1);

    n->kind = kind;
    n->text = wrapped(text);
    measure(n);
    g_ptr_array_add(d->nodes, n);
    return d->nodes->len - 1;
}

static void add_edge(Drawing *d, unsigned from, unsigned to)
{
    Edge e = { from, to };

    g_array_append_val(d->edges, e);
}

static Node *node(const Drawing *d, unsigned i)
{
    return d->nodes->pdata[i];
}

/* States that a transition starts from; 0: none is named. */
static uint32_t sources_of(const RuleOn *on)
{
    uint32_t mask = on->handle;

    for (unsigned i = 0; i < on->actions->len; i++) {
        const RuleAction *a = &g_array_index(on->actions, RuleAction, i);

        mask |= a->type == RULE_REPORT ? a->each : 0;
    }
    return mask;
}

static gboolean creates(const RuleOn *on)
{
    for (unsigned i = 0; i < on->actions->len; i++) {
        if (g_array_index(on->actions, RuleAction, i).type == RULE_CREATE) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Index of the first node of this kind and number, made when it is missing. */
static unsigned special(Drawing *d, NodeKind kind, const char *text)
{
    for (unsigned i = 0; i < d->nodes->len; i++) {
        if (node(d, i)->kind == kind) {
            return i;
        }
    }
    return add_node(d, kind, text);
}

static void add_sources(Drawing *d, const RuleOn *on, unsigned box)
{
    uint32_t mask = sources_of(on);

    for (unsigned i = 0; i < d->rule->states->len; i++) {
        if (mask >> i & 1) {
            add_edge(d, i, box);
        }
    }
    if ((mask & (RULE_HANDLE_UNKNOWN | RULE_HANDLE_NONE)) ||
        (!mask && creates(on))) {
        add_edge(d, special(d, START, "no handle"), box);
    } else if (!mask) {
        add_edge(d, special(d, ANY_TIME, "any time"), box);
    }
}

/* States are nodes 0 .., violations follow. */
static void add_targets(Drawing *d, const RuleOn *on, unsigned box)
{
    for (unsigned i = 0; i < on->actions->len; i++) {
        const RuleAction *a = &g_array_index(on->actions, RuleAction, i);

        if (a->type == RULE_CREATE || a->type == RULE_MOVE) {
            add_edge(d, box, a->index);
        } else if (a->type == RULE_REPORT) {
            add_edge(d, box, d->rule->states->len + a->index);
        }
    }
}

static void add_transition(Drawing *d, const RuleOn *on)
{
    g_autofree char *event = rig_rule_event_text(d->rule, on);
    g_autofree char *guards = rig_rule_guard_text(d->rule, on);
    g_autofree char *text = g_strdup_printf("%s\n%s", event, guards);
    unsigned box = add_node(d, TRANSITION, text);

    node(d, box)->first = creates(on);
    add_sources(d, on, box);
    add_targets(d, on, box);
}

static void build(Drawing *d)
{
    for (unsigned i = 0; i < d->rule->states->len; i++) {
        unsigned n = add_node(d, STATE, d->rule->states->pdata[i]);

        node(d, n)->held = d->rule->held >> i & 1;
    }
    for (unsigned i = 0; i < d->rule->violations->len; i++) {
        const RuleViolation *v = d->rule->violations->pdata[i];
        g_autofree char *text = g_strdup_printf("%s\n%s", v->id,
                                                rig_level_name(v->level));

        add_node(d, VIOLATION, text);
    }
    for (unsigned i = 0; i < d->rule->on->len; i++) {
        add_transition(d, d->rule->on->pdata[i]);
    }
}

/* --- layers -------------------------------------------------------------- */

/* A state comes after those from which it is first reached. */
static void set_state_layers(Drawing *d)
{
    for (unsigned i = 0; i < d->rule->states->len; i++) {
        node(d, i)->layer = G_MAXUINT;
    }
    for (unsigned round = 0; round <= d->rule->states->len; round++) {
        for (unsigned k = 0; k < d->edges->len; k++) {
            Edge *in = &g_array_index(d->edges, Edge, k);

            for (unsigned j = 0; j < d->edges->len; j++) {
                Edge *out = &g_array_index(d->edges, Edge, j);
                Node *to = node(d, out->to), *from = node(d, in->from);

                if (in->to == out->from && to->kind == STATE &&
                    from->layer != G_MAXUINT && from->kind <= STATE) {
                    to->layer = MIN(to->layer, from->layer + 2);
                }
            }
        }
    }
}

static void set_layers(Drawing *d)
{
    unsigned last = 2;

    set_state_layers(d);
    for (unsigned i = 0; i < d->rule->states->len; i++) {
        Node *n = node(d, i);

        n->layer = n->layer == G_MAXUINT ? 2 : n->layer;
        last = MAX(last, n->layer + 2);
    }
    for (unsigned i = 0; i < d->edges->len; i++) {
        const Edge *e = &g_array_index(d->edges, Edge, i);
        Node *to = node(d, e->to);

        if (to->kind == TRANSITION) {
            to->layer = to->first ? 1 : MAX(to->layer,
                                            node(d, e->from)->layer + 1);
        }
    }
    for (unsigned i = 0; i < d->nodes->len; i++) {
        if (node(d, i)->kind == VIOLATION) {
            node(d, i)->layer = last;
        }
    }
    d->layers = last + 1;
}

/* --- order and place ----------------------------------------------------- */

static int by_rank(gconstpointer a, gconstpointer b)
{
    const Node *x = *(Node *const *)a, *y = *(Node *const *)b;

    return x->rank < y->rank ? -1 : x->rank > y->rank;
}

/* Nodes of a layer, sorted; to be unref'd. */
static GPtrArray *layer_of(const Drawing *d, unsigned layer)
{
    GPtrArray *all = g_ptr_array_new();

    for (unsigned i = 0; i < d->nodes->len; i++) {
        if (node(d, i)->layer == layer) {
            g_ptr_array_add(all, node(d, i));
        }
    }
    g_ptr_array_sort(all, by_rank);
    return all;
}

/* Stack a layer, centred on the same line as all others. */
static void stack(Drawing *d, unsigned layer)
{
    g_autoptr(GPtrArray) all = layer_of(d, layer);
    double y = 0;

    for (unsigned i = 0; i < all->len; i++) {
        y += ((Node *)all->pdata[i])->height + (i ? GAP_Y : 0);
    }
    d->height = MAX(d->height, y);
    y = -y / 2;
    for (unsigned i = 0; i < all->len; i++) {
        Node *n = all->pdata[i];

        n->y = y;
        y += n->height + GAP_Y;
    }
}

/* Rank of each node: the mean height of those it is connected to. */
static void sort_by_neighbours(Drawing *d)
{
    for (unsigned i = 0; i < d->nodes->len; i++) {
        double sum = 0;
        unsigned n = 0;

        for (unsigned k = 0; k < d->edges->len; k++) {
            const Edge *e = &g_array_index(d->edges, Edge, k);

            if (e->from == i || e->to == i) {
                const Node *other = node(d, e->from == i ? e->to : e->from);

                sum += other->y + other->height / 2;
                n++;
            }
        }
        node(d, i)->rank = n ? sum / n : 0;
    }
}

static void place(Drawing *d)
{
    double x = MARGIN;

    for (unsigned i = 0; i < d->nodes->len; i++) {
        node(d, i)->rank = i;
    }
    for (unsigned sweep = 0; sweep <= SWEEPS; sweep++) {
        if (sweep) {
            sort_by_neighbours(d);
        }
        for (unsigned l = 0; l < d->layers; l++) {
            stack(d, l);
        }
    }
    for (unsigned l = 0; l < d->layers; l++) {
        g_autoptr(GPtrArray) all = layer_of(d, l);
        double widest = 0;

        for (unsigned i = 0; i < all->len; i++) {
            widest = MAX(widest, ((Node *)all->pdata[i])->width);
        }
        for (unsigned i = 0; i < all->len; i++) {
            Node *n = all->pdata[i];

            n->x = x + (widest - n->width) / 2;
            n->y += d->height / 2 + MARGIN;
        }
        x += all->len ? widest + GAP_X : 0;
    }
    d->width = x - GAP_X + MARGIN;
    d->height += 2 * MARGIN;
}

/* --- writing ------------------------------------------------------------- */

static void write_text(GString *s, const Node *n)
{
    g_auto(GStrv) lines = g_strsplit(n->text, "\n", -1);

    for (unsigned i = 0; lines[i]; i++) {
        g_autofree char *safe = g_markup_escape_text(lines[i], -1);

        g_string_append_printf(s, "<text x=\"%.1f\" y=\"%.1f\"%s xml:space="
                               "\"preserve\">%s</text>\n", n->x + PAD,
                               n->y + PAD + (i + 0.75) * LINE_HEIGHT,
                               i ? " class=\"more\"" : "", safe);
    }
}

static void write_node(GString *s, const Node *n)
{
    static const char *const classes[] = {
        [START] = "start", [ANY_TIME] = "start", [STATE] = "state",
        [TRANSITION] = "event", [VIOLATION] = "violation",
    };
    double round = n->kind == TRANSITION || n->kind == VIOLATION
                   ? 2 : n->height / 2;

    g_string_append_printf(s, "<rect class=\"%s%s\" x=\"%.1f\" y=\"%.1f\" "
                           "width=\"%.1f\" height=\"%.1f\" rx=\"%.1f\"/>\n",
                           classes[n->kind], n->held ? " held" : "", n->x,
                           n->y, n->width, n->height, round);
    write_text(s, n);
}

/* A line to an earlier layer goes round below everything, in its own lane. */
static void write_back(GString *s, const Node *a, const Node *b, double lane)
{
    double x1 = a->x + a->width, y1 = a->y + a->height / 2;
    double x2 = b->x, y2 = b->y + b->height / 2;

    g_string_append_printf(s, "<path d=\"M%.1f %.1fh%.1fV%.1fH%.1fV%.1fh%.1f\""
                           " class=\"back\" marker-end=\"url(#tip)\"/>\n",
                           x1, y1, GAP_X / 4, lane, x2 - GAP_X / 4, y2,
                           GAP_X / 4);
}

/* From the right side to the left side. */
static void write_edge(GString *s, const Node *a, const Node *b)
{
    double x1 = a->x + a->width, y1 = a->y + a->height / 2;
    double x2 = b->x, y2 = b->y + b->height / 2;
    double bend = MIN((x2 - x1) / 2, 2 * GAP_X);

    g_string_append_printf(s, "<path d=\"M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f "
                           "%.1f\" marker-end=\"url(#tip)\"%s/>\n", x1, y1,
                           x1 + bend, y1, x2 - bend, y2, x2, y2,
                           b->kind == VIOLATION ? " class=\"bad\"" : "");
}

static const char style[] =
    "<style>text{font:11px monospace;fill:#222}.more{fill:#555}"
    "rect{fill:#fff;stroke:#667;stroke-width:1.2}.start{fill:#eef}"
    ".state{fill:#e8f2e8;stroke:#484}.held{fill:#fff3d6;stroke:#b80;"
    "stroke-width:2.4}.violation{fill:#fde8e8;stroke:#b22}"
    ".event{stroke:#bbb}path{fill:none;stroke:#778;stroke-width:1.2}"
    ".bad{stroke:#b22}.back{stroke-dasharray:5 3}</style>\n"
    "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" "
    "markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 "
    "8z\" style=\"fill:#667;stroke:none\"/></marker></defs>\n";

static gboolean is_back(const Drawing *d, const Edge *e)
{
    return node(d, e->to)->layer <= node(d, e->from)->layer;
}

static unsigned backs(const Drawing *d)
{
    unsigned n = 0;

    for (unsigned i = 0; i < d->edges->len; i++) {
        n += is_back(d, &g_array_index(d->edges, Edge, i));
    }
    return n;
}

static char *write_svg(const Drawing *d)
{
    GString *s = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    g_autofree char *title = g_markup_escape_text(d->rule->title, -1);
    double lane = d->height, height = d->height + backs(d) * LANE;

    g_string_append_printf(s, "<svg xmlns=\"http://www.w3.org/2000/svg\" "
                           "width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f "
                           "%.0f\" role=\"img\">\n<title>%s: %s</title>\n%s"
                           "<rect x=\"0\" y=\"0\" width=\"%.0f\" height="
                           "\"%.0f\" style=\"stroke:none\"/>\n", d->width,
                           height, d->width, height, d->rule->name, title,
                           style, d->width, height);
    for (unsigned i = 0; i < d->edges->len; i++) {
        const Edge *e = &g_array_index(d->edges, Edge, i);

        if (is_back(d, e)) {
            write_back(s, node(d, e->from), node(d, e->to), lane);
            lane += LANE;
        } else {
            write_edge(s, node(d, e->from), node(d, e->to));
        }
    }
    for (unsigned i = 0; i < d->nodes->len; i++) {
        write_node(s, node(d, i));
    }
    g_string_append(s, "</svg>\n");
    return g_string_free(s, FALSE);
}

char *rig_rule_svg(const RigRule *rule)
{
    Drawing d = {
        .rule = rule,
        .nodes = g_ptr_array_new_with_free_func(node_free),
        .edges = g_array_new(FALSE, FALSE, sizeof(Edge)),
    };
    char *svg;

    build(&d);
    set_layers(&d);
    place(&d);
    svg = write_svg(&d);
    g_ptr_array_unref(d.nodes);
    g_array_unref(d.edges);
    return svg;
}
