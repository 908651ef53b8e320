/* What happens to each address: what stands, what should stand, and the action table between. */

#include <string.h>

#include "engine/aws/tags.h"
#include "engine/base/json.h"
#include "engine/config/normalize.h"
#include "engine/config/owner.h"
#include "engine/plan/items.h"
#include "engine/plan/lock.h"
#include "engine/plan/text.h"

/* ---- what stands ---- */

static bool belongs_to_us(const struct builder *b, const struct item *item);

/* An object without tags of its own is whose its parent is: the resource whose address is the part
 * before the last '/', if there is one. */
static bool parent_is_ours(const struct builder *b, const struct item *item)
{
    const char *slash = strrchr(item->address, '/');
    const struct item *parent =
        slash
            ? item_find(b, arena_strndup(b->arena, item->address, (size_t)(slash - item->address)))
            : NULL;
    return !parent || belongs_to_us(b, parent);
}

static bool belongs_to_us(const struct builder *b, const struct item *item)
{
    const struct observation *seen = item->observation;
    if (item->record)
        return !seen || !seen->gone;
    if (!seen)
        return false;
    switch (seen->found) {
    case FOUND_OURS:
    case FOUND_SHARED: return true;
    case FOUND_PARENT: return parent_is_ours(b, item);
    case FOUND_NOT_ASKED:
    case FOUND_NOTHING:
    case FOUND_OTHER: return false;
    }
    return false;
}

static enum sight sight_of(const struct builder *b, const struct item *item)
{
    const struct observation *seen = item->observation;
    if (item->record)
        return seen && seen->gone ? SIGHT_NOTHING : SIGHT_THERE;
    if (!seen)
        return SIGHT_NOTHING;
    switch (seen->found) {
    case FOUND_NOT_ASKED:
    case FOUND_NOTHING: return SIGHT_NOTHING;
    case FOUND_OURS: return SIGHT_OURS;
    case FOUND_SHARED: return SIGHT_SHARED;
    case FOUND_PARENT: return parent_is_ours(b, item) ? SIGHT_OURS : SIGHT_OTHER;
    case FOUND_OTHER: return SIGHT_OTHER;
    }
    return SIGHT_NOTHING;
}

static void look(struct item *item, enum sight sight)
{
    const struct observation *seen = item->observation;
    if (sight == SIGHT_NOTHING)
        return;
    item->attributes = seen && seen->attributes ? seen->attributes
                       : item->record           ? item->record->attributes
                                                : NULL;
    item->identifier = item->record ? item->record->identifier : seen ? seen->identifier : NULL;
}

/* ---- references ---- */

/* Read-only, and yet the same after an update. */
static bool is_stable(const struct schema *schema, const char *attribute)
{
    return str_eq(attribute, "arn") || str_eq(attribute, "id") ||
           str_is_one_of(attribute, schema->identifier);
}

static const struct value *known(const struct value *v)
{
    return v && v->kind != VALUE_NULL && !value_has_unknown(v) ? v : NULL;
}

static const struct value *made_arn(const struct builder *b, const struct item *item)
{
    const char *arn =
        schema_arn(b->arena, item->schema, item->resource->account->id, item->resource->region,
                   item->after ? item->after : item->resource->properties);
    return arn ? value_string(b->arena, arn) : NULL;
}

/* What a reference will be when the plan has run; NULL: only AWS can say. */
static const struct value *look_up(void *ctx, const char *address, const char *attribute)
{
    const struct builder *b = ctx;
    const struct item *item = item_find(b, address);
    if (!item || !item->desired)
        return NULL;
    const struct schema_node *node = schema_property_of(item->schema->root, attribute);
    bool stands = item->attributes && item->verdict != VERDICT_REPLACE;
    if (item->resource->external)
        return value_get(item->attributes, attribute);
    if (node && !node->read_only && value_get(item->after, attribute))
        return known(value_get(item->after, attribute));
    bool same = !node || !node->read_only || item->verdict != VERDICT_UPDATE ||
                is_stable(item->schema, attribute);
    const struct value *observed = stands && same ? value_get(item->attributes, attribute) : NULL;
    if (observed)
        return observed;
    return str_eq(attribute, "arn") ? made_arn(b, item) : NULL;
}

