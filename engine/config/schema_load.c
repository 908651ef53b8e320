#include "engine/config/schema_parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/bug.h"
#include "engine/base/json.h"
#include "engine/config/schema_loader.h"

extern const struct embedded_file schema_files[];

_Noreturn void schema_refuse(const struct scope *scope, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    BUG(arena_printf(scope->loader->arena, "schema %s%s%s: %s", scope->file->name,
                     scope->path ? " at " : "", scope->path ? scope->path : "", text));
}

const char *schema_text_of(const struct scope *scope, const struct value *v, const char *keyword)
{
    if (!value_is(v, VALUE_STRING))
        schema_refuse(scope, "%s wants text", keyword);
    return v->string.ptr;
}

bool schema_bool_of(const struct scope *scope, const struct value *v, const char *keyword)
{
    if (!value_is(v, VALUE_BOOL))
        schema_refuse(scope, "%s wants true or false", keyword);
    return v->boolean;
}

size_t schema_count_of(const struct scope *scope, const struct value *v, const char *keyword)
{
    if (!value_is(v, VALUE_INT) || v->integer < 0)
        schema_refuse(scope, "%s wants a whole number from 0", keyword);
    return (size_t)v->integer;
}

double schema_number_of(const struct scope *scope, const struct value *v, const char *keyword)
{
    if (!value_is(v, VALUE_INT) && !value_is(v, VALUE_DOUBLE))
        schema_refuse(scope, "%s wants a number", keyword);
    return value_is(v, VALUE_INT) ? (double)v->integer : v->number;
}

const char *const *schema_names_of(const struct scope *scope, const struct value *v,
                                   const char *keyword)
{
    if (!value_is(v, VALUE_LIST))
        schema_refuse(scope, "%s wants a list", keyword);
    const char **names =
        arena_array(scope->loader->arena, v->list.len + 1, sizeof(*names)); /* NULL at the end */
    for (size_t i = 0; i < v->list.len; i++)
        names[i] = schema_text_of(scope, v->list.items[i], keyword);
    return names;
}

int schema_word_of(const struct scope *scope, const struct value *v, const char *const *words,
                   const char *keyword)
{
    const char *text = schema_text_of(scope, v, keyword);
    for (int i = 0; words[i]; i++)
        if (str_eq(text, words[i]))
            return i;
    schema_refuse(scope, "%s: %s is not a word of the vocabulary", keyword, text);
}

const char *schema_type_name_of(const struct scope *scope, const struct value *v,
                                const char *keyword)
{
    const char *name = schema_text_of(scope, v, keyword);
    if (!str_starts(name, "aws_") || !map_get(&scope->loader->files, name))
        schema_refuse(scope, "%s: there is no type %s", keyword, name);
    return name;
}

static void collect_pointers(const struct scope *scope, const char *keyword, unsigned flag)
{
    const struct value *list = value_get(scope->file->json, keyword);
    if (!list)
        return;
    for (const char *const *name = schema_names_of(scope, list, keyword); *name; name++) {
        struct pointer *pointer = map_get(&scope->file->pointers, *name);
        if (!pointer) {
            pointer = arena_new_of(scope->loader->arena, struct pointer);
            map_set(&scope->file->pointers, *name, pointer);
        }
        pointer->flags |= flag;
    }
}

static void check_pointers(const struct scope *scope)
{
    const struct map *pointers = &scope->file->pointers;
    for (size_t i = 0; i < pointers->len; i++)
        if (!((const struct pointer *)pointers->entries[i].value)->used)
            schema_refuse(scope, "%s leads to no property", pointers->entries[i].key);
}

static const struct value *must_get(const struct scope *scope, const char *keyword)
{
    const struct value *v = value_get(scope->file->json, keyword);
    if (!v)
        schema_refuse(scope, "%s is missing", keyword);
    return v;
}

