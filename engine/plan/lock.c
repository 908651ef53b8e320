#include "engine/plan/lock.h"

#include "engine/aws/lock_rules.h"
#include "engine/base/clock.h"

bool lock_is(const struct schema *schema)
{
    return str_eq(schema->type_name, "aws_backup_vault_lock");
}

/* AWS writes times as seconds since the epoch; a state that people edited may hold ISO text. */
int64_t lock_date_observed(const struct value *attributes)
{
    const struct value *date = value_get(attributes, "lock_date");
    int64_t ms = 0;
    if (value_is(date, VALUE_INT))
        return date->integer * 1000;
    if (value_is(date, VALUE_DOUBLE))
        return (int64_t)(date->number * 1000);
    return value_is(date, VALUE_STRING) && time_parse_iso(date->string, &ms) ? ms : 0;
}

int64_t lock_date_wanted(const struct value *desired, int64_t now_ms)
{
    int64_t days = value_get_int(desired, "changeable_for_days", 0);
    return days > 0 ? lock_date_ms(now_ms, days) : 0;
}

bool lock_mode_differs(const struct value *desired, const struct value *attributes)
{
    const struct value *days = value_get(desired, "changeable_for_days");
    bool compliance = days && days->kind != VALUE_NULL;
    return compliance != (lock_date_observed(attributes) != 0);
}
