#include "engine/cli/options.h"

#include "engine/base/env.h"
#include "engine/base/strbuf.h"
#include "engine/cli/commands.h"

const struct option option_table[OPTION_COUNT] = {
#define OPTION(id, name, letter, argument, repeats, twin, help)                                    \
    {name, help, argument, letter, repeats, twin},
#include "engine/cli/options.inc"
#undef OPTION
};

#define OPTS0 ((const int[]){-1})
#define OPTS(...) ((const int[]){OPTS_(__VA_ARGS__) - 1})
#define OPTS_(...) OPTS_PICK(__VA_ARGS__, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)(__VA_ARGS__)
#define OPTS_PICK(a, b, c, d, e, f, g, h, i, j, n, ...) OPTS_##n
#define OPTS_1(a) OPT_##a,
#define OPTS_2(a, ...) OPT_##a, OPTS_1(__VA_ARGS__)
#define OPTS_3(a, ...) OPT_##a, OPTS_2(__VA_ARGS__)
#define OPTS_4(a, ...) OPT_##a, OPTS_3(__VA_ARGS__)
#define OPTS_5(a, ...) OPT_##a, OPTS_4(__VA_ARGS__)
#define OPTS_6(a, ...) OPT_##a, OPTS_5(__VA_ARGS__)
#define OPTS_7(a, ...) OPT_##a, OPTS_6(__VA_ARGS__)
#define OPTS_8(a, ...) OPT_##a, OPTS_7(__VA_ARGS__)
#define OPTS_9(a, ...) OPT_##a, OPTS_8(__VA_ARGS__)
#define OPTS_10(a, ...) OPT_##a, OPTS_9(__VA_ARGS__)

const struct command commands[] = {
#define COMMAND(function, words, arguments, summary, options)                                      \
    {function, words, arguments, summary, options},
#include "engine/cli/commands.inc"
#undef COMMAND
};
const size_t command_count = ARRAY_LEN(commands);

const char *option_name(enum option_id id)
{
    return option_table[id].name;
}

/* What an option means to one command, where that is more than its own text can say. */
static const struct {
    command_fn *run;
    enum option_id id;
    const char *help;
} own_texts[] = {
    {cmd_adopt, OPT_OUT,
     "fetch the code of functions, as packages below the folder FILE; the topology goes to "
     "standard output"},
    {cmd_lock_break, OPT_FORCE, "break it although its holder may be alive"},
};

const char *option_help(const struct command *command, enum option_id id)
{
    for (size_t i = 0; i < ARRAY_LEN(own_texts); i++)
        if (own_texts[i].run == command->run && own_texts[i].id == id)
            return own_texts[i].help;
    return option_table[id].help;
}

static int find_option(struct slice name)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        if (slice_is(name, option_table[i].name))
            return i;
    return -1;
}

static int find_letter(char letter)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        if (option_table[i].letter == letter)
            return i;
    return -1;
}

static bool option_belongs(const struct command *command, int id)
{
    if (id <= OPTION_LAST_GLOBAL)
        return true;
    for (const int *own = command->options; *own >= 0; own++)
        if (*own == id)
            return true;
    return false;
}

static void add_value(struct arena *arena, struct command_line *line, int id, const char *value)
{
    size_t len = 0;
    while (line->values[id] && line->values[id][len])
        len++;
    if (!option_table[id].repeats)
        len = 0; /* the last one wins */
    const char **grown = arena_array(arena, len + 2, sizeof(*grown));
    for (size_t i = 0; i < len; i++)
        grown[i] = line->values[id][i];
    grown[len] = value;
    line->values[id] = grown;
}

static void suggest_option(struct diags *diags, struct diag *diag, const char *name)
{
    int best = -1;
    size_t len = slice_of(name).len, best_distance = len < 2 ? 0 : len < 5 ? 2 : 4;
    for (int i = 0; i < OPTION_COUNT; i++) {
        size_t distance = str_distance(name, option_table[i].name, best_distance);
        if (distance < best_distance) {
            best_distance = distance;
            best = i;
        }
    }
    if (best >= 0)
        diag_hint(diags, diag, "did you mean --%s?", option_table[best].name);
}

