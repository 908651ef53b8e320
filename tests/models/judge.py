"""Holds a request against the service models that botocore publishes.

Which operation it is follows from the wire alone: method and URI, X-Amz-Target, or Action. Its
parameters are read back out of labels, query, headers and body, each is held against its shape, and
botocore's own serializer must make the same request of them: what it would encode, order or spell
otherwise is a violation too.

A request is a dict: operation (as its sender claims), method, path, query, headers (a dict), body
(bytes).
"""

import base64
import binascii
import collections
import datetime
import json
import urllib.parse
import xml.etree.ElementTree as etree

import botocore.exceptions
import botocore.serialize
import botocore.session
import regex

NOT_KEPT = "(not kept)"  # a header whose value is a secret
WIRE_HEADERS = {"x-amz-date", "x-amz-security-token", "x-amz-content-sha256", "x-amz-target"}
CHECKSUM = "x-amz-checksum-"
UNRESERVED = "-_.~"


class Unfit(Exception):
    """The request cannot be read any further."""


# ---- values, whatever the wire was ----

def fits(pattern, text):
    """The whole text, as services hold it; \\w and \\d are ASCII's unless Unicode is spoken of."""
    return regex.fullmatch(pattern, text, regex.DOTALL | (0 if "\\p" in pattern else regex.ASCII))


def constrain(shape, value, where, faults):
    """A scalar's range, length, pattern and enumeration, or the length of a list or map."""
    limits = shape.metadata
    measure = value if isinstance(value, (int, float)) else len(value)
    if "min" in limits and measure < limits["min"]:
        faults.append(f"{where}: {value!r:.200} is below the minimum {limits['min']} of {shape.name}")
    if "max" in limits and measure > limits["max"]:
        faults.append(f"{where}: {value!r:.200} is above the maximum {limits['max']} of {shape.name}")
    if not isinstance(value, str):
        return
    if getattr(shape, "enum", None) and value not in shape.enum:
        faults.append(f"{where}: {value!r} is none of {shape.enum}")
    if "pattern" in limits and not fits(limits["pattern"], value):
        faults.append(f"{where}: {value!r:.200} does not match {limits['pattern']} of {shape.name}")


SCALARS = {"string": str, "character": str, "boolean": bool, "integer": int, "long": int,
           "float": (int, float), "double": (int, float), "blob": bytes, "timestamp": datetime.datetime}


def judge_value(shape, value, where, faults):
    kind = shape.type_name
    if value == NOT_KEPT:
        return
    if kind == "structure":
        if getattr(shape, "is_tagged_union", False) and len(value) != 1:
            faults.append(f"{where}: a union with {len(value)} members")
        for name in shape.required_members:
            if name not in value:
                faults.append(f"{where}: the required member {name} is missing")
        for name, item in value.items():
            judge_value(shape.members[name], item, f"{where}.{name}", faults)
    elif kind == "list":
        constrain(shape, value, where, faults)
        for i, item in enumerate(value):
            judge_value(shape.member, item, f"{where}[{i}]", faults)
    elif kind == "map":
        constrain(shape, value, where, faults)
        for key, item in value.items():
            judge_value(shape.key, key, f"{where}<key>", faults)
            judge_value(shape.value, item, f"{where}.{key}", faults)
    elif not isinstance(value, SCALARS[kind]) or (kind != "boolean" and isinstance(value, bool)):
        faults.append(f"{where}: {value!r:.200} is no {kind}")
    elif kind not in ("boolean", "timestamp"):
        constrain(shape, value, where, faults)


def sent_members(shape, value, path=""):
    """The paths of all members that a request holds: "BackupPlan.Rules.Lifecycle"."""
    if shape.type_name == "structure":
        for name, item in value.items():
            yield f"{path}{name}"
            yield from sent_members(shape.members[name], item, f"{path}{name}.")
    elif shape.type_name == "list":
        for item in value:
            yield from sent_members(shape.member, item, path)
    elif shape.type_name == "map":
        for item in value.values():
            yield from sent_members(shape.value, item, path)


def by_wire_name(members):
    return {member.serialization.get("name", name): name for name, member in members.items()}


