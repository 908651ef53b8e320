#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "state/envelope.h"
#include "tests/unit/state/key_service.h"

#define TEXT "{\"records\":[\"a canary\"]}"

struct room {
    struct arena *arena;
    struct diags diags;
    struct fake_keys keys;
    struct key_service service;
    struct sealer *sealer;
};

static int set_up(void **state)
{
    struct arena *arena = arena_new();
    struct room *room = arena_new_of(arena, struct room);
    room->arena = arena;
    diags_init(&room->diags, arena);
    room->service = fake_key_service(&room->keys);
    room->sealer = sealer_new(&room->service);
    *state = room;
    return 0;
}

static int tear_down(void **state)
{
    struct room *room = *state;
    sealer_free(room->sealer);
    arena_free(room->arena);
    return 0;
}

static const struct envelope_label batch_7 = {ENVELOPE_BATCH, "lineage-1", 12, 7};

static struct slice seal(struct room *room, const struct envelope_label *label)
{
    struct slice bytes = {0};
    assert_true(
        envelope_seal(room->sealer, room->arena, label, slice_of(TEXT), &bytes, &room->diags));
    return bytes;
}

/* Opened by another run, which has no key yet. */
static bool open_as(struct room *room, const struct envelope_label *expected, struct slice bytes,
                    struct envelope_label *ret_label)
{
    struct slice text = {0};
    struct sealer *other = sealer_new(&room->service);
    bool good = envelope_open(other, room->arena, "the batch", expected, bytes, &text, ret_label,
                              &room->diags);
    sealer_free(other);
    if (good)
        assert_true(slice_is(text, TEXT));
    return good;
}

static void assert_refused(struct room *room, const struct envelope_label *expected,
                           struct slice bytes, enum diag_code code)
{
    diags_init(&room->diags, room->arena);
    assert_false(open_as(room, expected, bytes, NULL));
    assert_int_equal(room->diags.errors, 1);
    assert_string_equal(diag_code_id(room->diags.items[0].code), diag_code_id(code));
}

static void what_was_sealed_opens_with_its_label(void **state)
{
    struct room *room = *state;
    struct envelope_label label = {0};
    struct slice bytes = seal(room, &batch_7);
    assert_true(envelope_is(bytes));
    assert_true(open_as(room, &batch_7, bytes, &label));
    assert_int_equal(label.kind, ENVELOPE_BATCH);
    assert_string_equal(label.lineage, "lineage-1");
    assert_int_equal(label.serial, 12);
    assert_int_equal(label.number, 7);
    const struct envelope_label any = {.kind = ENVELOPE_BATCH};
    assert_true(open_as(room, &any, bytes, &label));
}

static void an_empty_text_is_a_text(void **state)
{
    struct room *room = *state;
    struct slice bytes = {0}, text = {0};
    assert_true(
        envelope_seal(room->sealer, room->arena, &batch_7, slice_of(""), &bytes, &room->diags));
    assert_true(
        envelope_open(room->sealer, room->arena, "x", &batch_7, bytes, &text, NULL, &room->diags));
    assert_int_equal(text.len, 0);
}

static void nothing_of_the_text_or_the_key_stands_in_the_envelope(void **state)
{
    struct room *room = *state;
    struct slice bytes = seal(room, &batch_7), other = seal(room, &batch_7);
    assert_null(memmem(bytes.ptr, bytes.len, "canary", strlen("canary")));
    assert_null(memmem(bytes.ptr, bytes.len, room->keys.last, AES_KEY_LEN));
    assert_int_equal(bytes.len, other.len);
    assert_memory_not_equal(bytes.ptr, other.ptr, bytes.len); /* another nonce */
}

