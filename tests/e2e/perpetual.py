"""What people complain of in other tools, each as a test that shows that it does not happen here.

COMPLAINTS is the table: the complaint in our words, and the function that tries to bring it about.
"""

import contextlib
import glob
import json
import os

from harness import Served, check, done, holdfast, workspace

ACCOUNT, MANAGEMENT = "111122223333", "999999999999"
LOCK = "vaults.v/lock"
HEAD = f"""version: 1
name: same
accounts: {{a: {{id: "{ACCOUNT}"}}}}
regions: {{r: us-east-1, s: us-west-2}}
"""
VAULTS = """
vaults:
  v: {account: a, region: r}
  c: {account: a, region: s}
"""


def plan_of(rule="", selection='resources: ["arn:aws:rds:*:*:db:*"]'):
    return HEAD + VAULTS + f"""
plans:
  p:
    account: a
    region: r
    rules:
      daily: {{target_vault: v{rule}}}
    selections:
      all: {{{selection}}}
"""


def key_of(policy=""):
    return HEAD + f"""
keys:
  k: {{account: a, region: r{policy}}}
"""


def lock_of(lock):
    return HEAD + f"""
vaults:
  v: {{account: a, region: r, lock: {lock}}}
"""


@contextlib.contextmanager
def topology(text, serve=False):
    with workspace() as folder:
        write(folder, text)
        if not serve:
            yield folder
            return
        with Served(folder) as served:
            yield served


def write(folder, text):
    with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
        file.write(text)


def run(place, *args, expect=None):
    """On a served world, or on one in process."""
    if isinstance(place, Served):
        return place.holdfast(*args, expect=expect)
    return holdfast(*args, "--simulate", cwd=place, expect=expect)


def apply(place, *args):
    run(place, "apply", "--auto-approve", *args, expect=0)


def plan(place):
    return run(place, "plan", "--json", expect=0).json["changes"]


def is_empty(place, what):
    changes = plan(place)
    check(changes == [], f"{what}: {json.dumps(changes)[:2000]}")


def stays_empty(text, what, *args):
    with topology(text) as folder:
        apply(folder, *args)
        is_empty(folder, what)


def is_refused(text, words):
    with topology(text) as folder:
        result = holdfast("validate", cwd=folder, expect=1)
        check(words in result.err, f"the refusal says \"{words}\": {result.err}")


# ---- differences that never go away ----

def selection_with_empty_parts():
    stays_empty(plan_of(), "AWS fills in the parts of a selection that were left out")


CONDITIONS = ('resources: ["*"], conditions: {string_equals: ['
              '{condition_key: "aws:ResourceTag/stage", condition_value: prod}, '
              '{condition_key: "aws:ResourceTag/team", condition_value: db}], '
              'string_not_like: [{condition_key: "aws:ResourceTag/owner", condition_value: "tmp*"}]}')
LESS = CONDITIONS.replace(', {condition_key: "aws:ResourceTag/team", condition_value: db}', "")


def several_conditions():
    with topology(plan_of(selection=CONDITIONS)) as folder:
        apply(folder)
        is_empty(folder, "several conditions")
        dump = run(folder, "simulator", "dump", expect=0).out
        for value in ("prod", "db", "tmp*"):
            check(f'"ConditionValue": "{value}"' in dump, f"the condition on {value} is there")


def condition_removed():
    with topology(plan_of(selection=CONDITIONS)) as folder:
        apply(folder)
        write(folder, plan_of(selection=LESS))
        changes = plan(folder)
        check([c["address"] for c in changes if c["address"].startswith("plans.p/selections")] != [],
              f"a condition that was removed is noticed: {changes}")
        apply(folder)
        is_empty(folder, "after the condition was removed")


def rule_without_schedule():
    stays_empty(plan_of(), "AWS fills in a schedule")


def cron_in_other_words():
    stays_empty(plan_of(rule=', schedule_expression: "cron(0  5 ? * *  *)"'), "blanks in a schedule")


def lock_found_again():
    lock = "{mode: compliance, min_retention_days: 7, max_retention_days: 30, changeable_for_days: 3}"
    with topology(lock_of(lock)) as folder:
        apply(folder, "--allow-irreversible", LOCK)
        for path in glob.glob(os.path.join(folder, ".holdfast", "*.simulated.db*")):
            os.unlink(path)
        changes = {c["address"]: c for c in plan(folder)}
        check(set(changes) == {"vaults.v", LOCK}, f"both are found again: {set(changes)}")
        for address, change in changes.items():
            check(change["action"] == "adopt" and not change["irreversible"],
                  f"{address} is adopted as it is: {change}")
        apply(folder)
        is_empty(folder, "after the lock was found again")


ORGANIZATION = HEAD.replace("accounts: {", f'accounts: {{m: {{id: "{MANAGEMENT}", '
                            f'assume_role: "arn:aws:iam::{MANAGEMENT}:role/deployer"}}, ') + """
organization: {id: o-abcdefghij, account: m, cross_account_backup: true}
"""


def settings_of_others():
    with topology(ORGANIZATION, serve=True) as served:
        apply(served)
        served.aws(MANAGEMENT, "us-east-1", "backup", "update-global-settings", "--global-settings",
                   "isMpaEnabled=true,isDelegatedAdministratorEnabled=true")
        is_empty(served, "settings of the organization that the file does not name")