def time_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def scalar_of_text(shape, text, where, faults):
    """A scalar that the wire holds as text: in a query, a form, a header or XML."""
    kind = shape.type_name
    if text == NOT_KEPT:
        return text
    try:
        if kind == "boolean":
            return {"true": True, "false": False}[text]
        if kind in ("integer", "long"):
            return int(text)
        if kind in ("float", "double"):
            return float(text)
        if kind == "timestamp":
            return time_of(text)
        if kind == "blob":
            return base64.b64decode(text, validate=True)
    except (KeyError, ValueError):
        faults.append(f"{where}: {text!r} is no {kind}")
        return NOT_KEPT
    return text


# ---- JSON ----

def from_json(shape, value, where, faults):
    """The parameters that a JSON body holds, by member names instead of wire names."""
    kind = shape.type_name
    expected = {"structure": dict, "map": dict, "list": list}.get(kind)
    if value is None or (expected and not isinstance(value, expected)):
        faults.append(f"{where}: {value!r} is no {kind}")
        return NOT_KEPT
    if kind == "structure":
        return structure_from_json(shape, shape.members, value, where, faults)
    if kind == "list":
        return [from_json(shape.member, item, f"{where}[{i}]", faults) for i, item in enumerate(value)]
    if kind == "map":
        return {key: from_json(shape.value, item, f"{where}.{key}", faults) for key, item in value.items()}
    try:
        if kind == "timestamp" and isinstance(value, (int, float)) and not isinstance(value, bool):
            return datetime.datetime.fromtimestamp(value, datetime.timezone.utc)
        if kind == "timestamp" and shape.serialization.get("timestampFormat") == "iso8601":
            return time_of(value)
        if kind == "blob":
            return base64.b64decode(value, validate=True)
    except (TypeError, ValueError, OverflowError, binascii.Error):
        faults.append(f"{where}: {value!r:.200} is no {kind}")
        return NOT_KEPT
    return value


def structure_from_json(shape, members, value, where, faults):
    names, params = by_wire_name(members), {}
    for name, item in value.items():
        if name in names:
            params[names[name]] = from_json(members[names[name]], item, f"{where}.{name}", faults)
        else:
            faults.append(f"{where}: {shape.name} has no member {name}")
    return params


def json_of(body, where):
    def once(pairs):
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a key stands twice")
        return dict(pairs)

    try:
        return json.loads(body, object_pairs_hook=once)
    except ValueError as error:
        raise Unfit(f"{where}: the body is no JSON: {error}") from error


# ---- forms of the query protocol ----

def tree_of(pairs, where, faults):
    """A.member.1=x as {"A": {"member": {"1": "x"}}}; lists are read by whoever knows the shape."""
    root = {}
    for name, text in pairs:
        node, parts = root, name.split(".")
        for part in parts[:-1]:
            node = node.setdefault(part, {})
            if not isinstance(node, dict):
                raise Unfit(f"{where}: {name} is a value and holds others")
        if parts[-1] in node:
            faults.append(f"{where}: {name} stands twice")
        node[parts[-1]] = text
    return root


def numbered(node, where, faults):
    """The items of {"1": ..., "2": ...}, without gaps."""
    if not isinstance(node, dict) or sorted(node) != sorted(str(i + 1) for i in range(len(node))):
        faults.append(f"{where}: the items are not numbered 1, 2, 3: {node!r:.200}")
        return []
    return [node[str(i + 1)] for i in range(len(node))]


