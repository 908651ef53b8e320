#include "tests/contract/contract.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/aws/tags.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/strbuf.h"
#include "engine/config/assets.h"
#include "engine/config/normalize.h"
#include "engine/config/validate.h"
#include "engine/config/yaml.h"
#include "engine/plan/diff.h"
#include "providers/http.h"

#define ADDRESS "contract.object"
#define TEXT_MAX ((size_t)1024 * 1024)
#define NAP_MS 2000 /* between two reads in a hard world */
#define NAPS_MAX 30

void contract_fail(struct contract *c, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fprintf(stderr, "%s: %s: ", c->type, c->step);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    for (size_t i = 0; i < c->diags.len; i++)
        fprintf(stderr, "    %s\n", diag_render(c->arena, &c->diags, &c->diags.items[i]));
    c->diags.len = c->diags.errors = 0;
    c->failures++;
}

/* ---- the world ---- */

static const char *account_of(const struct contract *c)
{
    return value_get_str(c->file, "account");
}

static const struct value *account_entry(struct arena *arena, const char *id)
{
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "id", id);
    map_put_str(&b, "name", "contract");
    return map_end(&b);
}

static bool read_hardships(struct contract *c, const char *path, const struct value **ret)
{
    struct slice text;
    const char *why = NULL;
    if (!path || !file_read(c->arena, path, TEXT_MAX, &text, &c->diags))
        return !path;
    c->hard = true;
    return json_parse(c->arena, text, ret, &why);
}

/* Small pages, so that every list is read to its end. */
static bool open_world(struct contract *c, const char *hardships)
{
    const struct value *given = NULL;
    if (!read_hardships(c, hardships, &given))
        return false;
    struct world_options options = {.path = ":memory:", .record_calls = true};
    struct list_builder accounts = list_begin(c->arena);
    list_add(&accounts, account_entry(c->arena, account_of(c)));
    struct map_builder settings = map_begin_from(c->arena, given);
    map_put_int(&settings, "page_size", 1);
    struct map_builder seed = map_begin_from(c->arena, value_get(c->file, "world"));
    if (!value_get(value_get(c->file, "world"), "accounts"))
        map_put(&seed, "accounts", list_end(&accounts));
    map_put(&seed, "settings", map_end(&settings));
    return world_open(&options, &c->world, &c->diags) &&
           world_seed(c->world, map_end(&seed), &c->diags);
}

static bool open_loop(struct contract *c)
{
    struct aws_account *account = arena_new_of(c->arena, struct aws_account);
    *account = (struct aws_account){.id = account_of(c), .name = "contract", .partition = "aws"};
    struct aws_options options = {.accounts = account,
                                  .account_len = 1,
                                  .home_region = "us-east-1",
                                  .endpoint_url = c->endpoint,
                                  .simulated = !c->endpoint};
    if (c->endpoint && !http_transport(NULL, &c->transport, &c->diags))
        return false;
    c->mangle = (struct mangle){.inner = c->endpoint ? c->transport : world_transport(c->world),
                                .arena = c->arena};
    c->loop = loop_new(mangle_transport(&c->mangle), &c->diags);
    return aws_setup(c->arena, c->loop, &options, &c->diags) &&
           aws_verify_identities(c->loop, &c->diags);
}

static bool read_file(struct contract *c, const char *folder)
{
    const char *path = arena_printf(c->arena, "%s/%s.yaml", folder, c->type);
    struct slice text;
    return file_read(c->arena, path, TEXT_MAX, &text, &c->diags) &&
           yaml_parse(c->arena, path, text, &c->file, &c->diags);
}

bool contract_open(struct contract *c, const char *type, const char *folder, const char *where)
{
    const char *endpoint = where && str_starts(where, "http://") ? where : NULL;
    *c = (struct contract){.arena = arena_new(),
                           .type = type,
                           .folder = folder,
                           .step = "before",
                           .endpoint = endpoint};
    diags_init(&c->diags, c->arena);
    map_init(&c->before, c->arena);
    for (size_t i = 0; i < OP_KINDS; i++)
        map_init(&c->actions[i], c->arena);
    c->schemas = schema_load(c->arena);
    c->schema = schema_of(c->schemas, type);
    if (!c->schema || !provider_ops(type)) {
        contract_fail(c, "there is no such type");
        return false;
    }
    if (read_file(c, folder) && account_of(c) && (endpoint || open_world(c, where)) && open_loop(c))
        return true;
    contract_fail(c, "the test cannot be set up");
    return false;
}

