python3 -c "import sqlite3; db = sqlite3.connect('s.db'); db.execute('CREATE TABLE t (a)'); db.commit()"
