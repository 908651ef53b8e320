"""The tables of docs/RELAY.md that `drill --break all --format markdown` prints: a sample of their rows, and all under
`./dev soak`."""

import os
import re

from harness import EXAMPLES, check, done, holdfast, workspace

SAMPLE = {"rds-immutable-backup": ["lost-tags"], "rds-default-key": ["lock-date-crossed"]}


def rows(text):
    return {m[1]: m[0] for m in re.finditer(r"^\| `([a-z-]+)` \|.*$", text, re.M)}


with open(os.path.join(os.path.dirname(EXAMPLES), "docs", "RELAY.md"), encoding="utf-8") as file:
    page = file.read()
with workspace() as folder:
    unknown = holdfast("drill", "--break", "?", cwd=folder).err
    known = re.search(r"no such fault: all, (.*)", unknown)[1].split(", ")
for example, sample in SAMPLE.items():
    part = re.search(rf"^### {example}\n(.*?)(?=^#|\Z)", page, re.S | re.M)
    written = rows(part[1] if part else "")
    check(sorted(written) == sorted(known), f"{example}: a row a fault: {sorted(written)}")
    faults = known if os.environ.get("HOLDFAST_SOAK") else sample
    with workspace(topology=os.path.join(EXAMPLES, f"{example}.yaml")) as folder:
        printed = rows(holdfast("drill", "--break", ",".join(faults), "--format", "markdown", cwd=folder).out)
    for fault in faults:
        check(printed.get(fault) == written[fault], f"{example}, {fault}:\n{printed.get(fault)}\n{written[fault]}")
done()
