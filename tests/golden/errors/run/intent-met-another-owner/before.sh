"$HOLDFAST" apply --simulate --auto-approve --world mine.world.db >/dev/null
sed "s/^name: t/name: u/" topology.yaml >u.yaml
"$HOLDFAST" apply --simulate --auto-approve -f u.yaml --state u.db --world w.world.db >/dev/null
python3 - <<'END'
import state_files
db = state_files.connect(".holdfast/t.simulated.db")
db.execute("DELETE FROM resource")
db.execute("UPDATE meta SET world = ?", state_files.connect("u.db").execute("SELECT world FROM meta").fetchone())
db.execute("UPDATE journal SET phase = 'open', identifier = NULL, detail = NULL, ended_ms = NULL")
db.commit()
END
