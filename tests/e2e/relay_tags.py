"""Tags of recovery points where AWS Backup's own ListTags takes no ARNs but its own: the relay asks the service, and
when a copy has lost its tags, the point that it was made from."""

import re

from harness import Served, check, done, holdfast, workspace

PATTERNS = {"EBS": "arn:aws:ec2:*:*:volume/*", "EC2": "arn:aws:ec2:*:*:instance/*",
            "FSx": "arn:aws:fsx:*:*:file-system/*", "RDS": "arn:aws:rds:*:*:db:*"}
LOCK = ("--allow-irreversible", "vaults.final/lock")


def of_many_types(text):
    selections = "".join(f'      {name.lower()}:\n        resources: ["{pattern}"]\n' for name, pattern in PATTERNS.items())
    text = text.replace("    tag_keys: [FinalVault]\n", "    tag_keys: [FinalVault]\n    reconcile: never\n")
    return re.sub(r"      rds:\n        resources: .*\n", lambda _: selections, text)


def copied(folder):
    dump = holdfast("simulator", "dump", cwd=folder, expect=0).json
    return sorted(o["body"]["ResourceType"] for o in dump["objects"]
                  if o["kind"] == "backup.point" and o["account_id"] == "444455556666")


def begin(folder, **settings):
    """A world that is so hard, in which everything is applied and the backups of one day are made."""
    with Served(folder) as served:
        served.settings(list_tags_refuse=1, **settings)
    holdfast("apply", "--simulate", "--auto-approve", *LOCK, cwd=folder, expect=0)
    holdfast("simulator", "advance", "--hours", "36", cwd=folder, expect=0)


# ---- the function, by its own role ----
with workspace(edit=of_many_types) as folder:
    begin(folder)
    check(set(copied(folder)) == set(PATTERNS), f"a backup of each type has arrived: {copied(folder)}")

# ---- a pass by hand, for what no event told of; the copies have lost their tags ----
with workspace(edit=of_many_types) as folder:
    begin(folder, event_drop_every=1, copy_tags_fail=1)
    check(not copied(folder), "nothing was told")
    once = holdfast("relay", "once", "--simulate", "--json", cwd=folder, expect=0).json
    check(once["started"] >= len(PATTERNS) and once["failed"] == 0, f"the tags of the sources count: {once}")
    holdfast("simulator", "advance", "--hours", "6", cwd=folder, expect=0)
    check(set(copied(folder)) == set(PATTERNS), f"a backup of each type has arrived: {copied(folder)}")
done()
