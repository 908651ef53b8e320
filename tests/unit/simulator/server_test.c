#include "engine/base/process.h"
#include "simulator/server.h"
#include "tests/unit/simulator/room.h"

/* One POST by another process, while this one serves: the whole answer as text. */
static const char *post(struct room *room, struct sim_server *server, const char *path,
                        const char *headers, const char *body)
{
    const char *script =
        "exec 3<>/dev/tcp/127.0.0.1/$1; printf 'POST %s HTTP/1.1\\r\\nHost: x\\r\\n"
        "Connection: close\\r\\n%sContent-Length: %d\\r\\n\\r\\n%s' \"$2\" \"$3\""
        " ${#4} \"$4\" >&3; cat <&3";
    const char *const argv[] = {
        "/bin/bash", "-c",    script, "post", arena_printf(room->arena, "%u", server_port(server)),
        path,        headers, body,   NULL};
    const char *const env[] = {"PATH=/usr/bin:/bin", NULL};
    struct process process;
    struct strbuf sb;
    int status = 0;
    strbuf_init(&sb, room->arena, (size_t)1 << 20);
    assert_true(process_spawn(argv, env, NULL, &process, &room->diags));
    while (!process_ended(&process, &status)) {
        server_poll(server, 10);
        strbuf_add_slice(&sb, process_output(room->arena, &process));
    }
    strbuf_add_slice(&sb, process_output(room->arena, &process));
    process_kill(&process);
    return strbuf_str(&sb);
}

static const struct value *body_of(struct room *room, const char *answer)
{
    const char *body = strstr(answer, "\r\n\r\n");
    assert_non_null(body);
    return json(room->arena, body + 4);
}

static void any_client_reaches_the_services_over_http(void **state)
{
    struct room *room = *state;
    struct sim_server *server;
    assert_true(server_start(room->world, 0, &server, &room->diags));
    const char *answer = post(room, server, "/",
                              "Authorization: AWS4-HMAC-SHA256 Credential=" ACCOUNT
                              "/20260101/us-east-1/kms/aws4_request, Signature=0\r\n"
                              "X-Amz-Target: TrentService.CreateKey\r\n",
                              "{\"Description\":\"made over HTTP\"}");
    assert_non_null(strstr(answer, "200 OK"));
    assert_non_null(strstr(answer, "x-amzn-RequestId: "));
    assert_string_equal(value_str(value_pointer(body_of(room, answer), "/KeyMetadata/Description")),
                        "made over HTTP");
    server_stop(server);
}

static void a_request_without_signature_is_refused(void **state)
{
    struct room *room = *state;
    struct sim_server *server;
    assert_true(server_start(room->world, 0, &server, &room->diags));
    assert_non_null(strstr(post(room, server, "/", "", "{}"), "403 "));
    server_stop(server);
}

static void the_clock_has_moved_for_whoever_asks_next(void **state)
{
    struct room *room = *state;
    struct sim_server *server;
    assert_true(server_start(room->world, 0, &server, &room->diags));
    assert_good(call(room, ACCOUNT, "logs", "CreateLogGroup", "{\"logGroupName\":\"/g\"}"));
    assert_good(call(room, ACCOUNT, "events", "PutRule",
                     "{\"Name\":\"often\",\"ScheduleExpression\":\"rate(1 hour)\"}"));
    assert_good(call(room, ACCOUNT, "events", "PutTargets",
                     "{\"Rule\":\"often\",\"Targets\":[{\"Id\":\"1\",\"Arn\":"
                     "\"arn:aws:logs:us-east-1:" ACCOUNT ":log-group:/g\"}]}"));
    const struct value *moved =
        body_of(room, post(room, server, "/_holdfast/advance", "", "{\"ms\":7200000}"));
    assert_int_equal(value_get_int(moved, "now_ms", 0), WORLD_EPOCH_MS + 2 * HOUR_MS);
    const struct value *lines = body_of(room, post(room, server, "/_holdfast/timeline", "", "{}"));
    assert_int_equal(value_len(lines), 2);
    assert_non_null(strstr(post(room, server, "/_holdfast/advance", "", "{}"), "400 "));
    assert_non_null(strstr(post(room, server, "/_holdfast/nothing", "", "{}"), "400 "));
    server_stop(server);
}

static void settings_can_be_changed_while_it_serves(void **state)
{
    struct room *room = *state;
    struct sim_server *server;
    assert_true(server_start(room->world, 0, &server, &room->diags));
    assert_non_null(
        strstr(post(room, server, "/_holdfast/settings", "", "{\"page_size\":3}"), "200 OK"));
    assert_int_equal(setting_int(room->world, "page_size", 0), 3);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_ROOM(any_client_reaches_the_services_over_http),
        IN_ROOM(a_request_without_signature_is_refused),
        IN_ROOM(the_clock_has_moved_for_whoever_asks_next),
        IN_ROOM(settings_can_be_changed_while_it_serves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
