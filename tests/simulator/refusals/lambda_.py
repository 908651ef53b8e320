from calls.lambda_ import package
from clients import check, refused, trust


def refuse_all(world):
    place = world.place()
    lamb = place.lambda_
    for call in (lamb.get_function, lamb.delete_function, lamb.get_policy, lamb.get_function_concurrency):
        refused("ResourceNotFoundException", call, status=404, FunctionName="none")
    refused("ResourceNotFoundException", lamb.list_tags, status=404,
            Resource="arn:aws:lambda:us-east-1:111122223333:function:none")
    place.iam.create_role(RoleName="f", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
    place.iam.create_role(RoleName="g", AssumeRolePolicyDocument=trust("backup.amazonaws.com"))
    creation(place)
    place.world.pass_time(seconds=2)
    changes(place)
    permissions(lamb)


def creation(place):
    lamb, base = place.lambda_, f"arn:aws:iam::{place.account}:role/"
    good = {"FunctionName": "f", "Role": f"{base}f", "Runtime": "provided.al2023", "Handler": "b",
            "Code": {"ZipFile": package()}}

    def refuse(message, **change):
        refused("InvalidParameterValueException", lamb.create_function, status=400, message=message,
                **{**good, **change})
    refuse("cannot be assumed by Lambda", Role=f"{base}g")
    refuse("cannot be assumed by Lambda", Role=f"{base}none")
    refuse("Could not unzip", Code={"ZipFile": b"no zip at all"})
    refuse("source for function code", Code={"S3Bucket": "b", "S3Key": "k"})
    refuse("SendMessage", DeadLetterConfig={"TargetArn": f"arn:aws:sqs:us-east-1:{place.account}:q"})
    refuse("Timeout", Timeout=901)
    refused("ValidationException", lamb.create_function, status=400,
            **{**good, "Environment": {"Variables": {"1A": "x"}}})
    # 4 KB as JSON, where a quote counts twice
    settings = {quotes: {"Variables": {"SETTINGS_OF_THE_RELAY": '"' * quotes}} for quotes in (2034, 2035)}
    refuse("exceeded the 4KB limit. String measured: {", Environment=settings[2035])
    lamb.create_function(**good, Environment=settings[2034])
    refused("ResourceConflictException", lamb.create_function, status=409, **good)
    refused("ResourceConflictException", lamb.update_function_configuration, status=409, FunctionName="f",
            MemorySize=256)


def changes(place):
    lamb = place.lambda_
    refused("PreconditionFailedException", lamb.update_function_code, status=412, FunctionName="f",
            ZipFile=package(), RevisionId="stale")
    lamb.update_function_code(FunctionName="f", ZipFile=package("exit 3\n"))
    refused("ResourceConflictException", lamb.update_function_configuration, status=409, FunctionName="f",
            MemorySize=256, message="An update is in progress")
    refused("ResourceNotFoundException", lamb.get_function_event_invoke_config, status=404, FunctionName="f")
    refused("ResourceNotFoundException", lamb.delete_function_event_invoke_config, status=404, FunctionName="f")
    refused("InvalidParameterValueException", lamb.put_function_event_invoke_config, status=400, FunctionName="f",
            MaximumRetryAttempts=2, DestinationConfig={"OnFailure": {
                "Destination": f"arn:aws:sqs:us-east-1:{place.account}:q"}})


def permissions(lamb):
    refused("ResourceNotFoundException", lamb.get_policy, status=404, FunctionName="f")
    refused("ResourceNotFoundException", lamb.remove_permission, status=404, FunctionName="f", StatementId="s")
    add = {"FunctionName": "f", "StatementId": "s", "Action": "lambda:InvokeFunction",
           "Principal": "events.amazonaws.com"}
    lamb.add_permission(**add)
    refused("ResourceConflictException", lamb.add_permission, status=409, **add)
    check(lamb.get_policy(FunctionName="f")["Policy"].count('"s"') == 1, "one statement stays")
