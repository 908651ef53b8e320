"$HOLDFAST" apply --simulate --auto-approve >/dev/null
: >.holdfast/t.simulated.db
