"""Holds answers against the service models that botocore publishes, member by member.

botocore's own parser is lenient: it skips members it does not know and takes what it finds. Here an
unknown member, a wrong type, a missing required member, an unknown value of an enumeration, a
length, range or pattern that does not fit, a time that cannot be read or a wrong status is a
violation. Errors are held against the shapes of the operation's errors.
"""

import base64
import binascii
import datetime
import json
import re
import xml.etree.ElementTree as etree

# Errors that any operation of AWS may answer with; they stand in no model.
SILENT_ERRORS = {"InvalidCiphertextException"}  # KMS does not say what is wrong with a ciphertext
COMMON_ERRORS = {
    "AccessDenied", "AccessDeniedException", "ExpiredToken", "ExpiredTokenException",
    "InvalidAction", "InvalidClientTokenId", "MissingParameter", "MissingAuthenticationTokenException",
    "SerializationException", "UnknownOperationException", "UnrecognizedClientException",
    "ValidationError", "ValidationException", "InvalidParameterValue", "InternalFailure",
    "NotAuthorizedException",
}
# What AWS answers, by what its users report, though its models do not say so.
UNDECLARED_ERRORS = {("CreateRole", "NoSuchEntity")}  # "Scope ARN: POLICY does not exist or is not attachable."
ISO_8601 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")


class Faults(list):
    def add(self, where, what):
        self.append(f"{where}: {what}")


# ---- constraints that all wires share ----

def constrain(shape, value, where, faults):
    """Ranges, lengths, patterns and enumerations of a scalar, or the length of a list or map."""
    limits = shape.metadata
    measure = value if isinstance(value, (int, float)) else len(value)
    # the least length of a list or map is meant for requests: answers may have empty ones
    if "min" in limits and measure < limits["min"] and not isinstance(value, (list, dict)):
        faults.add(where, f"{value!r} is below the minimum {limits['min']} of {shape.name}")
    if "max" in limits and measure > limits["max"]:
        faults.add(where, f"{value!r} is above the maximum {limits['max']} of {shape.name}")
    if not isinstance(value, str):
        return
    if shape.enum and value not in shape.enum:
        faults.add(where, f"{value!r} is none of {shape.enum}")
    if "pattern" in limits:
        try:
            fits = re.search(limits["pattern"], value)
        except re.error:
            return  # a pattern of Java that Python cannot read
        if not fits:
            faults.add(where, f"{value!r} does not match {limits['pattern']} of {shape.name}")


def missing_members(shape, names, where, faults):
    for name in shape.required_members:
        if name not in names:
            faults.add(where, f"the required member {name} is missing")


# ---- JSON ----

def json_scalar(shape, value, where, faults):
    kind = shape.type_name
    wanted = {"string": str, "character": str, "boolean": bool, "integer": int, "long": int,
              "float": (int, float), "double": (int, float)}.get(kind)
    if kind == "timestamp":
        if shape.serialization.get("timestampFormat") == "iso8601":
            iso_time(value, where, faults)
        elif isinstance(value, bool) or not isinstance(value, (int, float)):
            faults.add(where, f"{value!r} is no time in epoch seconds")
        elif not 0 < value < 10_000_000_000:
            faults.add(where, f"{value!r} lies outside of years 1970 to 2286: not seconds?")
        return
    if kind == "blob":
        try:
            base64.b64decode(value, validate=True)
        except (TypeError, ValueError, binascii.Error):
            faults.add(where, f"{value!r} is not base64")
        return
    if not isinstance(value, wanted) or (kind != "boolean" and isinstance(value, bool)):
        faults.add(where, f"{value!r} is no {kind}")
        return
    if kind != "boolean":
        constrain(shape, value, where, faults)


def iso_time(value, where, faults):
    if not isinstance(value, str) or not ISO_8601.match(value):
        faults.add(where, f"{value!r} is no time of ISO 8601 in UTC")
        return
    try:
        datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        faults.add(where, f"{value!r} is no time that exists")


