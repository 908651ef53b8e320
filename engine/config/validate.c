#include "engine/config/validate.h"

#include <string.h>

#include "engine/base/json.h"
#include "engine/base/strbuf.h"
#include "engine/config/pattern.h"
#include "engine/config/ref.h"
#include "engine/config/rules.h"

#define SHOWN_MAX 80   /* bytes of a value in a message */
#define LISTED_MAX 600 /* bytes of a list of known words */

struct checker {
    struct arena *arena;
    struct diags *diags;
    bool is_topology;
};

/* Where a value stands. */
struct spot {
    const char *name; /* the key that holds it; of an item that of the list; or NULL */
    struct source_pos key_pos, pos;
    const char *address;
    unsigned depth;
};

static void check(const struct checker *c, const struct schema_node *node, const struct value *v,
                  const struct spot *spot);

static struct diag *error_at(const struct checker *c, enum diag_code code, struct source_pos pos,
                             const struct spot *spot, const char *message)
{
    return diag_error(c->diags, code, pos, spot->address, "%s", message);
}

static const char *name_of(const struct checker *c, const struct spot *spot)
{
    if (spot->name)
        return arena_printf(c->arena, "`%s`", spot->name);
    return c->is_topology ? "the topology" : "the resource";
}

static struct source_pos pos_or(struct source_pos pos, struct source_pos otherwise)
{
    return pos.file ? pos : otherwise;
}

/* ---- words for messages ---- */

static const struct {
    unsigned type;
    const char *name;
} type_names[] = {{SCHEMA_STRING, "a string"}, {SCHEMA_INTEGER, "an integer"},
                  {SCHEMA_NUMBER, "a number"}, {SCHEMA_BOOLEAN, "true or false"},
                  {SCHEMA_ARRAY, "a list"},    {SCHEMA_OBJECT, "a map"},
                  {SCHEMA_NULL, "null"}};

static const char *wanted_types(struct arena *arena, unsigned types)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, 256);
    for (size_t i = 0; i < ARRAY_LEN(type_names); i++)
        if (types & type_names[i].type) {
            types &= ~type_names[i].type;
            strbuf_addf(&sb, "%s%s", sb.len == 0 ? "" : types ? ", " : " or ", type_names[i].name);
        }
    return strbuf_str(&sb);
}

static const char *article(enum value_kind kind)
{
    return kind == VALUE_INT ? "an " : kind == VALUE_NULL ? "" : "a ";
}

static const char *shown(struct arena *arena, const struct schema_node *node, const struct value *v)
{
    if (node->sensitive)
        return "(sensitive)";
    const char *text =
        value_is(v, VALUE_STRING) ? v->string.ptr : json_print(arena, v, JSON_COMPACT);
    return strlen(text) <= SHOWN_MAX ? text : arena_printf(arena, "%.*s...", SHOWN_MAX, text);
}

/* The known word that was probably meant, or NULL. */
struct guess {
    const char *word, *best;
    size_t distance;
};

static struct guess guess_begin(const char *word)
{
    size_t len = strlen(word);
    return (struct guess){word, NULL, len < 4 ? 2 : len < 8 ? 3 : 4};
}

static void guess_try(struct guess *guess, const char *known)
{
    size_t distance = str_distance(guess->word, known, guess->distance);
    if (distance < guess->distance) {
        guess->distance = distance;
        guess->best = known;
    }
}

/* ---- scalars ---- */

static unsigned types_of(const struct value *v)
{
    switch (v->kind) {
    case VALUE_NULL: return SCHEMA_NULL;
    case VALUE_BOOL: return SCHEMA_BOOLEAN;
    case VALUE_INT: return SCHEMA_INTEGER | SCHEMA_NUMBER;
    case VALUE_DOUBLE: return SCHEMA_NUMBER;
    case VALUE_LIST: return SCHEMA_ARRAY;
    case VALUE_MAP: return SCHEMA_OBJECT;
    case VALUE_STRING:
    case VALUE_REF:
    case VALUE_CONCAT: return SCHEMA_STRING;
    }
    return 0;
}

