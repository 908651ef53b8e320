#pragma once
/* Whether somebody hears of it when nothing comes any more. Internal to engine/proof. */

#include "engine/proof/model.h"

/* Rings for few, or none, of what AWS Backup completes, also when there is no data at all. */
bool alarm_wants_few(const struct value *alarm);
bool alarm_heeds_silence(const struct value *alarm);

/* An alarm of the vault's own account and Region does, and tells somebody: out of reach of whoever
 * has taken over the account that the backups come from. Reports of a vault tell of what happens,
 * never that nothing does. */
bool vault_is_watched(const struct model *model, const struct model_object *vault);
