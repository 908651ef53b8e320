"""The rules of IAM a second time, written from AWS's documentation and not from engine/policy.

The pages: "Policy evaluation logic" and its parts, "IAM JSON policy elements" (Principal, NotPrincipal,
Condition operators, multivalued context keys, variables), "Grants in AWS KMS", "RCP evaluation".

Truth has three values: True, False, and None for what cannot be decided, which never makes an Allow
match and always makes a Deny match.
"""

import base64
import datetime
import ipaddress
import re

ANY, ONE = object(), object()  # the wildcards in a pattern, which is a list of them and of characters


class Absent(Exception):
    """A policy variable without a single value."""


class Undecided(Exception):
    pass


def negation(truth):
    return None if truth is None else not truth


def some(truths):
    truths = list(truths)
    return True if True in truths else None if None in truths else False


def every(truths):
    return negation(some(negation(truth) for truth in truths))


def as_list(value):
    return value if isinstance(value, list) else [value]


def as_text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


# ---- who asks, and what is known of the request ----

class Caller:
    def __init__(self, request):
        self.request = request
        self.arn = self.service = self.account = None
        self.name = None
        principal = request["principal"]
        if principal == "*":
            self.kind = "anonymous"
            return
        if re.fullmatch(r"[a-z0-9.-]+\.amazonaws\.com", principal):
            self.kind, self.service = "service", principal
            return
        if re.fullmatch(r"\d{12}", principal):
            principal = f"arn:aws:iam::{principal}:root"
        self.arn = principal
        _, _, service, _, self.account, rest = principal.split(":", 5)
        head = rest.split("/")[0]
        self.kind = {"root": "root", "assumed-role": "session", "federated-user": "federated", "role": "role",
                     "user": "user", "oidc-provider": "provider", "saml-provider": "provider"}[head]
        self.name = rest.split("/")[1] if self.kind == "session" else rest.split("/")[-1]
        self.service_linked = rest.startswith("role/aws-service-role/")

    service_linked = False

    @property
    def role(self):
        """The role behind the caller, as a policy may name it, but for its path."""
        return (self.account, self.name) if self.kind in ("role", "session") else None


def owner_of(caller, request):
    if request.get("resource_account"):
        return request["resource_account"]
    if request.get("resource", "*") == "*":
        return caller.account
    return request["resource"].split(":", 5)[4] or None


class Context:
    """Keys compare without case. What AWS derives from the request may be overridden."""

    def __init__(self, caller, request):
        kinds = {"root": "Account", "user": "User", "role": "AssumedRole", "session": "AssumedRole",
                 "federated": "FederatedUser", "anonymous": "Anonymous"}
        arn = caller.arn if caller.kind != "provider" else None
        if caller.kind == "session":
            arn = f"arn:aws:iam::{caller.account}:role/{caller.name}"
        known = {
            "aws:principalarn": arn,
            "aws:principalaccount": caller.account,
            "aws:principaltype": kinds.get(caller.kind),
            "aws:principalisawsservice": None if caller.kind == "anonymous" else caller.kind == "service",
            "aws:principalservicename": caller.service,
            "aws:resourceaccount": owner_of(caller, request),
            "aws:username": caller.name if caller.kind == "user" else None,
            "kms:calleraccount": caller.account if request["action"].lower().startswith("kms:") else None,
        }
        known.update({key.lower(): value for key, value in request.get("context", {}).items()})
        self.values = {key: as_list(value) for key, value in known.items() if value not in (None, [])}

    def get(self, key):
        return self.values.get(key.lower())


# ---- patterns ----

VARIABLE = re.compile(r"\$\{([^}]*)\}")


def variable(body, context):
    if body in ("*", "?", "$"):
        return body
    key, comma, default = body.partition(",")
    values = context.get(key.strip())
    if values is None and comma:
        return default.strip()[1:-1]
    if values is None or len(values) != 1:
        raise Absent
    return as_text(values[0])


def pattern(text, context, variables, arn=False):
    """Only what is written is a wildcard; what a variable brings in is plain."""
    def written(piece):
        return [{"*": ANY, "?": ONE}.get(char, char) for char in piece]
    if not variables:
        return written(text)
    tokens, at = [], 0
    for match in VARIABLE.finditer(text):
        tokens += written(text[at:match.start()])
        value = variable(match.group(1), context)
        if arn and ":" in value and tokens.count(":") < 5:
            raise Undecided  # it would shift the parts of the ARN
        tokens += list(value)
        at = match.end()
    return tokens + written(text[at:])


def matches(tokens, text, flags=0):
    spelled = {ANY: ".*", ONE: "."}
    return re.fullmatch("".join(spelled.get(token) or re.escape(token) for token in tokens), text,
                        flags | re.DOTALL | re.ASCII) is not None


