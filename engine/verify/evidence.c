#include "engine/verify/evidence.h"

#include <string.h>

#include "engine/base/crypto.h"
#include "engine/base/json.h"

#define FORMAT_VERSION "1.0"
#define ALGORITHM "Ed25519"

static const char *canonical(struct arena *arena, const struct value *v)
{
    return json_print(arena, v, JSON_SORTED);
}

struct slice evidence_seal(struct arena *arena, const struct value *evidence,
                           const struct sign_key *key)
{
    uint8_t signature[SIGNATURE_LEN];
    struct map_builder b = map_begin(arena);
    map_put(&b, "evidence", evidence);
    map_put_str(&b, "format_version", FORMAT_VERSION);
    map_put_str(&b, "key", sign_key_id(arena, key));
    map_put_str(&b, "signs", ALGORITHM);
    const struct value *signs = map_end(&b);
    signature_make(key, slice_of(canonical(arena, signs)), signature);
    const char *text = base64_encode(arena, (struct slice){(char *)signature, sizeof(signature)});
    const struct value *bundle = value_with(arena, signs, "signature", value_string(arena, text));
    return slice_of(arena_printf(arena, "%s\n", canonical(arena, bundle)));
}

static bool refuse(const char **ret_why, const char *why)
{
    *ret_why = why;
    return false;
}

/* Base64 leaves bits of its last character unused: only one text stands for a signature. */
static bool read_signature(struct arena *arena, const char *text, uint8_t ret[SIGNATURE_LEN])
{
    struct slice bytes;
    if (!text || !base64_decode(arena, slice_of(text), &bytes) || bytes.len != SIGNATURE_LEN ||
        !str_eq(base64_encode(arena, bytes), text))
        return false;
    memcpy(ret, bytes.ptr, SIGNATURE_LEN);
    return true;
}

bool evidence_open(struct arena *arena, struct slice bundle, const struct sign_key *key,
                   const struct value **ret_evidence, const char **ret_why)
{
    const struct value *v = NULL;
    const char *why = NULL;
    uint8_t signature[SIGNATURE_LEN];
    if (!json_parse_unique(arena, bundle, &v, &why) || !value_is(v, VALUE_MAP))
        return refuse(ret_why, "it is no evidence bundle: it is not one JSON map");
    if (!str_eq(value_get_str(v, "format_version"), FORMAT_VERSION) ||
        !str_eq(value_get_str(v, "signs"), ALGORITHM) ||
        !read_signature(arena, value_get_str(v, "signature"), signature))
        return refuse(ret_why, "it is no evidence bundle of a kind that this program knows");
    const char *whole = arena_printf(arena, "%s\n", canonical(arena, v));
    if (bundle.len != strlen(whole) || memcmp(bundle.ptr, whole, bundle.len) != 0)
        return refuse(ret_why, "its bytes are not those that were written: it has been changed");
    if (!str_eq(value_get_str(v, "key"), sign_key_id(arena, key)))
        return refuse(ret_why, arena_printf(arena, "it names the key %s, and the one given is %s",
                                            value_get_str(v, "key") ? value_get_str(v, "key") : "-",
                                            sign_key_id(arena, key)));
    const char *signs = canonical(arena, value_without(arena, v, "signature"));
    if (!signature_holds(key, slice_of(signs), signature))
        return refuse(ret_why, "the signature does not fit what it says: it has been changed, or "
                               "another key signed it");
    *ret_evidence = value_get(v, "evidence");
    return true;
}
