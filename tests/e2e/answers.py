"""With --json every command gives one JSON document that carries format_version."""

import json
import os
import re
import signal
import subprocess

from harness import HOLDFAST, apply_seed, check, clean_environment, done, holdfast, workspace

TABLE = os.path.join(os.path.dirname(os.environ["CATALOGUE"]), "..", "cli", "commands.inc")
with open(TABLE, encoding="utf-8") as file:
    COMMANDS = re.findall(r'^COMMAND\(\w+, "([^"]+)"', file.read(), flags=re.M)

PLUMBING = {"policy eval", "schema export"}  # one answer a line; a document of somebody else's format
WAITS = {"simulator serve"}  # until a signal
ARGUMENTS = {
    "apply": [["--auto-approve"]],
    "destroy": [["--auto-approve"]],
    "drill": [["--days", "1"]],
    "explain": [["HF0201"]],
    "plan": [[], ["--detailed-exitcode"]],
    "schema docs": [["--out", "reference"]],
    "simulator advance": [["--hours", "1"]],
    "simulator dump": [[], ["--stable"], ["--calls"]],
    "state show": [["vaults.final"]],
}
REFUSED = {  # no state, no world, no such thing: an answer all the same
    "apply": (["--auto-approve"], 7),
    "explain": (["HF9999"], 64),
    "plan": (["no.such"], 64),
    "state show": (["no.such"], 64),
    "relay once": ([], 1),
}


def documents(text):
    """The JSON documents in a text, which holds nothing else."""
    decoder, found = json.JSONDecoder(), []
    text = text.strip()
    while text:
        document, end = decoder.raw_decode(text)
        found.append(document)
        text = text[end:].lstrip()
    return found


def answer(name, text):
    try:
        found = documents(text)
    except ValueError as error:
        check(False, f"{name} --json prints what is no JSON: {error}: {text[:200]}")
    check(len(found) == 1, f"{name} --json prints {len(found)} documents")
    check(isinstance(found[0], dict) and found[0].get("format_version") == "1.0",
          f"{name} --json carries no format_version: {text[:200]}")
    return found[0]


def run(name, args, folder):
    result = holdfast(*name.split(), *args, "--simulate", "--json", cwd=folder)
    return result.status, answer(f"{name} {' '.join(args)}", result.out)


check(len(COMMANDS) > 15 and "plan" in COMMANDS, f"the table of commands is read: {COMMANDS}")
with workspace() as folder:
    for name, (args, status) in REFUSED.items():
        ended, told = run(name, args, folder)
        check(ended == status, f"{name}: status {ended}, expected {status}")
        check(told.get("diagnostics") or told.get("failed"), f"{name} says that it failed: {told}")
    apply_seed(folder, "--simulate")
    kinds = {}
    last = [name for name in COMMANDS if name == "destroy"]  # it takes the ground from the others
    for name in [name for name in COMMANDS if name not in last] + last:
        if name in PLUMBING | WAITS:
            continue
        for args in ARGUMENTS.get(name, [[]]):
            kinds[name] = run(name, args, folder)[1]
    check(set(kinds["plan"]["summary"]) < set(kinds["drift"]["summary"]), "drift counts as plan does, and more")
    check(kinds["explain"]["code"] == "HF0201" and kinds["explain"]["exit_status"] == 1, "explain as data")
    check(kinds["state show"]["address"] == "vaults.final", "state show as data")

    server = subprocess.Popen([HOLDFAST, "simulator", "serve", "--json"], cwd=folder, env=clean_environment(),
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    told = answer("simulator serve", server.stdout.readline())
    server.send_signal(signal.SIGTERM)
    check(server.wait(timeout=60) == 0, "it ends on a signal")
    check(told["listening"].startswith("http://127.0.0.1:"), f"it says where: {told}")
done()