static bool is_reference_to_all(const struct schema_node *node, const struct value *v)
{
    return node->items && node->items->ref && value_is(v, VALUE_STRING) &&
           strstr(v->string.ptr, "[*]");
}

/* What to write in place of text that should have been something else; NULL: nothing better is
 * known than the type's name. */
static const char *instead_of_text(unsigned types, const char *text)
{
    static const char *const yaml_1_1[] = {"yes", "no",  "on",  "off", "Yes", "No",
                                           "On",  "Off", "YES", "NO",  "ON",  "OFF",
                                           "y",   "n",   "Y",   "N",   NULL};
    static const char *const words[] = {"true", "false", NULL};
    if (types & SCHEMA_BOOLEAN && str_is_one_of(text, yaml_1_1))
        return "Write true or false; YAML 1.2 knows no other words for them.";
    bool number = types & (SCHEMA_INTEGER | SCHEMA_NUMBER) && *text &&
                  text[strspn(text, "+-.0123456789eE")] == '\0';
    return number || (types & SCHEMA_BOOLEAN && str_is_one_of(text, words))
               ? "Write it without quotes."
               : NULL;
}

static bool check_type(const struct checker *c, const struct schema_node *node,
                       const struct value *v, const struct spot *spot)
{
    if (node->types == 0 || node->types & types_of(v) || is_reference_to_all(node, v))
        return true;
    struct arena *arena = c->arena;
    struct diag *diag = error_at(c, E_WRONG_TYPE, spot->pos, spot,
                                 arena_printf(arena, "%s must be %s, not %s%s", name_of(c, spot),
                                              wanted_types(arena, node->types), article(v->kind),
                                              value_kind_name(v->kind)));
    if (value_is(v, VALUE_STRING))
        diag->span = (unsigned)v->string.len;
    if (value_is(v, VALUE_NULL))
        diag_hint(c->diags, diag, "Give it a value, or remove the key.");
    else if (node->types & SCHEMA_STRING && v->kind < VALUE_STRING)
        diag_hint(c->diags, diag, "Write it in quotes.");
    else if (value_is(v, VALUE_STRING) && instead_of_text(node->types, v->string.ptr))
        diag_hint(c->diags, diag, "%s", instead_of_text(node->types, v->string.ptr));
    return false;
}

static struct diag *bad_value(const struct checker *c, const struct schema_node *node,
                              const struct value *v, const struct spot *spot, const char *why)
{
    struct diag *diag = error_at(
        c, E_BAD_VALUE, spot->pos, spot,
        arena_printf(c->arena, "%s %s %s", name_of(c, spot), shown(c->arena, node, v), why));
    if (value_is(v, VALUE_STRING))
        diag->span = (unsigned)v->string.len;
    return diag;
}

static const char *words_of(const struct checker *c, const struct schema_node *node)
{
    struct strbuf sb;
    strbuf_init(&sb, c->arena, LISTED_MAX);
    for (size_t i = 0; i < value_len(node->enumeration); i++) {
        const char *word = shown(c->arena, node, value_item(node->enumeration, i));
        if (sb.len + strlen(word) + strlen(", , ...") > LISTED_MAX) {
            strbuf_add(&sb, ", ...");
            break;
        }
        strbuf_addf(&sb, "%s%s", i ? ", " : "", word);
    }
    return strbuf_str(&sb);
}

static void check_enum(const struct checker *c, const struct schema_node *node,
                       const struct value *v, const struct spot *spot)
{
    struct guess guess = guess_begin(value_is(v, VALUE_STRING) ? v->string.ptr : "");
    for (size_t i = 0; i < value_len(node->enumeration); i++) {
        const struct value *known = value_item(node->enumeration, i);
        if (value_equal(known, v))
            return;
        if (value_is(known, VALUE_STRING) && value_is(v, VALUE_STRING))
            guess_try(&guess, known->string.ptr);
    }
    struct diag *diag =
        bad_value(c, node, v, spot, arena_printf(c->arena, "is not one of: %s", words_of(c, node)));
    if (guess.best)
        diag_hint(c->diags, diag, "Did you mean `%s`?", guess.best);
}

