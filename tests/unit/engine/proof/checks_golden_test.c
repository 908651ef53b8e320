/* Every rule of `holdfast check` on a topology that triggers it and on one that just does not:
 * tests/golden/checks/ID/{bad.yaml,good.yaml,expected}, and NAME.seen.json where only a look at the
 * accounts shows it. With HOLDFAST_UPDATE_GOLDEN=1 `expected` is
 * written anew: read the difference before you commit it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/config/config.h"
#include "engine/proof/proof.h"

#define GOLDEN SOURCE_DIR "/tests/golden/checks/"
#define PACKAGES SOURCE_DIR "/tests/golden/lower/data"

struct room {
    struct arena *arena;
    const struct schema_set *schemas;
    struct diags diags;
};

/* What lowering never makes wrong is made wrong here: addresses that are taken out (null), or whose
 * properties are set. */
static void change(struct room *room, struct topology *topology, const char *path)
{
    struct slice text;
    const struct value *changes = NULL;
    const char *why = NULL;
    if (!file_exists(path))
        return;
    assert_true(file_read(room->arena, path, FILE_READ_MAX, &text, &room->diags));
    assert_true(json_parse(room->arena, text, &changes, &why));
    struct resource *list = arena_array(room->arena, topology->resource_len + 1, sizeof(*list));
    size_t len = 0;
    map_init(&topology->by_address, room->arena);
    for (size_t i = 0; i < topology->resource_len; i++) {
        const struct value *set = value_get(changes, topology->resources[i].address);
        list[len] = topology->resources[i];
        if (value_is(set, VALUE_NULL))
            continue;
        for (size_t k = 0; set && k < set->map.len; k++)
            list[len].properties = value_with(room->arena, list[len].properties,
                                              set->map.entries[k].key, set->map.entries[k].value);
        map_set(&topology->by_address, list[len].address, &list[len]);
        len++;
    }
    topology->resources = list;
    topology->resource_len = len;
}

/* What only a look at the accounts shows: {"grants": {KEY ARN: [entries of ListGrants]}}. */
static const struct sights *seen(struct room *room, const char *path)
{
    struct slice text;
    const struct value *all = NULL;
    const char *why = NULL;
    if (!file_exists(path))
        return NULL;
    assert_true(file_read(room->arena, path, FILE_READ_MAX, &text, &room->diags));
    assert_true(json_parse(room->arena, text, &all, &why));
    struct sights *sights = arena_new_of(room->arena, struct sights);
    const struct value *grants = value_get(all, "grants");
    sights_init(sights, room->arena);
    for (size_t i = 0; i < value_len(grants); i++)
        sights_add_grants(sights, grants->map.entries[i].key, grants->map.entries[i].value);
    return sights;
}

static void prove(struct room *room, const char *id, const char *which, struct proof_report *ret)
{
    struct topology topology;
    const char *path = arena_printf(room->arena, GOLDEN "%s/%s.yaml", id, which);
    struct config_options options = {.path = path, .data_dir = PACKAGES};
    diags_init(&room->diags, room->arena);
    bool ok = config_load(room->arena, &options, room->schemas, &topology, &room->diags);
    for (size_t i = 0; i < room->diags.len; i++)
        fprintf(stderr, "%s\n", diag_render(room->arena, &room->diags, &room->diags.items[i]));
    assert_true(ok);
    change(room, &topology, arena_printf(room->arena, GOLDEN "%s/%s.json", id, which));
    const struct proof_input input = {
        .topology = &topology,
        .sights = seen(room, arena_printf(room->arena, GOLDEN "%s/%s.seen.json", id, which)),
        .now_ms = civil_to_ms(2026, 11, 28, 0, 0, 0)};
    proof_check(room->arena, &input, ret);
}

