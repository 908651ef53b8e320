/* The query protocol: a form is posted, XML comes back. IAM, STS, RDS, SNS. Lists are flattened to
 * Name.member.1, maps of maps to Outer.Inner. EC2's dialect of it has lists without the word, and
 * answers without anything around them. */

#include "engine/base/bug.h"
#include "providers/aws/uri.h"
#include "providers/aws/wire.h"
#include "providers/aws/xml.h"

#define FORM_MAX ((size_t)4 * 1024 * 1024)

static bool is_ec2(const struct aws_operation *operation)
{
    return operation->api->wire == WIRE_EC2;
}

struct writing {
    struct strbuf *form;
    struct arena *arena;
    const char *item; /* between a list's name and the number: ".member" */
};

static void add(const struct writing *w, const char *name, const struct value *v)
{
    struct strbuf *form = w->form;
    struct arena *arena = w->arena;
    switch (v->kind) {
    case VALUE_NULL: return;
    case VALUE_BOOL: uri_add_param(form, name, slice_of(v->boolean ? "true" : "false")); return;
    case VALUE_INT:
        uri_add_param(form, name, slice_of(arena_printf(arena, "%lld", (long long)v->integer)));
        return;
    case VALUE_DOUBLE:
        uri_add_param(form, name, slice_of(arena_printf(arena, "%.17g", v->number)));
        return;
    case VALUE_STRING: uri_add_param(form, name, v->string); return;
    case VALUE_LIST:
        if (v->list.len == 0)
            uri_add_param(form, name, slice_of(""));
        for (size_t i = 0; i < v->list.len; i++)
            add(w, arena_printf(arena, "%s%s.%zu", name, w->item, i + 1), v->list.items[i]);
        return;
    case VALUE_MAP:
        for (size_t i = 0; i < v->map.len; i++)
            add(w, arena_printf(arena, "%s.%s", name, v->map.entries[i].key),
                v->map.entries[i].value);
        return;
    case VALUE_REF:
    case VALUE_CONCAT: break;
    }
    BUG("a request may not hold references");
}

static void encode(struct request *rq, const char *page_token, struct wire_request *ret)
{
    struct strbuf form;
    strbuf_init(&form, rq->arena, FORM_MAX);
    uri_add_param(&form, "Action", slice_of(rq->operation->name));
    uri_add_param(&form, "Version", slice_of(rq->operation->api->version));
    const struct writing w = {&form, rq->arena, is_ec2(rq->operation) ? "" : ".member"};
    const struct value *body = map_end(&rq->body);
    for (size_t i = 0; i < value_len(body); i++)
        add(&w, body->map.entries[i].key, body->map.entries[i].value);
    if (page_token)
        uri_add_param(&form, rq->operation->token_in, slice_of(page_token));
    *ret = (struct wire_request){
        .path = request_path(rq),
        .query = "",
        .body = {strbuf_str(&form), form.len},
        .content_type = "application/x-www-form-urlencoded; charset=utf-8",
    };
}

/* <ErrorResponse><Error><Code/><Message/></Error><RequestId/></ErrorResponse>, or the older
 * <Response><Errors><Error>...</Errors><RequestID/></Response>. */
static void decode_error(struct arena *arena, const struct value *top, struct response *ret)
{
    const struct value *error = value_get(top, "Error");
    const struct value *errors = value_get(top, "Errors");
    if (!error && errors)
        error = value_is(errors, VALUE_LIST) ? value_item(errors, 0) : value_get(errors, "Error");
    ret->code = wire_error_code(arena, value_get_str(error, "Code"));
    ret->message = value_get_str(error, "Message");
    const char *id = value_get_str(top, "RequestId");
    id = id ? id : value_get_str(top, "RequestID");
    if (id)
        ret->request_id = id;
    if (value_is(error, VALUE_MAP))
        ret->body = error;
}

static bool decode(struct arena *arena, const struct aws_operation *operation,
                   const struct http_response *http, struct response *ret)
{
    struct map_builder empty = map_begin(arena);
    ret->status = http->status;
    ret->body = map_end(&empty);
    ret->request_id = wire_request_id(arena, http);
    const struct value *root = NULL;
    const char *why = NULL;
    bool good = http->status >= 200 && http->status < 300;
    if (!xml_parse(arena, http->body, &root, &why))
        return false;
    const struct value *top = root->map.entries[0].value;
    if (!good) {
        decode_error(arena, top, ret);
        return ret->code != NULL;
    }
    if (!str_ends(root->map.entries[0].key, "Response"))
        return false;
    bool bare = is_ec2(operation);
    const char *id = bare ? value_get_str(top, "requestId")
                          : value_get_str(value_get(top, "ResponseMetadata"), "RequestId");
    if (id)
        ret->request_id = id;
    const struct value *result =
        bare ? top : value_get(top, arena_printf(arena, "%sResult", operation->name));
    if (value_is(result, VALUE_MAP))
        ret->body = result;
    return true;
}

const struct wire_codec wire_query = {encode, decode};
