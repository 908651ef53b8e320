/* Policies of an organization: what they say, what they are attached to, whom they limit. */
#include <string.h>

#include "engine/aws/partition.h"
#include "engine/base/json.h"
#include "simulator/authorize.h"
#include "simulator/organizations.h"
#include "simulator/tags.h"

#define POLICY "organizations.policy"
#define TYPES_OFF "organizations.type_off" /* by type: whoever switched it off */
#define CONTENT_MAX 10240

/* What AWS attaches to everything, and nobody can change. */
static const struct aws_policy {
    const char *id, *name, *type, *content;
} aws_policies[] = {
    {"p-FullAWSAccess", "FullAWSAccess", "SERVICE_CONTROL_POLICY",
     "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\","
     "\"Resource\":\"*\"}]}"},
    {"p-RCPFullAWSAccess", "RCPFullAWSAccess", "RESOURCE_CONTROL_POLICY",
     "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\","
     "\"Action\":\"*\",\"Resource\":\"*\"}]}"},
};
static const char *const types[] = {"SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY",
                                    "BACKUP_POLICY", "TAG_POLICY", NULL};

static const struct aws_policy *aws_policy_of(const char *id)
{
    for (size_t i = 0; i < ARRAY_LEN(aws_policies); i++)
        if (str_eq(aws_policies[i].id, id))
            return &aws_policies[i];
    return NULL;
}

/* ---- types ---- */

static bool type_enabled(struct world *world, struct arena *arena, const char *type)
{
    return !store_get(world, arena, TYPES_OFF, "", "", type);
}

const struct value *organization_policy_types(struct world *world, struct arena *arena)
{
    struct list_builder list = list_begin(arena);
    for (const char *const *type = types; *type; type++) {
        struct map_builder b = map_begin(arena);
        map_put_str(&b, "Type", *type);
        map_put_str(&b, "Status", "ENABLED");
        if (type_enabled(world, arena, *type))
            list_add(&list, map_end(&b));
    }
    return list_end(&list);
}

static const char *need_type(struct sim_call *call, const char *member)
{
    const char *type = call_need(call, member);
    if (!type || str_is_one_of(type, types))
        return type;
    call_error(call, 400, "InvalidInputException", "You provided an invalid policy type: %s", type);
    return NULL;
}

static bool switch_type(struct sim_call *call, bool on)
{
    const char *root = organization_from_management(call) ? call_need(call, "RootId") : NULL;
    const char *type = root ? need_type(call, "PolicyType") : NULL;
    if (!type)
        return false;
    if (!str_eq(root, organization_root_id(call->world, call->arena)))
        return call_error(call, 400, "RootNotFoundException",
                          "You specified a root that doesn't exist.");
    if (type_enabled(call->world, call->arena, type) == on)
        return call_error(
            call, 400, on ? "PolicyTypeAlreadyEnabledException" : "PolicyTypeNotEnabledException",
            "The specified policy type is already %s.", on ? "enabled" : "disabled");
    struct map_builder none = map_begin(call->arena), b = map_begin(call->arena);
    if (on)
        store_delete(call->world, TYPES_OFF, "", "", type);
    else
        store_put(call->world, TYPES_OFF, "", "", type, map_end(&none));
    map_put(&b, "Root", organization_root(call));
    return call_answer(call, map_end(&b));
}

bool organization_enable_type(struct sim_call *call)
{
    return switch_type(call, true);
}

bool organization_disable_type(struct sim_call *call)
{
    return switch_type(call, false);
}

/* ---- whom they limit ---- */

static void add_text(struct arena *arena, struct organization_level *level, const char *text)
{
    const char **texts = arena_array(arena, level->len + 1, sizeof(*texts));
    for (size_t i = 0; i < level->len; i++)
        texts[i] = level->texts[i];
    texts[level->len++] = text;
    level->texts = texts;
}

bool organization_limits(struct world *world)
{
    return store_any(world, POLICY, "", "", NULL);
}

