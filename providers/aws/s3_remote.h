#pragma once
/* A shared state's place in S3 (state/remote.h): objects whose keys begin with that of the state.
 * It has a loop and a transport of its own, so that a call may block between two turns of a run. */

#include "providers/aws/aws.h"
#include "state/remote.h"

struct s3_remote;

struct s3_remote_options {
    const char *bucket, *key, *region, *account_id;
    struct aws_options aws;     /* names that account */
    struct transport transport; /* taken over: closed by s3_remote_close() */
};
/* Finds credentials; nothing is asked of the bucket yet. The transport is closed on failure too. */
MUST_CHECK bool s3_remote_open(struct arena *arena, const struct s3_remote_options *options,
                               struct s3_remote **ret, struct diags *diags);
void s3_remote_close(struct s3_remote *remote); /* accepts NULL */
struct remote s3_remote_of(struct s3_remote *remote);
/* Its loop, for calls beside S3's, and what was said of the account's session. */
struct loop *s3_remote_loop(struct s3_remote *remote);
const struct diags *s3_remote_session(const struct s3_remote *remote);

/* What `state check-backend` asks. */
struct s3_bucket_facts {
    bool versioned;
    bool private; /* all four blocks of public access are on */
};
MUST_CHECK bool s3_remote_bucket(struct s3_remote *remote, struct s3_bucket_facts *ret,
                                 struct diags *diags);
/* Puts an object `len` times at once, where none may stand; how many of them won. */
MUST_CHECK bool s3_remote_race(struct s3_remote *remote, const char *name, size_t len,
                               size_t *ret_winners, struct diags *diags);
