#include "engine/plan/moves.h"

#include "engine/plan/render.h"
#include "tests/unit/engine/plan/helper.h"

static struct relocations applied(struct fixture *f, const struct move *moves, size_t len)
{
    struct relocations moved;
    assert_true(moves_apply(f->arena, moves, len, &f->topology, f->records, f->input.record_len,
                            &moved, &f->diags));
    return moved;
}

static const char *names(struct fixture *f, const char *known, const struct move *moves, size_t len,
                         const struct relocations *moved)
{
    return json_print(f->arena,
                      moves_first_names(f->arena, known ? json(f, known) : NULL, moves, len, moved,
                                        f->records, f->input.record_len),
                      JSON_SORTED);
}

static void parts_and_what_depends_on_them_follow(void **state)
{
    struct fixture *f = *state;
    const struct move moves[] = {{"vaults.a", "vaults.z", {0}}, {"keys.k", "keys.z", {0}}};
    have(f, "keys.k", "aws_kms_key", "{}", "");
    have(f, "queues.q", "aws_sqs_queue", "{}", "keys.k");
    have(f, "vaults.a", "aws_backup_vault", "{}", "keys.k");
    have(f, "vaults.a/lock", "aws_backup_vault_lock", "{}", "vaults.a");
    have(f, "vaults.a[x]", "aws_backup_vault", "{}", "");
    have(f, "vaults.ab", "aws_backup_vault", "{}", "");
    struct relocations moved = applied(f, moves, 2);
    static const char *const addresses[] = {"keys.z",   "queues.q",      "vaults.ab",
                                            "vaults.z", "vaults.z/lock", "vaults.z[x]"};
    static const char *const from[] = {"keys.k", "queues.q", "vaults.a", "vaults.a/lock",
                                       "vaults.a[x]"};
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++)
        assert_string_equal(f->records[i].address, addresses[i]);
    assert_int_equal(moved.len, ARRAY_LEN(from));
    for (size_t i = 0; i < moved.len; i++)
        assert_string_equal(moved.items[i].from, from[i]);
    assert_string_equal(f->records[1].depends_on[0], "keys.z");
    assert_string_equal(f->records[4].depends_on[0], "vaults.z");
}

/* Whatever their order in the file; and what one line gives, another may name. */
static void the_line_that_names_an_address_most_exactly_counts(void **state)
{
    struct fixture *f = *state;
    static const struct move moves[][2] = {
        {{"plans.p", "plans.q", {0}}, {"plans.p/selections.s", "plans.q/selections.t", {0}}},
        {{"plans.p/selections.s", "plans.q/selections.t", {0}}, {"plans.p", "plans.q", {0}}},
        {{"plans.p", "plans.q", {0}}, {"plans.q/selections.s", "plans.q/selections.t", {0}}}};
    for (size_t i = 0; i < ARRAY_LEN(moves); i++) {
        f->input.record_len = 0;
        have(f, "plans.p", "aws_backup_plan", "{}", "");
        have(f, "plans.p/selections.r", "aws_backup_selection", "{}", "plans.p");
        have(f, "plans.p/selections.s", "aws_backup_selection", "{}", "plans.p");
        struct relocations moved = applied(f, moves[i], 2);
        assert_int_equal(moved.len, 3);
        assert_string_equal(f->records[0].address, "plans.q");
        assert_string_equal(f->records[1].address, "plans.q/selections.r");
        assert_string_equal(f->records[2].address, "plans.q/selections.t");
        assert_string_equal(f->records[2].depends_on[0], "plans.q");
        assert_string_equal(moved.items[2].from, "plans.p/selections.s");
    }
}

/* An entry that becomes a member of a group lies within its own old address. */
static void a_move_applies_once(void **state)
{
    struct fixture *f = *state;
    const struct move move = {"vaults.v", "vaults.v[a]", {0}};
    have(f, "vaults.v", "aws_backup_vault", "{}", "");
    applied(f, &move, 1);
    assert_string_equal(f->records[0].address, "vaults.v[a]");
}

static void a_selection_under_another_key_is_another_one_and_that_is_said(void **state)
{
    struct fixture *f = *state;
    const struct move move = {"plans.p/selections.s", "plans.p/selections.t", {0}};
    want(f, "plans.p/selections.t", "aws_backup_selection",
         "{\"backup_plan_id\":\"p\",\"name\":\"t\"}", "");
    have(f, "plans.p/selections.s", "aws_backup_selection",
         "{\"backup_plan_id\":\"p\",\"name\":\"s\"}", "");
    struct relocations moved = applied(f, &move, 1);
    f->input.moves = moved.items;
    f->input.move_len = moved.len;
    build(f);
    const struct render_options options = {0};
    assert_non_null(strstr(plan_render_text(f->arena, &f->plan, &f->topology, &options),
                           "replace: name (the name of a part is its key in the file"));
}