/* The findings of one rule, as `expected` has them. */
static const char *findings_of(struct arena *arena, const struct proof_report *report,
                               const char *id)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, (size_t)1 << 20);
    for (size_t i = 0; i < report->finding_len; i++) {
        const struct proof_finding *finding = &report->findings[i];
        if (!str_eq(finding->rule->id, id))
            continue;
        strbuf_addf(&sb, "%u:%u %s %s: %s\n", finding->pos.line, finding->pos.col,
                    rule_severity_name(finding->rule->severity),
                    finding->address ? finding->address : "-", finding->message);
        if (finding->ignored)
            strbuf_addf(&sb, "    ignored: %s\n", finding->ignored);
        if (finding->fix)
            strbuf_addf(&sb, "    %s\n", finding->fix);
    }
    return strbuf_str(&sb);
}

static void add_links(struct strbuf *sb, const struct proof_path *paths, size_t len, const char *id)
{
    for (size_t i = 0; i < len; i++)
        for (size_t k = 0; k < paths[i].hop_len; k++) {
            const struct proof_hop *hop = &paths[i].hops[k];
            if (hop->verdict == PROOF_BROKEN && str_eq(hop->rule->id, id))
                strbuf_addf(sb, "%s: %s\n", hop->id, hop->error ? hop->error : "-");
        }
}

/* Of a link: that the path, or the way back, ends there, and with which words of AWS. */
static const char *links_of(struct arena *arena, const struct proof_report *report, const char *id)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, (size_t)1 << 20);
    add_links(&sb, report->paths, report->path_len, id);
    add_links(&sb, report->ways_back, report->way_len, id);
    return strbuf_str(&sb);
}

static void compare(struct room *room, const char *path, const char *text)
{
    struct slice expected = {0};
    if (getenv("HOLDFAST_UPDATE_GOLDEN")) {
        assert_true(file_write_atomic(path, slice_of(text), 0644, &room->diags));
        return;
    }
    assert_true(file_read(room->arena, path, FILE_READ_MAX, &expected, &room->diags));
    if (!slice_is(expected, text))
        fail_msg("%s differs:\n%s", path, text);
}

static bool is_link(const char *id)
{
    return str_starts(id, "HP1");
}

static void one_rule(struct room *room, const char *id)
{
    struct proof_report bad, good;
    prove(room, id, "bad", &bad);
    const char *text = arena_printf(room->arena, "%s%s", links_of(room->arena, &bad, id),
                                    findings_of(room->arena, &bad, id));
    if (!*text)
        fail_msg("%s/bad.yaml does not trigger it", id);
    if (is_link(id) != (*links_of(room->arena, &bad, id) != '\0'))
        fail_msg("%s/bad.yaml: only links break paths, and all of them do", id);
    compare(room, arena_printf(room->arena, GOLDEN "%s/expected", id), text);
    prove(room, id, "good", &good);
    if (*findings_of(room->arena, &good, id))
        fail_msg("%s/good.yaml triggers it: %s", id, findings_of(room->arena, &good, id));
    if (is_link(id) && good.verdict != PROOF_REACHABLE)
        fail_msg("%s/good.yaml is broken by another rule:\n%s", id,
                 proof_text(room->arena, &good, &room->diags));
}

static void each_rule_has_a_topology_that_triggers_it_and_a_near_miss(void **state)
{
    (void)state;
    const char *only = getenv("RULE");
    for (int i = 0; i < RULE_COUNT; i++) {
        const char *id = rule_of((enum rule_id)i)->id;
        struct room room = {.arena = arena_new()};
        room.schemas = schema_load(room.arena);
        if (!only || str_eq(only, id))
            one_rule(&room, id);
        arena_free(room.arena);
    }
}

/* What the example of a way back would be without one of its lines. */
static const struct {
    const char *line, *instead, *hop;
} broken_ways[] = {
    {"    share_with: [recovery]", "", "copy_back.source_key"},
    {"    accept_copies_from: [backup]", "", "copy_back.vault_policy"},
    {"    key: restored\n", "\n", "copy_back.vault_own_key"},
    {"restored: {account: recovery,", "restored: {enabled: false, account: recovery,",
     "copy_back.vault_key"},
    {"no lock: what comes here is a copy", "\n    lock: {mode: governance, min_retention_days: 60}",
     "copy_back.retention"},
};