/* An unknown of which all targets stay untouched is what it was. */
static bool is_settled(void *ctx, const struct value *unknown)
{
    const struct builder *b = ctx;
    if (value_is(unknown, VALUE_REF)) {
        const struct item *item = item_find(b, unknown->ref.address);
        return item && item->attributes &&
               (item->verdict == VERDICT_NONE || item->verdict == VERDICT_ADOPT);
    }
    for (size_t i = 0; i < value_len(unknown); i++)
        if (value_has_unknown(value_item(unknown, i)) && !is_settled(ctx, value_item(unknown, i)))
            return false;
    return true;
}

/* ---- differences ---- */

/* Observed, with the write-only values as we wrote them last: AWS never gives them back. */
static const struct value *with_write_only(struct arena *arena, const struct item *item)
{
    struct map_builder m = map_begin_from(arena, item->attributes);
    const struct value *written = item->record ? item->record->write_only : NULL;
    for (size_t i = 0; written && i < value_len(written); i++)
        map_put(&m, written->map.entries[i].key, written->map.entries[i].value);
    return map_end(&m);
}

static void add_difference(struct arena *arena, struct item *item, const char *path,
                           const struct value *before, const struct value *after, bool create_only)
{
    struct diff *diff = &item->diff;
    if (diff_find(diff, path))
        return;
    diff->items =
        arena_grow(arena, diff->items, diff->len, &diff->cap, diff->len + 1, sizeof(*diff->items));
    diff->items[diff->len++] =
        (struct difference){.path = path, .before = before, .after = after, .pos = item_pos(item)};
    diff->create_only = diff->create_only || create_only;
}

/* An entry that moved to another account or Region, or became another type, is another object. */
static void compare_place(struct arena *arena, struct item *item)
{
    const struct record *record = item->record;
    const struct resource *resource = item->resource;
    if (!record)
        return;
    const struct {
        const char *path, *before, *after;
    } places[] = {{"/type", record->type, resource->schema->type_name},
                  {"/account", record->account_id, resource->account->id},
                  {"/region", record->region, resource->region}};
    for (size_t i = 0; i < ARRAY_LEN(places); i++)
        if (!str_eq(places[i].before, places[i].after))
            add_difference(arena, item, places[i].path, value_string(arena, places[i].before),
                           value_string(arena, places[i].after), true);
}

static void compare_in(struct arena *arena, struct builder *b, struct item *item)
{
    item->diff = (struct diff){0};
    const struct record *record = item->record;
    item->before = normalize(arena, item->record_schema ? item->record_schema : item->schema,
                             with_write_only(arena, item));
    const struct seal_key key = plan_seal_key(b->input, b->input->from_file);
    struct diff_input input = {.schema = item->schema,
                               .before = item->before,
                               .after = item->after,
                               .know_write_only = record && record->write_only,
                               .tags = record ? value_get(record->attributes, "tags") : NULL,
                               .key = &key,
                               .pos = item_pos(item),
                               .settled = is_settled,
                               .ctx = b};
    diff_desired(arena, &input, &item->diff);
    compare_place(arena, item);
    if (lock_is(item->schema) && lock_mode_differs(item->after, item->attributes))
        add_difference(arena, item, "/changeable_for_days",
                       value_get(item->before, "changeable_for_days"),
                       value_get(item->after, "changeable_for_days"), false);
}

/* Most objects are as they should be: what shows that need not be kept. */
static void compare_item(struct builder *b, struct item *item)
{
    if (item->record) {
        CLEANUP(arena_freep) struct arena *scratch = arena_new();
        compare_in(scratch, b, item);
        bool differs = item->diff.len > 0;
        item->before = NULL;
        item->diff = (struct diff){0};
        if (!differs)
            return;
    }
    compare_in(b->arena, b, item);
}

/* ---- verdicts ---- */

static void refuse(struct builder *b, struct item *item)
{
    b->failed = true;
    item->verdict = VERDICT_NONE;
}

