#include "engine/proof/walk.h"

#include <string.h>

#include "engine/aws/arn.h"
#include "engine/aws/lifecycle.h"
#include "engine/aws/partition.h"
#include "engine/aws/selection_sample.h"
#include "engine/base/json.h"
#include "engine/proof/mending.h"

#define SAMPLE_ID "00000000-0000-4000-8000-000000000000" /* of a job */
#define SAMPLE_NAME "orders"                             /* of what others have brought */

static const struct hop_row rows[] = {
#define HOP(name, stage, title, who, action, evidence, error, rule)                                \
    {#name, stage, title, who, action, evidence, error, rule, hop_##name},
#include "engine/proof/hops.inc"
#undef HOP
};

static const struct type_rights type_table[] = {
#define TYPE(name, via, key, tags, backup, copy, share, restore)                                   \
    {name, via, key, tags, backup, copy, share, restore},
#include "engine/proof/types.inc"
#undef TYPE
};

const struct hop_row *hop_rows(size_t *ret_len)
{
    *ret_len = ARRAY_LEN(rows);
    return rows;
}

const struct type_rights *type_rights_of(const char *type)
{
    for (size_t i = 0; i < ARRAY_LEN(type_table); i++)
        if (str_eq(type_table[i].type, type))
            return &type_table[i];
    return &type_table[0];
}

/* ---- what a judge says ---- */

void hop_at(struct proof_hop *hop, const char *address, struct source_pos pos)
{
    hop->address = address;
    if (pos.file)
        hop->pos = pos;
}

void hop_broken(struct walk *walk, struct proof_hop *hop, const char *error, const char *reason)
{
    (void)walk;
    hop->verdict = PROOF_BROKEN;
    hop->reason = reason;
    if (error)
        hop->error = error;
    if (!hop->fix)
        hop->fix = hop->rule->mend;
}

void hop_unknown(struct proof_hop *hop, const char *reason)
{
    if (hop->verdict == PROOF_BROKEN)
        return;
    hop->verdict = PROOF_UNKNOWN;
    hop->reason = reason;
}

void hop_at_role(struct walk *walk, struct proof_hop *hop, const char *role)
{
    const struct model_role *found = model_role(walk->model, role);
    if (found && found->object)
        hop_at(hop, found->object->resource->address, found->object->resource->pos);
}

/* The statements that decided, with their places; a denial is where the mending is. */
static void note_statements(struct walk *walk, struct proof_hop *hop,
                            const struct policy_answer *answer)
{
    struct proof_statement *list = arena_array(walk->arena, answer->matches_len + 1, sizeof(*list));
    for (size_t i = 0; i < answer->matches_len; i++) {
        const struct policy_statement *s = answer->matches[i].statement;
        list[i] = (struct proof_statement){answer->matches[i].policy, s->sid,
                                           s->effect == POLICY_DENY, s->pos};
    }
    hop->statements = list;
    hop->statement_len = answer->matches_len;
    if (answer->decision == POLICY_EXPLICITLY_DENIED && list[0].pos.file)
        hop->pos = list[0].pos;
}

/* Nothing but the role's own policies is in the way. */
static bool lacks_right(const struct ask_answer *answer)
{
    return answer->policy.decision == POLICY_IMPLICITLY_DENIED &&
           answer->policy.denied_by == POLICY_FROM_IDENTITY;
}

static void settle(struct walk *walk, struct proof_hop *hop, const struct ask *question,
                   const struct ask_answer *answer)
{
    if (answer->verdict == ASK_YES) {
        note_statements(walk, hop, &answer->policy);
        return;
    }
    if (answer->verdict == ASK_UNKNOWN) {
        hop_unknown(hop, answer->why);
        return;
    }
    const char *denial = ask_denial(walk->arena, question, answer);
    const char *right = lacks_right(answer) ? mend_right(walk, question) : NULL;
    const char *spare = mend_denial(walk, question->role, &answer->policy);
    if (right)
        hop_at_role(walk, hop, question->role);
    if (right || spare)
        hop->fix = right ? right : spare;
    const char *words = hop->error;
    if (words && str_starts(words, "AccessDenied"))
        words = arena_printf(walk->arena, "AccessDenied: %s", denial);
    hop_broken(walk, hop, !words || strchr(words, '%') ? denial : words, denial);
    note_statements(walk, hop, &answer->policy);
}

void hop_ask(struct walk *walk, struct proof_hop *hop, const struct ask *question)
{
    struct ask_answer answer;
    struct ask open = *question;
    open.open_context = true;
    hop->who = question->role ? question->role : question->service;
    hop->action = question->action;
    hop->what = question->resource;
    if (hop->verdict == PROOF_BROKEN)
        return;
    ask(walk->model, &open, &answer);
    settle(walk, hop, question, &answer);
}

void hop_ask_trust(struct walk *walk, struct proof_hop *hop, const char *role, const char *service,
                   const char *source_arn)
{
    struct ask_answer answer;
    hop->who = service;
    hop->what = role;
    hop_at_role(walk, hop, role);
    ask_trust(walk->model, role, service, source_arn, &answer);
    if (answer.verdict == ASK_UNKNOWN)
        hop_unknown(hop, answer.why);
    if (answer.verdict == ASK_YES)
        note_statements(walk, hop, &answer.policy);
    if (answer.verdict != ASK_NO)
        return;
    const char *name = hop->address ? hop->address : role;
    bool by_trust = answer.policy.denied_by == POLICY_FROM_RESOURCE;
    hop->fix = mend_denial(walk, NULL, &answer.policy);
    if (!hop->fix)
        hop->fix = mend_trust(walk, role, service);
    hop_broken(
        walk, hop,
        hop->error && strstr(hop->error, "%s")
            ? arena_printf(walk->arena, "IAM Role %s cannot be assumed by AWS Backup", role)
            : NULL,
        by_trust
            ? arena_printf(walk->arena, "the trust policy of %s does not let %s take it on", name,
                           service)
            : arena_printf(walk->arena, "%s may not take on %s, %s", service, name, answer.why));
    note_statements(walk, hop, &answer.policy);
}

/* ---- what it was judged on ---- */

/* Objects that the link rests on: what is to be mended, who asks, what for. */
static void note_basis(struct walk *walk, struct proof_hop *hop)
{
    const struct model *model = walk->model;
    const struct model_object *objects[] = {
        model_at(model, hop->address), model_find(model, hop->who), model_find(model, hop->what)};
    hop->basis = model->sights ? PROOF_LIVE : PROOF_DECLARED;
    for (size_t i = 0; i < ARRAY_LEN(objects); i++) {
        const struct sight *sight = objects[i] ? objects[i]->sight : NULL;
        if (!objects[i] || (sight && sight->state <= SIGHT_GONE))
            continue;
        hop->basis = PROOF_DECLARED;
        if (sight && sight->state == SIGHT_UNREAD && hop->verdict == PROOF_REACHABLE)
            hop_unknown(hop, arena_printf(walk->arena, "%s is as the file says: %s",
                                          objects[i]->resource->address, sight->why));
    }
}

/* ---- links ---- */

static const char *const stage_names[] = {"backup",   "copy",  "event",
                                          "schedule", "relay", "restore"};

/* What the file says of the link, where its judge knows nothing better. */
static void begin_hop(const struct walk *walk, enum stage stage, struct proof_hop *hop)
{
    if (stage == STAGE_COPY)
        hop_at(hop, walk->leg->address, walk->leg->pos);
    else if (stage == STAGE_RESTORE)
        hop_at(hop, walk->back->address, walk->back->pos);
    else
        hop_at(hop, walk->plan->resource->address, walk->rule->pos);
}

void walk_stage(struct walk *walk, enum stage stage)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct hop_row *row = &rows[i];
        if (row->stage != stage)
            continue;
        const char *prefix = stage == STAGE_COPY ? walk->leg->prefix : stage_names[stage];
        struct proof_hop hop = {
            .id = arena_printf(walk->arena, "%s.%s", prefix, row->name),
            .title = stage == STAGE_COPY ? arena_printf(walk->arena, "copy into %s: %s",
                                                        vault_end_name(&walk->leg->to), row->title)
                                         : row->title,
            .rule = rule_of(row->rule),
            .who = *row->who ? row->who : NULL,
            .action = *row->action ? row->action : NULL,
            .evidence = row->evidence,
            .error = *row->error ? row->error : NULL,
        };
        begin_hop(walk, stage, &hop);
        if (!row->judge(walk, &hop))
            continue;
        note_basis(walk, &hop);
        if (hop.verdict == PROOF_REACHABLE)
            hop.error = NULL;
        if (hop.verdict != PROOF_BROKEN)
            hop.fix = NULL;
        walk->hops = arena_grow(walk->arena, walk->hops, walk->len, &walk->cap, walk->len + 1,
                                sizeof(*walk->hops));
        walk->hops[walk->len++] = hop;
    }
}

