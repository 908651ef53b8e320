"""Random lives of random topologies: what may never happen, whatever comes together.

A case is a random topology that was applied to a world with somebody else in it, then a few steps: random edits of the
file, changes behind the program's back, objects of strangers, time that passes, a world that fails calls or loses
answers, faults of the network, the disk and the memory, a kill, and one command. In some the state is shared, in clear or
encrypted, and the next command is of another machine. After each command, and after calm has returned, the invariants
below hold.

    lifecycle.py [--seed N] [--case M | --cases K | --minutes T] [--replay FILE] [--shrink SECONDS]

Environment: FAULTY (a faulty_holdfast with fault points), WORLD_CALLER; HOLDFAST_SOAK: an hour. A case that fails prints
its seed and number, which make it again, is made smaller, and leaves its folder: topology, state, world, and case.json,
which --replay runs.
"""

import argparse
import collections
import copy
import glob
import json
import os
import random
import re
import shutil
import sys
import time
import traceback

try:
    import botocore  # noqa: F401
    import yaml  # noqa: F401
except ImportError:
    print("skipped: tools/setup.sh makes the Python environment that this test needs")
    sys.exit(77)

import explained
import machines
import meddling
import outside
import random_topology
import smaller
from by_hand import ByHand
from faulty import Server, make_data_dir
from folder import CALM, NEIGHBOUR, STATE, WORLD, Folder, Violation, allow_of, make_first_world
from records import HOLDS_DATA, SHARED, entry_of, identity, neighbours, own_doing, world_key

CALLER = os.environ["WORLD_CALLER"]
ROOT = os.path.join("/dev/shm" if os.path.isdir("/dev/shm") else "/tmp", f"holdfast-life-{os.getpid()}")
CANARIES = [random_topology.SECRET, "canary-external-id", "canary-key-of-the-environment"]
SAMPLE = 30  # cases of an ordinary test run
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "answers.inc"), encoding="utf-8") as answers:
    ANSWERS = re.findall(r'^ANSWER\("(\w+)"', answers.read(), re.M)


class Thing:
    """A recorded object, as meddling.py wants it."""

    def __init__(self, row):
        self.account, self.region, self.id = row["account_id"], row["region"], row["identifier"]
        self.arn = json.loads(row["attrs_json"] or "{}").get("arn")


