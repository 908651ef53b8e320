#include "relay/ledger.h"

#include <assert.h>
#include <string.h>

#include "engine/aws/backup_types.h"
#include "engine/base/crypto.h"
#include "engine/base/map.h"

#define DIGEST_LEN 16
#define FIRST_SLOTS 64u

/* What is said of few rows only. */
struct words {
    const char *id, *message;
};

/* Rows of one point stand in a chain; `next` is the number + 1 of a row. */
struct row {
    int64_t at_ms;
    const struct words *words; /* or NULL */
    unsigned next;
    uint16_t destination; /* its number */
    uint8_t state;        /* its number among the states */
    bool safe;            /* a copy that can be restored */
};

struct slot {
    unsigned first; /* number + 1 of the last row; 0: a free slot */
    uint8_t digest[DIGEST_LEN];
};

/* Tables grow from arena to arena, so that nothing of a smaller one is kept. */
struct relay_ledger {
    struct arena *arena, *row_arena, *slot_arena;
    const struct relay_config *config;
    bool whole;
    struct row *rows;
    size_t row_len, row_cap;
    struct slot *slots;
    size_t slot_count, used;
    struct map busy; /* resources */
};

struct relay_ledger *ledger_new(const struct relay_config *config, bool whole)
{
    struct arena *arena = arena_new();
    struct relay_ledger *ledger = arena_new_of(arena, struct relay_ledger);
    *ledger = (struct relay_ledger){.arena = arena,
                                    .row_arena = arena_new(),
                                    .slot_arena = arena_new(),
                                    .config = config,
                                    .whole = whole,
                                    .slot_count = FIRST_SLOTS};
    ledger->slots = arena_array(ledger->slot_arena, FIRST_SLOTS, sizeof(*ledger->slots));
    map_init(&ledger->busy, arena);
    return ledger;
}

void ledger_free(struct relay_ledger *ledger)
{
    if (!ledger)
        return;
    arena_free(ledger->row_arena);
    arena_free(ledger->slot_arena);
    arena_free(ledger->arena);
}

/* ---- the table ---- */

static void digest_of(const char *text, uint8_t ret[DIGEST_LEN])
{
    uint8_t whole[SHA256_LEN];
    sha256(slice_of(text), whole);
    memcpy(ret, whole, DIGEST_LEN);
}

/* The slot of the digest, or the free one where it belongs. */
static struct slot *find(struct slot *slots, size_t count, const uint8_t digest[DIGEST_LEN])
{
    size_t at;
    memcpy(&at, digest, sizeof(at));
    for (at &= count - 1; slots[at].first; at = (at + 1) & (count - 1))
        if (memcmp(slots[at].digest, digest, DIGEST_LEN) == 0)
            break;
    return &slots[at];
}

static void grow_slots(struct relay_ledger *ledger)
{
    struct arena *arena = arena_new();
    size_t count = ledger->slot_count * 2;
    struct slot *slots = arena_array(arena, count, sizeof(*slots));
    for (size_t i = 0; i < ledger->slot_count; i++)
        if (ledger->slots[i].first)
            *find(slots, count, ledger->slots[i].digest) = ledger->slots[i];
    arena_free(ledger->slot_arena);
    ledger->slot_arena = arena;
    ledger->slots = slots;
    ledger->slot_count = count;
}

static void grow_rows(struct relay_ledger *ledger)
{
    struct arena *arena = arena_new();
    size_t cap = ledger->row_cap ? ledger->row_cap * 2 : FIRST_SLOTS;
    struct row *rows = arena_array(arena, cap, sizeof(*rows));
    if (ledger->row_len)
        memcpy(rows, ledger->rows, ledger->row_len * sizeof(*rows));
    arena_free(ledger->row_arena);
    ledger->row_arena = arena;
    ledger->rows = rows;
    ledger->row_cap = cap;
}

static void add(struct relay_ledger *ledger, const char *key, const struct row *row)
{
    uint8_t digest[DIGEST_LEN];
    digest_of(key, digest);
    if (ledger->used * 4 >= ledger->slot_count * 3)
        grow_slots(ledger);
    if (ledger->row_len == ledger->row_cap)
        grow_rows(ledger);
    struct slot *slot = find(ledger->slots, ledger->slot_count, digest);
    struct row *fresh = &ledger->rows[ledger->row_len++];
    *fresh = *row;
    fresh->next = slot->first;
    ledger->used += slot->first == 0;
    memcpy(slot->digest, digest, DIGEST_LEN);
    slot->first = (unsigned)ledger->row_len;
}

static unsigned first_row(const struct relay_ledger *ledger, const char *key)
{
    uint8_t digest[DIGEST_LEN];
    digest_of(key, digest);
    return find(ledger->slots, ledger->slot_count, digest)->first;
}

/* No ARN begins so. */
static const char *copy_key(struct arena *arena, const char *resource_arn, int64_t creation_ms)
{
    return arena_printf(arena, "%lld %s", (long long)creation_ms, resource_arn);
}

/* ---- jobs ---- */

static bool number_of(const struct relay_config *config, const char *vault_arn, uint16_t *ret)
{
    for (size_t i = 0; i < config->destination_len; i++)
        if (str_eq(config->destinations[i].vault_arn, vault_arn)) {
            *ret = (uint16_t)i;
            return true;
        }
    return false;
}

