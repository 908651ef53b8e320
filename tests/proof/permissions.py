"""`holdfast permissions` against the simulator, which judges every call by an action table of its own: what is printed for a
command is enough for it, and nothing of it can be left out.

    SEED=7 COUNT=40 permissions.py [TOPOLOGY...]     few worlds, a sample of the removals, the same each time
    HOLDFAST_SOAK=1 permissions.py                   all worlds; every statement and every action of every policy removed once

A world's deployer roles lose their rights and get exactly what is printed. Then the commands run, each under its own
policies, from prepared worlds: nothing there, everything there, everything different or changed by hand, copies to be made,
objects that leave the file, a state that was lost or cut off.

Enough: the commands do what they should, and no right that was asked for is missing.
Not too much: whatever a statement allows was asked for in one of the worlds, or stands in the table of what they do not get
to, with its reason; and when one statement, or one action of it, is taken out, a command fails. Where no other statement allows
what was asked for, whatever its conditions, that needs no trying: the world refuses what nothing allows. The sample is taken of
the rest.
Under the policies of `plan` nothing changes, whatever is run.
"""

import collections
import concurrent.futures
import contextlib
import copy
import fnmatch
import functools
import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

import yaml

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from state_files import connect  # noqa: E402

HOLDFAST = os.environ["HOLDFAST"]
EXAMPLES = os.environ["EXAMPLES"]
SOAK = bool(os.environ.get("HOLDFAST_SOAK"))
SEED = int(os.environ.get("SEED", random.SystemRandom().randrange(10**6) if SOAK else 1))
COUNT = int(os.environ.get("COUNT", "0" if SOAK else "4"))  # 0: all
TOPOLOGIES = ["rds-immutable-backup", "rds-default-key", "restore", "fleet"]
DATABASE = "arn:aws:rds:us-east-1:111122223333:db:orders"  # of every world that has ways back
# What these worlds do not get to ask for; each with the reason. A pattern of actions for a pattern of commands.
OTHER_TYPES = "what else AWS Backup may have put into the vault: these worlds back up databases"
HISTORY = "the last vault is asked where the history of jobs does not reach back to"
LETTERS = "`relay replay` and `relay handle`: no letter and no event waits here"
INDEX = "recovery reads the keys themselves: the index of tags lags behind"
LEADS = "what somebody else may have put there: nobody did"
PRINTED = "the calls that `restore plan` prints, for somebody to make: e2e/restore makes them"
VALUES = "only where the file gives another value than these do"
UNASKED = [
    ("*", "fsx:ListTagsForResource", OTHER_TYPES),
    ("*", "ec2:DescribeTags", OTHER_TYPES),
    ("*", "backup:ListTags", OTHER_TYPES),
    ("*", "backup:ListRecoveryPointsByBackupVault", HISTORY),
    ("relay", "sqs:*", LETTERS),
    ("relay", "backup:DescribeRecoveryPoint", LETTERS),
    ("drift", "tag:GetResources", INDEX),
    ("destroy", "tag:GetResources", INDEX),
    ("check", "tag:GetResources", INDEX),
    ("check", "iam:GetPolicy*", LEADS),
    ("check", "iam:ListPolicies", LEADS),
    ("check", "lambda:GetPolicy", LEADS),
    ("check", "sns:*", LEADS),
    ("check", "sqs:*", LEADS),
    ("check", "organizations:DescribePolicy", LEADS),
    ("restore", "backup:Start*Job", PRINTED),
    ("restore", "backup:Describe*Job", PRINTED),
    ("restore", "iam:PassRole", PRINTED),
    ("apply", "kms:DisableKey", VALUES),
    ("apply", "kms:DisableKeyRotation", VALUES),
    ("apply", "lambda:*FunctionConcurrency", VALUES),
    ("apply", "logs:DeleteRetentionPolicy", VALUES),
]


