"""A folder with a topology, its state and its world, and the commands that run in it: for the property test."""

import contextlib
import copy
import json
import os
import random
import re
import sqlite3

import yaml

import machines
import random_topology
from faulty import SIGABRT, SIGKILL, read, read_report

DOCUMENTED = {0, 1, 2, 3, 4, 5, 6, 7, 64}
NEIGHBOUR = "neighbour"
WORLD = ".holdfast/life.world.db"
STATE = ".holdfast/life.simulated.db"
CALM = {"fail_every": 0, "lose_every": 0, "cut_every": 0, "quota_every": 0, "read_delay_ms": 0, "iam_delay_ms": 0,
        "key_delay_ms": 0, "calls_a_second": 0, "page_size": 1000}
CRASH = re.compile(r"Sanitizer|runtime error:|^BUG (?!.*: out of memory$)|assertion .* failed", re.M | re.I)


class Violation(Exception):
    """An invariant that does not hold."""

    def __init__(self, invariant, detail):
        super().__init__(f"{invariant}: {detail}")
        self.invariant = invariant


class Result:
    def __init__(self, args, status, out, err):
        self.args, self.status, self.out, self.err = args, status, out, err

    @property
    def json(self):
        return json.loads(self.out)

    def errors(self):
        """What it said was wrong: code, message, and address where it has one."""
        if self.out.startswith("{") and "diagnostics" in self.json:
            return [d for d in self.json["diagnostics"] if d["severity"] == "error"]
        return [{"code": code, "message": message, "address": address} for code, message, address in
                re.findall(r"^(?:\S+: )?error\[(\w+)\]:? (.*)\n(?: .*\|.*\n)*(?: {7}([a-z_]+\.\S+)\. )?", self.err, re.M)]

    def words(self):
        """The same, without what differs from one run to the next."""
        text = "\n".join(sorted({f"error[{e['code']}] {e['message']}" for e in self.errors()}))
        return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\b[0-9a-f]{8,}\b|\d{4}-\d\d-\d\d(T[\d:.]+Z)?|request [^ )]+", "#", text)



