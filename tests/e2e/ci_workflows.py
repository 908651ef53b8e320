"""The workflows of examples/ci: valid, pinned, with no right too many, and every command in them one that there is.

ACTIONLINT (or build/servers/bin/actionlint) judges GitHub's; without it that part is left out, and the test ends as skipped.
"""

import glob
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

from harness import EXAMPLES, check, done, holdfast, leave_out

CI = os.path.join(EXAMPLES, "ci")
ACTIONLINT = os.environ.get("ACTIONLINT", "")
PINNED = re.compile(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+(\.\d+)*")
READ_ONLY = {"plan": {"contents": "read", "id-token": "write"},
             "drift": {"contents": "read", "id-token": "write"},
             "apply": {"actions": "read", "contents": "read", "id-token": "write", "pull-requests": "read"}}
PATHS = {"topology.yaml", "functions/**"}  # what a topology is made of
SCRIPT_COMMAND = re.compile(r"sh ci/(?:install\.sh|pipeline\.sh (?:plan|apply|drift|fetch))\b")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def check_github(name, text):
    workflow = yaml.safe_load(text)
    triggers = workflow[True]  # YAML 1.1 reads `on` so
    check(workflow["permissions"] == {}, f"{name}: nothing is permitted unless a job says so")
    check(list(workflow["jobs"]) == [name], f"{name} has one job of its name")
    job = workflow["jobs"][name]
    check(job["permissions"] == READ_ONLY[name], f"{name}: {job['permissions']}")
    check(job["timeout-minutes"] <= 120, f"{name} ends")
    check(not re.search(r"\bsecrets\.", text) and "pull_request_target" not in text, f"{name} needs no secret")
    for line in re.findall(r"uses: *(.*)", text):
        check(PINNED.fullmatch(line.strip()), f"{name}: {line} is pinned by a whole SHA, its version beside it")
    for step in job["steps"]:
        check(("run" in step) != ("uses" in step), f"{name}: {step}")
        if "run" in step:
            check(SCRIPT_COMMAND.match(step["run"]), f"{name}: {step['run']} is a command of the scripts")
            check("${{" not in step["run"], f"{name}: nothing from outside is put into a command's text: {step['run']}")
        if "checkout" in step.get("uses", ""):
            check(step["with"]["persist-credentials"] is False, f"{name} keeps no credentials")
    return triggers, workflow, job


def check_gitlab(text):
    pipeline = yaml.safe_load(text)
    jobs = {name: job for name, job in pipeline.items() if isinstance(job, dict) and "script" in job}
    check(set(jobs) == {"plan", "apply", "drift"}, f"{set(jobs)}")
    for name, job in jobs.items():
        check(job["stage"] in pipeline["stages"], f"{name} has a stage that there is")
        check(job["extends"] == ".signed-in" and "id_tokens" in pipeline[".signed-in"], f"{name} has a token")
        check(all(SCRIPT_COMMAND.match(line) for line in job["script"]), f"{name}: {job['script']}")
        check(job["variables"]["HOLDFAST_VAR_role"] == ("backup-apply" if name == "apply" else "backup-plan"), f"{name}'s role")
    check(jobs["apply"]["needs"] == ["plan"] and jobs["apply"]["resource_group"], "the apply takes the plan, one at a time")
    for name in ("plan", "apply"):
        for rule in jobs[name]["rules"][1:]:
            check({"topology.yaml", "functions/**/*"} <= set(rule["changes"]), f"{name}: what a topology is made of: {rule}")
    check(jobs["apply"]["rules"][-1]["when"] == "manual" and jobs["apply"]["environment"], "when somebody has read it")
    check("plan.json" in jobs["plan"]["artifacts"]["paths"], "the plan is kept")
    for name, text in (("plan", "plan.txt"), ("apply", "applied.txt"), ("drift", "drift.txt")):
        kept = jobs[name]["artifacts"]
        check(kept["when"] == "always" and text in kept["paths"], f"{name}: what was said is kept, most of all when it fails")


def check_line(command, options):
    """The program knows the command, all words of it, and takes these options."""
    said = holdfast(*command, "--help", cwd=CI, expect=0).out
    check(said.startswith(f"holdfast {' '.join(command)} "), f"{command} is a command: {said.splitlines()[:1]}")
    for option in options:
        check(re.search(rf"^ .*{option}\b", said, re.M), f"{' '.join(command)} has {option}")


def check_commands(text):
    """Each command line of the program in a script is one that it knows, with options that it has."""
    lines = re.findall(r'"\$holdfast" ([^>|;\n]*)', text)
    flags = re.findall(r"^ *flags (--[a-z-]+) ", text, re.M)  # they come to `apply` in its "$@"
    check(len(lines) >= 5 and len(flags) == 2, f"the script runs the program: {lines} {flags}")
    for line in lines:
        words = line.split()
        command = list(itertools.takewhile(re.compile("[a-z][a-z-]*").fullmatch, words))
        options = [word for word in words if word.startswith("--")]
        check_line(command, options + (flags if command == ["apply"] else []))


for workflow_name in READ_ONLY:
    source = read(os.path.join(CI, "github", f"{workflow_name}.yml"))
    on, whole, body = check_github(workflow_name, source)
    if workflow_name == "plan":
        check(on["pull_request"]["branches"] == ["main"] and PATHS < set(on["pull_request"]["paths"]), f"when: {on}")
        check("head.repo.full_name == github.repository" in body["if"], "not for forks")
        check(any("upload-artifact" in step.get("uses", "") for step in body["steps"]), "the plan is kept")
    if workflow_name == "apply":
        check(set(on["push"]["paths"]) == PATHS, f"when: {on}")
        check(on["push"]["branches"] == ["main"] and body["environment"], "after the merge, with an environment's reviewers")
        check(whole["concurrency"]["cancel-in-progress"] is False and "${{" not in whole["concurrency"]["group"], "one at a time")
    if workflow_name == "drift":
        check("schedule" in on, "every night")
    check(body["env"]["HOLDFAST_VAR_role"] == ("backup-apply" if workflow_name == "apply" else "backup-plan"), "its role")

check(len(glob.glob(os.path.join(CI, "github", "*.yml"))) == len(READ_ONLY), "no workflow is unchecked")
check_gitlab(read(os.path.join(CI, "gitlab-ci.yml")))
check_commands(read(os.path.join(CI, "pipeline.sh")))
for script in glob.glob(os.path.join(CI, "*.sh")):
    check(subprocess.run(["sh", "-n", script], check=False).returncode == 0, f"{script} is a script")
usage = subprocess.run(["sh", os.path.join(CI, "pipeline.sh")], capture_output=True, text=True, check=False)
check(usage.returncode == 64 and "pipeline.sh plan" in usage.stderr and "fetch" in usage.stderr, "and says how it is used")
holdfast("check", "-f", os.path.join(CI, "topology.yaml"), cwd=tempfile.gettempdir(), expect=0)

if os.path.exists(ACTIONLINT):
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(os.path.join(CI, "github"), os.path.join(folder, ".github", "workflows"))
        verdict = subprocess.run([ACTIONLINT, "-no-color", *glob.glob(f"{folder}/.github/workflows/*.yml")], cwd=folder,
                                 capture_output=True, text=True, check=False)
        check(verdict.returncode == 0, f"actionlint: {verdict.stdout}{verdict.stderr}")
else:
    leave_out("actionlint is not there (tools/setup.sh installs it, where it can): it judged nothing")
done()
