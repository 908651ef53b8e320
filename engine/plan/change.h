#pragma once
/* One planned step for one resource, and the whole plan. Pure data, in the command arena. */

#include <stdbool.h>

#include "engine/base/record.h"
#include "engine/config/resource.h"

enum action {
    ACTION_NONE,
    ACTION_CREATE,
    ACTION_ADOPT, /* found and ours, or shared by nature: record it; an update may follow in the
                     same op */
    ACTION_UPDATE,
    ACTION_DELETE,
    ACTION_FORGET, /* drop the row, touch nothing */
};
/* A replacement is two changes of one address, both with `replacement`: DELETE (FORGET of what is
 * shared by nature) and CREATE, in the order of the schema's replacementStrategy. */

/* What find said about an object that is not recorded. */
enum found { FOUND_NOT_ASKED, FOUND_NOTHING, FOUND_OURS, FOUND_SHARED, FOUND_PARENT, FOUND_OTHER };

/* One differing property: a JSON pointer into the properties and both sides (NULL: absent). */
struct difference {
    const char *path;
    const struct value *before, *after;
    const struct schema_node *node; /* or NULL */
    struct source_pos pos;
};

struct change {
    enum action action;
    bool replacement;
    const char *address;
    const struct schema *schema;
    const struct account *account;
    const char *account_id, *region;
    const char *reason;              /* "not in the state", "deleted outside", "differs", ... */
    const struct resource *resource; /* desired, NULL for deletes */
    const struct record *record;     /* recorded, NULL when never made */
    bool gone;                       /* recorded, and seen to be there no more: a new life begins */
    const char *identifier;          /* recorded or found; NULL before creation */
    /* Normalized; NULL where there is none. before: observed, with write-only values as last
     * written. after: desired; references to what stands and stays are resolved, the others become
     * known when what they name has been made. */
    const struct value *before, *after;
    const struct difference *differences;
    size_t difference_len;
    bool irreversible;         /* needs --allow-irreversible */
    int64_t permanent_from_ms; /* of a compliance lock: from then on for ever; 0: does not apply */
    bool needs_allow_destroy;
    const char *turns_off; /* a switch that others rely on, by its pointer (schema: x-off-needs) */
    const char *blocked;   /* why AWS will not do it: plan_guards() refuses; NULL: it will */
    /* Addresses to wait for: all changes of them that stand before this one in the plan. The other
     * half of a replacement is not named; it is waited for as well. */
    const char *const *depends_on;
    size_t depends_on_len;
    int rank; /* the type's own */
    bool last;
};

/* A record that has another address now. */
struct relocation {
    const char *from;
    const struct record *record;
    const struct schema *schema; /* in a plan */
};

/* What a destroy leaves standing, with the reason: compliance locks past their date or in their
 * grace days, vaults with points, and what they need. */
struct retained {
    const char *address, *reason;
    const struct schema *schema;
    const char *account_id, *region;
};

struct plan {
    const struct topology *topology; /* what it was made for; NULL where the file is not needed */
    const struct change *changes;    /* in order of execution: a dependency never stands behind */
    size_t len;
    struct relocation *moves; /* recorded objects that have another address now */
    size_t move_len;
    const struct retained *retained; /* of a destroy */
    size_t retained_len;
    const char *fingerprint; /* SHA-256 hex over spec digest, lineage, serial, schemas, version */
    const char *lineage;
    int64_t serial;
    int64_t created_ms;
    size_t create, adopt, update, replace, remove, forget, irreversible; /* counts */
};

/* What refresh saw of one recorded or found object. */
struct observation {
    const char *address;
    bool gone;        /* recorded, not there any more; `found` may say what stands in its place */
    bool failed;      /* could not be read: diagnostics hold why */
    bool imported;    /* looked at by the id that somebody gave */
    enum found found; /* for objects that are not recorded, or gone */
    const char *identifier;         /* found */
    const char *owner;              /* of FOUND_OTHER, for the message */
    const struct value *attributes; /* schema names, read-only ones included */
};