/* ---- vaults ---- */

struct vault_end vault_end_of(struct model *model, const char *arn)
{
    struct vault_end end = {.arn = arn, .object = model_find(model, arn)};
    struct arn parts;
    struct slice name = {NULL, 0};
    if (arn && arn_parse(slice_of(arn), &parts) && arn_is_backup_vault(&parts, &name)) {
        end.name = arena_strndup(model->arena, name.ptr, name.len);
        end.account = arena_strndup(model->arena, parts.account.ptr, parts.account.len);
        end.region = arena_strndup(model->arena, parts.region.ptr, parts.region.len);
    }
    end.known = end.object && !model_is_open(end.object);
    end.air_gapped = end.object && str_eq(end.object->resource->schema->type_name,
                                          "aws_backup_logically_air_gapped_vault");
    return end;
}

const char *vault_end_name(const struct vault_end *vault)
{
    if (vault->object)
        return vault->object->resource->address;
    return vault->arn ? vault->arn : "a vault that is not known";
}

struct point_key vault_key_of(const struct walk *walk, const struct vault_end *vault)
{
    if (!vault->known)
        return (struct point_key){.class = KEY_UNKNOWN};
    const char *arn = value_get_str(vault->object->properties, "encryption_key_arn");
    if (!arn)
        return (struct point_key){.class = KEY_AWS_MANAGED};
    return (struct point_key){KEY_CUSTOMER_MANAGED, arn, model_find(walk->model, arn)};
}