static size_t characters(struct slice text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
    return count;
}

static void check_text(const struct checker *c, const struct schema_node *node,
                       const struct value *v, const struct spot *spot)
{
    size_t len = characters(v->string);
    if (len < node->min_length)
        bad_value(c, node, v, spot,
                  arena_printf(c->arena, "is shorter than %zu characters", node->min_length));
    if (node->max_length && len > node->max_length)
        bad_value(c, node, v, spot,
                  arena_printf(c->arena, "is longer than %zu characters", node->max_length));
    if (node->regex && !pattern_matches(node->regex, v->string.ptr)) {
        struct diag *diag = bad_value(c, node, v, spot, "has a form that is not allowed here");
        diag_hint(c->diags, diag, "It must match %s", node->pattern);
    }
}

static void check_number(const struct checker *c, const struct schema_node *node,
                         const struct value *v, const struct spot *spot)
{
    double number = value_is(v, VALUE_INT) ? (double)v->integer : v->number;
    if (node->has_minimum && number < node->minimum)
        bad_value(c, node, v, spot, arena_printf(c->arena, "is less than %g", node->minimum));
    if (node->has_maximum && number > node->maximum)
        bad_value(c, node, v, spot, arena_printf(c->arena, "is more than %.15g", node->maximum));
}

/* A text that names something else is no value yet. */
static bool is_stand_in(const struct schema_node *node, const struct value *v)
{
    return (node->ref && !strchr(node->ref, '/')) || ref_has_expression(v->string);
}

/* ---- lists and maps ---- */

static void check_unique(const struct checker *c, const struct value *v, const struct spot *spot)
{
    const struct value *sorted = value_sorted(c->arena, v);
    for (size_t i = 1; i < sorted->list.len; i++) {
        const struct value *a = sorted->list.items[i - 1], *b = sorted->list.items[i];
        if (!value_equal(a, b) || value_has_unknown(a))
            continue;
        if (a->pos.line > b->pos.line || (a->pos.line == b->pos.line && a->pos.col > b->pos.col))
            b = a; /* the one further down is the one too many */
        error_at(c, E_BAD_VALUE, pos_or(b->pos, spot->pos), spot,
                 arena_printf(c->arena, "%s holds the same item twice", name_of(c, spot)));
    }
}

static void check_list(const struct checker *c, const struct schema_node *node,
                       const struct value *v, const struct spot *spot)
{
    if (v->list.len < node->min_items || (node->max_items && v->list.len > node->max_items))
        error_at(c, E_BAD_VALUE, spot->pos, spot,
                 arena_printf(c->arena, "%s has %zu items, and must have at %s %zu",
                              name_of(c, spot), v->list.len,
                              v->list.len < node->min_items ? "least" : "most",
                              v->list.len < node->min_items ? node->min_items : node->max_items));
    if (node->unique_items)
        check_unique(c, v, spot);
    for (size_t i = 0; node->items && i < v->list.len; i++) {
        const struct value *item = v->list.items[i];
        struct spot below = *spot;
        below.pos = below.key_pos = pos_or(item->pos, spot->pos);
        below.depth++;
        check(c, node->items, item, &below);
    }
}

static void unknown_key(const struct checker *c, const struct schema_node *node,
                        const struct value_entry *entry, const struct spot *spot)
{
    struct strbuf sb;
    strbuf_init(&sb, c->arena, LISTED_MAX);
    struct guess guess = guess_begin(entry->key);
    for (size_t i = 0; i < node->property_len; i++) {
        if (node->properties[i].node->read_only)
            continue;
        guess_try(&guess, node->properties[i].name);
        strbuf_addf(&sb, "%s%s", sb.len ? ", " : "", node->properties[i].name);
    }
    struct diag *diag =
        error_at(c, E_UNKNOWN_KEY, pos_or(entry->key_pos, spot->pos), spot,
                 arena_printf(c->arena, "the key `%s` is not known here", entry->key));
    diag->span = (unsigned)strlen(entry->key);
    if (str_eq(entry->key, "<<"))
        diag_hint(c->diags, diag, "YAML 1.2 has no merge keys: write the keys out.");
    else if (guess.best)
        diag_hint(c->diags, diag, "Did you mean `%s`?", guess.best);
    else if (sb.len && !sb.overflowed)
        diag_hint(c->diags, diag, "Known here: %s.", strbuf_str(&sb));
}

