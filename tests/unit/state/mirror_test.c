#include "tests/unit/state/fake_remote.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/crypto.h"
#include "engine/base/db.h"
#include "engine/base/file.h"
#include "engine/base/gzip.h"
#include "engine/base/json.h"
#include "state/document.h"
#include "state/remote_lock.h"

#define HOUR 3600000

struct room {
    struct arena *arena;
    struct diags diags;
    const char *dir;
    struct fake_remote *fake;
    struct remote remote;
    size_t machines; /* names of new ones */
};

static int set_up(void **state)
{
    struct arena *arena = arena_new();
    struct room *room = arena_new_of(arena, struct room);
    room->arena = arena;
    diags_init(&room->diags, arena);
    room->dir = path_temp_dir(arena);
    room->fake = fake_remote_new(arena);
    room->remote = fake_remote_of(room->fake);
    *state = room;
    return 0;
}

static int tear_down(void **state)
{
    struct room *room = *state;
    dir_remove(room->dir);
    arena_free(room->arena);
    return 0;
}

static const char *machine(struct room *room, const char *name)
{
    return arena_printf(room->arena, "%s/%s/.holdfast/t.db", room->dir, name);
}

static const char *new_machine(struct room *room)
{
    return machine(room, arena_printf(room->arena, "m%zu", ++room->machines));
}

static bool try_open(struct room *room, const char *path, bool read_only, struct state **ret,
                     struct diags *diags)
{
    struct state_options options = {.path = path,
                                    .topology = "t",
                                    .world = "aws",
                                    .command = "apply",
                                    .who = "somebody",
                                    .read_only = read_only,
                                    .remote = &room->remote};
    return state_open(room->arena, &options, ret, diags);
}

static struct state *open_on(struct room *room, const char *path)
{
    struct state *s = NULL;
    assert_true(try_open(room, path, false, &s, &room->diags));
    return s;
}

static struct state *read_on(struct room *room, const char *path)
{
    struct state *s = NULL;
    assert_true(try_open(room, path, true, &s, &room->diags));
    return s;
}

static void refused_on(struct room *room, const char *path, bool read_only, enum diag_code code)
{
    struct diags own;
    struct state *s = NULL;
    diags_init(&own, room->arena);
    assert_false(try_open(room, path, read_only, &s, &own));
    assert_string_equal(diag_code_id(own.items[0].code), diag_code_id(code));
}

static void finish(struct room *room, struct state *s)
{
    state_finish(s, &room->diags);
    state_close(s);
}

static struct record record_of(struct room *room, const char *address, const char *text)
{
    struct map_builder b = map_begin(room->arena);
    map_put_str(&b, "name", text);
    map_put(&b, "size", value_double(room->arena, 1.5));
    static const char *const deps[] = {"a.b", "c.d"};
    return (struct record){.address = address,
                           .type = "aws_backup_vault",
                           .account_id = "111122223333",
                           .region = "us-east-1",
                           .identifier = "id",
                           .attributes = map_end(&b),
                           .depends_on = deps,
                           .depends_on_len = 2,
                           .schema_version = 3,
                           .adopted = true,
                           .prevent_destroy = true};
}

static struct intent intent_of(const char *address)
{
    return (struct intent){.address = address,
                           .type = "aws_backup_vault",
                           .action = "create",
                           .token = "token",
                           .account_id = "111122223333",
                           .region = "us-east-1",
                           .digest = "digest",
                           .at_ms = 7};
}

/* One object, as an apply makes it: the intent, the call, the outcome. */
static void make_one(struct room *room, struct state *s, const char *address)
{
    struct intent intent = intent_of(address);
    struct record record = record_of(room, address, "x");
    assert_true(journal_begin_run(s, "fingerprint", 1, &room->diags));
    assert_true(journal_intent(s, &intent, &room->diags));
    assert_true(journal_commit(s, &room->diags));
    assert_true(
        journal_outcome(s, intent.seq, OUTCOME_DONE, &record, false, NULL, 2, &room->diags));
    assert_true(journal_commit(s, &room->diags));
    assert_true(journal_end_run(s, "done", 3, &room->diags));
}

static const char *document_of(struct room *room, struct state *s)
{
    struct strbuf sb;
    strbuf_init(&sb, room->arena, (size_t)64 * 1024 * 1024);
    assert_true(state_export(s, &sb, &room->diags));
    return strbuf_str(&sb);
}

static const char *seen_on(struct room *room, const char *path)
{
    struct state *s = read_on(room, path);
    const char *document = document_of(room, s);
    state_close(s);
    return document;
}

static size_t open_count(struct room *room, struct state *s)
{
    struct intent *intents = NULL;
    size_t len = 0;
    assert_true(journal_open_intents(s, room->arena, &intents, &len, &room->diags));
    return len;
}

static size_t count_of(struct room *room, const char *prefix)
{
    size_t n = 0;
    for (size_t i = 0; i < room->fake->len; i++)
        n += str_starts(room->fake->entries[i].name, prefix) ? 1 : 0;
    return n;
}

static void break_lock(struct room *room)
{
    fake_drop(room->fake, ".lock");
}

/* ---- sharing ---- */

static void what_one_machine_writes_another_reads(void **state)
{
    struct room *room = *state;
    const char *a = new_machine(room), *b = new_machine(room);
    struct state *s = open_on(room, a);
    make_one(room, s, "vaults.one");
    struct record moved = record_of(room, "vaults.two", "x");
    assert_true(state_move(s, "vaults.one", &moved, 4, &room->diags));
    assert_true(state_set_fact(s, "outputs", value_string(room->arena, "y"), &room->diags));
    assert_true(journal_commit(s, &room->diags));
    const char *written = document_of(room, s);
    finish(room, s);
    assert_string_equal(seen_on(room, b), written);
    assert_null(fake_find(room->fake, ".lock"));
    assert_int_equal(room->diags.len, 0);
}

static void batches_alone_lead_to_the_same_state(void **state)
{
    struct room *room = *state;
    const char *a = new_machine(room), *b = new_machine(room);
    struct state *s = open_on(room, a);
    finish(room, s);
    (void)seen_on(room, b); /* b has the first snapshot, and nothing since */
    s = open_on(room, a);
    make_one(room, s, "vaults.one");
    make_one(room, s, "vaults.two");
    assert_true(journal_begin_run(s, "f", 4, &room->diags));
    assert_true(state_remove(s, "vaults.one", 5, &room->diags));
    struct record two = record_of(room, "vaults.two", "changed");
    assert_true(state_put(s, &two, 5, &room->diags));
    assert_true(journal_end_run(s, "forgotten", 6, &room->diags));
    const char *written = document_of(room, s);
    finish(room, s);
    size_t snapshots_read = room->fake->gets;
    assert_string_equal(seen_on(room, b), written);
    assert_int_equal(room->fake->gets - snapshots_read, 1 + 7); /* the head, seven batches */
}

static void an_unchanged_state_costs_one_head(void **state)
{
    struct room *room = *state;
    const char *a = new_machine(room), *b = new_machine(room);
    struct state *s = open_on(room, a);
    make_one(room, s, "vaults.one");
    finish(room, s);
    (void)seen_on(room, b);
    for (int i = 0; i < 2; i++) {
        size_t calls = room->fake->calls, heads = room->fake->heads;
        (void)seen_on(room, i ? a : b);
        assert_int_equal(room->fake->calls - calls, 1);
        assert_int_equal(room->fake->heads - heads, 1);
    }
    size_t puts = room->fake->puts;
    finish(room, open_on(room, b)); /* a writer that writes nothing: its lock, and no more */
    assert_int_equal(room->fake->puts - puts, 1);
}

static void a_fact_that_is_the_same_writes_nothing(void **state)
{
    struct room *room = *state;
    const char *a = new_machine(room);
    struct state *s = open_on(room, a);
    assert_true(state_set_fact(s, "k", value_string(room->arena, "v"), &room->diags));
    assert_true(journal_commit(s, &room->diags));
    size_t puts = room->fake->puts;
    assert_true(state_set_fact(s, "k", value_string(room->arena, "v"), &room->diags));
    assert_true(journal_commit(s, &room->diags));
    assert_int_equal(room->fake->puts, puts);
    finish(room, s);
}

static void a_reader_beside_a_writer_of_its_machine_is_told(void **state)
{
    struct room *room = *state;
    const char *here = new_machine(room);
    struct state *s = open_on(room, here);
    struct intent intent = intent_of("vaults.one");
    assert_true(journal_intent(s, &intent, &room->diags));
    assert_true(journal_commit(s, &room->diags));
    struct state *r = read_on(room, here);
    assert_non_null(strstr(state_under_way(r), "under way: `holdfast apply`, process "));
    assert_int_equal(open_count(room, r), 1);
    state_close(r);
    finish(room, s);
    r = read_on(room, here);
    assert_null(state_under_way(r));
    state_close(r);
}

