#!/usr/bin/env python3
"""The templates of `permissions --bootstrap` are ones that cfn-lint has nothing to say about: of examples, for each kind
of trust, with a state and without. Skipped (77) where cfn-lint is not installed."""
import os
import pathlib
import subprocess
import sys
import tempfile

HOLDFAST = os.environ["HOLDFAST"]
EXAMPLES = pathlib.Path(os.environ["EXAMPLES"])
LINT = pathlib.Path(sys.executable).parent / "cfn-lint"

# A state with a key of its own, and more accounts than Fn::Or takes.
MANY = """version: 1
name: many
state: {s3: {bucket: many-states, key: many, region: eu-central-1, account: backup, kms_key: alias/many-states}}
accounts:
  backup: {id: "444455556666", assume_role: "arn:aws:iam::444455556666:role/deploy", external_id: many-external}
  apps:
    assume_role: arn:aws:iam::${account.id}:role/deploy
    members: {%s}
regions: {home: eu-central-1}
keys: {final: {account: backup, region: home}}
vaults:
  final: {account: backup, region: home, key: final, accept_copies_from: [apps]}
  first: {account: apps, region: home}
""" % ", ".join(f'a{i}: "1111222233{i:02}"' for i in range(12))

if not LINT.exists():
    print("cfn-lint is not installed (tools/setup.sh)")
    sys.exit(77)

with tempfile.TemporaryDirectory() as folder:
    many = pathlib.Path(folder, "many.yaml")
    many.write_text(MANY)
    cases = [
        (EXAMPLES / "ci/topology.yaml", "github"),
        (EXAMPLES / "direct-copy.yaml", "principal"),
        (many, "gitlab:git.example.com"),
    ]
    templates = []
    for number, (topology, trust) in enumerate(cases):
        made = subprocess.run([HOLDFAST, "permissions", "--bootstrap", "--trust", trust, "-f", str(topology)],
                              capture_output=True, text=True)
        assert made.returncode == 0, made.stderr
        template = pathlib.Path(folder, f"{number}.json")
        template.write_text(made.stdout)
        templates.append(str(template))
    # What it has to find: a role without its trust policy.
    broken = pathlib.Path(folder, "broken.json")
    broken.write_text(pathlib.Path(templates[1]).read_text().replace("AssumeRolePolicyDocument", "Trust"))
    lint = subprocess.run([str(LINT), "--format", "parseable", *templates, str(broken)], capture_output=True, text=True)
    print(lint.stdout, lint.stderr)
    faults = lint.stdout.splitlines()
    assert any("AssumeRolePolicyDocument" in fault for fault in faults)
    assert all(fault.startswith(f"{broken}:") for fault in faults)
