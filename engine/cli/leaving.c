#include "engine/cli/leaving.h"

#include <string.h>

#include "engine/base/json.h"
#include "engine/base/strbuf.h"
#include "engine/cli/asking.h"
#include "engine/cli/relaying.h"

#define FUNCTION "/function"
#define SETTINGS "/environment/variables/HOLDFAST_RELAY" /* as properties have it */
#define REASON_MAX 256
#define VAULT "aws_backup_vault"

/* One relay that leaves, by what its function has been told. */
struct leaver {
    struct session *session;
    const struct plan_input *input;
    const struct change *change; /* of the function */
    const char *address;         /* "relays.to_final" */
    struct relay_config config;
    size_t backups, copies;   /* under way to its source vault */
    struct relaying relaying; /* what is there */
    const char *unknown;      /* what could not be read */
};

/* ---- which relays leave ---- */

/* "relays.to_final" of "relays.to_final/function"; NULL: not a relay's function. */
static const char *relay_of(struct arena *arena, const struct change *change)
{
    size_t len = strlen(change->address), tail = strlen(FUNCTION);
    bool touched = change->action == ACTION_DELETE || change->action == ACTION_UPDATE;
    if (!touched || !change->record || !str_starts(change->address, "relays.") || len <= tail ||
        !str_eq(change->address + len - tail, FUNCTION))
        return NULL;
    return arena_strndup(arena, change->address, len - tail);
}

/* Another relay, or the same one, goes on with the vault. */
static bool is_still_served(const struct session *session, const char *source_vault_arn)
{
    const struct topology *topology = &session->topology;
    for (size_t i = 0; i < topology->relay_len; i++)
        if (str_eq(value_get_str(topology->relays[i].config, "source_vault_arn"), source_vault_arn))
            return true;
    return false;
}

/* What the function has been told; NULL, with the reason, where it cannot be read. */
static const struct value *settings_of(struct arena *arena, const struct value *function,
                                       const char **ret_why)
{
    const struct value *settings = NULL;
    const char *text =
        value_str(value_pointer(function, "/Configuration/Environment/Variables/HOLDFAST_RELAY"));
    if (text && json_parse(arena, slice_of(text), &settings, ret_why))
        return settings;
    if (!text)
        *ret_why = "it has none";
    return NULL;
}

/* The file says of it what it said at the last apply: what has made its settings unreadable was
 * somebody else, and this apply mends it. */
static bool is_as_it_was(const struct leaver *leaver)
{
    const struct change *change = leaver->change;
    struct arena *arena = leaver->session->cli->arena;
    const struct seal_key key = plan_seal_key(leaver->input, /* for_file= */ false);
    const struct value *then = seal(arena, change->schema, change->record->attributes, &key);
    const struct value *now =
        change->after ? value_pointer(seal(arena, change->schema, change->after, &key), SETTINGS)
                      : NULL;
    return now && value_equal(now, value_pointer(then, SETTINGS));
}

/* False: it does not leave, or is gone already. */
static bool leaves(struct leaver *leaver)
{
    struct session *session = leaver->session;
    struct arena *arena = session->cli->arena;
    const struct record *record = leaver->change->record;
    const char *why = NULL;
    struct aws_call_spec spec = {.operation = &lambda_GetFunction,
                                 .account_id = record->account_id,
                                 .region = record->region,
                                 .labels =
                                     value_map_text(arena, "FunctionName", record->identifier)};
    struct answer function = ask_aws(session->cli, session->loop, &spec);
    if (function.fault == FAULT_NOT_FOUND)
        return false;
    if (function.fault != FAULT_NONE) {
        leaver->unknown = function.text;
        return true;
    }
    const struct value *settings = settings_of(arena, function.body, &why);
    if (!settings || !relay_config_parse(arena, settings, &leaver->config, &why)) {
        leaver->unknown =
            arena_printf(arena, "the settings of its function cannot be read: %s", why);
        return !is_as_it_was(leaver);
    }
    return !is_still_served(session, leaver->config.source_vault_arn);
}

/* ---- what is on its way to the source vault ---- */

/* Whatever comes there begins in a vault that we know. */
struct place {
    const char *account_id, *region, *vault;
};