static void a_reader_makes_no_state(void **state)
{
    struct room *room = *state;
    const char *a = new_machine(room);
    struct state *s = read_on(room, a);
    assert_string_equal(state_lineage(s), "");
    state_close(s);
    assert_false(file_exists(a));
    assert_int_equal(room->fake->puts, 0);
}

static void a_file_that_was_never_shared_becomes_the_shared_state(void **state)
{
    struct room *room = *state;
    const char *a = new_machine(room), *b = new_machine(room);
    struct state_options alone = {.path = a, .topology = "t", .world = "aws", .command = "apply"};
    struct state *s = NULL;
    assert_true(state_open(room->arena, &alone, &s, &room->diags));
    make_one(room, s, "vaults.one");
    const char *written = document_of(room, s);
    state_close(s);
    finish(room, open_on(room, a));
    assert_string_equal(seen_on(room, b), written);
}

static void a_cache_is_no_state_of_its_own(void **state)
{
    struct room *room = *state;
    const char *a = new_machine(room);
    struct state_options alone = {.path = a, .topology = "t", .world = "aws", .command = "apply"};
    struct state *s = NULL;
    struct diags own;
    finish(room, open_on(room, a));
    for (int reads = 0; reads <= 1; reads++) {
        alone.read_only = reads;
        diags_init(&own, room->arena);
        assert_false(state_open(room->arena, &alone, &s, &own));
        assert_int_equal(own.items[0].code, E_STATE_FOREIGN);
        assert_non_null(strstr(own.items[0].message, "is a cache of s3://fake/t"));
    }
    finish(room, open_on(room, a));
}

static void another_state_is_not_overwritten(void **state)
{
    struct room *room = *state;
    const char *a = new_machine(room), *b = new_machine(room);
    struct state_options alone = {.path = b, .topology = "t", .world = "aws", .command = "apply"};
    struct state *s = open_on(room, a);
    make_one(room, s, "vaults.one");
    finish(room, s);
    assert_true(state_open(room->arena, &alone, &s, &room->diags));
    make_one(room, s, "vaults.mine");
    state_close(s);
    refused_on(room, b, false, E_STATE_FOREIGN);
    refused_on(room, b, true, E_STATE_FOREIGN);
    assert_null(fake_find(room->fake, ".lock")); /* given back */
}

static void of_another_topology_nothing_is_taken(void **state)
{
    struct room *room = *state;
    struct state *s = open_on(room, new_machine(room));
    finish(room, s);
    struct state_options options = {.path = new_machine(room),
                                    .topology = "other",
                                    .world = "aws",
                                    .command = "apply",
                                    .remote = &room->remote};
    struct diags own;
    diags_init(&own, room->arena);
    assert_false(state_open(room->arena, &options, &s, &own));
    assert_int_equal(own.items[0].code, E_STATE_FOREIGN);
}

/* ---- the cache ---- */

static void write_garbage(const char *path, const char *text)
{
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_SET), 0);
    for (int i = 0; i < 200; i++)
        fputs(text, file);
    fclose(file);
}

static void a_damaged_cache_is_made_anew(void **state)
{
    struct room *room = *state;
    const char *a = new_machine(room), *b = new_machine(room);
    struct state *s = open_on(room, a);
    make_one(room, s, "vaults.one");
    const char *written = document_of(room, s);
    finish(room, s);
    write_garbage(a, "garbage");
    assert_string_equal(seen_on(room, a), written);
    assert_int_equal(room->diags.errors, 0);
    assert_int_equal(room->diags.items[0].code, E_STATE_CORRUPT); /* said, as a warning */
    assert_true(file_exists(arena_printf(room->arena, "%s.damaged", a)));
    assert_string_equal(seen_on(room, b), written);
    write_garbage(b, "garbage");
    s = open_on(room, b);
    assert_string_equal(document_of(room, s), written);
    finish(room, s);
}

static void a_cache_that_is_far_behind_takes_the_snapshot(void **state)
{
    struct room *room = *state;
    const char *a = new_machine(room), *b = new_machine(room);
    finish(room, open_on(room, a));
    (void)seen_on(room, b);
    struct state *s = open_on(room, a);
    for (int i = 0; i < 20; i++)
        make_one(room, s, arena_printf(room->arena, "vaults.v%02d", i));
    const char *written = document_of(room, s);
    finish(room, s);
    size_t gets = room->fake->gets;
    assert_string_equal(seen_on(room, b), written);
    assert_int_equal(room->fake->gets - gets, 2); /* the head, the snapshot */
}

static void old_batches_go_after_an_hour(void **state)
{
    struct room *room = *state;
    const char *a = new_machine(room), *b = new_machine(room);
    struct state *s = open_on(room, a);
    make_one(room, s, "vaults.one");
    finish(room, s);
    (void)seen_on(room, b);
    size_t first = count_of(room, ".journal/");
    assert_int_equal(first, 3);
    s = open_on(room, a);
    make_one(room, s, "vaults.two");
    finish(room, s);
    assert_int_equal(count_of(room, ".journal/"), 2 * first); /* nothing is gone yet */
    room->fake->now_ms += HOUR;
    s = open_on(room, a);
    make_one(room, s, "vaults.three");
    const char *written = document_of(room, s);
    finish(room, s);
    assert_int_equal(count_of(room, ".journal/"), first); /* only those of the last run */
    assert_int_equal(count_of(room, ".snapshots/"), 2);
    assert_string_equal(seen_on(room, b), written); /* though what it would follow is gone */
}

/* By its clock the batches of just now are old; they keep out whoever sleeps. */
static void a_machine_whose_clock_is_ahead_removes_nothing_too_soon(void **state)
{
    struct room *room = *state;
    const char *a = new_machine(room), *b = new_machine(room);
    for (int run = 0; run < 3; run++) {
        room->fake->ahead_ms = run == 2 ? 2 * HOUR : 0;
        struct state *s = open_on(room, run == 2 ? b : a);
        make_one(room, s, arena_printf(room->arena, "vaults.v%d", run));
        finish(room, s);
    }
    assert_int_equal(count_of(room, ".journal/"), 9);
}

static void what_cannot_be_removed_is_tried_again(void **state)
{
    struct room *room = *state;
    const char *a = new_machine(room);
    for (int run = 0; run < 3; run++) {
        struct state *s = open_on(room, a);
        make_one(room, s, arena_printf(room->arena, "vaults.v%d", run));
        if (run == 1) { /* the first removal */
            room->fake->now_ms += HOUR;
            room->fake->fail_removes = true;
        }
        finish(room, s);
        if (run == 1) {
            room->fake->fail_removes = false;
            break_lock(room);
        }
    }
    assert_int_equal(room->diags.errors, 0);
    assert_int_equal(count_of(room, ".journal/"), 6); /* of the last two runs */
}

static void a_large_state_is_kept_in_parts(void **state)
{
    struct room *room = *state;
    const char *a = new_machine(room), *b = new_machine(room);
    size_t len = (size_t)17 * 1024 * 1024;
    uint8_t *noise = arena_alloc(room->arena, len / 2);
    random_bytes(noise, len / 2); /* in hex it is packed to half of its length, and not more */
    const char *text = hex_encode(room->arena, noise, len / 2);
    struct state *s = open_on(room, a);
    struct record record = record_of(room, "vaults.large", text);
    assert_true(state_put(s, &record, 1, &room->diags));
    assert_true(journal_commit(s, &room->diags));
    finish(room, s);
    assert_true(count_of(room, ".snapshots/") >= 3); /* the first, and two parts or more */
    struct state *r = read_on(room, b);
    struct record *records = NULL;
    size_t n = 0;
    assert_true(state_load(r, room->arena, &records, &n, &room->diags));
    assert_int_equal(n, 1);
    assert_int_equal(strlen(value_get_str(records[0].attributes, "name")), len);
    state_close(r);
}

static void assert_packed(struct room *room, struct slice packed, struct slice *ret)
{
    const char *why = NULL;
    assert_true(gzip_is(packed));
    assert_true(gzip_unpack(room->arena, packed, (size_t)1 << 20, ret, &why));
}

static void a_snapshot_is_packed_and_an_older_one_is_read_as_it_is(void **state)
{
    struct room *room = *state;
    struct state *s = open_on(room, new_machine(room));
    make_one(room, s, "vaults.one");
    const char *document = document_of(room, s);
    finish(room, s);
    for (size_t i = 0; i < room->fake->len; i++) {
        struct fake_entry *entry = &room->fake->entries[i];
        if (str_starts(entry->name, ".snapshots/")) {
            struct slice text;
            assert_packed(room, entry->body, &text);
            assert_true(entry->body.len < text.len);
            entry->body = text;
        }
    }
    assert_string_equal(seen_on(room, new_machine(room)), document);
}

