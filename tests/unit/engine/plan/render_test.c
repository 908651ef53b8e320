#include "engine/plan/render.h"

#include "tests/unit/engine/plan/helper.h"

static const struct render_options plain = {.world = "simulated world 2026-01-01",
                                            .state_is_new = true};

static const char policy_before[] =
    "{\"description\":\"d\",\"policy\":{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"Use\","
    "\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:root\"},"
    "\"Action\":\"kms:*\",\"Resource\":\"*\"}]}}";
static const char policy_after[] =
    "{\"description\":\"d\",\"policy\":{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"Use\","
    "\"Effect\":\"Allow\",\"Principal\":{\"AWS\":[\"arn:aws:iam::111122223333:root\","
    "\"arn:aws:iam::444455556666:root\"]},\"Action\":\"kms:*\",\"Resource\":\"*\"}]}}";

static struct resource *in_backup(struct fixture *f, struct resource *r)
{
    r->account = &f->accounts[1];
    r->region = "us-east-2";
    return r;
}

/* What a first plan of a small topology shows. */
static void fill_first_plan(struct fixture *f)
{
    in_backup(f, want(f, "keys.final", "aws_kms_key", "{\"rotation_period_in_days\":365}", ""));
    want(
        f, "plans.daily", "aws_backup_plan",
        "{\"name\":\"t-daily\",\"rules\":[{\"rule_name\":\"daily\",\"target_backup_vault_name\":"
        "\"t-primary\",\"schedule_expression\":\"cron(0 20 ? * * *)\","
        "\"schedule_expression_timezone\":\"Asia/Kolkata\",\"lifecycle\":{\"delete_after_days\":7},"
        "\"copy_actions\":[{\"destination_backup_vault_arn\":"
        "\"arn:aws:backup:us-east-2:111122223333:backup-vault:t-second\"}]}]}",
        "vaults.primary");
    want(f, "plans.daily/role", "aws_iam_role", "{\"name\":\"t-daily-AWSBackup\"}", "")->region =
        NULL;
    want(f, "plans.daily/selections.rds", "aws_backup_selection",
         "{\"name\":\"rds\",\"backup_plan_id\":{\"$ref\":\"plans.daily.id\"},"
         "\"resources\":[\"arn:aws:rds:*:*:db:*\"]}",
         "plans.daily");
    in_backup(f, want(f, "vaults.final", "aws_backup_vault",
                      "{\"name\":\"t-final\",\"encryption_key_arn\":{\"$ref\":\"keys.final.arn\"}}",
                      "keys.final"));
    in_backup(f, want(f, "vaults.final/lock", "aws_backup_vault_lock",
                      "{\"backup_vault_name\":\"t-final\",\"min_retention_days\":7,"
                      "\"max_retention_days\":365,\"changeable_for_days\":14}",
                      "vaults.final"))
        ->last = true;
    want(f, "vaults.primary", "aws_backup_vault", "{\"name\":\"t-primary\"}", "");
}

static void a_first_plan_is_grouped_and_warns_of_what_is_for_ever(void **state)
{
    struct fixture *f = *state;
    fill_first_plan(f);
    build(f);
    assert_string_equal(
        plan_render_text(f->arena, &f->plan, &f->topology, &plain),
        "t   simulated world 2026-01-01   state: new   2 accounts, 1 Region\n"
        "\n"
        "workload 111122223333\n"
        "  us-east-1\n"
        "    + vaults.primary              backup vault      t-primary\n"
        "    + plans.daily                 backup plan       daily 20:00 Asia/Kolkata, 7 days, "
        "copy to t-second\n"
        "    + plans.daily/selections.rds  backup selection  arn:aws:rds:*:*:db:*\n"
        "  global\n"
        "    + plans.daily/role            IAM role          t-daily-AWSBackup\n"
        "\n"
        "backup 444455556666\n"
        "  us-east-2\n"
        "    + keys.final                  KMS key           rotation every 365 days\n"
        "    + vaults.final                backup vault      t-final, key keys.final\n"
        "    ! vaults.final/lock           vault lock        COMPLIANCE, 7 to 365 days\n"
        "        PERMANENT on 2026-01-15 00:00 UTC: after that nobody, not even AWS, can remove "
        "it.\n"
        "        Needs --allow-irreversible vaults.final/lock\n"
        "\n"
        "Plan: 7 create, 0 update, 0 delete; 1 irreversible (undo until 2026-01-15)\n");
}

