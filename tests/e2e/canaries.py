"""No credential and no sensitive value reaches a log, the state, a plan or what drift shows."""

import os
import re

from harness import Served, check, done, holdfast, workspace

SECRETS = {"variable": "canary-variable-1f9a", "changed": "canary-changed-77c2",
           "key": "canary-secret-key-5d01", "external": "canary-external-id-9e3b"}
TOPOLOGY = """version: 1
name: secrets
variables:
  password: {default: none}
accounts:
  main: {id: "111122223333", assume_role: "arn:aws:iam::111122223333:role/deployer", external_id: EXTERNAL}
regions:
  one: us-east-1
functions:
  f:
    account: main
    region: one
    code: code
    runtime: python3.12
    handler: main.handler
    environment: {PASSWORD: "${variables.password}", MODE: plain}
"""


def files(folder):
    """Every file below the folder, by its path there; but not the simulated world, which has what AWS would have."""
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.relpath(os.path.join(place, name), folder)
            if not path.startswith(".holdfast/") or "world" not in name:
                yield path


def look(what, data):
    for kind, secret in SECRETS.items():
        check(secret.encode() not in data, f"the {kind} stands in {what}")


with workspace(edit=lambda _: TOPOLOGY.replace("EXTERNAL", SECRETS["external"])) as folder:
    os.mkdir(os.path.join(folder, "code"))
    with open(os.path.join(folder, "code", "main.py"), "w", encoding="utf-8") as file:
        file.write("def handler(event, context):\n    return event\n")
    given, made = set(files(folder)), set()
    with Served(folder) as served:
        env = served.environment()
        env["AWS_SECRET_ACCESS_KEY"] = SECRETS["key"]

        def run(*args, secret, expect):
            result = holdfast("-v", "--log-format", "json", *args, cwd=folder, expect=expect,
                              env={**env, "HOLDFAST_VAR_password": secret})
            look("output", result.out.encode())
            look("log", result.err.encode())
            for path in set(files(folder)) - given:
                made.add(path)
                with open(os.path.join(folder, path), "rb") as file:
                    look(path, file.read())
            return result

        first, second = SECRETS["variable"], SECRETS["changed"]
        plan = run("plan", "--json", secret=first, expect=0)
        check("(sensitive)" in plan.out, "the plan shows that there is a value")
        told = "no secret yet"
        check(told in run("plan", "--out", "p.json", secret=first, expect=0).err, "and that a file of it cannot tell them apart")
        run("apply", "--auto-approve", secret=first, expect=0)
        # nothing changed, and a changed value is seen without being shown
        run("plan", "--detailed-exitcode", secret=first, expect=0)
        check(told not in run("plan", "--out", "p.json", secret=first, expect=0).err, "which it can from the first apply on")
        run("plan", "--detailed-exitcode", "--refresh=false", secret=first, expect=0)
        run("drift", "--detailed-exitcode", secret=first, expect=0)
        changed = run("plan", "--detailed-exitcode", secret=second, expect=2)
        check("PASSWORD" in changed.out and "(sensitive)" in changed.out,
              f"the plan names what changes: {changed.out}")
        run("apply", "--auto-approve", secret=second, expect=0)
        run("show", "--json", secret=second, expect=0)
        run("state", "pull", secret=second, expect=0)
        run("state", "history", "--json", secret=second, expect=0)
        served.aws("111122223333", "us-east-1", "lambda", "update-function-configuration",
                   "--function-name", "secrets-f", "--environment", "Variables={PASSWORD=other,MODE=plain}")
        drift = run("drift", "--detailed-exitcode", secret=second, expect=2)
        check("PASSWORD" in drift.out and "other" not in drift.out, f"drift shows it: {drift.out}")
        check({"p.json", ".holdfast/secrets.db"} <= {re.sub(r"\.[0-9a-f]{8}\.db$", ".db", path) for path in made}, f"all was looked at: {made}")
done()
