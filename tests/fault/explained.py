"""What may refuse an apply for good when calm has returned: REASONS, by code, each with what in the file, the state or the
world must then be so. Anything else that is refused twice is a fault of the program, whatever its words.

A reason is `(words, true_of)`: a pattern that the whole message fits, and a function of the case, the match and the address.
"""

import json
import re

from random_topology import ACCOUNTS
from records import entry_of


def invalid(case, *_):
    return case.folder.run("validate").status != 0


def elsewhere(case, name):
    """Objects of that name which are not ours by any record: strangers', or ours once and let go."""
    known = {(row["account_id"], row["identifier"]) for row in case.folder.rows().values()}
    lost = {i[3] for i in case.forgotten | case.touched if (i[1], i[3]) not in known}
    return name in case.others or [i for i in lost if name in i] or case.unknown


def anothers(case, match, address):
    """Somebody else's, or ours at another address, where a person has moved it."""
    name = match["name"].split("|")[-1]
    return elsewhere(case, name) or any(name in (row["identifier"] or "") for at, row in case.folder.rows().items() if at != address)


def recorded(case, match, _):
    """At another address: somebody moved it by hand, or the file has it twice."""
    return match["at"] in case.folder.rows()


def alike(case, match, _):
    doc, rows = case.doc, case.folder.rows()
    return match["old"] in rows and match["new"] not in rows and match["old"] not in json.dumps(doc.get("moved", []))


def was_other(case, match, _):
    """The file now asks for something else than is recorded, maybe still at the address that it moves from, or than stands
    there since its record was undone."""
    there = [*case.folder.rows().values(), *case.folder.objects().values()]
    return not match["was"] or any(match["was"].strip('"') in f"{one}" for one in there)


def lost(case, match, _):
    """What it was made with has been removed by somebody, or waits for its day."""
    bodies = [json.loads(body) for key, body in case.folder.objects().items() if key[0] == "kms.key" and key[3] == match["id"]]
    return not bodies or bodies[0].get("KeyState") == "PendingDeletion"


def protected(case, match, _):
    address = match["address"]
    entry = entry_of(address)
    return {address, entry, entry + address[len(address.split("[")[0]):]} & case.protected()


def imported(case, _, address):
    return any(i["address"] == address for i in case.doc.get("imports", []))


def moves(case, *_):
    return case.doc.get("moved") or case.doc.get("forget")


def addresses(case, address):
    """Where it is, or is still, recorded: nothing has moved yet where nothing could be applied."""
    before = [move["from"] + address[len(move["to"]):] for move in case.doc.get("moved", [])
              if re.match(rf"{re.escape(move['to'])}(?![^[/])", address)]
    return [address, *(a for old in before for a in addresses(case, old))]


def row_of(case, *candidates):
    rows = case.folder.rows()
    return next((rows[at] for address in candidates for at in addresses(case, address) if at in rows), None)


def vault_of(case, address):
    """By its own row, or by that of its lock, which has the same identifier; of one that was let go of, by its name."""
    section, name = entry_of(address).split(".")
    row = row_of(case, address.split("/")[0], address)
    called = row["identifier"] if row else case.doc.get(section, {}).get(name, {}).get("name", f"life-{name}")
    bodies = [body for key, body in case.folder.objects().items()
              if key[0] == "backup.vault" and key[3] == called and (not row or key[1:3] == (row["account_id"], row["region"]))]
    return json.loads(bodies[0]) if bodies else {}


def locked(case, _, address):
    return "LockDate" in vault_of(case, address)


def holds_points(case, _, address):
    row = row_of(case, address.split("/")[0])
    return row and any(key[0] == "backup.point" and row["identifier"] in body
                       for key, body in case.folder.objects().items())


def relayed(case, _, address):
    """Copies are under way."""
    return any(a.startswith("relays.") for a in case.folder.rows())


def denied(case, match, _):
    """A policy of the object's, or of the organization's, denies something."""
    name = match["arn"].split(":")[-1].split("/")[-1]
    whose = "organizations." if match["by"] == "service control" else ""
    return any('"Deny"' in body.replace("\\", "") for key, body in case.folder.objects().items()
               if key[0].startswith(whose) and (whose or name in key[3]))