bool vault_lock(const struct model *model, const struct vault_end *vault, int64_t *ret_min,
                int64_t *ret_max, struct source_pos *ret_pos, const char **ret_address)
{
    const struct model_object *lock =
        vault->air_gapped ? vault->object
                          : model_of_vault(model, "aws_backup_vault_lock", vault->object);
    if (!lock)
        return false;
    *ret_min = value_get_int(lock->properties, "min_retention_days", 0);
    *ret_max = value_get_int(lock->properties, "max_retention_days", 0);
    *ret_pos = lock->resource->pos;
    *ret_address = lock->resource->address;
    return true;
}

/* ---- the resource ---- */

/* A resource that the pattern stands for, in the plan's place where the pattern allows it. */
static const char *sample_of(const struct walk *walk, const char *pattern)
{
    const struct resource *plan = walk->plan->resource;
    const struct selection_place place = {plan->account->partition, plan->region,
                                          plan->account->id};
    return selection_sample(walk->arena, walk->selection->properties, pattern, &place, NULL);
}

static const char *tag_of_condition(const char *key)
{
    static const char prefix[] = "aws:ResourceTag/";
    return key && str_starts(key, prefix) ? key + sizeof(prefix) - 1 : key;
}

static void add_tags(struct map_builder *tags, const struct value *list)
{
    for (size_t i = 0; i < value_len(list); i++) {
        const char *key = tag_of_condition(value_get_str(value_item(list, i), "condition_key"));
        if (key)
            map_put(tags, key, value_get(value_item(list, i), "condition_value"));
    }
}

/* The tags that a resource needs to be taken, and so has. */
static const struct value *tags_of(struct walk *walk)
{
    struct map_builder tags = map_begin(walk->arena);
    const struct value *p = walk->selection->properties;
    add_tags(&tags, value_get(p, "list_of_tags"));
    add_tags(&tags, value_pointer(p, "/conditions/string_equals"));
    walk->conditions_open = value_len(value_pointer(p, "/conditions/string_like")) > 0;
    return map_end(&tags);
}

/* What was read; of a key of the customer's own the file says which. */
static const char *source_key_said(const struct walk *walk)
{
    const struct model *model = walk->model;
    const char *selection = walk->selection ? walk->selection->resource->address : NULL;
    const char *said = selection ? value_get_str(model->topology->source_keys, selection) : NULL;
    const char *seen =
        selection && model->sights ? value_get_str(model->sights->source_keys, selection) : NULL;
    bool names_one = said && str_eq(seen, key_class_name(KEY_CUSTOMER_MANAGED));
    return seen && !names_one ? seen : said;
}

