/* The policies of commands that only look, as `permissions --for` prints them, against every
 * operation that changes something: none goes through.
 *
 * Which operations the program can send, and which of them change something, stands in
 * providers/aws/operations.inc; which rights AWS wants for each in simulator/actions.inc, which
 * shares nothing with it. Resources and conditions are taken out of the policies first: what is
 * refused then is refused on every resource and in every context. That the policies of `apply` and
 * `destroy` let the operations of their topology through keeps the judge honest. */

#include <stdio.h>
#include <string.h>

#include "engine/base/diag.h"
#include "engine/config/config.h"
#include "engine/permissions/permissions.h"
#include "engine/policy/evaluate.h"
#include "providers/aws/aws.h"
#include "simulator/actions.h"
#include "simulator/internal.h"

static const struct aws_operation *const operations[] = {
#define OPERATION(api, name, method, uri, mutates, token_in, token_out, items) &api##_##name,
#include "providers/aws/operations.inc"
#undef OPERATION
};

static int faults;

static void fault(const char *text)
{
    fprintf(stderr, "%s\n", text);
    faults++;
}

/* ---- policies, without what narrows them ---- */

static const struct value *widened(struct arena *arena, const struct value *document)
{
    const struct value *statements = value_get(document, "Statement");
    struct list_builder list = list_begin(arena);
    for (size_t i = 0; i < value_len(statements); i++) {
        const struct value *s = value_item(statements, i);
        struct map_builder b = map_begin(arena);
        map_put(&b, "Effect", value_get(s, "Effect"));
        map_put(&b, "Action", value_get(s, "Action"));
        map_put_str(&b, "Resource", "*");
        list_add(&list, map_end(&b));
    }
    struct map_builder all = map_begin(arena);
    map_put(&all, "Version", value_get(document, "Version"));
    map_put(&all, "Statement", list_end(&list));
    return map_end(&all);
}

/* What one identity may do. */
struct identity {
    const char *account_id;
    struct policy_list policies;
};

static bool identity_of(struct arena *arena, const struct permission_grant *grant,
                        struct identity *ret)
{
    const struct policy **items = arena_array(arena, grant->len, sizeof(*items));
    struct diags diags;
    diags_init(&diags, arena);
    for (size_t i = 0; i < grant->len; i++) {
        struct policy *policy = arena_new_of(arena, struct policy);
        if (!policy_parse(arena, widened(arena, grant->policies[i].document), policy, &diags,
                          grant->policies[i].name))
            return false;
        items[i] = policy;
    }
    *ret = (struct identity){grant->account ? grant->account->id : "123456789012",
                             {items, grant->len}};
    return true;
}

static bool may(struct arena *arena, const struct identity *identity, const char *action)
{
    const struct policy_request request = {
        .principal = arena_printf(arena, "arn:aws:iam::%s:role/r", identity->account_id),
        .action = action};
    const struct policy_set set = {.identity_policies = identity->policies};
    struct policy_answer answer;
    policy_evaluate(arena, &request, &set, &answer);
    return answer.decision == POLICY_ALLOWED;
}

/* ---- operations ---- */

static bool is_of(const struct action *row, const struct aws_operation *op)
{
    return str_eq(row->service, op->api->signing_name) && str_eq(row->operation, op->name);
}

/* Whether the identity has all rights that the operation wants whatever its input holds. What it
 * judges by itself depends on what it finds, and counts where nothing is judged before. */
static bool goes_through(struct arena *arena, const struct identity *identity,
                         const struct aws_operation *op)
{
    size_t wanted[2] = {0}, lacking[2] = {0};
    for (size_t i = 0; i < action_len; i++) {
        const struct action *row = &actions[i];
        if (!is_of(row, op) || row->when || row->judge == ACTION_FREE)
            continue;
        bool inside = row->judge == ACTION_INSIDE;
        wanted[inside]++;
        lacking[inside] += !may(arena, identity, row->action);
    }
    return wanted[0] > 0 ? lacking[0] == 0 : lacking[1] == 0;
}

