"""What holdfast costs, beside terraform's built-in terraform_data (which does less) where that is installed.

Figures are of whole processes: wall seconds, CPU seconds, peak memory, bytes written to disk. Each is the
median of its runs; commands that are compared run in turn, so that a machine that slows down slows both.
Nothing is asserted: machines differ, ratios and counts travel.
"""

import argparse
import contextlib
import gzip
import json
import os
import shutil
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HOLDFAST = os.environ["HOLDFAST"]
TERRAFORM = shutil.which("terraform")
GROUP = 12  # resources that one group of entries becomes
PARTS = ["start", "sizes", "local", "latency", "state", "rows", "shared", "proof", "bootstrap", "relay"]
APPLY = ["apply", "--auto-approve", "--quiet"]


# ---- what is measured ----

def topology(resources):
    """Groups of key, alias, vault, its policy and its lock, plan, selection and their role, queue, role, log
    group and rule."""
    groups = max(1, round(resources / GROUP))
    out = ["version: 1", "name: bench", "accounts:",
           '  main: {id: "111122223333", assume_role: "arn:aws:iam::111122223333:role/holdfast-deployer"}',
           "regions: {r: us-east-1}"]
    sections = {"keys": [], "vaults": [], "plans": [], "queues": [], "roles": [], "resources": [], "rules": []}
    place = "account: main, region: r"
    for i in range(groups):
        sections["keys"].append(f"  k{i}: {{{place}}}")
        sections["vaults"].append(
            f"  v{i}: {{{place}, key: k{i}, accept_copies_from: [main], "
            "lock: {mode: governance, min_retention_days: 1, max_retention_days: 400}}")
        sections["plans"].append(
            f"  p{i}: {{{place}, rules: {{daily: {{target_vault: v{i}, lifecycle: {{delete_after_days: 30}}}}}}, "
            f"selections: {{all: {{list_of_tags: {{backup: g{i}}}}}}}}}")
        sections["queues"].append(f"  q{i}: {{{place}}}")
        sections["roles"].append(
            f"  r{i}: {{account: main, assume_role_policy_document: {{Version: '2012-10-17', Statement: "
            "[{Effect: Allow, Principal: {Service: backup.amazonaws.com}, Action: 'sts:AssumeRole'}]}}")
        sections["resources"].append(
            f"  l{i}: {{type: aws_log_group, {place}, properties: {{name: /bench/{i}, retention_in_days: 30}}}}")
        sections["rules"].append(
            f"  e{i}: {{{place}, event_pattern: {{source: [aws.backup]}}, targets: {{q: {{queue: q{i}}}}}}}")
    for name, lines in sections.items():
        out.append(f"{name}:")
        out.extend(lines)
    return "\n".join(out) + "\n"


def terraform_blocks(resources):
    """Blocks that wait for one another in chains as long as our groups."""
    out = ['variable "rev" { default = 1 }']
    for i in range(resources):
        after = f"\n  depends_on = [terraform_data.r{i - 1}]" if i % GROUP else ""
        out.append(f'resource "terraform_data" "r{i}" {{\n  input = {{ name = "r{i}", rev = var.rev, '
                   f'text = "{"x" * 200}" }}{after}\n}}')
    return "\n".join(out) + "\n"


# ---- how it is measured ----

@contextlib.contextmanager
def folder_with(name, text):
    folder = tempfile.mkdtemp(prefix="holdfast-bench-")
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(text)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def environment_of(extra):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    environment.update({"CHECKPOINT_DISABLE": "1", **(extra or {})})
    return environment


# The peak memory of a process counts what its parent's was when it was started, so that is a small one.
LAUNCHER = """
import os, sys, time
start = time.monotonic()
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(pid, 0)
wall = time.monotonic() - start
os.write(3, b"%d %f %f %d %d" % (os.waitstatus_to_exitcode(status), wall, usage.ru_utime + usage.ru_stime,
                                 usage.ru_maxrss, usage.ru_oublock))
"""


