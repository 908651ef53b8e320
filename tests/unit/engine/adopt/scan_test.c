#include "tests/unit/providers/aws/fixture.h"

#include "engine/adopt/scan.h"

static const char *const regions[] = {"us-east-1"};

static bool look(struct fixture *f, size_t limit, struct findings *ret)
{
    static const struct account account = {
        .name = "workload", .id = FIXTURE_ACCOUNT, .partition = "aws"};
    static const struct topology topology = {
        .name = "t", .accounts = &account, .account_len = 1, .regions = regions, .region_len = 1};
    struct scan_input input = {
        .loop = f->loop, .topology = &topology, .schemas = f->schemas, .limit = limit};
    return scan(f->arena, &input, ret, &f->diags);
}

static void answer(struct fixture *f, const char *call, const char *body)
{
    fake_when(f->fake, call, (struct fake_answer){.status = 200, .body = body});
}

static void answer_to(struct fixture *f, const char *text, int status, const char *body)
{
    fake_when_contains(f->fake, text, (struct fake_answer){.status = status, .body = body});
}

/* Accounts without an organization, roles, plans, audits, holds, rules, aliases, alarms and tags.
 */
static void answer_nothing_else(struct fixture *f)
{
    answer_to(f, "DescribeOrganization", 400, "{\"__type\":\"AWSOrganizationsNotInUseException\"}");
    answer_to(f, "Action=GetRole", 404,
              "<ErrorResponse><Error><Code>NoSuchEntity</Code></Error></ErrorResponse>");
    answer_to(f, "Action=ListRoles", 200,
              "<ListRolesResponse><ListRolesResult><Roles/></ListRolesResult></ListRolesResponse>");
    answer_to(f, "TrentService.ListAliases", 200, "{\"Aliases\":[]}");
    answer_to(f, "AWSEvents.ListRules", 200, "{\"Rules\":[]}");
    answer_to(f, "DescribeAlarms", 200, "{\"MetricAlarms\":[]}");
    answer_to(f, "GetResources", 200, "{\"ResourceTagMappingList\":[]}");
    answer(f, "GET /backup/plans/", "{\"BackupPlansList\":[]}");
    answer(f, "GET /audit/frameworks", "{\"Frameworks\":[]}");
    answer(f, "GET /audit/report-plans", "{\"ReportPlans\":[]}");
    answer(f, "GET /restore-testing/plans", "{\"RestoreTestingPlans\":[]}");
    answer(f, "GET /legal-holds/", "{\"LegalHolds\":[]}");
}

static void answer_vaults(struct fixture *f)
{
    answer(f, "GET /backup-vaults/",
           "{\"BackupVaultList\":[{\"BackupVaultName\":\"a1\"},{\"BackupVaultName\":\"b1\"},"
           "{\"BackupVaultName\":\"c1\"}]}");
}

static void more_than_the_limit_is_refused(void **state)
{
    struct fixture *f = *state;
    struct findings findings;
    answer_nothing_else(f);
    answer_vaults(f);
    assert_false(look(f, 2, &findings));
    assert_string_equal(diag_code_id(f->diags.items[f->diags.len - 1].code), "HF0514");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(more_than_the_limit_is_refused, fixture_set_up,
                                        fixture_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
