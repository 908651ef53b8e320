#include "engine/run/strays.h"

#include "engine/base/clock.h"
#include "engine/base/map.h"
#include "engine/run/object.h"
#include "engine/run/pump.h"

#define STRAYS "strays"

struct stray {
    struct hunt *hunt;
    const char *address, *account_id, *region;
    const struct schema *schema;
    const char *identifier;         /* NULL: searched for, and not found */
    const struct value *desired;    /* of a search; or NULL */
    const char *token;              /* of a search */
    const char *instead;            /* of a search: what is recorded there */
    bool searched;                  /* nobody has named it: it counts only where it is ours */
    bool unread;                    /* it could not be looked at */
    const struct value *attributes; /* NULL: gone */
};

struct hunt {
    struct run *run;
    struct pump pump;
    struct stray *strays;
    size_t len, cap;
    struct map recorded; /* identities */
    struct map met;      /* identity and address of each that there is to look at, then to settle */
};

/* ---- what there is to look at ---- */

static const char *identity(const struct stray *stray)
{
    return object_key(stray->hunt->run->arena, stray->schema->type_name, stray->account_id,
                      stray->region, stray->identifier);
}

static void note_recorded(struct hunt *hunt, const struct record *record)
{
    map_set(&hunt->recorded,
            object_key(hunt->run->arena, record->type, record->account_id, record->region,
                       record->identifier),
            hunt);
}

/* The first time that this one is met at its address. */
static bool is_new(struct hunt *hunt, const struct stray *stray)
{
    const char *key = arena_printf(hunt->run->arena, "%s\n%s", identity(stray), stray->address);
    if (map_get(&hunt->met, key))
        return false;
    map_set(&hunt->met, key, hunt);
    return true;
}

static void add(struct hunt *hunt, const struct stray *stray)
{
    if (!stray->schema || !stray->address || !stray->account_id || !is_new(hunt, stray))
        return;
    hunt->strays = arena_grow(hunt->run->arena, hunt->strays, hunt->len, &hunt->cap, hunt->len + 1,
                              sizeof(*hunt->strays));
    hunt->strays[hunt->len++] = *stray;
}

static void add_named(struct hunt *hunt, const struct value *list)
{
    for (size_t i = 0; value_is(list, VALUE_LIST) && i < value_len(list); i++) {
        const struct value *item = value_item(list, i);
        const char *type = value_get_str(item, "type");
        struct stray stray = {.hunt = hunt,
                              .address = value_get_str(item, "address"),
                              .account_id = value_get_str(item, "account_id"),
                              .region = value_get_str(item, "region"),
                              .identifier = value_get_str(item, "identifier"),
                              .schema = type ? schema_of(hunt->run->schemas, type) : NULL};
        if (stray.identifier)
            add(hunt, &stray);
    }
}

/* What the file wants at an address that has nothing is searched for anyway. */
static bool is_sought(const struct run *run, const char *address, const struct record *record)
{
    return !record && run->topology && topology_find(run->topology, address);
}

static bool add_given_up(struct hunt *hunt, const struct record *records, size_t len)
{
    struct run *run = hunt->run;
    struct intent *intents = NULL;
    size_t intent_len = 0;
    int64_t since_ms = loop_now_ms(run->loop) - DAY_MS;
    if (!journal_abandoned_creates(run->state, run->arena, since_ms, &intents, &intent_len,
                                   run->diags))
        return false;
    for (size_t i = 0; i < intent_len; i++) {
        const struct intent *intent = &intents[i];
        const struct record *record = record_find(records, len, intent->address);
        struct stray stray = {.hunt = hunt,
                              .address = intent->address,
                              .account_id = intent->account_id,
                              .region = intent->region,
                              .schema = schema_of(run->schemas, intent->type),
                              .desired = intent->desired,
                              .token = intent->token,
                              .searched = true,
                              .instead = record ? record->identifier : NULL};
        if (!is_sought(run, intent->address, record))
            add(hunt, &stray);
    }
    return true;
}

/* ---- looking ---- */

static void stray_read(void *ctx, const struct op_outcome *outcome)
{
    struct stray *stray = ctx;
    stray->unread = outcome->result == OP_RESULT_FAILED;
    if (outcome->result == OP_RESULT_DONE)
        stray->attributes = value_copy(stray->hunt->run->arena, outcome->attributes);
    pump_ended(&stray->hunt->pump);
}

static struct op_spec spec_of(const struct stray *stray, enum op_kind kind)
{
    return object_spec(stray->hunt->run, kind, stray->schema, stray->address, stray->account_id,
                       stray->region);
}

static void read_stray(struct stray *stray)
{
    struct op_spec spec = spec_of(stray, OP_READ);
    spec.identifier = stray->identifier;
    loop_start(stray->hunt->run->loop, &spec, stray_read, stray);
}

/* A search that fails is made again by the next run. */
static void stray_found(void *ctx, const struct op_outcome *outcome)
{
    struct stray *stray = ctx;
    bool another = outcome->result == OP_RESULT_FOUND && outcome->ownership == OWNER_BY_TAGS &&
                   !str_eq(outcome->identifier, stray->instead);
    if (!another) {
        pump_ended(&stray->hunt->pump);
        return;
    }
    stray->identifier = arena_strdup(stray->hunt->run->arena, outcome->identifier);
    read_stray(stray);
}

static void start_stray(void *ctx, size_t i)
{
    struct hunt *hunt = ctx;
    struct stray *stray = &hunt->strays[i];
    if (stray->identifier) {
        read_stray(stray);
        return;
    }
    struct op_spec spec = spec_of(stray, OP_FIND);
    spec.desired = stray->desired;
    spec.token = stray->token;
    spec.other_than = stray->instead;
    loop_start(hunt->run->loop, &spec, stray_found, stray);
}