/* Somebody has put another one there, which is a thousand times as long as it looks. */
static void a_snapshot_is_not_unpacked_beyond_what_its_head_says(void **state)
{
    struct room *room = *state;
    size_t len = (size_t)8 << 20;
    char *spaces = arena_alloc(room->arena, len);
    memset(spaces, ' ', len);
    finish(room, open_on(room, new_machine(room)));
    for (size_t i = 0; i < room->fake->len; i++)
        if (str_starts(room->fake->entries[i].name, ".snapshots/"))
            room->fake->entries[i].body = gzip_pack(room->arena, (struct slice){spaces, len});
    struct diags own;
    struct state *s = NULL;
    diags_init(&own, room->arena);
    assert_false(try_open(room, new_machine(room), true, &s, &own));
    assert_int_equal(own.items[0].code, E_STATE_CORRUPT);
    assert_non_null(strstr(own.items[0].message, "it is longer than it may be"));
}

/* ---- runs that are cut off ---- */

static void the_intents_of_a_dead_machine_are_settled_by_another(void **state)
{
    struct room *room = *state;
    const char *a = new_machine(room), *b = new_machine(room), *c = new_machine(room);
    struct state *s = open_on(room, a);
    make_one(room, s, "vaults.one");
    struct intent intent = intent_of("vaults.two");
    assert_true(journal_begin_run(s, "f", 1, &room->diags));
    assert_true(journal_intent(s, &intent, &room->diags));
    assert_true(journal_commit(s, &room->diags));
    state_close(s); /* as a kill does: nothing is finished */
    refused_on(room, b, false, E_STATE_LOCKED);
    struct state *r = read_on(room, c);
    assert_non_null(strstr(state_under_way(r), "under way: `holdfast apply`"));
    assert_int_equal(open_count(room, r), 1);
    state_close(r);
    break_lock(room);
    r = read_on(room, c);
    assert_non_null(strstr(state_under_way(r), "cut off: `holdfast apply`"));
    state_close(r);

    s = open_on(room, b);
    assert_int_equal(open_count(room, s), 1);
    assert_true(
        journal_outcome(s, intent.seq, OUTCOME_ABANDONED, NULL, false, "settled", 2, &room->diags));
    assert_true(journal_commit(s, &room->diags));
    const char *written = document_of(room, s);
    finish(room, s);
    assert_string_equal(seen_on(room, c), written);
    assert_string_equal(seen_on(room, a), written);
    s = read_on(room, a);
    assert_null(state_under_way(s));
    state_close(s);
}

static void whoever_lost_the_lock_can_write_nothing_more(void **state)
{
    struct room *room = *state;
    const char *a = new_machine(room), *b = new_machine(room);
    struct diags own;
    diags_init(&own, room->arena);
    struct state *old = open_on(room, a);
    struct intent first = intent_of("vaults.one"), second = intent_of("vaults.two");
    assert_true(journal_begin_run(old, "f", 1, &room->diags));
    assert_true(journal_intent(old, &first, &room->diags));
    assert_true(journal_commit(old, &room->diags));
    break_lock(room);
    struct state *new = open_on(room, b); /* it has written already, to keep the other out */
    assert_true(journal_intent(old, &second, &own));
    assert_false(journal_commit(old, &own));
    assert_int_equal(own.items[0].code, E_STATE_FENCED);
    assert_int_equal(open_count(room, old), 1);      /* the second is in no file */
    assert_true(journal_intent(old, &second, &own)); /* and never will be */
    assert_false(journal_commit(old, &own));
    assert_int_equal(open_count(room, new), 1);
    state_finish(old, &own);
    state_close(old);
    assert_non_null(fake_find(room->fake, ".lock")); /* the new holder's */
    finish(room, new);
    assert_int_equal(room->diags.errors, 0);
    (void)seen_on(room, a);
}

/* As `lock break` does it. */
static void take_over(struct room *room)
{
    struct state_options options = {.path = new_machine(room),
                                    .topology = "t",
                                    .world = "aws",
                                    .command = "lock break",
                                    .who = "somebody",
                                    .take_over = true,
                                    .remote = &room->remote};
    struct state *s = NULL;
    assert_true(state_open(room->arena, &options, &s, &room->diags));
    assert_true(state_was_taken_over(s));
    finish(room, s);
}

static void whoever_is_broken_is_kept_out_before_anybody_else_works(void **state)
{
    struct room *room = *state;
    for (int begun = 0; begun < 2; begun++) {
        struct diags own;
        diags_init(&own, room->arena);
        struct state *old = open_on(room, new_machine(room));
        struct intent first = intent_of("vaults.one"), second = intent_of("vaults.two");
        if (begun) { /* else it has read the head, and written nothing yet */
            assert_true(journal_intent(old, &first, &room->diags));
            assert_true(journal_commit(old, &room->diags));
        }
        break_lock(room);
        take_over(room);
        assert_true(journal_intent(old, &second, &own));
        assert_false(journal_commit(old, &own));
        assert_int_equal(own.items[0].code, E_STATE_FENCED);
        state_close(old);
        struct state *next = open_on(room, new_machine(room));
        assert_int_equal(open_count(room, next), begun); /* what it left open is there */
        finish(room, next);
    }
    assert_int_equal(room->diags.errors, 0);
}

/* Breaking a lock makes no state. */
static void where_nothing_is_shared_yet_nobody_is_kept_out(void **state)
{
    struct room *room = *state;
    struct state_options options = {.path = new_machine(room),
                                    .topology = "t",
                                    .world = "aws",
                                    .take_over = true,
                                    .remote = &room->remote};
    struct state *s = NULL;
    assert_true(state_open(room->arena, &options, &s, &room->diags));
    assert_false(state_was_taken_over(s));
    finish(room, s);
    assert_null(fake_find(room->fake, ""));
    assert_null(fake_find(room->fake, ".lock"));
}

/* Nobody has written anything yet who broke the lock: only the lock itself can tell. */
static void take_lock(struct room *room)
{
    break_lock(room);
    fake_store(room->fake, ".lock", slice_of("{\"id\":\"another\"}"));
    room->fake->now_ms += 60000;
}

static void take_lock_in_mid_write(struct fake_remote *fake, const char *operation,
                                   const char *name)
{
    if (str_eq(operation, "put") && str_starts(name, ".journal/")) {
        fake->on_call = NULL;
        take_lock(fake->ctx);
    }
}

/* *ret_batches: how many batches stand afterwards. */
static void lose_the_lock(struct room *room, bool in_mid_write, size_t *ret_batches)
{
    struct diags own;
    diags_init(&own, room->arena);
    struct state *old = open_on(room, new_machine(room));
    struct intent first = intent_of("vaults.one"), second = intent_of("vaults.two");
    assert_true(journal_begin_run(old, "f", 1, &room->diags));
    assert_true(journal_intent(old, &first, &room->diags));
    assert_true(journal_commit(old, &room->diags));
    room->fake->ctx = room;
    if (in_mid_write)
        room->fake->on_call = take_lock_in_mid_write;
    else
        take_lock(room);
    assert_true(journal_intent(old, &second, &own));
    assert_false(journal_commit(old, &own));
    assert_int_equal(own.items[0].code, E_STATE_FENCED);
    *ret_batches = count_of(room, ".journal/");
    state_close(old);
}

static void a_lock_that_is_lost_is_missed_before_a_turn_is_written(void **state)
{
    size_t batches = 0;
    lose_the_lock(*state, false, &batches);
    assert_int_equal(batches, 1);
}

static void a_lock_that_was_lost_while_a_turn_was_written_stops_its_calls(void **state)
{
    size_t batches = 0;
    lose_the_lock(*state, true, &batches);
    assert_int_equal(batches, 2);
}

static void a_batch_that_leads_to_another_serial_is_refused(void **state)
{
    struct room *room = *state;
    struct state *s = open_on(room, new_machine(room));
    make_one(room, s, "vaults.one");
    state_close(s);
    struct fake_entry *batch = fake_find(room->fake, ".journal/000000000001");
    const struct value *v = NULL;
    const char *why = NULL;
    assert_true(json_parse(room->arena, batch->body, &v, &why));
    int64_t serial = value_get_int(v, "serial", 0);
    v = value_with(room->arena, v, "serial", value_int(room->arena, serial + 1));
    struct slice good = batch->body;
    batch->body = slice_of(json_print(room->arena, v, JSON_SORTED));
    refused_on(room, new_machine(room), true, E_STATE_CORRUPT);
    batch->body = good;
    (void)seen_on(room, new_machine(room));
}

