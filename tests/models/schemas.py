"""The schemas of resource types against the shapes of the members that their properties become.

For each property that is a member of a request which creates or changes the type, values that our
schema takes are made (boundaries, samples of its pattern, every word of its enumeration), and the
member's shape must take them too: where AWS would refuse what `validate` lets through, a person
learns of it only from `apply`. LOOSER lists what is right as it is, with the reason; a row that is
needed no more is a fault.
"""

import json
import random
import re
import sys

import botocore.exceptions
import botocore.session
import rstr

import tables
from judge import constrain

LONG = 20_000  # longer than any name, shorter than a document
HUGE = 2**31
SAMPLES = 60
ANY_TEXT = ["", "a", "a b", "a/b", "a:b", "a_b", "a.b", "-", "<a>", "ä", "日本", "a\nb", "a\tb", "x" * LONG]
ARNS = ["arn:aws:iam::111122223333:role/a", "arn:aws:kms:us-east-1:111122223333:key/a", "arn:aws:s3:::a"]
# Rules of engine/aws that say more than a schema can; what they let through, in examples.
RULES = {"arn": ARNS, "schedule": ["cron(0 5 ? * * *)", "rate(1 day)"], "timezone": ["Etc/UTC", "Europe/Berlin"],
         "event_pattern": [], "policy_resource": [], "policy_identity": [], "policy_trust": [],
         "policy_managed": [], "policy_key": [],
         "account_id": ["111122223333"], "region": ["us-east-1"],
         "latin1": ["", "a b", "ä\t\n\r¡ÿ~"]}
KINDS = {"minimum": "is below", "maximum": "is above", "pattern": "does not match", "words": "is none of"}

# (type, property, kind of limit): why it is not in our schema.
LOOSER = {
    ("aws_event_rule", "targets", "minimum"): "a rule without targets has no PutTargets",
    ("aws_lambda_function", "runtime", "words"): "AWS adds runtimes more often than this program is released",
}

random_of = random.Random(1)
xeger = rstr.Rstr(random_of)


def schemas():
    folder = tables.ROOT / "schemas"
    return {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("aws_*.json"))}


ALL = schemas()


def resolved(root, node):
    """The property behind $ref; keywords beside it replace those of the target."""
    while "$ref" in node:
        name, _, pointer = node["$ref"].partition("#")
        root = ALL[name] if name else root
        target = root
        for part in pointer.strip("/").split("/"):
            target = target[part]
        node = {**target, **{k: v for k, v in node.items() if k != "$ref"}}
    return root, node


def wire_name(root, name, node):
    if "x-wire" in node:
        return node["x-wire"]
    words = name.split("_")
    first = words[0] if root.get("x-wire-case") == "lower-camel" else words[0].capitalize()
    return first + "".join(word.capitalize() for word in words[1:])


def find_member(shape, name):
    """A member of the request, or of a structure right inside of it: BackupPlan.BackupPlanName."""
    if shape is None or shape.type_name != "structure":
        return None
    inner = [m for m in shape.members.values() if m.type_name == "structure"]
    for members in (shape.members, *(m.members for m in inner)):
        if name in members:
            return members[name]
    return None


def requests_of(schema, session):
    """The shapes of the requests that create or change an object of the type."""
    for handler in ("create", "update"):
        for permission in schema["handlers"].get(handler, {}).get("permissions", []):
            service, _, operation = permission.partition(":")
            try:
                model = session.get_service_model(service)
            except botocore.exceptions.UnknownServiceError:
                continue
            if service in tables.services().values() and operation in model.operation_names:
                yield operation, model.operation_model(operation).input_shape


def types_of(node):
    kind = node.get("type", [])
    return {kind} if isinstance(kind, str) else set(kind)


