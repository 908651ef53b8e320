"""moto, which knows AssumeRole: each of three accounts gets its own objects, and where a role leads into
another account than the topology says, nothing is written."""

import os

from harness import check, done, holdfast, workspace
from servers import Moto

TOPOLOGY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "three_accounts.yaml")
ACCOUNTS = {"workload": "111122223333", "backup": "444455556666", "audit": "777788889999"}


def vaults(server, account):
    """ARN -> tags."""
    backup = server.client("backup", account)
    arns = [v["BackupVaultArn"] for v in backup.list_backup_vaults()["BackupVaultList"]]
    return {arn: backup.list_tags(ResourceArn=arn)["Tags"] for arn in arns}


def queues(server, account):
    return server.client("sqs", account).list_queues().get("QueueUrls", [])


def check_places(server):
    for name, account in ACCOUNTS.items():
        arn = f"arn:aws:backup:us-east-1:{account}:backup-vault:same"
        found = vaults(server, account)
        check(set(found) == {arn}, f"{name} has its vault and no other: {found}")
        check(found[arn]["owner"] == name, f"the vault of {name} is {name}'s: {found}")
        check(found[arn]["holdfast:address"] == f"vaults.{name}", f"its address: {found}")
        check(len(queues(server, account)) == 1, f"{name} has one queue")


def check_nothing(server, message):
    for name, account in ACCOUNTS.items():
        found = [*vaults(server, account), *queues(server, account)]
        check(not found, f"{message}: {name} has {found}")


def each_account_gets_its_own(server):
    env = server.environment(Moto.HOME)
    with workspace(TOPOLOGY) as folder:
        who = holdfast("whoami", "--json", cwd=folder, env=env, expect=0).json
        check({a["account_id"] for a in who["identities"]} == set(ACCOUNTS.values()), f"{who}")
        holdfast("apply", "--auto-approve", cwd=folder, env=env, expect=0)
        check_places(server)
        holdfast("plan", "--detailed-exitcode", cwd=folder, env=env, expect=0)
        allow = [arg for name in ACCOUNTS for arg in ("--allow-destroy", f"vaults.{name}")]
        holdfast("destroy", "--auto-approve", *allow, cwd=folder, env=env, expect=0)
        check_nothing(server, "destroyed")


def a_role_of_another_account_is_refused(server):
    def astray(text):
        return text.replace("iam::444455556666:role", "iam::111122223333:role")

    env = server.environment(Moto.HOME)
    with workspace(TOPOLOGY, astray) as folder:
        for command in (["plan"], ["apply", "--auto-approve"], ["destroy", "--auto-approve"], ["drift"]):
            refused = holdfast(*command, cwd=folder, env=env, expect=3)
            check("HF0703" in refused.err, f"{command} names the wrong account: {refused.err}")
            check_nothing(server, f"{command} after the wrong identity")


with Moto() as server:
    a_role_of_another_account_is_refused(server)
    each_account_gets_its_own(server)
done()
