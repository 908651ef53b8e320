"""Random requests with random policies, valid ones, made so that decisions differ and every rule is met."""

OWN, OTHER = "111122223333", "444455556666"
PRINCIPALS = [
    f"arn:aws:iam::{OWN}:role/app", f"arn:aws:iam::{OWN}:role/team/app", f"arn:aws:iam::{OTHER}:role/app",
    f"arn:aws:sts::{OWN}:assumed-role/app/s1", f"arn:aws:sts::{OWN}:assumed-role/app/s2",
    f"arn:aws:iam::{OWN}:user/bob", f"arn:aws:iam::{OWN}:user/path/ann", f"arn:aws:iam::{OWN}:root", OWN, OTHER,
    f"arn:aws:sts::{OWN}:federated-user/bob", "backup.amazonaws.com", "events.amazonaws.com", "*",
    f"arn:aws:iam::{OWN}:oidc-provider/accounts.example.com",
    f"arn:aws:iam::{OWN}:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup",
]
CALLS = {  # an action and the resources that it may ask for
    "s3:GetObject": ["arn:aws:s3:::bucket/key", "arn:aws:s3:::bucket/team-1/key", "arn:aws:s3:::other/a:b"],
    "kms:Decrypt": [f"arn:aws:kms:us-east-2:{OWN}:key/1", f"arn:aws:kms:us-east-2:{OTHER}:key/2"],
    "kms:CreateGrant": [f"arn:aws:kms:us-east-2:{OWN}:key/1", f"arn:aws:kms:us-east-2:{OTHER}:key/2"],
    "kms:RetireGrant": [f"arn:aws:kms:us-east-2:{OWN}:key/1"],
    "kms:CreateKey": ["*"],
    "sts:AssumeRole": [f"arn:aws:iam::{OWN}:role/deployer", f"arn:aws:iam::{OTHER}:role/deployer"],
    "backup:CopyIntoBackupVault": [f"arn:aws:backup:us-east-2:{OTHER}:backup-vault:final"],
    "sqs:SendMessage": [f"arn:aws:sqs:us-east-2:{OWN}:q"],
}
TEXTS = ["a", "A", "ab", "a*", "*", "team-1", "o-1/r-1/ou-1/", "", "ä", "true", "5", "arn:aws:s3:::bucket/key",
         f"arn:aws:events:us-east-2:{OWN}:rule/r", OWN]
PATTERNS = TEXTS + ["?", "a?", "*b", "*/ou-?/*", "${aws:PrincipalTag/team}", "${aws:PrincipalTag/team}*",
                    "${aws:x, 'a'}", "${aws:x,'team-1'}?", "${*}", "a${?}", "${$}{x}", "${aws:username}",
                    "arn:aws:s3:::${aws:PrincipalTag/team}/*"]
ARNS = ["arn:aws:s3:::bucket/key", "arn:aws:s3:::BUCKET/*", "arn:aws:s3:::*", "arn:*:events:*:*:rule/?", "arn:aws:s3",
        f"arn:aws:events:us-east-2:{OWN}:rule/r", "arn:aws:s3:::${aws:PrincipalTag/team}/key",
        "arn:aws:${aws:x}:::bucket/*", f"arn:aws:iam::{OWN}:role/*"]
NUMBERS = ["5", 5, "10", 7.5, "-1", "1e1", 0]
DATES = ["2026-01-01T00:00:00Z", "2026-01-01T00:00Z", "2026", "2026-02", "2026-01-01", "1767225600",
         "2026-01-01T01:00:00+01:00", "2025-12-31T23:59:59.5Z"]
ADDRESSES = ["203.0.113.9", "203.0.113.0/24", "203.0.113.77/25", "10.0.0.0/8", "2001:db8::/32", "2001:db8::1",
             "0.0.0.0/0"]
