#include "engine/config/ref.h"

#include <string.h>

#include "engine/base/strbuf.h"

#define ADDRESS_MAX 1024

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_name_char(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static bool is_member_char(char c)
{
    return is_name_char(c) || c == ',' || c == '*';
}

/* Takes the longest run of allowed characters from the front; the rest is what follows. */
static struct slice take(struct slice *rest, bool (*allowed)(char))
{
    size_t len = 0;
    while (len < rest->len && allowed(rest->ptr[len]))
        len++;
    struct slice taken = {rest->ptr, len};
    *rest = slice_from(*rest, len);
    return taken;
}

static const char *text_of(struct arena *arena, struct slice s)
{
    return arena_strndup(arena, s.ptr, s.len);
}

static bool take_char(struct slice *rest, char c)
{
    if (rest->len == 0 || rest->ptr[0] != c)
        return false;
    *rest = slice_from(*rest, 1);
    return true;
}

static bool is_entry_name(struct slice s)
{
    return s.len > 0 && is_letter(s.ptr[0]);
}

/* name, [member], /part: what stands between the section and the attribute. Of a part with a dot
 * (selections.rds) the dot belongs to the part as long as another one follows for the attribute. */
static bool take_name(struct arena *arena, struct slice *rest, bool attribute_follows,
                      struct ref_name *ret)
{
    struct slice name = take(rest, is_name_char);
    if (!is_entry_name(name))
        return false;
    ret->name = text_of(arena, name);
    if (take_char(rest, '[')) {
        struct slice member = take(rest, is_member_char);
        if (member.len == 0 || !take_char(rest, ']'))
            return false;
        ret->member = text_of(arena, member);
        ret->all = slice_is(member, "*");
        if (!ret->all && memchr(member.ptr, '*', member.len))
            return false;
    }
    if (!take_char(rest, '/'))
        return true;
    struct slice part = *rest;
    if (attribute_follows) {
        const char *dot = part.len ? memrchr(part.ptr, '.', part.len) : NULL;
        part.len = dot ? (size_t)(dot - part.ptr) : 0;
    }
    for (size_t i = 0; i < part.len; i++)
        if (!is_member_char(part.ptr[i]) && !strchr(".[]", part.ptr[i]))
            return false;
    ret->part = text_of(arena, part);
    *rest = slice_from(*rest, part.len);
    return part.len > 0;
}

bool ref_parse_name(struct arena *arena, struct slice text, struct ref_name *ret)
{
    struct ref_name name = {0};
    struct slice rest = text;
    struct slice first = take(&rest, is_name_char);
    if (take_char(&rest, '.'))
        name.section = text_of(arena, first);
    else
        rest = text;
    if ((name.section && !is_entry_name(first)) || !take_name(arena, &rest, false, &name) ||
        rest.len > 0)
        return false;
    *ret = name;
    return true;
}

const char *ref_name_text(struct arena *arena, const struct ref_name *name)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, ADDRESS_MAX);
    if (name->section)
        strbuf_addf(&sb, "%s.", name->section);
    strbuf_add(&sb, name->name);
    if (name->member)
        strbuf_addf(&sb, "[%s]", name->member);
    if (name->part)
        strbuf_addf(&sb, "/%s", name->part);
    return strbuf_str(&sb);
}

/* The one attribute of a word such as account, when it is one of those that exist. */
static const char *why_not_word(struct arena *arena, struct slice rest, const char *const *known,
                                const char **ret_attribute)
{
    *ret_attribute = text_of(arena, rest);
    return str_is_one_of(*ret_attribute, known) ? NULL : "there is no such word";
}

static const char *parse_entry(struct arena *arena, struct slice section, struct slice rest,
                               struct ref_part *part)
{
    part->kind = REF_ENTRY;
    part->entry.section = text_of(arena, section);
    if (!take_name(arena, &rest, true, &part->entry))
        return "the name of an entry cannot be read";
    if (!take_char(&rest, '.') || rest.len == 0)
        return "an attribute is missing, as in ${section.name.arn}";
    struct slice attribute = take(&rest, is_name_char);
    if (rest.len > 0 || !is_entry_name(attribute))
        return "the attribute cannot be read";
    part->attribute = text_of(arena, attribute);
    return NULL;
}

