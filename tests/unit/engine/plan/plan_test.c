#include "engine/plan/plan.h"

#include "tests/unit/engine/plan/helper.h"

#define VAULT "aws_backup_vault"
#define POLICY "aws_backup_vault_policy"
#define LOCK "aws_backup_vault_lock"
#define KEY "aws_kms_key"
#define QUEUE "aws_sqs_queue"
#define BUCKET "aws_s3_bucket"
#define GROUP "aws_log_group"
#define PERMISSION "aws_lambda_permission"
#define PLAN "aws_backup_plan"
#define SELECTION "aws_backup_selection"

static const char policy_of[] =
    "{\"backup_vault_name\":\"v\",\"policy\":{\"Version\":\"2012-10-17\",\"Statement\":[]}}";

/* ---- the action table, end to end ---- */

static void a_new_entry_is_created(void **state)
{
    struct fixture *f = *state;
    want(f, "vaults.v", VAULT, "{\"name\":\"v\"}", "");
    seen(f, "vaults.v", FOUND_NOTHING, NULL);
    build(f);
    assert_string_equal(outline(f), "create vaults.v");
    const struct change *c = &f->plan.changes[0];
    assert_string_equal(c->reason, "not in the state");
    assert_null(c->identifier);
    assert_null(c->before);
    assert_string_equal(value_get_str(c->after, "name"), "v");
    assert_string_equal(c->account->name, "workload");
    assert_int_equal(f->plan.create, 1);
}

static void an_object_of_ours_is_adopted_and_told_what_differs(void **state)
{
    struct fixture *f = *state;
    want(f, "queues.q", QUEUE, "{\"name\":\"q\",\"message_retention_seconds\":90}", "");
    seen(f, "queues.q", FOUND_OURS, "{\"name\":\"q\",\"message_retention_seconds\":60}");
    build(f);
    assert_string_equal(outline(f), "adopt queues.q");
    assert_string_equal(f->plan.changes[0].identifier, "found");
    assert_int_equal(f->plan.changes[0].difference_len, 1);
    assert_int_equal(f->plan.adopt, 1);
}

static void an_object_that_its_parent_owns_is_adopted_if_the_parent_is_ours(void **state)
{
    struct fixture *f = *state;
    want(f, "vaults.v", VAULT, "{\"name\":\"v\"}", "");
    want(f, "vaults.v/policy", POLICY, policy_of, "vaults.v");
    have(f, "vaults.v", VAULT, "{\"name\":\"v\"}", "");
    seen(f, "vaults.v/policy", FOUND_PARENT, policy_of);
    build(f);
    assert_string_equal(outline(f), "adopt vaults.v/policy");
}

static void an_object_whose_parent_is_not_ours_is_refused(void **state)
{
    struct fixture *f = *state;
    want(f, "vaults.v", VAULT, "{\"name\":\"v\"}", "");
    want(f, "vaults.v/policy", POLICY, policy_of, "vaults.v");
    seen(f, "vaults.v/policy", FOUND_PARENT, policy_of);
    assert_fails(f, E_OWNED_BY_OTHER);
}

static void an_object_of_somebody_else_is_refused_and_its_owner_named(void **state)
{
    struct fixture *f = *state;
    want(f, "vaults.v", VAULT, "{\"name\":\"v\"}", "")->pos = (struct source_pos){1, 7, 3};
    seen(f, "vaults.v", FOUND_OTHER, "{\"name\":\"v\"}")->owner = "vaults.x of topology other";
    assert_fails(f, E_OWNED_BY_OTHER);
    assert_non_null(strstr(f->diags.items[0].message, "vaults.x of topology other"));
    assert_int_equal(f->diags.items[0].pos.line, 7);
}

static void what_is_shared_by_nature_is_adopted_and_later_forgotten(void **state)
{
    struct fixture *f = *state;
    want(f, "functions.f/log_group", GROUP, "{\"name\":\"g\"}", "");
    seen(f, "functions.f/log_group", FOUND_SHARED, "{\"name\":\"g\"}");
    build(f);
    assert_string_equal(outline(f), "adopt functions.f/log_group");
    f->topology.resource_len = 0;
    have(f, "functions.f/log_group", GROUP, "{\"name\":\"g\"}", "")->adopted = true;
    f->input.observation_len = 0;
    build(f);
    assert_string_equal(outline(f), "forget functions.f/log_group");
}

static void an_adopted_record_is_forgotten_whatever_its_type(void **state)
{
    struct fixture *f = *state;
    have(f, "queues.q", QUEUE, "{\"name\":\"q\"}", "")->adopted = true;
    build(f);
    assert_string_equal(outline(f), "forget queues.q");
}

static void what_was_deleted_outside_is_created_again(void **state)
{
    struct fixture *f = *state;
    want(f, "vaults.v", VAULT, "{\"name\":\"v\"}", "");
    have(f, "vaults.v", VAULT, "{\"name\":\"v\"}", "");
    seen(f, "vaults.v", FOUND_NOT_ASKED, NULL)->gone = true;
    build(f);
    assert_string_equal(outline(f), "create vaults.v");
    assert_string_equal(f->plan.changes[0].reason, "deleted outside");
    assert_null(f->plan.changes[0].identifier);
}

static void what_is_as_it_should_be_gives_no_change(void **state)
{
    struct fixture *f = *state;
    want(f, "vaults.v", VAULT, "{\"name\":\"v\"}", "");
    have(f, "vaults.v", VAULT, "{\"name\":\"v\",\"arn\":\"a\"}", "");
    seen(f, "vaults.v", FOUND_NOT_ASKED, "{\"name\":\"v\",\"arn\":\"a\"}");
    build(f);
    assert_int_equal(f->plan.len, 0);
}

static void without_refresh_the_record_stands_for_what_is_there(void **state)
{
    struct fixture *f = *state;
    want(f, "queues.q", QUEUE, "{\"name\":\"q\",\"message_retention_seconds\":90}", "");
    have(f, "queues.q", QUEUE, "{\"name\":\"q\",\"message_retention_seconds\":60}", "");
    build(f);
    assert_string_equal(outline(f), "update queues.q");
}

static void what_differs_is_updated_from_what_is_observed(void **state)
{
    struct fixture *f = *state;
    want(f, "queues.q", QUEUE, "{\"name\":\"q\",\"message_retention_seconds\":60}", "");
    have(f, "queues.q", QUEUE, "{\"name\":\"q\",\"message_retention_seconds\":60}", "");
    seen(f, "queues.q", FOUND_NOT_ASKED, "{\"name\":\"q\",\"message_retention_seconds\":70}");
    build(f);
    assert_string_equal(outline(f), "update queues.q");
    const struct change *c = &f->plan.changes[0];
    assert_string_equal(c->differences[0].path, "/message_retention_seconds");
    assert_string_equal(c->identifier, "id of queues.q");
    assert_int_equal(value_get_int(c->before, "message_retention_seconds", 0), 70);
    assert_int_equal(f->plan.update, 1);
}

static void what_cannot_change_is_deleted_and_created_anew(void **state)
{
    struct fixture *f = *state;
    want(f, "queues.q", QUEUE, "{\"name\":\"new\"}", "");
    have(f, "queues.q", QUEUE, "{\"name\":\"old\"}", "");
    build(f);
    assert_string_equal(outline(f), "re-delete queues.q, re-create queues.q");
    assert_string_equal(f->plan.changes[0].identifier, "id of queues.q");
    assert_int_equal(f->plan.replace, 1);
    assert_int_equal(f->plan.create + f->plan.remove, 0);
}

