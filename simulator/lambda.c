/* Lambda's API: functions, code, configuration, permissions, tags, concurrency. */
#include "simulator/lambda.h"

#include <string.h>

#include "engine/aws/arn.h"
#include "engine/aws/partition.h"
#include "engine/base/crypto.h"
#include "engine/base/json.h"
#include "simulator/authorize.h"
#include "simulator/tags.h"

#define ENVIRONMENT_MAX ((size_t)4096)
#define READY_MS 1000 /* how long a new or changed function is not ready */

const char *lambda_name(struct arena *arena, const char *text)
{
    const char *at = strstr(text, "function:");
    if (at)
        text = at + strlen("function:");
    const char *end = strchr(text, ':');
    return end ? arena_strndup(arena, text, (size_t)(end - text)) : text;
}

static const char *function_arn(struct sim_call *call, const char *name)
{
    return call_arn(call, "lambda", "function:%s", name);
}

static const struct value *need_function(struct sim_call *call, const char **ret_name)
{
    const char *text = call_need(call, "FunctionName");
    if (!text)
        return NULL;
    *ret_name = lambda_name(call->arena, text);
    const struct value *function = store_get(call->world, call->arena, LAMBDA_FUNCTION,
                                             call->account, call->region, *ret_name);
    if (!function)
        call_error(call, 404, "ResourceNotFoundException", "Function not found: %s",
                   function_arn(call, *ret_name));
    return function;
}

static const struct value *save(struct sim_call *call, const char *name,
                                const struct value *function)
{
    const struct value *kept =
        value_with(call->arena, function, "RevisionId",
                   value_string(call->arena, id_uuid(call->world, call->arena)));
    store_put(call->world, LAMBDA_FUNCTION, call->account, call->region, name, kept);
    return kept;
}

/* ---- shape ---- */

static const struct value *modified(struct arena *arena, int64_t ms)
{
    const char *iso = time_iso_ms(arena, ms); /* 2026-01-01T00:00:00.000Z, here with +0000 */
    return value_stringf(arena, "%.*s+0000", (int)strlen(iso) - 1, iso);
}

static void put_map(struct map_builder *b, const char *key, const char *member, const char *text)
{
    struct map_builder one = map_begin(b->arena);
    map_put_str(&one, member, text);
    map_put(b, key, map_end(&one));
}

static const struct value *configuration(struct sim_call *call, const struct value *function)
{
    static const char *const plain[] = {
        "FunctionName",  "FunctionArn",      "Runtime",     "Role",
        "Handler",       "CodeSize",         "Description", "Timeout",
        "MemorySize",    "CodeSha256",       "RevisionId",  "Architectures",
        "Environment",   "DeadLetterConfig", "KMSKeyArn",   "EphemeralStorage",
        "LoggingConfig", "TracingConfig",    "PackageType"};
    bool ready = call->now >= value_get_int(function, "Ready_ms", 0);
    bool fresh = value_get_bool(function, "Fresh", false);
    struct map_builder b = map_begin(call->arena);
    for (size_t i = 0; i < ARRAY_LEN(plain); i++)
        map_put(&b, plain[i], value_get(function, plain[i]));
    map_put_str(&b, "Version", "$LATEST");
    map_put(&b, "LastModified", modified(call->arena, value_get_int(function, "Modified_ms", 0)));
    map_put_str(&b, "State", !ready && fresh ? "Pending" : "Active");
    if (!ready && fresh) {
        map_put_str(&b, "StateReason", "The function is being created.");
        map_put_str(&b, "StateReasonCode", "Creating");
    }
    map_put_str(&b, "LastUpdateStatus", ready || fresh ? "Successful" : "InProgress");
    struct map_builder snap = map_begin(call->arena);
    map_put_str(&snap, "ApplyOn", "None");
    map_put_str(&snap, "OptimizationStatus", "Off");
    map_put(&b, "SnapStart", map_end(&snap));
    return map_end(&b);
}

/* ---- checks ---- */