bool organization_policies(struct world *world, struct arena *arena, const char *account,
                           enum organization_policy type, struct organization_level *ret)
{
    const char *unit = value_get_str(store_get(world, arena, "account", "", "", account), "Parent");
    const char *root = organization_root_id(world, arena);
    const char *targets[ORGANIZATION_LEVELS] = {root, unit ? unit : root, account};
    const struct aws_policy *aws = &aws_policies[type];
    bool any = false;
    if (!account || !organization_limits(world) || !account_organization(world, arena, account) ||
        str_eq(account, organization_management(world, arena)) ||
        !type_enabled(world, arena, aws->type))
        return false;
    struct objects rows = store_list(world, arena, POLICY, "", "", NULL);
    for (size_t level = 0; level < ORGANIZATION_LEVELS; level++) {
        ret[level] = (struct organization_level){0};
        add_text(arena, &ret[level], aws->content);
        for (size_t i = 0; i < rows.len; i++) {
            const struct value *policy = rows.items[i].body;
            if (!str_eq(value_get_str(policy, "Type"), aws->type) ||
                !value_get(value_get(policy, "Targets"), targets[level]))
                continue;
            add_text(arena, &ret[level], value_get_str(policy, "Content"));
            any = true;
        }
    }
    return any;
}

/* ---- shapes ---- */

static const struct value *summary_of_aws(const struct sim_call *call, const struct aws_policy *aws)
{
    struct arena *arena = call->arena;
    const char *kind = aws == aws_policies ? "service_control_policy" : "resource_control_policy";
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "Id", aws->id);
    map_put_str(&b, "Arn",
                arena_printf(arena, "arn:%s:organizations::aws:policy/%s/%s", call->partition, kind,
                             aws->id));
    map_put_str(&b, "Name", aws->name);
    map_put_str(&b, "Description", "Allows access to every operation");
    map_put_str(&b, "Type", aws->type);
    map_put_bool(&b, "AwsManaged", true);
    return map_end(&b);
}

static const struct value *summary_of(struct arena *arena, const struct value *policy)
{
    static const char *const plain[] = {"Id", "Arn", "Name", "Description", "Type"};
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < ARRAY_LEN(plain); i++)
        map_put(&b, plain[i], value_get(policy, plain[i]));
    map_put_bool(&b, "AwsManaged", false);
    return map_end(&b);
}

static bool answer_policy(struct sim_call *call, const struct value *summary, const char *content)
{
    struct map_builder policy = map_begin(call->arena), b = map_begin(call->arena);
    map_put(&policy, "PolicySummary", summary);
    map_put_str(&policy, "Content", content);
    map_put(&b, "Policy", map_end(&policy));
    return call_answer(call, map_end(&b));
}

/* An own policy by the id in `member`; NULL with the error set. */
static const struct value *need_policy(struct sim_call *call, const char *member, const char *fault)
{
    const char *id = organization_from_management(call) ? call_need(call, member) : NULL;
    if (!id)
        return NULL;
    const struct value *policy = store_get(call->world, call->arena, POLICY, "", "", id);
    if (policy)
        return policy;
    if (aws_policy_of(id))
        call_error(call, 400, "InvalidInputException",
                   "You specified a policy that is managed by AWS and can't be modified.");
    else
        call_error(call, 400, fault, "You specified a policy that doesn't exist.");
    return NULL;
}

static bool save(struct sim_call *call, const struct value *policy)
{
    store_put(call->world, POLICY, "", "", value_get_str(policy, "Id"), policy);
    return call_answer(call, NULL);
}

/* ---- content ---- */

static bool is_object(struct sim_call *call, const char *text)
{
    const struct value *content = NULL;
    const char *why = NULL;
    return json_parse(call->arena, slice_of(text), &content, &why) &&
           value_is(content, VALUE_MAP) && value_len(content) > 0;
}

static bool content_fits(struct sim_call *call, const char *type, const char *text)
{
    const char *why = NULL;
    bool good = is_object(call, text);
    if (good && str_eq(type, "SERVICE_CONTROL_POLICY"))
        good = policy_read(call->arena, text, POLICY_SCP, &why);
    else if (good && str_eq(type, "RESOURCE_CONTROL_POLICY"))
        good = policy_read(call->arena, text, POLICY_RCP, &why);
    if (!good)
        return call_error(call, 400, "MalformedPolicyDocumentException",
                          "The provided policy document does not meet the requirements of the "
                          "specified policy type.");
    return strlen(text) <= CONTENT_MAX ||
           call_error(call, 400, "ConstraintViolationException",
                      "You have exceeded the maximum size of a policy document.");
}