static void what_may_stand_side_by_side_is_created_first(void **state)
{
    struct fixture *f = *state;
    want(f, "plans.p", PLAN, "{\"name\":\"new\",\"rules\":[]}", "");
    have(f, "plans.p", PLAN, "{\"name\":\"old\",\"rules\":[],\"id\":\"1\"}", "");
    build(f);
    assert_string_equal(outline(f), "re-create plans.p, re-delete plans.p");
}

static void one_identity_cannot_stand_side_by_side(void **state)
{
    struct fixture *f = *state;
    want(f, "roles.r", "aws_iam_role", "{\"name\":\"r\",\"path\":\"/new/\"}", "")->region = NULL;
    struct record *r = have(f, "roles.r", "aws_iam_role", "{\"name\":\"r\",\"path\":\"/\"}", "");
    r->identifier = "r";
    r->region = NULL;
    build(f);
    assert_string_equal(outline(f), "re-delete roles.r, re-create roles.r");
}

static void what_stands_in_the_place_of_what_is_gone_is_adopted_if_it_is_ours(void **state)
{
    static const struct {
        enum found found;
        const char *plan;
    } cases[] = {{FOUND_OURS, "adopt queues.q"},
                 {FOUND_PARENT, "adopt queues.q"},
                 {FOUND_NOTHING, "create queues.q"}};
    struct fixture *f = *state;
    want(f, "queues.q", "aws_sqs_queue", "{\"name\":\"new\"}", "");
    have(f, "queues.q", "aws_sqs_queue", "{\"name\":\"old\"}", "");
    struct observation *seen_now = seen(f, "queues.q", FOUND_OURS, "{\"name\":\"new\"}");
    seen_now->gone = true;
    seen_now->identifier = "another";
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        seen_now->found = cases[i].found;
        build(f);
        assert_string_equal(outline(f), cases[i].plan);
    }
    seen_now->found = FOUND_OTHER;
    assert_fails(f, E_OWNED_BY_OTHER);
    /* the old half of a replacement is no successor */
    seen_now->found = FOUND_OURS;
    have(f, "queues.q#replaced.1", "aws_sqs_queue", "{\"name\":\"new\"}", "")->identifier =
        "another";
    seen(f, "queues.q#replaced.1", FOUND_NOT_ASKED, "{\"name\":\"new\"}");
    build(f);
    assert_string_equal(outline(f), "create queues.q, delete queues.q#replaced.1");
}

static void a_vault_is_never_replaced(void **state)
{
    struct fixture *f = *state;
    want(f, "vaults.v", VAULT, "{\"name\":\"new\"}", "");
    have(f, "vaults.v", VAULT, "{\"name\":\"old\"}", "");
    assert_fails(f, E_NEVER_REPLACE);
    assert_non_null(strstr(f->diags.items[0].message, "name of a backup vault"));
}

/* It is the object that stands which is never replaced, and its type that changes. */
static void what_is_never_replaced_is_what_stands(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *was, *attributes, *message;
    } cases[] = {
        {VAULT, "{\"name\":\"v\"}",
         "type of a backup vault cannot be changed from \"aws_backup_vault\" to \"aws_sqs_queue\", "
         "and a backup vault is never replaced"},
        {KEY, "{\"id\":\"k\"}",
         "type of a KMS key cannot be changed from \"aws_kms_key\" to \"aws_sqs_queue\", and a KMS "
         "key is never replaced"}};
    want(f, "resources.x", QUEUE, "{\"name\":\"q\"}", "");
    struct record *record = have(f, "resources.x", VAULT, "{}", "");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        record->type = cases[i].was;
        record->attributes = json(f, cases[i].attributes);
        diags_init(&f->diags, f->arena);
        assert_fails(f, E_NEVER_REPLACE);
        assert_string_equal(f->diags.items[0].message, cases[i].message);
    }
}

static void a_queue_may_give_way_to_a_vault(void **state)
{
    struct fixture *f = *state;
    want(f, "resources.x", VAULT, "{\"name\":\"v\"}", "");
    have(f, "resources.x", QUEUE, "{\"name\":\"q\"}", "");
    build(f);
    assert_string_equal(outline(f), "re-delete resources.x, re-create resources.x");
}

static void a_vault_that_moves_to_another_region_would_be_replaced(void **state)
{
    struct fixture *f = *state;
    want(f, "vaults.v", VAULT, "{\"name\":\"v\"}", "")->region = "us-east-2";
    have(f, "vaults.v", VAULT, "{\"name\":\"v\"}", "");
    assert_fails(f, E_NEVER_REPLACE);
}

static void a_queue_that_moves_is_deleted_where_it_was(void **state)
{
    struct fixture *f = *state;
    want(f, "queues.q", QUEUE, "{\"name\":\"q\"}", "")->region = "us-east-2";
    have(f, "queues.q", QUEUE, "{\"name\":\"q\"}", "");
    build(f);
    assert_string_equal(outline(f), "re-delete queues.q, re-create queues.q");
    assert_string_equal(f->plan.changes[0].region, "us-east-1");
    assert_string_equal(f->plan.changes[1].region, "us-east-2");
}

static void prevent_destroy_forbids_a_replacement(void **state)
{
    struct fixture *f = *state;
    want(f, "queues.q", QUEUE, "{\"name\":\"new\"}", "")->prevent_destroy = true;
    have(f, "queues.q", QUEUE, "{\"name\":\"old\"}", "");
    assert_fails(f, E_PREVENT_DESTROY);
}

static void what_left_the_file_is_deleted(void **state)
{
    struct fixture *f = *state;
    have(f, "queues.q", QUEUE, "{\"name\":\"q\"}", "");
    build(f);
    assert_string_equal(outline(f), "delete queues.q");
    assert_false(f->plan.changes[0].needs_allow_destroy);
    assert_int_equal(f->plan.remove, 1);
}

static void what_left_the_file_and_is_gone_is_forgotten(void **state)
{
    struct fixture *f = *state;
    have(f, "queues.q", QUEUE, "{\"name\":\"q\"}", "");
    seen(f, "queues.q", FOUND_NOT_ASKED, NULL)->gone = true;
    build(f);
    assert_string_equal(outline(f), "forget queues.q");
    assert_int_equal(f->plan.forget, 1);
}

static void an_observation_that_failed_fails_the_plan_without_another_message(void **state)
{
    struct fixture *f = *state;
    want(f, "queues.q", QUEUE, "{\"name\":\"q\"}", "");
    have(f, "queues.q", QUEUE, "{\"name\":\"q\"}", "");
    seen(f, "queues.q", FOUND_NOT_ASKED, NULL)->failed = true;
    assert_false(plan_build(f->arena, &f->input, &f->plan, &f->diags));
    assert_int_equal(f->diags.len, 0);
}

/* ---- references ---- */

static void a_reference_to_what_stands_is_resolved(void **state)
{
    struct fixture *f = *state;
    want(f, "keys.k", KEY, "{}", "");
    want(f, "keys.k/alias", "aws_kms_alias",
         "{\"name\":\"alias/a\",\"target_key_id\":{\"$ref\":\"keys.k.id\"}}", "keys.k");
    have(f, "keys.k", KEY, "{\"id\":\"k-1\"}", "");
    have(f, "keys.k/alias", "aws_kms_alias", "{\"name\":\"alias/a\",\"target_key_id\":\"k-1\"}",
         "keys.k");
    build(f);
    assert_string_equal(outline(f), "");
}

