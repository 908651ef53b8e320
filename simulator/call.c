/* What operations use of their call: reading the input, ending in an answer or an error. */
#include "simulator/internal.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/json.h"

bool call_answer(struct sim_call *call, const struct value *output)
{
    call->output = output;
    call->status = call->operation && call->operation->status ? call->operation->status : 200;
    return true;
}

void call_fail(struct sim_call *call, int status, const char *code, const char *fmt, ...)
{
    char text[4096];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    call->status = status;
    call->error_code = arena_strdup(call->arena, code);
    call->error_message = arena_strdup(call->arena, text);
}

void call_error_put(struct sim_call *call, const char *member, const char *text)
{
    call->error_extra =
        value_with(call->arena, call->error_extra, member, value_string(call->arena, text));
}

void call_header(struct sim_call *call, const char *name, const char *value)
{
    struct http_header *headers = arena_array(call->arena, call->header_len + 1, sizeof(*headers));
    for (size_t i = 0; i < call->header_len; i++)
        headers[i] = call->headers[i];
    headers[call->header_len++] = (struct http_header){name, arena_strdup(call->arena, value)};
    call->headers = headers;
}

const char *call_sent(const struct sim_call *call, const char *name)
{
    const struct sim_request request = {.headers = call->sent, .header_len = call->sent_len};
    return sim_header(&request, name);
}

bool call_judged(struct sim_call *call, const char *action, const char *resource, bool allowed)
{
    if (call->admin)
        return allowed;
    call->judged = arena_grow(call->arena, call->judged, call->judged_len, &call->judged_cap,
                              call->judged_len + 1, sizeof(*call->judged));
    call->judged[call->judged_len++] = (struct sim_judged){action, resource, allowed};
    return allowed;
}

bool call_denied(struct sim_call *call, const char *action, const char *resource)
{
    const char *code = call->api->denied;
    int status = call->api->denied_status;
    if (!code)
        code = call->wire == SIM_QUERY ? "AccessDenied" : "AccessDeniedException";
    if (!status)
        status = call->api->wire == SIM_JSON ? 400 : 403;
    return call_error(call, status, code,
                      "User: %s is not authorized to perform: %s on resource: %s because no "
                      "identity-based policy allows the %s action",
                      call->session ? call->session : call->principal, action, resource, action);
}

const struct value *call_get(const struct sim_call *call, const char *member)
{
    const struct value *v = value_get(call->input, member);
    return value_is(v, VALUE_NULL) ? NULL : v;
}

const char *call_str(const struct sim_call *call, const char *member)
{
    return value_str(call_get(call, member));
}

int64_t call_int(const struct sim_call *call, const char *member, int64_t otherwise)
{
    const struct value *v = call_get(call, member);
    long long number;
    if (value_is(v, VALUE_STRING))
        return parse_int64(v->string, &number) ? number : otherwise;
    return value_get_int(call->input, member, otherwise);
}

bool call_bool(const struct sim_call *call, const char *member, bool otherwise)
{
    const struct value *v = call_get(call, member);
    if (value_is(v, VALUE_STRING))
        return slice_is(v->string, "true") || slice_is(v->string, "True");
    return value_get_bool(call->input, member, otherwise);
}

const char *call_need(struct sim_call *call, const char *member)
{
    const char *text = call_str(call, member);
    if (text && *text)
        return text;
    call_error(call, 400, call->api->missing ? call->api->missing : "ValidationException",
               "Missing required parameter: %s", member);
    return NULL;
}

const struct value *time_epoch(struct arena *arena, int64_t ms)
{
    return value_double(arena, (double)ms / 1000.0);
}

const struct value *call_time(const struct sim_call *call, int64_t ms)
{
    return call->wire == SIM_QUERY ? value_string(call->arena, time_iso(call->arena, ms))
                                   : time_epoch(call->arena, ms);
}

bool input_time(const struct value *v, int64_t *ret_ms)
{
    if (value_is(v, VALUE_INT)) {
        *ret_ms = v->integer * 1000;
        return true;
    }
    if (value_is(v, VALUE_DOUBLE)) {
        *ret_ms = (int64_t)llround(v->number * 1000.0);
        return true;
    }
    if (!value_is(v, VALUE_STRING))
        return false;
    long long seconds;
    if (parse_int64(v->string, &seconds)) {
        *ret_ms = seconds * 1000;
        return true;
    }
    return time_parse_iso(v->string, ret_ms);
}

const char *call_arn(const struct sim_call *call, const char *service, const char *fmt, ...)
{
    char resource[2048];
    va_list args;
    va_start(args, fmt);
    vsnprintf(resource, sizeof(resource), fmt, args);
    va_end(args);
    return arena_printf(call->arena, "arn:%s:%s:%s:%s:%s", call->partition, service, call->region,
                        call->account, resource);
}

struct objects rows_of_map(struct arena *arena, const struct value *map)
{
    struct objects rows = {.items = arena_array(arena, value_len(map) + 1, sizeof(struct object)),
                           .len = 0};
    for (size_t i = 0; i < value_len(map); i++) {
        const struct value_entry *entry = &map->map.entries[i];
        struct map_builder body = map_begin(arena);
        map_put(&body, "Value", entry->value);
        size_t at = rows.len++;
        for (; at > 0 && strcmp(rows.items[at - 1].id, entry->key) > 0; at--)
            rows.items[at] = rows.items[at - 1];
        rows.items[at] = (struct object){"", "", entry->key, 0, map_end(&body)};
    }
    return rows;
}

const char *policy_echo(struct arena *arena, const char *text)
{
    const struct value *doc = NULL;
    const char *why = NULL;
    if (!text || !json_parse(arena, slice_of(text), &doc, &why))
        return text;
    return json_print(arena, doc, JSON_PRETTY | JSON_SORTED);
}
