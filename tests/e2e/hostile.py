"""What stands in AWS's place may say anything: the program ends with a clear error, soon, and does not grow.

Each row of HOSTILE answers every call but the identity's (in the second round: that one as well) over a raw socket.
"""

import concurrent.futures
import os
import resource
import socket
import subprocess
import threading

from harness import HOLDFAST, check, clean_environment, done, workspace

TOPOLOGY = """version: 1
name: hostile
accounts: {a: {id: "111122223333"}}
regions: {r: us-east-1}
keys:
  k: {account: a, region: r}
vaults:
  v: {account: a, region: r, key: k}
"""
IDENTITY = (b"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:root</Arn>"
            b"<Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>")
REQUEST_ID = "hostile-request-1"
MEMORY_MAX = 1536 * 1024  # KiB, with the sanitizers' share
CALLS_MAX = 60            # a handful of calls, six attempts each


def answer(body, status="200 OK", headers=()):
    lines = [f"HTTP/1.1 {status}", f"x-amzn-RequestId: {REQUEST_ID}", "Connection: close", *headers]
    if not any(h.lower().startswith(("content-length", "transfer-encoding")) for h in headers):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def for_ever(first, again):
    def write(peer):
        peer.sendall(first)
        while True:
            peer.sendall(again)
    return write


DEEP = 10000
LAUGHS = (b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
          b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]><r>&d;</r>')
OUTSIDE = b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>'

# what it says: name -> (bytes or a writer, whether the request id came with it)
HOSTILE = {
    "truncated JSON": (answer(b'{"BackupVaultArn":"arn:aws:ba'), True),
    "not JSON": (answer(b"<html>It works!</html>"), True),
    "neither": (answer(bytes(range(256))), True),
    "a list": (answer(b"[1,2,3]"), True),
    "a number": (answer(b"7"), True),
    "ten thousand lists": (answer(b"[" * DEEP + b"]" * DEEP), True),
    "ten thousand maps": (answer(b'{"a":' * DEEP + b"1" + b"}" * DEEP), True),
    "ten thousand elements": (answer(b"<a>" * DEEP + b"</a>" * DEEP), True),
    "entities that multiply": (answer(LAUGHS), True),
    "an entity from outside": (answer(OUTSIDE), True),
    "zipped nonsense": (answer(b"\x1f\x8b\x08\x00nonsense", headers=["Content-Encoding: gzip"]), True),
    "a length too long": (answer(b"{}", headers=["Content-Length: 5000"]), True),
    "a length too short": (answer(b'{"a":"' + b"b" * 500 + b'"}', headers=["Content-Length: 20"]), True),
    "a negative length": (answer(b"{}", headers=["Content-Length: -1"]), False),
    "chunks that are none": (answer(b"zz\r\n{}\r\n", headers=["Transfer-Encoding: chunked"]), True),
    "no HTTP": (b"SSH-2.0-OpenSSH_9.2\r\n", False),
    "nothing": (b"", False),
    "half a header": (b"HTTP/1.1 200 OK\r\nx-amzn-Requ", False),
    "headers without end": (for_ever(b"HTTP/1.1 200 OK\r\n", b"X-More: and more and more\r\n" * 64), False),
    "a huge header": (answer(b"{}", headers=["X-Huge: " + "h" * 400000]), False),
    "a body without end": (for_ever(answer(b"", headers=["Transfer-Encoding: chunked"]),
                                    b"10000\r\n" + b"[" * 65536 + b"\r\n"), True),
    "millions of values": (answer(b'{"Keys":[' + b"0," * 3000000 + b"0]}"), True),
    "an error without words": (answer(b"", "400 Bad Request"), True),
    "an error of a proxy": (answer(b"<html>502</html>", "502 Bad Gateway"), True),
    "a redirect": (answer(b"", "307 Temporary Redirect", ["Location: http://169.254.169.254/"]), True),
}


class Server:
    """Answers each connection with one request's answer and closes."""

    def __init__(self, saying, honest_identity):
        self.saying, self.honest_identity, self.calls = saying, honest_identity, 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    @staticmethod
    def request_of(peer):
        """The whole request, so that closing the connection does not reset what was answered."""
        text = b""
        while b"\r\n\r\n" not in text:
            more = peer.recv(65536)
            if not more:
                return text
            text += more
        head, _, body = text.partition(b"\r\n\r\n")
        length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n")
                       if line.lower().startswith(b"content-length:")), 0)
        while len(body) < length:
            body += peer.recv(65536)
        return head + body

    def serve(self, peer):
        with peer:
            try:
                identity = b"Action=GetCallerIdentity" in self.request_of(peer)
                if identity and self.honest_identity:
                    peer.sendall(answer(IDENTITY))
                    return
                self.calls += 1
                if callable(self.saying):
                    self.saying(peer)
                else:
                    peer.sendall(self.saying)
            except OSError:
                pass  # it hung up: it has heard enough


def run(command, name, honest_identity):
    saying, with_id = HOSTILE[name]
    server = Server(saying, honest_identity)
    with workspace() as folder:
        with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
            file.write(TOPOLOGY)
        env = clean_environment({"AWS_ACCESS_KEY_ID": "AKIAHOSTILE", "AWS_SECRET_ACCESS_KEY": "not-so-secret",
                                 "AWS_ENDPOINT_URL": server.url, "AWS_EC2_METADATA_DISABLED": "true",
                                 "AWS_CONFIG_FILE": "/dev/null",
                                 "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"})
        env["ASAN_OPTIONS"] = "detect_leaks=0:quarantine_size_mb=4"
        process = subprocess.Popen([HOLDFAST, command], cwd=folder, env=env, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        text = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
    server.socket.close()
    return name, command, with_id, process.returncode, text, usage.ru_maxrss, server.calls


def judge(name, command, with_id, status, text, memory, calls):
    operation = "GetCallerIdentity" if command == "whoami" else "backup:DescribeBackupVault"
    what = f"{command}, {name}"
    check(status in (1, 3), f"{what}: status {status}: {text[-3000:]}")
    check("error[HF" in text, f"{what}: an error of the catalogue: {text}")
    check(operation in text, f"{what}: names the call {operation}: {text}")
    check(not with_id or REQUEST_ID in text, f"{what}: names the request: {text}")
    check("root:" not in text, f"{what}: nothing of a file came in")
    check(len(text) < 100000, f"{what}: {len(text)} bytes of messages")
    check(0 < calls <= CALLS_MAX, f"{what}: {calls} calls")
    check(memory < MEMORY_MAX, f"{what}: {memory} KiB of memory")


resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
with concurrent.futures.ThreadPoolExecutor(max_workers=8) as pool:
    rounds = [pool.submit(run, "plan", name, True) for name in HOSTILE]
    rounds += [pool.submit(run, "whoami", name, False) for name in HOSTILE]
    for finished in rounds:
        judge(*finished.result())
done()
