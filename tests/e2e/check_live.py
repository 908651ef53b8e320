"""`check --live`: what somebody changed behind holdfast's back breaks the proof at its link, with AWS's words, while the file
alone still proves; what does no harm is left alone; and nothing is ever written."""

import glob
import json
import os
import re
import tempfile

import boto3

from harness import EXAMPLES, HOLDFAST, Served, check, connect, done, holdfast, workspace
from small_package import small_package

SECOND = os.path.join(EXAMPLES, "rds-default-key.yaml")
MANAGEMENT, SOURCE, LAST = "999988887777", "111122223333", "444455556666"
DEPLOYER = "holdfast-deployer"
A, B = "us-east-1", "us-west-2"
KEY_REFUSED = "KMS key is either disabled or pending deletion or access to the KMS key is denied"
COPY_REFUSED = "Access Denied trying to call AWS Backup service"


def locked_and_by_tag(text):
    """A lock on the last vault, and a selection by tag, for which the type must be opted in."""
    text = re.sub(r"^    accept_copies_from: .*\n", r"\g<0>    lock: {mode: governance, min_retention_days: 7, max_retention_days: 365}\n",
                  text, flags=re.M)
    return re.sub(r"^        resources: .*\n", "        list_of_tags: {backup: \"yes\"}\n", text, flags=re.M)


