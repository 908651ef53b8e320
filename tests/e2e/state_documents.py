"""The whole state as a document (`state pull`, `push`), what it remembers (`history`) and the way back (`undo`)."""

import json
import os
import shutil
import stat

from harness import calls, check, connect, done, holdfast, workspace

HEAD = """version: 1
name: t
accounts: {main: {id: "111122223333"}}
regions: {one: us-east-1}
"""
ONE = HEAD + "queues:\n  q: {account: main, region: one}\n"
TWO = HEAD + "queues:\n  q: {account: main, region: one, message_retention_seconds: 3600}\n  r: {account: main, region: one}\n"
DB = ".holdfast/t.simulated.db"


def write(folder, text, name="topology.yaml"):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(text)


def run(folder, *args, expect=0, stdin=None):
    return holdfast(*args, "--simulate", cwd=folder, expect=expect, stdin=stdin)


def apply(folder, text):
    write(folder, text)
    run(folder, "apply", "--auto-approve")


def pull(folder):
    return run(folder, "state", "pull").out


def recorded(folder):
    return {r["address"]: r["identifier"] for r in run(folder, "state", "list", "--json").json["resources"]}


def query(folder, sql):
    db = connect(os.path.join(folder, DB))
    rows = db.execute(sql).fetchall()
    db.commit()
    db.close()
    return rows


def summary(folder):
    return {k: v for k, v in run(folder, "plan", "--json").json["summary"].items() if v}


def sent(folder):
    return len(calls(folder, "--simulate"))


# ---- pull and push ----

with workspace() as folder, workspace() as other:
    write(folder, ONE)
    said = run(folder, "state", "pull", expect=4)
    check("HF0601" in said.err and said.out == "", f"without a state there is nothing to pull: {said.err}")
    apply(folder, ONE)
    first = pull(folder)
    check(pull(folder) == first, "the same state is the same bytes")
    document = json.loads(first)
    check(document["topology"] == "t" and [r["address"] for r in document["resources"]] == list(recorded(folder)),
          "the document holds what is recorded")
    apply(folder, TWO)
    second, before = pull(folder), sent(folder)

    # a second disk, the same world: from the document alone the plan is empty
    write(other, TWO)
    os.makedirs(os.path.join(other, ".holdfast"), mode=0o700)
    shutil.copy(os.path.join(folder, ".holdfast/t.world.db"), os.path.join(other, ".holdfast/t.world.db"))
    write(other, second, "state.json")
    said = run(other, "state", "push", "state.json")
    check("kept" not in said.out, f"nothing was replaced: {said.out}")
    check(pull(other) == second, "what was pushed is pulled")
    run(other, "plan", "--detailed-exitcode")
    check(stat.S_IMODE(os.stat(os.path.join(other, DB)).st_mode) == 0o600, "the state is private")

    # older, equal and foreign documents are refused, and change nothing
    for name, text in (("older", first), ("equal", second)):
        said = run(folder, "state", "push", "-", expect=7, stdin=text)
        check("HF0631" in said.err and "serial" in said.err and "--force" in said.err, f"{name}: {said.err}")
    strange = second.replace(document["lineage"], "0" * 36)
    check("lineage" in run(folder, "state", "push", "-", expect=7, stdin=strange).err, "another lineage")
    for old, new in (('"topology":"t"', '"topology":"u"'), ('"world":"simulated', '"world":"aws')):
        said = run(folder, "state", "push", "--force", "-", expect=4, stdin=second.replace(old, new))
        check("HF0602" in said.err, f"never of another topology or world: {said.err}")
    check("HF0630" in run(folder, "state", "push", "--force", "-", expect=4, stdin=second[:-9]).err, "never half of one")
    check("HF0603" in run(folder, "state", "push", "-", expect=4, stdin=second.replace('"1.0"', '"9.0"')).err, "newer")
    run(folder, "state", "push", expect=64)
    check(pull(folder) == second, "none of them changed anything")
    check(not [n for n in os.listdir(os.path.join(folder, ".holdfast")) if n.endswith(".json")], "nor left a file")

    # by force, with what it replaced kept and named
    answer = run(folder, "state", "push", "--json", "--force", "-", stdin=first).json
    with open(os.path.join(folder, answer["backup"]), encoding="utf-8") as file:
        check(file.read() == second, "the backup is what was replaced")
    check(stat.S_IMODE(os.stat(os.path.join(folder, answer["backup"])).st_mode) == 0o600, "and private")
    check(answer["serial"] == json.loads(second)["serial"] + 1, "the serial rises all the same")
    check("queues.r" not in recorded(folder), "it is the older state")
    check(sent(folder) == before, "and nothing was sent")
    check(summary(folder) == {"adopt": 1}, f"what is there is found again: {summary(folder)}")
    check("would restore queues.r" in run(folder, "state", "undo", "--dry-run").out, "it is a run, and can be undone")
    run(folder, "state", "undo")
    run(folder, "plan", "--detailed-exitcode")
    run(folder, "state", "push", "--force", answer["backup"])
    run(folder, "plan", "--detailed-exitcode")

    # an open intent cannot be lost, not even by force
    whole = pull(folder)
    query(folder, "INSERT INTO journal SELECT max(seq) + 1, run, 'queues.s', type, 'create', 'tok', account_id, region, "
          "NULL, desired_json, digest, 1, 'open', NULL, NULL, NULL FROM journal")
    said = run(folder, "state", "push", "--force", "-", expect=7, stdin=whole)
    check("open intent" in said.err and "queues.s" in said.err and "journal close" in said.err, said.err)

