"$HOLDFAST" plan --simulate --out p.json >/dev/null
