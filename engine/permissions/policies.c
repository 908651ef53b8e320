/* Statements to policies of the size that IAM takes. */
#include "engine/config/iam_document.h"
#include "engine/permissions/rights.h"
#include "engine/policy/quota.h"

static const struct value *document_of(struct arena *arena, const struct value *const *statements,
                                       size_t len)
{
    return iam_document(arena, NULL, value_list(arena, statements, len));
}

static size_t size_of(struct arena *arena, const struct value *document)
{
    return policy_size(arena, document, POLICY_QUOTA_MANAGED);
}

/* In order, each policy as full as it can be. */
const struct permission_policy *rights_policies(const struct rights *rights, const char *name,
                                                size_t *ret_len)
{
    struct arena *arena = rights->arena;
    size_t len, made = 0;
    const struct value *const *statements = rights_statements(rights, &len);
    struct permission_policy *policies = arena_array(arena, len + 1, sizeof(*policies));
    for (size_t from = 0, to = 0; to < len; from = to) {
        const struct value *document = NULL;
        size_t size = 0;
        while (to < len) {
            const struct value *more = document_of(arena, statements + from, to + 1 - from);
            size_t more_size = size_of(arena, more);
            if (document && more_size > MANAGED_POLICY_MAX)
                break;
            document = more;
            size = more_size;
            to++;
        }
        const char *numbered = made ? arena_printf(arena, "%s-%zu", name, made + 1) : name;
        policies[made++] = (struct permission_policy){numbered, document, size};
    }
    *ret_len = made;
    return policies;
}