/* A run that has not written yet when its lock is broken, and somebody else's run is over. */
static void whoever_read_an_old_head_never_overwrites_the_new_one(void **state)
{
    struct room *room = *state;
    const char *a = new_machine(room), *b = new_machine(room);
    struct diags own;
    diags_init(&own, room->arena);
    finish(room, open_on(room, a));
    struct state *old = open_on(room, a);
    break_lock(room);
    struct state *new = open_on(room, b);
    make_one(room, new, "vaults.one");
    const char *written = document_of(room, new);
    finish(room, new);
    struct intent intent = intent_of("vaults.two");
    assert_true(journal_begin_run(old, "f", 1, &own));
    assert_true(journal_intent(old, &intent, &own));
    assert_false(journal_commit(old, &own));
    assert_int_equal(own.items[0].code, E_STATE_FENCED);
    state_finish(old, &own);
    state_close(old);
    assert_string_equal(seen_on(room, new_machine(room)), written);
}

/* The same at the very end: the old run has only its snapshot left to write. */
static void a_snapshot_that_comes_too_late_is_kept_aside(void **state)
{
    struct room *room = *state;
    const char *a = new_machine(room), *b = new_machine(room);
    struct diags own;
    diags_init(&own, room->arena);
    struct state *old = open_on(room, a);
    make_one(room, old, "vaults.one");
    break_lock(room);
    struct state *new = open_on(room, b);
    make_one(room, new, "vaults.two");
    const char *written = document_of(room, new);
    finish(room, new);
    state_finish(old, &own);
    assert_int_equal(own.items[0].code, E_STATE_FENCED);
    assert_non_null(strstr(own.items[0].message, ".aside-"));
    const char *serial = arena_printf(room->arena, "%lld", (long long)state_serial(old));
    assert_true(file_exists(arena_printf(room->arena, "%s.aside-%s.json", a, serial)));
    state_close(old);
    assert_string_equal(seen_on(room, new_machine(room)), written);
    assert_non_null(strstr(written, "vaults.one")); /* nothing of the old run is lost */
}

struct zombie {
    struct room *room;
    const char *name;
    bool done;
};

/* What the dying run writes just before the number is taken. */
static void write_once_more(struct fake_remote *fake, const char *operation, const char *name)
{
    struct zombie *zombie = fake->ctx;
    if (zombie->done || !str_eq(operation, "put") || !str_starts(name, ".journal/"))
        return;
    zombie->done = true;
    struct fake_entry *last = fake_find(fake, zombie->name);
    const struct value *v = NULL;
    const char *why = NULL;
    assert_true(json_parse(fake->arena, last->body, &v, &why));
    struct list_builder none = list_begin(fake->arena);
    v = value_with(fake->arena, v, "number",
                   value_int(fake->arena, value_get_int(v, "number", 0) + 1));
    v = value_with(fake->arena, v, "previous",
                   value_string(fake->arena, sha256_hex(fake->arena, last->body)));
    v = value_with(fake->arena, v, "records", list_end(&none));
    fake_store(fake, name, slice_of(json_print(fake->arena, v, JSON_SORTED)));
}

static void a_batch_that_slips_in_before_the_fence_is_part_of_the_state(void **state)
{
    struct room *room = *state;
    const char *a = new_machine(room), *b = new_machine(room);
    struct state *s = open_on(room, a);
    struct intent intent = intent_of("vaults.one");
    assert_true(journal_begin_run(s, "f", 1, &room->diags));
    assert_true(journal_intent(s, &intent, &room->diags));
    assert_true(journal_commit(s, &room->diags));
    state_close(s);
    break_lock(room);
    struct zombie zombie = {room, ".journal/000000000001", false};
    room->fake->ctx = &zombie;
    room->fake->on_call = write_once_more;
    s = open_on(room, b);
    room->fake->on_call = NULL;
    assert_true(zombie.done);
    assert_int_equal(open_count(room, s), 1);
    assert_non_null(fake_find(room->fake, ".journal/000000000003")); /* the fence */
    const char *written = document_of(room, s);
    finish(room, s);
    assert_string_equal(seen_on(room, a), written);
    assert_int_equal(room->diags.len, 0);
}

/* ---- old states put back ---- */

static struct fake_entry *copy_of(struct room *room, size_t *ret_len)
{
    *ret_len = room->fake->len;
    return arena_memdup(room->arena, room->fake->entries,
                        room->fake->len * sizeof(struct fake_entry));
}

static void put_back(struct room *room, const struct fake_entry *entries, size_t len)
{
    memcpy(room->fake->entries, entries, len * sizeof(*entries));
    room->fake->len = len;
}

static void an_older_state_is_not_taken_for_the_newest(void **state)
{
    struct room *room = *state;
    const char *a = new_machine(room), *b = new_machine(room);
    size_t len = 0;
    struct state *s = open_on(room, a);
    make_one(room, s, "vaults.one");
    finish(room, s);
    struct fake_entry *old = copy_of(room, &len);
    s = open_on(room, a);
    make_one(room, s, "vaults.two");
    finish(room, s);
    put_back(room, old, len);
    refused_on(room, a, true, E_STATE_ROLLED_BACK);
    refused_on(room, a, false, E_STATE_ROLLED_BACK);
    (void)seen_on(room, b); /* who has seen nothing cannot know */
    s = open_on(room, b);   /* and goes on from there, with the same numbers */
    make_one(room, s, "vaults.three");
    finish(room, s);
    refused_on(room, a, true, E_STATE_ROLLED_BACK);
    s = open_on(room, b); /* beyond what was seen on the first machine */
    make_one(room, s, "vaults.four");
    finish(room, s);
    refused_on(room, a, true, E_STATE_ROLLED_BACK);
    room->fake->len = 0;
    refused_on(room, a, true, E_STATE_ROLLED_BACK);
    refused_on(room, a, false, E_STATE_ROLLED_BACK);
    assert_int_equal(room->fake->len, 0); /* nothing was founded in its place */
}

/* A run that begins while another machine reads: its head comes before its batch. */
static void put_newest_back(struct fake_remote *fake, const char *operation, const char *name)
{
    if (!str_eq(operation, "head") || !str_starts(name, ".journal/"))
        return;
    fake->on_call = NULL;
    fake_store(fake, "", *(const struct slice *)fake->ctx);
}

static void an_old_head_alone_is_noticed_without_a_cache(void **state)
{
    struct room *room = *state;
    struct state *s = open_on(room, new_machine(room));
    make_one(room, s, "vaults.one");
    finish(room, s);
    struct slice old = fake_find(room->fake, "")->body;
    s = open_on(room, new_machine(room));
    make_one(room, s, "vaults.two");
    const char *written = document_of(room, s);
    finish(room, s);
    struct slice newest = fake_find(room->fake, "")->body;

    fake_store(room->fake, "", old);
    refused_on(room, new_machine(room), true, E_STATE_ROLLED_BACK);
    refused_on(room, new_machine(room), false, E_STATE_ROLLED_BACK);
    room->fake->ctx = &newest;
    room->fake->on_call = put_newest_back;
    assert_string_equal(seen_on(room, new_machine(room)), written);
    assert_null(room->fake->on_call);
    assert_int_equal(room->diags.errors, 0);
}

static void a_batch_that_was_seen_and_is_gone_is_missed(void **state)
{
    struct room *room = *state;
    const char *a = new_machine(room);
    struct state *s = open_on(room, a);
    struct intent intent = intent_of("vaults.one");
    assert_true(journal_begin_run(s, "f", 1, &room->diags));
    assert_true(journal_commit(s, &room->diags));
    assert_true(journal_intent(s, &intent, &room->diags));
    assert_true(journal_commit(s, &room->diags));
    state_close(s);
    break_lock(room);
    fake_drop(room->fake, ".journal/000000000002");
    refused_on(room, a, true, E_STATE_ROLLED_BACK);
    refused_on(room, a, false, E_STATE_ROLLED_BACK);
}

static void a_batch_or_snapshot_that_was_changed_is_refused(void **state)
{
    struct room *room = *state;
    const char *a = new_machine(room), *b = new_machine(room);
    finish(room, open_on(room, a));
    (void)seen_on(room, b);
    struct state *s = open_on(room, a);
    make_one(room, s, "vaults.one");
    finish(room, s);
    struct fake_entry *batch = fake_find(room->fake, ".journal/000000000002");
    struct slice good = batch->body;
    batch->body = slice_of("{}");
    refused_on(room, b, true, E_STATE_CORRUPT);
    batch->body = good;
    (void)seen_on(room, b);
    for (size_t i = 0; i < room->fake->len; i++)
        if (str_starts(room->fake->entries[i].name, ".snapshots/"))
            room->fake->entries[i].body = slice_of("{}");
    refused_on(room, new_machine(room), true, E_STATE_CORRUPT);
    fake_find(room->fake, "")->body = slice_of("{}");
    refused_on(room, new_machine(room), true, E_STATE_CORRUPT);
}

