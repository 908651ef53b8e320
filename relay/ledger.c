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

/* Of jobs, then of copies that are gone or going. */
enum { CREATED, RUNNING, COMPLETED, FAILED, PARTIAL, EXPIRED, DELETING, STOPPED };
static const char *const states[] = {"CREATED", "RUNNING", "COMPLETED", "FAILED",
                                     "PARTIAL", "EXPIRED", "DELETING",  "STOPPED"};
static_assert(ARRAY_LEN(states) == STOPPED + 1, "one name a state");

/* Rows of one key stand in a chain; `next` is the number + 1 of a row. The key of a job, and of a
 * copy that a job names, is the source point; of any other copy, its resource and date; and the
 * copy that a job names is the key of a row that leads to the source. */
struct row {
    union {
        struct {
            union {
                int64_t at_ms;  /* of a job */
                uint64_t maker; /* of a copy */
            };
            const struct words *words; /* or NULL */
        };
        uint8_t source[DIGEST_LEN];
    };
    unsigned next;
    uint16_t destination; /* its number */
    uint8_t state;        /* its number among the states */
    bool found : 1;       /* a copy, no job */
    bool safe : 1;        /* one that is whole */
    bool claimed : 1;     /* by a point, of those that no job names */
    bool contested : 1; /* of the first row of a chain: points are left without one of its copies */
    bool names_copy : 1; /* a job that does */
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

static void add(struct relay_ledger *ledger, const uint8_t digest[DIGEST_LEN],
                const struct row *row)
{
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

static struct row *next_row(const struct relay_ledger *ledger, unsigned number)
{
    return number ? &ledger->rows[number - 1] : NULL;
}

static struct row *first_row(const struct relay_ledger *ledger, const uint8_t digest[DIGEST_LEN])
{
    return next_row(ledger, find(ledger->slots, ledger->slot_count, digest)->first);
}

/* No ARN begins so. */
static void digest_of_mark(const char *resource_arn, int64_t creation_ms, uint8_t ret[DIGEST_LEN])
{
    struct arena *scratch = arena_new();
    digest_of(arena_printf(scratch, "%lld %s", (long long)creation_ms, resource_arn), ret);
    arena_free(scratch);
}

/* Nor so. */
static void digest_of_copy(const char *arn, uint8_t ret[DIGEST_LEN])
{
    struct arena *scratch = arena_new();
    digest_of(arena_printf(scratch, "copy %s", arn), ret);
    arena_free(scratch);
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

static void lead_to_source(struct relay_ledger *ledger, const char *copy_arn,
                           const uint8_t source[DIGEST_LEN])
{
    uint8_t digest[DIGEST_LEN];
    struct row row = {0};
    digest_of_copy(copy_arn, digest);
    memcpy(row.source, source, DIGEST_LEN);
    add(ledger, digest, &row);
}

bool ledger_add_job(struct relay_ledger *ledger, const struct value *job)
{
    struct arena *arena = ledger->arena;
    uint8_t digest[DIGEST_LEN];
    const char *point = value_get_str(job, "SourceRecoveryPointArn");
    const char *copy = value_get_str(job, "DestinationRecoveryPointArn");
    const char *resource = value_get_str(job, "ResourceArn");
    const char *from = value_get_str(job, "SourceBackupVaultArn");
    struct row row = {.at_ms = value_epoch_ms(value_get(job, "CompletionDate")),
                      .state = job_state(value_get_str(job, "State")),
                      .names_copy = copy != NULL};
    if (!number_of(ledger->config, value_get_str(job, "DestinationBackupVaultArn"),
                   &row.destination) ||
        !point || (from && !str_eq(from, ledger->config->source_vault_arn)))
        return false;
    if (!row.at_ms)
        row.at_ms = value_epoch_ms(value_get(job, "CreationDate"));
    if (ledger->whole || row.state != COMPLETED ||
        value_get_str(job, "StatusMessage")) { /* of the many that have gone well nothing more is
                                                  asked */
        struct words *words = arena_new_of(arena, struct words);
        words->id = arena_strdup(arena, value_get_str(job, "CopyJobId"));
        words->message = arena_strdup(arena, value_get_str(job, "StatusMessage"));
        row.words = words;
    }
    if (resource && (row.state == CREATED || row.state == RUNNING))
        map_set(&ledger->busy, arena_strdup(arena, resource), ledger);
    digest_of(point, digest);
    add(ledger, digest, &row);
    if (copy)
        lead_to_source(ledger, copy, digest);
    return true;
}

bool ledger_is_busy(const struct relay_ledger *ledger, const char *resource_arn)
{
    return resource_arn && map_get(&ledger->busy, resource_arn);
}

/* ---- the last vaults ---- */

/* The source point, where a job tells it. */
static bool source_of(const struct relay_ledger *ledger, const char *copy_arn,
                      uint8_t ret[DIGEST_LEN])
{
    uint8_t digest[DIGEST_LEN];
    if (!copy_arn)
        return false;
    digest_of_copy(copy_arn, digest);
    const struct row *row = first_row(ledger, digest);
    if (row)
        memcpy(ret, row->source, DIGEST_LEN);
    return row != NULL;
}

uint64_t ledger_maker(const struct value *point)
{
    const struct value *by = value_get(point, "CreatedBy");
    const char *plan = value_get_str(by, "BackupPlanId"), *rule = value_get_str(by, "BackupRuleId");
    uint8_t digest[DIGEST_LEN];
    uint64_t maker;
    if (!plan || !rule)
        return 0;
    struct arena *scratch = arena_new();
    digest_of(arena_printf(scratch, "%s %s", plan, rule), digest);
    arena_free(scratch);
    memcpy(&maker, digest, sizeof(maker));
    return maker;
}

/* What is being made is told by its job; of what has been there, no second copy is made. A copy out
 * of another vault is another relay's, or a plan's: each makes its own. */
void ledger_add_copy(struct relay_ledger *ledger, const struct relay_destination *destination,
                     const struct value *point)
{
    uint8_t digest[DIGEST_LEN];
    const char *resource = value_get_str(point, "ResourceArn");
    const char *status = value_get_str(point, "Status");
    const char *from = value_get_str(point, "SourceBackupVaultArn");
    struct row row = {.maker = ledger_maker(point),
                      .state = copy_state(status),
                      .found = true,
                      .safe = !status || backup_point_is_available(status)};
    if (!resource || str_eq(status, "CREATING") ||
        (from && !str_eq(from, ledger->config->source_vault_arn)) ||
        !number_of(ledger->config, destination->vault_arn, &row.destination))
        return;
    if (!source_of(ledger, value_get_str(point, "RecoveryPointArn"), digest))
        digest_of_mark(resource, value_epoch_ms(value_get(point, "CreationDate")), digest);
    add(ledger, digest, &row);
}

/* ---- what is known of a point ---- */

static struct row *unnamed_copies(const struct relay_ledger *ledger,
                                  const struct relay_point *point)
{
    uint8_t digest[DIGEST_LEN];
    if (!point->resource_arn)
        return NULL;
    digest_of_mark(point->resource_arn, point->creation_ms, digest);
    return first_row(ledger, digest);
}

bool ledger_is_contested(const struct relay_ledger *ledger, const struct relay_point *point)
{
    const struct row *first = unnamed_copies(ledger, point);
    return first && first->contested;
}

static bool may_be_of(const struct row *copy, const struct relay_point *point)
{
    return !copy->maker || !point->maker || copy->maker == point->maker;
}

/* Higher is better: surely its own, then one that is whole. */
static int rank_of(const struct row *copy, const struct relay_point *point)
{
    return 2 * (copy->maker && copy->maker == point->maker) + copy->safe;
}

/* A copy that no job names may be this point's, unless it has its own. */
static struct row *claim(const struct relay_ledger *ledger, const struct relay_point *point,
                         struct row *own, bool *ret_contested)
{
    struct row *best = NULL, *first = unnamed_copies(ledger, point);
    bool found = false, taken = false;
    *ret_contested = false;
    for (struct row *row = own; row; row = next_row(ledger, row->next)) {
        if (row->found ? row->safe : row->names_copy && row->state == COMPLETED)
            return NULL;
        found = found || row->found;
    }
    for (struct row *row = first; row; row = next_row(ledger, row->next)) {
        if (found && !row->safe)
            continue;
        bool fits = may_be_of(row, point);
        *ret_contested = true;
        taken = taken || (fits && row->claimed);
        if (fits && !row->claimed && (!best || rank_of(row, point) > rank_of(best, point)))
            best = row;
    }
    if (best) {
        best->claimed = true;
        *ret_contested = false;
    } else if (taken) {
        first->contested = true;
    }
    return best;
}

static struct relay_job job_of(const struct relay_ledger *ledger, const struct row *row)
{
    return (struct relay_job){.destination_vault_arn =
                                  ledger->config->destinations[row->destination].vault_arn,
                              .state = states[row->state],
                              .id = row->words ? row->words->id : NULL,
                              .message = row->words ? row->words->message : NULL,
                              .at_ms = row->found ? 0 : row->at_ms,
                              .found = row->found};
}

void ledger_take(struct relay_ledger *ledger, struct arena *arena, const struct relay_point *point,
                 struct ledger_entry *ret)
{
    uint8_t digest[DIGEST_LEN];
    struct relay_job *jobs = NULL;
    size_t cap = 0;
    digest_of(point->arn, digest);
    *ret = (struct ledger_entry){0};
    struct row *own = first_row(ledger, digest);
    struct row *claimed = claim(ledger, point, own, &ret->contested);
    ret->safe = claimed && claimed->safe && claimed->maker && claimed->maker == point->maker;
    for (struct row *row = own; row; row = next_row(ledger, row->next)) {
        jobs = arena_grow(arena, jobs, ret->len, &cap, ret->len + 2, sizeof(*jobs));
        jobs[ret->len++] = job_of(ledger, row);
        ret->safe = ret->safe || row->safe;
    }
    if (claimed) {
        jobs = arena_grow(arena, jobs, ret->len, &cap, ret->len + 1, sizeof(*jobs));
        jobs[ret->len++] = job_of(ledger, claimed);
    }
    ret->jobs = jobs;
}
