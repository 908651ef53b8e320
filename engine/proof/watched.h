#pragma once
/* Whether somebody hears of it when nothing comes any more. Internal to engine/proof. */

#include "engine/proof/ask.h"

/* Rings for few, or none, of what AWS Backup completes, also when there is no data at all. */
bool alarm_wants_few(const struct value *alarm);
bool alarm_heeds_silence(const struct value *alarm);

/* May this service publish to a topic of the model, for what has `source_arn`? */
void topic_ask(struct model *model, const struct model_object *topic, const char *service,
               const char *source_arn, struct ask_answer *ret);

/* NULL: an alarm of the vault's own account and Region rings when no point arrives in this very
 * vault, and tells somebody out of reach of whoever has taken over `source`, the account that the
 * backups come from. Otherwise what is amiss: of the alarm that comes nearest, or that there is
 * none. Reports of a vault tell of what happens, never that nothing does. */
const char *vault_unwatched(struct model *model, const struct model_object *vault,
                            const struct account *source);
