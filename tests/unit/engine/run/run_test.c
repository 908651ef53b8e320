/* observe, recover and apply against providers of a small fake AWS that outlives the process: it
 * lies in shared memory, so that a child can be killed in the middle of an apply. */

#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "engine/plan/planfile.h"
#include "engine/run/run.h"
#include "engine/run/strays.h"
#include "providers/fake_transport.h"
#include "tests/unit/engine/plan/helper.h"

/* ---- the fake AWS ---- */

struct object {
    bool there;
    char type[48], identifier[96], token[40], json[2048];
};
struct aws {
    struct object objects[64];
    int made;      /* ids handed out */
    int mutations; /* calls that change something, two points each: before and after the effect */
    int kill_at;   /* the point at which the process dies; 0: never */
    int fail_at;   /* the mutation that fails before its effect; 0: none */
    bool by_tags;  /* who searches finds the first other object of the type */
    int full_at;   /* the point from which on the disk takes nothing; 0: never */
    char log[16384];
};
static struct aws *aws;

static void limit_files(rlim_t limit)
{
    struct rlimit files;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &files), 0);
    files.rlim_cur = limit;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &files), 0);
}

static void point(void)
{
    if (++aws->mutations == aws->kill_at)
        raise(SIGKILL);
    if (aws->mutations == aws->full_at)
        limit_files(0);
}

static void note(struct op *op, const char *what)
{
    size_t len = strlen(aws->log);
    snprintf(aws->log + len, sizeof(aws->log) - len, "%s%s %s", len ? ", " : "", what,
             op_address(op));
}

static struct object *object_of(struct op *op, const char *identifier)
{
    for (size_t i = 0; i < ARRAY_LEN(aws->objects); i++)
        if (aws->objects[i].there && str_eq(aws->objects[i].type, op_schema(op)->type_name) &&
            str_eq(aws->objects[i].identifier, identifier))
            return &aws->objects[i];
    return NULL;
}

static struct object *object_by_token(struct op *op)
{
    for (size_t i = 0; i < ARRAY_LEN(aws->objects); i++)
        if (aws->objects[i].there && str_eq(aws->objects[i].token, op_token(op)))
            return &aws->objects[i];
    return NULL;
}

static const struct value *attributes_of(struct op *op, const struct object *object)
{
    const struct value *v = NULL;
    const char *why = NULL;
    assert_true(json_parse(op_arena(op), slice_of(object->json), &v, &why));
    return v;
}

static void fake_read(struct op *op)
{
    struct object *object = object_of(op, op_identifier(op));
    if (object)
        op_done(op, object->identifier, attributes_of(op, object));
    else
        op_gone(op);
}

static void store(struct op *op, struct object *object, const struct value *properties)
{
    snprintf(object->json, sizeof(object->json), "%s",
             json_print(op_arena(op), properties, JSON_SORTED));
}

static bool fails(struct op *op)
{
    if (aws->fail_at == 0 || --aws->fail_at > 0)
        return false;
    op_fail_with(op, E_AWS, "refused by the test");
    return true;
}

static void fake_create(struct op *op)
{
    point();
    if (fails(op))
        return;
    struct object *object = object_by_token(op);
    if (!object) {
        struct map_builder b = map_begin_from(op_arena(op), op_desired(op));
        const char *id = arena_printf(op_arena(op), "i-%d", ++aws->made);
        if (schema_property_of(op_schema(op)->root, "id"))
            map_put_str(&b, "id", id);
        map_put_str(&b, "arn", arena_printf(op_arena(op), "arn:aws:x:::%s", id));
        const struct value *properties = map_end(&b);
        for (object = aws->objects; object->there; object++)
            ;
        object->there = true;
        snprintf(object->type, sizeof(object->type), "%s", op_schema(op)->type_name);
        snprintf(object->identifier, sizeof(object->identifier), "%s",
                 schema_identifier(op_arena(op), op_schema(op), properties));
        snprintf(object->token, sizeof(object->token), "%s", op_token(op));
        store(op, object, properties);
        note(op, "create");
    }
    point();
    op_done(op, object->identifier, NULL);
}

static void fake_update(struct op *op)
{
    point();
    if (fails(op))
        return;
    struct object *object = object_of(op, op_identifier(op));
    assert_non_null(object);
    struct map_builder b = map_begin_from(op_arena(op), attributes_of(op, object));
    const struct value *desired = op_desired(op);
    for (size_t i = 0; i < value_len(desired); i++)
        map_put(&b, desired->map.entries[i].key, desired->map.entries[i].value);
    store(op, object, map_end(&b));
    note(op, "update");
    point();
    op_done(op, object->identifier, NULL);
}