static void every_bit_that_differs_is_refused(void **state)
{
    struct room *room = *state;
    struct slice bytes = seal(room, &batch_7);
    char *changed = arena_memdup(room->arena, bytes.ptr, bytes.len);
    const struct envelope_label any = {.kind = ENVELOPE_BATCH};
    for (size_t bit = 0; bit < bytes.len * 8; bit++) {
        changed[bit / 8] = (char)((unsigned char)changed[bit / 8] ^ (1u << bit % 8));
        diags_init(&room->diags, room->arena);
        assert_false(open_as(room, &any, (struct slice){changed, bytes.len}, NULL));
        assert_int_equal(room->diags.errors, 1);
        assert_int_equal(diags_status(&room->diags), 4);
        changed[bit / 8] = bytes.ptr[bit / 8];
    }
}

static void a_part_of_an_envelope_is_refused(void **state)
{
    struct room *room = *state;
    struct slice bytes = seal(room, &batch_7);
    for (size_t len = 0; len < bytes.len; len++) {
        diags_init(&room->diags, room->arena);
        assert_false(open_as(room, &batch_7, (struct slice){bytes.ptr, len}, NULL));
        assert_int_equal(room->diags.errors, 1);
    }
    char *longer = arena_alloc(room->arena, bytes.len + 1);
    memcpy(longer, bytes.ptr, bytes.len);
    assert_refused(room, &batch_7, (struct slice){longer, bytes.len + 1}, E_SEAL_BROKEN);
}

static void a_part_in_the_place_of_another_is_refused(void **state)
{
    struct room *room = *state;
    struct slice bytes = seal(room, &batch_7);
    const struct envelope_label places[] = {
        {ENVELOPE_BATCH, "lineage-1", 12, 8},    /* swapped with the next */
        {ENVELOPE_SNAPSHOT, "lineage-1", 12, 7}, /* as a snapshot */
        {ENVELOPE_BATCH, "lineage-2", 12, 7},    /* of another state */
        {ENVELOPE_BATCH, "lineage-1", 13, 7},    /* played back */
    };
    for (size_t i = 0; i < ARRAY_LEN(places); i++)
        assert_refused(room, &places[i], bytes, E_SEAL_MISPLACED);
    const struct envelope_label older = {ENVELOPE_BATCH, "lineage-1", 11, 7};
    diags_init(&room->diags, room->arena);
    assert_true(open_as(room, &older, bytes, NULL));
}

/* Who edits the header to pass for another part does not know the key that authenticates it. */
static void a_label_that_was_edited_is_refused(void **state)
{
    struct room *room = *state;
    struct slice bytes = seal(room, &batch_7);
    char *changed = arena_memdup(room->arena, bytes.ptr, bytes.len);
    char *number = memmem(changed, bytes.len, "\"number\":7", 10);
    assert_non_null(number);
    number[9] = '8';
    const struct envelope_label next = {ENVELOPE_BATCH, "lineage-1", 12, 8};
    assert_refused(room, &next, (struct slice){changed, bytes.len}, E_SEAL_BROKEN);
}

static void what_stands_in_clear_is_refused(void **state)
{
    struct room *room = *state;
    assert_false(envelope_is(slice_of(TEXT)));
    assert_refused(room, &batch_7, slice_of(TEXT), E_SEAL_MISSING);
    assert_refused(room, &batch_7, slice_of(""), E_SEAL_MISSING);
}

static void a_newer_format_is_named_as_such(void **state)
{
    struct room *room = *state;
    assert_refused(room, &batch_7, slice_of("{\"sealed\":2}\nx"), E_STATE_NEWER);
    assert_refused(room, &batch_7, slice_of("{\"sealed\":1}\nx"), E_SEAL_BROKEN);
}

