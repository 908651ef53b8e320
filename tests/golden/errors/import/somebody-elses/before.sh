sed "s/^name: t/name: u/" topology.yaml >other.yaml
"$HOLDFAST" apply --simulate --world .holdfast/t.world.db --auto-approve -f other.yaml >/dev/null
