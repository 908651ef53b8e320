from clients import BACKUP, WORKLOAD, allow, policy, refused

GONE = f"arn:aws:sns:us-east-1:{WORKLOAD}:none"


def refuse_all(world):
    sns = world.place().sns
    arn = sns.create_topic(Name="t", Attributes={"DisplayName": "T"}, Tags=[{"Key": "a", "Value": "1"}])["TopicArn"]
    topics(sns, arn)
    policies(sns, arn)
    subscriptions(sns, arn)
    other = world.place(BACKUP).sns
    refused("AuthorizationError", other.publish, status=403, TopicArn=arn, Message="m")
    refused("AuthorizationError", other.get_topic_attributes, status=403, TopicArn=arn)


def topics(sns, arn):
    for call in (sns.get_topic_attributes, sns.list_subscriptions_by_topic):
        refused("NotFound", call, status=404, TopicArn=GONE)
    refused("ResourceNotFound", sns.list_tags_for_resource, status=404, ResourceArn=GONE)
    refused("InvalidParameter", sns.get_topic_attributes, status=400, TopicArn="arn:aws:sns:us-west-2:1:t")
    refused("InvalidParameter", sns.create_topic, Name="a b")
    refused("InvalidParameter", sns.create_topic, message="already exists with different attributes", Name="t",
            Attributes={"DisplayName": "other"})
    refused("InvalidParameter", sns.create_topic, message="already exists with different tags", Name="t",
            Tags=[{"Key": "a", "Value": "2"}])
    refused("InvalidParameter", sns.create_topic, Name="u", Attributes={"Colour": "red"})
    refused("InvalidParameter", sns.set_topic_attributes, TopicArn=arn, AttributeName="Colour", AttributeValue="red")


def policies(sns, arn):
    def put(document, message):
        refused("InvalidParameter", sns.set_topic_attributes, status=400, message=message, TopicArn=arn,
                AttributeName="Policy", AttributeValue=document)
    put("{", "Policy Error")
    nobody = {"AWS": f"arn:aws:iam::{WORKLOAD}:role/nobody"}
    put(policy({**allow("sns:Publish", arn), "Principal": nobody}), "PrincipalNotFound")
    put(policy({**allow("sqs:SendMessage", arn), "Principal": "*"}), "out of service scope")


def subscriptions(sns, arn):
    queue = f"arn:aws:sqs:us-east-1:{WORKLOAD}:q"
    refused("NotFound", sns.subscribe, TopicArn=GONE, Protocol="sqs", Endpoint=queue)
    refused("InvalidParameter", sns.subscribe, TopicArn=arn, Protocol="pigeon", Endpoint="x")
    for protocol, endpoint in (("sqs", "q"), ("email", "nobody"), ("https", "example.com")):
        refused("InvalidParameter", sns.subscribe, TopicArn=arn, Protocol=protocol, Endpoint=endpoint)
    made = sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue)["SubscriptionArn"]
    refused("InvalidParameter", sns.subscribe, message="already exists with different attributes", TopicArn=arn,
            Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})
    for name, value in (("Colour", "red"), ("RawMessageDelivery", "yes"), ("FilterPolicy", "["), ("FilterPolicy", "")):
        refused("InvalidParameter", sns.set_subscription_attributes, SubscriptionArn=made, AttributeName=name,
                AttributeValue=value)
    refused("InvalidParameter", sns.get_subscription_attributes, SubscriptionArn="PendingConfirmation")
    refused("NotFound", sns.get_subscription_attributes, status=404, SubscriptionArn=f"{arn}:none")
    mail = sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="a@example.com",
                         ReturnSubscriptionArn=True)["SubscriptionArn"]
    refused("InvalidParameter", sns.unsubscribe, message="pending confirmation", SubscriptionArn=mail)
