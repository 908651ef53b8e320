#include "providers/aws/credentials.h"

#include <string.h>

#include "engine/base/env.h"
#include "engine/base/file.h"
#include "engine/base/strbuf.h"

enum source_result { SOURCE_NONE, SOURCE_FOUND, SOURCE_FAILED };

typedef enum source_result source_fn(struct arena *arena, struct credentials *ret,
                                     struct diags *diags);

static enum source_result from_environment(struct arena *arena, struct credentials *ret,
                                           struct diags *diags)
{
    const char *id = env_get("AWS_ACCESS_KEY_ID"), *secret = env_get("AWS_SECRET_ACCESS_KEY");
    if (!id && !secret)
        return SOURCE_NONE;
    if (!id || !secret) {
        diag_error(diags, E_NO_CREDENTIALS, NO_POS, NULL, "%s is set, but %s is not",
                   id ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                   id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
        return SOURCE_FAILED;
    }
    *ret = (struct credentials){.access_key_id = arena_strdup(arena, id),
                                .secret_access_key = arena_strdup(arena, secret),
                                .session_token = arena_strdup(arena, env_get("AWS_SESSION_TOKEN")),
                                .source = "environment"};
    return SOURCE_FOUND;
}

/* ---- shared files ---- */

struct shared_file {
    const char *path, *section; /* the section that holds the wanted profile */
};

static const char *shared_path(struct arena *arena, const char *variable, const char *name)
{
    const char *path = env_get(variable), *home = env_get("HOME");
    if (path && !str_starts(path, "~/"))
        return path;
    if (!home)
        return NULL;
    return path_join(arena, home, path ? path + 2 : name);
}

/* "[profile  x]" gives "profile x". Empty when the line is no section. */
static struct slice section_of(struct slice line)
{
    if (line.len < 2 || line.ptr[0] != '[')
        return (struct slice){0};
    struct slice rest = slice_from(line, 1);
    return slice_trim(slice_cut(&rest, ']'));
}

static bool is_section(struct slice name, const char *wanted)
{
    while (name.len > 0 && *wanted) {
        bool blank = name.ptr[0] == ' ' || name.ptr[0] == '\t';
        if (blank ? *wanted != ' ' : *wanted != name.ptr[0])
            return false;
        wanted++;
        do
            name = slice_from(name, 1);
        while (blank && name.len > 0 && (name.ptr[0] == ' ' || name.ptr[0] == '\t'));
    }
    return name.len == 0 && !*wanted;
}

static struct slice without_return(struct slice line)
{
    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

/* The settings of one section, or NULL where the file has no such section. Indented lines belong to
 * nested settings (s3 =) and say nothing about credentials. */
static const struct value *section_settings(struct arena *arena, struct slice text,
                                            const char *section)
{
    bool inside = false, found = false;
    struct map_builder settings = map_begin(arena);
    while (text.ptr) {
        struct slice line = without_return(slice_cut(&text, '\n'));
        bool indented = line.len > 0 && (line.ptr[0] == ' ' || line.ptr[0] == '\t');
        line = slice_trim(line);
        if (line.len == 0 || line.ptr[0] == '#' || line.ptr[0] == ';')
            continue;
        if (line.ptr[0] == '[') {
            inside = is_section(section_of(line), section);
            found = found || inside;
            continue;
        }
        struct slice value = line, name = slice_trim(slice_cut(&value, '='));
        if (!inside || indented || !value.ptr)
            continue;
        value = slice_trim(value);
        map_put(&settings, arena_strndup(arena, name.ptr, name.len),
                value_string_n(arena, value.ptr, value.len));
    }
    return found ? map_end(&settings) : NULL;
}

static bool read_settings(struct arena *arena, struct shared_file file, const struct value **ret,
                          struct diags *diags)
{
    *ret = NULL;
    if (!file.path || !file_exists(file.path))
        return true;
    struct slice text;
    struct diags below;
    diags_init(&below, arena);
    if (!file_read(arena, file.path, (size_t)4 * 1024 * 1024, &text, &below)) {
        diag_error(diags, E_PROFILE, NO_POS, NULL, "%s", below.items[0].message);
        return false;
    }
    *ret = section_settings(arena, text, file.section);
    return true;
}

/* Keys by which a profile asks for a source that is not here; named, so that nobody has to guess.
 */
static const char *const other_sources[] = {
    "sso_session", "sso_start_url",           "credential_process",
    "role_arn",    "web_identity_token_file", "credential_source",
    NULL,
};

static enum source_result from_settings(struct arena *arena, const struct value *settings,
                                        const char *profile, const char *path,
                                        struct credentials *ret, struct diags *diags)
{
    const char *id = value_get_str(settings, "aws_access_key_id");
    const char *secret = value_get_str(settings, "aws_secret_access_key");
    if (!id && !secret)
        return SOURCE_NONE;
    if (!id || !secret || !id[0] || !secret[0]) {
        diag_error(diags, E_PROFILE, NO_POS, NULL,
                   "profile \"%s\" of %s must hold both aws_access_key_id and "
                   "aws_secret_access_key",
                   profile, path);
        return SOURCE_FAILED;
    }
    *ret = (struct credentials){.access_key_id = id,
                                .secret_access_key = secret,
                                .session_token = value_get_str(settings, "aws_session_token"),
                                .source = arena_printf(arena, "profile %s of %s", profile, path)};
    return SOURCE_FOUND;
}

static enum source_result from_shared_files(struct arena *arena, struct credentials *ret,
                                            struct diags *diags)
{
    const char *wanted = env_get("AWS_PROFILE"), *profile = wanted ? wanted : "default";
    const struct shared_file files[] = {
        {shared_path(arena, "AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"), profile},
        {shared_path(arena, "AWS_CONFIG_FILE", ".aws/config"),
         str_eq(profile, "default") ? profile : arena_printf(arena, "profile %s", profile)},
    };
    bool known = false;
    const char *other = NULL;
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        const struct value *settings = NULL;
        if (!read_settings(arena, files[i], &settings, diags))
            return SOURCE_FAILED;
        enum source_result result =
            from_settings(arena, settings, profile, files[i].path, ret, diags);
        if (result != SOURCE_NONE)
            return result;
        known = known || settings;
        for (size_t k = 0; other_sources[k] && !other; k++)
            other = value_get(settings, other_sources[k]) ? other_sources[k] : NULL;
    }
    if (other)
        diag_error(diags, E_PROFILE, NO_POS, NULL,
                   "profile \"%s\" takes its credentials through %s, which is not supported",
                   profile, other);
    else if (known && wanted)
        diag_error(diags, E_PROFILE, NO_POS, NULL, "profile \"%s\" holds no credentials", profile);
    else if (wanted)
        diag_error(diags, E_PROFILE, NO_POS, NULL,
                   "profile \"%s\" stands neither in the credentials file nor in the configuration",
                   profile);
    return other || wanted ? SOURCE_FAILED : SOURCE_NONE;
}

static source_fn *const sources[] = {from_environment, from_shared_files};

bool credentials_find(struct arena *arena, struct credentials *ret, struct diags *diags)
{
    for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
        switch (sources[i](arena, ret, diags)) {
        case SOURCE_FOUND: return true;
        case SOURCE_FAILED: return false;
        case SOURCE_NONE: break;
        }
    }
    diag_error(diags, E_NO_CREDENTIALS, NO_POS, NULL,
               "neither the environment nor the default profile of the shared files holds any");
    return false;
}

static const char *without(struct arena *arena, const char *text, const char *secret)
{
    const char *hit = secret && secret[0] ? strstr(text, secret) : NULL;
    if (!hit)
        return text;
    struct strbuf sb;
    strbuf_init(&sb, arena, strlen(text) * 12 + 16);
    for (; hit; hit = strstr(text, secret)) {
        strbuf_add_n(&sb, text, (size_t)(hit - text));
        strbuf_add(&sb, "(redacted)");
        text = hit + strlen(secret);
    }
    strbuf_add(&sb, text);
    return strbuf_str(&sb);
}

const char *credentials_redact(struct arena *arena, const struct credentials *c, const char *text)
{
    if (!text || !c)
        return text;
    return without(arena, without(arena, text, c->session_token), c->secret_access_key);
}
