"$HOLDFAST" apply --simulate --auto-approve >/dev/null
dd if=/dev/zero of=.holdfast/t.simulated.db bs=1024 seek=4 count=28 conv=notrunc 2>/dev/null
