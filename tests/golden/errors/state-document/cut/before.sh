"$HOLDFAST" apply --simulate --auto-approve >/dev/null
"$HOLDFAST" state pull --simulate | head -c 300 >s.json
