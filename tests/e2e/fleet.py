"""Three accounts and two Regions into one vault: applied once, nothing left to do, every backup arrives
once. A group that is an organizational unit takes its members from the organization when a plan is made."""

import os

from harness import EXAMPLES, Served, check, done, holdfast, workspace

FLEET = os.path.join(EXAMPLES, "fleet.yaml")
FINAL = "vaults.final"
UNIT = "ou-ab12-cdefgh34"


def in_a_unit(text):
    members = text.index("    members:")
    text = text[:members] + f"    organizational_unit: {UNIT}\n" + text[text.index("\n", members) + 1:]
    management = '  management: {id: "999988887777"}\n'
    return text.replace("accounts:\n", f"organization: {{account: management}}\naccounts:\n{management}", 1)



def drilled(folder, days, backups, *args):
    report = holdfast("drill", "--days", str(days), "--json", *args, cwd=folder, expect=0).json
    check(report["backups"] == report["arrived"] == backups, f"{backups} backups, each arrives: {report}")
    check(report["missing"] == report["duplicates"] == report["unrouted"] == report["alarms"] == 0, "once")
    into = [t for t in report["timeline"] if t["what"] == "copy" and t.get("vault") == FINAL]
    check(len(into) == backups and all(t["locked"] for t in into), "as many copies, all into the locked vault")
    return report


def plan(folder):
    return holdfast("plan", "--simulate", "--json", cwd=folder, expect=0).json


# ---- members in the file ----
with workspace(FLEET) as folder:
    valid = holdfast("validate", "--json", cwd=folder, expect=0).json
    check(valid["valid"], "the example is valid offline")
    first = plan(folder)
    check(first["summary"]["create"] > 70 and not first["organizational_units"], "one path for each member")
    holdfast("apply", "--simulate", "--auto-approve", cwd=folder, expect=0)
    again = holdfast("plan", "--simulate", "--json", "--detailed-exitcode", cwd=folder, expect=0).json
    check(not again["changes"], f"nothing is left to do: {again['summary']}")
    report = drilled(folder, 2, 12)
    taken = {(t["account"], t["region"]) for t in report["timeline"] if t["what"] == "backup"}
    check(taken == {(a, r) for a in ("payments", "orders", "ledger") for r in ("us-east-1", "us-west-2")},
          f"backups are taken in every account and Region: {taken}")

# ---- members in the organization ----
with workspace(FLEET, in_a_unit) as folder:
    holdfast("validate", cwd=folder, expect=0)
    check(not os.path.exists(os.path.join(folder, ".holdfast")), "validate asks nobody")
    first = plan(folder)
    unit = first["organizational_units"]
    check(len(unit) == 1 and unit[0]["id"] == UNIT and unit[0]["group"] == "workloads", f"the plan names it: {unit}")
    members = unit[0]["account_ids"]
    check(len(members) == 2, f"two accounts in a fresh world: {members}")
    addresses = {c["address"] for c in first["changes"]}
    check(all(f"vaults.primary[{m},us-east-1]" in addresses for m in members), "one instance for each account")
    text = holdfast("plan", "--simulate", cwd=folder, expect=0).out
    check(f"accounts.workloads: {UNIT} holds {', '.join(members)}" in text, "people are told as well")
    holdfast("apply", "--simulate", "--auto-approve", cwd=folder, expect=0)
    check(not plan(folder)["changes"], "nothing is left to do")
    drilled(folder, 1, 4, "--world", "practice.world.db")
    drilled(folder, 1, 4, "--world", "practice.world.db")  # now the world is asked, not made

# ---- over the wire, one account a page ----
with workspace(FLEET, in_a_unit) as folder:
    with Served(folder) as served:
        served.settings(page_size=1)
        env = served.environment("999988887777")
        paged = holdfast("plan", "--json", cwd=folder, env=env, expect=0).json
        check(paged["organizational_units"][0]["account_ids"] == members, "every page is read")
        parents = served.aws("999988887777", "us-east-1", "organizations", "list-parents", "--child-id", members[0])
        check(parents["Parents"] == [{"Id": UNIT, "Type": "ORGANIZATIONAL_UNIT"}], f"the way back: {parents}")
        calls = [c["operation"] for c in served.dump("--calls")]
        check(calls.count("ListAccountsForParent") >= 2, "it took several")
done()
