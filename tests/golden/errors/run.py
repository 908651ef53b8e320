"""Bad input: every folder CLASS/CASE here that holds `expected` is a case. README.md tells what it may hold.

    run.py [CLASS | CLASS/CASE ...]

With no argument all cases run, and then the catalogue is checked: every code must have been shown.
"""

import concurrent.futures
import hashlib
import http.client
import http.server
import json
import os
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(os.path.dirname(HERE))
HOLDFAST = os.environ["HOLDFAST"]
CATALOGUE = os.environ["CATALOGUE"]  # engine/base/diag_codes.inc
DEFAULT_COMMAND = ["apply", "--simulate", "--auto-approve"]
CASES_MIN = 4
CLASSES = ("unknown-key", "wrong-type", "dangling-reference", "cycle", "duplicate-key", "duplicate-identity",
           "wrong-account", "missing-credential", "unreachable-endpoint", "not-a-state", "foreign-state")


class Fault(Exception):
    """What is wrong with a case."""


def read(path, otherwise=""):
    if not os.path.exists(path):
        return otherwise
    with open(path, encoding="utf-8") as file:
        return file.read()


def lines(path):
    return [line for line in read(path).splitlines() if line]


# ---- the program ----

class Case:
    def __init__(self, name):
        self.name = name
        self.source = os.path.join(HERE, name)
        self.folder = tempfile.mkdtemp(prefix="holdfast-error-")
        self.simulator = self.proxy = self.url = None

    def __enter__(self):
        shutil.copytree(self.source, self.folder, dirs_exist_ok=True)
        if os.path.exists(f"{self.source}/serve"):
            self.serve()
        if os.path.exists(f"{self.source}/answers.json"):
            self.proxy = Proxy(json.loads(read(f"{self.source}/answers.json")), self.url)
            self.url = self.proxy.url
        self.extra = dict(self.expand(line).split("=", 1) for line in lines(f"{self.source}/environment"))
        return self

    def __exit__(self, *_):
        if self.simulator:
            self.simulator.terminate()
            self.simulator.communicate(timeout=30)
        if self.proxy:
            self.proxy.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def expand(self, text):
        return (text.replace("$CASE", self.folder).replace("$URL", self.url or "")
                .replace("$PORT", (self.url or "").rpartition(":")[2]))

    def environment(self, extra=None):
        env = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "HOLDFAST_"))}
        env.update({k: os.environ[k] for k in ("HOLDFAST_DATA_DIR", "HOLDFAST_RECORD") if k in os.environ})
        return {**env, "HOME": self.folder, "USER": "tester", "AWS_EC2_METADATA_DISABLED": "true",
                "PYTHONPATH": TESTS, **(extra or {})}

    def serve(self):
        """A simulator in a process of its own; `serve` holds further arguments, one a line."""
        args = ["simulator", "serve", "--world", "served.world.db", *lines(f"{self.source}/serve")]
        self.simulator = subprocess.Popen([HOLDFAST, *args], cwd=self.folder, env=self.environment(), text=True,
                                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                          stderr=subprocess.PIPE)
        ready = re.match(r"listening on (http://\S+)", self.simulator.stdout.readline())
        if not ready:
            raise Fault(f"the simulator did not start: {self.simulator.communicate()[1]}")
        self.url = self.simulator_url = ready.group(1)

    def run(self, args, extra=None, file_size=0):
        def limit():  # the program ignores SIGXFSZ itself: writing fails as on a full disk
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))

        result = subprocess.run([HOLDFAST, *args], cwd=self.folder, env=self.environment(extra), timeout=120,
                                check=False, input=read(f"{self.source}/stdin").encode(),
                                preexec_fn=limit if file_size else None,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        result.stdout = result.stdout.decode(errors="replace")
        result.stderr = result.stderr.decode(errors="replace")
        if "Sanitizer" in result.stderr or "runtime error:" in result.stderr:
            raise Fault(f"{args} broke:\n{result.stderr}")
        return result

    def before(self):
        if os.path.exists(f"{self.source}/before.sh"):
            env = self.environment({"HOLDFAST": HOLDFAST, "URL": self.url or "", "CASE": self.folder})
            done = subprocess.run(["sh", "-e", "before.sh"], cwd=self.folder, env=env, text=True, timeout=300,
                                  check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
            if done.returncode != 0:
                raise Fault(f"before.sh ended with {done.returncode}: {done.stdout}")

    def command(self):
        args = [self.expand(line) for line in lines(f"{self.source}/command")]
        return args or DEFAULT_COMMAND

    def writes(self):
        """How many calls wrote so far, in every world of the case."""
        ledgers = []
        if self.simulator:
            ledgers.append(["--endpoint-url", self.simulator_url])
        for root, _, names in os.walk(self.folder):
            ledgers += [["--world", os.path.join(root, name)] for name in names
                        if name.endswith(".world.db") and name != "served.world.db"]
        count = 0
        for where in ledgers:
            result = self.run(["simulator", "dump", "--calls", *where])
            if result.returncode != 0:
                continue  # the world itself is the bad input
            count += sum(1 for call in json.loads(result.stdout) if call["writes"])
        return count

    def states(self, journalled):
        """What the states of the case say. A new one that says nothing is as good as none."""
        found = {}
        for root, _, names in os.walk(self.folder):
            for name in names:
                path = os.path.join(root, name)
                if name.endswith(".db") and "world" not in name and not os.path.islink(path):
                    said = content(path, journalled)
                    if said:
                        found[path] = said
        return found


def content(path, journalled):
    with tempfile.TemporaryDirectory() as copies, open(path, "rb") as file:
        data = file.read()
        for suffix in ("", "-wal"):
            if os.path.exists(path + suffix):
                shutil.copyfile(path + suffix, f"{copies}/state{suffix}")
        try:
            with sqlite3.connect(f"{copies}/state") as db:
                # made by the first run that may need it, and says nothing of the world
                db.execute("DELETE FROM fact WHERE key = 'plan_secret'")
                owner = db.execute("SELECT lineage, topology, world, format FROM meta").fetchall()
                facts = "fact WHERE key != 'plan_secret'" if journalled else "fact"  # made when something sensitive begins
                tables = ["resource", facts, *(() if journalled else ("journal",))]
                rows = [db.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in tables]
            return (owner, rows) if any(rows) else None
        except sqlite3.Error:
            return hashlib.sha256(data).hexdigest()


# ---- a server that answers some calls by itself and hands the others on ----

class Proxy:
    """`rules`: a list of {"match": pattern, "status": 400, "headers": {}, "body": "..."}; the pattern is searched
    in `METHOD PATH`, the x-amz-target and the body. What matches none goes to the simulator."""

    def __init__(self, rules, behind):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self):
                self.raw_requestline = self.rfile.readline(65537)
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                text = "\n".join((f"{self.command} {self.path}", self.headers.get("X-Amz-Target", ""),
                                  body.decode(errors="replace")))
                for rule in rules:
                    if re.search(rule["match"], text):
                        if "status" not in rule:  # the connection just ends
                            self.close_connection = True
                            return
                        self.reply(rule["status"], rule.get("headers", {}), rule.get("body", "").encode())
                        return
                if not behind:
                    self.reply(501, {}, b"")
                    return
                there = http.client.HTTPConnection(behind.split("//")[1], timeout=60)
                there.request(self.command, self.path, body, dict(self.headers))
                answer = there.getresponse()
                data = answer.read()
                self.reply(answer.status, {k: v for k, v in answer.getheaders()
                                           if k.lower() not in ("content-length", "connection", "date")}, data)
                there.close()

            def reply(self, status, headers, body):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


# ---- what was said, what should be ----

def place_text(file, line, column):
    if not line:
        return ""
    name = os.path.basename(file)
    return f"{line}:{column}" if name == "topology.yaml" else f"{name}:{line}:{column}"


def said(result):
    """[`HF0201 3:5`, `warning HF0906`, ...] as stderr shows them."""
    found = []
    for line in result.stderr.splitlines():
        match = re.match(r"(?:(.*?):(\d+):(\d+): |.*?: )?(error|warning)\[(HF\d+)\]: ", line)
        if match:
            place = place_text(*match.group(1, 2, 3))
            words = [match.group(5), place] if match.group(4) == "error" else ["warning", match.group(5), place]
            found.append(" ".join(w for w in words if w))
    return sorted(found)


def said_as_json(result):
    found = []
    for diag in json.loads(result.stdout)["diagnostics"]:
        place = place_text(diag.get("file"), diag.get("line"), diag.get("column"))
        words = [diag["code"], place] if diag["severity"] == "error" else ["warning", diag["code"], place]
        found.append(" ".join(w for w in words if w))
    return sorted(found)


class Expected:
    def __init__(self, path):
        self.status, self.diagnostics, self.texts, self.journalled = None, [], [], False
        for line in lines(path):
            word, _, rest = line.partition(" ")
            if word == "status":
                self.status = int(rest)
            elif word == "says":
                self.texts.append(rest)
            elif word == "journalled":
                self.journalled = True
            elif re.fullmatch(r"(warning )?HF\d{4}( \S+)?", line):
                self.diagnostics.append(line)
            else:
                raise Fault(f"`{line}` in `expected` means nothing")
        self.diagnostics.sort()
        if self.status in (None, 0) or not self.diagnostics:
            raise Fault("`expected` must name a status other than 0 and a diagnostic")


def check(case):
    expected = Expected(f"{case.source}/expected")
    case.before()
    states, written = case.states(expected.journalled), case.writes()
    args = case.command()
    result = case.run(args, case.extra, int(read(f"{case.source}/file-size", "0")))
    if result.returncode != expected.status:
        raise Fault(f"status {result.returncode}, expected {expected.status}\n{result.stdout}{result.stderr}")
    got = said(result)
    if got != expected.diagnostics:
        raise Fault(f"said {got}, expected {expected.diagnostics}\n{result.stderr}")
    for text in expected.texts:
        if text not in result.stderr:
            raise Fault(f"does not say `{text}`:\n{result.stderr}")
    if case.states(expected.journalled) != states:
        raise Fault("the state changed")
    if case.writes() != written:
        raise Fault("a call wrote")
    if args is DEFAULT_COMMAND and states == {}:
        offline = case.run(["validate", "--json"], case.extra)
        if offline.returncode != expected.status or said_as_json(offline) != expected.diagnostics:
            raise Fault(f"validate --json differs: status {offline.returncode}\n{offline.stdout}")
    return {word for line in got for word in line.split() if word.startswith("HF")}


def one(name):
    try:
        with Case(name) as case:
            return check(case), None
    except Fault as fault:
        return set(), str(fault)


# ---- all together ----

def case_names():
    return sorted(os.path.relpath(root, HERE) for root, _, files in os.walk(HERE) if "expected" in files)


def catalogue_faults(names, seen):
    symbols = dict(re.findall(r'^DIAG\((\w+), "(HF\d+)"', read(CATALOGUE), flags=re.M))
    ids = {code: symbol for symbol, code in symbols.items()}
    elsewhere = dict(line.split() for line in lines(f"{HERE}/shown-elsewhere"))
    for code, test in elsewhere.items():
        text = read(os.path.join(TESTS, test))
        if code in seen:
            yield f"{code} has a case and needs no line in shown-elsewhere"
        elif code not in text and ids.get(code, "no code") not in text:
            yield f"tests/{test} does not show {code}"
    bare = sorted(set(ids) - seen - set(elsewhere))
    if bare:
        yield f"codes of the catalogue without a case: {', '.join(f'{c} {ids[c]}' for c in bare)}"
    for kind in CLASSES:
        count = sum(1 for name in names if name.split("/")[0] == kind)
        if count < CASES_MIN:
            yield f"the class {kind} has {count} cases, fewer than {CASES_MIN}"


def main():
    only, names, seen, faults = sys.argv[1:], case_names(), set(), []
    if only:
        names = [n for n in names if any(n == o.rstrip("/") or n.startswith(o.rstrip("/") + "/") for o in only)]
        if not names:
            sys.exit(f"no case is called {' or '.join(only)}")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, (codes, fault) in zip(names, pool.map(one, names)):
            seen |= codes
            if fault:
                faults.append(f"{name}: {fault}")
    passed = len(names) - len(faults)
    if not only and not faults:
        faults += catalogue_faults(names, seen)
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{passed} of {len(names)} cases passed")
    sys.exit(1 if faults else 0)


main()