static bool flag_of(const struct scope *scope, const char *keyword)
{
    const struct value *v = value_get(scope->file->json, keyword);
    return v && schema_bool_of(scope, v, keyword);
}

static bool has_property(const struct schema_node *root, const char *name)
{
    for (size_t i = 0; i < root->property_len; i++)
        if (str_eq(root->properties[i].name, name))
            return true;
    return false;
}

static const char *const *identifier_of(const struct scope *scope, const struct schema_node *root)
{
    const struct value *list = must_get(scope, "primaryIdentifier");
    const char *const *pointers = schema_names_of(scope, list, "primaryIdentifier");
    const char **names =
        arena_array(scope->loader->arena, list->list.len + 1, sizeof(*names)); /* NULL at the end */
    for (size_t i = 0; pointers[i]; i++) {
        names[i] = pointers[i] + 1;
        if (pointers[i][0] != '/' || !has_property(root, names[i]))
            schema_refuse(scope, "primaryIdentifier %s leads to no property", pointers[i]);
    }
    if (!names[0])
        schema_refuse(scope, "primaryIdentifier is empty");
    return names;
}

static const char *arn_of(const struct scope *scope, const struct schema_node *root)
{
    static const char *const known[] = {"partition", "region", "account", NULL};
    const struct value *v = value_get(scope->file->json, "x-arn");
    if (!v)
        return NULL;
    const char *template = schema_text_of(scope, v, "x-arn");
    for (const char *c = strstr(template, "${"); c; c = strstr(c + 2, "${")) {
        const char *end = strchr(c, '}');
        if (!end)
            schema_refuse(scope, "x-arn: a brace is open");
        const char *name = arena_strndup(scope->loader->arena, c + 2, (size_t)(end - c) - 2);
        if (!str_is_one_of(name, known) && !has_property(root, name))
            schema_refuse(scope, "x-arn names %s, which is no property", name);
    }
    return template;
}

static void check_handlers(const struct scope *scope, const struct value *handlers)
{
    static const char *const names[] = {"create", "read", "update", "delete", "find", NULL};
    for (size_t i = 0; i < value_len(handlers); i++)
        if (!str_is_one_of(handlers->map.entries[i].key, names))
            schema_refuse(scope, "unknown handler %s", handlers->map.entries[i].key);
    for (const char *const *name = names; *name; name++) {
        const struct value *handler = value_get(handlers, *name);
        const struct value *permissions = value_get(handler, "permissions");
        if (!permissions || value_len(handler) != 1)
            schema_refuse(scope, "handler %s wants permissions", *name);
        schema_names_of(scope, permissions, "permissions");
    }
}

static bool has_sensitive(const struct schema_node *node)
{
    if (!node)
        return false;
    bool found = node->sensitive || has_sensitive(node->items) || has_sensitive(node->additional);
    for (size_t i = 0; i < node->property_len && !found; i++)
        found = has_sensitive(node->properties[i].node);
    return found;
}

