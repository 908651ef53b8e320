"$HOLDFAST" apply --simulate --auto-approve >/dev/null
python3 - <<'END'
import state_files
db = state_files.connect(".holdfast/t.simulated.db")
db.execute("UPDATE journal SET phase = 'open', detail = NULL, ended_ms = NULL")
db.commit()
END
