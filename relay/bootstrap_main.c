/* The relay as a Lambda function: settings from HOLDFAST_RELAY, events from the Runtime API,
 * decisions from relay/decide. An invocation that could not do its work fails, so that Lambda tries
 * again and at last hands the event to the dead letters; nothing is swallowed. */

#include <stdio.h>

#include "engine/base/clock.h"
#include "engine/base/env.h"
#include "engine/base/json.h"
#include "engine/base/log.h"
#include "providers/aws/aws.h"
#include "providers/http.h"
#include "relay/decide/embedded.h"
#include "relay/lambda_runtime.h"
#include "relay/report.h"

#define MARGIN_MS 2000 /* to tell of a failure before Lambda ends the invocation without a word */

static bool read_settings(struct arena *arena, struct relay_config *ret, const char **ret_why)
{
    const struct value *json = NULL;
    const char *text = env_get("HOLDFAST_RELAY");
    if (!text) {
        *ret_why = "HOLDFAST_RELAY is not set";
        return false;
    }
    if (!json_parse(arena, slice_of(text), &json, ret_why))
        return false;
    if (relay_config_parse(arena, json, ret, ret_why))
        return true;
    *ret_why = arena_printf(arena, "HOLDFAST_RELAY lacks %s", *ret_why);
    return false;
}

static bool has_account(const struct aws_account *accounts, size_t len, const char *id)
{
    for (size_t i = 0; i < len; i++)
        if (str_eq(accounts[i].id, id))
            return true;
    return false;
}

/* A session of our own and, opened only when it is used, one of each reader role. */
static bool set_up_aws(struct arena *arena, const struct relay_config *config, struct loop *loop,
                       struct diags *diags)
{
    struct aws_account *accounts =
        arena_array(arena, config->destination_len + 1, sizeof(*accounts));
    size_t len = 1;
    accounts[0] = (struct aws_account){
        .id = config->account_id, .name = config->relay, .partition = config->partition};
    for (size_t i = 0; i < config->destination_len; i++) {
        const struct relay_destination *to = &config->destinations[i];
        if (to->reader_role_arn && !has_account(accounts, len, to->account_id))
            accounts[len++] = (struct aws_account){.id = to->account_id,
                                                   .name = to->account_id,
                                                   .assume_role = to->reader_role_arn,
                                                   .partition = config->partition};
    }
    struct aws_options options = {
        .accounts = accounts, .account_len = len, .home_region = config->region};
    return aws_setup(arena, loop, &options, diags);
}

/* CloudWatch makes metrics of this line of the log. */
static void tell_metrics(const struct relay_pass *pass)
{
    const struct relay_counts counts = {.started = (int64_t)pass->started,
                                        .copies_failed = (int64_t)pass->copies_failed,
                                        .refused = (int64_t)pass->refused,
                                        .waiting = (int64_t)pass->waiting,
                                        .worrying = (int64_t)pass->worrying,
                                        .untagged = (int64_t)pass->untagged,
                                        .failed = (int64_t)pass->failed,
                                        .oldest_waiting_ms = pass->oldest_waiting_ms};
    log_line(relay_embedded_text(pass->arena, pass->config, pass->now_ms, &counts));
}

static bool handle(struct lambda_runtime *runtime, const struct relay_config *config,
                   struct loop *loop, const struct lambda_invocation *invocation)
{
    const struct value *event = NULL;
    const char *why = NULL;
    int64_t deadline_ms = invocation->deadline_ms - MARGIN_MS;
    struct relay_pass pass = {.arena = runtime->arena,
                              .loop = loop,
                              .config = config,
                              .now_ms = invocation->now_ms,
                              .deadline_ms = invocation->deadline_ms ? deadline_ms : 0,
                              .report = relay_log_report};
    if (!json_parse(runtime->arena, invocation->event, &event, &why))
        return lambda_fail(runtime, invocation->request_id, "InvalidEvent", why);
    bool handled = relay_handle_fully(&pass, event, &why);
    tell_metrics(&pass);
    if (!handled)
        return lambda_fail(runtime, invocation->request_id, "RelayError", why) &&
               !str_eq(why, RELAY_LATE); /* calls are in flight: a fresh process is next */
    return lambda_respond(runtime, invocation->request_id, "{}");
}

int main(void)
{
    struct arena *arena = arena_new(), *invocation_arena = arena_new();
    struct relay_config config;
    struct diags diags;
    const char *why = NULL, *api = env_get("AWS_LAMBDA_RUNTIME_API");
    diags_init(&diags, arena);
    log_setup(LOG_INFO, /* json= */ true);
    if (!api) {
        log_event(LOG_ERROR, "AWS_LAMBDA_RUNTIME_API is not set: this program runs in Lambda",
                  NULL);
        return 64;
    }
    struct lambda_runtime runtime = {.arena = invocation_arena,
                                     .base_url = arena_printf(arena, "http://%s", api)};
    struct transport to_aws;
    const char *bundle = env_get("AWS_CA_BUNDLE");
    if (!http_transport(bundle, &runtime.transport, &diags) ||
        !http_transport(bundle, &to_aws, &diags)) {
        log_event(LOG_ERROR, "the package is damaged", "reason", diags.items[0].message, NULL);
        return 1;
    }
    struct loop *loop = loop_new(to_aws, &diags);
    if (!read_settings(arena, &config, &why) || !set_up_aws(arena, &config, loop, &diags)) {
        if (!why && diags.len > 0)
            why = diags.items[0].message;
        log_event(LOG_ERROR, "settings", "reason", why, NULL);
        return lambda_fail_init(&runtime, "InvalidSettings", why) ? 1 : 2;
    }
    struct lambda_invocation invocation;
    while (lambda_next(&runtime, &invocation)) {
        if (!handle(&runtime, &config, loop, &invocation))
            break; /* the Runtime API is gone */
        arena_reset(invocation_arena);
    }
    return 1;
}