def json_value(shape, value, where, faults):
    kind = shape.type_name
    if value is None:
        faults.add(where, "null: AWS leaves the member out")
    elif kind == "structure":
        json_structure(shape, value, where, faults)
    elif kind == "list":
        if not isinstance(value, list):
            faults.add(where, f"{value!r} is no list")
            return
        constrain(shape, value, where, faults)
        for i, item in enumerate(value):
            json_value(shape.member, item, f"{where}[{i}]", faults)
    elif kind == "map":
        if not isinstance(value, dict):
            faults.add(where, f"{value!r} is no map")
            return
        constrain(shape, value, where, faults)
        for key, item in value.items():
            json_scalar(shape.key, key, f"{where}<key>", faults)
            json_value(shape.value, item, f"{where}.{key}", faults)
    else:
        json_scalar(shape, value, where, faults)


def json_structure(shape, value, where, faults, members=None):
    if not isinstance(value, dict):
        faults.add(where, f"{value!r} is no structure")
        return
    members = shape.members if members is None else members
    by_wire = {member.serialization.get("name", name): name for name, member in members.items()}
    if getattr(shape, "is_tagged_union", False) and len(value) != 1:
        faults.add(where, f"a union with {len(value)} members")
    for name, item in value.items():
        if name not in by_wire:
            faults.add(where, f"{shape.name} has no member {name}")
        else:
            json_value(members[by_wire[name]], item, f"{where}.{name}", faults)
    present = {by_wire[name] for name in value if name in by_wire}
    missing_members(shape, present | (set(shape.members) - set(members)), where, faults)


def json_body(body, where, faults):
    try:
        return json.loads(body)
    except ValueError as error:
        faults.add(where, f"the body is no JSON: {error}")
        return None


def check_json(operation, response, faults):
    body, shape = response["body"], operation.output_shape
    if not body and shape is None:
        return
    value = json_body(body, operation.name, faults)
    if value is None:
        return
    if shape is None:
        if value != {}:
            faults.add(operation.name, f"has no answer, but got {value!r}")
        return
    json_structure(shape, value, operation.name, faults)


# ---- REST ----

def check_rest_json(operation, response, faults):
    body, shape = response["body"], operation.output_shape
    expected = operation.http.get("responseCode", 200)
    members = dict(shape.members) if shape is not None else {}
    located = {name for name, member in members.items() if "location" in member.serialization}
    has_status = any(members[n].serialization["location"] == "statusCode" for n in located)
    if not has_status and response["status_code"] != expected:
        faults.add(operation.name, f"status {response['status_code']}, the model says {expected}")
    in_body = {name: member for name, member in members.items() if name not in located}
    if shape is not None and "payload" in shape.serialization:
        return  # the payload itself, of any form
    if not in_body and not body:
        return
    if not body:
        faults.add(operation.name, "an empty body")
        return
    value = json_body(body, operation.name, faults)
    if value is None:
        return
    if shape is None:
        faults.add(operation.name, f"has no answer, but got {value!r}")
        return
    json_structure(shape, value, operation.name, faults, members=in_body)


# ---- XML of the query protocol ----

def local(tag):
    return tag.rsplit("}", 1)[-1]


def xml_scalar(shape, node, where, faults):
    kind, text = shape.type_name, node.text or ""
    if len(node):
        faults.add(where, f"elements inside of a {kind}")
    elif kind in ("string", "character"):
        constrain(shape, text, where, faults)
    elif kind == "boolean":
        if text not in ("true", "false"):
            faults.add(where, f"{text!r} is no boolean")
    elif kind in ("integer", "long", "float", "double"):
        try:
            constrain(shape, int(text) if kind in ("integer", "long") else float(text), where, faults)
        except ValueError:
            faults.add(where, f"{text!r} is no {kind}")
    elif kind == "timestamp":
        iso_time(text, where, faults)
    else:
        faults.add(where, f"a {kind}, which nobody expects in XML")


