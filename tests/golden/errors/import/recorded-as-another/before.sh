"$HOLDFAST" apply --simulate --auto-approve -f before.yaml >/dev/null