/* The role must trust Lambda; a function whose role has not settled cannot be made yet. */
static bool role_fits(struct sim_call *call, const char *role)
{
    return role_trusts_service(call->world, call->arena, role, "lambda.amazonaws.com", NULL) ||
           call_error(call, 400, "InvalidParameterValueException",
                      "The role defined for the function cannot be assumed by Lambda.");
}

static bool dead_letters_fit(struct sim_call *call, const char *role, const char *queue)
{
    struct arn arn;
    if (!queue || !*queue)
        return true;
    const char *action = arn_parse(slice_of(queue), &arn) && slice_is(arn.service, "sns")
                             ? "sns:Publish"
                             : "sqs:SendMessage";
    const struct authorization request = {.principal = role, .action = action, .resource = queue};
    return authorize(call->world, call->arena, &request, NULL) ||
           call_error(call, 400, "InvalidParameterValueException",
                      "The provided execution role does not have permissions to call %s on %s",
                      strchr(action, ':') + 1, slice_is(arn.service, "sns") ? "SNS" : "SQS");
}

static bool revision_fits(struct sim_call *call, const struct value *function)
{
    const char *wanted = call_str(call, "RevisionId");
    return !wanted || str_eq(wanted, value_get_str(function, "RevisionId")) ||
           call_error(call, 412, "PreconditionFailedException",
                      "The RevisionId provided does not match the latest RevisionId.");
}

static bool not_busy(struct sim_call *call, const struct value *function)
{
    return call->now >= value_get_int(function, "Ready_ms", 0) ||
           call_error(call, 409, "ResourceConflictException",
                      "The operation cannot be performed at this time. An update is in progress "
                      "for resource: %s",
                      value_get_str(function, "FunctionArn"));
}

/* Stores the package and sets CodeSha256, CodeSize and what its address is signed with. */
static bool put_code(struct sim_call *call, const struct value *code, const char *name,
                     struct map_builder *b)
{
    const char *text = value_get_str(code, "ZipFile");
    struct slice zip;
    if (!text)
        return call_error(call, 400, "InvalidParameterValueException",
                          "Please provide a source for function code: the simulator takes ZipFile "
                          "only.");
    if (!base64_decode(call->arena, slice_of(text), &zip) || zip.len < 4 ||
        memcmp(zip.ptr, "PK", 2) != 0)
        return call_error(call, 400, "InvalidParameterValueException",
                          "Could not unzip uploaded file. Please check your file, then try to "
                          "upload again.");
    uint8_t digest[SHA256_LEN];
    sha256(zip, digest);
    map_put_str(b, "CodeSha256",
                base64_encode(call->arena, (struct slice){(const char *)digest, SHA256_LEN}));
    map_put_int(b, "CodeSize", (int64_t)zip.len);
    map_put_str(b, LAMBDA_CODE_SECRET, sha256_hex(call->arena, slice_of(text)));
    struct map_builder kept = map_begin(call->arena);
    map_put_str(&kept, "Zip", text);
    store_put(call->world, LAMBDA_CODE, call->account, call->region, name, map_end(&kept));
    return true;
}

/* ---- functions ---- */

static void put_defaults(struct sim_call *call, struct map_builder *b, const char *name)
{
    struct list_builder x86 = list_begin(call->arena);
    list_add_str(&x86, "x86_64");
    struct map_builder storage = map_begin(call->arena);
    map_put_int(&storage, "Size", 512);
    struct map_builder logging = map_begin(call->arena);
    map_put_str(&logging, "LogFormat", "Text");
    map_put_str(&logging, "LogGroup", arena_printf(call->arena, "/aws/lambda/%s", name));
    map_put_str(b, "Description", "");
    map_put_int(b, "Timeout", 3);
    map_put_int(b, "MemorySize", 128);
    map_put(b, "Architectures", list_end(&x86));
    map_put(b, "EphemeralStorage", map_end(&storage));
    map_put(b, "LoggingConfig", map_end(&logging));
    map_put_str(b, "PackageType", "Zip");
    put_map(b, "TracingConfig", "Mode", "PassThrough");
}

