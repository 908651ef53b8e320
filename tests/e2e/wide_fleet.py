"""Many accounts into one locked vault: a list of their relays would not fit into the trust policy of the role that looks into the
vault. Of two hundred it names the organization; of sixty in none that is declared two such roles share them. The proof holds, and every
backup of a day arrives once."""

import os
import re
import tempfile

from harness import EXAMPLES, HOLDFAST, check, done, holdfast, workspace
from small_package import small_package

ORGANIZATION = """organization: {id: o-exampleorgid, account: management, cross_account_backup: true}

accounts:
  management: {id: "999988887777", assume_role: "arn:aws:iam::999988887777:role/holdfast-deployer"}
"""


def widened(accounts, head, reconcile):
    members = ", ".join(f'w{i}: "{100000000000 + i}"' for i in range(accounts))

    def edit(text):
        text = re.sub(r"members: \{[^}]*\}", f"members: {{{members}}}", text).replace("accounts:\n", head, 1)
        return text + f"    reconcile: {reconcile}\n"
    return edit


def arrives(accounts, head, reconcile):
    with workspace(os.path.join(EXAMPLES, "fleet.yaml"), widened(accounts, head, reconcile)) as folder:
        report = holdfast("check", "--json", cwd=folder, expect=0).json
        check(report["verdict"] == "reachable" and len(report["paths"]) == 2 * accounts, "each path of each account is proven")
        check("HP221" not in [f["id"] for f in report["findings"]], "no trust policy is too long for AWS")
        if os.environ.get("HOLDFAST_SOAK"):
            report = holdfast("drill", "--days", "1", "--json", cwd=folder, expect=0, timeout=3600).json
            check(report["backups"] == report["arrived"] == 2 * accounts, f"each arrives: {report['backups']}, {report['arrived']}")
            check(report["duplicates"] == report["missing"] == report["alarms"] == 0, "and once")


with tempfile.TemporaryDirectory() as packages:
    small_package(packages, HOLDFAST)
    os.environ["HOLDFAST_DATA_DIR"] = packages
    arrives(200, ORGANIZATION, "never")  # as many by the clock would show nothing more
    arrives(60, "accounts:\n", "rate(12 hours)")  # by the clock they look into the vault
done()
