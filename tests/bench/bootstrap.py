"""Start and first invocation of the relay's package, and of the same handler in Python with boto3: both get one event
from a Runtime API, and call an AWS over TLS that answers at once. What is counted is the function's process alone."""

import contextlib
import http.server
import json
import os
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = "arn:aws:backup:us-east-2:111122223333:backup-vault:near"
FINAL = "arn:aws:backup:us-east-2:444455556666:backup-vault:far"
POINT = "arn:aws:backup:us-east-2:111122223333:recovery-point:1eb3b5e7-9eb0-435a-a80b-108b488b0d45"
SETTINGS = {
    "version": 1, "topology": "bench", "relay": "relays.bench", "partition": "aws", "account_id": "111122223333",
    "region": "us-east-2", "source_vault_arn": SOURCE, "source_vault_name": "near", "tag_keys": ["FinalVault"],
    "copy_untagged": False, "copy_role_arn": "arn:aws:iam::111122223333:role/copy", "budget": 100,
    "destinations": [{"vault_arn": FINAL, "vault_name": "far", "account_id": "444455556666", "region": "us-east-2",
                      "lock_min_days": 0, "lock_max_days": 0, "delete_after_days": 35}]}
NOW = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
EVENT = {
    "version": "0", "id": "7b6f0a3e-3d2f-4d0a-9a53-1d8a1c2b4e5f", "source": "aws.backup",
    "detail-type": "Copy Job State Change", "account": "111122223333", "region": "us-east-1", "time": NOW,
    "resources": [], "detail": {
        "copyJobId": "b7b1a3f2", "creationDate": NOW, "completionDate": NOW, "state": "COMPLETED",
        "resourceArn": "arn:aws:elasticfilesystem:us-east-1:111122223333:file-system/fs-1", "resourceType": "EFS",
        "sourceBackupVaultArn": "arn:aws:backup:us-east-1:111122223333:backup-vault:first",
        "destinationBackupVaultArn": SOURCE, "destinationRecoveryPointArn": POINT}}
IDENTITY = (b"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:role/relay</Arn>"
            b"<UserId>A</UserId><Account>111122223333</Account></GetCallerIdentityResult><ResponseMetadata>"
            b"<RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, body, kind="application/json", headers=()):
        self.send_response(200)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))


class Aws(Handler):
    def do_GET(self):
        answer = {"Tags": {"FinalVault": FINAL}} if self.path.startswith("/tags/") else {"CopyJobs": []}
        self.answer(json.dumps(answer).encode())

    def do_PUT(self):
        self.server.copies.append(json.loads(self.body()))
        self.answer(b'{"CopyJobId": "j"}')

    def do_POST(self):
        self.body()
        self.answer(IDENTITY, "text/xml")


class Runtime(Handler):
    """Gives one event; whoever asks for a second one waits, as in Lambda, until it is ended."""

    def do_GET(self):
        if self.server.given:
            self.server.release.wait(60)
            return
        self.server.given = True
        headers = (("Lambda-Runtime-Aws-Request-Id", "1"),
                   ("Lambda-Runtime-Deadline-Ms", str(int((time.time() + 60) * 1000))))
        self.answer(json.dumps(EVENT).encode(), headers=headers)

    def do_POST(self):
        self.server.answer = (self.path, self.body())
        self.answer(b"{}")
        self.server.done.set()


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        pass  # whoever was called has been ended


@contextlib.contextmanager
def listening(handler, context=None):
    server = Server(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def peak_mb(pid):
    """The process's own: what wait4 tells begins with the peak of who started it."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM:"))
    return 0.0


def invoke(command, aws, environment):
    """One cold start with its first event: wall and CPU seconds, peak memory in MB."""
    with listening(Runtime) as runtime, tempfile.TemporaryFile() as log:
        runtime.given, runtime.answer = False, None
        runtime.done, runtime.release = threading.Event(), threading.Event()
        before, began = len(aws.copies), time.monotonic()
        process = subprocess.Popen(command, stdout=log, stderr=log, env={
            **environment, "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{runtime.server_port}"})
        answered = runtime.done.wait(60)
        wall = time.monotonic() - began
        memory = peak_mb(process.pid)
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
        runtime.release.set()
        if not answered or not runtime.answer[0].endswith("/response") or len(aws.copies) != before + 1:
            log.seek(0)
            raise SystemExit(f"{command[0]} has not handled the event: {runtime.answer} {log.read().decode()[-2000:]}")
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "rss": memory, "written": 0}


def unpacked(package, folder):
    with zipfile.ZipFile(package) as archive:
        for info in archive.infolist():
            os.chmod(archive.extract(info, folder), (info.external_attr >> 16) & 0o777)
        return len(archive.infolist())


def measure(package, certificates, in_turn, count):
    """(ours, Python's) of as many runs each, in turn."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(certificates, "server.pem"), os.path.join(certificates, "server.key"))
    with tempfile.TemporaryDirectory() as folder, listening(Aws, context) as aws:
        aws.copies = []
        unpacked(package, folder)
        roots = os.path.join(folder, "bench.pem")  # the package's own few authorities, and the server's
        with open(roots, "w", encoding="utf-8") as file:
            for name in (os.path.join(folder, "roots.pem"), os.path.join(certificates, "ca.pem")):
                with open(name, encoding="utf-8") as one:
                    file.write(one.read())
        environment = {
            "PATH": "/usr/bin:/bin", "AWS_ENDPOINT_URL": f"https://localhost:{aws.server_port}", "AWS_REGION": "us-east-2",
            "AWS_DEFAULT_REGION": "us-east-2", "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_SESSION_TOKEN": "t", "AWS_CA_BUNDLE": roots, "HOLDFAST_RELAY": json.dumps(SETTINGS)}
        return in_turn(count,
                       lambda: invoke([os.path.join(folder, "bootstrap")], aws, environment),
                       lambda: invoke([sys.executable, os.path.join(HERE, "bootstrap_function.py")], aws, environment))
