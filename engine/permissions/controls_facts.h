#pragma once
/* What a topology says that policies of its organization keep. Internal to engine/permissions. */

#include "engine/config/resource.h"

struct last_vault {
    const char *arn;
    const struct account *account;
    const struct value *lock; /* its properties, or NULL */
};

struct control_facts {
    struct arena *arena;
    const struct topology *topology;
    struct map vaults;      /* ARN -> const struct resource * */
    struct map last_by_arn; /* ARN -> struct last_vault *, of the topology's own vaults only */
    const struct value *copy_targets; /* ARNs; ${aws:PrincipalAccount} in those of who copies */
    const struct value *deployers;    /* "role/x" of each `assume_role`, each once */
    const struct value *break_glass;  /* ARNs */
    struct map source_accounts, last_accounts, key_accounts; /* id -> const struct account * */
};

void control_facts_read(struct control_facts *facts, struct arena *arena,
                        const struct topology *topology);
