"""SIGKILL at every fault point of an apply, then a plain apply: the same world, nothing made twice.

Twice: with one operation at a time, where every mutating call has its own commits (before and after the
intent, after sending, after the reply, after the outcome), and as people run it, where operations share
commits; of the latter every fourth point, unless HOLDFAST_SOAK asks for all.

Environment: HOLDFAST is a build with fault points.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

HOLDFAST = os.environ["HOLDFAST"]
TOPOLOGY = os.environ["TOPOLOGY"]
ONE_AT_A_TIME = ["--parallelism", "1"]
APPLY = ["apply", "--simulate", "-f", TOPOLOGY, "--auto-approve", "--allow-irreversible",
         "vaults.final/lock"]


def run(folder, args, env=None):
    environment = {k: v for k, v in os.environ.items()
                   if not k.startswith(("HOLDFAST_FAULT", "AWS_"))}
    environment.update(env or {})
    return subprocess.run([HOLDFAST, *args], cwd=folder, env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, check=False)


def must(folder, args):
    result = run(folder, args)
    if result.returncode != 0:
        raise RuntimeError(f"{args[0]} ended with {result.returncode}:\n{result.stdout}\n{result.stderr}")
    return result.stdout


def dump(folder):
    return must(folder, ["simulator", "dump", "--simulate", "--stable", "-f", TOPOLOGY])


def created(folder):
    """How many objects each kind of call has brought into being."""
    counts = {}
    for call in json.loads(must(folder, ["simulator", "dump", "--calls", "--simulate", "-f", TOPOLOGY])):
        if call.get("created"):
            key = (call["account_id"], call["region"], call["service"], call["operation"])
            counts[key] = counts.get(key, 0) + call["created"]
    return counts


def reference(extra):
    folder = tempfile.mkdtemp(prefix="holdfast-kill-")
    try:
        count = os.path.join(folder, "count")
        result = run(folder, APPLY + extra, {"HOLDFAST_FAULT_COUNT_FILE": count})
        if result.returncode != 0:
            raise RuntimeError(result.stdout + result.stderr)
        with open(count, encoding="utf-8") as file:
            return int(file.read()), dump(folder), created(folder)
    finally:
        shutil.rmtree(folder)


def one(point, extra, want_dump, want_created):
    """None, or what is wrong after a kill at this point."""
    folder = tempfile.mkdtemp(prefix="holdfast-kill-")
    try:
        killed = run(folder, APPLY + extra, {"HOLDFAST_FAULT_KILL_AT": str(point)})
        if killed.returncode != -9:
            return f"was not killed: status {killed.returncode}\n{killed.stderr}"
        rerun = run(folder, APPLY)
        if rerun.returncode != 0:
            return f"the rerun ended with {rerun.returncode}\n{killed.stderr}\n{rerun.stderr}"
        if dump(folder) != want_dump:
            with open(f"/tmp/holdfast-kill-{point}.json", "w", encoding="utf-8") as file:
                file.write(dump(folder))
            return f"the world differs (/tmp/holdfast-kill-{point}.json)\n{killed.stderr}"
        made = created(folder)
        if made != want_created:
            odd = {k: (made.get(k), want_created.get(k)) for k in set(made) | set(want_created)
                   if made.get(k) != want_created.get(k)}
            return f"made otherwise than once: {odd}\n{killed.stderr}"
        journal = json.loads(must(folder, ["state", "journal", "--json", "--simulate", "-f", TOPOLOGY]))
        if journal["open_intents"]:
            return f"open intents: {journal['open_intents']}"
        plan = run(folder, ["plan", "--simulate", "-f", TOPOLOGY, "--detailed-exitcode"])
        if plan.returncode != 0:
            return f"the plan after is not empty: {plan.stdout}"
        return None
    except (RuntimeError, ValueError, subprocess.TimeoutExpired) as error:
        return str(error)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def campaign(name, extra, stride):
    """Kills at every stride-th point; returns how many points there were, were tried and failed."""
    total, want_dump, want_created = reference(extra)
    if total < 100 or not want_created:
        print(f"only {total} fault points, {len(want_created)} kinds of creation: is this the right build?")
        sys.exit(1)
    points = range(1, total + 1, stride)
    with ThreadPoolExecutor(max_workers=2) as pool:
        faults = list(pool.map(lambda p: one(p, extra, want_dump, want_created), points))
    failed = [(p, f) for p, f in zip(points, faults) if f]
    for point, fault in failed[:10]:
        print(f"{name}: killed at point {point} of {total}: {fault}", file=sys.stderr)
    print(f"{name}: {total} fault points, {len(points)} killed at")
    return len(points), len(failed)


def main():
    tried, failed = campaign("one operation at a time", ONE_AT_A_TIME, 1)
    more, bad = campaign("as people run it", [], 1 if os.environ.get("HOLDFAST_SOAK") else 4)
    print(f"{tried + more - failed - bad} passed, {failed + bad} failed")
    sys.exit(1 if failed + bad else 0)


main()
