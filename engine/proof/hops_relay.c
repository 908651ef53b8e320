/* The links of the relay's function, from its start to StartCopyJob. */
#include <string.h>

#include "engine/aws/arn.h"
#include "engine/proof/tag_policies.h"
#include "engine/proof/walk.h"
#include "relay/decide/decide.h"

static const char *role_of(const struct walk *walk)
{
    return walk->function ? value_get_str(walk->function->properties, "role") : NULL;
}

static void at_function(const struct walk *walk, struct proof_hop *hop)
{
    hop_at(hop, walk->relay->address, walk->function ? walk->function->resource->pos : NO_POS);
}

/* The point in the relay's source vault. */
static const char *point_of(const struct walk *walk)
{
    return backup_point_arn(walk->arena, walk->type, walk->config.partition, walk->config.region,
                            walk->config.account_id, "00000000-0000-4000-8000-000000000000",
                            /* is_copy= */ true);
}

/* What a function asks for it asks itself. */
static void ask_function(struct walk *walk, struct proof_hop *hop, const char *action,
                         const char *resource, const struct value *context)
{
    struct map_builder b = map_begin_from(walk->arena, context);
    map_put_str(&b, "lambda:SourceFunctionArn", walk->function ? walk->function->arn : NULL);
    map_put_bool(&b, "aws:ViaAWSService", false);
    map_put(&b, "aws:CalledVia", value_null());
    const char *copy_target = str_eq(action, "backup:StartCopyJob") && walk->destination
                                  ? walk->destination->vault_arn
                                  : NULL;
    hop_at_role(walk, hop, role_of(walk));
    const struct ask question = {.role = role_of(walk),
                                 .action = action,
                                 .resource = resource,
                                 .resource_account = walk->config.account_id,
                                 .context = map_end(&b),
                                 .region = walk->config.region,
                                 .copy_target = copy_target};
    hop_ask(walk, hop, &question);
}

bool hop_function_role(struct walk *walk, struct proof_hop *hop)
{
    if (!role_of(walk))
        return false;
    hop_ask_trust(walk, hop, role_of(walk), "lambda.amazonaws.com", NULL);
    return true;
}

bool hop_letters(struct walk *walk, struct proof_hop *hop)
{
    const struct value *config =
        walk->function ? value_get(walk->function->properties, "dead_letter_config") : NULL;
    const char *queue = value_get_str(config, "target_arn");
    const struct model_object *object = model_find(walk->model, queue);
    if (!role_of(walk) || !queue || !strstr(queue, ":sqs:"))
        return false;
    hop_at_role(walk, hop, role_of(walk));
    const struct ask question = {
        .role = role_of(walk),
        .action = "sqs:SendMessage",
        .resource = queue,
        .resource_policy =
            object ? model_policy(walk->model, value_get(object->properties, "policy")) : NULL};
    hop_ask(walk, hop, &question);
    return true;
}

static void stop_deaf(struct walk *walk, struct proof_hop *hop)
{
    hop->error = NULL;
    hop_broken(walk, hop, NULL, walk->deaf);
}

bool hop_runs(struct walk *walk, struct proof_hop *hop)
{
    at_function(walk, hop);
    if (!walk->function && walk->model->sights)
        hop_broken(walk, hop, NULL, "its function is not there");
    else if (walk->function &&
             value_get_int(walk->function->properties, "reserved_concurrent_executions", 1) == 0)
        hop_broken(walk, hop, NULL, "its reserved concurrency is 0");
    else if (walk->deaf)
        stop_deaf(walk, hop);
    return true;
}

/* Which of them hold only the organization shows; a look at the accounts tells of each by itself.
 */
bool hop_tag_policies(struct walk *walk, struct proof_hop *hop)
{
    const struct account *account = walk->plan->resource->account;
    const struct enforced_tag *tags;
    if (!relay_tags_have_key(&walk->config, walk->point_tags))
        return false;
    size_t len = tag_policies_over(walk->model, account, walk->resource, &tags);
    if (len > 0)
        hop_unknown(hop,
                    arena_printf(walk->arena,
                                 "%s, which enforces the tag %s over account %s, takes the "
                                 "tags of backups and copies",
                                 tags[0].policy->resource->address, tags[0].tag, account->name));
    else if (!tag_policies_declared(walk->model) &&
             !sight_controls_of(walk->model->sights, account->id))
        hop_unknown(hop, arena_printf(walk->arena,
                                      "no tag policy of the organization over account %s refuses "
                                      "the tags of backups and copies",
                                      account->name));
    return true;
}

/* Points with ARNs of their own: the service itself is asked first, and AWS Backup when that fails;
 * either will do. */
