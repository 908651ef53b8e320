"""The plan foretells the copies that the relays' pass after an apply starts, and that pass tells what it did."""

import tempfile

from harness import apply_seed, calls, check, done, failing_relay, holdfast, workspace

COUNTS = ("started", "refused", "waiting", "left", "failed")


def plan(folder, *args):
    return holdfast("plan", "--simulate", *args, cwd=folder, env=env, expect=0)


def foretold(folder, *args):
    return plan(folder, "--json", *args).json["summary"]["relay_copies"]


def once(folder):
    return holdfast("relay", "once", "--simulate", "--json", cwd=folder, env=env, expect=0).json


def counts(answer):
    return {name: answer[name] for name in COUNTS}


def some(**numbers):
    return {name: numbers.get(name, 0) for name in COUNTS}


with tempfile.TemporaryDirectory() as data, workspace() as folder:
    # a function that fails at once leaves every point to the pass after an apply
    env = failing_relay(data)
    check(foretold(folder) == 0, "where no vault stands yet nothing is copied")
    first = apply_seed(folder, "--simulate", "--json", env=env).json
    check(first["relay"] == some(), f"the pass of a first apply has nothing to do: {first['relay']}")
    holdfast("simulator", "advance", "--simulate", "--days", "2", cwd=folder, env=env, expect=0)

    before = len([c for c in calls(folder, "--simulate") if c["writes"]])
    check(foretold(folder) == 1, "of two points of one database the older one would be copied")
    check("the relays would then start 1 copy" in plan(folder).out, "and people read it too")
    dry = holdfast("relay", "once", "--dry-run", "--simulate", "--json", cwd=folder, env=env, expect=0).json
    check(counts(dry) == some(started=1, waiting=1) and not any(d.get("copy_job_id") for d in dry["decisions"]),
          f"a dry run lists what it would do: {dry}")
    check(len([c for c in calls(folder, "--simulate") if c["writes"]]) == before, "looking writes nothing")
    check(foretold(folder, "--target", "vaults.final") == 0, "an apply of a part is followed by no pass")
    check(foretold(folder, "--refresh=false") == 0, "nothing is read where nothing may be")

    applied = holdfast("apply", "--simulate", "--auto-approve", "--relay=false", "--json", cwd=folder, env=env,
                       expect=0).json
    check("relay" not in applied, "no pass, no counts")
    applied = holdfast("apply", "--simulate", "--auto-approve", cwd=folder, env=env, expect=0)
    check("the relays would then start 1 copy" in applied.out, f"apply shows its plan: {applied.out}")
    check("Relay: 1 started, 0 refused, 1 waiting, 0 failed" in applied.out, f"and keeps it: {applied.out}")
    check(foretold(folder) == 0, "what has been started is not started again")

    answer = once(folder)
    check(counts(answer) == some(waiting=2), f"one copy is under way, the other point waits for it: {answer}")
    check(len(answer["decisions"]) == 2, "one row a point")
    rows = sorted(answer["decisions"], key=lambda row: row["reason"])
    check([row["reason"] for row in rows] == ["a copy of this point is under way",
                                              "another copy of its resource is under way"], f"why: {rows}")
    check(rows[0]["relay"] == "relays.to_final" and rows[0]["verdict"] == "leave"
          and rows[0]["point"].startswith("arn:aws:") and rows[0]["destination"].endswith("-final"), f"a row: {rows[0]}")
    holdfast("simulator", "advance", "--simulate", "--hours", "6", cwd=folder, env=env, expect=0)
    check(counts(once(folder)) == some(started=1, left=1), "then it is the other one's turn")
    holdfast("simulator", "advance", "--simulate", "--hours", "6", cwd=folder, env=env, expect=0)
    check(counts(once(folder)) == some(left=2), "and then there is nothing to do")
    out = holdfast("relay", "once", "--simulate", cwd=folder, env=env, expect=0).out
    check(out == "Relay: 0 started, 0 refused, 0 waiting, 0 failed\n", f"as people read it: {out}")
done()