static const char *replaced(struct arena *arena, const char *text, const char *line,
                            const char *instead)
{
    const char *at = strstr(text, line);
    assert_non_null(at);
    return arena_printf(arena, "%.*s%s%s", (int)(at - text), text, instead, at + strlen(line));
}

static void a_way_back_breaks_where_its_copy_would(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(broken_ways); i++) {
        struct room room = {.arena = arena_new()};
        struct slice text;
        struct topology topology;
        struct proof_report report;
        diags_init(&room.diags, room.arena);
        assert_true(file_read(room.arena, SOURCE_DIR "/examples/restore.yaml", FILE_READ_MAX, &text,
                              &room.diags));
        const struct config_options options = {
            .path = "restore.yaml",
            .data_dir = PACKAGES,
            .text = slice_of(
                replaced(room.arena, text.ptr, broken_ways[i].line, broken_ways[i].instead))};
        assert_true(
            config_load(room.arena, &options, schema_load(room.arena), &topology, &room.diags));
        const struct proof_input input = {.topology = &topology};
        proof_check(room.arena, &input, &report);
        assert_int_equal(report.broken, 0);
        assert_int_equal(report.ways_broken, 1);
        assert_int_equal(report.verdict, PROOF_BROKEN);
        const struct proof_path *way = &report.ways_back[0];
        assert_string_equal(way->hops[way->broken_at].id, broken_ways[i].hop);
        assert_non_null(strstr(proof_line(room.arena, &report), "1 of 1 way back is broken"));
        arena_free(room.arena);
    }
}

/* A file that only restores: others fill the vault, and a database stands for what they bring. */
static void a_way_back_needs_no_plan(void **state)
{
    (void)state;
    static const char *const locks[] = {"", ", lock: {mode: governance, max_retention_days: 9}"};
    for (size_t i = 0; i < ARRAY_LEN(locks); i++) {
        struct room room = {.arena = arena_new()};
        struct topology topology;
        struct proof_report report;
        diags_init(&room.diags, room.arena);
        const char *text = arena_printf(
            room.arena,
            "version: 1\nname: t\naccounts: {a: {id: \"111122223333\"}, b: {id: "
            "\"444455556666\"}}\nregions: {r: us-east-1}\nkeys:\n"
            "  last: {account: a, region: r, share_with: [b]}\n  back: {account: b, region: r}\n"
            "vaults:\n  last: {account: a, region: r, key: last}\n"
            "  back: {account: b, region: r, key: back, accept_copies_from: [a]%s}\n"
            "restores: {out: {source_vault: last, destination_vault: back}}\n",
            locks[i]);
        const struct config_options options = {
            .path = "t.yaml", .data_dir = PACKAGES, .text = slice_of(text)};
        assert_true(
            config_load(room.arena, &options, schema_load(room.arena), &topology, &room.diags));
        const struct proof_input input = {.topology = &topology};
        proof_check(room.arena, &input, &report);
        assert_int_equal(report.way_len, 1);
        assert_int_equal(report.ways_broken, 0);
        assert_int_equal(report.ways_back[0].assumptions, 1 + i); /* the switch, and that life */
        arena_free(room.arena);
    }
}

