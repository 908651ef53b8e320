"$HOLDFAST" plan --simulate --out p.json >/dev/null
"$HOLDFAST" apply --simulate --auto-approve --world other.world.db --state other.db >/dev/null
