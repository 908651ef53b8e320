#include "engine/base/value.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/bug.h"

#define SECONDS_MAX 9e12 /* beyond, no time is meant, and each millisecond can be told before */
#define SORTED_FROM 16   /* maps of this size and more carry an index */
static_assert(BUILDER_FIRST < SORTED_FROM, "what stands in a builder needs no index");

static const char *const kind_names[] = {"null", "boolean", "integer",   "number", "string",
                                         "list", "map",     "reference", "text"};
static_assert(ARRAY_LEN(kind_names) == VALUE_CONCAT + 1, "one name a kind");

const char *value_kind_name(enum value_kind kind)
{
    return kind_names[kind];
}

const struct value *value_null(void)
{
    static const struct value null = {.kind = VALUE_NULL};
    return &null;
}

const struct value *value_bool(bool b)
{
    static const struct value values[2] = {{.kind = VALUE_BOOL, .boolean = false},
                                           {.kind = VALUE_BOOL, .boolean = true}};
    return &values[b ? 1 : 0];
}

static struct value *make(struct arena *arena, enum value_kind kind)
{
    struct value *v = arena_new_of(arena, struct value);
    v->kind = kind;
    return v;
}

const struct value *value_int(struct arena *arena, int64_t integer)
{
    struct value *v = make(arena, VALUE_INT);
    v->integer = integer;
    return v;
}

const struct value *value_double(struct arena *arena, double number)
{
    struct value *v = make(arena, VALUE_DOUBLE);
    v->number = number;
    return v;
}

const struct value *value_string_n(struct arena *arena, const char *text, size_t len)
{
    struct value *v = make(arena, VALUE_STRING);
    v->string = (struct slice){arena_strndup(arena, text, len), len};
    return v;
}

const struct value *value_string(struct arena *arena, const char *text)
{
    return text ? value_string_n(arena, text, strlen(text)) : value_null();
}

const struct value *value_stringf(struct arena *arena, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    BUG_ON(len < 0);
    char *text = arena_alloc(arena, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, fmt, again);
    va_end(again);
    struct value *v = make(arena, VALUE_STRING);
    v->string = (struct slice){text, (size_t)len};
    return v;
}

const struct value *value_ref(struct arena *arena, const char *address, const char *attribute)
{
    struct value *v = make(arena, VALUE_REF);
    v->ref.address = arena_strdup(arena, address);
    v->ref.attribute = arena_strdup(arena, attribute);
    return v;
}

static const struct value *sequence(struct arena *arena, enum value_kind kind,
                                    const struct value *const *items, size_t len)
{
    struct value *v = make(arena, kind);
    v->list.items = len ? arena_memdup(arena, items, len * sizeof(*items)) : NULL;
    v->list.len = len;
    return v;
}

const struct value *value_list(struct arena *arena, const struct value *const *items, size_t len)
{
    return sequence(arena, VALUE_LIST, items, len);
}

const struct value *value_concat(struct arena *arena, const struct value *const *items, size_t len)
{
    return sequence(arena, VALUE_CONCAT, items, len);
}

const struct value *value_at(struct arena *arena, const struct value *v, struct source_pos pos)
{
    struct value *copy = arena_memdup(arena, v, sizeof(*v));
    copy->pos = pos;
    return copy;
}

struct list_builder list_begin(struct arena *arena)
{
    return (struct list_builder){.arena = arena};
}

void list_add(struct list_builder *b, const struct value *v)
{
    BUG_ON(!v);
    if (!b->cap && b->len < BUILDER_FIRST) {
        b->first[b->len++] = v;
        return;
    }
    const struct value **old = b->cap ? b->grown : b->first;
    b->grown = arena_grow(b->arena, old, b->len, &b->cap, b->len + 1, sizeof(*b->grown));
    b->grown[b->len++] = v;
}

void list_add_str(struct list_builder *b, const char *text)
{
    list_add(b, value_string(b->arena, text));
}

const struct value *list_end(struct list_builder *b)
{
    struct value *v = make(b->arena, VALUE_LIST);
    v->list.items =
        b->cap || !b->len ? b->grown : arena_memdup(b->arena, b->first, b->len * sizeof(*b->first));
    v->list.len = b->len;
    return v;
}

const struct value *const *list_items(const struct list_builder *b)
{
    return b->cap ? b->grown : b->first;
}

struct map_builder map_begin(struct arena *arena)
{
    return (struct map_builder){.arena = arena};
}

