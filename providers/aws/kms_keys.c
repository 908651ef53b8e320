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

static const char *id_in(struct arena *arena, const char *text)
{
    const char *at = text ? strstr(text, ":key/") : NULL;
    return at ? arena_strndup(arena, at + 5, strcspn(at + 5, " .,;'\"")) : NULL;
}

/* Of the key that AWS names, else of `key`; NULL: that is an alias, or none. */
static const char *id_of(struct arena *arena, const char *message, const char *key)
{
    const char *told = id_in(arena, message), *ours = id_in(arena, key);
    if (told || ours)
        return told ? told : ours;
    return key && !strstr(key, "alias/") ? key : NULL;
}

static void hint_first_apply(struct diag *diag, struct diags *diags)
{
    diag_hint(diags, diag,
              "The file makes this alias itself, and its key has to exist before the state is "
              "under it: `apply` first without `kms_key`, or with the one before, then once with "
              "this one and `enforced: false`.");
}

/* key: as fail() has it. */
static void hint_way_out(const struct kms_keys *keys, const char *key, const struct asked *asked,
                         struct diag *diag, struct diags *diags)
{
    bool goes = asked->message && strstr(asked->message, "pending deletion");
    const char *id = id_of(asked->arena, asked->message, key);
    if (!id || (!goes && !str_eq(asked->code, "DisabledException")))
        return;
    const char *cancel =
        goes ? arena_printf(asked->arena, "`aws kms cancel-key-deletion --key-id %s`, then ", id)
             : "";
    diag_hint(diags, diag, "In the account %s, %s: %s`aws kms enable-key --key-id %s`.",
              keys->account_id, region_of(asked->arena, keys), cancel, id);
}

/* key: the one that was asked for; NULL: whichever it is. */
static bool fail(const struct kms_keys *keys, const char *what, const char *key,
                 const struct asked *asked, struct diags *diags)
{
    if (keys->session->len > 0) { /* no credentials: said once, with its own status */
        const struct diag *said = &keys->session->items[0];
        diag_error(diags, said->code, said->pos, said->address, "%s", said->message);
        return false;
    }
    struct diag *diag = diag_error(
        diags, E_SEAL_KEY, NO_POS, NULL, "%s%s%s: %s%s%s", what, key ? " with the key " : "",
        key ? key : "", asked->code ? asked->code : "no answer",
        asked->message && asked->message[0] ? ": " : "", asked->message ? asked->message : "");
    bool seals = str_eq(what, kms_GenerateDataKey.name); /* nothing is under it yet */
    if (seals && keys->made_here && str_eq(asked->code, "NotFoundException"))
        hint_first_apply(diag, diags);
    else
        hint_way_out(keys, key, asked, diag, diags);
    return false;
}

/* `more`: the member that the operation needs beside key and context. */
static bool ask(const struct kms_keys *keys, const struct aws_operation *operation,
                const char *lineage, const char *member, const char *text, struct asked *ret,
                struct diags *diags)
{
    struct arena *arena = ret->arena;
    const char *key = operation == &kms_GenerateDataKey || !keys->any_key ? keys->key : NULL;
    struct map_builder context = map_begin(arena), b = map_begin(arena);
    map_put_str(&context, CONTEXT, lineage);
    map_put_str(&b, "KeyId", key);
    map_put_str(&b, member, text);
    map_put(&b, "EncryptionContext", map_end(&context));
    const struct aws_call_spec spec = {.operation = operation,
                                       .account_id = keys->account_id,
                                       .region = region_of(arena, keys),
                                       .body = map_end(&b)};
    aws_call(keys->loop, &spec, ended, ret);
    while (!ret->ended && loop_turn(keys->loop)) {
    }
    return ret->fault == FAULT_NONE || fail(keys, operation->name, key, ret, diags);
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