/* Names of variables: [a-zA-Z]([a-zA-Z0-9_])+, two characters at least. */
static bool environment_fits(struct sim_call *call)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char others[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    const struct value *variables = value_pointer(call->input, "/Environment/Variables");
    for (size_t i = 0; i < value_len(variables); i++) {
        const char *name = variables->map.entries[i].key;
        size_t len = strlen(name);
        if (len < 2 || !strchr(letters, name[0]) || strspn(name, others) != len)
            return call_error(
                call, 400, "ValidationException",
                "1 validation error detected: Value at 'environment.variables' failed "
                "to satisfy constraint: Map keys must satisfy constraint: [Member "
                "must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]");
    }
    return true;
}

/* AWS measures the variables as one object of JSON. */
static bool environment_is_small(struct sim_call *call)
{
    const struct value *variables = value_pointer(call->input, "/Environment/Variables");
    const char *text = variables ? json_print(call->arena, variables, JSON_COMPACT) : "";
    return strlen(text) <= ENVIRONMENT_MAX ||
           call_error(call, 400, "InvalidParameterValueException",
                      "Lambda was unable to configure your environment variables because the "
                      "environment variables you have provided exceeded the 4KB limit. String "
                      "measured: %s",
                      text);
}

/* What CreateFunction and UpdateFunctionConfiguration share. */
static bool put_given(struct sim_call *call, struct map_builder *b)
{
    static const char *const settable[] = {"Role",        "Handler",          "Description",
                                           "Timeout",     "MemorySize",       "Runtime",
                                           "KMSKeyArn",   "EphemeralStorage", "TracingConfig",
                                           "Environment", "DeadLetterConfig"};
    if (!environment_fits(call) || !environment_is_small(call))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(settable); i++)
        map_put(b, settable[i], call_get(call, settable[i]));
    const struct value *logging = call_get(call, "LoggingConfig");
    if (logging)
        map_put(b, "LoggingConfig",
                tags_merge(call->arena, value_get(map_end(b), "LoggingConfig"), logging));
    const char *queue = value_get_str(value_get(map_end(b), "DeadLetterConfig"), "TargetArn");
    if (queue && !*queue)
        map_drop(b, "DeadLetterConfig"); /* an empty ARN takes it away */
    const struct value *environment = value_get(map_end(b), "Environment");
    if (environment && !value_len(value_get(environment, "Variables")))
        map_drop(b, "Environment");
    const struct value *made = map_end(b);
    int64_t timeout = value_get_int(made, "Timeout", 3);
    if (timeout < 1 || timeout > 900)
        return call_error(call, 400, "InvalidParameterValueException",
                          "Timeout must be between 1 and 900 seconds");
    const char *role = value_get_str(made, "Role");
    return role_fits(call, role) && dead_letters_fit(call, role, queue);
}

static bool create_function(struct sim_call *call)
{
    const char *text = call_need(call, "FunctionName");
    if (!text || !call_need(call, "Role"))
        return false;
    const char *name = lambda_name(call->arena, text);
    if (store_get(call->world, call->arena, LAMBDA_FUNCTION, call->account, call->region, name))
        return call_error(call, 409, "ResourceConflictException", "Function already exist: %s",
                          name);
    const struct value *tags = call_get(call, "Tags");
    const char *refused = tags_refused(call->arena, tags);
    if (refused)
        return call_error(call, 400, "InvalidParameterValueException", "%s", refused);
    struct map_builder none = map_begin(call->arena);
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "FunctionName", name);
    map_put_str(&b, "FunctionArn", function_arn(call, name));
    put_defaults(call, &b, name);
    map_put(&b, "Architectures", call_get(call, "Architectures"));
    if (!put_given(call, &b) || !put_code(call, call_get(call, "Code"), name, &b))
        return false;
    map_put(&b, "Tags", tags ? tags : map_end(&none));
    map_put_int(&b, "Modified_ms", call->now);
    map_put_int(&b, "Ready_ms", call->now + setting_int(call->world, "lambda_ready_ms", READY_MS));
    map_put_bool(&b, "Fresh", true);
    return call_answer(call, configuration(call, save(call, name, map_end(&b))));
}

