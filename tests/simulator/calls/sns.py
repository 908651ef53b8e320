import json

from clients import allow, check, policy


def call_all(place):
    sns = place.sns
    arn = sns.create_topic(Name="all", Attributes={"DisplayName": "All"}, Tags=[{"Key": "team", "Value": "a"}])["TopicArn"]
    check(arn == f"arn:aws:sns:{place.region}:{place.account}:all", "the ARN of a topic")
    check(sns.create_topic(Name="all")["TopicArn"] == arn, "creating it again changes nothing")
    sns.create_topic(Name="also")
    check([t["TopicArn"].split(":")[-1] for t in sns.list_topics()["Topics"]] == ["all", "also"], "topics are listed")

    got = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    check(got["DisplayName"] == "All" and got["Owner"] == place.account, f"attributes of a topic: {got}")
    check(json.loads(got["Policy"])["Statement"][0]["Sid"] == "__default_statement_ID", "the policy when none is set")
    document = policy({"Sid": "s", **allow("sns:Publish", arn), "Principal": {"Service": "backup.amazonaws.com"}})
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=document)
    sns.set_topic_attributes(TopicArn=arn, AttributeName="DisplayName", AttributeValue="")
    got = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    check(json.loads(got["Policy"])["Statement"][0]["Sid"] == "s" and got["DisplayName"] == "", "what was set")

    sns.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "<&>"}, {"Key": "b", "Value": ""}])
    sns.untag_resource(ResourceArn=arn, TagKeys=["team"])
    tags = sns.list_tags_for_resource(ResourceArn=arn)["Tags"]
    check(tags == [{"Key": "a", "Value": "<&>"}, {"Key": "b", "Value": ""}], f"tags of a topic: {tags}")
    subscriptions(place, arn)
    sns.delete_topic(TopicArn=arn)
    sns.delete_topic(TopicArn=arn)  # gone already is as good
    check(len(sns.list_topics()["Topics"]) == 1, "a deleted topic is gone")


def subscriptions(place, arn):
    sns, sqs = place.sns, place.sqs
    url = sqs.create_queue(QueueName="news")["QueueUrl"]
    queue = f"arn:aws:sqs:{place.region}:{place.account}:news"
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(
        {**allow("sqs:SendMessage", queue), "Principal": {"Service": "sns.amazonaws.com"},
         "Condition": {"ArnEquals": {"aws:SourceArn": arn}}})})
    made = sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue)["SubscriptionArn"]
    check(made.startswith(f"{arn}:"), "a queue of the account needs no confirmation")
    check(sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue)["SubscriptionArn"] == made, "it is the same one")
    mail = sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="a@example.com")["SubscriptionArn"]
    check(mail == "pending confirmation", "a mail address has to confirm")
    mail = sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="a@example.com",
                         ReturnSubscriptionArn=True)["SubscriptionArn"]
    got = sns.get_subscription_attributes(SubscriptionArn=mail)["Attributes"]
    check(got["PendingConfirmation"] == "true" and got["Endpoint"] == "a@example.com", f"a pending one: {got}")
    found = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    check({s["SubscriptionArn"] for s in found} == {made, "PendingConfirmation"}, f"subscriptions: {found}")
    counts = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    check((counts["SubscriptionsConfirmed"], counts["SubscriptionsPending"]) == ("1", "1"), "they are counted")

    sns.publish(TopicArn=arn, Subject="news", Message="<all> went well")
    body = json.loads(sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"])
    check((body["Type"], body["Subject"], body["Message"]) == ("Notification", "news", "<all> went well"), "a message")
    sns.set_subscription_attributes(SubscriptionArn=made, AttributeName="RawMessageDelivery", AttributeValue="true")
    sns.set_subscription_attributes(SubscriptionArn=made, AttributeName="FilterPolicy", AttributeValue='{"a": ["b"]}')
    got = sns.get_subscription_attributes(SubscriptionArn=made)["Attributes"]
    check(got["RawMessageDelivery"] == "true" and json.loads(got["FilterPolicy"]) == {"a": ["b"]}, "what was set")
    sns.set_subscription_attributes(SubscriptionArn=made, AttributeName="FilterPolicy", AttributeValue="{}")
    got = sns.get_subscription_attributes(SubscriptionArn=made)["Attributes"]
    check(got["FilterPolicy"] == "{}", "and taken away")
    sqs.purge_queue(QueueUrl=url)
    sns.publish(TopicArn=arn, Message="plain")
    check(sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "plain", "a raw message")
    sns.unsubscribe(SubscriptionArn=made)
    sqs.delete_queue(QueueUrl=url)
