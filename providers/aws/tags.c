#include "providers/aws/aws.h"

const struct value *aws_tag_list(struct arena *arena, const struct value *tags,
                                 const char *key_member, const char *value_member)
{
    struct list_builder list = list_begin(arena);
    for (size_t i = 0; value_is(tags, VALUE_MAP) && i < tags->map.len; i++) {
        struct map_builder tag = map_begin(arena);
        map_put_str(&tag, key_member, tags->map.entries[i].key);
        map_put(&tag, value_member, tags->map.entries[i].value);
        list_add(&list, map_end(&tag));
    }
    return list_end(&list);
}

const struct value *aws_tag_map(struct arena *arena, const struct value *list,
                                const char *key_member, const char *value_member)
{
    struct map_builder tags = map_begin(arena);
    for (size_t i = 0; i < value_len(list); i++) {
        const struct value *tag = value_item(list, i), *value = value_get(tag, value_member);
        const char *key = value_get_str(tag, key_member);
        if (key)
            map_put(&tags, key, value ? value : value_string(arena, ""));
    }
    return map_end(&tags);
}

void aws_tag_changes(struct arena *arena, const struct value *before, const struct value *after,
                     const struct value **ret_set, const struct value **ret_removed_keys)
{
    struct map_builder set = map_begin(arena);
    struct list_builder removed = list_begin(arena);
    for (size_t i = 0; value_is(after, VALUE_MAP) && i < after->map.len; i++) {
        const struct value_entry *tag = &after->map.entries[i];
        const struct value *old = value_get(before, tag->key);
        if (!str_starts(tag->key, "aws:") && (!old || !value_equal(old, tag->value)))
            map_put(&set, tag->key, tag->value);
    }
    for (size_t i = 0; value_is(before, VALUE_MAP) && i < before->map.len; i++) {
        const char *key = before->map.entries[i].key;
        if (!str_starts(key, "aws:") && !value_get(after, key))
            list_add_str(&removed, key);
    }
    *ret_set = map_end(&set);
    *ret_removed_keys = list_end(&removed);
}
