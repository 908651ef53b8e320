/* Any bytes as an envelope, and as the text of one that is changed somewhere: what is refused comes
 * with one error, what opens is what was sealed. */

#include <stdint.h>

#include "engine/base/bug.h"
#include "tests/unit/state/key_service.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool opens(struct arena *arena, struct sealer *sealer, struct slice bytes,
                  struct slice *ret_text)
{
    const struct envelope_label any = {.kind = ENVELOPE_BATCH};
    struct diags diags;
    diags_init(&diags, arena);
    bool good = envelope_open(sealer, arena, "batch", &any, bytes, ret_text, NULL, &diags);
    BUG_ON(good != (diags.errors == 0) || diags.errors > 1);
    BUG_ON(!good && diags_status(&diags) != 4);
    return good;
}

static void seal_and_change(struct arena *arena, struct sealer *sealer, struct slice text)
{
    const struct envelope_label label = {ENVELOPE_BATCH, "lineage", 3, 7};
    struct diags diags;
    diags_init(&diags, arena);
    struct slice bytes = {0}, back = {0};
    bool sealed = envelope_seal(sealer, arena, &label, text, &bytes, &diags);
    BUG_ON(!sealed || !opens(arena, sealer, bytes, &back) || back.len != text.len ||
           (text.len > 0 && memcmp(back.ptr, text.ptr, text.len) != 0));
    if (text.len < 3)
        return;
    size_t at = ((size_t)(uint8_t)text.ptr[0] << 8 | (uint8_t)text.ptr[1]) % bytes.len;
    char *changed = arena_memdup(arena, bytes.ptr, bytes.len);
    changed[at] = text.ptr[2];
    if (changed[at] != bytes.ptr[at])
        BUG_ON(opens(arena, sealer, (struct slice){changed, bytes.len}, &back));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct fake_keys keys = {0};
    const struct key_service service = fake_key_service(&keys);
    struct sealer *sealer = sealer_new(&service);
    struct slice bytes = {(const char *)data, size}, text = {0};
    BUG_ON(opens(arena, sealer, bytes, &text)); /* nobody outside knows the key of this run */
    seal_and_change(arena, sealer, bytes);
    sealer_free(sealer);
    return 0;
}