def xml_list(shape, node, where, faults):
    name = shape.member.serialization.get("name", "member")
    constrain(shape, list(node), where, faults)
    for i, item in enumerate(node):
        if local(item.tag) != name:
            faults.add(where, f"an element {local(item.tag)} where {name} is expected")
        else:
            xml_value(shape.member, item, f"{where}[{i}]", faults)


def xml_map(shape, node, where, faults):
    names = [shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value")]
    for i, entry in enumerate(node):
        if local(entry.tag) != "entry" or [local(child.tag) for child in entry] != names:
            faults.add(f"{where}[{i}]", f"an entry of a map holds {names[0]} and {names[1]}, and nothing else")
            continue
        xml_value(shape.key, entry[0], f"{where}[{i}].{names[0]}", faults)
        xml_value(shape.value, entry[1], f"{where}[{i}].{names[1]}", faults)


def xml_value(shape, node, where, faults):
    if shape.type_name == "structure":
        xml_structure(shape, node, where, faults)
    elif shape.type_name == "list":
        xml_list(shape, node, where, faults)
    elif shape.type_name == "map":
        xml_map(shape, node, where, faults)
    else:
        xml_scalar(shape, node, where, faults)


def xml_structure(shape, node, where, faults):
    by_wire = {member.serialization.get("name", name): name
               for name, member in shape.members.items()}
    seen = set()
    if (node.text or "").strip():
        faults.add(where, f"text inside of a structure: {node.text!r}")
    for child in node:
        tag = local(child.tag)
        if tag not in by_wire:
            faults.add(where, f"{shape.name} has no member {tag}")
            continue
        if tag in seen:
            faults.add(where, f"{tag} stands twice")
        seen.add(tag)
        xml_value(shape.members[by_wire[tag]], child, f"{where}.{tag}", faults)
    missing_members(shape, {by_wire[tag] for tag in seen}, where, faults)


def xml_root(body, where, faults):
    try:
        return etree.fromstring(body)
    except etree.ParseError as error:
        faults.add(where, f"the body is no XML: {error}")
        return None


def check_query(operation, response, faults):
    where, shape = operation.name, operation.output_shape
    root = xml_root(response["body"], where, faults)
    if root is None:
        return
    space = operation.service_model.metadata["xmlNamespace"]
    if root.tag != f"{{{space}}}{where}Response":
        faults.add(where, f"the root is {root.tag}")
    parts = {local(child.tag): child for child in root}
    identity = parts.pop("ResponseMetadata", None)
    if identity is None or not (identity[0].text or "").strip():
        faults.add(where, "no RequestId in ResponseMetadata")
    wrapper = shape.serialization.get("resultWrapper") if shape is not None else None
    if wrapper:
        node = parts.pop(wrapper, None)
        if node is None:
            faults.add(where, f"no {wrapper}")
        else:
            xml_structure(shape, node, where, faults)
    for name in parts:
        faults.add(where, f"nothing is called {name} beside the result")


def check_ec2(operation, response, faults):
    where, shape = operation.name, operation.output_shape
    root = xml_root(response["body"], where, faults)
    if root is None:
        return
    if root.tag != f"{{{operation.service_model.metadata['xmlNamespace']}}}{where}Response":
        faults.add(where, f"the root is {root.tag}")
    identity = next((child for child in root if local(child.tag) == "requestId"), None)
    if identity is None or not (identity.text or "").strip():
        faults.add(where, "no requestId")
        return
    root.remove(identity)
    xml_structure(shape, root, where, faults)


# ---- XML of S3 ----

def rest_xml_structure(shape, node, where, faults, members=None):
    """Lists may be flat here: their items stand beside each other under the list's own name."""
    members = {n: m for n, m in (members or shape.members).items() if "location" not in m.serialization}
    by_wire = {member.serialization.get("name", name): name for name, member in members.items()}
    seen, groups = set(), {}
    for child in node:
        groups.setdefault(local(child.tag), []).append(child)
    for tag, children in groups.items():
        if tag not in by_wire:
            faults.add(where, f"{shape.name} has no member {tag}")
            continue
        member = members[by_wire[tag]]
        seen.add(by_wire[tag])
        if member.serialization.get("flattened"):
            for child in children:
                rest_xml_value(member.member, child, f"{where}.{tag}", faults)
        elif len(children) > 1:
            faults.add(where, f"{tag} stands {len(children)} times")
        else:
            rest_xml_value(member, children[0], f"{where}.{tag}", faults)
    missing = [n for n, m in members.items()
               if n in shape.required_members and n not in seen and not m.serialization.get("flattened")]
    for name in missing:
        faults.add(where, f"the required member {name} is missing")


def rest_xml_value(shape, node, where, faults):
    if shape.type_name == "structure":
        rest_xml_structure(shape, node, where, faults)
    elif shape.type_name == "list":
        name = shape.member.serialization.get("name", "member")
        for item in node:
            if local(item.tag) != name:
                faults.add(where, f"an element {local(item.tag)} where {name} is expected")
            else:
                rest_xml_value(shape.member, item, where, faults)
    else:
        xml_scalar(shape, node, where, faults)


def check_rest_xml(operation, response, faults):
    shape, body, where = operation.output_shape, response["body"], operation.name
    expected = operation.http.get("responseCode", 200)
    if response["status_code"] != expected:
        faults.add(where, f"status {response['status_code']}, the model says {expected}")
    known = {m.serialization["name"].lower() for m in (shape.members.values() if shape is not None else ())
             if m.serialization.get("location") == "header"}
    for header in response["headers"]:
        if header.startswith("x-amz-") and header not in known | {"x-amz-request-id", "x-amz-bucket-region"}:
            faults.add(where, f"a header {header} that it does not have")
    payload = shape.serialization.get("payload") if shape is not None else None
    if operation.http["method"] == "HEAD" or (payload and shape.members[payload].type_name in ("blob", "string")):
        return
    members = [m for m in (shape.members.values() if shape is not None else ()) if "location" not in m.serialization]
    if not members:
        if body:
            faults.add(where, f"has no answer, but got {body!r}")
        return
    root = xml_root(body, where, faults)
    if root is None or where == "GetBucketLocation":  # the root is the member itself
        return
    if payload:
        name = shape.members[payload].serialization.get("name", shape.members[payload].name)
        if local(root.tag) != name:
            faults.add(where, f"the root is {root.tag}, not {name}")
        shape = shape.members[payload]
    rest_xml_structure(shape, root, where, faults)


# Codes of S3 that no operation's model names.
S3_ERRORS = {
    "BucketNotEmpty", "ConditionalRequestConflict", "IllegalLocationConstraintException", "InvalidArgument",
    "InvalidBucketName", "InvalidBucketState", "InvalidTag", "MalformedPolicy", "MalformedXML", "NoSuchBucket",
    "NoSuchBucketPolicy", "NoSuchKey", "NoSuchPublicAccessBlockConfiguration", "NoSuchTagSet", "NotImplemented",
    "ObjectLockConfigurationNotFoundError", "PermanentRedirect", "PreconditionFailed",
}


def check_rest_xml_error(operation, response, faults):
    if operation.http["method"] == "HEAD":
        return
    root = xml_root(response["body"], operation.name, faults)
    if root is None:
        return
    found = {local(node.tag): node.text for node in root}
    if root.tag != "Error" or not found.get("RequestId") or not found.get("Message"):
        faults.add(operation.name, f"an error needs Error, RequestId and Message: {found}")
    code = found.get("Code", "")
    if error_shape(operation, code) is None and code not in S3_ERRORS | COMMON_ERRORS:
        faults.add(operation.name, f"cannot fail with {code}")


# ---- errors ----

def error_shape(operation, code):
    for shape in operation.error_shapes:
        if code in (shape.name, shape.metadata.get("error", {}).get("code")):
            return shape
    # awsQueryCompatible services put the shape behind a namespace
    return next((s for s in operation.error_shapes if code.endswith(f"#{s.name}")), None)


def error_status(operation, shape, response, faults):
    status = response["status_code"]
    expected = shape.metadata.get("error", {}).get("httpStatusCode") if shape is not None else None
    if expected and status != expected:
        faults.add(operation.name, f"{shape.name} with status {status}, the model says {expected}")
    if not expected and status not in (400, 403, 404):
        faults.add(operation.name, f"status {status} for an error of the caller")


def check_xml_error(operation, response, faults):
    root = xml_root(response["body"], operation.name, faults)
    if root is None:
        return
    found = {local(node.tag): node.text for node in root.iter()}
    if local(root.tag) != "ErrorResponse" or not found.get("RequestId"):
        faults.add(operation.name, "an error needs ErrorResponse and RequestId")
    if found.get("Type") not in ("Sender", "Receiver") or not found.get("Message"):
        faults.add(operation.name, f"an error needs Type and Message: {found}")
    code = found.get("Code", "")
    shape = error_shape(operation, code)
    if shape is None and code not in COMMON_ERRORS and (operation.name, code) not in UNDECLARED_ERRORS:
        faults.add(operation.name, f"cannot fail with {code}")
    error_status(operation, shape, response, faults)


def check_ec2_error(operation, response, faults):
    root = xml_root(response["body"], operation.name, faults)
    if root is None:
        return
    found = {local(node.tag): node.text for node in root.iter()}
    if [node.tag for node in root] != ["Errors", "RequestID"] or not found.get("Code") or not found.get("Message"):
        faults.add(operation.name, f"an error needs Errors and RequestID, and within Code and Message: {found}")
    error_status(operation, None, response, faults)


def check_json_error(operation, response, faults):
    value = json_body(response["body"], operation.name, faults)
    if not isinstance(value, dict):
        return
    rest = operation.service_model.resolved_protocol == "rest-json"
    code = response["headers"].get("x-amzn-errortype") if rest else value.get("__type")
    if not code:
        faults.add(operation.name, f"an error without code: {value!r}")
        return
    shape = error_shape(operation, code)
    if shape is None and code not in COMMON_ERRORS:
        faults.add(operation.name, f"cannot fail with {code}")
    allowed = {"message", "Message", "__type"} | (set(shape.members) if shape is not None else {"Code", "Type"})
    for name in value:
        if name not in allowed:
            faults.add(operation.name, f"the error {code} has no member {name}")
    if not value.get("message") and not value.get("Message") and code not in SILENT_ERRORS:
        faults.add(operation.name, f"the error {code} says nothing")
    error_status(operation, shape, response, faults)


# ---- all of it ----

SUCCESS = {"json": check_json, "rest-json": check_rest_json, "query": check_query, "ec2": check_ec2,
           "rest-xml": check_rest_xml}
ERROR = {"json": check_json_error, "rest-json": check_json_error, "query": check_xml_error, "ec2": check_ec2_error,
         "rest-xml": check_rest_xml_error}


def violations(operation, response):
    """What is wrong with an answer: response has status_code, headers (a dict) and body (bytes)."""
    faults = Faults()
    headers = {name.lower(): text for name, text in response["headers"].items()}
    response = {**response, "headers": headers}
    if not headers.get("x-amz-request-id" if operation.service_model.resolved_protocol == "rest-xml"
                       else "x-amzn-requestid"):
        faults.add(operation.name, "no x-amzn-RequestId")
    table = ERROR if response["status_code"] >= 300 else SUCCESS
    table[operation.service_model.resolved_protocol](operation, response, faults)
    return faults
