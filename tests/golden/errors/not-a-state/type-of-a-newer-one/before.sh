"$HOLDFAST" apply --simulate --auto-approve >/dev/null
python3 -c "import sqlite3; db = sqlite3.connect('.holdfast/t.simulated.db'); db.execute(\"UPDATE resource SET type = 'aws_quantum_vault'\"); db.commit()"
