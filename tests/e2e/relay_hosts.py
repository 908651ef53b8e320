"""Hosts of the relay beside Lambda: one event by hand, the dead letters again, and the daemon with its watchers, which
heeds a brake that is put on from another machine."""

import contextlib
import datetime
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from harness import HOLDFAST, LOCK, Served, check, clean_environment, done, failing_relay, holdfast, workspace

WORKLOAD, HOME = "111122223333", "us-east-2"
DEADLINE_S = 60


def by_events(text):
    """The clock does not wake the relay: what no event brings is left to the hosts. They share their state."""
    return text.replace("    event_regions:", "    reconcile: never\n    event_regions:").replace("\nkeys:\n", """
state:
  s3: {bucket: team-state, key: t.state, region: us-east-2, account: workload}

keys:
""")


def sqs(served, *args):
    return served.aws(WORKLOAD, HOME, "sqs", *args, "--endpoint-url", served.url)


def events(served, queue):
    """What lies in the queue, as others see it."""
    taken = sqs(served, "receive-message", "--queue-url", queue, "--max-number-of-messages", "10",
                "--visibility-timeout", "0")
    return [json.loads(m["Body"]) for m in (taken or {}).get("Messages", [])]


def relay(served, *args, expect, stdin=None):
    result = holdfast("relay", *args, "--json", cwd=served.folder, env=served.environment(), stdin=stdin,
                      expect=expect)
    return result.json, result.err


def at_bucket(served):
    """What was asked of the bucket of the state since the world began."""
    return [c["operation"] for c in served.dump("--calls") if c["service"] == "s3"]


def listings(served):
    return sum(c["operation"] == "ListRecoveryPointsByBackupVault" for c in served.dump("--calls"))


def until(condition, message):
    end = time.monotonic() + DEADLINE_S
    while not condition():
        check(time.monotonic() < end, message)
        time.sleep(0.05)


class Daemon:
    """`relay run`, with a service manager and a metrics reader of its own."""

    def __init__(self, served, *args):
        self.room = tempfile.mkdtemp(prefix="holdfast-notify-")
        path = os.path.join(self.room, "notify")
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.manager.bind(path)
        self.manager.setblocking(False)
        self.said = []
        self.process = subprocess.Popen(
            [HOLDFAST, "relay", "run", "--port", "0", *args], cwd=served.folder, text=True,
            env=clean_environment({**served.environment(), "NOTIFY_SOCKET": path, "WATCHDOG_USEC": "400000"}),
            stdout=subprocess.PIPE, stderr=open(os.path.join(self.room, "log"), "w", encoding="utf-8"))
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            check(False, f"the daemon did not start: {line} {self.log()}")
        self.url = line.split()[-1]

    def log(self):
        with open(os.path.join(self.room, "log"), encoding="utf-8") as file:
            return file.read()

    def heard(self, state):
        with contextlib.suppress(BlockingIOError):
            while True:
                self.said.append(self.manager.recv(4096).decode())
        return state in self.said

    def get(self, path, method="GET"):
        self.heard("")  # a service manager that does not listen hears no more in the end
        request = urllib.request.Request(self.url + path, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def number(self, name):
        for line in self.get("/metrics")[1].splitlines():
            if line.startswith(name + "{"):
                return float(line.split()[-1])
        return None

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=DEADLINE_S)


