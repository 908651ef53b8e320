#include "engine/base/crypto.h"
#include "engine/base/zip.h"
#include "simulator/lambda.h"
#include "tests/unit/simulator/room.h"

#define FUNCTION "arn:aws:lambda:us-east-1:" ACCOUNT ":function:f"
#define RULE "arn:aws:events:us-east-1:" ACCOUNT ":rule/r"
#define PATH "/2015-03-31/functions/f"

/* A bootstrap in bash: takes one event, calls the world as itself, and answers as the event says:
 * "good", "bad" (an error), "exit" (dies), "hang" (never answers); "late" leaves something behind
 * that asks for an event when its time is over; "stay" is good and asks for the next one. */
static const char bootstrap[] =
    "#!/bin/bash\n"
    "host=${AWS_LAMBDA_RUNTIME_API%:*}; port=${AWS_LAMBDA_RUNTIME_API#*:}\n"
    "say() { exec 3<>/dev/tcp/$host/$port; printf '%s %s HTTP/1.1\\r\\nHost: x\\r\\n"
    "Connection: close\\r\\n%sContent-Length: %d\\r\\n\\r\\n%s' \"$1\" \"$2\" \"$3\" \"${#4}\""
    " \"$4\" >&3; cat <&3; exec 3>&-; }\n"
    "api=/2018-06-01/runtime\n"
    "while :; do\n"
    "event=$(say GET $api/invocation/next '' '' | tr -d '\\r')\n"
    "id=$(sed -n 's/^Lambda-Runtime-Aws-Request-Id: //Ip' <<<\"$event\")\n"
    "body=$(sed '1,/^$/d' <<<\"$event\")\n"
    "echo \"got $body for $OWN\"; echo \"home $PWD\"\n"
    "auth=\"Authorization: AWS4-HMAC-SHA256 Credential=$AWS_ACCESS_KEY_ID/20260101/$AWS_REGION/sqs/"
    "aws4_request, Signature=0\"$'\\r\\n'\"X-Amz-Security-Token: $AWS_SESSION_TOKEN\"$'\\r\\n'"
    "'X-Amz-Target: AmazonSQS.SendMessage'$'\\r\\n'\n"
    "say POST / \"$auth\" '{\"QueueUrl\":\"https://sqs/" ACCOUNT "/q\",\"MessageBody\":\"hello\"}'"
    " >/dev/null\n"
    "case $body in *late*) export host port; setsid bash -c 'sleep 0.6; "
    "exec 3<>/dev/tcp/$host/$port; printf \"GET /2018-06-01/runtime/invocation/next HTTP/1.1"
    "\\r\\nHost: x\\r\\n\\r\\n\" >&3; sleep 1' >/dev/null 2>&1 & sleep 0.2;; esac\n"
    "case $body in\n"
    "*stay*) echo \"pid $$\"; say POST $api/invocation/$id/response '' '{}' >/dev/null; "
    "continue;;\n"
    "*good*) say POST $api/invocation/$id/response '' '{\"done\":true}' >/dev/null;;\n"
    "*bad*) say POST $api/invocation/$id/error '' "
    "'{\"errorType\":\"Broken\",\"errorMessage\":\"it broke\"}' >/dev/null;;\n"
    "*exit*) exit 7;;\n"
    "*) sleep 60;;\n"
    "esac; break; done\n";

/* Its first bytes, in base64. */
static const char *package_of(struct room *room, size_t len)
{
    struct zip_entry entry = {.name = "bootstrap", .data = {bootstrap, len}, .executable = true};
    struct slice zip;
    assert_true(zip_write(room->arena, &entry, 1, &zip, &room->diags));
    return base64_encode(room->arena, zip);
}

static void put_function(struct room *room, const char *more)
{
    make_role(room, "f", "lambda.amazonaws.com",
              "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":"
              "[\"sqs:SendMessage\",\"logs:*\"],\"Resource\":\"*\"}]}");
    assert_good(call(room, ACCOUNT, "sqs", "CreateQueue", "{\"QueueName\":\"q\"}"));
    assert_good(call(room, ACCOUNT, "sqs", "CreateQueue", "{\"QueueName\":\"dead\"}"));
    assert_good(
        ask(room, ACCOUNT, REGION, "lambda", "POST", "/2015-03-31/functions", NULL,
            arena_printf(room->arena,
                         "{\"FunctionName\":\"f\",\"Role\":\"arn:aws:iam::" ACCOUNT ":role/f\","
                         "\"Runtime\":\"provided.al2023\",\"Handler\":\"bootstrap\",\"Timeout\":5,"
                         "\"Environment\":{\"Variables\":{\"OWN\":\"me\"}},"
                         "\"DeadLetterConfig\":{\"TargetArn\":\"arn:aws:sqs:us-east-1:" ACCOUNT
                         ":dead\"},\"Code\":{\"ZipFile\":\"%s\"}%s}",
                         package_of(room, sizeof(bootstrap) - 1), more)));
}