with workspace(SECOND, locked_and_by_tag) as folder, tempfile.TemporaryDirectory() as packages, Served(folder) as world:
    small_package(packages, HOLDFAST)
    os.environ["HOLDFAST_DATA_DIR"] = packages

    def client(account, service, region):
        return boto3.client(service, region_name=region, endpoint_url=world.url, aws_access_key_id=account,
                            aws_secret_access_key="simulated")

    def live(expect=0):
        return world.holdfast("check", "--live", "--json", expect=expect).json

    def state():
        with open(os.path.join(folder, "state.json"), "w", encoding="utf-8") as file:
            file.write(world.holdfast("show", "--json", expect=0).out)
        return json.load(open(file.name, encoding="utf-8"))

    def recorded(address):
        return next(r for r in records if r["address"] == address)["attributes"]

    def calls():
        return world.dump("--calls")

    def threat(report, what):
        return next(t for t in report["takeovers"] if t["what"] == what)

    # Before anything is made the file speaks of it; the settings are there already, and off.
    report = live(expect=7)
    check(report["basis"] == "live" and report["paths"][0]["broken_at"] == "backup.opted_in", "nothing is switched on yet")
    fixes = {h["fix"] for h in report["paths"][0]["hops"] if h["verdict"] == "broken"}
    check(fixes and all("holdfast apply" in fix for fix in fixes), f"the file says so already: {fixes}")
    check({"address": "vaults.destination", "state": "not made yet"} in report["unseen"], f"and it says so: {report['unseen']}")

    world.holdfast("apply", "--auto-approve", expect=0)
    records = state()["resources"]
    report = live()
    hops = report["paths"][0]["hops"]
    names = [u for u in report["unseen"] if "exampleRole" not in u["address"]]  # keys name it, and nobody made it
    check(report["verdict"] == "reachable" and names == [] and report["assumptions"] == [],
          f"what was applied is there: {report['unseen']} {report['assumptions']}")
    check({h["basis"] for h in hops} == {"live"}, f"each link rests on what was read: {hops}")
    check(next(h for h in hops if h["id"] == "last_copy.organization")["verdict"] == "reachable", "the switch is a fact")

    backup, kms, events = client(LAST, "backup", B), client(SOURCE, "kms", B), client(SOURCE, "events", A)
    settings, opt_ins = client(MANAGEMENT, "backup", A), client(SOURCE, "backup", A)
    functions, roles = client(SOURCE, "lambda", B), client(LAST, "iam", A)
    organizations = client(MANAGEMENT, "organizations", A)
    vault = recorded("vaults.destination")["name"]
    shared_key = recorded("keys.intermediate")["id"]
    last_key = recorded("keys.destination")["id"]
    function = recorded("relays.copy_to_vault/function")["name"]

    def organization_policy(name, action):
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": action, "Resource": "*"}]}
        policy = organizations.create_policy(Name=name, Description=name, Type="SERVICE_CONTROL_POLICY",
                                             Content=json.dumps(document))["Policy"]["PolicySummary"]["Id"]
        organizations.attach_policy(PolicyId=policy, TargetId=SOURCE)
        return policy

    def switch(value):
        settings.update_global_settings(GlobalSettings={"isCrossAccountBackupEnabled": value})

    def opt_in(value):
        opt_ins.update_region_settings(ResourceTypeOptInPreference={"RDS": value})

    def vault_policy(change):
        text = backup.get_backup_vault_access_policy(BackupVaultName=vault)["Policy"]
        backup.put_backup_vault_access_policy(BackupVaultName=vault, Policy=change(text))
        return text

    def key_policy(change):
        text = kms.get_key_policy(KeyId=shared_key, PolicyName="default")["Policy"]
        kms.put_key_policy(KeyId=shared_key, PolicyName="default", Policy=json.dumps(change(json.loads(text))))
        return text

    def drop_statements(document):
        kept = [s for s in document["Statement"] if LAST not in json.dumps(s.get("Principal"))]
        check(0 < len(kept) < len(document["Statement"]), "the key's policy loses the statements for the last account")
        return {**document, "Statement": kept}

    def no_forwarder():
        name = recorded("relays.copy_to_vault/forward_role")["name"]
        theirs = client(SOURCE, "iam", A)
        for policy in theirs.list_role_policies(RoleName=name)["PolicyNames"]:
            theirs.delete_role_policy(RoleName=name, PolicyName=policy)
        theirs.delete_role(RoleName=name)

    def no_permission():
        for statement in json.loads(functions.get_policy(FunctionName=function)["Policy"])["Statement"]:
            functions.remove_permission(FunctionName=function, StatementId=statement["Sid"])

    world.settings = functions.get_function_configuration(FunctionName=function)["Environment"]["Variables"]["HOLDFAST_RELAY"]

    def settings_of_function(text):
        functions.update_function_configuration(FunctionName=function, Environment={"Variables": {"HOLDFAST_RELAY": text}})
        functions.get_waiter("function_updated_v2").wait(FunctionName=function, WaiterConfig={"Delay": 1})

    def constant_input():
        there, rule = client(SOURCE, "events", B), recorded("relays.copy_to_vault/rule")["name"]
        for target in there.list_targets_by_rule(Rule=rule)["Targets"]:
            there.put_targets(Rule=rule, Targets=[{**target, "Input": '{"nothing": true}'}])

    def no_selection():
        for record in records:
            if record["type"] == "aws_backup_selection":
                opt_ins.delete_backup_selection(BackupPlanId=recorded("plans.backup_plan_rds")["id"],
                                                SelectionId=record["attributes"]["id"])

    world.policy = None

    def deny():
        world.policy = organization_policy("mutant", "backup:StartCopyJob")

    def allow():
        organizations.detach_policy(PolicyId=world.policy, TargetId=SOURCE)
        organizations.delete_policy(PolicyId=world.policy)

    def mend():
        world.holdfast("apply", "--auto-approve", expect=0)

    # What breaks, how it is undone, the link, its rule, AWS's words.
    BREAKS = [
        ("the switch", lambda: switch("false"), lambda: switch("true"), "last_copy.organization", "HP122",
         "Cross-account copy feature is not enabled for the current organization"),
        ("the opt-in", lambda: opt_in(False), lambda: opt_in(True), "backup.opted_in", "HP102", None),
        ("the vault's policy", lambda: vault_policy(lambda text: text.replace("o-exampleorgid", "o-anotherorgid")),
         lambda: vault_policy(lambda text: text.replace("o-anotherorgid", "o-exampleorgid")),
         "last_copy.vault_policy", "HP127", COPY_REFUSED),
        ("the last vault's key", lambda: client(LAST, "kms", B).disable_key(KeyId=last_key),
         lambda: client(LAST, "kms", B).enable_key(KeyId=last_key), "last_copy.vault_key", "HP135", KEY_REFUSED),
        ("a policy of the organization", deny, allow, "relay.start", "HP156", "with an explicit deny in a service control policy"),
        ("the service-linked role", lambda: roles.delete_service_linked_role(RoleName="AWSServiceRoleForBackup"),
         lambda: roles.create_service_linked_role(AWSServiceName="backup.amazonaws.com"), "last_copy.linked_role", "HP132",
         "The service-linked role AWSServiceRoleForBackup does not exist in the destination account"),
        # These one upon the other, each before the last one on the path; then all are mended at once.
        ("the key's statements", lambda: key_policy(drop_statements), None, "last_copy.source_key", "HP133",
         "The source snapshot KMS key"),
        ("the function's settings", lambda: settings_of_function("{not json"), None, "relay.runs", "HP151", None),
        ("the target's input", constant_input, None, "event.invoke", "HP144", None),
        ("the function's permission", no_permission, None, "event.invoke", "HP144", "NO_PERMISSIONS"),
        ("the forwarder's role", no_forwarder, None, "event.forward_role", "HP141", "Cross-region api call is not allowed"),
        ("the selection", no_selection, mend, "backup.selection", "HP104", None),
    ]
    for name, damage, undo, hop, rule, words in BREAKS:
        damage()
        report = live(expect=7)
        path = report["paths"][0]
        broken = next(h for h in path["hops"] if h["id"] == path["broken_at"])
        check(path["broken_at"] == hop and broken["rule"] == rule, f"{name} breaks {hop}, not {path['broken_at']}: {broken}")
        check(broken["basis"] == "live", f"{name}: the link was read")
        check(("holdfast apply" in (broken["fix"] or "")) == (damage is not deny), f"{name}: an apply sets what the file says: {broken['fix']}")
        check(words is None or words in broken["error"], f"{name}: AWS's words: {broken.get('error')}")
        if undo:
            undo()
    check(world.holdfast("check", "--json", expect=0).json["verdict"] == "reachable", "the file alone proves all the while")

    # A lock that is gone breaks no copy: it opens the vault.
    check(threat(live(), "deletes the points in vaults.destination")["rule"] == "HP402", "a lock that can be taken off comes first")
    backup.delete_backup_vault_lock_configuration(BackupVaultName=vault)
    report = live()
    check(threat(report, "deletes the points in vaults.destination")["rule"] == "HP401", "without its lock the vault can be emptied")
    check(any(f["id"] == "HP401" for f in report["findings"]), "and a finding says so")
    check(world.holdfast("check", "--json").json["takeovers"] != report["takeovers"], "of which the file knows nothing")
    mend()

    # Another account in the policy of the last vault's key, of whom the file knows nothing.
    theirs = client(LAST, "kms", B)
    text = theirs.get_key_policy(KeyId=last_key, PolicyName="default")["Policy"]
    statement = {"Sid": "Stranger", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"},
                 "Action": "kms:ScheduleKeyDeletion", "Resource": "*"}
    document = json.loads(text)
    theirs.put_key_policy(KeyId=last_key, PolicyName="default",
                          Policy=json.dumps({**document, "Statement": document["Statement"] + [statement]}))
    opened = [t for t in live()["takeovers"] if t["account_id"] == MANAGEMENT and t["rule"] == "HP501"]
    check([t["what"] for t in opened] == ["makes keys.destination unusable"] and opened[0]["verdict"] == "open",
          f"another account's principal can: {opened}")
    theirs.put_key_policy(KeyId=last_key, PolicyName="default", Policy=text)

    # Grants stand in no file: somebody of another account holds one on the last key; and one stands in for the key's policy.
    grant = theirs.create_grant(KeyId=last_key, GranteePrincipal=f"arn:aws:iam::{MANAGEMENT}:role/{DEPLOYER}",
                                Operations=["Decrypt", "DescribeKey"])["GrantId"]
    found = [f for f in live()["findings"] if f["id"] == "HP507"]
    check(len(found) == 1 and grant in found[0]["message"] and found[0]["address"] == "keys.destination", f"the grant is found: {found}")
    theirs.revoke_grant(KeyId=last_key, GrantId=grant)
    linked = f"arn:aws:iam::{LAST}:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"
    whole = key_policy(drop_statements)
    grant = kms.create_grant(KeyId=shared_key, GranteePrincipal=linked,
                             Operations=["Decrypt", "DescribeKey", "GenerateDataKeyWithoutPlaintext", "CreateGrant"])["GrantId"]
    report = live()
    check(report["verdict"] == "reachable" and not [f for f in report["findings"] if f["id"] == "HP507"],
          f"what a grant allows is allowed: {report['paths'][0]}")
    kms.revoke_grant(KeyId=shared_key, GrantId=grant)
    check(live(expect=7)["paths"][0]["broken_at"] == "last_copy.source_key", "and without it is not")
    kms.put_key_policy(KeyId=shared_key, PolicyName="default", Policy=whole)

    # What does no harm.
    backup.tag_resource(ResourceArn=recorded("vaults.destination")["arn"], Tags={"team": "platform"})
    kms.update_key_description(KeyId=shared_key, Description="somebody's")
    key_policy(lambda document: {**document, "Statement": document["Statement"] + [
        {"Sid": "Readers", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{SOURCE}:root"},
         "Action": "kms:DescribeKey", "Resource": "*"}]})
    vault_policy(lambda text: text.replace('"Version"', '"Id":"somebody","Version"', 1))
    functions.add_permission(FunctionName=function, StatementId="more", Action="lambda:InvokeFunction",
                             Principal="events.amazonaws.com", SourceArn=f"arn:aws:events:{B}:{SOURCE}:rule/other")
    events.put_rule(Name="beside", EventPattern=json.dumps({"source": ["aws.backup"]}))
    organization_policy("harmless", "s3:*")
    report = live()
    check(report["verdict"] == "reachable" and report["assumptions"] == [], f"no harm was done: {report['findings']}")

    # Nobody is let into the account of the last vault: it is as the file says, and the others are judged on what is there.
    trust = roles.get_role(RoleName=DEPLOYER)["Role"]["AssumeRolePolicyDocument"]
    roles.update_assume_role_policy(RoleName=DEPLOYER, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}]}))
    result = world.holdfast("check", "--live", "--json", expect=3)
    report, hops = result.json, {h["id"]: h for h in result.json["paths"][0]["hops"]}
    check("HF0702" in result.err and "holdfast-deployer cannot be assumed" in result.err, f"the error is told: {result.err}")
    check(report["verdict"] == "reachable" and hops["event.invoke"]["basis"] == "live" and hops["event.invoke"]["verdict"] == "reachable",
          "what the other accounts hold is a fact")
    closed = hops["last_copy.vault_key"]
    check(closed["verdict"] == "unknown" and closed["basis"] == "declared" and "cannot be assumed" in closed["reason"],
          f"what this one holds is an assumption: {closed}")
    check({u["state"] for u in report["unseen"] if "destination" in u["address"]} == {"unread"}, f"not read: {report['unseen']}")
    check(any("444455556666" in a and "was not read" in a for a in report["assumptions"]), f"and it is said: {report['assumptions']}")
    db = connect(next(f for f in glob.glob(os.path.join(folder, ".holdfast/*.db")) if "world" not in f))
    db.execute("INSERT INTO journal SELECT (SELECT max(seq) + 1 FROM journal), run, address, type, 'update', token, account_id, "
               "region, identifier, desired_json, digest, at_ms, 'open', NULL, NULL, NULL FROM journal WHERE address = "
               "'vaults.destination' LIMIT 1")
    db.execute("UPDATE journal SET identifier = ? WHERE phase = 'open'", (vault,))
    db.commit()
    result = world.holdfast("check", "--live", "--json", expect=3)
    check("Not every open intent can be settled" in result.err and result.json["verdict"] == "reachable",
          f"nor do its open intents keep anybody from the rest: {result.err}")
    db.execute("UPDATE journal SET phase = 'abandoned' WHERE phase = 'open'")
    db.commit()
    db.close()
    rows = [t for t in report["takeovers"] if t["account_id"] == LAST]
    check(rows and all("was not read" in t["reason"] for t in rows), f"nor does anybody know who could destroy it there: {rows}")
    no_permission()
    check(world.holdfast("check", "--live", expect=7).out.find("NO_PERMISSIONS") >= 0, "a link that is seen to be broken is broken")
    roles.update_assume_role_policy(RoleName=DEPLOYER, PolicyDocument=json.dumps(trust))
    mend()
    holdfast("check", "--live", cwd=folder, expect=3, env={"AWS_ENDPOINT_URL": world.url, "AWS_ACCESS_KEY_ID": "000000000001",
                                                           "AWS_SECRET_ACCESS_KEY": "x"})

    # Nobody can read the key: an assumption with AWS's words, not a verdict.
    organization_policy("blind", "kms:GetKeyPolicy")
    report = live()
    blind = next(h for h in report["paths"][0]["hops"] if h["id"] == "last_copy.source_key")
    check(report["verdict"] == "reachable" and blind["verdict"] == "unknown" and blind["basis"] == "declared" and
          "AccessDenied" in blind["reason"], f"what cannot be read is assumed, and says why: {blind}")

    # Reading is all that it does.
    marks = len(calls())
    live()
    mine = calls()[marks:]
    check(len(mine) > 50 and not [c for c in mine if c["writes"]], f"{len(mine)} calls, none of which writes")

