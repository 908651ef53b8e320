"$HOLDFAST" apply --simulate --auto-approve >/dev/null
python3 - <<'END'
import fcntl, os, time
lock = open(".holdfast/t.simulated.db.lock", "a+")
fcntl.flock(lock, fcntl.LOCK_EX)
if os.fork() == 0:
    os.setsid()
    for fd in (0, 1, 2):
        os.close(fd)
    while os.path.exists("topology.yaml"):
        time.sleep(0.1)
END