static const struct value *messages(struct room *room, const char *queue)
{
    struct answer answer = call(room, ACCOUNT, "sqs", "ReceiveMessage",
                                arena_printf(room->arena,
                                             "{\"QueueUrl\":\"https://sqs/" ACCOUNT
                                             "/%s\",\"MaxNumberOfMessages\":10}",
                                             queue));
    return value_get(answer.body, "Messages");
}

static void invoke(struct room *room, const char *event)
{
    world_begin(room->world);
    lambda_queue(room->world, room->arena, ACCOUNT, REGION, "f", json(room->arena, event));
    assert_true(world_commit(room->world));
    assert_true(world_has_pending(room->world));
    world_step(room->world);
}

static size_t count(struct room *room, const char *what)
{
    const struct value *all = world_timeline(room->world, room->arena);
    size_t found = 0;
    for (size_t i = 0; i < value_len(all); i++)
        found += str_eq(value_get_str(value_item(all, i), "what"), what);
    return found;
}

static void a_function_runs_with_the_rights_of_its_role_and_writes_its_log(void **state)
{
    struct room *room = *state;
    put_function(room, "");
    invoke(room, "\"good\"");
    assert_int_equal(count(room, "invoke"), 1);
    assert_false(world_has_pending(room->world));
    const struct value *got = messages(room, "q");
    assert_int_equal(value_len(got), 1);
    assert_string_equal(value_get_str(value_item(got, 0), "Body"), "hello");
    struct answer log = call(room, ACCOUNT, "logs", "FilterLogEvents",
                             "{\"logGroupName\":\"/aws/lambda/f\",\"filterPattern\":\"got\"}");
    assert_string_equal(value_str(value_pointer(log.body, "/events/0/message")),
                        "got \"good\" for me");
}

static void what_an_earlier_run_asks_for_late_does_not_get_the_next_event(void **state)
{
    struct room *room = *state;
    put_function(room, "");
    invoke(room, "\"good late\"");
    clock_sleep_ms(800);
    invoke(room, "\"good\"");
    assert_int_equal(count(room, "invoke"), 2);
    assert_int_equal(count(room, "invoke failed"), 0);
}

/* How many different lines of the log have the word: processes wrote down their number (pid), and
 * where they lived (home). */
static size_t different(struct room *room, const char *word)
{
    struct answer log =
        call(room, ACCOUNT, "logs", "FilterLogEvents",
             arena_printf(room->arena,
                          "{\"logGroupName\":\"/aws/lambda/f\",\"filterPattern\":\"%s\"}", word));
    const struct value *events = value_get(log.body, "events");
    struct map_builder seen = map_begin(room->arena);
    for (size_t i = 0; i < value_len(events); i++)
        map_put_int(&seen, value_get_str(value_item(events, i), "message"), 1);
    return value_len(map_end(&seen));
}

static void who_asks_for_more_is_kept_until_the_function_or_its_time_changes(void **state)
{
    struct room *room = *state;
    put_function(room, "");
    invoke(room, "\"stay\"");
    advance(room, HOUR_MS);
    invoke(room, "\"stay\"");
    assert_int_equal(different(room, "pid"), 1);
    advance(room, 12 * HOUR_MS);
    invoke(room, "\"stay\"");
    assert_int_equal(different(room, "pid"), 2);
    assert_good(ask(room, ACCOUNT, REGION, "lambda", "PUT", PATH "/configuration", NULL,
                    "{\"Timeout\":6}"));
    advance(room, MINUTE_MS);
    invoke(room, "\"stay\"");
    assert_int_equal(different(room, "pid"), 3);
    assert_int_equal(count(room, "invoke"), 4);
}