def from_form(shape, node, where, faults):
    kind = shape.type_name
    if kind in ("structure", "list", "map") and not isinstance(node, dict):
        if kind == "list" and node == "":
            return []
        faults.append(f"{where}: {node!r} is no {kind}")
        return NOT_KEPT
    if kind == "structure":
        return structure_from_form(shape, node, where, faults)
    if kind == "list":
        flat = shape.serialization.get("flattened")
        word = shape.member.serialization.get("name", "member")
        if not flat and set(node) != {word}:
            faults.append(f"{where}: the list is called {sorted(node)}, not {word}")
            return []
        items = numbered(node if flat else node[word], where, faults)
        return [from_form(shape.member, item, f"{where}[{i}]", faults) for i, item in enumerate(items)]
    if kind == "map":
        entries = numbered(node if shape.serialization.get("flattened") else node.get("entry"), where, faults)
        key, value = (part.serialization.get("name", word)
                      for part, word in ((shape.key, "key"), (shape.value, "value")))
        return {entry.get(key, ""): from_form(shape.value, entry.get(value, ""), where, faults)
                for entry in entries}
    if isinstance(node, dict):
        faults.append(f"{where}: {node!r:.200} is no {kind}")
        return NOT_KEPT
    return scalar_of_text(shape, node, where, faults)


def ec2_name(member, shape):
    word = shape.serialization.get("queryName") or shape.serialization.get("name", member)
    return word[0].upper() + word[1:]


def from_ec2(shape, node, where, faults):
    """The same in the dialect of EC2: every list is flat, and names begin with a capital."""
    kind = shape.type_name
    if kind == "structure":
        names, params = {ec2_name(m, s): m for m, s in shape.members.items()}, {}
        for name, item in node.items() if isinstance(node, dict) else ():
            if name in names:
                params[names[name]] = from_ec2(shape.members[names[name]], item, f"{where}.{name}", faults)
            else:
                faults.append(f"{where}: {shape.name} has no member {name}")
        return params
    if kind == "list":
        return [from_ec2(shape.member, item, f"{where}[{i}]", faults)
                for i, item in enumerate(numbered(node, where, faults))]
    if isinstance(node, dict):
        faults.append(f"{where}: {node!r:.200} is no {kind}")
        return NOT_KEPT
    return scalar_of_text(shape, node, where, faults)


def structure_from_form(shape, node, where, faults):
    names, params = by_wire_name(shape.members), {}
    for name, item in node.items():
        if name in names:
            params[names[name]] = from_form(shape.members[names[name]], item, f"{where}.{name}", faults)
        else:
            faults.append(f"{where}: {shape.name} has no member {name}")
    return params


# ---- XML ----

def local(tag):
    return tag.rsplit("}", 1)[-1]


def from_xml(shape, node, where, faults):
    kind = shape.type_name
    if kind == "structure":
        return structure_from_xml(shape, node, where, faults)
    if kind == "list":
        word = shape.member.serialization.get("name", "member")
        for item in node:
            if local(item.tag) != word:
                faults.append(f"{where}: an element {local(item.tag)} where {word} is expected")
        return [from_xml(shape.member, item, where, faults) for item in node]
    if kind == "map":
        raise Unfit(f"{where}: maps in XML are not read")
    return scalar_of_text(shape, node.text or "", where, faults)


def structure_from_xml(shape, node, where, faults):
    names, params = by_wire_name(shape.members), {}
    for child in node:
        name = names.get(local(child.tag))
        if not name:
            faults.append(f"{where}: {shape.name} has no member {local(child.tag)}")
            continue
        member = shape.members[name]
        if member.type_name == "list" and member.serialization.get("flattened"):
            params.setdefault(name, []).append(from_xml(member.member, child, f"{where}.{name}", faults))
        elif name in params:
            faults.append(f"{where}: {name} stands twice")
        else:
            params[name] = from_xml(member, child, f"{where}.{name}", faults)
    return params


# ---- URIs ----

def encoded(text, also=""):
    return urllib.parse.quote(text, safe=UNRESERVED + also)


def decoded(text, where, faults, also=""):
    """A label or a part of a query; what is encoded otherwise than RFC 3986 wants is a violation."""
    plain = urllib.parse.unquote(text, errors="surrogateescape")
    if encoded(plain.encode(errors="surrogateescape"), also) != text:
        faults.append(f"{where}: {text!r} is encoded otherwise than {encoded(plain, also)!r}")
    return plain


def query_pairs(query, where, faults):
    pairs = []
    for part in query.split("&") if query else []:
        name, _, value = part.partition("=")
        pairs.append((decoded(name, where, faults), decoded(value, where, faults)))
    return pairs