static void a_turn_that_is_too_large_takes_no_effect(void **state)
{
    struct room *room = *state;
    const char *a = new_machine(room);
    size_t len = (size_t)64 * 1024 * 1024, calls = 0;
    char *text = arena_alloc(room->arena, len + 1);
    memset(text, 'x', len);
    text[len] = '\0';
    struct diags own;
    diags_init(&own, room->arena);
    struct state *s = open_on(room, a);
    struct record record = record_of(room, "vaults.one", text);
    assert_true(state_put(s, &record, 1, &room->diags));
    calls = room->fake->calls;
    assert_false(journal_commit(s, &own));
    assert_int_equal(own.items[0].code, E_STATE_WRITE);
    assert_int_equal(room->fake->calls, calls);
    make_one(room, s, "vaults.two"); /* and what fits is written */
    const char *written = document_of(room, s);
    finish(room, s);
    assert_string_equal(seen_on(room, new_machine(room)), written);
    assert_null(strstr(written, "vaults.one"));
}

/* ---- a state that is pushed ---- */

static bool try_push(struct room *room, struct state *s, const char *document, struct diags *diags)
{
    const struct push_options options = {.force = true, .now_ms = 9};
    const char *backup = NULL;
    return state_push(s, room->arena, "x.json", slice_of(document), &options, &backup, diags);
}

/* A state of another lineage, with another object. */
static const char *another_document(struct room *room)
{
    const char *path = new_machine(room);
    struct state_options alone = {
        .path = path, .topology = "t", .world = "aws", .command = "apply"};
    struct state *s = NULL;
    assert_true(state_open(room->arena, &alone, &s, &room->diags));
    make_one(room, s, "vaults.pushed");
    const char *document = document_of(room, s);
    state_close(s);
    return document;
}

static void what_was_pushed_is_everywhere_and_goes_after_an_hour(void **state)
{
    struct room *room = *state;
    const char *a = new_machine(room), *b = new_machine(room);
    struct state *s = open_on(room, a);
    make_one(room, s, "vaults.one");
    finish(room, s);
    (void)seen_on(room, b);
    s = open_on(room, a);
    assert_true(try_push(room, s, another_document(room), &room->diags));
    assert_int_equal(count_of(room, ".documents/"), 1);
    const char *written = document_of(room, s);
    finish(room, s);
    assert_string_equal(seen_on(room, b), written); /* who follows */
    assert_string_equal(seen_on(room, new_machine(room)), written);
    assert_non_null(strstr(written, "vaults.pushed"));
    for (int run = 0; run < 2; run++) {
        room->fake->now_ms += HOUR;
        s = open_on(room, b);
        make_one(room, s, arena_printf(room->arena, "vaults.v%d", run));
        finish(room, s);
    }
    assert_int_equal(count_of(room, ".documents/"), 0);
    assert_int_equal(room->diags.len, 0);
}

static void fail_push_at(struct room *room, const char *pushed, size_t k, enum fake_trouble trouble)
{
    const char *a = new_machine(room), *b = new_machine(room);
    struct diags own;
    diags_init(&own, room->arena);
    room->fake->len = 0;
    struct state *s = open_on(room, a);
    make_one(room, s, "vaults.one");
    finish(room, s);
    s = open_on(room, a);
    const char *before = document_of(room, s);
    room->fake->bad_call = room->fake->calls + k;
    room->fake->trouble = trouble;
    bool good = try_push(room, s, pushed, &own);
    room->fake->bad_call = 0;
    if (!good) /* the file holds what it held, with the lineage that it had */
        assert_string_equal(document_of(room, s), before);
    state_close(s); /* killed */
    break_lock(room);
    s = open_on(room, a);
    const char *written = document_of(room, s);
    bool took = strstr(written, "vaults.pushed") != NULL;
    assert_true(took || !good);
    finish(room, s);
    assert_string_equal(seen_on(room, b), written);
    if (room->diags.errors)
        fail_msg("call %zu, trouble %d: %s", k, trouble, room->diags.items[0].message);
}

static void whatever_call_of_a_push_fails_the_file_holds_what_is_shared(void **state)
{
    struct room *room = *state;
    const char *pushed = another_document(room);
    for (size_t k = 1; k <= 6; k++) { /* the document, the head, the batch, and beyond */
        fail_push_at(room, pushed, k, FAKE_FAILS);
        fail_push_at(room, pushed, k, FAKE_LOSES_REPLY);
    }
}

/* ---- a head that is gone ---- */

static bool try_recover(struct room *room, const char *path, struct state **ret,
                        struct diags *diags)
{
    struct state_options options = {.path = path,
                                    .topology = "t",
                                    .world = "aws",
                                    .command = "state recover",
                                    .who = "somebody",
                                    .remote = &room->remote,
                                    .recover = true};
    return state_open(room->arena, &options, ret, diags);
}

static const char *recover_on(struct room *room, const char *path)
{
    struct state *s = NULL;
    if (!try_recover(room, path, &s, &room->diags))
        fail_msg("%s", room->diags.items[0].message);
    assert_true(state_was_recovered(s));
    const char *document = document_of(room, s);
    finish(room, s);
    return document;
}

static void not_recovered_on(struct room *room, const char *path, const char *says)
{
    struct diags own;
    struct state *s = NULL;
    diags_init(&own, room->arena);
    assert_false(try_recover(room, path, &s, &own));
    assert_int_equal(own.items[0].code, E_STATE_HEADLESS);
    assert_non_null(strstr(own.items[0].message, says));
    assert_null(fake_find(room->fake, ".lock"));
}

static void without_its_head_a_state_is_not_founded_again(void **state)
{
    struct room *room = *state;
    const char *a = new_machine(room), *b = new_machine(room);
    struct state *s = open_on(room, a);
    make_one(room, s, "vaults.one");
    finish(room, s);
    s = open_on(room, a);
    make_one(room, s, "vaults.two");
    const char *written = document_of(room, s);
    finish(room, s);
    fake_drop(room->fake, "");
    size_t len = room->fake->len;
    for (int reads = 0; reads <= 1; reads++) {
        refused_on(room, a, reads, E_STATE_HEADLESS);
        refused_on(room, b, reads, E_STATE_HEADLESS); /* an empty disk knows of nothing */
    }
    assert_int_equal(room->fake->len, len); /* and nothing was written, no lock kept */
    assert_string_equal(recover_on(room, new_machine(room)), written);
    assert_string_equal(seen_on(room, a), written);
    assert_string_equal(seen_on(room, b), written);
    s = open_on(room, a);
    make_one(room, s, "vaults.three");
    written = document_of(room, s);
    finish(room, s);
    assert_string_equal(seen_on(room, b), written);
}

static void a_head_that_is_there_is_left_as_it_is(void **state)
{
    struct room *room = *state;
    struct state *s = open_on(room, new_machine(room));
    make_one(room, s, "vaults.one");
    finish(room, s);
    const char *etag = fake_find(room->fake, "")->etag;
    assert_true(try_recover(room, new_machine(room), &s, &room->diags));
    assert_false(state_was_recovered(s));
    finish(room, s);
    assert_string_equal(fake_find(room->fake, "")->etag, etag);
}

/* The head went while a run was under way, which died: its intents are settled as ever. */
static void what_the_journal_says_behind_the_snapshot_is_recovered(void **state)
{
    struct room *room = *state;
    struct state *s = open_on(room, new_machine(room));
    make_one(room, s, "vaults.one");
    finish(room, s);
    s = open_on(room, new_machine(room));
    make_one(room, s, "vaults.two");
    struct intent intent = intent_of("vaults.three");
    assert_true(journal_begin_run(s, "f", 1, &room->diags));
    assert_true(journal_intent(s, &intent, &room->diags));
    assert_true(journal_commit(s, &room->diags));
    const char *written = document_of(room, s);
    state_close(s);
    break_lock(room);
    fake_drop(room->fake, "");
    assert_string_equal(recover_on(room, new_machine(room)), written);
    s = read_on(room, new_machine(room));
    assert_int_equal(open_count(room, s), 1);
    assert_null(state_under_way(s));
    state_close(s);
}

static struct fake_entry *newest_snapshot(struct room *room)
{
    struct fake_entry *newest = NULL;
    for (size_t i = 0; i < room->fake->len; i++) {
        struct fake_entry *entry = &room->fake->entries[i];
        if (str_starts(entry->name, ".snapshots/") &&
            (!newest || strcmp(entry->name, newest->name) > 0))
            newest = entry;
    }
    return newest;
}

static void an_older_snapshot_does_where_the_newest_is_damaged(void **state)
{
    struct room *room = *state;
    struct state *s = NULL;
    const char *written = NULL;
    for (int i = 0; i < 2; i++) {
        s = open_on(room, new_machine(room));
        make_one(room, s, arena_printf(room->arena, "vaults.v%d", i));
        written = document_of(room, s);
        finish(room, s);
    }
    fake_drop(room->fake, "");
    newest_snapshot(room)->body = slice_of("{\"format_version\"");
    assert_string_equal(recover_on(room, new_machine(room)), written);
}

