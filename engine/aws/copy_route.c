#include "engine/aws/copy_route.h"

#include <assert.h>

#include "engine/base/cleanup.h"
#include "engine/base/slice.h"

static const struct {
    const char *name;
    enum copy_way way;
    const char *why;
} by_key[] = {
    {"unknown", COPY_UNDECIDED, "the key of what is backed up is not known"},
    {"none", COPY_DIRECT, "what is backed up is not encrypted"},
    {"sse-rds", COPY_RELAY,
     "it is not known whether backups under a key that RDS owns can leave their account"},
    {"aws-managed", COPY_RELAY,
     "backups under an AWS managed key cannot be shared with another account"},
    {"customer-managed", COPY_DIRECT, "backups are under a customer managed key"},
};
static_assert(ARRAY_LEN(by_key) == KEY_CLASS_COUNT, "one row a class of keys");

static const char *const way_names[] = {"direct", "relay", "undecided", "never"};
static_assert(ARRAY_LEN(way_names) == COPY_NEVER + 1, "one name a way");

const char *key_class_name(enum key_class key)
{
    return by_key[key].name;
}

bool key_class_parse(const char *text, enum key_class *ret)
{
    for (size_t i = KEY_UNKNOWN + 1; i < ARRAY_LEN(by_key); i++)
        if (str_eq(by_key[i].name, text)) {
            *ret = (enum key_class)i;
            return true;
        }
    return false;
}

const char *copy_way_name(enum copy_way way)
{
    return way_names[way];
}

static enum copy_way answer(const char **ret_why, enum copy_way way, const char *why)
{
    *ret_why = why;
    return way;
}

enum copy_way copy_route(const struct copy_case *c, const char **ret_why)
{
    const struct backup_type *type = c->type;
    if (type && !type->copies)
        return answer(ret_why, COPY_NEVER, "AWS Backup cannot copy backups of this type");
    if (!c->crosses_account)
        return answer(ret_why, COPY_DIRECT, "the copy stays in its account");
    if (type && type->fully_managed && type->any_key)
        return answer(ret_why, COPY_DIRECT,
                      "AWS Backup encrypts these backups by itself and may copy them anywhere");
    if (type && type->fully_managed && c->first_vault_has_key)
        return answer(ret_why, COPY_DIRECT, "backups are under the key of the first vault");
    if (type && type->fully_managed)
        return answer(
            ret_why, COPY_RELAY,
            "the first vault has no key of its own, and backups under the AWS managed key "
            "of AWS Backup cannot be shared with another account");
    return answer(ret_why, by_key[c->source_key].way, by_key[c->source_key].why);
}
