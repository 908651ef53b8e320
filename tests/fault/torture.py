"""Everything that can go wrong, at every point where it can, in every operation on both walkthroughs, and on
examples that make and delete the other types of resources; deaths of the process too, at each request, at its answer, at each
write of a database or a file, in every build; in one with fault points also there.

For each operation a clean run counts how often each seam is passed (faults.h). Then, for each kind of fault and
each of those points, the operation is run again from the same beginning with that fault, and once more without any.
After that one plain rerun
  the world is the one of the clean run, and the day on which a lock closes is the same,
  nothing was created twice,
  the state has every row and no open intent, and no run meant to touch what the clean run did not,
  every object that the clean run left alone is what it was, to the byte,
  and another plan is empty, unless the rerun itself found nothing to send.
What is left to chance is decided by how many commands have run (faulty.Servers), so that a rerun depends on nothing but what
it finds; what another fault has left as well, to the byte, is therefore not run from twice: how often that was is printed, and
some are, to see whether they end alike.
The command in which the fault was ends in a way that fits it; a call that flew when the process died has its intent, which
another machine can read where the state is shared; when the disk under the state failed, nothing was sent afterwards but
what keeps the state. Commands that change the state alone end wholly or not at all, and an apply then finds what they
have left.

Every error of AWS's is answered once at each point; some of each kind also three times, and from then on.

`./dev test` takes all that is few and the same sample of the rest each time; HOLDFAST_SOAK takes all, some hours of it, with
a seed that is printed. HOLDFAST_TORTURE_PART=I/N takes the I-th of N parts that together are all, for as many machines or
nights; each part says which it was.
`torture.py TOPOLOGY/OPERATION/FAULTS` runs one case, as it is printed for a failed one, and keeps its folder;
`torture.py TOPOLOGY/OPERATION` all that begin so.

Environment: FAULTY is a faulty_holdfast (faulty.py); EXAMPLES the folder of examples; HOLDFAST_TORTURE_SEED and
HOLDFAST_TORTURE_SAMPLE: another seed, another size.
"""

import contextlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

import boto3

import faulty
from faulty import SIGABRT, SIGKILL, write

EXAMPLES = os.environ["EXAMPLES"]
SOAK = bool(os.environ.get("HOLDFAST_SOAK"))
SEED = int(os.environ.get("HOLDFAST_TORTURE_SEED", random.randrange(1 << 32) if SOAK else 1))
SAMPLE = int(os.environ.get("HOLDFAST_TORTURE_SAMPLE", 2))
PART, PARTS = (int(number) for number in os.environ.get("HOLDFAST_TORTURE_PART", "1/1").split("/"))

CODES = re.findall(r'^ANSWER\("(\w+)"', open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "answers.inc"),
                                             encoding="utf-8").read(), re.M)
# What can go wrong at each seam.
KINDS = {
    "http": ["http:unsent", "http:lost", "http:cut", "http:kill", "http:kill-reply", *(f"http:{code}" for code in CODES)],
    "state": ["state:full", "state:ioerr", "state:kill"],
    "file": ["file:full", "file:ioerr", "file:kill"],
    "memory": ["memory"],
    "kill": ["kill", "power"],
    "sync": ["crash"],
}
# How long it goes wrong: once, three times, from then on. Errors that the program takes alike are told
# from each other by their first occurrence, so that one of each way of taking them also lasts.
FORMS = {"http": ("", "+3", "+"), "state": ("", "+"), "file": ("", "+")}
LASTING = ["http:unsent", "http:lost", "http:cut", "http:ThrottlingException", "http:InternalFailure",
           "http:ConcurrentModificationException", "http:ExpiredTokenException", "http:LimitExceededException",
           "http:AccessDeniedException", "http:ValidationException", "http:SomethingNewException"]
WHOLE = ("file", "sync")  # so few that all are always taken
SHARE = {"http": 1 / 7, "http:lost": 1, "state": 1 / 2, "memory": 1, "kill": 2}  # times SAMPLE
TWICE = 50  # of as many that began alike, one is run all the same
# 3: an account cannot be reached; 7: whether a guard holds cannot be told.
FITTING = {"http": (0, 1, 3, 7), "state": (0, 4), "file": (0, 1, 4), "memory": (SIGABRT,), "kill": (SIGKILL,),
           "sync": (SIGKILL,)}


