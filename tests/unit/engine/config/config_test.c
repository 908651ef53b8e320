/* Faults of a topology, each with its code and its place; and the rules of references and names. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/strbuf.h"
#include "engine/config/config.h"

#define DATA_DIR SOURCE_DIR "/tests/golden/lower/data"

#define PLACES                                                                                     \
    "version: 1\n"                                                                                 \
    "name: t\n"                                                                                    \
    "accounts:\n"                                                                                  \
    "  one: {id: \"111122223333\"}\n"                                                              \
    "  two: {id: \"222233334444\"}\n"                                                              \
    "  many: {members: {a: \"333344445555\", b: \"444455556666\"}}\n"                              \
    "  more: {members: {c: \"555566667777\", d: \"666677778888\"}}\n"                              \
    "regions: {here: us-east-1, there: us-west-2, both: [us-east-1, us-west-2]}\n"
/* the first line after PLACES */
#define L 9

#define VAULT "{account: one, region: here}"
#define LIFE "lifecycle: {delete_after_days: 7}"

struct loaded {
    struct arena *arena;
    struct diags diags;
    struct topology topology;
    bool ok;
};

static void load_with(struct loaded *l, const char *text, const struct value *variables,
                      const char *const *environment)
{
    const char *dir, *path;
    struct config_options options = {
        .variables = variables, .environment_variables = environment, .data_dir = DATA_DIR};
    diags_init(&l->diags, l->arena);
    dir = path_temp_dir(l->arena);
    path = path_join(l->arena, dir, "topology.yaml");
    assert_true(file_write_atomic(path, slice_of(text), 0600, &l->diags));
    options.path = path;
    l->ok = config_load(l->arena, &options, schema_load(l->arena), &l->topology, &l->diags);
    diags_sort(&l->diags);
    dir_remove(dir);
}

static void load(struct loaded *l, const char *text)
{
    load_with(l, text, NULL, NULL);
}

static void print_all(const struct loaded *l)
{
    for (size_t i = 0; i < l->diags.len; i++)
        fprintf(stderr, "%s\n", diag_render(l->arena, &l->diags, &l->diags.items[i]));
}

struct fault {
    const char *what, *text;
    enum diag_code code;
    unsigned line, col;
};

