#include "engine/cli/sharing.h"

#include <string.h>

#include "engine/base/env.h"
#include "providers/aws/s3_remote.h"
#include "providers/http.h"

static bool transport_of(struct session *session, struct transport *ret)
{
    struct cli *cli = session->cli;
    if (cli_flag(cli, OPT_SIMULATE)) {
        /* the state lies in the world, which has to be there first */
        if (!session->world && !session_connect(session))
            return false;
        *ret = world_transport(session->world);
        return true;
    }
    return http_transport(env_get("AWS_CA_BUNDLE"), ret, &cli->diags);
}

static bool makes_alias(const struct topology *topology, const struct shared_state *shared)
{
    const char *alias = strstr(shared->kms_key, "alias/");
    for (size_t i = 0; alias && i < topology->resource_len; i++) {
        const struct resource *resource = &topology->resources[i];
        if (str_eq(resource->schema->type_name, "aws_kms_alias") && !resource->external &&
            str_eq(resource->account->id, shared->account->id) &&
            str_eq(resource->region, shared->region) &&
            str_eq(value_get_str(resource->properties, "name"), alias))
            return true;
    }
    return false;
}

/* KMS is asked over the loop of the bucket, with the same credentials. */
static void prepare_keys(struct session *session, const struct shared_state *shared)
{
    session->keys = (struct kms_keys){.loop = s3_remote_loop(session->shared),
                                      .session = s3_remote_session(session->shared),
                                      .account_id = shared->account->id,
                                      .region = shared->region,
                                      .key = shared->kms_key,
                                      .any_key = !shared->enforced,
                                      .made_here = makes_alias(&session->topology, shared)};
    session->sealing =
        (struct sealing){kms_key_service(&session->keys), shared->kms_key, shared->enforced};
}

bool sharing_open(struct session *session)
{
    struct cli *cli = session->cli;
    const struct shared_state *shared = session->topology.shared_state;
    if (!shared) {
        struct diag *diag = diag_error(&cli->diags, E_USAGE, NO_POS, NULL,
                                       "the state is a file of this machine, which nobody shares");
        diag_hint(&cli->diags, diag, "`state: {s3: ...}` in the topology names a shared one.");
        return false;
    }
    if (session->shared)
        return true;
    struct s3_remote_options options = {.bucket = shared->bucket,
                                        .key = shared->key,
                                        .region = shared->region,
                                        .account_id = shared->account->id};
    if (!transport_of(session, &options.transport))
        return false;
    options.aws = session_aws_options(session, shared->account->id);
    options.aws.home_region = shared->region;
    if (!s3_remote_open(cli->arena, &options, &session->shared, &cli->diags))
        return false;
    session->remote = s3_remote_of(session->shared);
    if (shared->kms_key)
        prepare_keys(session, shared);
    return true;
}

bool sharing_heed_signals(struct session *session, int graces)
{
    int64_t grace_ms = 0;
    if (!session_grace(session, &grace_ms))
        return false;
    loop_cut_on(s3_remote_loop(session->shared), session->stop, graces * grace_ms);
    return true;
}

#define KEEP_MS 1000 /* how often the lock is looked after: mostly there is nothing to do */

static void keep(void *ctx)
{
    struct session *session = ctx;
    if (session->state && !state_keep(session->state, &session->cli->diags))
        loop_drain(session->loop);
}

void sharing_keep(struct session *session)
{
    loop_every(session->loop, KEEP_MS, keep, session);
    session->cli->meanwhile = keep;
    session->cli->meanwhile_ctx = session;
}

void sharing_every(struct session *session, int64_t ms, loop_timer_fn *fn, void *ctx)
{
    if (session->shared)
        loop_every(s3_remote_loop(session->shared), ms, fn, ctx);
}

void sharing_close(struct session *session)
{
    s3_remote_close(session->shared);
    session->shared = NULL;
}