# Of a quick run, whose worlds only make things: another statement gives these as well for what is new.
ONLY_IN_ALL_WORLDS = [("apply", "ChangeOwn*", "*:TagResource", "the tags of what is there change")]


def is_for_all_worlds(command, sid, action):
    return not SOAK and any(fnmatch.fnmatchcase(command, c) and fnmatch.fnmatchcase(sid, s) and fnmatch.fnmatchcase(action, a)
                            for c, s, a, _ in ONLY_IN_ALL_WORLDS)


def is_excused(command, action):
    return any(fnmatch.fnmatchcase(command, c) and fnmatch.fnmatchcase(action, a) for c, a, _ in UNASKED)

failures = []


def check(condition, message):
    if not condition:
        print(f"FAILED: {message}", file=sys.stderr)
        failures.append(message)
    return condition


# ---- a place: a folder with a topology, its state and its world ----


class Place:
    def __init__(self, folder, name):
        self.folder, self.name = folder, name

    @property
    def world(self):
        return os.path.join(self.folder, ".holdfast", f"{self.name}.world.db")

    def write(self, document):
        with open(os.path.join(self.folder, "topology.yaml"), "w", encoding="utf-8") as file:
            yaml.safe_dump(document, file, sort_keys=False)

    def run(self, *args):
        return subprocess.run([HOLDFAST, *args], cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=600, check=False, env={**os.environ, "AWS_EC2_METADATA_DISABLED": "true"})

    def good(self, *args):
        done = self.run(*args)
        if done.returncode:
            raise AssertionError(f"{' '.join(args)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    @contextlib.contextmanager
    def database(self):
        db = sqlite3.connect(self.world)
        with db:
            yield db
        db.close()

    def settings(self, **settings):
        with self.database() as db:
            for name, value in settings.items():
                db.execute("INSERT OR REPLACE INTO meta VALUES(?, ?)", (f"setting.{name}", str(value)))

    def deployers(self, change):
        """Changes every role that the topology's accounts are deployed with: change(account, role ARN, role)."""
        with self.database() as db:
            rows = db.execute("SELECT account, id, json FROM object WHERE kind = 'iam.role'").fetchall()
            for account, name, text in rows:
                role = json.loads(text)
                if role["RoleName"] != "holdfast-deployer":
                    continue
                change(account, role["Arn"], role)
                db.execute("UPDATE object SET json = ? WHERE kind = 'iam.role' AND account = ? AND id = ?",
                           (json.dumps(role), account, name))

    def limit(self, grants):
        """Deployers hold these policies and nothing else; and the ledger begins anew."""
        def change(_, arn, role):
            role.pop("Admin", None)
            role["Attached"] = []
            texts = [json.dumps(p["document"]) for g in grants if g["principal"] == arn for p in g["policies"]]
            role["Inline"] = {f"policy-{i}": text for i, text in enumerate(texts)}
        self.deployers(change)
        with self.database() as db:
            db.execute("DELETE FROM judged")
            db.execute("DELETE FROM call")

    def judged(self):
        """{(account, action, resource, allowed)}: what was asked of the deployers."""
        with self.database() as db:
            return set(db.execute("SELECT account, action, resource, allowed FROM judged JOIN call ON call = seq"))

    def edit(self, kind, change):
        """Every object of that kind that is the topology's, as somebody changed it by hand: change(body)."""
        with self.database() as db:
            rows = db.execute("SELECT account, region, id, json FROM object WHERE kind = ?", (kind,)).fetchall()
            for *key, text in rows:
                body = json.loads(text)
                if "holdfast:topology" in body.get("Tags", {}):
                    change(body)
                    db.execute("UPDATE object SET json = ? WHERE kind = ? AND account = ? AND region = ? AND id = ?",
                               (json.dumps(body), kind, *key))

    @property
    def state(self):
        return os.path.join(self.folder, ".holdfast", f"{self.name}.simulated.db")

    def cut_off(self):
        """The state as it was when everything had been made and nothing been told."""
        db = connect(self.state)
        with db:
            db.execute("UPDATE journal SET phase = 'open', detail = NULL, ended_ms = NULL")
            db.execute("DELETE FROM resource")
        db.close()

    def grants(self, command):
        grants = json.loads(self.good("permissions", "--for", command, "--json"))["grants"]
        return [g for g in grants if g.get("principal")]

    def to(self, folder):
        shutil.copytree(self.folder, folder)
        return Place(folder, self.name)


# ---- the worlds and what runs in them ----


def different(document):
    """The same objects otherwise: to go back changes, replaces and deletes."""
    other = copy.deepcopy(document)
    other["default_tags"] = {"stage": "other"}
    for key in other.get("keys", {}).values():
        key.update(description="other", key_rotation_enabled=False)
        key.pop("administrators", None)
    for vault in other.get("vaults", {}).values():
        vault.pop("lock", None)
        if "accept_copies_from" in vault:
            vault["accept_copies_from"] = [next(iter(other["accounts"]))]
    for plan in other.get("plans", {}).values():
        for rule in plan["rules"].values():
            rule["lifecycle"] = {"delete_after_days": 9}
        plan["selections"] = {f"{name}-other": s for name, s in plan["selections"].items()}
    for relay in other.get("relays", {}).values():
        relay.update(lifecycle={"delete_after_days": 31}, log_retention_in_days=3, budget=7)
    return other


def by_hand(place):
    """Changes that the topology knows nothing of."""
    def tagged(body):
        body["Tags"]["stray"] = "x"
        body["Tags"].pop("holdfast:address", None)

    def trust(body):
        tagged(body)
        body["MaxSessionDuration"] = 7200
        document = json.loads(body["AssumeRolePolicyDocument"])
        document["Statement"][0]["Sid"] = "Stray"
        body["AssumeRolePolicyDocument"] = json.dumps(document)
        body["Inline"]["stray"] = next(iter(body["Inline"].values()), body["AssumeRolePolicyDocument"])
        body["Attached"] = [*body["Attached"], "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForRestores"]

    def key(body):
        tagged(body)
        document = json.loads(body["Policy"])
        document["Statement"].pop()
        body.update(KeyState="Disabled", Description="stray", RotationDays=90, Policy=json.dumps(document))

    def queue(body):
        tagged(body)
        body["Attributes"]["MessageRetentionPeriod"] = "60"

    def rule(body):
        tagged(body)
        body["Description"] = "stray"
        for target in list(body["Targets"].values()):
            body["Targets"]["stray"] = {**target, "Id": "stray"}

    def function(body):
        tagged(body)
        body.update(Timeout=3, CodeSha256="stray")

    def group(body):
        tagged(body)
        body["RetentionDays"] = 1

    for kind, change in (("iam.role", trust), ("kms.key", key), ("sqs.queue", queue), ("events.rule", rule),
                         ("lambda.function", function), ("logs.group", group), ("backup.vault", tagged), ("backup.plan", tagged)):
        place.edit(kind, change)
    twin_keys(place)


def twin_keys(place, change=lambda body: None):
    """Each key has a twin, to which its alias points; change(body) makes it differ."""
    with place.database() as db:
        keys = db.execute("SELECT account, region, id, json FROM object WHERE kind = 'kms.key'").fetchall()
        for account, region, old, text in keys:
            new = f"{old[:-4]}dead"
            if json.loads(text)["KeyManager"] == "AWS":
                continue
            twin = json.loads(text.replace(old, new))
            change(twin)
            db.execute("INSERT INTO object VALUES('kms.key', ?, ?, ?, 0, ?)", (account, region, new, json.dumps(twin)))
            db.execute("UPDATE object SET json = replace(json, ?, ?) WHERE kind = 'kms.alias' AND account = ? AND region = ?",
                       (old, new, account, region))
            db.execute("UPDATE object SET id = replace(id, ?, ?) WHERE kind = '~kms.alias_of' AND account = ? AND region = ?",
                       (old, new, account, region))


def less(document):
    """What remains when the plans and the relays leave the file, and aliases get other names."""
    other = {k: copy.deepcopy(v) for k, v in document.items() if k not in ("plans", "relays", "outputs")}
    for name, key in other.get("keys", {}).items():
        key["alias"] = f"alias/other-{name}"
    for vault in other.get("vaults", {}).values():
        vault.pop("accept_copies_from", None)
    return other


def permanent(document):
    """The guards to be disarmed for an apply."""
    locks = [n for n, v in document.get("vaults", {}).items() if v.get("lock", {}).get("mode") == "compliance"]
    return [arg for name in locks for arg in ("--allow-irreversible", f"vaults.{name}/lock")]


def lasting(document):
    """The guards to be disarmed for a destroy."""
    locked = [n for n, v in document["vaults"].items() if v.get("lock", {}).get("mode") == "compliance"]
    return [arg for name in locked for arg in ("--allow-destroy", f"vaults.{name}/lock")]


class Step:
    """One command under the policies of `command`, from a prepared place. also: the topology as it was before, whose policies
    are needed as well."""

    def __init__(self, name, command, place, args, status=0, also=()):
        self.name, self.command, self.place, self.args, self.status, self.also = name, command, place, args, status, also
        self.asked = collections.defaultdict(set)  # (account, action) -> resources

    def run(self, grants, folder, also=None):
        """Whether the command does what it should under these policies; why not; what was asked."""
        place = self.place.to(folder)
        try:
            place.limit([*grants, *(self.also if also is None else also)])
            done = place.run(*self.args)
            asked = place.judged()
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        refused = sorted({f"{action} on {resource}" for _, action, resource, allowed in asked if not allowed})
        good = done.returncode == self.status and not refused
        return good, f"status {done.returncode}, refused: {refused}\n{done.stdout[-1500:]}{done.stderr[-2500:]}", asked


class Worlds:
    """The prepared places of one topology, each made when a command first needs it."""

    def __init__(self, name, folder):
        self.name, self.folder = name, folder
        with open(os.path.join(EXAMPLES, f"{name}.yaml"), encoding="utf-8") as file:
            self.document = yaml.safe_load(file)
        self.apply = ["apply", "--auto-approve", "--simulate", *permanent(self.document)]

    def of(self, place, name):
        return place.to(os.path.join(self.folder, name))

    @functools.cached_property
    def fresh(self):
        place = Place(os.path.join(self.folder, "fresh"), self.name)
        os.mkdir(place.folder)
        place.write(self.document)
        place.good("plan", "--simulate")
        with place.database() as db:  # accounts that have never used AWS Backup
            db.execute("DELETE FROM object WHERE kind = 'iam.role' AND id IN ('AWSServiceRoleForBackup', 'AWSBackupDefaultServiceRole')")
        return place

    @functools.cached_property
    def there(self):
        place = self.of(self.fresh, "there")
        place.good(*self.apply)
        return place

    @functools.cached_property
    def other(self):
        place = self.of(self.fresh, "other")
        place.write(different(self.document))
        place.good("apply", "--auto-approve", "--simulate")
        place.write(self.document)
        return place

    @functools.cached_property
    def changed(self):
        place = self.of(self.there, "changed")
        by_hand(place)
        return place

    @functools.cached_property
    def taken(self):
        """The aliases point to keys that are not the topology's."""
        place = self.of(self.there, "taken")
        twin_keys(place, lambda body: body.update(Tags={}))
        return place

    @functools.cached_property
    def gone(self):
        place = self.of(self.there, "gone")
        with place.database() as db:
            db.execute("DELETE FROM object WHERE kind = 'backup.vault'")
        return place

    @functools.cached_property
    def lost(self):
        place = self.of(self.there, "lost")
        os.remove(place.state)
        return place

    @functools.cached_property
    def cut(self):
        place = self.of(self.there, "cut")
        place.cut_off()
        return place

    @functools.cached_property
    def leaving(self):
        place = self.of(self.changed, "leaving")
        place.write(less(self.document))
        return place

    @functools.cached_property
    def waiting(self):
        """Copies lie in front of a relay that came too late to see them made."""
        place = self.of(self.fresh, "waiting")
        place.write({k: v for k, v in self.document.items() if k not in ("relays", "outputs")})
        place.good(*self.apply)
        place.good("simulator", "advance", "--days", "2", "--simulate")
        place.write(self.document)
        place.good(*self.apply, "--relay=false")
        return place

    @functools.cached_property
    def forgotten(self):
        """Copies were begun so long ago that no list has their jobs any more."""
        place = self.of(self.waiting, "forgotten")
        place.good("relay", "once", "--simulate")
        with place.database() as db:
            db.execute("UPDATE object SET json = json_set(json, '$.CreationDate', json_extract(json, '$.CreationDate') - ?) "
                       "WHERE kind = '~backup.copy'", (40 * 24 * 3600 * 1000,))
        return place

    @functools.cached_property
    def stored(self):
        """Backups have arrived in the last vaults."""
        place = self.of(self.there, "stored")
        place.good("simulator", "advance", "--days", "2", "--simulate")
        return place

    @functools.cached_property
    def stopped(self):
        """Every backup is there, and no copy."""
        place = self.of(self.stored, "stopped")
        with place.database() as db:
            db.execute("DELETE FROM object WHERE kind = 'backup.point' AND json LIKE '%SourceBackupVaultArn%'")
        return place

    def steps(self):
        """Those of a quick run, or all; of a topology with ways back the commands that go them."""
        verify = ["verify", "--simulate"]
        arrived = Step("verify what has arrived", "verify", self.stored, verify)
        stopped = [Step("verify what has no backup yet", "verify", self.there, verify),
                   Step("verify what was not copied", "verify", self.stopped, verify)]
        if "restores" in self.document:
            way_back = Step("restore plan", "restore", self.stored, ["restore", "plan", DATABASE, "--simulate"])
            return [arrived, way_back, *(stopped if SOAK else [])]
        plan = ["plan", "--simulate", "--detailed-exitcode"]
        drift = ["drift", "--simulate", "--detailed-exitcode"]
        relay = ["relay", "once", "--simulate"]
        destroy = ["destroy", "--auto-approve", "--simulate", *lasting(self.document)]
        quick = [
            Step("plan what is not there", "plan", self.fresh, plan, 2),
            Step("plan with aliases that were taken", "plan", self.taken, plan, 2),
            Step("drift", "drift", self.there, drift),
            Step("drift of aliases that were taken", "drift", self.taken, drift, 2),
            Step("check what is there", "check", self.there, ["check", "--live", "--simulate"]),
            Step("apply what is not there", "apply", self.fresh, self.apply),
            Step("apply what is there", "apply", self.there, self.apply),
            Step("apply with aliases that were taken", "apply", self.taken, self.apply),
            Step("relay once", "relay", self.waiting, relay),
            arrived,
            Step("destroy", "destroy", self.there, destroy),
            Step("destroy with aliases that were taken", "destroy", self.taken, destroy),
        ]
        if not SOAK:
            return quick
        settings = {"organization", "region_settings"} & self.document.keys()  # they stand there, and the apply switches them on
        return [
            *quick,
            Step("check what is not there", "check", self.fresh, ["check", "--live", "--simulate"], 7 if settings else 0),
            Step("check without the state", "check", self.lost, ["check", "--live", "--simulate"]),
            Step("check after a cut", "check", self.cut, ["check", "--live", "--simulate"]),
            Step("plan what is there", "plan", self.there, plan),
            Step("plan with copies waiting", "plan", self.waiting, plan),
            Step("relay once where jobs are forgotten", "relay", self.forgotten, relay),
            Step("plan without the state", "plan", self.lost, plan, 2),
            Step("plan after a cut", "plan", self.cut, plan[:2]),
            Step("drift of vaults that are gone", "drift", self.gone, drift, 2),
            Step("drift after a cut", "drift", self.cut, drift),
            Step("apply what is different", "apply", self.other, self.apply),
            Step("apply what was changed by hand", "apply", self.changed, self.apply),
            Step("apply with copies waiting", "apply", self.waiting, self.apply),
            Step("apply where jobs are forgotten", "apply", self.forgotten, self.apply),
            Step("apply without the state", "apply", self.lost, self.apply),
            Step("apply after a cut", "apply", self.cut, self.apply),
            Step("apply what has left the file", "apply", self.leaving, self.apply[:3], also=self.leaving.grants("apply")),
            *stopped,
            Step("destroy what is gone", "destroy", self.gone, destroy),
            Step("destroy what was changed by hand", "destroy", self.changed, destroy),
            Step("destroy after a cut", "destroy", self.cut, destroy),
            Step("destroy with copies waiting", "destroy", self.waiting, destroy),
        ]


# ---- what a policy allows ----


def as_list(v):
    return v if isinstance(v, list) else [v]


def matches(pattern, text):
    return fnmatch.fnmatchcase(text, re.sub(r"\[", "[[]", pattern))


def takes(statement, action, resource):
    return action in as_list(statement["Action"]) and any(matches(r, resource) for r in as_list(statement["Resource"]))


def statements(grants):
    """(grant, policy, statement) by their numbers."""
    for g, grant in enumerate(grants):
        for p, policy in enumerate(grant["policies"]):
            for s, statement in enumerate(policy["document"]["Statement"]):
                yield (g, p, s), grant["account_id"], statement


def without(grants, at, action=None):
    """The policies less one statement, or less one action of it."""
    g, p, s = at
    less = copy.deepcopy(grants)
    document = less[g]["policies"][p]["document"]
    rest = [a for a in as_list(document["Statement"][s]["Action"]) if action and a != action]
    if rest:
        document["Statement"][s]["Action"] = rest
    else:
        del document["Statement"][s]
    if not document["Statement"]:
        del less[g]["policies"][p]
    return less


def same_without(also, grants, at, action):
    """The policies of another file less what has the same name there."""
    account, sid = grants[at[0]]["account_id"], sid_of(grants, at)
    less = [copy.deepcopy(g) for g in also]
    for place, of, statement in reversed([*statements(less)]):
        if of == account and statement["Sid"] == sid and (not action or action in as_list(statement["Action"])):
            less = without(less, place, action)
    return less


def sid_of(grants, at):
    return grants[at[0]]["policies"][at[1]]["document"]["Statement"][at[2]]["Sid"]


# ---- the proof ----


def enough(steps, grants, pool, folder):
    runs = {pool.submit(step.run, grants[step.command], os.path.join(folder, f"run-{i}")): step for i, step in enumerate(steps)}
    for run in concurrent.futures.as_completed(runs):
        step = runs[run]
        good, why, asked = run.result()
        check(good, f"{step.name}: {why}")
        for account, action, resource, _ in asked:
            step.asked[account, action].add(resource)


def removals(steps, grants):
    """(command, at, action or None, the steps that ask for it), for every statement and every action."""
    for command, all_of in grants.items():
        of = [s for s in steps if s.command == command]
        for at, account, statement in statements(all_of):
            asking = []
            for action in as_list(statement["Action"]):
                by = [s for s in of if any(takes(statement, action, r) for r in s.asked[account, action])]
                check(by or not SOAK or is_excused(command, action), f"{command}: nobody asked {account} for {action} as {statement['Sid']} allows it")
                asking += [s for s in by if s not in asking]
                if by:
                    yield command, at, action, by
            if asking and len(as_list(statement["Action"])) > 1:
                yield command, at, None, asking


def alone(steps, grants):
    """{(command, at, action)}: what is the only statement to allow something that was asked for, whatever the conditions. The world
    refuses what nothing allows, so a command fails without it."""
    found = set()
    for command, all_of in grants.items():
        takers = collections.defaultdict(list)
        for at, account, statement in statements(all_of):
            for action in as_list(statement["Action"]):
                takers[account, action].append((at, statement))
        for step in (s for s in steps if s.command == command and not s.also):
            for (account, action), resources in step.asked.items():
                for resource in resources:
                    of = [at for at, statement in takers[account, action] if takes(statement, action, resource)]
                    if len(of) == 1:
                        found.add((command, of[0], action))
    return found


def needed(removal, grants, folder):
    """Whether some command fails without it."""
    command, at, action, by = removal
    less = without(grants[command], at, action)
    return any(not step.run(less, f"{folder}-{i}", same_without(step.also, grants[command], at, action))[0]
               for i, step in enumerate(by))


def reads_only(steps, grants, folder):
    """The policies of plan and drift name reading actions, and under those of plan nothing changes."""
    may = re.compile(r"\w+(-\w+)?:(Get|List|Describe)\w+|kms:Decrypt|sts:AssumeRole")
    for command in ("plan", "drift", "check"):
        for _, _, statement in statements(grants[command]):
            for action in as_list(statement["Action"]):
                check(may.fullmatch(action), f"{command} may {action}")
    for step in (s for s in steps if s.name in ("apply what is not there", "relay once", "destroy")):
        place = step.place.to(os.path.join(folder, "reading"))
        place.limit(grants["plan"])
        before = place.good("simulator", "dump", "--stable", "--simulate")
        done = place.run(*step.args)
        after = place.good("simulator", "dump", "--stable", "--simulate")
        check(done.returncode != 0 and before == after, f"{step.name} with the policies of plan: status {done.returncode}")
        shutil.rmtree(place.folder)


def prove(name, folder, pool, rng):
    worlds = Worlds(name, folder)
    steps = worlds.steps()
    grants = {command: worlds.fresh.grants(command) for command in dict.fromkeys(s.command for s in steps)}
    enough(steps, grants, pool, folder)
    every = list(removals(steps, grants))
    lone = alone(steps, grants)
    rights = [r for r in every if r[2]]
    doubtful = [r for r in rights if r[:3] not in lone]
    worth = [r for r in doubtful if not is_for_all_worlds(r[0], sid_of(grants[r[0]], r[1]), r[2])]
    tried = every if not COUNT else rng.sample(worth, min(COUNT, len(worth)))
    runs = {pool.submit(needed, r, grants, os.path.join(folder, f"less-{i}")): r for i, r in enumerate(tried)}
    for run in concurrent.futures.as_completed(runs):
        command, at, action, by = runs[run]
        sid = sid_of(grants[command], at)
        check(run.result(), f"{command}: nothing fails without {action or 'all'} of {sid} ({[s.name for s in by]})")
    if "plan" in grants:
        reads_only(steps, grants, folder)
    number = sum(1 for all_of in grants.values() for _ in statements(all_of))
    print(f"{name}: {number} statements; {len(steps)} commands have enough; {len(rights)} rights were asked for, of which "
          f"{len(rights) - len(doubtful)} stand in one statement only; {len(tried)} of {len(every)} removals tried", flush=True)


def main():
    print(f"SEED={SEED}", flush=True)
    rng = random.Random(SEED)
    names = sys.argv[1:] or (TOPOLOGIES if SOAK else TOPOLOGIES[:3])
    with tempfile.TemporaryDirectory(prefix="holdfast-test-") as folder, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name in names:
            of = os.path.join(folder, name)
            os.mkdir(of)
            prove(name, of, pool, rng)
    sys.exit(1 if failures else 0)


main()
