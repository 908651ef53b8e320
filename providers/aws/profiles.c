#include "providers/aws/profiles.h"

#include "engine/base/env.h"
#include "engine/base/file.h"
#include "engine/base/strbuf.h"

#define SHARED_FILE_MAX ((size_t)4 * 1024 * 1024)

struct parse {
    struct arena *arena;
    const char *path;
    struct map_builder sections;
    struct map_builder settings; /* of the section that is open */
    const char *section;         /* or NULL before the first */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Blanks between the words of a section's name count as one space. */
static const char *section_name(struct arena *arena, struct slice text)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, text.len + 1);
    for (size_t i = 0; i < text.len; i++)
        if (!is_blank(text.ptr[i]))
            strbuf_add_char(&sb, text.ptr[i]);
        else if (!is_blank(text.ptr[i - 1])) /* a trimmed text begins with no blank */
            strbuf_add_char(&sb, ' ');
    return strbuf_str(&sb);
}

static void close_section(struct parse *p)
{
    if (p->section)
        map_put(&p->sections, p->section, map_end(&p->settings));
}

/* "[profile  x]" opens "profile x". */
static const char *open_section(struct parse *p, struct slice line)
{
    struct slice rest = slice_from(line, 1), name = slice_trim(slice_cut(&rest, ']'));
    if (!rest.ptr || name.len == 0)
        return "a section needs a name and a closing bracket";
    close_section(p);
    p->section = section_name(p->arena, name);
    p->settings = map_begin_from(p->arena, map_so_far(&p->sections, p->section));
    return NULL;
}

/* Why the line cannot be understood, or NULL. */
static const char *take_line(struct parse *p, struct slice line)
{
    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    bool indented = line.len > 0 && is_blank(line.ptr[0]);
    line = slice_trim(line);
    if (line.len == 0 || line.ptr[0] == '#' || line.ptr[0] == ';')
        return NULL;
    if (line.ptr[0] == '[')
        return open_section(p, line);
    if (!p->section)
        return "a setting stands before the first section";
    if (indented)
        return NULL;
    struct slice value = line, name = slice_trim(slice_cut(&value, '='));
    if (!value.ptr || name.len == 0)
        return "a setting is written as NAME = VALUE";
    value = slice_trim(value);
    map_put(&p->settings, arena_strndup(p->arena, name.ptr, name.len),
            value_string_n(p->arena, value.ptr, value.len));
    return NULL;
}

static bool read_sections(struct arena *arena, const char *path, const struct value **ret,
                          struct diags *diags)
{
    struct parse p = {.arena = arena, .path = path, .sections = map_begin(arena)};
    *ret = map_end(&p.sections);
    if (!path || !file_exists(path))
        return true;
    struct slice text;
    struct diags below;
    diags_init(&below, arena);
    if (!file_read(arena, path, SHARED_FILE_MAX, &text, &below)) {
        diag_error(diags, E_PROFILE, NO_POS, NULL, "%s", below.items[0].message);
        return false;
    }
    for (size_t number = 1; text.ptr; number++) {
        const char *why = take_line(&p, slice_cut(&text, '\n'));
        if (why) {
            diag_error(diags, E_PROFILE, NO_POS, NULL, "%s:%zu: %s", path, number, why);
            return false;
        }
    }
    close_section(&p);
    *ret = map_end(&p.sections);
    return true;
}

static const char *shared_path(struct arena *arena, const char *variable, const char *name)
{
    const char *path = env_get(variable), *home = env_get("HOME");
    if (path && !str_starts(path, "~/"))
        return path;
    if (!home)
        return NULL;
    return path_join(arena, home, path ? path + 2 : name);
}

bool profiles_read(struct arena *arena, struct profiles *ret, struct diags *diags)
{
    struct profiles p = {
        .config_path = shared_path(arena, "AWS_CONFIG_FILE", ".aws/config"),
        .credentials_path = shared_path(arena, "AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"),
        .home = env_get("HOME"),
    };
    if (!read_sections(arena, p.config_path, &p.config, diags) ||
        !read_sections(arena, p.credentials_path, &p.credentials, diags))
        return false;
    *ret = p;
    return true;
}

const char *profiles_named(void)
{
    const char *first = env_get("AWS_DEFAULT_PROFILE");
    return first ? first : env_get("AWS_PROFILE");
}

const char *profiles_wanted(void)
{
    const char *named = profiles_named();
    return named ? named : "default";
}

const struct value *profiles_section(struct arena *arena, const struct profiles *profiles,
                                     const char *kind, const char *name)
{
    return value_get(profiles->config, arena_printf(arena, "%s %s", kind, name));
}

const struct value *profile_config(struct arena *arena, const struct profiles *profiles,
                                   const char *name)
{
    const struct value *section = profiles_section(arena, profiles, "profile", name);
    return section || !str_eq(name, "default") ? section : value_get(profiles->config, name);
}

const struct value *profile_settings(struct arena *arena, const struct profiles *profiles,
                                     const char *name)
{
    const struct value *config = profile_config(arena, profiles, name);
    const struct value *credentials = value_get(profiles->credentials, name);
    if (!config || !credentials)
        return config ? config : credentials;
    struct map_builder both = map_begin_from(arena, config);
    for (size_t i = 0; i < value_len(credentials); i++)
        map_put(&both, credentials->map.entries[i].key, credentials->map.entries[i].value);
    return map_end(&both);
}

bool profiles_ca_bundle(struct arena *arena, const char **ret, struct diags *diags)
{
    *ret = env_get("AWS_CA_BUNDLE");
    if (*ret)
        return true;
    struct profiles profiles;
    if (!profiles_read(arena, &profiles, diags))
        return false;
    *ret = value_get_str(profile_settings(arena, &profiles, profiles_wanted()), "ca_bundle");
    return true;
}
