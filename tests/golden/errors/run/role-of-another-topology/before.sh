sed "s/^name: t/name: u/" topology.yaml >u.yaml
"$HOLDFAST" apply --simulate --auto-approve -f u.yaml --state u.db --world w.world.db >/dev/null
