#include "engine/config/iam_document.h"

const struct value *iam_aws(struct arena *arena, const struct value *arns)
{
    struct map_builder map = map_begin(arena);
    map_put(&map, "AWS", arns);
    return map_end(&map);
}

const struct value *iam_service(struct arena *arena, const char *service)
{
    struct map_builder map = map_begin(arena);
    map_put_str(&map, "Service", service);
    return map_end(&map);
}

const struct value *iam_everybody(struct arena *arena)
{
    return value_string(arena, "*");
}

const struct value *iam_condition(struct arena *arena, const char *operator, const char * key,
                                  const struct value *values)
{
    struct map_builder inner = map_begin(arena), map = map_begin(arena);
    map_put(&inner, key, values);
    map_put(&map, operator, map_end(&inner));
    return map_end(&map);
}

const struct value *iam_statement(struct arena *arena, const char *sid, const char *effect,
                                  const struct value *principal, const char *const *actions,
                                  const struct value *resource, const struct value *condition)
{
    struct map_builder map = map_begin(arena);
    struct list_builder list = list_begin(arena);
    for (; *actions; actions++)
        list_add_str(&list, *actions);
    map_put_str(&map, "Sid", sid);
    map_put_str(&map, "Effect", effect);
    map_put(&map, "Principal", principal);
    map_put(&map, "Action", list.len == 1 ? list_items(&list)[0] : list_end(&list));
    map_put(&map, "Resource", resource);
    map_put(&map, "Condition", condition);
    return map_end(&map);
}

const struct value *iam_document(struct arena *arena, const char *id,
                                 const struct value *statements)
{
    struct map_builder map = map_begin(arena);
    map_put_str(&map, "Version", "2012-10-17");
    map_put_str(&map, "Id", id);
    map_put(&map, "Statement", statements);
    return map_end(&map);
}

const struct value *iam_service_trust(struct arena *arena, const char *service,
                                      const struct value *condition)
{
    static const char *const assume[] = {"sts:AssumeRole", NULL};
    struct list_builder list = list_begin(arena);
    list_add(&list, iam_statement(arena, NULL, "Allow", iam_service(arena, service), assume, NULL,
                                  condition));
    return iam_document(arena, NULL, list_end(&list));
}
