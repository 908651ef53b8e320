#pragma once
/* Whether somebody hears of it when nothing comes any more. Internal to engine/proof. */

#include "engine/proof/model.h"
#include "engine/proof/proof.h"

/* Rings for few, or none, of what AWS Backup completes, also when there is no data at all. */
bool alarm_wants_few(const struct value *alarm);
bool alarm_heeds_silence(const struct value *alarm);

/* From which accounts points come into each vault. */
struct feeders {
    struct map vaults; /* ARN -> struct feed_list * */
};
void feeders_init(struct feeders *f, struct model *model, const struct proof_path *paths,
                  size_t len);
/* Some come from another account than this one. */
bool feeders_cross(const struct feeders *f, const struct model_object *vault,
                   const struct account *account);

/* NULL: an alarm of the vault's own account and Region rings when no point arrives in this very
 * vault, and tells somebody out of reach of whoever has taken over `source`, the account that the
 * backups come from, and nobody else sends points there, which would keep it quiet. Otherwise what
 * is amiss: of the alarm that comes nearest, or that there is none. Reports of a vault tell of what
 * happens, never that nothing does. */
const char *vault_unwatched(struct model *model, const struct model_object *vault,
                            const struct account *source, const struct feeders *feeders);
