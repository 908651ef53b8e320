/* endpoint_cases REGION...: "SERVICE REGION FIPS DUAL-STACK URL" for each service of apis.inc, each
 * Region and each kind of endpoint. */

#include <stdio.h>

#include "engine/aws/partition.h"
#include "providers/aws/endpoint.h"

static void print_all(const char *service, const struct aws_api *api, const char *region)
{
    struct arena *arena = arena_new();
    for (int kind = 0; kind < 4; kind++) {
        struct endpoint_config config = {.fips = kind & 1, .dual_stack = kind & 2};
        struct endpoint endpoint;
        endpoint_of(arena, &config, api, "111122223333", region, partition_of_region(region),
                    &endpoint);
        printf("%s %s %d %d %s\n", service, region, config.fips, config.dual_stack,
               endpoint.base_url);
    }
    arena_free(arena);
}

int main(int argc, char **argv)
{
    const char *last = NULL;
    for (int i = 1; i < argc; i++) {
#define OPERATION(api_, name, method, uri, mutates, token_in, token_out, items)                    \
    if (!last || !str_eq(last, #api_))                                                             \
        print_all(last = #api_, api_##_##name.api, argv[i]);
#include "providers/aws/operations.inc"
#undef OPERATION
    }
    return 0;
}
