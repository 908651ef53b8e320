"""Where credentials come from. `aws configure list` is the judge of the order: for every pair of sources, and for every
tail of the list of all of them, `holdfast whoami` names the same source. Then: sources that vend credentials which end
during a run, and canaries, which may stand in no output, log or state."""

import datetime
import hashlib
import http.client
import http.server
import importlib
import itertools
import json
import os
import re
import shutil
import sys
import tempfile
import threading
import urllib.parse

from harness import Served, check, clean_environment, done, holdfast, workspace

# botocore asks for the home when it is imported: all cases share one folder, emptied before each.
HOME = os.environ["HOME"] = tempfile.mkdtemp(prefix="holdfast-test-")
awscli = importlib.import_module("awscli.clidriver")

ACCOUNT = "111122223333"
CANARY = "canaryKEYcanaryKEY"
TOPOLOGY = f"""version: 1
name: t
accounts:
  main: {{id: "{ACCOUNT}"}}
regions:
  one: us-east-1
queues:
  q: {{account: main, region: one}}
"""


def in_an_hour():
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    return end.strftime("%Y-%m-%dT%H:%M:%SZ")


# ---- everybody who hands out credentials, in one server ----

def sts(action):
    inside = (f"<Arn>arn:aws:iam::{ACCOUNT}:user/u</Arn><UserId>u</UserId><Account>{ACCOUNT}</Account>"
              if action == "GetCallerIdentity" else
              f"<Credentials><AccessKeyId>ASIASTSSTSSTSSTS</AccessKeyId><SecretAccessKey>{CANARY}</SecretAccessKey>"
              f"<SessionToken>{CANARY}-token</SessionToken><Expiration>{in_an_hour()}</Expiration></Credentials>")
    return (f"<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result>{inside}</{action}Result>"
            f"<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{action}Response>")


def plain_keys():
    return {"Code": "Success", "AccessKeyId": "ASIAPLAINPLAIN00", "SecretAccessKey": CANARY, "Token": f"{CANARY}-token",
            "Expiration": in_an_hour(), "Type": "AWS-HMAC", "LastUpdated": "2026-01-01T00:00:00Z"}


class Vendor(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body, kind="text/plain"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def answer_json(self, body):
        self.answer(200, json.dumps(body), "application/json")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        Vendor.signed = (re.search(r"Credential=(\w+)/", self.headers.get("Authorization", "")),
                         self.headers.get("X-Amz-Security-Token"))
        self.answer(200, sts(urllib.parse.parse_qs(body)["Action"][0]), "text/xml")

    def do_PUT(self):
        fine = self.path == "/latest/api/token" and self.headers.get("x-aws-ec2-metadata-token-ttl-seconds")
        self.answer(200 if fine else 400, "imds-token" if fine else "")

    def do_GET(self):
        roles = "/latest/meta-data/iam/security-credentials/"
        if self.path.startswith("/latest/") and self.headers.get("x-aws-ec2-metadata-token") != "imds-token":
            self.answer(401, "")
        elif self.path == roles:
            self.answer(200, "role")
        elif self.path in (f"{roles}role", "/container"):
            self.answer_json(plain_keys())
        elif self.path.startswith("/federation/credentials") and self.headers.get("x-amz-sso_bearer_token"):
            self.answer_json({"roleCredentials": {
                "accessKeyId": "ASIASSOSSOSSOSSO", "secretAccessKey": CANARY, "sessionToken": f"{CANARY}-token",
                "expiration": int(datetime.datetime.now().timestamp() + 3600) * 1000}})
        else:
            self.answer(404, "")

    def log_message(self, *_):
        pass


def serve(handler):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_address[1]}"


# ---- a home with some of the sources set up ----

KEYS = f"aws_access_key_id = AKIAFILEFILEFILE\naws_secret_access_key = {CANARY}\n"
SSO_URL = "https://corp.awsapps.com/start"
SOURCES = ("env", "assume-role", "assume-role-with-web-identity", "sso", "shared-credentials-file", "custom-process",
           "config-file", "container-role", "iam-role")


def write(path, text, mode=0o600):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)
    return path