def kills(kind):
    return kind in KINDS["kill"] or kind.split(":")[-1] in ("kill", "kill-reply")


def fitting(kind, seam):
    return (SIGKILL,) if kills(kind) else FITTING[seam]


SERVICES = {"events": "event", "logs": "log", "monitoring": "cloudwatch"}  # as the names of types have them
APPLY = ["apply", "--simulate", "--auto-approve"]
DESTROY = ["destroy", "--simulate", "--auto-approve"]
LOCK = ["--allow-irreversible", "vaults.final/lock"]
STATE_BUCKET = "torture-state"
SAME_DISK, OTHER_DISK = "same disk", "other disk"
SERIAL = ["--parallelism", "1"]


def edited(text, *edits):
    for old, new in edits:
        if old not in text:
            raise ValueError(f"the example has changed: {old}")
        text = text.replace(old, new)
    return text


def example(name):
    with open(os.path.join(EXAMPLES, name), encoding="utf-8") as file:
        return file.read()


class Operation:
    """A command on what `before` left, with each of `texts` in turn. A case begins as a copy of what prepare() made."""

    def __init__(self, name, before, texts, args, setup=None, then=None, flags=(), shared=None, make=None, again=(0,)):
        self.name, self.before, self.texts, self.args, self.setup = name, before, texts, args, setup
        self.make = make      # what args work on, of what stands
        self.again = again    # how a run ends that finds all done
        self.flags = flags    # of the applies before
        self.shared = shared  # the state lies in S3, and the rerun is on SAME_DISK or OTHER_DISK
        self.then = then  # what makes use of the result, never with a fault
        self.folder = self.reference = None

    def prepare(self, servers, folder):
        os.makedirs(folder)
        shutil.copytree(os.path.join(EXAMPLES, "inspect"), os.path.join(folder, "inspect"))
        self.folder = folder
        if self.setup:
            write(folder, self.texts[0])
            must(servers, folder, ["plan", "--simulate"])  # makes the world
            self.texts = [self.setup(folder, text) for text in self.texts]
        for text in self.before:
            write(folder, text)
            must(servers, folder, APPLY + list(self.flags))
        if self.make:
            self.make(servers, folder)
        self.reference = Reference(self, servers)

    def rerun(self, servers, folder):
        """A plain one: it does what is left, or finds that nothing is."""
        status = servers.run(folder, self.args)
        if status not in (0, *self.again):
            raise RuntimeError(f"a plain rerun ended with {status} in {folder}\n{faulty.read(folder, 'err')}")
        if self.then:
            must(servers, folder, self.then)

    def text(self, run):
        return self.texts[min(run, len(self.texts) - 1)]


def must(servers, folder, args, **options):
    status = servers.run(folder, args, **options)
    if status != 0:
        raise RuntimeError(f"{' '.join(args)} ended with {status} in {folder}\n{faulty.read(folder, 'err')}")


def world(servers, folder):
    """Every object but those of a shared state, and the days on which locks close."""
    path = os.path.relpath(faulty.database(folder, ".world.db"), folder)
    must(servers, folder, ["simulator", "dump", "--world", path, "--stable"])  # no topology is read for it
    dates = sorted(int(found) // 86400000 for body in faulty.objects(folder).values()
                   for found in re.findall(r'"LockDate":([0-9]+)', body))
    objects = json.loads(faulty.read(folder, "out"))["objects"]
    return [row for row in objects if STATE_BUCKET not in str(row)], dates


def created(operation, folder):
    return {key: number for key, number in faulty.created(folder).items()
            if not (operation.shared and key[2].startswith("s3:"))}


class Reference:
    """What the clean run counts and leaves behind."""

    def __init__(self, operation, servers):
        prior = faulty.objects(operation.folder) if operation.before or operation.setup else {}
        with faulty.scratch() as scratch:
            folder = os.path.join(scratch, "clean")
            shutil.copytree(operation.folder, folder)
            for text in operation.texts:
                write(folder, text)
                must(servers, folder, operation.args, report="report")
            self.counts = faulty.read_report(folder)  # of the last
            operation.rerun(servers, folder)  # of what is done: it does nothing
            self.world, self.created = world(servers, folder), created(operation, folder)
            self.rows, self.journaled = faulty.rows(folder), faulty.journaled(folder)
            after = faulty.objects(folder)
            self.untouched = {key: body for key, body in prior.items()
                              if after.get(key) == body and STATE_BUCKET not in key[3]}


