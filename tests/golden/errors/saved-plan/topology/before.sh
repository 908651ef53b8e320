"$HOLDFAST" plan --simulate --out p.json >/dev/null
sed "s/default: a/default: b/" topology.yaml >t && mv t topology.yaml