static void what_the_journal_does_not_reach_is_not_recovered(void **state)
{
    struct room *room = *state;
    struct state *s = open_on(room, new_machine(room));
    make_one(room, s, "vaults.one");
    state_close(s);
    break_lock(room);
    fake_drop(room->fake, "");
    fake_drop(room->fake, ".journal/000000000002");
    not_recovered_on(room, new_machine(room), "no snapshot that is there can be gone on from");
    assert_null(fake_find(room->fake, ""));
}

static void of_a_bucket_that_is_empty_the_cache_is_what_is_left(void **state)
{
    struct room *room = *state;
    const char *a = new_machine(room), *b = new_machine(room);
    struct state *s = open_on(room, a);
    make_one(room, s, "vaults.one");
    const char *written = document_of(room, s);
    finish(room, s);
    room->fake->len = 0;
    not_recovered_on(room, b, "nor a cache of it here");
    assert_string_equal(recover_on(room, a), written);
    assert_string_equal(seen_on(room, b), written);
    s = open_on(room, b);
    make_one(room, s, "vaults.two");
    written = document_of(room, s);
    finish(room, s);
    assert_string_equal(seen_on(room, a), written);
}

static bool is_of_before(const struct fake_entry *before, size_t len, const char *name)
{
    for (size_t i = 0; i < len; i++)
        if (str_eq(before[i].name, name))
            return true;
    return false;
}

/* What is older and whole stands there all the same, and is no head for who has seen more. */
static void a_cache_that_has_seen_more_is_what_is_recovered(void **state)
{
    struct room *room = *state;
    const char *a = new_machine(room), *b = new_machine(room);
    struct state *s = open_on(room, a);
    make_one(room, s, "vaults.one");
    finish(room, s);
    assert_non_null(seen_on(room, b));
    size_t len = room->fake->len;
    struct fake_entry *before =
        arena_memdup(room->arena, room->fake->entries, len * sizeof(*before));
    s = open_on(room, a);
    make_one(room, s, "vaults.two");
    const char *written = document_of(room, s);
    finish(room, s);
    for (size_t i = room->fake->len; i-- > 0;)
        if (!is_of_before(before, len, room->fake->entries[i].name))
            fake_drop(room->fake, room->fake->entries[i].name);
    fake_drop(room->fake, "");

    assert_string_equal(recover_on(room, a), written);
    assert_string_equal(seen_on(room, new_machine(room)), written);
    assert_string_equal(seen_on(room, b), written);
    s = open_on(room, b);
    make_one(room, s, "vaults.three");
    written = document_of(room, s);
    finish(room, s);
    assert_string_equal(seen_on(room, a), written);
}

static void of_a_journal_without_snapshots_the_cache_is_what_is_left(void **state)
{
    struct room *room = *state;
    const char *a = new_machine(room), *b = new_machine(room);
    struct state *s = open_on(room, a);
    make_one(room, s, "vaults.one");
    finish(room, s);
    assert_non_null(seen_on(room, b));
    s = open_on(room, a);
    make_one(room, s, "vaults.two");
    const char *written = document_of(room, s);
    finish(room, s);
    while (newest_snapshot(room))
        fake_drop(room->fake, newest_snapshot(room)->name);
    fake_drop(room->fake, "");
    not_recovered_on(room, new_machine(room), "no snapshot that is there can be gone on from");
    assert_string_equal(recover_on(room, b), written); /* the journal says what it has not seen */
    assert_string_equal(seen_on(room, a), written);
}

static void what_is_not_what_was_seen_here_is_no_head(void **state)
{
    struct room *room = *state;
    const char *a = new_machine(room);
    struct state *s = open_on(room, a);
    make_one(room, s, "vaults.one");
    finish(room, s);
    const char *last = NULL;
    for (size_t i = 0; i < room->fake->len; i++)
        if (str_starts(room->fake->entries[i].name, ".journal/") &&
            (!last || strcmp(room->fake->entries[i].name, last) > 0))
            last = room->fake->entries[i].name;
    s = open_on(room, new_machine(room));
    make_one(room, s, "vaults.two");
    finish(room, s);
    fake_store(room->fake, last, slice_of("{\"another\":1}"));
    fake_drop(room->fake, "");
    struct diags own;
    diags_init(&own, room->arena);
    size_t len = room->fake->len;
    assert_false(try_recover(room, a, &s, &own));
    assert_int_equal(own.items[0].code, E_STATE_ROLLED_BACK);
    assert_int_equal(room->fake->len, len); /* nothing was written */
}

/* Whoever founds it and is cut off before the head has kept nobody out; but a file that came into
 * it with rows is known to nobody else. */
static void a_founding_that_was_cut_off_is_no_state(void **state)
{
    struct room *room = *state;
    const char *a = new_machine(room);
    finish(room, open_on(room, new_machine(room)));
    fake_drop(room->fake, "");
    finish(room, open_on(room, new_machine(room)));
    room->fake->len = 0;

    struct state_options alone = {.path = a, .topology = "t", .world = "aws", .command = "apply"};
    struct state *s = NULL;
    assert_true(state_open(room->arena, &alone, &s, &room->diags));
    make_one(room, s, "vaults.one");
    const char *written = document_of(room, s);
    state_close(s);
    struct diags own;
    diags_init(&own, room->arena);
    room->fake->bad_call =
        room->fake->calls + 6; /* lock, head, two lists, the snapshot; the head */
    room->fake->trouble = FAKE_FAILS;
    assert_false(try_open(room, a, false, &s, &own));
    room->fake->bad_call = 0;
    assert_int_equal(count_of(room, ".snapshots/"), 1);
    assert_null(fake_find(room->fake, ""));
    refused_on(room, new_machine(room), false, E_STATE_HEADLESS);
    finish(room, open_on(room, a));
    assert_string_equal(seen_on(room, new_machine(room)), written);
}

/* ---- signals ---- */

static volatile sig_atomic_t stop;

static void stop_at_head(struct fake_remote *fake, const char *operation, const char *name)
{
    (void)fake;
    if (str_eq(operation, "get") && str_eq(name, ""))
        stop = SIGINT;
}

static void a_signal_before_the_first_change_changes_nothing(void **state)
{
    struct room *room = *state;
    const char *a = new_machine(room);
    struct diags own;
    struct state *s = open_on(room, a);
    make_one(room, s, "vaults.one");
    state_close(s); /* cut off: who comes next begins with a change */
    break_lock(room);
    size_t versions = room->fake->versions, puts = room->fake->puts;
    room->remote.stop = &stop;
    room->fake->on_call = stop_at_head;
    diags_init(&own, room->arena);
    assert_false(try_open(room, new_machine(room), false, &s, &own));
    assert_non_null(strstr(own.items[0].message, "stopped by a signal"));
    room->fake->on_call = NULL;
    assert_int_equal(room->fake->versions, versions + 1); /* the lock */
    assert_int_equal(room->fake->puts, puts + 1);
    assert_null(fake_find(room->fake, ".lock"));

    stop = 0;
    finish(room, open_on(room, a));
    s = open_on(room, a);
    versions = room->fake->versions;
    stop = SIGINT;
    assert_false(state_set_fact(s, "outputs", value_int(room->arena, 1), &own) &&
                 journal_commit(s, &own));
    finish(room, s);
    stop = 0;
    assert_int_equal(room->fake->versions, versions);
    assert_null(fake_find(room->fake, ".lock"));
}

/* ---- what is changed by hand ---- */

typedef bool by_hand_fn(struct room *room, struct state *s, struct diags *diags);

/* `state rm` */
static bool forget_one(struct room *room, struct state *s, struct diags *diags)
{
    (void)room;
    return journal_begin_run(s, "", 5, diags) && state_remove(s, "vaults.one", 5, diags) &&
           journal_end_run(s, "forgotten by hand", 5, diags);
}

/* `state mv` */
static bool move_one(struct room *room, struct state *s, struct diags *diags)
{
    struct record record = record_of(room, "vaults.moved", "x");
    struct map_builder names = map_begin(room->arena);
    map_put_str(&names, "vaults.moved", "one");
    return journal_begin_run(s, "", 5, diags) && state_move(s, "vaults.one", &record, 5, diags) &&
           state_set_fact(s, "first_names", map_end(&names), diags) &&
           journal_end_run(s, "moved by hand", 5, diags);
}

/* `state undo`: one that is recorded again as it was, one that comes back, one that goes. */
static bool undo_some(struct room *room, struct state *s, struct diags *diags)
{
    struct record one = record_of(room, "vaults.one", "as it was");
    struct record zero = record_of(room, "vaults.zero", "x");
    return journal_begin_run(s, "", 5, diags) && state_put(s, &one, 5, diags) &&
           state_put(s, &zero, 5, diags) && state_remove(s, "vaults.two", 5, diags) &&
           journal_end_run(s, "back to serial 1", 5, diags);
}

