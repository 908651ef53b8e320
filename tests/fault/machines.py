"""A state that several machines share: their disks, the one that only looks, the lock, and what people do to the bucket.

The state lies in the bucket of the simulated world (`state.s3`). The folder of a case is the disk of whoever works; beside
it, `watcher` is a machine that never works. It looks at a copy of the world, so that looking costs the case nothing: no
call in its ledger, no turn of a hard world.
"""

import contextlib
import os
import shutil
import sqlite3

BUCKET, KEY, HOME = "life-state", "team/life", "main"
SHARED = {"s3": {"bucket": BUCKET, "key": KEY, "region": "us-east-1", "account": HOME}}
SEALED = {"s3": {**SHARED["s3"], "kms_key": "alias/made-before"}}
KINDS = {"shared": SHARED, "sealed": SEALED}
# What the state's own calls are; no resource of a topology is made or deleted by one of them.
OWN_CALLS = "service = 's3' AND operation IN ('PutObject', 'DeleteObject')"


def state_files(folder, name):
    return [file for file in os.listdir(folder) if file.startswith(name)]


class Disks:
    """The caches of two machines, one of which is away, in one folder."""

    def __init__(self, folder, state):
        self.inside, self.name = os.path.join(folder, os.path.dirname(state)), os.path.basename(state)

    def fresh(self):
        """A machine with an empty disk takes over."""
        for file in state_files(self.inside, self.name):
            os.remove(os.path.join(self.inside, file))

    def swap(self):
        """The other machine takes over: its cache is as old as its last work."""
        mine, others = state_files(self.inside, self.name), state_files(self.inside, f"away-{self.name}")
        for file in mine:
            os.rename(os.path.join(self.inside, file), os.path.join(self.inside, f"going-{file}"))
        for file in others:
            os.rename(os.path.join(self.inside, file), os.path.join(self.inside, file[len("away-"):]))
        for file in mine:
            os.rename(os.path.join(self.inside, f"going-{file}"), os.path.join(self.inside, f"away-{file}"))


class Watcher:
    """A machine that reads what is shared. `calm`: the settings of a world that is not hard."""

    def __init__(self, folder, world, state, calm):
        self.folder, self.world, self.calm = os.path.join(folder, "watcher"), world, calm
        self.source, self.state = os.path.join(folder, world), os.path.join("watcher", state)
        os.makedirs(os.path.join(self.folder, os.path.dirname(world)), exist_ok=True)

    def copy_world(self):
        target = os.path.join(self.folder, self.world)
        with contextlib.suppress(FileNotFoundError):
            os.remove(target)
        with contextlib.closing(sqlite3.connect(self.source)) as there, contextlib.closing(sqlite3.connect(target)) as here:
            there.backup(here)
            here.executemany("INSERT OR REPLACE INTO meta VALUES ('setting.' || ?, ?)",
                             [(name, str(value)) for name, value in self.calm.items()])
            here.commit()

    def clear(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def remove_head(clients):
    """Somebody deletes the head of the state; whether there was one, and more than it. The empty snapshot of a state that was
    founded alone is what is left where the founding was cut off: that one may be founded again."""
    s3 = clients("s3")
    names = {o["Key"] for o in s3.list_objects_v2(Bucket=BUCKET, Prefix=KEY).get("Contents", [])}
    more = {name for name in names - {KEY, f"{KEY}.lock"} if not name.startswith(f"{KEY}.snapshots/000000000000-")}
    if KEY not in names or not more:
        return False
    s3.delete_object(Bucket=BUCKET, Key=KEY)
    return True
