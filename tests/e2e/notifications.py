"""A vault reports to a topic, the topic into a queue; what others do to that shows as drift."""

import datetime
import json
import os
import tempfile

from harness import Served, check, done

TOPOLOGY = """version: 1
name: news

accounts:
  workload: {id: "111122223333", assume_role: arn:aws:iam::111122223333:role/holdfast-deployer}
regions:
  here: us-east-1

vaults:
  primary:
    account: workload
    region: here
    notifications: {topic: news, events: [BACKUP_JOB_COMPLETED]}

  quiet: {account: workload, region: here}

topics:
  news:
    account: workload
    region: here
    subscriptions:
      machines: {queue: news}
      people: {protocol: email, endpoint: backups@example.com}

queues:
  news: {account: workload, region: here}

plans:
  daily:
    account: workload
    region: here
    rules: {daily: {target_vault: primary, schedule_expression: cron(0 HOUR ? * * *), lifecycle: {delete_after_days: 7}}}
    selections: {all: {resources: ["arn:aws:rds:*:*:db:*"]}}
"""
ACCOUNT, REGION, VAULT = "111122223333", "us-east-1", "news-primary"
NOTIFICATIONS = "vaults.primary/notifications"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:news-news"
QUEUE = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/news-news"


def received(served):
    """Messages in the queue, taken out of it."""
    queue = ("--endpoint-url", served.url, "--queue-url", QUEUE)  # or awscli would follow the queue's own host
    answer = served.aws(ACCOUNT, REGION, "sqs", "receive-message", *queue, "--max-number-of-messages", "10")
    messages = (answer or {}).get("Messages", [])
    for message in messages:
        served.aws(ACCOUNT, REGION, "sqs", "delete-message", *queue, "--receipt-handle", message["ReceiptHandle"])
    return [json.loads(m["Body"]) for m in messages]


def drift(served, expect):
    report = served.holdfast("drift", "--json", "--detailed-exitcode", expect=expect).json
    return {d["address"]: d for d in report["drift"]}


with tempfile.TemporaryDirectory(prefix="holdfast-test-") as folder:
    with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
        # a served world begins now: a backup within each day from here on, and not at its edge
        hour = (datetime.datetime.now(datetime.timezone.utc).hour + 6) % 24
        file.write(TOPOLOGY.replace("HOUR", str(hour)))
    with Served(folder) as served:
        served.holdfast("apply", "--auto-approve", "--relay=false", expect=0)
        again = served.holdfast("plan", "--detailed-exitcode", expect=0)
        check("nothing to do" in again.out, f"a pending subscription is no difference: {again.out}")

        served.advance(days=1)
        news = received(served)
        check(len(news) == 1 and news[0]["TopicArn"] == TOPIC, f"one backup, one message: {news}")
        check("COMPLETED" in news[0]["Message"] and ":db:orders" in news[0]["Message"], f"it says what: {news}")

        served.aws(ACCOUNT, REGION, "backup", "put-backup-vault-notifications", "--backup-vault-name", VAULT,
                   "--sns-topic-arn", f"arn:aws:sns:{REGION}:{ACCOUNT}:elsewhere", "--backup-vault-events",
                   "COPY_JOB_FAILED")
        found = drift(served, 2)
        check({d["path"] for d in found[NOTIFICATIONS]["differences"]} == {"/sns_topic_arn", "/backup_vault_events"},
              f"a vault that reports to others: {found}")
        served.aws(ACCOUNT, REGION, "backup", "put-backup-vault-notifications", "--backup-vault-name", "news-quiet",
                   "--sns-topic-arn", TOPIC, "--backup-vault-events", "BACKUP_JOB_COMPLETED")
        found = drift(served, 2)
        check(found["vaults.quiet/notifications"]["action"] == "added", f"a vault that reports undeclared: {found}")
        served.aws(ACCOUNT, REGION, "backup", "delete-backup-vault-notifications", "--backup-vault-name", "news-quiet")
        served.aws(ACCOUNT, REGION, "backup", "delete-backup-vault-notifications", "--backup-vault-name", VAULT)
        found = drift(served, 2)
        check(found[NOTIFICATIONS]["action"] == "deleted", f"a vault that does not report: {found}")

        served.aws(ACCOUNT, REGION, "sns", "set-topic-attributes", "--topic-arn", TOPIC, "--attribute-name", "Policy",
                   "--attribute-value", json.dumps({"Version": "2012-10-17", "Statement": [
                       {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sns:Publish", "Resource": TOPIC}]}))
        check("topics.news" in drift(served, 2), "a topic that does not let AWS Backup in")
        served.holdfast("apply", "--auto-approve", "--relay=false", expect=0)
        drift(served, 0)
        served.advance(days=1)
        check(len(received(served)) == 1, "apply puts it right")

        served.holdfast("destroy", "--auto-approve", "--allow-destroy", "vaults.primary", "--allow-destroy",
                        "vaults.quiet", expect=0)
        topics = served.aws(ACCOUNT, REGION, "sns", "list-topics")["Topics"]
        check(topics == [], f"the topic goes, with a subscription that nobody confirmed: {topics}")
done()
