#include "state/envelope.h"

#include <string.h>

#include "engine/base/bug.h"
#include "engine/base/json.h"

#define FORMAT 1
#define ALGORITHM "AES-256-GCM"
#define BEGINNING "{\"sealed\":" /* of every format */
#define HEADER_MAX ((size_t)16 << 10)
#define WRAPPED_MAX ((size_t)8 << 10) /* KMS: 6144 bytes */

struct data_key {
    struct unwrapped_key open;
    struct slice wrapped; /* in the arena of the sealer; len 0: there is no key yet */
    const char *lineage;
    int64_t uses;
};

struct sealer {
    struct arena *arena;
    struct key_service service;
    struct data_key ours, theirs;  /* to seal with; of the last envelope of another run */
    const struct data_key *opened; /* the last one that opened something; or NULL */
};

static const char *const kinds[] = {
    [ENVELOPE_HEAD] = "head", [ENVELOPE_SNAPSHOT] = "snapshot", [ENVELOPE_BATCH] = "batch"};

/* ---- data keys ---- */

struct sealer *sealer_new(const struct key_service *service)
{
    struct arena *arena = arena_new();
    struct sealer *sealer = arena_new_of(arena, struct sealer);
    *sealer = (struct sealer){.arena = arena, .service = *service};
    return sealer;
}

void sealer_free(struct sealer *sealer)
{
    if (!sealer)
        return;
    wipe(&sealer->ours, sizeof(sealer->ours));
    wipe(&sealer->theirs, sizeof(sealer->theirs));
    arena_free(sealer->arena);
}

static void keep_key(struct sealer *sealer, struct data_key *at, const struct unwrapped_key *key,
                     const char *lineage, struct slice wrapped)
{
    at->open = *key;
    at->open.under = key->under ? arena_strdup(sealer->arena, key->under) : NULL;
    at->wrapped =
        (struct slice){arena_memdup(sealer->arena, wrapped.ptr, wrapped.len), wrapped.len};
    at->lineage = arena_strdup(sealer->arena, lineage);
    at->uses = 0;
}

static bool key_to_seal(struct sealer *sealer, struct arena *arena, const char *lineage,
                        struct diags *diags)
{
    struct data_key *ours = &sealer->ours;
    if (ours->wrapped.len > 0 && ours->uses < SEALER_USES_MAX && str_eq(ours->lineage, lineage))
        return true;
    struct unwrapped_key key = {0};
    struct slice wrapped = {0};
    bool good =
        sealer->service.generate(sealer->service.self, arena, lineage, &key, &wrapped, diags);
    if (good) {
        BUG_ON(wrapped.len == 0 || wrapped.len > WRAPPED_MAX);
        keep_key(sealer, ours, &key, lineage, wrapped);
    }
    wipe(&key, sizeof(key));
    return good;
}

static bool is_key(const struct data_key *key, const char *lineage, struct slice wrapped)
{
    return key->wrapped.len == wrapped.len && wrapped.len > 0 &&
           memcmp(key->wrapped.ptr, wrapped.ptr, wrapped.len) == 0 && str_eq(key->lineage, lineage);
}

/* The batches of a run carry one wrapped key: it is unwrapped once for all of them. */
static const struct data_key *key_to_open(struct sealer *sealer, struct arena *arena,
                                          const char *lineage, struct slice wrapped,
                                          struct diags *diags)
{
    if (is_key(&sealer->ours, lineage, wrapped))
        return &sealer->ours;
    if (is_key(&sealer->theirs, lineage, wrapped))
        return &sealer->theirs;
    struct unwrapped_key key = {0};
    bool good = sealer->service.unwrap(sealer->service.self, arena, lineage, wrapped, &key, diags);
    if (good)
        keep_key(sealer, &sealer->theirs, &key, lineage, wrapped);
    wipe(&key, sizeof(key));
    return good ? &sealer->theirs : NULL;
}

bool sealer_seals_under(struct sealer *sealer, const char *lineage, const char **ret,
                        struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    bool good = key_to_seal(sealer, scratch, lineage, diags);
    *ret = sealer->ours.open.under;
    return good;
}

const char *sealer_opened_under(const struct sealer *sealer)
{
    return sealer->opened ? sealer->opened->open.under : NULL;
}

/* ---- the header ---- */

struct header {
    struct envelope_label label;
    struct slice wrapped, nonce;
};

static const char *header_line(struct arena *arena, const struct header *header)
{
    struct map_builder b = map_begin(arena);
    map_put_int(&b, "sealed", FORMAT);
    map_put_str(&b, "algorithm", ALGORITHM);
    map_put_str(&b, "lineage", header->label.lineage);
    map_put_str(&b, "kind", kinds[header->label.kind]);
    map_put_int(&b, "number", header->label.number);
    map_put_int(&b, "serial", header->label.serial);
    map_put_str(&b, "key", base64_encode(arena, header->wrapped));
    map_put_str(&b, "nonce", base64_encode(arena, header->nonce));
    return arena_printf(arena, "%s\n", json_print(arena, map_end(&b), JSON_COMPACT));
}

static bool read_kind(const char *text, enum envelope_kind *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_eq(text, kinds[i])) {
            *ret = (enum envelope_kind)i;
            return true;
        }
    return false;
}