/* The inside of ${...}; NULL, or why it cannot be read. */
static const char *parse_expression(struct arena *arena, struct slice inside, struct ref_part *part)
{
    static const char *const account[] = {"id", "name", NULL}, *const region[] = {"name", NULL};
    struct slice rest = slice_trim(inside);
    struct slice first = take(&rest, is_name_char);
    if (first.len == 0)
        return "a name is missing";
    if (!take_char(&rest, '.'))
        return "a dot is missing, as in ${section.name.arn}";
    if (slice_is(first, "account")) {
        part->kind = REF_ACCOUNT;
        return why_not_word(arena, rest, account, &part->attribute);
    }
    if (slice_is(first, "region")) {
        part->kind = REF_REGION;
        return why_not_word(arena, rest, region, &part->attribute);
    }
    if (!slice_is(first, "variables"))
        return parse_entry(arena, first, rest, part);
    part->kind = REF_VARIABLE;
    struct slice name = take(&rest, is_name_char);
    part->attribute = text_of(arena, name);
    return is_entry_name(name) && rest.len == 0 ? NULL : "the name of a variable cannot be read";
}

/* Finds the next expression that is ours from `start` on. The slice has no end ('}') where `closed`
 * is false. */
static bool find_expression(struct slice text, size_t start, struct slice *ret, bool *closed)
{
    for (size_t i = start; i + 1 < text.len; i++) {
        if (text.ptr[i] != '$' || text.ptr[i + 1] != '{')
            continue;
        struct slice rest = slice_from(text, i);
        const char *end = memchr(rest.ptr, '}', rest.len);
        size_t len = end ? (size_t)(end - rest.ptr) + 1 : rest.len;
        if (end && memchr(rest.ptr, ':', len))
            continue; /* IAM's own */
        *ret = (struct slice){rest.ptr, len};
        *closed = end != NULL;
        return true;
    }
    return false;
}

bool ref_has_expression(struct slice text)
{
    struct slice found;
    bool closed = false;
    return find_expression(text, 0, &found, &closed);
}

static void bad_expression(const struct value *v, const char *address, struct slice text,
                           const char *why, struct diags *diags)
{
    int shown = text.len > 80 ? 80 : (int)text.len;
    struct diag *diag = diag_error(diags, E_BAD_EXPRESSION, ref_place(diags, v, text), address,
                                   "`%.*s` cannot be read: %s", shown, text.ptr, why);
    diag->span = (unsigned)shown;
}

struct parts {
    struct arena *arena;
    struct ref_part *items;
    size_t len, cap;
};

static struct ref_part *part_add(struct parts *parts, struct slice text)
{
    parts->items = arena_grow(parts->arena, parts->items, parts->len, &parts->cap, parts->len + 1,
                              sizeof(*parts->items));
    struct ref_part *part = &parts->items[parts->len++];
    *part = (struct ref_part){.kind = REF_TEXT, .text = text};
    return part;
}

bool ref_parse(struct arena *arena, const struct value *v, const char *address,
               struct ref_part **ret, size_t *ret_len, struct diags *diags)
{
    struct slice text = v->string, found;
    struct parts parts = {.arena = arena};
    size_t at = 0;
    bool ok = true, closed = true;
    while (find_expression(text, at, &found, &closed)) {
        size_t start = (size_t)(found.ptr - text.ptr);
        if (start > at)
            part_add(&parts, (struct slice){text.ptr + at, start - at});
        struct ref_part *part = part_add(&parts, found);
        const char *why = "the brace is not closed";
        if (closed)
            why = parse_expression(arena, (struct slice){found.ptr + 2, found.len - 3}, part);
        if (why) {
            bad_expression(v, address, found, why, diags);
            ok = false;
        }
        at = start + found.len;
    }
    if (at < text.len || text.len == 0)
        part_add(&parts, (struct slice){text.ptr + at, text.len - at});
    if (!ok)
        return false;
    *ret = parts.items;
    *ret_len = parts.len;
    return true;
}

/* Bytes of the source from the value's place on. */
static struct slice source_from(const struct source *source, struct source_pos pos)
{
    struct slice rest = source->text;
    for (uint32_t line = 1; line < pos.line && rest.ptr; line++)
        slice_cut(&rest, '\n');
    for (uint32_t col = 1; col < pos.col && rest.len > 0; col++)
        do
            rest = slice_from(rest, 1);
        while (rest.len > 0 && ((unsigned char)rest.ptr[0] & 0xC0) == 0x80);
    return rest;
}

struct source_pos ref_place(const struct diags *diags, const struct value *v, struct slice piece)
{
    const struct source *source = diags_source(diags, v->pos.file);
    if (!source || piece.len == 0)
        return v->pos;
    struct slice rest = source_from(source, v->pos);
    size_t reach = v->string.len * 4 + 256; /* indentation and quotes come on top of the text */
    const char *found =
        rest.len ? memmem(rest.ptr, rest.len < reach ? rest.len : reach, piece.ptr, piece.len)
                 : NULL;
    if (!found)
        return v->pos;
    struct source_pos pos = v->pos;
    for (const char *c = rest.ptr; c < found; c++) {
        if (*c == '\n') {
            pos.line++;
            pos.col = 1;
        } else if (((unsigned char)*c & 0xC0) != 0x80) {
            pos.col++;
        }
    }
    return pos;
}
