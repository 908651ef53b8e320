"""Two hundred accounts into one locked vault: a list of their relays would not fit into the trust policy of the role that looks into
the vault, so it names the organization; the proof holds, and every backup of a day arrives once."""

import os
import re
import tempfile

from harness import EXAMPLES, HOLDFAST, check, done, holdfast, workspace
from small_package import small_package

ACCOUNTS = 200
ORGANIZATION = """organization: {id: o-exampleorgid, account: management, cross_account_backup: true}

accounts:
  management: {id: "999988887777", assume_role: "arn:aws:iam::999988887777:role/holdfast-deployer"}
"""


def widened(text):
    members = ", ".join(f'w{i}: "{100000000000 + i}"' for i in range(ACCOUNTS))
    text = re.sub(r"members: \{[^}]*\}", f"members: {{{members}}}", text).replace("accounts:\n", ORGANIZATION, 1)
    return text + "    reconcile: never\n"  # two hundred relays by the clock, each hour, would show nothing more


with workspace(os.path.join(EXAMPLES, "fleet.yaml"), widened) as folder, tempfile.TemporaryDirectory() as packages:
    small_package(packages, HOLDFAST)
    os.environ["HOLDFAST_DATA_DIR"] = packages
    report = holdfast("check", "--json", cwd=folder, expect=0).json
    check(report["verdict"] == "reachable" and len(report["paths"]) == 2 * ACCOUNTS, "each path of each account is proven")
    if os.environ.get("HOLDFAST_SOAK"):
        report = holdfast("drill", "--days", "1", "--json", cwd=folder, expect=0, timeout=3600).json
        check(report["backups"] == report["arrived"] == 2 * ACCOUNTS, f"each arrives: {report['backups']}, {report['arrived']}")
        check(report["duplicates"] == report["missing"] == report["alarms"] == 0, "and once")
done()