class Torture:
    def __init__(self, servers, scratch):
        self.servers, self.scratch = servers, scratch
        self.operations = {}
        self.missed = []  # faults that did not happen
        self.ends, self.spared = {}, 0  # what a good rerun has left, by what it found

    def add(self, topology, operation):
        path = f"{topology}/{operation.name}"
        operation.prepare(self.servers, os.path.join(self.scratch, path))
        self.operations[path] = operation

    # ---- one case ----

    def case(self, path, faults, keep=False):
        """None, or what is wrong. `faults`: those of one run after the other, separated by semicolons."""
        operation = self.operations[path]
        with faulty.scratch(keep) as scratch:
            folder = os.path.join(scratch, "case")
            shutil.copytree(operation.folder, folder)
            if keep:
                print(f"in {folder}", flush=True)
            try:
                for run, one in enumerate(faults.split(";")):
                    write(folder, operation.text(run))
                    if operation.shared and run > 0:
                        self.break_lock(folder)
                    wrong = self.suffer(operation, folder, one)
                    faulty.drop_unborn_world(folder)
                    if wrong:
                        return wrong
                return self.recover(operation, folder)
            except Exception:  # pylint: disable=broad-exception-caught
                return traceback.format_exc()  # a case that cannot be judged has failed, and the others go on

    def suffer(self, operation, folder, fault):
        kind, _, point = fault.partition("@")
        seam = next(seam for seam, kinds in KINDS.items() if kind in kinds)
        status = self.servers.run(folder, operation.args, faults=fault, seed=hash_of(fault), report="report")
        if os.environ.get("HOLDFAST_TORTURE_SHOW"):
            print(f"{fault}: {status}\n{faulty.read(folder, 'out')}{faulty.read(folder, 'err')}")
        said = faulty.read(folder, "err")
        if status < 0:
            fits = status in fitting(kind, seam) and ("out of memory" in said) == (seam == "memory")
            return self.without_intent(operation, folder, said) if fits else f"{fault} ended with {status}\n{said}"
        report = faulty.read_report(folder)
        if report["fired"] == 0:  # chance (ids, jitter) made this run a little shorter
            self.missed.append(f"{operation.name}/{fault}")
            return None if status in (0, *operation.again) else f"{fault} did not happen, and the status is {status}"
        if status not in fitting(kind, seam) and not (operation.shared and status == 4):
            return f"{fault} ended with {status}\n{said}"
        if report["sent_after_disk_failed"] and status == 4:
            return f"{fault}: {report['sent_after_disk_failed']} calls after the disk had failed"
        if seam != "state" or status != 4:
            return None
        return self.unrecorded(folder, fault, said, report["sync_failed"])

    def without_intent(self, operation, folder, said):
        """What flew when the process died stands in the journal; where the state is shared, another machine reads it."""
        flew = re.search(r"^killed (?:after-send|after-reply|before-reply) of (\S+)", said, re.M)
        if not flew or flew[1] == "state" or not faulty.changes(folder, flew[1]):
            return None
        with faulty.scratch() as scratch:
            if operation.shared:
                shutil.copytree(folder, os.path.join(scratch, "other"))
                folder = os.path.join(scratch, "other")
                faulty.lose_state(folder)
                must(self.servers, folder, ["state", "journal", "--simulate"])
            service = flew[1].split(":")[0]
            its = SERVICES.get(service, service)
            types = faulty.open_types(folder)
            return None if any(one.startswith(f"aws_{its}_") for one in types) else f"{flew[1]} flew without an intent\n{types}\n{said}"

    def unrecorded(self, folder, fault, said, sync_failed):
        """What was sent and not recorded stands on standard error and in a file beside the state, or elsewhere."""
        lines = [line for line in said.splitlines() if line.startswith("{")]
        named = re.search(r"is not in the state; it stands in (.*)", said)
        if bool(lines) != bool(named):
            return f"{fault}: lines of what was not recorded, but no file, or the other way round\n{said}"
        if lines and faulty.read(folder, named[1]).splitlines() != lines:
            return f"{fault}: the file is not what was printed"
        lines = [json.loads(line) for line in lines]
        ours = {(line["seq"], line["address"], line["action"]) for line in lines}
        known = {one for one, line in zip(sorted(ours), sorted(lines, key=lambda line: line["seq"]))
                 if line["outcome"] != "unknown"}
        is_open = set(faulty.open_intents(folder))
        if is_open == ours:
            return None
        # What could not be synced may be there all the same: those that were done are closed, the next ones open.
        if sync_failed and not known & is_open and ours - known <= is_open:
            return None
        return f"{fault}: {ours} was not recorded, but {is_open} is open"

    def recover(self, operation, folder):
        """One plain rerun, from whatever remains. What another fault has left as well is not tried twice."""
        if operation.shared:
            self.break_lock(folder)
            if operation.shared == OTHER_DISK:
                faulty.lose_state(folder)
        write(folder, operation.texts[-1])
        faulty.count_from(folder, 100)  # more than any case has run
        found = operation, faulty.remains(folder)
        known = self.ends.get(found)
        self.spared += known is not None
        if known and self.spared % TWICE:
            return None
        wrong = self.got_there(operation, folder)
        if wrong:
            return wrong
        end = faulty.remains(folder)
        notes_the_time = operation.args[0] == "state" or operation.shared  # when people did something; since when it is locked
        alike = self.ends.setdefault(found, end) == end or notes_the_time
        return None if alike else "a rerun ended otherwise than one that began alike"

    def got_there(self, operation, folder):
        clean = operation.reference
        before = self.writes(operation, folder)
        operation.rerun(self.servers, folder)
        idle = self.writes(operation, folder) == before and not operation.then
        if faulty.unrecorded(folder):
            return "what was not recorded is still there after it has been settled"
        ours = world(self.servers, folder)
        if ours != clean.world:
            return difference(ours, clean.world)
        made = created(operation, folder)
        once = len(operation.texts) == 1
        if made != clean.created if once else any(n > clean.created.get(k, 0) for k, n in made.items()):
            odd = {k: (made.get(k), clean.created.get(k)) for k in set(made) | set(clean.created)
                   if made.get(k) != clean.created.get(k)}
            return f"made otherwise than once: {odd}"
        if faulty.open_intents(folder):
            return f"open intents: {faulty.open_intents(folder)}"
        if faulty.rows(folder) != clean.rows:
            return f"the rows differ: {set(faulty.rows(folder)) ^ set(clean.rows)}"
        if not faulty.journaled(folder) <= clean.journaled:
            return f"touched: {faulty.journaled(folder) - clean.journaled}"
        now = faulty.objects(folder)
        changed = [key for key, body in clean.untouched.items() if now.get(key) != body]
        if changed:
            return f"changed, though the clean run left them alone: {changed}"
        return None if idle else self.nothing_left(operation, folder)

    @staticmethod
    def writes(operation, folder):
        return faulty.writes(folder, but="s3" if operation.shared else "")

    def break_lock(self, folder):
        """The lock of whoever died; one that was given back is none."""
        if not faulty.stands(folder, "s3.object", f"{STATE_BUCKET}/state.lock"):
            return
        if self.servers.run(folder, ["lock", "show", "--simulate", "--json"]) != 0:
            return  # the run died before there was a whole world to lock anything in
        lock = json.loads(faulty.read(folder, "out"))["lock"]
        if lock:
            must(self.servers, folder, ["lock", "break", lock["id"], "--simulate"])

    def nothing_left(self, operation, folder):
        """Another plan is empty; a destroy has none, but does nothing more. What a rerun that sent nothing has shown."""
        if operation.args[0] != "destroy":
            status = self.servers.run(folder, ["plan", "--simulate", "--detailed-exitcode"])
            return None if status == 0 else f"the plan after ended with {status}\n{faulty.read(folder, 'out')}"
        before = self.writes(operation, folder)
        must(self.servers, folder, operation.args)
        return None if self.writes(operation, folder) == before else "destroyed twice"

    # ---- the injectors themselves ----

    def injects(self, path, kind):
        """None, or why a kind of fault from the first point on is not seen from outside."""
        seam = next(seam for seam, kinds in KINDS.items() if kind in kinds)
        operation, lasts = self.operations[path], "+" if seam in FORMS and not kills(kind) else ""
        with faulty.scratch() as scratch:
            folder = os.path.join(scratch, "case")
            shutil.copytree(operation.folder, folder)
            write(folder, operation.texts[0])
            status = self.servers.run(folder, operation.args, faults=f"{kind}@1{lasts}", report="report")
            made = faulty.database(folder, ".world.db")
            calls = faulty.query(made, "SELECT count(*) FROM call")[0][0] if made and seam == "http" else 0
        if status not in set(fitting(kind, seam)) - {0}:
            return f"the command ends with {status}"
        ran = kind in ("http:lost", "http:cut", "http:kill-reply")
        return f"{calls} calls ran" if (calls > 0) != ran else None

    def prove_injectors(self):
        path = next((path for path in self.operations if path.endswith("/create")), None)
        passed = self.operations[path].reference.counts if path else {}  # a build may have no fault points
        kinds = [kind for seam, kinds in KINDS.items() if passed.get(seam) for kind in kinds]
        return [(kind, wrong) for kind in kinds if (wrong := self.injects(path, kind))]

    # ---- many ----

    def points(self, path, kind, seam, chance):
        """The cases of a kind, all or a sample: (all there are, those to take)."""
        count = self.operations[path].reference.counts[seam]
        once = kills(kind) or seam == "http" and kind not in LASTING
        lasts = ("",) if once else FORMS.get(seam, ("",))
        forms = [f"{kind}@{k}{how_long}" for how_long in lasts for k in range(1, count + 1)]
        if SOAK or seam in WHOLE or (seam == "kill" and SERIAL[0] in self.operations[path].args):
            return len(forms), forms
        size = max(1, int(SAMPLE * SHARE.get(kind, SHARE[seam])))
        return len(forms), chance.sample(forms, min(len(forms), size))

    def pairs(self, path, chance):
        """Two runs killed one after the other: also what the second does about the first."""
        count = self.operations[path].reference.counts["kill"]
        number = count * count
        some = chance.sample(range(number), min(number, 60 * SAMPLE if SOAK else SAMPLE))
        return number, [f"kill@{k // count + 1};kill@{k % count + 1}" for k in some]

    def cases(self, path, seam, chance):
        if seam == "two kills":
            return self.pairs(path, chance)
        if len(self.operations[path].texts) > 1:
            return 0, []
        points = [self.points(path, kind, seam, chance) for kind in KINDS[seam]]
        return sum(there for there, _ in points), [case for _, some in points for case in some]

    def run(self):
        chance = random.Random(SEED)
        begun, tried, failed = time.monotonic(), 0, []

        def note(case, wrong):
            failed.append((case, wrong))
            if len(failed) < 20:
                print(f"{case}: {wrong[:3000]}\n", file=sys.stderr, flush=True)

        for kind, wrong in self.prove_injectors():
            note(kind, wrong)
        with ThreadPoolExecutor(max_workers=2) as pool:
            for path in self.operations:
                line = []
                for seam in (*KINDS, "two kills"):
                    there, cases = self.cases(path, seam, chance)
                    cases = cases[(PART - 1 + hash_of(path)) % PARTS::PARTS]
                    if not cases:
                        continue
                    wrongs = pool.map(lambda case, path=path: self.case(path, case), cases)
                    for case, wrong in zip(cases, wrongs):
                        if wrong:
                            note(f"{path}/{case}", wrong)
                    tried += len(cases)
                    line.append(f"{seam} {len(cases)} of {there}")
                print(f"{path}: {', '.join(line) or 'nothing'}", flush=True)
        if len(self.missed) > 3 + tried // 50:
            note(f"{len(self.missed)} faults", f"never happened, as {self.missed[:10]}")
        print(f"seed {SEED}; part {PART} of {PARTS}; {time.monotonic() - begun:.0f} s", flush=True)
        print(f"{tried - len(failed)} passed, {len(failed)} failed, {len(self.missed)} did not happen; "
              f"{self.spared} left what another had left")
        return not failed