struct map_builder map_begin_from(struct arena *arena, const struct value *map)
{
    struct map_builder b = map_begin(arena);
    if (!value_is(map, VALUE_MAP) || map->map.len == 0)
        return b;
    b.len = map->map.len;
    if (b.len > BUILDER_FIRST)
        b.grown = arena_grow(arena, NULL, 0, &b.cap, b.len, sizeof(*b.grown));
    memcpy(b.cap ? b.grown : b.first, map->map.entries, b.len * sizeof(*b.grown));
    return b;
}

static struct value_entry *entries_of(struct map_builder *b)
{
    return b->cap ? b->grown : b->first;
}

static struct value_entry *new_entry(struct map_builder *b)
{
    if (b->cap || b->len == BUILDER_FIRST)
        b->grown =
            arena_grow(b->arena, entries_of(b), b->len, &b->cap, b->len + 1, sizeof(*b->grown));
    return &entries_of(b)[b->len++];
}

/* Sets the value where the key stands already. Large maps find that out at the end. */
static bool set_again(struct map_builder *b, const char *key, struct source_pos key_pos,
                      const struct value *v)
{
    struct value_entry *entries = entries_of(b);
    for (size_t i = 0; i < b->len && b->len <= 64; i++)
        if (str_eq(entries[i].key, key)) {
            entries[i].value = v;
            entries[i].key_pos = key_pos;
            return true;
        }
    return false;
}

void map_put_at(struct map_builder *b, const char *key, struct source_pos key_pos,
                const struct value *v)
{
    if (v && !set_again(b, key, key_pos, v))
        *new_entry(b) = (struct value_entry){arena_strdup(b->arena, key), key_pos, v};
}

void map_share_at(struct map_builder *b, const char *key, struct source_pos key_pos,
                  const struct value *v)
{
    if (v && !set_again(b, key, key_pos, v))
        *new_entry(b) = (struct value_entry){key, key_pos, v};
}

void map_put(struct map_builder *b, const char *key, const struct value *v)
{
    map_put_at(b, key, NO_POS, v);
}

void map_put_str(struct map_builder *b, const char *key, const char *text)
{
    if (text)
        map_put(b, key, value_string(b->arena, text));
}

void map_put_int(struct map_builder *b, const char *key, int64_t integer)
{
    map_put(b, key, value_int(b->arena, integer));
}

void map_put_bool(struct map_builder *b, const char *key, bool boolean)
{
    map_put(b, key, value_bool(boolean));
}

void map_drop(struct map_builder *b, const char *key)
{
    struct value_entry *entries = entries_of(b);
    size_t kept = 0;
    for (size_t i = 0; i < b->len; i++)
        if (!str_eq(entries[i].key, key))
            entries[kept++] = entries[i];
    b->len = kept;
}

const struct value *map_so_far(const struct map_builder *b, const char *key)
{
    const struct value_entry *entries = b->cap ? b->grown : b->first;
    for (size_t i = 0; i < b->len; i++)
        if (strcmp(entries[i].key, key) == 0)
            return entries[i].value;
    return NULL;
}

static const struct value_entry *sort_entries; /* qsort() has no context argument in C17 */

static int compare_index(const void *a, const void *b)
{
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    int order = strcmp(sort_entries[i].key, sort_entries[j].key);
    return order ? order : (i < j ? -1 : i > j);
}

static uint32_t *sorted_index(struct arena *arena, const struct value_entry *entries, size_t len)
{
    uint32_t *index = arena_array(arena, len, sizeof(*index));
    for (size_t i = 0; i < len; i++)
        index[i] = (uint32_t)i;
    sort_entries = entries;
    qsort(index, len, sizeof(*index), compare_index);
    return index;
}

/* Large maps are appended to without a look at what is there: of equal keys the first keeps its
 * place and takes the value of the last. `sorted` has equal keys in order of arrival. */
static bool drop_repeated(struct map_builder *b, const uint32_t *sorted)
{
    size_t len = b->len, kept = 0;
    uint32_t first = sorted[0];
    for (size_t i = 1; i < len; i++) {
        struct value_entry *entry = &b->grown[sorted[i]];
        if (strcmp(b->grown[first].key, entry->key) != 0) {
            first = sorted[i];
            continue;
        }
        b->grown[first].value = entry->value;
        b->grown[first].key_pos = entry->key_pos;
        entry->value = NULL;
    }
    for (size_t i = 0; i < len; i++)
        if (b->grown[i].value)
            b->grown[kept++] = b->grown[i];
    b->len = kept;
    return kept < len;
}

