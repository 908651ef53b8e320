#include "providers/aws/kms_keys.h"

#include <string.h>

#include "engine/aws/arn.h"

#define CONTEXT "holdfast:lineage"

struct asked {
    struct arena *arena;
    bool ended;
    enum fault fault;
    const char *code, *message;
    const struct value *body;
};

static void ended(void *ctx, const struct response *rs)
{
    struct asked *asked = ctx;
    asked->ended = true;
    asked->fault = rs->fault;
    asked->code = arena_strdup(asked->arena, rs->code);
    asked->message = arena_strdup(asked->arena, rs->message);
    asked->body = value_copy(asked->arena, rs->body);
}

static const char *region_of(struct arena *arena, const struct kms_keys *keys)
{
    struct arn arn;
    return arn_parse(slice_of(keys->key), &arn)
               ? arena_strndup(arena, arn.region.ptr, arn.region.len)
               : keys->region;
}

static bool fail(const struct kms_keys *keys, const char *what, const struct asked *asked,
                 struct diags *diags)
{
    if (keys->session->len > 0) { /* no credentials: said once, with its own status */
        const struct diag *said = &keys->session->items[0];
        diag_error(diags, said->code, said->pos, said->address, "%s", said->message);
        return false;
    }
    diag_error(diags, E_SEAL_KEY, NO_POS, NULL, "%s with the key %s: %s%s%s", what, keys->key,
               asked->code ? asked->code : "no answer",
               asked->message && asked->message[0] ? ": " : "",
               asked->message ? asked->message : "");
    return false;
}

/* `more`: the member that the operation needs beside key and context. */
static bool ask(const struct kms_keys *keys, const struct aws_operation *operation,
                const char *lineage, const char *member, const char *text, struct asked *ret,
                struct diags *diags)
{
    struct arena *arena = ret->arena;
    bool names_key = operation == &kms_GenerateDataKey || !keys->any_key;
    struct map_builder context = map_begin(arena), b = map_begin(arena);
    map_put_str(&context, CONTEXT, lineage);
    map_put_str(&b, "KeyId", names_key ? keys->key : NULL);
    map_put_str(&b, member, text);
    map_put(&b, "EncryptionContext", map_end(&context));
    const struct aws_call_spec spec = {.operation = operation,
                                       .account_id = keys->account_id,
                                       .region = region_of(arena, keys),
                                       .body = map_end(&b)};
    aws_call(keys->loop, &spec, ended, ret);
    while (!ret->ended && loop_turn(keys->loop)) {
    }
    return ret->fault == FAULT_NONE || fail(keys, operation->name, ret, diags);
}

/* Base64 of exactly a key; the copy that is decoded is wiped. */
static bool take_key(const struct asked *asked, struct arena *arena, struct unwrapped_key *ret)
{
    struct slice key;
    const char *text = value_get_str(asked->body, "Plaintext");
    if (!text || !base64_decode(asked->arena, slice_of(text), &key))
        return false;
    bool good = key.len == AES_KEY_LEN;
    if (good)
        memcpy(ret->key, key.ptr, AES_KEY_LEN);
    ret->under = arena_strdup(arena, value_get_str(asked->body, "KeyId"));
    wipe((char *)(uintptr_t)key.ptr, key.len);
    return good;
}

static bool unreadable(const struct kms_keys *keys, const char *what, struct diags *diags)
{
    diag_error(diags, E_SEAL_KEY, NO_POS, NULL, "%s with the key %s: the answer holds no data key",
               what, keys->key);
    return false;
}

static bool generate(void *self, struct arena *arena, const char *lineage,
                     struct unwrapped_key *ret, struct slice *ret_wrapped, struct diags *diags)
{
    const struct kms_keys *keys = self;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct asked asked = {.arena = scratch};
    if (!ask(keys, &kms_GenerateDataKey, lineage, "KeySpec", "AES_256", &asked, diags))
        return false;
    const char *blob = value_get_str(asked.body, "CiphertextBlob");
    return (blob && base64_decode(arena, slice_of(blob), ret_wrapped) && ret_wrapped->len > 0 &&
            take_key(&asked, arena, ret)) ||
           unreadable(keys, "GenerateDataKey", diags);
}

static bool unwrap(void *self, struct arena *arena, const char *lineage, struct slice wrapped,
                   struct unwrapped_key *ret, struct diags *diags)
{
    const struct kms_keys *keys = self;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct asked asked = {.arena = scratch};
    return ask(keys, &kms_Decrypt, lineage, "CiphertextBlob", base64_encode(scratch, wrapped),
               &asked, diags) &&
           (take_key(&asked, arena, ret) || unreadable(keys, "Decrypt", diags));
}

struct key_service kms_key_service(const struct kms_keys *keys)
{
    /* the vtable of a service that has state of its own would change it; this one does not */
    return (struct key_service){(void *)(uintptr_t)keys, generate, unwrap};
}