/* The roles that are made can restore whatever can be backed up. */
static void each_type_finds_its_way_back(void **state)
{
    (void)state;
    static const char *const resources[] = {
        "rds:us-east-1:111122223333:db:x",
        "rds:us-east-1:111122223333:cluster:x",
        "ec2:us-east-1:111122223333:volume/vol-1",
        "ec2:us-east-1:111122223333:instance/i-1",
        "fsx:us-east-1:111122223333:file-system/fs-1",
        "elasticfilesystem:us-east-1:111122223333:file-system/fs-1",
        "dynamodb:us-east-1:111122223333:table/x",
        "s3:::x",
    };
    for (size_t i = 0; i < ARRAY_LEN(resources); i++) {
        struct room room = {.arena = arena_new()};
        struct slice text;
        struct topology topology;
        struct proof_report report;
        diags_init(&room.diags, room.arena);
        assert_true(
            file_read(room.arena, GOLDEN "HP412/good.yaml", FILE_READ_MAX, &text, &room.diags));
        const struct config_options options = {
            .path = "t.yaml",
            .data_dir = PACKAGES,
            .text = slice_of(
                replaced(room.arena,
                         replaced(room.arena, text.ptr, "rds:us-east-1:111122223333:db:orders",
                                  resources[i]),
                         "primary: {account: workload, region: primary}",
                         "primary: {account: workload, region: primary, key: databases}"))};
        assert_true(
            config_load(room.arena, &options, schema_load(room.arena), &topology, &room.diags));
        const struct proof_input input = {.topology = &topology};
        proof_check(room.arena, &input, &report);
        assert_int_equal(report.way_len, 1);
        if (report.ways_broken)
            fail_msg("%s:\n%s", resources[i], proof_text(room.arena, &report, &room.diags));
        arena_free(room.arena);
    }
}

/* HP107/good.yaml, whose path is reachable. */
static const char *sound(struct room *room)
{
    struct slice text;
    diags_init(&room->diags, room->arena);
    assert_true(
        file_read(room->arena, GOLDEN "HP107/good.yaml", FILE_READ_MAX, &text, &room->diags));
    return text.ptr;
}

static void prove_text(struct room *room, const char *text, struct proof_report *ret)
{
    struct topology topology;
    const struct config_options options = {
        .path = "t.yaml", .data_dir = PACKAGES, .text = slice_of(text)};
    assert_true(config_load(room->arena, &options, room->schemas, &topology, &room->diags));
    const struct proof_input input = {.topology = &topology};
    proof_check(room->arena, &input, ret);
}

/* What the plan's role of HP107/good.yaml has beside its rights, and what its links become. Only
 * policies whose text is known make a yes or a no. */
static const struct {
    const char *beside;
    enum proof_verdict verdict;
} policies_beside[] = {
    {"permissions_boundary: arn:aws:iam::aws:policy/ReadOnlyAccess", PROOF_UNKNOWN},
    {"permissions_boundary: arn:aws:iam::111122223333:policy/bound", PROOF_UNKNOWN},
    {"permissions_boundary: arn:aws:iam::aws:policy/AWSDenyAll", PROOF_BROKEN},
    {"permissions_boundary: arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole", PROOF_UNKNOWN},
    {"permissions_boundary: arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
     PROOF_BROKEN},
    {"permissions_boundary: arn:aws:iam::aws:policy/AdministratorAccess", PROOF_REACHABLE},
    {"managed_policy_arns: [\"arn:aws:iam::aws:policy/ReadOnlyAccess\"]", PROOF_UNKNOWN},
    {"managed_policy_arns: [\"arn:aws:iam::111122223333:policy/deny\"]", PROOF_UNKNOWN},
    {"managed_policy_arns: [\"arn:aws:iam::aws:policy/AWSDenyAll\"]", PROOF_BROKEN},
    {"managed_policy_arns: [\"arn:aws:iam::aws:policy/AdministratorAccess\"]", PROOF_REACHABLE},
};

