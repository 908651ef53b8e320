"$HOLDFAST" plan --simulate --out p.json >/dev/null
head -c 400 p.json >t && mv t p.json
