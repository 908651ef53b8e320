#pragma once
/* Who could destroy it. Internal to engine/proof; proof.h has the result. */

#include "engine/proof/model.h"
#include "engine/proof/proof.h"

void takeovers(struct model *model, int64_t now_ms, const struct proof_path *paths, size_t path_len,
               const struct proof_threat **ret, size_t *ret_len);