BINARIES = ["aGk=", "aGo=", "", "aGhp"]
TRUTHS = ["true", "false", True, False, "TRUE"]
ODD = ["few", "10.x", "soon", "***"]  # no literal of any type
KEYS = ["aws:x", "AWS:X", "aws:PrincipalTag/team", "aws:SourceArn", "aws:PrincipalOrgPaths", "aws:TagKeys"]
KNOWN_KEYS = ["aws:PrincipalArn", "aws:PrincipalAccount", "aws:PrincipalType", "aws:PrincipalIsAWSService",
              "aws:PrincipalServiceName", "aws:ResourceAccount", "aws:username", "kms:CallerAccount"]
OPERATORS = {
    "StringEquals": PATTERNS, "StringNotEquals": PATTERNS, "StringEqualsIgnoreCase": PATTERNS,
    "StringNotEqualsIgnoreCase": PATTERNS, "StringLike": PATTERNS, "StringNotLike": PATTERNS,
    "NumericEquals": NUMBERS, "NumericNotEquals": NUMBERS, "NumericLessThan": NUMBERS,
    "NumericLessThanEquals": NUMBERS, "NumericGreaterThan": NUMBERS, "NumericGreaterThanEquals": NUMBERS,
    "DateEquals": DATES, "DateNotEquals": DATES, "DateLessThan": DATES, "DateLessThanEquals": DATES,
    "DateGreaterThan": DATES, "DateGreaterThanEquals": DATES, "Bool": TRUTHS, "BinaryEquals": BINARIES,
    "IpAddress": ADDRESSES, "NotIpAddress": ADDRESSES, "ArnLike": ARNS, "ArnNotLike": ARNS, "ArnEquals": ARNS,
    "ArnNotEquals": ARNS, "Null": TRUTHS,
}
GRANTEES = [{"GranteePrincipal": principal} for principal in PRINCIPALS if principal.startswith("arn:")] + [
    {"GranteeServicePrincipal": "backup.amazonaws.com"}]
CONTEXTS = [{"a": "b"}, {"A": "b"}, {"a": "b", "c": "d"}, {}]


