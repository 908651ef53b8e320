#include "engine/plan/action.h"

#include <stddef.h>

#include "engine/base/bug.h"
#include "engine/base/cleanup.h"

enum want { NO, YES, ANY };

/* The first row that fits decides. */
static const struct row {
    enum want desired, recorded;
    enum sight sight;
    enum want differs, create_only, kept;
    enum verdict verdict;
    const char *reason;
} rows[] = {
    {YES, NO, SIGHT_NOTHING, ANY, ANY, ANY, VERDICT_CREATE, "not in the state"},
    {YES, NO, SIGHT_OURS, YES, YES, NO, VERDICT_REPLACE, "found, ours, and not changeable to this"},
    {YES, NO, SIGHT_OURS, ANY, ANY, ANY, VERDICT_ADOPT, "found, and ours"},
    {YES, NO, SIGHT_SHARED, ANY, ANY, ANY, VERDICT_ADOPT, "found, and shared by nature"},
    {YES, NO, SIGHT_OTHER, ANY, ANY, ANY, VERDICT_REFUSE, "belongs to somebody else"},
    {YES, YES, SIGHT_NOTHING, ANY, ANY, ANY, VERDICT_CREATE, "deleted outside"},
    {YES, YES, SIGHT_THERE, NO, ANY, ANY, VERDICT_NONE, "as it should be"},
    {YES, YES, SIGHT_THERE, YES, NO, ANY, VERDICT_UPDATE, "differs"},
    {YES, YES, SIGHT_THERE, YES, YES, ANY, VERDICT_REPLACE, "not changeable in place"},
    {NO, YES, SIGHT_THERE, ANY, ANY, YES, VERDICT_FORGET, "shared by nature, kept"},
    {NO, YES, SIGHT_THERE, ANY, ANY, NO, VERDICT_DELETE, "not in the file"},
    {NO, YES, SIGHT_NOTHING, ANY, ANY, ANY, VERDICT_FORGET, "gone already"},
};

static bool fits(enum want want, bool is)
{
    return want == ANY || (want == YES) == is;
}

enum verdict action_decide(const struct situation *s, const char **ret_reason)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *row = &rows[i];
        if (!fits(row->desired, s->desired) || !fits(row->recorded, s->recorded) ||
            row->sight != s->sight || !fits(row->differs, s->differs) ||
            !fits(row->create_only, s->create_only) || !fits(row->kept, s->kept))
            continue;
        *ret_reason = row->reason;
        return row->verdict;
    }
    BUG("a situation that the action table does not have");
}
