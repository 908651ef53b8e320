"""Open intents: while one is about it nothing is moved, forgotten or undone by hand, `moved` and `forget` in the file come
after it is settled, and one that no run can settle is closed by hand."""

import json
import os
import resource
import subprocess

from harness import HOLDFAST, Served, check, connect, done, holdfast, workspace

HEAD = """version: 1
name: t
accounts: {main: {id: "111122223333"}}
regions: {one: us-east-1}
"""
TOPOLOGY = HEAD + "queues: {q: {account: main, region: one}}\n"
VAULT = """vaults:
  final:
    account: main
    region: one
    policy: {Version: "2012-10-17", Statement: [{Effect: Deny, Principal: "*", Action: "backup:DeleteBackupVault", Resource: "*"}]}
"""
OTHER = "queues: {q: {account: main, region: one}}\n"
LAST = VAULT.replace("final:", "last:")
STATE = os.path.join(".holdfast", "t.simulated.db")


def write(folder, text, name="topology.yaml"):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(text)


def run(folder, *args, expect=0, stdin=None):
    return holdfast(*args, "--simulate", cwd=folder, expect=expect, stdin=stdin)


def journal(folder):
    return run(folder, "state", "journal", "--json").json["open_intents"]


def query(folder, sql, *values):
    db = connect(os.path.join(folder, STATE))
    rows = db.execute(sql, values).fetchall()
    db.commit()
    db.close()
    return rows


def leave_open(folder, address):
    """As if the process had ended before the last outcome there was written down; the number of the intent."""
    query(folder, "UPDATE journal SET phase = 'open', detail = NULL, ended_ms = NULL WHERE seq = "
          "(SELECT max(seq) FROM journal WHERE address = ?)", address)
    intents = journal(folder)
    check([i["address"] for i in intents] == [address], f"one intent is open: {intents}")
    return intents[0]["seq"]


def recorded(folder):
    return {r["address"]: r["identifier"] for r in run(folder, "state", "list", "--json").json["resources"]}


def objects(folder):
    """What there is at AWS, without tags, which name addresses."""
    return sorted((o["kind"], o["id"], o["body"].get("Policy", ""))
                  for o in run(folder, "simulator", "dump").json["objects"])


def refused(folder, address, *args):
    """By hand nothing is done where an intent is open, and it is said what does both."""
    before = run(folder, "state", "pull").out
    for how in ([], ["--dry-run"]):
        said = run(folder, *args, *how, expect=7).err
        check("HF0642" in said and address in said and "state journal close" in said, f"{args}: {said}")
    check(run(folder, "state", "pull").out == before, f"{args} changes nothing")
    return said