def run(command, cwd, env=None, expect=(0,)):
    reader, writer = os.pipe()
    with tempfile.TemporaryFile() as errors:
        subprocess.run(["sh", "-c", 'exec "$@" 3>&%d' % writer, "sh", sys.executable, "-I", "-S", "-c", LAUNCHER,
                        *command], cwd=cwd, env=environment_of(env), stdout=subprocess.DEVNULL, stderr=errors,
                       pass_fds=[writer], check=True)
        os.close(writer)
        with os.fdopen(reader) as pipe:
            code, wall, cpu, rss, blocks = pipe.read().split()
        if int(code) not in expect:
            errors.seek(0)
            raise SystemExit(f"{' '.join(command)} ended with {code}: {errors.read().decode()[:2000]}")
    return {"wall": float(wall), "cpu": float(cpu), "rss": int(rss) / 1024, "written": int(blocks) * 512}


def median(runs):
    return {k: statistics.median(r[k] for r in runs) for k in runs[0]}


def in_turn(count, *acts):
    """Each act `count` times, the acts in turn."""
    runs = [[] for _ in acts]
    for _ in range(count):
        for i, act in enumerate(acts):
            runs[i].append(act())
    return [median(r) for r in runs]


def header(title):
    print(f"\n{title}\n{'':<40} {'wall':>10} {'CPU':>10} {'memory':>10} {'written':>12}")


def row(name, figures, note=""):
    print(f"{name:<40} {figures['wall']:8.3f} s {figures['cpu']:8.3f} s {figures['rss']:7.0f} MB "
          f"{figures['written'] / 1e6:9.2f} MB  {note}", flush=True)


def calls_of(cwd, where):
    out = subprocess.run([HOLDFAST, "simulator", "dump", "--calls", *where], cwd=cwd, env=environment_of(None),
                         stdout=subprocess.PIPE, check=True).stdout
    return len(json.loads(out))


@contextlib.contextmanager
def served(folder, *options):
    process = subprocess.Popen([HOLDFAST, "simulator", "serve", *options], cwd=folder, text=True,
                               env=environment_of(None), stdout=subprocess.PIPE)
    try:
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


CREDENTIALS = {"AWS_ACCESS_KEY_ID": "111122223333", "AWS_SECRET_ACCESS_KEY": "x"}


# ---- start ----

def certificates(folder):
    """A CA, a certificate for localhost, and a bundle of the system's CAs with ours at its end."""
    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=bench")
    openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    with open(os.path.join(folder, "names"), "w", encoding="utf-8") as file:
        file.write("subjectAltName=DNS:localhost\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-out", "server.pem", "-days", "2", "-extfile", "names")
    with open("/etc/ssl/certs/ca-certificates.crt", encoding="utf-8") as system:
        with open(os.path.join(folder, "full.pem"), "w", encoding="utf-8") as full:
            full.write(system.read())
            with open(os.path.join(folder, "ca.pem"), encoding="utf-8") as ours:
                full.write(ours.read())
    # the same as a folder of single certificates, named by hash, as Debian has it in /etc/ssl/certs
    shutil.copytree("/etc/ssl/certs", os.path.join(folder, "full.d"))
    digest = subprocess.run(["openssl", "x509", "-hash", "-noout", "-in", "ca.pem"], cwd=folder, check=True,
                            stdout=subprocess.PIPE, text=True).stdout.strip()
    shutil.copy(os.path.join(folder, "ca.pem"), os.path.join(folder, "full.d", f"{digest}.0"))


REFUSAL = (b"<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>no</Message>"
           b"</Error><RequestId>1</RequestId></ErrorResponse>")