static bool name_is_taken(struct sim_call *call, const char *name, const char *but)
{
    struct objects rows = store_list(call->world, call->arena, POLICY, "", "", NULL);
    for (size_t i = 0; i < rows.len; i++)
        if (str_eq(value_get_str(rows.items[i].body, "Name"), name) &&
            !str_eq(rows.items[i].id, but))
            return true;
    return false;
}

static bool duplicate(struct sim_call *call)
{
    return call_error(call, 400, "DuplicatePolicyException",
                      "A policy with the same name already exists.");
}

/* ---- policies ---- */

/* "arn:aws:organizations::MANAGEMENT:policy/ORGANIZATION/service_control_policy/ID" */
static const char *policy_arn(struct sim_call *call, const char *organization, const char *type,
                              const char *id)
{
    char *kind = arena_strdup(call->arena, type);
    for (char *c = kind; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    return arena_printf(call->arena, "arn:%s:organizations::%s:policy/%s/%s/%s", call->partition,
                        call->account, organization, kind, id);
}

bool organization_create_policy(struct sim_call *call)
{
    struct arena *arena = call->arena;
    const char *organization = organization_of_call(call);
    if (!organization || !organization_from_management(call))
        return false;
    const char *type = need_type(call, "Type"), *name = type ? call_need(call, "Name") : NULL;
    const char *text = name ? call_need(call, "Content") : NULL;
    if (!text || !content_fits(call, type, text))
        return false;
    if (name_is_taken(call, name, NULL))
        return duplicate(call);
    const struct value *tags = tags_from_list(arena, call_get(call, "Tags"), "Key", "Value");
    const char *refused = tags_refused(arena, tags);
    if (refused)
        return call_error(call, 400, "InvalidInputException", "%s", refused);
    const char *id = arena_printf(arena, "p-%s", id_hex(call->world, arena, 10));
    const char *description = call_str(call, "Description");
    struct map_builder b = map_begin(arena), none = map_begin(arena);
    map_put_str(&b, "Id", id);
    map_put_str(&b, "Arn", policy_arn(call, organization, type, id));
    map_put_str(&b, "Name", name);
    map_put_str(&b, "Description", description ? description : "");
    map_put_str(&b, "Type", type);
    map_put_str(&b, "Content", text);
    map_put(&b, "Tags", tags);
    map_put(&b, "Targets", map_end(&none));
    const struct value *policy = map_end(&b);
    save(call, policy);
    return answer_policy(call, summary_of(arena, policy), text);
}

bool organization_describe_policy(struct sim_call *call)
{
    const char *id = call_str(call, "PolicyId");
    const struct aws_policy *aws = aws_policy_of(id);
    if (aws && organization_from_management(call))
        return answer_policy(call, summary_of_aws(call, aws), aws->content);
    const struct value *policy = need_policy(call, "PolicyId", "PolicyNotFoundException");
    return policy && answer_policy(call, summary_of(call->arena, policy),
                                   policy_echo(call->arena, value_get_str(policy, "Content")));
}

bool organization_update_policy(struct sim_call *call)
{
    static const char *const texts[] = {"Name", "Description", "Content"};
    const struct value *policy = need_policy(call, "PolicyId", "PolicyNotFoundException");
    const char *content = call_str(call, "Content"), *name = call_str(call, "Name");
    if (!policy || (content && !content_fits(call, value_get_str(policy, "Type"), content)))
        return false;
    if (name && name_is_taken(call, name, value_get_str(policy, "Id")))
        return duplicate(call);
    struct map_builder b = map_begin_from(call->arena, policy);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        map_put(&b, texts[i], call_get(call, texts[i]));
    policy = map_end(&b);
    save(call, policy);
    return answer_policy(call, summary_of(call->arena, policy), value_get_str(policy, "Content"));
}

bool organization_delete_policy(struct sim_call *call)
{
    const struct value *policy = need_policy(call, "PolicyId", "PolicyNotFoundException");
    if (!policy)
        return false;
    if (value_len(value_get(policy, "Targets")))
        return call_error(call, 400, "PolicyInUseException",
                          "The policy is attached to one or more entities. You must detach it from "
                          "all roots, OUs, and accounts before performing this operation.");
    store_delete(call->world, POLICY, "", "", value_get_str(policy, "Id"));
    return call_answer(call, NULL);
}

/* The summaries of a type, AWS's own too, as rows for a page; `target`: attached to it, or NULL. */
static bool answer_summaries(struct sim_call *call, const char *type, const char *target)
{
    struct map_builder found = map_begin(call->arena);
    const char *next;
    for (size_t i = 0; i < ARRAY_LEN(aws_policies); i++)
        if (str_eq(aws_policies[i].type, type))
            map_put(&found, aws_policies[i].id, summary_of_aws(call, &aws_policies[i]));
    struct objects rows = store_list(call->world, call->arena, POLICY, "", "", NULL);
    for (size_t i = 0; i < rows.len; i++) {
        const struct value *policy = rows.items[i].body;
        bool wanted = !target || value_get(value_get(policy, "Targets"), target);
        if (wanted && str_eq(value_get_str(policy, "Type"), type))
            map_put(&found, rows.items[i].id, summary_of(call->arena, policy));
    }
    rows = rows_of_map(call->arena, map_end(&found));
    if (!call_page(call, &rows, "NextToken", "MaxResults", 20, &next))
        return call_error(call, 400, "InvalidInputException", "Invalid NextToken");
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++)
        list_add(&list, value_get(rows.items[i].body, "Value"));
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "Policies", list_end(&list));
    map_put_str(&b, "NextToken", next);
    return call_answer(call, map_end(&b));
}

