"""The way back: a point of the locked vault becomes a database in a clean account while the workload account is gone."""

import json
import os
import sqlite3
import stat
import subprocess

from harness import AWSCLI, EXAMPLES, HOLDFAST, Served, check, clean_environment, done, holdfast, workspace

EXAMPLE = os.path.join(EXAMPLES, "restore.yaml")
DATABASE = "arn:aws:rds:us-east-1:111122223333:db:orders"
BACKUP, RECOVERY, REGION = "444455556666", "777788889999", "us-west-2"


def plan(world, arn=DATABASE, *args, expect=0):
    """Asked with nothing but the identity of the recovery account."""
    return holdfast("restore", "plan", arn, *args, cwd=world.folder, env=world.environment(RECOVERY), expect=expect)


def limit(folder):
    """The deployers of all accounts hold what `permissions --for restore` prints for them, and nothing else."""
    grants = holdfast("permissions", "--for", "restore", "--json", cwd=folder, expect=0).json["grants"]
    db = sqlite3.connect(os.path.join(folder, ".holdfast", "restore.world.db"))
    with db:
        roles = db.execute("SELECT account, id, json FROM object WHERE kind = 'iam.role'").fetchall()
        for account, name, text in roles:
            role = json.loads(text)
            if role["RoleName"] != "holdfast-deployer":
                continue
            role.pop("Admin", None)
            role["Attached"] = []
            role["Inline"] = {p["name"]: json.dumps(p["document"])
                              for g in grants if g.get("principal") == role["Arn"] for p in g["policies"]}
            db.execute("UPDATE object SET json = ? WHERE kind = 'iam.role' AND account = ? AND id = ?",
                       (json.dumps(role), account, name))
    db.close()


def executable(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, stat.S_IRWXU)


def run(world, script):
    """The script as it stands. Its profiles are the deployers of the two accounts; where it would sleep, the world's clock
    moves."""
    tools = os.path.join(world.folder, "tools")
    os.makedirs(tools, exist_ok=True)
    executable(os.path.join(tools, "sleep"),
               f"#!/bin/sh\nexec '{HOLDFAST}' simulator advance --hours 1 --endpoint-url {world.url}\n")
    executable(os.path.join(tools, "aws"), f"#!/bin/sh\nexec '{AWSCLI}' \"$@\"\n")
    profiles = os.path.join(tools, "config")
    with open(profiles, "w", encoding="utf-8") as file:
        for name, account in (("backup", BACKUP), ("recovery", RECOVERY)):
            file.write(f"[profile {name}]\nrole_arn = arn:aws:iam::{account}:role/holdfast-deployer\n"
                       "source_profile = base\n")
        file.write(f"[profile base]\naws_access_key_id = {RECOVERY}\naws_secret_access_key = simulated\n")
    env = clean_environment({"AWS_ENDPOINT_URL": world.url, "AWS_CONFIG_FILE": profiles, "AWS_PAGER": "",
                             "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"})
    env["HOME"] = tools
    env["PATH"] = f"{tools}:{env['PATH']}"
    return subprocess.run(["sh", "-c", script], cwd=world.folder, env=env, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=240, check=False)


def keep_longer(folder):
    """The last vault keeps each point for 300 days, ten times as long as the way back keeps a copy of it."""
    path = os.path.join(folder, "topology.yaml")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    route = "route: direct\n            lifecycle: {delete_after_days: "
    check(route + "30}" in text, "the example keeps points for thirty days")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(route + "30}", route + "300}"))


with workspace(EXAMPLE) as folder:
    keep_longer(folder)
    with Served(folder) as world:
        world.holdfast("apply", "--auto-approve", expect=0)
        world.advance(days=45)  # the plan runs each day, and its copies come into the locked vault
        world.dump()  # answered when the clock has come so far
    limit(folder)
    with Served(folder) as world:
        before = [c for c in world.dump("--calls") if c["writes"]]
        answer = plan(world, DATABASE, "--json").json
        check(answer["ready"] and answer["way"] == "restores.clean_room" and answer["type"] == "RDS", f"a plan: {answer}")
        check([(s["operation"], s["account"]) for s in answer["steps"]] == [
            ("StartCopyJob", "backup"), ("DescribeCopyJob", "backup"), ("StartRestoreJob", "recovery"),
            ("DescribeRestoreJob", "recovery")], f"its calls: {answer['steps']}")
        metadata = answer["steps"][2]["request"]["Metadata"]
        check(metadata["DBInstanceIdentifier"] == "orders" and metadata["DeletionProtection"] == "true"
              and "DBSubnetGroupName" not in metadata, f"what the restore is told: {metadata}")
        held = world.aws(BACKUP, REGION, "backup", "list-recovery-points-by-backup-vault", "--backup-vault-name",
                         "restore-final")["RecoveryPoints"]
        newest = max(held, key=lambda p: p["CreationDate"])["RecoveryPointArn"]
        check(len(held) > 40 and answer["point"] == newest, f"of several points the newest: {answer['point']}")
        older = min(held, key=lambda p: p["CreationDate"])["RecoveryPointArn"]
        same = plan(world, older, "--target", "restores.clean_room", "--json").json
        check(same["resource"] == DATABASE and same["point"] == older, "or the one that is named")
        check([c for c in world.dump("--calls") if c["writes"]] == before, "nothing was written")

        management = world.aws(BACKUP, "us-east-1", "organizations", "describe-organization")
        management = management["Organization"]["MasterAccountId"]
        world.aws(management, "us-east-1", "organizations", "close-account", "--account-id", "111122223333")
        lost = holdfast("plan", cwd=folder, env=world.environment(RECOVERY))
        check(lost.status == 3, f"what looks at all accounts ends at the closed one: {lost.status} {lost.err}")

        with open(os.path.join(folder, "topology.yaml"), encoding="utf-8") as file:
            shared = file.read() + "state: {s3: {bucket: lost, key: k, account: workload, region: us-east-1}}\n"
        with open(os.path.join(folder, "shared.yaml"), "w", encoding="utf-8") as file:
            file.write(shared)
        without = plan(world, DATABASE, "-f", "shared.yaml", "--json").json
        check(without["ready"] and without["point"] == newest, f"a state that is lost with the account is not missed: {without}")

        script = plan(world, older).out  # older than what the way back gives a copy: its life counts from the backup
        restored = run(world, script + "echo \"$POINT\"\n")
        made = f"arn:aws:rds:{REGION}:{RECOVERY}:db:orders"
        check(restored.returncode == 0 and restored.stdout.split()[-2] == made, f"it is back: {restored}")
        copied = restored.stdout.split()[-1]
        database = world.aws(RECOVERY, REGION, "rds", "describe-db-instances")["DBInstances"][0]
        keys = world.aws(RECOVERY, REGION, "kms", "list-aliases")["Aliases"]
        key = next(a["TargetKeyId"] for a in keys if a["AliasName"] == "alias/restored")
        check(database["DBInstanceArn"] == made and database["KmsKeyId"].endswith(key), f"under its own key: {database}")
        steps = {s["id"]: s["command"] for s in plan(world, DATABASE, "--json").json["steps"]}
        again = run(world, "\n".join(["set -eu", f"POINT={copied}", steps["restore"], steps["await_restore"]]))
        check(again.returncode == 1 and "FAILED" in again.stderr, f"the name is taken, and the script says so: {again}")
        world.aws(RECOVERY, REGION, "kms", "disable-key", "--key-id", key)
        stopped = plan(world, expect=1)
        check("HF1482" in stopped.err and "key is enabled" in stopped.err and "Disabled" in stopped.err,
              f"what would fail is said before: {stopped.err}")
done()