static void fake_remove(struct op *op)
{
    point();
    if (fails(op))
        return;
    struct object *object = object_of(op, op_identifier(op));
    if (object) {
        object->there = false;
        note(op, "delete");
    }
    point();
    op_done(op, op_identifier(op), NULL);
}

static struct object *another(struct op *op)
{
    for (size_t i = 0; i < ARRAY_LEN(aws->objects); i++)
        if (aws->objects[i].there && str_eq(aws->objects[i].type, op_schema(op)->type_name) &&
            !op_is_known(op, aws->objects[i].identifier))
            return &aws->objects[i];
    return NULL;
}

static void fake_find(struct op *op)
{
    if (aws->by_tags && another(op)) {
        op_found(op, another(op)->identifier, OWNER_BY_TAGS);
        return;
    }
    struct object *object = object_by_token(op);
    if (object)
        op_found(op, object->identifier, OWNER_OURS);
    else
        op_gone(op);
}

const struct resource_ops *provider_ops(const char *type_name)
{
    static const struct resource_ops ops = {fake_read, fake_create, fake_update, fake_remove,
                                            fake_find};
    (void)type_name;
    return &ops;
}

/* ---- one run of the program ---- */

struct scene {
    struct fixture *f;
    const char *dir;
    bool destroy;
    void (*meanwhile)(
        struct fixture *f); /* between a saved plan and its apply; NULL: it is not saved */
    struct run_summary summary;
    size_t open_intents, record_len;
    struct record *records;
};