bool organization_list_policies(struct sim_call *call)
{
    const char *type = organization_from_management(call) ? need_type(call, "Filter") : NULL;
    return type && answer_summaries(call, type, NULL);
}

/* ---- attachments ---- */

/* A unit is there when an account lies in it, or the world was given it. */
static bool is_unit(struct sim_call *call, const char *id)
{
    struct objects rows = store_list(call->world, call->arena, "account", "", "", NULL);
    for (size_t i = 0; i < rows.len; i++)
        if (str_eq(value_get_str(rows.items[i].body, "Parent"), id))
            return true;
    return store_get(call->world, call->arena, ORGANIZATION_UNIT, "", "", id) != NULL;
}

static const char *need_target(struct sim_call *call)
{
    const char *id = call_need(call, "TargetId");
    if (!id || str_eq(id, organization_root_id(call->world, call->arena)) ||
        store_get(call->world, call->arena, "account", "", "", id) || is_unit(call, id))
        return id;
    call_error(call, 400, "TargetNotFoundException", "You specified a target that doesn't exist.");
    return NULL;
}

bool organization_attach_policy(struct sim_call *call)
{
    const struct value *policy = need_policy(call, "PolicyId", "PolicyNotFoundException");
    const char *target = policy ? need_target(call) : NULL;
    if (!target)
        return false;
    if (!type_enabled(call->world, call->arena, value_get_str(policy, "Type")))
        return call_error(call, 400, "PolicyTypeNotEnabledException",
                          "This operation can be performed only for enabled policy types.");
    const struct value *targets = value_get(policy, "Targets");
    if (value_get(targets, target))
        return call_error(call, 400, "DuplicatePolicyAttachmentException",
                          "A policy with the specified name and type is already attached.");
    return save(call, value_with(call->arena, policy, "Targets",
                                 value_with(call->arena, targets, target, value_bool(true))));
}

bool organization_detach_policy(struct sim_call *call)
{
    const struct value *policy = need_policy(call, "PolicyId", "PolicyNotFoundException");
    const char *target = policy ? need_target(call) : NULL;
    if (!target)
        return false;
    const struct value *targets = value_get(policy, "Targets");
    if (!value_get(targets, target))
        return call_error(call, 400, "PolicyNotAttachedException",
                          "The policy isn't attached to the specified target in the specified "
                          "root.");
    return save(call, value_with(call->arena, policy, "Targets",
                                 value_without(call->arena, targets, target)));
}

