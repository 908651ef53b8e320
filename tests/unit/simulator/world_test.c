#include "engine/base/file.h"
#include "tests/unit/simulator/room.h"

static void a_fresh_world_begins_at_its_epoch_and_moves_only_when_told(void **state)
{
    struct room *room = *state;
    assert_int_equal(world_now_ms(room->world), WORLD_EPOCH_MS);
    assert_good(call(room, ACCOUNT, "kms", "CreateKey", "{}"));
    assert_int_equal(world_now_ms(room->world), WORLD_EPOCH_MS);
    advance(room, DAY_MS);
    assert_int_equal(world_now_ms(room->world), WORLD_EPOCH_MS + DAY_MS);
}

static const char *id_of(struct room *room, const char *path)
{
    struct world_options options = {.path = path};
    struct world *world = NULL;
    assert_true(world_open(&options, &world, &room->diags));
    const char *id = arena_strdup(room->arena, world_id(world));
    world_close(world);
    return id;
}

static void each_file_is_a_world_with_an_id_of_its_own(void **state)
{
    struct room *room = *state;
    const char *dir = path_temp_dir(room->arena);
    const char *one = path_join(room->arena, dir, "one.db");
    const char *id = id_of(room, one);
    assert_int_equal(strlen(id), 8);
    assert_string_equal(id_of(room, one), id);
    assert_string_not_equal(id_of(room, path_join(room->arena, dir, "two.db")), id);
    assert_string_equal(id_of(room, ":memory:"), id_of(room, ":memory:"));
    dir_remove(dir);
}

static void an_error_leaves_no_trace_but_in_the_ledger(void **state)
{
    struct room *room = *state;
    const char *before = json_print(room->arena, world_dump(room->world, room->arena, false), 0);
    /* the alias fails after the managed key was made on the way */
    assert_refused(call(room, ACCOUNT, "kms", "CreateAlias",
                        "{\"AliasName\":\"alias/x\",\"TargetKeyId\":\"alias/none\"}"),
                   "NotFoundException");
    assert_refused(call(room, ACCOUNT, "kms", "EnableKey", "{\"KeyId\":\"alias/aws/rds\"}"),
                   "AccessDeniedException");
    assert_string_equal(json_print(room->arena, world_dump(room->world, room->arena, false), 0),
                        before);
    const struct value *calls = world_calls(room->world, room->arena);
    assert_int_equal(value_len(calls), 2);
    assert_string_equal(value_get_str(value_item(calls, 0), "code"), "NotFoundException");
    assert_true(value_get_bool(value_item(calls, 0), "writes", false));
}

static void callers_are_told_apart_by_their_access_key(void **state)
{
    struct room *room = *state;
    assert_refused(call(room, "123412341234", "kms", "ListKeys", "{}"),
                   "UnrecognizedClientException");
    assert_refused(call(room, "ASIANOBODY", "kms", "ListKeys", "{}"),
                   "UnrecognizedClientException");
    assert_good(call(room, ACCOUNT, "kms", "CreateKey", "{}"));
    assert_int_equal(
        value_len(value_get(call(room, ACCOUNT, "kms", "ListKeys", "{}").body, "Keys")), 1);
    assert_int_equal(value_len(value_get(call(room, OTHER, "kms", "ListKeys", "{}").body, "Keys")),
                     0);
    assert_int_equal(
        value_len(value_get(
            ask(room, ACCOUNT, "eu-west-1", "kms", "POST", "/", "T.ListKeys", "{}").body, "Keys")),
        0);
}

static void unknown_operations_and_services_are_refused(void **state)
{
    struct room *room = *state;
    assert_refused(call(room, ACCOUNT, "kms", "Nonsense", "{}"), "UnknownOperationException");
    assert_refused(form(room, ACCOUNT, "iam", "Nonsense", ""), "InvalidAction");
    assert_refused(call(room, ACCOUNT, "s4", "Op", "{}"), "UnknownOperationException");
    assert_refused(ask(room, ACCOUNT, REGION, "lambda", "GET", "/2015-03-31/nothing", NULL, ""),
                   "UnknownOperationException");
    assert_refused(call(room, ACCOUNT, "kms", "CreateKey", "{broken"), "SerializationException");
}

/* ---- the world as a transport ---- */

