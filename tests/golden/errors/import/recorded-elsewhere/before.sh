sed "/^imports/d; s/ w:/ v:/" topology.yaml >before.yaml
"$HOLDFAST" apply --simulate --auto-approve -f before.yaml >/dev/null