class Template:
    """A URI of the model: "/backup-vaults/{backupVaultName}", with what stands behind "?"."""

    def __init__(self, operation):
        self.operation = operation
        path, _, query = operation.http["requestUri"].partition("?")
        self.query = dict(part.partition("=")[::2] for part in query.split("&")) if query else {}
        self.literal, pattern = 0, ""
        for piece in regex.split(r"(\{[^}]*\})", path):
            if piece.startswith("{"):
                pattern += f"(?P<{piece[1:-1].rstrip('+')}>{'.+' if '+' in piece else '[^/]+'})"
            else:
                self.literal += len(piece)
                pattern += regex.escape(piece)
        self.greedy = "+}" in path
        self.pattern = regex.compile(pattern)
        shape = operation.input_shape
        needed = [shape.members[name].serialization for name in shape.required_members] if shape else []
        self.needed = [(s["location"], s.get("name", "").lower()) for s in needed
                       if s.get("location") in ("querystring", "header")]

    def match(self, method, path, query):
        """The labels, or None."""
        if method != self.operation.http["method"]:
            return None
        if any(query.get(name) != value for name, value in self.query.items()):
            return None
        found = self.pattern.fullmatch(path)
        return found.groupdict() if found else None

    def rank(self, query, headers):
        """Of several that match, S3 takes the one that most of the request is needed for."""
        given = {("querystring", name.lower()) for name in query} | {("header", name) for name in headers}
        complete = len(self.needed) if given.issuperset(self.needed) else -1
        return len(self.query), not self.greedy, self.literal, complete


# ---- the judge ----

Verdict = collections.namedtuple("Verdict", "operation params faults")


