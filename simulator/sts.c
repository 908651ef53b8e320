#include "simulator/sts.h"

#include <string.h>

#include "engine/aws/arn.h"
#include "simulator/authorize.h"
#include "simulator/iam.h"

const struct value *sts_session(struct world *world, struct arena *arena,
                                const struct session_spec *spec)
{
    const struct value *role = iam_role_get(world, arena, spec->role_arn);
    struct arn arn;
    if (!role || !arn_parse(slice_of(spec->role_arn), &arn))
        return NULL;
    const char *account = arena_strndup(arena, arn.account.ptr, arn.account.len);
    const char *key = id_upper(world, arena, "ASIA", 16);
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "Account", account);
    map_put_str(&b, "Role", spec->role_arn);
    map_put_str(&b, "Session",
                arena_printf(arena, "arn:%.*s:sts::%s:assumed-role/%s/%s", (int)arn.partition.len,
                             arn.partition.ptr, account, value_get_str(role, "RoleName"),
                             spec->name));
    map_put_str(&b, "RoleId", value_get_str(role, "RoleId"));
    map_put_str(&b, "AccessKeyId", key);
    map_put_str(&b, "SecretAccessKey", id_hex(world, arena, 40));
    map_put_str(&b, "SessionToken", arena_printf(arena, "Fwo%s", id_hex(world, arena, 64)));
    map_put_int(&b, "Expiration_ms", clock_wall_ms() + spec->seconds * 1000);
    map_put_str(&b, "Policy", spec->policy);
    map_put_str(&b, "Function", spec->function);
    map_put_str(&b, "Token", value_get_str(map_end(&b), "SessionToken"));
    const struct value *body = map_end(&b);
    store_put(world, "~sts.session", "", "", key, body);
    return body;
}

static bool get_caller_identity(struct sim_call *call)
{
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "Arn", call->session ? call->session : call->principal);
    const struct value *role = iam_role_get(call->world, call->arena, call->principal);
    const char *id = value_get_str(role, "RoleId");
    const char *slash = call->session ? strrchr(call->session, '/') : NULL;
    map_put_str(&b, "UserId",
                id && slash ? arena_printf(call->arena, "%s:%s", id, slash + 1) : call->account);
    map_put_str(&b, "Account", call->account);
    return call_answer(call, map_end(&b));
}

static bool may_assume(struct sim_call *call, const char *role_arn, const char *session_name)
{
    struct map_builder context = map_begin(call->arena);
    map_put_str(&context, "sts:ExternalId", call_str(call, "ExternalId"));
    map_put_str(&context, "sts:RoleSessionName", session_name);
    map_put_str(&context, "sts:SourceIdentity", call_str(call, "SourceIdentity"));
    const struct value *role = iam_role_get(call->world, call->arena, role_arn);
    const char *why = NULL;
    const char *trust = value_get_str(role, "AssumeRolePolicyDocument");
    const struct authorization request = {
        .principal = call->principal,
        .session = call->session,
        .session_policy = call->session_policy,
        .action = "sts:AssumeRole",
        .resource = role_arn,
        .resource_policy = trust ? policy_from_text(call->arena, slice_of(trust), &why) : NULL,
        .resource_policy_rules = true,
        .context = map_end(&context),
    };
    if (role && iam_role_settled(call->world, role) && role_account_open(call->world, role_arn) &&
        authorize(call->world, call->arena, &request, &why))
        return true;
    return call_error(call, 403, "AccessDenied",
                      "User: %s is not authorized to perform: sts:AssumeRole on resource: %s",
                      call->session ? call->session : call->principal, role_arn);
}

static bool assume_role(struct sim_call *call)
{
    const char *role_arn = call_need(call, "RoleArn");
    const char *name = role_arn ? call_need(call, "RoleSessionName") : NULL;
    if (!name)
        return false;
    int64_t seconds = call_int(call, "DurationSeconds", 3600);
    if (seconds < 900 || seconds > 43200)
        return call_error(call, 400, "ValidationError",
                          "The requested DurationSeconds must be between 900 and 43200.");
    if (!may_assume(call, role_arn, name))
        return false;
    const struct value *role = iam_role_get(call->world, call->arena, role_arn);
    int64_t max = value_get_int(role, "MaxSessionDuration", 3600);
    if (call->session && seconds > 3600)
        return call_error(
            call, 400, "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles "
            "assumed by role chaining");
    if (seconds > max)
        return call_error(call, 400, "ValidationError",
                          "The requested DurationSeconds exceeds the MaxSessionDuration set for "
                          "this role.");
    const struct value *made =
        sts_session(call->world, call->arena,
                    &(struct session_spec){.role_arn = role_arn,
                                           .name = name,
                                           .seconds = seconds,
                                           .policy = call_str(call, "Policy")});
    struct map_builder keys = map_begin(call->arena);
    map_put(&keys, "AccessKeyId", value_get(made, "AccessKeyId"));
    map_put(&keys, "SecretAccessKey", value_get(made, "SecretAccessKey"));
    map_put(&keys, "SessionToken", value_get(made, "SessionToken"));
    map_put(&keys, "Expiration", call_time(call, value_get_int(made, "Expiration_ms", 0)));
    struct map_builder user = map_begin(call->arena);
    map_put_str(&user, "AssumedRoleId",
                arena_printf(call->arena, "%s:%s", value_get_str(made, "RoleId"), name));
    map_put(&user, "Arn", value_get(made, "Session"));
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "Credentials", map_end(&keys));
    map_put(&b, "AssumedRoleUser", map_end(&user));
    return call_answer(call, map_end(&b));
}

static const struct sim_operation operations[] = {
    {.name = "GetCallerIdentity", .run = get_caller_identity},
    {.name = "AssumeRole", .run = assume_role},
};

const struct sim_api sim_sts = {
    .service = "sts",
    .wire = SIM_QUERY,
    .version = "2011-06-15",
    .xmlns = "https://sts.amazonaws.com/doc/2011-06-15/",
    .missing = "ValidationError",
    .operations = operations,
    .operation_len = ARRAY_LEN(operations),
};
