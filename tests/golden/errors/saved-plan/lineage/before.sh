"$HOLDFAST" apply --simulate --auto-approve >/dev/null
"$HOLDFAST" plan --simulate --out p.json >/dev/null
rm .holdfast/t.simulated.db*
"$HOLDFAST" apply --simulate --auto-approve >/dev/null
