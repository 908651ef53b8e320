sed "s/_days: 9/_days: 7/" topology.yaml >old.yaml
"$HOLDFAST" apply --simulate --auto-approve -f old.yaml --allow-irreversible vaults.v/lock >/dev/null
"$HOLDFAST" simulator advance --days 10 >/dev/null