static const struct fault faults[] = {
    {"another version", "version: 2\nname: t\n", E_VERSION, 1, 10},
    {"no name", "version: 1\n", E_MISSING_KEY, 1, 1},
    {"an unknown section", PLACES "vualts: {}\n", E_UNKNOWN_KEY, L, 1},
    {"an unknown key", PLACES "vaults:\n  v: {account: one, region: here, kye: x}\n", E_UNKNOWN_KEY,
     L + 1, 35},
    {"a bad entry name", PLACES "vaults:\n  9v: " VAULT "\n", E_BAD_VALUE, L + 1, 3},
    {"a bad account id", "version: 1\nname: t\naccounts: {one: {id: \"12\"}}\n", E_RULE_REGION, 3,
     22},
    {"an account without id", "version: 1\nname: t\naccounts:\n  one: {}\n", E_MISSING_KEY, 4, 3},
    {"an account that is also a group",
     "version: 1\nname: t\naccounts:\n  one: {id: \"111122223333\", members: {a: "
     "\"111122223333\"}}\n",
     E_BAD_VALUE, 4, 38},
    {"no account", PLACES "vaults:\n  v: {region: here}\n", E_PLACEMENT, L + 1, 3},
    {"no Region", PLACES "vaults:\n  v: {account: one}\n", E_PLACEMENT, L + 1, 3},
    {"an unknown account", PLACES "vaults:\n  v: {account: uno, region: here}\n", E_PLACEMENT,
     L + 1, 16},
    {"a Region's code for its name", PLACES "vaults:\n  v: {account: one, region: us-east-1}\n",
     E_PLACEMENT, L + 1, 29},
    {"a Region for a role",
     PLACES "roles:\n  r: {account: one, region: here, assume_role_policy_document: {Version: "
            "\"2012-10-17\", Statement: [{Effect: Allow, Principal: {Service: x.amazonaws.com}, "
            "Action: \"sts:AssumeRole\"}]}}\n",
     E_UNKNOWN_KEY, L + 1, 21},
    {"a Region for a type without",
     PLACES "resources:\n  r: {type: aws_iam_service_linked_role, account: one, region: here, "
            "properties: {aws_service_name: x.amazonaws.com}}\n",
     E_PLACEMENT, L + 1, 64},
    {"an unknown type",
     PLACES "resources:\n  r: {type: aws_x, account: one, region: here, properties: {}}\n",
     E_UNKNOWN_TYPE, L + 1, 13},
    {"a property missing in a resource",
     PLACES "resources:\n  r: {type: aws_kms_alias, account: one, region: here, properties: {name: "
            "alias/x}}\n",
     E_MISSING_KEY, L + 1, 56},
    {"an unknown key entry", PLACES "vaults:\n  v: {account: one, region: here, key: k}\n",
     E_BAD_REFERENCE, L + 1, 40},
    {"an expression that names nothing", PLACES "outputs:\n  o: ${vaults.v.arn}\n", E_BAD_REFERENCE,
     L + 1, 6},
    {"an expression into a text that names nothing", PLACES "outputs:\n  o: the ${vaults.v.arn}\n",
     E_BAD_REFERENCE, L + 1, 10},
    {"an unknown section in an expression", PLACES "outputs:\n  o: ${vault.v.arn}\n",
     E_BAD_REFERENCE, L + 1, 6},
    {"a part that does not exist",
     PLACES "vaults: {v: " VAULT "}\noutputs:\n  o: ${vaults.v/lock.backup_vault_name}\n",
     E_BAD_REFERENCE, L + 2, 6},
    {"an attribute that does not exist",
     PLACES "vaults: {v: " VAULT "}\noutputs:\n  o: ${vaults.v.color}\n", E_BAD_ATTRIBUTE, L + 2,
     6},
    {"a grammar of its own", PLACES "outputs:\n  o: ${upper(x)}\n", E_BAD_EXPRESSION, L + 1, 6},
    {"no account to speak of", PLACES "outputs:\n  o: ${account.id}\n", E_BAD_EXPRESSION, L + 1, 6},
    {"another section's entry for a vault",
     PLACES "keys: {k: " VAULT "}\nplans:\n  p: {account: one, region: here, rules: {r: "
            "{target_vault: \"${keys.k.arn}\"}}}\n",
     E_BAD_REFERENCE, L + 2, 62},
    {"a group from outside",
     PLACES "keys: {k: {account: many, region: here}}\nvaults:\n  v: {account: one, region: here, "
            "key: k}\n",
     E_GROUP, L + 2, 40},
    {"one group from another",
     PLACES "keys: {k: {account: many, region: here}}\nvaults:\n  v: {account: more, region: here, "
            "key: k}\n",
     E_GROUP, L + 2, 41},
    {"all members for one",
     PLACES "keys: {k: {account: many, region: here}}\nvaults:\n  v: {account: one, region: here, "
            "key: \"k[*]\"}\n",
     E_GROUP, L + 2, 40},
    {"a member that does not exist",
     PLACES "keys: {k: {account: many, region: here}}\nvaults:\n  v: {account: one, region: here, "
            "key: \"k[z]\"}\n",
     E_BAD_REFERENCE, L + 2, 40},
    {"a list inside a text",
     PLACES "vaults: {v: {account: many, region: here}}\noutputs:\n  o: all ${vaults.v[*].arn}\n",
     E_BAD_EXPRESSION, L + 2, 10},
    {"one name twice",
     PLACES "vaults:\n  v: {account: one, region: here, name: same}\n  w: {account: one, region: "
            "here, name: same}\n",
     E_DUPLICATE_IDENTITY, L + 2, 3},
    {"a default name too long",
     "version: 1\nname: aaaaaaaaaaaaaaaaaaaaaaaa\naccounts: {one: {id: "
     "\"111122223333\"}}\nregions: "
     "{here: us-east-1}\nvaults:\n  a1234567890123456789012345678901: " VAULT "\n",
     E_NAME_TOO_LONG, 6, 3},
    {"a name that is too long when it is put together",
     PLACES "vaults:\n  v: {account: one, region: here, name: "
            "\"0123456789-0123456789-${account.name}-0123456789-0123456789-01234\"}\n",
     E_NAME_TOO_LONG, L + 1, 41},
    {"a target vault elsewhere",
     PLACES "vaults: {v: " VAULT "}\nplans:\n  p: {account: one, region: there, rules: {r: "
            "{target_vault: v}}}\n",
     E_PLACEMENT, L + 2, 62},
    {"an empty selection",
     PLACES "vaults: {v: " VAULT "}\nplans:\n  p: {account: one, region: here, rules: {r: "
            "{target_vault: v}}, selections: {s: {}}}\n",
     E_RULE_SELECTION, L + 2, 79},
    {"a compliance lock without days",
     PLACES "vaults:\n  v: {account: one, region: here, lock: {mode: compliance, "
            "min_retention_days: 7}}\n",
     E_RULE_LOCK, L + 1, 48},
    {"a governance lock with days",
     PLACES "vaults:\n  v: {account: one, region: here, lock: {mode: governance, "
            "changeable_for_days: 7}}\n",
     E_RULE_LOCK, L + 1, 81},
    {"an external vault with a lock",
     PLACES "vaults:\n  v: {account: one, region: here, external: true, lock: {mode: "
            "governance}}\n",
     E_BAD_VALUE, L + 1, 51},
    {"an external key with a policy of ours",
     PLACES "keys:\n  k: {account: one, region: here, external: true, share_with: [one]}\n",
     E_BAD_VALUE, L + 1, 51},
    {"an unknown account to share with",
     PLACES "keys:\n  k: {account: one, region: here, share_with: [tow]}\n", E_BAD_REFERENCE, L + 1,
     48},
    {"an organization that is not there",
     PLACES "vaults:\n  v: {account: one, region: here, accept_copies_from: [organization]}\n",
     E_BAD_REFERENCE, L + 1, 56},
    {"a switch without its account", PLACES "organization:\n  cross_account_backup: true\n",
     E_PLACEMENT, L + 1, 3},
    {"a subscription of a queue and something else",
     PLACES "queues: {q: " VAULT "}\ntopics:\n  t: {account: one, region: here, subscriptions: {s: "
            "{queue: q, endpoint: x}}}\n",
     E_AMBIGUOUS, L + 2, 51},
    {"a subscription of nothing",
     PLACES "topics:\n  t: {account: one, region: here, subscriptions: {s: {protocol: email}}}\n",
     E_MISSING_KEY, L + 1, 51},
    {"a subscription of no name",
     PLACES "topics:\n  t: {account: one, region: here, subscriptions: {\"1\": {protocol: email, "
            "endpoint: a@example.com}}}\n",
     E_BAD_VALUE, L + 1, 51},
    {"a vault that reports to another Region",
     PLACES
     "topics: {t: {account: one, region: there}}\nvaults:\n  v: {account: one, region: here, "
     "notifications: {topic: t, events: [COPY_JOB_FAILED]}}\n",
     E_PLACEMENT, L + 2, 58},
    {"settings without a Region",
     PLACES "region_settings:\n  s: {account: one, resource_type_opt_in: {RDS: true}}\n",
     E_PLACEMENT, L + 1, 3},
    {"two settings of one account and Region",
     PLACES "region_settings:\n  s: {account: one, region: here}\n  t: {account: one, region: "
            "here}\n",
     E_DUPLICATE_IDENTITY, L + 2, 3},
    {"a target of two kinds",
     PLACES "queues: {q: " VAULT
            "}\nrules:\n  r: {account: one, region: here, targets: {t: {queue: "
            "q, arn: \"arn:aws:sqs:us-east-1:111122223333:x\"}}}\n",
     E_AMBIGUOUS, L + 2, 45},
    {"code that is not there",
     PLACES "functions:\n  f: {account: one, region: here, runtime: provided.al2023, handler: "
            "bootstrap, code: nothing}\n",
     E_ASSET, L + 1, 87},
    {"a tag of the engine's own",
     PLACES "vaults:\n  v: {account: one, region: here, tags: {\"holdfast:address\": x}}\n",
     E_RULE_TAGS, L + 1, 42},
    {"a variable without a value", PLACES "variables:\n  v: {}\n", E_VARIABLE, L + 1, 3},
    {"a variable that is not declared", PLACES "outputs:\n  o: a ${variables.v}\n", E_VARIABLE,
     L + 1, 8},
    {"a default of another type", PLACES "variables:\n  v: {type: integer, default: x}\n",
     E_VARIABLE, L + 1, 31},
    {"a relay that copies nothing",
     PLACES "vaults: {v: " VAULT ", w: " VAULT "}\nrelays:\n  r: {source_vault: v, "
            "destination_vaults: [w], copy_role: \"arn:aws:iam::111122223333:role/x\", " LIFE "}\n",
     E_MISSING_KEY, L + 2, 3},
    {"a relay from nowhere",
     PLACES "vaults: {w: " VAULT "}\nrelays:\n  r: {source_vault: v, destination_vaults: [w], "
            "tag_keys: [T], " LIFE "}\n",
     E_BAD_REFERENCE, L + 2, 21},
    {"an event Region that is not there",
     PLACES "vaults: {v: " VAULT ", w: " VAULT "}\nrelays:\n  r: {source_vault: v, "
            "destination_vaults: [w], copy_role: \"arn:aws:iam::111122223333:role/x\", tag_keys: "
            "[T], event_regions: [hree], " LIFE "}\n",
     E_BAD_REFERENCE, L + 2, 127},
};