def nobodys(case, *_):
    """A person has closed an intent or let a row go, or the file lets go: what that was about may still be a part of what is
    deleted."""
    return case.unknown or case.forgotten or case.doc.get("forget")


def holds_rules(case, _, address):
    """The bus: somebody else's rule is on it, or one that was ours."""
    rows = case.folder.rows()
    bus, ours = rows.get(address), {row["identifier"] for row in rows.values() if row["type"] == "aws_event_rule"}
    return bus and any(key[:3] == ("events.rule", bus["account_id"], bus["region"]) and key[3].startswith(f"{bus['identifier']}/")
                       and key[3].replace("/", "|", 1) not in ours for key in case.folder.objects())


def holds_objects(case, _, address):
    """The bucket: deleting it is left to whoever knows what lies in it."""
    row = case.folder.rows().get(address)
    return any(key[0] == "s3.object" and (not row or row["identifier"] in key[3]) for key in case.folder.objects())


def keeps_versions(case, _, address):
    """The bucket, which was made with a lock for its objects and keeps it, whatever the file says now."""
    row = case.folder.rows().get(address)
    return any(key[0] == "s3.bucket" and row and key[3] == row["identifier"] and '"Lock"' in body
               for key, body in case.folder.objects().items())


def switched_off(case, match, _):
    """The key, by the file, or by those whose it is."""
    off = any(key[0] == "kms.key" and key[3] == match["key"] and json.loads(body).get("KeyState") == "Disabled"
              for key, body in case.folder.objects().items())
    if off and any(key.get("external") for key in case.doc["keys"].values()):
        return True
    return any(row["identifier"] == match["key"] and case.doc["keys"].get(at.split(".")[1].split("[")[0], {}).get("enabled") is False
               for at, row in case.folder.rows().items() if row["type"] == "aws_kms_key")


def is_of_another(case, role, service):
    return role and service not in json.dumps(case.doc["roles"].get(role, {}))


def trusts_another(case, _, address):
    """The role that the file gives the function is one of another service's."""
    role = case.doc.get("functions", {}).get(entry_of(address).split(".")[-1], {}).get("role")
    return is_of_another(case, role, "lambda.amazonaws.com")


def trusts_no_backup(case, _, address):
    """The role that the file gives the selection is one of another service's."""
    plan, selection = entry_of(address).split(".")[-1], address.split("/selections.")[-1]
    return is_of_another(case, case.doc["plans"][plan]["selections"][selection].get("role"), "backup.amazonaws.com")


def not_there(case, match, _):
    """No object has the name or the alias that the entry is looked up by: somebody removed it, or it was moved before; or the key
    that has it waits for its day."""
    section, name = entry_of(match["address"]).split(".")
    entry = case.doc[section][name]
    known = entry.get("alias") or entry.get("name") or f"life-{name}"
    members = {n: {"id": i} for a in ACCOUNTS.values() for n, i in a.get("members", {}).items()}
    account = {**ACCOUNTS, **members}[match["account"]]["id"]
    region = re.search(r"[\[,]([a-z]+-[a-z]+-\d)\]$", match["address"])  # of one in several Regions
    there = {key: json.loads(body) for key, body in case.folder.objects().items() if key[0] in ("kms.key", "kms.alias", "backup.vault")}
    doomed = [key[3] for key, body in there.items() if body.get("KeyState") == "PendingDeletion"]
    return not [key for key, body in there.items() if key[0] != "kms.key" and key[1] == account and body.get("TargetKeyId") not in doomed
                and re.search(rf"{known}(?!\d)", key[3]) and (not region or region[1] == key[2])]


def external(case, match, _):
    """By the file, or let go of; what is recorded of it stands at another address, where somebody moved it by hand, or is the
    key that it was made with."""
    section, name = entry_of(match["by"]).split(".")
    entry = case.doc.get(section, {}).get(name, {"external": f"{section}.{name}" in json.dumps(case.doc.get("forget", []))})
    return entry.get("external") and row_of(case, match["address"])


