"""permissions --bootstrap: what its template makes is enough to plan with one role, to apply with another, and to keep the
state; and neither role gets further. No CloudFormation here: the few functions that the template uses are read below."""

import contextlib
import json
import os
import re

import boto3
from botocore.config import Config

from harness import EXAMPLES, Served, check, done, holdfast, workspace

PARAMETERS = {"PlanRoleName": "backup-plan", "ApplySubject": "repo:o/r:environment:backup",
              "PlanSubjects": "repo:o/r:pull_request", "MakeIdentityProvider": "yes"}
RUNNER, REGION = "444455556666", "us-west-2"
ACCOUNTS = ("111122223333", RUNNER)


def client(served, service, account):
    return boto3.client(service, endpoint_url=served.url, region_name=REGION, aws_access_key_id=account,
                        aws_secret_access_key="simulated", config=Config(s3={"addressing_style": "path"}))


class Stack:
    """One stack of the template, in one account."""

    def __init__(self, template, account):
        self.template, self.account, self.made = template, account, {}

    def value(self, v):
        if isinstance(v, list):
            return [self.value(item) for item in v]
        if not isinstance(v, dict):
            return v
        if list(v) == ["Ref"]:
            return self.ref(v["Ref"])
        if list(v) == ["Fn::Sub"]:
            return re.sub(r"\$\{([^}]+)\}", lambda m: self.ref(m.group(1)), v["Fn::Sub"])
        return {key: self.value(item) for key, item in v.items()}

    def ref(self, name):
        return {"AWS::AccountId": self.account, "AWS::Region": REGION, **PARAMETERS, **self.made}[name]

    def holds(self, condition):
        (function, of), = condition.items()
        if function == "Condition":
            return self.holds(self.template["Conditions"][of])
        if function == "Fn::Equals":
            return self.value(of[0]) == self.value(of[1])
        return {"Fn::And": all, "Fn::Or": any}[function](self.holds(one) for one in of)

    def make(self, served):
        kinds = []
        for name, resource in self.template["Resources"].items():
            if self.holds({"Condition": resource["Condition"]}):
                kinds.append(resource["Type"].removeprefix("AWS::"))
        order = ["IAM::ManagedPolicy", "IAM::Role", "S3::Bucket", "S3::BucketPolicy", "IAM::OIDCProvider"]
        check(set(kinds) <= set(order), f"{kinds} are known here")
        for kind in order:
            for name, resource in self.template["Resources"].items():
                if resource["Type"] == f"AWS::{kind}" and self.holds({"Condition": resource["Condition"]}):
                    self.one(served, kind, name, resource["Properties"])

    def one(self, served, kind, name, properties):
        iam = client(served, "iam", self.account)
        if kind == "IAM::ManagedPolicy":
            policy = self.value(properties)
            self.made[name] = iam.create_policy(PolicyName=policy["ManagedPolicyName"] + name,
                                                PolicyDocument=json.dumps(policy["PolicyDocument"]))["Policy"]["Arn"]
        elif kind == "IAM::Role":
            self.role(iam, self.value(properties))
        elif kind == "S3::Bucket":
            self.made[name] = properties["BucketName"]
            self.bucket(client(served, "s3", self.account), self.value(properties))
        elif kind == "S3::BucketPolicy":
            client(served, "s3", self.account).put_bucket_policy(
                Bucket=self.value(properties["Bucket"]), Policy=json.dumps(self.value(properties["PolicyDocument"])))

    @staticmethod
    def role(iam, role):
        """The world has the roles that the file names, with every right: they are made anew."""
        name, trust = role["RoleName"], role["AssumeRolePolicyDocument"]
        try:
            for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
                iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
            for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
                iam.delete_role_policy(RoleName=name, PolicyName=policy)
            iam.delete_role(RoleName=name)
        except iam.exceptions.NoSuchEntityException:
            pass
        if "Federated" in trust["Statement"][0]["Principal"]:  # the world knows no identity provider
            trust = {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Principal": {"AWS": RUNNER}, "Action": "sts:AssumeRole"}]}
        iam.create_role(RoleName=name, Path=role.get("Path", "/"), AssumeRolePolicyDocument=json.dumps(trust))
        for arn in role.get("ManagedPolicyArns", []):
            iam.attach_role_policy(RoleName=name, PolicyArn=arn)
        for policy in role.get("Policies", []):
            iam.put_role_policy(RoleName=name, PolicyName=policy["PolicyName"],
                                PolicyDocument=json.dumps(policy["PolicyDocument"]))

    @staticmethod
    def bucket(s3, bucket):
        name = bucket["BucketName"]
        with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou):  # a fresh world has it
            s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=bucket["VersioningConfiguration"])
        s3.put_public_access_block(Bucket=name,
                                   PublicAccessBlockConfiguration=bucket["PublicAccessBlockConfiguration"])


def begin_as(served, role):
    """The environment of a pipeline that has exchanged its token for this role."""
    keys = client(served, "sts", RUNNER).assume_role(
        RoleArn=f"arn:aws:iam::{RUNNER}:role/{role}", RoleSessionName="pipeline")["Credentials"]
    return {**served.environment(), "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"], "AWS_SESSION_TOKEN": keys["SessionToken"]}


with workspace(os.path.join(EXAMPLES, "ci", "topology.yaml")) as folder:
    holdfast("permissions", "--for", "everything", cwd=folder, expect=64)
    holdfast("permissions", "--for", "plan", "--empty-vaults", "vaults.final", cwd=folder, expect=64)
    holdfast("permissions", "--bootstrap", "--trust", "anybody", cwd=folder, expect=64)
    with Served(folder, "-f", "topology.yaml") as served:
        made = holdfast("permissions", "--bootstrap", "--var", "role=backup-apply", cwd=folder, expect=0)
        template = made.json
        for account in ACCOUNTS:
            Stack(template, account).make(served)
        plans, applies = begin_as(served, "backups-ci-plan"), begin_as(served, "backups-ci-apply")

        def run(who, role, *arguments, expect):
            return holdfast(*arguments, cwd=folder, env={**who, "HOLDFAST_VAR_role": role}, expect=expect)

        run(plans, "backup-plan", "plan", "--detailed-exitcode", expect=2)
        run(plans, "backup-apply", "plan", expect=3)  # who plans does not get the role that applies
        run(applies, "backup-plan", "plan", expect=3)
        refused = run(plans, "backup-plan", "apply", "--auto-approve", expect=4)  # nor the lock of the state
        check("s3:PutObject" in refused.err, refused.err)
        run(applies, "backup-apply", "apply", "--auto-approve", expect=0)
        run(plans, "backup-plan", "plan", "--detailed-exitcode", expect=0)
        run(plans, "backup-plan", "drift", "--detailed-exitcode", expect=0)
        done()
