"""What stands around a vault: reports, alarms, a bus, a schedule, and policies of the organization."""

import os

from harness import EXAMPLES, Served, check, done, holdfast, workspace

WATCHED = os.path.join(EXAMPLES, "watched-backups.yaml")
BACKUP, HOME = "444455556666", "eu-central-1"
BUCKET = "watched-reports-444455556666"


with workspace(WATCHED) as folder, Served(folder) as served:
    def run(*args, expect=None):
        return holdfast(*args, cwd=folder, env=served.environment(BACKUP), expect=expect)

    run("apply", "--auto-approve", expect=0)
    again = run("plan", "--detailed-exitcode")
    check(again.status == 0, f"the second plan is empty: {again.out}{again.err}")
    check(run("drift", "--json", expect=0).json["drift"] == [], "nothing has drifted")

    # the organization keeps hands off, those of administrators too
    served.aws(BACKUP, HOME, "backup", "create-backup-vault", "--backup-vault-name", "other")
    served.aws(BACKUP, HOME, "backup", "delete-recovery-point", "--backup-vault-name", "other",
               "--recovery-point-arn", "arn:aws:ec2:eu-central-1::snapshot/snap-0", expect=255)
    last = [c for c in served.dump("--calls") if c["operation"] == "DeleteRecoveryPoint"][-1]
    check(last["code"] == "AccessDeniedException", f"nobody deletes points: {last}")

    # the schedule calls the inspection at half past three in Berlin, and it writes its log
    served.advance(days=1)
    events = served.aws(BACKUP, HOME, "logs", "filter-log-events", "--log-group-name", "/aws/lambda/watched-inspection")
    said = [e["message"] for e in events["events"]]
    check(any('{"inspect": "final"}' in line or '{"inspect":"final"}' in line for line in said),
          f"the inspection was called: {said}")

    # what others change shows, and goes back
    served.aws(BACKUP, HOME, "cloudwatch", "put-metric-alarm", "--alarm-name", "watched-silence", "--namespace",
               "AWS/Backup", "--metric-name", "NumberOfRecoveryPointsCompleted", "--statistic", "Sum", "--period", "86400",
               "--evaluation-periods", "1", "--threshold", "0", "--comparison-operator", "LessThanThreshold")
    served.aws(BACKUP, HOME, "s3api", "put-bucket-versioning", "--bucket", BUCKET, "--versioning-configuration",
               "Status=Suspended")
    served.aws(BACKUP, HOME, "events", "update-event-bus", "--name", "watched-backups", "--description", "mine")
    drift = run("drift", "--json", expect=0).json["drift"]
    check({d["address"] for d in drift} == {"alarms.silence", "resources.reports", "buses.backups"}, f"drift: {drift}")
    run("apply", "--auto-approve", expect=0)
    check(run("plan", "--detailed-exitcode").status == 0, "all is as the file says")

    # a bucket that holds something stays
    body = os.path.join(folder, "report")
    with open(body, "w", encoding="utf-8") as file:
        file.write("a report")
    served.aws(BACKUP, HOME, "s3api", "put-object", "--bucket", BUCKET, "--key", "Backup/r", "--body", body)
    result = run("destroy", "--auto-approve", "--allow-destroy", "resources.reports")
    check("BucketNotEmpty" in result.out + result.err, f"S3 says why: {result.out}{result.err}")
    check(served.aws(BACKUP, HOME, "s3api", "head-object", "--bucket", BUCKET, "--key", "Backup/r")["ContentLength"] == 8,
          "and the report is there")
done()