/* The addresses, with what is recorded at them. */
static const char *rows_of(struct room *room, struct state *s)
{
    struct record *records = NULL;
    size_t len = 0;
    const char *rows = "";
    assert_true(state_load(s, room->arena, &records, &len, &room->diags));
    for (size_t i = 0; i < len; i++)
        rows = arena_printf(room->arena, "%s %s (%s)", rows, records[i].address,
                            value_get_str(records[i].attributes, "name"));
    return rows;
}

/* A state of two rows; the call that fails is number k of those that follow, 0: none. */
static bool change_by_hand(struct room *room, const char *path, by_hand_fn *act, size_t k,
                           struct diags *diags)
{
    room->fake->len = 0;
    struct state *s = open_on(room, path);
    make_one(room, s, "vaults.one");
    make_one(room, s, "vaults.two");
    finish(room, s);
    room->fake->bad_call = k ? room->fake->calls + k : 0;
    bool good = try_open(room, path, false, &s, diags);
    if (!good) {
        room->fake->bad_call = 0;
        return false;
    }
    good = act(room, s, diags);
    if (good)
        state_finish(s, diags);
    state_close(s); /* whoever failed is gone */
    room->fake->bad_call = 0;
    return good;
}

static void fail_by_hand_at(struct room *room, by_hand_fn *act, const char *before,
                            const char *after, size_t k)
{
    const char *a = new_machine(room), *b = new_machine(room);
    struct diags own;
    diags_init(&own, room->arena);
    bool good = change_by_hand(room, a, act, k, &own);
    break_lock(room);
    struct state *s = open_on(room, b); /* another machine, with an empty disk */
    const char *rows = rows_of(room, s);
    assert_true(str_eq(rows, after) || (!good && str_eq(rows, before)));
    finish(room, s);
    s = open_on(room, a); /* and the same one */
    assert_string_equal(rows_of(room, s), rows);
    make_one(room, s, "vaults.three");
    const char *written = document_of(room, s);
    finish(room, s);
    assert_string_equal(seen_on(room, b), written);
    if (room->diags.errors)
        fail_msg("call %zu: %s", k, room->diags.items[0].message);
}

static void whatever_call_fails_a_change_by_hand_is_done_wholly_or_not_at_all(void **state)
{
    static by_hand_fn *const acts[] = {forget_one, move_one, undo_some};
    static const char before[] = " vaults.one (x) vaults.two (x)";
    static const char *const afters[] = {" vaults.two (x)", " vaults.moved (x) vaults.two (x)",
                                         " vaults.one (as it was) vaults.zero (x)"};
    struct room *room = *state;
    size_t points = 0;
    for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
        size_t calls = room->fake->calls;
        const char *path = new_machine(room);
        assert_true(change_by_hand(room, path, acts[i], 0, &room->diags));
        calls = room->fake->calls - calls; /* those before the change as well: more than enough */
        struct state *s = read_on(room, path);
        assert_string_equal(rows_of(room, s), afters[i]);
        state_close(s);
        size_t step = getenv("HOLDFAST_SOAK") ? 1 : 5; /* each point takes its fifth of a second */
        for (int way = 0; way < 4; way++)
            for (size_t k = 1 + (size_t)way; k <= calls; k += step) {
                room->fake->trouble = way % 2 ? FAKE_LOSES_REPLY : FAKE_FAILS;
                room->fake->for_ever = way / 2;
                fail_by_hand_at(room, acts[i], before, afters[i], k);
                points++;
            }
    }
    print_message("%zu points\n", points);
}

/* ---- every call fails once, and for ever ---- */

/* An apply in miniature. *ret_sent: how many calls to AWS have left, each of which wants its intent
 * in the journal for ever. */
static void apply(struct room *room, const char *path, size_t *ret_sent, size_t *ret_done,
                  struct diags *diags)
{
    static const char *const addresses[] = {"vaults.one", "vaults.two"};
    struct state *s = NULL;
    *ret_sent = *ret_done = 0;
    if (!try_open(room, path, false, &s, diags))
        return;
    bool good = journal_begin_run(s, "f", 1, diags);
    for (size_t i = 0; good && i < ARRAY_LEN(addresses); i++) {
        struct intent intent = intent_of(addresses[i]);
        struct record record = record_of(room, addresses[i], "x");
        good = journal_intent(s, &intent, diags) && journal_commit(s, diags);
        *ret_sent += good ? 1 : 0;
        good = good &&
               journal_outcome(s, intent.seq, OUTCOME_DONE, &record, false, NULL, 2, diags) &&
               journal_commit(s, diags);
        *ret_done += good ? 1 : 0;
    }
    good = good && journal_end_run(s, "done", 3, diags);
    (void)good;
    state_finish(s, diags);
    state_close(s);
}

static size_t known(struct room *room, struct state *s, size_t *ret_done)
{
    struct record *records = NULL;
    assert_true(state_load(s, room->arena, &records, ret_done, &room->diags));
    return *ret_done + open_count(room, s);
}

static void fail_at(struct room *room, size_t k, enum fake_trouble trouble, bool for_ever)
{
    const char *a = new_machine(room), *b = new_machine(room);
    struct diags own;
    size_t sent = 0, done = 0, recorded = 0;
    diags_init(&own, room->arena);
    room->fake->len = 0;
    room->fake->bad_call = room->fake->calls + k;
    room->fake->trouble = trouble;
    room->fake->for_ever = for_ever;
    apply(room, a, &sent, &done, &own);
    room->fake->bad_call = 0;
    break_lock(room);

    struct state *s = open_on(room, b); /* another machine, with an empty disk */
    assert_true(known(room, s, &recorded) >= sent);
    assert_true(recorded >= done);
    const char *written = document_of(room, s);
    finish(room, s);
    s = open_on(room, a); /* the same machine goes on as well */
    assert_string_equal(document_of(room, s), written);
    make_one(room, s, "vaults.three");
    written = document_of(room, s);
    finish(room, s);
    assert_string_equal(seen_on(room, b), written);
    if (room->diags.errors)
        fail_msg("call %zu, trouble %d: %s", k, trouble, room->diags.items[0].message);
}

static void whatever_call_fails_no_intent_is_lost(void **state)
{
    struct room *room = *state;
    struct diags own;
    size_t sent = 0, done = 0;
    diags_init(&own, room->arena);
    apply(room, new_machine(room), &sent, &done, &own);
    size_t calls = room->fake->calls;
    assert_int_equal(sent, 2);
    assert_int_equal(done, 2);
    for (size_t k = 1; k <= calls; k++)
        for (int for_ever = 0; for_ever <= 1; for_ever++) {
            fail_at(room, k, FAKE_FAILS, for_ever);
            fail_at(room, k, FAKE_LOSES_REPLY, for_ever);
        }
    print_message("%zu calls, each failed in 4 ways\n", calls);
}

/* ---- readers beside others of their machine ---- */

struct behind {
    const char *path;    /* a machine's cache, a run behind what is shared */
    const char *lock;    /* of that cache */
    const char *old;     /* what it holds */
    const char *written; /* what is shared */
};

static struct behind fall_behind(struct room *room)
{
    const char *a = new_machine(room), *b = new_machine(room);
    struct state *s = open_on(room, a);
    make_one(room, s, "vaults.one");
    finish(room, s);
    struct behind ret = {b, arena_printf(room->arena, "%s.lock", b), seen_on(room, b), NULL};
    s = open_on(room, a);
    make_one(room, s, "vaults.two");
    ret.written = document_of(room, s);
    finish(room, s);
    assert_string_not_equal(ret.old, ret.written);
    return ret;
}

/* As a file of this machine alone: what the cache itself holds. */
static const char *held_in(struct room *room, const char *path)
{
    struct db *db = NULL;
    const struct db_options options = {.path = path, .read_only = true};
    assert_true(db_open(&options, &db, &room->diags));
    struct db_stmt *stmt = db_query(db, "SELECT group_concat(address) FROM resource", &room->diags);
    assert_int_equal(db_step(stmt, &room->diags), DB_ROW);
    const char *addresses = arena_strdup(room->arena, db_text(stmt, 0));
    db_close(db);
    return addresses;
}

static void hold(const char *lock, const char *note, struct file_lock *ret)
{
    assert_int_equal(file_lock_take(lock, ret), LOCK_TAKEN);
    assert_int_equal(ftruncate(ret->fd, 0), 0);
    assert_int_equal(pwrite(ret->fd, note, strlen(note), 0), strlen(note));
}

/* A writer is at work or waits for the shared lock, or a reader does not come to an end. */
static void a_reader_answers_what_is_shared_whoever_holds_the_lock(void **state)
{
    static const char *const notes[] = {"{\"pid\":1,\"command\":\"apply\"}\n", ""};
    struct room *room = *state;
    for (size_t i = 0; i < ARRAY_LEN(notes); i++) {
        struct behind b = fall_behind(room);
        struct file_lock lock;
        hold(b.lock, notes[i], &lock);
        assert_string_equal(seen_on(room, b.path), b.written);
        assert_string_equal(held_in(room, b.path), "vaults.one"); /* another's to change */
        file_lock_release(&lock);
        assert_string_equal(seen_on(room, b.path), b.written);
        assert_string_equal(held_in(room, b.path), "vaults.one,vaults.two");
        room->fake->len = 0;
    }
}

