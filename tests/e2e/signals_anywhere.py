"""Signals at random moments, as shells, process groups and terminals send them: the status is the signal's, the lock is
free, and running again ends with what one run would have made. SIGNALS_SEED repeats a run."""

import fcntl
import json
import os
import random
import shlex
import shutil
import signal
import subprocess
import time

from harness import HOLDFAST, Served, check, clean_environment, done, holdfast, leave_out, workspace

SEED = int(os.environ.get("SIGNALS_SEED", random.randrange(1 << 32)))
SHOTS = int(os.environ.get("SIGNALS_SHOTS", "40" if os.environ.get("HOLDFAST_SOAK") else "3"))  # of each way, on the way up and on the way down
NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TOPOLOGY = """version: 1
name: t
accounts: {main: {id: "111122223333"}}
regions: {one: us-east-1}
keys: {k: {account: main, region: one}, l: {account: main, region: one}}
vaults: {v: {account: main, region: one, key: k}, w: {account: main, region: one, key: l}}
plans:
  p:
    account: main
    region: one
    rules: {daily: {target_vault: v, schedule_expression: "cron(0 5 ? * * *)"}}
    selections: {all: {resources: ["arn:aws:rds:*:*:db:*"]}}
"""
UP = ("apply", "--auto-approve", "--parallelism", "2")
DOWN = ("destroy", "--auto-approve", "--parallelism", "2", *(word for address in ("keys.k", "keys.l", "vaults.v",
                                                                                  "vaults.w")
                                                             for word in ("--allow-destroy", address)))


def wait_for(path):
    end = time.monotonic() + 120
    while not (os.path.exists(path) and os.path.getsize(path)):
        check(time.monotonic() < end, f"{path} appears")
        time.sleep(0.02)
    with open(path, encoding="utf-8") as file:
        return file.read().strip()


class Shots:
    def __init__(self, world):
        self.world = world
        self.env = clean_environment(world.environment())
        self.status = os.path.join(world.folder, "status")
        self.random = random.Random(SEED)
        self.terminals = 0

    def alone(self, words, number, wait):
        """To the process only."""
        process = subprocess.Popen([HOLDFAST, *words], cwd=self.world.folder, env=self.env,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(wait)
        process.send_signal(number)
        return process.wait(120)

    def group(self, words, number, wait):
        """To the group of a shell that waits for the command, as a CI's runner does it."""
        script = f'trap : INT TERM HUP; {shlex.join([HOLDFAST, *words])}; echo $? > status'
        process = subprocess.Popen(["sh", "-c", script], cwd=self.world.folder, env=self.env, start_new_session=True,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(wait)
        os.killpg(process.pid, number)
        process.wait(120)
        return int(wait_for(self.status))

    def terminal(self, words, _, wait):
        """C-c, typed in a terminal of tmux."""
        self.terminals += 1  # a server that was ended may hold its socket a little longer
        socket = os.path.join(self.world.folder, f"tmux{self.terminals}")
        script = f'{shlex.join([HOLDFAST, *words])}; echo $? > status'
        tmux = ["tmux", "-S", socket, "-f", "/dev/null"]
        subprocess.run([*tmux, "new-session", "-d", "-s", "t", "-x", "200", "-y", "50", "sh"], cwd=self.world.folder,
                       env={**self.env, "TERM": "xterm"}, check=True)
        try:
            subprocess.run([*tmux, "send-keys", "-t", "t", "-l", f"trap : INT; {script}\n"], check=True)
            time.sleep(wait)
            subprocess.run([*tmux, "send-keys", "-t", "t", "C-c"], check=True)
            return int(wait_for(self.status))
        finally:
            subprocess.run([*tmux, "kill-server"], check=False)

    def shoot(self, way, words, longest):
        if os.path.exists(self.status):
            os.remove(self.status)
        number = signal.SIGINT if way == self.terminal else self.random.choice(NUMBERS)
        wait = self.random.uniform(0, longest)
        status = way(words, number, wait)
        what = f"{way.__name__}, {words[0]}, {number.name} after {wait:.3f} s, seed {SEED}"
        # 0: it was done before; -n: it was not even up, so that nobody heard
        check(status in (0, 128 + number, -number), f"{what}: status {status}")
        state = [n for n in os.listdir(f"{self.world.folder}/.holdfast") if n.endswith(".lock")] \
            if os.path.exists(f"{self.world.folder}/.holdfast") else []
        for name in state:
            with open(f"{self.world.folder}/.holdfast/{name}", "r+", encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises where somebody holds it
                check(status < 0 or file.read() == "", f"{what}: the lock is given back")
        return status

    def run(self, *words, expect=0):
        return holdfast(*words, cwd=self.world.folder, env=self.world.environment(), expect=expect)


print(f"SIGNALS_SEED={SEED}, {SHOTS} shots of each way")
with workspace() as folder:
    with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
        file.write(TOPOLOGY)
    with Served(folder, "--latency", "20") as world:
        shots = Shots(world)
        begun = time.monotonic()
        shots.run(*UP)
        longest = time.monotonic() - begun
        made = world.dump("--stable")
        shots.run(*DOWN)
        ways = [shots.alone, shots.group]
        if shutil.which("tmux"):
            ways.append(shots.terminal)
        else:
            leave_out("tmux is not there: no C-c was typed in a terminal")
        statuses = []
        for way in ways:
            for words in (UP, DOWN):
                statuses += [shots.shoot(way, words, longest) for _ in range(SHOTS)]
                shots.run(*words)
                left = shots.run("state", "journal", "--json").json["open_intents"]
                check(left == [], f"no intent is open, seed {SEED}: {left}")
                if words == UP:
                    check(shots.run("plan", "--json").json["changes"] == [], f"all is there, seed {SEED}")
                    now = world.dump("--stable")
                    check(str(now).count("'Enabled'") == str(made).count("'Enabled'"),
                          f"and nothing twice, seed {SEED}: {json.dumps(now)}")
                else:
                    check(shots.run("state", "list", "--json").json["resources"] == [], f"all is gone, seed {SEED}")
        print(f"{len(ways)} ways; statuses {sorted(statuses)}")
done()
