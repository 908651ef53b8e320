#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/crypto.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "providers/fake_transport.h"
#include "providers/loop.h"
#include "providers/recorder.h"

#define START_MS ((int64_t)1767225600000)

struct room {
    struct arena *arena;
    struct diags diags;
    struct fake_transport *fake;
    struct loop *loop;
    const char *folder;
    struct http_request request;
};

static int set_up(void **state)
{
    struct arena *arena = arena_new();
    struct room *room = arena_new_of(arena, struct room);
    room->arena = arena;
    diags_init(&room->diags, arena);
    room->fake = fake_transport_new(arena, START_MS);
    room->loop = loop_new(fake_transport(room->fake), &room->diags);
    room->folder = path_temp_dir(arena);
    assert_non_null(room->folder);
    setenv("HOLDFAST_RECORD", room->folder, 1);
    *state = room;
    return 0;
}

static int tear_down(void **state)
{
    struct room *room = *state;
    loop_free(room->loop);
    dir_remove(room->folder);
    arena_free(room->arena);
    return 0;
}

static const struct http_request *build(void *ctx)
{
    return ctx;
}

static void ended(void *ctx, const struct http_response *response)
{
    (void)ctx;
    (void)response;
}

static void send(struct room *room, struct slice body)
{
    static const struct http_header headers[] = {
        {"host", "sts.us-east-1.amazonaws.com"},
        {"X-Amz-Target", "TrentService.ListKeys"},
        {"authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE, Signature=fade"},
        {"x-amz-security-token", "the-session"},
        {"x-amz-sso_bearer_token", "the-bearer"},
        {"x-aws-ec2-metadata-token", "the-instance"},
        {"cookie", "the-cookie"},
    };
    room->request = (struct http_request){.method = "POST",
                                          .base_url = "https://sts.us-east-1.amazonaws.com",
                                          .path = "/",
                                          .query = "a=b",
                                          .headers = headers,
                                          .header_len = ARRAY_LEN(headers),
                                          .body = body,
                                          .operation = "sts:GetCallerIdentity"};
    fake_when(room->fake, "POST /", (struct fake_answer){.status = 200, .body = ""});
    loop_send(room->loop,
              &(struct loop_send){
                  .bucket = "bucket", .build = build, .done = ended, .ctx = &room->request});
    while (loop_turn(room->loop)) {
    }
}

static size_t files(struct room *room, const char ***ret_names)
{
    size_t len = 0;
    assert_true(dir_list(room->arena, room->folder, false, ret_names, &len, &room->diags));
    return len;
}

static struct slice text_of(struct room *room, const char *name)
{
    struct slice text;
    assert_true(file_read(room->arena, path_join(room->arena, room->folder, name), FILE_READ_MAX,
                          &text, &room->diags));
    return text;
}

static const struct value *first_line(struct room *room, const char *name)
{
    struct slice text = text_of(room, name);
    const struct value *line = NULL;
    const char *why = NULL;
    assert_true(json_parse(room->arena, slice_cut(&text, '\n'), &line, &why));
    return line;
}

static void a_request_is_one_line_of_json(void **state)
{
    struct room *room = *state;
    const char **names;
    send(room, slice_of("Action=GetCallerIdentity"));
    assert_int_equal(files(room, &names), 1);
    const struct value *line = first_line(room, names[0]);
    assert_string_equal(value_get_str(line, "operation"), "sts:GetCallerIdentity");
    assert_string_equal(value_get_str(line, "method"), "POST");
    assert_string_equal(value_get_str(line, "path"), "/");
    assert_string_equal(value_get_str(line, "query"), "a=b");
    assert_string_equal(value_get_str(value_get(line, "headers"), "X-Amz-Target"),
                        "TrentService.ListKeys");
    struct slice body;
    assert_true(base64_decode(room->arena, slice_of(value_get_str(line, "body")), &body));
    assert_true(slice_is(body, "Action=GetCallerIdentity"));
}

static void no_credential_is_written(void **state)
{
    struct room *room = *state;
    const char **names;
    send(room, slice_of("Action=A&WebIdentityToken=eyJ.the-token&RoleArn=r"));
    assert_int_equal(files(room, &names), 1);
    struct slice text = text_of(room, names[0]);
    static const char *const secrets[] = {"AKIDEXAMPLE", "fade",         "the-session",
                                          "the-bearer",  "the-instance", "the-cookie"};
    for (size_t i = 0; i < ARRAY_LEN(secrets); i++)
        assert_null(memmem(text.ptr, text.len, secrets[i], strlen(secrets[i])));
    const struct value *line = first_line(room, names[0]);
    assert_string_equal(value_get_str(value_get(line, "headers"), "authorization"), "(not kept)");
    struct slice body;
    assert_true(base64_decode(room->arena, slice_of(value_get_str(line, "body")), &body));
    assert_true(slice_is(body, "Action=A&WebIdentityToken=xxxxxxxxxxxxx&RoleArn=r"));
}

static void a_long_body_is_kept_once(void **state)
{
    struct room *room = *state;
    const char **names;
    char *body = arena_array(room->arena, RECORDER_INLINE_MAX + 1, 1);
    memset(body, 'b', RECORDER_INLINE_MAX + 1);
    struct slice whole = {body, RECORDER_INLINE_MAX + 1};
    send(room, whole);
    send(room, whole);
    assert_int_equal(files(room, &names), 2);
    size_t lines = strstr(names[0], ".jsonl") ? 0 : 1;
    const char *name = value_get_str(first_line(room, names[lines]), "body_file");
    assert_string_equal(name, names[1 - lines]);
    struct slice kept = text_of(room, name);
    assert_int_equal(kept.len, whole.len);
    assert_memory_equal(kept.ptr, whole.ptr, whole.len);
}

static void a_child_has_a_file_of_its_own(void **state)
{
    struct room *room = *state;
    const char **names;
    send(room, slice_of(""));
    pid_t child = fork();
    if (child == 0) {
        send(room, slice_of(""));
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(files(room, &names), 2);
}

static void nothing_is_recorded_unless_a_folder_is_named(void **state)
{
    struct room *room = *state;
    const char **names;
    unsetenv("HOLDFAST_RECORD");
    send(room, slice_of(""));
    assert_int_equal(files(room, &names), 0);
}

static void a_build_without_a_recorder_records_nothing(void **state)
{
    struct room *room = *state;
    const char **names;
    send(room, slice_of(""));
    assert_int_equal(files(room, &names), recorder_built ? 1 : 0);
}

#define ROOM_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest always[] = {
        ROOM_TEST(a_build_without_a_recorder_records_nothing),
        ROOM_TEST(nothing_is_recorded_unless_a_folder_is_named),
    };
    const struct CMUnitTest recording[] = {
        ROOM_TEST(a_request_is_one_line_of_json),
        ROOM_TEST(no_credential_is_written),
        ROOM_TEST(a_long_body_is_kept_once),
        ROOM_TEST(a_child_has_a_file_of_its_own),
    };
    int failed = cmocka_run_group_tests(always, NULL, NULL);
    return recorder_built ? failed + cmocka_run_group_tests(recording, NULL, NULL) : failed;
}