/* The key of that alias in a place; NULL. */
static const struct model_object *key_called(const struct model *model, const char *account,
                                             const char *region, const char *name)
{
    const struct model_object *alias = model_part(model, "aws_kms_alias", account, region, name);
    const struct model_object *key =
        alias ? model_at(model, value_get_str(alias->properties, "target_key_id")) : NULL;
    return key ? key : model_part(model, "aws_kms_key", account, region, name);
}

/* In the plan's Region, as it has to be; else wherever the account has a key of that name. */
static const struct model_object *source_key_named(const struct walk *walk, const char *name)
{
    const struct resource *plan = walk->plan->resource;
    const struct model_list *keys = model_all(walk->model, "aws_kms_key");
    const struct model_object *key = key_called(walk->model, plan->account->id, plan->region, name);
    for (size_t i = 0; !key && i < keys->len; i++) {
        const struct resource *other = keys->items[i]->resource;
        if (str_eq(other->account->id, plan->account->id))
            key = key_called(walk->model, plan->account->id, other->region, name);
    }
    return key;
}

/* Where nobody says anything, the worst: the service's default key, which AWS manages. */
static struct point_key source_key_of(struct walk *walk)
{
    const struct model *model = walk->model;
    const char *said = source_key_said(walk);
    enum key_class class = KEY_AWS_MANAGED;
    walk->source_key_said = said != NULL;
    if (!said)
        return (struct point_key){.class = KEY_AWS_MANAGED};
    if (key_class_parse(said, &class))
        return (struct point_key){.class = class};
    const struct model_object *key = model_find(model, said);
    if (!key)
        key = source_key_named(walk, said);
    return (struct point_key){KEY_CUSTOMER_MANAGED, key ? key->arn : NULL, key};
}

/* The point's tags: the resource's, then those of the rule, which win. */
static const struct value *point_tags_of(struct walk *walk)
{
    struct map_builder tags = map_begin_from(walk->arena, walk->resource_tags);
    const struct value *more = value_get(walk->rule, "recovery_point_tags");
    for (size_t i = 0; value_is(more, VALUE_MAP) && i < more->map.len; i++)
        map_put_at(&tags, more->map.entries[i].key, more->map.entries[i].key_pos,
                   more->map.entries[i].value);
    return map_end(&tags);
}

/* ---- copies ---- */

static void begin_leg(struct walk *walk, struct leg *leg, const char *to, bool of_copy)
{
    leg->to = vault_end_of(walk->model, to);
    leg->crosses_account = !str_eq(leg->to.account, leg->from_account);
    leg->point = backup_point_arn(walk->arena, walk->type, partition_of_region(leg->from_region),
                                  leg->from_region, leg->from_account, SAMPLE_ID, of_copy);
    walk->leg = leg;
    walk->lifecycle = leg->lifecycle;
}

/* Points of fully managed types lie under their vault's key, whatever the resource has. */
static struct point_key first_key(struct walk *walk, const struct vault_end *vault)
{
    return walk->type->fully_managed ? vault_key_of(walk, vault) : walk->source_key;
}

static const char *vault_arn(struct walk *walk, const char *name)
{
    const struct resource *plan = walk->plan->resource;
    return arena_printf(walk->arena, "arn:%s:backup:%s:%s:backup-vault:%s",
                        plan->account->partition, plan->region, plan->account->id, name);
}

static const struct value *lifecycle_of(const struct value *own, const struct value *source)
{
    return value_len(own) ? own : source;
}

static void walk_first_copy(struct walk *walk, struct leg *leg, const char *prefix)
{
    const struct resource *plan = walk->plan->resource;
    const char *from = vault_arn(walk, value_get_str(walk->rule, "target_backup_vault_name"));
    struct vault_end first = vault_end_of(walk->model, from);
    *leg = (struct leg){.prefix = prefix,
                        .role = walk->role,
                        .from_account = plan->account->id,
                        .from_region = plan->region,
                        .from_vault = from,
                        .lifecycle = lifecycle_of(value_get(walk->action, "lifecycle"),
                                                  value_get(walk->rule, "lifecycle")),
                        .key = first_key(walk, &first),
                        .pos = walk->action->pos.file ? walk->action->pos : plan->pos,
                        .address = plan->address};
    begin_leg(walk, leg, value_get_str(walk->action, "destination_backup_vault_arn"),
              /* of_copy= */ false);
    walk_stage(walk, STAGE_COPY);
}

