#pragma once
/* Grants of keys. They stand in the key's body, as ListGrants gives them. */

#include "engine/policy/kms_grant.h"
#include "simulator/service.h"

size_t kms_grants_of(struct arena *arena, const struct value *key, const struct kms_grant **ret);

bool kms_create_grant(struct sim_call *call);
bool kms_list_grants(struct sim_call *call);
bool kms_revoke_grant(struct sim_call *call);
