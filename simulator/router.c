/* From a signed request to an operation, and from its result to the bytes of the answer. */
#include "simulator/internal.h"

#include <ctype.h>
#include <string.h>

#include "engine/aws/partition.h"
#include "engine/base/json.h"
#include "engine/base/log.h"
#include "simulator/actions.h"
#include "simulator/iam.h"

static bool same_name(const char *a, const char *b)
{
    for (; *a && *b; a++, b++) {
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
    }
    return *a == *b;
}

const char *sim_header(const struct sim_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_len; i++) {
        if (same_name(request->headers[i].name, name))
            return request->headers[i].value;
    }
    return NULL;
}

/* ---- who calls ---- */

struct credential_scope {
    const char *access_key, *region, *service;
};

/* "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/backup/aws4_request, ..." */
static bool scope_read(struct arena *arena, const char *header, struct credential_scope *ret)
{
    const char *at = header ? strstr(header, "Credential=") : NULL;
    if (!at)
        return false;
    struct slice rest = slice_of(at + strlen("Credential="));
    rest = slice_cut(&rest, ',');
    rest = slice_trim(rest);
    struct slice part[5];
    for (size_t i = 0; i < ARRAY_LEN(part); i++)
        part[i] = slice_cut(&rest, '/');
    if (!part[0].len || !part[2].len || !slice_starts(part[4], "aws4_request"))
        return false;
    *ret = (struct credential_scope){arena_strndup(arena, part[0].ptr, part[0].len),
                                     arena_strndup(arena, part[2].ptr, part[2].len),
                                     arena_strndup(arena, part[3].ptr, part[3].len)};
    return true;
}

/* What AWS says of credentials that are nobody's. */
static bool caller_invalid(struct sim_call *call, const char *why)
{
    return call_error(
        call, 403, call->wire == SIM_QUERY ? "InvalidClientTokenId" : "UnrecognizedClientException",
        "The security token included in the request is invalid%s", why);
}

static bool caller_by_session(struct sim_call *call, const struct sim_request *request)
{
    const struct value *body =
        store_get(call->world, call->arena, "~sts.session", "", "", call->access_key);
    const char *token = sim_header(request, "x-amz-security-token");
    if (!body || !token || !str_eq(token, value_get_str(body, "Token")) ||
        !account_open(call->world, value_get_str(body, "Account")))
        return caller_invalid(call, ".");
    if (value_get_int(body, "Expiration_ms", 0) <= clock_wall_ms())
        return call_error(call, 403,
                          call->wire == SIM_QUERY ? "ExpiredToken" : "ExpiredTokenException",
                          "The security token included in the request is expired");
    call->account = value_get_str(body, "Account");
    call->principal = value_get_str(body, "Role");
    call->session = value_get_str(body, "Session");
    const struct value *role = iam_role_get(call->world, call->arena, call->principal);
    call->session_policy = value_get_str(body, "Policy");
    call->function = value_get_str(body, "Function");
    call->admin = iam_role_is_admin(role) && !call->session_policy;
    return true;
}

static bool caller_known(struct sim_call *call, const struct sim_request *request)
{
    if (!account_id_is_valid(call->access_key))
        return caller_by_session(call, request);
    if (!account_known(call->world, call->access_key))
        return caller_invalid(
            call, arena_printf(call->arena, ": the world has no account %s.", call->access_key));
    if (!account_open(call->world, call->access_key))
        return caller_invalid(call, ".");
    call->account = call->access_key;
    call->principal =
        arena_printf(call->arena, "arn:%s:iam::%s:root", call->partition, call->account);
    call->admin = true;
    return true;
}

/* ---- which operation ---- */

static const struct sim_operation *operation_named(const struct sim_api *api, const char *name)
{
    for (size_t i = 0; name && i < api->operation_len; i++) {
        if (str_eq(api->operations[i].name, name))
            return &api->operations[i];
    }
    return NULL;
}

static bool merge(struct sim_call *call, const struct value *more)
{
    struct map_builder b = map_begin_from(call->arena, call->input);
    for (size_t i = 0; i < value_len(more); i++)
        map_put(&b, more->map.entries[i].key, more->map.entries[i].value);
    call->input = map_end(&b);
    return true;
}

