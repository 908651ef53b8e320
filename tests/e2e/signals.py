"""A signal ends apply and destroy after what has begun; both then say what was done. It ends a drill with
the function that runs in it."""

import contextlib
import json
import os
import select
import signal
import stat
import subprocess
import tempfile
import zipfile

from harness import HOLDFAST, Served, check, clean_environment, done, workspace

TOPOLOGY = """version: 1
name: t
accounts: {main: {id: "111122223333"}}
regions: {one: us-east-1}
keys: {k: {account: main, region: one}}
vaults: {v: {account: main, region: one, key: k}}
"""


def stopped(served, first, *args):
    """Runs a command and sends SIGTERM when it says `first`; its status and answer."""
    process = subprocess.Popen([HOLDFAST, *args, "--auto-approve", "--json"], cwd=served.folder, text=True,
                               env=clean_environment(served.environment()), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    for line in process.stderr:
        if line.startswith(first):
            process.send_signal(signal.SIGTERM)
            break
    out, err = process.communicate(timeout=120)
    check(out.strip(), f"{args}: no answer: {err}")
    return process.returncode, json.loads(out)


@contextlib.contextmanager
def function(last):
    """A package whose function says that it runs, and ends with these words of a shell; the pipe on which it says so,
    and keeps open as long as it or a child of it lives; a folder for temporary files."""
    with tempfile.TemporaryDirectory() as data:
        pipe, scratch = os.path.join(data, "pipe"), os.path.join(data, "scratch")
        os.mkfifo(pipe)
        os.mkdir(scratch)
        os.mkdir(os.path.join(data, "relay"))
        with zipfile.ZipFile(os.path.join(data, "relay", "bootstrap.zip"), "w") as package:
            info = zipfile.ZipInfo("bootstrap")
            info.external_attr = (stat.S_IFREG | 0o755) << 16
            package.writestr(info, f"#!/bin/sh\nexec 3> {pipe}\necho begun >&3\n{last}\n")
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        yield data, reader, scratch
        os.close(reader)


def drill(folder, data, scratch):
    return subprocess.Popen([HOLDFAST, "drill", "--days", "2"], cwd=folder, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True,
                            env=clean_environment({"HOLDFAST_DATA_DIR": data, "TMPDIR": scratch}))


def begins(reader):
    select.select([reader], [], [], 120)
    check(os.read(reader, 100) == b"begun\n", "the function runs")


def ends(reader):
    return bool(select.select([reader], [], [], 20)[0]) and os.read(reader, 100) == b""


def drill_stopped(number):
    """Stops a drill whose function hangs: its status, what is left in the folder for temporary files, and whether all
    processes of the function are gone."""
    with workspace() as folder, function("sleep 60\nexit 1") as (data, reader, scratch):
        process = drill(folder, data, scratch)
        begins(reader)
        check(os.listdir(scratch), "from a folder of its own")
        process.send_signal(number)
        out, err = process.communicate(timeout=50)
        check(out == "" and "stopped" in err, f"nothing is counted: {out}{err}")
        return process.returncode, os.listdir(scratch), ends(reader)


def drill_killed():
    """SIGKILL leaves a drill no time for its function, which ends all the same."""
    with workspace() as folder, function("exec sleep 60") as (data, reader, scratch):
        process = drill(folder, data, scratch)
        begins(reader)
        process.kill()
        process.communicate()
        check(ends(reader), "a killed drill leaves no function behind")


drill_killed()
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    status, left, ended = drill_stopped(number)
    check(status == 128 + number, f"a drill ends as the signal says: {status}")
    check(ended, "and the function's processes with it")
    check(not left, f"and their folders: {left}")

with workspace() as folder:
    with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
        file.write(TOPOLOGY)
    with Served(folder, "--latency", "300") as served:
        # the key comes before its alias and the vault; on the way back the vault goes before the key
        status, answer = stopped(served, "created   keys.k", "apply")
        check(status == 143, f"apply ends as the signal says: {status}")
        check(answer["done"] >= 1 and answer["failed"] + answer["skipped"] >= 1, f"and counts: {answer}")
        served.holdfast("apply", "--auto-approve", expect=0)
        status, answer = stopped(served, "deleted ", "destroy", "--allow-destroy", "vaults.v", "--allow-destroy",
                                 "keys.k")
        check(status == 143, f"destroy ends as the signal says: {status}")
        check(answer["done"] >= 1 and answer["failed"] + answer["skipped"] >= 1, f"and counts as well: {answer}")
done()
