sed "s/^name: new/name: old/" topology.yaml >old.yaml; "$HOLDFAST" apply --simulate --auto-approve -f old.yaml --state s.db >/dev/null
