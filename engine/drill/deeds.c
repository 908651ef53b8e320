#include "engine/drill/deeds.h"

#include <ctype.h>
#include <string.h>

#include "engine/base/bug.h"
#include "engine/base/json.h"
#include "engine/base/strbuf.h"
#include "simulator/service.h"

static const struct drill_deed deeds[] = {
#define DEED(service, operation, kind, form) {service, operation, kind, form},
#define SPARED(service, operation, why)
#include "engine/drill/deeds.inc"
#undef DEED
#undef SPARED
};

static const struct drill_spared spareds[] = {
#define DEED(service, operation, kind, form)
#define SPARED(service, operation, why) {service, operation, why},
#include "engine/drill/deeds.inc"
#undef DEED
#undef SPARED
};

const struct drill_deed *drill_deeds(size_t *ret_len)
{
    *ret_len = ARRAY_LEN(deeds);
    return deeds;
}

const struct drill_spared *drill_spareds(size_t *ret_len)
{
    *ret_len = ARRAY_LEN(spareds);
    return spareds;
}

/* ---- operations ---- */

static const struct aws_operation *const known[] = {
#define OPERATION(api, name, method, uri, mutates, token_in, token_out, items) &api##_##name,
#include "providers/aws/operations.inc"
#undef OPERATION
};

static const struct sim_api *const simulated_apis[] = {
#define SERVICE(name) &sim_##name,
#include "simulator/services.inc"
#undef SERVICE
};

static const struct sim_api *api_named(const char *service)
{
    for (size_t i = 0; i < ARRAY_LEN(simulated_apis); i++)
        if (str_eq(simulated_apis[i]->service, service))
            return simulated_apis[i];
    return NULL;
}

static const struct aws_operation *simulated(struct arena *arena, const struct drill_deed *deed,
                                             const struct aws_api *aws)
{
    const struct sim_api *api = api_named(deed->service);
    for (size_t i = 0; api && aws && i < api->operation_len; i++) {
        const struct sim_operation *found = &api->operations[i];
        if (!str_eq(found->name, deed->operation))
            continue;
        struct aws_operation *operation = arena_new_of(arena, struct aws_operation);
        *operation = (struct aws_operation){.api = aws,
                                            .name = found->name,
                                            .method = found->method ? found->method : "POST",
                                            .uri = found->uri ? found->uri : "/",
                                            .mutates = true};
        return operation;
    }
    return NULL;
}

const struct aws_operation *deed_operation(struct arena *arena, const struct drill_deed *deed)
{
    const struct aws_api *api = NULL;
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (!str_eq(known[i]->api->signing_name, deed->service))
            continue;
        if (str_eq(known[i]->name, deed->operation))
            return known[i];
        api = known[i]->api;
    }
    return simulated(arena, deed, api);
}

/* ---- words ---- */

struct reading {
    struct arena *arena;
    const struct drill_deed *deed;
    const struct record *object;
    const char *account;
    const struct value *each; /* of a path with a star: the one whose turn it is */
};

static const struct value *attribute(const struct reading *r, struct slice path)
{
    char *pointer = arena_printf(r->arena, "/%.*s", (int)path.len, path.ptr);
    for (char *c = pointer; *c; c++)
        *c = *c == '.' ? '/' : *c;
    return value_pointer(r->object->attributes, pointer);
}

/* Nobody but the caller's account may do anything with it. */
static const char *mine(const struct reading *r)
{
    const char *arn = value_get_str(r->object->attributes, "arn");
    return arena_printf(r->arena,
                        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
                        "\"Principal\":{\"AWS\":\"%s\"},\"Action\":\"%s:*\",\"Resource\":\"%s\"}]}",
                        r->account, r->deed->service, arn ? arn : "*");
}

static const struct value *word_mine(const struct reading *r)
{
    return value_string(r->arena, mine(r));
}

static const struct value *word_policy(const struct reading *r)
{
    return value_map_text(r->arena, "Policy", mine(r));
}

static const struct value *word_nobody(const struct reading *r)
{
    return value_string(r->arena,
                        arena_printf(r->arena,
                                     "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":"
                                     "\"Deny\",\"Principal\":{\"AWS\":\"%s\"},\"Action\":"
                                     "\"sts:AssumeRole\"}]}",
                                     r->account));
}

