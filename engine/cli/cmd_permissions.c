/* permissions: the least that each account has to allow. */

#include <string.h>

#include "engine/base/json.h"
#include "engine/cli/commands.h"
#include "engine/cli/emptying.h"
#include "engine/cli/session.h"
#include "engine/permissions/bootstrap.h"
#include "engine/permissions/controls.h"

static int print_controls(struct session *session)
{
    struct cli *cli = session->cli;
    struct controls controls;
    if (!session_load(session))
        return EXIT_ERROR;
    controls_make(cli->arena, &session->topology, &controls);
    if (cli->json)
        cli_out_json(cli, controls_to_json(cli->arena, &controls));
    else
        cli_out(cli, controls_text(cli->arena, &controls));
    return EXIT_DONE;
}

static bool are_vaults(struct session *session, enum permissions_for purpose,
                       const char *const *addresses)
{
    struct cli *cli = session->cli;
    for (size_t i = 0; addresses && addresses[i]; i++) {
        const struct resource *vault = topology_find(&session->topology, addresses[i]);
        if (purpose != PERMISSIONS_DESTROY)
            diag_error(&cli->diags, E_USAGE, NO_POS, NULL,
                       "--empty-vaults goes with --for destroy");
        else if (!vault || !schema_property_of(vault->schema->root, "number_of_recovery_points"))
            diag_error(&cli->diags, E_USAGE, NO_POS, NULL,
                       "--empty-vaults: %s is no vault of the topology", addresses[i]);
        else
            continue;
        return false;
    }
    return true;
}

static int print_policies(struct session *session)
{
    struct cli *cli = session->cli;
    enum permissions_for purpose;
    struct permissions permissions;
    const char *name = cli_option(cli, OPT_FOR);
    if (!permissions_for_of(name ? name : "apply", &purpose)) {
        diag_error(
            &cli->diags, E_USAGE, NO_POS, NULL,
            "--for %s is not plan, apply, drift, verify, check, restore, relay, destroy, jobs or "
            "organization",
            name);
        return EXIT_USAGE;
    }
    if (!session_load(session))
        return EXIT_ERROR;
    const char *const *emptied = emptying_addresses(cli);
    if (!are_vaults(session, purpose, emptied))
        return EXIT_USAGE;
    permissions_make(cli->arena, session->schemas, &session->topology, purpose, emptied,
                     &permissions);
    if (cli->json)
        cli_out_json(cli, permissions_to_json(cli->arena, &permissions));
    else
        cli_out(cli, permissions_text(cli->arena, &permissions));
    return EXIT_DONE;
}

/* Without white space where that makes it fit into a request. */
static const char *template_text(struct cli *cli, const struct value *template)
{
    const char *text = json_print(cli->arena, template, JSON_PRETTY);
    if (strlen(text) > TEMPLATE_BODY_MAX)
        text = json_print(cli->arena, template, JSON_COMPACT);
    if (strlen(text) > TEMPLATE_BODY_MAX)
        cli_note(cli,
                 "The template has %zu bytes, and CloudFormation takes %d in a request: upload it "
                 "to S3 and name its address.",
                 strlen(text), TEMPLATE_BODY_MAX);
    return text;
}

static int print_template(struct session *session)
{
    struct cli *cli = session->cli;
    struct bootstrap_options options;
    const char *trust = cli_option(cli, OPT_TRUST);
    if (!bootstrap_trust_of(trust ? trust : "github", &options)) {
        diag_error(&cli->diags, E_USAGE, NO_POS, NULL,
                   "--trust %s is not github, gitlab, gitlab:HOST or principal", trust);
        return EXIT_USAGE;
    }
    if (!session_load(session))
        return EXIT_ERROR;
    const struct value *template =
        bootstrap_template(cli->arena, session->schemas, &session->topology, &options);
    cli_out(cli, arena_printf(cli->arena, "%s\n", template_text(cli, template)));
    cli->result_printed = true;
    return EXIT_DONE;
}

static int print(struct session *session)
{
    if (cli_flag(session->cli, OPT_BOOTSTRAP))
        return print_template(session);
    return str_eq(cli_option(session->cli, OPT_FOR), "organization") ? print_controls(session)
                                                                     : print_policies(session);
}

int cmd_permissions(struct cli *cli)
{
    return session_run(cli, print);
}
