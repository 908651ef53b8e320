"$HOLDFAST" apply --simulate --auto-approve --state s.db >/dev/null
ln -s s.db link.db