/* Whoever may not list tags does not get them here either. */
static void put_tags(struct sim_call *call, struct map_builder *b, const struct value *function)
{
    if (call->admin || call_may(call, "lambda:ListTags", value_get_str(function, "FunctionArn"))) {
        map_put(b, "Tags", value_get(function, "Tags"));
        return;
    }
    struct map_builder error = map_begin(call->arena);
    map_put_str(&error, "ErrorCode", "AccessDeniedException");
    map_put_str(&error, "Message", "You are not authorized to perform: lambda:ListTags.");
    map_put(b, "TagsError", map_end(&error));
}

static bool get_function(struct sim_call *call)
{
    const char *name;
    const struct value *function = need_function(call, &name);
    if (!function)
        return false;
    struct map_builder code = map_begin(call->arena);
    map_put_str(&code, "RepositoryType", "S3");
    map_put_str(&code, "Location", lambda_code_location(call, name, function));
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "Configuration", configuration(call, function));
    map_put(&b, "Code", map_end(&code));
    if (value_len(value_get(function, "Tags")))
        put_tags(call, &b, function);
    const struct value *reserved = value_get(function, "Reserved");
    if (reserved) {
        struct map_builder concurrency = map_begin(call->arena);
        map_put(&concurrency, "ReservedConcurrentExecutions", reserved);
        map_put(&b, "Concurrency", map_end(&concurrency));
    }
    return call_answer(call, map_end(&b));
}

static bool get_configuration(struct sim_call *call)
{
    const char *name;
    const struct value *function = need_function(call, &name);
    return function && call_answer(call, configuration(call, function));
}

static bool list_functions(struct sim_call *call)
{
    const char *next;
    struct objects rows;
    if (!store_page(call, LAMBDA_FUNCTION, NULL, "Marker", "MaxItems", 50, &rows, &next))
        return call_error(call, 400, "InvalidParameterValueException", "Invalid Marker");
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++)
        list_add(&list, configuration(call, rows.items[i].body));
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "Functions", list_end(&list));
    map_put_str(&b, "NextMarker", next);
    return call_answer(call, map_end(&b));
}

/* A change of code or configuration takes a moment, in which no other is taken. */
static bool finish_update(struct sim_call *call, const char *name, struct map_builder *b)
{
    map_put_int(b, "Modified_ms", call->now);
    map_put_int(b, "Ready_ms", call->now + setting_int(call->world, "lambda_ready_ms", READY_MS));
    map_put_bool(b, "Fresh", false);
    return call_answer(call, configuration(call, save(call, name, map_end(b))));
}

static bool update_code(struct sim_call *call)
{
    const char *name;
    const struct value *function = need_function(call, &name);
    if (!function || !not_busy(call, function) || !revision_fits(call, function))
        return false;
    struct map_builder b = map_begin_from(call->arena, function);
    if (!put_code(call, call->input, name, &b))
        return false;
    map_put(&b, "Architectures", call_get(call, "Architectures"));
    return finish_update(call, name, &b);
}

static bool update_configuration(struct sim_call *call)
{
    const char *name;
    const struct value *function = need_function(call, &name);
    if (!function || !not_busy(call, function) || !revision_fits(call, function))
        return false;
    struct map_builder b = map_begin_from(call->arena, function);
    return put_given(call, &b) && finish_update(call, name, &b);
}

static bool delete_function(struct sim_call *call)
{
    const char *name;
    if (!need_function(call, &name))
        return false;
    store_delete(call->world, LAMBDA_FUNCTION, call->account, call->region, name);
    store_delete(call->world, LAMBDA_CODE, call->account, call->region, name);
    return call_answer(call, NULL);
}

/* ---- permissions ---- */

static const struct value *principal_of(struct sim_call *call, const char *principal)
{
    struct map_builder b = map_begin(call->arena);
    if (str_eq(principal, "*"))
        return value_string(call->arena, "*");
    if (account_id_is_valid(principal))
        map_put_str(&b, "AWS",
                    arena_printf(call->arena, "arn:%s:iam::%s:root", call->partition, principal));
    else
        map_put_str(&b, str_starts(principal, "arn:") ? "AWS" : "Service", principal);
    return map_end(&b);
}