void contract_close(struct contract *c)
{
    loop_free(c->loop);
    if (c->transport.ops)
        c->transport.ops->close(c->transport.self);
    if (c->world)
        world_close(c->world);
    arena_free(c->arena);
}

/* ---- properties ---- */

/* "${key.arn}" inside a text. */
static const char *filled(struct contract *c, const char *text)
{
    struct strbuf sb;
    strbuf_init(&sb, c->arena, TEXT_MAX);
    for (const char *open; (open = strstr(text, "${")) != NULL;) {
        const char *dot = strchr(open, '.'), *close = strchr(open, '}');
        if (!dot || !close || close < dot)
            break;
        const char *name = arena_strndup(c->arena, open + 2, (size_t)(dot - open - 2));
        const char *attribute = arena_strndup(c->arena, dot + 1, (size_t)(close - dot - 1));
        const char *found = value_get_str(map_get(&c->before, name), attribute);
        if (!found)
            contract_fail(c, "%s.%s is not known", name, attribute);
        strbuf_add_n(&sb, text, (size_t)(open - text));
        strbuf_add(&sb, found ? found : "");
        text = close + 1;
    }
    strbuf_add(&sb, text);
    return strbuf_str(&sb);
}

static const struct value *resolved(struct contract *c, const struct value *v)
{
    if (value_is(v, VALUE_STRING))
        return value_string(c->arena, filled(c, v->string.ptr));
    if (value_is(v, VALUE_LIST)) {
        struct list_builder b = list_begin(c->arena);
        for (size_t i = 0; i < v->list.len; i++)
            list_add(&b, resolved(c, v->list.items[i]));
        return list_end(&b);
    }
    if (!value_is(v, VALUE_MAP))
        return v;
    struct map_builder b = map_begin(c->arena);
    for (size_t i = 0; i < v->map.len; i++)
        map_put(&b, filled(c, v->map.entries[i].key), resolved(c, v->map.entries[i].value));
    return map_end(&b);
}

const struct value *contract_properties(struct contract *c, const struct schema *schema,
                                        const char *address, const struct value *v)
{
    const struct value *properties = resolved(c, v);
    if (!schema_validate(c->arena, schema->root, properties, address, &c->diags))
        contract_fail(c, "the properties do not fit the schema");
    properties = schema_with_defaults(c->arena, schema->root, properties);
    if (!schema->taggable)
        return properties;
    struct map_builder tags = map_begin_from(c->arena, value_get(properties, "tags"));
    map_put_str(&tags, TAG_TOPOLOGY, "contract");
    map_put_str(&tags, TAG_ADDRESS, tag_address_value(c->arena, address));
    return value_with(c->arena, properties, "tags", map_end(&tags));
}

/* ---- operations ---- */

static void ended(void *ctx, const struct op_outcome *outcome)
{
    struct contract *c = ctx;
    c->result = outcome->result;
    c->ownership = outcome->ownership;
    c->fault = outcome->fault;
    c->identifier = arena_strdup(c->arena, outcome->identifier);
    c->attributes = value_copy(c->arena, outcome->attributes);
}

static const char *result_name(enum op_result result)
{
    static const char *const names[] = {[OP_RESULT_DONE] = "done",
                                        [OP_RESULT_FOUND] = "found",
                                        [OP_RESULT_GONE] = "gone",
                                        [OP_RESULT_FAILED] = "failed"};
    return names[result];
}

static const char *kind_name(enum op_kind kind)
{
    static const char *const names[] = {[OP_READ] = "read",
                                        [OP_CREATE] = "create",
                                        [OP_UPDATE] = "update",
                                        [OP_REMOVE] = "delete",
                                        [OP_FIND] = "find"};
    return names[kind];
}

/* IAM names an action by a word of its own where it is not that of the signature. */
static const char *const iam_prefixes[][2] = {{"monitoring", "cloudwatch"}, {"tagging", "tag"}};

