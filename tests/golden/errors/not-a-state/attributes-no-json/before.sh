"$HOLDFAST" apply --simulate --auto-approve >/dev/null
python3 -c "import sqlite3; db = sqlite3.connect('.holdfast/t.simulated.db'); db.execute(\"UPDATE resource SET attrs_json = '{half'\"); db.commit()"
