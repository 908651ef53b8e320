"""The second walkthrough: databases under aws/rds, and settings that the topology shares with others."""

import json
import os

from harness import EXAMPLES, calls, check, connect, done, holdfast, workspace

SECOND = os.path.join(EXAMPLES, "rds-default-key.yaml")
ORGANIZATION = "organization/settings"
OPT_INS = {"region_settings.production_a", "region_settings.production_b", "region_settings.central_backup_b"}
SETTINGS = {ORGANIZATION, *OPT_INS}
CENTRAL_B = ("444455556666", "us-west-2")
SWITCH = "is_cross_account_backup_enabled"
OPT_IN = "resource_type_opt_in_preference"


def differences(changes):
    return {(c["address"], d["path"]): (d["before"], d["after"]) for c in changes for d in c["differences"]}


def dumped(folder):
    return holdfast("simulator", "dump", "--simulate", cwd=folder, expect=0).json


def writes(folder):
    return [c for c in calls(folder, "--simulate") if c["writes"]]


def history(folder, address):
    """What the state says that the address was, oldest first."""
    path = os.path.join(folder, ".holdfast", "rds-default-key.simulated.db")
    with connect(path) as db:
        rows = db.execute("SELECT record_json FROM resource_history WHERE address = ? ORDER BY serial, rowid",
                          (address,)).fetchall()
    return [json.loads(row[0])["attributes"] if row[0] else None for row in rows]


with workspace(SECOND) as folder:
    holdfast("validate", cwd=folder, expect=0)
    plan = holdfast("plan", "--simulate", "--json", "--detailed-exitcode", cwd=folder, expect=2).json
    check(plan["summary"]["irreversible"] == 0 and plan["summary"]["delete"] == 0, f"harmless: {plan['summary']}")
    shared = [c for c in plan["changes"] if c["address"] in SETTINGS]
    check({c["address"] for c in shared} == SETTINGS and all(c["action"] == "adopt" for c in shared),
          f"settings are adopted: {shared}")
    check({c["address"]: c["account_id"] for c in shared}[ORGANIZATION] == "999988887777",
          "the switch belongs to the management account")
    wanted = {(ORGANIZATION, f"/global_settings/{SWITCH}"): (False, True),
              **{(a, f"/{OPT_IN}/RDS"): (False, True) for a in OPT_INS}}
    check(differences(shared) == wanted, f"each is turned on, and nothing else: {differences(shared)}")

    holdfast("apply", "--simulate", "--auto-approve", cwd=folder, expect=0)
    again = holdfast("plan", "--simulate", "--detailed-exitcode", cwd=folder, expect=0)
    check("nothing to do" in again.out, f"the second plan is empty: {again.out}")
    holdfast("drift", "--simulate", "--detailed-exitcode", cwd=folder, expect=0)

    before = history(folder, ORGANIZATION)
    check([r["global_settings"][SWITCH] for r in before] == [False, True], f"the state knows what it was: {before}")
    before = history(folder, "region_settings.production_a")
    check([r[OPT_IN]["RDS"] for r in before] == [False, True], f"and what the Region's settings were: {before}")

    # Off is a change of its own, and only on purpose.
    path = os.path.join(folder, "topology.yaml")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("cross_account_backup: true", "cross_account_backup: false")
                   .replace("central_backup, region: b, resource_type_opt_in: {RDS: true}",
                            "central_backup, region: b, resource_type_opt_in: {RDS: false}"))
    count = len(writes(folder))
    refused = holdfast("apply", "--simulate", "--auto-approve", cwd=folder, expect=7)
    check("HF0901" in refused.err and "HF0902" in refused.err, f"both are refused: {refused.err}")
    check(f"--allow-irreversible {ORGANIZATION}" in refused.err
          and "--allow-destroy region_settings.central_backup_b" in refused.err, "with the flags that they need")
    holdfast("apply", "--simulate", "--auto-approve", "--allow-destroy", ORGANIZATION, "--allow-destroy",
             "region_settings.central_backup_b", cwd=folder, expect=7)
    check(len(writes(folder)) == count, "what is refused writes nothing")
    holdfast("apply", "--simulate", "--auto-approve", "--allow-irreversible", ORGANIZATION, "--allow-destroy",
             "region_settings.central_backup_b", cwd=folder, expect=0)
    check(len(writes(folder)) == count + 2, "with its flags each is one call")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    holdfast("apply", "--simulate", "--auto-approve", cwd=folder, expect=0)

    destroyed = holdfast("destroy", "--simulate", "--auto-approve", "--detailed-exitcode", cwd=folder, expect=0)
    told = [line for line in (destroyed.out + destroyed.err).splitlines() if "forget: shared by nature, kept" in line]
    check(all(any(f" {address} " in line for line in told) for address in SETTINGS), f"settings stay, and why: {told}")
    settings = [c for c in writes(folder) if c["operation"] in ("UpdateGlobalSettings", "UpdateRegionSettings")]
    left = holdfast("state", "list", "--simulate", "--json", cwd=folder, expect=0).json["resources"]
    check(left == [], f"nothing is left in the state: {left}")
    # one switch and three opt-ins; off and on again of two
    check(len(settings) == 8, f"destroy touched no settings: {len(settings)}")

with workspace(SECOND) as folder:
    report = holdfast("drill", "--days", "2", "--json", cwd=folder, expect=0).json
    check((report["backups"], report["arrived"], report["missing"], report["duplicates"], report["unrouted"])
          == (2, 2, 0, 0, 0), f"two days, two backups, each once: {report}")
    keys = {(t["what"], t.get("vault")): (t["account"], t["region"], t.get("key")) for t in report["timeline"]}
    check(keys[("backup", "vaults.source")] == ("production", "us-east-1", "aws/rds"), "a key that nobody can share")
    check(keys[("copy", "vaults.intermediate")] == ("production", "us-west-2", "keys.intermediate"), "then our own")
    check(keys[("copy", "vaults.destination")] == ("central_backup", "us-west-2", "keys.destination"), "then the last")
    text = holdfast("drill", "--days", "2", cwd=folder, expect=0).out
    check(all(key in text for key in ("aws/rds", "keys.intermediate", "keys.destination")), "people see each key")


def without_switch(text):
    return text.replace("  cross_account_backup: true\n", "  cross_account_backup: false\n")


with workspace(SECOND, edit=without_switch) as folder:
    report = holdfast("drill", "--days", "2", "--json", cwd=folder, expect=2).json
    check(report["arrived"] == 0 and report["missing"] == 2, f"without the switch nothing arrives: {report}")
done()
