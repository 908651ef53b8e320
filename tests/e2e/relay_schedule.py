"""AWS emits its events on a best-effort basis: what no event told of, the relay's schedule finds."""

import collections

from harness import Served, check, done, holdfast, workspace

LOCK = ("--allow-irreversible", "vaults.final/lock")


def every(expression):
    return lambda text: text.replace("    tag_keys: [FinalVault]\n",
                                     f"    tag_keys: [FinalVault]\n    reconcile: {expression}\n")


def arrived(folder):
    dump = holdfast("simulator", "dump", cwd=folder, expect=0).json
    return collections.Counter(o["body"]["CreationDate"] for o in dump["objects"]
                               if o["kind"] == "backup.point" and o["account_id"] == "444455556666")


with workspace(edit=every("rate(6 hours)")) as folder:
    with Served(folder) as served:
        served.settings(event_drop_every=1)
    holdfast("apply", "--simulate", "--auto-approve", *LOCK, cwd=folder, expect=0)
    holdfast("simulator", "advance", "--hours", "36", cwd=folder, expect=0)
    points = arrived(folder)
    check(points and set(points.values()) == {1}, f"every backup arrives, once: {points}")

with workspace(edit=every("never")) as folder:
    resources = holdfast("plan", "--simulate", "--json", cwd=folder, expect=0).json["changes"]
    check(not any("schedule" in c["address"] for c in resources), "never: there is no schedule")

with workspace(edit=every("hourly")) as folder:
    bad = holdfast("validate", cwd=folder, expect=1)
    check("error[HF0402]" in bad.err, f"text that is no schedule is refused: {bad.err}")
done()
