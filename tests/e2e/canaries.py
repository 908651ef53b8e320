"""No credential and no sensitive value reaches a log, the state, a plan or what drift shows."""

import os

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


def kept(folder):
    """Every byte that the program left in the folder, but for the simulated world."""
    for name in sorted(os.listdir(os.path.join(folder, ".holdfast"))):
        if "world" not in name:
            with open(os.path.join(folder, ".holdfast", name), "rb") as file:
                yield name, file.read()


def look(what, data):
    for kind, secret in SECRETS.items():
        check(secret.encode() not in data, f"the {kind} stands in {what}")


with workspace(edit=lambda _: TOPOLOGY.replace("EXTERNAL", SECRETS["external"])) as folder:
    os.mkdir(os.path.join(folder, "code"))
    with open(os.path.join(folder, "code", "main.py"), "w", encoding="utf-8") as file:
        file.write("def handler(event, context):\n    return event\n")
    with Served(folder) as served:
        env = served.environment()
        env["AWS_SECRET_ACCESS_KEY"] = SECRETS["key"]

        def run(*args, secret, expect):
            result = holdfast("-v", "--log-format", "json", *args, cwd=folder, expect=expect,
                              env={**env, "HOLDFAST_VAR_password": secret})
            look("output", result.out.encode())
            look("log", result.err.encode())
            for name, data in kept(folder) if os.path.isdir(f"{folder}/.holdfast") else ():
                look(name, data)
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
done()
