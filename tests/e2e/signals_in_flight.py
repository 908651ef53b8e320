"""A signal ends whatever a command waits for: calls whose answer never comes, waits of minutes, a question. What flew is
settled by the next run. Two signals end it at once; some signals are not for it."""

import os
import pty
import select
import signal
import socket
import subprocess
import threading

from harness import HOLDFAST, Served, check, clean_environment, done, holdfast, workspace

TOPOLOGY = """version: 1
name: t
accounts: {main: {id: "111122223333"}}
regions: {one: us-east-1}
keys: {k: {account: main, region: one}}
vaults: {v: {account: main, region: one, key: k}, w: {account: main, region: one, key: k}}
plans:
  p:
    account: main
    region: one
    rules: {daily: {target_vault: v, schedule_expression: "cron(0 5 ? * * *)"}}
    selections: {all: {resources: ["arn:aws:rds:*:*:db:*"]}}
"""
ALL = ("--allow-destroy", "vaults.v", "--allow-destroy", "vaults.w", "--allow-destroy", "keys.k")
LIMIT = 60  # seconds; every wait that is tested here is longer, and no wait that is allowed is half as long


class Proxy:
    """Hands bytes on, and the answers only while it is open: what was asked meanwhile has been done all the same."""

    def __init__(self, url):
        self.there = ("127.0.0.1", int(url.rpartition(":")[2]))
        self.open, self.holds = threading.Event(), threading.Event()
        self.open.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            here, _ = self.listener.accept()
            there = socket.create_connection(self.there)
            threading.Thread(target=self.hand_on, args=(here, there, False), daemon=True).start()
            threading.Thread(target=self.hand_on, args=(there, here, True), daemon=True).start()

    def close(self):
        self.holds.clear()
        self.open.clear()

    def wait_for_answer(self):
        check(self.holds.wait(LIMIT), "a call has run, and its answer is held back")

    def hand_on(self, source, sink, answers):
        try:
            while data := source.recv(65536):
                if answers and not self.open.is_set():
                    self.holds.set()
                    self.open.wait()
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Command:
    def __init__(self, world, url, *args, **popen):
        env = clean_environment({**world.environment(), "AWS_ENDPOINT_URL": url})
        self.args = args
        popen = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, **popen}
        self.process = subprocess.Popen([HOLDFAST, *args], cwd=world.folder, env=env, text=True, **popen)

    def until(self, text):
        for line in self.process.stderr:
            if text in line:
                return
        check(False, f"{self.args}: never said {text}")

    def send(self, number):
        self.process.send_signal(number)

    def end(self, status):
        """The end by itself: a command that waits on is killed and fails the test."""
        try:
            out, err = self.process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            check(False, f"{self.args}: goes on after a signal")
        check(self.process.returncode == status,
              f"{self.args}: status {self.process.returncode}, expected {status}: {out}{err}")
        return out, err


def read_until(terminal, text):
    said = ""
    while text not in said:
        try:
            said += os.read(terminal, 4096).decode()
        except OSError:  # nobody is left who could write
            break
    return said


def run(world, url, *args, expect=0):
    return holdfast(*args, cwd=world.folder, env={**world.environment(), "AWS_ENDPOINT_URL": url}, expect=expect)


def converges(world, url, what):
    run(world, url, "apply", "--auto-approve")
    check(run(world, url, "plan", "--json").json["changes"] == [], f"{what}: all is there after another run")
    check(run(world, url, "state", "journal", "--json").json["open_intents"] == [], f"{what}: no intent is open")
    made = world.dump()
    check(str(made).count("'Enabled'") == 1, f"{what}: one key in use, and no second: {made}")


def fresh(folder):
    with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
        file.write(TOPOLOGY)


with workspace() as folder:
    fresh(folder)
    with Served(folder) as world:
        proxy = Proxy(world.url)

        # reading: nothing has changed, nothing is waited for
        proxy.close()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            for args in (["plan"], ["apply", "--auto-approve"], ["destroy", "--auto-approve"], ["drift"], ["whoami"],
                         ["verify"], ["import", "vaults.v", "x"]):
                if number != signal.SIGTERM and args[0] not in ("plan", "apply"):
                    continue
                command = Command(world, proxy.url, *args)
                proxy.wait_for_answer()
                proxy.holds.clear()
                command.send(number)
                out, err = command.end(128 + number)
                check("Sanitizer" not in err and out == "", f"{args}: {out}{err}")
        proxy.open.set()

        # changing: what flies is waited for within the grace, and settled by the next run
        for first, grace in (("created   keys.k", "1"), ("created   vaults", "0")):
            command = Command(world, proxy.url, "apply", "--auto-approve", "--grace", grace, "--parallelism", "1")
            command.until(first)
            proxy.close()
            proxy.wait_for_answer()
            command.send(signal.SIGTERM)
            out, err = command.end(143)
            check("Apply:" in out, f"it counts what was done: {out}{err}")
            proxy.open.set()
        converges(world, proxy.url, "lost answers of creates")

        # two signals: now
        command = Command(world, proxy.url, "destroy", "--auto-approve", *ALL, "--grace", "3600", "--parallelism", "1")
        command.until("deleted ")
        proxy.close()
        proxy.wait_for_answer()
        command.send(signal.SIGINT)
        check(not select.select([command.process.stdout], [], [], 1)[0], "it waits for what flies")
        command.send(signal.SIGTERM)
        command.end(143)
        proxy.open.set()
        converges(world, proxy.url, "two signals")

        # signals that were ignored before are not for it; nobody who reads is no reason to stop
        run(world, proxy.url, "destroy", "--auto-approve", *ALL)
        command = Command(world, proxy.url, "apply", "--auto-approve",
                          preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        command.until("created")
        command.send(signal.SIGHUP)
        command.end(0)
        run(world, proxy.url, "destroy", "--auto-approve", *ALL)
        command = Command(world, proxy.url, "apply", "--auto-approve")
        command.until("created")
        command.process.stderr.close()
        command.process.stderr = None
        check(command.process.wait(LIMIT) == 0, "a closed stderr stops nothing")
        converges(world, proxy.url, "nobody reads")
        command = Command(world, proxy.url, "state", "list")
        command.process.stdout.close()
        command.process.stdout = None
        command.end(1)

        # a question
        run(world, proxy.url, "destroy", "--auto-approve", *ALL)
        for number in (signal.SIGINT, signal.SIGTERM):
            terminal, ours = pty.openpty()
            command = Command(world, proxy.url, "apply", stdin=ours, stderr=ours)
            os.close(ours)
            said = read_until(terminal, "Type")
            check("Type" in said, f"it asks: {said}")
            command.send(number)
            command.end(128 + number)
            said = read_until(terminal, "HF0903")
            check("nothing was done" in said, f"and says so: {said}")
            os.close(terminal)
        check(run(world, proxy.url, "state", "list", "--json").json["resources"] == [], "nothing was done")

    # a wait of minutes for AWS to agree with itself
    fresh(folder)

with workspace() as folder:
    fresh(folder)
    with Served(folder) as world:
        world.settings(iam_delay_ms=3600000)
        for grace in ("1", "0"):
            command = Command(world, world.url, "apply", "--auto-approve", "--grace", grace)
            command.until("created   plans.p")
            check(not select.select([command.process.stdout], [], [], 2)[0], "it waits for the role")
            command.send(signal.SIGTERM)
            command.end(143)
            run(world, world.url, "destroy", "--auto-approve", *ALL)
        world.settings(iam_delay_ms=0)
        converges(world, world.url, "a long wait")
done()