static void each_fault_is_told_once_at_its_place(void **state)
{
    (void)state;
    size_t failed = 0;
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct loaded l = {.arena = arena};
        const struct fault *f = &faults[i];
        load(&l, f->text);
        const struct diag *d = l.diags.len ? &l.diags.items[0] : NULL;
        if (!l.ok && l.diags.len == 1 && d->code == f->code && d->pos.line == f->line &&
            d->pos.col == f->col)
            continue;
        failed++;
        fprintf(stderr, "--- %s: wanted %s at %u:%u, got %zu messages\n", f->what,
                diag_code_id(f->code), f->line, f->col, l.diags.len);
        print_all(&l);
    }
    assert_int_equal(failed, 0);
}

static void a_relay_without_a_copying_plan_stands_by_and_says_so(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct loaded l = {.arena = arena};
    load(&l, PLACES "vaults: {v: " VAULT ", w: " VAULT "}\nrelays:\n  r: {source_vault: v, "
                    "destination_vaults: [w], tag_keys: [T], " LIFE "}\n");
    assert_true(l.ok);
    assert_int_equal(l.diags.len, 1);
    assert_int_equal(l.diags.items[0].severity, SEVERITY_WARNING);
    assert_int_equal(l.diags.items[0].code, E_AMBIGUOUS);
    assert_int_equal(l.diags.items[0].pos.line, L + 2);
}

