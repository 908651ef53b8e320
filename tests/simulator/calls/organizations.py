from clients import BACKUP, MANAGEMENT, WORKLOAD, check, pages


def call_all(place):
    organizations = place.organizations
    got = organizations.describe_organization()["Organization"]
    check(got["MasterAccountId"] == MANAGEMENT and got["FeatureSet"] == "ALL", "the organization")
    found, count = pages(organizations, "list_accounts", "Accounts", 1)
    check({a["Id"] for a in found} == {WORKLOAD, BACKUP, MANAGEMENT} and count == 3, "its accounts")
    one = organizations.describe_account(AccountId=WORKLOAD)["Account"]
    check(one["Name"] == "workload" and one["Status"] == "ACTIVE", "an account")
    roots = organizations.list_roots()["Roots"]
    check([r["Name"] for r in roots] == ["Root"], "its root")
    parents = organizations.list_parents(ChildId=WORKLOAD)["Parents"]
    check(parents == [{"Id": roots[0]["Id"], "Type": "ROOT"}], "the parent of an account")
    below, count = pages(organizations, "list_accounts_for_parent", "Accounts", 2, ParentId=roots[0]["Id"])
    check([a["Id"] for a in below] == [a["Id"] for a in found] and count == 2, "the accounts of a parent")
