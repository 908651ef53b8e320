#include "engine/aws/arn.h"

#include <stdint.h>

#include "engine/aws/partition.h"

static bool has_blank_or_control(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] <= ' ' || text.ptr[i] == 0x7f)
            return true;
    return false;
}

bool arn_parse(struct slice text, struct arn *ret)
{
    if (text.len == 0 || has_blank_or_control(text))
        return false;
    struct slice rest = text;
    struct slice parts[5];
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        parts[i] = slice_cut(&rest, ':');
        if (rest.ptr == NULL)
            return false;
    }
    if (!slice_is(parts[0], "arn") || parts[1].len == 0 || parts[2].len == 0 || rest.len == 0)
        return false;
    *ret = (struct arn){.partition = parts[1],
                        .service = parts[2],
                        .region = parts[3],
                        .account = parts[4],
                        .resource = rest};
    return true;
}

bool arn_is_in_account(const char *arn, const char *account_id)
{
    struct arn parts;
    return arn_parse(slice_of(arn), &parts) && slice_is(parts.account, account_id);
}

const char *arn_resource_name(struct arena *arena, const struct arn *arn)
{
    for (size_t i = 0; i < arn->resource.len; i++)
        if (arn->resource.ptr[i] == '/' || arn->resource.ptr[i] == ':')
            return arena_strndup(arena, arn->resource.ptr + i + 1, arn->resource.len - i - 1);
    return arena_strndup(arena, arn->resource.ptr, arn->resource.len);
}

const char *arn_short_name(struct arena *arena, const char *text)
{
    struct arn arn;
    return text && arn_parse(slice_of(text), &arn) ? arn_resource_name(arena, &arn) : text;
}

bool vault_name_is_valid(struct slice name)
{
    if (name.len < 2 || name.len > 50)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return false;
    }
    return true;
}

/* region_is_valid() and account_id_is_valid() take C strings; a slice of an ARN has no end mark. */
static bool slice_fits(struct slice s, bool (*is_valid)(const char *))
{
    char text[64];
    if (s.len >= sizeof text)
        return false;
    for (size_t i = 0; i < s.len; i++)
        text[i] = s.ptr[i];
    text[s.len] = '\0';
    return is_valid(text);
}

bool arn_is_backup_vault(const struct arn *arn, struct slice *ret_name)
{
    if (!slice_is(arn->service, "backup") || !slice_starts(arn->resource, "backup-vault:"))
        return false;
    struct slice name = slice_from(arn->resource, sizeof "backup-vault:" - 1);
    if (!vault_name_is_valid(name) || !slice_fits(arn->region, region_is_valid) ||
        !slice_fits(arn->account, account_id_is_valid))
        return false;
    if (ret_name != NULL)
        *ret_name = name;
    return true;
}

const char *arn_role(struct arena *arena, const char *partition, const char *account,
                     const char *name_with_path)
{
    const char *name = name_with_path[0] == '/' ? name_with_path + 1 : name_with_path;
    return arena_printf(arena, "arn:%s:iam::%s:role/%s", partition, account, name);
}

/* The classic single-retry matcher: after a mismatch only the last '*' can take one more
 * character, so that the time is bounded by the product of both lengths. */
bool arn_matches_pattern(struct slice pattern, struct slice text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, retry = 0;
    while (t < text.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            retry = t;
        } else if (p < pattern.len && (pattern.ptr[p] == '?' || pattern.ptr[p] == text.ptr[t])) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++retry;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}