static const struct value *condition_of(struct sim_call *call)
{
    static const char *const keys[][3] = {
        {"SourceArn", "ArnLike", "AWS:SourceArn"},
        {"SourceAccount", "StringEquals", "AWS:SourceAccount"},
        {"PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"},
    };
    struct map_builder b = map_begin(call->arena);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        const char *text = call_str(call, keys[i][0]);
        if (!text)
            continue;
        const struct value *so_far = value_get(map_end(&b), keys[i][1]);
        struct map_builder inner = map_begin_from(call->arena, so_far);
        map_put_str(&inner, keys[i][2], text);
        map_put(&b, keys[i][1], map_end(&inner));
    }
    return b.len ? map_end(&b) : NULL;
}

static bool add_permission(struct sim_call *call)
{
    const char *name;
    const struct value *function = need_function(call, &name);
    const char *sid = function ? call_need(call, "StatementId") : NULL;
    const char *action = sid ? call_need(call, "Action") : NULL;
    const char *principal = action ? call_need(call, "Principal") : NULL;
    if (!principal || !revision_fits(call, function))
        return false;
    const struct value *statements = value_get(function, "Statements");
    if (value_get(statements, sid))
        return call_error(call, 409, "ResourceConflictException",
                          "The statement id (%s) provided already exists. Please provide a new "
                          "statement id, or remove the existing statement.",
                          sid);
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "Sid", sid);
    map_put_str(&b, "Effect", "Allow");
    map_put(&b, "Principal", principal_of(call, principal));
    map_put_str(&b, "Action", action);
    map_put(&b, "Resource", value_get(function, "FunctionArn"));
    map_put(&b, "Condition", condition_of(call));
    const struct value *statement = map_end(&b);
    /* known of AWS: one of two that meet is answered as if it had been added */
    bool lost = call->beside && setting_int(call->world, "lose_permissions", 0);
    if (!lost)
        save(call, name,
             value_with(call->arena, function, "Statements",
                        value_with(call->arena, statements, sid, statement)));
    struct map_builder answer = map_begin(call->arena);
    map_put_str(&answer, "Statement", json_print(call->arena, statement, JSON_COMPACT));
    return call_answer(call, map_end(&answer));
}

/* The policy that the statements make, or NULL when there is none. */
static const struct value *policy_of(struct arena *arena, const struct value *function)
{
    const struct value *statements = value_get(function, "Statements");
    struct list_builder list = list_begin(arena);
    for (size_t i = 0; i < value_len(statements); i++)
        list_add(&list, statements->map.entries[i].value);
    if (!list.len)
        return NULL;
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "Version", "2012-10-17");
    map_put_str(&b, "Id", "default");
    map_put(&b, "Statement", list_end(&list));
    return map_end(&b);
}

static bool get_policy(struct sim_call *call)
{
    const char *name;
    const struct value *function = need_function(call, &name);
    if (!function)
        return false;
    const struct value *policy = policy_of(call->arena, function);
    if (!policy)
        return call_error(call, 404, "ResourceNotFoundException",
                          "The resource you requested does not exist.");
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "Policy", json_print(call->arena, policy, JSON_COMPACT));
    map_put(&b, "RevisionId", value_get(function, "RevisionId"));
    return call_answer(call, map_end(&b));
}

static bool remove_permission(struct sim_call *call)
{
    const char *name;
    const struct value *function = need_function(call, &name);
    const char *sid = function ? call_need(call, "StatementId") : NULL;
    if (!sid || !revision_fits(call, function))
        return false;
    const struct value *statements = value_get(function, "Statements");
    if (!value_get(statements, sid))
        return call_error(call, 404, "ResourceNotFoundException",
                          "Statement %s is not found in resource policy.", sid);
    save(call, name,
         value_with(call->arena, function, "Statements",
                    value_without(call->arena, statements, sid)));
    return call_answer(call, NULL);
}

