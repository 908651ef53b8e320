sed 's/{new/{old/' topology.yaml >old.yaml
"$HOLDFAST" apply --simulate --auto-approve -f old.yaml >/dev/null
