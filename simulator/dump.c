/* Every object of a world as sorted JSON. A stable dump compares worlds that were built alike in
 * another order or at another time: times, versions and tokens are left out, and ids that the world
 * invented are replaced by a label made from what the object they name holds, so that a reference
 * to the wrong one still shows. */
#include "simulator/internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/crypto.h"
#include "engine/base/json.h"
#include "engine/base/map.h"

struct row {
    const char *kind, *account, *region, *id;
    const struct value *body;
};

struct dump {
    struct arena *arena;
    struct row *rows;
    size_t len, cap;
    struct map labels; /* invented id -> label */
};

#define UUID_LEN 36

static bool is_uuid(const char *text, size_t len)
{
    if (len < UUID_LEN)
        return false;
    for (size_t i = 0; i < UUID_LEN; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool hex = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
        if (dash ? text[i] != '-' : !hex)
            return false;
    }
    return true;
}

/* AROA..., AIDA... and the like: four capitals and at least 16 of base 32. */
static size_t unique_id_len(const char *text, size_t len)
{
    static const char *const prefixes[] = {"AROA", "AIDA", "AKIA", "ASIA", "ANPA", NULL};
    if (len < 20 || !str_is_one_of((char[]){text[0], text[1], text[2], text[3], '\0'}, prefixes))
        return 0;
    size_t end = 4;
    while (end < len &&
           ((text[end] >= 'A' && text[end] <= 'Z') || (text[end] >= '2' && text[end] <= '7')))
        end++;
    return end >= 20 ? end : 0;
}

/* p-0123456789: a policy of an organization, where no word runs into it. */
static size_t policy_id_len(const char *text, size_t len, char before)
{
    size_t end = strlen("p-");
    if (len < end + 10 || text[0] != 'p' || text[1] != '-' || isalnum((unsigned char)before))
        return 0;
    while (end < len && isxdigit((unsigned char)text[end]))
        end++;
    return end == strlen("p-") + 10 ? end : 0;
}

/* How long the id is that the world invented and that begins here; 0: there is none. */
static size_t invented_len(const char *text, size_t len, char before)
{
    size_t unique = is_uuid(text, len) ? UUID_LEN : unique_id_len(text, len);
    return unique ? unique : policy_id_len(text, len, before);
}

static const char *label_of(const struct dump *dump, const char *text, size_t len)
{
    const char *label = map_get(&dump->labels, arena_strndup(dump->arena, text, len));
    return label ? label : "<id>";
}

static const char *relabel(const struct dump *dump, struct slice text)
{
    struct strbuf sb;
    strbuf_init(&sb, dump->arena, text.len * 2 + 64);
    for (size_t i = 0; i < text.len;) {
        const char *at = text.ptr + i;
        size_t len = invented_len(at, text.len - i, i ? at[-1] : ' ');
        if (len > 0) {
            strbuf_add(&sb, label_of(dump, at, len));
            i += len;
        } else {
            strbuf_add_char(&sb, *at);
            i++;
        }
    }
    return strbuf_str(&sb);
}

/* Members that hold times, versions or tokens. */
static bool is_passing(const char *key)
{
    static const char *const names[] = {
        "CreatorRequestId", "IdempotencyToken", "ClientToken", "VersionId",
        "RevisionId",       "LastModified",     "Fresh",       NULL};
    return str_ends(key, "Date") || str_ends(key, "Time") || str_ends(key, "_ms") ||
           str_ends(key, "At") || str_is_one_of(key, names);
}

static const struct value *steady(const struct dump *dump, const struct value *v)
{
    if (value_is(v, VALUE_STRING))
        return value_string(dump->arena, relabel(dump, v->string));
    if (value_is(v, VALUE_LIST)) {
        struct list_builder list = list_begin(dump->arena);
        for (size_t i = 0; i < v->list.len; i++)
            list_add(&list, steady(dump, v->list.items[i]));
        return list_end(&list);
    }
    if (!value_is(v, VALUE_MAP))
        return v;
    struct map_builder map = map_begin(dump->arena);
    for (size_t i = 0; i < v->map.len; i++) {
        const struct value_entry *entry = &v->map.entries[i];
        if (!is_passing(entry->key))
            map_put(&map, relabel(dump, slice_of(entry->key)), steady(dump, entry->value));
    }
    return map_end(&map);
}

/* Labels for the objects whose own id was invented, from what they hold. */
static void make_labels(struct dump *dump)
{
    for (size_t i = 0; i < dump->len; i++) {
        const struct row *row = &dump->rows[i];
        const char *id = row->id;
        size_t len = 0;
        while (*id && !len) {
            len = invented_len(id, strlen(id), id > row->id ? id[-1] : ' ');
            id += len ? 0 : 1;
        }
        if (!len)
            continue;
        const char *body = json_print(dump->arena, steady(dump, row->body), JSON_SORTED);
        const char *digest = sha256_hex(dump->arena, slice_of(body));
        map_set(&dump->labels, arena_strndup(dump->arena, id, len),
                arena_printf(dump->arena, "<%s %.8s>", row->kind, digest));
    }
}

static void add_row(struct dump *dump, const struct object *object, const char *kind)
{
    dump->rows = arena_grow(dump->arena, dump->rows, dump->len, &dump->cap, dump->len + 1,
                            sizeof(*dump->rows));
    dump->rows[dump->len++] =
        (struct row){kind, object->account, object->region, object->id, object->body};
}

static const struct value *row_to_value(const struct dump *dump, const struct row *row, bool stable)
{
    struct map_builder b = map_begin(dump->arena);
    map_put_str(&b, "kind", row->kind);
    map_put_str(&b, "account_id", row->account);
    map_put_str(&b, "region", row->region);
    map_put_str(&b, "id", stable ? relabel(dump, slice_of(row->id)) : row->id);
    map_put(&b, "body", stable ? steady(dump, row->body) : row->body);
    return map_end(&b);
}

const struct value *world_dump(struct world *world, struct arena *arena, bool stable)
{
    struct dump dump = {.arena = arena};
    size_t kind_len = 0;
    const char **kinds = store_kinds(world, arena, &kind_len);
    map_init(&dump.labels, arena);
    for (size_t k = 0; k < kind_len; k++) {
        if (stable && kinds[k][0] == '~')
            continue;
        struct objects rows = store_list(world, arena, kinds[k], NULL, NULL, NULL);
        for (size_t i = 0; i < rows.len; i++)
            add_row(&dump, &rows.items[i], kinds[k]);
    }
    if (stable)
        make_labels(&dump);
    struct list_builder list = list_begin(arena);
    for (size_t i = 0; i < dump.len; i++)
        list_add(&list, row_to_value(&dump, &dump.rows[i], stable));
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "format_version", "1.0");
    map_put(&b, "objects", value_sorted(arena, list_end(&list)));
    return map_end(&b);
}