static const struct {
    const char *service, *action;
    bool any_resource; /* the call is not judged by what it asks for */
} by_service[] = {
    {"rds", "rds:ListTagsForResource", false},
    {"ec2", "ec2:DescribeTags", true},
    {"fsx", "fsx:ListTagsForResource", false},
};

/* False: nobody tells the tags of that point. */
static bool tells_tags(struct walk *walk, struct proof_hop *hop, const char *point)
{
    struct proof_hop otherwise = *hop;
    ask_function(walk, hop, "backup:ListTags", point, NULL);
    for (size_t i = 0; hop->verdict == PROOF_BROKEN && i < ARRAY_LEN(by_service); i++) {
        if (!str_eq(walk->type->service, by_service[i].service))
            continue;
        ask_function(walk, &otherwise, by_service[i].action,
                     by_service[i].any_resource ? "*" : point, NULL);
        if (otherwise.verdict != PROOF_BROKEN)
            *hop = otherwise;
    }
    return hop->verdict != PROOF_BROKEN;
}

/* The point's own, or those of the point that it was copied from; where nobody tells them, an
 * untagged point may have only one way to go. */
bool hop_tags(struct walk *walk, struct proof_hop *hop)
{
    const struct proof_hop fresh = *hop;
    struct proof_hop of_source = *hop;
    if (!role_of(walk))
        return false;
    if (tells_tags(walk, hop, point_of(walk)))
        return true;
    if (!walk->leg->crosses_account && tells_tags(walk, &of_source, walk->leg->point))
        *hop = of_source;
    else if (walk->config.copy_untagged && walk->config.destination_len == 1)
        *hop = fresh;
    return true;
}

static struct relay_decision route(struct walk *walk)
{
    const struct relay_point point = {
        .arn = point_of(walk), .vault_arn = walk->leg->to.arn, .tags = walk->point_tags};
    struct relay_decision decision;
    relay_route(walk->arena, &walk->config, &point, &decision);
    return decision;
}

/* Of the configured keys that the point carries, the values. */
static size_t values_named(const struct walk *walk, struct source_pos *ret_pos)
{
    const char *first = NULL;
    size_t different = 0;
    for (const char *const *key = walk->config.tag_keys; *key; key++) {
        const struct value_entry *tag = value_entry_of(walk->point_tags, *key);
        const char *text = tag ? value_str(tag->value) : NULL;
        if (!text)
            continue;
        *ret_pos = tag->value->pos;
        if (!first || !str_eq(first, text))
            different++;
        first = text;
    }
    return different;
}

bool hop_one_destination(struct walk *walk, struct proof_hop *hop)
{
    struct source_pos pos = NO_POS;
    if (values_named(walk, &pos) < 2)
        return values_named(walk, &pos) == 1;
    hop_at(hop, walk->plan->resource->address, pos);
    hop_broken(walk, hop, NULL, route(walk).reason);
    return true;
}

bool hop_destination(struct walk *walk, struct proof_hop *hop)
{
    struct source_pos pos = NO_POS;
    struct relay_decision decision = route(walk);
    const char *key = walk->config.tag_keys[0];
    size_t named = values_named(walk, &pos);
    if (decision.verdict == RELAY_START) {
        walk->destination = decision.destination;
        return true;
    }
    if (named > 1)
        return false; /* said already */
    hop_at(hop, walk->plan->resource->address, pos.file ? pos : walk->rule->pos);
    if (key && walk->config.destination_len > 0) {
        struct vault_end to = vault_end_of(walk->model, walk->config.destinations[0].vault_arn);
        hop->fix = to.object
                       ? arena_printf(walk->arena, "recovery_point_tags: {%s: \"${%s.arn}\"}", key,
                                      to.object->resource->address)
                       : arena_printf(walk->arena, "recovery_point_tags: {%s: %s}", key, to.arn);
    }
    hop_broken(walk, hop, NULL, decision.reason);
    return true;
}

bool hop_jobs(struct walk *walk, struct proof_hop *hop)
{
    if (!role_of(walk))
        return false;
    ask_function(walk, hop, "backup:ListCopyJobs", "*", NULL);
    return true;
}

bool hop_start(struct walk *walk, struct proof_hop *hop)
{
    if (!role_of(walk))
        return false;
    ask_function(walk, hop, "backup:StartCopyJob", point_of(walk), NULL);
    return true;
}

bool hop_pass(struct walk *walk, struct proof_hop *hop)
{
    struct map_builder context = map_begin(walk->arena);
    if (!role_of(walk))
        return false;
    map_put_str(&context, "iam:PassedToService", "backup.amazonaws.com");
    ask_function(walk, hop, "iam:PassRole", walk->config.copy_role_arn, map_end(&context));
    return true;
}