def opt_ins_of_others():
    text = HEAD + """
region_settings:
  s: {account: a, region: r, resource_type_opt_in: {RDS: true}}
"""
    with topology(text, serve=True) as served:
        apply(served)
        served.aws(ACCOUNT, "us-east-1", "backup", "update-region-settings",
                   "--resource-type-opt-in-preference", "DynamoDB=false,EFS=false")
        is_empty(served, "opt-ins that the file does not name")


def policy_in_another_order():
    with topology(key_of(), serve=True) as served:
        apply(served)
        keys = served.aws(ACCOUNT, "us-east-1", "kms", "list-aliases")["Aliases"]
        key = next(a["TargetKeyId"] for a in keys if a["AliasName"] == "alias/same-k")
        policy = json.loads(served.aws(ACCOUNT, "us-east-1", "kms", "get-key-policy", "--key-id", key,
                                       "--policy-name", "default")["Policy"])
        policy["Statement"].reverse()
        for statement in policy["Statement"]:
            if isinstance(statement["Action"], list):
                statement["Action"].reverse()
            else:
                statement["Action"] = [statement["Action"]]
            statement["Principal"] = {"AWS": [ACCOUNT] if "root" in str(statement["Principal"])
                                      else statement["Principal"]["AWS"]}
        served.aws(ACCOUNT, "us-east-1", "kms", "put-key-policy", "--key-id", key, "--policy-name",
                   "default", "--policy", json.dumps(policy))
        is_empty(served, "a policy that says the same in another order")


def tags_of_others():
    with topology(HEAD + VAULTS, serve=True) as served:
        apply(served)
        served.aws(ACCOUNT, "us-east-1", "backup", "tag-resource", "--resource-arn",
                   f"arn:aws:backup:us-east-1:{ACCOUNT}:backup-vault:same-v", "--tags", "cost=1")
        is_empty(served, "tags that somebody else put there")


# ---- retention and lifecycles ----

def copy_without_lifecycle():
    with topology(plan_of(rule=", lifecycle: {delete_after_days: 7}, "
                               "copy_actions: [{destination_vault: c}]")) as folder:
        apply(folder)
        is_empty(folder, "a copy action without a lifecycle")
        dump = run(folder, "simulator", "dump", expect=0).json
        actions = [a for a in find_all(dump, "CopyActions") for a in a]
        check(actions != [] and all("Lifecycle" not in action for action in actions),
              f"none was invented, so that the copy keeps its source's: {actions}")


def find_all(value, key):
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == key:
                yield inner
            yield from find_all(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from find_all(inner, key)


def retention_of_zero_days():
    is_refused(plan_of(rule=", lifecycle: {delete_after_days: 0}"), "delete_after_days")
    is_refused(plan_of(rule=", lifecycle: {delete_after_days: 36501}"), "delete_after_days")


def cold_storage_too_late():
    is_refused(plan_of(rule=", lifecycle: {move_to_cold_storage_after_days: 30, delete_after_days: 60}"),
               "delete_after_days")


def lock_of_a_kind_that_nobody_said():
    is_refused(lock_of("{min_retention_days: 7}"), "mode")
    is_refused(lock_of("{mode: compliance, min_retention_days: 7}"), "changeable_for_days")
    is_refused(lock_of("{mode: governance, changeable_for_days: 3}"), "changeable_for_days")


# ---- deletion ----

def vault_that_holds_points():
    with topology(plan_of(), serve=True) as served:
        apply(served)
        served.advance(days=2)
        ended = served.holdfast("destroy", "--auto-approve", "--json")
        stays = {r["address"]: r["reason"] for r in ended.json["retained"]}
        check("vaults.v" in stays and "vaults.c" not in stays,
              f"the vault with points stays, the other goes: {stays}")
        left = {r["address"] for r in served.holdfast("state", "list", "--json", expect=0)
                .json["resources"]}
        check(left == set(stays), f"all else is gone: {left}")
        check("point" in stays["vaults.v"], f"and says why: {stays}")


COMPLAINTS = [
    ("a selection is made anew by every apply, since its empty parts come back", selection_with_empty_parts),
    ("two conditions of a selection overwrite each other, and no apply settles it", several_conditions),
    ("a condition that is taken out of the file is not noticed", condition_removed),
    ("a rule without a schedule differs for ever, since AWS fills one in", rule_without_schedule),
    ("a schedule differs by its blanks", cron_in_other_words),
    ("a compliance lock that is imported would be replaced, since its days cannot be read", lock_found_again),
    ("every setting of the organization that is not listed drifts", settings_of_others),
    ("opt-ins that the file does not name are changed or drift", opt_ins_of_others),
    ("a policy differs when AWS, or somebody, puts it in another order", policy_in_another_order),
    ("tags of others are drift, or are removed", tags_of_others),
    ("a copy action needs a lifecycle, or gets one that keeps for ever", copy_without_lifecycle),
    ("a retention that AWS refuses is found at apply", retention_of_zero_days),
    ("a tier that AWS refuses is found at apply", cold_storage_too_late),
    ("leaving out the grace days silently means another kind of lock", lock_of_a_kind_that_nobody_said),
    ("a vault with recovery points stops the whole destroy", vault_that_holds_points),
]

for words, prove in COMPLAINTS:
    print(words, flush=True)
    prove()
done()
