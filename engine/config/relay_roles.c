#include "engine/aws/backup_types.h"
#include "engine/config/iam_document.h"
#include "engine/config/lower_relays.h"

/* What each step of the relay's way needs, and nothing else. */
static const char *const read_points[] = {"backup:DescribeRecoveryPoint", "backup:ListTags", NULL};
static const char *const read_sources[] = {"backup:ListTags", NULL};
/* Of points whose ARNs are their service's own, the service is asked. */
static const char *const read_service_tags[] = {"rds:ListTagsForResource",
                                                "fsx:ListTagsForResource", NULL};
static const char *const read_ec2_tags[] = {"ec2:DescribeTags", NULL};
static const char *const start_copy[] = {"backup:StartCopyJob", NULL};
static const char *const watch_copies[] = {"backup:DescribeCopyJob", "backup:ListCopyJobs", NULL};
static const char *const shorten_points[] = {"backup:UpdateRecoveryPointLifecycle", NULL};
static const char *const list_points[] = {"backup:ListRecoveryPointsByBackupVault", NULL};
static const char *const pass_role[] = {"iam:PassRole", NULL};
static const char *const assume_role[] = {"sts:AssumeRole", NULL};
static const char *const put_events[] = {"events:PutEvents", NULL};

void relay_add_once(struct list_builder *list, const struct value *v)
{
    for (size_t i = 0; i < list->len; i++)
        if (value_equal(list_items(list)[i], v))
            return;
    list_add(list, v);
}

void relay_add_once_str(struct list_builder *list, const char *text)
{
    relay_add_once(list, value_string(list->arena, text));
}

/* Points of every type that AWS Backup knows, made by backups and by copies, in one Region; those
 * of which their service tells the tags (EC2's are not judged one by one) stand in `own` as well.
 */
static void add_points(struct lowering *lw, const struct instance *in, const char *region,
                       struct list_builder *points, struct list_builder *own)
{
    size_t len;
    const struct backup_type *types = backup_types(&len);
    for (size_t i = 0; i < len; i++)
        for (int copy = 0; copy < 2; copy++) {
            const char *arn = backup_point_arn(lw->arena, &types[i], in->account->partition, region,
                                               in->account->id, "*", copy);
            relay_add_once_str(points, arn);
            if (str_eq(types[i].service, "rds") || str_eq(types[i].service, "fsx"))
                relay_add_once_str(own, arn);
        }
}

struct function_resources {
    struct list_builder logs, letters, points, sources, own_tags, vaults, roles, readers;
    bool shortens;
};

static void add_relay(struct lowering *lw, const struct relay_draft *relay,
                      struct function_resources *r)
{
    const struct instance *in = relay->in;
    const char *function = literal_text(lw, name_of(lw, in, NULL));
    relay_add_once_str(&r->logs, function_log_arn(lw, in, function));
    relay_add_once(&r->letters,
                   mention(lw, arena_printf(lw->arena, "%s/dead_letter", in->address), "arn"));
    add_points(lw, in, in->region, &r->points, &r->own_tags);
    for (size_t i = 0; i < relay->source_len; i++)
        add_points(lw, in, relay->source_regions[i], &r->sources, &r->own_tags);
    r->shortens = r->shortens || value_get(in->body, "shorten_source_to_days");
    relay_add_once_str(&r->vaults, relay->source_arn);
    relay_add_once_str(&r->roles, relay->copy_role_arn);
    for (size_t i = 0; i < relay->destination_len; i++)
        if (relay->destinations[i].reader)
            relay_add_once(&r->readers, mention(lw, relay->destinations[i].reader, "arn"));
}