static void what_is_to_be_pasted_is_yaml(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(move_in_yaml(f->arena, "vaults.v[a,us-east-1]", "vaults.w/lock"),
                        "{from: \"vaults.v[a,us-east-1]\", to: vaults.w/lock}");
}

/* Where one address goes by one move. */
static const char *moved_to(struct fixture *f, const char *address, const char *from,
                            const char *to)
{
    return address_is_within(address, from) ? address_moved(f->arena, address, from, to) : NULL;
}

static void a_member_of_a_group_moves_with_its_parts_in_all_its_regions(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *address, *from, *to, *expected;
    } cases[] = {
        {"vaults.v[a]", "vaults.v[a]", "vaults.v[b]", "vaults.v[b]"},
        {"vaults.v[a]/lock", "vaults.v[a]", "vaults.v[b]", "vaults.v[b]/lock"},
        {"vaults.v[a,us-east-1]/lock", "vaults.v[a]", "vaults.v[b]", "vaults.v[b,us-east-1]/lock"},
        {"vaults.v[a,us-east-1]", "vaults.v[a,us-east-1]", "vaults.w[us-east-1]",
         "vaults.w[us-east-1]"},
        {"vaults.v[a,us-east-1]/lock", "vaults.v[a]", "vaults.w", "vaults.w[us-east-1]/lock"},
        {"vaults.w[us-east-1]/lock", "vaults.w", "vaults.v[a]", "vaults.v[a,us-east-1]/lock"},
        {"vaults.w", "vaults.w", "vaults.v[a]", "vaults.v[a]"},
        {"vaults.v[ab]", "vaults.v[a]", "vaults.v[b]", NULL},
        {"vaults.v[ab,us-east-1]", "vaults.v[a]", "vaults.v[b]", NULL},
        {"vaults.v[b,a]", "vaults.v[a]", "vaults.v[b]", NULL},
        {"vaults.v", "vaults.v[a]", "vaults.v[b]", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *to = moved_to(f, cases[i].address, cases[i].from, cases[i].to);
        if (cases[i].expected)
            assert_string_equal(to, cases[i].expected);
        else
            assert_null(to);
    }
}