static void what_nobody_knows_is_never_a_yes(void **state)
{
    (void)state;
    struct room room = {.arena = arena_new()};
    const char *name = "    name: checks-AWSBackup\n";
    room.schemas = schema_load(room.arena);
    for (size_t i = 0; i < ARRAY_LEN(policies_beside); i++) {
        struct proof_report report;
        size_t asked = 0;
        prove_text(
            &room,
            replaced(room.arena, sound(&room), name,
                     arena_printf(room.arena, "%s    %s\n", name, policies_beside[i].beside)),
            &report);
        for (size_t k = 0; k < report.paths[0].hop_len; k++) {
            const struct proof_hop *hop = &report.paths[0].hops[k];
            if (!str_eq(hop->id, "backup.back_up"))
                continue;
            asked++;
            if (hop->verdict != policies_beside[i].verdict)
                fail_msg("%s: %s is %s", policies_beside[i].beside, hop->id,
                         proof_verdict_name(hop->verdict));
        }
        assert_int_equal(asked, 1);
    }
    arena_free(room.arena);
}

#define ROLE(name, rights)                                                                         \
    "  " name ":\n    account: workload\n    assume_role_policy_document:\n"                       \
    "      Version: \"2012-10-17\"\n"                                                              \
    "      Statement: [{Effect: Allow, Principal: {Service: events.amazonaws.com},"                \
    " Action: \"sts:AssumeRole\"}]\n" rights
#define MAY_PUT                                                                                    \
    "    inline_policies: {put: {Version: \"2012-10-17\", Statement:"                              \
    " [{Effect: Allow, Action: \"events:PutEvents\", Resource: \"*\"}]}}\n"
#define TARGET(role)                                                                               \
    "{arn: \"arn:aws:events:us-east-2:111122223333:event-bus/default\", role: " role "}"
#define TAKER(name, targets)                                                                       \
    "  " name ": {account: workload, region: primary, event_pattern: {source: [aws.backup],"       \
    " detail-type: [Copy Job State Change]}, targets: {" targets "}}\n"

/* Rules by hand in place of the relay's own, and whether the event comes through. */
static const struct {
    const char *rules;
    enum proof_verdict verdict;
} ways[] = {
    {TAKER("a", "bus: " TARGET("good")), PROOF_REACHABLE},
    {TAKER("a", "bus: " TARGET("bad")), PROOF_LATE},
    {TAKER("a", "bus: " TARGET("bad")) TAKER("b", "bus: " TARGET("good")), PROOF_REACHABLE},
    {TAKER("a", "bus: " TARGET("good")) TAKER("b", "bus: " TARGET("bad")), PROOF_REACHABLE},
    {TAKER("a", "x: " TARGET("bad") ", y: " TARGET("good")), PROOF_REACHABLE},
    {TAKER("a", "x: " TARGET("bad")) TAKER("b", "bus: " TARGET("bad")), PROOF_LATE},
};

static void one_way_that_works_is_enough(void **state)
{
    (void)state;
    struct room room = {.arena = arena_new()};
    room.schemas = schema_load(room.arena);
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        struct proof_report report;
        prove_text(
            &room,
            arena_printf(room.arena, "%s%srules:\n%s",
                         replaced(room.arena, sound(&room), "    event_regions: [primary]\n", ""),
                         ROLE("bad", "") ROLE("good", MAY_PUT), ways[i].rules),
            &report);
        if (report.verdict != ways[i].verdict)
            fail_msg("%s\n%s", ways[i].rules, proof_text(room.arena, &report, &room.diags));
    }
    arena_free(room.arena);
}

/* HP107/good.yaml with a direct copy beside its relay, which cannot be shared; and with more that
 * is wrong. */
static const struct {
    const char *line, *instead;
    enum proof_verdict verdict;
    size_t broken, late, made_up;
} beside_direct[] = {
    {"", "", PROOF_REACHABLE, 0, 0, 1},
    {"        recovery_point_tags: {FinalVault: \"${vaults.final.arn}\"}\n", "", PROOF_BROKEN, 2, 0,
     0},
    {"    event_regions: [primary]\n", "", PROOF_LATE, 0, 1, 1},
    {"    accept_copies_from: [workload]\n", "", PROOF_BROKEN, 2, 0, 0},
};

