"$HOLDFAST" apply --simulate --auto-approve >/dev/null
