mkdir s.db