class Generator:
    def __init__(self, random):
        self.random = random

    def maybe(self, chance):
        return self.random.random() < chance

    def some_of(self, pool, most=3):
        """One item, or a list of a few."""
        items = [self.random.choice(pool) for _ in range(self.random.randint(1, most))]
        return items[0] if len(items) == 1 and self.maybe(0.7) else items

    # ---- the request ----

    def context(self):
        context = {}
        for key in self.random.sample(KEYS[:1] + KEYS[2:], self.random.randint(0, 4)):
            pool = self.random.choice([TEXTS, TEXTS, ARNS[:1] + ARNS[5:6], NUMBERS, DATES, ADDRESSES[:1] + ADDRESSES[5:6],
                                       BINARIES, TRUTHS, ODD])
            context[key] = self.some_of(pool)
        if self.maybe(0.05):
            context[self.random.choice(KNOWN_KEYS)] = self.random.choice(TEXTS)
        if self.maybe(0.1):
            context["aws:userid"] = self.random.choice(["AROAEXAMPLEEXAMPLE1:s1", "AIDAEXAMPLEEXAMPLE1"])
        if self.maybe(0.4):
            for key, value in self.random.choice(CONTEXTS).items():
                context[f"kms:EncryptionContext:{key}"] = value
        if self.maybe(0.05):
            context["aws:TagKeys"] = self.random.choice([[], None])
        return context

    def request(self):
        action = self.random.choice(list(CALLS))
        request = {"principal": self.random.choice(PRINCIPALS), "action": action, "context": self.context()}
        resource = self.random.choice(CALLS[action])
        if resource != "*" or self.maybe(0.5):
            request["resource"] = resource
        if self.maybe(0.5):
            request["resource_account"] = self.random.choice([OWN, OWN, OTHER])
        return request

    # ---- policies ----

    def conditions(self):
        conditions = {}
        for _ in range(self.random.choice([0, 0, 0, 1, 1, 2])):
            operator = self.random.choice(list(OPERATORS))
            values = OPERATORS[operator]
            if operator != "Null":
                operator = self.random.choice(["", "", "ForAllValues:", "ForAnyValue:"]) + operator + \
                    self.random.choice(["", "", "IfExists"])
            key = self.random.choice(KEYS if self.maybe(0.8) else KNOWN_KEYS)
            conditions.setdefault(operator, {})[key] = self.some_of(values)
        return conditions

    def actions(self, action):
        service = action.split(":")[0]
        pool = [action, action.lower(), f"{service}:*", f"{service}:?{action.split(':')[1][1:]}", "*", "ec2:Run*"]
        return self.some_of([text for text in pool if service != "sts" or text.startswith("sts:")], 2)

    def resources(self, resource):
        pool = ["*", resource, resource[:-1] + "?", resource[:-1] + "*", "arn:aws:s3:::${aws:PrincipalTag/team}/*",
                "arn:aws:s3:::bucket/${aws:x, 'team-1'}/*", "arn:aws:*", "arn:*:*:*:*:*", "arn:aws:ec2:*:*:instance/*"]
        return self.some_of([text for text in pool if text != "?"], 2)

    def principals(self, caller):
        mine = [caller] if caller != "*" and ":" in caller and "provider" not in caller else []
        pools = {
            "AWS": mine * 4 + PRINCIPALS[:10] + ["*", f"arn:aws:iam::{OTHER}:root", f"arn:aws:iam::{OWN}:role/other",
                                                "AROAEXAMPLEEXAMPLE1", "AIDAEXAMPLEEXAMPLE1"],
            "Service": ["backup.amazonaws.com", "events.amazonaws.com"],
            "Federated": [f"arn:aws:iam::{OWN}:oidc-provider/accounts.example.com", "cognito-identity.amazonaws.com"],
            "CanonicalUser": ["79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"],
        }
        if self.maybe(0.25):
            return "*"
        kinds = ["AWS"] if self.maybe(0.6) else self.random.sample(list(pools), self.random.choice([1, 1, 2]))
        return {kind: self.some_of(pools[kind], 4) for kind in kinds}

    def statement(self, request, kind):
        effect = "Deny" if kind == "rcp" or self.maybe(0.15) else "Allow"
        statement = {"Effect": effect}
        excluded = kind not in ("trust", "rcp") and self.maybe(0.1)
        statement["NotAction" if excluded else "Action"] = self.actions(request["action"])
        if kind == "rcp":
            statement["Action"] = [text for text in self.random.sample(
                [request["action"], request["action"].split(":")[0] + ":*", "ec2:*"], 2)]
        if kind != "trust":
            name = "NotResource" if self.maybe(0.1) else "Resource"
            statement[name] = self.resources(request.get("resource", "*"))
        if kind == "rcp":
            statement["Principal"] = "*"
        elif kind == "resource":
            name = "NotPrincipal" if effect == "Deny" and self.maybe(0.5) else "Principal"
            statement[name] = self.principals(request["principal"])
        elif kind == "trust":
            statement["Principal"] = self.principals(request["principal"])
        conditions = self.conditions()
        if kind == "rcp" and not conditions:
            conditions = {"StringEquals": {"aws:x": "a"}}
        if conditions:
            statement["Condition"] = conditions
        return statement

    def document(self, request, kind):
        statements = [self.statement(request, kind) for _ in range(self.random.choice([1, 1, 2, 3]))]
        document = {"Statement": statements[0] if len(statements) == 1 and self.maybe(0.5) else statements}
        version = "2012-10-17" if kind in ("scp", "rcp") or self.maybe(0.9) else self.random.choice(["2008-10-17", None])
        if version:
            document["Version"] = version
        return document

    def documents(self, request, kind, counts):
        return [self.document(request, kind) for _ in range(self.random.choice(counts))]

    def grant(self):
        grant = dict(self.random.choice(GRANTEES))
        grant["Operations"] = self.random.sample(["Decrypt", "CreateGrant", "RetireGrant", "DescribeKey"], 3)
        if self.maybe(0.5):
            grant["IssuingAccount"] = self.random.choice([OWN, f"arn:aws:iam::{OTHER}:root"])
        if self.maybe(0.3):
            grant["KeyId"] = self.random.choice(["1", "2", f"arn:aws:kms:us-east-2:{OWN}:key/1"])
        if self.maybe(0.4):
            name = self.random.choice(["EncryptionContextEquals", "EncryptionContextSubset"])
            grant["Constraints"] = {name: self.random.choice(CONTEXTS)}
        elif self.maybe(0.2):
            grant["Constraints"] = {"SourceArn": "arn:aws:s3:::bucket/key"}
        return grant

    def line(self):
        request = self.request()
        action = request["action"]
        line = {"request": request}
        if self.maybe(0.8):
            line["identity_policies"] = self.documents(request, "identity", [1, 1, 2])
        if self.maybe(0.7):
            line["resource_policy"] = self.document(request, "trust" if action.startswith("sts:") else "resource")
        if self.maybe(0.15):
            line["permission_boundaries"] = self.documents(request, "identity", [1, 2])
        if self.maybe(0.15):
            line["session_policies"] = self.documents(request, "identity", [1, 2])
        if self.maybe(0.15):
            line["scps"] = [self.documents(request, "scp", [0, 1, 2, 2]) for _ in range(self.random.choice([1, 2]))]
        if self.maybe(0.15):
            line["rcps"] = [self.documents(request, "rcp", [0, 1]) for _ in range(self.random.choice([1, 2]))]
        if action.startswith("kms:") and self.maybe(0.4):
            line["grants"] = [self.grant() for _ in range(self.random.choice([1, 2, 3]))]
        return line

    # ---- what has to be refused ----

    def broken(self):
        """A line with one fault in one statement, and what the fault is."""
        line = self.line()
        request = line["request"]
        line["identity_policies"] = [self.document(request, "identity")]
        document = line["identity_policies"][0]
        statement = document["Statement"]
        statement = statement[-1] if isinstance(statement, list) else statement
        name, spoil = self.random.choice(FAULTS)
        spoil(document, statement)
        return name, line