const struct value *map_end(struct map_builder *b)
{
    struct value *v = make(b->arena, VALUE_MAP);
    uint32_t *sorted = NULL;
    if (!b->cap && b->len) {
        v->map.entries = arena_memdup(b->arena, b->first, b->len * sizeof(*b->first));
        v->map.len = b->len;
        return v;
    }
    if (b->len >= SORTED_FROM) {
        sorted = sorted_index(b->arena, b->grown, b->len);
        if (drop_repeated(b, sorted))
            sorted = sorted_index(b->arena, b->grown, b->len);
    }
    v->map.entries = b->grown;
    v->map.len = b->len;
    v->map.sorted = sorted;
    return v;
}

const struct value *value_map_text(struct arena *arena, const char *key, const char *text)
{
    struct map_builder b = map_begin(arena);
    map_put_str(&b, key, text);
    return map_end(&b);
}

const struct value *map_end_like(struct map_builder *b, const struct value *old)
{
    const struct value_entry *entries = entries_of(b);
    bool same = value_is(old, VALUE_MAP) && old->map.len == b->len;
    for (size_t i = 0; same && i < b->len; i++)
        same = entries[i].value == old->map.entries[i].value &&
               strcmp(entries[i].key, old->map.entries[i].key) == 0;
    return same ? old : map_end(b);
}

const struct value *list_end_like(struct list_builder *b, const struct value *old)
{
    bool same = value_is(old, VALUE_LIST) && old->list.len == b->len;
    for (size_t i = 0; same && i < b->len; i++)
        same = list_items(b)[i] == old->list.items[i];
    return same ? old : list_end(b);
}