def hash_of(text):
    return sum(ord(c) * 31 ** i for i, c in enumerate(text)) % (1 << 32)


def difference(ours, clean):
    here, there = (set(json.dumps(objects, indent=1).splitlines()) for objects, _ in (ours, clean))
    lines = [f"+{line}" for line in here - there] + [f"-{line}" for line in there - here]
    return f"the world differs (locks close on days {ours[1]}, not {clean[1]}):\n" + "\n".join(sorted(lines)[:40])


@contextlib.contextmanager
def served(folder):
    """A function (service, account, region) -> client of boto3, for the folder's world."""
    name = re.search("^name: (.*)$", faulty.read(folder, "topology.yaml"), re.M).group(1)
    with subprocess.Popen([faulty.FAULTY, "simulator", "serve", "--world", f".holdfast/{name}.world.db"], cwd=folder,
                          text=True, stdout=subprocess.PIPE) as server:
        url = server.stdout.readline().split()[-1]
        yield lambda service, account, region: boto3.client(
            service, region_name=region, endpoint_url=url, aws_access_key_id=account, aws_secret_access_key="simulated")
        server.terminate()


def imports(text, ids):
    return text + "imports:\n" + "".join(f"  - {{address: {a}, id: {i}}}\n" for a, i in ids.items())


