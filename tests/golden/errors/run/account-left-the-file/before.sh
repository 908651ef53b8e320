sed 's/^regions:/  old: {id: "444455556666"}\nregions:/; $a\  r: {account: old, region: one}' topology.yaml >both.yaml
"$HOLDFAST" apply --simulate --auto-approve -f both.yaml >/dev/null
