/* The report as JSON. Members are only ever added. */
#include "engine/base/clock.h"
#include "engine/verify/verify.h"

static const struct value *hours(struct arena *arena, int64_t ms)
{
    return value_double(arena, (double)(ms / (HOUR_MS / 10)) / 10.0);
}

static void put_time(struct map_builder *b, const char *key, int64_t ms)
{
    map_put(b, key, ms ? value_string(b->arena, time_iso(b->arena, ms)) : value_null());
}

static void put_text(struct map_builder *b, const char *key, const char *text)
{
    map_put(b, key, value_string(b->arena, text));
}

static const struct value *hop_to_json(struct arena *arena, const struct verify_hop *hop)
{
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "vault", hop->vault);
    map_put_str(&b, "vault_arn", hop->vault_arn);
    put_text(&b, "point", hop->point);
    put_time(&b, "newest", hop->created_ms);
    put_time(&b, "arrived", hop->arrived_ms);
    put_time(&b, "expires", hop->expires_ms);
    put_text(&b, "key", hop->key_arn);
    put_text(&b, "key_state", hop->key_state);
    map_put(&b, "took_minutes",
            hop->took_ms < 0 ? value_null() : value_int(arena, hop->took_ms / MINUTE_MS));
    map_put_int(&b, "points", (int64_t)hop->points);
    put_text(&b, "newer_unusable", hop->worse);
    return map_end(&b);
}

static const struct value *lock_to_json(struct arena *arena, const struct verify_row *row)
{
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "state", verify_lock_name(row->lock));
    put_time(&b, "date", row->lock_date_ms);
    return map_end(&b);
}

static void put_places(struct map_builder *b, const struct verify_row *row)
{
    map_put_str(b, "arn", row->resource);
    put_text(b, "type", row->type);
    map_put_str(b, "account_id", row->account_id);
    map_put_str(b, "region", row->region);
    map_put_str(b, "plan", row->plan);
    map_put_str(b, "rules", row->rules);
    put_text(b, "relay", row->relay);
}

static void put_judgement(struct map_builder *b, const struct verify_row *row)
{
    struct arena *arena = b->arena;
    map_put(b, "age_hours", row->age_ms < 0 ? value_null() : hours(arena, row->age_ms));
    map_put(b, "objective_hours", hours(arena, row->objective_ms));
    map_put_bool(b, "within_objective", row->good);
    map_put_bool(b, "gone", row->gone);
    put_text(b, "reason", row->reason);
    put_text(b, "stopped_before", row->stopped ? row->stopped->vault : NULL);
    put_text(b, "job_state", row->job_state);
    put_text(b, "job_message", row->job_message);
}

static void put_gaps(struct map_builder *b, const struct verify_row *row)
{
    struct list_builder gaps = list_begin(b->arena);
    for (size_t i = 0; i < row->gap_len; i++)
        list_add_str(&gaps, time_iso(b->arena, row->gaps_ms[i]));
    map_put_int(b, "due", (int64_t)row->due_len);
    map_put(b, "gaps", list_end(&gaps));
}

static void put_future(struct map_builder *b, const struct verify_row *row)
{
    if (row->locked_until_ms == VERIFY_FOR_EVER)
        map_put_str(b, "locked_until", "for ever");
    else
        put_time(b, "locked_until", row->locked_until_ms);
    map_put(b, "lock", lock_to_json(b->arena, row));
    map_put_int(b, "history_days", row->history_ms / DAY_MS);
    map_put_int(b, "immutable_days", row->immutable_ms / DAY_MS);
    put_gaps(b, row);
    put_time(b, "empty_at", row->empty_ms);
}

static const struct value *row_to_json(struct arena *arena, const struct verify_row *row)
{
    const struct verify_hop *last = &row->hops[row->hop_len - 1];
    struct map_builder b = map_begin(arena);
    struct list_builder hops = list_begin(arena);
    for (size_t i = 0; i < row->hop_len; i++)
        list_add(&hops, hop_to_json(arena, &row->hops[i]));
    put_places(&b, row);
    put_text(&b, "destination", row->routed ? last->vault_arn : NULL);
    put_time(&b, "newest", row->routed ? last->created_ms : 0);
    put_judgement(&b, row);
    put_future(&b, row);
    map_put(&b, "hops", list_end(&hops));
    return map_end(&b);
}

const struct value *verify_to_json(struct arena *arena, const struct verify_report *report)
{
    struct list_builder rows = list_begin(arena), idle = list_begin(arena);
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < report->row_len; i++)
        list_add(&rows, row_to_json(arena, &report->rows[i]));
    for (size_t i = 0; i < report->idle_len; i++)
        list_add_str(&idle, report->idle[i]);
    map_put_str(&b, "format_version", "1.0");
    map_put_str(&b, "topology", report->topology);
    put_time(&b, "at", report->at_ms);
    map_put(&b, "resources", list_end(&rows));
    map_put_int(&b, "within_objective", (int64_t)report->good);
    map_put_int(&b, "missing", (int64_t)report->missing);
    map_put_int(&b, "gone", (int64_t)report->gone);
    map_put_int(&b, "gaps", (int64_t)report->gaps);
    map_put(&b, "idle_plans", list_end(&idle));
    return map_end(&b);
}
