from clients import check, pages


def call_all(place):
    kms, tagging = place.kms, place.resourcegroupstaggingapi
    made = [kms.create_key(Tags=[{"TagKey": "index", "TagValue": value}, {"TagKey": "of", "TagValue": "tags"}])
            ["KeyMetadata"]["Arn"] for value in ("a", "b", "c")]
    kms.create_key()

    def found(*filters, **arguments):
        items, count = pages(tagging, "get_resources", "ResourceTagMappingList", 1, TagFilters=[
            {"Key": key, "Values": values} for key, values in filters], **arguments)
        check(count == max(1, len(items)), f"one page for each item: {count}")
        return {item["ResourceARN"] for item in items}

    check(found(("of", ["tags"])) == set(made), "all that bear a tag")
    check(found(("index", [])) == set(made), "a filter without values asks for the key")
    check(found(("index", ["a", "c", "d"])) == {made[0], made[2]}, "any value of one filter")
    check(found(("index", ["b"]), ("of", ["tags"]), ResourceTypeFilters=["kms:key"]) == {made[1]}, "all filters")
    check(not found(("index", ["b"]), ("of", ["words"])), "each filter counts")
    check(not found(("of", ["tags"]), ResourceTypeFilters=["sqs", "rds:db"]), "of these types there is none")
    whole = tagging.get_resources(TagFilters=[{"Key": "index", "Values": ["b"]}])
    check(whole["PaginationToken"] == "", "the token of the last page is empty")
    check({"Key": "index", "Value": "b"} in whole["ResourceTagMappingList"][0]["Tags"], f"the tags: {whole}")
    kms.schedule_key_deletion(KeyId=made[0], PendingWindowInDays=7)
    check(made[0] in found(("of", ["tags"])), "a key that is pending deletion is still shown")
