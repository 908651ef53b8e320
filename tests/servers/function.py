"""The relay's package under Runtime APIs that nobody here wrote: function.py ministack | rie.

A served world is brought to where a copy has arrived in the relay's source vault, and its own relay is
cut off. The package then gets the event, as AWS documents it, from the other host, with the settings of
the applied function and the world as AWS: it starts the second copy, once, however often it is told."""

import contextlib
import json
import os
import sys
import tempfile
import zipfile

import boto3

from harness import SEED, Served, apply_seed, check, clean_environment, done, workspace
from servers import Ministack, Process, free_port, in_a_network_of_its_own, program, request

WORKLOAD, BACKUP = "111122223333", "444455556666"
FUNCTION = "rds-immutable-backup-to_final"
PACKAGE = os.path.join(os.environ["HOLDFAST_DATA_DIR"], "relay", "bootstrap.zip")
INVOKE = "/2015-03-31/functions/function/invocations"


class World:
    """The served world, by boto3."""

    def __init__(self, served):
        self.served = served

    def client(self, service, region, account=WORKLOAD):
        return boto3.client(service, endpoint_url=self.served.url, region_name=region,
                            aws_access_key_id=account, aws_secret_access_key="simulated")

    def cut_off_its_own_relay(self):
        """Nothing may invoke the world's function any more; its settings."""
        functions = self.client("lambda", "us-east-2")
        policy = json.loads(functions.get_policy(FunctionName=FUNCTION)["Policy"])
        for statement in policy["Statement"]:
            functions.remove_permission(FunctionName=FUNCTION, StatementId=statement["Sid"])
        return functions.get_function_configuration(FunctionName=FUNCTION)["Environment"]["Variables"]

    def arrived(self):
        """The first copy job: from the primary vault, completed."""
        jobs = self.client("backup", "us-east-1").list_copy_jobs(ByState="COMPLETED")["CopyJobs"]
        check(len(jobs) >= 1, "a first copy is completed")
        return min(jobs, key=lambda job: job["CreationDate"])

    def started(self, job):
        """Copies of what that job has brought."""
        jobs = self.client("backup", "us-east-2").list_copy_jobs()["CopyJobs"]
        return [j for j in jobs if j["SourceRecoveryPointArn"] == job["DestinationRecoveryPointArn"]]

    def start_calls(self):
        return [c for c in self.served.dump("--calls") if c["operation"] == "StartCopyJob"]


def iso(time):
    return time.astimezone(tz=None).strftime("%Y-%m-%dT%H:%M:%SZ")


def event_of(job):
    """As AWS documents it: the source's point in `resources`, the rest in `detail`."""
    return {
        "version": "0", "id": "7b6f0a3e-3d2f-4d0a-9a53-1d8a1c2b4e5f", "source": "aws.backup",
        "detail-type": "Copy Job State Change", "account": WORKLOAD, "region": "us-east-1",
        "time": iso(job["CompletionDate"]), "resources": [job["SourceRecoveryPointArn"]],
        "detail": {
            "copyJobId": job["CopyJobId"], "backupSizeInBytes": job["BackupSizeInBytes"],
            "creationDate": iso(job["CreationDate"]), "completionDate": iso(job["CompletionDate"]),
            "iamRoleArn": job["IamRoleArn"], "resourceArn": job["ResourceArn"],
            "resourceType": job["ResourceType"], "sourceBackupVaultArn": job["SourceBackupVaultArn"],
            "destinationBackupVaultArn": job["DestinationBackupVaultArn"],
            "destinationRecoveryPointArn": job["DestinationRecoveryPointArn"], "state": "COMPLETED",
            "createdBy": {"backupPlanId": job["CreatedBy"]["BackupPlanId"],
                          "backupPlanArn": job["CreatedBy"]["BackupPlanArn"],
                          "backupPlanVersion": job["CreatedBy"]["BackupPlanVersion"],
                          "backupPlanRuleId": job["CreatedBy"]["BackupRuleId"]}}}


@contextlib.contextmanager
def ministack(variables):
    """invoke(event) -> (failed, answer), with the package as a function of ministack's."""
    with Ministack() as server:
        functions = server.client("lambda", WORKLOAD, "us-east-2")
        role = server.client("iam", WORKLOAD).create_role(
            RoleName="relay", AssumeRolePolicyDocument=json.dumps({
                "Version": "2012-10-17", "Statement": [{
                    "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": "sts:AssumeRole"}]}))["Role"]["Arn"]
        with open(PACKAGE, "rb") as file:
            functions.create_function(
                FunctionName=FUNCTION, Runtime="provided.al2023", Handler="bootstrap", Role=role,
                Code={"ZipFile": file.read()}, Timeout=60, Environment={"Variables": variables})
        functions.get_waiter("function_active_v2").wait(FunctionName=FUNCTION)

        def invoke(event):
            answer = functions.invoke(FunctionName=FUNCTION, Payload=json.dumps(event))
            return "FunctionError" in answer, answer["Payload"].read()

        yield invoke


@contextlib.contextmanager
def rie(variables):
    """The same under AWS's own Runtime Interface Emulator."""
    emulator, port = program("aws-lambda-rie"), free_port()
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(PACKAGE) as package:
            for info in package.infolist():
                os.chmod(package.extract(info, folder), (info.external_attr >> 16) & 0o777)
        bootstrap, url = os.path.join(folder, "bootstrap"), f"http://127.0.0.1:{port}"
        process = Process(
            [emulator, "--runtime-interface-emulator-address", f"127.0.0.1:{port}",
             "--runtime-api-address", f"127.0.0.1:{free_port()}", bootstrap],
            clean_environment({**variables, "AWS_LAMBDA_FUNCTION_TIMEOUT": "60"}),
            os.path.join(folder, "log"))
        try:
            process.wait_for(url)

            def invoke(event):
                answer = request(url + INVOKE, json.dumps(event).encode(), "POST")
                return b"errorType" in answer, answer

            yield invoke
        finally:
            process.stop()


def main(host):
    in_a_network_of_its_own()
    with workspace(SEED) as folder, Served(folder) as served:
        world = World(served)
        apply_seed(folder, env=served.environment())
        settings = world.cut_off_its_own_relay()
        check(set(settings) == {"HOLDFAST_RELAY"}, f"the settings of the function: {set(settings)}")
        served.advance(days=1)
        served.advance(hours=12)
        job = world.arrived()
        before = len(world.start_calls())
        check(world.started(job) == [], "nothing has started the second copy")
        with host({**settings, **served.environment(WORKLOAD), "AWS_REGION": "us-east-2"}) as invoke:
            failed, answer = invoke(event_of(job))
            check(not failed and json.loads(answer) == {}, f"the event is handled: {answer}")
            calls = world.start_calls()[before:]
            check(len(calls) == 1, f"one StartCopyJob: {calls}")
            started = world.started(job)
            check(len(started) == 1, f"the second copy is started: {started}")
            check(started[0]["DestinationBackupVaultArn"].startswith(f"arn:aws:backup:us-east-2:{BACKUP}:"),
                  f"into the last vault: {started}")
            failed, answer = invoke(event_of(job))
            check(not failed, f"the event comes again: {answer}")
            check(len(world.start_calls()) == before + 1, "and starts nothing")
            failed, answer = invoke({"detail": 1})
            check(len(world.start_calls()) == before + 1, f"neither does what is no event: {answer}")
    done()


main({"ministack": ministack, "rie": rie}[sys.argv[1]])