/* And some of S3's by another name altogether. */
static const char *const iam_names[][2] = {
    {"s3:GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"},
    {"s3:PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock"},
    {"s3:GetBucketEncryption", "s3:GetEncryptionConfiguration"},
    {"s3:PutBucketEncryption", "s3:PutEncryptionConfiguration"},
    {"s3:GetObjectLockConfiguration", "s3:GetBucketObjectLockConfiguration"},
    {"s3:PutObjectLockConfiguration", "s3:PutBucketObjectLockConfiguration"},
};

static char *iam_action(struct contract *c, const char *service, const char *operation)
{
    for (size_t i = 0; i < ARRAY_LEN(iam_prefixes); i++)
        if (str_eq(service, iam_prefixes[i][0]))
            service = iam_prefixes[i][1];
    char *action = arena_printf(c->arena, "%s:%s", service, operation);
    for (size_t i = 0; i < ARRAY_LEN(iam_names); i++)
        if (str_eq(action, iam_names[i][0]))
            return arena_strdup(c->arena, iam_names[i][1]);
    return action;
}

static const struct value *calls_of(const struct contract *c)
{
    return c->world ? world_calls(c->world, c->arena) : NULL;
}

static void record_actions(struct contract *c, enum op_kind kind, size_t from)
{
    const struct value *calls = calls_of(c);
    for (size_t i = from; i < value_len(calls); i++) {
        const struct value *call = value_item(calls, i);
        char *action =
            iam_action(c, value_get_str(call, "service"), value_get_str(call, "operation"));
        map_set(&c->actions[kind], action, action);
    }
}

/* One operation on one object: everything of op_spec that the operations share. */
static void run(struct contract *c, struct op_spec spec)
{
    spec.ops = provider_ops(spec.schema->type_name);
    spec.partition = "aws";
    if (spec.kind == OP_CREATE || spec.kind == OP_FIND)
        spec.token = arena_printf(c->arena, "0123456789abcdef0123456789ab%04d", c->life);
    c->result = OP_RESULT_FAILED;
    loop_start(c->loop, &spec, ended, c);
    while (loop_turn(c->loop)) {
    }
}

static void wake(void *ctx)
{
    (void)ctx;
}

static void nap(struct contract *c)
{
    loop_after(c->loop, NAP_MS, wake, c);
    while (loop_turn(c->loop)) {
    }
}

static bool shows(struct contract *c, const struct schema *schema, const struct value *wanted)
{
    struct diff diff = {0};
    const struct diff_input input = {.schema = schema,
                                     .before = normalize(c->arena, schema, c->attributes),
                                     .after = normalize(c->arena, schema, wanted),
                                     .tags = value_get(c->attributes, "tags")};
    diff_desired(c->arena, &input, &diff);
    return diff.len == 0;
}

/* A read or a search, repeated in a hard world until it ends as wanted and shows what it shall. */
static void look(struct contract *c, struct op_spec spec, enum op_result wanted,
                 const struct value *shown)
{
    for (int naps = 0;; naps++) {
        run(c, spec);
        bool good = c->result == wanted && (!shown || shows(c, spec.schema, shown));
        if (good || !c->hard || naps == NAPS_MAX)
            return;
        nap(c);
    }
}

/* A creation without a good answer may have made the object all the same: found, it is brought to
 * what is desired. What was not made is made by the next attempt. */
static void look_for_made(struct contract *c, struct op_spec spec)
{
    const struct value *desired = spec.desired;
    spec.kind = OP_FIND;
    spec.may_be_new = true;
    look(c, spec, OP_RESULT_FOUND, NULL);
    if (c->result != OP_RESULT_FOUND) {
        spec.kind = OP_CREATE;
        run(c, spec);
        return;
    }
    if (c->ownership == OWNER_OTHER) {
        c->result = OP_RESULT_FAILED;
        return;
    }
    spec.kind = OP_READ;
    spec.desired = NULL;
    spec.identifier = c->identifier;
    look(c, spec, OP_RESULT_DONE, NULL);
    spec.kind = OP_UPDATE;
    spec.desired = desired;
    spec.prior = c->attributes;
    if (c->result == OP_RESULT_DONE)
        run(c, spec);
}

