"""The ways into a last vault: straight, through the relay, or whichever the keys allow; and from one to the
other without a backup lost or copied twice."""

import collections
import os
import re

from harness import EXAMPLES, check, done, holdfast, workspace

DIRECT = os.path.join(EXAMPLES, "direct-copy.yaml")
SEED = os.path.join(EXAMPLES, "rds-immutable-backup.yaml")
FINAL = "vaults.final"
LOCK = ("--allow-irreversible", "vaults.final/lock")


def into(report, vault):
    return [t for t in report["timeline"] if t["what"] == "copy" and t.get("vault") == vault]


def drill(folder, backups, *args):
    report = holdfast("drill", "--days", "1", "--json", *args, cwd=folder, expect=0).json
    check(report["backups"] == report["arrived"] == backups, f"{backups} arrive: {report}")
    return report


# ---- straight ----
with workspace(DIRECT) as folder:
    routes = holdfast("validate", "--json", cwd=folder, expect=0).json["routes"]
    check([(r["plan"], r["rule"], r["destination"], r["route"]) for r in routes]
          == [("plans.daily", "daily", FINAL, "direct")], f"validate says which way: {routes}")
    check("customer managed key" in routes[0]["why"], f"and why: {routes}")
    plan = holdfast("plan", "--simulate", "--json", cwd=folder, expect=0).json
    check(plan["routes"] == routes, "so does the plan")
    text = holdfast("plan", "--simulate", cwd=folder, expect=0).out
    check("plans.daily, rule daily: straight into vaults.final (" in text, "for people too")
    holdfast("apply", "--simulate", "--auto-approve", cwd=folder, expect=0)
    check(not holdfast("plan", "--simulate", "--json", cwd=folder, expect=0).json["changes"], "nothing is left to do")
    report = drill(folder, 1)
    arrived = into(report, FINAL)
    check(len(arrived) == 1 and arrived[0]["locked"] and arrived[0]["key"] == "keys.final", f"one copy: {arrived}")
    check({t["what"] for t in report["timeline"]} <= {"backup", "copy", "expire"}, "and nothing else happens")

with workspace(DIRECT, lambda text: re.sub(r" *share_with:.*\n", "", text)) as folder:
    refused = holdfast("validate", "--json", cwd=folder, expect=1).json["diagnostics"]
    check([d["code"] for d in refused] == ["HF0414"] and "is not shared with account `backup`" in refused[0]["message"],
          f"a key that is not shared lets nothing through: {refused}")


# ---- whichever the keys allow ----
def routed(route, source_key=None):
    """The seed with `route` on a copy action into the last vault; its relay stays."""
    def edit(text):
        action = (f"          - destination_vault: final\n            route: {route}\n"
                  "            lifecycle: {delete_after_days: 30}\n            relay_lifecycle: {delete_after_days: 7}\n")
        text = re.sub(r" *- destination_vault: intermediate\n.*\n", action, text)
        text = re.sub(r" *recovery_point_tags:.*\n.*\n", "", text)
        if source_key:
            text = text.replace("      rds:\n", f"      rds:\n        source_key: {source_key}\n")
        return text
    return edit


EXPECTED = {"none": "direct", "customer-managed": "direct", "aws-managed": "relay", "sse-rds": "relay", None: "relay"}
for key, way in EXPECTED.items():
    with workspace(SEED, routed("auto", key)) as folder:
        offline = holdfast("validate", "--json", cwd=folder, expect=0).json["routes"][0]
        check(offline["route"] == (way if key else "undecided") and offline["relay"] == "relays.to_final",
              f"{key}: validate says {offline}")
        plan = holdfast("plan", "--simulate", "--json", cwd=folder, expect=0).json
        check(plan["routes"][0]["route"] == way, f"{key}: the plan says {plan['routes']}")
        if not key:
            check("orders is encrypted with an AWS managed key" in plan["routes"][0]["why"],
                  f"it has read the database: {plan['routes']}")
            said = holdfast("validate", cwd=folder, expect=0).out
            check("straight into vaults.final or through relays.to_final" in said, f"both, offline: {said}")
        report = drill(folder, 1)
        check(len(into(report, "vaults.intermediate")) == (0 if way == "direct" else 1), f"{key}: by that way")
        check(len(into(report, FINAL)) == 1, f"{key}: once")