def home_with(home, url, sources):
    """Writes the files; returns the environment."""
    env = {"HOME": home, "AWS_ENDPOINT_URL": url, "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
    config, credentials = ["[default]\n"], [f"[base]\n{KEYS}"]
    if "env" in sources:
        env.update(AWS_ACCESS_KEY_ID="AKIAENVENVENVENV", AWS_SECRET_ACCESS_KEY=CANARY)
    if "assume-role" in sources:
        config.append(f"role_arn = arn:aws:iam::{ACCOUNT}:role/r\nsource_profile = base\n")
    if "assume-role-with-web-identity" in sources:
        env.update(AWS_WEB_IDENTITY_TOKEN_FILE=write(f"{home}/token", f"{CANARY}.jwt.jwt"),
                   AWS_ROLE_ARN=f"arn:aws:iam::{ACCOUNT}:role/w")
    if "sso" in sources:
        config.append(f"sso_start_url = {SSO_URL}\nsso_region = us-east-1\nsso_account_id = {ACCOUNT}\n"
                      "sso_role_name = r\n")
        write(f"{home}/.aws/sso/cache/{hashlib.sha1(SSO_URL.encode()).hexdigest()}.json",
              json.dumps({"accessToken": f"{CANARY}-sso", "expiresAt": in_an_hour(), "startUrl": SSO_URL,
                          "region": "us-east-1"}))
    if "shared-credentials-file" in sources:
        credentials.append(f"[default]\n{KEYS}")
    if "custom-process" in sources:
        config.append("credential_process = " + write(
            f"{home}/vend", "#!/bin/sh\nprintf '{\"Version\": 1, \"AccessKeyId\": \"ASIAPROCPROCPROC\", "
            f"\"SecretAccessKey\": \"{CANARY}\"}}'\n", 0o700) + "\n")
    if "config-file" in sources:
        config.append(KEYS)
    if "container-role" in sources:
        env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = f"{url}/container"
    if "iam-role" in sources:
        env.update(AWS_EC2_METADATA_DISABLED="false", AWS_EC2_METADATA_SERVICE_ENDPOINT=url)
    write(f"{home}/.aws/config", "".join(config))
    write(f"{home}/.aws/credentials", "".join(credentials))
    return env


def source_of_awscli(env):
    """The TYPE of access_key in `aws configure list`, run in a fork: the import costs more than the command."""
    return row_of_awscli(env)[1]


def row_of_awscli(env):
    """The last four characters of the key and its TYPE; None, None: there is none; False, False: it refuses."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        data_path = os.environ["AWS_DATA_PATH"]  # awscli's import has set it
        os.environ.clear()
        os.environ.update(clean_environment(env), AWS_DATA_PATH=data_path)
        os.dup2(write_end, 1)
        status = awscli.create_clidriver().main(["configure", "list"])
        sys.stdout.flush()
        os._exit(status)
    os.close(write_end)
    with os.fdopen(read_end, encoding="utf-8") as file:
        text = file.read()
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        return False, False
    found = re.search(r"^\s*access_key\s+(?:<not set>|\*+(\w+))\s+(\S+)", text, flags=re.M)
    check(found, f"`aws configure list` can be read: {text}")
    return found.group(1), None if found.group(2) == "None" else found.group(2)


def source_of_holdfast(folder, env):
    result = holdfast("whoami", "--json", "--verbose", cwd=folder, env=env)
    check(CANARY not in result.out + result.err, f"a secret is told: {result.out}{result.err}")
    if result.status == 3:
        check("HF0701" in result.err, f"there are no credentials: {result.err}")
        return None
    check(result.status == 0, f"whoami: {result.err}")
    return result.json["identities"][0]["source"]


def the_order_is_that_of_awscli(url):
    sets = [*itertools.combinations(SOURCES, 2), *(SOURCES[i:] for i in range(len(SOURCES))), *((s,) for s in SOURCES), ()]
    seen = set()
    for sources in sets:
        shutil.rmtree(HOME)
        write(f"{HOME}/topology.yaml", TOPOLOGY)
        env = home_with(HOME, url, sources)
        theirs, ours = source_of_awscli(env), source_of_holdfast(HOME, env)
        check(ours == theirs, f"with {sources}: awscli takes {theirs}, holdfast {ours}")
        check((theirs is None) == (not sources), f"{sources} are set up, awscli takes {theirs}")
        seen.add(ours)
    check(seen == {*SOURCES, None}, f"every source was taken once: {seen}")


# ---- which profile ----

PROFILES = "".join(f"[{name}]\naws_access_key_id = AKIAPROFILE0{name[:4].upper()}\naws_secret_access_key = {CANARY}\n"
                   for name in ("default", "work", "home"))
IN_ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "AKIAENVENVENVENV", "AWS_SECRET_ACCESS_KEY": CANARY}


def the_profile_is_that_of_awscli(url):
    cases = [{}, {"AWS_PROFILE": "work"}, {"AWS_DEFAULT_PROFILE": "home"},
             {"AWS_PROFILE": "work", "AWS_DEFAULT_PROFILE": "home"}, {"AWS_PROFILE": "nosuch"},
             {"AWS_DEFAULT_PROFILE": "nosuch"}, {**IN_ENVIRONMENT, "AWS_PROFILE": "work"},
             {**IN_ENVIRONMENT, "AWS_PROFILE": "nosuch"}, {**IN_ENVIRONMENT, "AWS_DEFAULT_PROFILE": "nosuch"}]
    for case in cases:
        shutil.rmtree(HOME)
        write(f"{HOME}/topology.yaml", TOPOLOGY)
        write(f"{HOME}/.aws/credentials", PROFILES)
        env = {"HOME": HOME, "AWS_ENDPOINT_URL": url, "AWS_DEFAULT_REGION": "us-east-1",
               "AWS_EC2_METADATA_DISABLED": "true", **case}
        theirs, Vendor.signed = row_of_awscli(env)[0], (None, None)
        status = holdfast("whoami", cwd=HOME, env=env).status
        ours = Vendor.signed[0].group(1)[-4:] if Vendor.signed[0] else False
        check(ours == theirs, f"with {case}: awscli takes {theirs}, holdfast {ours}")
        check(status == (3 if theirs is False else 0), f"with {case}: status {status}")


def the_token_has_two_names(url):
    shutil.rmtree(HOME)
    write(f"{HOME}/topology.yaml", TOPOLOGY)
    for names, token in ((("AWS_SECURITY_TOKEN",), "old"), (("AWS_SESSION_TOKEN",), "new"),
                         (("AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN"), "old")):
        env = {"HOME": HOME, "AWS_ENDPOINT_URL": url, **IN_ENVIRONMENT}
        env.update({name: "old" if "SECURITY" in name else "new" for name in names})
        holdfast("whoami", cwd=HOME, env=env, expect=0)
        check(Vendor.signed[1] == token, f"{names}: {Vendor.signed[1]}")


# ---- credentials that end during a run ----

class Expiring(http.server.BaseHTTPRequestHandler):
    """In front of a simulator: a token serves for some calls, and is expired then."""
    protocol_version = "HTTP/1.1"
    life, used, refused, lock, behind = 7, {}, 0, threading.Lock(), ""

    def relay(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        token = self.headers.get("X-Amz-Security-Token", "")
        with Expiring.lock:
            Expiring.used[token] = count = Expiring.used.get(token, 0) + 1
            Expiring.refused += count > Expiring.life
        if count > Expiring.life:
            self.reply(400, {"x-amzn-ErrorType": "ExpiredTokenException", "Content-Type": "application/json"},
                       b'{"__type": "ExpiredTokenException", "message": "The security token is expired"}')
            return
        there = http.client.HTTPConnection(Expiring.behind.split("//")[1], timeout=60)
        there.request(self.command, self.path, body, dict(self.headers))
        answer = there.getresponse()
        data = answer.read()
        self.reply(answer.status, {k: v for k, v in answer.getheaders()
                                   if k.lower() not in ("content-length", "connection", "date")}, data)
        there.close()

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = relay

    def reply(self, status, headers, body):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def a_run_outlives_its_credentials():
    one = f"""version: 1
name: t
accounts:
  main: {{id: "{ACCOUNT}"}}
regions:
  one: us-east-1
queues:
""" + "".join(f"  q{i}: {{account: main, region: one}}\n" for i in range(12))
    with workspace() as folder, tempfile.TemporaryDirectory(prefix="holdfast-test-") as home, Served(folder) as world:
        write(f"{home}/topology.yaml", one)
        Expiring.behind = world.url
        server, url = serve(Expiring)
        vend = write(f"{home}/vend", f"""#!/bin/sh
n=$(($(cat {home}/count 2>/dev/null || echo 0) + 1))
echo $n > {home}/count
printf '{{"Version": 1, "AccessKeyId": "{ACCOUNT}", "SecretAccessKey": "{CANARY}", "SessionToken": "{CANARY}-%s"}}' $n
""", 0o700)
        config = write(f"{home}/.aws/config", f"[default]\ncredential_process = {vend}\n")
        env = {"HOME": home, "AWS_CONFIG_FILE": config, "AWS_ENDPOINT_URL": url}
        args = ("--auto-approve", "--parallelism", "1")
        applied = holdfast("apply", *args, "--verbose", cwd=home, env=env, expect=0)
        with open(f"{home}/count", encoding="utf-8") as file:
            vended = int(file.read())
        check(Expiring.refused > 1 and vended > 2, f"{Expiring.refused} calls were refused, {vended} credentials vended")
        check(vended <= Expiring.refused + 1, f"nobody asks for more than was refused: {vended}, {Expiring.refused}")
        Expiring.life = 1000000
        holdfast("plan", "--detailed-exitcode", cwd=home, env=env, expect=0)
        check(CANARY not in applied.out + applied.err, f"a secret is told: {applied.out}{applied.err}")
        for root, _, names in os.walk(f"{home}/.holdfast"):
            for name in names:
                with open(os.path.join(root, name), "rb") as file:
                    check(CANARY.encode() not in file.read(), f"a secret stands in {name}")
        server.shutdown()
        server.server_close()


vendor, vendor_url = serve(Vendor)
the_order_is_that_of_awscli(vendor_url)
the_profile_is_that_of_awscli(vendor_url)
the_token_has_two_names(vendor_url)
a_run_outlives_its_credentials()
vendor.shutdown()
shutil.rmtree(HOME)
done()