static int set_up(void **state)
{
    aws = mmap(NULL, sizeof(*aws), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(aws != MAP_FAILED);
    void *fixture = NULL;
    fixture_setup(&fixture);
    struct fixture *f = fixture;
    struct scene *scene = arena_new_of(f->arena, struct scene);
    scene->f = f;
    scene->dir = path_temp_dir(f->arena);
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    dir_remove(scene->dir);
    void *fixture = scene->f;
    fixture_teardown(&fixture);
    munmap(aws, sizeof(*aws));
    return 0;
}

static void index_topology(struct fixture *f)
{
    map_init(&f->topology.by_address, f->arena);
    for (size_t i = 0; i < f->topology.resource_len; i++)
        map_set(&f->topology.by_address, f->resources[i].address, &f->resources[i]);
}

static struct state *open_state(struct scene *scene)
{
    struct state_options options = {.path = path_join(scene->f->arena, scene->dir, "t.db"),
                                    .topology = "t",
                                    .world = "simulated",
                                    .command = "apply",
                                    .who = "test"};
    struct state *state = NULL;
    if (!state_open(scene->f->arena, &options, &state, &scene->f->diags))
        fail_msg("%s", scene->f->diags.items[0].message);
    return state;
}

static const char *const *digests_of(struct fixture *f, const struct seal_key *key)
{
    const char **digests = arena_array(f->arena, f->plan.len + 1, sizeof(*digests));
    for (size_t i = 0; i < f->plan.len; i++)
        digests[i] = planfile_desired_digest(f->arena, &f->plan.changes[i], key);
    return digests;
}

/* recover, observe, plan, apply: as `apply` does. Leaves the plan in the fixture. */
static bool apply(struct scene *scene)
{
    struct fixture *f = scene->f;
    diags_init(&f->diags, f->arena);
    struct state *state = open_state(scene);
    struct loop *loop = loop_new(fake_transport(fake_transport_new(f->arena, NOW_MS)), &f->diags);
    index_topology(f);
    struct run run = {.arena = f->arena,
                      .loop = loop,
                      .state = state,
                      .schemas = schemas(),
                      .topology = &f->topology,
                      .diags = &f->diags};
    struct record *records = NULL;
    size_t record_len = 0, observation_len = 0;
    struct observation *observations = NULL;
    bool ok = state_load(state, f->arena, &records, &record_len, &f->diags) &&
              run_recover(&run, &records, &record_len, true) &&
              run_observe(&run, records, record_len, &observations, &observation_len);
    f->input.records = records;
    f->input.record_len = record_len;
    f->input.observations = observations;
    f->input.observation_len = observation_len;
    f->input.destroy = scene->destroy;
    struct run_world world = {records, record_len, observations, observation_len};
    ok = ok && plan_build(f->arena, &f->input, &f->plan, &f->diags);
    struct run_saved saved = {.key = plan_seal_key(&f->input, /* for_file= */ true)};
    if (ok && scene->meanwhile) {
        saved.desired_digests = digests_of(f, &saved.key);
        run.saved = &saved;
        scene->meanwhile(f);
    }
    ok = ok && run_apply(&run, &f->plan, &world, &scene->summary);
    struct intent *intents = NULL;
    ok = state_load(state, f->arena, &scene->records, &scene->record_len, &f->diags) &&
         journal_open_intents(state, f->arena, &intents, &scene->open_intents, &f->diags) && ok;
    loop_free(loop);
    state_close(state);
    return ok;
}

static void assert_applies(struct scene *scene)
{
    if (!apply(scene))
        fail_msg("%s", scene->f->diags.len ? scene->f->diags.items[0].message : "no message");
}

static const char *objects(struct scene *scene)
{
    struct strbuf sb;
    strbuf_init(&sb, scene->f->arena, 1 << 20);
    for (size_t i = 0; i < ARRAY_LEN(aws->objects); i++)
        if (aws->objects[i].there)
            strbuf_addf(&sb, "%s %s\n", aws->objects[i].type, aws->objects[i].identifier);
    return strbuf_str(&sb);
}

/* A key, a vault under it, a plan into the vault, a selection of the plan, a queue. */
static void fill(struct fixture *f, const char *plan_name, int days)
{
    f->topology.resource_len = 0;
    want(f, "keys.k", "aws_kms_key", "{\"description\":\"d\"}", "");
    want(f, "plans.p", "aws_backup_plan",
         arena_printf(f->arena,
                      "{\"name\":\"%s\",\"rules\":[{\"rule_name\":\"d\",\"lifecycle\":"
                      "{\"delete_after_days\":%d},\"target_backup_vault_name\":"
                      "{\"$ref\":\"vaults.v.name\"}}]}",
                      plan_name, days),
         "vaults.v");
    want(f, "plans.p/selections.s", "aws_backup_selection",
         "{\"name\":\"s\",\"backup_plan_id\":{\"$ref\":\"plans.p.id\"},\"resources\":[\"*\"]}",
         "plans.p");
    want(f, "vaults.v", "aws_backup_vault",
         "{\"name\":\"v\",\"encryption_key_arn\":{\"$ref\":\"keys.k.arn\"}}", "keys.k");
}

static void an_apply_makes_everything_and_the_next_one_does_nothing(void **state)
{
    struct scene *scene = *state;
    fill(scene->f, "p", 7);
    assert_applies(scene);
    assert_string_equal(aws->log, "create keys.k, create vaults.v, create plans.p, "
                                  "create plans.p/selections.s");
    assert_int_equal(scene->record_len, 4);
    assert_int_equal(scene->open_intents, 0);
    assert_applies(scene);
    assert_int_equal(scene->f->plan.len, 0);
}

static void an_update_keeps_the_object(void **state)
{
    struct scene *scene = *state;
    fill(scene->f, "p", 7);
    assert_applies(scene);
    aws->log[0] = '\0';
    fill(scene->f, "p", 8);
    assert_applies(scene);
    assert_string_equal(aws->log, "update plans.p");
    assert_applies(scene);
    assert_int_equal(scene->f->plan.len, 0);
}

static void a_replacement_that_creates_first_moves_its_users_and_deletes_the_old(void **state)
{
    struct scene *scene = *state;
    fill(scene->f, "p", 7);
    assert_applies(scene);
    aws->log[0] = '\0';
    fill(scene->f, "new", 7);
    assert_applies(scene);
    assert_string_equal(aws->log, "create plans.p, create plans.p/selections.s, "
                                  "delete plans.p/selections.s, delete plans.p");
    assert_int_equal(scene->record_len, 4);
    assert_applies(scene);
    assert_int_equal(scene->f->plan.len, 0);
    fill(scene->f, "newer", 7); /* and again: the token must be another one each time */
    assert_applies(scene);
    assert_applies(scene);
    assert_int_equal(scene->f->plan.len, 0);
    assert_int_equal(aws->made, 8);
}

static void nothing_happens(struct fixture *f)
{
    (void)f;
}

static void a_saved_plan_whose_objects_stand_as_they_did_is_carried_out(void **state)
{
    struct scene *scene = *state;
    scene->meanwhile = nothing_happens;
    fill(scene->f, "p", 7);
    assert_applies(scene);
    assert_string_equal(aws->log, "create keys.k, create vaults.v, create plans.p, "
                                  "create plans.p/selections.s");
    aws->log[0] = '\0';
    fill(scene->f, "p", 8);
    assert_applies(scene);
    fill(scene->f, "new", 8);
    assert_applies(scene);
    assert_string_equal(aws->log, "update plans.p, create plans.p, create plans.p/selections.s, "
                                  "delete plans.p/selections.s, delete plans.p");
    scene->destroy = true;
    assert_applies(scene);
    assert_string_equal(objects(scene), "");
}

static struct object *plan_at_aws(void)
{
    for (size_t i = 0; i < ARRAY_LEN(aws->objects); i++)
        if (aws->objects[i].there && str_eq(aws->objects[i].type, "aws_backup_plan"))
            return &aws->objects[i];
    fail_msg("there is no plan");
    return NULL;
}

static void somebody_changes_the_plan(struct fixture *f)
{
    (void)f;
    char *days = strstr(plan_at_aws()->json, "\"delete_after_days\":7");
    assert_non_null(days);
    days[strlen("\"delete_after_days\":")] = '9';
}

static void somebody_deletes_the_plan(struct fixture *f)
{
    (void)f;
    plan_at_aws()->there = false;
}

static void assert_stopped(struct scene *scene, const char *log, const char *why)
{
    assert_false(apply(scene));
    assert_string_equal(aws->log, log);
    assert_int_equal(scene->open_intents, 0);
    assert_int_equal(scene->f->diags.items[0].code, E_VALUE_MOVED);
    assert_string_equal(scene->f->diags.items[0].address, "plans.p");
    assert_non_null(strstr(scene->f->diags.items[0].message, why));
}

static void what_changed_since_the_plan_was_saved_is_left_alone_and_the_rest_goes_on(void **state)
{
    struct scene *scene = *state;
    fill(scene->f, "p", 7);
    assert_applies(scene);
    aws->log[0] = '\0';
    fill(scene->f, "p", 8);
    want(scene->f, "vaults.w", "aws_backup_vault", "{\"name\":\"w\"}", "");
    scene->meanwhile = somebody_changes_the_plan;
    assert_stopped(scene, "create vaults.w", "/rules/0/lifecycle/delete_after_days");
    assert_non_null(strstr(plan_at_aws()->json, "\"delete_after_days\":9"));
}

/* Between the plan and the request, in memory. */
static void the_change_becomes_another(struct fixture *f)
{
    for (size_t i = 0; i < f->plan.len; i++) {
        struct change *change = (struct change *)(uintptr_t)&f->plan.changes[i];
        if (str_eq(change->address, "plans.p"))
            change->after =
                value_with(f->arena, change->after, "name", value_string(f->arena, "x"));
    }
}

static void the_resource_becomes_another(struct fixture *f)
{
    struct resource *plan = &f->resources[1];
    plan->properties = value_with(f->arena, plan->properties, "name", value_string(f->arena, "x"));
}

static void the_resource_becomes_more(struct fixture *f)
{
    struct resource *plan = &f->resources[1];
    const struct value *tags = json(f, "{\"more\":\"than was planned\"}");
    plan->properties = value_with(f->arena, plan->properties, "tags", tags);
}

static void both_become_another(struct fixture *f)
{
    the_change_becomes_another(f);
    the_resource_becomes_another(f);
}

static void what_is_swapped_between_plan_and_request_is_not_sent(void **state)
{
    static const struct {
        void (*meanwhile)(struct fixture *f);
        const char *why;
    } cases[] = {{the_change_becomes_another, "the digest of the plan"},
                 {the_resource_becomes_another, "name was p in the plan and is x now"},
                 {the_resource_becomes_more, "tags was (none) in the plan"},
                 {both_become_another, "the digest of the plan"}};
    struct scene *scene = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        fill(scene->f, "p", 7);
        scene->meanwhile = cases[i].meanwhile;
        assert_stopped(scene, "create keys.k, create vaults.v", cases[i].why);
        scene->meanwhile = NULL;
        scene->destroy = true;
        assert_applies(scene);
        scene->destroy = false;
        aws->log[0] = '\0';
    }
}