static void changes_show_properties_policies_and_reasons(void **state)
{
    struct fixture *f = *state;
    want(f, "functions.f/log_group", "aws_log_group", "{\"name\":\"g\",\"retention_in_days\":30}",
         "");
    want(f, "keys.k", "aws_kms_key", policy_after, "");
    want(f, "queues.q", "aws_sqs_queue", "{\"name\":\"new\"}", "");
    want(f, "rules.r", "aws_event_rule",
         "{\"name\":\"r\",\"targets\":[{\"id\":\"a\",\"arn\":\"arn:aws:sqs:us-east-1:1:y\"}]}", "");
    seen(f, "functions.f/log_group", FOUND_SHARED, "{\"name\":\"g\",\"retention_in_days\":7}");
    have(f, "keys.k", "aws_kms_key", policy_before, "");
    have(f, "queues.q", "aws_sqs_queue", "{\"name\":\"old\"}", "");
    have(f, "queues.x", "aws_sqs_queue", "{\"name\":\"x\"}", "");
    have(f, "queues.y", "aws_sqs_queue", "{\"name\":\"y\"}", "");
    seen(f, "queues.y", FOUND_NOT_ASKED, NULL)->gone = true;
    have(f, "rules.r", "aws_event_rule",
         "{\"name\":\"r\",\"targets\":[{\"id\":\"a\",\"arn\":\"arn:aws:sqs:us-east-1:1:x\"}]}", "");
    build(f);
    struct render_options options = {.note = "A note.", .relay_copies = 2};
    assert_string_equal(
        plan_render_text(f->arena, &f->plan, &f->topology, &options),
        "t   2 accounts, 1 Region\n"
        "\n"
        "workload 111122223333\n"
        "  us-east-1\n"
        "    ~ keys.k                 KMS key           policy\n"
        "        \"Use\"  Principal.AWS  + 444455556666\n"
        "    = functions.f/log_group  log group         adopt: found, and shared by nature\n"
        "        retention_in_days  7 -> 30\n"
        "   -+ queues.q               SQS queue         replace: name\n"
        "        name  old -> new\n"
        "    ~ rules.r                EventBridge rule  targets\n"
        "        targets[0].arn  arn:aws:sqs:us-east-1:1:x -> arn:aws:sqs:us-east-1:1:y\n"
        "    - queues.x               SQS queue         delete: not in the file\n"
        "    . queues.y               SQS queue         forget: gone already\n"
        "\n"
        "A note.\n"
        "Plan: 0 create, 2 update, 1 delete, 1 replace, 1 adopt, 1 forget; the relays would then "
        "start 2 copies\n");
}

static bool shows(const char *text, const char *line)
{
    if (!strstr(text, line))
        fail_msg("%s is not in:\n%s", line, text);
    return true;
}

#define LONG_SID "AllowCopiesFromTheOtherAccountsOfTheOrganizationThatAreBackedUpEveryNight"
#define OPEN_STATEMENT                                                                             \
    "{\"Sid\":\"" LONG_SID "\",\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":"               \
    "\"backup:*\",\"Resource\":\"*\",\"Condition\":{\"StringEquals\":{\"aws:PrincipalOrgID\":["    \
    "\"o-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"o-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"]}}}"
#define DENY_STATEMENT                                                                             \
    "{\"Sid\":\"Keep\",\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"kms:"                  \
    "ScheduleKeyDeletion\","                                                                       \
    "\"Resource\":\"*\"}"
#define OWN_STATEMENT                                                                              \
    "{\"Sid\":\"Own\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"111122223333\"},\"Action\":"   \
    "\"kms:*\","                                                                                   \
    "\"Resource\":\"*\"}"
#define POLICY_OF(statements)                                                                      \
    "\"policy\":{\"Version\":\"2012-10-17\",\"Statement\":[" statements "]}"

