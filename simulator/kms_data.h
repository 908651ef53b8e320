#pragma once
/* What kms.c shares with kms_data.c and kms_grants.c: finding and judging a key, and the calls that
 * work on data. */

#include "simulator/service.h"

struct key_place {
    const char *account, *region, *id;
    const struct value *key;
};

/* The key of that name, judged by its own policy for the action of the call, whoever calls; context
 * (or NULL): what conditions may ask for beside the caller. */
bool kms_need_key(struct sim_call *call, const char *name, const struct value *context,
                  struct key_place *ret);

/* A member of the key is set. */
void kms_save(struct sim_call *call, const struct key_place *at, const char *member,
              const struct value *v);
/* KMS's lists: a page of what is there, and the answer. */
bool kms_list_page(struct sim_call *call, struct objects *rows, const char **ret_next);
bool kms_answer_list(struct sim_call *call, const char *member, struct list_builder *list,
                     const char *next);

bool kms_encrypt(struct sim_call *call);
bool kms_decrypt(struct sim_call *call);
bool kms_generate_data_key(struct sim_call *call);
