/* Files that were damaged at random: what opens says what was written, to the last bit, or, where
 * the end of a log is damaged, what was written a little earlier, and takes what is written next;
 * everything else is an error of status 4. DAMAGE_SEED repeats a run, DAMAGE_RUNS makes it longer.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/env.h"
#include "engine/base/strbuf.h"
#include "state/document.h"
#include "tests/unit/state/helper.h"

#define CONTENT_MAX ((size_t)1 << 24)
#define STEPS 8
#define ROWS 12
#define CREATE "CREATE "
#define HEADER_LEN ((size_t)100) /* of an SQLite file */
#define TEXT_LEN ((size_t)400)   /* about that of a table's text */

/* ---- chance ---- */

static uint64_t dice; /* xorshift64* */

static size_t below(size_t limit)
{
    dice ^= dice >> 12;
    dice ^= dice << 25;
    dice ^= dice >> 27;
    return (size_t)((dice * UINT64_C(2685821657736338717)) >> 33) % limit;
}

static long long number_from(const char *name, long long otherwise)
{
    long long number = otherwise;
    const char *text = env_get(name);
    assert_true(!text || parse_int64(slice_of(text), &number));
    return number;
}

/* ---- what a state says ---- */

static const char *address_of(struct arena *arena, size_t i)
{
    return arena_printf(arena, "vaults.v%zu", i);
}

/* By every way that leads to it: whole, by the index of addresses, by that of open intents, by that
 * of former lives. False where it cannot be read. */
static bool content_of(struct arena *arena, struct state *s, const char **ret, struct diags *diags)
{
    struct strbuf sb;
    struct record *records = NULL;
    struct intent *intents = NULL;
    size_t len = 0;
    strbuf_init(&sb, arena, CONTENT_MAX);
    if (!state_export(s, &sb, diags) || !state_load(s, arena, &records, &len, diags))
        return false;
    for (size_t i = 0; i < len; i++)
        strbuf_addf(&sb, "%s %s %s\n", records[i].address, records[i].identifier,
                    json_print(arena, records[i].attributes, JSON_SORTED));
    if (!journal_open_intents(s, arena, &intents, &len, diags))
        return false;
    for (size_t i = 0; i < len; i++)
        strbuf_addf(&sb, "%lld %s %s\n", (long long)intents[i].seq, intents[i].address,
                    intents[i].token);
    for (size_t i = 0; i < ROWS; i++)
        strbuf_addf(&sb, "%s\n", state_token(s, arena, address_of(arena, i)));
    *ret = strbuf_str(&sb);
    return true;
}

/* ---- a state with a past ---- */

struct specimen {
    struct slice file, log;         /* the database, and its write-ahead log where it has one */
    const char *content[STEPS * 4]; /* after each commit; the last is that of the files */
    size_t content_len;
};

static void keep_content(struct fixture *f, struct state *s, struct specimen *specimen)
{
    assert_true(content_of(f->arena, s, &specimen->content[specimen->content_len++], &f->diags));
}

static void write_step(struct fixture *f, struct state *s, int64_t step, struct specimen *specimen)
{
    struct intent intent = {.address = address_of(f->arena, below(ROWS)),
                            .type = "aws_backup_vault",
                            .action = "create",
                            .token = arena_printf(f->arena, "token-%lld", (long long)step),
                            .account_id = "111122223333",
                            .region = "us-east-1",
                            .digest = "digest",
                            .at_ms = step};
    assert_true(journal_begin_run(s, "plan", step, &f->diags));
    for (size_t i = 0; i < ROWS / 2; i++) {
        const char *address = address_of(f->arena, below(ROWS));
        struct record record =
            record_of(f, address,
                      arena_printf(f->arena, "{\"name\":\"%zu\",\"policy\":\"%0*d\"}", i,
                                   (int)below(900), 7));
        record.identifier = arena_printf(f->arena, "id-%zu", below(1000));
        assert_true(state_put(s, &record, step, &f->diags));
    }
    assert_true(journal_intent(s, &intent, &f->diags));
    assert_true(journal_commit(s, &f->diags));
    keep_content(f, s, specimen);
    bool removes = step % 3 == 0;
    struct record record = record_of(f, intent.address, "{\"name\":\"made\"}");
    if (step % 2 == 0)
        assert_true(journal_outcome(s, intent.seq, OUTCOME_DONE, removes ? NULL : &record, removes,
                                    NULL, step, &f->diags));
    assert_true(state_set_fact(s, "outputs", value_int(f->arena, step), &f->diags));
    assert_true(journal_end_run(s, "done", step, &f->diags));
}

