#include "relay/decide/letter.h"

#include <string.h>

#include "engine/base/json.h"

bool relay_letter_read(struct arena *arena, struct slice body, const struct value **ret_event,
                       const char **ret_why)
{
    const struct value *json = NULL;
    if (!json_parse(arena, body, &json, ret_why))
        return false;
    const struct value *inner = value_get(json, "requestPayload");
    *ret_event = inner && value_get(json, "requestContext") ? inner : json;
    return true;
}

static bool is_account_id(struct slice s)
{
    bool digits = s.len == 12;
    for (size_t i = 0; digits && i < s.len; i++)
        digits = s.ptr[i] >= '0' && s.ptr[i] <= '9';
    return digits;
}

bool relay_queue_read(struct arena *arena, const char *url, struct relay_queue *ret)
{
    static const char https[] = "https://";
    if (!str_starts(url, https))
        return false;
    struct slice rest = slice_of(url + strlen(https));
    struct slice host = slice_cut(&rest, '/'), account = slice_cut(&rest, '/'), name = rest;
    struct slice service = slice_cut(&host, '.'), region = slice_cut(&host, '.');
    if (!slice_is(service, "sqs") || region.len == 0 || host.len == 0 || !is_account_id(account) ||
        name.len == 0 || memchr(name.ptr, '/', name.len))
        return false;
    *ret = (struct relay_queue){url, arena_strndup(arena, account.ptr, account.len),
                                arena_strndup(arena, region.ptr, region.len),
                                arena_strndup(arena, name.ptr, name.len)};
    return true;
}