static void one_way_makes_up_for_another(void **state)
{
    (void)state;
    static const char between[] =
        "          - {destination_vault: between, lifecycle: {delete_after_days: 14}}\n";
    static const char direct[] =
        "          - {destination_vault: final, lifecycle: {delete_after_days: 30}}\n";
    struct room room = {.arena = arena_new()};
    room.schemas = schema_load(room.arena);
    for (size_t i = 0; i < ARRAY_LEN(beside_direct); i++) {
        struct proof_report report;
        const char *both = replaced(room.arena, sound(&room), between,
                                    arena_printf(room.arena, "%s%s", between, direct));
        prove_text(&room,
                   replaced(room.arena, both, beside_direct[i].line, beside_direct[i].instead),
                   &report);
        const char *said = proof_text(room.arena, &report, &room.diags);
        if (report.verdict != beside_direct[i].verdict ||
            report.broken != beside_direct[i].broken || report.late != beside_direct[i].late ||
            report.made_up != beside_direct[i].made_up)
            fail_msg("%zu:\n%s", i, said);
        assert_int_equal(!strstr(said, "The same backups come there by relays.to_final."),
                         !report.made_up);
    }
    arena_free(room.arena);
}

/* HP107/good.yaml with something else in place of a line, and what mends the link. */
static const struct {
    const char *line, *instead, *hop, *fix;
} mendings[] = {
    {"    accept_copies_from: [workload]\n", "    accept_copies_from: [backup]\n",
     "last_copy.vault_policy", "accept_copies_from: [backup, workload]"},
    {"    event_regions: [primary]\n", "", "event.taken", "event_regions: [\"primary\"]"},
    {"{account: workload, region: recovery, key: between}",
     "{account: backup, region: recovery, key: final, accept_copies_from: [workload]}",
     "event.taken",
     "Place the relay's source vault in account workload: a relay hears of copies of its own "
     "account at once, of others only by its schedule."},
    {"{account: workload, region: recovery, key: between}",
     "{account: backup, region: recovery, key: final, accept_copies_from: [workload]}",
     "event.arrives",
     "Place the relay's source vault in account workload: a relay hears of copies of its own "
     "account at once, of others only by its schedule."},
    {"{account: workload, region: recovery, key: between}",
     "{account: backup, region: recovery, key: final, accept_copies_from: [workload]}",
     "last_copy.own_role", "Name a role of account backup as `copy_role`."},
    {"{account: workload, region: recovery, key: between}",
     "{account: backup, region: recovery, key: final, accept_copies_from: [workload]}",
     "first_copy.shared_key",
     "Place the relay's source vault in account workload, where the first copy lies under its "
     "vault's key, or encrypt the resource under a customer managed key and say so with "
     "`source_key`."},
    {"    lifecycle: {delete_after_days: 30}\n",
     "    lifecycle: {delete_after_days: 30}\n    copy_role: "
     "\"arn:aws:iam::444455556666:role/x\"\n",
     "last_copy.own_role", "copy_role: by_hand"},
};

static void a_mending_mends_or_says_what_to_do(void **state)
{
    (void)state;
    struct room room = {.arena = arena_new()};
    room.schemas = schema_load(room.arena);
    for (size_t i = 0; i < ARRAY_LEN(mendings); i++) {
        struct proof_report report;
        const char *fix = NULL;
        prove_text(&room, replaced(room.arena, sound(&room), mendings[i].line, mendings[i].instead),
                   &report);
        for (size_t k = 0; k < report.paths[0].hop_len; k++)
            if (str_eq(report.paths[0].hops[k].id, mendings[i].hop))
                fix = report.paths[0].hops[k].fix;
        if (!str_eq(fix, mendings[i].fix))
            fail_msg("%zu: %s", i, fix ? fix : "none");
    }
    arena_free(room.arena);
}