/* The relay takes a copy without an end for one that is kept for ever, where there is a lock. */
static const struct value *days_as_lifecycle(struct arena *arena,
                                             const struct relay_destination *to)
{
    struct map_builder b = map_begin(arena);
    if (to->delete_after_days)
        map_put_int(&b, "delete_after_days", to->delete_after_days);
    else if (to->lock_min_days || to->lock_max_days)
        map_put_int(&b, "delete_after_days", LIFECYCLE_FOR_EVER);
    return map_end(&b);
}

/* Where the file says how long the relay's copies live. */
static struct source_pos relay_lifecycle_pos(struct walk *walk)
{
    struct slice rest = slice_of(walk->relay->address), section = slice_cut(&rest, '.');
    struct slice name = slice_cut(&rest, '[');
    const char *pointer = arena_printf(walk->arena, "/%.*s/%.*s/lifecycle", (int)section.len,
                                       section.ptr, (int)name.len, name.ptr);
    const struct value *v = value_pointer(walk->model->topology->document, pointer);
    return v ? v->pos : walk->plan->resource->pos;
}

static void walk_last_copy(struct walk *walk, const struct leg *first)
{
    if (!walk->destination)
        return;
    struct leg leg = {
        .prefix = "last_copy",
        .role = walk->config.copy_role_arn,
        .from_account = walk->config.account_id,
        .from_region = walk->config.region,
        .from_vault = walk->config.source_vault_arn,
        .lifecycle =
            lifecycle_of(days_as_lifecycle(walk->arena, walk->destination), first->lifecycle),
        .key = vault_key_of(walk, &first->to),
        .pos = relay_lifecycle_pos(walk),
        .address = walk->relay->address,
    };
    begin_leg(walk, &leg, walk->destination->vault_arn, /* of_copy= */ true);
    walk_stage(walk, STAGE_COPY);
}

/* ---- paths ---- */

struct paths {
    struct model *model;
    struct proof_path *items;
    size_t len, cap;
};

static void end_path(struct paths *paths, struct walk *walk, const char *destination,
                     const char *last_vault)
{
    struct proof_path path = {
        .plan = walk->back ? walk->back->address : walk->plan->resource->address,
        .back_from = walk->back ? walk->back->source : NULL,
        .rule = value_get_str(walk->rule, "rule_name"),
        .selection = walk->selection ? walk->selection->resource->address : NULL,
        .resource = walk->resource,
        .destination = destination,
        .relay = walk->relay ? walk->relay->address : NULL,
        .relay_account = walk->relay ? walk->relay->account : NULL,
        .first_vault = walk->rule
                           ? vault_arn(walk, value_get_str(walk->rule, "target_backup_vault_name"))
                           : NULL,
        .last_vault = last_vault,
        .action = walk->action,
        .lifecycle = walk->lifecycle,
        .hops = walk->hops,
        .hop_len = walk->len,
    };
    for (size_t i = walk->len; i-- > 0;) {
        bool of_event = i >= walk->event_from && i < walk->event_to;
        path.assumptions += walk->hops[i].verdict == PROOF_UNKNOWN;
        if (walk->hops[i].verdict != PROOF_BROKEN)
            continue;
        if (path.verdict != PROOF_BROKEN)
            path.verdict = of_event && walk->by_clock ? PROOF_LATE : PROOF_BROKEN;
        path.broken_at = i;
    }
    paths->items = arena_grow(paths->model->arena, paths->items, paths->len, &paths->cap,
                              paths->len + 1, sizeof(*paths->items));
    paths->items[paths->len++] = path;
}

/* A path of one link, which leads no further. */
static void end_at(struct paths *paths, struct walk *walk, const struct proof_hop *hop)
{
    walk->hops = arena_new_of(walk->arena, struct proof_hop);
    walk->hops[walk->len++] = *hop;
    note_basis(walk, walk->hops);
    walk->action = NULL;
    end_path(paths, walk, NULL, NULL);
}

