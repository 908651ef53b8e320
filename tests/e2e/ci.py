"""The pipeline of examples/ci, as its users have it: runners with empty disks that share nothing but the state, an identity
token instead of keys, a plan by a role that can only read, the apply of that plan by another, drift at night.

    ci.py [moto]    against the served simulator, or against moto
"""

import contextlib
import datetime
import http.client
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.parse

import boto3

from harness import EXAMPLES, HOLDFAST, Served, check, clean_environment, done

CI = os.path.join(EXAMPLES, "ci")
HUB = "111122223333"  # where the runner's role is
ACCOUNTS = ("111122223333", "444455556666")
BUCKET = "example-backups-state"
REQUEST_TOKEN, IDENTITY = "request-token-4711", "aGVhZGVy.cGF5bG9hZA.c2ln"
READS = ["backup:Describe*", "backup:Get*", "backup:List*", "iam:Get*", "iam:List*", "kms:Describe*", "kms:Get*", "kms:List*",
         "tag:Get*", "s3:Get*", "s3:List*", "organizations:Describe*", "organizations:List*"]


class Runner(http.server.BaseHTTPRequestHandler):
    """The service that gives a GitHub job its token; and STS in front of `server`, which knows no web identities (moto does)."""
    protocol_version = "HTTP/1.1"
    server_url = None
    asked = []

    def log_message(self, *_):
        pass

    def answer(self, status, body, kind="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        good = (self.headers["Authorization"] == f"bearer {REQUEST_TOKEN}" and
                urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get("audience") == ["sts.amazonaws.com"])
        Runner.asked.append(self.path)
        self.answer(200 if good else 403, json.dumps({"count": 1, "value": IDENTITY} if good else {}).encode())

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        form = dict(urllib.parse.parse_qsl(body.decode()))
        if form.get("Action") != "AssumeRoleWithWebIdentity":
            self.forward(body)
            return
        check(form["WebIdentityToken"] == IDENTITY, "the job's own token proves who it is")
        role = form["RoleArn"].split(":")[4]
        self.answer(200, f"""<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>{role}</AccessKeyId><SecretAccessKey>simulated</SecretAccessKey>
<SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>""".encode(), "text/xml")

    def forward(self, body):
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.server_url).netloc, timeout=60)
        connection.request("POST", self.path, body, dict(self.headers))
        response = connection.getresponse()
        self.answer(response.status, response.read(), response.headers["Content-Type"])
        connection.close()


@contextlib.contextmanager
def runner_service(server_url):
    Runner.server_url = server_url
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Runner)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


