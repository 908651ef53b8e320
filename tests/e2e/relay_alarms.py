"""Alarms of a relay, as the simulated CloudWatch rings them: silent while all is well, and loud where a backup is
missing that no copy can bring."""

from harness import Served, apply_seed, check, done, holdfast, workspace

LAST = "relays.to_final/alarms.no_recent_point[rds-immutable-backup-final]"
ALARMS = ("dead_letters", "delayed", "errors", "failed", "refused", "stopped", "stuck", "throttles", "worrying")


def watched(text):
    return text.replace("    event_regions:", """    alarms:
      topic: alerts
      no_recent_point: {topic: vault_alerts}
    event_regions:""").replace("\nrelays:", """
topics:
  alerts: {account: workload, region: backup}
  vault_alerts: {account: backup, region: backup, subscriptions: {on_call: {protocol: email, endpoint: backups@example.com}}}

relays:""")


def drill(folder, *args):
    return holdfast("drill", "--days", "2", "--json", *args, cwd=folder, expect=0).json


def alarms_of(report):
    return {line["address"] for line in report["timeline"] if line["what"] == "alarm"}


with workspace(edit=watched) as folder:
    plan = holdfast("plan", "--simulate", "--json", cwd=folder, expect=0).json
    made = {c["address"] for c in plan["changes"] if c["type"] == "aws_cloudwatch_alarm"}
    check(made == {f"relays.to_final/alarms.{name}" for name in ALARMS}
          | {LAST}, f"alarms: {made}")
    proof = holdfast("check", "--json", cwd=folder, expect=None).json
    check(not [f for f in proof["findings"] if "larm" in f["message"] and f["id"] != "HP910"], f"check is content: {proof['findings']}")
    apply_seed(folder, "--simulate")
    again = holdfast("plan", "--simulate", "--json", cwd=folder, expect=0).json["summary"]
    check(again["create"] == again["update"] == again["delete"] == 0, f"planned again, nothing is to do: {again}")

    report = drill(folder)
    check(report["missing"] == 0 and report["alarms"] == 0, f"without a fault none rings: {alarms_of(report)}")

    # The last vault lets no copy in for a day: the relay says so, and the other account hears of it by itself.
    struck = drill(folder, "--break", "revoked-permission")["faults"][0]
    check({"relays.to_final/alarms.failed", LAST} <= alarms_of(struck), f"both ring: {alarms_of(struck)}")
    over = {line["address"] for line in struck["timeline"] if line["what"] == "alarm over"}
    check({"relays.to_final/alarms.failed", LAST} <= over, f"and end when it is mended: {over}")

    # A copy fails again and again for a passing reason, and no event tells of it: the passes by the clock do.
    def world(**settings):
        with Served(folder) as served:
            served.settings(**settings)

    holdfast("simulator", "advance", "--hours", "15", cwd=folder, expect=0)
    world(event_drop_every=1)
    holdfast("simulator", "advance", "--hours", "1", cwd=folder, expect=0)
    world(event_drop_every=1, copy_fails=1)
    holdfast("simulator", "advance", "--hours", "25", cwd=folder, expect=0)
    dump = holdfast("simulator", "dump", cwd=folder, expect=0).json
    ringing = {o["id"].rsplit("-", 1)[1] for o in dump["objects"]
               if o["kind"] == "cloudwatch.alarm" and o["body"].get("StateValue") == "ALARM"}
    check({"alarms.stuck", "alarms.worrying"} <= ringing, f"they ring without an event: {ringing}")
done()
