#include "simulator/actions.h"

#include <string.h>

#include "engine/aws/arn.h"
#include "simulator/authorize.h"
#include "simulator/iam.h"
#include "simulator/lambda.h"
#include "simulator/organizations.h"

#define RESOURCE_MAX 8192

const struct action actions[] = {
#define ACTION_IF(service, operation, action, resource, when)                                      \
    {#service, #operation, ACTION_BEFORE, action, resource, when, NULL},
#define ACTION(service, operation, action, resource)                                               \
    ACTION_IF(service, operation, action, resource, NULL)
#define SILENT(service, operation, action, resource)                                               \
    {#service, #operation, ACTION_SILENT, action, resource, NULL, NULL},
#define PASSES(service, operation, role, to)                                                       \
    {#service, #operation, ACTION_PASSES, "iam:PassRole", "{" role "}", role, to},
#define INSIDE(service, operation, action)                                                         \
    {#service, #operation, ACTION_INSIDE, action, NULL, NULL, NULL},
#define FREE(service, operation) {#service, #operation, ACTION_FREE, NULL, NULL, NULL, NULL},
#include "simulator/actions.inc"
};
const size_t action_len = ARRAY_LEN(actions);

/* ---- the words of a resource that are more than a member of the input ---- */

static const char *name_in_arn(struct arena *arena, const char *text)
{
    struct arn arn;
    return text && arn_parse(slice_of(text), &arn) ? arn_resource_name(arena, &arn) : text;
}

static const char *word_bus(struct sim_call *call, const char *rest)
{
    (void)rest;
    const char *name = name_in_arn(call->arena, call_str(call, "Name"));
    return name ? name : "default";
}

/* A rule of the default bus stands under its own name alone. */
static const char *word_bus_of_rule(struct sim_call *call, const char *rest)
{
    (void)rest;
    const char *bus = name_in_arn(call->arena, call_str(call, "EventBusName"));
    return !bus || str_eq(bus, "default") ? "" : arena_printf(call->arena, "%s/", bus);
}

static const char *word_function(struct sim_call *call, const char *rest)
{
    (void)rest;
    const char *text = call_str(call, "FunctionName");
    return text ? lambda_name(call->arena, text) : "*";
}

static const char *word_role_path(struct sim_call *call, const char *rest)
{
    (void)rest;
    const char *name = call_str(call, "RoleName"), *asked = call_str(call, "Path");
    const struct value *role =
        name ? store_get(call->world, call->arena, IAM_ROLE, call->account, "", name) : NULL;
    const char *path = value_get_str(role, "Path");
    return path ? path : asked ? asked : "/";
}

static const char *word_linked_role(struct sim_call *call, const char *rest)
{
    (void)rest;
    const char *service = call_str(call, "AWSServiceName");
    return service ? iam_linked_role_name(call->arena, service) : "*";
}

static const char *word_organization(struct sim_call *call, const char *rest)
{
    static const char *const names[] = {"TargetId", "ResourceId", "RootId", "ParentId", "ChildId"};
    const char *id = call_str(call, rest);
    for (size_t i = 0; !id && str_eq(rest, "TargetId") && i < ARRAY_LEN(names); i++)
        id = call_str(call, names[i]);
    return organization_arn(call, id);
}

static const char *word_region(struct sim_call *call, const char *rest)
{
    (void)rest;
    return call->region;
}

static const char *word_account(struct sim_call *call, const char *rest)
{
    (void)rest;
    return call->account;
}

static const char *word_partition(struct sim_call *call, const char *rest)
{
    (void)rest;
    return call->partition;
}

static const struct word {
    const char *name;
    const char *(*text)(struct sim_call *call, const char *rest);
} words[] = {
    {"Region", word_region},           {"Account", word_account},
    {"Partition", word_partition},     {"@Bus", word_bus},
    {"@BusOfRule", word_bus_of_rule},  {"@Function", word_function},
    {"@LinkedRole", word_linked_role}, {"@Organization", word_organization},
    {"@RolePath", word_role_path},
};

/* ---- from a form to resources ---- */

/* The texts of a form: of a list in the input, one for each. */
static const struct value *texts_of_word(struct sim_call *call, struct slice body)
{
    struct arena *arena = call->arena;
    struct slice rest = body;
    struct slice name = slice_cut(&rest, ':');
    const char *otherwise = name.len < body.len ? arena_strndup(arena, rest.ptr, rest.len) : NULL;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        struct list_builder one = list_begin(arena);
        if (!slice_is(name, words[i].name))
            continue;
        list_add_str(&one, words[i].text(call, otherwise));
        return list_end(&one);
    }
    const struct value *found = call_texts(call, arena_strndup(arena, name.ptr, name.len));
    if (value_len(found) > 0)
        return found;
    struct list_builder none = list_begin(arena);
    list_add_str(&none, otherwise ? otherwise : "*");
    return list_end(&none);
}

static const struct value *joined(struct arena *arena, const struct value *heads,
                                  const struct value *tails)
{
    struct list_builder all = list_begin(arena);
    for (size_t i = 0; i < value_len(heads); i++)
        for (size_t k = 0; k < value_len(tails); k++)
            list_add_str(&all, arena_printf(arena, "%s%s", value_str(value_item(heads, i)),
                                            value_str(value_item(tails, k))));
    return list_end(&all);
}

static const struct value *resources_of(struct sim_call *call, const char *form)
{
    struct list_builder start = list_begin(call->arena);
    list_add_str(&start, "");
    const struct value *all = list_end(&start);
    while (*form) {
        size_t plain = strcspn(form, "{");
        struct list_builder text = list_begin(call->arena);
        list_add_str(&text, arena_strndup(call->arena, form, plain));
        all = joined(call->arena, all, list_end(&text));
        form += plain;
        const char *end = *form ? strchr(form, '}') : NULL;
        if (!end)
            break;
        struct slice body = {form + 1, (size_t)(end - form - 1)};
        all = joined(call->arena, all, texts_of_word(call, body));
        form = end + 1;
    }
    return all;
}

/* ---- the judge ---- */

/* A role of another account is refused by whoever would get it, in words of its own. */
static bool passes(struct sim_call *call, const struct action *row, const char *role)
{
    struct arn arn;
    struct map_builder context = map_begin(call->arena);
    map_put_str(&context, "iam:PassedToService", row->passed_to);
    return !arn_parse(slice_of(role), &arn) || !slice_is(arn.account, call->account) ||
           call_authorize(call, row->action, role, NULL, map_end(&context));
}

static bool allowed(struct sim_call *call, const struct action *row)
{
    if (row->judge == ACTION_INSIDE || row->judge == ACTION_FREE)
        return true;
    if (row->when && !call_holds(call, row->when))
        return true;
    const struct value *resources = resources_of(call, row->resource);
    for (size_t i = 0; i < value_len(resources); i++) {
        const char *resource = value_str(value_item(resources, i));
        if (row->judge == ACTION_PASSES ? passes(call, row, resource)
                                        : call_authorize(call, row->action, resource, NULL, NULL))
            continue;
        if (row->judge == ACTION_SILENT)
            call->error_message = "Insufficient privileges to perform this action.";
        return false;
    }
    return true;
}

bool call_allowed(struct sim_call *call)
{
    if (call->admin && !organization_limits(call->world))
        return true;
    bool known = false;
    for (size_t i = 0; i < action_len; i++) {
        const struct action *row = &actions[i];
        if (!str_eq(row->service, call->api->service) ||
            !str_eq(row->operation, call->operation->name))
            continue;
        known = true;
        if (!allowed(call, row))
            return false;
    }
    return known || call->admin ||
           call_denied(
               call, arena_printf(call->arena, "%s:%s", call->api->service, call->operation->name),
               "*");
}
