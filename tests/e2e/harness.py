"""What the end-to-end tests share: run the real binary, read its JSON, drive a served world with awscli.

Environment: HOLDFAST (the program), EXAMPLES (the folder of examples), AWSCLI (the aws program).
"""

import contextlib
import datetime
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import urllib.request
import zipfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from state_files import connect  # noqa: E402,F401 (for the tests)

HOLDFAST = os.environ["HOLDFAST"]
EXAMPLES = os.environ["EXAMPLES"]
AWSCLI = os.environ.get("AWSCLI", "aws")
SEED = os.path.join(EXAMPLES, "rds-immutable-backup.yaml")
LOCK = "vaults.final/lock"
checks = 0
missed = []


def check(condition, message):
    """One assertion; the number of those that held is printed at the end."""
    global checks
    checks += 1
    if not condition:
        print(f"FAILED: {message}", file=sys.stderr)
        sys.exit(1)


def leave_out(what):
    """What cannot be shown on this machine: the rest goes on, and the test ends as one that was skipped."""
    missed.append(what)


def done():
    print(f"{checks} passed, 0 failed")
    if missed:
        print(f"left out: {'; '.join(missed)}")
        sys.exit(77)


class Result:
    def __init__(self, process):
        self.status = process.returncode
        self.out = process.stdout
        self.err = process.stderr

    @property
    def json(self):
        try:
            return json.loads(self.out)
        except ValueError:
            print(self.out, self.err, file=sys.stderr)
            raise


def clean_environment(extra=None):
    keep = ("PATH", "HOME", "HOLDFAST_DATA_DIR", "HOLDFAST_RECORD", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "LANG")
    env = {k: v for k, v in os.environ.items() if k in keep}
    env["AWS_EC2_METADATA_DISABLED"] = "true"  # no test asks the machine that it runs on
    env.update(extra or {})
    return env


def holdfast(*args, cwd, env=None, expect=None, stdin=None, timeout=300):
    process = subprocess.run(
        [HOLDFAST, *args], cwd=cwd, env=clean_environment(env), input=stdin, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout, check=False)
    result = Result(process)
    if expect is not None and result.status != expect:
        print(result.out, result.err, file=sys.stderr)
        check(False, f"holdfast {' '.join(args)}: status {result.status}, expected {expect}")
    return result


def failing_relay(data):
    """Makes the folder a data directory whose relay's function fails at once; the environment that names it."""
    os.mkdir(os.path.join(data, "relay"))
    with zipfile.ZipFile(os.path.join(data, "relay", "bootstrap.zip"), "w") as package:
        info = zipfile.ZipInfo("bootstrap")
        info.external_attr = (stat.S_IFREG | 0o755) << 16
        package.writestr(info, "#!/bin/sh\nexit 1\n")
    return {"HOLDFAST_DATA_DIR": data}


@contextlib.contextmanager
def workspace(topology=SEED, edit=None):
    """A folder with the topology as topology.yaml, edited by `edit(text) -> text`, and the folders beside it."""
    folder = tempfile.mkdtemp(prefix="holdfast-test-")
    try:
        for beside in os.scandir(os.path.dirname(topology)):
            if beside.is_dir() and os.path.dirname(topology) == EXAMPLES:
                shutil.copytree(beside.path, os.path.join(folder, beside.name))
        with open(topology, encoding="utf-8") as file:
            text = file.read()
        if edit:
            edited = edit(text)
            check(edited != text, "the edit of the topology changed nothing")
            text = edited
        with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
            file.write(text)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def apply_seed(folder, *args, env=None):
    return holdfast("apply", "--auto-approve", "--allow-irreversible", LOCK, *args, cwd=folder,
                    env=env, expect=0)


def calls(folder, *args):
    return holdfast("simulator", "dump", "--calls", *args, cwd=folder, expect=0).json


class Served:
    """`holdfast simulator serve` on a free port, and clients for it."""

    account = "111122223333"  # whose administrator runs the program

    def __init__(self, folder, *args):
        self.folder = folder
        self.process = subprocess.Popen(
            [HOLDFAST, "simulator", "serve", *args], cwd=folder, env=clean_environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            check(False, f"the simulator did not start: {line} {self.process.stderr.read()}")
        self.url = line.split()[-1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            check(False, "the simulator did not stop on SIGTERM")

    def environment(self, account=None):
        return {"AWS_ACCESS_KEY_ID": account or self.account, "AWS_SECRET_ACCESS_KEY": "simulated",
                "AWS_ENDPOINT_URL": self.url, "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_PAGER": "", "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}

    def holdfast(self, *args, expect=None):
        return holdfast(*args, cwd=self.folder, env=self.environment(), expect=expect)

    def advance(self, **amount):
        for unit, number in amount.items():
            holdfast("simulator", "advance", f"--{unit}", str(number), "--endpoint-url", self.url,
                     cwd=self.folder, expect=0)

    def begin_at(self, hour):
        """The next such hour of UTC: a served world begins at the time of day of this machine, and how many backups so
        many days bring depends on it."""
        hours = (hour - datetime.datetime.now(datetime.timezone.utc).hour) % 24
        if hours:
            self.advance(hours=hours)

    def settings(self, **settings):
        """How hard the world is on its callers (simulator/README.md)."""
        request = urllib.request.Request(f"{self.url}/_holdfast/settings", method="POST",
                                         data=json.dumps(settings).encode())
        with urllib.request.urlopen(request, timeout=60) as answer:
            check(answer.status == 200, "the world takes settings")

    def dump(self, *args):
        return holdfast("simulator", "dump", "--endpoint-url", self.url, *args, cwd=self.folder,
                        expect=0).json

    def aws(self, account, region, *args, expect=0):
        """awscli as the administrator of an account; its JSON answer or None."""
        env = clean_environment(self.environment(account))
        env["AWS_DEFAULT_REGION"] = region
        process = subprocess.run([AWSCLI, *args, "--output", "json"], env=env, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120,
                                 check=False)
        if expect is not None:
            check(process.returncode == expect,
                  f"aws {' '.join(args)}: status {process.returncode}: {process.stderr}")
        return json.loads(process.stdout) if process.stdout.strip() else None