#define AT(schedule) "        schedule_expression: " schedule "\n"
#define WINDOW "        start_window_minutes: 60\n        completion_window_minutes: 180\n"
#define AGAIN(name, schedule)                                                                      \
    "      " name ":\n        target_vault: primary\n" AT(schedule) WINDOW                         \
        "        lifecycle: {delete_after_days: 14}\n        copy_actions: [{destination_vault: "  \
        "between}]\n        recovery_point_tags: {FinalVault: \"${vaults.final.arn}\"}\n"
#define EACH_HOUR "cron(0 * ? * * *)"

/* When the plan of HP107/good.yaml runs, and whether its jobs start; REACHABLE: no doubt of it. */
static const struct {
    const char *rule, *more;
    enum proof_verdict verdict;
} crowds[] = {
    {AT("cron(0 5 ? * * *)") WINDOW, "", PROOF_REACHABLE},
    {AT("cron(0 5 ? * * *)") WINDOW, AGAIN("again", "cron(0 5 ? * * *)"), PROOF_REACHABLE},
    {AT("cron(0 0/4 ? * * *)") WINDOW, "", PROOF_REACHABLE},
    {AT("cron(0 0/2 ? * * *)") WINDOW, "", PROOF_UNKNOWN},
    {AT(EACH_HOUR) WINDOW, "", PROOF_UNKNOWN}, /* a small database's are quick */
    {AT(EACH_HOUR) WINDOW, AGAIN("again", EACH_HOUR), PROOF_UNKNOWN},
    {AT(EACH_HOUR) WINDOW, AGAIN("again", EACH_HOUR) AGAIN("more", EACH_HOUR), PROOF_BROKEN},
    {AT(EACH_HOUR), AGAIN("again", EACH_HOUR) AGAIN("more", EACH_HOUR), PROOF_BROKEN},
    {AT("cron(0 8-18 ? * * *)") WINDOW, "", PROOF_UNKNOWN},
};

static void what_waits_too_long_never_starts(void **state)
{
    (void)state;
    static const char daily[] = AT("cron(0 5 ? * * *)");
    static const char selections[] = "    selections:\n";
    struct room room = {.arena = arena_new()};
    room.schemas = schema_load(room.arena);
    for (size_t i = 0; i < ARRAY_LEN(crowds); i++) {
        struct proof_report report;
        enum proof_verdict verdict = PROOF_REACHABLE;
        const char *text = replaced(room.arena, sound(&room), daily, crowds[i].rule);
        prove_text(&room,
                   replaced(room.arena, text, selections,
                            arena_printf(room.arena, "%s%s", crowds[i].more, selections)),
                   &report);
        for (size_t k = 0; k < report.paths[0].hop_len; k++)
            if (str_eq(report.paths[0].hops[k].id, "backup.starts"))
                verdict = report.paths[0].hops[k].verdict;
        if (verdict != crowds[i].verdict)
            fail_msg("%zu: %s", i, proof_verdict_name(verdict));
    }
    arena_free(room.arena);
}

static enum proof_verdict of_tag_policies(const struct proof_report *report)
{
    for (size_t k = 0; k < report->paths[0].hop_len; k++)
        if (str_eq(report->paths[0].hops[k].id, "relay.tag_policies"))
            return report->paths[0].hops[k].verdict;
    fail_msg("nobody asks for tag policies");
    return PROOF_BROKEN;
}

static void tag_policies_are_declared_seen_or_assumed(void **state)
{
    (void)state;
    struct room room = {.arena = arena_new()};
    struct proof_report report;
    struct topology topology;
    struct sights sights;
    room.schemas = schema_load(room.arena);
    prove(&room, "HP107", "good", &report);
    assert_int_equal(of_tag_policies(&report), PROOF_UNKNOWN);
    prove(&room, "HP903", "good", &report);
    assert_int_equal(of_tag_policies(&report), PROOF_REACHABLE);
    prove(&room, "HP903", "bad", &report);
    assert_int_equal(of_tag_policies(&report), PROOF_UNKNOWN);
    const struct config_options options = {
        .path = "t.yaml", .data_dir = PACKAGES, .text = slice_of(sound(&room))};
    assert_true(config_load(room.arena, &options, room.schemas, &topology, &room.diags));
    sights_init(&sights, room.arena);
    sights_add_controls(&sights, &(struct sight_controls){.account_id = "111122223333"});
    const struct proof_input input = {.topology = &topology, .sights = &sights};
    proof_check(room.arena, &input, &report);
    assert_int_equal(of_tag_policies(&report), PROOF_REACHABLE);
    arena_free(room.arena);
}