with workspace() as folder:
    write(folder, HEAD + VAULT + OTHER)
    run(folder, "apply", "--auto-approve")
    made = objects(folder)
    check(any("DeleteBackupVault" in policy for _, _, policy in made), f"the policy is there: {made}")

    # at the address, under it, and where something would go
    leave_open(folder, "vaults.final/policy")
    said = refused(folder, "vaults.final/policy", "state", "mv", "vaults.final", "vaults.last")
    check("moved: [{from: vaults.final, to: vaults.last}]" in said, f"the way that settles it is named: {said}")
    said = refused(folder, "vaults.final/policy", "state", "rm", "vaults.final", "vaults.final/policy")
    check("forget: [vaults.final, vaults.final/policy]" in said, f"and here: {said}")
    refused(folder, "vaults.final/policy", "state", "rm", "vaults.final")
    query(folder, "DELETE FROM resource WHERE address LIKE 'vaults.final%'")
    refused(folder, "vaults.final/policy", "state", "mv", "queues.q", "vaults.final")
    run(folder, "state", "mv", "queues.q", "queues.q2", "--dry-run")

    # what the document would forget or move, a push does not take
    write(folder, HEAD + VAULT + OTHER)
    run(folder, "apply", "--auto-approve")
    check(journal(folder) == [] and objects(folder) == made and "vaults.final" in recorded(folder), "found again")
    leave_open(folder, "vaults.final/policy")
    document = json.loads(run(folder, "state", "pull").out)
    document["serial"] += 1
    for row in document["resources"]:
        row["address"] = row["address"].replace("vaults.final", "vaults.last")
    write(folder, json.dumps(document), "moved.json")
    said = run(folder, "state", "push", "--force", "moved.json", expect=7).err
    check("HF0631" in said and "open intent" in said, f"a document that moves it: {said}")

    # a rename in the file settles first
    write(folder, HEAD + LAST + OTHER + "moved: [{from: vaults.final, to: vaults.last}]\n")
    run(folder, "apply", "--auto-approve")
    check(set(recorded(folder)) == {"vaults.last", "vaults.last/policy", "queues.q"}, f"moved: {recorded(folder)}")
    check(objects(folder) == made and journal(folder) == [], f"and nothing is gone: {objects(folder)}")
    run(folder, "plan", "--detailed-exitcode")

    # an undo that would take it elsewhere waits as well; an apply that is told no has settled it
    query(folder, "INSERT INTO journal SELECT (SELECT max(seq) + 1 FROM journal), run, 'vaults.last/policy', 'aws_backup_vault_policy', 'update', "
          "'tok', account_id, region, ?, desired_json, digest, 1, 'open', NULL, NULL, NULL FROM journal "
          "WHERE address = 'vaults.final/policy' LIMIT 1", recorded(folder)["vaults.last/policy"])
    refused(folder, "vaults.last/policy", "state", "undo", "--to", "run:1")
    write(folder, HEAD + LAST + "moved: [{from: vaults.final, to: vaults.last}]\n")
    run(folder, "apply", stdin="no\n", expect=64)
    check(journal(folder) == [] and "queues.q" in recorded(folder), "settled, and nothing else is done")
    run(folder, "state", "undo", "--to", "run:1")
    check("vaults.final/policy" in recorded(folder), "and then it is undone")

    # what the file forgets is settled before
    leave_open(folder, "vaults.final/policy")
    write(folder, HEAD + OTHER + "forget: [vaults.final]\n")
    run(folder, "apply", "--auto-approve")
    check(set(recorded(folder)) == {"queues.q"} and journal(folder) == [], f"forgotten: {recorded(folder)}")
    check(objects(folder) == made, "and all of it is still there")

    # an import at such an address finds what the intent made
    leave_open(folder, "queues.q")
    url = recorded(folder)["queues.q"]
    query(folder, "DELETE FROM resource")
    said = run(folder, "import", "queues.q", url, expect=1).err
    check("recorded at `queues.q` already" in said and recorded(folder) == {"queues.q": url}, f"it was settled: {said}")

with workspace() as folder:
    write(folder, TOPOLOGY)
    run(folder, "apply", "--auto-approve")
    leave_open(folder, "queues.q")
    query(folder, "UPDATE journal SET account_id = '999988887777'")
    stuck = journal(folder)
    check(holdfast("apply", "--simulate", "--auto-approve", cwd=folder).status != 0, "it stops an apply")
    seq = str(stuck[0]["seq"])
    run(folder, "state", "journal", "close", "1000", expect=64)
    check(len(journal(folder)) == 1, "another number closes nothing")
    run(folder, "state", "journal", "close", seq)
    check(journal(folder) == [], "it is closed")
    check(query(folder, "SELECT phase, detail FROM journal WHERE seq = ?", seq) == [("abandoned", "closed by hand")],
          "the journal says by whom")
    run(folder, "apply", "--auto-approve")


def apply_on_a_full_disk(served, size):
    """An apply that can write no file beyond `size` bytes."""
    process = subprocess.run(
        [HOLDFAST, "apply", "--auto-approve", "--parallelism", "8", "--json"], cwd=served.folder, env=served.environment(),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)), text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return process.returncode, json.loads(process.stdout) if process.stdout else None


# where the disk is full every change is in one of the counts: also what was sent and has no outcome, and what was not begun
with workspace() as folder:
    write(folder, HEAD + "queues:\n" + "".join(f"  q{i}: {{account: main, region: one}}\n" for i in range(40)))
    with Served(folder) as served:
        status, counts, size = 0, None, 100000
        while not counts and size < 400000:  # less, and the run does not begin
            status, counts = apply_on_a_full_disk(served, size)
            size += 20000
        check(status == 4 and counts["skipped"] > 0, f"the disk is full in the middle: {size}, {status}, {counts}")
        check(counts["done"] + counts["failed"] + counts["skipped"] == 40, f"each change counts once: {counts}")
done()