static const char *text_of(struct arena *arena, const struct value *v)
{
    if (v && (v->kind == VALUE_REF || v->kind == VALUE_CONCAT))
        return text_value(arena, NULL, v);
    return v ? json_print(arena, v, JSON_COMPACT) : "absent";
}

static bool is_create_only(const struct difference *d)
{
    return !d->node || d->node->create_only;
}

static bool is_of_place(const struct difference *d)
{
    static const char *const paths[] = {"/type", "/account", "/region", NULL};
    return !d->node && str_is_one_of(d->path, paths);
}

/* The difference that asks for a replacement. What is of another type or in another place differs
 * in much besides. */
static const struct difference *create_only_cause(const struct item *item)
{
    const struct difference *cause = NULL;
    for (size_t i = 0; i < item->diff.len; i++) {
        const struct difference *d = &item->diff.items[i];
        if (is_of_place(d))
            return d;
        if (!cause && is_create_only(d))
            cause = d;
    }
    return cause ? cause : &item->diff.items[0];
}

/* What `after` refers to, where that is recorded and not there any more; else NULL. */
static const struct item *gone_target(const struct builder *b, const struct value *after)
{
    const struct item *item = value_is(after, VALUE_REF) ? item_find(b, after->ref.address) : NULL;
    return item && item->record && item->observation && item->observation->gone ? item : NULL;
}

/* The object was made with one that is gone: what would be replaced is not what has to be mended.
 */
static void refuse_lost_need(struct builder *b, const struct item *item,
                             const struct difference *cause, const struct item *need)
{
    const char *title = item_standing_schema(item)->title;
    struct diag *diag = diag_error(b->diags, E_NEVER_REPLACE, cause->pos, item->address,
                                   "the %s was made with %s (%s), which is not there any more or "
                                   "is about to be deleted, and a "
                                   "%s is never replaced",
                                   title, need->address, need->record->identifier, title);
    diag_hint(
        b->diags, diag,
        "Bring %s back. A KMS key is only scheduled for deletion at first: until its day `aws "
        "kms cancel-key-deletion --key-id %s`, then `aws kms enable-key`, keep all that it "
        "encrypts.",
        need->address, need->record->identifier);
}

/* Some change of what may never be replaced asks for a replacement: which. */
static void refuse_replacement(struct builder *b, struct item *item)
{
    const struct difference *cause = create_only_cause(item);
    const struct item *need = gone_target(b, cause->after);
    const char *title = item_standing_schema(item)->title;
    if (need) {
        refuse_lost_need(b, item, cause, need);
        refuse(b, item);
        return;
    }
    diag_error(b->diags, E_NEVER_REPLACE, cause->pos, item->address,
               "%s of a %s cannot be changed from %s to %s, and a %s is never replaced",
               cause->path + 1, title, text_of(b->arena, cause->before),
               text_of(b->arena, cause->after), title);
    refuse(b, item);
}

/* What an entry of the file calls a property of its object; NULL: it has no word for it. */
static const char *word_of(const struct builder *b, const struct item *item, const char *property)
{
    static const struct {
        const char *section, *type, *property, *word;
    } words[] = {{"vaults", "aws_backup_vault", "encryption_key_arn", "key"},
                 {"keys", "aws_kms_alias", "name", "alias"}};
    const char *section = arena_strndup(b->arena, item->address, strcspn(item->address, "."));
    const struct schema_node *entries = schema_property_of(b->input->schemas->topology, section);
    if (str_eq(section, "resources"))
        return property;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_eq(words[i].section, section) && str_eq(words[i].property, property) &&
            str_eq(words[i].type, item->schema->type_name))
            return words[i].word;
    bool has = !strchr(item->address, '/') && entries && entries->additional &&
               schema_property_of(entries->additional, property);
    return has ? property : NULL;
}