static void a_reference_to_what_is_made_anew_differs_and_stays_unknown(void **state)
{
    struct fixture *f = *state;
    want(f, "keys.k", KEY, "{}", "");
    want(f, "keys.k/alias", "aws_kms_alias",
         "{\"name\":\"alias/a\",\"target_key_id\":{\"$ref\":\"keys.k.id\"}}", "keys.k");
    have(f, "keys.k", KEY, "{\"id\":\"k-1\"}", "");
    have(f, "keys.k/alias", "aws_kms_alias", "{\"name\":\"alias/a\",\"target_key_id\":\"k-1\"}",
         "keys.k");
    seen(f, "keys.k", FOUND_NOT_ASKED, NULL)->gone = true;
    build(f);
    assert_string_equal(outline(f), "create keys.k, update keys.k/alias");
    assert_true(value_has_unknown(f->plan.changes[1].after));
    assert_int_equal(f->plan.changes[1].depends_on_len, 1);
    assert_string_equal(f->plan.changes[1].depends_on[0], "keys.k");
}

static void an_arn_that_aws_makes_from_names_is_known_before_the_object_is(void **state)
{
    struct fixture *f = *state;
    want(f, "queues.q", QUEUE, "{\"name\":\"q\"}", "");
    want(f, "rules.r", "aws_event_rule",
         "{\"name\":\"r\",\"targets\":[{\"id\":\"t\",\"arn\":{\"$ref\":\"queues.q.arn\"}}]}",
         "queues.q");
    build(f);
    const struct change *rule = change_at(f, "rules.r");
    assert_string_equal(value_str(value_pointer(rule->after, "/targets/0/arn")),
                        "arn:aws:sqs:us-east-1:111122223333:q");
}

static void what_is_external_is_looked_up_and_never_changed(void **state)
{
    struct fixture *f = *state;
    want(f, "keys.k", KEY, "{}", "")->external = true;
    want(f, "keys.k/alias", "aws_kms_alias",
         "{\"name\":\"alias/a\",\"target_key_id\":{\"$ref\":\"keys.k.id\"}}", "keys.k");
    seen(f, "keys.k", FOUND_OTHER, "{\"id\":\"k-9\"}");
    build(f);
    assert_string_equal(outline(f), "create keys.k/alias");
    assert_string_equal(value_get_str(f->plan.changes[0].after, "target_key_id"), "k-9");
}

static void what_is_external_and_missing_is_an_error(void **state)
{
    struct fixture *f = *state;
    want(f, "vaults.v", VAULT, "{\"name\":\"v\"}", "")->external = true;
    seen(f, "vaults.v", FOUND_NOTHING, NULL);
    assert_fails(f, E_BAD_REFERENCE);
}

/* ---- order ---- */

static void creation_goes_by_rank_and_locks_come_last(void **state)
{
    struct fixture *f = *state;
    want(f, "keys.k", KEY, "{}", "");
    want(f, "plans.p", PLAN, "{\"name\":\"p\",\"rules\":[]}", "vaults.v");
    want(f, "vaults.v", VAULT, "{\"name\":\"v\"}", "keys.k");
    want(f, "vaults.v/lock", LOCK, "{\"backup_vault_name\":\"v\",\"changeable_for_days\":14}",
         "vaults.v")
        ->last = true;
    build(f);
    assert_string_equal(outline(f),
                        "create keys.k, create vaults.v, create plans.p, create vaults.v/lock");
}

static void a_cycle_of_the_file_is_refused(void **state)
{
    struct fixture *f = *state;
    want(f, "queues.a", QUEUE, "{\"name\":\"a\"}", "queues.b");
    want(f, "queues.b", QUEUE, "{\"name\":\"b\"}", "queues.a");
    assert_fails(f, E_CYCLE);
    assert_string_equal(f->diags.items[0].message, "queues.a -> queues.b -> queues.a");
}

static void deletion_goes_the_other_way_by_what_was_recorded(void **state)
{
    struct fixture *f = *state;
    have(f, "keys.k", KEY, "{}", "");
    have(f, "vaults.v", VAULT, "{\"name\":\"v\"}", "keys.k");
    have(f, "vaults.v/policy", POLICY, policy_of, "vaults.v");
    build(f);
    assert_string_equal(outline(f), "delete vaults.v/policy, delete vaults.v, delete keys.k");
    assert_string_equal(change_at(f, "keys.k")->depends_on[0], "vaults.v");
}

static void who_lets_go_is_updated_before_the_deletion(void **state)
{
    struct fixture *f = *state;
    want(f, "plans.p", PLAN,
         "{\"name\":\"p\",\"rules\":[{\"rule_name\":\"d\",\"target_backup_vault_name\":\"new\"}]}",
         "vaults.new");
    want(f, "vaults.new", VAULT, "{\"name\":\"new\"}", "");
    have(f, "plans.p", PLAN,
         "{\"name\":\"p\",\"rules\":[{\"rule_name\":\"d\",\"target_backup_vault_name\":\"old\"}]}",
         "vaults.old");
    have(f, "vaults.old", VAULT, "{\"name\":\"old\"}", "");
    build(f);
    assert_string_equal(outline(f), "create vaults.new, update plans.p, delete vaults.old");
}

static void dependents_of_a_replacement_are_updated_between_its_halves(void **state)
{
    struct fixture *f = *state;
    want(f, "plans.p", PLAN, "{\"name\":\"new\",\"rules\":[]}", "");
    want(f, "plans.p/selections.s", SELECTION,
         "{\"name\":\"s\",\"backup_plan_id\":{\"$ref\":\"plans.p.id\"}}", "plans.p");
    have(f, "plans.p", PLAN, "{\"name\":\"old\",\"rules\":[],\"id\":\"1\"}", "");
    have(f, "plans.p/selections.s", SELECTION,
         "{\"name\":\"s\",\"backup_plan_id\":\"1\",\"id\":\"2\"}", "plans.p");
    build(f);
    assert_string_equal(outline(f), "re-create plans.p, re-create plans.p/selections.s, "
                                    "re-delete plans.p/selections.s, re-delete plans.p");
}

static void dependents_are_deleted_before_what_is_deleted_and_created(void **state)
{
    struct fixture *f = *state;
    want(f, "functions.f", "aws_lambda_function", "{\"name\":\"new\"}", "");
    want(f, "rules.r/permission", PERMISSION, "{\"function_name\":\"new\",\"statement_id\":\"s\"}",
         "functions.f");
    have(f, "functions.f", "aws_lambda_function", "{\"name\":\"old\"}", "");
    have(f, "rules.r/permission", PERMISSION, "{\"function_name\":\"old\",\"statement_id\":\"s\"}",
         "functions.f");
    build(f);
    assert_string_equal(outline(f), "re-delete rules.r/permission, re-delete functions.f, "
                                    "re-create functions.f, re-create rules.r/permission");
}

static void what_an_interrupted_replacement_left_is_deleted_after_its_users_moved(void **state)
{
    struct fixture *f = *state;
    want(f, "plans.p", PLAN, "{\"name\":\"new\",\"rules\":[]}", "");
    want(f, "plans.p/selections.s", SELECTION,
         "{\"name\":\"s\",\"backup_plan_id\":{\"$ref\":\"plans.p.id\"}}", "plans.p");
    have(f, "plans.p", PLAN, "{\"name\":\"new\",\"rules\":[],\"id\":\"9\"}", "");
    have(f, "plans.p#replaced.6b86b273", PLAN, "{\"name\":\"old\",\"rules\":[],\"id\":\"1\"}", "");
    have(f, "plans.p/selections.s", SELECTION,
         "{\"name\":\"s\",\"backup_plan_id\":\"1\",\"id\":\"2\"}", "plans.p");
    build(f);
    assert_string_equal(outline(f),
                        "re-create plans.p/selections.s, re-delete plans.p/selections.s, "
                        "delete plans.p#replaced.6b86b273");
}