static void look(struct hunt *hunt)
{
    struct run *run = hunt->run;
    struct diags own;
    diags_init(&own, run->arena);
    struct diags *before = loop_tell(run->loop, &own);
    hunt->pump = (struct pump){
        .loop = run->loop, .len = hunt->len, .limit = 256, .start = start_stray, .ctx = hunt};
    pump_run(&hunt->pump);
    loop_tell(run->loop, before);
}

/* ---- what came of it ---- */

static const struct value *wanted(const struct stray *stray)
{
    const struct run *run = stray->hunt->run;
    const struct resource *resource =
        run->topology ? topology_find(run->topology, stray->address) : NULL;
    return resource ? resource->properties : stray->desired;
}

static bool is_ours(const struct stray *stray)
{
    const char *owner = NULL;
    return object_owner(stray->hunt->run->arena, stray->schema, wanted(stray), OWNER_BY_TAGS,
                        stray->attributes, &owner) == FOUND_OURS;
}

/* Somebody has made it his own since. */
static bool is_anothers(const struct stray *stray)
{
    const char *owner = NULL;
    return wanted(stray) && object_owner_of_import(stray->hunt->run->arena, wanted(stray),
                                                   stray->attributes, &owner) == FOUND_OTHER;
}

static void warn(const struct stray *stray, const struct record *instead)
{
    struct run *run = stray->hunt->run;
    const char *arn = value_get_str(stray->attributes, "arn");
    const char *there =
        instead ? arena_printf(run->arena, "; recorded there is %s", instead->identifier) : "";
    struct diag *diag = diag_warning(
        run->diags, E_UNRECORDED, NO_POS, stray->address,
        "the %s %s in account %s%s%s was made by a run whose record of it was lost%s%s",
        stray->schema->title, arn ? arn : stray->identifier, stray->account_id,
        stray->region ? ", " : "", stray->region ? stray->region : "", there,
        stray->unread ? "; it cannot be read now" : "");
    diag_hint(run->diags, diag,
              "Nothing else will ever delete it. Delete it by hand, or keep it: `holdfast import "
              "ADDRESS %s`, after `holdfast state rm %s` where it is to take the place of the "
              "other. It is named until it is gone or recorded.",
              stray->identifier, stray->address);
}

static struct record record_of(const struct stray *stray)
{
    struct object_facts facts = {.schema = stray->schema,
                                 .address = stray->address,
                                 .account_id = stray->account_id,
                                 .region = stray->region,
                                 .identifier = stray->identifier,
                                 .attributes = stray->attributes,
                                 .certainty = OBJECT_FOUND};
    return object_record(stray->hunt->run, &facts);
}

static const struct value *stray_value(const struct stray *stray)
{
    struct map_builder b = map_begin(stray->hunt->run->arena);
    map_put_str(&b, "address", stray->address);
    map_put_str(&b, "type", stray->schema->type_name);
    map_put_str(&b, "account_id", stray->account_id);
    map_put_str(&b, "region", stray->region);
    map_put_str(&b, "identifier", stray->identifier);
    return map_end(&b);
}

/* Records it, says so, or lets it go. */
static bool settle(struct stray *stray, struct record *records, size_t *len, bool persist,
                   struct list_builder *kept)
{
    struct run *run = stray->hunt->run;
    const struct record *instead = record_find(records, *len, stray->address);
    bool ours = stray->attributes && is_ours(stray);
    if (!stray->identifier || map_get(&stray->hunt->recorded, identity(stray)) ||
        (stray->searched && !ours) ||
        (!stray->unread && (!stray->attributes || is_anothers(stray))))
        return true;
    if (!instead && ours) {
        struct record *record = &records[(*len)++];
        *record = record_of(stray);
        note_recorded(stray->hunt, record);
        return !persist || state_put(run->state, record, loop_now_ms(run->loop), run->diags);
    }
    warn(stray, instead);
    list_add(kept, stray_value(stray));
    return true;
}

/* A list that was never there need not become an empty one. */
static bool keep_fact(struct run *run, const struct value *before, const struct value *strays)
{
    return (!before && value_len(strays) == 0) ||
           state_set_fact(run->state, STRAYS, strays, run->diags);
}

static bool settle_all(struct hunt *hunt, struct record **records, size_t *record_len, bool persist,
                       struct list_builder *kept)
{
    struct arena *arena = hunt->run->arena;
    struct record *amended = arena_array(arena, *record_len + hunt->len, sizeof(*amended));
    for (size_t i = 0; i < *record_len; i++) {
        amended[i] = (*records)[i];
        note_recorded(hunt, &amended[i]);
    }
    *records = amended;
    map_init(&hunt->met, arena); /* what was named may have been found as well */
    for (size_t i = 0; i < hunt->len; i++)
        if (is_new(hunt, &hunt->strays[i]) &&
            !settle(&hunt->strays[i], amended, record_len, persist, kept))
            return false;
    return true;
}

bool run_settle_strays(struct run *run, const struct value *named, struct record **records,
                       size_t *record_len, bool persist)
{
    struct hunt hunt = {.run = run};
    const struct value *before = state_fact(run->state, run->arena, STRAYS);
    struct list_builder kept = list_begin(run->arena);
    map_init(&hunt.recorded, run->arena);
    map_init(&hunt.met, run->arena);
    add_named(&hunt, before);
    add_named(&hunt, named);
    if (!add_given_up(&hunt, *records, *record_len))
        return false;
    if (hunt.len > 0) {
        look(&hunt);
        if (!settle_all(&hunt, records, record_len, persist, &kept))
            return false;
    }
    return !persist ||
           (keep_fact(run, before, list_end(&kept)) && journal_commit(run->state, run->diags));
}