def refuse_all(folder, listener, count):
    """Answers every request over TLS with a refusal, and counts them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(folder, "server.pem"), os.path.join(folder, "server.key"))
    while True:
        try:
            plain, _ = listener.accept()
            with context.wrap_socket(plain, server_side=True) as connection:
                if connection.recv(65536):
                    count.append(1)
                connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/xml\r\nConnection: close\r\n"
                                   b"Content-Length: %d\r\n\r\n" % len(REFUSAL) + REFUSAL)
        except ssl.SSLError:
            continue
        except OSError:
            return


def part_start(options):
    header("start")
    acts = [lambda: run([HOLDFAST, "version"], "/")]
    if TERRAFORM:
        acts.append(lambda: run([TERRAFORM, "version"], "/"))
    results = in_turn(5 if options.quick else 15, *acts)
    row("holdfast version", results[0])
    if TERRAFORM:
        row("terraform version", results[1],
            f"holdfast takes {results[0]['wall'] / results[1]['wall']:.2f} of its time")
    with folder_with("topology.yaml", topology(10)) as folder:
        certificates(folder)
        listener = socket.create_server(("127.0.0.1", 0))
        count = []
        threading.Thread(target=refuse_all, args=(folder, listener, count), daemon=True).start()
        url = f"https://localhost:{listener.getsockname()[1]}"

        def first_request(bundle):
            env = {**CREDENTIALS, "AWS_CA_BUNDLE": os.path.join(folder, bundle)}
            return run([HOLDFAST, "whoami", "--endpoint-url", url], folder, env, expect=(1, 3))
        full, single, small = in_turn(5 if options.quick else 15, lambda: first_request("full.pem"),
                                      lambda: first_request("full.d"), lambda: first_request("ca.pem"))
        listener.close()
        if not count:
            raise SystemExit("no request has reached the server")
        note = f"whoami over TLS, refused; {len(count)} requests in all"
        row("first request, all CAs in a bundle", full, note)
        row("first request, all CAs in a folder", single, note)
        row("first request, one CA", small, note)


# ---- sizes ----

def holdfast_commands(folder):
    simulate = ["--simulate"]
    return {"validate": lambda: run([HOLDFAST, "validate"], folder),
            "no-op plan": lambda: run([HOLDFAST, "plan", *simulate], folder),
            "no-op apply": lambda: run([HOLDFAST, *APPLY, *simulate], folder)}


def terraform_commands(folder):
    plain = ["-no-color", "-input=false"]
    return {"validate": lambda: run([TERRAFORM, "validate"], folder),
            "no-op plan": lambda: run([TERRAFORM, "plan", *plain], folder),
            "no-op apply": lambda: run([TERRAFORM, "apply", "-auto-approve", *plain], folder)}


def one_size(size, options):
    header(f"{size} resources, simulator in process")
    # terraform's apply of 10 000 takes the better part of an hour: its state is written anew each time
    paired = TERRAFORM and size <= 1000
    with folder_with("topology.yaml", topology(size)) as ours, \
            folder_with("main.tf", terraform_blocks(size)) as theirs:
        figures = {"apply": run([HOLDFAST, *APPLY, "--simulate"], ours)}
        count = {"apply": calls_of(ours, ["--simulate"])}
        other = {}
        if paired:
            run([TERRAFORM, "init", "-no-color"], theirs)
            other["apply"] = run([TERRAFORM, "apply", "-auto-approve", "-no-color", "-input=false"], theirs)
        for name, act in holdfast_commands(ours).items():
            before = calls_of(ours, ["--simulate"])
            acts = [act, terraform_commands(theirs)[name]] if paired else [act]
            runs = 1 if options.quick else 3
            results = in_turn(runs, *acts)
            figures[name] = results[0]
            count[name] = (calls_of(ours, ["--simulate"]) - before) // runs
            if paired:
                other[name] = results[1]
    for name, found in figures.items():
        row(f"holdfast {name}", found, f"{count[name]} calls")
        if name in other:
            row(f"terraform {name}", other[name],
                f"holdfast takes {found['wall'] / other[name]['wall']:.2f} of its time, "
                f"{found['rss'] / other[name]['rss']:.2f} of its memory")
    return figures


def part_sizes(options):
    sizes = [10, 1000] if options.quick else [10, 1000, 10000]
    found = {size: one_size(size, options) for size in sizes}
    if 10000 in found:
        print("\nT(10 000) / T(1 000), of wall time and of CPU")
        for name in ("validate", "no-op plan", "apply", "no-op apply"):
            wall, cpu = (found[10000][name][k] / found[1000][name][k] for k in ("wall", "cpu"))
            print(f"  {name:<14} {wall:5.1f} {cpu:5.1f}")


# ---- local work ----

def part_local(options):
    """Parse, lower, read the state, compare and print, without the simulator's answers: what differs between
    all of it and `--refresh=false` is calls and answers."""
    size = 1000 if options.quick else 10000
    with folder_with("topology.yaml", topology(size)) as folder:
        run([HOLDFAST, *APPLY, "--simulate"], folder)
        header(f"local work, {size} resources")
        local, = in_turn(3, lambda: run([HOLDFAST, "plan", "--simulate", "--refresh=false"], folder))
        row("no-op plan --refresh=false", local, f"{local['cpu'] / size * 1e6:.0f} us of CPU a resource")


# ---- a late server ----

def part_latency(options):
    size, delay_ms, window = (100 if options.quick else 1000), 100, 64
    with folder_with("topology.yaml", topology(size)) as folder:
        port = str(free_port())
        where = ["--endpoint-url", f"http://127.0.0.1:{port}"]
        state = ["--state", "state.db"]
        with served(folder, "--port", port):
            run([HOLDFAST, *APPLY, *where, *state], folder, CREDENTIALS)
        header(f"{size} resources, a server that answers after {delay_ms} ms, window {window}")
        with served(folder, "--port", port, "--latency", str(delay_ms)):
            before = calls_of(folder, where)
            runs = 3
            figures, = in_turn(runs, lambda: run(
                [HOLDFAST, "plan", "--parallelism", str(window), *where, *state], folder, CREDENTIALS))
            calls = (calls_of(folder, where) - before) // runs
        ideal = -(-calls // window) * delay_ms / 1000
        row("no-op plan over HTTP", figures,
            f"{calls} calls, {figures['wall'] / ideal:.2f} x {ideal:.1f} s (calls / window x delay)")


# ---- the state ----

def syncs_of(path):
    with open(path, encoding="utf-8") as file:
        return sum("fdatasync" in line or "fsync" in line for line in file)


def part_state(options):
    """What the state's own writes cost: over HTTP, the world is another process's."""
    size = 100 if options.quick else 1000
    tracer = shutil.which("strace")
    header(f"apply of {size} resources over HTTP: what is written is the state's")
    for window in (1, 16, 256):
        with folder_with("topology.yaml", topology(size)) as folder, served(folder) as url:
            trace = ["strace", "-f", "-o", "trace", "-e", "trace=fdatasync,fsync"] if tracer else []
            figures = run([*trace, HOLDFAST, *APPLY, "--parallelism", str(window), "--endpoint-url", url,
                           "--state", "state.db"], folder, CREDENTIALS)
            note = f"{figures['written'] / size / 1000:.1f} kB a resource"
            if tracer:
                note += f", {syncs_of(os.path.join(folder, 'trace'))} syncs"
            note += f", state file {os.path.getsize(os.path.join(folder, 'state.db')) / size / 1000:.1f} kB a resource"
            row(f"apply, window {window}", figures, note)
    if tracer:
        print("(wall and CPU of these under strace)")


def part_shared(options):
    """The journal in S3, which answers after 20 ms, beside the same apply with the state in a file."""
    sizes, delay_ms = ([100, 1000] if options.quick else [1000, 10000]), 20
    for size in sizes:
        alone = topology(size).replace(', assume_role: "arn:aws:iam::111122223333:role/holdfast-deployer"', "")
        shared = alone + ("state: {s3: {bucket: bench-state, key: b.state, region: us-east-1, account: main}}\n")
        figures = {}
        header(f"apply of {size} resources over HTTP, the state in S3 that answers after {delay_ms} ms")
        for name, text in (("in a file", alone), ("in S3", shared)):
            with folder_with("topology.yaml", text) as folder, folder_with("topology.yaml", shared) as bucket, \
                    served(folder) as url, \
                    served(bucket, "-f", "topology.yaml", "--latency", str(delay_ms)) as s3:
                env = {**CREDENTIALS, "AWS_ENDPOINT_URL": url, "AWS_ENDPOINT_URL_S3": s3}
                figures[name] = run([HOLDFAST, *APPLY, "--state", "state.db"], folder, env)
                calls = calls_of(bucket, ["--endpoint-url", s3])
                row(f"apply, the state {name}", figures[name], f"{calls} calls to S3")
                if calls:
                    plan = run([HOLDFAST, "plan", "--state", "state.db"], folder, env)
                    asked = calls_of(bucket, ["--endpoint-url", s3]) - calls
                    row("no-op plan", plan, f"{asked} call to S3")
                    document = subprocess.run([HOLDFAST, "state", "pull", "--state", "state.db"], cwd=folder, check=True,
                                              env=environment_of(env), capture_output=True).stdout
                    print(f"a snapshot is {len(document) / 1e6:.2f} MB of JSON, {len(gzip.compress(document, 6)) / 1e6:.2f} MB packed")
                    os.remove(os.path.join(folder, "state.db"))
                    row("no-op plan without a cache",
                        run([HOLDFAST, "plan", "--state", "state.db"], folder, env))
        more = figures["in S3"]["wall"] - figures["in a file"]["wall"]
        print(f"{figures['in S3']['wall'] / figures['in a file']['wall']:.2f} of the time of a file; "
              f"{more / size * 1000:.1f} ms more for each resource, of which S3 takes {delay_ms} ms a call")


def part_rows(options):
    """A state of many rows: opened, planned upon, written as a document and read back, remembered."""
    sizes = (1000, 10000) if options.quick else (10000, 100000)
    for size in sizes:
        with folder_with("topology.yaml", topology(size)) as folder:
            def simulated(*command):
                return run([HOLDFAST, *command, "--simulate"], folder)  # pylint: disable=cell-var-from-loop

            simulated(*APPLY)
            with open(os.path.join(folder, "state.json"), "wb") as file:
                subprocess.run([HOLDFAST, "state", "pull", "--simulate"], cwd=folder, stdout=file, check=True)
            document = os.path.getsize(os.path.join(folder, "state.json"))
            header(f"a state of {size} rows, {document / size / 1000:.1f} kB of JSON each")
            acts = {"open it (state journal)": ["state", "journal"], "no-op plan --refresh=false": ["plan", "--refresh=false"],
                    "state pull": ["state", "pull"], "state push --force": ["state", "push", "--force", "state.json"],
                    "state history": ["state", "history"], "state undo --dry-run": ["state", "undo", "--dry-run"]}
            figures = in_turn(3 if size <= 10000 else 1, *(lambda act=act: simulated(*act) for act in acts.values()))
            for name, figure in zip(acts, figures):
                row(name, figure, f"{figure['cpu'] / size * 1e6:.1f} us of CPU, {figure['rss'] / size * 1e3:.1f} kB a row")


def fleet(accounts, relayed):
    """So many accounts, two Regions of each backed up into a vault in a third: in one copy, or in two with a relay between
    them in each account, whose readers share the accounts."""
    members = ", ".join(f'm{i}: "{200000000000 + i}"' for i in range(accounts))
    direct = {"organization": "organization: {id: o-exampleorgid, account: management, cross_account_backup: true}",
              "key": "databases: {account: workloads, region: primary, alias: alias/databases, share_with: [backup]}",
              "vault": "", "sender": "organization", "to": "final", "tags": "{}",
              "source": "source_key: databases, ", "relays": ""}
    through = {"organization": "",
               "key": "between: {account: workloads, region: recovery, share_with: [backup]}",
               "vault": "between: {account: workloads, region: recovery, key: between}", "sender": "workloads", "to": "between",
               "tags": '{FinalVault: "${vaults.final.arn}"}', "source": "",
               "relays": "relays: {to_final: {source_vault: between, destination_vaults: [final], tag_keys: [FinalVault], "
                         "event_regions: [primary], lifecycle: {delete_after_days: 30}}}"}
    way = through if relayed else direct
    return f"""version: 1