static void all_faults_come_in_one_run(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct loaded l = {.arena = arena};
    static const enum diag_code wanted[] = {E_UNKNOWN_KEY, E_PLACEMENT, E_RULE_SCHEDULE,
                                            E_BAD_REFERENCE, E_BAD_EXPRESSION};
    load(&l, PLACES "vaults:\n"
                    "  v: {account: one, region: here, colour: red}\n"
                    "  w: {account: one}\n"
                    "plans:\n"
                    "  p:\n"
                    "    account: one\n"
                    "    region: here\n"
                    "    rules: {r: {target_vault: v, schedule_expression: \"cron(1)\"}}\n"
                    "    selections: {s: {role: nobody, resources: [\"*\"]}}\n"
                    "outputs: {o: \"${nonsense}\"}\n");
    if (l.diags.len != ARRAY_LEN(wanted))
        print_all(&l);
    assert_int_equal(l.diags.len, ARRAY_LEN(wanted));
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        assert_int_equal(l.diags.items[i].code, wanted[i]);
}

static void a_fault_in_a_group_is_told_once(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct loaded l = {.arena = arena};
    load(&l, PLACES "vaults:\n  v: {account: many, region: both, key: k}\n");
    assert_int_equal(l.diags.len, 1);
    assert_int_equal(l.diags.items[0].code, E_BAD_REFERENCE);
}

