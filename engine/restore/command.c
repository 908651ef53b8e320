/* A call as a line of the shell. */
#include <ctype.h>
#include <string.h>

#include "engine/base/json.h"
#include "engine/base/strbuf.h"
#include "engine/restore/restore.h"

#define COMMAND_MAX ((size_t)1 << 20)

/* "StartCopyJob" -> "start-copy-job" */
static void add_kebab(struct strbuf *sb, const char *name)
{
    for (const char *at = name; *at; at++) {
        if (at > name && isupper((unsigned char)*at))
            strbuf_add_char(sb, '-');
        strbuf_add_char(sb, (char)tolower((unsigned char)*at));
    }
}

static bool is_plain(const char *text)
{
    for (const char *at = text; *at; at++)
        if (!isalnum((unsigned char)*at) && !strchr("-_./:=+@%", *at))
            return false;
    return *text != '\0';
}

static void add_word(struct strbuf *sb, const char *text)
{
    if (is_plain(text)) {
        strbuf_add(sb, text);
        return;
    }
    strbuf_add(sb, "'");
    for (const char *at = text; *at; at++)
        if (*at == '\'')
            strbuf_add(sb, "'\\''");
        else
            strbuf_add_char(sb, *at);
    strbuf_add(sb, "'");
}

const char *restore_word(struct arena *arena, const char *text)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, COMMAND_MAX);
    add_word(&sb, text);
    return strbuf_str(&sb);
}

static void add_options(struct strbuf *sb, const struct value *request)
{
    for (size_t i = 0; i < value_len(request); i++) {
        const struct value_entry *e = &request->map.entries[i];
        const char *text = value_str(e->value);
        strbuf_add(sb, " \\\n    --");
        add_kebab(sb, e->key);
        strbuf_add(sb, " ");
        add_word(sb, text ? text : json_print(sb->arena, e->value, JSON_COMPACT));
    }
}

static void add_call(struct strbuf *sb, const struct restore_step *step, const char *query)
{
    strbuf_add(sb, "aws backup ");
    add_kebab(sb, step->operation);
    strbuf_add(sb, " --profile ");
    add_word(sb, step->account->name);
    strbuf_addf(sb, " --region %s", step->region);
    add_options(sb, step->request);
    if (step->takes) {
        strbuf_add(sb, " \\\n    --");
        add_kebab(sb, step->takes);
        strbuf_addf(sb, " \"$%s\"", step->from);
    }
    strbuf_addf(sb, " \\\n    --query %s --output text", query);
}

/* Asks again every minute until the job has ended, and ends the script where it ended badly. */
static void add_waiting(struct strbuf *sb, const struct restore_step *step)
{
    strbuf_add(sb, "while :\ndo\n    STATE=$(");
    add_call(sb, step, step->state);
    strbuf_addf(sb,
                ")\n    case $STATE in\n        COMPLETED) break ;;\n"
                "        FAILED | PARTIAL | ABORTED | EXPIRED)\n"
                "            echo \"%s $%s: $STATE\" >&2\n            exit 1 ;;\n"
                "    esac\n    sleep 60\ndone\n",
                step->operation, step->from);
}

const char *restore_command(struct arena *arena, const struct restore_step *step)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, COMMAND_MAX);
    if (step->state)
        add_waiting(&sb, step);
    strbuf_addf(&sb, "%s=$(", step->variable);
    add_call(&sb, step, step->gives);
    strbuf_add(&sb, ")");
    return strbuf_str(&sb);
}
