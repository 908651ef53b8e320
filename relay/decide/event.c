#include "relay/decide/event.h"

#include "engine/aws/arn.h"
#include "engine/base/clock.h"

static void conclude(struct relay_event *event, enum relay_event_kind kind, const char *why)
{
    event->kind = kind;
    event->why = why;
}

static bool failed_state(const char *state)
{
    return str_eq(state, "FAILED") || str_eq(state, "PARTIAL");
}

static bool is_arn(const char *text)
{
    struct arn arn;
    return text && arn_parse(slice_of(text), &arn);
}

static int64_t time_of(const char *text)
{
    int64_t ms = 0;
    return text && time_parse_iso(slice_of(text), &ms) ? ms : 0;
}

static void read_first_hop(struct relay_event *event)
{
    if (failed_state(event->state)) {
        conclude(event, RELAY_EVENT_FIRST_FAILED, NULL);
    } else if (!str_eq(event->state, "COMPLETED")) {
        conclude(event, RELAY_EVENT_OTHER, "the copy has not ended");
    } else if (!is_arn(event->point_arn)) {
        conclude(event, RELAY_EVENT_INVALID, "detail.destinationRecoveryPointArn is not an ARN");
    } else {
        conclude(event, RELAY_EVENT_ARRIVED, NULL);
    }
}

static bool is_from(const struct value *json, const char *source, const char *type)
{
    return str_eq(value_get_str(json, "source"), source) &&
           str_eq(value_get_str(json, "detail-type"), type);
}

void relay_event_read(const struct relay_config *config, const struct value *json,
                      struct relay_event *ret)
{
    const struct value *detail = value_get(json, "detail");
    const char *into = value_get_str(detail, "destinationBackupVaultArn");
    const char *from = value_get_str(detail, "sourceBackupVaultArn");
    *ret = (struct relay_event){
        .id = value_get_str(json, "id"),
        .account = value_get_str(json, "account"),
        .region = value_get_str(json, "region"),
        .state = value_get_str(detail, "state"),
        .message = value_get_str(detail, "statusMessage"),
        .point_arn = value_get_str(detail, "destinationRecoveryPointArn"),
        .source_point_arn = value_str(value_item(value_get(json, "resources"), 0)),
        .source_vault_arn = from,
        .resource_arn = value_get_str(detail, "resourceArn"),
        .role_arn = value_get_str(detail, "iamRoleArn"),
        .resource_type = value_get_str(detail, "resourceType"),
        .sent_ms = time_of(value_get_str(json, "time")),
        .creation_ms = time_of(value_get_str(detail, "creationDate")),
    };
    if (is_from(json, "aws.events", "Scheduled Event"))
        conclude(ret, RELAY_EVENT_SCHEDULED, NULL);
    else if (!is_from(json, "aws.backup", "Copy Job State Change"))
        conclude(ret, RELAY_EVENT_INVALID, "not a Copy Job State Change of aws.backup");
    else if (!ret->state || !into)
        conclude(ret, RELAY_EVENT_INVALID, "detail lacks state or destinationBackupVaultArn");
    else if (str_eq(into, config->source_vault_arn))
        read_first_hop(ret);
    else if (str_eq(from, config->source_vault_arn) && failed_state(ret->state))
        conclude(ret, RELAY_EVENT_SECOND_FAILED, NULL);
    else
        conclude(ret, RELAY_EVENT_OTHER, "neither into nor failed out of the source vault");
    if (ret->kind != RELAY_EVENT_ARRIVED)
        ret->point_arn = NULL; /* a point of another vault must not be taken for one of ours */
}
