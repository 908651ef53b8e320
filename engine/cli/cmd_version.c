/* version, explain: facts about the program itself. */

#include "engine/cli/cli.h"
#include "engine/cli/commands.h"
#include "engine/proof/rules.h"

int cmd_version(struct cli *cli)
{
    if (!cli->json) {
        cli_out(cli, "holdfast " PROGRAM_VERSION "\n");
        return EXIT_DONE;
    }
    struct map_builder b = map_begin(cli->arena);
    map_put_str(&b, "format_version", "1.0");
    map_put_str(&b, "version", PROGRAM_VERSION);
    map_put_str(&b, "compiler", __VERSION__);
    cli_out_json(cli, map_end(&b));
    return EXIT_DONE;
}

static void explain(struct cli *cli, enum diag_code code)
{
    if (!cli->json) {
        cli_out(cli, arena_printf(cli->arena, "%s: %s\n%s\nExit status %d.\n", diag_code_id(code),
                                  diag_code_summary(code), diag_code_next(code),
                                  diag_code_status(code)));
        return;
    }
    struct map_builder b = map_begin(cli->arena);
    map_put_str(&b, "format_version", "1.0");
    map_put_str(&b, "code", diag_code_id(code));
    map_put_str(&b, "summary", diag_code_summary(code));
    map_put_str(&b, "next", diag_code_next(code));
    map_put_int(&b, "exit_status", diag_code_status(code));
    cli_out_json(cli, map_end(&b));
}

static void explain_rule(struct cli *cli, const struct rule *rule)
{
    const char *severity = rule_severity_name(rule->severity);
    if (!cli->json) {
        cli_out(cli, arena_printf(cli->arena, "%s: %s (%s)\n%s\n%s\nSee: %s.\n", rule->id,
                                  rule->summary, severity, rule->why, rule->mend, rule->source));
        return;
    }
    struct map_builder b = map_begin(cli->arena);
    map_put_str(&b, "format_version", "1.0");
    map_put_str(&b, "code", rule->id);
    map_put_str(&b, "summary", rule->summary);
    map_put_str(&b, "severity", severity);
    map_put_str(&b, "why", rule->why);
    map_put_str(&b, "next", rule->mend);
    map_put_str(&b, "source", rule->source);
    cli_out_json(cli, map_end(&b));
}

int cmd_explain(struct cli *cli)
{
    const char *wanted = cli->line.argument_len == 1 ? cli->line.arguments[0] : "";
    const struct rule *rule = rule_find(wanted);
    if (rule) {
        explain_rule(cli, rule);
        return EXIT_DONE;
    }
    for (int code = 0; code < DIAG_CODE_COUNT; code++) {
        if (!str_eq(diag_code_id((enum diag_code)code), wanted))
            continue;
        explain(cli, (enum diag_code)code);
        return EXIT_DONE;
    }
    if (*wanted)
        diag_error(&cli->diags, E_USAGE, NO_POS, NULL, "there is no code %s", wanted);
    else
        diag_error(&cli->diags, E_USAGE, NO_POS, NULL,
                   "explain takes one code, such as HF0201 or HP127");
    return EXIT_USAGE;
}
