"""A relay that leaves the file while backups still come through it: none of them is lost unless somebody says so."""

import collections
import os
import re

from harness import SEED, Served, check, done, holdfast, workspace

LOCK = ("--allow-irreversible", "vaults.final/lock")
APPLY = ("apply", "--simulate", "--auto-approve")


def topology(route, relay=True, cron="cron(0 20 ? * * *)"):
    """The seed with `route` on its copy into the last vault, with or without its relay."""
    with open(SEED, encoding="utf-8") as file:
        text = file.read()
    action = (f"          - destination_vault: final\n            route: {route}\n"
              "            lifecycle: {delete_after_days: 30}\n"
              + ("            relay_lifecycle: {delete_after_days: 7}\n" if relay else ""))
    text = re.sub(r" *- destination_vault: intermediate\n.*\n", action, text)
    text = re.sub(r" *recovery_point_tags:.*\n.*\n", "", text)
    text = text.replace("      rds:\n", "      rds:\n        source_key: customer-managed\n")
    text = text.replace("cron(0 20 ? * * *)", cron)
    text = text.replace("    tag_keys: [FinalVault]\n", "    tag_keys: [FinalVault]\n    reconcile: never\n")
    return text if relay else re.sub(r"relays:\n(?:  .*\n)+", "", text)


def write(folder, text):
    with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
        file.write(text)


def advance(folder, *args):
    holdfast("simulator", "advance", *args, cwd=folder, expect=0)


def points(folder, account, vault="final"):
    dump = holdfast("simulator", "dump", cwd=folder, expect=0).json
    found = [o for o in dump["objects"] if o["kind"] == "backup.point" and o["account_id"] == account]
    return collections.Counter(p["body"]["CreationDate"] for p in found if vault in p["body"]["BackupVaultName"])


def stays(folder, said, *args):
    """The relay stays, and so does everything else; a plan says it beforehand."""
    planned = holdfast("plan", "--simulate", cwd=folder, expect=0)
    check("warning[HF0906]" in planned.err and "relays.to_final" in planned.err, f"the plan warns: {planned.err}")
    refused = holdfast(*APPLY, *args, cwd=folder, expect=7)
    check("error[HF0906]" in refused.err and said in refused.err, f"why it stays: {refused.err}")
    check("--allow-destroy relays.to_final" in refused.err, f"and the way out: {refused.err}")
    left = holdfast("plan", "--simulate", "--json", cwd=folder, expect=0).json["changes"]
    actions = {c["address"]: c["action"] for c in left}
    check(actions.get("relays.to_final/function") == "delete" and actions.get("plans.rds_daily") == "update",
          f"nothing was changed: {actions}")


def leaves(folder, *args):
    holdfast(*APPLY, *args, cwd=folder, expect=0)
    check(not holdfast("plan", "--simulate", "--json", cwd=folder, expect=0).json["changes"], "it has gone")


# ---- the first copy is under way ----
with workspace(edit=lambda _: topology("relay")) as folder:
    holdfast(*APPLY, *LOCK, cwd=folder, expect=0)
    advance(folder, "--days", "1", "--hours", "15")  # half an hour after the second backup
    write(folder, topology("direct", relay=False))
    stays(folder, "1 copy is under way")
    advance(folder, "--hours", "6")
    leaves(folder)
    check(set(points(folder, "444455556666").values()) == {1} and len(points(folder, "444455556666")) == 2,
          "both backups have arrived, each once")

# ---- the backup itself is, by the plan as it was when it began ----
with workspace(edit=lambda _: topology("relay", cron="cron(30 20 ? * * *)")) as folder:
    holdfast(*APPLY, *LOCK, cwd=folder, expect=0)
    advance(folder, "--hours", "15")
    write(folder, topology("direct", relay=False, cron="cron(30 20 ? * * *)"))
    stays(folder, "1 backup is under way")
    write(folder, topology("direct", cron="cron(30 20 ? * * *)"))
    holdfast(*APPLY, cwd=folder, expect=0)  # new backups go straight
    write(folder, topology("direct", relay=False, cron="cron(30 20 ? * * *)"))
    still = holdfast(*APPLY, cwd=folder, expect=7)
    check("1 backup is under way" in still.err, f"the old plan's backup is still waited for: {still.err}")
    advance(folder, "--hours", "12")
    leaves(folder)
    check(list(points(folder, "444455556666").values()) == [1], "it has arrived, once")

# ---- a point lies there whose event was lost: the relay copies it before it may go ----
with workspace(edit=lambda _: topology("relay")) as folder:
    with Served(folder) as served:
        served.settings(event_drop_every=1)  # its clock is the wall clock from now on
    holdfast(*APPLY, *LOCK, cwd=folder, expect=0)
    noon = holdfast("simulator", "advance", "--days", "1", cwd=folder, expect=0).out
    hour = int(re.search(r"T(\d\d):", noon)[1])
    advance(folder, "--hours", str(18 + (24 if hour >= 18 else 0) - hour))  # hours before the next backup
    check(not points(folder, "444455556666"), "the event was lost")
    write(folder, topology("direct", relay=False))
    stays(folder, "not in the last vault yet", "--relay=false")
    advance(folder, "--hours", "6")
    stays(folder, "not in the last vault yet", "--relay=false")  # nobody has copied it
    check(not points(folder, "444455556666"), "it was only looked at")
    while len(points(folder, "444455556666")) < len(points(folder, "111122223333", "intermediate")):
        stays(folder, "not in the last vault yet")  # one copy of the database at a time
        advance(folder, "--hours", "6")
    leaves(folder)
    check(set(points(folder, "444455556666").values()) == {1}, "the last pass has copied it")

# ---- unless somebody says so ----
with workspace(edit=lambda _: topology("relay")) as folder:
    holdfast(*APPLY, *LOCK, cwd=folder, expect=0)
    write(folder, topology("direct", relay=False))
    planned = holdfast("plan", "--simulate", cwd=folder, expect=0)
    check("HF0906" not in planned.err, f"nothing is on its way yet: {planned.err}")
    advance(folder, "--days", "1", "--hours", "15")
    leaves(folder, "--allow-destroy", "relays.to_final")
done()
