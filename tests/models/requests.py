"""Judges every request that the tests recorded (providers/recorder.h), and what was never sent.

    requests.py FOLDER

Status 1 when a request does not fit its model, or when an operation of providers/aws/operations.inc
was never sent. Optional members that no test ever sends are printed.
"""

import base64
import collections
import json
import pathlib
import sys

import tables
from judge import Judge, sent_members

COVERED_MIN = 140  # operations
SHOWN_MAX = 60


def load(folder, line):
    """A request as the judge takes it, or None for what is none of AWS's."""
    record = json.loads(line)
    headers = {name.lower(): text for name, text in record["headers"].items()}
    if "operation" not in record and "x-amz-date" not in headers:
        return None
    if "body_file" in record:
        body = (folder / record["body_file"]).read_bytes()
    else:
        body = base64.b64decode(record["body"])
    return {"operation": record.get("operation"), "method": record["method"], "path": record["path"],
            "query": record.get("query", ""), "headers": headers, "body": body}


def optional_members(shape, path="", sent=None, inside=()):
    """What a request may hold, as sent_members() names it, as deep as something was sent."""
    if shape.type_name == "list":
        yield from optional_members(shape.member, path, sent, inside)
    elif shape.type_name == "map":
        yield from optional_members(shape.value, path, sent, inside)
    elif shape.type_name == "structure" and shape.name not in inside:
        for name, member in shape.members.items():
            if name not in shape.required_members:
                yield f"{path}{name}"
            if f"{path}{name}" in sent:
                yield from optional_members(member, f"{path}{name}.", sent, (*inside, shape.name))


def main(folder):
    judge = Judge(tables.services())
    lines = collections.Counter()
    files = sorted(folder.glob("*.jsonl"))
    for path in files:
        lines.update(path.read_bytes().splitlines())
    faults, sent = collections.Counter(), collections.defaultdict(set)
    others = 0
    for line, count in lines.items():
        request = load(folder, line)
        if not request:
            others += count
            continue
        verdict = judge.judge(request)
        faults.update({fault: count for fault in verdict.faults})
        if verdict.operation and not verdict.faults:
            sent[verdict.operation].add(None)
            shape = judge.model(verdict.operation.partition(":")[0]).operation_model(
                verdict.operation.partition(":")[2]).input_shape
            if shape is not None:
                sent[verdict.operation].update(sent_members(shape, verdict.params))

    for operation in sorted(sent):
        service, _, name = operation.partition(":")
        shape = judge.model(service).operation_model(name).input_shape
        if shape is None:
            continue
        never = [m for m in optional_members(shape, sent=sent[operation]) if m not in sent[operation]]
        if never:
            print(f"{operation} is never sent with: {', '.join(never)}")

    for fault, count in faults.most_common(SHOWN_MAX):
        print(f"violation, {count} times: {fault}")
    if len(faults) > SHOWN_MAX:
        print(f"and {len(faults) - SHOWN_MAX} more kinds of violations")
    wanted = tables.operations()
    missing = [operation for operation in wanted if operation not in sent]
    for operation in missing:
        print(f"never sent by a test: {operation}")
    print(f"{sum(lines.values()) - others} requests of {len(files)} processes, {len(lines)} different; "
          f"{len(wanted) - len(missing)} of {len(wanted)} operations covered; "
          f"{sum(faults.values())} violations")
    if len(wanted) - len(missing) < COVERED_MIN:
        print(f"fewer than {COVERED_MIN} operations: was this a run of all tests?")
        return 1
    return 1 if faults or missing else 0


sys.exit(main(pathlib.Path(sys.argv[1])))
