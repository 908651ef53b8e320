"$HOLDFAST" plan --simulate --out p.json >/dev/null
"$HOLDFAST" apply --simulate --auto-approve >/dev/null