class Folder:
    server = None  # of faulty.py, for all

    def __init__(self, path):
        self.path = path
        self.watcher = self.disks = None
        os.makedirs(os.path.join(path, "code"), exist_ok=True)
        with open(os.path.join(path, "code", "main.py"), "w", encoding="utf-8") as file:
            file.write("def handler(event, context):\n    return event\n")

    def share(self):
        self.watcher = machines.Watcher(self.path, WORLD, STATE, CALM)
        self.disks = machines.Disks(self.path, STATE)

    def watch(self, doc):
        """The watcher's file: whose state it is, and no more."""
        few = {k: doc[k] for k in ("version", "name", "accounts", "regions", "state")}
        with open(os.path.join(self.watcher.folder, "topology.yaml"), "w", encoding="utf-8") as file:
            yaml.safe_dump(few, file)

    def look(self, *args):
        """What another machine sees of a shared state now. Without arguments its cache is brought up to date, which is
        then asked for what is recorded."""
        self.watcher.copy_world()
        args = args or ("state", "list")
        status = self.server.run(self.watcher.folder, [*args, "--json", "--simulate"])
        if status != 0:
            raise Violation("another machine can read the shared state",
                            f"{args} ended with {status}: {read(self.watcher.folder, 'err')}")
        return json.loads(read(self.watcher.folder, "out"))

    def file(self, name):
        return os.path.join(self.path, name)

    def write(self, doc, name="topology.yaml"):
        with open(self.file(name), "w", encoding="utf-8") as file:
            yaml.safe_dump(doc, file, sort_keys=False, width=110)

    def run(self, *args, faults=()):
        report = self.file("report") if faults else None
        try:
            status = self.server.run(self.path, [*args, "--simulate"], ",".join(faults), report=report)
        except TimeoutError as error:
            raise Violation("every command ends", str(error)) from error
        result = Result(args, status, read(self.path, "out"), read(self.path, "err"))
        meant = {SIGKILL} if any(f.startswith(("kill", "crash")) for f in faults) else set()
        if any(f.startswith("memory") for f in faults):
            meant.add(SIGABRT)
        if status not in DOCUMENTED | meant:
            raise Violation("the exit status is a documented one", f"{' '.join(args)} ended with {status}:"
                            f"\n{result.out[-2000:]}\n{result.err[-4000:]}")
        if CRASH.search(result.err):
            raise Violation("no crash", f"{' '.join(args)}:\n{result.err[-4000:]}")
        # Some need no disk that takes anything; and a cache that could not be made is made once more.
        content = args[0] in ("plan", "drift") or (self.watcher and status != 4)
        if faults and not content and status >= 0 and read_report(self.path)["sent_after_disk_failed"]:
            raise Violation("nothing is sent once the state cannot be written", f"{' '.join(args)}\n{result.err[-4000:]}")
        return result

    def text(self):
        return read(self.path, "topology.yaml")

    def query(self, name, sql):
        """Rows of one of the two databases, as maps. No connection outlives its question: one that stays open in this
        process while the program works on the file would spoil what the next one reads."""
        if not os.path.exists(self.file(name)):
            return []
        with contextlib.closing(sqlite3.connect(self.file(name))) as db:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute(sql).fetchall()]

    def objects(self):
        """(kind, account, region, id) to body: every object of the world."""
        rows = self.query(WORLD, "SELECT kind, account, region, id, json FROM object WHERE kind NOT LIKE '~%'")
        return {(r["kind"], r["account"], r["region"], r["id"]): r["json"] for r in rows}

    def writes(self, but=machines.OWN_CALLS):
        """The calls in the ledger that changed something, without those that keep the state itself."""
        return self.query(WORLD, "SELECT account, region, service, operation, status, code, created FROM call "
                                 f"WHERE writes AND NOT ({but}) ORDER BY seq")

    def recorded(self, sql):
        """What the state holds; one whose creation was cut short has no table yet, and holds nothing."""
        state = self.watcher.state if self.watcher else STATE
        return self.query(state, sql) if self.query(state, "SELECT name FROM sqlite_master") else []

    def rows(self):
        """Address to row of the state."""
        return {row["address"]: row for row in self.recorded("SELECT * FROM resource")}

    def journal(self):
        return self.recorded("SELECT * FROM journal ORDER BY seq")


def make_first_world(folder):
    """A world with what the bootstrap declares, and a neighbour: another topology, whose objects nobody may touch."""
    folder.write({**random_topology.BOOTSTRAP, "state": machines.SHARED})  # a world is made with the bucket
    seeded = folder.run("plan")
    if seeded.status != 0:
        raise RuntimeError(f"the world cannot be seeded: {seeded.err}")
    grammar = random_topology.Grammar(random.Random("neighbour"))
    doc = copy.deepcopy(random_topology.FIXED)
    for section in ("keys", "topics", "vaults", "roles", "queues", "vaults", "buses", "alarms", "functions", "rules"):
        for place in (("main", "one"), ("backup", "two")):
            doc.setdefault(section, {})[f"n{grammar.name(section)}"] = getattr(grammar, section)(
                doc, place, f"n{grammar.name(section)}")
    doc["name"] = NEIGHBOUR
    for _, entry in [(n, e) for s in random_topology.SECTIONS for n, e in doc.get(s, {}).items()]:
        entry.pop("name", None)
        entry.pop("policy", None)
    folder.write(doc)
    made = folder.run("apply", "--world", WORLD, "--auto-approve", *allow_of(folder.run("plan", "--world", WORLD, "--json").json))
    if made.status != 0:
        raise RuntimeError(f"the neighbour cannot be made: {made.err}")
    os.remove(folder.file("topology.yaml"))


def allow_of(plan, chance=1.0, rng=None):
    """The guards' flags that a plan asks for, each with a chance."""
    flags = []
    for change in plan["changes"]:
        for needs, flag in ((change["irreversible"], "--allow-irreversible"),
                            (change["needs_allow_destroy"], "--allow-destroy")):
            if needs and (chance >= 1 or rng.random() < chance):
                flags += [flag, change["address"]]
    return flags