class Case(ByHand):
    def __init__(self, first_world, path, seed, number, script=None):
        self.rng = random.Random(f"{seed}/{number}")
        self.grammar = random_topology.Grammar(self.rng)
        self.given = script
        self.script = {"seed": seed, "case": number, "state": None, "first": None, "steps": []}
        shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(first_world, path)
        self.folder = Folder(path)
        self.outside = OUTSIDE
        self.touched = set()  # objects that somebody changed: what the file does not manage stays as they left it
        self.strange = {}  # objects of the neighbour and of strangers: key to body
        self.others = set()  # the names of what strangers made
        self.looked_up = {}  # what was ours and is external: key to the entry that has it
        self.forgotten = set()  # what is in AWS and no longer recorded
        self.unknown = False  # whether something may have been made that nobody has recorded
        self.hard = self.headless = False
        self.said = collections.Counter()  # what was refused twice
        self.took = collections.Counter()  # what took effect
        self.log = []

    def note(self, text):
        self.log.append(text)

    # ---- the invariants that hold after every command ----

    def watch(self, *args, faults=(), reads=False, allowed=()):
        """Runs a command; whatever it was, none of this may be broken by it."""
        before, rows = self.folder.objects(), self.folder.rows()
        written, kept = len(self.folder.writes()), len(self.folder.writes("FALSE"))
        result = self.folder.run(*args, faults=faults)
        self.note(f"{' '.join(args)}{f' with {faults}' if faults else ''} -> {result.status}")
        self.took[" ".join(args[:1 + (args[0] in ("state", "lock"))])] += result.status in (0, 2)
        if self.folder.watcher and not self.headless:
            self.folder.look()
        after, now = self.folder.objects(), self.folder.rows()
        # what is shared by nature and let stand keeps the tags that it was given
        self.touched.update(identity(row) for a, row in rows.items() if row["adopted"] and a not in now)
        self.want_strange(after)
        self.want_external(args, rows, before, after)
        self.want_sound_state(args, result)
        self.want_guards(args, rows, before, after, allowed)
        self.want_no_secret(args, result)
        flew = re.search(r"^killed after-(?:send|reply) of (?!state$)(.*)", result.err, re.M)
        if flew and args[0] in ("apply", "destroy") and not self.open_intents():
            raise Violation("no call without its intent", f"{' '.join(args)} sent {flew[1]}")
        result.wrote = self.folder.writes()[written:]
        if reads and len(self.folder.writes("FALSE")) > kept:
            raise Violation("what reads does not write", f"{' '.join(args)} sent {self.folder.writes('FALSE')[kept:][:3]}")
        if self.folder.watcher:
            self.want_lock_given_back(args, result, faults)
        return result

    def want_strange(self, after):
        for key, body in self.strange.items():
            if own_doing(after.get(key)) != own_doing(body):
                raise Violation("what is another's stays untouched", f"{key}\nwas {body}\nis  {after.get(key)}")

    def want_external(self, args, rows, before, after):
        """What was made by us and is external now is as it was, with its parts."""
        external = {f"{s}.{n}" for s, n in random_topology.entries(self.doc) if self.doc[s][n].get("external")}
        for address, row in rows.items():
            key = world_key(row) or ("kms.alias", row["account_id"], row["region"], row["identifier"])
            if entry_of(address) in external and key in before:
                self.looked_up[key] = entry_of(address)
                self.touched.add(identity(row))  # it comes back with what nobody knows to be ours
        ours = {world_key(row) for address, row in rows.items() if entry_of(address) not in external}
        for key, entry in list(self.looked_up.items()):
            if entry not in external or key in ours:
                del self.looked_up[key]
            elif own_doing(before.get(key)) != own_doing(after.get(key)):
                raise Violation("what is external stays untouched", f"{entry}: {key} after {' '.join(args)}\n"
                                f"was {before.get(key)}\nis  {after.get(key)}")
            else:
                self.took["external looked at"] += 1

    def want_sound_state(self, args, result):
        for name in (STATE, self.folder.watcher.state) if self.folder.watcher else (STATE,):
            if os.path.exists(self.folder.file(name)):
                found = [str(row) for row in self.folder.query(name, "PRAGMA integrity_check")]
                if found != ["{'integrity_check': 'ok'}"]:
                    raise Violation("the state is sound", f"{name}: {found[:3]} after {' '.join(args)}")
        objects, tokens = {}, {}
        for address, row in self.folder.rows().items():
            json.loads(row["attrs_json"] or "{}"), json.loads(row["deps_json"])
            if not row["identifier"]:
                raise Violation("the state is sound", f"{address} has no identifier")
            key = identity(row)
            if row["type"] not in SHARED and objects.setdefault(key, address) != address:
                raise Violation("an object has one address", f"{key} is {objects[key]} and {address}")
        for entry in self.folder.journal():
            if entry["action"] == "create" and entry["token"]:
                if tokens.setdefault(entry["token"], entry["type"]) != entry["type"]:
                    raise Violation("no token twice", f"{entry['address']} has that of {tokens[entry['token']]}")
            if entry["phase"] == "open" and result.status == 0 and args[0] in ("apply", "destroy"):
                raise Violation("no open intent after a good run", f"{entry['address']} {entry['action']}")

    def want_guards(self, args, rows, before, after, allowed):
        flags = [args[i + 1] for i, a in enumerate(args[:-1]) if a in ("--allow-irreversible", "--allow-destroy")]
        flags += list(allowed)

        now_at = {identity(row): address for address, row in self.folder.rows().items()}

        def named(address, part=""):
            """By a flag: as it was called, or as it is called since it moved."""
            names = {address + part, now_at.get(identity(rows[address]), address) + part}
            return any(n == f or n.startswith((f + "/", f + "[")) for f in flags for n in names)

        for address, row in rows.items():
            key = world_key(row)
            if not key or key not in before:
                continue
            was, now = json.loads(before[key]), json.loads(after.get(key, "{}"))
            gone = not now or now.get("KeyState") == "PendingDeletion" != was.get("KeyState")
            if gone and address in self.protected():
                raise Violation("prevent_destroy holds", f"{address} is gone")
            if gone and args[0] == "apply" and row["type"] in HOLDS_DATA and not named(address):
                raise Violation("no deletion of what holds data without its flag", f"{address} is gone")
            if row["type"] == "aws_backup_vault" and now.get("LockDate") != was.get("LockDate") \
                    and not named(address, "/lock"):
                raise Violation("no irreversible change without its flag",
                                f"{address}/lock: {was.get('LockDate')} became {now.get('LockDate')}")
        for key in set(after) - set(before):
            made = now_at.get(("aws_backup_logically_air_gapped_vault", *key[1:]))  # locked from its first moment
            if key[0] == "backup.vault" and "LockDate" in json.loads(after[key]) \
                    and not any(f == made or f.endswith("/lock") or key[3] == f"gap-{entry_of(f).split('.')[-1]}" for f in flags):
                raise Violation("no irreversible change without its flag", f"{key} was locked")

    def protected(self):
        """Addresses that may not be deleted: as the file says, and as the state says of what left the file."""
        doc, found = self.doc, set()
        for section, name in random_topology.entries(doc):
            if doc[section][name].get("prevent_destroy"):
                found.add(f"{section}.{name}")
        for address, row in self.folder.rows().items():
            if row["prevent_destroy"] and entry_of(address) not in {f"{s}.{n}" for s, n in random_topology.entries(doc)}:
                found.add(address)
        return found

    def want_no_secret(self, args, result):
        kept = [("stdout", result.out), ("stderr", result.err)]
        folder = self.folder.file(".holdfast")
        for name in os.listdir(folder):
            if "world" not in name and NEIGHBOUR not in name:
                with open(os.path.join(folder, name), "rb") as file:
                    kept.append((name, file.read().decode("latin-1")))
        if os.path.exists(self.folder.file("saved.plan")):
            with open(self.folder.file("saved.plan"), encoding="latin-1") as file:
                kept.append(("saved.plan", file.read()))
        for name, text in kept:
            for canary in CANARIES:
                # it prints what it finds in AWS, and the file's accounts
                own = args[0] == "adopt" and name == "stdout" and canary != CANARIES[-1]
                if canary in text and not own:
                    raise Violation("no secret anywhere", f"{canary} stands in {name} after {' '.join(args)}")

    def was_touched(self, address):
        """By somebody outside: itself, or what stands there without a row, and was added; or nobody knows how it was made."""
        row = self.folder.rows().get(address)
        return self.unknown or (identity(row) in self.touched if row else bool(self.touched))

    def is_known(self, drift):
        """Somebody outside did it, or the file let go of a permission that is a part of the function's policy."""
        let_go = drift["address"].startswith("functions.") and (self.doc.get("forget") or self.forgotten)
        return self.was_touched(drift["address"]) or (
            let_go and all(d["path"].startswith("/policy_statements") for d in drift["differences"]))

    # ---- what happens between commands ----

    def clients(self, account, region, kind):
        if kind in meddling.GLOBAL or not region:
            region = "us-east-1"
        return lambda service: self.outside.client(service, account, region)

    def meddle(self, step):
        rows = self.folder.rows()
        if "meddled" not in step:
            step["meddled"] = []
            for address in self.rng.sample(sorted(rows), min(len(rows), self.rng.choice([0, 0, 1, 1, 2, 4]))):
                actions = meddling.CHANGES.get(rows[address]["type"])
                if actions:
                    step["meddled"].append([address, self.rng.randrange(len(actions))])
        with self.outside.at(self.folder.file(WORLD)):
            for address, action in step["meddled"]:
                row = rows.get(address)
                if not row or row["adopted"] or self.strangers_at(row):
                    continue
                try:
                    meddling.CHANGES[row["type"]][action](
                        self.clients(row["account_id"], row["region"], row["type"]), Thing(row))
                    self.touched.add(identity(row))
                    self.note(f"outside: {row['type']} {address}, change {action}")
                except outside.Refused as error:
                    self.note(f"outside: {row['type']} {address}, change {action}: {error}")

    def strangers(self, step):
        """Somebody takes a name that the next apply would take; sometimes the file then takes the object over."""
        if "strangers" not in step:
            step["strangers"] = []
            if self.rng.random() < 0.2:
                plan = self.folder.run("plan", "--json")
                # what is recorded is ours by its name, whoever made it again
                wanted = [c for c in plan.json["changes"] if c["action"] == "create" and c["type"] in meddling.STRANGERS
                          and c["reason"] == "not in the state"
                          and (c["after"] or {}).get("name")] if plan.status in (0, 2) else []
                for change in self.rng.sample(wanted, min(1, len(wanted))):
                    step["strangers"].append({k: change[k] for k in ("address", "type", "account_id", "region", "after")})
                    step["strangers"][-1]["import"] = self.rng.random() < 0.5
        for wanted in step["strangers"]:
            before = self.folder.objects()
            try:
                with self.outside.at(self.folder.file(WORLD)):
                    identifier = meddling.STRANGERS[wanted["type"]](
                        self.clients(wanted["account_id"], wanted["region"], wanted["type"]), wanted["after"]["name"],
                        wanted["after"])
            except outside.Refused as error:
                self.note(f"a stranger: {error}")
                continue
            self.others.add(wanted["after"]["name"])
            if wanted["import"]:
                self.doc.setdefault("imports", []).append({"address": wanted["address"], "id": identifier})
                self.folder.write(self.doc)
            else:
                after = self.folder.objects()
                # a log group is shared by nature: who finds one uses it
                self.strange.update({key: after[key] for key in set(after) - set(before) if key[0] != "logs.group"})
            self.own_by_name(self.folder.rows())
            self.note(f"a stranger made {wanted['type']} {identifier} (import: {wanted['import']})")

    def edit(self, step):
        if "doc" not in step:
            step["edits"], doc = [], copy.deepcopy(self.doc)
            for _ in range(self.rng.choice([0, 1, 1, 2, 3, 5])):
                doc, done = random_topology.edit(self.grammar, doc)
                step["edits"].append(done)
                self.folder.write(doc)
                if self.folder.run("validate").status != 0 and self.rng.random() < 0.9:
                    doc = copy.deepcopy(self.doc)  # mostly, what comes is a file that can be applied
                    step["edits"] = []
                else:
                    self.doc = copy.deepcopy(doc)
            step["doc"] = copy.deepcopy(self.doc)
        self.doc = copy.deepcopy(step["doc"])
        self.folder.write(self.doc)
        self.note(f"edits: {step.get('edits')}")

    def harden(self, step):
        if "settings" not in step:
            step["settings"] = {}
            if self.rng.random() < 0.5:
                for name, values in (("fail_every", [3, 7, 20]), ("lose_every", [3, 7, 20]), ("cut_every", [5, 17]),
                                     ("quota_every", [7, 20]), ("page_size", [1, 2]), ("iam_delay_ms", [12000]),
                                     ("key_delay_ms", [8000]), ("read_delay_ms", [3000]), ("calls_a_second", [6])):
                    if self.rng.random() < 0.3:
                        step["settings"][name] = self.rng.choice(values)
            step["faults"] = [self.fault() for _ in range(self.rng.choice([0, 0, 0, 1, 1, 2]))]
            step["hours"] = self.rng.choice([0, 0, 0, 1, 30, 24 * 8, 24 * 40])
            step["machine"] = self.rng.choice(["same", "same", "swap", "fresh"])
            step["break_faults"] = [self.fault()] if self.rng.random() < 0.3 else []
            step["close"] = self.rng.choice([0, 0, 0.5, 1])
        self.hard = bool(step["settings"])
        self.break_faults = step.get("break_faults", [])
        if step["hours"]:
            self.folder.run("simulator", "advance", "--hours", str(step["hours"]))
        if step["settings"]:
            with self.outside.at(self.folder.file(WORLD)):
                self.outside.settings(**step["settings"])
        self.note(f"settings {step['settings']}, {step['hours']} hours later")

    def fault(self):
        """At some passage of a seam (faults.h), once, for a while, or from then on."""
        kind, most = self.rng.choice([("kill", 150), ("kill", 40), ("http:lost", 120), ("http:cut", 120),
                                      ("http:unsent", 120), ("http:code", 120), ("http:code", 120), ("state:full", 150),
                                      ("state:ioerr", 150), ("crash", 30), ("file:full", 8), ("memory", 900)])
        if kind == "http:code":
            kind = f"http:{self.rng.choice(ANSWERS)}"
        last = "" if kind in ("kill", "crash", "memory") else self.rng.choice(["", "", "", "+3", "+"])
        return f"{kind}@{self.rng.randint(1, most)}{last}"

    def calm_world(self):
        with self.outside.at(self.folder.file(WORLD)):
            self.outside.settings(**CALM)
        self.hard = False

    def calm(self):
        self.calm_world()
        self.folder.run("simulator", "advance", "--hours", "1")

    # ---- the commands ----

    def choose(self, step):
        if "command" in step:
            return step["command"]
        rows = sorted(self.folder.rows()) or ["vaults.none"]
        vaults = [a for a in rows if re.fullmatch(r"vaults\.\w+(\[.*\])?", a)] or ["vaults.none"]
        address, pick = self.rng.choice(rows), self.rng.choice
        entry = address.split("/")[0]
        step["command"] = pick([
            ["apply"], ["apply"], ["apply"], ["apply"], ["apply", "--parallelism", "1"],
            ["apply", "--target", entry], ["saved"], ["saved"], ["plan"], ["plan", "--refresh=false"], ["drift"],
            ["destroy"], ["destroy", "--empty-vaults", pick(vaults)], ["state", "rm", address],
            ["state", "mv", entry, f"{entry.split('.')[0]}.moved"], ["import", pick(rows), pick(["nothing", "default", "a|b"])],
            ["state", "undo"], ["adopt"], ["state", "history"], ["reimport", address],
            ["relay", "once"] if self.doc.get("relays") else ["check"],
            ["pushed", "same"], ["pushed", "less"], ["pushed", "old"], *[["recover"]] * 3 * bool(self.folder.watcher),
        ])
        step["chance"] = pick([1.0, 1.0, 0.5, 0.0])
        step["flags_seed"] = self.rng.random()
        return step["command"]

    def flags(self, step, plan):
        return allow_of(plan.json, step.get("chance", 1.0), random.Random(step.get("flags_seed"))) \
            if plan.status in (0, 2) else []

    def command(self, step):
        command, faults = self.choose(step), step["faults"]
        calm = not step["settings"]
        if command[0] != "saved":  # that one is planned here and applied there
            self.change_machine(step)
        if command[0] in ("plan", "drift", "check") or command[:2] == ["state", "history"]:
            self.watch(*command, "--json", faults=faults, reads=True)
        elif command[0] == "adopt":
            self.folder.write(random_topology.FIXED, "places.yaml")
            adopted = self.watch("adopt", "-f", "places.yaml", "--world", WORLD, faults=faults, reads=True)
            if adopted.status == 0:
                with open(self.folder.file("adopted.yaml"), "w", encoding="utf-8") as file:
                    file.write(adopted.out)
                read_again = self.folder.run("validate", "-f", "adopted.yaml")
                if "error[HF01" in read_again.err:
                    raise Violation("what adopt prints is YAML", read_again.err)
        elif command[0] == "relay":
            self.watch(*command, faults=faults)
        elif command[0] == "pushed":
            self.push(command[1], faults)
        elif command[0] == "recover":
            self.recover_head(faults)
        elif command[0] == "reimport":
            self.reimport(command[1], faults)
        elif command[0] == "apply":
            plan = self.watch("plan", "--json", *[a for a in command[1:] if "paral" not in a and a != "1"], reads=True)
            result = self.watch(*command, "--json", "--auto-approve", *self.flags(step, plan), faults=faults)
            self.want_as_planned(plan, result, calm and not faults)
        elif command[0] == "saved":
            plan = self.watch("plan", "--json", "--out", "saved.plan", reads=True)
            if plan.status == 0:
                self.change_machine(step)
                result = self.watch("apply", "saved.plan", "--json", "--auto-approve", *self.flags(step, plan), faults=faults)
                self.want_as_planned(plan, result, calm and not faults)
        elif command[0] == "destroy":
            empty = [f"{a}={self.folder.rows()[a]['identifier']}" for a in command[2:] if a in self.folder.rows()]
            flags = [f for a in empty for f in ("--empty-vaults", a)]
            chance = random.Random(step.get("flags_seed"))
            for address in sorted(self.folder.rows()):
                if address.endswith("/lock") and chance.random() < step.get("chance", 1.0):
                    flags += ["--allow-destroy", address]
            self.watch("destroy", "--auto-approve", "--json", *flags, faults=faults)
        elif command[0] == "state":
            rows = self.folder.rows()
            done = self.watch(*command, faults=faults)
            if done.wrote:
                raise Violation("state commands send nothing", f"{command}: {done.wrote[:3]}")
            if command[1] in ("rm", "undo"):
                self.let_go(rows)
            if done.status == 0 and command[1] == "mv" and len(self.folder.rows()) != len(rows):
                raise Violation("a move keeps every row", f"{command}")
        else:
            done = self.watch(*command, faults=faults)
            if done.wrote:
                raise Violation("an import sends nothing", f"{command}: {done.wrote[:3]}")
        if os.path.exists(self.folder.file("saved.plan")):
            os.remove(self.folder.file("saved.plan"))

    def want_as_planned(self, plan, result, quiet):
        """A good apply did what the plan said, no more and no less."""
        if result.status == 0 and plan.status == 0 and quiet:
            planned = sum(2 if c["action"] == "replace" else 1 for c in plan.json["changes"])
            done = result.json["done"]
            if planned != done:
                raise Violation("apply does what the plan said", f"{done} done, {planned} planned: "
                                f"{[(c['address'], c['action']) for c in plan.json['changes']]}")
        if plan.status == 0 and not plan.json["changes"] and quiet and result.wrote and not self.doc.get("relays"):
            raise Violation("an empty plan writes nothing", f"{result.wrote[:3]}")
        if plan.status != 0 and result.status == 0 and quiet:
            raise Violation("apply does what the plan said", f"the plan was refused, the apply not: {plan.err}")
        if result.status == 7 and result.wrote:
            raise Violation("what is refused writes nothing", f"{result.wrote[:3]}\n{result.err}")

    def converge(self):
        """Calm has returned: a plain apply gets there, and then there is nothing to do; or it is refused twice with
        the same words, for a reason that there is (explained.py)."""
        last = None
        for _ in range(8):
            plan = self.watch("plan", "--json", "--detailed-exitcode", reads=True)
            if plan.status == 0:
                drift = self.watch("drift", "--json", "--detailed-exitcode", reads=True)
                left = [d for d in drift.json["drift"] if not self.is_known(d)] if drift.out else []
                if left and last != "":  # took effect without an answer: the apply of nothing takes it down
                    last = self.watch("apply", "--json", "--auto-approve").words()
                    continue
                if left or drift.status not in (0, 2):
                    raise Violation("no drift after an apply that converged", brief(left) + drift.err)
                return True
            if plan.status == 2 and last == "":
                raise Violation("the plan after a good apply is empty", brief(plan.json["changes"]))
            flags = allow_of(plan.json) if plan.status == 2 else []
            result = self.watch("apply", "--json", "--auto-approve", *flags)
            words = result.words() if result.status else ""
            if result.status and not words:
                raise Violation("an error says what is wrong", f"{result.status}: {result.out}{result.err}")
            if words and words == last:
                for error in explained.unexplained(self, result.errors()):
                    raise Violation("what is refused is refused for a reason", f"{error}\n{result.err}")
                for code, text in set(re.findall(r"error\[(HF\d+)\]:? (.*)", words)):
                    self.said[f"{code} {text[:150]}" if code.startswith("HF08") else code] += 1  # of AWS: what it said
                self.note(f"refused:\n{words}")
                self.refusal = words
                return False
            last = words
        raise Violation("a plain rerun converges", f"after eight applies: {last}")

    # ---- the whole life ----

    def run(self):
        steps = None
        if self.given:
            self.doc, steps = self.given["first"], self.given["steps"]
        else:
            for _ in range(20):
                self.doc = self.grammar.topology(self.rng.choice([1, 3, 6, 10, 16]))
                self.folder.write(self.doc)
                if self.folder.run("validate").status == 0:
                    break
            steps = [{} for _ in range(self.rng.choice([1, 1, 2, 3, 5]))]
        if self.given:
            self.script["state"] = self.given.get("state")
        else:
            self.script["state"] = self.rng.choice([None, None, "shared", "sealed"])
        if self.script["state"]:
            self.doc["state"] = machines.KINDS[self.script["state"]]
            self.folder.share()
            self.folder.watch(self.doc)
        self.script["first"] = copy.deepcopy(self.doc)
        self.folder.write(self.doc)
        self.strange.update({k: v for k, v in self.folder.objects().items() if neighbours(k, v)})
        self.converge()
        pulled = self.watch("state", "pull", reads=True)
        self.old = pulled.json if pulled.status == 0 else None
        for step in steps:
            step = copy.deepcopy(step)
            self.script["steps"].append(step)
            self.edit(step)
            self.strangers(step)
            self.meddle(step)
            self.harden(step)
            self.command(step)
            self.close_intents(step)
            self.calm()
        self.converge()


