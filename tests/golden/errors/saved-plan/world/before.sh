"$HOLDFAST" plan --simulate --out p.json >/dev/null
"$HOLDFAST" apply --simulate --auto-approve --world other.db --state other.state >/dev/null
