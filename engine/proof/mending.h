#pragma once
/* The change to the file that mends a link, as YAML that is merged into the entry where the link
 * broke. NULL: no change of the file is known that does it; then the rule's own words serve.
 * Internal to engine/proof. */

#include "engine/proof/walk.h"

/* A right that a role of the file lacks. */
const char *mend_right(struct walk *walk, const struct ask *question);
const char *mend_trust(struct walk *walk, const char *role, const char *service);
/* A condition for the statement that denies, which leaves out whoever asks: a role, or NULL for a
 * service. */
const char *mend_denial(struct walk *walk, const char *role, const struct policy_answer *answer);
/* The plan's rule copies nowhere: into the source vault of a relay, else out of the account. */
const char *mend_copy_action(struct walk *walk);
/* The plan takes nothing, or nothing of its own place. */
const char *mend_selection(struct walk *walk);
/* The selection's `resources` less one; NULL: none would be left. */
const char *mend_without(struct walk *walk, const struct value *pattern);
/* A vault of the plan's own place. */
const char *mend_first_vault(struct walk *walk);
/* The policy that the entry writes itself, with one statement more. NULL: it writes none. */
const char *mend_own_policy(struct walk *walk, const struct model_object *object,
                            const struct value *statement);
/* A role of the file for the target that sends events to `bus`. */
const char *mend_forward_role(struct walk *walk, const struct model_object *rule, const char *bus);
/* Where the events of the first copy come from; of copies of another account in words. */
const char *mend_event_regions(struct walk *walk);
/* A role of the file, of the account of what is copied, or where to find one. */
const char *mend_copy_role(struct walk *walk);
/* The vault accepts copies from one account more. */
const char *mend_accepting(struct walk *walk, const struct vault_end *vault, const char *account);
const char *mend_vault_key(struct walk *walk, const struct vault_end *vault);
/* Where the place has no key: the vault names one, and a remark says what to declare. */
const char *mend_new_key(struct walk *walk, const struct vault_end *vault);
/* The nearest retention that a lock takes. */
const char *mend_retention(struct walk *walk, int64_t days, int64_t min, int64_t max);
/* Of the key's entry. */
const char *mend_key_region(struct walk *walk, const struct model_object *key, const char *region);
