#include "engine/adopt/organization.h"

#include "engine/base/json.h"
#include "providers/aws/aws.h"

#define LEVELS_MAX 8 /* AWS: the root, five units below each other, the account */

enum kind { KIND_SCP, KIND_RCP, KIND_TAG, KIND_COUNT };
static const char *const kinds[] = {"SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY",
                                    "TAG_POLICY"};

struct reader {
    struct arena *arena;
    struct loop *loop;
    const struct topology *topology;
    struct sights *sights;
    const struct account *management; /* one of the topology's, or NULL */
    bool on[KIND_COUNT];              /* of the types: switched on in the organization */
    struct map parents;               /* account or unit -> id */
    struct map attached;              /* "TYPE TARGET" -> const struct value *: list of summaries */
    struct map documents;             /* id -> const struct value * */
    const char *failed;               /* AWS's words, of the first call that was refused */
};

/* One question, and where its answer goes. */
struct question {
    struct reader *reader;
    const struct account *account;
    const char *key;
};

static void settle(struct reader *r)
{
    while (loop_turn(r->loop))
        ;
}

static bool refused(struct reader *r, const struct response *rs)
{
    if (rs->fault == FAULT_NONE)
        return false;
    if (!r->failed)
        r->failed = arena_printf(r->arena, "%s: %s: %s", rs->operation,
                                 rs->code ? rs->code : "no code", rs->message ? rs->message : "");
    return true;
}

static void ask(struct reader *r, const struct aws_operation *operation,
                const struct account *account, const struct value *body, aws_done_fn *done,
                const char *key)
{
    struct question *question = arena_new_of(r->arena, struct question);
    *question = (struct question){r, account, key};
    const struct aws_call_spec spec = {.operation = operation,
                                       .account_id = account->id,
                                       .region = r->topology->regions[0],
                                       .body = body,
                                       .all_pages = operation->items != NULL};
    aws_call(r->loop, &spec, done, question);
}

static const struct value *members(struct arena *arena, const char *a, const char *text,
                                   const char *b, const char *other)
{
    struct map_builder map = map_begin(arena);
    map_put_str(&map, a, text);
    if (b)
        map_put_str(&map, b, other);
    return map_end(&map);
}

/* ---- which organization ---- */

static void described(void *ctx, const struct response *rs)
{
    struct question *q = ctx;
    struct reader *r = q->reader;
    const struct value *organization = value_get(rs->body, "Organization");
    const char *id = value_get_str(organization, "Id");
    const char *management = value_get_str(organization, "MasterAccountId");
    if (str_eq(rs->code, "AWSOrganizationsNotInUseException")) {
        list_add_str(&r->sights->unread,
                     arena_printf(r->arena,
                                  "account %s is going to be in the organization of the "
                                  "others: now it is in none",
                                  q->account->name));
        return;
    }
    if (rs->fault != FAULT_NONE || !id || !management) {
        list_add_str(&r->sights->unread,
                     arena_printf(r->arena, "account %s is in the organization of the others: %s",
                                  q->account->name, rs->code ? rs->code : "no code"));
        return;
    }
    map_set(&r->sights->organizations, q->account->id,
            (void *)(uintptr_t)arena_strdup(r->arena, id));
    r->sights->management_account_id = arena_strdup(r->arena, management);
}

static void describe(struct reader *r)
{
    for (size_t i = 0; i < r->topology->account_len; i++)
        ask(r, &organizations_DescribeOrganization, &r->topology->accounts[i], NULL, described,
            NULL);
    settle(r);
    for (size_t i = 0; i < r->topology->account_len; i++)
        if (str_eq(r->topology->accounts[i].id, r->sights->management_account_id))
            r->management = &r->topology->accounts[i];
}

/* ---- its shape ---- */

static void roots_listed(void *ctx, const struct response *rs)
{
    struct question *q = ctx;
    if (refused(q->reader, rs))
        return;
    const struct value *on = value_pointer(rs->body, "/Roots/0/PolicyTypes");
    for (size_t i = 0; i < value_len(on); i++)
        for (size_t kind = 0; kind < KIND_COUNT; kind++)
            if (str_eq(value_get_str(value_item(on, i), "Type"), kinds[kind]) &&
                str_eq(value_get_str(value_item(on, i), "Status"), "ENABLED"))
                q->reader->on[kind] = true;
}

static void ask_parent(struct reader *r, const char *child);

static void parent_listed(void *ctx, const struct response *rs)
{
    struct question *q = ctx;
    struct reader *r = q->reader;
    if (refused(r, rs))
        return;
    const struct value *parent = value_pointer(rs->body, "/Parents/0");
    const char *id = value_get_str(parent, "Id");
    if (!id)
        return;
    id = arena_strdup(r->arena, id);
    map_set(&r->parents, q->key, (void *)(uintptr_t)id);
    if (str_eq(value_get_str(parent, "Type"), "ORGANIZATIONAL_UNIT"))
        ask_parent(r, id);
}

static void ask_parent(struct reader *r, const char *child)
{
    if (map_get(&r->parents, child))
        return;
    map_set(&r->parents, child, (void *)(uintptr_t) "");
    ask(r, &organizations_ListParents, r->management,
        members(r->arena, "ChildId", child, NULL, NULL), parent_listed, child);
}

/* ---- what is attached ---- */

static void policy_described(void *ctx, const struct response *rs)
{
    struct question *q = ctx;
    struct reader *r = q->reader;
    const struct value *document = NULL;
    const char *why = NULL;
    const char *text = value_str(value_pointer(rs->body, "/Policy/Content"));
    if (!refused(r, rs) && text && json_parse(r->arena, slice_of(text), &document, &why))
        map_set(&r->documents, q->key, (void *)(uintptr_t)document);
}