/* What was imported is taken as it is, or not at all. */
static void refuse_import(struct builder *b, struct item *item)
{
    const struct difference *cause = create_only_cause(item);
    struct diag *diag =
        diag_error(b->diags, E_IMPORT, cause->pos, item->address,
                   "%s of the imported %s is %s, and %s in the file: it would have to be replaced",
                   cause->path + 1, item->schema->title, text_of(b->arena, cause->before),
                   text_of(b->arena, cause->after));
    const char *word = word_of(b, item, cause->path + 1);
    if (word && cause->before)
        diag_hint(b->diags, diag, "Write `%s: %s` in the file, or import another object.", word,
                  text_of(b->arena, cause->before));
    else
        diag_hint(b->diags, diag,
                  "%s cannot say what is there: import another object, or write an entry of "
                  "`resources` for this one.",
                  item->address);
    refuse(b, item);
}

/* The topology that its owner tags name, where that is not this one; NULL. */
static const char *other_topology_of(const struct builder *b, const struct item *item)
{
    const struct topology *topology = b->input->topology;
    return owner_other_topology(value_get(item->attributes, "tags"),
                                topology ? topology->name : NULL);
}

static void refuse_owner(struct builder *b, struct item *item)
{
    const char *owner = item->observation->owner;
    const struct item *known = item_recorded_as(b, item);
    struct diag *diag = diag_error(
        b->diags, E_OWNED_BY_OTHER, item_pos(item), item->address,
        "the %s %s exists in %s%s%s and belongs to %s", item->schema->title,
        item->observation->identifier ? item->observation->identifier : "of that name",
        item->resource->account->name, item->resource->region ? " " : "",
        item->resource->region ? item->resource->region : "", owner ? owner : "somebody else");
    const char *theirs = other_topology_of(b, item);
    if (known)
        diag_hint(b->diags, diag, "It is recorded as %s. If that entry was renamed: %s.",
                  known->address, item_move_hint(b, known, item));
    else if (theirs)
        diag_hint(b->diags, diag,
                  "Choose another name, or have it let go of there first: `holdfast state rm` with "
                  "the file of %s, and the tag `" TAG_TOPOLOGY "` taken from it; then import it.",
                  theirs);
    refuse(b, item);
}

/* It is recorded, and another topology has given it its own owner tags since, as after both had
 * lost sight of it: it would be changed or deleted there, too. */
static void refuse_taken_over(struct builder *b, struct item *item)
{
    bool changes = item->verdict == VERDICT_UPDATE || item->verdict == VERDICT_REPLACE ||
                   item->verdict == VERDICT_DELETE;
    if (!changes || !other_topology_of(b, item) || item_is_kept(item))
        return;
    struct diag *diag =
        diag_error(b->diags, E_OWNED_BY_OTHER, item_pos(item), item->address,
                   "the %s %s is recorded as %s, but its owner tags say that it belongs to %s",
                   item_standing_schema(item)->title, item->identifier, item->address,
                   owner_text(b->arena, value_get(item->attributes, "tags")));
    diag_hint(b->diags, diag,
              "If that is so, `holdfast state rm %s` lets go of it; if it is this topology's, take "
              "the tag `" TAG_TOPOLOGY "` from it.",
              item->address);
    refuse(b, item);
}

/* The file's word counts; of an entry that has left it, its last one. */
static bool prevents_destroy(const struct item *item)
{
    return item->resource ? item->resource->prevent_destroy
                          : item->record && item->record->prevent_destroy;
}

static void refuse_deletion(struct builder *b, struct item *item)
{
    struct diag *diag =
        diag_error(b->diags, E_PREVENT_DESTROY, item_pos(item), item->address,
                   "%s has prevent_destroy and would be deleted (%s)", item->address, item->reason);
    if (!item->resource)
        diag_hint(b->diags, diag,
                  "Put it back into the file; to let it go, first apply it there without "
                  "prevent_destroy.");
    refuse(b, item);
}

/* What can only be set at creation is written then and never again. */
static bool has_irreversible(const struct item *item)
{
    bool creates = item->verdict == VERDICT_CREATE || item->verdict == VERDICT_REPLACE;
    for (size_t i = 0; i < item->schema->root->property_len; i++) {
        const struct schema_property *property = &item->schema->root->properties[i];
        const struct value *v = value_get(item->after, property->name);
        bool written = v && v->kind != VALUE_NULL && (creates || !property->node->create_only);
        if (property->node->irreversible && written)
            return true;
    }
    return false;
}

