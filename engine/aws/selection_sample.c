#include "engine/aws/selection_sample.h"

#include <string.h>

#include "engine/aws/arn.h"
#include "engine/aws/backup_types.h"
#include "engine/base/strbuf.h"

/* Nobody excludes all of them but by a pattern that leaves nothing: they share no first letter. */
static const char *const names[] = {"orders", "invoices", "stock", "parcels", "journal"};

struct sampling {
    struct arena *arena;
    const struct value *selection;
    const char *pattern; /* NULL: any resource */
    const struct selection_place *place;
    const char *suffix;
};

static bool is_bucket(struct slice service)
{
    return slice_is(service, "s3");
}

/* Names of buckets are taken once in the world, so the place is in them. */
static const char *name_of(const struct sampling *s, const char *name, struct slice service)
{
    if (s->suffix)
        name = arena_printf(s->arena, "%s-%s", name, s->suffix);
    return is_bucket(service)
               ? arena_printf(s->arena, "%s-%s-%s", name, s->place->account, s->place->region)
               : name;
}

static const char *fill(struct arena *arena, struct slice part, const char *otherwise)
{
    return slice_is(part, "*") || !part.len ? otherwise : arena_strndup(arena, part.ptr, part.len);
}

/* The ARN with what its stars stand for. */
static const char *filled(const struct sampling *s, const struct arn *arn, const char *name)
{
    bool bucket = is_bucket(arn->service);
    struct strbuf sb;
    name = name_of(s, name, arn->service);
    strbuf_init(&sb, s->arena, arn->resource.len * (strlen(name) + 1) + 256);
    strbuf_addf(&sb, "arn:%.*s:%.*s:%s:%s:", (int)arn->partition.len, arn->partition.ptr,
                (int)arn->service.len, arn->service.ptr,
                bucket ? "" : fill(s->arena, arn->region, s->place->region),
                bucket ? "" : fill(s->arena, arn->account, s->place->account));
    for (size_t i = 0; i < arn->resource.len; i++)
        if (arn->resource.ptr[i] == '*')
            strbuf_add(&sb, name);
        else
            strbuf_add_char(&sb, arn->resource.ptr[i]);
    return strbuf_str(&sb);
}

static bool is_excluded(const struct sampling *s, const char *arn)
{
    const struct value *list = value_get(s->selection, "not_resources");
    for (size_t i = 0; i < value_len(list); i++) {
        const char *pattern = value_str(value_item(list, i));
        if (pattern && arn_matches_pattern(slice_of(pattern), slice_of(arn)))
            return true;
    }
    return false;
}

/* Notes the first that has a type, and says whether it will do. */
static bool offer(const struct sampling *s, const char *arn, const char **first)
{
    if (!backup_type_of_pattern(arn))
        return false;
    if (!*first)
        *first = arn;
    return !is_excluded(s, arn);
}

/* What the pattern says, with each name. */
static const char *as_written(const struct sampling *s, const struct arn *arn, const char **first)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *sample = filled(s, arn, names[i]);
        if (offer(s, sample, first))
            return sample;
    }
    return NULL;
}

/* The pattern leaves the type open, as "*" and arn:aws:ec2:*:*:* do: whatever it takes. */
static const char *of_any_type(const struct sampling *s, const struct arn *arn, const char **first)
{
    size_t len = 0;
    const struct backup_type *types = backup_types(&len);
    for (size_t i = 0; i < len; i++) {
        struct arn open = {.partition = slice_of(s->place->partition),
                           .service = slice_of(types[i].service),
                           .region = arn ? arn->region : slice_of("*"),
                           .account = arn ? arn->account : slice_of("*"),
                           .resource = slice_of(types[i].resource)};
        for (size_t k = 0; k < ARRAY_LEN(names); k++) {
            const char *sample = filled(s, &open, names[k]);
            bool taken = !s->pattern || arn_matches_pattern(slice_of(s->pattern), slice_of(sample));
            if (taken && offer(s, sample, first))
                return sample;
        }
    }
    return NULL;
}

const char *selection_sample(struct arena *arena, const struct value *selection,
                             const char *pattern, const struct selection_place *place,
                             const char *suffix)
{
    struct arn arn;
    bool any = !pattern || !arn_parse(slice_of(pattern), &arn);
    const struct sampling s = {arena, selection, any ? NULL : pattern, place, suffix};
    const char *first = NULL;
    const char *sample = any ? NULL : as_written(&s, &arn, &first);
    if (!sample)
        sample = of_any_type(&s, any ? NULL : &arn, &first);
    if (!sample)
        sample = first;
    return sample || any ? sample : filled(&s, &arn, names[0]);
}
