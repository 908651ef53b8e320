#pragma once
/* Where each object stands in the file. Private to engine/raise. */

#include "engine/base/strbuf.h"
#include "engine/raise/raise.h"

#define GRACE_DAYS_UNKNOWN                                                                         \
    3 /* the fewest that AWS takes: the days of a lock that stands are told to nobody */

enum form { FORM_SHORT, FORM_WHOLE, FORM_BARE, FORM_LEFT_OUT };

/* How objects of a type are said: by an entry of a section, or as a part of another object's entry.
 */
struct kind {
    const char *type;
    const char *section;         /* NULL: a part, or a bare resource only */
    const char *parent_type;     /* of a part */
    const char *parent_property; /* that holds the parent's identifier, its ARN or its name */
    const char *part;            /* what follows the parent's address; "." ends: the name follows */
};

struct item {
    const struct finding *found;
    const struct kind *kind;
    struct item *parent;                 /* or NULL */
    struct item *first_part, *next_part; /* its parts, in order */
    const char *name;                    /* of its entry, or of the part in it */
    const char *bare_name;               /* of its entry in `resources` */
    enum form form;
    bool external;   /* AWS's own, and named by another object: looked up */
    bool shared;     /* of no entry: lowering makes it where somebody needs it */
    const char *why; /* left out, or said in plainer words: what differed */
};

struct raise {
    struct arena *arena;
    const struct raise_input *input;
    struct diags *diags;
    struct item *items; /* by account and Region in order of the file, type, identifier */
    size_t len;
    struct map by_id;         /* "type account region identifier" -> struct item * */
    struct map by_arn;        /* -> struct item * */
    struct map account_names; /* account id -> name of its entry */
    struct map region_names;  /* code -> name of its entry */
    struct list_builder remarks;
    bool literal; /* ARNs inside of documents stay as they are */
};

/* items.c: from findings to items; what is AWS's own or another topology's only leaves a remark. */
void items_make(struct raise *r);
struct item *item_of(const struct raise *r, const char *type, const struct account *account,
                     const char *region, const char *identifier);
/* How it is said in the end: a part of what has no entry has none. */
enum form item_form(const struct item *item);
bool item_is_entry(
    const struct item *item); /* has an entry of its own in a section or `resources` */
const char *item_address(const struct raise *r, const struct item *item);
const char *item_arn(const struct raise *r, const struct item *item); /* or NULL */
/* One step plainer. False: it is left out already. */
bool item_demote(struct raise *r, struct item *item, const char *why);

/* names.c */
void names_give(struct raise *r);

/* refer.c */
/* The name of the entry of `section` that an ARN names, or the ARN. */
const struct value *refer_entry(const struct raise *r, const char *section, const char *arn);
/* A property's value as people write it: defaults and what is read-only dropped, ARNs of other
 * objects in the file replaced by references. NULL: nothing to write. */
const struct value *refer_value(const struct raise *r, const struct item *item,
                                const struct schema_node *node, const struct value *v);

/* sections.c */
const struct value *section_entry(const struct raise *r, const struct item *item);
const struct value *bare_entry(const struct raise *r, const struct item *item);

/* trial.c: lowers the text and makes plainer what differs. */
enum trial { TRIAL_GOOD, TRIAL_AGAIN, TRIAL_STUCK };
enum trial trial_run(struct raise *r, const char *text);
