"""The brake of a relay: Lambda heeds it, every pass from here heeds it, an apply does not let go of it; and the ledger."""

from harness import Served, apply_seed, calls, check, done, holdfast, workspace

RELAY = "relays.to_final"


def run(*args, expect=0):
    return holdfast(*args, "--simulate", cwd=folder, expect=expect)


def concurrency():
    dump = holdfast("simulator", "dump", cwd=folder, expect=0).json
    return [o["body"].get("Reserved") for o in dump["objects"] if o["kind"] == "lambda.function"][0]


def ledger():
    return run("relay", "status", "--json").json


with workspace(edit=lambda text: text.replace("    tag_keys: [FinalVault]\n",
                                              "    tag_keys: [FinalVault]\n    reconcile: never\n")) as folder:
    apply_seed(folder, "--simulate")
    said = run("relay", "pause")
    check(said.out.startswith(f"{RELAY} is paused since 2026-"), f"it says so: {said.out}")
    check(concurrency() == 0, "Lambda runs nothing")
    run("plan", "--detailed-exitcode")
    again = run("apply", "--auto-approve", "--json")
    check(concurrency() == 0 and "warning[HF1441]" in again.err, f"an apply leaves the brake alone: {again.err}")

    run("simulator", "advance", "--hours", "40")
    once = run("relay", "once", "--json")
    check(once.json["started"] == 0 and once.json["waiting"] == 2 and "warning[HF1441]" in once.err,
          f"a pass by hand starts nothing: {once.json}")
    check("warning[HF1441]" in run("verify").err, "whoever looks at the ages is told")
    rehearsed = run("rehearse", "--auto-approve", expect=1)
    check("error[HF1441]" in rehearsed.err and "no backup reaches vaults.final" in rehearsed.err,
          f"nothing is followed to where the brake holds it: {rehearsed.err}")
    check(not any(c["operation"] == "StartBackupJob" for c in calls(folder)), "and no backup is made for it")
    paused = ledger()
    check(paused["relays"][0]["paused_since"] and paused["relays"][0]["due"] == 1, f"what is due: {paused}")
    check([p["state"] for p in paused["points"]] == ["due", "due"] or
          [p["state"] for p in paused["points"]] == ["due", "waiting"], f"oldest first: {paused}")

    said = run("relay", "resume", RELAY)
    check(said.out == f"{RELAY} works\n" and concurrency() is None, f"it is let go: {said.out}")
    run("plan", "--detailed-exitcode")
    check(run("relay", "once", "--json").json["started"] == 1, "and the oldest point is copied")
    run("simulator", "advance", "--hours", "3")
    check(run("relay", "once", "--json").json["started"] == 1, "and then the other, whose event Lambda did not keep")
    run("simulator", "advance", "--hours", "3")
    points = ledger()["points"]
    check(all(p["state"] == "copied" and len(p["jobs"]) == 1 and p["jobs"][0]["state"] == "COMPLETED"
              and p["jobs"][0]["id"] for p in points) and len(points) == 2,
          f"the ledger knows: {points}")
    letters = run("relay", "replay", "--json").json
    check(letters["letters"] > 0 and letters["settled"] == letters["letters"] and letters["started"] == 0,
          f"what Lambda had handed on meanwhile is settled, and goes: {letters}")
    text = run("relay", "status").out
    check(f"{RELAY}: 0 due, 0 waiting, 0 refused, 0 failed, 2 settled\n" in text and "copied" in text
          and len(text.splitlines()) == 3, f"as people read it: {text}")
    with Served(folder) as served:
        served.aws("111122223333", "us-east-2", "lambda", "delete-function", "--function-name",
                   "rds-immutable-backup-to_final", "--endpoint-url", served.url)
    gone = run("relay", "pause", expect=1)
    check("error[HF1442]" in gone.err and "ResourceNotFoundException" in gone.err and ledger()["relays"][0]["paused_since"],
          f"a function that cannot be stopped is told of, and the state has the brake all the same: {gone.err}")
    unknown = run("relay", "pause", "relays.none", expect=64)
    check("error[HF1453]" in unknown.err, f"it has to be a relay: {unknown.err}")
done()
