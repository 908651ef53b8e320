#pragma once
/* What kms.c and kms_data.c share: finding and judging a key, and the calls that work on data. */

#include "simulator/service.h"

struct key_place {
    const char *account, *region, *id;
    const struct value *key;
};

/* The key of that name, judged by its own policy for the action of the call, whoever calls; context
 * (or NULL): what conditions may ask for beside the caller. */
bool kms_need_key(struct sim_call *call, const char *name, const struct value *context,
                  struct key_place *ret);

bool kms_encrypt(struct sim_call *call);
bool kms_decrypt(struct sim_call *call);
bool kms_generate_data_key(struct sim_call *call);
