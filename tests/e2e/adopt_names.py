"""What adopt makes of accounts as they are: names that no entry can have, accounts that are called alike, a thousand
vaults of somebody else, an account that nobody has keys for."""

import json
import os

import boto3

from adopting import adopt, takes_over, write
from harness import EXAMPLES, Served, check, done, workspace

ONE, TWO, REGION = "111122223333", "444455556666", "us-east-1"
PLACES = f"""version: 1
name: odd
accounts:
  first: {{members: {{same: "{ONE}"}}}}
  second:
    members: {{same: "{TWO}"}}
    assume_role: arn:aws:iam::${{account.id}}:role/holdfast-deployer
regions:
  all: [{REGION}, us-east-2]
"""
WORLD = PLACES + """vaults:
  v: {account: second, region: all}
"""
NAMES = ["9lives", "a-b", "a_b", "-leading", "__", "x" * 50, "x" * 49 + "y", "Default-2"]


def client(world, account, service, region=REGION):
    return boto3.client(service, region_name=region, endpoint_url=world.url, aws_access_key_id=account,
                        aws_secret_access_key="simulated")


with workspace(os.path.join(EXAMPLES, "direct-copy.yaml")) as folder:
    write(folder, "world.yaml", WORLD)
    write(folder, "places.yaml", PLACES)
    with Served(folder, "-f", "world.yaml") as world:
        for account in (ONE, TWO):
            for name in NAMES:
                client(world, account, "backup").create_backup_vault(BackupVaultName=name)
        theirs = client(world, ONE, "backup", "us-east-2")
        for i in range(1000):
            theirs.create_backup_vault(BackupVaultName=f"theirs-{i:04}", BackupVaultTags={
                "holdfast:topology": "theirs", "holdfast:address": f"vaults.v{i}"})

        # mail that nobody has confirmed is listed without an ARN
        sns = client(world, ONE, "sns")
        topic = sns.create_topic(Name="alerts")["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")
        client(world, ONE, "backup").put_backup_vault_notifications(
            BackupVaultName="a_b", SNSTopicArn=topic, BackupVaultEvents=["BACKUP_JOB_FAILED"])

        result = adopt(world, "--json").json
        check(any("confirmed" in r and "email ops@example.com of " + topic in r for r in result["remarks"]),
              f"and the head says so: {result['remarks']}")
        vaults = result["topology"]["vaults"]
        check(result["format_version"] == "1.0", "the answer has its version")
        check(sorted((v.get("name"), v["account"]) for v in vaults.values()) ==
              sorted((name, account) for name in NAMES for account in ("same", "same_2")),
              f"every vault of both has an entry, and accounts of one name are told apart: {vaults}")
        check(set(result["topology"]["regions"]) == {REGION, "us-east-2"}, "Regions of a group are called by their codes")
        remarks = [r for r in result["remarks"] if "topology theirs" in r]
        check(len(remarks) == 1 and "and 995 more" in remarks[0] and len(remarks[0]) < 600,
              f"a thousand vaults of another topology are one line: {remarks}")
        takes_over(folder, world, adopt(world).out)

        # nobody has keys for the second account any more
        write(folder, "places.yaml", PLACES.replace("role/holdfast-deployer", "role/gone"))
        err = adopt(world, expect=3).err
        check("HF0702" in err, f"an account without credentials ends the run before anything is printed: {err}")
done()