static void a_package_is_unpacked_once_and_anew_when_it_changes(void **state)
{
    struct room *room = *state;
    put_function(room, "");
    invoke(room, "\"good\"");
    invoke(room, "\"good\"");
    assert_int_equal(different(room, "home"), 1);
    advance(room, HOUR_MS);
    /* without the line's end it is another package */
    assert_good(ask(room, ACCOUNT, REGION, "lambda", "PUT", PATH "/code", NULL,
                    arena_printf(room->arena, "{\"ZipFile\":\"%s\"}",
                                 package_of(room, sizeof(bootstrap) - 2))));
    advance(room, HOUR_MS);
    invoke(room, "\"good\"");
    assert_int_equal(different(room, "home"), 2);
    assert_int_equal(count(room, "invoke"), 3);
}

static void without_the_right_its_calls_are_refused(void **state)
{
    struct room *room = *state;
    put_function(room, "");
    assert_good(form(room, ACCOUNT, "iam", "DeleteRolePolicy", "RoleName=f&PolicyName=p"));
    invoke(room, "\"good\"");
    assert_int_equal(count(room, "invoke"), 1);
    assert_int_equal(value_len(messages(room, "q")), 0);
    assert_refused(
        call(room, ACCOUNT, "logs", "FilterLogEvents", "{\"logGroupName\":\"/aws/lambda/f\"}"),
        "ResourceNotFoundException"); /* no rights on logs either: no log */
}

static void a_failure_is_tried_three_times_and_then_a_dead_letter(void **state)
{
    struct room *room = *state;
    put_function(room, "");
    invoke(room, "\"bad\"");
    assert_int_equal(count(room, "invoke failed"), 1);
    advance(room, MINUTE_MS);
    assert_int_equal(count(room, "invoke failed"), 2);
    assert_int_equal(value_len(messages(room, "dead")), 0);
    advance(room, 2 * MINUTE_MS);
    assert_int_equal(count(room, "invoke failed"), 3);
    const struct value *got = messages(room, "dead");
    assert_int_equal(value_len(got), 1);
    assert_string_equal(value_get_str(value_item(got, 0), "Body"), "\"bad\"");
    assert_string_equal(
        value_str(value_pointer(value_item(got, 0), "/MessageAttributes/ErrorMessage/StringValue")),
        "it broke");
    assert_false(world_has_pending(room->world));
}

static void a_death_and_a_hang_are_failures_too(void **state)
{
    struct room *room = *state;
    put_function(room, "");
    assert_good(ask(room, ACCOUNT, REGION, "lambda", "PUT",
                    "/2019-09-25/functions/f/event-invoke-config", NULL,
                    "{\"MaximumRetryAttempts\":0}"));
    invoke(room, "\"exit\"");
    advance(room, 2000); /* ready for a change */
    assert_good(ask(room, ACCOUNT, REGION, "lambda", "PUT", PATH "/configuration", NULL,
                    "{\"Timeout\":1}"));
    invoke(room, "\"hang\"");
    const struct value *got = messages(room, "dead");
    assert_int_equal(value_len(got), 2);
    const char *const codes[] = {"Runtime.ExitError", "Sandbox.Timedout"};
    for (size_t i = 0; i < 2; i++)
        assert_string_equal(value_str(value_pointer(value_item(got, i),
                                                    "/MessageAttributes/ErrorCode/StringValue")),
                            codes[i]);
}

static void stop_function(struct room *room)
{
    assert_good(ask(room, ACCOUNT, REGION, "lambda", "PUT", "/2017-10-31/functions/f/concurrency",
                    NULL, "{\"ReservedConcurrentExecutions\":0}"));
}

static void what_comes_to_a_stopped_function_is_a_dead_letter_at_once(void **state)
{
    struct room *room = *state;
    put_function(room, "");
    stop_function(room);
    invoke(room, "\"good\"");
    advance(room, 1000);
    assert_int_equal(value_len(messages(room, "dead")), 1);
    assert_int_equal(count(room, "invoke"), 0);
    assert_false(world_has_pending(room->world));
}

static void what_a_function_is_stopped_under_waits_and_is_given_up_in_the_end(void **state)
{
    struct room *room = *state;
    put_function(room, "");
    invoke(room, "\"bad\"");
    advance(room, 1000);
    stop_function(room); /* between the first attempt and the second */
    advance(room, HOUR_MS);
    assert_int_equal(count(room, "invoke failed"), 1);
    assert_true(world_has_pending(room->world));
    advance(room, 6 * HOUR_MS);
    assert_int_equal(value_len(messages(room, "dead")), 1);
    assert_false(world_has_pending(room->world));
}

