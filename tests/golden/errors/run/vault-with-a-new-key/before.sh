sed "s/, key: fresh//; /^  fresh:/d" topology.yaml >old.yaml
"$HOLDFAST" apply --simulate --auto-approve -f old.yaml >/dev/null
