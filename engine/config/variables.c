#include <string.h>

#include "engine/base/json.h"
#include "engine/config/lower.h"
#include "engine/config/ref.h"

#define TEXT_MAX ((size_t)1024 * 1024)
#define ENVIRONMENT_PREFIX "HOLDFAST_VAR_"

struct variables {
    struct lowering *lw;
    struct map values; /* name -> const struct value * */
};

/* Text from the command line or the environment as the declared type; NULL when it is none. */
static const struct value *typed(struct lowering *lw, const char *type, const char *text)
{
    struct arena *arena = lw->arena;
    const char *why;
    const struct value *v;
    if (str_eq(type, "string"))
        return value_string(arena, text);
    if (!json_parse(arena, slice_of(text), &v, &why))
        return NULL;
    static const struct {
        const char *type;
        enum value_kind kind, or_kind;
    } kinds[] = {{"integer", VALUE_INT, VALUE_INT},
                 {"number", VALUE_DOUBLE, VALUE_INT},
                 {"boolean", VALUE_BOOL, VALUE_BOOL},
                 {"list", VALUE_LIST, VALUE_LIST},
                 {"map", VALUE_MAP, VALUE_MAP}};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_eq(type, kinds[i].type))
            return v->kind == kinds[i].kind || v->kind == kinds[i].or_kind ? v : NULL;
    return NULL;
}

static bool has_type(const struct value *v, const char *type)
{
    if (str_eq(type, "number"))
        return value_is(v, VALUE_INT) || value_is(v, VALUE_DOUBLE);
    return v && str_eq(value_kind_name(v->kind), type);
}

static const char *from_environment(const struct lowering *lw, const char *name)
{
    const char *const *entry = lw->options->environment_variables;
    size_t prefix = strlen(ENVIRONMENT_PREFIX), len = strlen(name);
    for (; entry && *entry; entry++)
        if (str_starts(*entry, ENVIRONMENT_PREFIX) && strncmp(*entry + prefix, name, len) == 0 &&
            (*entry)[prefix + len] == '=')
            return *entry + prefix + len + 1;
    return NULL;
}

static const struct value *given(struct lowering *lw, const struct value_entry *declared,
                                 const char *type)
{
    const struct value *option = value_get(lw->options->variables, declared->key);
    const char *text = value_str(option);
    if (!option)
        text = from_environment(lw, declared->key);
    if (!text && !option)
        return NULL;
    const struct value *v = text ? typed(lw, type, text) : (has_type(option, type) ? option : NULL);
    if (!v) {
        lower_error(lw, E_VARIABLE, place_or(option, declared->key_pos), NULL,
                    "the value of variable `%s` is no %s", declared->key, type);
        return value_null();
    }
    return value_at(lw->arena, v, declared->key_pos);
}

static void declare(struct variables *vars, const struct value_entry *declared)
{
    struct lowering *lw = vars->lw;
    const char *type = value_get_str(declared->value, "type");
    if (!type)
        type = "string";
    const struct value *v = given(lw, declared, type);
    const struct value *otherwise = value_get(declared->value, "default");
    if (!v && otherwise && !has_type(otherwise, type))
        diag_hint(lw->diags,
                  lower_error(lw, E_VARIABLE, otherwise->pos, NULL,
                              "the default of variable `%s` is no %s", declared->key, type),
                  "Write a default of that type, or another `type`.");
    if (!v)
        v = otherwise;
    if (!v) {
        lower_error(lw, E_VARIABLE, declared->key_pos, NULL, "variable `%s` has no value",
                    declared->key);
        v = value_null();
    }
    map_set(&vars->values, declared->key, (void *)v);
}

static void not_declared(struct variables *vars, const char *name, struct source_pos pos)
{
    size_t len = strlen(name), limit = len < 3 ? 1 : 3;
    const char *best = NULL;
    for (size_t i = 0; i < vars->values.len; i++) {
        const char *known = vars->values.entries[i].key;
        size_t distance = str_distance(name, known, limit);
        if (distance < limit) {
            limit = distance;
            best = known;
        }
    }
    struct diag *d = lower_error(vars->lw, E_VARIABLE, pos, NULL,
                                 "the topology declares no variable `%s`", name);
    if (best)
        diag_hint(vars->lw->diags, d, "Did you mean `%s`?", best);
    else
        diag_hint(vars->lw->diags, d, "Declare it under `variables`.");
}