static void the_duplicate_names_the_other_place(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct loaded l = {.arena = arena};
    load(&l, PLACES "queues:\n  q: {account: one, region: here, name: s}\n  r: {account: one, "
                    "region: here, name: s}\n");
    assert_int_equal(l.diags.len, 1);
    assert_non_null(strstr(l.diags.items[0].message, "topology.yaml:10:3"));
}

static void a_near_miss_is_suggested(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct loaded l = {.arena = arena};
    load(&l, PLACES "keys: {letters: " VAULT "}\nvaults:\n  v: {account: one, region: here, key: "
                    "leters}\n");
    assert_int_equal(l.diags.len, 1);
    assert_string_equal(l.diags.items[0].hint, "Did you mean `letters`?");
}

#define VARIABLES                                                                                  \
    PLACES "variables:\n"                                                                          \
           "  days: {type: integer, default: 3}\n"                                                 \
           "  name: {}\n"                                                                          \
           "resources:\n"                                                                          \
           "  g: {type: aws_log_group, account: one, region: here, properties: {name: "            \
           "\"${variables.name}-x\", retention_in_days: \"${variables.days}\"}}\n"

static const struct value *group(const struct loaded *l)
{
    const struct resource *r = topology_find(&l->topology, "resources.g");
    assert_non_null(r);
    return r->properties;
}

static void variables_come_from_defaults_environment_and_options(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct loaded l = {.arena = arena};
    const char *const environment[] = {"HOLDFAST_VAR_name=e", "HOLDFAST_VAR_days=5", NULL};
    struct map_builder options = map_begin(arena);
    load_with(&l, VARIABLES, NULL, environment);
    assert_true(l.ok);
    assert_string_equal(value_get_str(group(&l), "name"), "e-x");
    assert_int_equal(value_get_int(group(&l), "retention_in_days", 0), 5);

    map_put_str(&options, "name", "o");
    const char *const only_days[] = {"HOLDFAST_VAR_name=e", NULL};
    load_with(&l, VARIABLES, map_end(&options), only_days);
    assert_true(l.ok);
    assert_string_equal(value_get_str(group(&l), "name"), "o-x");
    assert_int_equal(value_get_int(group(&l), "retention_in_days", 0), 3);
}

static void a_variable_of_the_wrong_type_or_name_is_refused(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct loaded l = {.arena = arena};
    const char *const environment[] = {"HOLDFAST_VAR_name=e", "HOLDFAST_VAR_days=many", NULL};
    struct map_builder options = map_begin(arena);
    load_with(&l, VARIABLES, NULL, environment);
    assert_false(l.ok);
    assert_int_equal(l.diags.items[0].code, E_VARIABLE);

    map_put_str(&options, "nmae", "o");
    load_with(&l, VARIABLES, map_end(&options), environment + 2);
    assert_false(l.ok);
    assert_int_equal(l.diags.items[0].code, E_VARIABLE);
}

static bool waits_for(const struct loaded *l, const char *address, const char *other)
{
    const struct resource *r = topology_find(&l->topology, address);
    assert_non_null(r);
    for (size_t i = 0; i < r->depends_on_len; i++)
        if (str_eq(r->depends_on[i], other))
            return true;
    return false;
}

