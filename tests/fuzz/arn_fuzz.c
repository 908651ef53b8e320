/* "TEXT" or "PATTERN\nTEXT": any bytes as an ARN, and as a pattern over ARNs. */

#include <stdint.h>
#include <string.h>

#include "engine/aws/arn.h"
#include "engine/base/bug.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool within(struct slice part, struct slice whole)
{
    return part.len == 0 || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct slice text = {(const char *)data, size}, pattern = slice_cut(&text, '\n');
    struct arn arn;
    if (arn_parse(pattern, &arn)) {
        BUG_ON(arn.partition.len == 0 || arn.service.len == 0 || arn.resource.len == 0);
        BUG_ON(!within(arn.partition, pattern) || !within(arn.region, pattern) ||
               !within(arn.account, pattern) || !within(arn.resource, pattern));
        const char *name = arn_resource_name(arena, &arn);
        BUG_ON(!name || strlen(name) > arn.resource.len);
        struct slice vault;
        if (arn_is_backup_vault(&arn, &vault))
            BUG_ON(!vault_name_is_valid(vault));
    }
    BUG_ON(!arn_matches_pattern(pattern, pattern));
    BUG_ON(!arn_matches_pattern(slice_of("*"), text));
    (void)arn_matches_pattern(pattern, text);
    return 0;
}
