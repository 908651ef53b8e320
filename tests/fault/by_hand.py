"""What people do to a state by hand, and to one that is shared, with what must then be true: a part of a case of the
property test."""

import copy
import json
import random

import machines
import random_topology
from folder import WORLD, Violation
from records import identity, neighbours, told


class ByHand:
    # ---- a state that is shared ----

    def want_lock_given_back(self, args, result, faults):
        """Only who dies or cannot reach the bucket leaves a lock. While it stands nobody writes; one command removes it."""
        lock = self.folder.look("lock", "show")["lock"]
        if not lock:
            return
        if result.status >= 0 and not faults and not self.hard:
            raise Violation("a lock is given back", f"{' '.join(args)} ended with {result.status} and left {lock}")
        self.calm_world()
        kept = self.folder.writes("FALSE")
        refused = self.folder.run("apply", "--auto-approve")
        valid = self.folder.run("validate").status == 0
        if refused.status != (5 if valid else 1) or valid and lock["command"] not in refused.err:
            raise Violation("who finds a lock is told whose it is", f"{refused.status}: {refused.err}, but {lock} stands")
        other = self.folder.run("lock", "break", "0" * 32)
        if valid and other.status != 5:
            raise Violation("only the lock that is named is broken", f"{other.status}: {other.err}")
        if self.folder.writes("FALSE")[len(kept):] and any(
                call["status"] < 300 for call in self.folder.writes("FALSE")[len(kept):]):
            raise Violation("who finds a lock writes nothing", f"{self.folder.writes('FALSE')[len(kept):]}")
        self.took["refused by a lock"] += valid
        self.break_lock(lock)

    def break_lock(self, lock):
        faults, self.break_faults = self.break_faults, []
        text = self.folder.text()
        self.folder.write({k: self.doc[k] for k in ("version", "name", "accounts", "regions", "state")})
        for tried in (faults, []):  # once more without: what stood in the way is over
            broken = self.folder.run("lock", "break", lock["id"], faults=tried)
            self.note(f"lock break{f' with {tried}' if tried else ''} -> {broken.status}")
            left = self.folder.look("lock", "show")["lock"]
            if broken.status == 0 and left and (not tried or left["id"] == lock["id"]):
                raise Violation("a broken lock is gone", f"{left}")
            if not left:
                break
            lock = left  # or that of whoever died breaking it
        else:
            raise Violation("one command removes a lock", f"{broken.status}: {broken.err}")
        self.took["lock broken"] += 1
        with open(self.folder.file("topology.yaml"), "w", encoding="utf-8") as file:
            file.write(text)

    def change_machine(self, step):
        """The next command is of a machine whose disk is empty, or knows less."""
        if self.folder.watcher and step.get("machine", "same") != "same":
            getattr(self.folder.disks, step["machine"])()
            self.took[f"{step['machine']} machine"] += 1
            self.note(f"a {step['machine']} machine")

    def recover_head(self, faults):
        """The head of the state is deleted: nobody begins a second one, and `state recover` brings back all there was."""
        rows, intents = self.folder.rows(), self.open_intents()
        with self.outside.at(self.folder.file(WORLD)):
            self.headless = machines.remove_head(self.clients(random_topology.MAIN, "us-east-1", ""))
        if not self.headless:
            return
        self.note("the head of the state is gone")
        valid = self.folder.run("validate").status == 0
        for command in (["plan"], ["apply", "--auto-approve"]):
            refused = self.watch(*command)
            said = "HF0632" in refused.err or (self.hard and "HF0610" in refused.err)  # or S3 did not answer
            if refused.wrote or valid and (refused.status != 4 or not said):
                raise Violation("without its head a state is not founded again", f"{refused.status}: {refused.err}")
        for tried in (faults, []):
            done = self.watch("state", "recover", faults=tried)
            if done.status == 0 or not valid:
                break
            self.calm_world()
        self.headless = False
        if not valid:
            self.folder.write({k: self.doc[k] for k in ("version", "name", "accounts", "regions", "state")})
            done = self.folder.run("state", "recover")
            self.folder.write(self.doc)
        if done.status != 0:
            raise Violation("a head that is gone is recovered", f"{done.status}: {done.err}")
        self.folder.look()
        if told(self.folder.rows()) != told(rows) or self.open_intents() != intents:
            raise Violation("recover brings back all that stands in the bucket",
                            f"{set(rows) ^ set(self.folder.rows())}, {intents} became {self.open_intents()}")
        self.took["head recovered"] += 1

    # ---- what a state says is replaced ----

    def open_intents(self):
        return [(i["seq"], i["address"], i["action"]) for i in self.folder.journal() if i["phase"] == "open"]

    def let_go(self, rows):
        """What was forgotten and is found again keeps what nobody knows to be ours."""
        now = self.folder.rows()
        self.forgotten.update(identity(row) for a, row in rows.items() if now.get(a) != row)
        self.touched.update(self.forgotten)
        self.touched.update(identity(row) for a, row in now.items() if rows.get(a) != row)  # older than what stands there
        self.own_by_name(now)

    def own_by_name(self, rows):
        """What is recorded is ours by its name, whoever made it since."""
        for row in rows.values():
            for key in self.strangers_at(row):
                del self.strange[key]

    def strangers_at(self, row):
        """What a stranger has made in the place of something recorded, whose id the world may write with other separators."""
        at = (row["identifier"] or "").replace("/", "|")
        return [key for key, body in self.strange.items() if not neighbours(key, body) and key[1] == row["account_id"]
                and key[3] and at and (key[3].replace("/", "|") in at or at in key[3].replace("/", "|"))]

    def close_intents(self, step):
        """A person closes some of what nobody has settled."""
        rows = self.folder.rows()
        if not self.open_intents() or self.folder.run("validate").status != 0:
            return
        self.calm_world()
        for seq, address, action in self.open_intents():
            if random.Random(f"{step.get('flags_seed')}{seq}").random() > step.get("close", 0):
                continue
            rest = [i for i in self.open_intents() if i[0] != seq]
            done = self.watch("state", "journal", "close", str(seq))
            if done.status != 0 or done.wrote or self.open_intents() != rest or told(self.folder.rows()) != told(rows):
                raise Violation("an intent that is closed by hand is closed, and nothing else",
                                f"{seq} {address}: {done.status} {done.err}{self.open_intents()}")
            self.took["intent closed by hand"] += 1
            if address in rows:
                self.forgotten.add(identity(rows[address]))
                self.touched.add(identity(rows[address]))
            if address not in rows or action == "create":  # in the place of what was gone
                self.unknown = True

    def push(self, how, faults):
        """What was pulled is pushed: as it was (refused: it is no newer), with an entry less and a higher serial, or an old
        one by force."""
        rows, intents = self.folder.rows(), self.open_intents()
        pulled = self.watch("state", "pull", reads=True)
        if pulled.status != 0 or not self.old:
            return
        document = pulled.json
        if how == "old":
            document = copy.deepcopy(self.old)
        if how == "less":
            gone = [r["address"] for r in document["resources"][len(document["resources"]) // 2:][:1]]
            document["resources"] = [r for r in document["resources"] if r["address"].split("#")[0] not in gone]
            document["serial"] += 1
        with open(self.folder.file("pushed.json"), "w", encoding="utf-8") as file:
            json.dump(document, file)
        wanted = {r["address"]: r["identifier"] for r in document["resources"]}
        pushed = self.watch("state", "push", "pushed.json", *(["--force"] if how == "old" else []), faults=faults)
        now = {a: row["identifier"] for a, row in self.folder.rows().items()}
        if pushed.wrote:
            raise Violation("state commands send nothing", f"a push: {pushed.wrote[:3]}")
        done = pushed.status == 0
        if done and now != wanted or now not in (wanted, {a: row["identifier"] for a, row in rows.items()}):
            raise Violation("a push takes effect wholly or not at all", f"{pushed.status}: {set(now.items()) ^ set(wanted.items())}")
        quiet = not faults and not self.hard
        if done and how == "same" and document["serial"]:
            raise Violation("no push of what is no newer", pushed.out)
        if quiet and not done and how != "same" and not intents:
            raise Violation("a push that loses nothing takes effect", f"{how}: {pushed.status} {pushed.err}")
        self.took[f"pushed {how}"] += pushed.status == (7 if how == "same" else 0)
        self.let_go(rows)

    def reimport(self, address, faults):
        """What is forgotten and imported again is what it was."""
        rows = self.folder.rows()
        row = rows.get(address)
        forgot = row and self.watch("state", "rm", address)
        if not forgot or forgot.status != 0:
            return
        self.let_go(rows)
        done = self.watch("import", address, row["identifier"], faults=faults)
        now = self.folder.rows().get(address)
        if done.wrote or done.status == 0 and (not now or identity(now) != identity(row)):
            raise Violation("an import sends nothing, and records what it is told", f"{address}: {now}, was {row}; {done.wrote[:3]}")
        self.took["imported again"] += done.status == 0
