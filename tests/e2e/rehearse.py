"""rehearse: one backup of a real resource, followed hop by hop; where it stops, the job's words and what check says."""

import os
import tempfile

from harness import Served, apply_seed, calls, check, done, failing_relay, holdfast, workspace

# ---- it arrives, and nothing is deleted on the way ----
with workspace() as folder:
    apply_seed(folder, "--simulate")
    refused = holdfast("rehearse", "--simulate", cwd=folder, expect=64)
    check("locked vault vaults.final" in refused.err, f"a locked vault needs an answer: {refused.err}")
    check(not any(c["operation"] == "StartBackupJob" for c in calls(folder, "--simulate")), "and nothing was begun")
    holdfast("rehearse", "plans.none", "--simulate", "--auto-approve", cwd=folder, expect=64)
    answer = holdfast("rehearse", "plans.rds_daily", "--simulate", "--auto-approve", "--json", cwd=folder, expect=0).json
    check(answer["arrived"] and answer["resource"].endswith(":db:orders"), f"it arrived: {answer}")
    check([(h["what"], h["vault"], h["state"]) for h in answer["hops"]] == [
        ("backup", "vaults.primary", "COMPLETED"), ("copy", "vaults.intermediate", "COMPLETED"),
        ("relay", "vaults.final", "COMPLETED")], f"hop by hop: {answer}")
    check(all(h["took_minutes"] > 0 and h["job_id"] for h in answer["hops"]), f"with the time of each: {answer}")
    check(not any(c["operation"].startswith("Delete") for c in calls(folder, "--simulate")), "nothing was deleted")
    row = holdfast("verify", "--simulate", "--json", cwd=folder, expect=0).json["resources"][0]
    check(row["within_objective"] and all(h["points"] == 1 for h in row["hops"]), f"verify sees it in each vault: {row}")

# ---- a relay that fails at once: it stops before the last vault ----
with tempfile.TemporaryDirectory() as data, workspace() as folder:
    apply_seed(folder, "--simulate", env=failing_relay(data))
    stopped = holdfast("rehearse", "--simulate", "--auto-approve", "--timeout", "2h", cwd=folder, expect=1)
    check("Stopped before vaults.final" in stopped.out and "no job" in stopped.out, f"where it stops: {stopped.out}")
    check("HF1463" in stopped.err and "no copy of it was started" in stopped.err and "check --live finds no broken link" in stopped.err,
          f"and what is known of why: {stopped.err}")


# ---- a copy whose job is COMPLETED and whose point is PARTIAL has not arrived ----
with workspace() as folder:
    with Served(folder) as served:
        served.settings(copy_partial=2)
    apply_seed(folder, "--simulate")
    stopped = holdfast("rehearse", "--simulate", "--auto-approve", "--json", cwd=folder, expect=1)
    last = stopped.json["hops"][-1]
    check((last["vault"], last["state"], last["message"]) == ("vaults.intermediate", "COMPLETED", "its recovery point is PARTIAL"),
          f"it is looked at: {stopped.json}")
    check("did not reach vaults.intermediate: its recovery point is PARTIAL" in stopped.err, f"and told: {stopped.err}")

# ---- a vault that lets nobody in: AWS's words, and the proof's, by what stands there: the file lets copies in, and that was
# never applied ----
with workspace() as folder:
    path = os.path.join(folder, "topology.yaml")
    with open(path, encoding="utf-8") as file:
        declared = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(declared.replace("    accept_copies_from: [workload]\n", ""))
    apply_seed(folder, "--simulate")
    with open(path, "w", encoding="utf-8") as file:
        file.write(declared)
    stopped = holdfast("rehearse", "--simulate", "--auto-approve", "--json", cwd=folder, expect=1)
    answer = stopped.json
    last = answer["hops"][-1]
    check(not answer["arrived"] and last["vault"] == "vaults.final" and last["state"] == "FAILED"
          and "Access Denied" in last["message"], f"the job says: {answer}")
    check(answer["why"].startswith("check --live says, copy into vaults.final") and "accept_copies_from" in answer["fix"],
          f"the proof says why, and what to write: {answer}")
done()
