"$HOLDFAST" simulator advance --hours 1 --world w.db >/dev/null
