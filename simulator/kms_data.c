/* KMS on data: Encrypt, Decrypt, GenerateDataKey. What is encrypted is really encrypted, with the
 * encryption context as associated data, so that whoever changes either is found out. The material
 * of a key is made of its ARN: it protects nothing from somebody who knows this file. */
#include "simulator/kms_data.h"

#include <string.h>

#include "engine/base/crypto.h"
#include "engine/base/json.h"
#include "simulator/kms.h"

#define PLAINTEXT_MAX 4096
#define DATA_KEY_MAX 1024
#define ALGORITHM "SYMMETRIC_DEFAULT"

/* A ciphertext: MAGIC, the length of the key's ARN in one byte, the ARN, the nonce, what is sealed.
 */
#define MAGIC "\x01\x02\x02"
#define MAGIC_LEN (sizeof(MAGIC) - 1)

static void material_of(struct arena *arena, const char *key_arn, uint8_t ret[AES_KEY_LEN])
{
    sha256(slice_of(arena_printf(arena, "the material of %s", key_arn)), ret);
}

/* One text for all orders of the same pairs. */
static struct slice associated(struct sim_call *call)
{
    const struct value *context = call_get(call, "EncryptionContext");
    return slice_of(value_len(context) ? json_print(call->arena, context, JSON_SORTED) : "");
}

/* As conditions of policies see the pairs. */
static const struct value *conditions(struct sim_call *call)
{
    const struct value *context = call_get(call, "EncryptionContext");
    struct map_builder b = map_begin(call->arena);
    struct list_builder keys = list_begin(call->arena);
    for (size_t i = 0; i < value_len(context); i++) {
        const struct value_entry *entry = &context->map.entries[i];
        map_put(&b, arena_printf(call->arena, "kms:EncryptionContext:%s", entry->key),
                entry->value);
        list_add_str(&keys, entry->key);
    }
    if (value_len(context))
        map_put(&b, "kms:EncryptionContextKeys", list_end(&keys));
    map_put_str(&b, "kms:EncryptionAlgorithm", ALGORITHM);
    return map_end(&b);
}

static bool is_usable(struct sim_call *call, const struct key_place *at)
{
    const char *state = value_get_str(at->key, "KeyState"), *arn = value_get_str(at->key, "Arn");
    if (str_eq(state, "PendingDeletion"))
        return call_error(call, 400, "KMSInvalidStateException", "%s is pending deletion.", arn);
    if (!str_eq(state, "Enabled"))
        return call_error(call, 400, "DisabledException", "%s is disabled.", arn);
    if (!str_eq(value_get_str(at->key, "KeySpec"), ALGORITHM))
        return call_error(call, 400, "InvalidKeyUsageException",
                          "%s key usage or key spec is not valid for %s.", arn,
                          call->operation->name);
    return true;
}

static bool need_usable_key(struct sim_call *call, struct key_place *ret)
{
    const char *name = call_need(call, "KeyId");
    return name && kms_need_key(call, name, conditions(call), ret) && is_usable(call, ret);
}

static const char *seal(struct sim_call *call, const struct key_place *at, struct slice text)
{
    const char *arn = value_get_str(at->key, "Arn");
    size_t arn_len = strlen(arn), head_len = MAGIC_LEN + 1 + arn_len + AES_NONCE_LEN;
    uint8_t key[AES_KEY_LEN], *bytes = arena_alloc(call->arena, head_len + text.len + AES_TAG_LEN);
    uint8_t *nonce = bytes + head_len - AES_NONCE_LEN;
    memcpy(bytes, MAGIC, MAGIC_LEN);
    bytes[MAGIC_LEN] = (uint8_t)arn_len;
    memcpy(bytes + MAGIC_LEN + 1, arn, arn_len);
    random_bytes(nonce, AES_NONCE_LEN);
    material_of(call->arena, arn, key);
    aes_gcm_seal(key, nonce, associated(call), text, bytes + head_len);
    return base64_encode(call->arena,
                         (struct slice){(const char *)bytes, head_len + text.len + AES_TAG_LEN});
}

struct ciphertext {
    const char *key_arn;
    const uint8_t *nonce;
    struct slice sealed;
};

static bool take_apart(struct arena *arena, struct slice bytes, struct ciphertext *ret)
{
    if (bytes.len < MAGIC_LEN + 1 || memcmp(bytes.ptr, MAGIC, MAGIC_LEN) != 0)
        return false;
    size_t arn_len = (uint8_t)bytes.ptr[MAGIC_LEN];
    struct slice rest = slice_from(bytes, MAGIC_LEN + 1);
    if (rest.len < arn_len + AES_NONCE_LEN + AES_TAG_LEN)
        return false;
    *ret = (struct ciphertext){arena_strndup(arena, rest.ptr, arn_len),
                               (const uint8_t *)rest.ptr + arn_len,
                               slice_from(rest, arn_len + AES_NONCE_LEN)};
    return true;
}

