"""The irreversible lock needs its flag; what is applied plans empty; destroy names what stays."""

import os
import shutil
import tempfile

from harness import LOCK, apply_seed, calls, check, done, holdfast, workspace

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
done()
