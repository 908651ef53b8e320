#include "engine/cli/saving.h"

#include <string.h>

#include "engine/base/crypto.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "providers/aws/aws.h"

#define PAGE_MIN 1000 /* bytes of --max-bytes: less holds nothing but the frame */
#define PAGE_MAX (1 << 30)

const char *saving_argument(const struct cli *cli)
{
    for (size_t i = 0; i < cli->line.argument_len; i++)
        if (file_exists(cli->line.arguments[i]))
            return cli->line.arguments[i];
    return NULL;
}

static const char *identity_of(struct session *session, const char *account_id)
{
    size_t len = 0;
    const struct aws_identity *identities = aws_identities(session->loop, &len);
    for (size_t i = 0; i < len; i++)
        if (str_eq(identities[i].account_id, account_id))
            return identities[i].arn;
    return NULL;
}

/* What a plan of now rests on. */
static struct planfile file_of(struct session *session, const struct planning *planning)
{
    const struct topology *topology = &session->topology;
    struct planfile_account *accounts =
        arena_array(session->cli->arena, topology->account_len, sizeof(*accounts));
    for (size_t i = 0; i < topology->account_len; i++)
        accounts[i] =
            (struct planfile_account){.name = topology->accounts[i].name,
                                      .id = topology->accounts[i].id,
                                      .identity = identity_of(session, topology->accounts[i].id)};
    struct render_options shown = planning_render_options(session, planning);
    return (struct planfile){
        .plan = {.lineage = planning->input.lineage, .serial = planning->input.serial},
        .topology = *topology,
        .program_version = planning->input.program_version,
        .world = session_world_name(session),
        .world_shown = shown.world,
        .accounts = accounts,
        .account_len = topology->account_len,
        .targets = planning->input.targets,
        .observations = planning->input.observations,
        .observation_len = planning->input.observation_len,
        .state_is_new = shown.state_is_new,
        .relay_copies = planning->relay_copies,
    };
}

/* Something sensitive is desired, and the state has nothing yet to key its digest with. */
static bool lacks_secret(const struct session *session)
{
    const struct topology *topology = &session->topology;
    size_t i = 0;
    while (i < topology->resource_len && !topology->resources[i].schema->has_sensitive)
        i++;
    return i < topology->resource_len &&
           !state_fact(session->state, session->cli->arena, SAVING_SECRET);
}

bool saving_keep_secret(struct session *session)
{
    struct cli *cli = session->cli;
    uint8_t secret[SHA256_LEN];
    if (!lacks_secret(session))
        return true;
    random_bytes(secret, sizeof(secret));
    const char *text = hex_encode(cli->arena, secret, sizeof(secret));
    return state_set_fact(session->state, SAVING_SECRET, value_string(cli->arena, text),
                          &cli->diags);
}

/* The file does not hold what stays as it is: what is said of its locks goes with the note. */
static const char *with_locks(struct arena *arena, const char *note,
                              const struct render_options *shown)
{
    const char *locks = plan_render_locks(arena, shown);
    if (!*locks)
        return note;
    size_t end = strlen(locks) - 1; /* without its newline */
    return note ? arena_printf(arena, "%s\n%.*s", note, (int)end, locks)
                : arena_strndup(arena, locks, end);
}

bool saving_may_write(struct cli *cli, const char *path)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct diags unread;
    diags_init(&unread, scratch);
    struct slice text = {0};
    if (!file_may_be_replaced(path, &cli->diags))
        return false;
    if (!file_exists(path))
        return true;
    bool read = file_read(scratch, path, FILE_READ_MAX, &text, &unread);
    if (read && (text.len == 0 || planfile_is_one(scratch, text)))
        return true;
    struct diag *diag = diag_error(&cli->diags, E_USAGE, NO_POS, NULL,
                                   "--out would replace %s, which is no saved plan", path);
    diag_hint(&cli->diags, diag, "Name another file, or remove that one first.");
    return false;
}

bool saving_write(struct session *session, const struct planning *planning, const char *path)
{
    struct cli *cli = session->cli;
    struct planfile file = file_of(session, planning);
    file.plan = planning->plan;
    const struct render_options shown = planning_render_options(session, planning);
    file.note = with_locks(cli->arena, planning_note(session, planning), &shown);
    file.locks = plan_locks_to_json(cli->arena, &shown);
    const char *text = planfile_print(cli->arena, &file, &planning->input);
    if (lacks_secret(session))
        cli_note(cli,
                 "The state has no secret yet to compare sensitive values by: should another "
                 "one be meant when %s is applied, nobody notices. The first apply makes it.",
                 path);
    return file_write_atomic(path, slice_of(text), 0600, &cli->diags);
}

bool saving_read(struct session *session, const char *path, struct planfile *ret)
{
    struct cli *cli = session->cli;
    struct slice text;
    session->schemas = schema_load(cli->arena);
    return file_read(cli->arena, path, FILE_READ_MAX, &text, &cli->diags) &&
           planfile_parse(cli->arena, path, text, session->schemas, ret, &cli->diags);
}

bool saving_build(struct session *session, const struct planfile *file, struct planning *ret)
{
    struct cli *cli = session->cli;
    *ret = (struct planning){.input = planning_input(session)};
    struct planfile now = file_of(session, ret);
    if (!planning_check_flags(session) || !planfile_check(file, &now, &cli->diags) ||
        !plan_check_accounts(&ret->input, &cli->diags))
        return false;
    ret->input.lineage = file->plan.lineage; /* "" when there was no state yet */
    ret->input.from_file = true;
    ret->input.targets = file->targets;
    ret->input.observations = file->observations;
    ret->input.observation_len = file->observation_len;
    ret->observations = file->observations;
    ret->observation_len = file->observation_len;
    const struct seal_key key = plan_seal_key(&ret->input, /* for_file= */ true);
    return plan_build(cli->arena, &ret->input, &ret->plan, &cli->diags) &&
           planfile_check_plan(cli->arena, file, &ret->plan, &key, &cli->diags);
}

bool saving_print(struct session *session, const struct planfile *file)
{
    struct cli *cli = session->cli;
    int64_t max_bytes = 0;
    if (!cli_number(cli, OPT_MAX_BYTES, 0, PAGE_MIN, PAGE_MAX, &max_bytes))
        return false;
    struct plan plan = file->plan;
    plan.topology = &file->topology;
    struct render_options options = {.colour = cli->color,
                                     .width = (unsigned)cli_width(),
                                     .world = file->world_shown,
                                     .state_is_new = file->state_is_new,
                                     .note = file->note,
                                     .locks = file->locks,
                                     .relay_copies = file->relay_copies};
    if (cli_flag(cli, OPT_MARKDOWN)) { /* a page is no terminal */
        options.colour = false;
        options.width = 0;
        cli_out(cli, plan_render_markdown(cli->arena, &plan, &file->topology, &options,
                                          (size_t)max_bytes));
    } else if (cli->json) {
        cli_out_json(cli, plan_to_json(cli->arena, &plan, &options));
    } else {
        cli_out(cli, plan_render_text(cli->arena, &plan, &file->topology, &options));
    }
    return true;
}
