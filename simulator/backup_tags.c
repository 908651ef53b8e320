/* Tags of everything that has an ARN: of the objects of AWS Backup, and of recovery points. */
#include "simulator/backup.h"

#include "engine/aws/arn.h"
#include "simulator/tags.h"

struct tagged {
    const char *kind, *id;
    const struct value *body;
};

/* What stands between the account and the name of an ARN of AWS Backup's own. Where the ARN ends in
 * more than the id, the object is looked for by its ARN. */
static const struct {
    const char *prefix, *kind, *arn;
} kinds[] = {
    {"backup-vault:", "backup.vault", NULL},
    {"backup-plan:", "backup.plan", NULL},
    {"legal-hold:", "backup.legal_hold", NULL},
    {"framework:", "backup.framework", "FrameworkArn"},
    {"report-plan:", "backup.report_plan", "ReportPlanArn"},
    {"restore-testing-plan:", "backup.restore_plan", "RestoreTestingPlanArn"},
};

static const char *id_by_arn(struct sim_call *call, const char *kind, const char *member,
                             const char *arn)
{
    struct objects rows =
        store_holding(call->world, call->arena, kind, call->account, call->region, arn);
    for (size_t i = 0; i < rows.len; i++)
        if (str_eq(value_get_str(rows.items[i].body, member), arn))
            return rows.items[i].id;
    return "";
}

static bool find_tagged(struct sim_call *call, struct tagged *ret)
{
    const char *text = call_str(call, "ResourceArn");
    struct arn arn;
    *ret = (struct tagged){0};
    if (!text || !arn_parse(slice_of(text), &arn))
        return backup_invalid(call, "Invalid ARN: %s", text_or(text, ""));
    /* snapshots of some types name no account, and those of others stand under the service's name
     */
    ret->kind = "backup.point";
    ret->id = text;
    for (size_t i = 0; i < ARRAY_LEN(kinds) && slice_is(arn.service, "backup"); i++) {
        if (!slice_starts(arn.resource, kinds[i].prefix))
            continue;
        ret->kind = kinds[i].kind;
        ret->id = kinds[i].arn ? id_by_arn(call, ret->kind, kinds[i].arn, text)
                               : arn_resource_name(call->arena, &arn);
    }
    bool own = (!arn.account.len || slice_is(arn.account, call->account)) &&
               (!arn.region.len || slice_is(arn.region, call->region));
    ret->body =
        own ? store_get(call->world, call->arena, ret->kind, call->account, call->region, ret->id)
            : NULL;
    return ret->body || backup_not_found(call, "The resource", text);
}

static bool put_tags(struct sim_call *call, const struct tagged *tagged, const struct value *tags)
{
    const char *why = tags_refused(call->arena, tags);
    if (why)
        return backup_invalid(call, "%s", why);
    store_put(call->world, tagged->kind, call->account, call->region, tagged->id,
              value_with(call->arena, tagged->body, "Tags", tags));
    return call_answer(call, NULL);
}

/* AWS: of ARNs that are not AWS Backup's own the call may fail. */
static bool is_refused(const struct sim_call *call)
{
    struct arn arn;
    return setting_int(call->world, "list_tags_refuse", 0) &&
           arn_parse(slice_of(call_str(call, "ResourceArn")), &arn) &&
           !slice_is(arn.service, "backup");
}

bool backup_list_tags(struct sim_call *call)
{
    struct tagged tagged = {0};
    const char *next = NULL;
    if (is_refused(call))
        return backup_invalid(call, "Invalid ARN: %s", call_str(call, "ResourceArn"));
    if (!find_tagged(call, &tagged))
        return false;
    struct objects rows = rows_of_map(call->arena, value_get(tagged.body, "Tags"));
    if (!backup_page(call, &rows, &next))
        return false;
    struct map_builder tags = map_begin(call->arena), b = map_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++)
        map_put(&tags, rows.items[i].id, value_get(rows.items[i].body, "Value"));
    map_put(&b, "Tags", map_end(&tags));
    map_put_str(&b, "NextToken", next);
    return call_answer(call, map_end(&b));
}

bool backup_tag(struct sim_call *call)
{
    struct tagged tagged = {0};
    const struct value *more = call_get(call, "Tags");
    if (!value_is(more, VALUE_MAP))
        return call_error(call, 400, "MissingParameterValueException",
                          "Missing required parameter: Tags");
    return find_tagged(call, &tagged) &&
           put_tags(call, &tagged, tags_merge(call->arena, value_get(tagged.body, "Tags"), more));
}

bool backup_untag(struct sim_call *call)
{
    struct tagged tagged = {0};
    return find_tagged(call, &tagged) &&
           put_tags(call, &tagged,
                    tags_remove(call->arena, value_get(tagged.body, "Tags"),
                                call_get(call, "TagKeyList")));
}
