"$HOLDFAST" apply --simulate --auto-approve >/dev/null
python3 -c "import state_files; db = state_files.connect('.holdfast/t.simulated.db'); db.execute('DROP TABLE resource'); db.commit()"
