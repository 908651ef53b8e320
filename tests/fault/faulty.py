"""faulty_holdfast for scripts: a server that runs commands with faults, and a look at what they left behind.

Environment: FAULTY is a faulty_holdfast.
"""

import contextlib
import hashlib
import json
import os
import select
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
import zipfile

FAULTY = os.environ["FAULTY"]
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # nothing here waits for a disk
SIGABRT, SIGKILL = -6, -9
LONGEST = 1600  # seconds that a command may take: what takes longer hangs


def make_data_dir(folder):
    """A stand-in for the relay's package: nothing here runs it, and the real one is 6 MiB in every world."""
    os.makedirs(os.path.join(folder, "relay"))
    with zipfile.ZipFile(os.path.join(folder, "relay", "bootstrap.zip"), "w") as package:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        package.writestr(entry, "#!/bin/sh\n")
    return folder


class Server:
    """`faulty_holdfast --serve`. Not for two threads at once."""

    def __init__(self, data_dir, **more):
        environment = {"PATH": os.environ["PATH"], "HOLDFAST_DATA_DIR": data_dir, "USER": "tester",
                       "TMPDIR": MEMORY or "/tmp",
                       "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1", "UBSAN_OPTIONS": "abort_on_error=1", **more}
        self.process = subprocess.Popen([FAULTY, "--serve"], env=environment, text=True, start_new_session=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self, folder, args, faults="", seed=1, report=None, chance=None):
        """The exit status, or minus the signal; what was printed is in the files "out" and "err" of the folder."""
        look_away()  # what stays open while the program works on the file would spoil what the next look reads
        environment = [f"HOLDFAST_FAULTS={faults}", f"HOLDFAST_FAULT_SEED={seed}"]
        if chance is not None:
            environment.append(f"HOLDFAST_FAULT_CHANCE={chance}")
        if report:
            environment.append(f"HOLDFAST_FAULT_REPORT={report}")
        self.process.stdin.write("\t".join([folder, *environment, "--", *args]) + "\n")
        self.process.stdin.flush()
        if not select.select([self.process.stdout], [], [], LONGEST)[0]:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise TimeoutError(f"{' '.join(args)} did not end within {LONGEST} seconds")
        return int(self.process.stdout.readline())

    def warm(self, folder, *commands):
        """Runs commands in the server itself, so that those after them find made what they leave behind (serve.h)."""
        for args in commands:
            self.process.stdin.write("@" + "\t".join([folder, *args]) + "\n")
            self.process.stdin.flush()
            if (status := self.process.stdout.readline()) != "0\n":
                raise RuntimeError(f"{' '.join(args)} ended with {status}in the server: {read(folder, 'err')}")

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)


class Servers:
    """One server for each thread that asks, warm(server) before it does. The commands of a folder, and of each copy of it, do
    the same as often as they run: the number of each decides what is left to chance."""

    def __init__(self, data_dir, warm):
        self.data_dir, self.warm, self.local, self.all = data_dir, warm, threading.local(), []

    def run(self, folder, args, **options):
        if not hasattr(self.local, "server"):
            self.local.server = Server(self.data_dir)
            self.warm(self.local.server)
            self.all.append(self.local.server)
        return self.local.server.run(folder, args, chance=count(folder), **options)

    def close(self):
        for server in self.all:
            server.close()


def count(folder):
    """How many commands have run there."""
    with open(os.path.join(folder, "commands"), "a+b") as file:
        file.write(b".")
        return file.tell()


def count_from(folder, number):
    with open(os.path.join(folder, "commands"), "wb") as file:
        file.write(b"." * number)


@contextlib.contextmanager
def scratch(keep=False):
    folder = tempfile.mkdtemp(prefix="holdfast-fault-", dir=MEMORY)
    try:
        yield folder
    finally:
        look_away()
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def write(folder, text):
    with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
        file.write(text)


