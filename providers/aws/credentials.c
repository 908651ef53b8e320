#include "providers/aws/credentials.h"

#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/strbuf.h"

#define RENEW_EARLY_MS (5 * MINUTE_MS)

int64_t credentials_renew_ms(int64_t now_ms, int64_t expires_ms)
{
    int64_t half_ms = (expires_ms - now_ms) / 2;
    return expires_ms - (half_ms < RENEW_EARLY_MS ? half_ms : RENEW_EARLY_MS);
}

bool credentials_equal(const struct credentials *a, const struct credentials *b)
{
    return str_eq(a->access_key_id, b->access_key_id) && str_eq(a->session_token, b->session_token);
}

struct credentials *credentials_from(struct arena *arena, const struct value *answer,
                                     const char *id_member, const char *secret_member,
                                     const char *token_member)
{
    const char *id = value_get_str(answer, id_member);
    const char *secret = value_get_str(answer, secret_member);
    if (!id || !secret || !id[0] || !secret[0])
        return NULL;
    struct credentials *c = arena_new_of(arena, struct credentials);
    *c = (struct credentials){
        .access_key_id = arena_strdup(arena, id),
        .secret_access_key = arena_strdup(arena, secret),
        .session_token = arena_strdup(arena, value_get_str(answer, token_member)),
    };
    return c;
}

static const char *without(struct arena *arena, const char *text, const char *secret)
{
    const char *hit = secret && secret[0] ? strstr(text, secret) : NULL;
    if (!hit)
        return text;
    struct strbuf sb;
    strbuf_init(&sb, arena, strlen(text) * 12 + 16);
    for (; hit; hit = strstr(text, secret)) {
        strbuf_add_n(&sb, text, (size_t)(hit - text));
        strbuf_add(&sb, "(redacted)");
        text = hit + strlen(secret);
    }
    strbuf_add(&sb, text);
    return strbuf_str(&sb);
}

const char *credentials_redact(struct arena *arena, const struct credentials *c, const char *text)
{
    if (!text || !c)
        return text;
    return without(arena, without(arena, text, c->session_token), c->secret_access_key);
}
