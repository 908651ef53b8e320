#pragma once
/* What other services ask KMS. */

#include "simulator/service.h"

/* Finds a key by id, key ARN, alias name or alias ARN; aliases and ids in account and region. Body:
 * KeyId, Arn, KeyState, KeyManager ("CUSTOMER"|"AWS"), Policy (text), ... NULL: none. The AWS
 * managed keys ("alias/aws/rds", ...) are made when first asked for. */
const struct value *kms_key_find(struct world *world, struct arena *arena, const char *account,
                                 const char *region, const char *key);
/* The keys of a place, by id; with `text` only those in which it stands as a value, somewhere. */
struct objects kms_keys(struct world *world, struct arena *arena, const char *account,
                        const char *region, const char *text);
/* Whether a key has existed long enough to be seen elsewhere (setting key_delay_ms). */
bool kms_key_settled(struct world *world, const struct value *key);
/* Whether the principal may do `action` ("kms:Decrypt") with the key, by key policy and identity
 * policies. context: kms:ViaService, kms:GrantIsForAWSResource, ... or NULL. */
bool kms_allows(struct world *world, struct arena *arena, const char *principal, const char *action,
                const struct value *key, const struct value *context);
/* The same for a principal whose own policies allow everything: only the key has a say, and the
 * organization. */
bool kms_gives(struct world *world, struct arena *arena, const char *principal, const char *action,
               const struct value *key, const struct value *context);
/* A customer managed key that was there before: its own account and the others may do everything.
 */
void kms_seed_key(struct world *world, struct arena *arena, const struct value *key);
