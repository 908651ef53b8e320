"""A relay that has copied nothing yet asks before it copies what is old; and once a copy can be restored, the point that
it was made from may go sooner."""

import collections
import datetime
import json

from harness import Served, check, done, holdfast, workspace

LOCK = ("--allow-irreversible", "vaults.final/lock")
APPLY = ("apply", "--simulate", "--auto-approve")


def settings(*lines):
    return lambda text: text.replace("    tag_keys: [FinalVault]\n", "".join(
        f"    {line}\n" for line in ("tag_keys: [FinalVault]", *lines)))


def points(folder, account, vault):
    dump = holdfast("simulator", "dump", cwd=folder, expect=0).json
    return [o["body"] for o in dump["objects"] if o["kind"] == "backup.point" and o["account_id"] == account
            and vault in o["body"]["BackupVaultArn"]]


def once(folder, *args):
    result = holdfast("relay", "once", "--simulate", "--json", *args, cwd=folder, expect=0)
    return result.json, result.err


def late_event(point):
    """As it lay among the dead letters since the copy had ended."""
    made = datetime.datetime.fromtimestamp(point["CreationDate"] / 1000, datetime.timezone.utc).isoformat()
    return json.dumps({"source": "aws.backup", "detail-type": "Copy Job State Change", "time": "2020-01-01T00:00:00Z",
                       "detail": {"state": "COMPLETED", "creationDate": made.replace("+00:00", "Z"),
                                  "destinationBackupVaultArn": point["BackupVaultArn"],
                                  "destinationRecoveryPointArn": point["RecoveryPointArn"]}})


def advance(folder, *args):
    holdfast("simulator", "advance", *args, cwd=folder, expect=0)


with workspace(edit=settings("reconcile: never")) as folder:
    with Served(folder) as served:
        served.begin_at(20)  # the first backup is of 14: sooner, and its point would be about to expire below
        served.settings(event_drop_every=1)
    holdfast(*APPLY, *LOCK, cwd=folder, expect=0)
    advance(folder, "--days", "6")
    there = len(points(folder, "111122223333", "intermediate"))
    check(there >= 5, f"points lie there whose events were lost: {there}")

    oldest = min(points(folder, "111122223333", "intermediate"), key=lambda point: point["CreationDate"])
    handled = holdfast("relay", "handle", "--simulate", "--json", "--dry-run", cwd=folder, expect=0, stdin=late_event(oldest))
    check(handled.json["waiting"] >= 2 and "warning[HF1440]" in handled.err and all(
        row["verdict"] == "leave" for row in handled.json["decisions"] if row["point"] == oldest["RecoveryPointArn"]),
        f"nor does an event that comes so late pass the brake: {handled.out} {handled.err}")

    answer, err = once(folder)
    old = [row for row in answer["decisions"] if "--backfill" in row["reason"]]
    check(len(old) >= 2 and "warning[HF1440]" in err, f"old points wait for a word: {answer} {err}")
    check(answer["started"] == 1 and answer["waiting"] == there - 1, f"what is young is copied: {answer}")
    advance(folder, "--hours", "6")
    answer, err = once(folder, "--dry-run", "--backfill")
    check(answer["started"] == 1 and "HF1440" not in err, f"with that word the oldest comes first: {answer}")
    answer, err = once(folder, "--backfill")
    check(answer["started"] == 1, f"and is copied: {answer}")
    advance(folder, "--hours", "6")
    for _ in range(there):
        answer, err = once(folder)
        check("HF1440" not in err, f"the word was given once: {err}")
        advance(folder, "--hours", "3")
    arrived = collections.Counter(p["CreationDate"] for p in points(folder, "444455556666", "final"))
    check(len(arrived) >= there and set(arrived.values()) == {1}, f"all have arrived, once: {arrived}")

    with open(f"{folder}/topology.yaml", encoding="utf-8") as file:
        text = file.read()
    with open(f"{folder}/topology.yaml", "w", encoding="utf-8") as file:
        file.write(settings("shorten_source_to_days: 6")(text))
    advance(folder, "--days", "1")  # today's point has no copy yet
    holdfast(*APPLY, "--relay=false", cwd=folder, expect=0)
    copied = {p["CreationDate"] for p in points(folder, "444455556666", "final")}
    once(folder)
    for point in points(folder, "111122223333", "intermediate"):
        days = point["Lifecycle"]["DeleteAfterDays"]
        check(days == (6 if point["CreationDate"] in copied else 7), f"only what is copied goes sooner: {point}")
done()
