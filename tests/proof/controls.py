#!/usr/bin/env python3
"""The policies of `permissions --for organization`, put into the topology that they were made of: `check` finds what they
close closed and every path still reachable, and in a drill under them every backup arrives, by a role of the plan that may do
what `--for jobs` prints and no more."""
import json
import os
import pathlib
import subprocess
import tempfile

HOLDFAST = os.environ["HOLDFAST"]
EXAMPLES = pathlib.Path(os.environ["EXAMPLES"])
CLOSED = {"HP901", "HP902"}  # leaving the organization, copies to anywhere


def run(*arguments):
    answer = subprocess.run([HOLDFAST, *arguments, "--json"], capture_output=True, text=True)
    assert answer.stdout, answer.stderr
    return answer.returncode, json.loads(answer.stdout)


def with_organization(text, policies):
    """The topology with a management account; JSON is YAML."""
    section = {"id": "o-exampleorgid", "account": "management", "cross_account_backup": True}
    if policies:
        section["policies"] = policies
    account = '  management: {id: "999988887777", assume_role: "arn:aws:iam::999988887777:role/holdfast-deployer"}\n'
    assert "\naccounts:\n" in text
    return text.replace("\naccounts:\n", "\naccounts:\n" + account) + f"\norganization: {json.dumps(section)}\n"


def entries(text, targets):
    """Names of `accounts`: the members of a group go by its name."""
    return sorted({t["account"] if f"\n  {t['account']}:" in text else "workloads" for t in targets})


def verdicts(report):
    """Whether somebody with all rights of a last vault's account may do it, by what is done."""
    words = {"takes the lock off": "lock", "rewrites who may reach": "policy", "leaves the organization": "leave",
             "closes the account": "close"}
    return {short: t["verdict"] for t in report["takeovers"] for what, short in words.items() if t["what"].startswith(what)}


def with_least_role(topology):
    """The plan's role has what its jobs need instead of AWS's managed policy."""
    status, made = run("permissions", "--for", "jobs", "-f", str(topology))
    assert status == 0 and len(made["grants"]) == 1, made
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    role = {"account": "workload", "name": "least-AWSBackup", "assume_role_policy_document": trust,
            "inline_policies": {"jobs": made["grants"][0]["policies"][0]["document"]}}
    text = topology.read_text()
    assert "\n      rds:\n" in text
    topology.write_text(text.replace("\n      rds:\n", "\n      rds:\n        role: least\n")
                        + f"roles: {json.dumps({'least': role})}\n")


def judge(folder, name):
    text = (EXAMPLES / f"{name}.yaml").read_text().replace("mode: compliance", "mode: governance")
    text = "\n".join(line for line in text.split("\n") if "changeable_for_days" not in line)
    plain = folder / f"{name}-plain.yaml"
    plain.write_text(with_organization(text, {}))
    status, made = run("permissions", "--for", "organization", "-f", str(plain))
    assert status == 0 and len(made["policies"]) == 4, made
    kept = folder / f"{name}-kept.yaml"
    kept.write_text(with_organization(text, {p["name"].rsplit("-", 1)[1]: {
        "type": p["type"], "targets": entries(text, p["targets"]), "content": p["document"]} for p in made["policies"]}))
    _, before = run("check", "-f", str(plain))
    _, after = run("check", "-f", str(kept))
    assert before["verdict"] == after["verdict"] == "reachable", after
    found = [{f["id"] for f in report["findings"]} & CLOSED for report in (before, after)]
    assert found == [CLOSED, set()], found
    assert set(verdicts(before).values()) == {"open"} and len(verdicts(before)) == 4, verdicts(before)
    assert "open" not in verdicts(after).values(), verdicts(after)
    places = [t for t in after["takeovers"] if t["what"].startswith("takes the place of") and t["account"] == "backup"]
    assert places and all(t["verdict"] != "open" for t in places), places
    print(f"{name}: reachable under {[p['size'] for p in made['policies']]} characters of policies")
    return kept


with tempfile.TemporaryDirectory() as temporary:
    judge(pathlib.Path(temporary), "fleet")
    kept = judge(pathlib.Path(temporary), "rds-immutable-backup")
    with_least_role(kept)
    _, report = run("check", "-f", str(kept))
    assert report["verdict"] == "reachable", report
    status, drill = run("drill", "--days", "1", "-f", str(kept))
    assert status == 0 and drill["arrived"] == drill["backups"] > 0, drill
    print(f"{drill['backups']} backups arrive under them")