static void the_old_half_of_a_replacement_is_looked_at_before_the_new_one_is_made(void **state)
{
    struct scene *scene = *state;
    fill(scene->f, "p", 7);
    assert_applies(scene);
    aws->log[0] = '\0';
    fill(scene->f, "new", 7);
    scene->meanwhile = somebody_deletes_the_plan;
    assert_stopped(scene, "", "is gone now");
}

static void a_failed_call_skips_what_depends_on_it_and_the_next_run_goes_on(void **state)
{
    struct scene *scene = *state;
    fill(scene->f, "p", 7);
    aws->fail_at = 3; /* the plan */
    assert_false(apply(scene));
    assert_int_equal(scene->summary.done, 2);
    assert_int_equal(scene->summary.failed, 1);
    assert_int_equal(scene->summary.skipped, 1);
    assert_int_equal(scene->open_intents, 0);
    assert_applies(scene);
    assert_int_equal(scene->summary.done, 2);
    assert_int_equal(scene->record_len, 4);
}

/* The key was made, and nobody can write it down. */
static void what_could_not_be_written_down_does_not_count_as_done(void **state)
{
    struct scene *scene = *state;
    fill(scene->f, "p", 7);
    signal(SIGXFSZ, SIG_IGN);
    aws->full_at = 2;
    assert_false(apply(scene));
    limit_files(RLIM_INFINITY);
    assert_string_equal(aws->log, "create keys.k");
    assert_int_equal(scene->summary.done, 0);
    assert_int_equal(scene->summary.failed, 1);
    assert_int_equal(scene->summary.skipped, 3);
    assert_int_equal(value_len(scene->summary.unrecorded), 1);
    assert_applies(scene);
    assert_int_equal(scene->summary.done, 3); /* the key was found, and the rest made */
}