static void run_or_look(struct contract *c, struct op_spec spec, enum op_result wanted,
                        const struct value *shown)
{
    if (spec.kind == OP_READ || spec.kind == OP_FIND) {
        look(c, spec, wanted, shown);
        return;
    }
    run(c, spec);
    bool unknown = c->result == OP_RESULT_FAILED && c->fault == FAULT_TRANSIENT;
    if (spec.kind == OP_CREATE && c->hard && unknown)
        look_for_made(c, spec);
}

static struct op_spec spec_of(const struct contract *c, const struct contract_op *op)
{
    return (struct op_spec){.kind = op->kind,
                            .schema = c->schema,
                            .address = ADDRESS,
                            .account_id = account_of(c),
                            .region = value_get_str(c->file, "region"),
                            .identifier = op->identifier,
                            .desired = op->desired,
                            .prior = op->prior};
}

void contract_try(struct contract *c, const struct contract_op *op)
{
    run(c, spec_of(c, op));
}

bool contract_run(struct contract *c, const struct contract_op *op, enum op_result wanted)
{
    size_t before = value_len(calls_of(c));
    run_or_look(c, spec_of(c, op), wanted, op->shown);
    record_actions(c, op->kind, before);
    if (c->result == wanted) {
        c->diags.len = c->diags.errors = 0; /* of a wanted refusal */
        return true;
    }
    contract_fail(c, "%s ended as %s instead of %s", kind_name(op->kind), result_name(c->result),
                  result_name(wanted));
    return false;
}

static bool prepare_one(struct contract *c, const char *name, const struct value *entry)
{
    const struct schema *schema = schema_of(c->schemas, value_get_str(entry, "type"));
    if (!schema || !provider_ops(schema->type_name)) {
        contract_fail(c, "before.%s: there is no such type", name);
        return false;
    }
    const char *account = value_get_str(entry, "account"), *region = value_get_str(entry, "region");
    const struct value *desired =
        contract_properties(c, schema, name, value_get(entry, "properties"));
    struct op_spec spec = {.kind = OP_CREATE,
                           .schema = schema,
                           .address = name,
                           .account_id = account ? account : account_of(c),
                           .region = schema->scope == SCOPE_ACCOUNT_REGION
                                         ? (region ? region : value_get_str(c->file, "region"))
                                         : NULL,
                           .desired = desired};
    run_or_look(c, spec, OP_RESULT_DONE, NULL);
    c->life++;
    spec.kind = OP_READ;
    spec.desired = NULL;
    spec.identifier = c->identifier;
    if (c->result == OP_RESULT_DONE)
        look(c, spec, OP_RESULT_DONE, desired);
    if (c->result != OP_RESULT_DONE) {
        contract_fail(c, "before.%s cannot be made", name);
        return false;
    }
    c->diags.len = c->diags.errors = 0;
    map_set(&c->before, name, (void *)(uintptr_t)c->attributes);
    return true;
}

/* Packages get the attributes of what they become: `path` and `sha256`. */
static bool pack_one(struct contract *c, const char *name, const char *file)
{
    struct asset asset;
    const char *path = path_join(c->arena, c->folder, file);
    if (!asset_pack(c->arena, path, NO_POS, name, &asset, &c->diags)) {
        contract_fail(c, "packages.%s cannot be packed", name);
        return false;
    }
    struct map_builder b = map_begin(c->arena);
    map_put_str(&b, "path", asset.path);
    map_put_str(&b, "sha256", asset.sha256);
    map_set(&c->before, name, (void *)(uintptr_t)map_end(&b));
    return true;
}

bool contract_prepare(struct contract *c)
{
    const struct value *packages = value_get(c->file, "packages");
    for (size_t i = 0; i < value_len(packages); i++)
        if (!pack_one(c, packages->map.entries[i].key, value_str(packages->map.entries[i].value)))
            return false;
    const struct value *before = value_get(c->file, "before");
    for (size_t i = 0; i < value_len(before); i++)
        if (!prepare_one(c, before->map.entries[i].key, before->map.entries[i].value))
            return false;
    return true;
}