def made_by_hand(folder, text):
    """Keys and vaults as somebody made them, without tags of ours."""
    ids = {}
    with served(folder) as client:
        for name, account, alias in (("intermediate", "111122223333", "alias/backup-intermediate"),
                                     ("final", "444455556666", "alias/backup-final")):
            kms, backup = client("kms", account, "us-east-2"), client("backup", account, "us-east-2")
            key = kms.create_key()["KeyMetadata"]
            kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
            vault = f"rds-immutable-backup-{name}"
            backup.create_backup_vault(BackupVaultName=vault, EncryptionKeyArn=key["Arn"])
            ids |= {f"keys.{name}": key["KeyId"], f"keys.{name}/alias": alias, f"vaults.{name}": vault}
    return imports(text, ids)


def vault_by_hand(folder, text):
    with served(folder) as client:
        kms, backup = (client(service, "111122223333", "us-east-1") for service in ("kms", "backup"))
        key = kms.create_key()["KeyMetadata"]
        backup.create_backup_vault(BackupVaultName="source-vault-account-a-region-a", EncryptionKeyArn=key["Arn"])
    return imports(text, {"keys.source": key["KeyId"], "vaults.source": "source-vault-account-a-region-a"})


def immutable():
    first = example("rds-immutable-backup.yaml")
    tagged = edited(first, ("\naccounts:", "\ndefault_tags: {team: storage}\n\naccounts:"))
    second = edited(first, ("changeable_for_days: 14", "changeable_for_days: 40"),
                    ("lifecycle: {delete_after_days: 30}", "lifecycle: {delete_after_days: 31}"),
                    ("lifecycle: {delete_after_days: 7}\n        copy", "lifecycle: {delete_after_days: 8}\n        copy"),
                    ("accept_copies_from: [workload]", "accept_copies_from: [workload, backup]"))
    third = edited(second, ("arn:aws:rds:*:*:db:*", "arn:aws:rds:*:*:db:o*"))
    other = edited(first, ("arn:aws:rds:*:*:db:*", "arn:aws:rds:*:*:db:o*"),
                   ("alias/backup-intermediate", "alias/backup-between"),
                   ("  to_final:", "  to_final:\n    name: onward"),
                   ("    account: workload\n    region: primary\n    rules:",
                    "    account: workload\n    region: primary\n    name: nightly\n    rules:"))
    return [Operation("create, one operation at a time", [], [first], APPLY + LOCK + SERIAL),
            Operation("create", [], [first], APPLY + LOCK),
            Operation("update", [tagged], [second], APPLY + LOCK, flags=LOCK),
            Operation("replace", [first], [other], APPLY + LOCK, flags=LOCK),
            Operation("two updates", [tagged], [second, third], APPLY + LOCK, flags=LOCK),
            Operation("import", [], [first], APPLY + LOCK, made_by_hand),
            Operation("plan", [tagged], [second], ["plan", "--simulate", "--out", "saved"],
                      then=["apply", "saved", *APPLY[1:], *LOCK], flags=LOCK),
            Operation("destroy", [first], [first], DESTROY, flags=LOCK),
            *state_commands(first)]


