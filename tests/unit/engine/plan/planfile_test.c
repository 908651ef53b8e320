#include "engine/plan/planfile.h"

#include "engine/plan/render.h"
#include "tests/unit/engine/plan/helper.h"

#define QUEUE "aws_sqs_queue"
#define FUNCTION "aws_lambda_function"
#define SECRET "hunter2"

static const struct planfile_account accounts[] = {
    {"workload", "111122223333", "arn:aws:iam::111122223333:root"},
    {"backup", "444455556666", NULL}};

static bool is_the_plan_of(struct fixture *f, const struct planfile *file)
{
    const struct seal_key key = plan_seal_key(&f->input, /* for_file= */ true);
    return planfile_check_plan(f->arena, file, &f->plan, &key, &f->diags);
}

/* What the fixture's plan is saved as. */
static struct planfile file_of(struct fixture *f)
{
    struct planfile file = {.plan = f->plan,
                            .topology = f->topology,
                            .program_version = "0",
                            .world = "simulated 1a2b",
                            .world_shown = "simulated world",
                            .accounts = accounts,
                            .account_len = ARRAY_LEN(accounts),
                            .targets = f->input.targets,
                            .observations = f->input.observations,
                            .observation_len = f->input.observation_len,
                            .relay_copies = 3};
    static const char *const regions[] = {"us-east-1"};
    file.topology.regions = regions;
    file.plan.lineage = f->input.lineage;
    file.plan.serial = f->input.serial;
    return file;
}

static const char *print(struct fixture *f)
{
    struct planfile file = file_of(f);
    return planfile_print(f->arena, &file, &f->input);
}

static struct planfile parse(struct fixture *f, const char *text)
{
    struct planfile file;
    if (!planfile_parse(f->arena, "p", slice_of(text), schemas(), &file, &f->diags))
        fail_msg("%s", f->diags.items[0].message);
    return file;
}

/* An update, a replacement, a creation with a reference, a deletion. */
static void scene(struct fixture *f)
{
    want(f, "queues.new", QUEUE, "{\"name\":{\"$ref\":\"queues.old.url\"}}", "queues.old");
    want(f, "queues.old", QUEUE, "{\"name\":\"old\",\"message_retention_seconds\":90}", "");
    want(f, "queues.renamed", QUEUE, "{\"name\":\"b\"}", "");
    have(f, "queues.gone", QUEUE, "{\"name\":\"gone\"}", "");
    have(f, "queues.old", QUEUE, "{\"name\":\"old\",\"message_retention_seconds\":60}", "");
    have(f, "queues.renamed", QUEUE, "{\"name\":\"a\"}", "");
    seen(f, "queues.gone", FOUND_NOT_ASKED, "{\"name\":\"gone\"}");
    seen(f, "queues.old", FOUND_NOT_ASKED, "{\"name\":\"old\",\"message_retention_seconds\":60}");
    seen(f, "queues.renamed", FOUND_NOT_ASKED, "{\"name\":\"a\"}");
    build(f);
}

static const char *shown(struct fixture *f, const struct plan *plan)
{
    const struct render_options options = {.width = 100};
    return arena_printf(f->arena, "%s%s", plan_render_text(f->arena, plan, &f->topology, &options),
                        json_print(f->arena, plan_to_json(f->arena, plan, &options), JSON_PRETTY));
}

static void what_is_read_is_shown_as_what_was_written(void **state)
{
    struct fixture *f = *state;
    scene(f);
    assert_true(f->plan.len >= 5);
    struct planfile file = parse(f, print(f));
    file.plan.topology = f->plan.topology;
    assert_string_equal(shown(f, &file.plan), shown(f, &f->plan));
    assert_int_equal(file.relay_copies, 3);
    assert_string_equal(file.accounts[0].identity, "arn:aws:iam::111122223333:root");
}

static void a_plan_that_is_built_from_what_the_file_saw_is_the_same(void **state)
{
    struct fixture *f = *state;
    scene(f);
    struct planfile file = parse(f, print(f));
    f->input.observations = file.observations;
    f->input.observation_len = file.observation_len;
    build(f);
    assert_true(is_the_plan_of(f, &file));
}

static void assert_moved(struct fixture *f, const struct planfile *file, const char *what)
{
    build(f);
    diags_init(&f->diags, f->arena);
    assert_false(is_the_plan_of(f, file));
    assert_int_equal(f->diags.items[0].code, E_PLAN_STALE);
    assert_non_null(strstr(f->diags.items[0].message, what));
}