static void what_no_file_could_have_is_no_address(void **state)
{
    struct fixture *f = *state;
    static const char *const good[] = {"vaults.v",
                                       "vaults.v/lock",
                                       "vaults.v[a,us-east-1]/lock",
                                       "plans.p[444455556666]/selections.s-1",
                                       "relays.r/alarms.no_recent_point[us-east-1]",
                                       "accounts.apps[a]/settings"};
    static const char *const bad[] = {"vaults",       "vaults.",    ".v",
                                      "vaults.v w",   "vaults.1",   "vaults.v/",
                                      "vaults.v[]",   "vaults.v[a", "vaults.v]",
                                      "vaults.v[a]b", "",           "vaults.v#replaced.0123abcd"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(address_is_possible(f->arena, good[i]));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(address_is_possible(f->arena, bad[i]));
}

static void what_nobody_recorded_does_not_move(void **state)
{
    struct fixture *f = *state;
    const struct move move = {"vaults.a", "vaults.z", {0}};
    have(f, "vaults.z", "aws_backup_vault", "{}", "");
    struct relocations moved = applied(f, &move, 1);
    assert_int_equal(moved.len, 0);
    assert_string_equal(names(f, NULL, &move, 1, &moved), "{}");
}

static void two_objects_do_not_meet_at_one_address(void **state)
{
    struct fixture *f = *state;
    const struct move move = {"vaults.z", "vaults.a", {0}};
    struct relocations moved;
    have(f, "vaults.a", "aws_backup_vault", "{}", "");
    have(f, "vaults.z", "aws_backup_vault", "{}", "");
    assert_false(moves_apply(f->arena, &move, 1, NULL, f->records, 2, &moved, &f->diags));
    assert_int_equal(f->diags.items[0].code, E_MOVE);
}

static void an_object_keeps_its_type(void **state)
{
    struct fixture *f = *state;
    const struct move move = {"topics.a", "queues.q", {0}};
    struct relocations moved;
    want(f, "queues.q", "aws_sqs_queue", "{\"name\":\"q\"}", "");
    have(f, "topics.a", "aws_sns_topic", "{}", "");
    assert_false(moves_apply(f->arena, &move, 1, &f->topology, f->records, 1, &moved, &f->diags));
    assert_int_equal(f->diags.items[0].code, E_MOVE);
}

static void the_first_name_sticks_for_as_long_as_something_is_recorded(void **state)
{
    struct fixture *f = *state;
    const struct move move = {"vaults.b", "vaults.c", {0}}, back = {"vaults.c", "vaults.a", {0}};
    const char *known = "{\"vaults.b\":\"a\",\"keys.gone\":\"k\"}";
    have(f, "vaults.b", "aws_backup_vault", "{}", "");
    struct relocations moved = applied(f, &move, 1);
    assert_string_equal(names(f, known, &move, 1, &moved), "{\"vaults.c\":\"a\"}");
    assert_string_equal(names(f, NULL, &move, 1, &moved), "{\"vaults.c\":\"b\"}");
    moved = applied(f, &back, 1);
    assert_string_equal(names(f, "{\"vaults.c\":\"a\"}", &back, 1, &moved), "{}");
}

static void a_member_that_becomes_an_entry_keeps_the_name_of_its_group(void **state)
{
    struct fixture *f = *state;
    const struct move out = {"vaults.v[a]", "vaults.w", {0}}, in = {"vaults.w", "vaults.v[a]", {0}};
    have(f, "vaults.v[a,us-east-1]", "aws_backup_vault", "{}", "");
    struct relocations moved = applied(f, &out, 1);
    assert_string_equal(names(f, NULL, &out, 1, &moved), "{\"vaults.w\":\"v\"}");
    assert_string_equal(names(f, "{\"vaults.v\":\"old\"}", &out, 1, &moved),
                        "{\"vaults.w\":\"old\"}");
    moved = applied(f, &in, 1);
    assert_string_equal(names(f, "{\"vaults.w\":\"v\"}", &in, 1, &moved), "{}");
}

static void a_plan_that_only_moves_is_not_empty(void **state)
{
    struct fixture *f = *state;
    const struct move move = {"queues.a", "queues.q", {0}};
    want(f, "queues.q", "aws_sqs_queue", "{\"name\":\"q\"}", "");
    have(f, "queues.a", "aws_sqs_queue", "{\"name\":\"q\"}", "");
    struct relocations moved = applied(f, &move, 1);
    f->input.moves = moved.items;
    f->input.move_len = moved.len;
    build(f);
    assert_int_equal(f->plan.len, 0);
    assert_int_equal(f->plan.move_len, 1);
    assert_false(plan_is_empty(&f->plan));
    assert_string_equal(plan_render_totals(f->arena, &f->plan),
                        "Plan: 0 create, 0 update, 0 delete, 1 move");
}

static void what_the_file_forgets_is_neither_deleted_nor_asked_about(void **state)
{
    struct fixture *f = *state;
    const struct forgotten forgotten = {"vaults.a", {0}};
    f->topology.forgotten = &forgotten;
    f->topology.forgotten_len = 1;
    have(f, "vaults.a", "aws_backup_vault", "{\"number_of_recovery_points\":7}", "")
        ->prevent_destroy = true;
    have(f, "vaults.a/lock", "aws_backup_vault_lock", "{}", "vaults.a")->account_id =
        "999999999999";
    assert_true(plan_check_accounts(&f->input, &f->diags));
    build(f);
    assert_string_equal(outline(f), "forget vaults.a/lock, forget vaults.a");
    assert_true(plan_guards(&f->plan, &f->input, &f->diags));
}

static void a_rename_without_a_word_is_noticed(void **state)
{
    struct fixture *f = *state;
    want(f, "queues.new", "aws_sqs_queue", "{\"name\":\"new\"}", "");
    have(f, "queues.old", "aws_sqs_queue", "{\"name\":\"old\"}", "");
    build(f);
    assert_string_equal(outline(f), "create queues.new, delete queues.old");
    assert_int_equal(f->diags.len, 1);
    assert_int_equal(f->diags.items[0].code, E_RENAMED);
    assert_non_null(strstr(f->diags.items[0].hint, "from: queues.old, to: queues.new"));
}

static void what_leaves_one_region_and_comes_in_another_is_no_rename(void **state)
{
    struct fixture *f = *state;
    want(f, "queues.new", "aws_sqs_queue", "{\"name\":\"new\"}", "");
    have(f, "queues.old", "aws_sqs_queue", "{\"name\":\"old\"}", "")->region = "eu-west-1";
    build(f);
    assert_int_equal(f->diags.len, 0);
}

static void what_is_imported_is_adopted_or_refused_and_never_replaced(void **state)
{
    struct fixture *f = *state;
    want(f, "queues.q", "aws_sqs_queue", "{\"name\":\"q\"}", "");
    seen(f, "queues.q", FOUND_OURS, "{\"name\":\"q\"}")->imported = true;
    build(f);
    assert_string_equal(outline(f), "adopt queues.q");
    assert_string_equal(f->plan.changes[0].reason, "imported");
    f->observations[0].attributes = json(f, "{\"name\":\"p\"}");
    assert_fails(f, E_IMPORT);
    assert_non_null(strstr(f->diags.items[0].message, "name of the imported"));
}

static void an_import_that_would_be_replaced_is_told_in_the_words_of_the_section(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *address, *type, *wanted, *there, *hint;
    } cases[] = {
        {"vaults.v", "aws_backup_vault", "{\"name\":\"v\",\"encryption_key_arn\":\"arn:a\"}",
         "{\"name\":\"v\",\"encryption_key_arn\":\"arn:b\"}", "Write `key: \"arn:b\"` in the file"},
        {"resources.v", "aws_backup_vault", "{\"name\":\"v\",\"encryption_key_arn\":\"arn:a\"}",
         "{\"name\":\"v\",\"encryption_key_arn\":\"arn:b\"}",
         "Write `encryption_key_arn: \"arn:b\"`"},
        {"keys.k/alias", "aws_kms_alias", "{\"name\":\"alias/a\",\"target_key_id\":\"k\"}",
         "{\"name\":\"alias/b\",\"target_key_id\":\"k\"}",
         "Write `alias: \"alias/b\"` in the file"},
        {"queues.q", "aws_sqs_queue", "{\"name\":\"a\"}", "{\"name\":\"b\"}",
         "Write `name: \"b\"`"},
        {"keys.k", "aws_kms_key", "{\"key_spec\":\"SYMMETRIC_DEFAULT\"}",
         "{\"key_spec\":\"RSA_2048\"}", "keys.k cannot say what is there"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        f->topology.resource_len = f->input.observation_len = 0;
        map_init(&f->topology.by_address, f->arena);
        diags_init(&f->diags, f->arena);
        want(f, cases[i].address, cases[i].type, cases[i].wanted, "");
        seen(f, cases[i].address, FOUND_OURS, cases[i].there)->imported = true;
        assert_fails(f, E_IMPORT);
        if (!strstr(f->diags.items[0].hint, cases[i].hint))
            fail_msg("%s: %s", cases[i].address, f->diags.items[0].hint);
    }
}

/* With two entries the object would be deleted as soon as one of them went. */
static void one_object_is_taken_over_by_one_entry(void **state)
{
    struct fixture *f = *state;
    want(f, "queues.p", "aws_sqs_queue", "{\"name\":\"q\"}", "");
    want(f, "queues.q", "aws_sqs_queue", "{\"name\":\"q\"}", "");
    seen(f, "queues.p", FOUND_OURS, "{\"name\":\"q\"}");
    seen(f, "queues.q", FOUND_OURS, "{\"name\":\"q\"}");
    assert_fails(f, E_DUPLICATE_IDENTITY);
    assert_non_null(strstr(f->diags.items[0].message, "taken over as queues.p already"));
    diags_init(&f->diags, f->arena);
    f->observations[0].imported = true;
    assert_fails(f, E_IMPORT);
    diags_init(&f->diags, f->arena);
    f->observations[0].identifier = "another";
    build(f);
    assert_string_equal(outline(f), "adopt queues.p, adopt queues.q");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(parts_and_what_depends_on_them_follow),
        TEST(the_line_that_names_an_address_most_exactly_counts),
        TEST(a_move_applies_once),
        TEST(what_is_to_be_pasted_is_yaml),
        TEST(a_selection_under_another_key_is_another_one_and_that_is_said),
        TEST(a_member_of_a_group_moves_with_its_parts_in_all_its_regions),
        TEST(a_member_that_becomes_an_entry_keeps_the_name_of_its_group),
        TEST(what_no_file_could_have_is_no_address),
        TEST(what_nobody_recorded_does_not_move),
        TEST(two_objects_do_not_meet_at_one_address),
        TEST(an_object_keeps_its_type),
        TEST(the_first_name_sticks_for_as_long_as_something_is_recorded),
        TEST(a_plan_that_only_moves_is_not_empty),
        TEST(what_the_file_forgets_is_neither_deleted_nor_asked_about),
        TEST(a_rename_without_a_word_is_noticed),
        TEST(what_is_imported_is_adopted_or_refused_and_never_replaced),
        TEST(an_import_that_would_be_replaced_is_told_in_the_words_of_the_section),
        TEST(one_object_is_taken_over_by_one_entry),
        TEST(what_leaves_one_region_and_comes_in_another_is_no_rename),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
