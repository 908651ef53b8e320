"""The contract of every resource type, over HTTP, against a server: contract.py SERVER."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile

from harness import check, clean_environment, done
from servers import SERVERS, boto3, in_a_network_of_its_own
from skips import Skips

CONTRACT = os.environ["CONTRACT"]  # the program
FOLDER = os.environ["CONTRACT_FOLDER"]
FAILURE = re.compile(r"^(?P<type>aws_\w+): (?P<step>before|create|change \d+|import|delete): ")


def types():
    return sorted(name[:-len(".yaml")] for name in os.listdir(FOLDER) if name.endswith(".yaml"))


def place_of(of_type):
    """(account, whether AWS's own policies must exist): what a server is started with."""
    with open(os.path.join(FOLDER, of_type + ".yaml"), encoding="utf-8") as file:
        text = file.read()
    return re.search(r'^account: "(\d{12})"', text, re.M)[1], ":iam::aws:policy/" in text


def failures(text, of_type):
    """[(what, text)] of the contract's messages; each begins a line, its causes are indented."""
    found = []
    for line in text.splitlines():
        match = FAILURE.match(line)
        if match:
            check(match["type"] == of_type, line)
            found.append((f"{of_type}: {match['step']}", line))
        elif found:
            found[-1] = (found[-1][0], found[-1][1] + "\n" + line)
        else:
            check(not line.strip(), f"{of_type}: {line}")
    return found


def with_an_organization(server, env, folder, of_type):
    """Makes an organization and its two members, where the server has none of its own; the contract in `folder` then
    names them, and its root."""
    client = boto3.client("organizations", endpoint_url=server.url, region_name="us-east-1",
                          aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
                          aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"])
    refused = contextlib.suppress(client.exceptions.ClientError)  # the contract says what comes of it
    with refused:
        client.create_organization(FeatureSet="ALL")
    root = client.list_roots()["Roots"][0]["Id"]
    for kind in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY", "BACKUP_POLICY"):
        with refused:
            client.enable_policy_type(RootId=root, PolicyType=kind)
    for name in ("one", "two"):
        with refused:
            client.create_account(Email=f"{name}@example.com", AccountName=name)
    members = {"one": "111122223333", "two": "444455556666"}
    members |= {a["Name"]: a["Id"] for a in client.list_accounts()["Accounts"] if a["Name"] in members}
    path = os.path.join(folder, of_type + ".yaml")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    text = text.replace("r-root", root).replace("111122223333", members["one"]).replace("444455556666", members["two"])
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def run(server, skips, of_type):
    """True when the type went through all of its contract."""
    server.reset()
    env = clean_environment(server.environment(place_of(of_type)[0]))
    with tempfile.TemporaryDirectory(prefix="holdfast-test-") as parent:
        folder = shutil.copytree(FOLDER, os.path.join(parent, "contract"))
        if of_type == "aws_organizations_policy":
            with_an_organization(server, env, folder, of_type)
        process = subprocess.run([CONTRACT, folder, of_type, server.url], check=False, text=True, env=env,
                                 stderr=subprocess.PIPE, timeout=300)
    found = failures(process.stderr, of_type)
    for what, text in found:
        skips.meet(what, text)
    check(process.returncode == (1 if found else 0),
          f"{of_type} ended with {process.returncode}: {process.stderr}")
    return not found


def main(name):
    server_class = SERVERS[name]
    if name == "ministack":
        in_a_network_of_its_own()
    skips = Skips(server_class, "contract")
    whole = []
    for place in sorted({place_of(of_type) for of_type in types()}):
        with server_class(*place) as server:
            whole += [of_type for of_type in types()
                      if place_of(of_type) == place and run(server, skips, of_type)]
    skips.done()
    print(f"{name}: whole contract: {len(whole)} of {len(types())} types ({', '.join(whole)})")
    done()


main(sys.argv[1])
