"""SIGKILL at every fault point of an apply, then a plain apply: the same world, nothing made twice.

Campaigns: a first apply with one operation at a time, where every mutating call has its own commits (before and
after the intent, after sending, after the reply, after the outcome); a first apply as people run it, where
operations share commits; an update of everything that can change (tags removed, lock days, retention, a selection
replaced); and two killed changes one after the other. HOLDFAST_SOAK takes every point of all of them.

Environment: HOLDFAST is a faulty_holdfast with fault points, TOPOLOGY the example that is applied.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

HOLDFAST = os.environ["HOLDFAST"]
SOAK = bool(os.environ.get("HOLDFAST_SOAK"))
with open(os.environ["TOPOLOGY"], encoding="utf-8") as source:
    FIRST = source.read()
TAGGED = FIRST.replace("\naccounts:", "\ndefault_tags: {team: storage}\n\naccounts:", 1)
SECOND = (FIRST.replace("changeable_for_days: 14", "changeable_for_days: 40")
          .replace("lifecycle: {delete_after_days: 30}", "lifecycle: {delete_after_days: 31}")
          .replace("lifecycle: {delete_after_days: 7}\n        copy", "lifecycle: {delete_after_days: 8}\n        copy")
          .replace("arn:aws:rds:*:*:db:*", "arn:aws:rds:*:*:db:orders*"))
THIRD = SECOND.replace("db:orders*", "db:o*").replace("accept_copies_from: [workload]",
                                                      "accept_copies_from: [workload, backup]")
APPLY = ["apply", "--simulate", "--auto-approve", "--allow-irreversible", "vaults.final/lock"]


def run(folder, args, env=None):
    environment = {k: v for k, v in os.environ.items()
                   if not k.startswith(("HOLDFAST_FAULT", "AWS_"))}
    environment.update(env or {})
    return subprocess.run([HOLDFAST, *args], cwd=folder, env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, check=False)


def must(folder, args, env=None):
    result = run(folder, args, env)
    if result.returncode != 0:
        raise RuntimeError(f"{args[0]} ended with {result.returncode}:\n{result.stdout}\n{result.stderr}")
    return result.stdout


def write(folder, text):
    with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
        file.write(text)


def world(folder):
    """What must be equal in the end: every object, and the day on which the lock closes."""
    objects = json.loads(must(folder, ["simulator", "dump", "--simulate"]))["objects"]
    dates = [int(o["body"]["LockDate"] // 86400) for o in objects if "LockDate" in o["body"]]
    return must(folder, ["simulator", "dump", "--simulate", "--stable"]), dates


def created(folder):
    """How many objects each kind of call has brought into being."""
    counts = {}
    for call in json.loads(must(folder, ["simulator", "dump", "--calls", "--simulate"])):
        if call.get("created"):
            key = (call["account_id"], call["region"], call["service"], call["operation"])
            counts[key] = counts.get(key, 0) + call["created"]
    return counts


def count_points(folder, extra):
    path = os.path.join(folder, "report")
    must(folder, APPLY + extra, {"HOLDFAST_FAULT_REPORT": path})
    with open(path, encoding="utf-8") as file:
        return json.load(file)["kill"]


def killed(folder, extra, point):
    result = run(folder, APPLY + extra, {"HOLDFAST_FAULTS": f"kill@{point}"})
    if result.returncode not in (-9, 0):
        raise RuntimeError(f"neither killed nor done: {result.returncode}\n{result.stderr}")
    return result.returncode == -9


class Campaign:
    """Topologies applied one after the other; the kills hit the last ones."""

    def __init__(self, name, texts, extra, kills=1):
        self.name, self.texts, self.extra, self.kills = name, texts, extra, kills
        folder = tempfile.mkdtemp(prefix="holdfast-kill-")
        try:
            self.points = []
            for text in texts:
                write(folder, text)
                self.points.append(count_points(folder, extra))
            self.world, self.created = world(folder), created(folder)
        finally:
            shutil.rmtree(folder)

    def one(self, points):
        """None, or what is wrong after a kill at these points."""
        folder = tempfile.mkdtemp(prefix="holdfast-kill-")
        try:
            calm = len(self.texts) - self.kills
            for text in self.texts[:calm]:
                write(folder, text)
                must(folder, APPLY + self.extra)
            for text, point in zip(self.texts[calm:], points):
                write(folder, text)
                if not killed(folder, self.extra, point) and self.kills == 1:
                    return "was not killed"
            rerun = run(folder, APPLY)
            if rerun.returncode != 0:
                return f"the rerun ended with {rerun.returncode}\n{rerun.stderr}"
            ours = world(folder)
            if ours != self.world:
                path = tempfile.mktemp(prefix="holdfast-world-")
                with open(path, "w", encoding="utf-8") as file:
                    file.write(ours[0])
                return f"the world differs: {path}; locks close on days {ours[1]}, not {self.world[1]}"
            made = created(folder)
            if self.kills == 1 and made != self.created:
                odd = {k: (made.get(k), self.created.get(k)) for k in set(made) | set(self.created)
                       if made.get(k) != self.created.get(k)}
                return f"made otherwise than once: {odd}"
            journal = json.loads(must(folder, ["state", "journal", "--json", "--simulate"]))
            if journal["open_intents"]:
                return f"open intents: {journal['open_intents']}"
            plan = run(folder, ["plan", "--simulate", "--detailed-exitcode"])
            return None if plan.returncode == 0 else f"the plan after is not empty: {plan.stdout}"
        except (RuntimeError, ValueError, subprocess.TimeoutExpired) as error:
            return str(error)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def run(self, stride):
        if self.kills == 1:
            tries = [(p,) for p in range(1, self.points[-1] + 1, stride)]
        else:
            tries = [(p, q) for p in range(1, self.points[-2] + 1) for q in range(1, self.points[-1] + 1)]
            tries = tries[::stride or max(1, len(tries) // 10)]
        with ThreadPoolExecutor(max_workers=2) as pool:
            faults = list(pool.map(self.one, tries))
        failed = [(t, f) for t, f in zip(tries, faults) if f]
        for tried, fault in failed[:5]:
            print(f"{self.name}: killed at {tried}: {fault}", file=sys.stderr)
        print(f"{self.name}: {self.points} fault points, {len(tries)} tried, {len(failed)} failed", flush=True)
        return len(tries), len(failed)


def main():
    serial = ["--parallelism", "1"]
    campaigns = [(Campaign("first apply, one operation at a time", [FIRST], serial), 1),
                 (Campaign("first apply", [FIRST], []), 1 if SOAK else 9),
                 (Campaign("update", [TAGGED, SECOND], []), 1 if SOAK else 4),
                 (Campaign("two changes", [TAGGED, SECOND, THIRD], [], kills=2), 7 if SOAK else 0)]
    if campaigns[0][0].points[0] < 100 or not campaigns[0][0].created:
        print("too few fault points: is this the right build?")
        sys.exit(1)
    tried = failed = 0
    for campaign, stride in campaigns:
        more, bad = campaign.run(stride)
        tried, failed = tried + more, failed + bad
    print(f"{tried - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