def put(key, value):
    return lambda document, statement: statement.update({key: value})


FAULTS = [
    ("an unknown element", put("Resorce", "*")),
    ("an unknown effect", put("Effect", "allow")),
    ("an action without a service", put("Action", "GetObject")),
    ("no action", lambda document, statement: [statement.pop(key, None) for key in ("Action", "NotAction")]),
    ("both actions", lambda document, statement: statement.update({"Action": "*", "NotAction": "s3:*"})),
    ("an empty list of resources", lambda document, statement: statement.update({"Resource": []})),
    ("both resources", lambda document, statement: statement.update({"Resource": "*", "NotResource": "*"})),
    ("no resource", lambda document, statement: [statement.pop(key, None) for key in ("Resource", "NotResource")]),
    ("a resource that is no ARN", put("Resource", "bucket")),
    ("a principal in an identity policy", put("Principal", "*")),
    ("an unknown operator", put("Condition", {"StringMatches": {"aws:x": "a"}})),
    ("a prefix of Null", put("Condition", {"ForAnyValue:Null": {"aws:x": "true"}})),
    ("a key without a service", put("Condition", {"StringEquals": {"SourceArn": "a"}})),
    ("a number that is none", put("Condition", {"NumericEquals": {"aws:x": "few"}})),
    ("a date that is none", put("Condition", {"DateEquals": {"aws:x": "soon"}})),
    ("an address that is none", put("Condition", {"IpAddress": {"aws:x": "10.x"}})),
    ("a condition without values", put("Condition", {"StringNotEquals": {"aws:x": []}})),
    ("a variable without an end", lambda document, statement: (
        document.update({"Version": "2012-10-17"}), statement.update({"Condition": {"StringEquals": {"aws:x": "${aws:y"}}}))),
    ("a Sid with a space", put("Sid", "two words")),
    ("an unknown version", lambda document, statement: document.update({"Version": "2020-01-01"})),
    ("an unknown element of the document", lambda document, statement: document.update({"Statements": []})),
    ("no statement", lambda document, statement: document.update({"Statement": []})),
    ("two statements of one Sid", lambda document, statement: document.update(
        {"Statement": [statement | {"Sid": "a"}, statement | {"Sid": "a"}]})),
]