def default_key():
    first = example("rds-default-key.yaml")
    second = edited(first, ("delete_after_days: 35", "delete_after_days: 36"),
                    ("accept_copies_from: [organization]", "accept_copies_from: [organization, production]"),
                    ("\naccounts:", "\ndefault_tags: {team: storage}\n\naccounts:"))
    other = edited(first, ("name: backup-plan-rds", "name: backup-plan-databases"),
                   ("alias/cmk-source-vault", "alias/cmk-first-vault"),
                   ("  copy_to_vault:", "  copy_to_vault:\n    name: onward"))
    return [Operation("create", [], [first], APPLY),
            Operation("update", [first], [second], APPLY),
            Operation("replace", [first], [other], APPLY),
            Operation("import", [], [first], APPLY, vault_by_hand),
            Operation("destroy", [first], [first], DESTROY)]


def pulled(servers, folder):
    """A document to push: what is recorded, with an entry less, and newer."""
    must(servers, folder, ["state", "pull", "--simulate"])
    document = json.loads(faulty.read(folder, "out"))
    document["resources"] = [r for r in document["resources"] if r["address"] != "vaults.final/policy"]
    document["serial"] += 1
    with open(os.path.join(folder, "pushed.json"), "w", encoding="utf-8") as file:
        json.dump(document, file)


