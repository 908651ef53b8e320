#pragma once
/* The plan under construction: one item for each address that the file or the state knows. Shared
 * by the files of this folder only. */

#include "engine/plan/action.h"
#include "engine/plan/diff.h"
#include "engine/plan/graph.h"
#include "engine/plan/plan.h"

#define NO_CHANGE ((size_t)-1)

struct item {
    const char *address;
    const struct resource *resource; /* of the file, or NULL; of a destroy too, for its place */
    const struct record *record;     /* of the state, or NULL */
    const struct observation *observation;
    const struct schema *schema;        /* of what is desired, else of what is recorded */
    const struct schema *record_schema; /* of what is recorded, or NULL */
    bool desired;                       /* wanted by the file, and not being destroyed */
    bool targeted;

    const struct value *attributes; /* what stands, as AWS gave it; NULL: nothing does */
    const char *identifier;         /* of what stands */
    const struct value *before, *after;
    struct diff diff;
    enum verdict verdict;
    const char *reason;
    bool irreversible, needs_allow_destroy;
    const char *turns_off; /* a switch that others rely on */
    int64_t permanent_from_ms;
    const char *blocked;  /* AWS will not do it */
    const char *retained; /* a destroy leaves it: why */

    size_t make, unmake; /* indexes of its changes, or NO_CHANGE */
};

struct builder {
    struct arena *arena;
    const struct plan_input *input;
    struct diags *diags;
    struct item *items; /* sorted by address */
    size_t len;
    struct map by_address;
    struct map found; /* "type account region identifier" -> item that takes it over */
    size_t *order;    /* of the items: what is needed first */
    bool failed;
};

/* items.c */
bool items_collect(struct builder *b); /* false on a type that is not known */
struct item *item_find(const struct builder *b, const char *address); /* or NULL */
bool items_order(struct builder *b);                                  /* false on cycles */
bool items_target(struct builder *b); /* false on an address that names nothing */
/* Of what stands, which the file may by now want to be of another type. */
const struct schema *item_standing_schema(const struct item *item);
/* Shared by nature: forgotten where others are deleted. */
bool item_is_kept(const struct item *item);
/* "`moved: [{from: a, to: b}]`", which keeps what would leave: with a line for each of its parts
 * that becomes an entry of its own, and a word on those that the file has none for. */
const char *item_move_hint(const struct builder *b, const struct item *leaves,
                           const struct item *comes);
/* What was recorded at another address before a move gave it this one. */
bool item_has_moved(const struct builder *b, const struct item *item);
/* Of a replacement: creation stands before deletion where the schema wants it and both can exist
 * side by side. */
bool item_creates_first(const struct builder *b, const struct item *item);
struct source_pos item_pos(const struct item *item);

/* decide.c: verdicts of all items, in order. */
void items_decide(struct builder *b);

/* needed.c: blocks deletions that something is in the way of which stays. */
void items_keep_needed(struct builder *b);

/* renames.c: says so where an entry that leaves looks like one that comes. */
void items_renamed(struct builder *b);
/* What has left the file and is recorded as the object that was found; or NULL. */
const struct item *item_recorded_as(const struct builder *b, const struct item *found);
/* The same, whether the entry is still there or not. */
const struct item *item_recorded_at_all(const struct builder *b, const struct item *found);

/* retain.c: what a destroy leaves, and why. */
void items_retain(struct builder *b, struct plan *plan);

/* order.c: verdicts to changes, in order of execution. */
bool items_to_changes(struct builder *b, struct plan *plan);

/* fingerprint.c */
const char *plan_fingerprint(struct arena *arena, const struct plan_input *input);