static void moves_are_shown_and_compared(void **state)
{
    struct fixture *f = *state;
    scene(f);
    struct relocation move = {.from = "queues.older", .record = &f->records[1]};
    f->input.moves = &move;
    f->input.move_len = 1;
    build(f);
    assert_int_equal(f->plan.move_len, 1);
    struct planfile file = parse(f, print(f));
    file.plan.topology = f->plan.topology;
    assert_string_equal(shown(f, &file.plan), shown(f, &f->plan));
    assert_non_null(strstr(shown(f, &file.plan), "moved from queues.older"));
    assert_true(is_the_plan_of(f, &file));
    move.from = "queues.oldest";
    assert_moved(f, &file, "the moves");
    f->input.move_len = 0;
    assert_moved(f, &file, "the moves");
}

static void what_differs_from_the_file_is_named(void **state)
{
    struct fixture *f = *state;
    scene(f);
    struct planfile file = parse(f, print(f));
    struct resource *old = &f->resources[1];
    const struct value *properties = old->properties;
    old->properties = json(f, "{\"name\":\"old\",\"message_retention_seconds\":91}");
    assert_moved(f, &file, "the digest of what is desired");
    old->properties = json(f, "{\"name\":\"other\"}");
    assert_moved(f, &file, "changes");
    old->properties = properties;
    f->observations[1].attributes = json(f, "{\"name\":\"old\",\"message_retention_seconds\":61}");
    assert_moved(f, &file, "what was observed");
    f->records[1].identifier = "another";
    assert_moved(f, &file, "the identifier");
    f->input.serial = 7;
    assert_moved(f, &file, "fingerprint");
}

static void each_field_that_moved_is_named(void **state)
{
    struct fixture *f = *state;
    scene(f);
    struct planfile file = parse(f, print(f)), now = file;
    assert_true(planfile_check(&file, &now, &f->diags));
    now.program_version = "1";
    now.world = "aws";
    now.plan.lineage = "other";
    now.plan.serial = 9;
    now.topology.spec_digest = "changed";
    now.account_len = 1;
    diags_init(&f->diags, f->arena); /* without what the plan itself warned of */
    assert_false(planfile_check(&file, &now, &f->diags));
    static const char *const fields[] = {"program version",        "world",   "lineage", "serial",
                                         "digest of the topology", "accounts"};
    assert_int_equal(f->diags.len, ARRAY_LEN(fields));
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        assert_non_null(strstr(f->diags.items[i].message, fields[i]));
        assert_int_equal(diag_code_status(f->diags.items[i].code), 6);
    }
}

static void another_identity_may_apply(void **state)
{
    struct fixture *f = *state;
    scene(f);
    struct planfile file = parse(f, print(f)), now = file;
    static const struct planfile_account others[] = {{"workload", "111122223333", "somebody else"},
                                                     {"backup", "444455556666", NULL}};
    now.accounts = others;
    assert_true(planfile_check(&file, &now, &f->diags));
}

static void a_plan_from_before_the_state_fits_one_that_recorded_nothing(void **state)
{
    struct fixture *f = *state;
    f->input.lineage = "";
    scene(f);
    struct planfile file = parse(f, print(f)), now = file;
    now.plan.lineage = "made since";
    assert_true(planfile_check(&file, &now, &f->diags));
    now.plan.serial = 1;
    assert_false(planfile_check(&file, &now, &f->diags));
}

static void no_secret_stands_in_it(void **state)
{
    struct fixture *f = *state;
    static const char with[] =
        "{\"name\":\"f\",\"environment\":{\"variables\":{\"A\":\"" SECRET "\",\"B\":{\"$concat\":["
        "\"" SECRET "\",{\"$ref\":\"queues.q.url\"}]}}}}";
    want(f, "functions.f", FUNCTION, with, "queues.q");
    want(f, "functions.new", FUNCTION, with, "queues.q");
    want(f, "queues.q", QUEUE, "{\"name\":\"q\"}", "");
    static const char there[] =
        "{\"name\":\"f\",\"environment\":{\"variables\":{\"A\":\"" SECRET "-old\"}}}";
    have(f, "functions.f", FUNCTION, there, "");
    seen(f, "functions.f", FOUND_NOT_ASKED, there);
    seen(f, "functions.new", FOUND_NOTHING, NULL);
    seen(f, "queues.q", FOUND_NOTHING, NULL);
    build(f);
    const char *text = print(f);
    assert_null(strstr(text, SECRET));
    struct planfile file = parse(f, text);
    assert_null(strstr(shown(f, &file.plan), SECRET));
    assert_null(strstr(shown(f, &file.plan), "hmac"));
}

static void want_function(struct fixture *f, const char *password)
{
    f->topology.resource_len = 0;
    want(f, "functions.f", FUNCTION,
         arena_printf(f->arena, "{\"name\":\"f\",\"environment\":{\"variables\":{\"A\":\"%s\"}}}",
                      password),
         "");
}

