/* What has to stand before the first call. */
#include "engine/restore/checks.h"

#include "engine/aws/backup_types.h"
#include "engine/base/bug.h"
#include "engine/base/clock.h"
#include "engine/restore/copy_life.h"

static const char *named(struct arena *arena, const struct account *account)
{
    return arena_printf(arena, "%s (%s)", account->name, account->id);
}

void check_add(struct restore_plan *plan, enum restore_verdict verdict, const char *what,
               const char *detail, const char *command)
{
    BUG_ON(plan->check_len >= RESTORE_CHECKS);
    plan->checks[plan->check_len++] = (struct restore_check){what, verdict, detail, command};
    plan->ready = plan->ready && verdict != RESTORE_BAD;
}

/* `detail` of what is as it should be; `wrong` of what is there and is not; NULL: it is. */
static void check(struct restore_plan *plan, const struct restore_answer *answer, const char *what,
                  const char *wrong, const char *detail)
{
    if (!answer->body)
        check_add(plan, RESTORE_BAD, what, answer->error, NULL);
    else
        check_add(plan, wrong ? RESTORE_BAD : RESTORE_GOOD, what, wrong ? wrong : detail, NULL);
}

static void check_point(struct arena *arena, const struct restore_facts *facts,
                        struct restore_plan *plan)
{
    const char *status = value_get_str(facts->described.body, "Status");
    bool gone = plan->expires_ms && plan->expires_ms <= facts->now_ms;
    const char *wrong = gone ? "its life in the vault has ended"
                        : backup_point_is_available(status)
                            ? NULL
                            : arena_printf(arena, "it is %s", status ? status : "in no state");
    check(plan, &facts->described, "the point can be read", wrong, status);
}

static void check_key(struct arena *arena, const struct restore_answer *key, const char *what,
                      struct restore_plan *plan)
{
    const struct value *data = value_get(key->body, "KeyMetadata");
    const char *state = value_get_str(data, "KeyState");
    bool managed = str_eq(value_get_str(data, "KeyManager"), "AWS");
    const char *wrong = managed ? "it is an AWS managed key, which no other account can use"
                        : str_eq(state, "Enabled")
                            ? NULL
                            : arena_printf(arena, "it is %s", state ? state : "in no state");
    if (key->body || key->error)
        check(plan, key, what, wrong, value_get_str(data, "Arn"));
}

static void check_vault(struct arena *arena, const struct restore_facts *facts,
                        struct restore_plan *plan)
{
    const char *what = arena_printf(arena, "%s is there", facts->way->destination);
    const char *key = value_get_str(facts->vault.body, "EncryptionKeyArn");
    check(plan, &facts->vault, what, NULL, key);
}

static void check_life(struct arena *arena, const struct restore_facts *facts,
                       struct restore_plan *plan)
{
    struct copy_life life = copy_life_of(arena, facts);
    const char *what = arena_printf(arena, "the copy lives in %s", facts->way->destination);
    const char *until =
        life.ends_ms ? arena_printf(arena, "until %s", time_iso(arena, life.ends_ms)) : "for ever";
    if (facts->described.body && facts->vault.body)
        check(plan, &facts->vault, what, life.wrong, until);
}

static void check_role(struct arena *arena, const struct restore_answer *role, const char *title,
                       const struct account *account, struct restore_plan *plan)
{
    const char *what = arena_printf(arena, "%s is in %s", title, named(arena, account));
    check(plan, role, what, NULL, value_str(value_pointer(role->body, "/Role/Arn")));
}

/* AWS's pages do not say for every type whether one that is off can be restored all the same. */
static void check_opt_in(struct arena *arena, const struct restore_facts *facts,
                         struct restore_plan *plan)
{
    const struct restore_entry *way = facts->way;
    const struct value *types = value_get(facts->settings.body, "ResourceTypeOptInPreference");
    const char *type = plan->type ? plan->type : "the type";
    const char *what = arena_printf(arena, "%s is opted in", type);
    bool on = value_get_bool(types, type, true);
    if (!facts->settings.body || on)
        check(plan, &facts->settings, what, NULL,
              arena_printf(arena, "%s %s", way->to->name, way->to_region));
    else
        check_add(plan, RESTORE_LOOK, what, "it is not: switch it on where the restore is refused",
                  arena_printf(arena,
                               "aws backup update-region-settings --profile %s --region %s "
                               "--resource-type-opt-in-preference %s=true",
                               way->to->name, way->to_region, type));
}

void checks_of_accounts(struct arena *arena, const struct restore_facts *facts,
                        struct restore_plan *plan)
{
    const struct restore_entry *way = facts->way;
    check_point(arena, facts, plan);
    check_key(arena, &facts->point_key, "the point's key is enabled", plan);
    check_role(arena, &facts->copy_role, "the role that copies", way->from, plan);
    check_vault(arena, facts, plan);
    check_life(arena, facts, plan);
    check_key(arena, &facts->vault_key, "that vault's key is enabled", plan);
    if (way->from != way->to)
        check_role(arena, &facts->linked_role, "AWSServiceRoleForBackup", way->to, plan);
    check_role(arena, &facts->role, "the role that restores", way->to, plan);
    check_opt_in(arena, facts, plan);
}