/* ---- what a run made and nobody recorded ---- */

#define TAGGED(address)                                                                            \
    "{\"tags\":{\"holdfast:topology\":\"t\",\"holdfast:address\":\"" address "\"}}"

static void stand(struct scene *scene, const char *identifier, const char *json)
{
    struct object *object = aws->objects;
    (void)scene;
    while (object->there)
        object++;
    object->there = true;
    snprintf(object->type, sizeof(object->type), "aws_kms_key");
    snprintf(object->identifier, sizeof(object->identifier), "%s", identifier);
    snprintf(object->token, sizeof(object->token), "of-another-life");
    snprintf(object->json, sizeof(object->json), "%s", json);
}

/* A run that writes is told of keys with these ids, all made for keys.k; "" for none. */
static void settle_strays(struct scene *scene, const char *ids)
{
    struct fixture *f = scene->f;
    diags_init(&f->diags, f->arena);
    struct state *state = open_state(scene);
    struct loop *loop = loop_new(fake_transport(fake_transport_new(f->arena, NOW_MS)), &f->diags);
    index_topology(f);
    struct run run = {.arena = f->arena,
                      .loop = loop,
                      .state = state,
                      .schemas = schemas(),
                      .topology = &f->topology,
                      .diags = &f->diags};
    struct list_builder named = list_begin(f->arena);
    for (struct slice rest = slice_of(ids); rest.len > 0;) {
        struct slice id = slice_cut(&rest, ' ');
        struct map_builder b = map_begin(f->arena);
        map_put_str(&b, "address", "keys.k");
        map_put_str(&b, "type", "aws_kms_key");
        map_put_str(&b, "account_id", "111122223333");
        map_put_str(&b, "region", "us-east-1");
        map_put_str(&b, "identifier", arena_strndup(f->arena, id.ptr, id.len));
        list_add(&named, map_end(&b));
    }
    assert_true(state_load(state, f->arena, &scene->records, &scene->record_len, &f->diags));
    assert_true(run_settle_strays(&run, list_end(&named), &scene->records, &scene->record_len,
                                  /* persist= */ true));
    loop_free(loop);
    state_close(state);
}

static size_t warnings_of(const struct scene *scene, const char *text)
{
    size_t count = 0;
    for (size_t i = 0; i < scene->f->diags.len; i++) {
        const struct diag *diag = &scene->f->diags.items[i];
        count += diag->code == E_UNRECORDED && strstr(diag->message, text) ? 1 : 0;
    }
    return count;
}

static void what_a_run_made_is_recorded_where_its_address_has_nothing(void **state)
{
    struct scene *scene = *state;
    scene->f->topology.resource_len = 0;
    want(scene->f, "keys.k", "aws_kms_key", TAGGED("keys.k"), "");
    stand(scene, "ours", TAGGED("keys.k"));
    settle_strays(scene, "ours");
    assert_int_equal(scene->f->diags.len, 0);
    settle_strays(scene, ""); /* it is in the state */
    assert_int_equal(scene->record_len, 1);
    assert_string_equal(scene->records[0].identifier, "ours");
}

