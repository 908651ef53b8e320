"""A signal ends apply and destroy after what has begun; both then say what was done."""

import json
import os
import signal
import subprocess

from harness import HOLDFAST, Served, check, clean_environment, done, workspace

TOPOLOGY = """version: 1
name: t
accounts: {main: {id: "111122223333"}}
regions: {one: us-east-1}
keys: {k: {account: main, region: one}}
vaults: {v: {account: main, region: one, key: k}}
"""


def stopped(served, first, *args):
    """Runs a command and sends SIGTERM when it says `first`; its status and answer."""
    process = subprocess.Popen([HOLDFAST, *args, "--auto-approve", "--json"], cwd=served.folder, text=True,
                               env=clean_environment(served.environment()), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    for line in process.stderr:
        if line.startswith(first):
            process.send_signal(signal.SIGTERM)
            break
    out, err = process.communicate(timeout=120)
    check(out.strip(), f"{args}: no answer: {err}")
    return process.returncode, json.loads(out)


with workspace() as folder:
    with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
        file.write(TOPOLOGY)
    with Served(folder, "--latency", "300") as served:
        # the key comes before its alias and the vault; on the way back the vault goes before the key
        status, answer = stopped(served, "created   keys.k", "apply")
        check(status == 143, f"apply ends as the signal says: {status}")
        check(answer["done"] >= 1 and answer["failed"] + answer["skipped"] >= 1, f"and counts: {answer}")
        served.holdfast("apply", "--auto-approve", expect=0)
        status, answer = stopped(served, "deleted ", "destroy", "--allow-destroy", "vaults.v", "--allow-destroy",
                                 "keys.k")
        check(status == 143, f"destroy ends as the signal says: {status}")
        check(answer["done"] >= 1 and answer["failed"] + answer["skipped"] >= 1, f"and counts as well: {answer}")
done()
