#include "state/mirror_private.h"

bool mirror_pack(struct mirror *mirror, struct arena *arena, const struct envelope_label *label,
                 struct slice text, struct slice *ret, struct diags *diags)
{
    if (mirror->sealer)
        return envelope_seal(mirror->sealer, arena, label, text, ret, diags);
    *ret = text;
    return true;
}

bool mirror_is_as_sealed(const struct mirror *mirror)
{
    return str_eq(mirror->key, mirror->head_key);
}

static bool no_key(const char *place, struct diags *diags)
{
    struct diag *diag = diag_error(diags, E_SEAL_KEY, NO_POS, NULL,
                                   "%s is encrypted, and the topology names no key", place);
    diag_hint(diags, diag, "Name it: `kms_key` beside the bucket. Nothing was sent.");
    return false;
}

bool mirror_unpack(struct mirror *mirror, struct arena *arena, const char *name,
                   const struct envelope_label *expected, struct slice bytes, struct slice *ret,
                   struct diags *diags)
{
    const char *place = arena_printf(arena, "%s%s", mirror->remote.where, name);
    if (!mirror->sealer && envelope_is(bytes))
        return no_key(place, diags);
    if (mirror->sealer && (mirror->enforced || envelope_is(bytes)))
        return envelope_open(mirror->sealer, arena, place, expected, bytes, ret, NULL, diags);
    *ret = bytes;
    return true;
}
