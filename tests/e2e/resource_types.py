"""Every type that AWS Backup protects goes the relay's way: backed up, copied into the intermediate vault,
relayed into the last one. Points have the ARN of their service or of AWS Backup."""

import os
import re

from harness import EXAMPLES, check, done, holdfast, workspace

SEED = os.path.join(EXAMPLES, "rds-immutable-backup.yaml")
FINAL = "vaults.final"
SELECTION = 'resources: ["arn:aws:rds:*:*:db:*"]'

# type: what selects it, the point in the last vault, the key of the first point
TYPES = {
    "RDS": ("arn:aws:rds:*:*:db:*", r"arn:aws:rds:us-east-2:444455556666:snapshot:awsbackup:copyjob-", "aws/rds"),
    "Aurora": ("arn:aws:rds:*:*:cluster:*",
               r"arn:aws:rds:us-east-2:444455556666:cluster-snapshot:awsbackup:copyjob-", "aws/rds"),
    # only a name tells a world that a cluster is not Aurora's: their ARNs look alike
    "DocumentDB": ("arn:aws:rds:*:*:cluster:docdb-*",
                   r"arn:aws:rds:us-east-2:444455556666:cluster-snapshot:awsbackup:copyjob-", "aws/rds"),
    "Neptune": ("arn:aws:rds:*:*:cluster:neptune-*",
                r"arn:aws:rds:us-east-2:444455556666:cluster-snapshot:awsbackup:copyjob-", "aws/rds"),
    "EBS": ("arn:aws:ec2:*:*:volume/*", r"arn:aws:ec2:us-east-2::snapshot/snap-[0-9a-f]{17}$", "aws/ebs"),
    "EC2": ("arn:aws:ec2:*:*:instance/*", r"arn:aws:ec2:us-east-2::image/ami-[0-9a-f]{17}$", "aws/ebs"),
    "FSx": ("arn:aws:fsx:*:*:file-system/*", r"arn:aws:fsx:us-east-2:444455556666:backup/backup-", "aws/fsx"),
    "EFS": ("arn:aws:elasticfilesystem:*:*:file-system/*",
            r"arn:aws:backup:us-east-2:444455556666:recovery-point:", "aws/backup"),
    "DynamoDB": ("arn:aws:dynamodb:*:*:table/*", r"arn:aws:backup:us-east-2:444455556666:recovery-point:", "aws/backup"),
    "S3": ("arn:aws:s3:::*", r"arn:aws:backup:us-east-2:444455556666:recovery-point:", "aws/backup"),
}


def drill(*patterns):
    listed = ", ".join(f'"{p}"' for p in patterns)
    with workspace(SEED, lambda text: text.replace(SELECTION, f"resources: [ {listed} ]")) as folder:
        result = holdfast("drill", "--days", "1", "--json", "--world", "world.db", cwd=folder)
        dump = holdfast("simulator", "dump", "--world", "world.db", cwd=folder, expect=0).json
        last = sorted(o["body"]["ResourceType"] for o in dump["objects"]
                      if o["kind"] == "backup.point" and o["account_id"] == "444455556666")
        return result.status, result.json, last


status, report, last = drill(*(pattern for pattern, _, _ in TYPES.values()))
check(status == 0, f"every type arrives: {report['misses']}")
check(report["backups"] == report["arrived"] == len(TYPES), f"one backup of each: {report['backups']}")
check(last == sorted(TYPES), f"of each type one: {last}")
check(report["duplicates"] == report["alarms"] == 0, "once, without an alarm")
points = [t["point_arn"] for t in report["timeline"] if t["what"] == "copy" and t.get("vault") == FINAL]
keys = {t["point_arn"]: t.get("key") for t in report["timeline"] if t["what"] == "backup"}
for name, (_, arn, key) in TYPES.items():
    check(any(re.match(arn, p) for p in points), f"{name}: the copy's ARN is one of {points}")
own = {"aws/rds", "aws/ebs", "aws/fsx"}
check(own <= set(keys.values()), f"points of services keep their resource's key: {keys}")
check(all(k not in own for p, k in keys.items() if ":recovery-point:" in p), "AWS Backup's own have the vault's")

# Volumes of FSx stay where they are.
status, report, _ = drill("arn:aws:fsx:*:*:volume/*")
check(status == 2 and report["missing"] == 1, f"nothing of a volume can be copied: {report}")
check("Feature is not supported" in report["misses"][0]["reason"], f"and the drill says so: {report['misses']}")
done()