/* What is shared by nature may be switched on by anybody who needs it, but off only on purpose. */
static void judge_switches(struct item *item)
{
    for (size_t i = 0; i < item->diff.len; i++) {
        const struct difference *d = &item->diff.items[i];
        if (!d->node || !d->node->off_guard || !value_is(d->before, VALUE_BOOL) ||
            !d->before->boolean)
            continue;
        item->turns_off = d->path;
        if (d->node->off_guard == OFF_NEEDS_ALLOW_IRREVERSIBLE)
            item->irreversible = true;
        else
            item->needs_allow_destroy = true;
    }
}

static void judge_write(struct builder *b, struct item *item)
{
    bool writes = item->verdict == VERDICT_CREATE || item->verdict == VERDICT_UPDATE ||
                  item->verdict == VERDICT_REPLACE ||
                  (item->verdict == VERDICT_ADOPT && item->diff.len > 0);
    if (!writes)
        return;
    int64_t date = lock_is(item->schema) ? lock_date_observed(item->attributes) : 0;
    if (date && b->input->now_ms >= date) { /* nothing will be written, so nothing is for ever */
        item->blocked = "the lock is permanent: neither we nor AWS can change it";
        return;
    }
    item->irreversible = has_irreversible(item);
    judge_switches(item);
    if (!lock_is(item->schema))
        return;
    item->permanent_from_ms = lock_date_wanted(item->after, b->input->now_ms);
    if (date && !item->permanent_from_ms)
        item->needs_allow_destroy =
            true; /* from compliance to governance: anybody may then remove it */
}

/* The property without which AWS does not delete the object; NULL: there is none, or it is known.
 */
static const char *missing_for_deletion(const struct schema *schema, const struct item *item)
{
    for (size_t i = 0; i < schema->root->property_len; i++) {
        const struct schema_property *property = &schema->root->properties[i];
        if (property->node->needed_to_delete && !value_get(item->before, property->name))
            return property->name;
    }
    return NULL;
}

static void judge_deletion(struct builder *b, struct item *item)
{
    if (item->verdict != VERDICT_DELETE &&
        !(item->verdict == VERDICT_REPLACE && !item_is_kept(item)))
        return;
    const struct schema *schema = item_standing_schema(item);
    int64_t points = value_get_int(item->attributes, "number_of_recovery_points", 0);
    int64_t date = lock_is(schema) ? lock_date_observed(item->attributes) : 0;
    item->needs_allow_destroy = !b->input->destroy && (schema->holds_data || date);
    if (date && b->input->now_ms >= date)
        item->blocked = "the lock is permanent: neither we nor AWS can remove it";
    else if (points > 0 && !flag_names(b->input->empty_vaults, item->address))
        item->blocked = arena_printf(b->arena, "it holds %lld recovery points", (long long)points);
    else if (missing_for_deletion(schema, item))
        item->blocked = arena_printf(b->arena, "AWS asks for %s, which was never applied",
                                     missing_for_deletion(schema, item));
    if (prevents_destroy(item))
        refuse_deletion(b, item);
}

static bool is_imported(const struct item *item)
{
    return !item->record && item->observation && item->observation->imported;
}

static bool is_found(const struct item *item)
{
    return !item->record && (item->verdict == VERDICT_ADOPT || item->verdict == VERDICT_REPLACE);
}

/* What is kept or let go at the other address, which has left the file, may be taken over. */
static bool gives_up(const struct builder *b, const struct item *known)
{
    return !known->desired &&
           (item_is_kept(known) || plan_forgets(b->input->topology, known->address));
}

/* Where both are in the file, what was recorded here before has moved there, and only its tags say
 * otherwise. */
static void hint_where_recorded(const struct builder *b, struct diag *diag,
                                const struct item *known, const struct item *item)
{
    if (known->desired && !is_imported(item))
        diag_hint(b->diags, diag,
                  "The file has both, and the object still bears the owner tags of `%s`: `holdfast "
                  "apply %s` gives it those of its own address, and then another is made for `%s`.",
                  item->address, known->address, item->address);
    else
        diag_hint(
            b->diags, diag,
            "If that entry was renamed: %s; after `state mv` the file has to say the new address.",
            item_move_hint(b, known, item));
}

