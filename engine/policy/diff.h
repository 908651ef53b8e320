#pragma once
/* What changed between two policy documents, statement by statement, for plan and drift:
 *
 *     "Allow use of the key"  Principal.AWS  + arn:aws:iam::555566667777:root
 *
 * Statements belong together by Sid; those without one by equality, then, if there is one left on
 * each side, by place. Compared is the canonical form (compare.h); shown is what was written. */

#include <stddef.h>

#include "engine/base/value.h"

enum policy_change_kind { POLICY_ADDED, POLICY_REMOVED, POLICY_CHANGED };

struct policy_change {
    enum policy_change_kind kind;
    const char *statement; /* its Sid, or "statement 2" (counted from 1); NULL: of the document */
    bool has_sid;          /* `statement` is a Sid */
    /* "Principal.AWS", "Action", "Effect", "Condition.StringEquals.aws:PrincipalOrgID",
     * "Version"; NULL: the whole statement */
    const char *element;
    const struct value *before; /* NULL when added; of a list: the one value that went */
    const struct value *after;  /* NULL when removed; its pos is the place in the new document */
};

/* NULL documents count as empty. Documents that are no policies and differ give one change of the
 * whole: statement and element NULL. *ret lives in the arena; order: document, statements of
 * `after`, removed statements. */
void policy_diff(struct arena *arena, const struct value *before, const struct value *after,
                 struct policy_change **ret, size_t *ret_len);

/* What a statement that came or went as a whole says, but for its Sid: a change of the same kind
 * for each value of each element, one element's after another. None where it has not the shape of a
 * statement. */
void policy_statement_says(struct arena *arena, const struct policy_change *whole,
                           struct policy_change **ret, size_t *ret_len);