static const struct schema_property *property_of(const struct schema_node *node, const char *key)
{
    for (size_t i = 0; i < node->property_len; i++)
        if (str_eq(node->properties[i].name, key))
            return &node->properties[i];
    return NULL;
}

static void check_entry(const struct checker *c, const struct schema_node *node,
                        const struct value_entry *entry, const struct spot *spot)
{
    const struct schema_property *property = property_of(node, entry->key);
    struct spot below = {
        .name = entry->key,
        .key_pos = pos_or(entry->key_pos, spot->key_pos),
        .address = spot->address,
        .depth = spot->depth + 1,
    };
    below.pos = pos_or(entry->value->pos, pos_or(entry->key_pos, spot->pos));
    if (!property && !node->additional) {
        unknown_key(c, node, entry, spot);
    } else if (property && property->node->read_only) {
        struct diag *diag = error_at(c, E_READ_ONLY, below.key_pos, spot,
                                     arena_printf(c->arena, "`%s` is set by AWS", entry->key));
        diag->span = (unsigned)strlen(entry->key);
    } else if (property) {
        check(c, property->node, entry->value, &below);
    } else {
        if (c->is_topology && spot->depth == 1 && spot->name)
            below.address = arena_printf(c->arena, "%s.%s", spot->name, entry->key);
        check(c, node->additional, entry->value, &below);
    }
}

static void check_map(const struct checker *c, const struct schema_node *node,
                      const struct value *v, const struct spot *spot)
{
    if (node->property_len == 0 && !node->additional)
        return;
    for (size_t i = 0; i < v->map.len; i++)
        check_entry(c, node, &v->map.entries[i], spot);
    for (size_t i = 0; i < node->property_len; i++) {
        const struct schema_property *property = &node->properties[i];
        if (!property->required || value_get(v, property->name))
            continue;
        struct diag *diag = error_at(
            c, E_MISSING_KEY, pos_or(spot->key_pos, spot->pos), spot,
            arena_printf(c->arena, "%s lacks the key `%s`", name_of(c, spot), property->name));
        if (spot->name && spot->key_pos.file)
            diag->span = (unsigned)strlen(spot->name);
        if (property->node->description)
            diag_hint(c->diags, diag, "Add it: %s", property->node->description);
    }
}

static void check(const struct checker *c, const struct schema_node *node, const struct value *v,
                  const struct spot *spot)
{
    size_t errors = c->diags->errors;
    if (!check_type(c, node, v, spot) || value_is(v, VALUE_NULL))
        return;
    switch (v->kind) {
    case VALUE_STRING:
        if (is_stand_in(node, v) || !(node->types == 0 || node->types & SCHEMA_STRING))
            return;
        if (node->enumeration)
            check_enum(c, node, v, spot);
        check_text(c, node, v, spot);
        break;
    case VALUE_INT:
    case VALUE_DOUBLE:
        if (node->enumeration)
            check_enum(c, node, v, spot);
        check_number(c, node, v, spot);
        break;
    case VALUE_LIST: check_list(c, node, v, spot); break;
    case VALUE_MAP: check_map(c, node, v, spot); break;
    case VALUE_NULL:
    case VALUE_BOOL:
    case VALUE_REF:
    case VALUE_CONCAT: break;
    }
    if (c->diags->errors == errors) /* a rule reads what the schema has passed */
        (void)rules_check(c->arena, node, v, spot->pos, spot->address, c->diags);
}

bool schema_validate(struct arena *arena, const struct schema_node *node, const struct value *v,
                     const char *address, struct diags *diags)
{
    size_t errors = diags->errors;
    struct checker c = {arena, diags, address == NULL};
    struct spot spot = {.pos = v->pos, .address = address};
    check(&c, node, v, &spot);
    return diags->errors == errors;
}
