"$HOLDFAST" apply --simulate --auto-approve >/dev/null
"$HOLDFAST" state mv queues.a queues.c --simulate >/dev/null
