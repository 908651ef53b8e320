#include "providers/aws/sigv4.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/clock.h"
#include "engine/base/crypto.h"
#include "engine/base/strbuf.h"
#include "providers/aws/uri.h"

#define CANONICAL_MAX ((size_t)256 * 1024)

/* Dot segments and empty ones out: "/a//./b/../c/" is "/a/c/". Unlike RFC 3986 has it, and as AWS's
 * own signers do it, "/a/b/.." is "/a": only a slash at the end stays one. */
static const char *normalized_path(struct arena *arena, const char *path)
{
    struct slice rest = slice_of(path);
    size_t cap = 0, len = 0;
    struct slice *kept = NULL;
    bool ends_open = str_ends(path, "/");
    while (rest.ptr) {
        struct slice part = slice_cut(&rest, '/');
        if (slice_is(part, "..") && len > 0)
            len--;
        if (part.len == 0 || slice_is(part, ".") || slice_is(part, ".."))
            continue;
        kept = arena_grow(arena, kept, len, &cap, len + 1, sizeof(*kept));
        kept[len++] = part;
    }
    struct strbuf sb;
    strbuf_init(&sb, arena, CANONICAL_MAX);
    for (size_t i = 0; i < len; i++) {
        strbuf_add_char(&sb, '/');
        strbuf_add_slice(&sb, kept[i]);
    }
    if (len == 0 || ends_open)
        strbuf_add_char(&sb, '/');
    return strbuf_str(&sb);
}

struct pair {
    const char *name, *value;
    size_t seq; /* equal names keep their order */
};

static int by_name_and_value(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : strcmp(x->value, y->value);
}

static int by_name_and_seq(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : (x->seq > y->seq) - (x->seq < y->seq);
}

static const char *re_encoded(struct arena *arena, struct slice text)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, CANONICAL_MAX);
    uri_encode(&sb, uri_decode(arena, text), false);
    return strbuf_str(&sb);
}

static void add_query(struct strbuf *sb, struct arena *arena, const char *query)
{
    struct pair *pairs = NULL;
    size_t len = 0, cap = 0;
    struct slice rest = slice_of(query);
    while (rest.ptr && rest.len > 0) {
        struct slice value = slice_cut(&rest, '&');
        if (value.len == 0)
            continue;
        struct slice name = slice_cut(&value, '=');
        pairs = arena_grow(arena, pairs, len, &cap, len + 1, sizeof(*pairs));
        pairs[len++] = (struct pair){re_encoded(arena, name), re_encoded(arena, value), 0};
    }
    if (len > 0)
        qsort(pairs, len, sizeof(*pairs), by_name_and_value);
    for (size_t i = 0; i < len; i++)
        strbuf_addf(sb, "%s%s=%s", i > 0 ? "&" : "", pairs[i].name, pairs[i].value);
    strbuf_add_char(sb, '\n');
}

/* Without blanks at the ends, and runs of them inside as one. */
static const char *squeezed(struct arena *arena, const char *text)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, CANONICAL_MAX);
    for (; *text; text++) {
        bool blank = *text == ' ' || *text == '\t' || *text == '\n' || *text == '\r';
        if (!blank)
            strbuf_add_char(&sb, *text);
        else if (sb.len > 0 && sb.data[sb.len - 1] != ' ')
            strbuf_add_char(&sb, ' ');
    }
    struct slice trimmed = slice_trim((struct slice){sb.data, sb.len});
    return sb.len > 0 ? arena_strndup(arena, trimmed.ptr, trimmed.len) : "";
}

static const char *lower(struct arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text);
    for (char *c = copy; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return copy;
}

/* The header block; *ret_names becomes "host;x-amz-date". */
static void add_headers(struct strbuf *sb, struct arena *arena, const struct sigv4_input *in,
                        const char **ret_names)
{
    struct pair *pairs = arena_array(arena, in->header_len, sizeof(*pairs));
    for (size_t i = 0; i < in->header_len; i++)
        pairs[i] = (struct pair){lower(arena, in->headers[i].name),
                                 squeezed(arena, in->headers[i].value), i};
    if (in->header_len > 0)
        qsort(pairs, in->header_len, sizeof(*pairs), by_name_and_seq);
    struct strbuf names;
    strbuf_init(&names, arena, CANONICAL_MAX);
    for (size_t i = 0; i < in->header_len; i++) {
        if (i > 0 && strcmp(pairs[i].name, pairs[i - 1].name) == 0) {
            strbuf_addf(sb, ",%s", pairs[i].value);
            continue;
        }
        strbuf_addf(sb, "%s%s:%s", i > 0 ? "\n" : "", pairs[i].name, pairs[i].value);
        strbuf_addf(&names, "%s%s", i > 0 ? ";" : "", pairs[i].name);
    }
    strbuf_add(sb, "\n\n");
    *ret_names = strbuf_str(&names);
}

static const char *canonical_request(struct arena *arena, const struct sigv4_input *in,
                                     const char **ret_names)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, CANONICAL_MAX);
    strbuf_addf(&sb, "%s\n", in->method);
    if (in->raw_path)
        strbuf_add(&sb, in->path);
    else
        uri_encode(&sb, slice_of(normalized_path(arena, in->path)), true);
    strbuf_add_char(&sb, '\n');
    add_query(&sb, arena, in->query);
    add_headers(&sb, arena, in, ret_names);
    strbuf_addf(&sb, "%s\n%s", *ret_names, sha256_hex(arena, in->body));
    return strbuf_str(&sb);
}

static const char *signature_of(struct arena *arena, const struct credentials *c, const char *date,
                                const struct sigv4_input *in, const char *string_to_sign)
{
    const char *parts[] = {date, in->region, in->service, "aws4_request", string_to_sign};
    struct slice key = slice_of(arena_printf(arena, "AWS4%s", c->secret_access_key));
    uint8_t mac[2][SHA256_LEN];
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        hmac_sha256(key, slice_of(parts[i]), mac[i % 2]);
        key = (struct slice){(const char *)mac[i % 2], SHA256_LEN};
    }
    return hex_encode(arena, (const uint8_t *)key.ptr, key.len);
}

void sigv4_sign(struct arena *arena, const struct sigv4_input *in, const struct credentials *c,
                struct sigv4_output *ret)
{
    const char *time = time_amz(arena, in->time_ms);
    const char *date = arena_strndup(arena, time, 8);
    const char *scope = arena_printf(arena, "%s/%s/%s/aws4_request", date, in->region, in->service);
    const char *names = NULL;
    ret->canonical_request = canonical_request(arena, in, &names);
    ret->string_to_sign = arena_printf(arena, "AWS4-HMAC-SHA256\n%s\n%s\n%s", time, scope,
                                       sha256_hex(arena, slice_of(ret->canonical_request)));
    ret->signature = signature_of(arena, c, date, in, ret->string_to_sign);
    ret->authorization =
        arena_printf(arena, "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s",
                     c->access_key_id, scope, names, ret->signature);
}
