"""What is external is looked up, never changed, and never ours: a vault by its name, a key by its alias."""

import json
import os

from harness import Served, check, done, holdfast, workspace

ACCOUNT, REGION = "111122223333", "us-east-1"
TOPOLOGY = """version: 1
name: guest
accounts: {a: {id: "111122223333"}}
regions: {r: us-east-1}
keys:
  theirs: {account: a, region: r, alias: alias/theirs, external: true}
vaults:
  old: {account: a, region: r, name: made-before, external: true}
  ours: {account: a, region: r, key: theirs}
plans:
  p:
    account: a
    region: r
    rules:
      daily:
        target_vault: old
        copy_actions: [{destination_vault: ours}]
    selections:
      all: {resources: ["arn:aws:rds:*:*:db:*"]}
outputs:
  key: ${keys.theirs.arn}
  vault: ${vaults.old.arn}
"""


def write(folder, text=TOPOLOGY):
    with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
        file.write(text)


def theirs(served):
    """All that we did not make, as it is."""
    return {"vault": served.aws(ACCOUNT, REGION, "backup", "describe-backup-vault",
                                "--backup-vault-name", "made-before"),
            "tags": served.aws(ACCOUNT, REGION, "backup", "list-tags", "--resource-arn",
                               f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:made-before"),
            "key": served.aws(ACCOUNT, REGION, "kms", "describe-key", "--key-id", "alias/theirs"),
            "policy": served.aws(ACCOUNT, REGION, "kms", "get-key-policy", "--key-id", key,
                                 "--policy-name", "default")}


with workspace() as folder:  # a fresh world holds what the file says exists
    write(folder)
    holdfast("apply", "--simulate", "--auto-approve", cwd=folder, expect=0)
    holdfast("plan", "--simulate", "--detailed-exitcode", cwd=folder, expect=0)
    named = holdfast("output", "key", "--simulate", cwd=folder, expect=0).out
    check(named.startswith(f"arn:aws:kms:{REGION}:{ACCOUNT}:key/"), f"an output names the key: {named}")

with workspace() as folder:
    write(folder, TOPOLOGY[:TOPOLOGY.index("keys:")])
    with Served(folder) as served:
        write(folder)
        holdfast("validate", cwd=folder, expect=0)

        missing = served.holdfast("plan", expect=1)
        for address in ("keys.theirs", "vaults.old"):
            check(f"{address} is external, and there is no such" in missing.err,
                  f"{address} is missed: {missing.err}")
        check("looked up by its alias, `alias/theirs`" in missing.err and "by its name, `made-before`" in missing.err,
              f"and it is said by what: {missing.err}")
        served.holdfast("apply", "--auto-approve", expect=1)
        writes = [c for c in served.dump("--calls") if c["writes"]]
        check(writes == [], f"nothing was written without them: {writes}")

        made = served.aws(ACCOUNT, REGION, "kms", "create-key", "--description", "theirs")["KeyMetadata"]
        key = made["KeyId"]
        served.aws(ACCOUNT, REGION, "kms", "create-alias", "--alias-name", "alias/theirs",
                   "--target-key-id", key)
        served.aws(ACCOUNT, REGION, "backup", "create-backup-vault", "--backup-vault-name", "made-before",
                   "--backup-vault-tags", "owner=them")
        before = theirs(served)

        planned = served.holdfast("plan", "--json", expect=0).json
        addresses = {c["address"] for c in planned["changes"]}
        check("vaults.ours" in addresses, f"ours is planned: {addresses}")
        check(not addresses & {"keys.theirs", "keys.theirs/alias", "vaults.old"},
              f"theirs are no changes: {addresses}")
        ours = next(c for c in planned["changes"] if c["address"] == "vaults.ours")
        check(made["Arn"] in json.dumps(ours), "the plan knows the key already")

        served.holdfast("apply", "--auto-approve", expect=0)
        vault = served.aws(ACCOUNT, REGION, "backup", "describe-backup-vault", "--backup-vault-name",
                           "guest-ours")
        check(vault["EncryptionKeyArn"] == made["Arn"], "the reference to the key works")
        check(served.holdfast("output", "key", expect=0).out.strip() == made["Arn"],
              "and so it does in an output")
        check(served.holdfast("output", "vault", expect=0).out.strip() == before["vault"]["BackupVaultArn"],
              "as does the vault's")
        served.holdfast("plan", "--detailed-exitcode", expect=0)

        recorded = {r["address"] for r in served.holdfast("state", "list", "--json", expect=0)
                    .json["resources"]}
        check(not recorded & {"keys.theirs", "vaults.old"}, f"theirs are not recorded: {recorded}")

        served.aws(ACCOUNT, REGION, "kms", "update-key-description", "--key-id", key, "--description",
                   "still theirs")
        before = theirs(served)
        check(served.holdfast("drift", "--json", expect=0).json["drift"] == [],
              "what happens to theirs is no drift")

        served.holdfast("destroy", "--auto-approve", "--allow-destroy", "vaults.ours", expect=0)
        left = served.holdfast("state", "list", "--json", expect=0).json["resources"]
        check(left == [], f"nothing of ours is left: {left}")
        check(theirs(served) == before, "theirs is untouched")

        served.aws(ACCOUNT, REGION, "kms", "schedule-key-deletion", "--key-id", key)
        doomed = served.holdfast("plan", expect=1).err
        check("keys.theirs is external, and there is no such" in doomed and "A key that waits for its deletion is none" in doomed
              and "vaults.old is external" not in doomed, f"a key that is about to be deleted is none: {doomed}")

OURS = TOPOLOGY[:TOPOLOGY.index("keys:")] + """keys:
  k: {account: a, region: r, prevent_destroy: true}
vaults:
  v:
    account: a
    region: r
    key: k
    prevent_destroy: true
    accept_copies_from: [a]
    lock: {mode: governance, min_retention_days: 7}
"""
EXTERNAL = OURS[:OURS.index("keys:")] + """keys:
  k: {account: a, region: r, external: true}
vaults:
  v: {account: a, region: r, external: true, prevent_destroy: true}
forget: [vaults.v]
"""


def objects(folder):
    return holdfast("simulator", "dump", "--stable", "--simulate", cwd=folder, expect=0).out


def apply(folder):
    """What the apply does, in figures."""
    plan = holdfast("plan", "--simulate", "--json", cwd=folder, expect=0).json
    holdfast("apply", "--simulate", "--auto-approve", cwd=folder, expect=0)
    holdfast("plan", "--simulate", "--detailed-exitcode", cwd=folder, expect=0)
    return {k: v for k, v in plan["summary"].items() if v}


with workspace() as folder:  # ours turns external, and comes back
    write(folder, OURS)
    apply(folder)
    made = objects(folder)
    for destroys in (True, False):
        write(folder, EXTERNAL)
        if destroys:
            holdfast("destroy", "--simulate", "--auto-approve", cwd=folder, expect=0)
        else:
            summary = apply(folder)
            check(summary["forget"] == 6 and set(summary) == {"forget"}, f"what turns external is let go of: {summary}")
        check(objects(folder) == made, "and nothing at AWS changes")
        listed = holdfast("state", "list", "--simulate", "--json", cwd=folder, expect=0).json["resources"]
        check(listed == [], f"nor is it recorded any more: {listed}")
        write(folder, OURS)
        summary = apply(folder)
        check(set(summary) == {"adopt"}, f"what comes back is adopted: {summary}")
done()
