"""Many clients at once: every call is answered once, and nothing is lost or mixed up."""

import concurrent.futures

from clients import BACKUP, WORKLOAD, check, done, served

THREADS, ROUNDS = 16, 8


def work(world, number):
    """One client of its own, in one of four places; gives what it made and what it read back."""
    account, region = (WORKLOAD, BACKUP)[number % 2], ("us-east-1", "eu-west-1")[number // 2 % 2]
    place, made = world.place(account, region), []
    for i in range(ROUNDS):
        name = f"vault-{number}-{i}"
        arn = place.backup.create_backup_vault(BackupVaultName=name, BackupVaultTags={"n": name})["BackupVaultArn"]
        check(place.backup.list_tags(ResourceArn=arn)["Tags"] == {"n": name}, f"tags of {name}")
        key = place.kms.create_key(Description=name)["KeyMetadata"]
        check(place.kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["Description"] == name, f"key of {name}")
        made.append((account, region, name, key["KeyId"]))
    return made


with served() as world:
    before = len(world.private("calls"))
    world.place().kms.list_keys()  # loads the models once
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        made = [row for rows in pool.map(lambda n: work(world, n), range(THREADS)) for row in rows]
    check(len({key for *_, key in made}) == THREADS * ROUNDS, "every id is given once")
    for account in (WORKLOAD, BACKUP):
        for region in ("us-east-1", "eu-west-1"):
            found = world.place(account, region).backup.list_backup_vaults()["BackupVaultList"]
            wanted = {name for a, r, name, _ in made if (a, r) == (account, region)}
            check({v["BackupVaultName"] for v in found} == wanted, f"vaults of {account} in {region}")
    ledger = world.private("calls")
    check(len(ledger) - before == THREADS * ROUNDS * 4 + 5, f"the ledger has each call once: {len(ledger) - before}")
    check([row["seq"] for row in ledger] == sorted({row["seq"] for row in ledger}), "in their order")
done()
