(sed -n 1,5p topology.yaml; echo 'vaults: {v: {account: main, region: one, lock: {mode: governance, min_retention_days: 1}}}') >old.yaml
"$HOLDFAST" apply --simulate --auto-approve -f old.yaml >/dev/null