struct seen {
    int answers;
    int64_t at;
    struct world *world;
};

static void note(void *ctx, const struct http_response *response)
{
    struct seen *seen = ctx;
    assert_int_equal(response->status, 200);
    seen->answers++;
    seen->at = world_now_ms(seen->world);
}

static const struct http_header signed_headers[] = {
    {"Authorization",
     "AWS4-HMAC-SHA256 Credential=" ACCOUNT "/20260101/us-east-1/kms/aws4_request, Signature=0"},
    {"X-Amz-Target", "TrentService.ListKeys"},
};
static const struct http_request list_keys = {.method = "POST",
                                              .base_url = "https://kms.us-east-1.amazonaws.com",
                                              .path = "/",
                                              .query = "",
                                              .headers = signed_headers,
                                              .header_len = 2,
                                              .body = {"{}", 2}};

static void answers_come_only_from_wait_and_an_idle_wait_jumps(void **state)
{
    struct room *room = *state;
    struct transport t = world_transport(room->world);
    struct seen seen = {.world = room->world};
    t.ops->send(t.self, &list_keys, note, &seen);
    assert_int_equal(seen.answers, 0);
    t.ops->wait(t.self, WORLD_EPOCH_MS + 5000);
    assert_int_equal(seen.answers, 1);
    assert_int_equal(t.ops->now_ms(t.self), WORLD_EPOCH_MS);
    t.ops->wait(t.self, WORLD_EPOCH_MS + 5000);
    assert_int_equal(t.ops->now_ms(t.self), WORLD_EPOCH_MS + 5000);
}

static void latency_passes_on_the_worlds_clock(void **state)
{
    (void)state;
    struct room room = {.arena = arena_new()};
    diags_init(&room.diags, room.arena);
    const struct world_options options = {.path = ":memory:", .latency_ms = 200};
    assert_true(world_open(&options, &room.world, &room.diags));
    struct transport t = world_transport(room.world);
    struct seen seen = {.world = room.world};
    t.ops->send(t.self, &list_keys, note, &seen);
    t.ops->send(t.self, &list_keys, note, &seen);
    t.ops->wait(t.self, WORLD_EPOCH_MS + 100);
    assert_int_equal(seen.answers, 0);
    t.ops->wait(t.self, WORLD_EPOCH_MS + 9000);
    assert_int_equal(seen.answers, 2);
    assert_int_equal(seen.at, WORLD_EPOCH_MS + 200);
    world_close(room.world);
    arena_free(room.arena);
}

/* ---- the file ---- */

static void a_world_goes_on_where_it_was_closed(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const char *dir = path_temp_dir(arena);
    const char *path = path_join(arena, dir, "w.db");
    struct room room;
    room_open(&room, path);
    assert_true(world_is_new(room.world));
    assert_good(call(&room, ACCOUNT, "kms", "CreateKey", "{\"Description\":\"kept\"}"));
    advance(&room, 3 * HOUR_MS);
    const char *dump =
        arena_strdup(arena, json_print(room.arena, world_dump(room.world, room.arena, false), 0));
    world_close(room.world);
    arena_free(room.arena);
    room_open(&room, path);
    assert_false(world_is_new(room.world));
    assert_int_equal(world_now_ms(room.world), WORLD_EPOCH_MS + 3 * HOUR_MS);
    assert_string_equal(json_print(room.arena, world_dump(room.world, room.arena, false), 0), dump);
    world_close(room.world);
    arena_free(room.arena);
    dir_remove(dir);
    arena_free(arena);
}

static void equal_histories_make_equal_worlds(void **state)
{
    (void)state;
    const char *dumps[2];
    struct room rooms[2];
    for (int i = 0; i < 2; i++) {
        room_open(&rooms[i], ":memory:");
        assert_good(call(&rooms[i], ACCOUNT, "kms", "CreateKey", "{}"));
        for (int k = 0; k < i * 3; k++) /* reading changes nothing */
            assert_good(call(&rooms[i], ACCOUNT, "kms", "ListKeys", "{}"));
        make_role(&rooms[i], "r", "lambda.amazonaws.com", NULL);
        dumps[i] = json_print(rooms[i].arena, world_dump(rooms[i].world, rooms[i].arena, false), 0);
    }
    assert_string_equal(dumps[0], dumps[1]);
    for (int i = 0; i < 2; i++) {
        world_close(rooms[i].world);
        arena_free(rooms[i].arena);
    }
}

