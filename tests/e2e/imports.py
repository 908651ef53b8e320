"""Objects that somebody made by hand are taken over by their id, and nothing of them is ever replaced."""

import os

from harness import EXAMPLES, Served, check, done, workspace

ACCOUNT, REGION = "111122223333", "us-east-1"
TOPOLOGY = """version: 1
name: t
accounts:
  main: {id: "111122223333"}
regions: {one: us-east-1}
vaults:
  final:
    account: main
    region: one
    name: legacy
    key: KEY
    lock: {mode: compliance, min_retention_days: 7, max_retention_days: 35, changeable_for_days: 3}
"""


def write(folder, text):
    with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
        file.write(text)


with workspace(os.path.join(EXAMPLES, "direct-copy.yaml")) as folder, Served(folder) as world:
    def recorded():
        return {r["address"]: r for r in world.holdfast("state", "list", "--json", expect=0).json["resources"]}

    def import_(*args, expect=0):
        return world.holdfast("import", *args, expect=expect)

    def make(name, *args):
        return world.aws(ACCOUNT, REGION, "backup", "create-backup-vault", "--backup-vault-name", name, *args)

    key = world.aws(ACCOUNT, REGION, "kms", "create-key")["KeyMetadata"]["Arn"]
    text = TOPOLOGY.replace("KEY", key)
    make("legacy", "--encryption-key-arn", key)
    world.aws(ACCOUNT, REGION, "backup", "put-backup-vault-lock-configuration", "--backup-vault-name", "legacy",
              "--min-retention-days", "7", "--max-retention-days", "35", "--changeable-for-days", "3")
    make("foreign", "--backup-vault-tags", "holdfast:topology=other,holdfast:address=vaults.x")
    write(folder, text)

    check("HF0501" in world.holdfast("plan", expect=1).err, "a hand-made vault is not ours by its name alone")

    # by hand: wrong ones first, then the right one
    for id_, said in (("nobody", "HF0510"), ("a|b", "HF0510"),
                      (f"arn:aws:backup:{REGION}:999999999999:backup-vault:legacy", "HF0510"),
                      (f"arn:aws:backup:eu-west-1:{ACCOUNT}:backup-vault:legacy", "HF0510"),
                      ("foreign", "HF0501")):
        err = import_("vaults.final", id_, expect=1).err
        check(said in err, f"{id_} is refused with {said}: {err}")
    check("vaults.x of topology other" in import_("vaults.final", "foreign", expect=1).err, "and its owner named")
    check("HF0301" in import_("vaults.nobody", "legacy", expect=1).err, "an address that the file does not make")
    import_("vaults.final", expect=64)
    make("unlike")
    shown = import_("vaults.final", f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:legacy", "--dry-run").out
    check("the backup vault legacy" in shown, f"an ARN of the right place is as good as the name: {shown}")
    err = import_("vaults.final", "unlike", expect=1).err
    check("HF0510" in err and "replaced" in err, f"what would have to be replaced is refused: {err}")
    check(recorded() == {}, "nothing was recorded")

    shown = import_("vaults.final", "legacy", "--dry-run").out
    check("would import vaults.final" in shown and "change tags" in shown and recorded() == {}, f"dry: {shown}")
    before = world.dump("--stable")
    result = import_("vaults.final", "legacy", "--json").json
    check(result["identifier"] == "legacy" and all(p.startswith("/tags") for p in result["differences"]),
          f"it says what an apply would change: {result}")
    check(set(recorded()) == {"vaults.final"} and world.dump("--stable") == before, "recorded, and AWS unchanged")
    check("already" in import_("vaults.final", "legacy", expect=1).err, "not twice")

    # an apply brings the owner tags; the lock, whose days of grace AWS does not tell, is left as it is
    plan = world.holdfast("plan", "--json", expect=0).json["summary"]
    check((plan["update"], plan["create"], plan["replace"], plan["delete"]) == (1, 0, 0, 0), f"tags only: {plan}")
    world.holdfast("apply", "--auto-approve", expect=0)
    world.holdfast("plan", "--detailed-exitcode", expect=0)
    check(set(recorded()) == {"vaults.final", "vaults.final/lock"}, "its lock came with it")

    # the same by the file, past the date of the lock
    world.holdfast("state", "rm", "vaults.final", "vaults.final/lock", expect=0)
    world.aws(ACCOUNT, REGION, "backup", "untag-resource", "--resource-arn",
              f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:legacy", "--tag-key-list", "holdfast:topology",
              "holdfast:address")
    world.advance(days=5)
    write(folder, text + "imports:\n  - {address: vaults.final, id: legacy}\n")
    plan = world.holdfast("plan", "--json", expect=0).json
    check({c["action"] for c in plan["changes"]} == {"adopt"} and
          "imported" in {c["reason"] for c in plan["changes"]}, f"imported: {plan['changes']}")
    check("import" in world.holdfast("plan", expect=0).out, "as a line of its own")
    world.holdfast("apply", "--auto-approve", expect=0)
    world.holdfast("plan", "--detailed-exitcode", expect=0)

    # and by a saved plan, which looks again before it records
    world.holdfast("state", "rm", "vaults.final", "vaults.final/lock", expect=0)
    plan = world.holdfast("plan", "--out", "p.json", "--json", expect=0).json
    check(world.holdfast("show", "p.json", "--json", expect=0).json == plan, "show says what plan said")
    check("import" in world.holdfast("show", "p.json", expect=0).out, "as text, too")
    world.holdfast("apply", "p.json", expect=0)
    check(set(recorded()) == {"vaults.final", "vaults.final/lock"}, "recorded")
    world.holdfast("plan", "--detailed-exitcode", expect=0)
done()