/* ---- concurrency and asynchronous invocation ---- */

static bool put_concurrency(struct sim_call *call)
{
    const char *name;
    const struct value *function = need_function(call, &name);
    if (!function)
        return false;
    int64_t reserved = call_int(call, "ReservedConcurrentExecutions", -1);
    if (reserved < 0)
        return call_error(call, 400, "InvalidParameterValueException",
                          "ReservedConcurrentExecutions must be 0 or more");
    save(call, name,
         value_with(call->arena, function, "Reserved", value_int(call->arena, reserved)));
    struct map_builder b = map_begin(call->arena);
    map_put_int(&b, "ReservedConcurrentExecutions", reserved);
    return call_answer(call, map_end(&b));
}

static bool get_concurrency(struct sim_call *call)
{
    const char *name;
    const struct value *function = need_function(call, &name);
    if (!function)
        return false;
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "ReservedConcurrentExecutions", value_get(function, "Reserved"));
    return call_answer(call, map_end(&b));
}

static bool delete_concurrency(struct sim_call *call)
{
    const char *name;
    const struct value *function = need_function(call, &name);
    if (!function)
        return false;
    save(call, name, value_without(call->arena, function, "Reserved"));
    return call_answer(call, NULL);
}

static bool answer_async(struct sim_call *call, const struct value *function)
{
    struct map_builder b = map_begin_from(call->arena, value_get(function, "Async"));
    int64_t at = value_get_int(map_end(&b), "Modified_ms", 0);
    map_drop(&b, "Modified_ms");
    map_put(&b, "LastModified", time_epoch(call->arena, at));
    map_put_str(&b, "FunctionArn",
                arena_printf(call->arena, "%s:$LATEST", value_get_str(function, "FunctionArn")));
    return call_answer(call, map_end(&b));
}

static bool set_async(struct sim_call *call, bool merge)
{
    static const char *const members[] = {"MaximumRetryAttempts", "MaximumEventAgeInSeconds",
                                          "DestinationConfig"};
    const char *name;
    const struct value *function = need_function(call, &name);
    if (!function)
        return false;
    int64_t attempts = call_int(call, "MaximumRetryAttempts", 2);
    int64_t age = call_int(call, "MaximumEventAgeInSeconds", 21600);
    if (attempts < 0 || attempts > 2 || age < 60 || age > 21600)
        return call_error(call, 400, "InvalidParameterValueException",
                          "MaximumRetryAttempts is 0 to 2, MaximumEventAgeInSeconds 60 to 21600");
    const char *queue = value_str(value_pointer(call->input, "/DestinationConfig/OnFailure/"
                                                             "Destination"));
    if (!dead_letters_fit(call, value_get_str(function, "Role"), queue))
        return false;
    struct map_builder b = map_begin_from(call->arena, merge ? value_get(function, "Async") : NULL);
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        map_put(&b, members[i], call_get(call, members[i]));
    map_put_int(&b, "Modified_ms", call->now);
    function = value_with(call->arena, function, "Async", map_end(&b));
    save(call, name, function);
    return answer_async(call, function);
}

static bool put_async(struct sim_call *call)
{
    return set_async(call, false);
}

static bool update_async(struct sim_call *call)
{
    return set_async(call, true);
}

static const struct value *need_async(struct sim_call *call, const char **ret_name)
{
    const struct value *function = need_function(call, ret_name);
    if (function && !value_get(function, "Async")) {
        call_error(call, 404, "ResourceNotFoundException",
                   "The function %s doesn't have an EventInvokeConfig",
                   value_get_str(function, "FunctionArn"));
        return NULL;
    }
    return function;
}

static bool get_async(struct sim_call *call)
{
    const char *name;
    const struct value *function = need_async(call, &name);
    return function && answer_async(call, function);
}

static bool delete_async(struct sim_call *call)
{
    const char *name;
    const struct value *function = need_async(call, &name);
    if (!function)
        return false;
    save(call, name, value_without(call->arena, function, "Async"));
    return call_answer(call, NULL);
}

/* ---- tags ---- */