/* ---- time ---- */

static void tasks_run_in_order_at_their_own_time(void **state)
{
    struct room *room = *state;
    assert_good(call(room, ACCOUNT, "events", "PutRule",
                     "{\"Name\":\"often\",\"ScheduleExpression\":\"rate(1 hour)\"}"));
    assert_good(call(room, ACCOUNT, "logs", "CreateLogGroup", "{\"logGroupName\":\"/g\"}"));
    assert_good(call(room, ACCOUNT, "events", "PutTargets",
                     "{\"Rule\":\"often\",\"Targets\":[{\"Id\":\"1\",\"Arn\":"
                     "\"arn:aws:logs:us-east-1:" ACCOUNT ":log-group:/g\"}]}"));
    assert_false(world_has_pending(room->world)); /* schedules are nothing to wait for */
    advance(room, 3 * HOUR_MS);
    const struct value *events = value_get(
        call(room, ACCOUNT, "logs", "FilterLogEvents", "{\"logGroupName\":\"/g\"}").body, "events");
    assert_int_equal(value_len(events), 3);
    bool seen[3] = {false};
    for (size_t i = 0; i < 3; i++) {
        int64_t at = value_get_int(value_item(events, i), "timestamp", 0) - WORLD_EPOCH_MS;
        assert_int_equal(at % HOUR_MS, 0);
        seen[at / HOUR_MS - 1] = true;
    }
    assert_true(seen[0] && seen[1] && seen[2]);
}

static void pages_lose_nothing_when_items_go_between_them(void **state)
{
    struct room *room = *state;
    for (int i = 0; i < 5; i++)
        assert_good(call(room, ACCOUNT, "logs", "CreateLogGroup",
                         arena_printf(room->arena, "{\"logGroupName\":\"g%d\"}", i)));
    const struct value *page =
        call(room, ACCOUNT, "logs", "DescribeLogGroups", "{\"limit\":2}").body;
    assert_int_equal(value_len(value_get(page, "logGroups")), 2);
    assert_good(call(room, ACCOUNT, "logs", "DeleteLogGroup", "{\"logGroupName\":\"g0\"}"));
    const char *next =
        arena_printf(room->arena, "{\"nextToken\":\"%s\"}", value_get_str(page, "nextToken"));
    page = call(room, ACCOUNT, "logs", "DescribeLogGroups", next).body;
    assert_int_equal(value_len(value_get(page, "logGroups")), 3);
    assert_string_equal(value_get_str(value_item(value_get(page, "logGroups"), 0), "logGroupName"),
                        "g2");
    assert_null(value_get(page, "nextToken"));
}

static void the_setting_page_size_makes_pages_small(void **state)
{
    struct room *room = *state;
    world_begin(room->world);
    setting_put(room->world, "page_size", "1");
    assert_true(world_commit(room->world));
    assert_good(call(room, ACCOUNT, "kms", "CreateKey", "{}"));
    assert_good(call(room, ACCOUNT, "kms", "CreateKey", "{}"));
    const struct value *page = call(room, ACCOUNT, "kms", "ListKeys", "{\"Limit\":100}").body;
    assert_int_equal(value_len(value_get(page, "Keys")), 1);
    assert_true(value_get_bool(page, "Truncated", false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_ROOM(a_fresh_world_begins_at_its_epoch_and_moves_only_when_told),
        IN_ROOM(an_error_leaves_no_trace_but_in_the_ledger),
        IN_ROOM(callers_are_told_apart_by_their_access_key),
        IN_ROOM(unknown_operations_and_services_are_refused),
        IN_ROOM(answers_come_only_from_wait_and_an_idle_wait_jumps),
        cmocka_unit_test(latency_passes_on_the_worlds_clock),
        cmocka_unit_test(a_world_goes_on_where_it_was_closed),
        IN_ROOM(each_file_is_a_world_with_an_id_of_its_own),
        cmocka_unit_test(equal_histories_make_equal_worlds),
        IN_ROOM(tasks_run_in_order_at_their_own_time),
        IN_ROOM(pages_lose_nothing_when_items_go_between_them),
        IN_ROOM(the_setting_page_size_makes_pages_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
