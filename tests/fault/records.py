"""What a row of the state is in the world."""

import json

from folder import NEIGHBOUR

# A framework is deployed by AWS, in its time; an alarm is looked at, and rings.
OF_ITSELF = {"DeploymentStatus", "Look_ms", "StateValue", "StateReason", "State_ms"}


def own_doing(body):
    """What of an object only a call can change."""
    return body and {k: v for k, v in json.loads(body).items() if k not in OF_ITSELF}


def identity(row):
    return row["type"], row["account_id"], row["region"], row["identifier"]


def entry_of(address):
    """The entry of the file that an address belongs to: "vaults.a" for "vaults.a[payments]/lock"."""
    return address.split("/")[0].split("[")[0]


def told(rows):
    """Rows without what differs from one machine to the next."""
    return {address: {k: v for k, v in row.items() if k != "checksum"} for address, row in rows.items()}


def neighbours(key, body):
    return f"{NEIGHBOUR}-" in key[3] or f'"{NEIGHBOUR}"' in body or key[3] in ("made-before", "alias/made-before")


HOLDS_DATA = {"aws_backup_vault", "aws_kms_key", "aws_s3_bucket", "aws_backup_legal_hold",
              "aws_backup_logically_air_gapped_vault"}
# Shared by nature: one address may let go of it after another has taken it over.
SHARED = {"aws_backup_region_settings", "aws_backup_global_settings", "aws_iam_service_linked_role", "aws_log_group"}
KINDS = {"aws_backup_vault": "backup.vault", "aws_kms_key": "kms.key", "aws_s3_bucket": "s3.bucket",
         "aws_sqs_queue": "sqs.queue", "aws_iam_role": "iam.role", "aws_lambda_function": "lambda.function",
         "aws_sns_topic": "sns.topic", "aws_backup_logically_air_gapped_vault": "backup.vault"}


def world_key(row):
    """Where the world keeps the object of a row, for the types that are looked for there."""
    kind = KINDS.get(row["type"])
    return kind and (kind, row["account_id"], row["region"] or "", row["identifier"])