def state_commands(first, shared=None):
    """What changes the state alone, by hand; then an apply, which finds what was forgotten."""
    name = "{}, another machine" if shared else "{}"
    second = edited(first, ("lifecycle: {delete_after_days: 30}", "lifecycle: {delete_after_days: 31}"))
    renamed = edited(first, ("  to_final:", "  onward:"))
    apply, options = APPLY + LOCK, {"flags": LOCK, "shared": shared}
    return [Operation(name.format("state rm"), [first], [first], ["state", "rm", "vaults.final/policy", "--simulate"], then=apply,
                      again=(64,), **options),
            Operation(name.format("state mv"), [first], [renamed],
                      ["state", "mv", "relays.to_final", "relays.onward", "--simulate"], then=apply, again=(64,), **options),
            Operation(name.format("state undo"), [first, second], [second], ["state", "undo", "--to", "run:1", "--simulate"],
                      then=apply, **options),
            Operation(name.format("state push"), [first], [first], ["state", "push", "pushed.json", "--simulate"], then=apply,
                      make=pulled, again=(7,), **options)]


def shared_state():
    """The same with a state in S3: whoever comes next may be another machine."""
    first = example("rds-immutable-backup.yaml")
    first += f"\nstate:\n  s3: {{bucket: {STATE_BUCKET}, key: state, region: us-east-1, account: backup}}\n"
    second = edited(first, ("lifecycle: {delete_after_days: 30}", "lifecycle: {delete_after_days: 31}"),
                    ("arn:aws:rds:*:*:db:*", "arn:aws:rds:*:*:db:o*"),
                    ("alias/backup-intermediate", "alias/backup-between"))
    return [Operation("create", [], [first], APPLY + LOCK, shared=SAME_DISK),
            Operation("create, another machine", [], [first], APPLY + LOCK, shared=OTHER_DISK),
            Operation("replace, another machine", [first], [second], APPLY + LOCK, flags=LOCK, shared=OTHER_DISK),
            Operation("destroy, another machine", [first], [first], DESTROY, flags=LOCK, shared=OTHER_DISK),
            *state_commands(first, OTHER_DISK)]


def whole_life(name, *flags):
    """What no walkthrough has: the other types of resources, made and deleted."""
    text = example(name)
    return [Operation("create", [], [text], APPLY + list(flags)),
            Operation("destroy", [text], [text], DESTROY, flags=flags)]


def warm(server):
    with faulty.scratch() as folder:
        shutil.copytree(os.path.join(EXAMPLES, "inspect"), os.path.join(folder, "inspect"))
        write(folder, example("rds-immutable-backup.yaml"))
        server.warm(folder, APPLY + LOCK, ["plan", "--simulate"], ["simulator", "dump", "--simulate", "--stable"])


def main():
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    with faulty.scratch() as scratch:
        servers = faulty.Servers(faulty.make_data_dir(os.path.join(scratch, "data")), warm)
        torture = Torture(servers, os.path.join(scratch, "operations"))
        for topology, operations in (("immutable", immutable()), ("default-key", default_key()),
                                     ("shared", shared_state()),
                                     ("watched-backups", whole_life("watched-backups.yaml")),
                                     ("more-backup", whole_life("more-backup.yaml", "--allow-irreversible",
                                                                "resources.gap"))):
            for operation in operations:
                path = f"{topology}/{operation.name}"
                if path.startswith(wanted) or wanted.startswith(f"{path}/"):
                    torture.add(topology, operation)
        if "@" in wanted:
            path, faults = next((path, wanted[len(path) + 1:]) for path in torture.operations)
            wrong = torture.case(path, faults, keep=True)
            print(wrong or "good")
            good = not wrong
        else:
            good = torture.run()
        servers.close()
    sys.exit(0 if good else 1)


main()