static const struct value *variable(struct variables *vars, const struct value *text,
                                    const struct ref_part *part)
{
    const struct value *v = map_get(&vars->values, part->attribute);
    if (!v)
        not_declared(vars, part->attribute, ref_place(vars->lw->diags, text, part->text));
    return v;
}

static void add_scalar(struct variables *vars, struct strbuf *sb, const struct value *v,
                       struct source_pos pos)
{
    if (value_is(v, VALUE_STRING))
        strbuf_add_slice(sb, v->string);
    else if (value_is(v, VALUE_LIST) || value_is(v, VALUE_MAP))
        diag_hint(vars->lw->diags,
                  lower_error(vars->lw, E_VARIABLE, pos, NULL, "a %s cannot stand inside a text",
                              value_kind_name(v->kind)),
                  "Let the expression be the whole value.");
    else if (v && !value_is(v, VALUE_NULL))
        strbuf_add(sb, json_print(vars->lw->arena, v, JSON_COMPACT));
}

/* Here every expression of the document is read once, so here those that cannot be read are
 * reported. */
static const struct value *apply_text(struct variables *vars, const struct value *v)
{
    struct lowering *lw = vars->lw;
    struct ref_part *parts;
    size_t len;
    struct strbuf sb;
    bool any = false;
    if (!ref_has_expression(v->string) || !ref_parse(lw->arena, v, NULL, &parts, &len, lw->diags))
        return v;
    strbuf_init(&sb, lw->arena, TEXT_MAX);
    for (size_t i = 0; i < len; i++) {
        if (parts[i].kind != REF_VARIABLE) {
            strbuf_add_slice(&sb, parts[i].text);
            continue;
        }
        const struct value *found = variable(vars, v, &parts[i]);
        any = true;
        if (len == 1) /* the whole text: the value keeps its type */
            return value_at(lw->arena, found ? found : value_null(), v->pos);
        add_scalar(vars, &sb, found, v->pos);
    }
    if (!any)
        return v;
    return value_at(lw->arena, value_string(lw->arena, strbuf_str(&sb)), v->pos);
}

static const struct value *apply(struct variables *vars, const struct value *v)
{
    if (value_is(v, VALUE_STRING))
        return apply_text(vars, v);
    if (value_is(v, VALUE_LIST)) {
        struct list_builder list = list_begin(vars->lw->arena);
        for (size_t i = 0; i < v->list.len; i++)
            list_add(&list, apply(vars, v->list.items[i]));
        return value_at(vars->lw->arena, list_end(&list), v->pos);
    }
    if (value_is(v, VALUE_MAP)) {
        struct map_builder map = map_begin(vars->lw->arena);
        for (size_t i = 0; i < v->map.len; i++) {
            const struct value_entry *e = &v->map.entries[i];
            map_put_at(&map, e->key, e->key_pos, apply(vars, e->value));
        }
        return value_at(vars->lw->arena, map_end(&map), v->pos);
    }
    return v;
}

static void refuse_unknown_options(struct variables *vars)
{
    const struct value *options = vars->lw->options->variables;
    for (size_t i = 0; i < value_len(options); i++)
        if (!map_get(&vars->values, options->map.entries[i].key))
            not_declared(vars, options->map.entries[i].key, options->map.entries[i].key_pos);
}

const struct value *variables_apply(struct lowering *lw, const struct value *doc)
{
    struct variables vars = {.lw = lw};
    map_init(&vars.values, lw->arena);
    const struct value *declared = value_get(doc, "variables");
    if (value_is(declared, VALUE_MAP))
        for (size_t i = 0; i < declared->map.len; i++)
            declare(&vars, &declared->map.entries[i]);
    refuse_unknown_options(&vars);
    struct map_builder map = map_begin(lw->arena);
    for (size_t i = 0; i < value_len(doc); i++) {
        const struct value_entry *e = &doc->map.entries[i];
        map_put_at(&map, e->key, e->key_pos,
                   str_eq(e->key, "variables") ? e->value : apply(&vars, e->value));
    }
    return value_at(lw->arena, map_end(&map), doc->pos);
}
