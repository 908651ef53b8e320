#include "tests/unit/simulator/room.h"

static const char *stable(struct room *room)
{
    return json_print(room->arena, world_dump(room->world, room->arena, true), JSON_SORTED);
}

static const char *make_key(struct room *room, const char *description)
{
    const struct value *made =
        call(room, ACCOUNT, "kms", "CreateKey",
             arena_printf(room->arena, "{\"Description\":\"%s\"}", description))
            .body;
    return value_str(value_pointer(made, "/KeyMetadata/KeyId"));
}

static void make_alias(struct room *room, const char *name, const char *key)
{
    assert_good(
        call(room, ACCOUNT, "kms", "CreateAlias",
             arena_printf(room->arena, "{\"AliasName\":\"alias/%s\",\"TargetKeyId\":\"%s\"}", name,
                          key)));
}

static void the_order_of_making_does_not_show(void **state)
{
    struct room *one = *state, *two = NULL;
    room_enter((void **)&two);
    const char *a = make_key(one, "a"), *b = make_key(one, "b");
    make_alias(one, "a", a);
    make_alias(one, "b", b);
    advance(two, DAY_MS);
    b = make_key(two, "b");
    make_alias(two, "b", b);
    a = make_key(two, "a");
    make_alias(two, "a", a);
    assert_string_equal(stable(one), stable(two));
    room_leave((void **)&two);
}

static void a_reference_to_the_wrong_object_shows(void **state)
{
    struct room *one = *state, *two = NULL;
    room_enter((void **)&two);
    make_key(one, "a");
    make_alias(one, "x", make_key(one, "b"));
    const char *a = make_key(two, "a");
    make_key(two, "b");
    make_alias(two, "x", a);
    assert_string_not_equal(stable(one), stable(two));
    room_leave((void **)&two);
}

static void history_and_sessions_stay_out(void **state)
{
    struct room *room = *state;
    const char *before = stable(room);
    assert_good(form(room, ACCOUNT, "sts", "AssumeRole",
                     "RoleSessionName=s&RoleArn=arn%3Aaws%3Aiam%3A%3A" OTHER "%3Arole%2Fdeployer"));
    assert_string_equal(stable(room), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_ROOM(the_order_of_making_does_not_show),
        IN_ROOM(a_reference_to_the_wrong_object_shows),
        IN_ROOM(history_and_sessions_stay_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