static void a_reader_without_a_cache_answers_what_is_shared_as_well(void **state)
{
    struct room *room = *state;
    struct behind b = fall_behind(room);
    struct file_lock lock;
    const char *path = new_machine(room);
    hold(b.lock, "{}\n", &lock);
    assert_int_equal(unlink(b.path), 0);
    assert_string_equal(seen_on(room, b.path), b.written);
    assert_false(file_exists(b.path));
    file_lock_release(&lock);
    assert_true(dir_make(path_dir(room->arena, path), 0700, &room->diags));
    hold(arena_printf(room->arena, "%s.lock", path), "{}\n", &lock);
    struct state *s = read_on(room, path);
    assert_string_equal(document_of(room, s), b.written);
    assert_false(state_is_new(s));
    state_close(s);
    room->fake->len = 0;
    s = read_on(room, path); /* where nothing is shared it has no lineage of its own */
    assert_string_equal(state_lineage(s), "");
    state_close(s);
    file_lock_release(&lock);
}

static void what_a_cache_has_seen_holds_for_a_copy_of_it(void **state)
{
    struct room *room = *state;
    size_t len = 0;
    struct behind b = fall_behind(room);
    struct fake_entry *now = copy_of(room, &len);
    struct file_lock lock;
    struct state *s = open_on(room, b.path);
    make_one(room, s, "vaults.three");
    finish(room, s);
    put_back(room, now, len);
    hold(b.lock, "{}\n", &lock);
    refused_on(room, b.path, true, E_STATE_ROLLED_BACK);
    file_lock_release(&lock);
}

/* The folder cannot be made, the lock not be opened, the file not be written to: as on a disk that
 * is read-only or full. */
static void a_reader_needs_no_disk_that_can_be_written_to(void **state)
{
    struct room *room = *state;
    struct behind b = fall_behind(room);
    const char *file = path_join(room->arena, room->dir, "file");
    assert_true(file_write_atomic(file, slice_of(""), 0600, &room->diags));
    assert_string_equal(seen_on(room, path_join(room->arena, file, ".holdfast/t.db")), b.written);

    assert_int_equal(unlink(b.lock), 0);
    assert_int_equal(mkdir(b.lock, 0700), 0);
    assert_string_equal(seen_on(room, b.path), b.written);
    write_garbage(b.path, "garbage");
    assert_string_equal(seen_on(room, b.path), b.written);
    assert_int_equal(room->diags.len, 0);
}

static void a_reader_needs_no_disk_with_space(void **state)
{
    struct room *room = *state;
    struct behind b = fall_behind(room);
    struct rlimit files, none;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &files), 0);
    none = (struct rlimit){0, files.rlim_max};
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    const char *seen = seen_on(room, b.path);
    const char *anew = seen_on(room, new_machine(room));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &files), 0);
    signal(SIGXFSZ, before);
    assert_string_equal(seen, b.written);
    assert_string_equal(anew, b.written);
    assert_string_equal(held_in(room, b.path), "vaults.one");
    assert_int_equal(room->diags.len, 0);
}

/* A process that holds the lock as readers do, until the writer has looked at it for a while. */
static pid_t reader_of(const char *lock)
{
    int taken[2];
    char byte = 0;
    assert_int_equal(pipe(taken), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct file_lock held;
        hold(lock, "", &held);
        if (write(taken[1], &byte, 1) == 1)
            usleep(500000);
        _exit(0);
    }
    assert_int_equal(read(taken[0], &byte, 1), 1);
    close(taken[0]);
    close(taken[1]);
    return pid;
}

static void a_writer_waits_for_readers_and_for_no_writer(void **state)
{
    struct room *room = *state;
    struct behind b = fall_behind(room);
    pid_t reader = reader_of(b.lock);
    finish(room, open_on(room, b.path));
    assert_int_equal(waitpid(reader, NULL, 0), reader);
    struct file_lock lock;
    hold(b.lock, "{\"pid\":1,\"command\":\"apply\"}\n", &lock);
    refused_on(room, b.path, false, E_STATE_LOCKED);
    file_lock_release(&lock);
    assert_int_equal(room->diags.len, 0);
}

static void the_note_of_a_dead_writer_is_gone_when_a_reader_has_the_lock(void **state)
{
    struct room *room = *state;
    struct behind b = fall_behind(room);
    struct slice text = {0};
    assert_true(file_write_atomic(b.lock, slice_of("{\"pid\":1}\n"), 0600, &room->diags));
    assert_string_equal(seen_on(room, b.path), b.written);
    assert_string_equal(held_in(room, b.path), "vaults.one,vaults.two");
    assert_true(file_read(room->arena, b.lock, 100, &text, &room->diags));
    assert_int_equal(text.len, 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_one_machine_writes_another_reads),
        TEST(batches_alone_lead_to_the_same_state),
        TEST(an_unchanged_state_costs_one_head),
        TEST(a_fact_that_is_the_same_writes_nothing),
        TEST(a_reader_beside_a_writer_of_its_machine_is_told),
        TEST(a_reader_makes_no_state),
        TEST(a_file_that_was_never_shared_becomes_the_shared_state),
        TEST(a_cache_is_no_state_of_its_own),
        TEST(another_state_is_not_overwritten),
        TEST(of_another_topology_nothing_is_taken),
        TEST(a_damaged_cache_is_made_anew),
        TEST(a_cache_that_is_far_behind_takes_the_snapshot),
        TEST(old_batches_go_after_an_hour),
        TEST(a_machine_whose_clock_is_ahead_removes_nothing_too_soon),
        TEST(what_cannot_be_removed_is_tried_again),
        TEST(a_large_state_is_kept_in_parts),
        TEST(a_snapshot_is_packed_and_an_older_one_is_read_as_it_is),
        TEST(a_snapshot_is_not_unpacked_beyond_what_its_head_says),
        TEST(the_intents_of_a_dead_machine_are_settled_by_another),
        TEST(whoever_lost_the_lock_can_write_nothing_more),
        TEST(whoever_is_broken_is_kept_out_before_anybody_else_works),
        TEST(where_nothing_is_shared_yet_nobody_is_kept_out),
        TEST(a_lock_that_is_lost_is_missed_before_a_turn_is_written),
        TEST(a_lock_that_was_lost_while_a_turn_was_written_stops_its_calls),
        TEST(a_batch_that_leads_to_another_serial_is_refused),
        TEST(whoever_read_an_old_head_never_overwrites_the_new_one),
        TEST(a_snapshot_that_comes_too_late_is_kept_aside),
        TEST(a_batch_that_slips_in_before_the_fence_is_part_of_the_state),
        TEST(an_older_state_is_not_taken_for_the_newest),
        TEST(an_old_head_alone_is_noticed_without_a_cache),
        TEST(a_batch_that_was_seen_and_is_gone_is_missed),
        TEST(a_batch_or_snapshot_that_was_changed_is_refused),
        TEST(a_turn_that_is_too_large_takes_no_effect),
        TEST(what_was_pushed_is_everywhere_and_goes_after_an_hour),
        TEST(whatever_call_of_a_push_fails_the_file_holds_what_is_shared),
        TEST(without_its_head_a_state_is_not_founded_again),
        TEST(a_head_that_is_there_is_left_as_it_is),
        TEST(what_the_journal_says_behind_the_snapshot_is_recovered),
        TEST(an_older_snapshot_does_where_the_newest_is_damaged),
        TEST(what_the_journal_does_not_reach_is_not_recovered),
        TEST(of_a_bucket_that_is_empty_the_cache_is_what_is_left),
        TEST(a_cache_that_has_seen_more_is_what_is_recovered),
        TEST(of_a_journal_without_snapshots_the_cache_is_what_is_left),
        TEST(what_is_not_what_was_seen_here_is_no_head),
        TEST(a_founding_that_was_cut_off_is_no_state),
        TEST(a_signal_before_the_first_change_changes_nothing),
        TEST(whatever_call_fails_a_change_by_hand_is_done_wholly_or_not_at_all),
        TEST(whatever_call_fails_no_intent_is_lost),
        TEST(a_reader_answers_what_is_shared_whoever_holds_the_lock),
        TEST(a_reader_without_a_cache_answers_what_is_shared_as_well),
        TEST(what_a_cache_has_seen_holds_for_a_copy_of_it),
        TEST(a_reader_needs_no_disk_that_can_be_written_to),
        TEST(a_reader_needs_no_disk_with_space),
        TEST(a_writer_waits_for_readers_and_for_no_writer),
        TEST(the_note_of_a_dead_writer_is_gone_when_a_reader_has_the_lock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