static void what_a_run_made_is_named_where_another_is_recorded_until_it_is_gone(void **state)
{
    struct scene *scene = *state;
    scene->f->topology.resource_len = 0;
    want(scene->f, "keys.k", "aws_kms_key", TAGGED("keys.k"), "");
    assert_applies(scene);
    stand(scene, "second", TAGGED("keys.k"));
    settle_strays(scene, "second");
    assert_int_equal(warnings_of(scene, "second"), 1);
    assert_int_equal(warnings_of(scene, scene->records[0].identifier), 1);
    settle_strays(scene, ""); /* nobody has to tell it twice */
    assert_int_equal(warnings_of(scene, "second"), 1);
    assert_int_equal(scene->record_len, 1);
    aws->objects[1].there = false;
    settle_strays(scene, "");
    assert_int_equal(scene->f->diags.len, 0);
    stand(scene, "second", TAGGED("keys.k"));
    settle_strays(scene, ""); /* and what was gone is forgotten */
    assert_int_equal(scene->f->diags.len, 0);
}

/* Of keys.k. */
static struct intent lost_creation(const struct value *desired)
{
    return (struct intent){.address = "keys.k",
                           .type = "aws_kms_key",
                           .action = "create",
                           .token = "lost",
                           .account_id = "111122223333",
                           .region = "us-east-1",
                           .desired = desired,
                           .digest = "digest",
                           .at_ms = NOW_MS};
}

/* A creation was given up by reading, and another one took its place. */
static void what_arrives_after_it_was_given_up_is_named_where_it_is_ours(void **state)
{
    struct scene *scene = *state;
    scene->f->topology.resource_len = 0;
    want(scene->f, "keys.k", "aws_kms_key", TAGGED("keys.k"), "");
    struct state *s = open_state(scene);
    struct intent intent = lost_creation(scene->f->resources[0].properties);
    assert_true(journal_intent(s, &intent, &scene->f->diags));
    assert_true(journal_commit(s, &scene->f->diags));
    state_close(s);
    assert_applies(scene); /* it is not there: closed, and made anew */
    assert_int_equal(scene->open_intents, 0);
    aws->by_tags = true;
    stand(scene, "theirs", "{}");
    settle_strays(scene, "");
    assert_int_equal(scene->f->diags.len, 0);
    aws->objects[1].there = false;
    stand(scene, "late", TAGGED("keys.k"));
    settle_strays(scene, "");
    assert_int_equal(warnings_of(scene, "late"), 1);
    assert_int_equal(warnings_of(scene, scene->records[0].identifier), 1);
}

/* It was found, recorded, and then let go of: that is what somebody wanted. */
static void what_was_let_go_of_is_not_recorded_again(void **state)
{
    struct scene *scene = *state;
    struct fixture *f = scene->f;
    struct state *s = open_state(scene);
    struct intent intent = lost_creation(json(f, TAGGED("keys.k")));
    assert_true(journal_begin_run(s, "", NOW_MS, &f->diags));
    assert_true(journal_intent(s, &intent, &f->diags));
    assert_true(journal_outcome(s, 1, OUTCOME_ABANDONED, NULL, false, NULL, NOW_MS, &f->diags));
    assert_true(journal_commit(s, &f->diags));
    state_close(s);
    aws->by_tags = true;
    stand(scene, "late", TAGGED("keys.k"));
    settle_strays(scene, "");
    assert_int_equal(scene->record_len, 1);
    s = open_state(scene);
    assert_true(journal_begin_run(s, "", NOW_MS, &f->diags));
    assert_true(state_remove(s, "keys.k", NOW_MS, &f->diags));
    assert_true(journal_end_run(s, "forgotten by hand", NOW_MS, &f->diags));
    state_close(s);
    settle_strays(scene, "");
    assert_int_equal(scene->record_len, 0);
}

static void what_another_topology_has_taken_over_is_not_named(void **state)
{
    struct scene *scene = *state;
    scene->f->topology.resource_len = 0;
    want(scene->f, "keys.k", "aws_kms_key", TAGGED("keys.k"), "");
    stand(scene, "theirs",
          "{\"tags\":{\"holdfast:topology\":\"u\",\"holdfast:address\":\"keys.k\"}}");
    stand(scene, "plain", "{}");
    settle_strays(scene, "theirs plain");
    assert_int_equal(scene->record_len, 0);
    assert_int_equal(warnings_of(scene, "theirs"), 0);
    assert_int_equal(warnings_of(scene, "plain"), 1); /* nobody's, and not surely ours */
}