/* Of jobs, then of copies that are gone or going. */
enum { CREATED, RUNNING, COMPLETED, FAILED, PARTIAL, EXPIRED, DELETING, STOPPED };
static const char *const states[] = {"CREATED", "RUNNING", "COMPLETED", "FAILED",
                                     "PARTIAL", "EXPIRED", "DELETING",  "STOPPED"};
static_assert(ARRAY_LEN(states) == STOPPED + 1, "one name a state");

static uint8_t state_of(const char *text, uint8_t first, uint8_t last, uint8_t otherwise)
{
    for (uint8_t i = first; i <= last; i++)
        if (str_eq(states[i], text))
            return i;
    return otherwise;
}

/* A state that nobody knows has not come to its end. */
static uint8_t job_state(const char *text)
{
    return state_of(text, CREATED, PARTIAL, RUNNING);
}

/* A copy of which nobody knows more is there. */
static uint8_t copy_state(const char *text)
{
    return state_of(text, PARTIAL, STOPPED, COMPLETED);
}

bool ledger_add_job(struct relay_ledger *ledger, const struct value *job)
{
    struct arena *arena = ledger->arena;
    const char *point = value_get_str(job, "SourceRecoveryPointArn");
    const char *resource = value_get_str(job, "ResourceArn");
    const char *from = value_get_str(job, "SourceBackupVaultArn");
    struct row row = {.at_ms = value_epoch_ms(value_get(job, "CompletionDate")),
                      .state = job_state(value_get_str(job, "State"))};
    if (!number_of(ledger->config, value_get_str(job, "DestinationBackupVaultArn"),
                   &row.destination) ||
        !point || (from && !str_eq(from, ledger->config->source_vault_arn)))
        return false;
    if (!row.at_ms)
        row.at_ms = value_epoch_ms(value_get(job, "CreationDate"));
    if (ledger->whole ||
        row.state != COMPLETED) { /* of the many that have gone well nothing more is asked */
        struct words *words = arena_new_of(arena, struct words);
        words->id = arena_strdup(arena, value_get_str(job, "CopyJobId"));
        words->message = arena_strdup(arena, value_get_str(job, "StatusMessage"));
        row.words = words;
    }
    if (resource && (row.state == CREATED || row.state == RUNNING))
        map_set(&ledger->busy, arena_strdup(arena, resource), ledger);
    add(ledger, point, &row);
    return true;
}

bool ledger_is_busy(const struct relay_ledger *ledger, const char *resource_arn)
{
    return resource_arn && map_get(&ledger->busy, resource_arn);
}

/* ---- the last vaults ---- */

/* What is being made is told by its job; of what has been there, no second copy is made. */
void ledger_add_copy(struct relay_ledger *ledger, const struct relay_destination *destination,
                     const struct value *point)
{
    const char *resource = value_get_str(point, "ResourceArn");
    const char *status = value_get_str(point, "Status");
    struct row row = {.state = copy_state(status),
                      .safe = !status || backup_point_is_available(status)};
    if (!resource || str_eq(status, "CREATING") ||
        !number_of(ledger->config, destination->vault_arn, &row.destination))
        return;
    struct arena *scratch = arena_new();
    add(ledger, copy_key(scratch, resource, value_epoch_ms(value_get(point, "CreationDate"))),
        &row);
    arena_free(scratch);
}

/* ---- what is known of a point ---- */

/* The chains of its jobs and of its copies. */
static void chains_of(const struct relay_ledger *ledger, const struct relay_point *point,
                      unsigned ret[2])
{
    struct arena *scratch = arena_new();
    ret[0] = first_row(ledger, point->arn);
    ret[1] = point->resource_arn
                 ? first_row(ledger, copy_key(scratch, point->resource_arn, point->creation_ms))
                 : 0;
    arena_free(scratch);
}

bool ledger_is_safe(const struct relay_ledger *ledger, const struct relay_point *point)
{
    unsigned chains[2];
    chains_of(ledger, point, chains);
    for (unsigned at = chains[1]; at; at = ledger->rows[at - 1].next)
        if (ledger->rows[at - 1].safe)
            return true;
    return false;
}

static struct relay_job job_of(const struct relay_ledger *ledger, const struct row *row, bool found)
{
    return (struct relay_job){.destination_vault_arn =
                                  ledger->config->destinations[row->destination].vault_arn,
                              .state = states[row->state],
                              .id = row->words ? row->words->id : NULL,
                              .message = row->words ? row->words->message : NULL,
                              .at_ms = row->at_ms,
                              .found = found};
}

const struct relay_job *ledger_jobs(const struct relay_ledger *ledger, struct arena *arena,
                                    const struct relay_point *point, size_t *ret_len)
{
    unsigned chains[2];
    struct relay_job *jobs = NULL;
    size_t cap = 0;
    *ret_len = 0;
    chains_of(ledger, point, chains);
    for (size_t i = 0; i < ARRAY_LEN(chains); i++)
        for (unsigned at = chains[i]; at; at = ledger->rows[at - 1].next) {
            jobs = arena_grow(arena, jobs, *ret_len, &cap, *ret_len + 1, sizeof(*jobs));
            jobs[(*ret_len)++] = job_of(ledger, &ledger->rows[at - 1], i == 1);
        }
    return jobs;
}