/* ---- targets ---- */

static void a_target_takes_its_parts_and_what_they_need(void **state)
{
    struct fixture *f = *state;
    want(f, "keys.k", KEY, "{}", "");
    want(f, "queues.q", QUEUE, "{\"name\":\"q\"}", "");
    want(f, "vaults.v", VAULT, "{\"name\":\"v\"}", "keys.k");
    want(f, "vaults.v/policy", POLICY, policy_of, "vaults.v");
    want(f, "vaults.v2", VAULT, "{\"name\":\"v2\"}", "");
    const char *const targets[] = {"vaults.v", NULL};
    f->input.targets = targets;
    build(f);
    assert_string_equal(outline(f), "create keys.k, create vaults.v, create vaults.v/policy");
}

static void a_target_of_a_deletion_takes_what_needs_it(void **state)
{
    struct fixture *f = *state;
    have(f, "keys.k", KEY, "{}", "");
    have(f, "queues.q", QUEUE, "{\"name\":\"q\"}", "");
    have(f, "vaults.v", VAULT, "{\"name\":\"v\"}", "keys.k");
    const char *const targets[] = {"keys.k", NULL};
    f->input.targets = targets;
    build(f);
    assert_string_equal(outline(f), "delete vaults.v, delete keys.k");
}

static void a_target_that_names_nothing_is_an_error_of_usage(void **state)
{
    struct fixture *f = *state;
    want(f, "queues.q", QUEUE, "{\"name\":\"q\"}", "");
    const char *const targets[] = {"queues.x", NULL};
    f->input.targets = targets;
    assert_fails(f, E_TARGET);
    assert_int_equal(diags_status(&f->diags), 64);
}

/* ---- locks and guards ---- */

static const char lock_wanted[] =
    "{\"backup_vault_name\":\"v\",\"min_retention_days\":7,\"changeable_for_days\":14}";
static const char lock_there[] = "{\"backup_vault_name\":\"v\",\"min_retention_days\":7,\"locked\":"
                                 "true,\"lock_date\":1768435200}";

static struct record *have_lock(struct fixture *f)
{
    struct record *r = have(f, "vaults.v/lock", LOCK, lock_there, "vaults.v");
    r->write_only = json(f, "{\"changeable_for_days\":14}");
    return r;
}

static void a_compliance_lock_is_irreversible_and_names_its_date(void **state)
{
    struct fixture *f = *state;
    want(f, "vaults.v/lock", LOCK, lock_wanted, "");
    build(f);
    assert_true(f->plan.changes[0].irreversible);
    assert_int_equal(f->plan.changes[0].permanent_from_ms, NOW_MS + 14 * DAY_MS);
    assert_int_equal(f->plan.irreversible, 1);
    assert_false(plan_guards(&f->plan, &f->input, &f->diags));
    assert_int_equal(f->diags.items[0].code, E_IRREVERSIBLE);
    assert_non_null(strstr(f->diags.items[0].message, "2026-01-15"));
    assert_int_equal(diags_status(&f->diags), 7);
}

static void the_flag_of_another_lock_opens_nothing(void **state)
{
    struct fixture *f = *state;
    want(f, "vaults.v/lock", LOCK, lock_wanted, "");
    build(f);
    const char *const other[] = {"vaults.w/lock", NULL}, *const this[] = {"vaults.v/lock", NULL};
    f->input.allow_irreversible = other;
    assert_false(plan_guards(&f->plan, &f->input, &f->diags));
    f->input.allow_irreversible = this;
    assert_true(plan_guards(&f->plan, &f->input, &f->diags));
}

static void a_governance_lock_is_an_ordinary_change(void **state)
{
    struct fixture *f = *state;
    want(f, "vaults.v/lock", LOCK, "{\"backup_vault_name\":\"v\",\"min_retention_days\":7}", "");
    build(f);
    assert_false(f->plan.changes[0].irreversible);
    assert_true(plan_guards(&f->plan, &f->input, &f->diags));
}

static void an_unchanged_compliance_lock_is_never_put_again(void **state)
{
    struct fixture *f = *state;
    want(f, "vaults.v/lock", LOCK, lock_wanted, "");
    have_lock(f);
    build(f);
    assert_int_equal(f->plan.len, 0);
    f->records[0].write_only = NULL; /* imported */
    build(f);
    assert_int_equal(f->plan.len, 0);
}

static void a_change_in_the_grace_days_arms_the_lock_anew(void **state)
{
    struct fixture *f = *state;
    want(f, "vaults.v/lock", LOCK,
         "{\"backup_vault_name\":\"v\",\"min_retention_days\":8,\"changeable_for_days\":14}", "");
    have_lock(f);
    f->input.now_ms = NOW_MS + 3 * DAY_MS;
    build(f);
    assert_string_equal(outline(f), "update vaults.v/lock");
    assert_true(f->plan.changes[0].irreversible);
    assert_int_equal(f->plan.changes[0].permanent_from_ms, NOW_MS + 17 * DAY_MS);
}

static void a_change_of_a_permanent_lock_is_refused(void **state)
{
    struct fixture *f = *state;
    want(f, "vaults.v/lock", LOCK,
         "{\"backup_vault_name\":\"v\",\"min_retention_days\":8,\"changeable_for_days\":14}", "");
    have_lock(f);
    f->input.now_ms = NOW_MS + 14 * DAY_MS;
    build(f);
    assert_false(f->plan.changes[0].irreversible); /* it is refused: no new date, no flag */
    assert_int_equal(f->plan.changes[0].permanent_from_ms, 0);
    assert_int_equal(f->plan.irreversible, 0);
    assert_false(plan_guards(&f->plan, &f->input, &f->diags));
    assert_int_equal(f->diags.items[0].code, E_RETAINED);
}

static void governance_becomes_compliance_even_where_nothing_was_written_before(void **state)
{
    struct fixture *f = *state;
    want(f, "vaults.v/lock", LOCK, lock_wanted, "");
    have(f, "vaults.v/lock", LOCK,
         "{\"backup_vault_name\":\"v\",\"min_retention_days\":7,\"locked\":true}", "");
    build(f);
    assert_string_equal(outline(f), "update vaults.v/lock");
    assert_string_equal(f->plan.changes[0].differences[0].path, "/changeable_for_days");
    assert_true(f->plan.changes[0].irreversible);
}

static void compliance_in_its_grace_days_becomes_governance(void **state)
{
    struct fixture *f = *state;
    want(f, "vaults.v/lock", LOCK, "{\"backup_vault_name\":\"v\",\"min_retention_days\":7}", "");
    have_lock(f);
    build(f);
    assert_string_equal(outline(f), "update vaults.v/lock");
    assert_false(f->plan.changes[0].irreversible);
}

static void a_vault_that_left_the_file_needs_a_flag(void **state)
{
    struct fixture *f = *state;
    have(f, "vaults.v", VAULT, "{\"name\":\"v\"}", "");
    build(f);
    assert_false(plan_guards(&f->plan, &f->input, &f->diags));
    assert_int_equal(f->diags.items[0].code, E_ALLOW_DESTROY);
    const char *const this[] = {"vaults.v", NULL};
    f->input.allow_destroy = this;
    assert_true(plan_guards(&f->plan, &f->input, &f->diags));
}