static const struct schema *type_load(const struct scope *scope)
{
    static const char *const scopes[] = {"account-region", "account", "organization", NULL};
    static const char *const strategies[] = {"never", "create-then-delete", "delete-then-create",
                                             NULL};
    struct schema *schema = arena_new_of(scope->loader->arena, struct schema);
    const struct value *json = scope->file->json;
    schema->type_name = schema_text_of(scope, must_get(scope, "typeName"), "typeName");
    if (!str_eq(schema->type_name, scope->file->name))
        schema_refuse(scope, "typeName is %s, not the file's name", schema->type_name);
    schema->title = schema_text_of(scope, must_get(scope, "x-title"), "x-title");
    schema->description = schema_text_of(scope, must_get(scope, "description"), "description");
    schema->service = schema_text_of(scope, must_get(scope, "service"), "service");
    schema->scope =
        (enum schema_scope)schema_word_of(scope, must_get(scope, "scope"), scopes, "scope");
    schema->replacement = (enum replacement)schema_word_of(
        scope, must_get(scope, "replacementStrategy"), strategies, "replacementStrategy");
    const struct value *whole = value_get(json, "x-part-of");
    schema->part_of = whole ? schema_type_name_of(scope, whole, "x-part-of") : NULL;
    const struct value *rank = value_get(json, "x-rank");
    schema->rank = rank ? (int)schema_count_of(scope, rank, "x-rank") : 0;
    schema->holds_data = flag_of(scope, "x-holds-data");
    const struct value *adopt = value_get(json, "x-adopt");
    static const char *const adopts[] = {"found", NULL};
    schema->adopt = adopt != NULL;
    schema->keep_made = adopt && value_is(adopt, VALUE_BOOL);
    if (adopt && !schema->keep_made)
        schema_word_of(scope, adopt, adopts, "x-adopt");
    schema->taggable = flag_of(scope, "x-taggable");
    schema->handlers = must_get(scope, "handlers");
    check_handlers(scope, schema->handlers);

    struct schema_node *root = schema_root_load(scope, true);
    schema->root = root;
    schema->has_sensitive = has_sensitive(root);
    schema->identifier = identifier_of(scope, root);
    schema->arn = arn_of(scope, root);
    if (schema->taggable && !has_property(root, "tags"))
        schema_refuse(scope, "x-taggable without a property tags");
    check_pointers(scope);
    return schema;
}

/* "aws_kms_key.json" and "topology.schema.json" to the name of the schema. */
static const char *name_of_file(struct arena *arena, const char *file_name)
{
    struct slice rest = slice_of(file_name);
    struct slice name = slice_cut(&rest, '.');
    return arena_strndup(arena, name.ptr, name.len);
}

static void read_file(struct loader *loader, const struct embedded_file *embedded)
{
    static const char *const cases[] = {"pascal", "lower-camel", NULL};
    struct file *file = arena_new_of(loader->arena, struct file);
    file->name = name_of_file(loader->arena, embedded->name);
    map_init(&file->pointers, loader->arena);
    struct scope scope = {loader, file, ""};
    const char *why = NULL;
    struct slice text = {embedded->text, embedded->len};
    if (!json_parse(loader->arena, text, &file->json, &why))
        schema_refuse(&scope, "%s", why);
    if (!value_is(file->json, VALUE_MAP))
        schema_refuse(&scope, "a schema is a map");
    const struct value *wire_case = value_get(file->json, "x-wire-case");
    file->lower_camel = wire_case && schema_word_of(&scope, wire_case, cases, "x-wire-case") == 1;
    collect_pointers(&scope, "readOnlyProperties", FLAG_READ_ONLY);
    collect_pointers(&scope, "createOnlyProperties", FLAG_CREATE_ONLY);
    collect_pointers(&scope, "writeOnlyProperties", FLAG_WRITE_ONLY);
    collect_pointers(&scope, "x-irreversible", FLAG_IRREVERSIBLE);
    collect_pointers(&scope, "x-needed-to-delete", FLAG_NEEDED_TO_DELETE);
    map_set(&loader->files, file->name, file);
}

const struct schema_set *schema_parse(struct arena *arena, const struct embedded_file *files)
{
    struct loader loader = {.arena = arena};
    map_init(&loader.files, arena);
    map_init(&loader.shared, arena);
    for (; files->name; files++)
        read_file(&loader, files);

    struct schema_set *set = arena_new_of(arena, struct schema_set);
    map_init(&set->types, arena);
    for (size_t i = 0; i < loader.files.len; i++) {
        struct scope scope = {&loader, loader.files.entries[i].value, ""};
        if (str_eq(scope.file->name, TOPOLOGY_SCHEMA))
            set->topology = schema_root_load(&scope, false);
        else
            map_set(&set->types, scope.file->name, (void *)type_load(&scope));
    }
    return set;
}

const struct schema_set *schema_load(struct arena *arena)
{
    return schema_parse(arena, schema_files);
}
