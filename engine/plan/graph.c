#include "engine/plan/graph.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/strbuf.h"

#define PATH_TEXT_MAX ((size_t)1800)

enum mark { WHITE, OPEN, DONE };

struct walk {
    struct arena *arena;
    struct graph_node *nodes;
    enum mark *marks;
    size_t *next;  /* the edge to look at next, of each node */
    size_t *stack; /* the path of open nodes: no recursion, chains may be 10,000 long */
    size_t depth;
    size_t *order; /* finished nodes */
    size_t order_len;
    struct diags *diags;
    bool cyclic;
};

static struct walk walk_new(struct arena *arena, struct graph_node *nodes, size_t len,
                            size_t *order, struct diags *diags)
{
    return (struct walk){.arena = arena,
                         .nodes = nodes,
                         .marks = arena_array(arena, len, sizeof(enum mark)),
                         .next = arena_array(arena, len, sizeof(size_t)),
                         .stack = arena_array(arena, len, sizeof(size_t)),
                         .order = order,
                         .diags = diags};
}

static void report_cycle(struct walk *walk, size_t from)
{
    walk->cyclic = true;
    if (!walk->diags)
        return;
    size_t start = walk->depth;
    while (walk->stack[start - 1] != from)
        start--;
    struct strbuf path;
    strbuf_init(&path, walk->arena, PATH_TEXT_MAX);
    for (size_t i = start - 1; i < walk->depth; i++) {
        const char *address = walk->nodes[walk->stack[i]].address;
        if (path.len + strlen(address) > PATH_TEXT_MAX / 2) {
            strbuf_addf(&path, "(%zu more) -> ", walk->depth - i);
            break;
        }
        strbuf_addf(&path, "%s -> ", address);
    }
    strbuf_add(&path, walk->nodes[from].address);
    diag_error(walk->diags, E_CYCLE, walk->nodes[from].pos, walk->nodes[from].address, "%s",
               strbuf_str(&path));
}

static void push(struct walk *walk, size_t i)
{
    walk->marks[i] = OPEN;
    walk->stack[walk->depth++] = i;
}

/* Finishes `root` and all that it needs, needed ones first. */
static void visit(struct walk *walk, size_t root)
{
    if (walk->marks[root] != WHITE)
        return;
    push(walk, root);
    while (walk->depth > 0) {
        size_t i = walk->stack[walk->depth - 1];
        struct graph_node *node = &walk->nodes[i];
        if (walk->next[i] < node->needs_len) {
            size_t need = node->needs[walk->next[i]++];
            if (walk->marks[need] == WHITE)
                push(walk, need);
            else if (walk->marks[need] == OPEN)
                report_cycle(walk, need);
            continue;
        }
        node->effective = node->rank;
        for (size_t e = 0; e < node->needs_len; e++) {
            const struct graph_node *need = &walk->nodes[node->needs[e]];
            if (walk->marks[node->needs[e]] == DONE && need->effective > node->effective)
                node->effective = need->effective;
        }
        walk->marks[i] = DONE;
        walk->order[walk->order_len++] = i;
        walk->depth--;
    }
}

struct place {
    int effective;
    size_t index;
};

static int compare_places(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->effective != y->effective)
        return x->effective < y->effective ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

bool graph_order(struct arena *arena, struct graph_node *nodes, size_t len, size_t *ret_order,
                 struct diags *diags)
{
    if (len == 0)
        return true;
    struct walk ranks = walk_new(arena, nodes, len, ret_order, diags);
    for (size_t i = 0; i < len; i++)
        visit(&ranks, i);
    if (ranks.cyclic && diags)
        return false;
    struct place *places = arena_array(arena, len, sizeof(*places));
    for (size_t i = 0; i < len; i++)
        places[i] = (struct place){nodes[i].effective, i};
    qsort(places, len, sizeof(*places), compare_places);
    /* What a node needs has a lower effective rank and is out already, or the same one: then the
     * second walk pulls it forward. */
    struct walk final = walk_new(arena, nodes, len, ret_order, NULL);
    for (size_t i = 0; i < len; i++)
        visit(&final, places[i].index);
    return true;
}
