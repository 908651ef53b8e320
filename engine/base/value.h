#pragma once
/* The one data type of the pipeline: an immutable typed tree.
 *
 * A parsed YAML document, a JSON answer, the desired and the observed properties of a resource are
 * all values. They are never changed after construction, so subtrees are shared freely inside the
 * arena that owns them; crossing into a longer-lived arena is an explicit value_copy().
 *
 * Unknowns exist in two kinds only, both resolved by the executor just before a call is built:
 *   VALUE_REF     an attribute of another resource that AWS invents ("keys.final", "arn")
 *   VALUE_CONCAT  text with such references inside it (list.items, strings and refs)
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/slice.h"

/* Where a value came from. file indexes the source table (diag.h); file 0 = no place. 1-based. */
struct source_pos {
    uint32_t file, line, col;
};
#define NO_POS ((struct source_pos){0, 0, 0})

enum value_kind {
    VALUE_NULL,
    VALUE_BOOL,
    VALUE_INT,
    VALUE_DOUBLE,
    VALUE_STRING,
    VALUE_LIST,
    VALUE_MAP,
    VALUE_REF,
    VALUE_CONCAT,
};

struct value;

struct value_entry {
    const char *key;
    struct source_pos key_pos;
    const struct value *value;
};

struct value {
    enum value_kind kind;
    struct source_pos pos;
    union {
        bool boolean;
        int64_t integer;
        double number;
        struct slice string; /* terminated as well: string.ptr is a C string */
        struct {
            const struct value *const *items;
            size_t len;
        } list; /* VALUE_LIST and VALUE_CONCAT */
        struct {
            const struct value_entry *entries; /* in insertion order */
            size_t len;
            const uint32_t *sorted; /* indexes by key, only in large maps */
        } map;
        struct {
            const char *address, *attribute;
        } ref;
    };
};

/* "null", "boolean", "integer", "number", "string", "list", "map", "reference", "text": for
 * messages. */
const char *value_kind_name(enum value_kind kind);

const struct value *value_null(void);
const struct value *value_bool(bool b);
const struct value *value_int(struct arena *arena, int64_t integer);
const struct value *value_double(struct arena *arena, double number);
const struct value *value_string(struct arena *arena, const char *text); /* copies; NULL: null */
const struct value *value_string_n(struct arena *arena, const char *text, size_t len);
const struct value *value_stringf(struct arena *arena, const char *fmt, ...) PRINTF_LIKE(2, 3);
const struct value *value_ref(struct arena *arena, const char *address, const char *attribute);
const struct value *value_list(struct arena *arena, const struct value *const *items, size_t len);
const struct value *value_concat(struct arena *arena, const struct value *const *items, size_t len);
const struct value *value_at(struct arena *arena, const struct value *v, struct source_pos pos);

/* Builders: begin on the stack, add, end. A key set twice keeps its place and takes the new value.
 * The first few stand in the builder itself, so that the arena gets an array of the right size:
 * most maps and lists are small. */
#define BUILDER_FIRST 8
struct list_builder {
    struct arena *arena;
    const struct value **grown; /* when there are more: then cap is not 0 */
    size_t len, cap;
    const struct value *first[BUILDER_FIRST];
};
struct map_builder {
    struct arena *arena;
    struct value_entry *grown;
    size_t len, cap;
    struct value_entry first[BUILDER_FIRST];
};
struct list_builder list_begin(struct arena *arena);
void list_add(struct list_builder *b, const struct value *v);
void list_add_str(struct list_builder *b, const char *text);
const struct value *list_end(struct list_builder *b);
/* What stands in it so far: valid until the next list_add(). */
const struct value *const *list_items(const struct list_builder *b);

struct map_builder map_begin(struct arena *arena);
struct map_builder map_begin_from(struct arena *arena, const struct value *map); /* NULL: empty */
void map_put(struct map_builder *b, const char *key,
             const struct value *v); /* key is copied; v NULL: no-op */
void map_put_at(struct map_builder *b, const char *key, struct source_pos key_pos,
                const struct value *v);
/* The same, but the key is not copied: it must outlive the value. */
void map_share_at(struct map_builder *b, const char *key, struct source_pos key_pos,
                  const struct value *v);
void map_put_str(struct map_builder *b, const char *key, const char *text); /* NULL text: no-op */
void map_put_int(struct map_builder *b, const char *key, int64_t integer);
void map_put_bool(struct map_builder *b, const char *key, bool boolean);
void map_drop(struct map_builder *b, const char *key);
const struct value *map_so_far(const struct map_builder *b, const char *key); /* or NULL */
const struct value *map_end(struct map_builder *b);
/* {key: text}; {} when the text is NULL */
const struct value *value_map_text(struct arena *arena, const char *key, const char *text);
/* For builders that rebuild `old` and mostly change nothing: `old` itself where the same values
 * (the same pointers) stand in the same order, under equal keys. */
const struct value *map_end_like(struct map_builder *b, const struct value *old);
const struct value *list_end_like(struct list_builder *b, const struct value *old);

/* Reading. All accept NULL and values of another kind, and answer with NULL or the given default.
 */
const struct value *value_get(const struct value *map, const char *key);
const struct value_entry *value_entry_of(const struct value *map, const char *key);
const char *value_str(const struct value *v); /* a string's text or NULL */
const char *value_get_str(const struct value *map, const char *key);
int64_t value_get_int(const struct value *map, const char *key, int64_t otherwise);
bool value_get_bool(const struct value *map, const char *key, bool otherwise);
/* Seconds since the Unix epoch, whole or with a fraction, as AWS's JSON has times; 0: it is none.
 */
int64_t value_epoch_ms(const struct value *v);
size_t value_len(const struct value *v); /* items or entries; else 0 */
const struct value *value_item(const struct value *list, size_t i);
/* Follows a JSON pointer ("/rules/0/lifecycle"); "" is the value itself. NULL when it leads
 * nowhere. */
const struct value *value_pointer(const struct value *v, const char *pointer);

/* In the header, so that compilers and checkers see that it answers for NULL, too. */
static inline bool value_is(const struct value *v, enum value_kind kind)
{
    return v && v->kind == kind;
}
/* Deep equality; maps compare without regard to order, 1 equals 1.0, places are ignored. */
bool value_equal(const struct value *a, const struct value *b);
/* A total order for sorting sets: by kind, then content (maps by sorted keys). */
int value_compare(const struct value *a, const struct value *b);
bool value_has_unknown(const struct value *v); /* a VALUE_REF or VALUE_CONCAT anywhere inside */

const struct value *value_copy(struct arena *arena,
                               const struct value *v); /* deep, NULL stays NULL */
const struct value *value_with(struct arena *arena, const struct value *map, const char *key,
                               const struct value *v); /* a map with one entry set */
const struct value *value_without(struct arena *arena, const struct value *map, const char *key);
/* The same list in value_compare() order; duplicates stay. */
const struct value *value_sorted(struct arena *arena, const struct value *list);

/* Replaces every VALUE_REF for which `lookup` has an answer; a VALUE_CONCAT whose parts are all
 * known becomes one string. What is not known stays as it is; without unknowns `v` itself is
 * returned. */
typedef const struct value *value_lookup_fn(void *ctx, const char *address, const char *attribute);
const struct value *value_resolve(struct arena *arena, const struct value *v,
                                  value_lookup_fn *lookup, void *ctx);
