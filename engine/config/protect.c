/* `protect` of keys and vaults: a deny for everybody but the break-glass principals. */

#include "engine/aws/arn.h"
#include "engine/config/iam_document.h"
#include "engine/config/lower.h"

/* A principal of the account: others reach neither its keys nor its vaults to mend them. What only
 * AWS can say is believed. */
static bool may_be_of(const struct value *principal, const char *account_id)
{
    const char *text = value_str(principal);
    struct arn arn;
    return !text || !arn_parse(slice_of(text), &arn) || slice_is(arn.account, account_id) ||
           slice_is(arn.account, "*");
}

static void check_break_glass(struct lowering *lw, const struct instance *in,
                              const struct value *principals)
{
    for (size_t i = 0; i < value_len(principals); i++)
        if (may_be_of(value_item(principals, i), in->account->id))
            return;
    struct diag *diag =
        lower_error(lw, E_BAD_VALUE, principals->pos, in->address,
                    "no principal of account %s is among `break_glass`: nobody could ever change "
                    "this again, not even its root",
                    in->account->name);
    if (diag)
        diag_hint(lw->diags, diag,
                  "Name a role of the account %s there, such as arn:%s:iam::%s:role/break-glass.",
                  in->account->id, in->account->partition, in->account->id);
}

const struct value *protect_statement(struct lowering *lw, const struct instance *in,
                                      const char *sid, const char *const *actions)
{
    const struct value *protect = value_get(in->body, "protect");
    const struct value *principals = value_get(protect, "break_glass");
    if (!principals)
        return NULL;
    check_break_glass(lw, in, as_list(lw, principals));
    const struct value *others =
        iam_condition(lw->arena, "ArnNotEquals", "aws:PrincipalArn", principals);
    return value_at(lw->arena,
                    iam_statement(lw->arena, sid, "Deny", iam_everybody(lw->arena), actions,
                                  value_string(lw->arena, "*"), others),
                    protect->pos);
}
