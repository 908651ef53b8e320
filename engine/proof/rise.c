/* Which roles amount to their account: what they may do gives them every right of it (rises.inc).
 */
#include <string.h>

#include "engine/aws/arn.h"
#include "engine/base/strbuf.h"
#include "engine/proof/statements.h"
#include "engine/proof/takeover_rows.h"

enum where { ANY, WHEREVER };

static const struct rise {
    const char *action;
    enum where where;
    const char *on, *beside, *service;
} rises[] = {
#define RISE(action, where, on, beside, service) {action, where, on, beside, service},
#include "engine/proof/rises.inc"
#undef RISE
};

struct climb {
    struct takeover *t;
    const struct model_object *role;
    const char *region; /* where services are called */
};

/* ---- what the policies of the role name ---- */

/* Some name for what is left open. */
static void add_filled(struct strbuf *sb, struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        const char *close = c == '$' ? memchr(text.ptr + i, '}', text.len - i) : NULL;
        if (close || c == '*')
            strbuf_add(sb, "any");
        else
            strbuf_add_char(sb, c == '?' ? 'x' : c);
        if (close)
            i = (size_t)(close - text.ptr);
    }
}

static bool is_wild(struct slice part)
{
    return memchr(part.ptr, '*', part.len) || memchr(part.ptr, '$', part.len);
}

/* One that the pattern takes, of the role's own account; NULL: any will do. */
static const char *named_by(const struct climb *climb, const char *pattern)
{
    const struct account *home = climb->role->resource->account;
    struct strbuf sb;
    struct arn arn;
    if (!arn_parse(slice_of(pattern), &arn))
        return NULL;
    strbuf_init(&sb, climb->t->arena, strlen(pattern) * 3 + 64);
    strbuf_addf(&sb, "arn:%s:", home->partition);
    add_filled(&sb, arn.service);
    strbuf_add(&sb, ":");
    strbuf_add_slice(&sb, is_wild(arn.region) ? slice_of(climb->region) : arn.region);
    strbuf_add(&sb, ":");
    strbuf_add_slice(&sb, is_wild(arn.account) ? slice_of(home->id) : arn.account);
    strbuf_add(&sb, ":");
    add_filled(&sb, arn.resource);
    return strbuf_str(&sb);
}

static bool is_allowed(const struct climb *climb, const char *action, const char *resource,
                       const struct value *context)
{
    const char *const actions[] = {action, NULL};
    const struct value *const contexts[] = {context, NULL};
    const struct means means = {
        .actions = actions, .resource = resource, .contexts = context ? contexts : NULL};
    return means_allowed(climb->t->model, climb->role->arn, &means, /* all_rights= */ false);
}

/* On one of the resources that its policies name for it. */
static bool is_allowed_somewhere(const struct climb *climb, const char *action)
{
    const struct policy_list *list = &model_role(climb->t->model, climb->role->arn)->identity;
    for (size_t i = 0; i < list->len; i++)
        for (size_t k = 0; k < list->items[i]->statements_len; k++) {
            const struct policy_statement *s = &list->items[i]->statements[k];
            if (!statement_takes(s, POLICY_ALLOW, action) || s->not_resource)
                continue;
            for (size_t n = 0; n < s->resources.len; n++) {
                const char *named = named_by(climb, s->resources.items[n].text);
                if (named && is_allowed(climb, action, named, NULL))
                    return true;
            }
        }
    return false;
}

/* ---- the whole ---- */

static bool can(const struct climb *climb, const struct rise *rise)
{
    const struct account *home = climb->role->resource->account;
    struct arena *arena = climb->t->arena;
    const struct value *context =
        rise->service ? value_map_text(arena, "iam:PassedToService", rise->service) : NULL;
    const char *some =
        arena_printf(arena, "arn:%s:iam::%s:%s", home->partition, home->id, rise->on);
    bool first = is_allowed(climb, rise->action, some, context) ||
                 (rise->where == WHEREVER && is_allowed_somewhere(climb, rise->action));
    return first && (!rise->beside || is_allowed(climb, rise->beside, "*", NULL) ||
                     is_allowed_somewhere(climb, rise->beside));
}

const char *takeover_rise(struct takeover *t, const struct model_object *role, const char *region)
{
    const struct climb climb = {t, role, region};
    for (size_t i = 0; i < ARRAY_LEN(rises); i++)
        if (can(&climb, &rises[i]))
            return rises[i].beside
                       ? arena_printf(t->arena, "%s and %s", rises[i].action, rises[i].beside)
                       : rises[i].action;
    return NULL;
}
