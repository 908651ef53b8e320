#include "engine/cli/cli.h"

const char *cli_option(const struct cli *cli, enum option_id id)
{
    const char **values = cli->line.values[id];
    return values ? values[0] : NULL;
}

bool cli_flag(const struct cli *cli, enum option_id id)
{
    return cli_option(cli, id) != NULL;
}

const char *const *cli_list(const struct cli *cli, enum option_id id)
{
    return cli->line.values[id];
}

bool cli_number(struct cli *cli, enum option_id id, int64_t otherwise, int64_t min, int64_t max,
                int64_t *ret)
{
    const char *text = cli_option(cli, id);
    long long number = otherwise;
    if (text && (!parse_int64(slice_of(text), &number) || number < min || number > max)) {
        diag_error(&cli->diags, E_USAGE, NO_POS, NULL,
                   "--%s %s is not a whole number from %lld to %lld", option_name(id), text,
                   (long long)min, (long long)max);
        return false;
    }
    *ret = number;
    return true;
}
