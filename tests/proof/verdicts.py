"""Verdicts that were written by hand from AWS's documentation (verdicts.yaml), against `holdfast policy eval`: the proof and the
simulator share the evaluator, so what both believe has to come from somewhere else."""

import json
import os
import subprocess
import sys

import yaml

HOLDFAST = os.environ["HOLDFAST"]
CALLER = "arn:aws:iam::111122223333:role/r"


def element(statement, name, value):
    if isinstance(value, dict) and "Not" in value:
        statement["Not" + name] = value["Not"]
    elif value is not None:
        statement[name] = value


def statement(items, of_resource):
    effect, *rest = items
    made = {"Effect": effect}
    if of_resource:
        made["Principal"] = rest.pop(0)
    element(made, "Action", rest[0])
    element(made, "Resource", rest[1])
    if len(rest) > 2:
        made["Condition"] = rest[2]
    return made


def document(statements, of_resource=False):
    return {"Version": "2012-10-17", "Statement": [statement(s, of_resource) for s in statements]}


def documents(statements):
    return [document(statements)] if statements else []


def line(row):
    request = {"principal": row.get("principal", CALLER), "action": row["action"], "resource": row["resource"]}
    for name in ("resource_account", "context"):
        if name in row:
            request[name] = row[name]
    made = {"request": request, "identity_policies": documents(row.get("identity"))}
    if "policy" in row:
        made["resource_policy"] = document(row["policy"], of_resource=True)
    if "boundary" in row:
        made["permission_boundaries"] = documents(row["boundary"])
    if "session" in row:
        made["session_policies"] = documents(row["session"])
    if "scps" in row:
        made["scps"] = [documents(level) for level in row["scps"]]
    if "rcps" in row:
        made["rcps"] = [[document(level, of_resource=True)] for level in row["rcps"]]
    if "grants" in row:
        made["grants"] = row["grants"]
    return json.dumps(made)


def main():
    with open(os.path.join(os.path.dirname(__file__), "verdicts.yaml"), encoding="utf-8") as file:
        pages = yaml.safe_load(file)
    rows = [(page["page"], row) for page in pages for row in page["rows"]]
    process = subprocess.run([HOLDFAST, "policy", "eval"], input="".join(line(row) + "\n" for _, row in rows), text=True,
                             stdout=subprocess.PIPE, check=False, timeout=300)
    answers = [json.loads(answer) for answer in process.stdout.splitlines()]
    failed = 0
    if len(answers) != len(rows):
        sys.exit(f"{len(rows)} questions, {len(answers)} answers")
    for (page, row), answer in zip(rows, answers):
        if answer.get("decision") == row["expect"]:
            continue
        failed += 1
        print(f"{page}: {row['says']}: {answer}, expected {row['expect']}\n  {line(row)}", file=sys.stderr)
    print(f"{len(rows)} verdicts of {len(pages)} pages, {failed} differ")
    if failed or len(rows) < 60:
        sys.exit(1)


if __name__ == "__main__":
    main()