static void a_principal_is_waited_for_and_a_later_name_is_not(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct loaded l = {.arena = arena};
    load(&l,
         PLACES "vaults:\n"
                "  v: {account: one, region: here, accept_copies_from: [\"${roles.r.arn}\"]}\n"
                "roles:\n"
                "  r:\n"
                "    account: two\n"
                "    assume_role_policy_document: {Version: \"2012-10-17\", Statement: "
                "[{Effect: Allow, Principal: {Service: x.amazonaws.com}, Action: "
                "\"sts:AssumeRole\"}]}\n"
                "    inline_policies: {p: {Version: \"2012-10-17\", Statement: [{Effect: Allow, "
                "Action: \"sqs:SendMessage\", Resource: \"${queues.q.arn}\"}]}}\n"
                "queues: {q: " VAULT "}\n");
    print_all(&l);
    assert_true(l.ok);
    assert_true(waits_for(&l, "vaults.v/policy", "roles.r"));
    assert_false(waits_for(&l, "roles.r", "queues.q"));
}

/* A relay in so many accounts, with one last vault. */
static void load_relays_of(struct loaded *l, size_t accounts, const char *organization)
{
    struct strbuf sb;
    strbuf_init(&sb, l->arena, 1 << 20);
    strbuf_addf(&sb,
                "version: 1\nname: t\n%saccounts:\n  last: {id: \"999900000000\"}\n"
                "  many:\n    members:\n",
                organization);
    for (size_t i = 0; i < accounts; i++)
        strbuf_addf(&sb, "      m%zu: \"%zu\"\n", i, (size_t)100000000000 + i);
    strbuf_add(&sb, "regions: {here: us-east-1}\n"
                    "keys:\n  k: {account: last, region: here}\n"
                    "vaults:\n"
                    "  first: {account: many, region: here}\n"
                    "  final: {account: last, region: here, key: k, accept_copies_from: [many]}\n"
                    "plans:\n"
                    "  p:\n    account: many\n    region: here\n"
                    "    rules: {r: {target_vault: first, lifecycle: {delete_after_days: 7}}}\n"
                    "relays:\n"
                    "  r:\n    source_vault: first\n    destination_vaults: [final]\n"
                    "    copy_role: arn:aws:iam::${account.id}:role/copies\n"
                    "    tag_keys: [To]\n    lifecycle: {delete_after_days: 7}\n");
    load(l, strbuf_str(&sb));
    print_all(l);
    assert_true(l->ok);
}

static const struct value *reader_trust(const struct loaded *l, const char *address)
{
    const struct resource *reader = topology_find(&l->topology, address);
    assert_non_null(reader);
    return value_pointer(reader->properties, "/assume_role_policy_document/Statement/0");
}

static void a_long_list_of_relays_becomes_a_condition_on_the_organization(void **state)
{
    static const char organization[] = "organization: {id: o-exampleorgid}\n";
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct loaded l = {.arena = arena};
    load_relays_of(&l, 3, organization);
    const struct value *few = reader_trust(&l, "relays.r/reader[last]");
    assert_int_equal(value_len(value_pointer(few, "/Principal/AWS")), 3);
    assert_null(value_get(few, "Condition"));
    load_relays_of(&l, 60, organization);
    const struct value *many = reader_trust(&l, "relays.r/reader[last]");
    assert_string_equal(value_get_str(many, "Principal"), "*");
    assert_string_equal(
        value_str(value_pointer(many, "/Condition/StringEquals/aws:PrincipalOrgID")),
        "o-exampleorgid");
    assert_string_equal(value_str(value_pointer(many, "/Condition/ArnLike/aws:PrincipalArn/0")),
                        "arn:aws:iam::*:role/t-r-role");
    assert_null(topology_find(&l.topology, "relays.r/reader[last,1]"));
}

static const struct value *settings_of(const struct loaded *l, const char *relay)
{
    const struct resource *function =
        topology_find(&l->topology, arena_printf(l->arena, "%s/function", relay));
    const struct value *settings;
    const char *why;
    assert_non_null(function);
    const char *text =
        value_str(value_pointer(function->properties, "/environment/variables/HOLDFAST_RELAY"));
    assert_true(json_parse_unique(l->arena, slice_of(text), &settings, &why));
    return settings;
}

