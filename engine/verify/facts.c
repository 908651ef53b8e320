#include "engine/verify/facts.h"

static const struct value *recorded(void *ctx, const char *address, const char *attribute)
{
    const struct verify_input *input = ctx;
    const struct record *record = record_find(input->records, input->record_len, address);
    return record ? value_get(record->attributes, attribute) : NULL;
}

const struct value *facts_resolve(const struct verify_facts *facts, const struct value *v)
{
    return value_resolve(facts->arena, v, recorded, (void *)(uintptr_t)facts->input);
}

const char *facts_name(const struct verify_facts *facts, const char *arn)
{
    const char *address = arn ? map_get(&facts->names, arn) : NULL;
    return address ? address : arn;
}

const struct account *facts_account(const struct verify_facts *facts, const char *id)
{
    const struct topology *topology = facts->input->topology;
    for (size_t i = 0; i < topology->account_len; i++)
        if (str_eq(topology->accounts[i].id, id))
            return &topology->accounts[i];
    return NULL;
}

void facts_failed(struct verify_facts *facts, const char *what, const char *account_id,
                  const char *region, const struct response *rs)
{
    facts->complete = false;
    if (str_eq(rs->code, CODE_NO_SESSION))
        return; /* was reported where the session failed */
    diag_error(facts->diags, E_VERIFY_READ, NO_POS, NULL,
               "%s of account %s, %s: %s: %s (request id %s)", what, account_id, region,
               rs->code ? rs->code : "no answer", rs->message ? rs->message : "",
               rs->request_id ? rs->request_id : "none");
}

void facts_wait(const struct verify_facts *facts)
{
    while (loop_turn(facts->input->loop)) {
    }
}