const struct value_entry *value_entry_of(const struct value *map, const char *key)
{
    if (!value_is(map, VALUE_MAP))
        return NULL;
    if (!map->map.sorted) {
        for (size_t i = 0; i < map->map.len; i++)
            if (strcmp(map->map.entries[i].key, key) == 0)
                return &map->map.entries[i];
        return NULL;
    }
    size_t low = 0, high = map->map.len;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const struct value_entry *entry = &map->map.entries[map->map.sorted[mid]];
        int order = strcmp(entry->key, key);
        if (order == 0)
            return entry;
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

const struct value *value_get(const struct value *map, const char *key)
{
    const struct value_entry *entry = value_entry_of(map, key);
    return entry ? entry->value : NULL;
}

const char *value_str(const struct value *v)
{
    return value_is(v, VALUE_STRING) ? v->string.ptr : NULL;
}

const char *value_get_str(const struct value *map, const char *key)
{
    return value_str(value_get(map, key));
}

int64_t value_get_int(const struct value *map, const char *key, int64_t otherwise)
{
    const struct value *v = value_get(map, key);
    if (value_is(v, VALUE_INT))
        return v->integer;
    /* 2^63 as a double: what is beyond has no whole number */
    bool fits = value_is(v, VALUE_DOUBLE) && v->number >= -0x1p63 && v->number < 0x1p63;
    return fits ? (int64_t)v->number : otherwise;
}

bool value_get_bool(const struct value *map, const char *key, bool otherwise)
{
    const struct value *v = value_get(map, key);
    return value_is(v, VALUE_BOOL) ? v->boolean : otherwise;
}

/* llround() alone would bring all of libm into the relay's package. */
int64_t value_epoch_ms(const struct value *v)
{
    double seconds = value_is(v, VALUE_DOUBLE) ? v->number
                     : value_is(v, VALUE_INT)  ? (double)v->integer
                                               : 0;
    if (!(seconds > -SECONDS_MAX && seconds < SECONDS_MAX))
        return 0;
    double ms = seconds * 1000.0;
    return (int64_t)(ms < 0 ? ms - 0.5 : ms + 0.5);
}

size_t value_len(const struct value *v)
{
    if (value_is(v, VALUE_LIST) || value_is(v, VALUE_CONCAT))
        return v->list.len;
    return value_is(v, VALUE_MAP) ? v->map.len : 0;
}

const struct value *value_item(const struct value *list, size_t i)
{
    if (!value_is(list, VALUE_LIST) && !value_is(list, VALUE_CONCAT))
        return NULL;
    return i < list->list.len ? list->list.items[i] : NULL;
}

const struct value *value_pointer(const struct value *v, const char *pointer)
{
    struct slice rest = slice_of(pointer);
    if (rest.len > 0 && rest.ptr[0] == '/')
        rest = slice_from(rest, 1);
    while (v && rest.len > 0) {
        struct slice part = slice_cut(&rest, '/');
        if (value_is(v, VALUE_LIST)) {
            long long index = -1;
            v = parse_int64(part, &index) && index >= 0 ? value_item(v, (size_t)index) : NULL;
        } else if (value_is(v, VALUE_MAP)) {
            const struct value *found = NULL;
            for (size_t i = 0; i < v->map.len && !found; i++)
                if (slice_is(part, v->map.entries[i].key))
                    found = v->map.entries[i].value;
            v = found;
        } else {
            v = NULL;
        }
    }
    return v;
}

static int compare_int(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static double as_double(const struct value *v)
{
    return v->kind == VALUE_INT ? (double)v->integer : v->number;
}

static int compare_text(const struct slice a, const struct slice b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.ptr, b.ptr, len) : 0;
    return order ? order : compare_int((int64_t)a.len, (int64_t)b.len);
}

static int compare_maps(const struct value *a, const struct value *b)
{
    if (a->map.len != b->map.len)
        return compare_int((int64_t)a->map.len, (int64_t)b->map.len);
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    const uint32_t *ia = a->map.sorted, *ib = b->map.sorted;
    if (!ia)
        ia = sorted_index(scratch, a->map.entries, a->map.len);
    if (!ib)
        ib = sorted_index(scratch, b->map.entries, b->map.len);
    for (size_t i = 0; i < a->map.len; i++) {
        const struct value_entry *x = &a->map.entries[ia[i]], *y = &b->map.entries[ib[i]];
        int order = strcmp(x->key, y->key);
        if (!order)
            order = value_compare(x->value, y->value);
        if (order)
            return order;
    }
    return 0;
}

static bool is_number(const struct value *v)
{
    return v->kind == VALUE_INT || v->kind == VALUE_DOUBLE;
}

int value_compare(const struct value *a, const struct value *b)
{
    if (a == b)
        return 0;
    if (!a || !b)
        return a ? 1 : -1;
    if (is_number(a) && is_number(b)) {
        if (a->kind == VALUE_INT && b->kind == VALUE_INT)
            return compare_int(a->integer, b->integer);
        double x = as_double(a), y = as_double(b);
        return x < y ? -1 : x > y;
    }
    if (a->kind != b->kind)
        return compare_int(a->kind, b->kind);
    switch (a->kind) {
    case VALUE_NULL:
    case VALUE_INT:
    case VALUE_DOUBLE: return 0;
    case VALUE_BOOL: return compare_int(a->boolean, b->boolean);
    case VALUE_STRING: return compare_text(a->string, b->string);
    case VALUE_MAP: return compare_maps(a, b);
    case VALUE_REF: {
        int order = strcmp(a->ref.address, b->ref.address);
        return order ? order : strcmp(a->ref.attribute, b->ref.attribute);
    }
    case VALUE_LIST:
    case VALUE_CONCAT: break;
    }
    for (size_t i = 0; i < a->list.len && i < b->list.len; i++) {
        int order = value_compare(a->list.items[i], b->list.items[i]);
        if (order)
            return order;
    }
    return compare_int((int64_t)a->list.len, (int64_t)b->list.len);
}

static bool maps_equal(const struct value *a, const struct value *b)
{
    if (a->map.len != b->map.len)
        return false;
    for (size_t i = 0; i < a->map.len; i++) {
        const struct value *other = value_get(b, a->map.entries[i].key);
        if (!other || !value_equal(a->map.entries[i].value, other))
            return false;
    }
    return true;
}

bool value_equal(const struct value *a, const struct value *b)
{
    if (value_is(a, VALUE_MAP) && value_is(b, VALUE_MAP))
        return maps_equal(a, b);
    if (value_is(a, VALUE_LIST) && value_is(b, VALUE_LIST)) {
        if (a->list.len != b->list.len)
            return false;
        for (size_t i = 0; i < a->list.len; i++)
            if (!value_equal(a->list.items[i], b->list.items[i]))
                return false;
        return true;
    }
    return value_compare(a, b) == 0;
}

bool value_has_unknown(const struct value *v)
{
    if (!v)
        return false;
    if (v->kind == VALUE_REF || v->kind == VALUE_CONCAT)
        return true;
    for (size_t i = 0; i < value_len(v); i++)
        if (value_has_unknown(v->kind == VALUE_MAP ? v->map.entries[i].value : v->list.items[i]))
            return true;
    return false;
}

const struct value *value_copy(struct arena *arena, const struct value *v)
{
    if (!v)
        return NULL;
    struct value *copy = arena_memdup(arena, v, sizeof(*v));
    switch (v->kind) {
    case VALUE_NULL:
    case VALUE_BOOL:
    case VALUE_INT:
    case VALUE_DOUBLE: break;
    case VALUE_STRING: copy->string.ptr = arena_strndup(arena, v->string.ptr, v->string.len); break;
    case VALUE_REF:
        copy->ref.address = arena_strdup(arena, v->ref.address);
        copy->ref.attribute = arena_strdup(arena, v->ref.attribute);
        break;
    case VALUE_LIST:
    case VALUE_CONCAT: {
        const struct value **items = arena_array(arena, v->list.len, sizeof(*items));
        for (size_t i = 0; i < v->list.len; i++)
            items[i] = value_copy(arena, v->list.items[i]);
        copy->list.items = items;
        break;
    }
    case VALUE_MAP: {
        struct value_entry *entries = arena_array(arena, v->map.len, sizeof(*entries));
        for (size_t i = 0; i < v->map.len; i++) {
            entries[i] = v->map.entries[i];
            entries[i].key = arena_strdup(arena, entries[i].key);
            entries[i].value = value_copy(arena, entries[i].value);
        }
        copy->map.entries = entries;
        if (v->map.sorted)
            copy->map.sorted =
                arena_memdup(arena, v->map.sorted, v->map.len * sizeof(*v->map.sorted));
        break;
    }
    }
    return copy;
}

const struct value *value_with(struct arena *arena, const struct value *map, const char *key,
                               const struct value *v)
{
    struct map_builder b = map_begin_from(arena, map);
    map_put(&b, key, v);
    return map_end(&b);
}

const struct value *value_without(struct arena *arena, const struct value *map, const char *key)
{
    struct map_builder b = map_begin_from(arena, map);
    map_drop(&b, key);
    return map_end(&b);
}

static int compare_items(const void *a, const void *b)
{
    return value_compare(*(const struct value *const *)a, *(const struct value *const *)b);
}

const struct value *value_sorted(struct arena *arena, const struct value *list)
{
    if (!value_is(list, VALUE_LIST) || list->list.len < 2)
        return list;
    struct value *copy = arena_memdup(arena, list, sizeof(*list));
    const struct value **items =
        arena_memdup(arena, list->list.items, list->list.len * sizeof(*items));
    qsort(items, list->list.len, sizeof(*items), compare_items);
    copy->list.items = items;
    return copy;
}

static const struct value *resolve_concat(struct arena *arena, const struct value *v,
                                          value_lookup_fn *lookup, void *ctx)
{
    const struct value **items = arena_array(arena, v->list.len, sizeof(*items));
    bool known = true;
    size_t len = 0;
    for (size_t i = 0; i < v->list.len; i++) {
        items[i] = value_resolve(arena, v->list.items[i], lookup, ctx);
        known = known && items[i]->kind == VALUE_STRING;
        len += known ? items[i]->string.len : 0;
    }
    struct value *resolved = make(arena, known ? VALUE_STRING : VALUE_CONCAT);
    resolved->pos = v->pos;
    if (!known) {
        resolved->list.items = items;
        resolved->list.len = v->list.len;
        return resolved;
    }
    char *text = arena_alloc(arena, len + 1);
    size_t used = 0;
    for (size_t i = 0; i < v->list.len; i++) {
        memcpy(text + used, items[i]->string.ptr, items[i]->string.len);
        used += items[i]->string.len;
    }
    resolved->string = (struct slice){text, len};
    return resolved;
}

const struct value *value_resolve(struct arena *arena, const struct value *v,
                                  value_lookup_fn *lookup, void *ctx)
{
    if (!value_has_unknown(v))
        return v;
    if (v->kind == VALUE_CONCAT)
        return resolve_concat(arena, v, lookup, ctx);
    if (v->kind == VALUE_REF) {
        const struct value *found = lookup(ctx, v->ref.address, v->ref.attribute);
        if (!found || found->kind == VALUE_NULL)
            return v;
        return v->pos.file ? value_at(arena, found, v->pos) : found;
    }
    struct value *copy = arena_memdup(arena, v, sizeof(*v));
    if (v->kind == VALUE_LIST) {
        const struct value **items = arena_array(arena, v->list.len, sizeof(*items));
        for (size_t i = 0; i < v->list.len; i++)
            items[i] = value_resolve(arena, v->list.items[i], lookup, ctx);
        copy->list.items = items;
        return copy;
    }
    struct value_entry *entries =
        arena_memdup(arena, v->map.entries, v->map.len * sizeof(*entries));
    for (size_t i = 0; i < v->map.len; i++)
        entries[i].value = value_resolve(arena, entries[i].value, lookup, ctx);
    copy->map.entries = entries;
    return copy;
}