static void plain_backups_of_dynamodb_are_an_assumption(void **state)
{
    (void)state;
    struct room room = {.arena = arena_new()};
    struct proof_report report;
    size_t open = 0;
    room.schemas = schema_load(room.arena);
    prove(&room, "HP120", "plain", &report);
    assert_int_equal(report.path_len, 1);
    for (size_t k = 0; k < report.paths[0].hop_len; k++)
        open += str_eq(report.paths[0].hops[k].id, "first_copy.copyable") &&
                report.paths[0].hops[k].verdict == PROOF_UNKNOWN;
    assert_int_equal(open, 1);
    arena_free(room.arena);
}

/* There are 2^38 ways from the last of these to the first; no role is on any. */
static void each_dependency_is_looked_at_once(void **state)
{
    (void)state;
    struct room room = {.arena = arena_new()};
    struct slice text;
    struct topology topology;
    struct proof_report report;
    struct strbuf sb;
    diags_init(&room.diags, room.arena);
    assert_true(file_read(room.arena, GOLDEN "HP216/bad.yaml", FILE_READ_MAX, &text, &room.diags));
    strbuf_init(&sb, room.arena, (size_t)1 << 20);
    strbuf_addf(&sb, "%s\nresources:\n", text.ptr);
    for (int i = 0; i < 40; i++) {
        strbuf_addf(&sb,
                    "  t%d:\n    type: aws_sns_topic\n    account: workload\n"
                    "    region: primary\n    properties:\n      name: t%d\n      tags: {",
                    i, i);
        for (int k = 0; k < i; k++)
            strbuf_addf(&sb, "%sk%d: \"${resources.t%d.arn}\"", k ? ", " : "", k, k);
        strbuf_addf(&sb, "}\n");
    }
    strbuf_addf(&sb, "      policy: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: "
                     "\"sns:Publish\", Resource: \"*\", Principal: {AWS: "
                     "\"arn:aws:iam::111122223333:role/checks-copier\"}}]}\n");
    const struct config_options options = {
        .path = "t.yaml", .data_dir = PACKAGES, .text = slice_of(strbuf_str(&sb))};
    assert_true(config_load(room.arena, &options, schema_load(room.arena), &topology, &room.diags));
    const struct proof_input input = {.topology = &topology};
    proof_check(room.arena, &input, &report);
    assert_non_null(strstr(findings_of(room.arena, &report, "HP216"), " resources.t39: "));
    arena_free(room.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_dependency_is_looked_at_once),
        cmocka_unit_test(each_rule_has_a_topology_that_triggers_it_and_a_near_miss),
        cmocka_unit_test(a_way_back_breaks_where_its_copy_would),
        cmocka_unit_test(a_way_back_needs_no_plan),
        cmocka_unit_test(each_type_finds_its_way_back),
        cmocka_unit_test(what_nobody_knows_is_never_a_yes),
        cmocka_unit_test(one_way_that_works_is_enough),
        cmocka_unit_test(one_way_makes_up_for_another),
        cmocka_unit_test(a_mending_mends_or_says_what_to_do),
        cmocka_unit_test(what_waits_too_long_never_starts),
        cmocka_unit_test(tag_policies_are_declared_seen_or_assumed),
        cmocka_unit_test(plain_backups_of_dynamodb_are_an_assumption),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