def brief(changes):
    return json.dumps([{k: c.get(k) for k in ("address", "action", "reason", "differences")} for c in changes])[:6000]


def attempt(first_world, script, invariant):
    """The case of a script, if it breaks the same invariant."""
    case = Case(first_world, os.path.join(ROOT, "smaller"), script["seed"], script["case"], script)
    try:
        case.run()
    except Violation as violation:
        return case if violation.invariant == invariant else None
    except Exception:
        return None
    return None



# ---- many cases ----

def report(first_world, case, violation, keep):
    seed, number = case.script["seed"], case.script["case"]
    print(f"\nFAILED: seed {seed}, case {number}: {violation}", flush=True)
    def breaks(script):
        return attempt(first_world, script, violation.invariant)

    script = smaller.shrink(case, breaks, time.monotonic() + keep) if keep else case.script
    path = os.path.join("/tmp", f"holdfast-life-{seed}-{number}")
    last = Case(first_world, path, seed, number, script)
    try:
        last.run()
    except Violation as smallest:
        print(f"made smaller: {smallest}")
    except Exception:  # pylint: disable=broad-exception-caught
        print("made smaller, the test itself does not go through")
    print("\n".join(last.log), flush=True)
    with open(os.path.join(path, "case.json"), "w", encoding="utf-8") as file:
        json.dump(script, file, indent=1)
    print(f"again: lifecycle.py --seed {seed} --case {number}, or --replay {path}/case.json", flush=True)