/* Whom it admits is what a reader has to see, however narrow the terminal is. */
static void no_statement_of_a_policy_is_cut(void **state)
{
    struct fixture *f = *state;
    want(f, "keys.k", "aws_kms_key", "{" POLICY_OF(OPEN_STATEMENT) "}", "");
    want(f, "vaults.v/policy", "aws_backup_vault_policy",
         "{\"backup_vault_name\":\"v\"," POLICY_OF(OPEN_STATEMENT) "}", "");
    want(f, "plans.p/role", "aws_iam_role",
         "{\"name\":\"r\",\"inline_policies\":{\"all\":{\"Version\":\"2012-10-17\",\"Statement\":["
         "{\"Sid\":\"All\",\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}}}",
         "");
    have(f, "keys.k", "aws_kms_key", "{" POLICY_OF(DENY_STATEMENT) "}", "");
    have(f, "plans.p/role", "aws_iam_role", "{\"name\":\"r\"}", "");
    have(f, "vaults.w/policy", "aws_backup_vault_policy",
         "{\"backup_vault_name\":\"w\"," POLICY_OF(DENY_STATEMENT) "}", "");
    /* of what is more than a policy, those that admit others */
    want(f, "keys.new", "aws_kms_key", "{" POLICY_OF(OWN_STATEMENT "," OPEN_STATEMENT) "}", "");
    build(f);
    static const unsigned widths[] = {0, 20, 80};
    for (size_t i = 0; i < ARRAY_LEN(widths); i++) {
        struct render_options options = {.width = widths[i]};
        const char *text = plan_render_text(f->arena, &f->plan, &f->topology, &options);
        static const char whole[] = "        \"" LONG_SID "\"  + statement\n"
                                    "          + Effect  Allow\n"
                                    "          + Principal  *\n"
                                    "          + Action  backup:*\n"
                                    "          + Resource  *\n"
                                    "          + Condition.StringEquals.aws:principalorgid  "
                                    "o-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, "
                                    "o-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n";
        shows(strstr(text, "~ keys.k "), whole);
        shows(strstr(text, "+ keys.new "), whole);
        shows(strstr(text, "+ vaults.v/policy "), whole);
        assert_null(strstr(text, "\"Own\""));
        shows(text, "        \"Keep\"  - statement\n"
                    "          - Effect  Deny\n"
                    "          - Principal  *\n"
                    "          - Action  kms:schedulekeydeletion\n"
                    "          - Resource  *\n");
        shows(strstr(text, "vaults.w/policy"), "        \"Keep\"  - statement\n");
        shows(strstr(text, "plans.p/role"), "        \"All\"  + statement\n"
                                            "          + Effect  Allow\n"
                                            "          + Action  *\n");
    }
}

/* Also when nothing changes: a date that comes nearer is news. */
static void the_days_that_a_lock_leaves_are_counted(void **state)
{
    struct fixture *f = *state;
    const struct countdown locks[] = {{"vaults.v/lock", 1768435200000, 14},
                                      {"vaults.w/lock", 1768435200000, 0}};
    build(f);
    struct render_options options = {.countdowns = locks, .countdown_len = 2};
    assert_string_equal(
        plan_render_text(f->arena, &f->plan, &f->topology, &options),
        "t   2 accounts, 1 Region\n\n"
        "Lock: vaults.v/lock becomes permanent on 2026-01-15 00:00 UTC, in 14 days: "
        "until then it can be taken off\n"
        "Lock: vaults.w/lock is permanent since 2026-01-15 00:00 UTC: nobody, not "
        "even AWS, can take it off\n"
        "Plan: nothing to do\n");
    const struct value *printed = plan_to_json(f->arena, &f->plan, &options);
    assert_true(value_equal(value_item(value_get(printed, "locks"), 0),
                            json(f, "{\"address\":\"vaults.v/lock\",\"permanent_from\":"
                                    "\"2026-01-15T00:00:00Z\",\"days_left\":14}")));
}

static void places_of_changes_are_named(void **state)
{
    struct fixture *f = *state;
    diags_add_source(&f->diags, "topology.yaml", slice_of("text"));
    want(f, "queues.q", "aws_sqs_queue", "{\"name\":\"q\",\"message_retention_seconds\":90}", "")
        ->pos = (struct source_pos){1, 22, 5};
    have(f, "queues.q", "aws_sqs_queue", "{\"name\":\"q\",\"message_retention_seconds\":60}", "");
    build(f);
    struct render_options options = {.sources = &f->diags};
    const char *text = plan_render_text(f->arena, &f->plan, &f->topology, &options);
    assert_non_null(strstr(text, "message_retention_seconds  60 -> 90  topology.yaml:22\n"));
}

