/* What STS hands out. */

#include "engine/base/clock.h"
#include "providers/aws/call.h"

struct credentials *sts_credentials(const struct aws *aws, const struct response *rs)
{
    if (rs->fault != FAULT_NONE)
        return NULL;
    const struct value *got = value_get(rs->body, "Credentials");
    struct credentials *c =
        credentials_from(aws->arena, got, "AccessKeyId", "SecretAccessKey", "SessionToken");
    const char *expiration = value_get_str(got, "Expiration");
    if (c && (!expiration || !time_parse_iso(slice_of(expiration), &c->expires_ms)))
        c->expires_ms = aws_now_ms(aws) + HOUR_MS;
    return c;
}
