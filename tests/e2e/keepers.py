"""What data needs is kept: the key of a vault that stays, and a compliance lock in its grace days."""

import os

from harness import check, done, holdfast, workspace

KEYED = """version: 1
name: kept
accounts: {a: {id: "111122223333", assume_role: "arn:aws:iam::111122223333:role/d"}}
regions: {r: us-east-1}
keys: {k: {account: a, region: r}}
vaults:
  v: {account: a, region: r, key: k, lock: {mode: compliance, min_retention_days: 1, max_retention_days: 9, changeable_for_days: 10}}
"""


def write(folder, text):
    with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
        file.write(text)


with workspace() as folder:
    write(folder, KEYED)
    holdfast("apply", "--simulate", "--auto-approve", "--allow-irreversible", "vaults.v/lock", cwd=folder,
             expect=0)
    write(folder, KEYED.replace("keys: {k: {account: a, region: r}}\n", "").replace("key: k, ", ""))
    refused = holdfast("apply", "--simulate", "--auto-approve", "--allow-destroy", "keys.k", cwd=folder,
                       expect=7)
    check("vaults.v stays and needs it" in refused.err, f"the key is kept for its vault: {refused.err}")
    write(folder, KEYED.replace("compliance", "governance").replace(", changeable_for_days: 10", ""))
    refused = holdfast("apply", "--simulate", "--auto-approve", cwd=folder, expect=7)
    check("weakened" in refused.err and "vaults.v/lock" in refused.err, f"a lock is not weakened: {refused.err}")
    holdfast("apply", "--simulate", "--auto-approve", "--allow-destroy", "vaults.v/lock", cwd=folder, expect=0)
    check("nothing to do" in holdfast("plan", "--simulate", cwd=folder, expect=0).out, "it plans empty")
done()
