#pragma once
/* What the types that live on a vault have in common (its policy, its lock, its notifications):
 * each is one configuration, known by the vault's name, put as a whole, and gone with its vault. */

#include "providers/aws/vault_gone.h"

/* A request of `operation` on one vault. */
struct request *vault_request(struct op *op, const struct aws_operation *operation,
                              const char *vault_name);
/* The name of the vault that the file puts this on. */
const char *desired_vault(const struct op *op);

/* Last steps of a read, a put and a search. */
void vault_part_got(struct op *op, const struct response *rs);
void vault_part_put(struct op *op, const struct response *rs);
void vault_part_found(struct op *op, const struct response *rs);