/* From what the file saw, as `apply FILE` builds it. */
static void build_from(struct fixture *f, const struct planfile *file)
{
    f->input.from_file = true;
    f->input.observations = file->observations;
    f->input.observation_len = file->observation_len;
    build(f);
}

static const char there[] = "{\"name\":\"f\",\"environment\":{\"variables\":{\"A\":\"hunter1\"}}}";

static void what_is_sensitive_is_compared_by_the_secret_of_the_state(void **state)
{
    struct fixture *f = *state;
    f->input.seal_secret = "known to the state";
    want_function(f, SECRET);
    have(f, "functions.f", FUNCTION, there, "");
    seen(f, "functions.f", FOUND_NOT_ASKED, there);
    build(f);
    struct planfile file = parse(f, print(f));
    build_from(f, &file);
    assert_int_equal(f->plan.len, 1);
    assert_true(is_the_plan_of(f, &file));
    want_function(f, "hunter3");
    assert_moved(f, &file, "the digest of what is desired");
    want_function(f, SECRET);
    f->input.seal_secret = "another";
    assert_moved(f, &file, "the digest of what is desired");
}

static void before_there_is_a_state_nothing_is_told_of_what_is_sensitive(void **state)
{
    struct fixture *f = *state;
    f->input.lineage = "";
    want_function(f, SECRET);
    seen(f, "functions.f", FOUND_NOTHING, NULL);
    build(f);
    const char *text = print(f);
    struct planfile file = parse(f, text);
    build_from(f, &file);
    assert_true(is_the_plan_of(f, &file));
    want_function(f, "hunter3");
    build(f);
    assert_string_equal(print(f), text);
}

static void assert_refused(struct fixture *f, const char *text, const char *why)
{
    struct planfile file;
    diags_init(&f->diags, f->arena);
    assert_false(planfile_parse(f->arena, "p", slice_of(text), schemas(), &file, &f->diags));
    assert_int_equal(f->diags.len, 1);
    assert_int_equal(f->diags.items[0].code, E_PLAN_FILE);
    assert_non_null(strstr(f->diags.items[0].message, why));
}

static void what_was_cut_or_changed_is_refused(void **state)
{
    struct fixture *f = *state;
    scene(f);
    const char *text = print(f);
    for (size_t len = 0; len + 2 < strlen(text); len += 97)
        assert_refused(f, arena_strndup(f->arena, text, len), "no whole JSON document");
    assert_refused(f, "{}", "was not written by");
    assert_refused(f, "{\"format\":\"holdfast plan\",\"format_version\":2}", "another format");
    char *changed = arena_strdup(f->arena, text);
    char *at = strstr(changed, "queues.old");
    at[7] = 'x';
    assert_refused(f, changed, "changed after it was written");
}

/* Whoever makes the digest fit gets no further than what a plan may hold. */
static void what_no_plan_holds_is_refused(void **state)
{
    struct fixture *f = *state;
    scene(f);
    const struct value *document = json(f, print(f));
    static const struct {
        const char *key, *json, *why;
    } cases[] = {{"world", "1", "world is missing"},
                 {"changes", "[{}]", "is missing"},
                 {"changes", "[{\"type\":\"t\",\"address\":\"a\",\"action\":\"ruin\"}]", "ruin"},
                 {"targets", "[1]", "a list of texts"},
                 {"moves", "[{\"from\":\"a\",\"to\":\"b\",\"account_id\":\"1\",\"type\":\"x\"}]",
                  "a type that is not known"},
                 {"observations", "[{\"address\":\"a\",\"found\":\"x\"}]", "found"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct value *v =
            value_with(f->arena, document, cases[i].key, json(f, cases[i].json));
        v = value_with(f->arena, v, "digest", value_string(f->arena, planfile_digest(f->arena, v)));
        assert_refused(f, json_print(f->arena, v, JSON_COMPACT), cases[i].why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_read_is_shown_as_what_was_written),
        TEST(a_plan_that_is_built_from_what_the_file_saw_is_the_same),
        TEST(moves_are_shown_and_compared),
        TEST(what_differs_from_the_file_is_named),
        TEST(each_field_that_moved_is_named),
        TEST(another_identity_may_apply),
        TEST(a_plan_from_before_the_state_fits_one_that_recorded_nothing),
        TEST(no_secret_stands_in_it),
        TEST(what_is_sensitive_is_compared_by_the_secret_of_the_state),
        TEST(before_there_is_a_state_nothing_is_told_of_what_is_sensitive),
        TEST(what_was_cut_or_changed_is_refused),
        TEST(what_no_plan_holds_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
