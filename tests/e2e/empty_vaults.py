"""destroy --empty-vaults: the recovery points of one vault go when its name was typed, never through
a lock or a legal hold, and whoever says that a point is deleted is asked again."""

import json
import os
import pty
import select
import subprocess
import tempfile
import urllib.request

from harness import HOLDFAST, Served, check, clean_environment, done, holdfast, workspace

TOPOLOGY = """version: 1
name: small
accounts:
  main: {id: "111122223333", assume_role: "arn:aws:iam::111122223333:role/holdfast-deployer"}
regions:
  home: us-east-1
keys:
  backups: {account: main, region: home}
vaults:
  daily: {account: main, region: home, key: backups}
  weekly: {account: main, region: home, key: backups}
plans:
  daily:
    account: main
    region: home
    rules:
      daily: {target_vault: daily, schedule_expression: cron(0 20 ? * * *), lifecycle: {delete_after_days: 35}}
    selections:
      rds: {resources: ["arn:aws:rds:*:*:db:*"]}
"""
VAULT, NAME = "vaults.daily", "small-daily"
LOCK = "\n    lock: {mode: governance, min_retention_days: 7, max_retention_days: 365}"


def with_lock(text):
    return text.replace("  daily: {account: main, region: home, key: backups}",
                        "  daily:\n    account: main\n    region: home\n    key: backups" + LOCK, 1)