static const struct value *word_deny(const struct reading *r)
{
    return value_string(r->arena, "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\","
                                  "\"Action\":\"*\",\"Resource\":\"*\"}]}");
}

/* A pattern of events, or a filter of messages, that takes none. */
static const struct value *word_nothing(const struct reading *r)
{
    return value_string(r->arena, "{\"source\":[\"nothing\"]}");
}

static const struct value *word_empty_zip(const struct reading *r)
{
    return value_string(r->arena, "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==");
}

static const struct value *word_spoiled(const struct reading *r)
{
    const struct value *tags = value_get(r->object->attributes, "tags");
    struct map_builder b = map_begin(r->arena);
    for (size_t i = 0; i < value_len(tags); i++)
        map_put_str(&b, tags->map.entries[i].key, "spoiled");
    return value_len(tags) ? map_end(&b) : NULL;
}

static const struct value *word_spoiled_list(const struct reading *r)
{
    const struct value *tags = value_get(r->object->attributes, "tags");
    struct list_builder list = list_begin(r->arena);
    for (size_t i = 0; i < value_len(tags); i++) {
        struct map_builder b = map_begin(r->arena);
        map_put_str(&b, "Key", tags->map.entries[i].key);
        map_put_str(&b, "Value", "spoiled");
        list_add(&list, map_end(&b));
    }
    return value_len(tags) ? list_end(&list) : NULL;
}

static const struct value *word_none_opted_in(const struct reading *r)
{
    static const char *const types[] = {"RDS", "Aurora",   "EBS", "EC2",
                                        "EFS", "DynamoDB", "S3",  "FSx"};
    struct map_builder b = map_begin(r->arena);
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        map_put_bool(&b, types[i], false);
    return map_end(&b);
}

static const struct {
    const char *name;
    const struct value *(*make)(const struct reading *r);
} words[] = {
    {"mine", word_mine},
    {"policy", word_policy},
    {"nobody", word_nobody},
    {"deny", word_deny},
    {"nothing", word_nothing},
    {"empty_zip", word_empty_zip},
    {"spoiled", word_spoiled},
    {"spoiled_list", word_spoiled_list},
    {"none_opted_in", word_none_opted_in},
};

static const struct value *word(const struct reading *r, struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (slice_is(name, words[i].name))
            return words[i].make(r);
    BUG("deeds.inc names a word that is not there");
}

/* ---- values ---- */

/* The texts of a list, the ids of its maps, the keys of a map. */
static const struct value *names_of(struct arena *arena, const struct value *v)
{
    struct list_builder list = list_begin(arena);
    bool map = value_is(v, VALUE_MAP);
    for (size_t i = 0; i < value_len(v); i++) {
        const struct value *item = map ? NULL : value_item(v, i);
        const char *id = map ? v->map.entries[i].key : value_str(item);
        list_add_str(&list, id ? id : value_get_str(item, "id"));
    }
    return list_end(&list);
}

static const char *reference(const struct reading *r, struct slice name)
{
    if (slice_is(name, "region"))
        return r->object->region;
    if (slice_is(name, "account"))
        return r->object->account_id;
    return value_str(attribute(r, name));
}

static const struct value *literal(const struct reading *r, struct slice text)
{
    struct strbuf sb;
    const struct value *v = NULL;
    const char *why = NULL;
    strbuf_init(&sb, r->arena, 4096);
    for (size_t i = 0; i < text.len; i++) {
        size_t end = i + 1;
        if (text.ptr[i] != '$') {
            strbuf_addf(&sb, "%c", text.ptr[i] == '\'' ? '"' : text.ptr[i]);
            continue;
        }
        while (end < text.len && (isalnum((unsigned char)text.ptr[end]) || text.ptr[end] == '_' ||
                                  text.ptr[end] == '.'))
            end++;
        const char *found = reference(r, (struct slice){text.ptr + i + 1, end - i - 1});
        if (!found)
            return NULL;
        strbuf_add(&sb, found);
        i = end - 1;
    }
    BUG_ON(!json_parse(r->arena, slice_of(strbuf_str(&sb)), &v, &why));
    return v;
}

