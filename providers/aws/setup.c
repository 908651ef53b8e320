#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/crypto.h"
#include "providers/aws/base.h"

bool aws_setup(struct arena *arena, struct loop *loop, const struct aws_options *options,
               struct diags *diags)
{
    struct aws *aws = arena_new_of(arena, struct aws);
    *aws = (struct aws){
        .arena = arena,
        .loop = loop,
        .home_region = options->home_region ? options->home_region : "us-east-1",
        .simulated = options->simulated,
        .endpoints = {.url = options->simulated ? NULL : options->endpoint_url,
                      .list = options->simulated ? NULL : options->endpoints,
                      .environment = !options->simulated},
        .list_bytes_max = (size_t)256 * 1024 * 1024,
        .process_timeout_ms = MINUTE_MS,
        .jitter = 1, /* simulated worlds repeat themselves exactly */
    };
    map_init(&aws->one_at_a_time, arena);
    sessions_init(aws, options->accounts, options->account_len);
    loop_set_provider(loop, aws);
    if (options->simulated)
        return true;
    random_bytes((uint8_t *)&aws->jitter, sizeof(aws->jitter));
    return endpoint_check(&aws->endpoints, diags) &&
           endpoint_kind_read(arena, &aws->endpoints, diags) && base_find(aws, diags);
}

struct aws_options aws_options_of(struct arena *arena, const struct topology *topology,
                                  const char *only)
{
    struct aws_account *accounts = arena_array(arena, topology->account_len, sizeof(*accounts));
    size_t len = 0;
    for (size_t i = 0; i < topology->account_len; i++) {
        const struct account *account = &topology->accounts[i];
        if (only && (account->symbolic || !str_eq(account->id, only)))
            continue;
        accounts[len++] = (struct aws_account){.id = account->id,
                                               .name = account->name,
                                               .assume_role = account->assume_role,
                                               .external_id = account->external_id,
                                               .session_name = account->session_name,
                                               .partition = account->partition,
                                               .pos = account->pos};
    }
    return (struct aws_options){
        .accounts = accounts,
        .account_len = len,
        .home_region = topology->region_len ? topology->regions[0] : "us-east-1",
    };
}
