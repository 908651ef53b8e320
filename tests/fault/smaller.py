"""A case that has failed, made smaller: one thing less, as long as the same invariant breaks."""

import copy
import json
import time

import random_topology


def smaller_scripts(script):
    """One thing less, in many ways: the large things first."""
    for i in range(len(script["steps"]) - 1):
        yield {**script, "steps": script["steps"][:i] + script["steps"][i + 1:]}
    docs = [script["first"], *[s["doc"] for s in script["steps"] if "doc" in s]]
    for section, name in dict.fromkeys(e for d in docs for e in random_topology.entries(d)):
        less = copy.deepcopy(script)
        for doc in [less["first"], *[s["doc"] for s in less["steps"] if "doc" in s]]:
            if name in doc.get(section, {}):
                random_topology.drop(doc, section, name)
        yield less
    for part in ("default_tags", "organization", "outputs", "variables", "moved", "forget", "imports"):
        if any(part in d for d in docs):
            less = copy.deepcopy(script)
            for doc in [less["first"], *[s["doc"] for s in less["steps"] if "doc" in s]]:
                doc.pop(part, None)
            yield less
    for i, step in enumerate(script["steps"]):
        for part, nothing in (("meddled", []), ("strangers", []), ("settings", {}), ("faults", []), ("hours", 0)):
            if step.get(part):
                less = copy.deepcopy(script)
                less["steps"][i][part] = nothing
                yield less
    for i, entry in ((i, e) for i, d in enumerate(docs) for e in random_topology.entries(d)):
        for key in list(docs[i].get(entry[0], {}).get(entry[1], {})):
            less = copy.deepcopy(script)
            for doc in [less["first"], *[s["doc"] for s in less["steps"] if "doc" in s]]:
                doc.get(entry[0], {}).get(entry[1], {}).pop(key, None)
            yield less


def shrink(case, breaks, until):
    """The smallest script found until then; `breaks(script)` is whether it still fails in the same way."""
    best, tried = case.script, set()
    again = True
    while again and time.monotonic() < until:
        again = False
        for less in smaller_scripts(best):
            text = json.dumps(less, sort_keys=True)
            if text in tried or time.monotonic() > until:
                continue
            tried.add(text)
            if breaks(less):
                best, again = less, True
                break
    return best