# The file says that the databases are under its own key; they are under the one that AWS manages, which cannot leave the account.
DIRECT = os.path.join(EXAMPLES, "direct-copy.yaml")
with workspace(DIRECT) as folder:
    with open(os.path.join(folder, "topology.yaml"), encoding="utf-8") as file:
        text = file.read()
    with open(os.path.join(folder, "world.yaml"), "w", encoding="utf-8") as file:
        file.write(re.sub(r"^ *(source_key|route): .*\n", "", text, flags=re.M))
    with Served(folder, "-f", "world.yaml") as world:
        check(holdfast("check", "--json", cwd=folder, expect=0).json["verdict"] == "reachable", "the file believes itself")
        path = world.holdfast("check", "--live", "--json", expect=7).json["paths"][0]
        check(path["broken_at"] == "copy.shared_key", f"the databases say otherwise: {path['broken_at']}")

        # A vault that the file only looks up is not there: no apply would make it.
        with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
            file.write(re.sub(r"  primary: \{account: workload, region: primary\}", "  primary: {account: workload, region: primary, "
                              "name: theirs, external: true}", re.sub(r"^ *(source_key|route): .*\n", "", text, flags=re.M)))
        check(holdfast("check", "--json", cwd=folder).json["paths"][0]["broken_at"] == "copy.shared_key", "the file believes in it")
        path = world.holdfast("check", "--live", "--json", expect=7).json["paths"][0]
        broken = next(h for h in path["hops"] if h["id"] == path["broken_at"])
        check(broken["id"] == "backup.vault" and broken["error"] == "Backup vault theirs was not found", f"nobody made it: {broken}")
done()
