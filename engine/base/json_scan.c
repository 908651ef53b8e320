#include "engine/base/json_scan.h"

static bool fail(struct json_scan *scan, const char *why)
{
    scan->why = why;
    scan->ended = true;
    return false;
}

static void skip_blanks(struct json_scan *scan)
{
    size_t i = 0;
    while (i < scan->rest.len && (scan->rest.ptr[i] == ' ' || scan->rest.ptr[i] == '\t' ||
                                  scan->rest.ptr[i] == '\n' || scan->rest.ptr[i] == '\r'))
        i++;
    scan->rest = slice_from(scan->rest, i);
}

static bool take(struct json_scan *scan, char c)
{
    skip_blanks(scan);
    if (scan->rest.len == 0 || scan->rest.ptr[0] != c)
        return false;
    scan->rest = slice_from(scan->rest, 1);
    return true;
}

/* The length of the string that `text` begins with, quotes included; 0: it does not end. */
static size_t string_len(struct slice text)
{
    for (size_t i = 1; i < text.len; i++) {
        if (text.ptr[i] == '"')
            return i + 1;
        if (text.ptr[i] == '\\')
            i++;
    }
    return 0;
}

/* The length of the map or list that `text` begins with, if its brackets stand in pairs. */
static size_t nested_len(struct slice text)
{
    size_t depth = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '"') {
            size_t len = string_len(slice_from(text, i));
            if (len == 0)
                return 0;
            i += len - 1;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if ((c == '}' || c == ']') && --depth == 0) {
            return i + 1;
        }
    }
    return 0;
}

/* The length of a number or a word. */
static size_t plain_len(struct slice text)
{
    size_t i = 0;
    while (i < text.len && (unsigned char)text.ptr[i] > ' ' && text.ptr[i] != ',' &&
           text.ptr[i] != '}' && text.ptr[i] != ']')
        i++;
    return i;
}

static bool take_value(struct json_scan *scan, struct slice *ret)
{
    skip_blanks(scan);
    char first = scan->rest.len > 0 ? scan->rest.ptr[0] : '\0';
    size_t len = first == '"'                   ? string_len(scan->rest)
                 : first == '{' || first == '[' ? nested_len(scan->rest)
                                                : plain_len(scan->rest);
    if (len == 0)
        return fail(scan, "it ends, or breaks, inside of a value");
    *ret = (struct slice){scan->rest.ptr, len};
    scan->rest = slice_from(scan->rest, len);
    return true;
}

void json_scan_begin(struct json_scan *scan, struct slice text, char bracket)
{
    *scan = (struct json_scan){.rest = text, .close = bracket == '{' ? '}' : ']'};
    if (!take(scan, bracket))
        (void)fail(scan, bracket == '{' ? "it is no JSON map" : "it is no JSON list");
}

/* To the next value; false at the end. */
static bool advance(struct json_scan *scan)
{
    if (scan->ended)
        return false;
    if (take(scan, scan->close)) {
        skip_blanks(scan);
        scan->ended = true;
        return scan->rest.len == 0 ? false : fail(scan, "text after the end");
    }
    if (scan->begun && !take(scan, ','))
        return fail(scan, "it ends, or breaks, where a comma or a bracket belongs");
    scan->begun = true;
    return true;
}

bool json_scan_member(struct json_scan *scan, struct slice *ret_key, struct slice *ret_value)
{
    if (!advance(scan))
        return false;
    skip_blanks(scan);
    bool string = scan->rest.len > 0 && scan->rest.ptr[0] == '"';
    size_t len = string ? string_len(scan->rest) : 0;
    if (len == 0)
        return fail(scan, "it ends, or breaks, where a key belongs");
    struct slice key = {scan->rest.ptr + 1, len - 2};
    scan->rest = slice_from(scan->rest, len);
    if (!take(scan, ':'))
        return fail(scan, "it ends, or breaks, behind a key");
    if (!take_value(scan, ret_value))
        return false;
    *ret_key = key;
    return true;
}

bool json_scan_item(struct json_scan *scan, struct slice *ret_value)
{
    return advance(scan) && take_value(scan, ret_value);
}