/* Whoever may write a description could else show a plan that reads as another one. */
static void nothing_turns_the_order_of_reading_round(void **state)
{
    struct fixture *f = *state;
    want(f, "queues.q", "aws_sqs_queue",
         "{\"name\":\"q\",\"tags\":{\"a\\u202e\":\"x\\u0085y\\u2067\",\"b\":\"\xF0\x9F\x98\x80 "
         "\xC3\xA9\"}}",
         "");
    have(f, "queues.q", "aws_sqs_queue", "{\"name\":\"q\",\"tags\":{\"b\":\"1\\n2\\u001b\"}}", "");
    want(f, "keys.k", "aws_kms_key",
         "{\"description\":\"\\u200f\\u2028\\u2069\",\"rotation_period_in_days\":365}", "");
    build(f);
    const char *text = plan_render_text(f->arena, &f->plan, &f->topology, &plain);
    const char *page = plan_render_markdown(f->arena, &f->plan, &f->topology, &plain, 0);
    static const char *const hidden[] = {"\xC2\x85", "\xE2\x80", "\xE2\x81", "\x1b"};
    static const char *const told[] = {"a\\u202e", "x\\u0085y\\u2067", "1 2\\u001b",
                                       "\xF0\x9F\x98\x80 \xC3\xA9",
                                       "\\u200f\\u2028\\u2069, rotation"};
    for (size_t i = 0; i < ARRAY_LEN(hidden); i++) {
        assert_null(strstr(text, hidden[i]));
        assert_null(strstr(page, hidden[i]));
    }
    for (size_t i = 0; i < ARRAY_LEN(told); i++) {
        shows(text, told[i]);
        shows(page, told[i]);
    }
}

static void a_page_is_fenced_by_more_than_it_holds(void **state)
{
    struct fixture *f = *state;
    want(f, "vaults.one", "aws_backup_vault", "{\"name\":\"t-one\"}", "")->last = true;
    build(f);
    struct render_options options = {.note = "a ```` b"};
    const char *page = plan_render_markdown(f->arena, &f->plan, &f->topology, &options, 0);
    assert_non_null(strstr(page, "\n`````text\n"));
    assert_non_null(strstr(page, "a ```` b\n`````\n"));
    assert_null(strstr(page, "Cannot be taken back"));
}

/* What stands in a page before all changes, and what follows there. */
static const char *dangerous_part(struct fixture *f, const char *page, const char **ret_rest)
{
    *ret_rest = strstr(page, "<details>");
    assert_non_null(*ret_rest);
    return arena_strndup(f->arena, page, (size_t)(*ret_rest - page));
}

