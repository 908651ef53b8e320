"""ministack, which keeps Regions apart: two vaults of one name stay two, one going does not touch the
other."""

import os

from harness import check, done, holdfast, workspace
from servers import ACCOUNT, Ministack, in_a_network_of_its_own

TOPOLOGY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "two_regions.yaml")
REGIONS = {"east": "us-east-1", "west": "us-west-2"}


def sides(server):
    """Region's entry -> the tag of the vault there."""
    found = {}
    for side, region in REGIONS.items():
        backup = server.client("backup", ACCOUNT, region)
        for vault in backup.list_backup_vaults()["BackupVaultList"]:
            arn = f"arn:aws:backup:{region}:{ACCOUNT}:backup-vault:same"
            check(vault["BackupVaultArn"] == arn, f"in {region}: {vault['BackupVaultArn']}")
            found[side] = backup.list_tags(ResourceArn=arn)["Tags"]["side"]
    return found


def without_east(text):
    return "".join(line for line in text.splitlines(True) if not line.startswith("  east: {account"))


in_a_network_of_its_own()
with Ministack() as server, workspace(TOPOLOGY) as folder:
    env = server.environment()
    holdfast("apply", "--auto-approve", cwd=folder, env=env, expect=0)
    check(sides(server) == {"east": "east", "west": "west"}, f"{sides(server)}")
    holdfast("plan", "--detailed-exitcode", cwd=folder, env=env, expect=0)

    path = os.path.join(folder, "topology.yaml")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(without_east(text))
    refused = holdfast("apply", "--auto-approve", cwd=folder, env=env, expect=7)
    check("vaults.east" in refused.err, f"the guard names the vault: {refused.err}")
    check(len(sides(server)) == 2, "and nothing has gone")
    holdfast("apply", "--auto-approve", "--allow-destroy", "vaults.east", cwd=folder, env=env, expect=0)
    check(sides(server) == {"west": "west"}, f"{sides(server)}")
    holdfast("plan", "--detailed-exitcode", cwd=folder, env=env, expect=0)
done()