def needed(case, match, _):
    """The key is that of a vault which is there: one of the file's, one that is external, or one that was let go of."""
    row = row_of(case, match["address"])
    vault = vault_of(case, match["by"])
    return external(case, match, _) or (row and vault.get("EncryptionKeyArn", "").endswith(row["identifier"]))


def attached(case, match, _):
    """The policy, to a role that the file still gives it to."""
    return re.search(rf"\$\{{{match['policy'].split('[')[0]}[.\[]", json.dumps(case.doc["roles"][match["role"].split(".")[1].split("[")[0]]))


REASONS = {
    "HF0301": [(r"(?P<address>\S+) is external, and there is no such .+ in (?P<account>\S+)", not_there)],
    "HF0501": [(r"the .+? exists in .* and belongs to (?P<at>\S+) of topology life", recorded),
               (r"the .+? (?P<name>\S+) exists in .* and belongs to .*", anothers)],
    "HF0502": [(r'.* of an? .+? cannot be changed(?: from (?P<was>.+?) to .+?)?, and an? .+ is never replaced', was_other),
               (r"the .+ was made with \S+ \((?P<id>\S+)\), which is not there any more or is about to be deleted, .*", lost)],
    "HF0503": [(r"(?P<address>\S+) has prevent_destroy and would be .*", protected)],
    "HF0509": [(r"the .* is recorded as (?P<at>\S+) already", recorded),
               (r"`(?P<old>\S+)` would be deleted, and `(?P<new>\S+)`, which is alike, created", alike)],
    "HF0510": [(r".*", imported)],
    "HF0313": [(r".*", moves)],
    "HF0803": [(r".* not authorized to perform: .* on resource: (?P<arn>\S+) with an explicit deny in a "
                r"(?P<by>resource-based|service control) policy.*", denied)],
    "HF0806": [(r"iam:CreatePolicy: EntityAlreadyExists: A policy called (?P<name>\S+) already exists.*", anothers),  # by another path
               (r"kms:CreateAlias: AlreadyExistsException: An alias with the name \S+:(?P<name>alias/\S+) already exists.*",
                anothers),  # a name that ours is to get
               (r"lambda:\w+: .*The role defined for the function cannot be assumed by Lambda.*", trusts_another),
               (r"backup:CreateBackupSelection: .* cannot be assumed by AWS Backup.*", trusts_no_backup),
               (r"\S+:Delete\w+: \w*(?:Conflict|InvalidRequest|InUse|NotEmpty)\w*: .*", nobodys),
               (r"events:DeleteEventBus: ValidationException: .* since it has rules.*", holds_rules),
               (r"backup:CreateBackupVault: .* KMS key \S+:key/(?P<key>\S+) does not exist, is not enabled .*", switched_off),
               (r"s3:PutBucketVersioning: InvalidBucketState: .*", keeps_versions),
               (r"s3:DeleteBucket: BucketNotEmpty: .*", holds_objects)],
    "HF0905": [(r"run \d+ began to create this, and an object of that name belongs to .*",
                lambda case, *_: case.others or nobodys(case))],
    "HF0904": [(r".*", lambda *_: True)],  # of something else, which needs its own reason
    "HF0906": [(r"(?P<policy>\S+) cannot be changed: .* AWS deletes no policy that is attached, as it is to (?P<role>\S+);.*", attached),
               (r"(?P<address>\S+) cannot be deleted: (?P<by>\S+), which is external, is that object: .*", external),
               (r"(?P<address>\S+) cannot be deleted: (?P<by>\S+) stays and needs it", needed),
               (r".* the lock is permanent: .*", locked), (r".*: it holds \d+ recovery points", holds_points),
               (r".* cannot be \w+ yet: .*; nothing was changed", relayed)],
}


def unexplained(case, errors):
    """Those of `errors` (code, message, address) that nothing explains."""
    if invalid(case):
        return [e for e in errors if not e["code"].startswith(("HF01", "HF02", "HF03", "HF04"))]
    left = []
    for error in errors:
        said = [(re.fullmatch(words, error["message"], re.S), true_of) for words, true_of in REASONS.get(error["code"], ())]
        if not any(match and true_of(case, match, error.get("address") or "") for match, true_of in said):
            left.append(error)
    alone = errors and all(e["code"] == "HF0904" for e in errors)
    return errors if alone else left