static void dead_end(struct paths *paths, struct walk *walk, enum rule_id id, const char *name,
                     const char *reason, struct source_pos pos)
{
    const char *fix = id == RULE_NO_ROUTE ? mend_copy_action(walk) : mend_selection(walk);
    end_at(paths, walk,
           &(struct proof_hop){.id = name,
                               .title = rule_of(id)->summary,
                               .rule = rule_of(id),
                               .verdict = PROOF_BROKEN,
                               .evidence = "[D]",
                               .reason = reason,
                               .fix = fix ? fix : rule_of(id)->mend,
                               .address = walk->plan->resource->address,
                               .pos = pos});
}

/* No row of the types fits: AWS Backup takes nothing of the kind, or nobody here knows how. */
static void walk_no_type(struct paths *paths, struct walk *walk, const struct value *pattern)
{
    const char *name = backup_type_without_facts(value_str(pattern));
    const struct resource *selection = walk->selection->resource;
    struct proof_hop hop = {.id = "backup.protected",
                            .title = "AWS Backup protects what the ARN names",
                            .rule = rule_of(RULE_NOT_PROTECTED),
                            .evidence = "[D]",
                            .what = walk->resource,
                            .address = selection->address,
                            .pos = pattern->pos.file ? pattern->pos : selection->pos};
    if (name) {
        hop_unknown(&hop, arena_printf(walk->arena,
                                       "%s: backups of %s are made and copied as its rule says; "
                                       "nothing of that type is known here",
                                       value_str(pattern), name));
    } else {
        hop.fix = mend_without(walk, pattern);
        hop_broken(walk, &hop, NULL,
                   arena_printf(walk->arena, "AWS Backup takes nothing that %s names",
                                value_str(pattern)));
    }
    end_at(paths, walk, &hop);
}

static void walk_direct(struct paths *paths, struct walk walk)
{
    struct leg leg;
    walk_stage(&walk, STAGE_BACKUP);
    walk_first_copy(&walk, &leg, "copy");
    end_path(paths, &walk, vault_end_name(&leg.to), leg.to.arn);
}

/* What the function was given, where somebody has looked; what it cannot read stops it. False: the
 * file's settings cannot be read either. */
static bool read_settings(struct walk *walk)
{
    const struct sight *sight = walk->function ? walk->function->sight : NULL;
    bool seen = sight && sight->state == SIGHT_THERE;
    const struct value *given = NULL;
    const char *why = "it is not set";
    const char *text = seen ? value_str(value_pointer(walk->function->properties,
                                                      "/environment/variables/HOLDFAST_RELAY"))
                            : NULL;
    if (text && json_parse(walk->arena, slice_of(text), &given, &why) &&
        relay_config_parse(walk->arena, given, &walk->config, &why))
        return true;
    if (seen)
        walk->deaf =
            arena_printf(walk->arena, "its variable HOLDFAST_RELAY cannot be read: %s", why);
    return relay_config_parse(walk->arena, model_resolve(walk->model, walk->relay->config),
                              &walk->config, &why);
}

static bool is_broken(const struct walk *walk, size_t from)
{
    for (size_t i = from; i < walk->len; i++)
        if (walk->hops[i].verdict == PROOF_BROKEN)
            return true;
    return false;
}

/* AWS refuses the rule itself when it is made: with it the whole apply fails. */
static bool is_refused(const struct walk *walk)
{
    for (size_t i = walk->event_from; i < walk->event_to; i++)
        if (walk->hops[i].verdict == PROOF_BROKEN && walk->hops[i].basis == PROOF_DECLARED &&
            walk->hops[i].rule == rule_of(RULE_FORWARD_ROLE))
            return true;
    return false;
}

/* Where the event gets lost, the schedule may bring the copy later. */
static void walk_to_relay(struct walk *walk)
{
    walk->event_from = walk->len;
    walk_stage(walk, STAGE_EVENT);
    walk->event_to = walk->len;
    if (!is_broken(walk, walk->event_from))
        return;
    walk_stage(walk, STAGE_SCHEDULE);
    walk->by_clock =
        walk->len > walk->event_to && !is_broken(walk, walk->event_to) && !is_refused(walk);
}

static void find_relay(struct walk *walk, const struct relay_entry *relay)
{
    walk->relay = relay;
    walk->function =
        model_at(walk->model, arena_printf(walk->arena, "%s/function", relay->address));
    if (walk->function && object_is_gone(walk->function))
        walk->function = NULL;
}