static void a_vault_with_points_is_not_deleted_with_any_flag(void **state)
{
    struct fixture *f = *state;
    have(f, "vaults.v", VAULT, "{\"name\":\"v\",\"number_of_recovery_points\":2}", "");
    const char *const this[] = {"vaults.v", NULL};
    f->input.allow_destroy = this;
    build(f);
    assert_false(plan_guards(&f->plan, &f->input, &f->diags));
    assert_int_equal(f->diags.items[0].code, E_RETAINED);
}

static void what_aws_needs_for_a_deletion_was_applied_before(void **state)
{
    struct fixture *f = *state;
    struct record *hold = have(f, "resources.hold", "aws_backup_legal_hold",
                               "{\"title\":\"case\",\"description\":\"d\"}", "");
    const char *const this[] = {"resources.hold", NULL};
    f->input.allow_destroy = this;
    build(f);
    assert_non_null(strstr(f->plan.changes[0].blocked, "cancel_description"));
    hold->write_only = json(f, "{\"cancel_description\":\"settled\"}");
    build(f);
    assert_null(f->plan.changes[0].blocked);
    f->input.destroy = true;
    hold->write_only = NULL;
    build(f);
    assert_int_equal(f->plan.len, 0);
    assert_string_equal(f->plan.retained[0].address, "resources.hold");
}

static void what_a_deletion_will_need_is_recorded_by_an_update(void **state)
{
    struct fixture *f = *state;
    const char *hold = "{\"title\":\"case\",\"description\":\"d\"}";
    want(f, "resources.hold", "aws_backup_legal_hold",
         "{\"title\":\"case\",\"description\":\"d\",\"cancel_description\":\"settled\"}", "");
    have(f, "resources.hold", "aws_backup_legal_hold", hold, "");
    build(f);
    assert_string_equal(outline(f), "update resources.hold");
}

static void a_lock_that_left_the_file_needs_a_flag_in_its_grace_days_only(void **state)
{
    struct fixture *f = *state;
    have_lock(f);
    build(f);
    assert_true(f->plan.changes[0].needs_allow_destroy);
    assert_null(f->plan.changes[0].blocked);
    f->input.now_ms = NOW_MS + 14 * DAY_MS;
    build(f);
    assert_non_null(f->plan.changes[0].blocked);
}

/* ---- switches that others rely on ---- */

#define OPT_IN "aws_backup_region_settings"
#define ORGANIZATION "aws_backup_global_settings"

static void settings_that_the_file_does_not_name_are_left_alone(void **state)
{
    struct fixture *f = *state;
    want(f, "region_settings.s", OPT_IN,
         "{\"account_id\":\"1\",\"resource_type_opt_in_preference\":{\"RDS\":true}}", "");
    seen(f, "region_settings.s", FOUND_SHARED,
         "{\"account_id\":\"1\",\"resource_type_opt_in_preference\":{\"EBS\":true,\"RDS\":true},"
         "\"resource_type_management_preference\":{\"EFS\":true}}");
    build(f);
    assert_string_equal(outline(f), "adopt region_settings.s");
    assert_int_equal(f->plan.changes[0].difference_len, 0);
    f->observations[0].attributes =
        json(f, "{\"account_id\":\"1\",\"resource_type_opt_in_preference\":{\"RDS\":false}}");
    build(f);
    assert_int_equal(f->plan.changes[0].difference_len, 1);
    assert_true(plan_guards(&f->plan, &f->input, &f->diags)); /* on is for anybody */
}

static void a_shared_opt_in_is_turned_off_by_its_flag_only(void **state)
{
    struct fixture *f = *state;
    want(f, "region_settings.s", OPT_IN,
         "{\"account_id\":\"1\",\"resource_type_opt_in_preference\":{\"RDS\":false}}", "");
    seen(f, "region_settings.s", FOUND_SHARED,
         "{\"account_id\":\"1\",\"resource_type_opt_in_preference\":{\"RDS\":true}}");
    build(f);
    assert_false(f->plan.changes[0].irreversible);
    assert_false(plan_guards(&f->plan, &f->input, &f->diags));
    assert_int_equal(f->diags.items[0].code, E_ALLOW_DESTROY);
    assert_non_null(strstr(f->diags.items[0].message, "weakened"));
    assert_non_null(strstr(f->diags.items[0].message, "/resource_type_opt_in_preference/RDS"));
    const char *const flags[] = {"region_settings.s", NULL};
    f->input.allow_destroy = flags;
    assert_true(plan_guards(&f->plan, &f->input, &f->diags));
}

static void the_switch_of_an_organization_is_turned_off_by_its_flag_only(void **state)
{
    struct fixture *f = *state;
    want(f, "organization/settings", ORGANIZATION,
         "{\"account_id\":\"1\",\"global_settings\":{\"is_cross_account_backup_enabled\":false}}",
         "");
    have(f, "organization/settings", ORGANIZATION,
         "{\"account_id\":\"1\",\"global_settings\":{\"is_cross_account_backup_enabled\":true}}",
         "");
    build(f);
    assert_string_equal(outline(f), "update organization/settings");
    assert_true(f->plan.changes[0].irreversible);
    assert_false(plan_guards(&f->plan, &f->input, &f->diags));
    assert_int_equal(f->diags.items[0].code, E_IRREVERSIBLE);
    assert_non_null(strstr(f->diags.items[0].message, "is_cross_account_backup_enabled"));
    const char *const flags[] = {"organization/settings", NULL};
    f->input.allow_irreversible = flags;
    assert_true(plan_guards(&f->plan, &f->input, &f->diags));
}

static void settings_are_forgotten_and_never_deleted(void **state)
{
    struct fixture *f = *state;
    have(f, "region_settings.s", OPT_IN,
         "{\"account_id\":\"1\",\"resource_type_opt_in_preference\":{\"RDS\":true}}", "");
    build(f);
    assert_string_equal(outline(f), "forget region_settings.s");
    assert_true(plan_guards(&f->plan, &f->input, &f->diags));
}

/* Two of one name cannot stand side by side, and AWS deletes none that is attached. */
static void an_attached_policy_is_not_replaced_under_its_name(void **state)
{
    struct fixture *f = *state;
    static const char role[] =
        "{\"name\":\"r\",\"managed_policy_arns\":[{\"$ref\":\"resources.p.arn\"}]}";
    static const struct {
        const char *policy, *role;
        size_t refused;
    } cases[] = {{"{\"name\":\"p\",\"path\":\"/new/\"}", role, 1},
                 {"{\"name\":\"p\",\"description\":\"new\"}", role, 1},
                 {"{\"name\":\"other\",\"path\":\"/new/\"}", role, 0},
                 {"{\"name\":\"p\",\"path\":\"/new/\"}", "{\"name\":\"r\"}", 0}};
    have(f, "resources.p", "aws_iam_policy", "{\"name\":\"p\",\"arn\":\"arn:p\"}", "")->identifier =
        "p";
    have(f, "roles.r", "aws_iam_role", "{\"name\":\"r\",\"managed_policy_arns\":[\"arn:p\"]}",
         "resources.p")
        ->identifier = "r";
    f->records[0].region = f->records[1].region = NULL;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        f->topology.resource_len = 0;
        map_init(&f->topology.by_address, f->arena);
        diags_init(&f->diags, f->arena);
        want(f, "resources.p", "aws_iam_policy", cases[i].policy, "")->region = NULL;
        want(f, "roles.r", "aws_iam_role", cases[i].role,
             cases[i].role == role ? "resources.p" : "")
            ->region = NULL;
        build(f);
        assert_int_equal(f->plan.replace, 1);
        assert_int_equal(plan_guards(&f->plan, &f->input, &f->diags), cases[i].refused == 0);
        assert_int_equal(f->diags.errors, cases[i].refused);
        if (cases[i].refused) {
            assert_non_null(strstr(f->diags.items[0].message, "attached, as it is to roles.r"));
            assert_string_equal(f->diags.items[0].hint, "Set resources.p back to what is there.");
        }
    }
}

