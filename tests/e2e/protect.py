"""`protect` keeps the deployer out of what it has made: it applies, plans empty, and says who may change it."""

import os

from harness import calls, check, done, holdfast, workspace

TOPOLOGY = """version: 1
name: t
accounts: {main: {id: "111122223333"%s}}
regions: {one: us-east-1}
keys:
  k: {account: main, region: one, protect: {break_glass: "arn:aws:iam::111122223333:root"}}
vaults:
  v:
    account: main
    region: one
    key: k
    protect: {break_glass: "arn:aws:iam::111122223333:root"}
    lock: {mode: %s, min_retention_days: 7}
"""
DEPLOYER = ', assume_role: "arn:aws:iam::111122223333:role/deployer"'


def write(folder, lock, deployer=DEPLOYER):
    with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
        file.write(TOPOLOGY % (deployer, lock))


def changes(folder, since):
    return [c["operation"] for c in calls(folder, "--simulate") if c["writes"] and c["seq"] > since]


def run(folder, *args, expect):
    return holdfast(*args, "--simulate", cwd=folder, expect=expect)


for lock in ("governance", "compliance, changeable_for_days: 5"):
    with workspace() as folder:
        write(folder, lock)
        run(folder, "apply", "--auto-approve", "--allow-irreversible", "vaults.v/lock", expect=0)
        made = changes(folder, 0)
        check(made.index("PutBackupVaultLockConfiguration") < made.index("PutBackupVaultAccessPolicy"),
              f"the lock goes before the denies that hold for it: {made}")
        run(folder, "plan", "--detailed-exitcode", expect=0)

        write(folder, lock.replace("5", "6") + ", max_retention_days: 90")
        denied = run(folder, "apply", "--auto-approve", "--allow-irreversible", "vaults.v/lock", expect=1)
        check("HF0803" in denied.err and "break_glass" in denied.err, f"who may change the lock: {denied.err}")
        write(folder, lock)
        denied = run(folder, "destroy", "--auto-approve", "--allow-destroy", "vaults.v/lock", expect=1)
        check("HF0803" in denied.err and "break_glass" in denied.err, f"destroy says who may: {denied.err}")
        left = run(folder, "state", "list", "--json", expect=0).json["resources"]
        check({"keys.k", "vaults.v", "vaults.v/policy", "vaults.v/lock"} <= {r["address"] for r in left},
              f"what is protected stays, and stays recorded: {left}")

        write(folder, lock, deployer="")  # the account itself is the break-glass principal
        run(folder, "destroy", "--auto-approve", "--allow-destroy", "vaults.v/lock", "--allow-destroy", "vaults.v",
            "--allow-destroy", "keys.k", expect=0)
        left = run(folder, "state", "list", "--json", expect=0).json["resources"]
        check(left == [], f"the break-glass principal removes it all: {left}")
done()