static bool read_json(struct sim_call *call)
{
    if (!slice_trim(call->body).len)
        return true;
    const struct value *body = NULL;
    const char *why = NULL;
    if (!json_parse(call->arena, call->body, &body, &why) || !value_is(body, VALUE_MAP))
        return call_error(call, 400, "SerializationException", "the body cannot be read: %s",
                          why ? why : "it is not an object");
    return merge(call, body);
}

static bool uri_fits(struct sim_call *call, const char *uri, struct slice path,
                     const struct value *parameters, struct map_builder *labels)
{
    struct slice wanted = slice_of(uri);
    struct slice form = slice_cut(&wanted, '?');
    if (wanted.len && !value_get(parameters, wanted.ptr))
        return false;
    return uri_match(call->arena, arena_strndup(call->arena, form.ptr, form.len), path, labels);
}

static bool find_rest(struct sim_call *call, const struct sim_request *request)
{
    struct slice query = slice_of(request->target);
    struct slice path = slice_cut(&query, '?');
    const struct value *parameters = query_decode(call->arena, query);
    for (size_t i = 0; i < call->api->operation_len; i++) {
        const struct sim_operation *op = &call->api->operations[i];
        struct map_builder labels;
        if (!op->uri || !str_eq(op->method, request->method) ||
            !uri_fits(call, op->uri, path, parameters, &labels))
            continue;
        call->operation = op;
        /* a body that is the payload itself (an invocation's event) need not be an object */
        bool json = call->wire == SIM_REST_JSON && !str_eq(op->name, "Invoke");
        if (json && !read_json(call))
            return false;
        return merge(call, parameters) && merge(call, map_end(&labels));
    }
    return call_error(call, 404, "UnknownOperationException", "%s has no operation %s %.*s",
                      call->api->service, request->method, (int)path.len, path.ptr);
}

static bool find_json(struct sim_call *call, const struct sim_request *request)
{
    const char *target = sim_header(request, "x-amz-target");
    const char *dot = target ? strrchr(target, '.') : NULL;
    call->operation = operation_named(call->api, dot ? dot + 1 : NULL);
    if (!call->operation)
        return call_error(call, 400, "UnknownOperationException", "%s has no operation %s",
                          call->api->service, target ? target : "without X-Amz-Target");
    return read_json(call);
}

static bool find_query(struct sim_call *call)
{
    merge(call, form_decode(call->arena, call->body));
    const char *name = call_str(call, "Action");
    call->operation = operation_named(call->api, name);
    if (call->operation)
        return true;
    return call_error(call, 400, "InvalidAction", "Could not find operation %s for version %s",
                      name ? name : "(none)", call->api->version ? call->api->version : "");
}

static bool find_operation(struct sim_call *call, const struct sim_request *request)
{
    switch (call->wire) {
    case SIM_REST_JSON:
    case SIM_REST_XML: return find_rest(call, request);
    case SIM_JSON: return find_json(call, request);
    case SIM_QUERY: return find_query(call);
    }
    return false;
}

/* ---- the answer ---- */

static void respond_error(struct sim_call *call, struct sim_response *ret)
{
    if (call->wire == SIM_QUERY || call->wire == SIM_REST_XML) {
        ret->body = slice_of(xml_error(call));
        return;
    }
    struct map_builder b = map_begin_from(call->arena, call->error_extra);
    if (call->wire == SIM_JSON) {
        map_put_str(&b, "__type", call->error_code);
        map_put_str(&b, "message", call->error_message);
    } else {
        if (!call->api || !call->api->codeless)
            map_put_str(&b, "Code", call->error_code);
        map_put_str(&b, "Message", call->error_message);
        if (!call->api || !call->api->typeless)
            map_put_str(&b, "Type", call->status >= 500 ? "Server" : "User");
        call_header(call, "x-amzn-ErrorType", call->error_code);
    }
    ret->body = slice_of(json_print(call->arena, map_end(&b), JSON_COMPACT));
}

