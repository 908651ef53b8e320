#include "tests/unit/simulator/room.h"

#define DELAY_MS 3000

static void set(struct room *room, const char *name, const char *text)
{
    world_begin(room->world);
    setting_put(room->world, name, text);
    assert_true(world_commit(room->world));
}

static const char *make_key(struct room *room)
{
    struct answer made = call(room, ACCOUNT, "kms", "CreateKey", "{\"Description\":\"first\"}");
    assert_good(made);
    return value_str(value_pointer(made.body, "/KeyMetadata/KeyId"));
}

static struct answer on_key(struct room *room, const char *operation, const char *key,
                            const char *more)
{
    return call(room, ACCOUNT, "kms", operation,
                arena_printf(room->arena, "{\"KeyId\":\"%s\"%s}", key, more));
}

static const char *description(struct room *room, const char *key)
{
    return value_str(
        value_pointer(on_key(room, "DescribeKey", key, "").body, "/KeyMetadata/Description"));
}

static size_t aliases(struct room *room)
{
    return value_len(value_get(call(room, ACCOUNT, "kms", "ListAliases", "{}").body, "Aliases"));
}

static void make_alias(struct room *room, const char *name, const char *key)
{
    assert_good(
        call(room, ACCOUNT, "kms", "CreateAlias",
             arena_printf(room->arena, "{\"AliasName\":\"alias/%s\",\"TargetKeyId\":\"%s\"}", name,
                          key)));
}

static void reads_do_not_see_what_was_just_made_and_changes_do(void **state)
{
    struct room *room = *state;
    set(room, "read_delay_ms", "3000");
    const char *key = make_key(room);
    assert_refused(on_key(room, "DescribeKey", key, ""), "NotFoundException");
    assert_int_equal(
        value_len(value_get(call(room, ACCOUNT, "kms", "ListKeys", "{}").body, "Keys")), 0);
    assert_good(on_key(room, "DisableKey", key, ""));
    advance(room, DELAY_MS - 1);
    assert_refused(on_key(room, "DescribeKey", key, ""), "NotFoundException");
    advance(room, 1);
    assert_string_equal(description(room, key), "first");
}

static void reads_see_what_was_there_before_each_young_change(void **state)
{
    struct room *room = *state;
    const char *key = make_key(room);
    set(room, "read_delay_ms", "3000");
    assert_good(on_key(room, "UpdateKeyDescription", key, ",\"Description\":\"second\""));
    assert_string_equal(description(room, key), "first");
    advance(room, 2000);
    assert_good(on_key(room, "UpdateKeyDescription", key, ",\"Description\":\"third\""));
    assert_string_equal(description(room, key), "first");
    advance(room, 1000);
    assert_string_equal(description(room, key), "second");
    advance(room, 2000);
    assert_string_equal(description(room, key), "third");
}

static void lists_show_what_was_deleted_in_its_place_and_in_pages(void **state)
{
    struct room *room = *state;
    const char *key = make_key(room);
    make_alias(room, "a", key);
    make_alias(room, "b", key);
    make_alias(room, "c", key);
    set(room, "read_delay_ms", "3000");
    assert_good(call(room, ACCOUNT, "kms", "DeleteAlias", "{\"AliasName\":\"alias/b\"}"));
    make_alias(room, "d", key);
    assert_int_equal(aliases(room), 3);
    set(room, "page_size", "1");
    const char *marker = "";
    for (const char *name = "abc"; *name; name++) {
        const struct value *page =
            call(room, ACCOUNT, "kms", "ListAliases", arena_printf(room->arena, "{%s}", marker))
                .body;
        assert_string_equal(value_str(value_pointer(page, "/Aliases/0/AliasName")),
                            arena_printf(room->arena, "alias/%c", *name));
        marker = arena_printf(room->arena, "\"Marker\":\"%s\"", value_get_str(page, "NextMarker"));
        assert_int_equal(value_get_bool(page, "Truncated", false), *name != 'c');
    }
    set(room, "page_size", "100");
    advance(room, DELAY_MS);
    assert_int_equal(aliases(room), 3); /* a, c, d */
}

static void what_was_refused_was_never_there(void **state)
{
    struct room *room = *state;
    set(room, "read_delay_ms", "3000");
    const char *before = json_print(room->arena, world_dump(room->world, room->arena, false), 0);
    for (int i = 0; i < 3; i++) /* makes the managed key on its way */
        assert_refused(call(room, ACCOUNT, "kms", "EnableKey", "{\"KeyId\":\"alias/aws/rds\"}"),
                       "AccessDeniedException");
    assert_int_equal(room->world->past.len, 0);
    assert_string_equal(json_print(room->arena, world_dump(room->world, room->arena, false), 0),
                        before);
}

static void what_has_settled_is_forgotten(void **state)
{
    struct room *room = *state;
    const char *key = make_key(room);
    set(room, "read_delay_ms", "3000");
    for (int i = 0; i < 2000; i++) {
        assert_good(on_key(room, "UpdateKeyDescription", key,
                           arena_printf(room->arena, ",\"Description\":\"%d\"", i)));
        advance(room, 1000);
    }
    assert_true(room->world->past.len < 600);
    assert_string_equal(description(room, key), "1997");
}

static void a_session_can_be_used_at_once(void **state)
{
    struct room *room = *state;
    set(room, "read_delay_ms", "3000");
    struct answer made = form(room, ACCOUNT, "sts", "AssumeRole",
                              "RoleSessionName=s&RoleArn=arn%3Aaws%3Aiam%3A%3A444455556666%3Arole"
                              "%2Fdeployer");
    assert_good(made);
    const char *id = strstr(made.text, "<AccessKeyId>"),
               *token = strstr(made.text, "<SessionToken>");
    id += strlen("<AccessKeyId>");
    token += strlen("<SessionToken>");
    const char *key = arena_printf(room->arena, "%.*s %.*s", (int)strcspn(id, "<"), id,
                                   (int)strcspn(token, "<"), token);
    assert_good(form(room, key, "sts", "GetCallerIdentity", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_ROOM(reads_do_not_see_what_was_just_made_and_changes_do),
        IN_ROOM(reads_see_what_was_there_before_each_young_change),
        IN_ROOM(lists_show_what_was_deleted_in_its_place_and_in_pages),
        IN_ROOM(what_was_refused_was_never_there),
        IN_ROOM(what_has_settled_is_forgotten),
        IN_ROOM(a_session_can_be_used_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