static bool admits(struct room *room, const char *service, const char *source)
{
    const char *why = NULL;
    world_begin(room->world);
    bool good = lambda_invoke_async(room->world, room->arena, FUNCTION, service, source,
                                    value_null(), &why);
    world_rollback(room->world);
    return good;
}

static void only_the_rule_that_a_permission_names_may_invoke(void **state)
{
    struct room *room = *state;
    put_function(room, "");
    assert_false(admits(room, "events.amazonaws.com", RULE));
    const char *permission =
        "{\"StatementId\":\"s\",\"Action\":\"lambda:InvokeFunction\",\"Principal\":"
        "\"events.amazonaws.com\",\"SourceArn\":\"" RULE "\"}";
    assert_good(ask(room, ACCOUNT, REGION, "lambda", "POST", PATH "/policy", NULL, permission));
    assert_true(admits(room, "events.amazonaws.com", RULE));
    assert_false(admits(room, "events.amazonaws.com", RULE "x"));
    assert_false(admits(room, "s3.amazonaws.com", RULE));
    assert_refused(ask(room, ACCOUNT, REGION, "lambda", "POST", PATH "/policy", NULL, permission),
                   "ResourceConflictException");
    assert_good(ask(room, ACCOUNT, REGION, "lambda", "DELETE", PATH "/policy/s", NULL, ""));
    assert_refused(ask(room, ACCOUNT, REGION, "lambda", "GET", PATH "/policy", NULL, ""),
                   "ResourceNotFoundException");
}

static void a_change_takes_a_moment_in_which_no_other_is_taken(void **state)
{
    struct room *room = *state;
    put_function(room, "");
    struct answer answer = ask(room, ACCOUNT, REGION, "lambda", "GET", PATH, NULL, "");
    assert_string_equal(value_str(value_pointer(answer.body, "/Configuration/State")), "Pending");
    assert_refused(
        ask(room, ACCOUNT, REGION, "lambda", "PUT", PATH "/configuration", NULL, "{\"Timeout\":9}"),
        "ResourceConflictException");
    advance(room, 1000);
    answer = ask(room, ACCOUNT, REGION, "lambda", "GET", PATH, NULL, "");
    assert_string_equal(value_str(value_pointer(answer.body, "/Configuration/State")), "Active");
    assert_refused(ask(room, ACCOUNT, REGION, "lambda", "PUT", PATH "/configuration", NULL,
                       "{\"Timeout\":9,\"RevisionId\":\"old\"}"),
                   "PreconditionFailedException");
    assert_good(ask(room, ACCOUNT, REGION, "lambda", "PUT", PATH "/configuration", NULL,
                    "{\"Timeout\":9}"));
    answer = ask(room, ACCOUNT, REGION, "lambda", "GET", PATH "/configuration", NULL, "");
    assert_string_equal(value_get_str(answer.body, "LastUpdateStatus"), "InProgress");
}

static void an_empty_arn_ends_the_dead_letters_and_their_right_with_them(void **state)
{
    struct room *room = *state;
    put_function(room, "");
    advance(room, MINUTE_MS);
    assert_good(form(room, ACCOUNT, "iam", "DeleteRolePolicy", "RoleName=f&PolicyName=p"));
    const char *path = "/2015-03-31/functions/f/configuration";
    assert_refused(ask(room, ACCOUNT, REGION, "lambda", "PUT", path, NULL, "{\"Timeout\":6}"),
                   "InvalidParameterValueException");
    assert_good(ask(room, ACCOUNT, REGION, "lambda", "PUT", path, NULL,
                    "{\"Timeout\":6,\"DeadLetterConfig\":{\"TargetArn\":\"\"}}"));
    struct answer now = ask(room, ACCOUNT, REGION, "lambda", "GET", path, NULL, NULL);
    assert_null(value_get(now.body, "DeadLetterConfig"));
    assert_int_equal(value_get_int(now.body, "Timeout", 0), 6);
}