static void add_place(struct place *places, size_t *len, const char *account_id, const char *region,
                      const char *vault)
{
    for (size_t i = 0; i < *len; i++)
        if (str_eq(places[i].account_id, account_id) && str_eq(places[i].region, region) &&
            str_eq(places[i].vault, vault))
            return;
    places[(*len)++] = (struct place){account_id, region, vault};
}

/* Recorded ones, and those that the file only names. */
static struct place *places_of(struct session *session, size_t *ret_len)
{
    const struct topology *topology = &session->topology;
    struct place *places = arena_array(
        session->cli->arena, session->record_len + topology->resource_len + 1, sizeof(*places));
    *ret_len = 0;
    for (size_t i = 0; i < session->record_len; i++) {
        const struct record *record = &session->records[i];
        if (str_eq(record->type, VAULT))
            add_place(places, ret_len, record->account_id, record->region, record->identifier);
    }
    for (size_t i = 0; i < topology->resource_len; i++) {
        const struct resource *resource = &topology->resources[i];
        const char *name = value_get_str(resource->properties, "name");
        if (resource->external && name && str_eq(resource->schema->type_name, VAULT))
            add_place(places, ret_len, resource->account->id, resource->region, name);
    }
    return places;
}

/* The jobs of a list, of one state after the other. */
static const struct value *jobs_of(struct leaver *leaver, const struct place *place,
                                   const struct aws_operation *operation, const char *filter,
                                   const char *text, const char *state)
{
    struct cli *cli = leaver->session->cli;
    struct map_builder query = map_begin(cli->arena);
    map_put_str(&query, filter, text);
    map_put_str(&query, "state", state);
    struct aws_call_spec spec = {.operation = operation,
                                 .account_id = place->account_id,
                                 .region = place->region,
                                 .query = map_end(&query),
                                 .all_pages = true};
    struct answer answer = ask_aws(cli, leaver->session->loop, &spec);
    if (answer.fault != FAULT_NONE)
        leaver->unknown = answer.text;
    return value_get(answer.body, operation->items);
}

/* The plan as it was when the job began. */
static const struct value *rules_of(struct leaver *leaver, const struct place *place,
                                    const struct value *job)
{
    struct cli *cli = leaver->session->cli;
    const struct value *by = value_get(job, "CreatedBy");
    const char *plan = value_get_str(by, "BackupPlanId");
    if (!plan)
        return NULL;
    struct aws_call_spec spec = {
        .operation = &backup_GetBackupPlan,
        .account_id = place->account_id,
        .region = place->region,
        .labels = value_map_text(cli->arena, "backupPlanId", plan),
        .query = value_map_text(cli->arena, "versionId", value_get_str(by, "BackupPlanVersion"))};
    struct answer answer = ask_aws(cli, leaver->session->loop, &spec);
    if (answer.fault != FAULT_NONE)
        leaver->unknown = answer.text;
    return value_pointer(answer.body, "/BackupPlan/Rules");
}

static bool copy_there(const struct leaver *leaver, const struct value *rules)
{
    for (size_t i = 0; i < value_len(rules); i++) {
        const struct value *actions = value_get(value_item(rules, i), "CopyActions");
        for (size_t j = 0; j < value_len(actions); j++)
            if (str_eq(value_get_str(value_item(actions, j), "DestinationBackupVaultArn"),
                       leaver->config.source_vault_arn))
                return true;
    }
    return false;
}

static void look_for_backups(struct leaver *leaver, const struct place *place)
{
    static const char *const states[] = {"CREATED", "PENDING", "RUNNING"};
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        const struct value *jobs = jobs_of(leaver, place, &backup_ListBackupJobs, "backupVaultName",
                                           place->vault, states[i]);
        for (size_t j = 0; j < value_len(jobs); j++)
            leaver->backups += copy_there(leaver, rules_of(leaver, place, value_item(jobs, j)));
    }
}

/* AWS lists a copy in the Region that it comes from. */
static void look_for_copies(struct leaver *leaver, const struct place *place)
{
    static const char *const states[] = {"CREATED", "RUNNING"};
    for (size_t i = 0; i < ARRAY_LEN(states); i++)
        leaver->copies +=
            value_len(jobs_of(leaver, place, &backup_ListCopyJobs, "destinationVaultArn",
                              leaver->config.source_vault_arn, states[i]));
}