def texts(node):
    """Texts that our schema takes."""
    if "enum" in node:
        return [word for word in node["enum"] if isinstance(word, str)]
    least, most = node.get("minLength", 0), node.get("maxLength", LONG)
    rule = next((rule for rule in node.get("x-rules", []) if rule in RULES), None)
    if "pattern" not in node:
        made = RULES[rule] if rule else [*ANY_TEXT, "x" * least, "x" * most]
    else:
        made = [xeger.xeger(node["pattern"]) for _ in range(SAMPLES)]
        width = re._parser.parse(node["pattern"]).getwidth()[1]
        made += [longest for longest in (stretched(node["pattern"], min(width, most)),) if longest]
    return [text for text in made if least <= len(text) <= most
            and ("pattern" not in node or re.search(node["pattern"].replace("$", r"\Z"), text))]


def stretched(pattern, width):
    """A long text of the pattern: samples are short."""
    for base in (xeger.xeger(pattern) for _ in range(5)):
        for at in range(0, len(base), 1 + len(base) // 10):
            text = base[:at] + base[at] * (width - len(base) + 1) + base[at + 1:]
            if re.search(pattern.replace("$", r"\Z"), text):
                return text
    return None


def numbers(node):
    if "enum" in node:
        return [word for word in node["enum"] if isinstance(word, int)]
    return [node.get("minimum", -HUGE), node.get("maximum", HUGE)]


def compare(root, node, shape, path, differences):
    root, node = resolved(root, node)
    for alternative in node.get("oneOf", []):
        compare(root, {**{k: v for k, v in node.items() if k != "oneOf"}, **alternative}, shape, path, differences)
    kinds, faults = types_of(node), []
    if shape.type_name == "string" and "string" in kinds:
        for text in texts(node):
            constrain(shape, text, path, faults)
    elif shape.type_name in ("integer", "long", "float", "double") and kinds & {"integer", "number"}:
        for number in numbers(node):
            constrain(shape, number, path, faults)
    elif shape.type_name == "list" and "array" in kinds:
        for length in (node.get("minItems", 0), node.get("maxItems", LONG)):
            constrain(shape, range(length), path, faults)
        compare(root, node["items"], shape.member, f"{path}[]", differences)
    elif shape.type_name == "map" and "object" in kinds and isinstance(node.get("additionalProperties"), dict):
        if "x-rules" not in node:
            compare(root, node["additionalProperties"], shape.value, f"{path}.*", differences)
    elif shape.type_name == "structure" and "object" in kinds:
        for name, inner in node.get("properties", {}).items():
            inner_root, inner = resolved(root, inner)
            member = shape.members.get(wire_name(root, name, inner))
            if member is not None:
                compare(inner_root, inner, member, f"{path}.{name}", differences)
    for kind, words in KINDS.items():
        found = next((fault for fault in faults if words in fault), None)
        if found:
            differences.setdefault((path, kind), found)


def main():
    session, faults, compared, needed = botocore.session.Session(), [], 0, set()
    for name, schema in ALL.items():
        read_only = {pointer.strip("/") for pointer in schema.get("readOnlyProperties", [])}
        differences = {}
        for operation, shape in requests_of(schema, session):
            for prop, node in schema["properties"].items():
                root, node = resolved(schema, node)
                member = find_member(shape, wire_name(schema, prop, node))
                if prop in read_only or member is None:
                    continue
                compared += 1
                compare(root, node, member, prop, differences)
        for (path, kind), text in differences.items():
            if (name, path, kind) in LOOSER:
                needed.add((name, path, kind))
            else:
                faults.append(f"{name}: {text}")
    faults += [f"{row}: is not needed any more" for row in sorted(set(LOOSER) - needed)]
    for fault in faults:
        print(fault)
    for row in sorted(needed):
        print(f"left as it is: {' '.join(row)}: {LOOSER[row]}")
    print(f"{len(ALL)} types, {compared} members compared, {len(needed)} differences with a reason, {len(faults)} without")
    return 1 if faults else 0


sys.exit(main())