def read(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
        return file.read()


def read_report(folder, name="report"):
    return json.loads(read(folder, name))


def database(folder, ending):
    """The folder's state (".simulated.db") or world (".world.db"), None when there is none."""
    inside = os.path.join(folder, ".holdfast")
    names = [n for n in os.listdir(inside) if n.endswith(ending)] if os.path.isdir(inside) else []
    return os.path.join(inside, names[0]) if names else None


looking = threading.local()


def query(path, sql):
    """A connection serves until the thread's next command, so that a look at what one left behind opens each file once."""
    if not hasattr(looking, "at"):
        looking.at = {}
    if path not in looking.at:
        looking.at[path] = sqlite3.connect(path)
    return looking.at[path].execute(sql).fetchall()


def look_away():
    for connection in getattr(looking, "at", {}).values():
        connection.close()
    looking.at = {}


def rows(folder):
    """What the state says that we own, without what AWS or chance invents."""
    return query(database(folder, ".simulated.db"),
                 "SELECT address, type, account_id, region, adopted, prevent_destroy FROM resource ORDER BY address")


def open_intents(folder):
    state = database(folder, ".simulated.db")
    if not state or not query(state, "SELECT * FROM sqlite_master WHERE name = 'journal'"):
        return []  # whoever made it died before it was whole
    return query(state, "SELECT seq, address, action FROM journal WHERE phase = 'open' ORDER BY seq")


def open_types(folder):
    """Of what the open intents are about."""
    state = database(folder, ".simulated.db")
    return {row[0] for row in query(state, "SELECT DISTINCT type FROM journal WHERE phase = 'open'")} if open_intents(folder) else set()


def journaled(folder):
    """The addresses that any run meant to change."""
    return {row[0] for row in query(database(folder, ".simulated.db"), "SELECT DISTINCT address FROM journal")}


def created(folder):
    """How many objects each kind of call has brought into being."""
    return dict(((account, region, f"{service}:{operation}"), number) for account, region, service, operation, number in
                query(database(folder, ".world.db"), "SELECT account, region, service, operation, sum(created) FROM call "
                      "WHERE created > 0 GROUP BY account, region, service, operation"))


def objects(folder):
    """Every object of the world as it is stored."""
    return {row[:4]: row[4] for row in
            query(database(folder, ".world.db"), "SELECT kind, account, region, id, json FROM object")}


def stands(folder, kind, identifier):
    """Whether the world has an object of that kind and id."""
    world = database(folder, ".world.db")
    return bool(world and query(world, f"SELECT 1 FROM object WHERE kind = '{kind}' AND id = '{identifier}'"))


def writes(folder, but=""):
    """How many calls have changed anything, those of one service excepted."""
    world = database(folder, ".world.db")  # there is none before a first run has made it
    return query(world, f"SELECT count(*) FROM call WHERE writes AND status < 300 AND service <> '{but}'")[0][0] if world else 0


def changes(folder, operation):
    """Whether a call that the world has answered was one that changes something."""
    return query(database(folder, ".world.db"),
                 f"SELECT count(*) FROM call WHERE writes AND service || ':' || operation = '{operation}'")[0][0] > 0


def unrecorded(folder):
    """Whether a file says what a state could not take."""
    return database(folder, ".unrecorded.jsonl") is not None


def remains(folder):
    """A digest of all that the next command finds: two that are equal lead it to the same. Nothing is touched. Left out are
    what that command does not read (who called what before, sessions, locks that were given back, what was printed) and a
    lock's note, which is for people."""
    world, parts = database(folder, ".world.db"), []
    for rows_of in WORLD if world else ():
        parts.append(query(world, f"SELECT {rows_of}"))
    for path, _, names in os.walk(folder):
        for name in sorted(names):
            if ".world.db" not in name and not name.endswith("-shm") and name not in ("out", "err", "report", "commands"):
                parts += [name, None if name.endswith(".lock") else content(os.path.join(path, name))]
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).digest()


WORLD = ("* FROM meta ORDER BY name", "* FROM task ORDER BY seq",
         "* FROM object WHERE kind <> '~sts.session' AND id NOT LIKE '%.lock?%' ORDER BY kind, account, region, id",
         "at, account, region, service, operation, status, code, created FROM call WHERE writes ORDER BY seq")


def content(path):
    """The rows of a database that was closed; any other file as it is, and so the log of one that nobody has closed."""
    if path.endswith(".db") and not any(os.path.exists(path + ending) for ending in ("-wal", "-journal")):
        with contextlib.suppress(sqlite3.DatabaseError), \
                contextlib.closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as closed:
            tables = closed.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
            return [tables, closed.execute("PRAGMA user_version").fetchall(),
                    *(closed.execute(f'SELECT * FROM "{name}"').fetchall() for name, sql in tables if "CREATE TABLE" in str(sql))]
    with open(path, "rb") as file:
        return file.read()


def lose_state(folder):
    """The disk of the machine that worked is gone; AWS is not."""
    look_away()
    inside = os.path.join(folder, ".holdfast")
    for name in os.listdir(inside) if os.path.isdir(inside) else []:
        if ".simulated.db" in name:
            os.unlink(os.path.join(inside, name))


def drop_unborn_world(folder):
    """A simulated world whose making was cut short: its own fault, not the program's."""
    path = database(folder, ".world.db")
    if path and (not query(path, "SELECT * FROM sqlite_master WHERE name = 'object'") or
                 not query(path, "SELECT * FROM object LIMIT 1")):
        look_away()
        for ending in ("", "-wal", "-shm", "-journal"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path + ending)