class Judge:
    """services: {endpoint prefix: name of botocore's model}, for the names that senders claim."""

    def __init__(self, services):
        self.session = botocore.session.Session()
        self.services = services
        self.models, self.templates = {}, {}

    def model(self, service):
        if service not in self.models:
            self.models[service] = self.session.get_service_model(service)
        return self.models[service]

    def wire(self, service, request):
        """The protocol of the request: newer models name several that a service understands."""
        metadata = self.model(service).metadata
        names = metadata.get("protocols", [metadata["protocol"]])
        if "json" in names and "x-amz-target" in request["headers"]:
            return "json"
        return next((name for name in names if name in READERS), metadata["protocol"])

    def judge(self, request):
        """Verdict: the operation ("backup:ListTags") that the wire tells, its parameters, faults."""
        claim = request["operation"] or ""
        prefix, _, name = claim.partition(":")
        service, faults = self.services.get(prefix), []
        if not service:
            return Verdict(None, None, [f"{claim or 'a signed request'}: no service is called so"])
        wire = self.wire(service, request)
        where = f"{claim} ({request['method']} {request['path']})"
        try:
            operation, params = READERS[wire](self, service, request, where, faults)
        except Unfit as fault:
            return Verdict(None, None, faults + [str(fault)])
        if operation.name != name:
            faults.append(f"{where}: the wire says {operation.name}")
        shape = operation.input_shape
        if shape is not None:
            judge_value(shape, params, claim, faults)
        if not faults:
            self.compare(wire, operation, params, request, faults)
        return Verdict(f"{service}:{operation.name}", params, faults)

    # Readers of the wires: (operation, parameters)

    def read_json(self, service, request, where, faults):
        model, headers = self.model(service), request["headers"]
        prefix, _, name = headers.get("x-amz-target", "").rpartition(".")
        if prefix != model.metadata["targetPrefix"] or name not in model.operation_names:
            raise Unfit(f"{where}: X-Amz-Target {headers.get('x-amz-target')} is no operation")
        if (request["method"], request["path"], request["query"]) != ("POST", "/", ""):
            raise Unfit(f"{where}: the URI matches no operation")
        operation = model.operation_model(name)
        value = json_of(request["body"], where)
        if not isinstance(value, dict):
            raise Unfit(f"{where}: the body is no JSON object")
        if operation.input_shape is None:
            return operation, value
        return operation, from_json(operation.input_shape, value, name, faults)

    def read_query(self, service, request, where, faults):
        model = self.model(service)
        if (request["method"], request["path"], request["query"]) != ("POST", "/", ""):
            raise Unfit(f"{where}: the URI matches no operation")
        try:
            form = urllib.parse.parse_qsl(request["body"].decode("ascii"), keep_blank_values=True,
                                          strict_parsing=True, errors="strict")
        except ValueError as error:
            raise Unfit(f"{where}: the body is no form: {error}") from error
        tree = tree_of(form, where, faults)
        name, version = tree.pop("Action", None), tree.pop("Version", None)
        if name not in model.operation_names:
            raise Unfit(f"{where}: Action {name} is no operation")
        if version != model.metadata["apiVersion"]:
            faults.append(f"{where}: the version is {version}")
        operation = model.operation_model(name)
        if operation.input_shape is None:
            return operation, tree
        read = from_ec2 if model.metadata["protocol"] == "ec2" else structure_from_form
        return operation, read(operation.input_shape, tree, name, faults)

    def find(self, service, request, query, where):
        """The one operation of method and URI: of several, the one that says most literally so."""
        if service not in self.templates:
            model = self.model(service)
            self.templates[service] = [Template(model.operation_model(n)) for n in model.operation_names]
        found = []
        for template in self.templates[service]:
            labels = template.match(request["method"], request["path"], dict(query))
            if labels is not None:
                found.append((template.rank(dict(query), request["headers"]), template, labels))
        if not found:
            raise Unfit(f"{where}: the URI matches no operation")
        best = max(rank for rank, _, _ in found)
        best = [(template, labels) for rank, template, labels in found if rank == best]
        if len(best) > 1:
            raise Unfit(f"{where}: the URI matches {', '.join(t.operation.name for t, _ in best)}")
        return best[0]

    def read_rest(self, service, request, where, faults):
        query = query_pairs(request["query"], where, faults)
        template, labels = self.find(service, request, query, where)
        operation, shape = template.operation, template.operation.input_shape
        query = [pair for pair in query if template.query.get(pair[0]) != pair[1]]
        params, body = {}, {}
        for name, member in shape.members.items() if shape is not None else ():
            location, wire = member.serialization.get("location"), member.serialization.get("name", name)
            if location == "uri":
                greedy = "/" if f"{{{wire}+}}" in operation.http["requestUri"] else ""
                params[name] = scalar_of_text(member, decoded(labels[wire], where, faults, greedy), wire, faults)
            elif location == "querystring":
                texts = [value for key, value in query if key == wire]
                query = [pair for pair in query if pair[0] != wire]
                self.take_query(member, name, texts, params, where, faults)
            elif location == "header" and wire.lower() in request["headers"]:
                params[name] = scalar_of_text(member, request["headers"][wire.lower()], wire, faults)
            elif location is None:
                body[name] = member
        for name, _ in query:
            faults.append(f"{where}: {operation.name} has no query name {name}")
        self.unknown_headers(operation, request, where, faults)
        self.checksum(operation, request, where, faults)
        params.update(self.read_body(operation, body, request, where, faults))
        return operation, params

    @staticmethod
    def take_query(member, name, texts, params, where, faults):
        if member.type_name == "list":
            if texts:
                params[name] = [scalar_of_text(member.member, text, where, faults) for text in texts]
        elif len(texts) > 1:
            faults.append(f"{where}: {name} stands {len(texts)} times")
        elif texts:
            params[name] = scalar_of_text(member, texts[0], f"{where} {name}", faults)

    @staticmethod
    def unknown_headers(operation, request, where, faults):
        shape = operation.input_shape
        known = {m.serialization.get("name", n).lower() for n, m in shape.members.items()
                 if m.serialization.get("location") == "header"} if shape is not None else set()
        for name in request["headers"]:
            checksum = operation.http_checksum and name.startswith(CHECKSUM)
            if name.startswith("x-amz-") and name not in known | WIRE_HEADERS and not checksum:
                faults.append(f"{where}: {operation.name} has no header {name}")

    @staticmethod
    def checksum(operation, request, where, faults):
        needed = operation.http_checksum_required or operation.http_checksum.get("requestChecksumRequired")
        if needed and not any(name == "content-md5" or name.startswith(CHECKSUM) for name in request["headers"]):
            faults.append(f"{where}: {operation.name} needs a checksum of its body")

    @staticmethod
    def read_body(operation, members, request, where, faults):
        body, shape = request["body"], operation.input_shape
        payload = shape.serialization.get("payload") if shape is not None else None
        if payload:
            member = shape.members[payload]
            if member.type_name in ("blob", "string"):
                given = body.decode() if member.type_name == "string" else body
                return {payload: given} if body else {}
            members = {payload: member}
        if not members and body:
            faults.append(f"{where}: {operation.name} has no body")
        if not members or not body:
            return {}
        if operation.service_model.metadata["protocol"] == "rest-json":
            if request["headers"].get("content-type") != "application/json":
                faults.append(f"{where}: the content type is {request['headers'].get('content-type')}")
            value = json_of(body, where)
            if not isinstance(value, dict):
                raise Unfit(f"{where}: the body is no JSON object")
            if payload:
                return {payload: from_json(members[payload], value, payload, faults)}
            return structure_from_json(shape, members, value, operation.name, faults)
        try:
            root = etree.fromstring(body)
        except etree.ParseError as error:
            raise Unfit(f"{where}: the body is no XML: {error}") from error
        if not payload:
            return structure_from_xml(shape, root, operation.name, faults)
        named = members[payload].serialization.get("name", members[payload].name)
        if local(root.tag) != named:
            faults.append(f"{where}: the root is {local(root.tag)}, not {named}")
        return {payload: from_xml(members[payload], root, payload, faults)}

    # botocore's own request of the same parameters

    def compare(self, wire, operation, params, request, faults):
        serializer = botocore.serialize.create_serializer(wire, include_validation=False)
        if NOT_KEPT in params.values():
            return
        made = serializer.serialize_to_request(params, operation)
        where = f"{operation.name}: botocore"
        path, _, fixed = made["url_path"].partition("?")
        if path != request["path"]:
            faults.append(f"{where} writes {path}, sent was {request['path']}")
        query = made["query_string"]
        pairs = [(name, text) for name, value in (query.items() if isinstance(query, dict) else query or [])
                 for text in (value if isinstance(value, list) else [value])]
        pairs += query_pairs(fixed, where, faults)
        sent = query_pairs(request["query"], where, faults)
        if sorted((n, str(t)) for n, t in pairs) != sorted(sent):
            faults.append(f"{where} asks {sorted(pairs)}, sent was {sorted(sent)}")
        for name in ("Content-Type", "X-Amz-Target"):
            ours, theirs = request["headers"].get(name.lower()), made["headers"].get(name)
            if wire != "rest-xml" and request["body"] and theirs and ours != theirs:
                faults.append(f"{where} sends {name} {theirs}, sent was {ours}")
        ours, theirs = READ_BACK[wire](request["body"]), READ_BACK[wire](made["body"])
        if ours != theirs:
            faults.append(f"{where} writes {theirs!r:.400}, sent was {ours!r:.400}")


def read_back_json(body):
    try:
        return json.loads(body) if body else {}
    except ValueError:
        return body  # a payload of any form


def read_back_form(body):
    if isinstance(body, dict):  # what botocore leaves to its HTTP library
        body = urllib.parse.urlencode(body)
    return sorted(urllib.parse.parse_qsl(body.decode() if isinstance(body, bytes) else body,
                                         keep_blank_values=True))


def read_back_xml(body):
    body = body.encode() if isinstance(body, str) else body
    if not body.lstrip().startswith(b"<"):
        return body

    def plain(node):
        return local(node.tag), (node.text or "").strip(), [plain(child) for child in node]

    return plain(etree.fromstring(body))


READERS = {"json": Judge.read_json, "query": Judge.read_query, "ec2": Judge.read_query, "rest-json": Judge.read_rest,
           "rest-xml": Judge.read_rest}
READ_BACK = {"json": read_back_json, "rest-json": read_back_json, "query": read_back_form, "ec2": read_back_form,
             "rest-xml": read_back_xml}
