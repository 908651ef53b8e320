"$HOLDFAST" apply --simulate --auto-approve >/dev/null
"$HOLDFAST" state pull --simulate | sed "s/\"topology\":\"t\"/\"topology\":\"u\"/" >s.json