static void relays_of_one_vault_know_of_each_others_vaults(void **state)
{
    (void)state;
    static const char *const relays[] = {"short", "long", "both", "aside"};
    static const char *const sources[] = {"first", "first", "first", "second"};
    static const char *const leads[] = {"[final]", "[archive]", "[final, archive]", "[other]"};
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct loaded l = {.arena = arena};
    struct strbuf sb;
    strbuf_init(&sb, arena, 1 << 16);
    strbuf_add(&sb, "version: 1\nname: t\naccounts:\n  last: {id: \"999900000000\"}\n"
                    "  work: {id: \"100000000000\"}\nregions: {here: us-east-1}\n"
                    "keys:\n  k: {account: last, region: here}\nvaults:\n"
                    "  first: {account: work, region: here}\n"
                    "  second: {account: work, region: here}\n");
    for (size_t i = 0; i < 3; i++)
        strbuf_addf(&sb,
                    "  %s: {account: last, region: here, key: k, accept_copies_from: [work]}\n",
                    ((const char *const[]){"final", "archive", "other"})[i]);
    strbuf_add(&sb, "relays:\n");
    for (size_t i = 0; i < ARRAY_LEN(relays); i++)
        strbuf_addf(&sb,
                    "  %s: {source_vault: %s, destination_vaults: %s, tag_keys: [To], copy_role: "
                    "\"arn:aws:iam::100000000000:role/c\", lifecycle: {delete_after_days: 7}}\n",
                    relays[i], sources[i], leads[i]);
    load(&l, strbuf_str(&sb));
    print_all(&l);
    assert_true(l.ok);
    static const char final[] = "arn:aws:backup:us-east-1:999900000000:backup-vault:t-final";
    static const char archive[] = "arn:aws:backup:us-east-1:999900000000:backup-vault:t-archive";
    const struct value *others = value_get(settings_of(&l, "relays.short"), "other_destinations");
    assert_int_equal(value_len(others), 1); /* its own is none, whoever leads there as well */
    assert_string_equal(value_str(value_item(others, 0)), archive);
    others = value_get(settings_of(&l, "relays.long"), "other_destinations");
    assert_int_equal(value_len(others), 1);
    assert_string_equal(value_str(value_item(others, 0)), final);
    assert_null(value_get(settings_of(&l, "relays.both"), "other_destinations"));
    assert_null(value_get(settings_of(&l, "relays.aside"), "other_destinations"));
}

/* The reader that the relay of a member is told of, and that has to trust it. */
static const char *reader_of(const struct loaded *l, size_t member)
{
    const char *relay = arena_printf(l->arena, "relays.r[m%zu]", member);
    return value_str(value_pointer(settings_of(l, relay), "/destinations/0/reader_role_arn"));
}

static bool is_trusted(const struct loaded *l, const char *reader, size_t member)
{
    const struct value *list = value_pointer(reader_trust(l, reader), "/Principal/AWS");
    const char *role =
        arena_printf(l->arena, "arn:aws:iam::%zu:role/t-r-role", (size_t)100000000000 + member);
    for (size_t i = 0; i < value_len(list); i++)
        if (str_eq(value_str(value_item(list, i)), role))
            return true;
    return false;
}

static void a_long_list_of_relays_is_shared_among_readers(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct loaded l = {.arena = arena}, more = {.arena = arena};
    load_relays_of(&l, 60, "");
    load_relays_of(&more, 61, "");
    for (size_t i = 0; i < 60; i++) {
        /* by the last bit of the account's id */
        assert_true(is_trusted(&l, i % 2 ? "relays.r/reader[last,1]" : "relays.r/reader[last]", i));
        assert_string_equal(reader_of(&l, i), i % 2 ? "arn:aws:iam::999900000000:role/t-r-reader-1"
                                                    : "arn:aws:iam::999900000000:role/t-r-reader");
        assert_string_equal(reader_of(&l, i), reader_of(&more, i));
    }
    assert_null(topology_find(&l.topology, "relays.r/reader[last,2]"));
    /* no number of accounts is too many */
    load_relays_of(&l, 130, "");
    for (size_t i = 0; i < 4; i++) {
        const struct resource *reader =
            topology_find(&l.topology, i ? arena_printf(arena, "relays.r/reader[last,%zu]", i)
                                         : "relays.r/reader[last]");
        assert_non_null(reader);
        assert_in_range(value_len(value_pointer(reader->properties, "/assume_role_policy_document"
                                                                    "/Statement/0/Principal/AWS")),
                        32, 33);
    }
}

