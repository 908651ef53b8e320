"""`holdfast policy eval` against evaluator.py, on random requests and policies.

    differential.py [CASES]      SEED in the environment; without one a new seed, which is printed

Where the two disagree the case is cut down to what it takes, and printed as a command. Lines with a fault in a
policy must be refused, each of them.
"""

import collections
import copy
import json
import os
import random
import shlex
import subprocess
import sys
import time

import evaluator
import generator

HOLDFAST = os.environ["HOLDFAST"]
CASES = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
BROKEN = 60
LEAST = 0.05  # of all cases, for each decision: else the generator has gone stale


def ask(lines):
    """The answers of the program, as evaluator.evaluate() gives them; and what it says on stderr."""
    text = "".join(json.dumps(line) + "\n" for line in lines)
    done = subprocess.run([HOLDFAST, "policy", "eval"], input=text, capture_output=True, text=True, timeout=600)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    return [(answer["decision"], [(entry["policy"], entry["index"]) for entry in answer["statements"]])
            for answer in answers], done.returncode, done.stderr


def differs(line):
    answers, status, _ = ask([line])
    return status == 0 and not agree(answers[0], evaluator.evaluate(line))


def agree(one, other):
    return one[0] == other[0] and sorted(one[1]) == sorted(other[1])


def smaller(value):
    """The value with one part left out or put more simply, in every way."""
    if isinstance(value, dict):
        for key in value:
            yield {name: item for name, item in value.items() if name != key}
            for item in smaller(value[key]):
                yield value | {key: item}
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield value[:i] + value[i + 1:]
            for less in smaller(item):
                yield value[:i] + [less] + value[i + 1:]
        if len(value) == 1:
            yield value[0]


def cut_down(line):
    found = True
    while found:
        found = False
        for less in smaller(line):
            try:
                found = differs(less)
            except (KeyError, ValueError, TypeError, IndexError):
                continue  # no longer a request
            if found:
                line = less
                break
    return line


def report(line, seed):
    line = cut_down(copy.deepcopy(line))
    got, want = ask([line])[0][0], evaluator.evaluate(line)
    sys.exit(f"seed {seed}: the program says {got}, the documentation {want}:\n"
             f"echo {shlex.quote(json.dumps(line))} | holdfast policy eval")


def compare_all(make, seed):
    lines = [make.line() for _ in range(CASES)]
    answers, status, errors = ask(lines)
    if status:
        sys.exit(f"seed {seed}: a valid line was refused: {errors}\n{json.dumps(lines[len(answers)])}")
    decisions = collections.Counter()
    for line, answer in zip(lines, answers, strict=True):
        decisions[answer[0]] += 1
        if not agree(answer, evaluator.evaluate(line)):
            report(line, seed)
    print(f"{CASES} cases agree:", ", ".join(f"{count} {decision}" for decision, count in decisions.most_common()))
    if len(decisions) < 3 or min(decisions.values()) < LEAST * CASES:
        sys.exit("a decision is too rare: the generator no longer tests it")


def refuse_all(make, seed):
    names = collections.Counter()
    for _ in range(BROKEN):
        name, line = make.broken()
        answers, status, errors = ask([line])
        names[name] += 1
        if status != 1 or answers or "HF0408" not in errors:
            sys.exit(f"seed {seed}: {name} was taken: {answers} {errors}\n"
                     f"echo {shlex.quote(json.dumps(line))} | holdfast policy eval")
    print(f"{BROKEN} lines refused, of {len(names)} kinds")


def main():
    seed = int(os.environ.get("SEED") or time.time_ns() % 2**32)
    print(f"seed {seed}", flush=True)
    make = generator.Generator(random.Random(seed))
    compare_all(make, seed)
    refuse_all(make, seed)


if __name__ == "__main__":
    main()
