"""The contract of every resource type, over HTTP, against a server: contract.py SERVER."""

import os
import re
import subprocess
import sys

from harness import check, clean_environment, done
from servers import SERVERS, in_a_network_of_its_own
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


def run(server, skips, of_type):
    """True when the type went through all of its contract."""
    server.reset()
    env = clean_environment(server.environment(place_of(of_type)[0]))
    process = subprocess.run([CONTRACT, FOLDER, of_type, server.url], check=False, text=True, env=env,
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