/* ---- destroy ---- */

static void destroy_deletes_everything_that_is_empty_and_unlocked(void **state)
{
    struct fixture *f = *state;
    want(f, "keys.k", KEY, "{}", "");
    want(f, "vaults.v", VAULT, "{\"name\":\"v\"}", "keys.k");
    have(f, "accounts.a/service_linked_role", "aws_iam_service_linked_role",
         "{\"aws_service_name\":\"backup.amazonaws.com\"}", "");
    have(f, "keys.k", KEY, "{\"id\":\"1\"}", "");
    have(f, "vaults.v", VAULT, "{\"name\":\"v\",\"number_of_recovery_points\":0}", "keys.k");
    f->input.destroy = true;
    build(f);
    assert_string_equal(outline(f),
                        "forget accounts.a/service_linked_role, delete vaults.v, delete keys.k");
    assert_true(plan_guards(&f->plan, &f->input, &f->diags));
    assert_int_equal(f->plan.retained_len, 0);
}

static void what_turns_external_is_let_go_of_with_its_parts(void **state)
{
    struct fixture *f = *state;
    struct resource *vault = want(f, "vaults.v", VAULT, "{\"name\":\"v\"}", "");
    want(f, "vaults.w", VAULT, "{\"name\":\"w\"}", "");
    have(f, "vaults.v", VAULT, "{\"name\":\"v\"}", "")->prevent_destroy = true;
    have_lock(f);
    have(f, "vaults.w", VAULT, "{\"name\":\"w\"}", "");
    have(f, "vaults.w/lock", "aws_backup_vault_lock", "{}", "vaults.w");
    vault->external = true;
    vault->prevent_destroy = true;
    seen(f, "vaults.v", FOUND_OTHER, "{\"name\":\"v\",\"number_of_recovery_points\":7}");
    static const char *const expected[] = {
        "forget vaults.v/lock, delete vaults.w/lock, forget vaults.v",
        "forget vaults.v/lock, delete vaults.w/lock, forget vaults.v, delete vaults.w"};
    for (size_t destroys = 0; destroys < ARRAY_LEN(expected); destroys++) {
        f->input.destroy = destroys;
        build(f);
        assert_string_equal(outline(f), expected[destroys]);
        assert_true(plan_guards(&f->plan, &f->input, &f->diags));
        assert_int_equal(f->plan.retained_len, 0);
    }
}

/* Nothing is recorded of it, and the key is not in the file any more. */
static void a_key_stays_for_an_external_vault(void **state)
{
    struct fixture *f = *state;
    want(f, "vaults.v", VAULT, "{\"name\":\"v\"}", "")->external = true;
    have(f, "keys.k", KEY, "{\"id\":\"k\",\"arn\":\"arn:k\"}", "");
    seen(f, "vaults.v", FOUND_OTHER, "{\"name\":\"v\",\"encryption_key_arn\":\"arn:k\"}");
    build(f);
    assert_string_equal(change_at(f, "keys.k")->blocked, "vaults.v stays and needs it");
    f->input.destroy = true;
    build(f);
    assert_string_equal(outline(f), "");
    assert_int_equal(f->plan.retained_len, 1);
    f->observations[0].attributes = json(f, "{\"encryption_key_arn\":\"arn:another\"}");
    build(f);
    assert_string_equal(outline(f), "delete keys.k");
}

static void destroy_leaves_a_lock_in_its_grace_days_with_vault_and_key(void **state)
{
    struct fixture *f = *state;
    have(f, "keys.k", KEY, "{}", "");
    have(f, "queues.q", QUEUE, "{\"name\":\"q\"}", "");
    have(f, "vaults.v", VAULT, "{\"name\":\"v\"}", "keys.k");
    have_lock(f);
    f->input.topology = NULL;
    f->input.destroy = true;
    build(f);
    assert_string_equal(outline(f), "delete queues.q");
    assert_int_equal(f->plan.retained_len, 3);
    assert_string_equal(f->plan.retained[0].address, "keys.k");
    assert_string_equal(f->plan.retained[0].reason, "needed by vaults.v, which stays");
    assert_string_equal(f->plan.retained[2].address, "vaults.v/lock");
    assert_non_null(strstr(f->plan.retained[2].reason, "permanent on 2026-01-15"));

    const char *const this[] = {"vaults.v/lock", NULL};
    f->input.allow_destroy = this;
    build(f);
    assert_string_equal(outline(f),
                        "delete vaults.v/lock, delete queues.q, delete vaults.v, delete keys.k");
}

static void destroy_leaves_a_permanent_lock_whatever_flag_is_given(void **state)
{
    struct fixture *f = *state;
    have(f, "vaults.v", VAULT, "{\"name\":\"v\"}", "");
    have_lock(f);
    const char *const this[] = {"vaults.v/lock", NULL};
    f->input.allow_destroy = this;
    f->input.destroy = true;
    f->input.now_ms = NOW_MS + 14 * DAY_MS;
    build(f);
    assert_int_equal(f->plan.len, 0);
    assert_int_equal(f->plan.retained_len, 2);
}

static void destroy_leaves_a_vault_with_points_and_its_key(void **state)
{
    struct fixture *f = *state;
    have(f, "keys.k", KEY, "{}", "");
    have(f, "vaults.v", VAULT, "{\"name\":\"v\",\"number_of_recovery_points\":3}", "keys.k");
    f->input.destroy = true;
    build(f);
    assert_int_equal(f->plan.len, 0);
    assert_int_equal(f->plan.retained_len, 2);
    assert_string_equal(f->plan.retained[1].reason, "it holds 3 recovery points");
}

static void share(struct fixture *f, const char *kms_key)
{
    struct shared_state *shared = arena_new_of(f->arena, struct shared_state);
    *shared = (struct shared_state){.bucket = "team-state",
                                    .region = "us-east-1",
                                    .kms_key = kms_key,
                                    .account = &f->accounts[0]};
    f->topology.shared_state = shared;
}

static void the_bucket_that_holds_the_state_stays(void **state)
{
    struct fixture *f = *state;
    share(f, NULL);
    have(f, "buckets.other", BUCKET, "{\"name\":\"other\"}", "")->identifier = "other";
    have(f, "buckets.state", BUCKET, "{\"name\":\"team-state\"}", "")->identifier = "team-state";
    build(f);
    assert_null(change_at(f, "buckets.other")->blocked);
    assert_string_equal(change_at(f, "buckets.state")->blocked, "the state is in it");
    f->input.destroy = true;
    build(f);
    assert_string_equal(outline(f), "delete buckets.other");
    assert_string_equal(f->plan.retained[0].reason, "the state is in it");
}

#define STATE_KEY "arn:aws:kms:us-east-1:111122223333:key/k"

