"$HOLDFAST" plan --simulate --out p.json >/dev/null
sed "s/\"format_version\": 1/\"format_version\": 2/" p.json >t && mv t p.json
