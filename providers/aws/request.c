#include "providers/aws/request.h"

#include <string.h>

#include "engine/base/bug.h"
#include "providers/aws/uri.h"

#define LABEL_MAX 4096 /* ARNs end at 2048 */

struct request *request_new(struct arena *arena, const struct aws_operation *operation)
{
    struct request *rq = arena_new_of(arena, struct request);
    *rq = (struct request){.arena = arena,
                           .operation = operation,
                           .labels = map_begin(arena),
                           .headers = map_begin(arena),
                           .body = map_begin(arena)};
    return rq;
}

struct request *aws_request(struct op *op, const struct aws_operation *operation)
{
    struct request *rq = request_new(op_arena(op), operation);
    rq->op = op;
    rq->account_id = op_account_id(op);
    rq->region = op_region(op);
    return rq;
}

void request_label(struct request *rq, const char *name, const char *value)
{
    map_put_str(&rq->labels, name, value);
}

void request_query(struct request *rq, const char *name, const char *value)
{
    if (!value)
        return;
    rq->query = arena_grow(rq->arena, rq->query, rq->query_len, &rq->query_cap, rq->query_len + 1,
                           sizeof(*rq->query));
    rq->query[rq->query_len++] =
        (struct query_param){arena_strdup(rq->arena, name), arena_strdup(rq->arena, value)};
}

void request_body(struct request *rq, const struct value *body)
{
    for (size_t i = 0; value_is(body, VALUE_MAP) && i < body->map.len; i++)
        map_put(&rq->body, body->map.entries[i].key, body->map.entries[i].value);
}

void request_set(struct request *rq, const char *member, const struct value *v)
{
    map_put(&rq->body, member, v);
}

void request_set_str(struct request *rq, const char *member, const char *text)
{
    map_put_str(&rq->body, member, text);
}

/* "{Key+}" takes a whole path, slashes and all. */
static const char *label_name(struct arena *arena, struct slice name, bool *ret_greedy)
{
    *ret_greedy = name.len > 0 && name.ptr[name.len - 1] == '+';
    return arena_strndup(arena, name.ptr, name.len - (*ret_greedy ? 1 : 0));
}

const char *request_bad_label(struct request *rq)
{
    const struct value *labels = map_end(&rq->labels);
    struct slice rest = slice_of(rq->operation->uri);
    for (;;) {
        slice_cut(&rest, '{');
        if (!rest.ptr)
            return NULL;
        bool greedy = false;
        const char *key = label_name(rq->arena, slice_cut(&rest, '}'), &greedy);
        const char *value = value_get_str(labels, key);
        if (!value || !value[0] || strlen(value) > LABEL_MAX)
            return key;
    }
}

const char *request_path(struct request *rq)
{
    const struct value *labels = map_end(&rq->labels);
    struct strbuf sb;
    strbuf_init(&sb, rq->arena, (size_t)64 * 1024);
    struct slice rest = slice_of(rq->operation->uri);
    for (;;) {
        strbuf_add_slice(&sb, slice_cut(&rest, '{'));
        if (!rest.ptr)
            return strbuf_str(&sb);
        bool greedy = false;
        const char *key = label_name(rq->arena, slice_cut(&rest, '}'), &greedy);
        const char *value = value_get_str(labels, key);
        if (!value || !value[0])
            BUG(arena_printf(rq->arena, "%s was sent without its label %s", rq->operation->name,
                             key));
        uri_encode(&sb, slice_of(value), /* keep_slash= */ greedy);
    }
}