static void the_key_that_the_state_is_under_stays_whatever_the_file_names(void **state)
{
    struct fixture *f = *state;
    share(f, "alias/by-hand");
    have(f, "keys.k", KEY, "{\"arn\":\"" STATE_KEY "\"}", "");
    have(f, "keys.other", KEY, "{\"arn\":\"arn:aws:kms:us-east-1:111122223333:key/o\"}", "");
    build(f);
    assert_null(change_at(f, "keys.k")->blocked); /* nothing is known to be under it */
    f->input.state_keys = json(f, "[\"arn:of-another\",\"" STATE_KEY "\"]");
    build(f);
    assert_non_null(strstr(change_at(f, "keys.k")->blocked, "the state is encrypted under it"));
    assert_null(change_at(f, "keys.other")->blocked);
}

static void the_key_of_the_state_is_not_turned_off(void **state)
{
    struct fixture *f = *state;
    share(f, "alias/by-hand");
    want(f, "keys.k", KEY, "{\"enabled\":false,\"policy\":{}}", "");
    have(f, "keys.k", KEY, "{\"enabled\":true,\"policy\":{},\"arn\":\"" STATE_KEY "\"}", "");
    build(f);
    assert_null(change_at(f, "keys.k")->blocked);
    f->input.state_keys = json(f, "[\"" STATE_KEY "\"]");
    build(f);
    assert_non_null(strstr(change_at(f, "keys.k")->blocked, "the state is encrypted under it"));
    f->records[0].attributes =
        json(f, "{\"enabled\":false,\"description\":\"x\",\"arn\":\"" STATE_KEY "\"}");
    build(f);
    assert_null(change_at(f, "keys.k")->blocked); /* it is off already */
}

static void the_alias_of_the_state_leads_to_no_other_key(void **state)
{
    struct fixture *f = *state;
    share(f, "alias/st");
    want(f, "keys.k/alias", "aws_kms_alias", "{\"name\":\"alias/st\",\"target_key_id\":\"2\"}", "");
    have(f, "keys.k/alias", "aws_kms_alias", "{\"name\":\"alias/st\",\"target_key_id\":\"1\"}", "")
        ->identifier = "alias/st";
    build(f);
    assert_null(change_at(f, "keys.k/alias")->blocked); /* any key opens it */
    struct shared_state enforced = *f->topology.shared_state;
    enforced.enforced = true;
    f->topology.shared_state = &enforced;
    build(f);
    assert_non_null(strstr(change_at(f, "keys.k/alias")->blocked, "that it leads to"));
}

static void prevent_destroy_holds_when_the_entry_has_left_the_file(void **state)
{
    struct fixture *f = *state;
    have(f, "queues.q", QUEUE, "{\"name\":\"q\"}", "")->prevent_destroy = true;
    seen(f, "queues.q", FOUND_NOT_ASKED, "{\"name\":\"q\"}");
    assert_fails(f, E_PREVENT_DESTROY);
    assert_non_null(f->diags.items[0].hint);
}

static void the_file_may_lift_a_recorded_prevent_destroy(void **state)
{
    struct fixture *f = *state;
    want(f, "queues.q", QUEUE, "{\"name\":\"new\"}", "");
    have(f, "queues.q", QUEUE, "{\"name\":\"q\"}", "")->prevent_destroy = true;
    seen(f, "queues.q", FOUND_NOT_ASKED, "{\"name\":\"q\"}");
    build(f);
    assert_int_equal(f->plan.replace, 1);
}

static void destroy_deletes_a_vault_that_is_emptied_before(void **state)
{
    struct fixture *f = *state;
    have(f, "keys.k", KEY, "{\"id\":\"1\"}", "");
    have(f, "vaults.v", VAULT, "{\"name\":\"v\",\"number_of_recovery_points\":2}", "keys.k");
    have(f, "vaults.w", VAULT, "{\"name\":\"w\",\"number_of_recovery_points\":2}", "");
    const char *const this[] = {"vaults.v", NULL};
    f->input.destroy = true;
    f->input.empty_vaults = this;
    build(f);
    assert_string_equal(outline(f), "delete vaults.v, delete keys.k");
    assert_non_null(strstr(f->plan.changes[0].reason, "recovery points"));
    assert_int_equal(f->plan.retained_len, 1);
    assert_string_equal(f->plan.retained[0].address, "vaults.w");
}

static void a_vault_whose_key_goes_is_told_how_to_keep_it(void **state)
{
    struct fixture *f = *state;
    want(f, "keys.k", KEY, "{\"policy\":{}}", "");
    want(f, "vaults.v", VAULT, "{\"name\":\"v\",\"encryption_key_arn\":{\"$ref\":\"keys.k.arn\"}}",
         "keys.k");
    have(f, "keys.k", KEY, "{\"arn\":\"arn:k\"}", "")->identifier = "1234";
    have(f, "vaults.v", VAULT, "{\"name\":\"v\",\"encryption_key_arn\":\"arn:k\"}", "keys.k");
    seen(f, "keys.k", FOUND_NOT_ASKED, NULL)->gone = true;
    seen(f, "vaults.v", FOUND_NOT_ASKED, "{\"name\":\"v\",\"encryption_key_arn\":\"arn:k\"}");
    assert_fails(f, E_NEVER_REPLACE);
    assert_non_null(strstr(f->diags.items[0].hint, "cancel-key-deletion --key-id 1234"));
}

static void what_was_made_of_a_shared_type_goes_and_what_was_found_stays(void **state)
{
    struct fixture *f = *state;
    have(f, "a.made", GROUP, "{\"name\":\"a\"}", "");
    have(f, "b.found", GROUP, "{\"name\":\"b\"}", "")->adopted = true;
    f->input.destroy = true;
    build(f);
    assert_string_equal(outline(f), "delete a.made, forget b.found");
}

static void destroy_keeps_the_role_that_made_points_which_stay(void **state)
{
    struct fixture *f = *state;
    f->input.destroy = true;
    have(f, "vaults.v", VAULT, "{\"name\":\"v\",\"number_of_recovery_points\":2}", "");
    have(f, "plans.p/role", "aws_iam_role", "{\"name\":\"r\"}", "");
    have(f, "plans.p/selections.s", SELECTION, "{}", "plans.p/role");
    have(f, "roles.other", "aws_iam_role", "{\"name\":\"o\"}", "");
    build(f);
    assert_string_equal(outline(f), "delete plans.p/selections.s, delete roles.other");
    assert_int_equal(f->plan.retained_len, 2);
    f->records[0].attributes = json(f, "{\"name\":\"v\",\"number_of_recovery_points\":0}");
    build(f);
    assert_int_equal(f->plan.retained_len, 0);
}

static void destroy_heeds_prevent_destroy(void **state)
{
    struct fixture *f = *state;
    want(f, "queues.q", QUEUE, "{\"name\":\"q\"}", "")->prevent_destroy = true;
    have(f, "queues.q", QUEUE, "{\"name\":\"q\"}", "");
    f->input.destroy = true;
    assert_fails(f, E_PREVENT_DESTROY);
}

/* ---- fingerprint ---- */