static void respond(struct sim_call *call, const struct sim_request *request,
                    struct sim_response *ret)
{
    const char *type = "application/json";
    if (call->wire == SIM_QUERY)
        type = "text/xml";
    else if (call->wire == SIM_REST_XML)
        type = "application/xml";
    else if (call->wire == SIM_JSON)
        type = str_eq(call->api ? call->api->version : NULL, "1.0") ? "application/x-amz-json-1.0"
                                                                    : "application/x-amz-json-1.1";
    if (call->error_code)
        respond_error(call, ret);
    else if (call->raw.ptr)
        ret->body = call->raw;
    else if (call->wire == SIM_QUERY)
        ret->body = slice_of(xml_encode(call));
    else if (call->output)
        ret->body = slice_of(json_print(call->arena, call->output, JSON_COMPACT));
    if (call->content_type && !call->error_code)
        type = call->content_type;
    call_header(call, "Content-Type", type);
    call_header(call, call->wire == SIM_REST_XML ? "x-amz-request-id" : "x-amzn-RequestId",
                call->request_id);
    call_header(call, "Date",
                time_http(call->arena, request->served ? clock_wall_ms() : call->now));
    ret->status = call->status;
    ret->headers = call->headers;
    ret->header_len = call->header_len;
}

/* ---- one request ---- */

static enum sim_wire wire_of(const struct sim_api *api, const struct sim_request *request)
{
    const char *type = sim_header(request, "content-type");
    if (!api)
        return sim_header(request, "x-amz-target")                         ? SIM_JSON
               : type && strstr(type, "application/x-www-form-urlencoded") ? SIM_QUERY
                                                                           : SIM_REST_JSON;
    if (api->wire == SIM_JSON && !sim_header(request, "x-amz-target") && type &&
        strstr(type, "application/x-www-form-urlencoded"))
        return SIM_QUERY;
    return api->wire;
}

static bool find_api(struct sim_call *call, const struct sim_request *request,
                     struct credential_scope *scope)
{
    bool signed_for = scope_read(call->arena, sim_header(request, "authorization"), scope);
    call->api = signed_for ? api_of(scope->service) : NULL;
    call->wire = wire_of(call->api, request);
    if (!signed_for)
        return call_error(call, 403, "MissingAuthenticationTokenException",
                          "Request is missing Authentication Token");
    call->access_key = scope->access_key;
    call->scope_region = scope->region;
    call->partition = partition_of_region(scope->region);
    if (!call->api)
        return call_error(call, 400, "UnknownOperationException", "the simulator has no service %s",
                          scope->service);
    call->region = call->api->global ? "" : scope->region;
    return true;
}

static void settle(struct world *world, struct sim_call *call, bool good,
                   const struct credential_scope *scope)
{
    if (!good)
        world_rollback(world); /* an error leaves no trace but in the ledger */
    if (!good && world->record)
        world_begin(world);
    if (world->record)
        call_record(world, call, scope->service, call->operation ? call->operation->name : NULL);
    if (!world->in_tx || world_commit(world))
        return;
    const struct diags *diags = &world->diags;
    log_event(LOG_ERROR, "the world cannot be written", "why",
              diags->len ? diags->items[diags->len - 1].message : NULL, NULL);
    call_error(call, 500, "InternalFailure", "the world cannot be written");
}

/* Sessions are known at once, or nobody could use what was just handed out. */
static bool run(struct sim_call *call)
{
    struct world *world = call->world;
    world->reading = !call->operation->writes && !str_eq(call->api->service, "sts");
    bool good = call->operation->run(call);
    world->reading = false;
    return good;
}

void world_handle(struct world *world, struct arena *arena, const struct sim_request *request,
                  struct sim_response *ret)
{
    if (lambda_code_handle(world, arena, request, ret))
        return;
    struct map_builder none = map_begin(arena);
    struct sim_call call = {.world = world,
                            .arena = arena,
                            .partition = "aws",
                            .region = "",
                            .scope_region = "",
                            .now = world_now_ms(world),
                            .input = map_end(&none),
                            .body = request->body,
                            .beside = request->beside,
                            .invocation_type = sim_header(request, "x-amz-invocation-type"),
                            .sent = request->headers,
                            .sent_len = request->header_len};
    struct credential_scope scope = {0};
    long long count = (long long)++world->request_count;
    call.request_id = arena_printf(arena, "00000000-0000-4000-8000-%012llx", count);
    *ret = (struct sim_response){0};
    world_begin(world);
    world->made = 0;
    bool good = find_api(&call, request, &scope) && caller_known(&call, request) &&
                find_operation(&call, request) && hardships_let_through(&call) &&
                call_allowed(&call) && run(&call);
    settle(world, &call, good, &scope);
    good = good && !call.error_code;
    if (good)
        hardships_spoil(&call);
    respond(&call, request, ret);
    if (good)
        hardships_cut(&call, ret);
}
