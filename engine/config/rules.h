#pragma once
/* The checks that a schema names with x-rules: what a property's own limits cannot say, because it
 * is a grammar or lies between two properties. The knowledge stands in engine/aws and
 * engine/policy; this table gives each check its name and its diagnostic.
 *
 *   lifecycle          {delete_after_days, move_to_cold_storage_after_days}
 *   vault_lock         {min_retention_days, max_retention_days, changeable_for_days}
 *   backup_window      {start_window_minutes, completion_window_minutes}
 *   selection          {resources, not_resources, list_of_tags, conditions}
 *   tags               a map of text
 *   environment        a map of text: a function's variables
 *   schedule           cron(...) or rate(...)
 *   schedule_or_never  the same, or never
 *   timezone           a name of the tz database
 *   event_rule         {event_pattern, schedule_expression}
 *   event_pattern      a map, or JSON text
 *   arn                an ARN
 *   region             a Region's code
 *   account_id         12 digits
 *   resource_kinds     a map by AWS Backup's names of kinds of resources: in AWS's capitals
 *   policy             a policy document of any kind; policy_identity, policy_resource,
 *                      policy_trust, policy_scp, policy_managed, policy_key: one that fits its
 *                      place, and AWS's size for it
 *   organization_policy {type, content}
 *   policy_names       a map of inline policies: their names, and their size together
 *   state_key          the key of a shared state
 *   latin1             text of characters that IAM takes for a description
 *
 * Text that still holds ${...}, and unknowns, pass: they are checked when they are known. */

#include "engine/config/schema.h"

/* False when one of the node's rules refuses; adds the diagnostics, at the property that is wrong
 * where the check names one, else at `pos`. */
bool rules_check(struct arena *arena, const struct schema_node *node, const struct value *v,
                 struct source_pos pos, const char *address, struct diags *diags);

/* Whether the table has a rule of that name. */
bool rule_exists(const char *name);
