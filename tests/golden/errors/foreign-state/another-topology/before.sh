sed s/t/u/ >/dev/null </dev/null; sed "s/^name: t/name: u/" topology.yaml >u.yaml; "$HOLDFAST" apply --simulate --auto-approve -f u.yaml >/dev/null
