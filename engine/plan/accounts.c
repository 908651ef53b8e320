/* Accounts that left the file while the state still holds objects of theirs. */

#include <string.h>

#include "engine/base/map.h"
#include "engine/base/strbuf.h"
#include "engine/plan/plan.h"

#define ADDRESSES_MAX ((size_t)16 * 1024)

static bool is_named(const struct topology *topology, const char *account_id)
{
    for (size_t i = 0; i < topology->account_len; i++)
        if (str_eq(topology->accounts[i].id, account_id))
            return true;
    return false;
}

static void report(const struct plan_input *input, const char *account_id, struct diags *diags)
{
    struct strbuf addresses;
    size_t len = 0, told = 0;
    strbuf_init(&addresses, diags->arena, ADDRESSES_MAX);
    for (size_t i = 0; i < input->record_len; i++) {
        const struct record *record = &input->records[i];
        if (!str_eq(record->account_id, account_id))
            continue;
        len++;
        if (addresses.len + strlen(record->address) + 1 < ADDRESSES_MAX / 2) {
            strbuf_addf(&addresses, " '%s'", record->address);
            told++;
        }
    }
    struct diag *diag = diag_error(diags, E_ACCOUNT_LEFT, NO_POS, NULL,
                                   "the state holds %zu object%s of account %s, which the topology "
                                   "does not name",
                                   len, len == 1 ? "" : "s", account_id);
    diag_hint(
        diags, diag,
        "Put an entry with `id: \"%s\"` back under `accounts` and apply, which deletes what "
        "the file no longer names, before you take the entry out. To leave the objects in AWS "
        "and forget them, name them under `forget`, or: holdfast state rm%s%s",
        account_id, strbuf_str(&addresses),
        told < len ? " ... (`holdfast state list` names the rest)" : "");
}

/* An entry that is external, or a part that it had when it was ours. */
static bool is_of_external(const struct topology *topology, const char *address)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    const char *entry = arena_strndup(scratch, address, strcspn(address, "/"));
    const struct resource *resource = topology_find(topology, entry);
    return resource && resource->external;
}

bool plan_forgets(const struct topology *topology, const char *address)
{
    if (!topology)
        return false;
    if (is_of_external(topology, address))
        return true;
    if (topology_find(topology, address))
        return false;
    for (size_t i = 0; i < topology->forgotten_len; i++)
        if (address_is_within(address, topology->forgotten[i].address))
            return true;
    return false;
}

bool plan_check_accounts(const struct plan_input *input, struct diags *diags)
{
    struct map reported;
    map_init(&reported, diags->arena);
    for (size_t i = 0; input->topology && i < input->record_len; i++) {
        const char *id = input->records[i].account_id;
        if (!id || is_named(input->topology, id) || map_get(&reported, id) ||
            plan_forgets(input->topology, input->records[i].address))
            continue;
        map_set(&reported, id, &reported);
        report(input, id, diags);
    }
    return reported.len == 0;
}
