"""An intent that no run can settle is closed by hand, with the state locked; then runs go on."""

import os

from harness import check, connect, done, holdfast, workspace

TOPOLOGY = """version: 1
name: t
accounts: {main: {id: "111122223333"}}
regions: {one: us-east-1}
queues: {q: {account: main, region: one}}
"""


def journal(folder):
    return holdfast("state", "journal", "--simulate", "--json", cwd=folder, expect=0).json["open_intents"]


with workspace() as folder:
    with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as file:
        file.write(TOPOLOGY)
    holdfast("apply", "--simulate", "--auto-approve", cwd=folder, expect=0)
    path = os.path.join(folder, ".holdfast", "t.simulated.db")
    db = connect(path)
    db.execute("UPDATE journal SET phase = 'open', account_id = '999988887777', detail = NULL, ended_ms = NULL")
    db.commit()
    db.close()
    stuck = journal(folder)
    check(len(stuck) == 1, f"one intent is open: {stuck}")
    check(holdfast("apply", "--simulate", "--auto-approve", cwd=folder).status != 0, "it stops an apply")
    seq = str(stuck[0]["seq"])
    holdfast("state", "journal", "close", "1000", "--simulate", cwd=folder, expect=64)
    check(len(journal(folder)) == 1, "another number closes nothing")
    holdfast("state", "journal", "close", seq, "--simulate", cwd=folder, expect=0)
    check(journal(folder) == [], "it is closed")
    db = connect(path)
    check(db.execute("SELECT phase, detail FROM journal WHERE seq = ?", (seq,)).fetchall() ==
          [("abandoned", "closed by hand")], "the journal says by whom")
    db.close()
    holdfast("apply", "--simulate", "--auto-approve", cwd=folder, expect=0)
done()
