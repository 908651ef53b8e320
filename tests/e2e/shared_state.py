"""A state that several machines share: its place, its lock."""

import json
import os

from harness import Served, check, done, workspace

HERE = os.path.dirname(os.path.abspath(__file__))
MAIN = "111122223333"
TOPOLOGY = """version: 1
name: t
accounts:
  main: {id: "111122223333"}
  state: {id: "444455556666", assume_role: "arn:aws:iam::444455556666:role/state"}
regions: {one: us-east-1, two: us-west-2}
state:
  s3: {bucket: team-state, key: prod/t.state, region: us-west-2, account: state}
queues:
  one: {account: main, region: one}
"""


def s3api(served, *args, expect=0):
    return served.aws("444455556666", "us-west-2", "s3api", *args, "--bucket", "team-state",
                      expect=expect)


def put_lock(served, folder, **note):
    path = os.path.join(folder, "lock.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"format_version": "1.0", "pid": 1, "host": "elsewhere.example", "who": "ci",
                   "command": "apply", "lease_seconds": 60, **note}, file)
    s3api(served, "put-object", "--key", "prod/t.state.lock", "--if-none-match", "*", "--body", path)


with workspace() as folder:
    with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
        file.write(TOPOLOGY)
    with Served(folder, "-f", "topology.yaml") as served:
        # the bucket, through the credentials of its account
        good = served.holdfast("state", "check-backend", "--json", expect=0).json
        check(good["ok"] and good["state"] == "s3://team-state/prod/t.state", f"{good}")
        check(len(good["checks"]) == 9 and all(c["ok"] for c in good["checks"]), f"{good}")
        text = served.holdfast("state", "check-backend", expect=0).out
        check(text.count("ok  ") == 9 and "exactly one wins" in text, text)
        check("Contents" not in (s3api(served, "list-objects-v2") or {}),
              "scratch objects have gone")
        s3api(served, "put-bucket-versioning", "--versioning-configuration", "Status=Suspended")
        s3api(served, "delete-public-access-block")
        bad = served.holdfast("state", "check-backend", expect=4)
        check(bad.out.count("FAILED") == 2 and bad.err.count("HF0613") == 2, bad.out + bad.err)
        check("versioning is on" in bad.err and "public access is blocked" in bad.err, bad.err)

        # the lock by hand
        check(served.holdfast("lock", "show", "--json", expect=0).json["lock"] is None, "no lock")
        put_lock(served, folder, id="1234", since="2026-01-01T00:00:00Z",
                 heartbeat="2026-01-01T00:00:00Z")
        shown = served.holdfast("lock", "show", "--json", expect=0).json["lock"]
        check(shown["id"] == "1234" and shown["host"] == "elsewhere.example" and
              shown["lease_run_out"] and not shown["process_is_gone"], f"{shown}")
        text = served.holdfast("lock", "show", expect=0).out
        check(text.startswith("1234\n") and "its lease has run out" in text, text)
        other = served.holdfast("lock", "break", "5678", expect=5)
        check("HF0614" in other.err and "1234" in other.err, other.err)
        broken = served.holdfast("lock", "break", "1234", "--json", expect=0).json
        check(broken["broken"]["id"] == "1234", f"{broken}")
        check(served.holdfast("lock", "show", "--json", expect=0).json["lock"] is None, "it has gone")
done()
