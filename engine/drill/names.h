#pragma once
/* Back from AWS's names to those of the topology. */

#include "engine/base/map.h"
#include "engine/base/record.h"
#include "engine/config/resource.h"

struct drill_names {
    struct arena *arena;
    const struct topology *topology;
    struct map by_arn;     /* ARN -> address */
    struct map by_address; /* address -> const struct record * */
};

void drill_names_init(struct drill_names *names, struct arena *arena,
                      const struct topology *topology, const struct record *records, size_t len);
const char *drill_address_of(const struct drill_names *names,
                             const char *arn); /* NULL when unknown */
const char *drill_account_name(const struct drill_names *names, const char *account_id);
/* References to what AWS invented, now that it is known. */
const struct value *drill_resolve(const struct drill_names *names, const struct value *v);