static const struct sim_operation *simulated(const struct aws_operation *op)
{
    const struct sim_api *api = api_of(op->api->signing_name);
    for (size_t i = 0; api && i < api->operation_len; i++)
        if (str_eq(api->operations[i].name, op->name))
            return &api->operations[i];
    return NULL;
}

/* An operation that changes something and is not marked would not be tried. */
static void changes_are_marked(struct arena *arena)
{
    static const char *const words[] = {"reads", "changes something"};
    for (size_t i = 0; i < ARRAY_LEN(operations); i++) {
        const struct aws_operation *op = operations[i];
        const struct sim_operation *sim = simulated(op);
        const char *name = arena_printf(arena, "%s:%s", op->api->signing_name, op->name);
        if (!sim && op->mutates)
            fault(arena_printf(arena, "%s: the simulator does not know it", name));
        else if (sim && sim->writes != op->mutates)
            fault(arena_printf(arena, "%s %s by operations.inc, and %s by the simulator", name,
                               words[op->mutates], words[sim->writes]));
    }
}

/* ---- one topology ---- */

/* How many of the operations that change something the policies let through; whether each is a
 * fault. */
static size_t let_through(struct arena *arena, const struct schema_set *schemas,
                          const struct topology *topology, enum permissions_for purpose,
                          bool is_fault)
{
    bool through[ARRAY_LEN(operations)] = {false};
    struct permissions permissions;
    permissions_make(arena, schemas, topology, purpose, /* emptied= */ NULL, &permissions);
    for (size_t g = 0; g < permissions.len; g++) {
        struct identity identity = {0};
        if (!identity_of(arena, &permissions.grants[g], &identity)) {
            fault(arena_printf(arena, "%s: no policy", permissions.grants[g].who));
            continue;
        }
        for (size_t i = 0; i < ARRAY_LEN(operations); i++) {
            const struct aws_operation *op = operations[i];
            if (!op->mutates || !goes_through(arena, &identity, op))
                continue;
            through[i] = true;
            if (is_fault)
                fault(arena_printf(arena, "%s, --for %s: %s may send %s:%s", topology->name,
                                   permissions_for_name(purpose), permissions.grants[g].who,
                                   op->api->signing_name, op->name));
        }
    }
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_LEN(operations); i++)
        count += through[i];
    return count;
}

static void check_topology(struct arena *arena, const struct schema_set *schemas, const char *path)
{
    static const enum permissions_for looking[] = {PERMISSIONS_PLAN, PERMISSIONS_DRIFT,
                                                   PERMISSIONS_VERIFY, PERMISSIONS_CHECK};
    struct topology topology;
    struct diags diags;
    diags_init(&diags, arena);
    const struct config_options options = {.path = path,
                                           .data_dir = SOURCE_DIR "/tests/golden/lower/data"};
    if (!config_load(arena, &options, schemas, &topology, &diags)) {
        fault(diag_render(arena, &diags, &diags.items[0]));
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(looking); i++)
        (void)let_through(arena, schemas, &topology, looking[i], true);
    size_t applied = let_through(arena, schemas, &topology, PERMISSIONS_APPLY, false);
    size_t destroyed = let_through(arena, schemas, &topology, PERMISSIONS_DESTROY, false);
    printf("%s: of the operations that change something %zu for apply, %zu for destroy\n",
           topology.name, applied, destroyed);
    if (applied < 5 || destroyed < 2)
        fault("that are too few to believe that the others are refused for a reason");
}

int main(int argc, char **argv)
{
    struct arena *arena = arena_new();
    const struct schema_set *schemas = schema_load(arena);
    changes_are_marked(arena);
    for (int i = 1; i < argc; i++)
        check_topology(arena, schemas, argv[i]);
    if (argc < 2)
        fault("usage: reads_only TOPOLOGY...");
    arena_free(arena);
    return faults ? 1 : 0;
}