static bool read_members(struct arena *arena, const struct value *v, struct header *ret)
{
    const char *lineage = value_get_str(v, "lineage"), *kind = value_get_str(v, "kind");
    const char *key = value_get_str(v, "key"), *nonce = value_get_str(v, "nonce");
    ret->label.lineage = lineage;
    ret->label.number = value_get_int(v, "number", -1);
    ret->label.serial = value_get_int(v, "serial", -1);
    return lineage && read_kind(kind, &ret->label.kind) && ret->label.number >= 0 &&
           ret->label.serial >= 0 && base64_decode(arena, slice_of(key), &ret->wrapped) &&
           ret->wrapped.len > 0 && ret->wrapped.len <= WRAPPED_MAX &&
           base64_decode(arena, slice_of(nonce), &ret->nonce) && ret->nonce.len == AES_NONCE_LEN;
}

/* The first line, with its end; empty when there is none. */
static struct slice first_line(struct slice bytes)
{
    size_t max = bytes.len < HEADER_MAX ? bytes.len : HEADER_MAX;
    const char *end = max > 0 ? memchr(bytes.ptr, '\n', max) : NULL;
    return (struct slice){bytes.ptr, end ? (size_t)(end - bytes.ptr) + 1 : 0};
}

static bool broken(const char *name, const char *why, struct diags *diags)
{
    diag_error(diags, E_SEAL_BROKEN, NO_POS, NULL, "%s: %s", name, why);
    return false;
}

/* There is one way to write a header: whatever else says the same is none. */
static bool read_header(struct arena *arena, const char *name, struct slice line,
                        struct header *ret, struct diags *diags)
{
    const struct value *v = NULL;
    const char *why = NULL;
    if (line.len == 0 || !json_parse_unique(arena, line, &v, &why) || !value_is(v, VALUE_MAP))
        return broken(name, "the header of the envelope cannot be read", diags);
    int64_t format = value_get_int(v, "sealed", 0);
    if (format > FORMAT) {
        diag_error(diags, E_STATE_NEWER, NO_POS, NULL,
                   "%s is sealed in format %lld; this holdfast knows formats up to %d", name,
                   (long long)format, FORMAT);
        return false;
    }
    if (!read_members(arena, v, ret) || !slice_is(line, header_line(arena, ret)))
        return broken(name, "the header of the envelope is not one that this program writes",
                      diags);
    return true;
}

/* ---- sealing and opening ---- */

bool envelope_is(struct slice bytes)
{
    return slice_starts(bytes, BEGINNING);
}

bool envelope_seal(struct sealer *sealer, struct arena *arena, const struct envelope_label *label,
                   struct slice text, struct slice *ret, struct diags *diags)
{
    BUG_ON(label->number < 0 || label->serial < 0);
    if (!key_to_seal(sealer, arena, label->lineage, diags))
        return false;
    struct data_key *ours = &sealer->ours;
    uint8_t nonce[AES_NONCE_LEN];
    random_bytes(nonce, sizeof(nonce));
    ours->uses++;
    const struct header header = {*label, ours->wrapped, {(const char *)nonce, sizeof(nonce)}};
    struct slice line = slice_of(header_line(arena, &header));
    size_t len = line.len + text.len + AES_TAG_LEN;
    char *bytes = arena_alloc(arena, len);
    memcpy(bytes, line.ptr, line.len);
    aes_gcm_seal(ours->open.key, nonce, line, text, (uint8_t *)bytes + line.len);
    *ret = (struct slice){bytes, len};
    return true;
}

static bool misplaced(const char *name, const struct envelope_label *found,
                      const struct envelope_label *expected, struct diags *diags)
{
    const char *lineage = expected->lineage ? expected->lineage : found->lineage;
    bool same_number = expected->number == 0 || found->number == expected->number;
    if (!str_eq(found->lineage, lineage))
        diag_error(diags, E_SEAL_MISPLACED, NO_POS, NULL, "%s belongs to the state %s, not to %s",
                   name, found->lineage, lineage);
    else if (found->kind != expected->kind || !same_number)
        diag_error(diags, E_SEAL_MISPLACED, NO_POS, NULL, "%s holds %s %lld, where %s %lld belongs",
                   name, kinds[found->kind], (long long)found->number, kinds[expected->kind],
                   (long long)expected->number);
    else if (found->serial < expected->serial)
        diag_error(diags, E_SEAL_MISPLACED, NO_POS, NULL,
                   "%s has serial %lld, and serial %lld has been seen already", name,
                   (long long)found->serial, (long long)expected->serial);
    else
        return false;
    return true;
}

bool envelope_open(struct sealer *sealer, struct arena *arena, const char *name,
                   const struct envelope_label *expected, struct slice bytes,
                   struct slice *ret_text, struct envelope_label *ret_label, struct diags *diags)
{
    if (!envelope_is(bytes)) {
        diag_error(diags, E_SEAL_MISSING, NO_POS, NULL, "%s is not encrypted", name);
        return false;
    }
    struct header header = {0};
    struct slice line = first_line(bytes), sealed = slice_from(bytes, line.len);
    if (!read_header(arena, name, line, &header, diags) ||
        misplaced(name, &header.label, expected, diags))
        return false;
    const struct data_key *key =
        key_to_open(sealer, arena, header.label.lineage, header.wrapped, diags);
    if (!key)
        return false;
    uint8_t *text = arena_alloc(arena, sealed.len + 1);
    if (!aes_gcm_open(key->open.key, (const uint8_t *)header.nonce.ptr, line, sealed, text))
        return broken(name, "it is not what was sealed", diags);
    sealer->opened = key;
    text[sealed.len - AES_TAG_LEN] = '\0';
    *ret_text = (struct slice){(const char *)text, sealed.len - AES_TAG_LEN};
    if (ret_label)
        *ret_label = header.label;
    return true;
}
