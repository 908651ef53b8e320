"$HOLDFAST" plan --simulate --out p.json >/dev/null
sed "/spare/d" topology.yaml >t && mv t topology.yaml