static void a_key_serves_one_run_and_no_longer_than_its_limit(void **state)
{
    struct room *room = *state;
    struct arena *scratch = arena_new();
    struct slice bytes = {0}, first = {0};
    for (int64_t i = 0; i <= SEALER_USES_MAX; i++) {
        assert_true(
            envelope_seal(room->sealer, scratch, &batch_7, slice_of("x"), &bytes, &room->diags));
        if (i == 0)
            first = (struct slice){arena_memdup(room->arena, bytes.ptr, bytes.len), bytes.len};
        assert_int_equal(room->keys.generated, i < SEALER_USES_MAX ? 1 : 2);
        arena_reset(scratch);
    }
    arena_free(scratch);
    struct slice text = {0};
    assert_true(envelope_open(room->sealer, room->arena, "x", &batch_7, first, &text, NULL,
                              &room->diags)); /* under the first key still */
    struct sealer *other = sealer_new(&room->service);
    assert_true(envelope_seal(other, room->arena, &batch_7, slice_of("x"), &bytes, &room->diags));
    sealer_free(other);
    assert_int_equal(room->keys.generated, 3);
    const struct envelope_label foreign = {ENVELOPE_BATCH, "lineage-2", 1, 1};
    (void)seal(room, &foreign);
    assert_int_equal(room->keys.generated, 4); /* the context of a key is one lineage */
}

static void the_batches_of_a_run_are_unwrapped_once(void **state)
{
    struct room *room = *state;
    struct slice bytes = seal(room, &batch_7), other = seal(room, &batch_7), text = {0};
    struct sealer *reader = sealer_new(&room->service);
    assert_true(
        envelope_open(reader, room->arena, "x", &batch_7, bytes, &text, NULL, &room->diags));
    assert_true(
        envelope_open(reader, room->arena, "x", &batch_7, other, &text, NULL, &room->diags));
    sealer_free(reader);
    assert_int_equal(room->keys.unwrapped, 1);
    assert_true(
        envelope_open(room->sealer, room->arena, "x", &batch_7, bytes, &text, NULL, &room->diags));
    assert_int_equal(room->keys.unwrapped, 1); /* its own key it knows */
}

static void the_key_that_wraps_is_told(void **state)
{
    struct room *room = *state;
    struct sealer *reader = sealer_new(&room->service);
    const char *under = NULL;
    struct slice text = {0};
    room->keys.arn = "arn:first";
    struct slice bytes = seal(room, &batch_7);
    assert_null(sealer_opened_under(reader));
    assert_true(
        envelope_open(reader, room->arena, "x", &batch_7, bytes, &text, NULL, &room->diags));
    assert_string_equal(sealer_opened_under(reader), "arn:first");
    room->keys.arn = "arn:second";
    assert_true(sealer_seals_under(reader, "lineage-1", &under, &room->diags));
    assert_string_equal(under, "arn:second");
    assert_string_equal(sealer_opened_under(reader), "arn:first");
    sealer_free(reader);
}

static void a_key_service_that_refuses_is_heard(void **state)
{
    struct room *room = *state;
    struct slice bytes = seal(room, &batch_7);
    room->keys.refuses = true;
    assert_refused(room, &batch_7, bytes, E_SEAL_KEY);
    struct sealer *other = sealer_new(&room->service);
    diags_init(&room->diags, room->arena);
    assert_false(envelope_seal(other, room->arena, &batch_7, slice_of(TEXT), &bytes, &room->diags));
    assert_int_equal(room->diags.errors, 1);
    sealer_free(other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_sealed_opens_with_its_label),
        TEST(an_empty_text_is_a_text),
        TEST(nothing_of_the_text_or_the_key_stands_in_the_envelope),
        TEST(every_bit_that_differs_is_refused),
        TEST(a_part_of_an_envelope_is_refused),
        TEST(a_part_in_the_place_of_another_is_refused),
        TEST(a_label_that_was_edited_is_refused),
        TEST(what_stands_in_clear_is_refused),
        TEST(a_newer_format_is_named_as_such),
        TEST(a_key_serves_one_run_and_no_longer_than_its_limit),
        TEST(the_batches_of_a_run_are_unwrapped_once),
        TEST(the_key_that_wraps_is_told),
        TEST(a_key_service_that_refuses_is_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
