/* The relay as a Lambda function: settings from HOLDFAST_RELAY, events from the Runtime API,
 * decisions from relay/decide. An invocation that could not do its work fails, so that Lambda tries
 * again and at last hands the event to the dead letters; nothing is swallowed. */

#include <stdio.h>

#include "engine/base/env.h"
#include "engine/base/json.h"
#include "engine/base/log.h"
#include "providers/aws/aws.h"
#include "providers/http.h"
#include "relay/lambda_runtime.h"
#include "relay/report.h"

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

static bool set_up_aws(struct arena *arena, const struct relay_config *config, struct loop *loop,
                       struct diags *diags)
{
    struct aws_account *account = arena_new_of(arena, struct aws_account);
    *account = (struct aws_account){
        .id = config->account_id, .name = config->relay, .partition = config->partition};
    struct aws_options options = {
        .accounts = account, .account_len = 1, .home_region = config->region};
    return aws_setup(arena, loop, &options, diags);
}

static bool handle(struct lambda_runtime *runtime, const struct relay_config *config,
                   struct loop *loop, const struct lambda_invocation *invocation)
{
    const struct value *event = NULL;
    const char *why = NULL;
    struct relay_pass pass = {
        .arena = runtime->arena, .loop = loop, .config = config, .report = relay_log_report};
    if (!json_parse(runtime->arena, invocation->event, &event, &why))
        return lambda_fail(runtime, invocation->request_id, "InvalidEvent", why);
    if (!relay_handle(&pass, event, &why))
        return lambda_fail(runtime, invocation->request_id, "RelayError", why);
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
                                     .transport = http_transport(env_get("AWS_CA_BUNDLE")),
                                     .base_url = arena_printf(arena, "http://%s", api)};
    struct loop *loop = loop_new(http_transport(env_get("AWS_CA_BUNDLE")), &diags);
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