static void walk_relay(struct paths *paths, struct walk walk, const struct relay_entry *relay)
{
    struct leg leg;
    find_relay(&walk, relay);
    if (!read_settings(&walk))
        return; /* lower wrote it */
    walk_stage(&walk, STAGE_BACKUP);
    walk_first_copy(&walk, &leg, "first_copy");
    walk_to_relay(&walk);
    walk_stage(&walk, STAGE_RELAY);
    walk_last_copy(&walk, &leg);
    struct vault_end last = vault_end_of(walk.model, walk.destination ? walk.destination->vault_arn
                                                     : walk.config.destination_len == 1
                                                         ? walk.config.destinations[0].vault_arn
                                                         : NULL);
    end_path(paths, &walk, last.arn ? vault_end_name(&last) : NULL, last.arn);
}

static bool names_no_vault(const struct proof_path *path)
{
    return path->verdict == PROOF_BROKEN &&
           path->hops[path->broken_at].rule == rule_of(RULE_RELAY_DESTINATION);
}

/* Each relay of a vault hears of its points: one that the tags do not speak to leaves them to the
 * others, if there is one that takes them. */
static void leave_to_others(struct paths *paths, size_t from)
{
    size_t left = 0, kept = from;
    for (size_t i = from; i < paths->len; i++)
        left += names_no_vault(&paths->items[i]);
    if (left == paths->len - from)
        return;
    for (size_t i = from; i < paths->len; i++)
        if (!names_no_vault(&paths->items[i]))
            paths->items[kept++] = paths->items[i];
    paths->len = kept;
}

/* The copy actions of the rule that lead to a last vault. False: there is none. */
static bool walk_actions(struct paths *paths, struct walk *walk)
{
    const struct value *actions = value_get(walk->rule, "copy_actions");
    bool any = false;
    for (size_t i = 0; i < value_len(actions); i++) {
        walk->action = value_item(actions, i);
        const char *to = value_get_str(walk->action, "destination_backup_vault_arn");
        const struct model_relays *relays = model_relays_of(walk->model, to);
        bool relayed = relays->len > 0;
        size_t before = paths->len;
        for (size_t k = 0; k < relays->len; k++)
            walk_relay(paths, *walk, relays->items[k]);
        leave_to_others(paths, before);
        const char *account = model_account_of(walk->arena, to);
        if (!relayed && account && !str_eq(account, walk->plan->resource->account->id)) {
            walk_direct(paths, *walk);
            relayed = true;
        }
        any = any || relayed;
    }
    return any;
}

static void walk_pattern(struct paths *paths, struct walk walk, const struct value *pattern)
{
    const char *text = value_str(pattern);
    walk.resource = sample_of(&walk, text);
    walk.type = backup_type_of_pattern(walk.resource);
    if (!walk.type) {
        walk_no_type(paths, &walk, pattern);
        return;
    }
    walk.rights = type_rights_of(walk.type->type);
    walk.by_tag = !text || str_eq(text, "*");
    walk.source_key = source_key_of(&walk);
    walk.point_tags = point_tags_of(&walk);
    if (!walk_actions(paths, &walk))
        dead_end(paths, &walk, RULE_NO_ROUTE, "backup.route",
                 arena_printf(walk.arena,
                              "rule %s has no copy action that leads out of the account",
                              value_get_str(walk.rule, "rule_name")),
                 walk.rule->pos.file ? walk.rule->pos : walk.plan->resource->pos);
}

static void walk_selection(struct paths *paths, struct walk walk)
{
    const struct value *p = walk.selection->properties;
    const struct value *patterns = value_get(p, "resources");
    walk.role = value_get_str(p, "iam_role_arn");
    walk.resource_tags = tags_of(&walk);
    for (size_t i = 0; i < value_len(patterns); i++)
        walk_pattern(paths, walk, value_item(patterns, i));
    if (value_len(value_get(p, "list_of_tags")) > 0)
        walk_pattern(paths, walk, NULL);
}

static void walk_rule(struct paths *paths, struct walk walk)
{
    const struct resource *plan = walk.plan->resource;
    const struct model_list *list = model_parts(
        paths->model, "aws_backup_selection", plan->account->id, plan->region, model_id(walk.plan));
    size_t before = paths->len;
    for (size_t i = 0; i < list->len; i++) {
        walk.selection = list->items[i];
        walk_selection(paths, walk);
    }
    walk.selection = NULL;
    if (paths->len == before)
        dead_end(paths, &walk, RULE_NO_SELECTION, "backup.selection",
                 arena_printf(walk.arena, "%s has no selection", plan->address), plan->pos);
}