class Repository:
    """The topology's repository, its CI, and what it keeps of a run: artifacts. `texts` are those of the last job."""

    def __init__(self, root, service, endpoints):
        self.root, self.service, self.endpoints = root, service, endpoints
        self.source = os.path.join(root, "main")
        os.makedirs(os.path.join(self.source, "ci"))
        shutil.copy(os.path.join(CI, "pipeline.sh"), os.path.join(self.source, "ci"))
        shutil.copy(os.path.join(CI, "topology.yaml"), self.source)
        self.runs = 0

    def edit(self, old, new):
        path = os.path.join(self.source, "topology.yaml")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        check(old in text, f"the topology has {old}")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(old, new))

    def job(self, role, *command, plan=None, planted=None, expect=0, **said):
        """A job on a machine of its own, which is gone afterwards. Returns its page, its log, and its plan. planted: a file
        that nobody of the repository has put there. said: what a person says to it, in variables."""
        self.runs += 1
        disk = os.path.join(self.root, f"runner{self.runs}")
        shutil.copytree(self.source, disk)
        if plan:
            with open(os.path.join(disk, "plan.json"), "wb") as file:
                file.write(plan)
        if planted:
            os.makedirs(os.path.dirname(os.path.join(disk, planted)))
            with open(os.path.join(disk, planted), "wb"):
                pass
        page = os.path.join(disk, "page.md")
        env = clean_environment({
            **self.endpoints, "HOME": disk, "HOLDFAST": HOLDFAST, "GITHUB_STEP_SUMMARY": page, "AWS_DEFAULT_REGION": "us-east-1",
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.service}/token?api-version=2.0", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": REQUEST_TOKEN,
            "AWS_ROLE_ARN": f"arn:aws:iam::{HUB}:role/runner", "HOLDFAST_VAR_role": role,
            "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", **said})
        result = subprocess.run(["sh", "ci/pipeline.sh", *command], cwd=disk, env=env, text=True, timeout=600,
                                capture_output=True, check=False)
        if result.returncode != expect:
            print(result.stdout, result.stderr, file=sys.stderr)
        check(result.returncode == expect, f"pipeline.sh {command}: {result.returncode}, not {expect}")
        check(IDENTITY not in result.stdout + result.stderr, "no token is printed")
        self.texts = {}
        for name in ("plan.txt", "applied.txt", "drift.txt"):
            if os.path.exists(os.path.join(disk, name)):
                with open(os.path.join(disk, name), encoding="utf-8") as file:
                    self.texts[name] = file.read()
        made, text = None, ""
        if command[0] == "plan" and os.path.exists(os.path.join(disk, "plan.json")):
            with open(os.path.join(disk, "plan.json"), "rb") as file:
                made = file.read()
        if os.path.exists(page):
            with open(page, encoding="utf-8") as file:
                text = file.read()
        for folder, _, names in os.walk(disk):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    check(IDENTITY.encode() not in file.read(), f"no token stays in {name}")
        shutil.rmtree(disk)
        return text, result.stderr, made


def make_roles(client):
    """In each account a role that reads and one that writes, which the runner's account may enter by."""
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                     "Principal": {"AWS": f"arn:aws:iam::{HUB}:root"}}]}
    for account in ACCOUNTS:
        iam = client("iam", account)
        for role, actions in (("backup-plan", READS), ("backup-apply", ["*"])):
            policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
            iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(trust))
            iam.put_role_policy(RoleName=role, PolicyName="all", PolicyDocument=json.dumps(policy))


