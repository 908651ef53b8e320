"$HOLDFAST" apply --simulate --auto-approve >/dev/null
head -c 10000 .holdfast/t.simulated.db >cut; cp cut .holdfast/t.simulated.db
