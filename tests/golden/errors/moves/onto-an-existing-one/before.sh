sed '/^moved/,$d; s/{new:/{old: {account: main, region: one}, new:/' topology.yaml >both.yaml
"$HOLDFAST" apply --simulate --auto-approve -f both.yaml >/dev/null