static const struct value *need_tagged(struct sim_call *call, const char **ret_name)
{
    const char *arn = call_need(call, "Resource");
    if (!arn)
        return NULL;
    *ret_name = lambda_name(call->arena, arn);
    const struct value *function = store_get(call->world, call->arena, LAMBDA_FUNCTION,
                                             call->account, call->region, *ret_name);
    if (!function)
        call_error(call, 404, "ResourceNotFoundException", "Function not found: %s", arn);
    return function;
}

static bool tag_resource(struct sim_call *call)
{
    const char *name;
    const struct value *function = need_tagged(call, &name);
    if (!function)
        return false;
    const struct value *tags =
        tags_merge(call->arena, value_get(function, "Tags"), call_get(call, "Tags"));
    const char *refused = tags_refused(call->arena, tags);
    if (refused)
        return call_error(call, 400, "InvalidParameterValueException", "%s", refused);
    save(call, name, value_with(call->arena, function, "Tags", tags));
    return call_answer(call, NULL);
}

static bool untag_resource(struct sim_call *call)
{
    const char *name;
    const struct value *function = need_tagged(call, &name);
    if (!function)
        return false;
    const struct value *keys = call_get(call, "tagKeys");
    struct list_builder one = list_begin(call->arena);
    if (value_is(keys, VALUE_STRING)) {
        list_add(&one, keys);
        keys = list_end(&one);
    }
    save(call, name,
         value_with(call->arena, function, "Tags",
                    tags_remove(call->arena, value_get(function, "Tags"), keys)));
    return call_answer(call, NULL);
}

static bool list_tags(struct sim_call *call)
{
    const char *name;
    const struct value *function = need_tagged(call, &name);
    if (!function)
        return false;
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "Tags", value_get(function, "Tags"));
    return call_answer(call, map_end(&b));
}

/* ---- invocation ---- */

static const struct value *source_context(struct arena *arena, const char *source_arn)
{
    struct map_builder b = map_begin(arena);
    struct arn arn;
    map_put_str(&b, "aws:SourceArn", source_arn);
    if (source_arn && arn_parse(slice_of(source_arn), &arn))
        map_put_str(&b, "aws:SourceAccount",
                    arena_strndup(arena, arn.account.ptr, arn.account.len));
    return map_end(&b);
}

bool lambda_invoke_async(struct world *world, struct arena *arena, const char *arn_text,
                         const char *service, const char *source_arn, const struct value *event,
                         const char **ret_why)
{
    struct arn arn;
    if (!arn_parse(slice_of(arn_text), &arn)) {
        *ret_why = "it is not the ARN of a function";
        return false;
    }
    const char *account = arena_strndup(arena, arn.account.ptr, arn.account.len);
    const char *region = arena_strndup(arena, arn.region.ptr, arn.region.len);
    const char *name = lambda_name(arena, arn_text);
    const struct value *function = store_get(world, arena, LAMBDA_FUNCTION, account, region, name);
    if (!function) {
        *ret_why = "the function does not exist";
        return false;
    }
    const struct authorization request = {
        .service = service,
        .action = "lambda:InvokeFunction",
        .resource = value_get_str(function, "FunctionArn"),
        .resource_policy = policy_of(arena, function),
        .context = source_context(arena, source_arn),
    };
    if (!authorize(world, arena, &request, ret_why))
        return false;
    lambda_queue(world, arena, account, region, name, event);
    return true;
}

static bool invoke(struct sim_call *call)
{
    const char *name, *why = NULL;
    const struct value *function = need_function(call, &name), *event = value_null();
    if (!function ||
        !call_authorize(call, "lambda:InvokeFunction", value_get_str(function, "FunctionArn"),
                        policy_of(call->arena, function), NULL))
        return false;
    if (call->body.len && !json_parse(call->arena, call->body, &event, &why))
        return call_error(call, 400, "InvalidRequestContentException",
                          "Could not parse request body into json: %s", why);
    const char *type = call->invocation_type;
    if (str_eq(type, "DryRun")) {
        call_answer(call, NULL);
        call->status = 204;
        return true;
    }
    if (!str_eq(type, "Event"))
        return call_error(call, 400, "InvalidParameterValueException",
                          "the simulator invokes asynchronously only: InvocationType Event");
    lambda_queue(call->world, call->arena, call->account, call->region, name, event);
    call_answer(call, NULL);
    call->status = 202;
    return true;
}