/* Reads one option at argv[*i]; moves *i over its argument. */
static bool take_option(struct arena *arena, int argc, char **argv, int *i,
                        struct command_line *line, struct diags *diags)
{
    const char *word = argv[*i];
    struct slice rest = slice_of(word), name, value = {NULL, 0};
    int id;
    if (str_starts(word, "--")) {
        rest = slice_from(rest, 2);
        name = slice_cut(&rest, '=');
        value = rest;
        id = find_option(name);
    } else {
        name = (struct slice){word + 1, 1};
        id = find_letter(word[1]);
        if (word[2])
            value = slice_of(word + 2);
    }
    const char *shown = arena_strndup(arena, name.ptr, name.len);
    if (id < 0) {
        struct diag *diag = diag_error(diags, E_USAGE, NO_POS, NULL, "unknown option %s", word);
        suggest_option(diags, diag, shown);
        return false;
    }
    if (!option_table[id].argument) {
        if (value.ptr && !slice_is(value, "true") && !slice_is(value, "false")) {
            diag_error(diags, E_USAGE, NO_POS, NULL, "--%s takes no argument",
                       option_table[id].name);
            return false;
        }
        if (!value.ptr || slice_is(value, "true"))
            add_value(arena, line, id, "true");
        return true;
    }
    if (!value.ptr) {
        if (*i + 1 >= argc) {
            diag_error(diags, E_USAGE, NO_POS, NULL, "--%s needs %s", option_table[id].name,
                       option_table[id].argument);
            return false;
        }
        value = slice_of(argv[++*i]);
    }
    if (value.len == 0) { /* a variable of a script that is not set, mostly */
        struct diag *diag = diag_error(diags, E_USAGE, NO_POS, NULL, "--%s needs %s, not nothing",
                                       option_table[id].name, option_table[id].argument);
        diag_hint(diags, diag, "Say its value, or leave the option out.");
        return false;
    }
    add_value(arena, line, id, arena_strndup(arena, value.ptr, value.len));
    return true;
}

/* The first match wins: in the table a longer command stands before its beginning. */
static const struct command *match_command(const char *const *words, size_t len, size_t *ret_used)
{
    for (size_t i = 0; i < command_count; i++) {
        struct slice rest = slice_of(commands[i].words);
        size_t used = 0;
        bool matches = true;
        while (rest.ptr && matches) {
            struct slice word = slice_cut(&rest, ' ');
            matches = used < len && slice_is(word, words[used]);
            used++;
        }
        if (matches) {
            *ret_used = used;
            return &commands[i];
        }
    }
    return NULL;
}

static void unknown_command(struct diags *diags, const char *const *words, size_t len)
{
    struct diag *diag = len == 0
                            ? diag_error(diags, E_USAGE, NO_POS, NULL, "which command?")
                            : diag_error(diags, E_USAGE, NO_POS, NULL, "unknown command %s%s%s",
                                         words[0], len > 1 ? " " : "", len > 1 ? words[1] : "");
    if (len == 0)
        return;
    struct strbuf longer;
    strbuf_init(&longer, diags->arena, 512);
    for (size_t i = 0; i < command_count; i++) {
        struct slice rest = slice_of(commands[i].words), first = slice_cut(&rest, ' ');
        if (rest.ptr && slice_is(first, words[0]))
            strbuf_addf(&longer, "%s%s", longer.len ? ", " : "", commands[i].words);
        else if (str_distance(words[0], commands[i].words, 2) <= 2)
            diag_hint(diags, diag, "did you mean %s?", commands[i].words);
    }
    if (longer.len > 0)
        diag_hint(diags, diag, "There is: %s.", strbuf_str(&longer));
}

const char *option_twin(struct arena *arena, enum option_id id)
{
    struct strbuf name;
    strbuf_init(&name, arena, 64);
    strbuf_add(&name, "HOLDFAST_");
    for (const char *c = option_table[id].name; *c; c++)
        strbuf_add_char(&name, *c == '-' ? '_' : (char)(*c - 'a' + 'A'));
    return strbuf_str(&name);
}

static void read_twins(struct arena *arena, struct command_line *line)
{
    for (int id = 0; id < OPTION_COUNT; id++) {
        if (!option_table[id].twin || line->values[id])
            continue;
        const char *value = env_get(option_twin(arena, (enum option_id)id));
        bool flag = !option_table[id].argument;
        if (value && (!flag || (!str_eq(value, "0") && !str_eq(value, "false"))))
            add_value(arena, line, id, flag ? "true" : value);
    }
}

static bool check_options(const struct command_line *line, struct diags *diags)
{
    bool ok = true;
    for (int id = 0; id < OPTION_COUNT; id++)
        if (line->values[id] && !option_belongs(line->command, id)) {
            diag_error(diags, E_USAGE, NO_POS, NULL, "%s takes no --%s", line->command->words,
                       option_table[id].name);
            ok = false;
        }
    return ok;
}

/* Commands that are about a world and ask nothing of AWS. */
static bool is_of_a_world(const struct command *command)
{
    return command->run == cmd_drill || command->run == cmd_simulator_serve ||
           command->run == cmd_simulator_advance || command->run == cmd_simulator_dump;
}

