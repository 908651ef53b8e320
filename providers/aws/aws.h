#pragma once
/* AWS calls for resource types. The tables below (operations.inc) hold every operation that the
 * program may send: its method, URI, whether it changes anything, and how it pages. Signing, retry
 * with jitter, throttling, eventual consistency, paging and error classification happen below
 * op_send(). */

#include "engine/config/resource.h"
#include "providers/loop.h"

enum wire { WIRE_REST_JSON, WIRE_JSON, WIRE_QUERY, WIRE_EC2, WIRE_REST_XML };

struct aws_api {
    const char *service;      /* endpoint prefix: "backup" */
    const char *signing_name; /* credential scope: "backup" */
    const char *sdk_id;       /* AWS_ENDPOINT_URL_<THIS>: "BACKUP" */
    enum wire wire;
    const char *target_prefix; /* json: "TrentService"; else NULL */
    const char *json_version;  /* "1.0", "1.1" */
    const char *version;       /* query and EC2: "2010-05-08" */
    bool global;               /* iam, organizations: one endpoint a partition */
};

struct aws_operation {
    const struct aws_api *api;
    const char *name, *method,
        *uri; /* "CreateBackupVault", "PUT", "/backup-vaults/{backupVaultName}" */
    bool mutates;
    const char *token_in, *token_out,
        *items; /* paging: request member, answer member, list member; or NULL */
};

/* operations.inc: OPERATION(api, name, method, uri, mutates, token_in, token_out, items) */
#define OPERATION(api, name, method, uri, mutates, token_in, token_out, items)                     \
    extern const struct aws_operation api##_##name;
#include "providers/aws/operations.inc"
#undef OPERATION

/* A request for the op's account and Region. Query strings and URI labels are encoded here. */
struct request *aws_request(struct op *op, const struct aws_operation *operation);
void request_label(struct request *rq, const char *name, const char *value);
void request_query(struct request *rq, const char *name,
                   const char *value); /* NULL value: left out */
/* The body in AWS's member names: JSON, XML, or flattened into the form of the query protocol. */
void request_body(struct request *rq, const struct value *body);
void request_set(struct request *rq, const char *member,
                 const struct value *v); /* one member of it; NULL: no-op */
void request_set_str(struct request *rq, const char *member, const char *text);

/* Sends; `step` always runs later, exactly once, after retries. */
void op_send(struct op *op, struct request *rq, op_step_fn *step);
/* The same over all pages: the answer's body is the last page with `items` of all pages. */
void op_send_all(struct op *op, struct request *rq, op_step_fn *step);

/* Calls without an op (STS, the relay, `whoami`): ctx comes back with the answer. */
typedef void aws_done_fn(void *ctx, const struct response *rs);
struct aws_call_spec {
    const struct aws_operation *operation;
    const char *account_id, *region;           /* account: one of the sessions */
    const struct value *labels, *query, *body; /* maps or NULL */
    const struct value *headers;               /* such as If-Match: a map, or NULL */
    bool all_pages;
};
void aws_call(struct loop *loop, const struct aws_call_spec *spec, aws_done_fn *done, void *ctx);

/* Sessions: credentials per account. */
struct aws_account {
    const char *id, *assume_role, *external_id, *session_name, *partition, *name;
    struct source_pos pos;
};
struct aws_options {
    const struct aws_account *accounts;
    size_t account_len;
    const char *home_region;       /* for STS and calls without a Region */
    const char *endpoint_url;      /* --endpoint-url or NULL */
    bool simulated;                /* access key ids are account ids; no environment is read */
    const struct value *endpoints; /* the person's configuration: list of {account, region, service,
                                      url}, or NULL */
};
/* The accounts of a topology, or the one with this id, and its first Region for calls without one.
 */
struct aws_options aws_options_of(struct arena *arena, const struct topology *topology,
                                  const char *only);
/* Sets up providers/aws on a loop, and unless simulated drives it until there are credentials to
 * begin with (search.h). */
MUST_CHECK bool aws_setup(struct arena *arena, struct loop *loop, const struct aws_options *options,
                          struct diags *diags);
/* What --endpoint-url and the environment put in the place of AWS, as one text that is the same for
 * the same endpoints: the URL alone when it serves all, else a line for each service that goes
 * elsewhere, sorted. NULL: nothing. */
const char *aws_endpoint_overrides(struct arena *arena, const char *endpoint_url);
/* Drives the loop until every account has credentials and GetCallerIdentity has confirmed its id.
 */
MUST_CHECK bool aws_verify_identities(struct loop *loop, struct diags *diags);
struct aws_identity {
    const char *account_name, *account_id, *arn;
    const char *source;       /* of what everything begins with, as `aws configure list` names it */
    const char *assumed_role; /* with it, or NULL */
    const char *refused;      /* why nobody may work in the account; NULL: it is confirmed */
};
/* After aws_verify_identities(): one for each account, for `whoami`. */
const struct aws_identity *aws_identities(struct loop *loop, size_t *ret_len);

/* Small helpers that types share. */
void op_done_removed(struct op *op); /* the end of a deletion: already gone is success */
const struct value *aws_tag_list(struct arena *arena, const struct value *tags,
                                 const char *key_member,
                                 const char *value_member); /* map -> [{Key, Value}] */
const struct value *aws_tag_map(struct arena *arena, const struct value *list,
                                const char *key_member, const char *value_member);
/* What must be set and what removed to turn one tag map into another; aws: tags are left alone. */
void aws_tag_changes(struct arena *arena, const struct value *before, const struct value *after,
                     const struct value **ret_set, const struct value **ret_removed_keys);
