"""examples/rds-immutable-backup.yaml against moto, as far as it goes: plan, apply, plan and destroy. What moto
refuses is cut out of the topology as its row says, and the same command goes on with the rest."""

import os

import yaml

from harness import SEED, check, done, holdfast, workspace
from servers import Moto
from skips import Skips

WORKLOAD, BACKUP = "111122223333", "444455556666"
VAULTS = {(WORKLOAD, "us-east-1"): ["rds-immutable-backup-primary"],
          (WORKLOAD, "us-east-2"): ["rds-immutable-backup-intermediate"],
          (BACKUP, "us-east-1"): [],
          (BACKUP, "us-east-2"): ["rds-immutable-backup-final"]}
ALLOWED = ["vaults.final", "vaults.final/lock", "vaults.intermediate", "vaults.primary", "keys.final",
           "keys.intermediate"]


def cut(folder, path):
    """Takes `section.entry.key` out of the topology."""
    file_path = os.path.join(folder, "topology.yaml")
    with open(file_path, encoding="utf-8") as file:
        topology = yaml.safe_load(file)
    *parents, last = path.split(".")
    node = topology
    for name in parents:
        node = node[name]
    del node[last]
    with open(file_path, "w", encoding="utf-8") as file:
        yaml.safe_dump(topology, file, sort_keys=False)


def close_intents(folder, env):
    """What a server cannot create it cannot look for either: whether it is there stays open. We know
    that it is not."""
    listed = holdfast("state", "journal", "--json", cwd=folder, env=env, expect=0)
    for intent in listed.json["open_intents"]:
        holdfast("state", "journal", "close", str(intent["seq"]), cwd=folder, env=env, expect=0)


def until_it_goes_through(folder, env, skips, *command):
    """Runs a command, and cuts what the server refuses; the result and how it ended."""
    while True:
        result = holdfast(*command, "--json", cwd=folder, env=env)
        row = result.status != 0 and skips.meet(command[0], result.err)
        if result.status == 0 or (row and "cut" not in row):
            return result
        if not row:
            skips.done()
        cut(folder, row["cut"])
        close_intents(folder, env)


def check_vaults(server, expected):
    for (account, region), names in expected.items():
        vaults = server.client("backup", account, region).list_backup_vaults()["BackupVaultList"]
        found = [vault["BackupVaultName"] for vault in vaults]
        check(found == names, f"vaults in {account} {region}: {found}, expected {names}")


def run(server, folder, skips):
    env = server.environment(Moto.HOME)
    plan = until_it_goes_through(folder, env, skips, "plan").json
    check(plan["summary"]["irreversible"] == 1, f"the lock is irreversible: {plan['summary']}")
    refused = holdfast("apply", "--auto-approve", cwd=folder, env=env, expect=7)
    check("HF0901" in refused.err, f"the lock needs its flag: {refused.err}")
    check_vaults(server, dict.fromkeys(VAULTS, []))

    until_it_goes_through(folder, env, skips, "apply", "--auto-approve", "--allow-irreversible",
                          "vaults.final/lock")
    check_vaults(server, VAULTS)

    again = holdfast("plan", "--json", cwd=folder, env=env, expect=0).json
    for change in again["changes"]:
        before, after = change["before"], change["after"]
        differing = sorted(key for key in after if before.get(key) != after[key])
        skips.meet("plan again", f"{change['action']} {change['address']}: {' '.join(differing)}")

    allow = [arg for address in ALLOWED for arg in ("--allow-destroy", address)]
    destroyed = holdfast("destroy", "--auto-approve", *allow, cwd=folder, env=env, expect=0)
    check("0 failed, 0 skipped, 0 stay" in destroyed.out, f"all goes: {destroyed.out}")
    check_vaults(server, dict.fromkeys(VAULTS, []))


with Moto() as server, workspace(SEED) as folder:
    skips = Skips(Moto, "example")
    run(server, folder, skips)
    skips.done()
done()