# What has to happen at all: a test that never gets there says nothing about it.
WANTED = ["apply", "destroy", "plan", "drift", "check", "adopt", "state rm", "state mv", "state undo", "state history", "imported again",
          "external looked at", "pushed same", "pushed less", "pushed old", "swap machine", "fresh machine", "refused by a lock", "lock broken",
          "head recovered", "intent closed by hand"]
ENOUGH = 400  # cases in which each of those happens, if it can


class Tally:
    def __init__(self):
        self.ran = self.failed = 0
        self.said, self.took = collections.Counter(), collections.Counter()

    def never(self):
        return [what for what in WANTED if not self.took[what]] if self.ran >= ENOUGH else []


def run_cases(first_world, seed, numbers, options, tally):
    print(f"seed {seed}", flush=True)
    until = time.monotonic() + 60 * options.minutes if options.minutes else None
    for number in numbers:
        if until and time.monotonic() > until:
            break
        case = Case(first_world, os.path.join(ROOT, "case"), seed, number)
        tally.ran += 1
        if tally.ran % 100 == 0:
            print(f"{tally.ran} cases, {tally.failed} failed", flush=True)
        try:
            case.run()
        except Exception as error:
            violation = error if isinstance(error, Violation) else Violation("the test itself goes through",
                                                                             traceback.format_exc())
            tally.failed += 1
            report(first_world, case, violation, options.shrink)
        tally.said.update(case.said)
        tally.took.update(case.took)
        if tally.failed and options.first:
            break
        if options.case is not None:
            print("\n".join(case.log))


