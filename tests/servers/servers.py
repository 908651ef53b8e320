"""Servers that nobody here wrote, started and stopped by the tests (README.md).

Environment: SERVERS (the Python environment of tools/requirements-servers.txt). A test that cannot
run here says why and ends with 77, which ctest shows as skipped.
"""

import contextlib
import fcntl
import importlib.metadata
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

try:
    import boto3
except ImportError:  # no environment for servers: the test is skipped when it starts one
    boto3 = None

BIN = os.path.join(os.environ["SERVERS"], "bin")
ACCOUNT = "111122223333"
OWN_NETWORK = "HOLDFAST_TEST_OWN_NETWORK"


def skip(reason):
    print(f"skipped: {reason}", file=sys.stderr)
    sys.exit(77)


def program(name):
    path = os.path.join(BIN, name)
    if not os.path.exists(path):
        skip(f"{path} is not there: tools/setup.sh installs it, where it can")
    return path


def version(package):
    return importlib.metadata.version(package)


def in_a_network_of_its_own():
    """Runs the calling script anew where there is nothing but a loopback of its own: ministack
    listens on every address and on fixed ports."""
    if os.environ.get(OWN_NETWORK):
        raise_loopback()
        return
    for prefix in (["unshare", "--net"], ["unshare", "--user", "--map-root-user", "--net"]):
        if shutil.which(prefix[0]) and subprocess.run([*prefix, "true"], check=False,
                                                      stderr=subprocess.DEVNULL).returncode == 0:
            os.environ[OWN_NETWORK] = "1"
            os.execvp(prefix[0], [*prefix, sys.executable, *sys.argv])
    skip("network namespaces are not permitted here, and ministack would listen on every address")


def raise_loopback():
    get_flags, set_flags, up = 0x8913, 0x8914, 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh", b"lo", 0)
        answer = fcntl.ioctl(any_socket, get_flags, request.ljust(40, b"\0"))
        flags = struct.unpack("16sh", answer[:18])[1]
        fcntl.ioctl(any_socket, set_flags, struct.pack("16sh", b"lo", flags | up).ljust(40, b"\0"))


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def request(url, data=None, method=None):
    """The body of an answer, whatever its status; OSError when there is none."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, method=method),
                                    timeout=60) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        return error.read()


class Process:
    """A program with a log file, in a folder of its own."""

    def __init__(self, command, env, log):
        # pylint: disable=consider-using-with
        self.log_path = log
        with open(log, "wb") as file:
            self.process = subprocess.Popen(command, env=env, stdout=file, stderr=file,
                                            cwd=os.path.dirname(log))

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def wait_for(self, url, seconds=120):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(OSError):
                request(url)
                return
            time.sleep(0.1)
        print(self.log(), file=sys.stderr)
        sys.exit(f"FAILED: {self.process.args[0]} does not answer at {url}")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Server:
    """A running server. `environment` is that of a client of an account."""

    name = package = ready = reset_path = ""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="holdfast-server-")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None

    def command(self):
        raise NotImplementedError

    def settings(self):
        return {}

    def __enter__(self):
        env = {"PATH": BIN + os.pathsep + os.environ["PATH"], "HOME": self.folder,
               "TMPDIR": self.folder, **self.settings()}
        self.process = Process(self.command(), env, os.path.join(self.folder, "log"))
        self.process.wait_for(self.url + self.ready)
        return self

    def __exit__(self, *_):
        self.process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def reset(self):
        request(self.url + self.reset_path, b"", "POST")

    def keys(self, account):
        """(access key id, secret, session token or None) that act in an account."""
        return account, "not-a-secret", None

    def environment(self, account=ACCOUNT):
        key, secret, token = self.keys(account)
        env = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret,
               "AWS_ENDPOINT_URL": self.url, "AWS_DEFAULT_REGION": "us-east-1",
               "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null",
               "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
        return {**env, "AWS_SESSION_TOKEN": token} if token else env

    def client(self, service, account, region="us-east-1"):
        """A client of boto3's, to look at the server past our own program."""
        key, secret, token = self.keys(account)
        return boto3.client(
            service, endpoint_url=self.url, region_name=region, aws_access_key_id=key,
            aws_secret_access_key=secret, aws_session_token=token)


class Moto(Server):
    """Knows AssumeRole: later calls land in the role's account, and those of a key that it does not
    know in HOME; with `account` all calls land there. `policies`: AWS's own exist, at the price of
    some seconds for each account."""

    HOME = "123456789012"
    name = package = "moto"
    ready, reset_path = "/moto-api/", "/moto-api/reset"

    def __init__(self, account=None, policies=False):
        super().__init__()
        self.account, self.policies = account, policies
        self.sessions = {}  # account -> keys

    def command(self):
        return [program("moto_server"), "-H", "127.0.0.1", "-p", str(self.port)]

    def settings(self):
        account = {"MOTO_ACCOUNT_ID": self.account} if self.account else {}
        policies = {"MOTO_IAM_LOAD_MANAGED_POLICIES": "true"} if self.policies else {}
        return {**account, **policies}

    def keys(self, account):
        if self.account or account == self.HOME:
            return super().keys(account)
        if account not in self.sessions:
            got = self.client("sts", self.HOME).assume_role(
                RoleArn=f"arn:aws:iam::{account}:role/tests", RoleSessionName="tests")["Credentials"]
            self.sessions[account] = got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"]
        return self.sessions[account]


class Ministack(Server):
    """Keeps accounts (the access key id is the account's) and Regions apart."""

    name = package = "ministack"
    ready, reset_path = "/_ministack/health", "/_ministack/reset"

    def command(self):
        return [program("ministack")]

    def __init__(self, account=None, policies=False):
        super().__init__()
        del account, policies  # they exist; a client's key says it, call by call

    def settings(self):
        return {"GATEWAY_PORT": str(self.port), "BIND_HOST": "127.0.0.1"}


SERVERS = {server.name: server for server in (Moto, Ministack)}