#define FUNCTION_WITH(variables)                                                                   \
    PLACES "resources:\n  f: {type: aws_lambda_function, account: one, region: here, properties: " \
           "{name: f, role: \"arn:aws:iam::111122223333:role/r\", runtime: provided.al2023, "      \
           "handler: bootstrap, code_sha256: c, environment: {variables: " variables "}}}\n"

static void the_digest_follows_the_meaning_not_the_text(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct loaded a = {.arena = arena}, b = {.arena = arena}, c = {.arena = arena};
    load(&a, PLACES "vaults: {v: " VAULT "}\n");
    load(&b, PLACES "# a comment\nvaults:\n  v: {region: here, account: one}\n");
    load(&c, PLACES "vaults: {v: {account: one, region: there}}\n");
    assert_string_equal(a.topology.spec_digest, b.topology.spec_digest);
    assert_string_not_equal(a.topology.spec_digest, c.topology.spec_digest);
    /* what is sensitive could be guessed by it */
    struct loaded one = {.arena = arena}, two = {.arena = arena};
    load(&one, FUNCTION_WITH("{A: hunter2}"));
    load(&two, FUNCTION_WITH("{A: hunter3}"));
    assert_true(one.ok && two.ok);
    assert_string_equal(one.topology.spec_digest, two.topology.spec_digest);
    load(&two, FUNCTION_WITH("{B: hunter2}"));
    assert_string_not_equal(one.topology.spec_digest, two.topology.spec_digest);
}

static void values_keep_the_place_of_what_asked_for_them(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct loaded l = {.arena = arena};
    load(&l, PLACES "keys: {k: " VAULT "}\n"
                    "vaults:\n"
                    "  v:\n"
                    "    account: one\n"
                    "    region: here\n"
                    "    key: k\n"
                    "    lock: {mode: governance, min_retention_days: 7}\n");
    assert_true(l.ok);
    const struct resource *vault = topology_find(&l.topology, "vaults.v");
    const struct resource *lock = topology_find(&l.topology, "vaults.v/lock");
    assert_int_equal(value_get(vault->properties, "encryption_key_arn")->pos.line, L + 5);
    assert_int_equal(value_get(lock->properties, "min_retention_days")->pos.line, L + 6);
    assert_int_equal(value_get(vault->properties, "name")->pos.line, L + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_is_told_once_at_its_place),
        cmocka_unit_test(a_relay_without_a_copying_plan_stands_by_and_says_so),
        cmocka_unit_test(all_faults_come_in_one_run),
        cmocka_unit_test(a_fault_in_a_group_is_told_once),
        cmocka_unit_test(the_duplicate_names_the_other_place),
        cmocka_unit_test(a_near_miss_is_suggested),
        cmocka_unit_test(variables_come_from_defaults_environment_and_options),
        cmocka_unit_test(a_variable_of_the_wrong_type_or_name_is_refused),
        cmocka_unit_test(a_principal_is_waited_for_and_a_later_name_is_not),
        cmocka_unit_test(a_long_list_of_relays_becomes_a_condition_on_the_organization),
        cmocka_unit_test(relays_of_one_vault_know_of_each_others_vaults),
        cmocka_unit_test(a_long_list_of_relays_is_shared_among_readers),
        cmocka_unit_test(the_digest_follows_the_meaning_not_the_text),
        cmocka_unit_test(values_keep_the_place_of_what_asked_for_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