def replay(first_world, path, tally, options):
    with open(path, encoding="utf-8") as file:
        script = json.load(file)
    case = Case(first_world, os.path.join(ROOT, "case"), script["seed"], script["case"], script)
    tally.ran += 1
    try:
        case.run()
    except Violation as violation:
        tally.failed += 1
        print(f"FAILED: {path}: {violation}")
    if options.replay or tally.failed:
        print("\n".join(case.log), flush=True)


def arguments():
    parser = argparse.ArgumentParser(description="Random lives of random topologies.")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--case", type=int, help="this one of the seed")
    parser.add_argument("--cases", type=int, help="so many of the seed")
    parser.add_argument("--minutes", type=float, help="as many as there is time for")
    parser.add_argument("--first", action="store_true", help="until one has failed")
    parser.add_argument("--replay", metavar="FILE", help="a case.json that a failure has left")
    parser.add_argument("--shrink", type=float, default=60, help="seconds for making a case smaller")
    options = parser.parse_args()
    if os.environ.get("HOLDFAST_SOAK") and options.cases is None and options.case is None:
        options.minutes = options.minutes or 60
    return options


def main():
    global OUTSIDE
    options, tally = arguments(), Tally()
    OUTSIDE = outside.Outside(CALLER)
    Folder.server = Server(make_data_dir(os.path.join(ROOT, "data")), AWS_ACCESS_KEY_ID="AKIAEXAMPLE",
                           AWS_SECRET_ACCESS_KEY=CANARIES[-1], AWS_EC2_METADATA_DISABLED="true")
    first_world = os.path.join(ROOT, "first")
    fresh = random.SystemRandom().randrange(10**6) if options.seed is None else options.seed
    try:
        make_first_world(Folder(first_world))
        warm = Folder(os.path.join(ROOT, "warm"))
        warm.write(random_topology.BOOTSTRAP)
        Folder.server.warm(warm.path, ["plan", "--simulate"], ["state", "list", "--simulate"])
        if options.replay:
            replay(first_world, options.replay, tally, options)
        elif options.case is not None:
            run_cases(first_world, fresh, [options.case], options, tally)
        elif options.cases or options.minutes:
            run_cases(first_world, fresh, range(options.cases or 10**9), options, tally)
        else:  # every test run: what once failed, and always the same cases; new ones are for the soak
            for path in sorted(glob.glob(os.path.join(os.path.dirname(os.path.abspath(__file__)), "lives", "*.json"))):
                replay(first_world, path, tally, options)
            run_cases(first_world, 1, range(SAMPLE), options, tally)
    finally:
        Folder.server.close()
        shutil.rmtree(ROOT, ignore_errors=True)
    print(f"{tally.ran} cases; what was refused twice with the same words: {dict(sorted(tally.said.items()))}")
    print(f"what took effect: {dict(sorted(tally.took.items()))}")
    for what in tally.never():
        print(f"FAILED: in {tally.ran} cases this never took effect: {what}")
    print(f"{tally.ran - tally.failed} passed, {tally.failed} failed")
    sys.exit(1 if tally.failed or tally.never() else 0)


if __name__ == "__main__":
    main()
