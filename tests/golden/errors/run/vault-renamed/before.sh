sed "s/name: safe/name: old/" topology.yaml >old.yaml
"$HOLDFAST" apply --simulate --auto-approve -f old.yaml >/dev/null
