"""The irreversible lock needs its flag; what is applied plans empty; destroy names what stays."""

import contextlib
import os
import pty
import shutil
import subprocess
import tempfile

from harness import HOLDFAST, LOCK, apply_seed, calls, check, clean_environment, done, holdfast, workspace

with workspace() as folder:
    refused = holdfast("apply", "--simulate", "--auto-approve", cwd=folder, expect=7)
    check("HF0901" in refused.err and LOCK in refused.err, "the refusal names the lock")
    writes = [c for c in calls(folder, "--simulate") if c["writes"]]
    check(writes == [], f"a refused apply wrote: {writes[:3]}")
    check(len(calls(folder, "--simulate")) > 0, "the ledger has the reads of the refused apply")

    plan = holdfast("plan", "--simulate", "--json", "--detailed-exitcode", cwd=folder, expect=2).json
    check(plan["format_version"] == "1.0", "plan --json has its version")
    check(plan["summary"]["irreversible"] == 1, "one irreversible change")
    lock = [c for c in plan["changes"] if c["address"] == LOCK]
    check(len(lock) == 1 and lock[0]["irreversible"] is True, "the lock is marked in the plan")
    check(plan["changes"][-1]["address"] == LOCK, "the lock comes last")

    apply_seed(folder, "--simulate")
    again = holdfast("plan", "--simulate", "--detailed-exitcode", cwd=folder, expect=0)
    check("nothing to do" in again.out, f"the second plan is empty: {again.out}")
    countdown = f"{LOCK} becomes permanent on 2026-01-15 00:00 UTC, in 14 days"
    check(f"Lock: {countdown}" in again.out, f"and counts the days that the lock leaves: {again.out}")
    check(countdown in holdfast("show", "--simulate", cwd=folder, expect=0).out, "so does show, on the clock of its world")
    with tempfile.TemporaryDirectory() as data:  # the same package on another machine is no change
        shutil.copytree(os.environ["HOLDFAST_DATA_DIR"], data, dirs_exist_ok=True)
        holdfast("plan", "--simulate", "--detailed-exitcode", cwd=folder, expect=0,
                 env={"HOLDFAST_DATA_DIR": data})
    before = len([c for c in calls(folder, "--simulate") if c["writes"]])
    apply_seed(folder, "--simulate")
    after = len([c for c in calls(folder, "--simulate") if c["writes"]])
    check(before == after, "an apply without changes wrote")

    output = holdfast("output", "final_vault", "--simulate", cwd=folder, expect=0)
    check(output.out.strip() == "arn:aws:backup:us-east-2:444455556666:backup-vault:"
          "rds-immutable-backup-final", "the output is the vault's ARN")

    destroyed = holdfast("destroy", "--simulate", "--auto-approve", "--json", cwd=folder, expect=0).json
    stays = {r["address"]: r["reason"] for r in destroyed["retained"]}
    for address in (LOCK, "vaults.final", "keys.final"):
        check(address in stays, f"{address} stays")
    check("grace" in stays[LOCK] or "2026-01-15" in stays[LOCK], f"the lock's reason: {stays[LOCK]}")
    left = holdfast("state", "list", "--json", "--simulate", cwd=folder, expect=0).json
    addresses = {r["address"] for r in left["resources"]}
    check(addresses <= set(stays), f"only what stays is left: {addresses - set(stays)}")
    holdfast("destroy", "--simulate", "--auto-approve", "--detailed-exitcode", cwd=folder, expect=2)

with workspace() as folder:
    apply_seed(folder, "--simulate")
    holdfast("destroy", "--simulate", "--auto-approve", "--allow-destroy", LOCK, cwd=folder)
    left = holdfast("state", "list", "--json", "--simulate", cwd=folder, expect=0).json
    addresses = {r["address"] for r in left["resources"]}
    check(LOCK not in addresses, "within its grace days a lock goes when it is named")

# a guard that was mistyped is said at once, before anything is asked or written
with workspace() as folder:
    for flag, typed, meant in (("--allow-irreversible", "vaults.finall/lock", LOCK), ("--allow-destroy", "vaults.finl", "vaults.final"),
                               ("--allow-destroy", "plans.nowhere", None)):
        for command in ("apply", "plan"):
            said = holdfast(command, "--simulate", flag, typed, cwd=folder, expect=64).err
            check("HF0504" in said and f"{flag} {typed} names nothing" in said, said)
            check(meant is None or f"did you mean {meant}?" in said, said)
    check(holdfast("state", "list", "--simulate", cwd=folder, expect=0).out == "", "nothing was done")
    holdfast("plan", "--simulate", "--out", "p.json", cwd=folder, expect=0)
    said = holdfast("apply", "p.json", "--simulate", "--allow-irreversible", "vaults.finall/lock", cwd=folder, expect=64).err
    check(f"did you mean {LOCK}?" in said, f"of a saved plan as well: {said}")

# what a command has deleted may stand in its flags when it is run again
GONE = """version: 1
name: t
accounts: {main: {id: "111122223333"}}
regions: {one: us-east-1}
"""
with workspace(edit=lambda _: GONE + "vaults: {v: {account: main, region: one}}\n") as folder:
    holdfast("apply", "--simulate", "--auto-approve", cwd=folder, expect=0)
    with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
        file.write(GONE)
    for _ in range(2):
        holdfast("apply", "--simulate", "--auto-approve", "--allow-destroy", "vaults.v", cwd=folder, expect=0)


def answer(folder, *words):
    """An apply in a terminal whose person types these lines."""
    master, slave = pty.openpty()
    os.write(master, "".join(f"{word}\n" for word in words).encode())
    process = subprocess.Popen([HOLDFAST, "apply", "--simulate", "--allow-irreversible", LOCK], cwd=folder, stdin=slave,
                               stderr=slave, stdout=subprocess.DEVNULL, env=clean_environment())
    os.close(slave)
    said = b""
    with contextlib.suppress(OSError):  # what a terminal gives when nobody is left on the other side
        while chunk := os.read(master, 4096):
            said += chunk
    os.close(master)
    return process.wait(timeout=300), said.decode()


# who is asked and says no is told what to do next
with workspace() as folder:
    for words in (["no"], ["y"], ["yes", "no"]):
        status, said = answer(folder, *words)
        check(status == 64 and "not approved; nothing was done" in said, said)
        check("plan again" in said and "--auto-approve" not in said, f"the next step: {said}")
    check(holdfast("state", "list", "--simulate", cwd=folder, expect=0).out == "", "and nothing was done")
    check(answer(folder, "yes", LOCK)[0] == 0, "a yes and the address do it")
done()