name: fleet
accounts:
  management: {{id: "999988887777"}}
  backup: {{id: "444455556666"}}
  workloads: {{members: {{{members}}}}}
regions: {{primary: [us-east-1, us-west-2], recovery: us-east-2}}
{way["organization"]}
keys:
  {way["key"]}
  final: {{account: backup, region: recovery}}
vaults:
  primary: {{account: workloads, region: primary}}
  {way["vault"]}
  final: {{account: backup, region: recovery, key: final, accept_copies_from: [{way["sender"]}]}}
plans:
  daily:
    account: workloads
    region: primary
    rules:
      daily:
        target_vault: primary
        schedule_expression: cron(0 5 ? * * *)
        lifecycle: {{delete_after_days: 7}}
        copy_actions: [{{destination_vault: {way["to"]}, lifecycle: {{delete_after_days: 30}}}}]
        recovery_point_tags: {way["tags"]}
    selections:
      databases: {{{way["source"]}resources: ["arn:aws:rds:*:*:db:*"]}}
{way["relays"]}
"""


def decisions(folder, count):
    """Requests to the policies of the seed topology: the copy's role, the vault, the key."""
    request = {"request": {"principal": "arn:aws:iam::111122223333:role/copy", "action": "backup:CopyIntoBackupVault",
                           "resource": "arn:aws:backup:us-east-2:444455556666:backup-vault:final"},
               "identity_policies": [{"Version": "2012-10-17", "Statement": [
                   {"Effect": "Allow", "Action": ["backup:CopyIntoBackupVault", "backup:CopyFromBackupVault"], "Resource": "*"}]}],
               "resource_policy": {"Version": "2012-10-17", "Statement": [
                   {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                    "Action": "backup:CopyIntoBackupVault", "Resource": "*"}]}}
    with open(os.path.join(folder, "requests"), "w", encoding="utf-8") as file:
        file.write((json.dumps(request) + "\n") * count)
    return run(["sh", "-c", f"exec '{HOLDFAST}' policy eval <requests"], folder)