def make_bucket(s3):
    """What a person makes before; the served world has made its own."""
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration={
        "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True})


def from_plan_to_apply(repository, client, reads_only):
    # a pull request: the plan is on its page, and nothing is written
    page, _, plan = repository.job("backup-plan", "plan")
    check("What the merge would do" in page and "vaults.final" in page, f"the page shows the plan: {page}")
    vaults = client("backup", "444455556666", "us-west-2")
    check(vaults.list_backup_vaults()["BackupVaultList"] == [], "a plan writes nothing")
    if reads_only:
        page, err, _ = repository.job("backup-plan", "apply", plan=plan, expect=4)
        check("HF0610" in err and "s3:PutObject" in err, f"and its role could not, not even take the lock: {err}")
        check("(status 4)" in page and "HF0610" in page, f"which stands on its page: {page}")

    # the merge: another machine, another role, the same plan
    page, _, _ = repository.job("backup-apply", "apply", plan=plan)
    check("What is applied" in page and "vaults.final" in page, "what is applied is on its page")
    check("### Applied" in page and re.search(r"created +vaults\.final$", page, re.M), f"and what came of it: {page}")
    check([v["BackupVaultName"] for v in vaults.list_backup_vaults()["BackupVaultList"]] == ["backups-final"], "it is there")
    page, _, _ = repository.job("backup-plan", "plan")
    check("Nothing to do" in page, f"and a third machine knows of it: {page}")

    # two pull requests at once: the second was planned before the first was applied
    repository.edit("max_retention_days: 35", "max_retention_days: 36")
    _, _, first = repository.job("backup-plan", "plan")
    repository.job("backup-apply", "apply", plan=first)
    page, err, _ = repository.job("backup-apply", "apply", plan=first, expect=6)
    check("HF0507" in err and "serial" in err, f"what was planned before something moved is refused: {err}")
    check("(status 6)" in page and "HF0507" in page, f"and its page says so: {page}")
    check(vaults.describe_backup_vault(BackupVaultName="backups-final")["MaxRetentionDays"] == 36, "the first is done")


def what_a_reviewer_reads(repository):
    """Warnings and errors stand on the page and in the text that is kept, beside the plan or in its place."""
    repository.edit("  daily:\n", "  everyday:\n")
    page, err, _ = repository.job("backup-plan", "plan")
    for where in (page, repository.texts["plan.txt"]):
        check("warning[HF0509]" in where and "+ plans.everyday" in where, f"a warning and the plan: {where}")
    check("warning[HF0509]" in err, "and in the log, as ever")
    repository.edit("account: backup\n    region: away", "account: backup\n    region: home")
    page, _, made = repository.job("backup-plan", "plan", expect=7)
    for where in (page, repository.texts["plan.txt"]):
        check(where.count("error[HF0502]") == 2, f"why it is refused: {where}")
    check("There is no plan (status 7)" in page and made is None, "and that there is none")
    repository.edit("account: backup\n    region: home", "account: backup\n    region: away")
    repository.edit("  everyday:\n", "  daily:\n")


def at_night(repository, client):
    page, _, _ = repository.job("backup-plan", "drift")
    check("No drift" in page, page)
    # somebody has been there
    kms = client("kms", "444455556666", "us-west-2")
    alias = next(a for a in kms.list_aliases()["Aliases"] if a["AliasName"] == "alias/backups-final")
    kms.disable_key_rotation(KeyId=alias["TargetKeyId"])
    page, _, _ = repository.job("backup-plan", "drift", expect=2)
    check("Somebody changed" in page and "keys.final" in page, f"and is found out: {page}")


def what_a_person_says(repository, client):
    """Two locks for good, and a plan that goes; nothing of it unless somebody names it."""
    repository.edit("mode: governance, min_retention_days: 7,", "mode: compliance, changeable_for_days: 3, min_retention_days: 7,")
    repository.edit("  primary: {account: workload, region: home}", "  primary: {account: workload, region: home, lock: "
                    "{mode: compliance, changeable_for_days: 3, min_retention_days: 1, max_retention_days: 35}}")
    _, _, plan = repository.job("backup-plan", "plan")
    page, _, _ = repository.job("backup-apply", "apply", plan=plan, expect=7)
    check(page.count("error[HF0901]") == 2, f"two guards: {page}")
    repository.job("backup-apply", "apply", plan=plan, expect=7, ALLOW_IRREVERSIBLE="vaults.final/lock")
    repository.job("backup-apply", "apply", plan=plan, ALLOW_IRREVERSIBLE=" vaults.final/lock\nvaults.primary/lock ")
    vaults = client("backup", "444455556666", "us-west-2")
    check("LockDate" in vaults.describe_backup_vault(BackupVaultName="backups-final"), "both are armed")
    repository.edit(", lock: {mode: compliance, changeable_for_days: 3, min_retention_days: 1, max_retention_days: 35}}", "}")
    _, _, plan = repository.job("backup-plan", "plan")
    repository.job("backup-apply", "apply", plan=plan, expect=7)
    repository.job("backup-apply", "apply", plan=plan, ALLOW_DESTROY="vaults.primary/lock")


def a_runner_is_lost(repository, client):
    """Its lock stays, and a person breaks it with the apply that goes on, once its lease is over."""
    repository.edit("max_retention_days: 36", "max_retention_days: 37")
    _, _, plan = repository.job("backup-plan", "plan")
    s3, lock = client("s3", "444455556666", "us-west-2"), "0123456789abcdef0123456789abcdef"

    def leave_lock(minutes_ago):
        beat = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=minutes_ago)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        note = {"format_version": "1.0", "id": lock, "pid": 1, "host": "runner", "process": "1", "command": "apply", "who": "runner",
                "since": beat, "lease_seconds": 60, "heartbeat": beat}
        s3.put_object(Bucket=BUCKET, Key="backups.lock", Body=json.dumps(note).encode())

    leave_lock(0)
    page, _, _ = repository.job("backup-apply", "apply", plan=plan, expect=5, BREAK_LOCK=lock)
    check("The lock was not broken (status 5)" in page and "HF0641" in page, f"a lock that lives is left: {page}")
    leave_lock(30)
    repository.job("backup-apply", "apply", plan=plan, expect=5, BREAK_LOCK="another")
    page, _, _ = repository.job("backup-apply", "apply", plan=plan, BREAK_LOCK=lock)
    check("### Applied" in page, f"one that is dead is broken, and the plan carried out: {page}")
    page, _, _ = repository.job("backup-apply", "apply", plan=plan, expect=6, BREAK_LOCK=lock)
    check("HF0507" in page, f"the same once more is not stopped by a lock that is gone: {page}")