static const struct value *function_policy(struct lowering *lw, struct function_resources *r)
{
    struct arena *arena = lw->arena;
    const struct value *base =
        function_base_statements(lw, list_end(&r->logs), list_end(&r->letters));
    const struct value *to_backup = iam_condition(arena, "StringEquals", "iam:PassedToService",
                                                  value_string(arena, "backup.amazonaws.com"));
    const struct value *points = list_end(&r->points), *any = value_string(arena, "*");
    struct list_builder list = list_begin(arena);
    for (size_t i = 0; i < value_len(base); i++)
        list_add(&list, value_item(base, i));
    list_add(&list, iam_statement(arena, "ReadPoints", "Allow", NULL, read_points, points, NULL));
    if (r->sources.len > 0)
        list_add(&list, iam_statement(arena, "ReadSources", "Allow", NULL, read_sources,
                                      list_end(&r->sources), NULL));
    list_add(&list, iam_statement(arena, "ReadTags", "Allow", NULL, read_service_tags,
                                  list_end(&r->own_tags), NULL));
    list_add(&list, iam_statement(arena, "ReadEc2Tags", "Allow", NULL, read_ec2_tags, any, NULL));
    list_add(&list, iam_statement(arena, "ListPoints", "Allow", NULL, list_points,
                                  list_end(&r->vaults), NULL));
    list_add(&list, iam_statement(arena, "StartCopies", "Allow", NULL, start_copy, points, NULL));
    if (r->shortens)
        list_add(&list, iam_statement(arena, "ShortenPoints", "Allow", NULL, shorten_points, points,
                                      NULL));
    list_add(&list, iam_statement(arena, "WatchCopies", "Allow", NULL, watch_copies, any, NULL));
    list_add(&list, iam_statement(arena, "PassCopyRole", "Allow", NULL, pass_role,
                                  list_end(&r->roles), to_backup));
    if (r->readers.len > 0)
        list_add(&list, iam_statement(arena, "ReadLastVaults", "Allow", NULL, assume_role,
                                      list_end(&r->readers), NULL));
    return iam_document(arena, NULL, list_end(&list));
}

const struct value *relay_inline_policy(struct lowering *lw, const char *name,
                                        const struct value *document)
{
    struct map_builder map = map_begin(lw->arena);
    map_put(&map, name, document);
    return map_end(&map);
}

/* `group`: the relays of one account. */
static void make_function_role(struct lowering *lw, const struct relay_group *group)
{
    struct arena *arena = lw->arena;
    const struct instance *in = group->relays[0].in;
    struct function_resources r = {list_begin(arena), list_begin(arena), list_begin(arena),
                                   list_begin(arena), list_begin(arena), list_begin(arena),
                                   list_begin(arena), list_begin(arena), false};
    struct map_builder map = map_begin(arena);
    for (size_t i = 0; i < group->len; i++)
        add_relay(lw, &group->relays[i], &r);
    map_put(&map, "name", global_name_of(lw, in, "role"));
    map_put(&map, "description",
            value_stringf(arena, "The relay %s works with this role", in->global_address));
    map_put(&map, "assume_role_policy_document",
            iam_service_trust(arena, "lambda.amazonaws.com", NULL));
    map_put(&map, "inline_policies", relay_inline_policy(lw, "relay", function_policy(lw, &r)));
    draft_add(lw, in, "/role", "aws_iam_role", map_end(&map));
}

/* The forwarding rules of an account share a role; only they may take it on. */
static void make_forward_role(struct lowering *lw, const struct relay_group *group)
{
    struct arena *arena = lw->arena;
    const struct instance *in = group->relays[0].in;
    struct list_builder rules = list_begin(arena), buses = list_begin(arena),
                        statements = list_begin(arena);
    struct map_builder map = map_begin(arena);
    for (size_t i = 0; i < group->len; i++) {
        const struct relay_draft *relay = &group->relays[i];
        if (relay->forward_len == 0)
            continue;
        relay_add_once_str(&buses, relay_bus_arn(lw, relay->in));
        for (size_t j = 0; j < relay->forward_len; j++)
            relay_add_once(&rules, mention(lw,
                                           arena_printf(arena, "%s/forward[%s]", relay->in->address,
                                                        relay->forward_regions[j]),
                                           "arn"));
    }
    if (rules.len == 0)
        return;
    list_add(&statements,
             iam_statement(arena, "Forward", "Allow", NULL, put_events, list_end(&buses), NULL));
    map_put(&map, "name", global_name_of(lw, in, "forward_role"));
    map_put(
        &map, "description",
        value_stringf(arena, "Rules of %s forward copy events with this role", in->global_address));
    map_put(
        &map, "assume_role_policy_document",
        iam_service_trust(arena, "events.amazonaws.com",
                          iam_condition(arena, "ArnEquals", "aws:SourceArn", list_end(&rules))));
    map_put(&map, "inline_policies",
            relay_inline_policy(lw, "forward", iam_document(arena, NULL, list_end(&statements))));
    draft_add(lw, in, "/forward_role", "aws_iam_role", map_end(&map));
}

void relay_roles(struct lowering *lw, const struct relay_group *group)
{
    const struct map readers = relay_readers(lw, group);
    size_t end;
    for (size_t i = 0; i < group->len; i = end) {
        struct relay_draft *first = &group->relays[i];
        for (end = i + 1; end < group->len; end++)
            if (group->relays[end].in->account != first->in->account)
                break;
        const struct relay_group of_account = {group->entry, first, end - i};
        make_function_role(lw, &of_account);
        make_forward_role(lw, &of_account);
    }
    relay_readers_make(lw, group, &readers);
}