static void what_was_deleted_outside_comes_back_with_its_users(void **state)
{
    struct scene *scene = *state;
    fill(scene->f, "p", 7);
    assert_applies(scene);
    for (size_t i = 0; i < ARRAY_LEN(aws->objects); i++)
        if (str_eq(aws->objects[i].type, "aws_backup_plan"))
            aws->objects[i].there = false;
    aws->log[0] = '\0';
    assert_applies(scene);
    assert_string_equal(aws->log, "create plans.p, create plans.p/selections.s, "
                                  "delete plans.p/selections.s");
    assert_applies(scene);
    assert_int_equal(scene->f->plan.len, 0);
}

/* As after an undo of the replacement that made it. */
/* AWS may remember it, and answer with what is gone: a legal hold that was cancelled. */
static void no_token_comes_back_after_a_deletion_that_was_not_ours(void **state)
{
    struct scene *scene = *state;
    char seen[4][sizeof(plan_at_aws()->token)];
    fill(scene->f, "p", 7);
    for (size_t i = 0; i < ARRAY_LEN(seen); i++) {
        assert_applies(scene);
        memcpy(seen[i], plan_at_aws()->token, sizeof(seen[i]));
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(seen[i], seen[k]);
        plan_at_aws()->there = false;
        scene->destroy = i == 1; /* now also where nothing but its row is left to go */
        if (scene->destroy)
            assert_applies(scene);
        scene->destroy = false;
    }
}

static void what_stands_in_the_place_of_what_is_gone_is_found(void **state)
{
    struct scene *scene = *state;
    fill(scene->f, "p", 7);
    assert_applies(scene);
    for (size_t i = 0; i < scene->record_len; i++) {
        struct record record = scene->records[i];
        if (!str_eq(record.address, "plans.p"))
            continue;
        struct state *file = open_state(scene);
        record.identifier = "gone";
        assert_true(state_put(file, &record, NOW_MS, &scene->f->diags) &&
                    journal_commit(file, &scene->f->diags));
        state_close(file);
    }
    aws->log[0] = '\0';
    assert_applies(scene);
    assert_int_equal(scene->f->plan.len, 1);
    assert_int_equal(scene->f->plan.changes[0].action, ACTION_ADOPT);
    assert_string_equal(aws->log, "");
    assert_applies(scene);
    assert_int_equal(scene->f->plan.len, 0);
}

static void destroy_leaves_nothing(void **state)
{
    struct scene *scene = *state;
    fill(scene->f, "p", 7);
    assert_applies(scene);
    aws->log[0] = '\0';
    scene->destroy = true;
    assert_applies(scene);
    assert_string_equal(aws->log, "delete plans.p/selections.s, delete plans.p, delete vaults.v, "
                                  "delete keys.k");
    assert_int_equal(scene->record_len, 0);
    assert_string_equal(objects(scene), "");
}

static void apply_in_child(struct scene *scene)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(apply(scene) ? 0 : 1);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void tagged_vault(struct fixture *f)
{
    f->topology.resource_len = 0;
    want(f, "vaults.v", "aws_backup_vault",
         "{\"name\":\"v\",\"encryption_key_arn\":\"k\",\"tags\":{\"holdfast:topology\":\"t\","
         "\"holdfast:address\":\"vaults.v\"}}",
         "");
}

/* A destroy that dies after the vault is gone, and before anybody has written that down. */
static void destroy_and_die(struct scene *scene)
{
    tagged_vault(scene->f);
    assert_applies(scene);
    scene->destroy = true;
    aws->mutations = 0;
    aws->kill_at = 2;
    apply_in_child(scene);
    aws->kill_at = 0;
}

static void what_another_makes_in_the_place_of_a_deletion_is_left_alone(void **state)
{
    struct scene *scene = *state;
    destroy_and_die(scene);
    aws->objects[0].there = true;
    snprintf(aws->objects[0].json, sizeof(aws->objects[0].json), "{\"name\":\"v\"}");
    assert_applies(scene);
    assert_string_equal(aws->log, "create vaults.v, delete vaults.v");
    assert_int_equal(scene->record_len, 0);
    assert_int_equal(scene->open_intents, 0);
    assert_int_equal(scene->f->diags.len, 1);
    assert_int_equal(scene->f->diags.items[0].code, E_OWNED_BY_OTHER);
}

static void a_deletion_that_never_ran_is_made_up_for(void **state)
{
    struct scene *scene = *state;
    destroy_and_die(scene);
    aws->objects[0].there = true; /* as it was */
    assert_applies(scene);
    assert_string_equal(aws->log, "create vaults.v, delete vaults.v, delete vaults.v");
    assert_int_equal(scene->f->diags.len, 0);
}

