#include "engine/policy/quota.h"

#include "engine/base/json.h"
#include "engine/policy/policy.h"

static const struct limit {
    const char *what;
    size_t max;
    bool of_iam;  /* white space does not count; characters up to U+00FF */
    size_t usual; /* where less is given to whoever has not asked for more; or 0 */
} limits[] = {
    [POLICY_QUOTA_MANAGED] = {"a managed policy", 6144, true},
    [POLICY_QUOTA_INLINE] = {"the inline policies of a role together", 10240, true},
    [POLICY_QUOTA_TRUST] = {"a trust policy", 8192, true, .usual = 2048},
    [POLICY_QUOTA_SCP] = {"a service control policy", 10240, false},
    [POLICY_QUOTA_RCP] = {"a resource control policy", 5120, false},
    [POLICY_QUOTA_KEY] = {"a key policy", 32768, false},
};

size_t policy_quota_usual(enum policy_quota quota)
{
    return limits[quota].usual ? limits[quota].usual : limits[quota].max;
}

/* As it will be sent: without the white space that people write between the elements. */
static struct slice text_of(struct arena *arena, const struct value *doc)
{
    const char *why = NULL;
    const struct value *map =
        doc->kind == VALUE_STRING ? policy_from_text(arena, doc->string, &why) : doc;
    return slice_of(json_print(arena, map ? map : doc, JSON_COMPACT));
}

size_t policy_size(struct arena *arena, const struct value *doc, enum policy_quota quota)
{
    struct slice text = text_of(arena, doc);
    size_t size = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool continues = (c & 0xC0) == 0x80; /* a character of UTF-8 that was counted */
        size += !continues && !(limits[quota].of_iam && c == ' ');
    }
    return size;
}

/* UTF-8 begins the characters from U+0100 on with a byte from 0xC4 on. */
static bool is_latin1(struct arena *arena, const struct value *doc)
{
    struct slice text = text_of(arena, doc);
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] >= 0xC4)
            return false;
    return true;
}

static bool check_size(size_t size, enum policy_quota quota, struct source_pos pos,
                       struct diags *diags, const char *address)
{
    if (size <= limits[quota].max)
        return true;
    (void)diag_error(diags, E_RULE_POLICY, pos, address, "%s may have %zu characters; here are %zu",
                     limits[quota].what, limits[quota].max, size);
    return false;
}

bool policy_check_quota(struct arena *arena, const struct value *doc, enum policy_quota quota,
                        struct diags *diags, const char *address)
{
    if (value_has_unknown(doc))
        return true;
    if (limits[quota].of_iam && !is_latin1(arena, doc)) {
        (void)diag_error(diags, E_RULE_POLICY, doc->pos, address,
                         "IAM takes no character beyond U+00FF in a policy");
        return false;
    }
    return check_size(policy_size(arena, doc, quota), quota, doc->pos, diags, address);
}

bool policy_check_quota_of_all(struct arena *arena, const struct value *docs,
                               enum policy_quota quota, struct diags *diags, const char *address)
{
    size_t size = 0;
    if (!value_is(docs, VALUE_MAP) || value_has_unknown(docs))
        return true;
    for (size_t i = 0; i < docs->map.len; i++)
        size += policy_size(arena, docs->map.entries[i].value, quota);
    return check_size(size, quota, docs->pos, diags, address);
}