static void the_fingerprint_follows_each_of_its_inputs_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    const char *first = build(f)->fingerprint;
    f->input.now_ms++;
    assert_string_equal(build(f)->fingerprint, first);
    f->input.serial++;
    assert_string_not_equal(build(f)->fingerprint, first);
    f->input.serial--;
    f->input.lineage = "other";
    assert_string_not_equal(build(f)->fingerprint, first);
    f->input.lineage = "lineage";
    f->input.program_version = "1";
    assert_string_not_equal(build(f)->fingerprint, first);
    f->input.program_version = "0";
    f->topology.spec_digest = "other";
    assert_string_not_equal(build(f)->fingerprint, first);
    f->topology.spec_digest = "digest";
    struct schema_set fewer = *schemas();
    fewer.types.len--;
    f->input.schemas = &fewer;
    assert_string_not_equal(build(f)->fingerprint, first);
}

/* PutTargets replaces a target as a whole: what no property can say would be gone. */
static void what_no_property_can_say_is_lost_only_on_purpose(void **state)
{
    struct fixture *f = *state;
    static const char *const allowed[] = {"rules.r", NULL};
    want(f, "rules.r", "aws_event_rule",
         "{\"name\":\"r\",\"description\":\"new\",\"targets\":[{\"id\":\"t\",\"arn\":\"a\"}]}", "");
    have(f, "rules.r", "aws_event_rule",
         "{\"name\":\"r\",\"targets\":[{\"id\":\"t\",\"arn\":\"a\"}],"
         "\"unsaid\":[\"targets/t/EcsParameters\"]}",
         "");
    build(f);
    assert_string_equal(outline(f), "update rules.r");
    assert_int_equal(f->diags.len, 0); /* the rule alone is put */
    assert_true(plan_guards(&f->plan, &f->input, &f->diags));
    f->records[0].attributes = json(f, "{\"name\":\"r\",\"targets\":[{\"id\":\"t\",\"arn\":\"b\"}],"
                                       "\"unsaid\":[\"targets/t/EcsParameters\"]}");
    build(f);
    assert_int_equal(f->diags.len, 1);
    assert_int_equal(f->diags.items[0].code, E_UNSAID_LOST);
    assert_false(plan_guards(&f->plan, &f->input, &f->diags));
    assert_int_equal(f->diags.items[1].code, E_ALLOW_DESTROY);
    assert_non_null(strstr(f->diags.items[1].message, "it may lose targets/t/EcsParameters"));
    f->input.allow_destroy = allowed;
    assert_true(plan_guards(&f->plan, &f->input, &f->diags));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_entry_is_created),
        TEST(an_object_of_ours_is_adopted_and_told_what_differs),
        TEST(an_object_that_its_parent_owns_is_adopted_if_the_parent_is_ours),
        TEST(an_object_whose_parent_is_not_ours_is_refused),
        TEST(an_object_of_somebody_else_is_refused_and_its_owner_named),
        TEST(what_is_shared_by_nature_is_adopted_and_later_forgotten),
        TEST(an_adopted_record_is_forgotten_whatever_its_type),
        TEST(what_was_deleted_outside_is_created_again),
        TEST(what_is_as_it_should_be_gives_no_change),
        TEST(without_refresh_the_record_stands_for_what_is_there),
        TEST(what_differs_is_updated_from_what_is_observed),
        TEST(what_cannot_change_is_deleted_and_created_anew),
        TEST(what_may_stand_side_by_side_is_created_first),
        TEST(one_identity_cannot_stand_side_by_side),
        TEST(what_stands_in_the_place_of_what_is_gone_is_adopted_if_it_is_ours),
        TEST(a_vault_is_never_replaced),
        TEST(what_is_never_replaced_is_what_stands),
        TEST(a_queue_may_give_way_to_a_vault),
        TEST(a_vault_that_moves_to_another_region_would_be_replaced),
        TEST(a_queue_that_moves_is_deleted_where_it_was),
        TEST(prevent_destroy_forbids_a_replacement),
        TEST(what_left_the_file_is_deleted),
        TEST(what_left_the_file_and_is_gone_is_forgotten),
        TEST(an_observation_that_failed_fails_the_plan_without_another_message),
        TEST(a_reference_to_what_stands_is_resolved),
        TEST(a_reference_to_what_is_made_anew_differs_and_stays_unknown),
        TEST(an_arn_that_aws_makes_from_names_is_known_before_the_object_is),
        TEST(what_is_external_is_looked_up_and_never_changed),
        TEST(what_is_external_and_missing_is_an_error),
        TEST(creation_goes_by_rank_and_locks_come_last),
        TEST(a_cycle_of_the_file_is_refused),
        TEST(deletion_goes_the_other_way_by_what_was_recorded),
        TEST(who_lets_go_is_updated_before_the_deletion),
        TEST(dependents_of_a_replacement_are_updated_between_its_halves),
        TEST(dependents_are_deleted_before_what_is_deleted_and_created),
        TEST(what_an_interrupted_replacement_left_is_deleted_after_its_users_moved),
        TEST(a_target_takes_its_parts_and_what_they_need),
        TEST(a_target_of_a_deletion_takes_what_needs_it),
        TEST(a_target_that_names_nothing_is_an_error_of_usage),
        TEST(a_compliance_lock_is_irreversible_and_names_its_date),
        TEST(the_flag_of_another_lock_opens_nothing),
        TEST(a_governance_lock_is_an_ordinary_change),
        TEST(settings_that_the_file_does_not_name_are_left_alone),
        TEST(a_shared_opt_in_is_turned_off_by_its_flag_only),
        TEST(the_switch_of_an_organization_is_turned_off_by_its_flag_only),
        TEST(settings_are_forgotten_and_never_deleted),
        TEST(an_unchanged_compliance_lock_is_never_put_again),
        TEST(a_change_in_the_grace_days_arms_the_lock_anew),
        TEST(a_change_of_a_permanent_lock_is_refused),
        TEST(governance_becomes_compliance_even_where_nothing_was_written_before),
        TEST(compliance_in_its_grace_days_becomes_governance),
        TEST(a_vault_that_left_the_file_needs_a_flag),
        TEST(a_vault_with_points_is_not_deleted_with_any_flag),
        TEST(what_aws_needs_for_a_deletion_was_applied_before),
        TEST(what_a_deletion_will_need_is_recorded_by_an_update),
        TEST(a_lock_that_left_the_file_needs_a_flag_in_its_grace_days_only),
        TEST(destroy_deletes_everything_that_is_empty_and_unlocked),
        TEST(an_attached_policy_is_not_replaced_under_its_name),
        TEST(what_turns_external_is_let_go_of_with_its_parts),
        TEST(a_key_stays_for_an_external_vault),
        TEST(destroy_leaves_a_lock_in_its_grace_days_with_vault_and_key),
        TEST(destroy_leaves_a_permanent_lock_whatever_flag_is_given),
        TEST(destroy_leaves_a_vault_with_points_and_its_key),
        TEST(the_bucket_that_holds_the_state_stays),
        TEST(the_key_that_the_state_is_under_stays_whatever_the_file_names),
        TEST(the_key_of_the_state_is_not_turned_off),
        TEST(the_alias_of_the_state_leads_to_no_other_key),
        TEST(prevent_destroy_holds_when_the_entry_has_left_the_file),
        TEST(the_file_may_lift_a_recorded_prevent_destroy),
        TEST(destroy_deletes_a_vault_that_is_emptied_before),
        TEST(a_vault_whose_key_goes_is_told_how_to_keep_it),
        TEST(what_was_made_of_a_shared_type_goes_and_what_was_found_stays),
        TEST(destroy_keeps_the_role_that_made_points_which_stay),
        TEST(destroy_heeds_prevent_destroy),
        TEST(the_fingerprint_follows_each_of_its_inputs_and_nothing_else),
        TEST(what_no_property_can_say_is_lost_only_on_purpose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
