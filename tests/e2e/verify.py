"""verify: every protected resource has a fresh copy in its last vault, or the answer says where it stops and why."""

import base64
import html.parser
import json
import os
import re
import subprocess
import tempfile
import xml.etree.ElementTree

from harness import Served, apply_seed, calls, check, connect, done, failing_relay, holdfast, workspace

GOLDEN = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "golden", "verify")
FINAL = "444455556666"


def advance(folder, **amount):
    for unit, number in amount.items():
        holdfast("simulator", "advance", "--simulate", f"--{unit}", str(number), cwd=folder, expect=0)


def verify(folder, *args, expect=0):
    return holdfast("verify", "--simulate", *args, cwd=folder, expect=expect)


def rows(folder, *args, expect=0):
    return verify(folder, "--json", *args, expect=expect).json


def golden(name, text):
    path = os.path.join(GOLDEN, name)
    if os.environ.get("HOLDFAST_UPDATE_GOLDEN"):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    with open(path, encoding="utf-8") as file:
        check(file.read() == text, f"{name} is not what was written:\n{text}")


class Page(html.parser.HTMLParser):
    """What a page of HTML holds: tags that are closed, nothing from elsewhere, paths and dots of its plot."""

    def __init__(self, text):
        super().__init__()
        self.open, self.dots, self.lines = [], 0, ""
        self.feed(text)
        check(not self.open, f"tags that stay open: {self.open}")

    def handle_starttag(self, tag, attrs):
        check(not {"src", "href"} & {name for name, _ in attrs} and tag not in ("script", "link"), f"from elsewhere: {tag}")
        self.lines += dict(attrs)["d"] if tag == "path" and dict(attrs).get("stroke-width") else ""
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.dots += tag == "circle"

    def handle_endtag(self, tag):
        check(self.open and self.open.pop() == tag, f"</{tag}> closes nothing")


SAMPLE = re.compile(r'holdfast_verify_([a-z_]+)\{((?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)*)\} (\d+)')


def metrics(text):
    """The samples by name; each line is a comment or a sample, as Prometheus reads them."""
    found = {}
    for line in text.splitlines():
        sample = SAMPLE.fullmatch(line)
        check(sample or line.startswith(("# HELP holdfast_verify_", "# TYPE holdfast_verify_")), f"no sample: {line}")
        if sample:
            found.setdefault(sample[1], []).append(int(sample[3]))
    return found


def formats(folder):
    """Each format says the same as the others: one resource, good at first and too old for an hour's objective."""
    good = metrics(verify(folder, "--format", "prometheus").out)
    check(len(good["age_seconds"]) == 1 and abs(good["age_seconds"][0] - 9.5 * 3600) < 60, f"{good}")
    check(good["within_objective"] == [1] and good["missing"] == [0] and len(good["hop_seconds"]) == 3, f"{good}")
    suite = xml.etree.ElementTree.fromstring(verify(folder, "--format", "junit", "--max-age", "1h").out).find("testsuite")
    check(suite.get("tests") == suite.get("failures") == "1", "a failure")
    check("may be 1 h" in suite.find("testcase/failure").get("message"), "with its reason")
    table = verify(folder, "--format", "markdown", "--max-age", "1h").out
    check("| MISSING | arn:aws:rds" in table and "1 missing" in table.splitlines()[0], f"a table: {table}")
    page = verify(folder, "--format", "html").out
    with open(os.path.join(folder, ".holdfast", "rds-immutable-backup.simulated.verify.jsonl"), encoding="utf-8") as file:
        runs = [json.loads(line) for line in file]
    check(Page(page).dots == len(runs) > 4 and "L" in Page(page).lines, "a dot a run, and a line between copies")
    holdfast("verify", "--simulate", "--format", "xml", cwd=folder, expect=64)


def openssl(folder, *args):
    subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True)


