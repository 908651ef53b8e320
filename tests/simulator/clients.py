"""boto3 against a served world; every answer, errors too, is held against the service models.

`World` serves tests/simulator/world.yaml; `world.place(account, region)` hands out clients. Whoever
parses answers emits before-parse with the raw bytes: that is where `watch` looks.
"""

import contextlib
import json
import os
import re
import sys
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))

import boto3.session
import botocore.config
import botocore.exceptions
import botocore.session

import harness
import strict
from harness import check, done

WORKLOAD, BACKUP, MANAGEMENT = "111122223333", "444455556666", "999999999999"
DATABASE = f"arn:aws:rds:us-east-1:{WORKLOAD}:db:orders"


class Watch:
    """Judges every answer that a session of botocore receives, and remembers who was called."""

    def __init__(self, session):
        self.succeeded = set()  # (service, operation, account, region)
        self.faults = []
        session.register("before-parse", self.look)

    def look(self, operation_model, response_dict, **_):
        self.faults += [f"{operation_model.service_model.service_name} {fault}"
                        for fault in strict.violations(operation_model, response_dict)]

    def judge(self):
        """Fails when an answer did not fit its model; each fault once."""
        for fault in dict.fromkeys(self.faults):
            print(f"violation: {fault}", file=sys.stderr)
        check(not self.faults, f"{len(self.faults)} answers do not fit the service models")


class Place:
    """The clients of one account in one Region: place.backup, place.kms, ..."""

    def __init__(self, world, account, region, keys):
        self.world, self.account, self.region, self.keys = world, account, region, keys

    def __getattr__(self, service):
        client = self.world.client(service.replace("lambda_", "lambda"), self.region, **self.keys)
        client.meta.events.register("after-call", self._called)
        setattr(self, service, client)
        return client

    def _called(self, model, http_response, **_):
        if http_response.status_code < 300:
            self.world.watch.succeeded.add(
                (model.service_model.signing_name, model.name, self.account, self.region))


class World(harness.Served):
    def __init__(self, folder, judged_by_client=True):
        super().__init__(folder)
        self.config = botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=120,
                                             parameter_validation=judged_by_client)
        self.session = botocore.session.Session()
        self.session.set_config_variable("config_file", "/dev/null")
        self.session.set_config_variable("credentials_file", "/dev/null")
        self.watch = Watch(self.session)
        self.boto3 = boto3.session.Session(botocore_session=self.session)

    def client(self, service, region, **keys):
        return self.boto3.client(service, region_name=region, endpoint_url=self.url, config=self.config, **keys)

    def place(self, account=WORKLOAD, region="us-east-1"):
        return Place(self, account, region, {"aws_access_key_id": account,
                                             "aws_secret_access_key": "simulated"})

    def place_of_session(self, credentials, account, region="us-east-1"):
        """As whoever AssumeRole's Credentials belong to."""
        return Place(self, account, region,
                     {"aws_access_key_id": credentials["AccessKeyId"],
                      "aws_secret_access_key": credentials["SecretAccessKey"],
                      "aws_session_token": credentials["SessionToken"]})

    def private(self, name, body=None):
        """The paths that only the simulator has."""
        request = urllib.request.Request(f"{self.url}/_holdfast/{name}", method="POST",
                                         data=json.dumps(body or {}).encode())
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)

    def pass_time(self, **amount):
        units = {"seconds": 1000, "minutes": 60_000, "hours": 3_600_000, "days": 86_400_000}
        self.private("advance", {"ms": sum(units[u] * n for u, n in amount.items())})


@contextlib.contextmanager
def served(**options):
    """A fresh world; at the end every answer that was seen must have fitted its model."""
    with harness.workspace(os.path.join(HERE, "world.yaml")) as folder, World(folder, **options) as world:
        yield world
        world.watch.judge()


def refused(code, call, status=None, message=None, **arguments):
    """The call must fail with AWS's code; gives the error back."""
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as error:
        got = error.response["Error"]["Code"]
        http = error.response["ResponseMetadata"]["HTTPStatusCode"]
        text = error.response["Error"]["Message"]
        check(got == code, f"{error.operation_name}: {got} ({text}), expected {code}")
        check(status is None or http == status, f"{error.operation_name}: {http}, expected {status}")
        check(message is None or message in text, f"{error.operation_name}: {text!r} lacks {message!r}")
        return error
    check(False, f"{call.__name__} {arguments} was not refused with {code}")
    return None


def pages(client, operation, key, size, **arguments):
    """Everything of a list, `size` items a page, and how many pages it took."""
    items, count = [], 0
    for page in client.get_paginator(operation).paginate(PaginationConfig={"PageSize": size}, **arguments):
        check(len(page.get(key, [])) <= size, f"{operation}: a page with more than {size} items")
        items += page.get(key, [])
        count += 1
    return items, count


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(*services, aws=None):
    principal = {"Service": list(services)} if services else {"AWS": aws}
    return policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


__all__ = [name for name in dir() if not name.startswith("_")]
