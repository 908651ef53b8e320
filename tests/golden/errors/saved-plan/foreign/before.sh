"$HOLDFAST" plan --simulate --json >p.json