GH = """#!/bin/sh
# GitHub, as far as `pipeline.sh fetch` asks it: one merged pull request, whose head c0ffee was planned by run 42. Each artifact
# holds more than its plan; that of run 44 has a link in its place, that of 45 none.
case "$*" in
"api repos/o/r/commits/merged/pulls --jq map(select(.merged_at and .base.ref == \\"main\\"))[0].head.sha // empty") echo c0ffee ;;
"api repos/o/r/commits/"*) ;;
"run list --repo o/r --workflow plan.yml --event pull_request --commit c0ffee --status success "*) echo 42 ;;
"run download "*" --repo o/r --name plan --dir /"*)
    mkdir -p "$9/.holdfast"
    echo planted | tee "$9/topology.yaml" >"$9/.holdfast/backups.db"
    case $3 in
    42 | 43) echo "plan of $3" >"$9/plan.json" ;;
    44) ln -s topology.yaml "$9/plan.json" ;;
    esac ;;
*) echo "gh: $*" >&2; exit 1 ;;
esac
"""


def fetch(root):
    """The plan of a merge is that of its pull request; by hand it is that of the run that is named."""
    folder = os.path.join(root, "fetching")
    os.makedirs(os.path.join(folder, "bin"))
    path, page = os.path.join(folder, "bin", "gh"), os.path.join(folder, "page.md")
    with open(path, "w", encoding="utf-8") as file:
        file.write(GH)
    os.chmod(path, 0o700)

    def run(commit, **env):
        env = clean_environment({"PATH": f"{folder}/bin:{os.environ['PATH']}", "GITHUB_REPOSITORY": "o/r", "GITHUB_SHA": commit,
                                 "GITHUB_REF_NAME": "main",
                                 "GITHUB_STEP_SUMMARY": page, **env})
        result = subprocess.run(["sh", os.path.join(CI, "pipeline.sh"), "fetch"], cwd=folder, env=env, text=True,
                                capture_output=True, check=False)
        plan = os.path.join(folder, "plan.json")
        came = set(os.listdir(folder)) - {"bin", "page.md", "fetched.txt"}
        check(came <= {"plan.json"}, f"nothing else comes out of an artifact: {came}")
        if not os.path.lexists(plan):
            return result, None
        check(not os.path.islink(plan), "and no link")
        with open(plan, encoding="utf-8") as file:
            text = file.read()
        os.remove(plan)
        return result, text

    check(run("merged")[1] == "plan of 42\n", "the plan of the pull request")
    check(run("pushed", PLAN_RUN="43")[1] == "plan of 43\n", "the plan that is named")
    for number in ("44", "45"):
        result, plan = run("pushed", PLAN_RUN=number)
        check(result.returncode == 1 and plan is None and "has no plan.json" in result.stderr, f"{number}: {result.stderr}")
    result, plan = run("pushed")
    check(result.returncode == 1 and plan is None and "by hand" in result.stderr, f"a push has none: {result.stderr}")
    with open(page, encoding="utf-8") as file:
        check("There is no plan to apply" in (text := file.read()) and "by hand" in text, f"and its page says so: {text}")


