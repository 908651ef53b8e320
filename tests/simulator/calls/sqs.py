import json

from clients import allow, check, pages, policy


def call_all(place):
    sqs = place.sqs
    url = sqs.create_queue(QueueName="all", Attributes={"VisibilityTimeout": "60"}, tags={"team": "a"})["QueueUrl"]
    check(sqs.create_queue(QueueName="all")["QueueUrl"] == url, "creating it again changes nothing")
    check(url.endswith(f"/{place.account}/all") and place.region in url, "the URL of a queue")
    check(sqs.get_queue_url(QueueName="all")["QueueUrl"] == url, "a queue by name")
    other = sqs.create_queue(QueueName="also")["QueueUrl"]
    found, count = pages(sqs, "list_queues", "QueueUrls", 1, QueueNamePrefix="al")
    check(found == [url, other] and count == 2, "queues are listed by prefix")

    arn = f"arn:aws:sqs:{place.region}:{place.account}:all"
    document = policy({"Sid": "s", **allow("sqs:SendMessage", arn), "Principal": {"Service": "events.amazonaws.com"}})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document, "MessageRetentionPeriod": "600"})
    got = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    check(got["QueueArn"] == arn and got["VisibilityTimeout"] == "60", "attributes of a queue")
    check(got["MessageRetentionPeriod"] == "600", "an attribute that was set")
    check(json.loads(got["Policy"])["Statement"][0]["Sid"] == "s", "the policy of a queue")
    one = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds"])["Attributes"]
    check(one == {"DelaySeconds": "0"}, "only what was asked for")

    sqs.tag_queue(QueueUrl=url, Tags={"a": "1", "b": ""})
    sqs.untag_queue(QueueUrl=url, TagKeys=["team"])
    check(sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"a": "1", "b": ""}, "tags of a queue")
    messages(sqs, url)
    sqs.delete_queue(QueueUrl=url)
    check(sqs.list_queues().get("QueueUrls") == [other], "a deleted queue is gone")


def messages(sqs, url):
    sent = [sqs.send_message(QueueUrl=url, MessageBody=f"<m {i}>", MessageAttributes={
        "kind": {"StringValue": "x", "DataType": "String"}})["MessageId"] for i in range(3)]
    first = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=2, MessageAttributeNames=["All"],
                                AttributeNames=["All"])["Messages"]
    check([m["MessageId"] for m in first] == sent[:2], "messages come in their order")
    check(first[0]["Body"] == "<m 0>" and first[0]["MessageAttributes"]["kind"]["StringValue"] == "x", "a message")
    check(first[0]["Attributes"]["ApproximateReceiveCount"] == "1", "how often it came")
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    check(counts["ApproximateNumberOfMessages"] == "1", "one is visible")
    check(counts["ApproximateNumberOfMessagesNotVisible"] == "2", "two are not")
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first[0]["ReceiptHandle"])
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=first[1]["ReceiptHandle"], VisibilityTimeout=0)
    again = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    check([m["MessageId"] for m in again] == sent[1:], "what became visible comes again")
    sqs.purge_queue(QueueUrl=url)
    check("Messages" not in sqs.receive_message(QueueUrl=url, VisibilityTimeout=0), "a purged queue is empty")
