"""What AWS refuses is refused with AWS's code and status, and leaves the world as it was."""

import sys

from clients import done, served
from refusals import backup, cloudwatch, events, iam, kms, lambda_, others, s3, scheduler, sns

PARTS = {"kms": kms, "iam": iam, "lambda": lambda_, "events": events, "cloudwatch": cloudwatch, "others": others,
         "s3": s3, "scheduler": scheduler, "sns": sns, "backup": backup}
# what boto3 itself would refuse to send is sent
with served(judged_by_client=False) as world:
    for name in sys.argv[1:] or PARTS:
        PARTS[name].refuse_all(world)
done()
