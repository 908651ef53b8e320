"""What another topology has taken over meanwhile is neither changed nor deleted, although it is recorded here."""

import os

from harness import Served, check, done, holdfast, workspace

ACCOUNT, REGION = "111122223333", "us-east-1"
HEAD = """version: 1
name: NAME
accounts: {a: {id: "111122223333"}}
regions: {r: us-east-1}
"""
ENTRIES = """vaults:
  v: {account: a, region: r, name: one-vault}
roles:
  x:
    account: a
    name: one-role
    assume_role_policy_document:
      Version: "2012-10-17"
      Statement: [{Effect: Allow, Principal: {Service: backup.amazonaws.com}, Action: "sts:AssumeRole"}]
"""


def write(folder, name, text):
    os.makedirs(os.path.join(folder, name), exist_ok=True)
    with open(os.path.join(folder, name, "topology.yaml"), "w", encoding="utf-8") as file:
        file.write(HEAD.replace("NAME", name) + text)


def remove(served):
    served.aws(ACCOUNT, REGION, "backup", "delete-backup-vault", "--backup-vault-name", "one-vault")
    served.aws(ACCOUNT, REGION, "iam", "delete-role", "--role-name", "one-role")


def changing_calls(served):
    return len([call for call in served.dump("--calls") if call["writes"]])


with workspace() as folder, Served(folder) as served:
    def run(name, *args, expect=0):
        return holdfast(*args, cwd=os.path.join(folder, name), env=served.environment(), expect=expect)

    write(folder, "ours", ENTRIES)
    write(folder, "theirs", ENTRIES)
    run("ours", "apply", "--auto-approve")
    remove(served)
    run("theirs", "apply", "--auto-approve")
    before = changing_calls(served)

    refused = run("ours", "plan", expect=1).err
    for address in ("vaults.v", "roles.x"):
        check(f"owner tags say that it belongs to {address} of topology theirs" in refused and f"state rm {address}" in refused,
              f"{address} is theirs now, and the way out is named: {refused}")
    write(folder, "ours", "outputs: {a: x}\n")
    for command in (("plan",), ("apply", "--auto-approve", "--allow-destroy", "vaults.v"), ("destroy", "--auto-approve")):
        refused = run("ours", *command, expect=1).err
        check(refused.count("error[HF0501]") == 2, f"{command} would delete what is theirs: {refused}")
    check(changing_calls(served) == before, "nothing was sent")
    run("theirs", "plan", "--detailed-exitcode")

    run("ours", "state", "rm", "roles.x")
    served.aws(ACCOUNT, REGION, "backup", "untag-resource", "--resource-arn",
               f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:one-vault", "--tag-key-list", "holdfast:topology")
    left = run("ours", "apply", "--auto-approve", "--allow-destroy", "vaults.v")
    check("1 done" in left.out + left.err, f"what bears nobody's tag is deleted by whoever recorded it: {left.out} {left.err}")
    check("roles.x" not in run("theirs", "plan").out, "what was let go of is theirs")

# The token that it was made with tells of who made it, not of whose it is.
with workspace() as folder, Served(folder) as served:
    def run(name, *args, expect=0):
        return holdfast(*args, cwd=os.path.join(folder, name), env=served.environment(), expect=expect)

    vault = ENTRIES[:ENTRIES.index("roles:")]
    write(folder, "ours", vault)
    write(folder, "theirs", vault)
    run("ours", "apply", "--auto-approve")
    run("ours", "state", "rm", "vaults.v")
    served.aws(ACCOUNT, REGION, "backup", "untag-resource", "--resource-arn",
               f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:one-vault", "--tag-key-list", "holdfast:topology", "holdfast:address")
    run("theirs", "import", "vaults.v", "one-vault")
    run("theirs", "apply", "--auto-approve")
    before = changing_calls(served)
    refused = run("ours", "plan", expect=1).err
    check("belongs to vaults.v of topology theirs" in refused and "let go of there first" in refused,
          f"what was handed over is not found as ours: {refused}")
    run("ours", "apply", "--auto-approve", expect=1)
    run("ours", "destroy", "--auto-approve")
    check(changing_calls(served) == before, "nothing was sent")
    run("theirs", "plan", "--detailed-exitcode")
done()