def failures(repository):
    _, err, _ = repository.job("backup-nobody", "plan", expect=3)
    check("AssumeRole" in err or "HF0702" in err, f"a role that is not there: {err}")
    asked = len(Runner.asked)
    repository.edit("version: 1", "version: one")
    page, _, made = repository.job("backup-plan", "plan", expect=1)
    check(made is None and len(Runner.asked) == asked, "what is not valid is not planned, and needs no token")
    check("The topology is not valid (status 1)" in page and "error[HF" in page, f"and its page says why: {page}")
    repository.edit("version: one", "version: 1")
    repository.job("backup-plan", "nonsense", expect=64)
    repository.job("backup-apply", "apply", plan=b"{}", expect=1)
    page, _, _ = repository.job("backup-apply", "apply", plan=b"{}", planted=".holdfast/backups.db", expect=1)
    check("Nothing was applied (status 1)" in page and ".holdfast is in the checkout" in page, f"a state of somebody's: {page}")
    service, repository.service = repository.service, "http://127.0.0.1:1"
    page, err, _ = repository.job("backup-plan", "plan", expect=3)
    check("id-token: write" in err and "id-token: write" in page, f"without a token it says what is missing: {err}\n{page}")
    repository.service = service


def a_long_plan(repository):
    """GitHub takes a megabyte from a step: what does not fit is in the log."""
    program = os.path.join(repository.root, "wordy")
    with open(program, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\nhead -c 900000 /dev/zero | tr '\\0' x\n")
    os.chmod(program, 0o700)
    page, _, _ = repository.job("backup-apply", "apply", plan=b"{}", HOLDFAST=program)
    check("### What is applied" in page and "### Applied" in page and len(page) < 1 << 20, f"both are there: {len(page)}")
    check(page.count("The rest is in the log of this step.") == 2, "and that something is missing")


def client_for(url):
    def client(service, account, region="us-east-1"):
        return boto3.client(service, region_name=region, endpoint_url=url, aws_access_key_id=account,
                            aws_secret_access_key="simulated")
    return client


def on_the_simulator(root):
    serving = os.path.join(root, "serving")
    os.makedirs(serving)
    shutil.copy(os.path.join(CI, "topology.yaml"), serving)
    with Served(serving, "--var", "role=somebody-else") as world, runner_service(world.url) as service:
        client = client_for(world.url)
        make_roles(client)
        repository = Repository(root, service, {"AWS_ENDPOINT_URL": world.url, "AWS_ENDPOINT_URL_STS": service})
        from_plan_to_apply(repository, client, reads_only=True)
        what_a_reviewer_reads(repository)
        a_runner_is_lost(repository, client)
        at_night(repository, client)
        failures(repository)
        what_a_person_says(repository, client)
        a_long_plan(repository)


def on_moto(root):
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "servers"))
    from servers import Moto  # pylint: disable=import-outside-toplevel
    with Moto() as server, runner_service(server.url) as service:
        make_bucket(server.client("s3", "444455556666", "us-west-2"))
        repository = Repository(root, service, {"AWS_ENDPOINT_URL": server.url})
        with open(os.path.join(repository.source, "topology.yaml"), encoding="utf-8") as file:
            text = file.read()
        # moto has no selections and no policies of vaults, not even to be read (tests/servers/skips.yaml)
        repository.edit(text[text.index("plans:"):], "")
        repository.edit("    accept_copies_from: [workload]\n", "")
        from_plan_to_apply(repository, server.client, reads_only=False)
        page, _, _ = repository.job("backup-plan", "drift", expect=1)
        check("Drift is not known" in page, f"where it cannot look it says so: {page}")


with tempfile.TemporaryDirectory(prefix="holdfast-ci-") as root:
    if sys.argv[1:] == ["moto"]:
        on_moto(root)
    else:
        fetch(root)
        on_the_simulator(root)
done()