const char *organization_arn(struct sim_call *call, const char *id)
{
    const char *organization = account_organization(call->world, call->arena, call->account);
    const char *kind = "ou";
    organization = organization ? organization : "*";
    if (!id)
        return arena_printf(call->arena, "arn:%s:organizations::%s:policy/%s/*/*", call->partition,
                            call->account, organization);
    const struct aws_policy *aws = aws_policy_of(id);
    const struct value *policy =
        aws ? summary_of_aws(call, aws) : store_get(call->world, call->arena, POLICY, "", "", id);
    if (policy)
        return value_get_str(policy, "Arn");
    if (str_starts(id, "r-"))
        kind = "root";
    else if (account_id_is_valid(id))
        kind = "account";
    return arena_printf(call->arena, "arn:%s:organizations::%s:%s/%s/%s", call->partition,
                        call->account, kind, organization, id);
}

static const struct value *target_shape(struct sim_call *call, const char *id)
{
    const char *organization = organization_of_call(call);
    const struct value *account = store_get(call->world, call->arena, "account", "", "", id);
    const char *name = value_get_str(account, "Name"), *kind = "ou", *type = "ORGANIZATIONAL_UNIT";
    if (str_eq(id, organization_root_id(call->world, call->arena))) {
        kind = "root";
        type = "ROOT";
        name = "Root";
    } else if (account) {
        kind = "account";
        type = "ACCOUNT";
    }
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "TargetId", id);
    map_put_str(&b, "Arn",
                arena_printf(call->arena, "arn:%s:organizations::%s:%s/%s/%s", call->partition,
                             call->account, kind, organization, id));
    map_put_str(&b, "Name", name ? name : id);
    map_put_str(&b, "Type", type);
    return map_end(&b);
}

bool organization_list_targets(struct sim_call *call)
{
    const char *next;
    const struct value *policy = need_policy(call, "PolicyId", "PolicyNotFoundException");
    if (!policy)
        return false;
    struct objects rows = rows_of_map(call->arena, value_get(policy, "Targets"));
    if (!call_page(call, &rows, "NextToken", "MaxResults", 20, &next))
        return call_error(call, 400, "InvalidInputException", "Invalid NextToken");
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++)
        list_add(&list, target_shape(call, rows.items[i].id));
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "Targets", list_end(&list));
    map_put_str(&b, "NextToken", next);
    return call_answer(call, map_end(&b));
}

bool organization_list_policies_for_target(struct sim_call *call)
{
    const char *type = organization_from_management(call) ? need_type(call, "Filter") : NULL;
    const char *target = type ? need_target(call) : NULL;
    return target && answer_summaries(call, type, target);
}

/* ---- tags, of policies only ---- */

static bool save_tags(struct sim_call *call, const struct value *policy, const struct value *tags)
{
    const char *refused = tags_refused(call->arena, tags);
    if (refused)
        return call_error(call, 400, "InvalidInputException", "%s", refused);
    return save(call, value_with(call->arena, policy, "Tags", tags));
}

bool organization_tag(struct sim_call *call)
{
    const struct value *policy = need_policy(call, "ResourceId", "TargetNotFoundException");
    const struct value *more = tags_from_list(call->arena, call_get(call, "Tags"), "Key", "Value");
    return policy &&
           save_tags(call, policy, tags_merge(call->arena, value_get(policy, "Tags"), more));
}

bool organization_untag(struct sim_call *call)
{
    const struct value *policy = need_policy(call, "ResourceId", "TargetNotFoundException");
    const struct value *keys = call_get(call, "TagKeys");
    return policy &&
           save_tags(call, policy, tags_remove(call->arena, value_get(policy, "Tags"), keys));
}

bool organization_list_tags(struct sim_call *call)
{
    const char *next;
    const struct value *policy = need_policy(call, "ResourceId", "TargetNotFoundException");
    if (!policy)
        return false;
    struct objects rows = rows_of_map(call->arena, value_get(policy, "Tags"));
    if (!call_page(call, &rows, "NextToken", NULL, 50, &next))
        return call_error(call, 400, "InvalidInputException", "Invalid NextToken");
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++) {
        struct map_builder tag = map_begin(call->arena);
        map_put_str(&tag, "Key", rows.items[i].id);
        map_put(&tag, "Value", value_get(rows.items[i].body, "Value"));
        list_add(&list, map_end(&tag));
    }
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "Tags", list_end(&list));
    map_put_str(&b, "NextToken", next);
    return call_answer(call, map_end(&b));
}