def topology_file(folder, text=TOPOLOGY):
    path = os.path.join(folder, "small.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def destroy(where, *flags, expect):
    return holdfast("destroy", *flags, cwd=where.folder, env=where.environment(), expect=expect)


def operations(served):
    return [c["operation"] for c in served.dump("--calls") if c["writes"] or "RecoveryPoint" in c["operation"]]


def points(served):
    listed = served.aws("111122223333", "us-east-1", "backup", "list-recovery-points-by-backup-vault",
                        "--backup-vault-name", NAME)
    return listed["RecoveryPoints"]


def settings(served, **values):
    request = urllib.request.Request(f"{served.url}/_holdfast/settings", method="POST",
                                     data=json.dumps(values).encode())
    with urllib.request.urlopen(request, timeout=60) as answer:
        answer.read()


class Filled:
    """A served world in which the topology was applied and three days have passed."""

    def __init__(self, text=TOPOLOGY):
        self.text = text

    def __enter__(self):
        self.outer = tempfile.TemporaryDirectory()
        self.workspace = workspace(topology_file(self.outer.name, self.text))
        folder = self.workspace.__enter__()
        self.served = Served(folder)
        self.served.begin_at(9)  # the plan's backup falls due at 20
        holdfast("apply", "--auto-approve", cwd=folder, env=self.served.environment(), expect=0)
        self.served.advance(days=3)
        check(len(points(self.served)) == 3, "three backups were made")
        return self.served

    def __exit__(self, *error):
        self.served.__exit__(*error)
        self.workspace.__exit__(*error)
        self.outer.cleanup()


def typed(served, answers, *flags):
    """destroy in a terminal: each question gets the next answer. Status, stdout, what the terminal shows."""
    here, there = pty.openpty()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen([HOLDFAST, "destroy", *flags], cwd=served.folder, stdin=there, stdout=out,
                                   stderr=there, env=clean_environment(served.environment()))
        os.close(there)
        seen, asked = b"", 0
        while chunk := read_terminal(here):
            seen += chunk
            if seen.endswith(b"to go on: ") and asked < len(answers):
                os.write(here, answers[asked].encode() + b"\n")
                asked += 1
        os.close(here)
        process.wait(timeout=120)
        check(asked == len(answers), f"it asked {asked} times: {seen}")
        out.seek(0)
        return process.returncode, out.read().decode(), seen.decode()


def read_terminal(terminal):
    """What came, or nothing when the other side has closed."""
    ready, _, _ = select.select([terminal], [], [], 120)
    check(ready, "the terminal is silent")
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""


# ---- the name ----
with Filled() as served:
    settings(served, page_size=1)
    kept = destroy(served, "--auto-approve", "--json", "--detailed-exitcode", "--empty-vaults", "vaults.none", expect=64)
    check("HF0504" in kept.err and "vaults.none" in kept.err, f"an address that names nothing: {kept.err}")
    refused = destroy(served, "--auto-approve", "--empty-vaults", "keys.backups", expect=64)
    check("HF0504" in refused.err, f"a key has no points: {refused.err}")
    refused = destroy(served, "--auto-approve", "--empty-vaults", VAULT, expect=64)
    check("HF0903" in refused.err and "=NAME" in refused.err, f"--auto-approve does not stand for it: {refused.err}")
    refused = destroy(served, "--empty-vaults", VAULT, expect=64)
    check("HF0903" in refused.err, "and without a terminal nothing waits")
    refused = destroy(served, "--auto-approve", "--empty-vaults", f"{VAULT}=small-weekly", expect=64)
    check("HF0903" in refused.err and NAME in refused.err, f"another vault's name: {refused.err}")
    status, out, err = typed(served, ["yes", "small"], "--empty-vaults", VAULT)
    check(status == 64 and "all 3 recovery points" in out and "not approved" in err, f"a wrong name: {out} {err}")
    check(len(points(served)) == 3, "nothing was deleted")

    status, out, err = typed(served, ["yes", NAME], "--empty-vaults", VAULT)
    check(status == 0, f"the right name: {status} {out} {err}")
    check("with all its recovery points" in out and "3 deleted, 0 left" in err, f"it says what it does: {out} {err}")
    done_there = operations(served)
    check(done_there.count("DeleteRecoveryPoint") == 3, "each point was deleted")
    check(done_there.count("DescribeRecoveryPoint") == 3, "and asked for again")
    last = max(i for i, name in enumerate(done_there) if name == "DescribeRecoveryPoint")
    check(last < done_there.index("DeleteBackupSelection"), "while their role was still there")
    check("DeleteBackupVault" in done_there[last:], "then the vault went")
    left = holdfast("state", "list", "--json", cwd=served.folder, env=served.environment(), expect=0).json
    check(left["resources"] == [], f"nothing is left: {left}")

with Filled() as served:
    emptied = destroy(served, "--auto-approve", "--json", "--empty-vaults", f"{VAULT}={NAME}", expect=0).json
    check(emptied["emptied"] == [{"address": VAULT, "deleted": 3, "left": 0}], f"counts: {emptied}")
    check(emptied["retained"] == [], "nothing stays")

# ---- a lock, a hold, and a vault that stays for another reason ----
with Filled(with_lock(TOPOLOGY)) as served:
    refused = destroy(served, "--auto-approve", "--empty-vaults", f"{VAULT}={NAME}", expect=7)
    check("HF0906" in refused.err and "locked" in refused.err, f"never through a lock: {refused.err}")
    check(len(points(served)) == 3 and "DeleteRecoveryPoint" not in operations(served), "nothing was tried")
    check("DeleteBackupVaultLockConfiguration" not in operations(served), "and the lock stays")

with Filled() as served:
    settings(served, page_size=1)
    backup = ("111122223333", "us-east-1", "backup")
    for vault in ("small-weekly", NAME):
        hold = served.aws(*backup, "create-legal-hold", "--title", "case", "--description", "why",
                          "--recovery-point-selection", json.dumps({"VaultNames": [vault]}))["LegalHoldId"]
    refused = destroy(served, "--auto-approve", "--empty-vaults", f"{VAULT}={NAME}", expect=7)
    check("HF0906" in refused.err and hold in refused.err and "3 of its" in refused.err, f"never a hold: {refused.err}")
    check("DeleteRecoveryPoint" not in operations(served), "nothing was tried")
    served.aws(*backup, "cancel-legal-hold", "--legal-hold-id", hold, "--cancel-description", "settled")
    destroy(served, "--auto-approve", "--empty-vaults", f"{VAULT}={NAME}", expect=0)

# ---- AWS says 200 and keeps the point ----
with Filled() as served:
    role = "small-daily-AWSBackup"
    iam = ("111122223333", "us-east-1", "iam")
    for policy in served.aws(*iam, "list-attached-role-policies", "--role-name", role)["AttachedPolicies"]:
        served.aws(*iam, "detach-role-policy", "--role-name", role, "--policy-arn", policy["PolicyArn"])
    tried = destroy(served, "--auto-approve", "--json", "--empty-vaults", f"{VAULT}={NAME}", expect=1)
    answer = json.loads(tried.out)
    check(answer["emptied"] == [{"address": VAULT, "deleted": 0, "left": 3}], f"none went: {answer}")
    check("HF0906" in tried.err and "EXPIRED" in tried.err and role in tried.err, f"it says why: {tried.err}")
    stays = {r["address"]: r["reason"] for r in answer["retained"]}
    check("3 recovery points" in stays[VAULT] and "keys.backups" in stays, f"the vault stays with its key: {stays}")
    check({p["Status"] for p in points(served)} == {"EXPIRED"}, "they are EXPIRED")
    left = holdfast("state", "list", "--json", cwd=served.folder, env=served.environment(), expect=0).json
    check({r["address"] for r in left["resources"]} == set(stays), f"the rest went: {left}")
done()
