"""Every operation that the simulator knows is called, in two accounts and Regions, and every answer
fits the service model. An operation that is added to the simulator and not called here fails."""

from calls import backup, cloudwatch, ec2, events, fsx, iam, kms, lambda_, logs, organizations, rds, s3, scheduler, \
    sns, sqs, sts, tagging
from clients import BACKUP, MANAGEMENT, check, done, served

# Only the management account may ask for these, and for whatever Organizations knows.
OF_THE_MANAGEMENT = {("backup", "DescribeGlobalSettings"), ("backup", "UpdateGlobalSettings")}
# And this one is for the others, once.
OF_A_MEMBER = {("organizations", "LeaveOrganization")}


def call_everything(place):
    for service in (kms, iam, sts, sqs, sns, logs, events, lambda_, rds, cloudwatch, scheduler, s3, tagging):
        service.call_all(place)
    rds.call_snapshots(place, backup.call_all(place))
    for service in (ec2, fsx):
        service.call_all(place)


def call_the_organization(place):
    organizations.call_all(place)
    place.sts.get_caller_identity()
    backup.settings(place)
    organizations.leave(place)
    organizations.close(place)


with served() as world:
    here, there = world.place(), world.place(BACKUP, "eu-west-1")
    call_everything(here)
    for name in ("list_keys", "list_aliases"):
        check(not any(v for k, v in getattr(there.kms, name)().items() if k in ("Keys", "Aliases")),
              f"{name}: nothing of one account shows in another")
    check(not there.backup.list_backup_vaults()["BackupVaultList"], "vaults neither")
    elsewhere = world.place(region="eu-west-1")
    check(not elsewhere.backup.list_backup_vaults()["BackupVaultList"], "nor in another Region")
    call_everything(there)
    call_the_organization(world.place(MANAGEMENT))

    known = {(service, name) for service, names in world.private("operations").items() for name in names}
    check(len(known) > 150, f"the simulator lists its operations: {len(known)}")
    of_the_management = (OF_THE_MANAGEMENT | {k for k in known if k[0] == "organizations"}) - OF_A_MEMBER
    for place in (here, there):
        called = {(s, o) for s, o, account, region in world.watch.succeeded
                  if (account, region) == (place.account, place.region)}
        missed = sorted(known - called - of_the_management - OF_A_MEMBER)
        check(not missed, f"never called with success in {place.account} {place.region}: {missed}")
    called = {(s, o) for s, o, account, _ in world.watch.succeeded if account == MANAGEMENT}
    check(of_the_management <= called, f"never called: {sorted(of_the_management - called)}")
    check(OF_A_MEMBER <= {(s, o) for s, o, _, _ in world.watch.succeeded}, f"never called: {sorted(OF_A_MEMBER)}")
done()
