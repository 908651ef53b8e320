"$HOLDFAST" apply --simulate --auto-approve --state s.db --world a.world.db >/dev/null
