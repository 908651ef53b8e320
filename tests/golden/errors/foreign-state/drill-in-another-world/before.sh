"$HOLDFAST" apply --simulate --auto-approve --state s.db --world a.world.db >/dev/null
"$HOLDFAST" apply --simulate --auto-approve --state other.db --world b.world.db >/dev/null