static struct slice rest_of(struct slice text)
{
    return (struct slice){text.ptr + 1, text.len - 1};
}

/* NULL: the object has none, so that there is no call. */
static const struct value *value_of(const struct reading *r, struct slice text)
{
    struct slice rest = rest_of(text);
    const struct value *v;
    switch (text.ptr[0]) {
    case '@': return word(r, rest);
    case '#': return literal(r, rest);
    case '*': return r->each;
    case '%': v = names_of(r->arena, attribute(r, rest)); return value_len(v) ? v : NULL;
    case '+': {
        struct list_builder list = list_begin(r->arena);
        v = attribute(r, rest);
        list_add(&list, v);
        return v ? list_end(&list) : NULL;
    }
    default: return attribute(r, text);
    }
}

/* ---- forms ---- */

/* The label of the URI that a member goes into, as it is written there: its first letter may be
 * small. */
static const char *label_of(struct arena *arena, const char *uri, struct slice member)
{
    for (const char *c = strchr(uri, '{'); c; c = strchr(c + 1, '{')) {
        const char *name = c + 1;
        if (tolower((unsigned char)name[0]) == tolower((unsigned char)member.ptr[0]) &&
            strncmp(name + 1, member.ptr + 1, member.len - 1) == 0 &&
            (name[member.len] == '}' || name[member.len] == '+'))
            return arena_strndup(arena, name, member.len);
    }
    return NULL;
}

static bool read_form(const struct reading *r, const struct aws_operation *operation,
                      struct deed_input *ret)
{
    struct map_builder labels = map_begin(r->arena), query = map_begin(r->arena);
    struct map_builder body = map_begin(r->arena);
    struct slice rest = slice_of(r->deed->form);
    while (rest.len > 0) {
        struct slice text = slice_cut(&rest, ';'), member = slice_cut(&text, '=');
        const struct value *v = value_of(r, text);
        if (!v || (value_is(v, VALUE_STRING) && !*value_str(v)))
            return false;
        const char *label = label_of(r->arena, operation->uri, member);
        if (member.ptr[0] == '?')
            map_put(&query, arena_strndup(r->arena, member.ptr + 1, member.len - 1), v);
        else if (label)
            map_put(&labels, label, v);
        else
            map_put(&body, arena_strndup(r->arena, member.ptr, member.len), v);
    }
    *ret = (struct deed_input){map_end(&labels), map_end(&query), map_end(&body)};
    return true;
}

/* The path that is gone through, or an empty slice. */
static struct slice starred(const struct drill_deed *deed)
{
    struct slice rest = slice_of(deed->form);
    while (rest.len > 0) {
        struct slice text = slice_cut(&rest, ';');
        slice_cut(&text, '=');
        if (text.len > 0 && text.ptr[0] == '*')
            return rest_of(text);
    }
    return (struct slice){0};
}

size_t deed_inputs(struct arena *arena, const struct drill_deed *deed,
                   const struct aws_operation *operation, const struct record *object,
                   const char *account, const struct deed_input **ret)
{
    struct reading r = {.arena = arena, .deed = deed, .object = object, .account = account};
    struct slice path = starred(deed);
    const struct value *each = path.len ? names_of(arena, attribute(&r, path)) : NULL;
    size_t most = path.len ? value_len(each) : 1, len = 0;
    struct deed_input *inputs = arena_array(arena, most + 1, sizeof(*inputs));
    for (size_t i = 0; i < most; i++) {
        r.each = path.len ? value_item(each, i) : NULL;
        len += read_form(&r, operation, &inputs[len]);
    }
    *ret = inputs;
    return len;
}

bool deed_reaches_over(const struct drill_deed *deed)
{
    static const char *const unique[] = {"arn", "url", "key_arn", NULL};
    struct slice rest = slice_of(deed->form);
    while (rest.len > 0) {
        struct slice text = slice_cut(&rest, ';');
        slice_cut(&text, '=');
        for (size_t i = 0; unique[i]; i++)
            if (slice_is(text, unique[i]))
                return true;
    }
    return *deed->form && (str_eq(deed->service, "s3") || str_eq(deed->service, "organizations"));
}
