"$HOLDFAST" apply --simulate --auto-approve --state s.db >/dev/null