# ---- lists ----

LOCKED = HEAD + "vaults:\n  v: {account: main, region: one, lock: {mode: governance, min_retention_days: 1}}\n  w: {account: main, region: one}\n"

with workspace() as folder:
    apply(folder, LOCKED)
    check([line.split()[0] for line in run(folder, "state", "list", "vaults.v").out.splitlines()] == ["vaults.v", "vaults.v/lock"],
          "an address has its parts with it")
    check(len(run(folder, "state", "list", "vaults.v/lock", "vaults.w", "--json").json["resources"]) == 2, "several")
    said = run(folder, "state", "list", "vaults.v", "vaults.x", expect=64)
    check("HF0504" in said.err and "vaults.x" in said.err and said.out == "", f"one that is not there is said: {said.err}")
    check(run(folder, "state", "show", "vaults.w").json["type"] == "aws_backup_vault", "one is shown whole")
    run(folder, "state", "show", "vaults.x", expect=64)

# ---- history and undo ----

with workspace() as folder:
    write(folder, ONE)
    check(run(folder, "state", "history").out == "", "no state has no history")
    said = run(folder, "state", "undo", expect=64)
    check("HF0504" in said.err, f"nothing to undo: {said.err}")
    apply(folder, ONE)
    apply(folder, TWO)
    before = recorded(folder)
    history = run(folder, "state", "history", "--json").json
    check([[(c["action"], c["address"]) for c in r["changes"]] for r in history["runs"]] ==
          [[("added", "queues.q")], [("changed", "queues.q"), ("added", "queues.r")]], f"{history['runs']}")
    check(history["runs"][1]["changes"][0]["properties"] == ["message_retention_seconds"], "what differs is named")
    check(history["runs"][1]["command"] == "apply" and history["runs"][1]["serial"] == history["serial"], "by whom")
    text = run(folder, "state", "history").out
    check("\n  ~ queues.q: message_retention_seconds\n  + queues.r\n" in text, text)
    text = run(folder, "state", "history", "queues.r").out
    check("queues.r" in text and "queues.q" not in text and text.count("run ") == 1, f"of one address: {text}")
    check("HF0504" in run(folder, "state", "history", "queues.x", expect=64).err, "an address that never was")

    # undo is of the state alone
    number = sent(folder)
    said = run(folder, "state", "undo", "--dry-run")
    check("would restore queues.q" in said.out and "would forget queues.r" in said.out, said.out)
    check(recorded(folder) == before, "dry: nothing is changed")
    said = run(folder, "state", "undo")
    check("restored queues.q" in said.out and "stays in account 111122223333" in said.out, said.out)
    check("next plan" in said.err and sent(folder) == number, "it says what follows, and nothing is sent")
    check(list(recorded(folder)) == ["queues.q"], "what was recorded before is recorded again")
    check(summary(folder) == {"adopt": 1}, f"the plan finds what is there: {summary(folder)}")

    # an undo is a run: undone, it is as if nothing had been
    said = run(folder, "state", "undo", "--json").json
    check([r["address"] for r in said["forgotten"]] == [] and len(said["restored"]) == 2, f"{said}")
    check(recorded(folder) == before, "undone twice is not undone")
    run(folder, "plan", "--detailed-exitcode")
    runs = run(folder, "state", "history", "--json").json["runs"]
    check([r["result"] for r in runs[2:]] == ["back to serial 1", "back to serial 3"], f"{runs[2:]}")

    # to a serial, to the end of a run, and to what was never
    check("would forget queues.q" in run(folder, "state", "undo", "--to", "0", "--dry-run").out, "to the beginning")
    said = run(folder, "state", "undo", "--to", "run:1", "--dry-run", "--json").json
    check(said["to_serial"] == 1 and said["dry_run"], f"to the end of run 1: {said}")
    said = run(folder, "state", "undo", "--to", "run:4", "--dry-run")
    check(said.out == "" and "is what it was" in said.err, "to now: nothing")
    for to, code in (("99", "HF0504"), ("run:9", "HF0504"), ("x", "HF1201"), ("-1", "HF1201"), ("run:", "HF1201")):
        check(code in run(folder, "state", "undo", "--to", to, expect=64).err, f"--to {to}")

    # what a destroy deleted is planned again, and with a token of its own
    run(folder, "destroy", "--auto-approve")
    run(folder, "state", "undo")
    check(recorded(folder) == before, "recorded again")
    check(summary(folder) == {"create": 2}, f"and gone: {summary(folder)}")
    run(folder, "apply", "--auto-approve")
    tokens = [t for (t,) in query(folder, "SELECT token FROM journal WHERE action = 'create'")]
    check(len(tokens) == 4 and len(set(tokens)) == 4, f"no token serves two lives: {tokens}")

    # of an undone replacement the plan says what the apply does: the new object is found, and not made again
    apply(folder, TWO)
    apply(folder, TWO.replace("r: {", "r: {name: other, "))
    run(folder, "state", "undo")
    number = len([c for c in calls(folder, "--simulate") if c["writes"]])
    check(summary(folder) == {"adopt": 1}, f"the plan finds the new one: {summary(folder)}")
    run(folder, "apply", "--auto-approve")
    run(folder, "plan", "--detailed-exitcode")
    check(len([c for c in calls(folder, "--simulate") if c["writes"]]) == number, "and nothing is sent")

    # an open intent about something else stays open
    query(folder, "UPDATE journal SET phase = 'open', detail = NULL, ended_ms = NULL WHERE seq = "
          "(SELECT max(seq) FROM journal WHERE address = 'queues.q')")
    said = run(folder, "state", "undo")
    check("1 open intent stays" in said.err, said.err)
    check(len(run(folder, "state", "journal", "--json").json["open_intents"]) == 1, "it is still there")
    run(folder, "apply", "--auto-approve")
    run(folder, "plan", "--detailed-exitcode")

# a move that is undone takes the names along
with workspace() as folder:
    apply(folder, ONE)
    made = recorded(folder)["queues.q"]
    apply(folder, ONE.replace("  q: {", "  letters: {") + "moved: [{from: queues.q, to: queues.letters}]\n")
    said = run(folder, "state", "undo", "--to", "run:1", "--dry-run", "--json").json
    check(said["moved"] == [{"from": "queues.letters", "to": "queues.q"}] and said["forgotten"] == said["restored"] == [],
          f"nothing is forgotten: {said}")
    said = run(folder, "state", "undo", "--to", "run:1").out
    check(said == "moved queues.letters to queues.q\n", f"nor said to be: {said}")
    write(folder, ONE)
    check(recorded(folder) == {"queues.q": made} and set(summary(folder)) <= {"update"}, "at the old address, the old queue")
    run(folder, "apply", "--auto-approve")
    run(folder, "state", "undo", "--to", "run:3")
    write(folder, ONE.replace("  q: {", "  letters: {"))
    check(recorded(folder) == {"queues.letters": made} and set(summary(folder)) <= {"update"},
          f"and back, with the name that it was made with: {summary(folder)}")

done()