/* In the order in which a backup goes, so that none is missed because it went on meanwhile. */
static void look_for_jobs(struct leaver *leaver)
{
    size_t len;
    struct place *places = places_of(leaver->session, &len);
    for (size_t i = 0; i < len && !leaver->unknown; i++)
        look_for_backups(leaver, &places[i]);
    size_t regions = 0;
    for (size_t i = 0; i < len; i++)
        add_place(places, &regions, places[i].account_id, places[i].region, "");
    for (size_t i = 0; i < regions && !leaver->unknown; i++)
        look_for_copies(leaver, &places[i]);
}

/* ---- what lies there ---- */

static void look(struct leaver *leaver, bool start)
{
    leaver->relaying.decisions = list_begin(leaver->session->cli->arena);
    if (!leaver->unknown)
        look_for_jobs(leaver);
    const struct relaying_how how = {.dry_run = !start, .silent = !start};
    if (!leaver->unknown)
        leaver->unknown = relaying_pass(leaver->session, leaver->address, &leaver->config, &how,
                                        &leaver->relaying);
}

/* A copy that the relay has just begun may still fail, and then somebody has to begin it again. */
static size_t uncopied(const struct leaver *leaver)
{
    return leaver->relaying.started + leaver->relaying.waiting + leaver->relaying.failed;
}

/* "2 copies are under way", behind what is said already */
static void add_count(struct strbuf *text, size_t n, const char *one, const char *many,
                      const char *rest)
{
    if (n > 0)
        strbuf_addf(text, "%s %zu %s %s %s", text->len ? "," : "", n, n == 1 ? one : many,
                    n == 1 ? "is" : "are", rest);
}

static const char *reason_to_stay(const struct leaver *leaver)
{
    struct arena *arena = leaver->session->cli->arena;
    struct strbuf parts;
    if (leaver->unknown)
        return arena_printf(arena, "whether backups still come through it cannot be told: %s",
                            leaver->unknown);
    strbuf_init(&parts, arena, REASON_MAX);
    add_count(&parts, leaver->backups, "backup", "backups", "under way");
    add_count(&parts, leaver->copies, "copy", "copies", "under way");
    add_count(&parts, uncopied(leaver), "point there", "points there", "not in the last vault yet");
    return parts.len ? arena_printf(arena, "of what goes to %s%s", leaver->config.source_vault_arn,
                                    strbuf_str(&parts))
                     : NULL;
}

/* ---- all of them ---- */

static void say(struct leaver *leaver, const char *why, bool refused)
{
    struct diags *diags = &leaver->session->cli->diags;
    const char *verb = leaver->change->action == ACTION_DELETE ? "deleted" : "changed";
    struct diag *diag =
        refused
            ? diag_error(diags, E_RETAINED, NO_POS, leaver->address,
                         "%s cannot be %s yet: %s; nothing was changed", leaver->address, verb, why)
            : diag_warning(diags, E_RETAINED, NO_POS, leaver->address, "%s could not be %s now: %s",
                           leaver->address, verb, why);
    diag_hint(diags, diag,
              "Change the way of new backups first and keep %s in the file until its source vault "
              "has nothing left for it. To give up what is under way, add --allow-destroy %s.",
              leaver->address, leaver->address);
}

/* How many have to stay. */
static size_t look_at_all(struct session *session, const struct planning *planning, bool act)
{
    bool start = act && !str_eq(cli_option(session->cli, OPT_RELAY), "false");
    size_t stay = 0;
    for (size_t i = 0; i < planning->plan.len && !planning->input.destroy; i++) {
        struct leaver leaver = {
            .session = session, .input = &planning->input, .change = &planning->plan.changes[i]};
        leaver.address = relay_of(session->cli->arena, leaver.change);
        if (!leaver.address || !leaves(&leaver))
            continue;
        look(&leaver, start);
        const char *why = reason_to_stay(&leaver);
        if (!why || flag_names(planning->input.allow_destroy, leaver.address))
            continue;
        say(&leaver, why, act);
        stay++;
    }
    return stay;
}

void leaving_warn(struct session *session, const struct planning *planning)
{
    if (!str_eq(cli_option(session->cli, OPT_REFRESH), "false"))
        (void)look_at_all(session, planning, /* act= */ false);
}

bool leaving_settle(struct session *session, const struct planning *planning)
{
    return look_at_all(session, planning, /* act= */ true) == 0;
}