def evidence(folder):
    """A bundle that holdfast finds unchanged, that openssl finds signed, and in which nothing can be changed."""
    openssl(folder, "genpkey", "-algorithm", "ed25519", "-out", "private.pem")
    openssl(folder, "pkey", "-in", "private.pem", "-pubout", "-out", "public.pem")
    verify(folder, "--evidence", "bundle.json", "--sign-key", "private.pem")
    read = ("evidence", "verify", "bundle.json", "--public-key", "public.pem")
    said = holdfast(*read, "--json", cwd=folder, expect=0).json["evidence"]
    check(said["report"]["within_objective"] == 1 and said["world"].startswith("simulated "), f"what was seen: {said}")
    check(said["vaults"][0]["locked"] and said["vaults"][0]["policy"]["Statement"] and said["vaults"][0]["lock_date"],
          f"the lock and the policy of the last vault: {said['vaults']}")
    check(said["keys"][0]["state"] == "Enabled" and said["keys"][0]["policy"]["Statement"], f"and of its key: {said['keys']}")
    check({a["account_id"] for a in said["asked_by"]} == {"111122223333", FINAL}, f"who asked: {said['asked_by']}")
    check("proves nothing about real backups" in holdfast(*read, cwd=folder, expect=0).out, "a simulated world is none")
    path = os.path.join(folder, "bundle.json")
    with open(path, "rb") as file:
        bundle = file.read()
    signs = json.loads(bundle)
    with open(os.path.join(folder, "signature"), "wb") as file:
        file.write(base64.b64decode(signs.pop("signature")))
    with open(os.path.join(folder, "signs"), "w", encoding="utf-8") as file:
        file.write(json.dumps(signs, sort_keys=True, separators=(",", ":"), ensure_ascii=False))
    openssl(folder, "pkeyutl", "-verify", "-pubin", "-inkey", "public.pem", "-rawin", "-in", "signs", "-sigfile", "signature")
    for at in range(0, len(bundle), len(bundle) // 4):  # every byte: unit/engine/verify/evidence
        with open(path, "wb") as file:
            file.write(bundle[:at] + bytes([bundle[at] ^ 1]) + bundle[at + 1:])
        check("HF1462" in holdfast(*read, cwd=folder, expect=1).err, f"byte {at} was changed")
    verify(folder, "--evidence", "bundle.json", expect=64)


# ---- all is well; then the objective is missed; the last vault's history becomes immutable ----
with workspace(edit=lambda text: text.replace("changeable_for_days: 14", "changeable_for_days: 3")) as folder:
    apply_seed(folder, "--simulate")
    golden("never", verify(folder, "--detailed-exitcode", expect=2).out)
    advance(folder, days=2)
    before = len(calls(folder, "--simulate"))
    golden("fresh", verify(folder, "--detailed-exitcode").out)
    made = calls(folder, "--simulate")[before:]
    check(made and not any(c["writes"] for c in made), "verify writes nothing")
    golden("late", verify(folder, "--max-age", "1h", "--detailed-exitcode", expect=2).out)
    formats(folder)
    evidence(folder)
    advance(folder, days=2)
    answer = rows(folder)
    row = answer["resources"][0]
    check(answer["missing"] == 0 and row["within_objective"] and row["objective_hours"] == 26, f"good: {row}")
    check(row["lock"]["state"] == "compliance" and row["immutable_days"] == row["history_days"] == 3,
          f"nobody can delete any of it: {row}")
    check(answer["gaps"] == 0 and row["due"] == 4 and row["gaps"] == [], f"four days, and none is missing: {row}")
    check(row["locked_until"] == row["hops"][-1]["expires"] and row["newest"] == row["hops"][-1]["newest"],
          f"until the newest goes by itself: {row}")
    check([h["vault"] for h in row["hops"]] == ["vaults.primary", "vaults.intermediate", "vaults.final"]
          and all(h["took_minutes"] > 0 and h["key_state"] == "Enabled" for h in row["hops"]), f"the hops: {row}")

# ---- an objective in the file; a relay that fails; expiry; a resource that is there no more ----
def edit(text):
    text = text.replace("        start_window_minutes: 60\n", "        start_window_minutes: 60\n        max_age_hours: 100\n")
    return text.replace("lifecycle: {delete_after_days: 30}", "lifecycle: {delete_after_days: 7}")


def call_copies(folder, status):
    """What the last vault says of each copy."""
    world = connect(os.path.join(folder, ".holdfast", "rds-immutable-backup.world.db"))
    with world:
        world.execute("update object set json = json_set(json, '$.Status', ?) "
                      "where kind = 'backup.point' and account = ?", (status, FINAL))
    world.close()


with tempfile.TemporaryDirectory() as data, workspace(edit=edit) as folder:
    env = failing_relay(data)
    apply_seed(folder, "--simulate", env=env)
    advance(folder, days=2)
    answer = rows(folder, "--detailed-exitcode", expect=2)
    row = answer["resources"][0]
    check(row["objective_hours"] == 100 and row["stopped_before"] == "vaults.final" and answer["missing"] == 1
          and row["reason"] == "no copy of it is in vaults.final", f"it stops before the last vault: {row}")
    check(row["hops"][1]["newest"] and not row["hops"][2]["newest"] and not row["newest"], f"hops: {row}")
    holdfast("relay", "once", "--simulate", cwd=folder, env=env, expect=0)
    advance(folder, hours=6)
    check(rows(folder)["missing"] == 0, "a copy has arrived")
    call_copies(folder, "PARTIAL")
    row = rows(folder, "--detailed-exitcode", expect=2)["resources"][0]
    check(row["reason"] == "no copy of it in vaults.final is available: the newest is PARTIAL"
          and row["hops"][2]["newer_unusable"] == "PARTIAL" and row["hops"][1]["newer_unusable"] is None,
          f"what is there and of no use is told of: {row}")
    call_copies(folder, "COMPLETED")
    path = os.path.join(folder, "topology.yaml")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    ghost = "arn:aws:rds:us-east-1:111122223333:db:ghost"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace('resources: ["arn:aws:rds:*:*:db:*"]', f'resources: ["arn:aws:rds:*:*:db:*", "{ghost}"]'))
    answer = rows(folder, "--detailed-exitcode", expect=2)
    row = next(r for r in answer["resources"] if r["arn"] == ghost)
    check(answer["gone"] == 0 and answer["missing"] == 1 and answer["within_objective"] == 1
          and not row["gone"] and "is its name written right?" in row["reason"], f"what never was is missing: {answer}")
    advance(folder, days=8)
    row = next(r for r in rows(folder)["resources"] if r["arn"] != ghost)
    check(not row["within_objective"] and row["age_hours"] is None, f"the copy has expired: {row}")

