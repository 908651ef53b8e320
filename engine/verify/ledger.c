#include "engine/verify/ledger.h"

#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/json.h"

const char *ledger_line(struct arena *arena, const struct verify_report *report)
{
    struct list_builder rows = list_begin(arena);
    for (size_t i = 0; i < report->row_len; i++) {
        const struct verify_row *row = &report->rows[i];
        struct map_builder b = map_begin(arena);
        map_put_str(&b, "arn", row->resource);
        map_put_str(&b, "destination", row->routed ? row->hops[row->hop_len - 1].vault_arn : "");
        map_put_str(&b, "way", verify_way_text(arena, row));
        map_put_int(&b, "age_ms", row->age_ms);
        map_put_int(&b, "objective_ms", row->objective_ms);
        list_add(&rows, map_end(&b));
    }
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "format_version", "1.0");
    map_put_str(&b, "at", time_iso(arena, report->at_ms));
    map_put(&b, "rows", list_end(&rows));
    return arena_printf(arena, "%s\n", json_print(arena, map_end(&b), JSON_COMPACT));
}

static struct ledger_series *series_of(struct arena *arena, struct ledger *ledger,
                                       const char *resource, const char *destination,
                                       const char *way)
{
    for (size_t i = 0; i < ledger->len; i++)
        if (str_eq(ledger->series[i].resource, resource) &&
            str_eq(ledger->series[i].destination, destination) &&
            str_eq(ledger->series[i].way, way))
            return &ledger->series[i];
    ledger->series = arena_grow(arena, ledger->series, ledger->len, &ledger->cap, ledger->len + 1,
                                sizeof(*ledger->series));
    ledger->series[ledger->len] =
        (struct ledger_series){.resource = resource, .destination = destination, .way = way};
    return &ledger->series[ledger->len++];
}

static void add_row(struct arena *arena, struct ledger *ledger, int64_t at_ms,
                    const struct value *row)
{
    const char *resource = value_get_str(row, "arn");
    const char *destination = value_get_str(row, "destination"), *way = value_get_str(row, "way");
    if (!resource || !destination)
        return;
    struct ledger_series *series = series_of(arena, ledger, resource, destination, way ? way : "");
    series->points = arena_grow(arena, series->points, series->len, &series->cap, series->len + 1,
                                sizeof(*series->points));
    series->points[series->len++] = (struct ledger_point){at_ms, value_get_int(row, "age_ms", -1),
                                                          value_get_int(row, "objective_ms", 0)};
}

void ledger_parse(struct arena *arena, struct slice text, struct ledger *ret)
{
    *ret = (struct ledger){0};
    while (text.len > 0) {
        struct slice line = slice_cut(&text, '\n');
        const struct value *run = NULL;
        const char *why = NULL, *at;
        int64_t at_ms = 0;
        if (!json_parse(arena, line, &run, &why) || !(at = value_get_str(run, "at")) ||
            !time_parse_iso(slice_of(at), &at_ms))
            continue;
        const struct value *rows = value_get(run, "rows");
        for (size_t i = 0; value_is(rows, VALUE_LIST) && i < value_len(rows); i++)
            add_row(arena, ret, at_ms, value_item(rows, i));
    }
}

struct slice ledger_tail(struct slice text)
{
    struct slice rest = slice_from(text, text.len / 2);
    (void)slice_cut(&rest, '\n'); /* the line in which the half falls */
    return rest;
}