# A database of a customer managed key that nobody declared: read, and straight.
with workspace(SEED, routed("auto", "customer-managed")) as folder:
    holdfast("plan", "--simulate", cwd=folder, expect=0)  # makes the world and its database
    path = os.path.join(folder, "topology.yaml")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("        source_key: customer-managed\n", ""))
    found = holdfast("plan", "--simulate", "--json", cwd=folder, expect=0).json["routes"][0]
    check(found["route"] == "direct" and "orders is encrypted with a customer managed key" in found["why"],
          f"the key decides: {found}")


# ---- instances of a cluster are selected by `db:*` too, and AWS backs up their cluster ----
def with_clusters(edit):
    """A second selection, whose clusters the world then holds, each with an instance of its own."""
    def edited(text):
        clusters = ('      clusters:\n        source_key: aws-managed\n'
                    '        resources: ["arn:aws:rds:*:*:cluster:*"]\n')
        return re.sub(r"(    selections:.*\n)", lambda found: found[1] + clusters, edit(text))
    return edited


def auto_with_clusters():
    """Databases under a customer managed key, which the world was made with and the file does not say any more;
    the clusters are selected by the stars of the databases only."""
    with workspace(SEED, with_clusters(routed("auto", "customer-managed"))) as folder:
        holdfast("plan", "--simulate", cwd=folder, expect=0)  # makes the world
        path = os.path.join(folder, "topology.yaml")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        text = re.sub(r"      clusters:\n.*\n.*\n", "", text.replace("        source_key: customer-managed\n", ""))
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        found = holdfast("plan", "--simulate", "--json", cwd=folder, expect=0).json["routes"][0]
        check(found["route"] == "relay" and "orders is encrypted with an AWS managed key" in found["why"],
              f"the cluster's key decides: {found}")
        report = drill(folder, 2, "--world", ".holdfast/rds-immutable-backup.world.db")
        copied = [t["point_arn"] for t in into(report, FINAL)]
        check(sorted(":cluster-snapshot:" in p for p in copied) == [False, True], f"the cluster is backed up: {copied}")


auto_with_clusters()


# ---- from the relay to straight, with backups on their way ----
def write(folder, route):
    with open(SEED, encoding="utf-8") as file:
        text = routed(route, "customer-managed")(file.read())
    with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
        file.write(text)


def final_points(folder):
    dump = holdfast("simulator", "dump", cwd=folder, expect=0).json
    points = [o for o in dump["objects"] if o["kind"] == "backup.point" and o["account_id"] == "444455556666"]
    return collections.Counter((p["body"]["ResourceArn"], p["body"]["CreationDate"]) for p in points)


with workspace(SEED, routed("relay", "customer-managed")) as folder:
    apply = ("apply", "--simulate", "--auto-approve", *LOCK)
    holdfast(*apply, cwd=folder, expect=0)
    # 20:00 in India is 14:30 UTC; half an hour later the first copy is under way
    holdfast("simulator", "advance", "--days", "1", "--hours", "15", cwd=folder, expect=0)
    before = final_points(folder)
    check(len(before) == 1, f"one backup has arrived, the next is on its way: {before}")
    write(folder, "direct")
    changed = holdfast("plan", "--simulate", "--json", cwd=folder, expect=0).json
    check({c["address"] for c in changed["changes"]} == {"plans.rds_daily", "relays.to_final/function"},
          f"only the plan changes, and what the relay knows of its tags: {changed['changes']}")
    holdfast("apply", "--simulate", "--auto-approve", cwd=folder, expect=0)
    world = (".holdfast/rds-immutable-backup.world.db")
    report = drill(folder, 1, "--world", world)
    check(len(into(report, FINAL)) >= 1, "the new way brings them")
    holdfast("apply", "--simulate", "--auto-approve", cwd=folder, expect=0)  # the relay reconciles what it finds
    holdfast("simulator", "advance", "--hours", "12", cwd=folder, expect=0)
    after = final_points(folder)
    check(len(after) == 3 and set(after.values()) == {1}, f"each of three backups is there once: {after}")
    check(set(before) < set(after), "what had arrived stays")
done()
