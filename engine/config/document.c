#include "engine/config/document.h"

#include <errno.h>
#include <string.h>

#include "engine/base/file.h"
#include "engine/config/yaml.h"

static bool parse(struct arena *arena, const char *path, struct slice text,
                  const struct value **ret, struct diags *diags)
{
    const struct value *root = NULL;
    if (!yaml_parse(arena, str_eq(path, "-") ? "<stdin>" : path, text, &root, diags))
        return false;
    if (value_is(root, VALUE_NULL)) { /* only comments */
        struct map_builder none = map_begin(arena);
        root = value_at(arena, map_end(&none), root->pos);
    }
    if (!value_is(root, VALUE_MAP)) {
        diag_error(diags, E_WRONG_TYPE, root->pos, NULL, "a topology is a map, not a %s",
                   value_kind_name(root->kind));
        return false;
    }
    *ret = root;
    return true;
}

static bool load_file(struct arena *arena, const char *path, const struct value **ret,
                      struct diags *diags)
{
    struct slice text;
    return file_read(arena, path, YAML_TEXT_MAX, &text, diags) &&
           parse(arena, path, text, ret, diags);
}

static void duplicate(const struct value_entry *first, const struct value_entry *second,
                      struct diags *diags)
{
    const struct source *source = diags_source(diags, first->key_pos.file);
    struct diag *diag =
        diag_error(diags, E_YAML_DUPLICATE_KEY, second->key_pos, NULL,
                   "the key `%s` stands here a second time; the first is in %s:%u", second->key,
                   source ? source->name : "another file", first->key_pos.line);
    diag->span = (unsigned)strlen(second->key);
}

static const struct value *join_lists(struct arena *arena, const struct value *a,
                                      const struct value *b)
{
    struct list_builder joined = list_begin(arena);
    for (size_t i = 0; i < a->list.len; i++)
        list_add(&joined, a->list.items[i]);
    for (size_t i = 0; i < b->list.len; i++)
        list_add(&joined, b->list.items[i]);
    return value_at(arena, list_end(&joined), a->pos);
}

static const struct value *merge_sections(struct arena *arena, const struct value *a,
                                          const struct value *b, struct diags *diags)
{
    struct map_builder merged = map_begin_from(arena, a);
    for (size_t i = 0; i < b->map.len; i++) {
        const struct value_entry *entry = &b->map.entries[i];
        const struct value_entry *first = value_entry_of(a, entry->key);
        if (first)
            duplicate(first, entry, diags);
        else
            map_put_at(&merged, entry->key, entry->key_pos, entry->value);
    }
    return value_at(arena, map_end(&merged), a->pos);
}

static const struct value *merge_documents(struct arena *arena, const struct value *a,
                                           const struct value *b, struct diags *diags)
{
    struct map_builder merged = map_begin_from(arena, a);
    for (size_t i = 0; i < b->map.len; i++) {
        const struct value_entry *entry = &b->map.entries[i];
        const struct value_entry *first = value_entry_of(a, entry->key);
        const struct value *both = entry->value;
        if (first && value_is(first->value, VALUE_MAP) && value_is(both, VALUE_MAP))
            both = merge_sections(arena, first->value, both, diags);
        else if (first && value_is(first->value, VALUE_LIST) && value_is(both, VALUE_LIST))
            both = join_lists(arena, first->value, both);
        else if (first)
            duplicate(first, entry, diags);
        map_put_at(&merged, entry->key, first ? first->key_pos : entry->key_pos, both);
    }
    return value_at(arena, map_end(&merged), a->pos);
}

static void hint_at_option(struct diags *diags, struct diag *diag)
{
    diag_hint(diags, diag, "Check the path, or name the topology with -f.");
}

static bool load_folder(struct arena *arena, const char *dir, const struct value **ret,
                        struct diags *diags)
{
    size_t errors = diags->errors, len = 0;
    const char **names = NULL;
    if (!dir_list(arena, dir, false, &names, &len, diags))
        return false;
    const struct value *merged = NULL;
    for (size_t i = 0; i < len; i++) {
        if (names[i][0] == '.' || (!str_ends(names[i], ".yaml") && !str_ends(names[i], ".yml")))
            continue;
        const struct value *root = NULL;
        if (load_file(arena, path_join(arena, dir, names[i]), &root, diags))
            merged = merged ? merge_documents(arena, merged, root, diags) : root;
    }
    if (diags->errors > errors)
        return false;
    if (!merged) {
        hint_at_option(diags, diag_error(diags, E_FILE_READ, NO_POS, NULL,
                                         "no *.yaml or *.yml in the folder %s", dir));
        return false;
    }
    *ret = merged;
    return true;
}

static const char *folder_of(struct arena *arena, const char *path)
{
    return str_eq(path, "-") ? "." : path_dir(arena, path);
}

bool document_parse(struct arena *arena, const char *path, struct slice text, struct document *ret,
                    struct diags *diags)
{
    struct document document = {.dir = folder_of(arena, path)};
    if (!parse(arena, path, text, &document.root, diags))
        return false;
    *ret = document;
    return true;
}

bool document_load(struct arena *arena, const char *path, struct document *ret, struct diags *diags)
{
    struct document document = {0};
    bool is_folder = dir_exists(path), is_file = str_eq(path, "-") || file_exists(path);
    if (!is_folder && !is_file) {
        const char *why = strerror(errno); /* it may be there, and not be reached */
        hint_at_option(diags, diag_error(diags, E_FILE_READ, NO_POS, NULL, "%s: %s", path, why));
        return false;
    }
    if (is_folder ? !load_folder(arena, path, &document.root, diags)
                  : !load_file(arena, path, &document.root, diags))
        return false;
    document.dir = is_folder ? arena_strdup(arena, path) : folder_of(arena, path);
    *ret = document;
    return true;
}
