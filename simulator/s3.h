#pragma once
/* What s3.c (buckets) and s3_objects.c share. */

#include "simulator/service.h"

#define S3_BUCKET "s3.bucket"    /* id: name, in no account: there is one of a name in all of AWS */
#define S3_OBJECT "s3.object"    /* id: "bucket/key": the current version, or a delete marker */
#define S3_VERSION "~s3.version" /* id: "bucket/key?version": those that are not current */

/* The bucket of the call, if the caller may do `action` on it or on its object `key` (or NULL);
 * NULL with the error set. */
const struct value *s3_bucket(struct sim_call *call, const char *action, const char *key,
                              const char **ret_name);
/* Ends the call with XML: `root` holds `v`; a list repeats the element that it stands under. */
bool s3_answer(struct sim_call *call, const char *root, const struct value *v);
/* Ends it without a body. */
bool s3_done(struct sim_call *call);

/* A bucket of somebody's: versioned, and closed to the public. */
void s3_seed_bucket(struct world *world, struct arena *arena, const char *account_id,
                    const char *region, const char *name);

bool s3_put_object(struct sim_call *call);
bool s3_get_object(struct sim_call *call);
bool s3_head_object(struct sim_call *call);
bool s3_delete_object(struct sim_call *call);
bool s3_list_objects(struct sim_call *call);
/* Whether anything is left in a bucket: objects, markers, older versions. */
bool s3_holds_anything(struct sim_call *call, const char *bucket);
