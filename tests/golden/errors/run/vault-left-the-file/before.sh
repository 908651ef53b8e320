{ cat topology.yaml; echo "vaults: {v: {account: main, region: one}}"; } >old.yaml
"$HOLDFAST" apply --simulate --auto-approve -f old.yaml >/dev/null
