#include "engine/cli/wanted.h"

#include "engine/config/resource.h"

bool is_wanted(const struct cli *cli, const char *address)
{
    for (const char *const *wanted = cli->line.arguments; wanted && *wanted; wanted++)
        if (address_is_within(address, *wanted))
            return true;
    return cli->line.argument_len == 0;
}

bool all_wanted_are_there(struct cli *cli, address_fn *address_of, const void *list, size_t len,
                          const char *complaint)
{
    for (const char *const *wanted = cli->line.arguments; wanted && *wanted; wanted++) {
        size_t i = 0;
        while (i < len && !address_is_within(address_of(list, i), *wanted))
            i++;
        if (i == len)
            diag_error(&cli->diags, E_TARGET, NO_POS, *wanted, "%s", complaint);
    }
    return cli->diags.errors == 0;
}
