cat >old.yaml <<END
version: 1
name: t
accounts:
  main: {id: "111122223333"}
regions:
  one: us-east-1
vaults:
  v:
    account: main
    region: one
    lock: {mode: compliance, min_retention_days: 7, changeable_for_days: 3}
END
"$HOLDFAST" apply --simulate --auto-approve -f old.yaml --allow-irreversible vaults.v/lock >/dev/null
"$HOLDFAST" simulator advance --days 10 >/dev/null
