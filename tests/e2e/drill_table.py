"""The tables of docs/RELAY.md that `drill --break all --format markdown` prints: a sample of their rows, and under
`./dev soak` all of them, to the letter."""

import os
import re

from harness import EXAMPLES, check, done, holdfast, workspace

WHOLE = os.environ.get("HOLDFAST_SOAK")
SAMPLE = {"rds-immutable-backup": "lost-tags", "rds-default-key": "lock-date-crossed", "rds-guarded": "deleted-key"}
ENDS_UNHEARD = {"silent", "destroyed"}


def rows(text):
    return {m[1]: m[0] for m in re.finditer(r"^\| `([a-z-]+)` \|.*$", text, re.M)}


with open(os.path.join(os.path.dirname(EXAMPLES), "docs", "RELAY.md"), encoding="utf-8") as file:
    page = file.read()
with workspace() as folder:
    unknown = holdfast("drill", "--break", "?", cwd=folder).err
    known = re.search(r"no such fault: all, (.*)", unknown)[1].split(", ")
check(re.findall(r"^### (rds-.*)$", page, re.M) == list(SAMPLE), "a table for each of these examples")
for example, sample in SAMPLE.items():
    table = re.search(rf"^### {example}\n.*?^(\| fault .*?)(?=^#|\Z)", page, re.S | re.M)[1].strip()
    written = rows(table)
    check(list(written) == known, f"{example}: a row a fault, in their order: {list(written)}")
    for fault, row in written.items():
        outcome, foreseen = re.search(r"([a-z]+):", row)[1], row.split("|")[-3].strip()
        check(outcome not in ENDS_UNHEARD or foreseen, f"{example}, {fault}: neither survived, alarmed nor foreseen")
    with workspace(topology=os.path.join(EXAMPLES, f"{example}.yaml")) as folder:
        faults = "all" if WHOLE else sample
        printed = holdfast("drill", "--break", faults, "--format", "markdown", cwd=folder).out
    for fault, row in rows(printed).items():
        check(row == written.get(fault), f"{example}, {fault}:\n{row}\n{written.get(fault)}")
    check(sample in rows(printed), f"{example}: {sample} is printed")
    if WHOLE:
        check(printed.strip() == table, f"{example}: the page is not what the command prints:\n{printed}")
done()
