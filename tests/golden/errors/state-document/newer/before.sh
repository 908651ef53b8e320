"$HOLDFAST" apply --simulate --auto-approve >/dev/null
"$HOLDFAST" state pull --simulate | sed "s/\"format\":/\"format\":9/" >s.json