static void the_role_is_checked_when_a_function_is_made(void **state)
{
    struct room *room = *state;
    make_role(room, "f", "events.amazonaws.com", NULL);
    assert_refused(ask(room, ACCOUNT, REGION, "lambda", "POST", "/2015-03-31/functions", NULL,
                       "{\"FunctionName\":\"f\",\"Role\":\"arn:aws:iam::" ACCOUNT
                       ":role/f\",\"Code\":{\"ZipFile\":\"UEsDBA==\"}}"),
                   "InvalidParameterValueException");
    assert_good(form(room, ACCOUNT, "iam", "DeleteRole", "RoleName=f"));
    make_role(room, "f", "lambda.amazonaws.com", NULL);
    const char *with_letters =
        "{\"FunctionName\":\"f\",\"Role\":\"arn:aws:iam::" ACCOUNT
        ":role/f\",\"DeadLetterConfig\":{\"TargetArn\":\"arn:aws:sqs:us-east-1:" ACCOUNT
        ":dead\"},\"Code\":{\"ZipFile\":\"UEsDBA==\"}}";
    assert_refused(
        ask(room, ACCOUNT, REGION, "lambda", "POST", "/2015-03-31/functions", NULL, with_letters),
        "InvalidParameterValueException");
}

static void added(void *ctx, const struct http_response *response)
{
    size_t *good = ctx;
    *good += response->status == 201;
}

/* Two statements, both in flight before either is answered. */
static void add_two_permissions(struct room *room, const char *function)
{
    static const struct http_header header = {"Authorization",
                                              "AWS4-HMAC-SHA256 Credential=" ACCOUNT
                                              "/20260101/us-east-1/lambda/aws4_request, x=0"};
    struct transport t = world_transport(room->world);
    struct http_request requests[2];
    size_t good = 0;
    for (int i = 0; i < 2; i++) {
        const char *body = arena_printf(room->arena,
                                        "{\"StatementId\":\"s%d\",\"Action\":\"lambda:Invoke"
                                        "Function\",\"Principal\":\"events.amazonaws.com\"}",
                                        i);
        requests[i] = (struct http_request){
            .method = "POST",
            .base_url = "https://lambda.us-east-1.amazonaws.com",
            .path = arena_printf(room->arena, "/2015-03-31/functions/%s/policy", function),
            .query = "",
            .headers = &header,
            .header_len = 1,
            .body = slice_of(body)};
        t.ops->send(t.self, &requests[i], added, &good);
    }
    t.ops->wait(t.self, world_now_ms(room->world));
    assert_int_equal(good, 2);
}

static size_t permissions(struct room *room)
{
    struct answer answer =
        ask(room, ACCOUNT, REGION, "lambda", "GET", "/2015-03-31/functions/f/policy", NULL, "");
    assert_good(answer);
    return value_len(
        value_get(json(room->arena, value_get_str(answer.body, "Policy")), "Statement"));
}

static void of_two_permissions_that_meet_one_may_be_lost(void **state)
{
    struct room *room = *state;
    put_function(room, "");
    world_begin(room->world);
    setting_put(room->world, "lose_permissions", "1");
    assert_true(world_commit(room->world));
    add_two_permissions(room, "f");
    assert_int_equal(permissions(room), 1);
}

static void two_permissions_that_meet_are_added_otherwise(void **state)
{
    struct room *room = *state;
    put_function(room, "");
    add_two_permissions(room, "f");
    assert_int_equal(permissions(room), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_ROOM(of_two_permissions_that_meet_one_may_be_lost),
        IN_ROOM(two_permissions_that_meet_are_added_otherwise),
        IN_ROOM(who_asks_for_more_is_kept_until_the_function_or_its_time_changes),
        IN_ROOM(a_function_runs_with_the_rights_of_its_role_and_writes_its_log),
        IN_ROOM(what_an_earlier_run_asks_for_late_does_not_get_the_next_event),
        IN_ROOM(a_package_is_unpacked_once_and_anew_when_it_changes),
        IN_ROOM(without_the_right_its_calls_are_refused),
        IN_ROOM(a_failure_is_tried_three_times_and_then_a_dead_letter),
        IN_ROOM(a_death_and_a_hang_are_failures_too),
        IN_ROOM(what_comes_to_a_stopped_function_is_a_dead_letter_at_once),
        IN_ROOM(what_a_function_is_stopped_under_waits_and_is_given_up_in_the_end),
        IN_ROOM(only_the_rule_that_a_permission_names_may_invoke),
        IN_ROOM(a_change_takes_a_moment_in_which_no_other_is_taken),
        IN_ROOM(an_empty_arn_ends_the_dead_letters_and_their_right_with_them),
        IN_ROOM(the_role_is_checked_when_a_function_is_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