with tempfile.TemporaryDirectory() as data, workspace(edit=by_events) as folder:
    os.environ.update(failing_relay(data))
    with Served(folder, "-f", "topology.yaml") as served:
        # the world's clock begins with ours: away from half past two, when each day's backup begins
        served.advance(hours=(18 - datetime.datetime.now(datetime.timezone.utc).hour) % 24)
        served.holdfast("apply", "--auto-approve", "--allow-irreversible", LOCK, expect=0)
        served.advance(days=2)
        queue = next(o["id"] for o in served.dump()["objects"] if o["kind"] == "sqs.queue"
                     and o["id"].endswith("-dead_letter") and "forward" not in o["id"])
        url = f"https://sqs.{HOME}.amazonaws.com/{WORKLOAD}/{queue}"
        letters = events(served, url)
        check(len(letters) == 2, f"each day's event lies among the dead letters: {letters}")

        # ---- one event on stdin ----
        text = json.dumps(letters[0])
        answer, _ = relay(served, "handle", "--dry-run", expect=0, stdin=text)
        check(answer["started"] == 1 and answer["settled"], f"it would be copied: {answer}")
        answer, _ = relay(served, "handle", expect=0, stdin=text)
        check(answer["relay"] == "relays.to_final" and answer["started"] == 1 and answer["settled"]
              and answer["decisions"][0]["copy_job_id"], f"and now it is: {answer}")
        answer, _ = relay(served, "handle", expect=0, stdin=text)
        check(answer["started"] == 0 and answer["waiting"] == 1, f"once only: {answer}")
        stranger = {**letters[0], "detail": {**letters[0]["detail"], "destinationBackupVaultArn":
                                             f"arn:aws:backup:{HOME}:{WORKLOAD}:backup-vault:other"}}
        answer, _ = relay(served, "handle", expect=0, stdin=json.dumps(stranger))
        check("relay" not in answer and answer["started"] == 0, f"another vault's is nobody's: {answer}")
        answer, err = relay(served, "handle", expect=1, stdin='{"source": "aws.backup"}')
        check(not answer["handled"] and "HF1450" in err, f"what cannot be understood fails: {answer} {err}")

        # ---- the dead letters ----
        sqs(served, "send-message", "--queue-url", url, "--message-body", "no event")
        sqs(served, "send-message", "--queue-url", url, "--message-body", json.dumps(stranger))
        sqs(served, "send-message", "--queue-url", url, "--message-body", json.dumps(
            {"version": "1.0", "requestContext": {"condition": "RetriesExhausted"}, "requestPayload":
             {**letters[1], "time": "2020-01-01T00:00:00Z"}}))
        for _ in range(2):
            sqs(served, "send-message", "--queue-url", url, "--message-body", json.dumps(
                {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}))
        gone = letters[1]["detail"]["destinationRecoveryPointArn"] + "0"
        sqs(served, "send-message", "--queue-url", url, "--message-body", json.dumps(
            {**letters[1], "detail": {**letters[1]["detail"], "destinationRecoveryPointArn": gone}}))
        answer, err = relay(served, "replay", url, "--dry-run", expect=1)
        check(answer["letters"] == 8 and answer["settled"] == 6 and len(answer["kept"]) == 2, f"a dry run: {answer}")
        check(err.count("HF1451") == 2, f"each that stays is named: {err}")
        before = listings(served)
        relay(served, "once", "--dry-run", expect=0)
        one_pass = listings(served) - before
        answer, _ = relay(served, "replay", expect=1)
        check(answer["letters"] == 8 and answer["settled"] == 6 and answer["started"] >= 1 and answer["waiting"] > 2,
              f"the state knows the queues: {answer}")
        check(listings(served) - before == 2 * one_pass, "however many letters of the clock there are, it is one pass")
        check([d["reason"] for d in answer["decisions"] if d["point"] == gone]
              == ["the point has gone from the source vault, and no copy of it is known"],
              f"what is gone is told of and settled: {answer}")
        check({k["reason"] for k in answer["kept"]} == {
            "no relay of the topology has to act on it", "not JSON"}, f"kept, and why: {answer}")
        answer, _ = relay(served, "replay", url, expect=1)
        check(answer["letters"] == 2 and answer["settled"] == 0, f"only what was settled is gone: {answer}")
        sqs(served, "purge-queue", "--queue-url", url)
        answer, _ = relay(served, "replay", url, expect=0)
        check(answer["letters"] == 0, f"an empty queue is a good one: {answer}")

        _, err = relay(served, "replay", url + "-gone", expect=1)
        check("HF1452" in err and "QueueDoesNotExist" in err, f"AWS says why a queue cannot be read: {err}")

        # ---- the daemon ----
        served.advance(days=1)
        daemon = Daemon(served, "--interval", "1s")
        until(lambda: daemon.get("/healthz")[0] == 200, "it becomes healthy")
        until(lambda: (daemon.number("holdfast_relay_copies_started_total") or 0) >= 1, "it copies what no event brought")
        until(lambda: daemon.number("holdfast_relay_passes_total") >= 3, "pass after pass")
        until(lambda: daemon.heard("WATCHDOG=1"), "the watchdog is fed")
        check(daemon.said[0] == "READY=1", f"ready comes first: {daemon.said}")
        check(daemon.get("/")[0] == 404 and daemon.get("/metrics", "POST")[0] == 405, "and nothing else is served")
        check('"decision"' in daemon.log() or "msg=decision" in daemon.log(), f"a line for each decision: {daemon.log()}")

        # ---- and the brake, from a machine that has only the topology ----
        def passes(more):
            since = daemon.number("holdfast_relay_passes_total")
            until(lambda: daemon.number("holdfast_relay_passes_total") >= since + more, "pass after pass")
            return daemon.number("holdfast_relay_passes_total")

        before, asked = passes(1), len(at_bucket(served))
        after, looks = passes(2), at_bucket(served)[asked:]
        check(set(looks) == {"HeadObject"} and len(looks) <= after - before + 1, f"a pass costs one HEAD: {looks}")
        with workspace(edit=by_events) as other:
            def brake(word):
                holdfast("relay", word, cwd=other, env=served.environment(), expect=0)
                passes(2)

            check(daemon.number("holdfast_relay_paused") == 0, "it works")
            brake("pause")
            check(daemon.number("holdfast_relay_paused") == 1, "whoever watches it sees the brake")
            started = daemon.number("holdfast_relay_copies_started_total")
            served.advance(days=1)
            until(lambda: (daemon.number("holdfast_relay_points_waiting") or 0) >= 1, "a point arrives and waits")
            passes(1)
            check(daemon.number("holdfast_relay_copies_started_total") == started and "paused_since" in daemon.log(),
                  f"the brake holds: {daemon.log()}")
            brake("resume")
            until(lambda: daemon.number("holdfast_relay_copies_started_total") > started, "and is let go of")
            check("restart it" not in daemon.log(), f"a brake is no change: {daemon.log()}")
            holdfast("state", "rm", "relays.to_final/log_group", cwd=other, env=served.environment(), expect=0)
            until(lambda: daemon.log().count("restart it after an apply") == 1, "what it has read may be old")
        check(daemon.stop() == 143, f"SIGTERM ends it: {daemon.log()}")
        check(daemon.heard("STOPPING=1"), f"it says so: {daemon.said}")

        # ---- whether the brake is on cannot be told: nothing is started, and in the end it wants a fresh start ----
        daemon = Daemon(served, "--interval", "1s")
        until(lambda: daemon.get("/healthz")[0] == 200, "it becomes healthy")
        served.aws(WORKLOAD, HOME, "s3api", "delete-object", "--bucket", "team-state", "--key", "t.state",
                   "--endpoint-url", served.url)
        check(daemon.process.wait(timeout=DEADLINE_S) == 1 and "5 passes in a row failed" in daemon.log(),
              f"it ends: {daemon.log()}")
        check(daemon.log().count("cannot be told") == 5 and "t.state is missing" in daemon.log(),
              f"and says why: {daemon.log()}")
done()