static void attached_listed(void *ctx, const struct response *rs)
{
    struct question *q = ctx;
    struct reader *r = q->reader;
    if (refused(r, rs))
        return;
    const struct value *list = value_copy(r->arena, value_get(rs->body, "Policies"));
    map_set(&r->attached, q->key, (void *)(uintptr_t)list);
    for (size_t i = 0; i < value_len(list); i++) {
        const char *id = value_get_str(value_item(list, i), "Id");
        if (!id || map_get(&r->documents, id))
            continue;
        map_set(&r->documents, id, (void *)(uintptr_t)value_string(r->arena, ""));
        ask(r, &organizations_DescribePolicy, r->management,
            members(r->arena, "PolicyId", id, NULL, NULL), policy_described, id);
    }
}

static const char *attached_key(struct reader *r, enum kind kind, const char *target)
{
    return arena_printf(r->arena, "%s %s", kinds[kind], target);
}

static void ask_attached(struct reader *r, const char *target)
{
    for (size_t kind = 0; kind < KIND_COUNT; kind++) {
        const char *key = attached_key(r, (enum kind)kind, target);
        if (!r->on[kind] || map_get(&r->attached, key))
            continue;
        map_set(&r->attached, key, (void *)(uintptr_t)value_list(r->arena, NULL, 0));
        ask(r, &organizations_ListPoliciesForTarget, r->management,
            members(r->arena, "TargetId", target, "Filter", kinds[kind]), attached_listed, key);
    }
}

/* From the account up to the root. */
static size_t targets_of(const struct reader *r, const char *account, const char *ret[LEVELS_MAX])
{
    size_t len = 0;
    for (const char *at = account; at && *at && len < LEVELS_MAX; at = map_get(&r->parents, at))
        ret[len++] = at;
    return len;
}

/* ---- what follows for an account ---- */

static const struct value *levels_of(struct reader *r, enum kind kind, const char *account)
{
    const char *targets[LEVELS_MAX];
    struct list_builder levels = list_begin(r->arena);
    for (size_t i = targets_of(r, account, targets); r->on[kind] && i-- > 0;) {
        struct list_builder documents = list_begin(r->arena);
        const struct value *list = map_get(&r->attached, attached_key(r, kind, targets[i]));
        for (size_t k = 0; k < value_len(list); k++)
            list_add(&documents, map_get(&r->documents, value_get_str(value_item(list, k), "Id")));
        list_add(&levels, list_end(&documents));
    }
    return list_end(&levels);
}

static bool enforces(const struct value *tag_policy)
{
    const struct value *tags = value_get(tag_policy, "tags");
    for (size_t i = 0; value_is(tags, VALUE_MAP) && i < tags->map.len; i++)
        if (value_get(tags->map.entries[i].value, "enforced_for"))
            return true;
    return false;
}

/* What a tag policy takes depends on the tags of each resource. */
static void note_tag_policies(struct reader *r, const struct account *account)
{
    const char *targets[LEVELS_MAX];
    for (size_t i = targets_of(r, account->id, targets); r->on[KIND_TAG] && i-- > 0;) {
        const struct value *list = map_get(&r->attached, attached_key(r, KIND_TAG, targets[i]));
        for (size_t k = 0; k < value_len(list); k++) {
            const struct value *summary = value_item(list, k);
            if (enforces(map_get(&r->documents, value_get_str(summary, "Id"))))
                list_add_str(&r->sights->unread,
                             arena_printf(r->arena,
                                          "the tag policy %s, which is enforced over account %s, "
                                          "takes the tags of backups and copies",
                                          value_get_str(summary, "Name"), account->name));
        }
    }
}

static void conclude(struct reader *r)
{
    for (size_t i = 0; i < r->topology->account_len; i++) {
        const struct account *account = &r->topology->accounts[i];
        if (account == r->management || !map_get(&r->sights->organizations, account->id))
            continue;
        sights_add_controls(
            r->sights, &(struct sight_controls){account->id, levels_of(r, KIND_SCP, account->id),
                                                levels_of(r, KIND_RCP, account->id)});
        note_tag_policies(r, account);
    }
}

static void read_policies(struct reader *r)
{
    ask(r, &organizations_ListRoots, r->management, NULL, roots_listed, NULL);
    for (size_t i = 0; i < r->topology->account_len; i++)
        if (map_get(&r->sights->organizations, r->topology->accounts[i].id))
            ask_parent(r, r->topology->accounts[i].id);
    settle(r);
    for (size_t i = 0; i < r->topology->account_len; i++) {
        const char *targets[LEVELS_MAX];
        size_t len = targets_of(r, r->topology->accounts[i].id, targets);
        for (size_t k = 0; k < len; k++)
            ask_attached(r, targets[k]);
    }
    settle(r);
}

void organization_read(struct arena *arena, struct loop *loop, const struct topology *topology,
                       struct sights *sights)
{
    struct reader r = {.arena = arena, .loop = loop, .topology = topology, .sights = sights};
    map_init(&r.parents, arena);
    map_init(&r.attached, arena);
    map_init(&r.documents, arena);
    describe(&r);
    if (!sights->management_account_id)
        return;
    if (!r.management)
        r.failed = arena_printf(arena, "its management account %s is not among `accounts`",
                                sights->management_account_id);
    else
        read_policies(&r);
    if (r.failed)
        list_add_str(&sights->unread,
                     arena_printf(arena,
                                  "no policy of the organization but those of the file stands in "
                                  "the way: %s",
                                  r.failed));
    else
        conclude(&r);
}