#define F2015 "/2015-03-31/functions"
#define OP(op, verb, path, fn, changes, code)                                                      \
    {                                                                                              \
        .name = (op), .method = (verb), .uri = (path), .run = (fn), .writes = (changes),           \
        .status = (code)                                                                           \
    }

static const struct sim_operation operations[] = {
    OP("CreateFunction", "POST", F2015, create_function, true, 201),
    OP("ListFunctions", "GET", F2015, list_functions, false, 200),
    OP("GetFunction", "GET", F2015 "/{FunctionName}", get_function, false, 200),
    OP("DeleteFunction", "DELETE", F2015 "/{FunctionName}", delete_function, true, 204),
    OP("GetFunctionConfiguration", "GET", F2015 "/{FunctionName}/configuration", get_configuration,
       false, 200),
    OP("UpdateFunctionConfiguration", "PUT", F2015 "/{FunctionName}/configuration",
       update_configuration, true, 200),
    OP("UpdateFunctionCode", "PUT", F2015 "/{FunctionName}/code", update_code, true, 200),
    OP("AddPermission", "POST", F2015 "/{FunctionName}/policy", add_permission, true, 201),
    OP("GetPolicy", "GET", F2015 "/{FunctionName}/policy", get_policy, false, 200),
    OP("RemovePermission", "DELETE", F2015 "/{FunctionName}/policy/{StatementId}",
       remove_permission, true, 204),
    OP("PutFunctionConcurrency", "PUT", "/2017-10-31/functions/{FunctionName}/concurrency",
       put_concurrency, true, 200),
    OP("GetFunctionConcurrency", "GET", "/2019-09-30/functions/{FunctionName}/concurrency",
       get_concurrency, false, 200),
    OP("DeleteFunctionConcurrency", "DELETE", "/2017-10-31/functions/{FunctionName}/concurrency",
       delete_concurrency, true, 204),
    OP("PutFunctionEventInvokeConfig", "PUT",
       "/2019-09-25/functions/{FunctionName}/event-invoke-config", put_async, true, 200),
    OP("UpdateFunctionEventInvokeConfig", "POST",
       "/2019-09-25/functions/{FunctionName}/event-invoke-config", update_async, true, 200),
    OP("GetFunctionEventInvokeConfig", "GET",
       "/2019-09-25/functions/{FunctionName}/event-invoke-config", get_async, false, 200),
    OP("DeleteFunctionEventInvokeConfig", "DELETE",
       "/2019-09-25/functions/{FunctionName}/event-invoke-config", delete_async, true, 204),
    {.name = "TagResource",
     .method = "POST",
     .uri = "/2017-03-31/tags/{Resource}",
     .run = tag_resource,
     .writes = true,
     .status = 204},
    {.name = "UntagResource",
     .method = "DELETE",
     .uri = "/2017-03-31/tags/{Resource}",
     .run = untag_resource,
     .writes = true,
     .status = 204},
    {.name = "ListTags", .method = "GET", .uri = "/2017-03-31/tags/{Resource}", .run = list_tags},
    {.name = "Invoke",
     .method = "POST",
     .uri = F2015 "/{FunctionName}/invocations",
     .run = invoke,
     .writes = true},
};

static const struct sim_task tasks[] = {
    {.kind = "lambda.invoke", .run = lambda_invoke_task, .detached = true},
};

const struct sim_api sim_lambda = {
    .service = "lambda",
    .wire = SIM_REST_JSON,
    .version = "2015-03-31",
    .codeless = true,
    .missing = "InvalidParameterValueException",
    .operations = operations,
    .operation_len = ARRAY_LEN(operations),
    .tasks = tasks,
    .task_len = ARRAY_LEN(tasks),
};