/* It is ours, and recorded: at this address, too, it would be one object with two entries, and be
 * deleted with the other one. */
static bool is_recorded_elsewhere(struct builder *b, struct item *item)
{
    const struct item *known = item_recorded_at_all(b, item);
    if (!known || (!is_imported(item) && gives_up(b, known)))
        return false;
    struct diag *diag =
        diag_error(b->diags, is_imported(item) ? E_IMPORT : E_RENAMED, item_pos(item),
                   item->address, "the %s %s is recorded as %s already", item->schema->title,
                   item->observation->identifier, known->address);
    hint_where_recorded(b, diag, known, item);
    refuse(b, item);
    return true;
}

static bool changes_one_of(const struct item *item, const char *const *properties)
{
    for (size_t i = 0; i < item->diff.len; i++) {
        struct slice rest = slice_from(slice_of(item->diff.items[i].path), 1);
        const struct slice property = slice_cut(&rest, '/');
        for (const char *const *name = properties; *name; name++)
            if (slice_is(property, *name))
                return true;
    }
    return false;
}

/* What AWS tells of the object and no property can say, where this change may lose it; NULL. */
static const struct value *unsaid_and_lost(const struct item *item)
{
    bool writes = item->verdict == VERDICT_UPDATE || item->verdict == VERDICT_ADOPT;
    bool replaces = item->verdict == VERDICT_REPLACE;
    for (size_t i = 0; (writes || replaces) && i < item->schema->root->property_len; i++) {
        const struct schema_property *property = &item->schema->root->properties[i];
        const char *const *with = property->node->lost_with;
        const struct value *unsaid = with ? value_get(item->attributes, property->name) : NULL;
        if (value_is(unsaid, VALUE_LIST) && value_len(unsaid) > 0 &&
            (replaces || changes_one_of(item, with)))
            return unsaid;
    }
    return NULL;
}

/* Somebody has set it, and nobody has asked for it to go. */
static void judge_unsaid(struct builder *b, struct item *item)
{
    const struct value *unsaid = unsaid_and_lost(item);
    const char *names = "";
    if (!unsaid)
        return;
    for (size_t i = 0; i < value_len(unsaid); i++)
        names = arena_printf(b->arena, "%s%s%s", names, i ? ", " : "",
                             value_str(value_item(unsaid, i)));
    item->needs_allow_destroy = true;
    item->reason = arena_printf(b->arena, "it may lose %s", names);
    diag_warning(b->diags, E_UNSAID_LOST, item_pos(item), item->address,
                 "the %s %s may lose what the file cannot say: %s", item->schema->title,
                 item->identifier, names);
}

/* Another entry of this plan takes the same object over: it would be deleted with either. */
static bool is_found_twice(struct builder *b, struct item *item)
{
    const char *key = object_key(b->arena, item->schema->type_name, item->resource->account->id,
                                 item->resource->region, item->observation->identifier);
    const struct item *first = map_get(&b->found, key);
    if (!first) {
        map_set(&b->found, key, item);
        return false;
    }
    struct diag *diag = diag_error(
        b->diags, is_imported(item) || is_imported(first) ? E_IMPORT : E_DUPLICATE_IDENTITY,
        item_pos(item), item->address, "the %s %s is taken over as %s already", item->schema->title,
        item->observation->identifier, first->address);
    diag_hint(b->diags, diag,
              "An object belongs to one entry: give %s another name, or take one of the two out of "
              "the file.",
              item->address);
    refuse(b, item);
    return true;
}

/* Its row goes, and nothing of it changes at AWS. */
static void let_go(struct item *item, const char *why)
{
    item->verdict = VERDICT_FORGET;
    item->reason = why;
}

