/* Decisions a second of engine/policy in one process, on the policies of a topology: each call that
 * a backup needs on its way is evaluated as the proof evaluates it, again and again. Usage:
 * policy_bench TOPOLOGY DATA_DIR SECONDS (of CPU); prints one line of JSON. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/cleanup.h"
#include "engine/base/clock.h"
#include "engine/config/config.h"
#include "engine/proof/model.h"
#include "engine/proof/proof.h"

#define ROUNDS 100 /* between two looks at the clock */

struct question {
    struct policy_request request;
    struct policy_set set;
};

struct questions {
    struct question *items;
    size_t len, cap;
    size_t policies, statements; /* that meet in them */
};

/* The policy of what is asked for: a key's own, a vault's. */
static const struct policy *resource_policy(struct model *model, const char *arn)
{
    const struct model_object *object = model_find(model, arn);
    const struct model_object *of_vault =
        object ? model_of_vault(model, "aws_backup_vault_policy", object) : NULL;
    const struct value *document =
        object ? value_get((of_vault ? of_vault : object)->properties, "policy") : NULL;
    return model_policy(model, document);
}

static void count(struct questions *all, const struct policy *policy)
{
    all->policies++;
    all->statements += policy->statements_len;
}

/* Links that are calls of a role; a service's own calls are decided in no time. */
static void add(struct model *model, struct questions *all, const struct proof_hop *hop)
{
    const struct model_role *role = model_role(model, hop->who);
    if (!role || !hop->action || !strchr(hop->action, ':') || !hop->what)
        return;
    const struct policy *resource = resource_policy(model, hop->what);
    struct question q = {
        .request = {.principal = hop->who, .action = hop->action, .resource = hop->what},
        .set = {.identity_policies = role->identity,
                .permission_boundaries = role->boundary,
                .resource_policy = resource,
                .resource_policy_must_allow = policy_resource_must_allow(hop->action, hop->what)}};
    for (size_t i = 0; i < role->identity.len; i++)
        count(all, role->identity.items[i]);
    if (resource)
        count(all, resource);
    all->items = arena_grow(model->arena, all->items, all->len, &all->cap, all->len + 1,
                            sizeof(*all->items));
    all->items[all->len++] = q;
}

static void collect(struct model *model, const struct proof_report *report, struct questions *all)
{
    for (size_t i = 0; i < report->path_len; i++)
        for (size_t k = 0; k < report->paths[i].hop_len; k++)
            add(model, all, &report->paths[i].hops[k]);
}

static double measure(const struct questions *all, double seconds, size_t *ret_decisions)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    clock_t start = clock(), now = start;
    size_t decisions = 0;
    while ((double)(now - start) < seconds * CLOCKS_PER_SEC) {
        for (size_t round = 0; round < ROUNDS; round++)
            for (size_t i = 0; i < all->len; i++) {
                struct policy_answer answer;
                policy_evaluate(scratch, &all->items[i].request, &all->items[i].set, &answer);
                arena_reset(scratch);
                decisions++;
            }
        now = clock();
    }
    *ret_decisions = decisions;
    return (double)(now - start) / CLOCKS_PER_SEC;
}

int main(int argc, char **argv)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct topology topology;
    struct diags diags;
    struct model model;
    struct proof_report report;
    struct questions all = {0};
    if (argc != 4) {
        fputs("usage: policy_bench TOPOLOGY DATA_DIR SECONDS\n", stderr);
        return 2;
    }
    diags_init(&diags, arena);
    struct config_options options = {.path = argv[1], .data_dir = argv[2]};
    if (!config_load(arena, &options, schema_load(arena), &topology, &diags))
        return 1;
    const struct proof_input input = {.topology = &topology, .now_ms = clock_wall_ms()};
    proof_check(arena, &input, &report);
    model_init(&model, arena, &topology, NULL);
    collect(&model, &report, &all);
    if (all.len == 0)
        return 1;
    size_t decisions = 0;
    double took = measure(&all, strtod(argv[3], NULL), &decisions);
    printf("{\"questions\": %zu, \"policies\": %zu, \"statements\": %zu, \"decisions\": %zu, "
           "\"seconds\": %.3f, \"a_second\": %.0f}\n",
           all.len, all.policies, all.statements, decisions, took, (double)decisions / took);
    return 0;
}
