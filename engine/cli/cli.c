#include "engine/cli/cli.h"

#include "engine/base/clock.h"

#define DURATION_MAX 100000 /* of any unit */

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

bool cli_duration(struct cli *cli, enum option_id id, int64_t otherwise_ms, int64_t *ret_ms)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'s', 1000}, {'m', MINUTE_MS}, {'h', HOUR_MS}};
    const char *text = cli_option(cli, id);
    struct slice number = slice_of(text);
    long long count = 0;
    *ret_ms = otherwise_ms;
    if (!text)
        return true;
    number.len -= number.len > 0 ? 1 : 0; /* without its unit */
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        if (number.ptr[number.len] != units[i].unit || !parse_int64(number, &count) || count < 0 ||
            count > DURATION_MAX)
            continue;
        *ret_ms = count * units[i].ms;
        return true;
    }
    diag_error(&cli->diags, E_USAGE, NO_POS, NULL, "--%s %s is no time such as 30s, 10m or 1h",
               option_name(id), text);
    return false;
}
