"""yaml-language-server with `holdfast schema export`: what editors show of a topology.

Every file of examples/ is without a finding; and where `validate` finds an unknown key, a wrong type, a value that is
none of those allowed or a missing key, the editor marks the same line. What only `validate` can see stands in
ONLY_VALIDATE with the reason.
"""

import glob
import json
import os
import subprocess
import sys
import tempfile
import threading

HOLDFAST, EXAMPLES, SERVER = (os.environ[name] for name in ("HOLDFAST", "EXAMPLES", "LANGUAGE_SERVER"))
ERRORS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "golden", "errors")
CODES = {"HF0201": "unknown key", "HF0202": "wrong type", "HF0203": "missing key", "HF0204": "value",
         "HF0205": "version", "HF0206": "resource type", "HF0207": "set by AWS"}
ONLY_VALIDATE = {
    "group/id-and-members": "which keys exclude each other is no matter of one key",
    "group/unit-and-members": "which keys exclude each other is no matter of one key",
    "schema/account-without-id": "a group has members instead",
    "relay/copies-nothing": "one of two keys is needed",
    "rule-of-aws/break-glass-elsewhere": "a rule about ARNs and accounts",
    "rule-of-aws/alias-of-aws": "a rule about names that AWS keeps",
    "rule-of-aws/key-policy-beside-words": "which keys exclude each other is no matter of one key",
    "rule-of-aws/vault-policy-beside-words": "which keys exclude each other is no matter of one key",
    "rule-of-aws/period-without-rotation": "which keys exclude each other is no matter of one key",
    "rule-of-aws/rule-of-nothing": "one of two keys is needed",
    "restore/metadata-of-no-type": "which types can be restored is no matter of shape",
    "shared-state/key-of-another-state": "a rule about names that our own objects have",
    "shared-state/group-of-accounts": "which accounts are groups is no matter of one key",
    "schema/version-2": "a later program may read it",
    "text/merge-key": "editors know merge keys; holdfast does not take them",
    "text/only-comments": "an empty document has no line to mark",
}


class LanguageServer:
    """The server over its standard streams: JSON-RPC with Content-Length."""

    def __init__(self, schema):
        self.settings = {"validate": True, "schemas": {f"file://{schema}": ["*.yaml"]},
                         "schemaStore": {"enable": False}}
        self.process = subprocess.Popen([SERVER, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)
        self.found, self.changed = {}, threading.Condition()
        threading.Thread(target=self.listen, daemon=True).start()
        self.send({"id": 1, "method": "initialize", "params": {
            "processId": os.getpid(), "rootUri": None,
            "capabilities": {"workspace": {"configuration": True, "didChangeConfiguration": {}}}}})
        self.notify("initialized", {})
        self.notify("workspace/didChangeConfiguration", {"settings": {"yaml": self.settings}})

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def notify(self, method, params):
        self.send({"method": method, "params": params})

    def receive(self):
        length = 0
        while (line := self.process.stdout.readline().strip()):
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        return json.loads(self.process.stdout.read(length)) if length else None

    def listen(self):
        while (message := self.receive()):
            if message.get("method") == "workspace/configuration":
                answers = [self.settings if item.get("section") == "yaml" else None
                           for item in message["params"]["items"]]
                self.send({"id": message["id"], "result": answers})
            elif message.get("method") == "textDocument/publishDiagnostics":
                with self.changed:
                    self.found[message["params"]["uri"]] = message["params"]["diagnostics"]
                    self.changed.notify_all()
            elif "method" in message and "id" in message:
                self.send({"id": message["id"], "result": None})

    def check(self, path):
        """The diagnostics of a file: [(line from 1, message)]."""
        uri = f"file://{path}"
        with open(path, encoding="utf-8") as file:
            self.notify("textDocument/didOpen", {"textDocument": {
                "uri": uri, "languageId": "yaml", "version": 1, "text": file.read()}})
        with self.changed:
            if not self.changed.wait_for(lambda: uri in self.found, timeout=60):
                sys.exit(f"{path}: the language server says nothing")
            return [(d["range"]["start"]["line"] + 1, d["message"]) for d in self.found[uri]]

    def close(self):
        self.process.kill()
        self.process.wait()


def validate(path):
    process = subprocess.run([HOLDFAST, "validate", "--json", "-f", path], stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, text=True, check=False)
    return json.loads(process.stdout)["diagnostics"] if process.stdout else []


def examples(server):
    files = sorted(glob.glob(os.path.join(EXAMPLES, "**", "*.yaml"), recursive=True))
    faults = [f"{path}:{line}: {message}" for path in files for line, message in server.check(path)]
    return len(files), faults


def refusals(server):
    """Each diagnostic of the golden error cases that a schema can see, against the editor's lines."""
    counts, faults, excused = dict.fromkeys(CODES, 0), [], set()
    for path in sorted(glob.glob(os.path.join(ERRORS, "*", "*", "topology.yaml"))):
        case = os.path.relpath(os.path.dirname(path), ERRORS)
        wanted = [d for d in validate(path) if d["code"] in CODES and d.get("file", "").endswith("topology.yaml")]
        if not wanted:
            continue
        lines = {line for line, _ in server.check(path)}
        for diagnostic in wanted:
            seen = diagnostic["line"] in lines
            counts[diagnostic["code"]] += seen
            if case in ONLY_VALIDATE:
                excused.add(case)
            elif not seen:
                faults.append(f"{case}: {diagnostic['code']} on line {diagnostic['line']} "
                              f"({diagnostic['message']}); the editor marks {sorted(lines)}")
    faults += [f"{case}: stands in ONLY_VALIDATE for nothing" for case in set(ONLY_VALIDATE) - excused]
    return counts, faults


def main():
    if not os.path.exists(SERVER):
        print(f"skipped: {SERVER} is not installed (tools/setup.sh)")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        schema = os.path.join(folder, "topology.schema.json")
        subprocess.run([HOLDFAST, "schema", "export", "--out", schema], check=True)
        server = LanguageServer(schema)
        try:
            accepted, faults = examples(server)
            counts, more = refusals(server)
        finally:
            server.close()
    for fault in faults + more:
        print("FAILED:", fault, file=sys.stderr)
    print(f"{accepted} examples without a finding; marked on the same line: "
          + ", ".join(f"{count} x {CODES[code]}" for code, count in counts.items()))
    if faults or more or accepted == 0 or not all(counts[c] for c in ("HF0201", "HF0202", "HF0203", "HF0204")):
        sys.exit(1)


main()
