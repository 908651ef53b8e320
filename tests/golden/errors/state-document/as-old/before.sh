"$HOLDFAST" apply --simulate --auto-approve >/dev/null
"$HOLDFAST" state pull --simulate >s.json
