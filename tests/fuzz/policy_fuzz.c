/* Any JSON as a policy document; with a member "request" as a line of `policy eval`; with "before"
 * and "after" as two documents to compare. Reading, judging, the canonical form and the difference
 * must end without a fault and agree. */

#include <stdint.h>

#include "engine/base/bug.h"
#include "engine/base/json.h"
#include "engine/policy/compare.h"
#include "engine/policy/diff.h"
#include "engine/policy/eval_request.h"
#include "engine/policy/evaluate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(struct arena *arena, const struct policy *policy)
{
    static const struct policy_request requests[] = {
        {.principal = "arn:aws:iam::111122223333:role/backup",
         .action = "backup:StartCopyJob",
         .resource = "arn:aws:backup:us-east-1:111122223333:backup-vault:final"},
        {.principal = "arn:aws:sts::111122223333:assumed-role/a/b",
         .action = "kms:Decrypt",
         .resource = "arn:aws:kms:us-east-1:444455556666:key/1"},
        {.service = "events.amazonaws.com", .action = "sqs:SendMessage"},
        {.action = "s3:GetObject", .resource = "arn:aws:s3:::b/k"},
    };
    const struct policy_list one = {&policy, 1};
    const struct policy_set sets[] = {
        {.identity_policies = one},
        {.resource_policy = policy, .identity_policies = one},
        {.resource_policy = policy, .resource_policy_must_allow = true, .session_policies = one},
        {.identity_policies = one, .permission_boundaries = one, .scps = &one, .scps_len = 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(requests); i++)
        for (size_t k = 0; k < ARRAY_LEN(sets); k++) {
            struct policy_answer answer = {0};
            policy_evaluate(arena, &requests[i], &sets[k], &answer);
            if (answer.decision == POLICY_ALLOWED)
                BUG_ON(answer.matches_len == 0);
            else
                BUG_ON(!policy_denial_reason(arena, &requests[i], &answer));
            for (size_t m = 0; m < answer.matches_len; m++)
                BUG_ON(answer.matches[m].statement->effect !=
                       (answer.decision == POLICY_ALLOWED ? POLICY_ALLOW : POLICY_DENY));
        }
}

static void compare(struct arena *arena, const struct value *doc)
{
    const struct value *once = policy_canonical(arena, doc);
    BUG_ON(!value_equal(once, policy_canonical(arena, once)));
    BUG_ON(!policy_same(doc, once));
    struct policy_change *changes = NULL;
    size_t len = 0;
    policy_diff(arena, doc, once, &changes, &len);
    BUG_ON(len != 0);
    policy_diff(arena, NULL, doc, &changes, &len);
    policy_diff(arena, doc, NULL, &changes, &len);
}

/* What is not the same has a difference that can be shown, and the reverse. */
static void compare_two(struct arena *arena, const struct value *before, const struct value *after)
{
    struct policy_change *changes = NULL;
    size_t len = 0;
    policy_diff(arena, before, after, &changes, &len);
    BUG_ON(policy_same(before, after) != (len == 0));
    BUG_ON(policy_same(before, after) != policy_same(after, before));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct diags diags;
    diags_init(&diags, arena);
    const char *why = NULL;
    const struct value *doc =
        policy_from_text(arena, (struct slice){(const char *)data, size}, &why);
    if (!doc)
        return 0;
    if (value_get(doc, "request")) {
        const struct value *answer = policy_eval_json(arena, doc, &diags);
        BUG_ON((answer == NULL) != (diags.errors > 0));
        return 0;
    }
    if (value_get(doc, "before") && value_get(doc, "after")) {
        compare_two(arena, value_get(doc, "before"), value_get(doc, "after"));
        return 0;
    }
    struct policy policy = {0};
    bool ok = policy_parse(arena, doc, &policy, &diags, "fuzz");
    BUG_ON(ok != (diags.errors == 0));
    for (int kind = POLICY_IDENTITY; ok && kind <= POLICY_RCP; kind++) {
        struct diags kinds;
        diags_init(&kinds, arena);
        bool fits = policy_check_kind(&policy, (enum policy_kind)kind, &kinds, "fuzz");
        BUG_ON(fits != (kinds.errors == 0));
    }
    if (ok)
        judge(arena, &policy);
    compare(arena, doc);
    return 0;
}
