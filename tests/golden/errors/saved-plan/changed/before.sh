"$HOLDFAST" plan --simulate --out p.json >/dev/null
sed "s/us-east-1/us-east-2/" p.json >t && mv t p.json