/* Whoever names a world does not mean AWS. */
static bool check_world(const struct command_line *line, bool given, struct diags *diags)
{
    if (!given || line->values[OPT_SIMULATE] || line->values[OPT_HELP] ||
        is_of_a_world(line->command))
        return true;
    struct diag *diag = diag_error(diags, E_USAGE, NO_POS, NULL,
                                   "--world is the simulator's: it goes with --simulate");
    diag_hint(diags, diag, "Add --simulate, or leave --world out.");
    return false;
}

/* Options that take true or false, given or from the environment. */
static bool check_booleans(const struct command_line *line, struct diags *diags)
{
    for (int id = 0; id < OPTION_COUNT; id++) {
        const char *value = line->values[id] ? line->values[id][0] : NULL;
        if (!value || !str_eq(option_table[id].argument, "BOOL") || str_eq(value, "true") ||
            str_eq(value, "false"))
            continue;
        diag_error(diags, E_USAGE, NO_POS, NULL, "--%s is true or false, not %s",
                   option_table[id].name, value);
        return false;
    }
    return true;
}

bool command_line_parse(struct arena *arena, int argc, char **argv, struct command_line *ret,
                        struct diags *diags)
{
    const char **words = arena_array(arena, (size_t)argc + 1, sizeof(*words));
    size_t len = 0, used = 0;
    bool literal = false;
    *ret = (struct command_line){0};
    for (int i = 1; i < argc; i++) {
        if (!literal && str_eq(argv[i], "--"))
            literal = true;
        else if (!literal && argv[i][0] == '-' && argv[i][1]) {
            if (!take_option(arena, argc, argv, &i, ret, diags))
                return false;
        } else
            words[len++] = argv[i];
    }
    ret->command = match_command(words, len, &used);
    if (!ret->command) {
        if (ret->values[OPT_HELP] || (len == 1 && str_eq(words[0], "help")))
            return true;
        unknown_command(diags, words, len);
        return false;
    }
    ret->arguments = words + used;
    ret->argument_len = len - used;
    if (!ret->values[OPT_HELP] && !check_options(ret, diags))
        return false;
    if (ret->argument_len > 0 && !*ret->command->arguments) {
        diag_error(diags, E_USAGE, NO_POS, NULL, "%s takes no arguments", ret->command->words);
        return false;
    }
    bool names_world = ret->values[OPT_WORLD] != NULL; /* its twin is meant for whoever simulates */
    read_twins(arena, ret);
    return check_world(ret, names_world, diags) && check_booleans(ret, diags);
}

static void help_option(struct strbuf *sb, int id, const char *help)
{
    const struct option *option = &option_table[id];
    char letter[8] = "    ";
    if (option->letter) {
        letter[0] = '-';
        letter[1] = option->letter;
        letter[2] = ',';
    }
    size_t start = sb->len;
    strbuf_addf(sb, "  %s--%s", letter, option->name);
    if (option->argument)
        strbuf_addf(sb, " %s", option->argument);
    size_t width = sb->len - start;
    strbuf_add_repeat(sb, ' ', width < 34 ? 34 - width : 1);
    strbuf_addf(sb, " %s\n", help);
}

const char *command_line_help(struct arena *arena, const struct command *command)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, 32768);
    if (command) {
        strbuf_addf(&sb, "holdfast %s%s%s [options]\n  %s\n", command->words,
                    *command->arguments ? " " : "", command->arguments, command->summary);
        if (command->options[0] >= 0)
            strbuf_add(&sb, "\nOptions\n");
        for (const int *id = command->options; *id >= 0; id++)
            help_option(&sb, *id, option_help(command, (enum option_id) * id));
    } else {
        strbuf_add(&sb, "holdfast: backups that nobody can destroy, from one YAML file\n\n"
                        "holdfast COMMAND [ADDRESS...] [options]\n\nCommands\n");
        for (size_t i = 0; i < command_count; i++)
            strbuf_addf(&sb, "  %-20s %s\n", commands[i].words, commands[i].summary);
    }
    strbuf_add(&sb, "\nGlobal options\n");
    for (int id = 0; id <= OPTION_LAST_GLOBAL; id++)
        help_option(&sb, id, option_table[id].help);
    if (!command)
        strbuf_add(&sb,
                   "\nExit status: 0 done; 1 an error; 2 changes, drift or misses (with "
                   "--detailed-exitcode; drill always);\n3 credentials or the wrong account; 4 "
                   "state; 5 locked; 6 stale plan; 7 refused by a guard; 64 usage.\n");
    return strbuf_str(&sb);
}