/* A plan that somebody deleted protects nothing. */
static void walk_gone(struct paths *paths)
{
    const struct model *model = paths->model;
    for (size_t i = 0; i < model->topology->resource_len; i++) {
        const struct model_object *plan = &model->objects[i];
        if (!object_is_gone(plan) || !str_eq(plan->resource->schema->type_name, "aws_backup_plan"))
            continue;
        struct walk walk = {.model = paths->model, .arena = model->arena, .plan = plan};
        dead_end(paths, &walk, RULE_NO_SELECTION, "backup.plan",
                 arena_printf(model->arena, "somebody deleted %s", plan->resource->address),
                 plan->resource->pos);
    }
}

void walk_all(struct model *model, const struct proof_path **ret, size_t *ret_len)
{
    struct paths paths = {.model = model};
    const struct model_list *plans = model_all(model, "aws_backup_plan");
    for (size_t i = 0; i < plans->len; i++) {
        const struct value *rules = value_get(plans->items[i]->properties, "rules");
        for (size_t k = 0; k < value_len(rules); k++)
            walk_rule(&paths, (struct walk){.model = model,
                                            .arena = model->arena,
                                            .plan = plans->items[i],
                                            .rule = value_item(rules, k)});
    }
    walk_gone(&paths);
    *ret = paths.items;
    *ret_len = paths.len;
}

/* ---- ways back ---- */

/* What a path brought into the last vault, on its way out of it. */
static void walk_way_back(struct paths *paths, const struct restore_entry *back,
                          const struct proof_path *brought)
{
    struct walk walk = {.model = paths->model,
                        .arena = paths->model->arena,
                        .back = back,
                        .role = back->role_arn,
                        .resource = brought->resource,
                        .type = backup_type_of_pattern(brought->resource)};
    struct vault_end from = vault_end_of(walk.model, back->source_arn);
    walk.rights = type_rights_of(walk.type->type);
    struct leg leg = {.prefix = "copy_back",
                      .role = back->copy_role_arn,
                      .from_account = back->from->id,
                      .from_region = back->from_region,
                      .from_vault = back->source_arn,
                      .lifecycle = lifecycle_of(back->lifecycle, brought->lifecycle),
                      .life_open = !brought->plan && !value_len(back->lifecycle),
                      .key = vault_key_of(&walk, &from),
                      .pos = back->pos,
                      .address = back->address};
    begin_leg(&walk, &leg, back->destination_arn, /* of_copy= */ true);
    walk_stage(&walk, STAGE_COPY);
    walk_stage(&walk, STAGE_RESTORE);
    end_path(paths, &walk, vault_end_name(&leg.to), leg.to.arn);
}

static bool has_way(const struct paths *paths, const char *back, const char *resource)
{
    for (size_t i = 0; i < paths->len; i++)
        if (str_eq(paths->items[i].plan, back) &&
            str_eq(backup_type_of_arn(paths->items[i].resource), backup_type_of_arn(resource)))
            return true;
    return false;
}

/* What no plan of the file brings there somebody else may have: a database stands for it. */
static void walk_way_of_others(struct paths *ways, const struct restore_entry *back)
{
    const struct proof_path brought = {
        .resource = arena_printf(ways->model->arena, "arn:%s:rds:%s:%s:db:" SAMPLE_NAME,
                                 back->from->partition, back->from_region, back->from->id)};
    walk_way_back(ways, back, &brought);
}

void walk_back(struct model *model, const struct proof_path *paths, size_t path_len,
               const struct proof_path **ret, size_t *ret_len)
{
    struct paths ways = {.model = model};
    const struct topology *topology = model->topology;
    for (size_t i = 0; i < topology->restore_len; i++) {
        const struct restore_entry *back = &topology->restores[i];
        size_t before = ways.len;
        for (size_t k = 0; k < path_len; k++)
            if (str_eq(paths[k].last_vault, back->source_arn) && paths[k].resource &&
                !has_way(&ways, back->address, paths[k].resource))
                walk_way_back(&ways, back, &paths[k]);
        if (ways.len == before)
            walk_way_of_others(&ways, back);
    }
    *ret = ways.items;
    *ret_len = ways.len;
}