static bool answer_with_key(struct sim_call *call, struct map_builder *b,
                            const struct key_place *at)
{
    map_put(b, "KeyId", value_get(at->key, "Arn"));
    return call_answer(call, map_end(b));
}

bool kms_encrypt(struct sim_call *call)
{
    struct key_place at;
    struct slice text;
    const char *given = call_need(call, "Plaintext");
    if (!given)
        return false;
    if (!base64_decode(call->arena, slice_of(given), &text) || text.len == 0 ||
        text.len > PLAINTEXT_MAX)
        return call_error(call, 400, "ValidationException",
                          "1 validation error detected: Value at 'plaintext' failed to satisfy "
                          "constraint: Member must have length less than or equal to %d",
                          PLAINTEXT_MAX);
    if (!need_usable_key(call, &at))
        return false;
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "CiphertextBlob", seal(call, &at, text));
    map_put_str(&b, "EncryptionAlgorithm", ALGORITHM);
    return answer_with_key(call, &b, &at);
}

static bool data_key_len(struct sim_call *call, size_t *ret)
{
    const char *spec = call_str(call, "KeySpec");
    int64_t bytes = call_int(call, "NumberOfBytes", 0);
    if ((spec != NULL) == (call_get(call, "NumberOfBytes") != NULL))
        return call_error(call, 400, "ValidationException",
                          "Please specify either number of bytes or key spec.");
    if (spec)
        bytes = str_eq(spec, "AES_256") ? 32 : str_eq(spec, "AES_128") ? 16 : 0;
    if (bytes < 1 || bytes > DATA_KEY_MAX)
        return call_error(call, 400, "ValidationException",
                          "a data key is AES_256, AES_128, or of 1 to %d bytes", DATA_KEY_MAX);
    *ret = (size_t)bytes;
    return true;
}

bool kms_generate_data_key(struct sim_call *call)
{
    struct key_place at;
    size_t len = 0;
    if (!data_key_len(call, &len) || !need_usable_key(call, &at))
        return false;
    uint8_t *bytes = arena_alloc(call->arena, len);
    random_bytes(bytes, len);
    struct slice text = {(const char *)bytes, len};
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "CiphertextBlob", seal(call, &at, text));
    map_put_str(&b, "Plaintext", base64_encode(call->arena, text));
    return answer_with_key(call, &b, &at);
}

static bool is_key_of(struct sim_call *call, const char *name, const struct key_place *at)
{
    const struct value *named =
        kms_key_find(call->world, call->arena, call->account, call->region, name);
    return str_eq(value_get_str(named, "Arn"), value_get_str(at->key, "Arn"));
}

bool kms_decrypt(struct sim_call *call)
{
    struct key_place at;
    struct slice bytes;
    struct ciphertext ciphertext;
    const char *blob = call_need(call, "CiphertextBlob"), *name = call_str(call, "KeyId");
    if (!blob)
        return false;
    if (!base64_decode(call->arena, slice_of(blob), &bytes) ||
        !take_apart(call->arena, bytes, &ciphertext) ||
        !kms_key_find(call->world, call->arena, call->account, call->region, ciphertext.key_arn))
        return call_error(call, 400, "InvalidCiphertextException", "%s", "");
    if (!kms_need_key(call, ciphertext.key_arn, conditions(call), &at))
        return false;
    if (name && !is_key_of(call, name, &at))
        return call_error(call, 400, "IncorrectKeyException",
                          "The key ID in the request does not identify a CMK that can perform "
                          "this operation.");
    if (!is_usable(call, &at))
        return false;
    uint8_t key[AES_KEY_LEN], *text = arena_alloc(call->arena, ciphertext.sealed.len);
    material_of(call->arena, ciphertext.key_arn, key);
    if (!aes_gcm_open(key, ciphertext.nonce, associated(call), ciphertext.sealed, text))
        return call_error(call, 400, "InvalidCiphertextException", "%s", "");
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "Plaintext",
                base64_encode(call->arena, (struct slice){(const char *)text,
                                                          ciphertext.sealed.len - AES_TAG_LEN}));
    map_put_str(&b, "EncryptionAlgorithm", ALGORITHM);
    return answer_with_key(call, &b, &at);
}
