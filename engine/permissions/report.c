/* The policies as people and as machines read them. */
#include "engine/base/json.h"
#include "engine/permissions/permissions.h"

#define TEXT_MAX ((size_t)64 << 20)

static const struct value *policies_to_json(struct arena *arena,
                                            const struct permission_grant *grant)
{
    struct list_builder list = list_begin(arena);
    for (size_t i = 0; i < grant->len; i++) {
        struct map_builder b = map_begin(arena);
        map_put_str(&b, "name", grant->policies[i].name);
        map_put_int(&b, "size", (int64_t)grant->policies[i].size);
        map_put(&b, "document", grant->policies[i].document);
        list_add(&list, map_end(&b));
    }
    return list_end(&list);
}

const struct value *permissions_to_json(struct arena *arena, const struct permissions *permissions)
{
    struct list_builder grants = list_begin(arena);
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < permissions->len; i++) {
        const struct permission_grant *grant = &permissions->grants[i];
        struct map_builder g = map_begin(arena);
        map_put_str(&g, "account", grant->account ? grant->account->name : NULL);
        map_put_str(&g, "account_id", grant->account ? grant->account->id : NULL);
        map_put_str(&g, "principal", grant->principal);
        map_put_str(&g, "note", grant->note);
        map_put(&g, "policies", policies_to_json(arena, grant));
        list_add(&grants, map_end(&g));
    }
    map_put_str(&b, "format_version", "1.0");
    map_put_str(&b, "topology", permissions->topology);
    map_put_str(&b, "for", permissions_for_name(permissions->purpose));
    map_put(&b, "grants", list_end(&grants));
    return map_end(&b);
}

static void add_heading(struct strbuf *sb, const struct permissions *permissions,
                        const struct permission_grant *grant)
{
    if (grant->account)
        strbuf_addf(sb, "# account %s (%s), as %s", grant->account->name, grant->account->id,
                    grant->principal ? grant->principal : "whoever runs the command");
    else
        strbuf_addf(sb, "# whoever runs `holdfast %s`", permissions_for_name(permissions->purpose));
    if (grant->len > 1)
        strbuf_addf(sb, ": %zu managed policies, because one holds no more than %d characters",
                    grant->len, MANAGED_POLICY_MAX);
    strbuf_add(sb, "\n");
    if (grant->note)
        strbuf_addf(sb, "# %s\n", grant->note);
    if (grant->len > ROLE_POLICIES_MAX)
        strbuf_addf(sb, "# a role takes %d of them: ask AWS for a higher quota\n",
                    ROLE_POLICIES_MAX);
    if (grant->account && grant->account->symbolic)
        strbuf_addf(sb, "# stands for each account of %s: put its id in the place of %s\n",
                    grant->account->unit, grant->account->id);
}

const char *permissions_text(struct arena *arena, const struct permissions *permissions)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, TEXT_MAX);
    for (size_t i = 0; i < permissions->len; i++) {
        const struct permission_grant *grant = &permissions->grants[i];
        if (i > 0)
            strbuf_add(&sb, "\n");
        add_heading(&sb, permissions, grant);
        for (size_t k = 0; k < grant->len; k++) {
            const struct permission_policy *policy = &grant->policies[k];
            strbuf_addf(&sb, "## policy %s, %zu of %d characters\n", policy->name, policy->size,
                        MANAGED_POLICY_MAX);
            json_write(&sb, policy->document, JSON_PRETTY);
            strbuf_add(&sb, "\n");
        }
    }
    return strbuf_str(&sb);
}