static struct slice read_whole(struct fixture *f, const char *suffix)
{
    struct slice bytes = {0};
    const char *path = arena_printf(f->arena, "%s%s", f->path, suffix);
    if (file_exists(path))
        assert_true(file_read(f->arena, path, FILE_READ_MAX, &bytes, &f->diags));
    return bytes;
}

/* with_log: as a process that was killed leaves it. */
static struct specimen make_specimen(struct fixture *f, bool with_log)
{
    struct specimen specimen = {0};
    struct state *s = open_state(f);
    keep_content(f, s, &specimen);
    for (int64_t step = 1; step <= STEPS; step++) {
        write_step(f, s, step, &specimen);
        keep_content(f, s, &specimen);
    }
    if (!with_log)
        state_close(s);
    specimen.file = read_whole(f, "");
    specimen.log = read_whole(f, "-wal");
    if (with_log)
        state_close(s);
    return specimen;
}

/* ---- damage ---- */

static const char *damage(struct arena *arena, struct slice *bytes)
{
    char *copy = arena_memdup(arena, bytes->ptr, bytes->len);
    size_t at = below(bytes->len), len = 1 + below(4096), from = below(bytes->len);
    const char *what = "bits";
    if (len > bytes->len - at)
        len = bytes->len - at;
    if (len > bytes->len - from)
        len = bytes->len - from;
    switch (below(8)) {
    case 0:
        what = "cut";
        bytes->len = at;
        break;
    case 1:
        what = "zeroes";
        memset(copy + at, 0, len);
        break;
    case 2:
        what = "another part of it";
        memmove(copy + at, copy + from, len);
        break;
    default:
        for (size_t flips = 1 + below(3); flips > 0; flips--) {
            copy[at] = (char)((unsigned char)copy[at] ^ (1u << below(8)));
            at = below(2) ? at : below(bytes->len);
        }
        break;
    }
    bytes->ptr = copy;
    return arena_printf(arena, "%s at %zu", what, at);
}

static void put_file(struct fixture *f, struct arena *arena, const char *suffix, struct slice bytes)
{
    const char *path = arena_printf(arena, "%s%s", f->path, suffix);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.ptr, 1, bytes.len, file), bytes.len);
    assert_int_equal(fclose(file), 0);
}

static bool is_known(const struct specimen *specimen, const char *content, bool may_be_older)
{
    size_t first = may_be_older ? 0 : specimen->content_len - 1;
    for (size_t i = first; i < specimen->content_len; i++)
        if (strcmp(specimen->content[i], content) == 0)
            return true;
    return false;
}

enum verdict { WHOLE, REFUSED };

/* A run of every kind of write. */
static bool write_on(struct arena *arena, struct state *s, struct diags *diags)
{
    struct intent intent = {.address = address_of(arena, 0),
                            .type = "aws_backup_vault",
                            .action = "update",
                            .account_id = "111122223333",
                            .at_ms = STEPS + 1};
    struct record record = {.address = intent.address,
                            .type = intent.type,
                            .account_id = intent.account_id,
                            .identifier = "written on"};
    return journal_begin_run(s, "plan", STEPS + 1, diags) &&
           state_remove(s, address_of(arena, 1), STEPS + 1, diags) &&
           journal_intent(s, &intent, diags) && journal_commit(s, diags) &&
           journal_outcome(s, intent.seq, OUTCOME_DONE, &record, /* removes= */ false, NULL,
                           STEPS + 1, diags) &&
           state_set_fact(s, "outputs", value_int(arena, STEPS + 1), diags) &&
           journal_end_run(s, "done", STEPS + 1, diags);
}

/* What opens to be written to is no trap for the run that writes. */
static void assert_goes_on(struct fixture *f, struct arena *arena, struct state *s,
                           const char *what)
{
    struct state_options options = options_of(f);
    struct record *records = NULL;
    size_t len = 0;
    struct diags diags;
    diags_init(&diags, arena);
    if (!write_on(arena, s, &diags))
        fail_msg("%s: it opens, and cannot be written to: %s", what, diags.items[0].message);
    state_close(s);
    if (!state_open(arena, &options, &s, &diags) || !state_load(s, arena, &records, &len, &diags))
        fail_msg("%s: what was written on it is refused: %s", what, diags.items[0].message);
    const struct record *record = record_find(records, len, address_of(arena, 0));
    if (!record || !str_eq(record->identifier, "written on") ||
        record_find(records, len, address_of(arena, 1)))
        fail_msg("%s: it opens, and forgets what is written", what);
    state_close(s);
}

