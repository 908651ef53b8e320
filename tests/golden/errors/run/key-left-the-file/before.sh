{ cat topology.yaml; echo "keys: {k: {account: main, region: one}}"; } >old.yaml
"$HOLDFAST" apply --simulate --auto-approve -f old.yaml >/dev/null
