"""Partitions other than `aws`: every ARN of a simulated world is one of its partition, and the whole way works there."""

import json

from harness import check, done, holdfast, workspace


def elsewhere(partition, first, second):
    def edit(text):
        text = text.replace("arn:aws:", f"arn:{partition}:")
        return text.replace("us-east-1", first).replace("us-east-2", second)
    return edit


def arns(folder):
    dump = holdfast("simulator", "dump", "--world", "world.db", cwd=folder, expect=0).out
    return {word.split(":")[1] for word in json.dumps(json.loads(dump)).replace("\\", "").split('"')
            if word.startswith("arn:") and word.count(":") >= 5}


# ---- GovCloud: the walkthrough as it stands ----
with workspace(edit=elsewhere("aws-us-gov", "us-gov-west-1", "us-gov-east-1")) as folder:
    report = holdfast("drill", "--days", "1", "--world", "world.db", "--json", cwd=folder, expect=0).json
    check(report["backups"] == report["arrived"] == 1, f"the backup arrives: {report}")
    check(arns(folder) == {"aws-us-gov"}, f"no ARN is of another partition: {arns(folder)}")

# ---- China: two Regions of one account, in which roles are assumed or not ----
CHINA = """version: 1
name: china
accounts: {here: {id: "111122223333"ROLE}}
regions: {one: cn-north-1, two: cn-northwest-1}
keys: {second: {account: here, region: two}}
vaults:
  first: {account: here, region: one}
  second: {account: here, region: two, key: second}
plans:
  daily:
    account: here
    region: one
    rules:
      daily:
        target_vault: first
        schedule_expression: cron(0 5 ? * * *)
        copy_actions: [{destination_vault: second}]
    selections: {all: {resources: ["arn:aws-cn:rds:*:*:db:*"]}}
"""
for role in ("", ', assume_role: "arn:aws-cn:iam::111122223333:role/deployer"'):
    with workspace(edit=lambda _, role=role: CHINA.replace("ROLE", role)) as folder:
        holdfast("apply", "--simulate", "--world", "world.db", "--auto-approve", cwd=folder, expect=0)
        plan = holdfast("plan", "--simulate", "--world", "world.db", "--json", cwd=folder, expect=0).json
        check(not plan["changes"], f"nothing is left to do: {plan['changes']}")
        holdfast("simulator", "advance", "--world", "world.db", "--days", "1", cwd=folder, expect=0)
        dump = holdfast("simulator", "dump", "--world", "world.db", cwd=folder, expect=0).json
        copies = [o for o in dump["objects"] if o["kind"] == "backup.point" and o["region"] == "cn-northwest-1"]
        check(len(copies) == 1, f"a copy in the other Region: {copies}")
        check(arns(folder) == {"aws-cn"}, f"no ARN is of another partition: {arns(folder)}")
done()