def part_proof(options):
    """The path proof: what it adds to reading the topology, and how it grows."""
    sizes = (1, 30, 100) if options.quick else (1, 100, 300, 1000)
    for relayed in (False, True):
        header(f"check beside validate, {'through relays' if relayed else 'in one copy'}; the difference is the proof")
        for size in sizes:
            with folder_with("topology.yaml", fleet(size, relayed)) as folder:
                commands = [[HOLDFAST, "validate"], [HOLDFAST, "check"]]
                figures = in_turn(5 if size == 1 else 3, *(lambda c=c: run(c, folder) for c in commands))
                name = f"{size} accounts x 3 Regions"
                row(f"validate, {name}", figures[0], f"{figures[0]['cpu'] * 1000 / size:.2f} ms of CPU an account")
                row(f"check, {name}", figures[1],
                    f"{(figures[1]['cpu'] - figures[0]['cpu']) * 1000 / size:.2f} ms of CPU an account")
    bench = os.path.join(os.path.dirname(HOLDFAST), "tests", "policy_bench")
    seed = os.path.join(os.path.dirname(__file__), "..", "..", "examples", "rds-immutable-backup.yaml")
    seconds = "1" if options.quick else "5"
    figures = json.loads(subprocess.run([bench, seed, os.environ["HOLDFAST_DATA_DIR"], seconds], check=True, text=True,
                                        stdout=subprocess.PIPE).stdout)
    print(f"decisions in one process, {figures['questions']} calls of the seed topology: {figures['a_second']:,} a second of CPU")
    count = 2000 if options.quick else 20000
    with tempfile.TemporaryDirectory() as folder:
        figures = decisions(folder, count)
        row("policy eval", figures, f"{count / figures['cpu']:.0f} requests a second of CPU, JSON and parsing included")