/* The names of entries are kept for them; that of a selection is its key. */
static void explain_part_name(struct builder *b, struct item *item)
{
    const char *key = strrchr(item->address, '.');
    if (!strchr(item->address, '/') || !key || !item_has_moved(b, item))
        return;
    const struct difference *name = diff_find(&item->diff, "/name");
    if (name && str_eq(value_str(name->after), key + 1))
        item->reason = "the name of a part is its key in the file, so that a move renames it";
}

static void decide_desired(struct builder *b, struct item *item)
{
    enum sight sight = sight_of(b, item);
    look(item, sight);
    item->after = normalize(b->arena, item->schema,
                            value_resolve(b->arena, item->resource->properties, look_up, b));
    if (!item->targeted)
        return;
    if (item->resource->external) {
        if (item->record)
            let_go(item, "external: only looked up from now on");
        return;
    }
    if (item->attributes && sight != SIGHT_OTHER)
        compare_item(b, item);
    struct situation situation = {.desired = true,
                                  .recorded = item->record != NULL,
                                  .sight = sight,
                                  .differs = item->diff.len > 0,
                                  .create_only = item->diff.create_only,
                                  .kept = item_is_kept(item)};
    item->verdict = action_decide(&situation, &item->reason);
    if (item->verdict == VERDICT_REFUSE)
        refuse_owner(b, item);
    else if (is_found(item) && (is_recorded_elsewhere(b, item) || is_found_twice(b, item)))
        return;
    else if (item->verdict == VERDICT_REPLACE && is_imported(item))
        refuse_import(b, item);
    else if (item->verdict == VERDICT_REPLACE &&
             item_standing_schema(item)->replacement == REPLACE_NEVER)
        refuse_replacement(b, item);
    else if (item->verdict == VERDICT_ADOPT && is_imported(item))
        item->reason = "imported";
    refuse_taken_over(b, item);
    if (item->verdict == VERDICT_REPLACE)
        explain_part_name(b, item);
    judge_write(b, item);
    judge_deletion(b, item);
    judge_unsaid(b, item);
}

/* Recorded, and not desired, or everything is being destroyed. */
static void decide_leaving(struct builder *b, struct item *item)
{
    enum sight sight = sight_of(b, item);
    look(item, sight);
    if (!item->targeted || !item->record)
        return;
    if (item->attributes)
        item->before = normalize(b->arena, item->record_schema, with_write_only(b->arena, item));
    struct situation situation = {.recorded = true, .sight = sight, .kept = item_is_kept(item)};
    item->verdict = action_decide(&situation, &item->reason);
    if (plan_forgets(b->input->topology, item->address))
        let_go(item, "as the file says");
    refuse_taken_over(b, item);
    if (b->input->destroy && item->verdict == VERDICT_DELETE)
        item->reason = flag_names(b->input->empty_vaults, item->address)
                           ? "destroyed, with all its recovery points"
                           : "destroyed";
    judge_deletion(b, item);
}

static void check_external(struct builder *b, const struct item *item)
{
    const struct observation *seen = item->observation;
    if (!item->targeted || !seen || seen->failed || seen->found != FOUND_NOTHING)
        return;
    bool is_key = value_get(item->after, "alias") != NULL;
    const char *word = is_key ? "alias" : "name";
    struct diag *diag = diag_error(b->diags, E_BAD_REFERENCE, item_pos(item), item->address,
                                   "%s is external, and there is no such %s in %s", item->address,
                                   item->schema->title, item->resource->account->name);
    diag_hint(b->diags, diag, "It is looked up by its %s, `%s`: write the `%s` that it has.%s",
              word, value_get_str(item->after, word), word,
              is_key ? " A key that waits for its deletion is none: cancel that, if it is to stay."
                     : "");
    b->failed = true;
}

void items_decide(struct builder *b)
{
    map_init(&b->found, b->arena);
    for (size_t i = 0; i < b->len; i++) {
        struct item *item = &b->items[b->order[i]];
        if (item->observation && item->observation->failed) {
            b->failed = true; /* its diagnostics are there already */
            continue;
        }
        if (!item->desired) {
            decide_leaving(b, item);
            continue;
        }
        decide_desired(b, item);
        if (item->resource->external)
            check_external(b, item);
    }
    items_keep_needed(b);
}