# ---- a copy that cannot be read is no copy ----
with workspace() as folder:
    with Served(folder):
        pass  # from now on the world's clock is not behind the wall
    apply_seed(folder, "--simulate")
    advance(folder, days=2)
    with Served(folder) as served:
        aliases = served.aws(FINAL, "us-east-2", "kms", "list-aliases")["Aliases"]
        key = next(a["TargetKeyId"] for a in aliases if a["AliasName"] == "alias/backup-final")
        served.aws(FINAL, "us-east-2", "kms", "schedule-key-deletion", "--key-id", key, "--pending-window-in-days", "30")
    answer = rows(folder, "--detailed-exitcode", expect=2)
    row = answer["resources"][0]
    check(row["hops"][-1]["key_state"] == "PendingDeletion" and not row["within_objective"]
          and "keys.final is PendingDeletion" in row["reason"], f"the key is going: {row}")
    advance(folder, days=2)
    row = rows(folder)["resources"][0]
    check(row["stopped_before"] == "vaults.final" and row["job_state"] == "FAILED" and row["job_message"],
          f"new copies fail, in AWS's words: {row}")
    world = connect(os.path.join(folder, ".holdfast", "rds-immutable-backup.world.db"))
    with world:
        world.execute("delete from object where kind = 'rds.database'")
    world.close()
    answer = rows(folder, "--detailed-exitcode")
    check(answer["gone"] == 1 and answer["missing"] == 0 and answer["resources"][0]["gone"],
          f"what was backed up and is there no more is gone: {answer}")

# ---- two ways into one last vault, of which one stands still ----
def two_ways(text):
    begin, end = text.index("      daily:\n"), text.index("    selections:")
    rule = text[begin:end]
    other = rule.replace("      daily:\n", "      other:\n").replace("destination_vault: intermediate", "destination_vault: aside")
    text = text[:end] + other.replace("cron(0 20 ", "cron(0 12 ") + text[end:]
    begin, end = text.index("  intermediate:                        # step 4\n"), text.index("  primary:                             # step 5")
    text = text[:end] + text[begin:end].replace("  intermediate:", "  aside:", 1) + text[end:]
    begin = text.index("  to_final:")
    relay = text[begin:].split("\n\n")[0] + "\n"
    aside = relay.replace("  to_final:", "  aside:").replace("source_vault: intermediate", "source_vault: aside")
    return text[:begin] + aside + text[begin:]


with workspace(edit=two_ways) as folder:
    apply_seed(folder, "--simulate")
    advance(folder, days=2)
    check(rows(folder)["missing"] == 0, "both ways work")
    holdfast("relay", "pause", "relays.aside", "--simulate", cwd=folder, expect=0)
    advance(folder, days=2)
    answer = rows(folder, "--detailed-exitcode", expect=2)
    check(answer["missing"] == answer["within_objective"] == 1, f"the copies of one way are not the other's: {answer}")
    still = next(r for r in answer["resources"] if r["relay"] == "relays.aside")
    check(still["stopped_before"] == "vaults.final" and still["job_state"] is None, f"no copy was begun: {still}")
    check("T06:30" in still["hops"][0]["newest"], f"of the first vault only what its own rule made: {still['hops'][0]}")
    check("vaults.final: no copy of what is newer was begun\n" in verify(folder).out, "and that is what is said")
    samples = verify(folder, "--format", "prometheus").out.splitlines()
    series = [line.rsplit(" ", 1)[0] for line in samples if not line.startswith("#")]
    check(len(set(series)) == len(series) > 20, f"no series twice: {series}")
    suite = xml.etree.ElementTree.fromstring(verify(folder, "--format", "junit").out).find("testsuite")
    check(len({case.get("name") for case in suite.findall("testcase")}) == 2, "each case has a name of its own")
    clock = json.dumps({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}})
    handled = holdfast("relay", "handle", "--simulate", "--json", cwd=folder, stdin=clock, expect=1)
    check(handled.json["relay"] == "relays.aside" and handled.json["reason"] == "the relay is paused"
          and not handled.json["handled"] and handled.json["left"] > 0, f"the other makes its pass: {handled.json}")
    with Served(folder) as served:
        queues = served.aws("111122223333", "us-east-2", "sqs", "list-queues", "--endpoint-url", served.url)["QueueUrls"]
        url = next(u for u in queues if "to_final" in u)
        served.aws("111122223333", "us-east-2", "sqs", "send-message", "--queue-url", url, "--message-body", clock,
                   "--endpoint-url", served.url)
    replayed = holdfast("relay", "replay", url, "--simulate", "--json", cwd=folder, expect=0).json
    check(replayed["letters"] == replayed["settled"] == 1, f"its letter is its own, whoever is paused: {replayed}")
done()