# ---- the relay's function ----

def part_bootstrap(options):
    import bootstrap
    package = os.path.join(os.environ["HOLDFAST_DATA_DIR"], "relay", "bootstrap.zip")
    with tempfile.TemporaryDirectory() as folder:
        certificates(folder)
        ours, python = bootstrap.measure(package, folder, in_turn, 5 if options.quick else 15)
    header(f"the relay's function: start and first event, package of {os.path.getsize(package) / 1e6:.1f} MB")
    row("bootstrap", ours, f"1/{python['cpu'] / ours['cpu']:.0f} of the CPU, 1/{python['rss'] / ours['rss']:.1f} of "
                           "the memory")
    row("the same in Python with boto3", python)


def part_relay(options):
    """One reconcile pass over points of which a hundred have no copy; then at a distance, over HTTP."""
    bench = os.path.join(os.path.dirname(HOLDFAST), "tests", "relay_bench")
    for distance in ([], ["20"]):
        header("a pass of the relay that starts 100 copies, " + ("20 ms away" if distance else "answered in process"))
        for points in (1000, 10000) if options.quick else (1000, 10000, 100000):
            figures = json.loads(subprocess.run([bench, str(points), *distance], check=True, text=True,
                                                stdout=subprocess.PIPE).stdout)
            over = figures["calls"] / figures["minimum"] - 1
            print(f"{points:,} points: {figures['calls']} calls, {over:.1%} over the fewest there are; "
                  f"{figures['cpu_s']:.2f} s of CPU, {figures['clock_s']:.1f} s, {figures['rss_kb'] / 1024:.0f} MiB")


def main():
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("--quick", action="store_true", help="small sizes, few runs")
    parser.add_argument("part", nargs="*", help=f"of {', '.join(PARTS)}; default all")
    options = parser.parse_args()
    unknown = set(options.part) - set(PARTS)
    if unknown:
        parser.error(f"no part {', '.join(sorted(unknown))}")
    for part in options.part or PARTS:
        globals()[f"part_{part}"](options)


main()