static void a_page_begins_with_guards_that_change_and_with_what_goes(void **state)
{
    struct fixture *f = *state;
    static const char tagged[] = "{\"name\":\"w\",\"tags\":{\"a\":\"1\"}}";
    want(f, "keys.k", "aws_kms_key", "{\"enabled\":false}", "");
    have(f, "keys.k", "aws_kms_key", "{\"enabled\":true}", "");
    want(f, "vaults.v", "aws_backup_vault", "{\"name\":\"v\"}", "");
    have(f, "vaults.v", "aws_backup_vault", "{\"name\":\"v\"}", "");
    have(f, "vaults.v/lock", "aws_backup_vault_lock",
         "{\"backup_vault_name\":\"v\",\"min_retention_days\":7}", "vaults.v");
    want(f, "vaults.v/policy", "aws_backup_vault_policy",
         "{\"backup_vault_name\":\"v\"," POLICY_OF(OPEN_STATEMENT) "}", "");
    have(f, "vaults.v/policy", "aws_backup_vault_policy",
         "{\"backup_vault_name\":\"v\"," POLICY_OF(OPEN_STATEMENT "," DENY_STATEMENT) "}", "");
    want(f, "queues.guarded", "aws_sqs_queue", "{\"name\":\"g\"," POLICY_OF(OPEN_STATEMENT) "}",
         "");
    have(f, "queues.guarded", "aws_sqs_queue", "{\"name\":\"g\"," POLICY_OF(DENY_STATEMENT) "}",
         "");
    want(f, "queues.r", "aws_sqs_queue", "{\"name\":\"new\"}", "");
    have(f, "queues.r", "aws_sqs_queue", "{\"name\":\"old\"}", "");
    have(f, "topics.gone", "aws_sns_topic", "{\"name\":\"gone\"}", "");
    /* ordinary ones */
    want(f, "queues.q", "aws_sqs_queue", "{\"name\":\"q\",\"message_retention_seconds\":90}", "");
    have(f, "queues.q", "aws_sqs_queue", "{\"name\":\"q\",\"message_retention_seconds\":60}", "");
    want(f, "vaults.new", "aws_backup_vault", "{\"name\":\"new\"}", "");
    want(f, "vaults.w", "aws_backup_vault", tagged, "");
    have(f, "vaults.w", "aws_backup_vault", "{\"name\":\"w\"}", "");
    build(f);
    static const char *const first[] = {"    ~ keys.k ",          "    - vaults.v/lock ",
                                        "    ~ vaults.v/policy ", "    ~ queues.guarded ",
                                        "   -+ queues.r ",        "    - topics.gone "};
    static const char *const ordinary[] = {"    ~ queues.q ", "    + vaults.new ",
                                           "    ~ vaults.w "};
    const char *rest, *page = plan_render_markdown(f->arena, &f->plan, &f->topology, &plain, 0),
                      *dangerous = dangerous_part(f, page, &rest);
    for (size_t i = 0; i < ARRAY_LEN(first); i++) {
        shows(dangerous, first[i]);
        shows(rest, first[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(ordinary); i++) {
        assert_null(strstr(dangerous, ordinary[i]));
        shows(rest, ordinary[i]);
    }
    /* where it is cut, the ordinary ones are what is missing */
    size_t room = strlen(page) - strlen(rest) + 250;
    page = plan_render_markdown(f->arena, &f->plan, &f->topology, &plain, room);
    assert_true(strlen(page) <= room);
    assert_string_equal(dangerous_part(f, page, &rest), dangerous);
    shows(rest, "**9 more** found no room here");
    assert_null(strstr(rest, "    + vaults.new "));
}

static void a_page_says_what_stands_beside_the_changes(void **state)
{
    struct fixture *f = *state;
    const struct account *held[] = {&f->accounts[0], &f->accounts[1]};
    const struct organizational_unit unit = {
        .group = "team", .id = "ou-ab12-11112222", .accounts = held, .account_len = 2};
    const struct planned_route route = {.plan = "plans.p",
                                        .rule = "daily",
                                        .destination = "vaults.final",
                                        .why = "its key is its own",
                                        .way = COPY_DIRECT};
    const struct countdown lock = {"vaults.v/lock", 1768435200000, 14};
    f->topology.units = &unit;
    f->topology.routes = &route;
    f->topology.unit_len = f->topology.route_len = 1;
    want(f, "vaults.one", "aws_backup_vault", "{\"name\":\"t-one\"}", "");
    build(f);
    struct render_options options = {
        .note = "A note.", .relay_copies = 2, .countdowns = &lock, .countdown_len = 1};
    const char *page = plan_render_markdown(f->arena, &f->plan, &f->topology, &options, 0);
    assert_string_equal(
        page,
        "### Plan: 1 create, 0 update, 0 delete; the relays would then start 2 copies\n\n"
        "<details><summary>All changes</summary>\n\n"
        "```text\n"
        "workload 111122223333\n"
        "  us-east-1\n"
        "    + vaults.one  backup vault  t-one\n"
        "\n"
        "A note.\n"
        "Lock: vaults.v/lock becomes permanent on 2026-01-15 00:00 UTC, in 14 days: until then it "
        "can be taken off\n"
        "  accounts.team: ou-ab12-11112222 holds 111122223333, 444455556666\n"
        "  plans.p, rule daily: straight into vaults.final (its key is its own)\n"
        "```\n\n"
        "</details>\n");
}

/* Backticks, locks, ways and changes of every kind: whatever is cut, what frames it is counted. */
static void a_page_is_never_longer_than_it_may_be(void **state)
{
    struct fixture *f = *state;
    static const size_t runs[] = {2, 9, 40, 400};
    struct countdown locks[60];
    struct planned_route routes[20];
    for (size_t i = 0; i < ARRAY_LEN(locks); i++)
        locks[i] =
            (struct countdown){arena_printf(f->arena, "vaults.v%zu/lock", i), 1768435200000, 14};
    for (size_t i = 0; i < ARRAY_LEN(routes); i++)
        routes[i] = (struct planned_route){.plan = arena_printf(f->arena, "plans.p%zu", i),
                                           .rule = "daily",
                                           .destination = "vaults.final",
                                           .why = "its key is its own",
                                           .way = COPY_DIRECT};
    f->topology.routes = routes;
    f->topology.route_len = ARRAY_LEN(routes);
    for (size_t r = 0; r < ARRAY_LEN(runs); r++) {
        f->topology.resource_len = f->input.record_len = f->input.observation_len = 0;
        struct strbuf run;
        strbuf_init(&run, f->arena, 1024);
        strbuf_add_repeat(&run, '`', runs[r]);
        for (size_t i = 0; i < 4; i++) {
            const char *name = arena_printf(f->arena, "keys.k%zu", i);
            want(f, name, "aws_kms_key",
                 arena_printf(f->arena, "{\"description\":\"%s\"}", strbuf_str(&run)), "");
            have(f, name, "aws_kms_key", "{\"description\":\"d\"}", "");
            name = arena_printf(f->arena, "queues.q%zu", i);
            want(f, name, "aws_sqs_queue", "{\"name\":\"new\"}", "");
            have(f, name, "aws_sqs_queue", "{\"name\":\"old\"}", "");
            name = arena_printf(f->arena, "vaults.v%zu", i);
            want(f, name, "aws_backup_vault", arena_printf(f->arena, "{\"name\":\"%zu\"}", i), "");
        }
        build(f);
        struct render_options options = {
            .note = "A note.", .countdowns = locks, .countdown_len = ARRAY_LEN(locks)};
        size_t whole = strlen(plan_render_markdown(f->arena, &f->plan, &f->topology, &options, 0));
        for (size_t room = 1000; room < whole; room += 29) {
            const char *page =
                plan_render_markdown(f->arena, &f->plan, &f->topology, &options, room);
            if (strlen(page) > room)
                fail_msg("%zu bytes of %zu:\n%s", strlen(page), room, page);
            shows(page, " more");
            assert_true(strstr(page, "</details>") || strlen(page) < 200);
        }
    }
}

static void a_page_of_nothing_is_one_line(void **state)
{
    struct fixture *f = *state;
    build(f);
    assert_string_equal(plan_render_markdown(f->arena, &f->plan, &f->topology, &plain, 0),
                        "### Plan: nothing to do\n\n");
}

static void what_a_destroy_leaves_is_listed_with_the_reason(void **state)
{
    struct fixture *f = *state;
    have(f, "vaults.v", "aws_backup_vault", "{\"name\":\"v\",\"number_of_recovery_points\":3}", "");
    f->input.destroy = true;
    build(f);
    const char *text = plan_render_text(f->arena, &f->plan, &f->topology, &plain);
    assert_non_null(strstr(text, ". vaults.v  backup vault  stays: it holds 3 recovery points\n"));
    assert_non_null(strstr(text, "Plan: 0 create, 0 update, 0 delete, 1 stays\n"));
}

static void an_empty_plan_says_so(void **state)
{
    struct fixture *f = *state;
    build(f);
    assert_string_equal(plan_render_text(f->arena, &f->plan, NULL, &plain),
                        "\nPlan: nothing to do\n");
}

static void no_line_of_a_summary_is_wider_than_the_terminal(void **state)
{
    struct fixture *f = *state;
    fill_first_plan(f);
    build(f);
    struct render_options options = {.width = 80};
    struct slice rest = slice_of(plan_render_text(f->arena, &f->plan, &f->topology, &options));
    while (rest.ptr) {
        struct slice line = slice_cut(&rest, '\n');
        const char *text = arena_strndup(f->arena, line.ptr, line.len);
        if (!strstr(text, "PERMANENT") && line.len > 80)
            fail_msg("%s", text);
    }
}

static void colour_adds_nothing_but_escapes(void **state)
{
    struct fixture *f = *state;
    fill_first_plan(f);
    build(f);
    struct render_options colour = plain;
    colour.colour = true;
    const char *text = plan_render_text(f->arena, &f->plan, &f->topology, &colour);
    char *stripped = arena_alloc(f->arena, strlen(text) + 1), *out = stripped;
    size_t escapes = 0;
    for (; *text; text++) {
        if (*text != '\033') {
            *out++ = *text;
            continue;
        }
        escapes++;
        while (*text != 'm')
            text++;
    }
    assert_true(escapes > 4);
    assert_string_equal(stripped, plan_render_text(f->arena, &f->plan, &f->topology, &plain));
}

static void json_holds_the_fields_that_scripts_rely_on(void **state)
{
    struct fixture *f = *state;
    fill_first_plan(f);
    f->resources[6].region = NULL; /* a change without a Region says null */
    build(f);
    struct render_options options = {.relay_copies = 3};
    const struct value *v = plan_to_json(f->arena, &f->plan, &options);
    assert_string_equal(value_get_str(v, "format_version"), "1.0");
    assert_true(
        value_equal(value_get(v, "summary"),
                    json(f, "{\"create\":7,\"update\":0,\"replace\":0,\"delete\":0,"
                            "\"forget\":0,\"move\":0,\"adopt\":0,\"irreversible\":1,\"retained\":0,"
                            "\"relay_copies\":3}")));
    assert_int_equal(value_len(value_get(v, "changes")), 7);
    const struct value *vault = NULL;
    for (size_t i = 0; i < 7; i++) {
        const struct value *change = value_item(value_get(v, "changes"), i);
        if (str_eq(value_get_str(change, "address"), "vaults.final"))
            vault = change;
        if (str_eq(value_get_str(change, "address"), "vaults.primary"))
            assert_true(value_is(value_get(change, "region"), VALUE_NULL));
    }
    assert_string_equal(value_get_str(vault, "type"), "aws_backup_vault");
    assert_string_equal(value_get_str(vault, "account"), "backup");
    assert_string_equal(value_get_str(vault, "account_id"), "444455556666");
    assert_string_equal(value_get_str(vault, "region"), "us-east-2");
    assert_string_equal(value_get_str(vault, "action"), "create");
    assert_true(value_is(value_get(vault, "before"), VALUE_NULL));
    assert_true(value_equal(value_get(vault, "unknown"), json(f, "[\"/encryption_key_arn\"]")));
    assert_false(value_get_bool(vault, "irreversible", true));
}

static void json_shows_a_replacement_once_with_both_sides(void **state)
{
    struct fixture *f = *state;
    want(f, "queues.q", "aws_sqs_queue", "{\"name\":\"new\"}", "");
    have(f, "queues.q", "aws_sqs_queue", "{\"name\":\"old\"}", "");
    build(f);
    const struct value *v = plan_to_json(f->arena, &f->plan, &plain);
    assert_int_equal(value_len(value_get(v, "changes")), 1);
    const struct value *change = value_item(value_get(v, "changes"), 0);
    assert_string_equal(value_get_str(change, "action"), "replace");
    assert_string_equal(value_get_str(value_get(change, "before"), "name"), "old");
    assert_string_equal(value_get_str(value_get(change, "after"), "name"), "new");
}

static void json_says_of_a_replacement_what_guards_its_deletion(void **state)
{
    struct fixture *f = *state;
    want(f, "resources.h", "aws_backup_legal_hold", "{\"title\":\"new\"}", "");
    have(f, "resources.h", "aws_backup_legal_hold", "{\"title\":\"old\",\"id\":\"h\"}", "");
    build(f);
    const struct value *v = plan_to_json(f->arena, &f->plan, &plain);
    const struct value *change = value_item(value_get(v, "changes"), 0);
    assert_string_equal(value_get_str(change, "action"), "replace");
    assert_true(value_get_bool(change, "needs_allow_destroy", false));
    assert_non_null(strstr(value_get_str(change, "refused"), "cancel_description"));
}

static void sensitive_values_are_never_shown(void **state)
{
    struct fixture *f = *state;
    const char *const secrets[] = {"{\"name\":\"CANARY-1\"}", "{\"name\":\"CANARY-2\"}"};
    want(f, "queues.q", "aws_sqs_queue", secrets[0], "");
    have(f, "queues.q", "aws_sqs_queue", secrets[1], "");
    /* no type of today has such a property: mark one for this test */
    struct schema schema = *f->resources[0].schema;
    struct schema_node root = *schema.root, name = *root.properties[0].node;
    struct schema_property *properties =
        arena_memdup(f->arena, root.properties, root.property_len * sizeof(*properties));
    assert_string_equal(properties[0].name, "name");
    name.sensitive = true;
    properties[0].node = &name;
    root.properties = properties;
    schema.root = &root;
    f->resources[0].schema = &schema;
    build(f);
    const char *text = plan_render_text(f->arena, &f->plan, &f->topology, &plain);
    assert_null(strstr(text, "CANARY"));
    assert_non_null(strstr(text, "(sensitive)"));
    text = json_print(f->arena, plan_to_json(f->arena, &f->plan, &plain), JSON_COMPACT);
    assert_null(strstr(text, "CANARY-1"));
}

static void drift_is_grouped_and_counted(void **state)
{
    struct fixture *f = *state;
    have(f, "keys.k", "aws_kms_key", policy_before, "");
    seen(f, "keys.k", FOUND_NOT_ASKED, policy_after);
    have(f, "vaults.v", "aws_backup_vault", "{\"name\":\"v\"}", "");
    seen(f, "vaults.v", FOUND_NOT_ASKED, NULL)->gone = true;
    have(f, "vaults.w/policy", "aws_backup_vault_policy",
         "{\"backup_vault_name\":\"w\"," POLICY_OF(DENY_STATEMENT) "}", "");
    seen(f, "vaults.w/policy", FOUND_NOT_ASKED, NULL)->gone = true;
    struct drift *drifts = NULL;
    size_t len = 0;
    assert_true(drift_build(f->arena, &f->input, &drifts, &len, &f->diags));
    const struct render_options options = {0};
    assert_string_equal(drift_render_text(f->arena, drifts, len, &f->topology, &options),

                        "t   2 accounts, 1 Region\n"
                        "\n"
                        "workload 111122223333\n"
                        "  us-east-1\n"
                        "    ~ keys.k           KMS key              changed, high\n"
                        "        \"Use\"  Principal.AWS  + 444455556666\n"
                        "    - vaults.v         backup vault         deleted, high\n"
                        "    - vaults.w/policy  vault access policy  deleted, high\n"
                        "        \"Keep\"  - statement\n"
                        "          - Effect  Deny\n"
                        "          - Principal  *\n"
                        "          - Action  kms:schedulekeydeletion\n"
                        "          - Resource  *\n"
                        "\n"
                        "Drift: 1 changed, 2 deleted, 0 added; 3 of high severity\n");
    const struct value *v = drift_to_json(f->arena, drifts, len);
    assert_true(
        value_equal(value_get(v, "summary"),
                    json(f, "{\"create\":0,\"update\":1,\"replace\":0,\"delete\":2,"
                            "\"forget\":0,\"move\":0,\"adopt\":0,\"irreversible\":0,\"retained\":0,"
                            "\"relay_copies\":0,\"changed\":1,\"deleted\":2,\"added\":0,\"high\":3,"
                            "\"medium\":0,\"low\":0}")));
    const struct value *first = value_item(value_get(v, "drift"), 0);
    assert_string_equal(value_get_str(first, "severity"), "high");
    assert_string_equal(value_get_str(first, "action"), "changed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_first_plan_is_grouped_and_warns_of_what_is_for_ever),
        TEST(changes_show_properties_policies_and_reasons),
        TEST(no_statement_of_a_policy_is_cut),
        TEST(the_days_that_a_lock_leaves_are_counted),
        TEST(places_of_changes_are_named),
        TEST(nothing_turns_the_order_of_reading_round),
        TEST(a_page_is_fenced_by_more_than_it_holds),
        TEST(a_page_begins_with_guards_that_change_and_with_what_goes),
        TEST(a_page_says_what_stands_beside_the_changes),
        TEST(a_page_is_never_longer_than_it_may_be),
        TEST(a_page_of_nothing_is_one_line),
        TEST(what_a_destroy_leaves_is_listed_with_the_reason),
        TEST(an_empty_plan_says_so),
        TEST(no_line_of_a_summary_is_wider_than_the_terminal),
        TEST(colour_adds_nothing_but_escapes),
        TEST(json_holds_the_fields_that_scripts_rely_on),
        TEST(json_shows_a_replacement_once_with_both_sides),
        TEST(json_says_of_a_replacement_what_guards_its_deletion),
        TEST(sensitive_values_are_never_shown),
        TEST(drift_is_grouped_and_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
