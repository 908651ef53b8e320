#include "engine/cli/man_page.h"

#include "engine/base/strbuf.h"
#include "engine/cli/cli.h"

#define PAGE_MAX ((size_t)1 << 18)
#define PAGE_DATE "November 22, 2026" /* of the last change to the texts in this file */

/* Text as roff reads it: a backslash, and a dot or quote that begins a line, are commands else. */
static void add_text(struct strbuf *sb, const char *text)
{
    bool begins = sb->len == 0 || strbuf_str(sb)[sb->len - 1] == '\n';
    if (begins && (*text == '.' || *text == '\''))
        strbuf_add(sb, "\\&");
    for (const char *c = text; *c; c++)
        strbuf_add(sb, *c == '\\' ? "\\e" : *c == '-' ? "\\-" : arena_strndup(sb->arena, c, 1));
}

/* A line of a macro: words that look like macros of their own are shielded by the quotes. */
static void add_macro(struct strbuf *sb, const char *macro, const char *text)
{
    strbuf_addf(sb, ".%s \"", macro);
    add_text(sb, text);
    strbuf_add(sb, "\"\n");
}

static void add_option(struct strbuf *sb, const struct option *option, const char *help)
{
    strbuf_add(sb, ".It ");
    if (option->letter)
        strbuf_addf(sb, "Fl %c , ", option->letter);
    strbuf_add(sb, "Fl \\-");
    add_text(sb, option->name);
    if (option->argument)
        strbuf_addf(sb, " Ar %s", option->argument);
    strbuf_add_char(sb, '\n');
    add_text(sb, help);
    strbuf_add(sb, option->repeats ? "; may be given several times.\n" : ".\n");
}

static void add_command(struct strbuf *sb, const struct command *command)
{
    strbuf_add(sb, ".It Ic ");
    add_text(sb, command->words);
    if (*command->arguments) {
        strbuf_add(sb, " Ar ");
        add_text(sb, command->arguments);
    }
    strbuf_add_char(sb, '\n');
    add_text(sb, command->summary);
    strbuf_add(sb, ".\n");
    if (command->options[0] < 0)
        return;
    strbuf_add(sb, ".Bl -tag -width Ds -compact\n");
    for (const int *id = command->options; *id >= 0; id++)
        add_option(sb, &option_table[*id], option_help(command, (enum option_id) * id));
    strbuf_add(sb, ".El\n");
}

static void add_environment(struct strbuf *sb)
{
    strbuf_add(sb, ".Sh ENVIRONMENT\n"
                   "Options given on the command line go before these.\n"
                   "A flag is set by any value but 0 and false.\n"
                   ".Bl -tag -width Ds\n");
    for (int id = 0; id < OPTION_COUNT; id++)
        if (option_table[id].twin) {
            add_macro(sb, "It Ev", option_twin(sb->arena, (enum option_id)id));
            strbuf_add(sb, "Stands for\n.Fl \\-");
            add_text(sb, option_table[id].name);
            strbuf_add(sb, " .\n");
        }
    strbuf_add(sb,
               ".It Ev HOLDFAST_VAR_NAME\nThe variable NAME of the topology.\n"
               ".It Ev HOLDFAST_DATA_DIR\nThe folder that holds the relay's package.\n"
               ".It Ev AWS_ACCESS_KEY_ID , AWS_SECRET_ACCESS_KEY , AWS_SESSION_TOKEN , "
               "AWS_PROFILE\nThe credentials that everything begins with; other sources of the AWS "
               "tools serve as well.\n"
               ".It Ev NO_COLOR , CLICOLOR_FORCE\nWhether to color what is printed.\n"
               ".El\n");
}

static void add_statuses(struct strbuf *sb)
{
    static const struct {
        int status;
        const char *meaning;
    } rows[] = {
        {EXIT_DONE, "done"},
        {EXIT_ERROR, "an error"},
        {2, "changes, drift or misses: with --detailed-exitcode; drill always"},
        {3, "credentials, or the wrong account"},
        {4, "the state cannot be used"},
        {5, "somebody else holds the lock"},
        {6, "the plan is stale"},
        {7, "refused by a guard: see --allow-irreversible and --allow-destroy"},
        {EXIT_USAGE, "wrong usage"},
    };
    strbuf_add(sb, ".Sh EXIT STATUS\n.Bl -tag -width Ds\n");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        strbuf_addf(sb, ".It %d\n", rows[i].status);
        add_text(sb, rows[i].meaning);
        strbuf_add(sb, ".\n");
    }
    strbuf_add(sb, ".El\n");
}

const char *man_page(struct arena *arena)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, PAGE_MAX);
    strbuf_add(&sb, ".\\\" Written by holdfast schema docs.\n"
                    ".Dd " PAGE_DATE "\n.Dt HOLDFAST 1\n.Os\n"
                    ".Sh NAME\n.Nm holdfast\n"
                    ".Nd backups that nobody can destroy, from one YAML file\n"
                    ".Sh SYNOPSIS\n.Nm\n.Ar command\n.Op Ar argument ...\n.Op Ar option ...\n"
                    ".Sh DESCRIPTION\n"
                    ".Nm\nprovisions the AWS Backup topology that one YAML file describes,\n"
                    "over several accounts and Regions: keys, vaults and their locks, plans,\n"
                    "roles, event rules, and the relay that copies every backup into its\n"
                    "last vault.\n"
                    "With\n.Fl \\-simulate\nevery command works on a simulated AWS instead.\n"
                    ".Pp\nThe commands are:\n.Bl -tag -width Ds\n");
    for (size_t i = 0; i < command_count; i++)
        add_command(&sb, &commands[i]);
    strbuf_add(&sb, ".El\n.Pp\nEvery command takes:\n.Bl -tag -width Ds\n");
    for (int id = 0; id <= OPTION_LAST_GLOBAL; id++)
        add_option(&sb, &option_table[id], option_table[id].help);
    strbuf_add(&sb, ".El\n");
    add_environment(&sb);
    strbuf_add(&sb, ".Sh FILES\n.Bl -tag -width Ds\n"
                    ".It Pa topology.yaml\nThe topology.\n"
                    ".It Pa .holdfast/NAME.db\nIts state.\n"
                    ".It Pa .holdfast/NAME.simulated.db\nIts state in the simulator.\n"
                    ".It Pa .holdfast/NAME.world.db\nThe simulator's world.\n"
                    ".El\n");
    add_statuses(&sb);
    strbuf_add(&sb, ".Sh SEE ALSO\nThe topology's language, the resource types and the diagnostics "
                    "are described in\n.Pa docs/reference .\n");
    return strbuf_str(&sb);
}