static enum verdict look(struct fixture *f, struct arena *arena, const struct specimen *specimen,
                         bool read_only, bool may_be_older, const char *what)
{
    struct state_options options = options_of(f);
    struct state *s = NULL;
    struct diags diags;
    const char *content = NULL;
    options.read_only = read_only;
    diags_init(&diags, arena);
    bool good = state_open(arena, &options, &s, &diags) && state_is_new(s) == false &&
                content_of(arena, s, &content, &diags);
    if (good && !is_known(specimen, content, may_be_older))
        fail_msg("%s: it opens, and says what was never written", what);
    if (good && !read_only)
        assert_goes_on(f, arena, s, what);
    else
        state_close(s);
    if (!good && (diags.errors == 0 || diags_status(&diags) != 4))
        fail_msg("%s: refused with status %d", what, diags_status(&diags));
    return good ? WHOLE : REFUSED;
}

/* Where the file says what its tables are: in its first bytes, and in the text of each. */
static size_t place_of_schema(struct slice bytes)
{
    size_t texts = 0, chosen = 0;
    if (below(4) == 0)
        return below(HEADER_LEN);
    for (size_t i = 0; i + strlen(CREATE) < bytes.len; i++)
        if (memcmp(bytes.ptr + i, CREATE, strlen(CREATE)) == 0 && below(++texts) == 0)
            chosen = i;
    size_t at = chosen + below(TEXT_LEN);
    return at < bytes.len ? at : chosen;
}

static const char *damage_schema(struct arena *arena, struct slice *bytes)
{
    size_t at = place_of_schema(*bytes), bit = below(8);
    char *copy = arena_memdup(arena, bytes->ptr, bytes->len);
    copy[at] = (char)((unsigned char)copy[at] ^ (1u << bit));
    bytes->ptr = copy;
    return arena_printf(arena, "bit %zu of the byte at %zu", bit, at);
}

typedef const char *damage_fn(struct arena *arena, struct slice *bytes);

static void damage_often(struct fixture *f, bool log, damage_fn *damages)
{
    long long runs = number_from("DAMAGE_RUNS", 400), seed = number_from("DAMAGE_SEED", getpid());
    dice = 1;
    struct specimen specimen = make_specimen(f, log);
    assert_true(!log || specimen.log.len > 0);
    size_t count[2] = {0};
    dice = (uint64_t)seed * 2 + 1;
    struct arena *arena = arena_new();
    for (long long i = 0; i < runs; i++) {
        struct slice file = specimen.file, wal = specimen.log;
        const char *how = damages(arena, log ? &wal : &file);
        const char *what = arena_printf(arena, "DAMAGE_SEED=%lld, run %lld, %s", seed, i, how);
        (void)unlink(arena_printf(arena, "%s-shm", f->path));
        (void)unlink(arena_printf(arena, "%s-wal", f->path));
        put_file(f, arena, "", file);
        if (log)
            put_file(f, arena, "-wal", wal);
        count[look(f, arena, &specimen, below(2) == 0, log, what)]++;
        arena_reset(arena);
    }
    arena_free(arena);
    printf("DAMAGE_SEED=%lld: %lld files, %zu whole all the same, %zu refused\n", seed, runs,
           count[WHOLE], count[REFUSED]);
}

static void a_damaged_file_is_refused_or_says_what_was_written(void **state)
{
    damage_often(*state, /* log= */ false, damage);
}

static void a_damaged_log_is_refused_or_ends_earlier(void **state)
{
    damage_often(*state, /* log= */ true, damage);
}

static void a_flipped_bit_of_the_schema_is_refused_or_of_no_account(void **state)
{
    damage_often(*state, /* log= */ false, damage_schema);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_damaged_file_is_refused_or_says_what_was_written),
        TEST(a_flipped_bit_of_the_schema_is_refused_or_of_no_account),
        TEST(a_damaged_log_is_refused_or_ends_earlier),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