/* From `before` to `after`, killed at each point in turn: the next run must end where an
 * undisturbed one does, with nothing made twice and nothing left over. */
static void assert_survives_kills(struct scene *scene, void (*before)(struct fixture *f),
                                  void (*after)(struct fixture *f), bool destroy)
{
    struct fixture *f = scene->f;
    int points = 0, objects_wanted = 0;
    for (int kill_at = 0; kill_at <= points; kill_at++) {
        memset(aws, 0, sizeof(*aws));
        scene->dir = path_temp_dir(f->arena);
        scene->destroy = false;
        if (before) {
            before(f);
            assert_applies(scene);
        }
        aws->mutations = 0;
        aws->kill_at = kill_at;
        scene->destroy = destroy;
        after(f);
        if (kill_at > 0)
            apply_in_child(scene);
        aws->kill_at = 0;
        assert_applies(scene);
        int there = 0;
        for (size_t i = 0; i < ARRAY_LEN(aws->objects); i++)
            there += aws->objects[i].there ? 1 : 0;
        if (kill_at == 0) {
            points = aws->mutations;
            objects_wanted = there;
        }
        assert_int_equal(there, objects_wanted);
        assert_int_equal(scene->record_len, objects_wanted);
        assert_int_equal(scene->open_intents, 0);
        assert_applies(scene);
        assert_int_equal(f->plan.len, 0);
        dir_remove(scene->dir);
    }
    assert_true(points >= 2);
}

static void first(struct fixture *f)
{
    fill(f, "p", 7);
}

static void updated(struct fixture *f)
{
    fill(f, "p", 9);
}

static void replaced(struct fixture *f)
{
    fill(f, "new", 7);
}

static void a_kill_at_any_point_of_a_first_apply_is_survived(void **state)
{
    assert_survives_kills(*state, NULL, first, false);
}

static void a_kill_at_any_point_of_an_update_is_survived(void **state)
{
    assert_survives_kills(*state, first, updated, false);
}

static void a_kill_at_any_point_of_a_replacement_is_survived(void **state)
{
    assert_survives_kills(*state, first, replaced, false);
}

static void a_kill_at_any_point_of_a_destroy_is_survived(void **state)
{
    assert_survives_kills(*state, first, first, true);
}

int main(void)
{
#define RUN_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        RUN_TEST(an_apply_makes_everything_and_the_next_one_does_nothing),
        RUN_TEST(an_update_keeps_the_object),
        RUN_TEST(a_replacement_that_creates_first_moves_its_users_and_deletes_the_old),
        RUN_TEST(a_saved_plan_whose_objects_stand_as_they_did_is_carried_out),
        RUN_TEST(what_changed_since_the_plan_was_saved_is_left_alone_and_the_rest_goes_on),
        RUN_TEST(what_is_swapped_between_plan_and_request_is_not_sent),
        RUN_TEST(the_old_half_of_a_replacement_is_looked_at_before_the_new_one_is_made),
        RUN_TEST(a_failed_call_skips_what_depends_on_it_and_the_next_run_goes_on),
        RUN_TEST(what_could_not_be_written_down_does_not_count_as_done),
        RUN_TEST(what_a_run_made_is_recorded_where_its_address_has_nothing),
        RUN_TEST(what_a_run_made_is_named_where_another_is_recorded_until_it_is_gone),
        RUN_TEST(what_arrives_after_it_was_given_up_is_named_where_it_is_ours),
        RUN_TEST(what_was_let_go_of_is_not_recorded_again),
        RUN_TEST(what_another_topology_has_taken_over_is_not_named),
        RUN_TEST(what_was_deleted_outside_comes_back_with_its_users),
        RUN_TEST(no_token_comes_back_after_a_deletion_that_was_not_ours),
        RUN_TEST(what_stands_in_the_place_of_what_is_gone_is_found),
        RUN_TEST(destroy_leaves_nothing),
        RUN_TEST(what_another_makes_in_the_place_of_a_deletion_is_left_alone),
        RUN_TEST(a_deletion_that_never_ran_is_made_up_for),
        RUN_TEST(a_kill_at_any_point_of_a_first_apply_is_survived),
        RUN_TEST(a_kill_at_any_point_of_an_update_is_survived),
        RUN_TEST(a_kill_at_any_point_of_a_replacement_is_survived),
        RUN_TEST(a_kill_at_any_point_of_a_destroy_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