def parts_of(tokens):
    """Up to six, at colons."""
    parts = [[]]
    for token in tokens:
        if token == ":" and len(parts) < 6:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def resource_matches(tokens, resource):
    if tokens == [ANY]:
        return True
    wants, have = parts_of(tokens), resource.split(":", 5)
    if len(have) < 6 or (len(wants) < 6 and tokens[-1] is not ANY):
        return False
    have = have[:len(wants) - 1] + [":".join(have[len(wants) - 1:])]
    return all(matches(want, part) for want, part in zip(wants, have))


def arn_like(tokens, text):
    wants, have = parts_of(tokens), text.split(":", 5)
    if len(wants) < 6:
        return None
    return len(have) == 6 and all(matches(want, part) for want, part in zip(wants, have))


# ---- conditions ----

def number(text):
    if not re.fullmatch(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", text):
        raise Undecided
    return float(text)


def date(text):
    if re.fullmatch(r"[+-]?\d{5,}", text):
        return float(text)
    form = re.fullmatch(r"(\d{4})(-\d\d)?(-\d\d)?(T\d\d:\d\d)?(:\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?", text)
    if not form or bool(form[4]) != bool(form[6]) or (form[4] and not form[3]) or (form[3] and not form[2]):
        raise Undecided
    try:
        whole = f"{form[1]}{form[2] or '-01'}{form[3] or '-01'}{form[4] or 'T00:00'}{form[5] or ':00'}"
        zone = (form[6] or "Z").replace("Z", "+00:00")
        return datetime.datetime.fromisoformat(whole + zone).timestamp()
    except ValueError:
        raise Undecided from None


def boolean(text):
    if text.lower() not in ("true", "false"):
        raise Undecided
    return text.lower() == "true"


def binary(text):
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise Undecided from None


def within(have, want):
    try:
        address, network = ipaddress.ip_address(have), ipaddress.ip_network(want, strict=False)
    except ValueError:
        raise Undecided from None
    return address.version == network.version and address in network


def same(read):
    return lambda have, want: read(have) == read(want)


ORDERS = {"LessThan": lambda a, b: a < b, "LessThanEquals": lambda a, b: a <= b,
          "GreaterThan": lambda a, b: a > b, "GreaterThanEquals": lambda a, b: a >= b}


def ordered(read, order):
    return lambda have, want: order(read(have), read(want))


TYPED = {"NumericEquals": same(number), "DateEquals": same(date), "Bool": same(boolean),
         "BinaryEquals": same(binary), "IpAddress": within}
TYPED |= {f"Numeric{name}": ordered(number, order) for name, order in ORDERS.items()}
TYPED |= {f"Date{name}": ordered(date, order) for name, order in ORDERS.items()}
NEGATED = {"StringNotEquals": "StringEquals", "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
           "StringNotLike": "StringLike", "NumericNotEquals": "NumericEquals", "DateNotEquals": "DateEquals",
           "NotIpAddress": "IpAddress", "ArnNotLike": "ArnLike", "ArnNotEquals": "ArnEquals"}


def compare(operator, have, want, context, variables, negated):
    if operator in TYPED:
        try:
            return TYPED[operator](have, want)
        except Undecided:
            return None
    try:
        tokens = pattern(want, context, variables, arn=operator.startswith("Arn"))
    except Undecided:
        return None
    except Absent:  # such a text equals nothing; that it differs from everything would be a guess
        return None if negated else False
    if operator.startswith("Arn"):
        return arn_like(tokens, have)
    if operator != "StringLike":
        tokens = [{ANY: "*", ONE: "?"}.get(token, token) for token in tokens]
    return matches(tokens, have, re.IGNORECASE if operator.endswith("IgnoreCase") else 0)


def condition_holds(name, key, wants, context, variables):
    values, wants = context.get(key), [as_text(want) for want in as_list(wants)]
    if name == "Null":
        return some(boolean(want) == (values is None) for want in wants)
    quantifier, _, operator = name.rpartition(":")
    if_exists = operator.endswith("IfExists")
    operator = operator.removesuffix("IfExists")
    negated = operator in NEGATED
    operator = NEGATED.get(operator, operator)
    if values is None:
        return if_exists or quantifier == "ForAllValues" or (negated and not quantifier)

    def one(value):
        found = some(compare(operator, as_text(value), want, context, variables, negated) for want in wants)
        return negation(found) if negated else found
    if quantifier:
        return (every if quantifier == "ForAllValues" else some)(one(value) for value in values)
    return one(values[0]) if len(values) == 1 else None


# ---- principals ----

def account_of_root(text):
    found = re.fullmatch(r"(?:arn:aws:iam::)?(\d{12})(?::root)?", text)
    return found and found[1]


def named(caller, kind, text, context):
    """How a principal of a policy reaches the caller: None, "account", "role" or "direct"."""
    if kind == "Service":
        return "direct" if caller.kind == "service" and text == caller.service else None
    if kind == "Federated":
        return "direct" if text in (caller.arn, caller.service) and text is not None else None
    if text == "*":
        return "direct"
    if account_of_root(text):
        if caller.account != account_of_root(text) or caller.kind == "provider":
            return None
        return "direct" if caller.kind == "root" else "account"
    if text == caller.arn:
        return "role" if caller.kind == "role" else "direct"
    found = re.fullmatch(r"arn:aws:iam::(\d{12}):role/(?:.*/)?([^/]+)", text)
    if found and caller.kind == "session" and (found[1], found[2]) == caller.role:
        return "role"
    user = (context.get("aws:userid") or [""])[0]
    if ":" not in text and user.split(":")[0] == text:
        return "role" if text.startswith("AROA") else "direct"
    return None


def listed(principals):
    if principals == "*":
        return [("AWS", "*")]
    return [(kind, text) for kind, texts in principals.items() for text in as_list(texts)]


STRENGTH = [None, "account", "role", "direct"]


def principal_matches(statement, caller, context, bounded):
    if "Principal" in statement:
        if any(kind == "CanonicalUser" for kind, _ in listed(statement["Principal"])):
            undecided = None
        else:
            undecided = False
        ways = [named(caller, kind, text, context) for kind, text in listed(statement["Principal"])
                if kind != "CanonicalUser"]
        best = max(ways, key=STRENGTH.index, default=None)
        return (True if best else undecided), best
    if statement["Effect"] == "Allow":
        return None, None
    return not spared(statement["NotPrincipal"], caller, context, bounded), None


def spared(principals, caller, context, bounded):
    """By NotPrincipal: the account, the role and the session have all to be listed."""
    if bounded and caller.kind in ("user", "role", "session", "federated"):
        return False
    ways = [(named(caller, kind, text, context), kind, text) for kind, text in listed(principals)
            if kind != "CanonicalUser"]
    if any(way and text == "*" for way, kind, text in ways):
        return True
    account = any(way and kind == "AWS" and account_of_root(text) for way, kind, text in ways)
    itself = [way for way, kind, text in ways if way and not (kind == "AWS" and account_of_root(text))]
    if caller.kind == "root":
        return account
    if caller.kind in ("service", "provider"):
        return bool(itself)
    if caller.kind == "session":
        return account and "role" in itself and "direct" in itself
    return (account or not caller.account) and bool(itself)


# ---- statements and policies ----

def action_matches(statement, action):
    key = "Action" if "Action" in statement else "NotAction"
    found = any(matches(pattern(text, None, False), action, re.IGNORECASE) for text in as_list(statement[key]))
    return found == (key == "Action")


def covers(statement, request, context, variables):
    if "Resource" not in statement and "NotResource" not in statement:
        return True
    excluded = "NotResource" in statement

    def one(text):
        try:
            tokens = pattern(text, context, variables, arn=True)
            return resource_matches(tokens, request.get("resource", "*"))
        except Undecided:
            return None
        except Absent:
            return None if excluded else False
    found = some(one(text) for text in as_list(statement.get("Resource", statement.get("NotResource"))))
    return negation(found) if excluded else found


class Evaluation:
    def __init__(self, line):
        self.line, self.request = line, line["request"]
        self.caller = Caller(self.request)
        self.context = Context(self.caller, self.request)
        self.allows, self.denies = [], []

    def statement_matches(self, statement, variables):
        truths = [action_matches(statement, self.request["action"]),
                  covers(statement, self.request, self.context, variables)]
        way = None
        if "Principal" in statement or "NotPrincipal" in statement:
            truth, way = principal_matches(statement, self.caller, self.context,
                                           bool(self.line.get("permission_boundaries")))
            truths.append(truth)
        for operator, keys in statement.get("Condition", {}).items():
            truths += [condition_holds(operator, key, wants, self.context, variables)
                       for key, wants in keys.items()]
        truth = every(truths)
        return (truth is True if statement["Effect"] == "Allow" else truth is not False), way

    def judge(self, label, document, allow_counts=True):
        """Whether the document allows, and the strongest way in which it names the caller."""
        allowed, best = False, None
        variables = document.get("Version") == "2012-10-17"
        for index, statement in enumerate(as_list(document["Statement"])):
            if statement["Effect"] == "Allow" and not allow_counts:
                continue
            found, way = self.statement_matches(statement, variables)
            if not found:
                continue
            (self.allows if statement["Effect"] == "Allow" else self.denies).append((label, index))
            if statement["Effect"] == "Allow":
                allowed, best = True, max(best, way, key=STRENGTH.index)
        return allowed, best

    def judge_all(self, name, documents):
        return any([self.judge(f"{name}[{i}]", document)[0] for i, document in enumerate(documents)])

    def levels(self, name, **how):
        return all([any([self.judge(f"{name}[{i}][{k}]", document, **how)[0] for k, document in enumerate(level)])
                    for i, level in enumerate(self.line.get(name) or [])])

    # Grants

    def grant_applies(self, grant):
        action, resource = self.request["action"].lower(), self.request.get("resource", "*")
        operations = [operation.lower() for operation in grant["Operations"]]
        if not action.startswith("kms:") or action[4:] not in operations or ":key/" not in resource:
            return False
        if grant.get("KeyId") and grant["KeyId"] not in (resource, resource.split(":key/")[1]):
            return False
        constraints = grant.get("Constraints", {})
        if constraints.get("SourceArn") and self.context.get("aws:SourceArn") != [constraints["SourceArn"]]:
            return False
        equals, subset = (constraints.get(f"EncryptionContext{kind}") for kind in ("Equals", "Subset"))
        if not equals and not subset or action in ("kms:describekey", "kms:retiregrant", "kms:getpublickey"):
            return True
        if action == "kms:creategrant":
            return False
        prefix = "kms:encryptioncontext:"
        pairs = {key[len(prefix):]: values for key, values in self.context.values.items() if key.startswith(prefix)}

        def included(wanted):
            return all(pairs.get(key.lower()) == [value] for key, value in (wanted or {}).items())
        return included(equals) and included(subset) and (not equals or len(equals) == len(pairs))

    def judge_grants(self):
        best = None
        for i, grant in enumerate(self.line.get("grants") or []):
            if not self.grant_applies(grant):
                continue
            grantee = grant.get("GranteePrincipal") or grant["GranteeServicePrincipal"]
            kind = "Service" if self.caller.kind == "service" else "AWS"
            way = named(self.caller, kind, grantee, self.context)
            if not way:
                continue
            self.allows.append((f"grants[{i}]", 0))
            owner = owner_of(self.caller, self.request)
            issuer = account_of_root(grant["IssuingAccount"]) if grant.get("IssuingAccount") else owner
            if self.caller.account and self.caller.account not in (owner, issuer):
                way = "account"  # a foreign key that the caller's account has not come to trust by itself
            best = max(best, way, key=STRENGTH.index)
        return best

    # The decision

    def decide(self):
        line, caller = self.line, self.caller
        root = caller.kind == "root"
        identity = self.judge_all("identity_policies", line.get("identity_policies") or []) or root
        resource_policy = line.get("resource_policy")
        resource = self.judge("resource_policy", resource_policy)[1] if resource_policy else None
        key = self.judge_grants()
        boundaries, sessions = line.get("permission_boundaries") or [], line.get("session_policies") or []
        boundary = self.judge_all("permission_boundaries", boundaries) or not boundaries or root
        session = self.judge_all("session_policies", sessions) or not sessions
        scps = True
        if caller.account and caller.kind != "provider" and not caller.service_linked:
            scps = self.levels("scps")
        if not caller.service_linked and self.request["action"].lower() != "kms:retiregrant":
            self.levels("rcps", allow_counts=False)
        if self.denies:
            return "explicitly_denied"
        return "allowed" if self.is_allowed(identity, resource, key, boundary and session, scps) else \
            "implicitly_denied"

    def is_allowed(self, identity, resource, key, limits, scps):
        caller = self.caller
        if not scps:
            return False
        if caller.kind in ("service", "provider", "anonymous"):
            return "direct" in (resource, key)
        if key in ("role", "direct"):
            return limits
        resource = resource or key
        if caller.account != owner_of(caller, self.request):
            return bool(resource) and identity and limits
        if resource == "direct":
            return True
        if resource == "role":
            return limits
        action, arn = self.request["action"].lower(), self.request.get("resource", "*")
        by_itself = (action.startswith("kms:") and ":key/" in arn) or (action.startswith("sts:") and ":role/" in arn)
        return identity and limits and (not by_itself or resource == "account")


def evaluate(line):
    """The answer that `holdfast policy eval` has to give, its statements as pairs of policy and index."""
    evaluation = Evaluation(line)
    decision = evaluation.decide()
    return decision, {"allowed": evaluation.allows, "explicitly_denied": evaluation.denies}.get(decision, [])
