/* Row by row the rules of the IAM documentation: "Policy evaluation logic" (one account, across
 * accounts, explicit and implicit denies), "AWS JSON policy elements: Principal", "Key policies in
 * AWS KMS", and the hops of a backup on its way between accounts. */

#include "engine/policy/evaluate.h"

#include "engine/policy/eval_request.h"
#include "quoted.h"

#define ROLE "arn:aws:iam::111122223333:role/app"
#define SESSION "arn:aws:sts::111122223333:assumed-role/app/s1"
#define USER "arn:aws:iam::111122223333:user/bob"
#define ROOT "arn:aws:iam::111122223333:root"
#define BUCKET "arn:aws:s3:::bucket/key"
#define KEY "arn:aws:kms:us-east-2:111122223333:key/1"

#define ASK(who, what, where, account, context)                                                    \
    "'request':{'principal':'" who "','action':'" what "','resource':'" where                      \
    "','resource_account':'" account "','context':{" context "}}"
#define GET(who) ASK(who, "s3:GetObject", BUCKET, "111122223333", "")
#define GET_ACROSS(who) ASK(who, "s3:GetObject", BUCKET, "444455556666", "")
#define DECRYPT(who) ASK(who, "kms:Decrypt", KEY, "111122223333", "")
#define DECRYPT_ACROSS(who)                                                                        \
    ASK(who, "kms:Decrypt", "arn:aws:kms:us-east-2:444455556666:key/1", "444455556666", "")
#define DOC(statements) "{'Version':'2012-10-17','Statement':[" statements "]}"
#define MAY(action) "{'Effect':'Allow','Action':'" action "','Resource':'*'}"
#define MAY_NOT(action) "{'Effect':'Deny','Action':'" action "','Resource':'*'}"
#define GRANT(principal, action)                                                                   \
    "{'Effect':'Allow','Principal':" principal ",'Action':'" action "','Resource':'*'}"
#define REFUSE(principal, action)                                                                  \
    "{'Effect':'Deny','Principal':" principal ",'Action':'" action "','Resource':'*'}"
#define AWS(arn) "{'AWS':'" arn "'}"
#define SERVICE(name) "{'Service':'" name "'}"
#define IDENTITY(statements) ",'identity_policies':[" DOC(statements) "]"
#define RESOURCE(statements) ",'resource_policy':" DOC(statements)
#define BOUNDARY(statements) ",'permission_boundaries':[" DOC(statements) "]"
#define SESSION_POLICY(statements) ",'session_policies':[" DOC(statements) "]"

struct row {
    const char *line, *decision;
};
#define ALLOWED "allowed"
#define DENIED "implicitly_denied"
#define FORBIDDEN "explicitly_denied"

static const struct value *ask(struct arena *arena, const char *line)
{
    struct diags diags;
    diags_init(&diags, arena);
    const struct value *answer =
        policy_eval_json(arena, quoted(arena, arena_printf(arena, "{%s}", line)), &diags);
    if (!answer)
        fail_msg("%s: %s", line, diags.items[0].message);
    return answer;
}

static void check(const struct row *rows, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        struct arena *arena = arena_new();
        const char *decision = value_get_str(ask(arena, rows[i].line), "decision");
        if (!str_eq(decision, rows[i].decision))
            fail_msg("row %zu is %s, not %s: %s", i, decision, rows[i].decision, rows[i].line);
        arena_free(arena);
    }
}
#define CHECK(rows) check((rows), ARRAY_LEN(rows))

static void within_an_account_identity_or_resource_policy_is_enough(void **state)
{
    static const struct row rows[] = {
        {GET(USER), DENIED},
        {GET(USER) IDENTITY(MAY("s3:GetObject")), ALLOWED},
        {GET(USER) IDENTITY(MAY("S3:getobject")), ALLOWED},
        {GET(USER) IDENTITY(MAY("s3:Put*")), DENIED},
        {GET(USER) RESOURCE(GRANT(AWS(USER), "s3:GetObject")), ALLOWED},
        {GET(USER) RESOURCE(GRANT(AWS(ROLE), "s3:GetObject")), DENIED},
        {GET(ROLE) RESOURCE(GRANT(AWS(ROLE), "s3:GetObject")), ALLOWED},
        {GET(SESSION) RESOURCE(GRANT(AWS(ROLE), "s3:GetObject")), ALLOWED},
        {GET(SESSION) RESOURCE(GRANT(AWS("arn:aws:iam::111122223333:role/path/app"), "s3:*")),
         ALLOWED},
        {GET(SESSION) RESOURCE(GRANT(AWS("arn:aws:iam::111122223333:role/ap"), "s3:*")), DENIED},
        {GET(SESSION) RESOURCE(GRANT(AWS("arn:aws:iam::444455556666:role/app"), "s3:*")), DENIED},
        {GET(SESSION) RESOURCE(GRANT(AWS(SESSION), "s3:GetObject")), ALLOWED},
        {GET(SESSION) RESOURCE(GRANT(AWS("arn:aws:sts::111122223333:assumed-role/app/s2"), "s3:*")),
         DENIED},
        {GET(USER) RESOURCE(GRANT("'*'", "s3:GetObject")), ALLOWED},
        {GET(USER) RESOURCE(GRANT(AWS("*"), "s3:GetObject")), ALLOWED},
        /* naming the account hands the decision to its identity policies */
        {GET(USER) RESOURCE(GRANT(AWS(ROOT), "s3:GetObject")), DENIED},
        {GET(USER) RESOURCE(GRANT(AWS("111122223333"), "s3:GetObject")), DENIED},
        {GET(USER) IDENTITY(MAY("s3:*")) RESOURCE(GRANT(AWS(ROOT), "s3:GetObject")), ALLOWED},
        /* root needs no policy */
        {GET(ROOT), ALLOWED},
        {GET("111122223333"), ALLOWED},
        {GET(ROOT) RESOURCE(REFUSE("'*'", "s3:*")), FORBIDDEN},
        {GET("444455556666") RESOURCE(GRANT(AWS(ROOT), "s3:*")), DENIED},
    };
    (void)state;
    CHECK(rows);
}

static void an_explicit_deny_wins_wherever_it_stands(void **state)
{
#define ALL_ALLOW IDENTITY(MAY("*")) RESOURCE(GRANT("'*'", "*"))
    static const struct row rows[] = {
        {GET(USER) IDENTITY(MAY("*") "," MAY_NOT("s3:*")), FORBIDDEN},
        {GET(USER) IDENTITY(MAY("*")) RESOURCE(REFUSE(AWS(USER), "s3:*")), FORBIDDEN},
        {GET(USER) IDENTITY(MAY("*")) RESOURCE(REFUSE(AWS(ROOT), "s3:*")), FORBIDDEN},
        {GET(SESSION) IDENTITY(MAY("*")) RESOURCE(REFUSE(AWS(ROLE), "s3:*")), FORBIDDEN},
        {GET(USER) IDENTITY(MAY("*")) RESOURCE(REFUSE(AWS(ROLE), "s3:*")), ALLOWED},
        {GET(USER) ALL_ALLOW BOUNDARY(MAY("*") "," MAY_NOT("s3:*")), FORBIDDEN},
        {GET(ROLE) ALL_ALLOW SESSION_POLICY(MAY("*") "," MAY_NOT("s3:*")), FORBIDDEN},
        {GET(USER) ALL_ALLOW ",'scps':[[" DOC(MAY("*")) "," DOC(MAY_NOT("s3:*")) "]]", FORBIDDEN},
        {GET(USER) ALL_ALLOW ",'rcps':[[" DOC(REFUSE("'*'", "s3:*")) "]]", FORBIDDEN},
    };
    (void)state;
    CHECK(rows);
}

static void boundaries_and_sessions_limit_what_identity_policies_grant(void **state)
{
    static const struct row rows[] = {
        {GET(USER) IDENTITY(MAY("*")) BOUNDARY(MAY("s3:*")), ALLOWED},
        {GET(USER) IDENTITY(MAY("*")) BOUNDARY(MAY("sqs:*")), DENIED},
        {GET(USER) BOUNDARY(MAY("s3:*")), DENIED},
        {GET(ROLE) IDENTITY(MAY("*")) SESSION_POLICY(MAY("s3:*")), ALLOWED},
        {GET(ROLE) IDENTITY(MAY("*")) SESSION_POLICY(MAY("sqs:*")), DENIED},
        {GET(ROLE) IDENTITY(MAY("*")) BOUNDARY(MAY("s3:*")) SESSION_POLICY(MAY("sqs:*")), DENIED},
        /* a grant to the role is limited; one to the session, the user or everybody is not */
        {GET(SESSION) RESOURCE(GRANT(AWS(ROLE), "s3:*")) BOUNDARY(MAY("sqs:*")), DENIED},
        {GET(SESSION) RESOURCE(GRANT(AWS(ROLE), "s3:*")) SESSION_POLICY(MAY("sqs:*")), DENIED},
        {GET(SESSION) RESOURCE(GRANT(AWS(ROLE), "s3:*")) BOUNDARY(MAY("s3:*")), ALLOWED},
        {GET(SESSION) RESOURCE(GRANT(AWS(SESSION), "s3:*")) BOUNDARY(MAY("sqs:*")), ALLOWED},
        {GET(USER) RESOURCE(GRANT(AWS(USER), "s3:*")) BOUNDARY(MAY("sqs:*")), ALLOWED},
        {GET(SESSION) RESOURCE(GRANT("'*'", "s3:*")) BOUNDARY(MAY("sqs:*")), ALLOWED},
        {GET(SESSION) RESOURCE("{'Effect':'Allow','Principal':'*','Action':'s3:*','Resource':'*',"
                               "'Condition':{'ArnEquals':{'aws:PrincipalArn':'" ROLE "'}}}")
             BOUNDARY(MAY("sqs:*")) SESSION_POLICY(MAY("sqs:*")),
         ALLOWED},
        {GET(SESSION) RESOURCE(GRANT(AWS(ROOT), "s3:*")) IDENTITY(MAY("s3:*"))
             BOUNDARY(MAY("sqs:*")),
         DENIED},
    };
    (void)state;
    CHECK(rows);
}

static void across_accounts_both_sides_must_allow(void **state)
{
    static const struct row rows[] = {
        {GET_ACROSS(ROLE) IDENTITY(MAY("s3:*")), DENIED},
        {GET_ACROSS(ROLE) RESOURCE(GRANT(AWS(ROLE), "s3:*")), DENIED},
        {GET_ACROSS(ROLE) IDENTITY(MAY("s3:*")) RESOURCE(GRANT(AWS(ROLE), "s3:*")), ALLOWED},
        {GET_ACROSS(ROLE) IDENTITY(MAY("s3:*")) RESOURCE(GRANT(AWS(ROOT), "s3:*")), ALLOWED},
        {GET_ACROSS(ROLE) IDENTITY(MAY("s3:*")) RESOURCE(GRANT("'*'", "s3:*")), ALLOWED},
        {GET_ACROSS(ROLE) RESOURCE(GRANT("'*'", "s3:*")), DENIED},
        {GET_ACROSS(ROLE) IDENTITY(MAY("s3:*")) RESOURCE(GRANT(AWS("444455556666"), "s3:*")),
         DENIED},
        {GET_ACROSS(SESSION) RESOURCE(GRANT(AWS(SESSION), "s3:*")), DENIED},
        {GET_ACROSS(SESSION) IDENTITY(MAY("*")) RESOURCE(GRANT(AWS(SESSION), "s3:*"))
             BOUNDARY(MAY("sqs:*")),
         DENIED},
        {GET_ACROSS(ROLE) IDENTITY(MAY("*")) RESOURCE(GRANT(AWS(ROLE), "s3:*"))
             SESSION_POLICY(MAY("sqs:*")),
         DENIED},
        {GET_ACROSS(ROOT) RESOURCE(GRANT(AWS(ROOT), "s3:*")), ALLOWED},
        /* whose bucket it is nobody said: not taken for the caller's own */
        {"'request':{'principal':'" ROLE "','action':'s3:GetObject','resource':'" BUCKET
         "'}" IDENTITY(MAY("s3:*")),
         DENIED},
        {"'request':{'principal':'" ROLE
         "','action':'s3:ListAllMyBuckets','resource':'*'}" IDENTITY(MAY("s3:*")),
         ALLOWED},
        {"'request':{'principal':'" ROLE "','action':'sqs:SendMessage',"
         "'resource':'arn:aws:sqs:us-east-1:111122223333:q'}" IDENTITY(MAY("sqs:*")),
         ALLOWED},
    };
    (void)state;
    CHECK(rows);
}

#define SLR                                                                                        \
    "arn:aws:iam::111122223333:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"

static void every_level_of_the_organization_must_allow(void **state)
{
#define OK GET(USER) IDENTITY(MAY("*"))
    static const struct row rows[] = {
        {OK ",'scps':[[" DOC(MAY("*")) "],[" DOC(MAY("s3:*")) "]]", ALLOWED},
        {OK ",'scps':[[" DOC(MAY("*")) "],[" DOC(MAY("sqs:*")) "]]", DENIED},
        {OK ",'scps':[[" DOC(MAY("sqs:*")) "," DOC(MAY("s3:*")) "]]", ALLOWED},
        {OK ",'scps':[[" DOC(MAY("*")) "],[]]", DENIED},
        {OK ",'scps':[]", ALLOWED},
        {GET(USER) ",'scps':[[" DOC(MAY("*")) "]]", DENIED},
        {GET(ROOT) ",'scps':[[" DOC(MAY_NOT("s3:*")) "," DOC(MAY("*")) "]]", FORBIDDEN},
        {GET(USER) RESOURCE(GRANT(AWS(USER), "s3:*")) ",'scps':[[" DOC(MAY("sqs:*")) "]]", DENIED},
        /* RCPs only take away; RCPFullAWSAccess is attached to everything */
        {OK ",'rcps':[[" DOC(GRANT("'*'", "*")) "]]", ALLOWED},
        {OK ",'rcps':[[" DOC(REFUSE("'*'", "sqs:*")) "]]", ALLOWED},
        {OK ",'rcps':[[],[" DOC(REFUSE("'*'", "s3:Get*")) "]]", FORBIDDEN},
        /* neither reaches a service-linked role, and no SCP reaches a service */
        {GET(SLR) IDENTITY(MAY("*")) ",'scps':[[" DOC(MAY_NOT("*")) "]]", ALLOWED},
        {GET(SLR) IDENTITY(MAY("*")) ",'rcps':[[" DOC(REFUSE("'*'", "s3:*")) "]]", ALLOWED},
        {GET("s.amazonaws.com") RESOURCE(
             GRANT(SERVICE("s.amazonaws.com"), "s3:*")) ",'scps':[[" DOC(MAY_NOT("*")) "]]",
         ALLOWED},
        {GET("s.amazonaws.com") RESOURCE(GRANT(
             SERVICE("s.amazonaws.com"), "s3:*")) ",'rcps':[[" DOC(REFUSE("'*'", "s3:*")) "]]",
         FORBIDDEN},
    };
    (void)state;
    CHECK(rows);
}

static void a_key_policy_must_allow_by_itself(void **state)
{
    static const struct row rows[] = {
        {DECRYPT(ROLE) IDENTITY(MAY("kms:*")), DENIED},
        {DECRYPT(ROLE) IDENTITY(MAY("kms:*")) RESOURCE(GRANT(AWS(USER), "kms:*")), DENIED},
        {DECRYPT(ROLE) RESOURCE(GRANT(AWS(ROLE), "kms:Decrypt")), ALLOWED},
        {DECRYPT(ROLE) RESOURCE(GRANT(AWS(ROOT), "kms:*")), DENIED},
        {DECRYPT(ROLE) IDENTITY(MAY("kms:Decrypt")) RESOURCE(GRANT(AWS(ROOT), "kms:*")), ALLOWED},
        {DECRYPT(ROLE) IDENTITY(MAY("kms:Decrypt")) RESOURCE(GRANT(AWS(ROOT), "kms:Create*")),
         DENIED},
        {DECRYPT(ROLE) IDENTITY(MAY("kms:*")) RESOURCE(GRANT(AWS(ROOT), "kms:*"))
             BOUNDARY(MAY("s3:*")),
         DENIED},
        {DECRYPT(ROOT), DENIED},
        {DECRYPT(ROOT) RESOURCE(GRANT(AWS(ROOT), "kms:*")), ALLOWED},
        {DECRYPT_ACROSS(ROLE) IDENTITY(MAY("kms:*")), DENIED},
        {DECRYPT_ACROSS(ROLE) IDENTITY(MAY("kms:*")) RESOURCE(GRANT(AWS("444455556666"), "kms:*")),
         DENIED},
        {DECRYPT_ACROSS(ROLE) IDENTITY(MAY("kms:*")) RESOURCE(GRANT(AWS(ROOT), "kms:*")), ALLOWED},
        {DECRYPT_ACROSS(ROLE) RESOURCE(GRANT(AWS(ROOT), "kms:*")), DENIED},
        /* without a key there is no key policy */
        {ASK(ROLE, "kms:CreateKey", "*", "111122223333", "") IDENTITY(MAY("kms:*")), ALLOWED},
    };
    (void)state;
    CHECK(rows);
}

#define TRUST(principal, more)                                                                     \
    ",'resource_policy':" DOC("{'Effect':'Allow','Principal':" principal                           \
                              ",'Action':'sts:AssumeRole'" more "}")
#define ASSUME(who)                                                                                \
    ASK(who, "sts:AssumeRole", "arn:aws:iam::444455556666:role/deployer", "444455556666", "")
#define ASSUME_WITH(who, context)                                                                  \
    ASK(who, "sts:AssumeRole", "arn:aws:iam::444455556666:role/deployer", "444455556666", context)

static void a_role_is_assumed_only_by_whom_it_trusts(void **state)
{
    static const struct row rows[] = {
        {ASSUME(ROLE) IDENTITY(MAY("sts:AssumeRole")), DENIED},
        {ASSUME(ROLE) IDENTITY(MAY("sts:AssumeRole")) TRUST(AWS(ROOT), ""), ALLOWED},
        {ASSUME(ROLE) TRUST(AWS(ROOT), ""), DENIED},
        {ASSUME(ROLE) IDENTITY(MAY("sts:AssumeRole")) TRUST(AWS(USER), ""), DENIED},
        /* in the role's own account the trust policy is enough where it names the caller */
        {ASSUME("arn:aws:iam::444455556666:user/ann")
             TRUST(AWS("arn:aws:iam::444455556666:user/ann"), ""),
         ALLOWED},
        {ASSUME("arn:aws:iam::444455556666:user/ann") IDENTITY(MAY("*")), DENIED},
        {ASSUME("arn:aws:iam::444455556666:user/ann") IDENTITY(MAY("*"))
             TRUST(AWS("444455556666"), ""),
         ALLOWED},
        {ASSUME("backup.amazonaws.com") TRUST(SERVICE("backup.amazonaws.com"), ""), ALLOWED},
        {ASSUME("events.amazonaws.com") TRUST(SERVICE("backup.amazonaws.com"), ""), DENIED},
        {ASSUME_WITH(ROLE, "'sts:ExternalId':'x'") IDENTITY(MAY("sts:*"))
             TRUST(AWS(ROOT), ",'Condition':{'StringEquals':{'sts:ExternalId':'x'}}"),
         ALLOWED},
        {ASSUME(ROLE) IDENTITY(MAY("sts:*"))
             TRUST(AWS(ROOT), ",'Condition':{'StringEquals':{'sts:ExternalId':'x'}}"),
         DENIED},
        /* the forwarding rule's role, pinned to its rule */
        {ASSUME_WITH("events.amazonaws.com",
                     "'aws:SourceArn':'arn:aws:events:us-east-1:444455556666:rule/forward'")
             TRUST(SERVICE("events.amazonaws.com"),
                   ",'Condition':{'ArnEquals':{'aws:SourceArn':"
                   "'arn:aws:events:us-east-1:444455556666:rule/forward'}}"),
         ALLOWED},
        {ASSUME_WITH("events.amazonaws.com",
                     "'aws:SourceArn':'arn:aws:events:us-east-1:444455556666:rule/other'")
             TRUST(SERVICE("events.amazonaws.com"),
                   ",'Condition':{'ArnEquals':{'aws:SourceArn':"
                   "'arn:aws:events:us-east-1:444455556666:rule/forward'}}"),
         DENIED},
    };
    (void)state;
    CHECK(rows);
}

#define FUNCTION "arn:aws:lambda:us-east-2:111122223333:function:relay"
#define RULE "arn:aws:events:us-east-2:111122223333:rule/relay"
#define INVOKE(who, context) ASK(who, "lambda:InvokeFunction", FUNCTION, "111122223333", context)
#define PERMISSION                                                                                 \
    ",'resource_policy':" DOC("{'Sid':'relay','Effect':'Allow','Principal':"                       \
                              "{'Service':'events.amazonaws.com'},'Action':"                       \
                              "'lambda:InvokeFunction','Resource':'" FUNCTION "','Condition':"     \
                              "{'ArnLike':{'AWS:SourceArn':'" RULE "'}}}")

static void a_service_needs_the_resources_own_policy(void **state)
{
    static const struct row rows[] = {
        {INVOKE("events.amazonaws.com", "'aws:SourceArn':'" RULE "'"), DENIED},
        {INVOKE("events.amazonaws.com", "'aws:SourceArn':'" RULE "'") PERMISSION, ALLOWED},
        {INVOKE("events.amazonaws.com", "'aws:SourceArn':'" RULE "2'") PERMISSION, DENIED},
        {INVOKE("events.amazonaws.com", "") PERMISSION, DENIED},
        {INVOKE("s3.amazonaws.com", "'aws:SourceArn':'" RULE "'") PERMISSION, DENIED},
        {INVOKE("events.amazonaws.com", "") IDENTITY(MAY("*")), DENIED},
        {INVOKE(ROLE, "") IDENTITY(MAY("lambda:*")) PERMISSION, ALLOWED},
        /* an account is not a service */
        {INVOKE("events.amazonaws.com", "") RESOURCE(GRANT(AWS(ROOT), "lambda:*")), DENIED},
        /* everybody includes services, if the condition holds */
        {ASK("events.amazonaws.com", "sqs:SendMessage", "arn:aws:sqs:us-east-2:111122223333:q",
             "111122223333",
             "'aws:SourceAccount':'111122223333'") ",'resource_policy':" DOC("{'Effect':'Allow','"
                                                                             "Principal':'*','"
                                                                             "Action':'sqs:"
                                                                             "SendMessage',"
                                                                             "'Resource':'arn:aws:"
                                                                             "sqs:us-east-2:"
                                                                             "111122223333:q','"
                                                                             "Condition':"
                                                                             "{'StringEquals':{'"
                                                                             "aws:SourceAccount':'"
                                                                             "111122223333'}}}"),
         ALLOWED},
        {ASK("events.amazonaws.com", "sqs:SendMessage", "arn:aws:sqs:us-east-2:111122223333:q",
             "111122223333",
             "'aws:SourceAccount':'999900001111'") ",'resource_policy':" DOC("{'Effect':'Allow','"
                                                                             "Principal':'*','"
                                                                             "Action':'sqs:"
                                                                             "SendMessage',"
                                                                             "'Resource':'*','"
                                                                             "Condition':"
                                                                             "{'StringEquals':{'"
                                                                             "aws:SourceAccount':'"
                                                                             "111122223333'}}}"),
         DENIED},
        {GET("*") RESOURCE(GRANT("'*'", "s3:*")), ALLOWED},
        {GET("*") RESOURCE(GRANT(AWS(ROOT), "s3:*")), DENIED},
        {GET("*") IDENTITY(MAY("*")), DENIED},
    };
    (void)state;
    CHECK(rows);
}

#define VAULT "arn:aws:backup:us-east-2:444455556666:backup-vault:final"
#define COPY(who, context) ASK(who, "backup:CopyIntoBackupVault", VAULT, "444455556666", context)
#define FROM_ORG(operator, key, value)                                                             \
    ",'resource_policy':" DOC("{'Effect':'Allow','Principal':'*','Action':"                        \
                              "'backup:CopyIntoBackupVault','Resource':'*','Condition':"           \
                              "{'"                                                                 \
                              operator"':{'" key "':'" value "'}}}")
#define COPY_ROLE IDENTITY(MAY("backup:CopyIntoBackupVault"))

static void a_vault_takes_copies_from_whom_its_policy_names(void **state)
{
    static const struct row rows[] = {
        {COPY(ROLE, "") COPY_ROLE, DENIED},
        {COPY(ROLE, "") COPY_ROLE RESOURCE(GRANT(AWS(ROOT), "backup:CopyIntoBackupVault")),
         ALLOWED},
        {COPY(ROLE, "") COPY_ROLE RESOURCE(GRANT(AWS("999900001111"), "backup:*")), DENIED},
        {COPY(ROLE, "'aws:PrincipalOrgID':'o-abc'")
             COPY_ROLE FROM_ORG("StringEquals", "aws:PrincipalOrgID", "o-abc"),
         ALLOWED},
        {COPY(ROLE, "'aws:PrincipalOrgID':'o-xyz'")
             COPY_ROLE FROM_ORG("StringEquals", "aws:PrincipalOrgID", "o-abc"),
         DENIED},
        {COPY(ROLE, "") COPY_ROLE FROM_ORG("StringEquals", "aws:PrincipalOrgID", "o-abc"), DENIED},
        {COPY(ROLE, "'aws:PrincipalOrgPaths':['o-abc/r-1/ou-1/ou-2/']") COPY_ROLE FROM_ORG(
             "ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-abc/r-1/ou-1/*"),
         ALLOWED},
        {COPY(ROLE, "'aws:PrincipalOrgPaths':['o-abc/r-1/ou-9/']") COPY_ROLE FROM_ORG(
             "ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-abc/r-1/ou-1/*"),
         DENIED},
    };
    (void)state;
    CHECK(rows);
}

#define SLR_FINAL                                                                                  \
    "arn:aws:iam::444455556666:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"
#define ON_KEY(action, context) ASK(SLR_FINAL, action, KEY, "111122223333", context)
#define SHARED_KEY                                                                                 \
    ",'resource_policy':" DOC(                                                                     \
        "{'Effect':'Allow','Principal':{'AWS':'arn:aws:iam::111122223333:root'},'Action':'kms:*'," \
        "'Resource':'*'},{'Sid':'use','Effect':'Allow','Principal':{'AWS':"                        \
        "'arn:aws:iam::444455556666:root'},'Action':['kms:DescribeKey','kms:GenerateDataKey*'],"   \
        "'Resource':'*'},{'Sid':'grants','Effect':'Allow','Principal':{'AWS':"                     \
        "'arn:aws:iam::444455556666:root'},'Action':['kms:CreateGrant'],'Resource':'*',"           \
        "'Condition':{'Bool':{'kms:GrantIsForAWSResource':'true'}}}")
#define SLR_POLICY                                                                                 \
    IDENTITY("{'Effect':'Allow','Action':'kms:DescribeKey','Resource':'*'},"                       \
             "{'Effect':'Allow','Action':'kms:CreateGrant','Resource':'*','Condition':{"           \
             "'Bool':{'kms:GrantIsForAWSResource':'true'},"                                        \
             "'StringLike':{'kms:ViaService':'rds.*.amazonaws.com'}}}")

static void the_destinations_service_role_uses_the_shared_key_by_grants_only(void **state)
{
#define VIA_RDS "'kms:ViaService':'rds.us-east-2.amazonaws.com'"
    static const struct row rows[] = {
        {ON_KEY("kms:DescribeKey", "") SLR_POLICY SHARED_KEY, ALLOWED},
        {ON_KEY("kms:DescribeKey", "") SHARED_KEY, DENIED},
        {ON_KEY("kms:DescribeKey", "") SLR_POLICY, DENIED},
        {ON_KEY("kms:CreateGrant", VIA_RDS ",'kms:GrantIsForAWSResource':true")
             SLR_POLICY SHARED_KEY,
         ALLOWED},
        {ON_KEY("kms:CreateGrant", VIA_RDS) SLR_POLICY SHARED_KEY, DENIED},
        {ON_KEY("kms:CreateGrant", VIA_RDS ",'kms:GrantIsForAWSResource':false")
             SLR_POLICY SHARED_KEY,
         DENIED},
        {ON_KEY("kms:CreateGrant",
                "'kms:ViaService':'ec2.us-east-2.amazonaws.com','kms:GrantIsForAWSResource':true")
             SLR_POLICY SHARED_KEY,
         DENIED},
        {ON_KEY("kms:ScheduleKeyDeletion", "") SLR_POLICY SHARED_KEY, DENIED},
    };
    (void)state;
    CHECK(rows);
}

static void not_elements_cover_all_but_what_they_list(void **state)
{
#define BUT_FOR(list)                                                                              \
    IDENTITY(MAY("*"))                                                                             \
    ",'resource_policy':" DOC("{'Effect':'Deny','NotPrincipal':{'AWS':[" list                      \
                              "]},'Action':'s3:*','Resource':'*'}")
    static const struct row rows[] = {
        {GET(USER) IDENTITY("{'Effect':'Allow','NotAction':'iam:*','Resource':'*'}"), ALLOWED},
        {GET(USER) IDENTITY("{'Effect':'Allow','NotAction':['sqs:*','s3:*'],'Resource':'*'}"),
         DENIED},
        {GET(USER) IDENTITY("{'Effect':'Allow','Action':'s3:*','NotResource':'arn:aws:s3:::o/*'}"),
         ALLOWED},
        {GET(USER) IDENTITY("{'Effect':'Allow','Action':'s3:*','NotResource':'arn:aws:s3:::b*'}"),
         DENIED},
        /* an account in NotPrincipal spares its root, not its users */
        {GET(USER) BUT_FOR("'" ROOT "'"), FORBIDDEN},
        {GET(ROOT) BUT_FOR("'" ROOT "'"), ALLOWED},
        {GET(USER) BUT_FOR("'" ROOT "','" USER "'"), ALLOWED},
        {GET(USER) BUT_FOR("'" USER "'"), FORBIDDEN},
        {GET(SESSION) BUT_FOR("'" ROOT "','" ROLE "'"), FORBIDDEN},
        {GET(SESSION) BUT_FOR("'" ROOT "','" SESSION "'"), FORBIDDEN},
        {GET(SESSION) BUT_FOR("'" ROLE "','" SESSION "'"), FORBIDDEN},
        {GET(SESSION) BUT_FOR("'" ROOT "','" ROLE "','" SESSION "'"), ALLOWED},
        {GET(ROLE) BUT_FOR("'" ROOT "','" ROLE "'"), ALLOWED},
    };
    (void)state;
    CHECK(rows);
}

static void not_principal_spares_nobody_with_a_boundary_and_allows_nobody(void **state)
{
    static const struct row rows[] = {
        {GET(USER) BUT_FOR("'" ROOT "','" USER "'") BOUNDARY(MAY("*")), FORBIDDEN},
        {GET(ROLE) BUT_FOR("'" ROOT "','" ROLE "'") BOUNDARY(MAY("*")), FORBIDDEN},
        {GET(USER) BUT_FOR("'*'") BOUNDARY(MAY("*")), FORBIDDEN},
        {GET(USER) BUT_FOR("'*'"), ALLOWED},
        {GET(ROOT) BUT_FOR("'" ROOT "'") BOUNDARY(MAY("*")), ALLOWED},
    };
    (void)state;
    CHECK(rows);
    struct arena *arena = arena_new();
    struct diags diags;
    struct policy policy;
    struct policy_answer answer;
    diags_init(&diags, arena);
    assert_true(policy_parse(arena,
                             quoted(arena, DOC("{'Effect':'Allow','NotPrincipal':{'AWS':'" ROLE
                                               "'},'Action':'*','Resource':'*'}")),
                             &policy, &diags, NULL));
    const struct policy_set set = {.resource_policy = &policy};
    const struct policy_request request = {.principal = USER,
                                           .action = "s3:GetObject",
                                           .resource = BUCKET,
                                           .resource_account = "111122223333"};
    policy_evaluate(arena, &request, &set, &answer);
    assert_int_equal(answer.decision, POLICY_IMPLICITLY_DENIED);
    arena_free(arena);
}

#define GRANTS(more) ",'grants':[{'GrantId':'g1','Operations':['Decrypt','CreateGrant']," more "}]"
#define TO(principal) GRANTS("'GranteePrincipal':'" principal "'")
#define TO_ROLE(constraints) GRANTS("'GranteePrincipal':'" ROLE "','Constraints':{" constraints "}")
#define DECRYPT_WITH(who, context) ASK(who, "kms:Decrypt", KEY, "111122223333", context)

/* "Grants in AWS KMS", "Troubleshooting key access", GrantConstraints in the API reference */
static void a_grant_allows_by_itself_what_it_lists(void **state)
{
#define PAIR_IT "'kms:EncryptionContext:Department':'IT'"
#define ONLY_IT "'EncryptionContextEquals':{'department':'IT'}"
#define WITH_IT "'EncryptionContextSubset':{'department':'IT'}"
    static const struct row rows[] = {
        {DECRYPT(ROLE) TO(ROLE), ALLOWED},
        {DECRYPT(SESSION) TO(ROLE), ALLOWED},
        {DECRYPT(SESSION) TO(SESSION), ALLOWED},
        {DECRYPT(USER) TO(ROLE), DENIED},
        {ASK(ROLE, "kms:Encrypt", KEY, "111122223333", "") TO(ROLE), DENIED},
        {ASK(ROLE, "kms:DisableKey", KEY, "111122223333", "") TO(ROLE), DENIED},
        {ASK(ROLE, "s3:Decrypt", KEY, "111122223333", "") TO(ROLE), DENIED},
        {ASK(ROLE, "kms:Decrypt", "*", "111122223333", "") TO(ROLE), DENIED},
        {DECRYPT(ROLE) GRANTS("'GranteePrincipal':'" ROLE "','KeyId':'1'"), ALLOWED},
        {DECRYPT(ROLE) GRANTS("'GranteePrincipal':'" ROLE "','KeyId':'" KEY "'"), ALLOWED},
        {DECRYPT(ROLE) GRANTS("'GranteePrincipal':'" ROLE "','KeyId':'2'"), DENIED},
        /* to an account, or to its root: as in a key policy */
        {DECRYPT(ROLE) TO(ROOT), DENIED},
        {DECRYPT(ROLE) TO(ROOT) IDENTITY(MAY("kms:*")), ALLOWED},
        {DECRYPT(ROOT) TO(ROOT), ALLOWED},
        /* whatever limits and denies elsewhere does so here */
        {DECRYPT(ROLE) TO(ROLE) IDENTITY(MAY_NOT("kms:*")), FORBIDDEN},
        {DECRYPT(ROLE) TO(ROLE) RESOURCE(REFUSE("'*'", "kms:Decrypt")), FORBIDDEN},
        {DECRYPT(ROLE) TO(ROLE) BOUNDARY(MAY("s3:*")), DENIED},
        {DECRYPT(ROLE) TO(ROLE) SESSION_POLICY(MAY("s3:*")), DENIED},
        {DECRYPT(ROLE) TO(ROLE) ",'scps':[[" DOC(MAY("s3:*")) "]]", DENIED},
        /* services */
        {DECRYPT("dynamodb.amazonaws.com")
             GRANTS("'GranteeServicePrincipal':'dynamodb.amazonaws.com'"),
         ALLOWED},
        {DECRYPT("s3.amazonaws.com") GRANTS("'GranteeServicePrincipal':'dynamodb.amazonaws.com'"),
         DENIED},
        {DECRYPT("*") TO(ROLE), DENIED},
        /* a key of another account: whose grant it is decides whether the caller's account trusts
         * the key */
        {DECRYPT_ACROSS(ROLE) TO(ROLE), DENIED},
        {DECRYPT_ACROSS(ROLE) TO(ROLE) IDENTITY(MAY("kms:Decrypt")), ALLOWED},
        {DECRYPT_ACROSS(ROLE) GRANTS("'GranteePrincipal':'" ROLE "','IssuingAccount':'" ROOT "'"),
         ALLOWED},
        {DECRYPT_ACROSS(ROLE)
             GRANTS("'GranteePrincipal':'" ROLE "','IssuingAccount':'444455556666'"),
         DENIED},
        /* constraints */
        {DECRYPT_WITH(ROLE, PAIR_IT) TO_ROLE(ONLY_IT), ALLOWED},
        {DECRYPT_WITH(ROLE, PAIR_IT ",'kms:EncryptionContext:a':'b'") TO_ROLE(ONLY_IT), DENIED},
        {DECRYPT_WITH(ROLE, PAIR_IT ",'kms:EncryptionContext:a':'b'") TO_ROLE(WITH_IT), ALLOWED},
        {DECRYPT_WITH(ROLE, "'kms:EncryptionContext:Department':'it'") TO_ROLE(WITH_IT), DENIED},
        {DECRYPT(ROLE) TO_ROLE(WITH_IT), DENIED},
        {DECRYPT(ROLE) TO_ROLE("'EncryptionContextSubset':{}"), ALLOWED},
        {ASK(ROLE, "kms:CreateGrant", KEY, "111122223333", "") TO_ROLE(""), ALLOWED},
        {ASK(ROLE, "kms:CreateGrant", KEY, "111122223333", "") TO_ROLE(WITH_IT), DENIED},
        {DECRYPT_WITH(ROLE, "'aws:SourceArn':'arn:aws:s3:::b'")
             TO_ROLE("'SourceArn':'arn:aws:s3:::b'"),
         ALLOWED},
        {DECRYPT_WITH(ROLE, "'aws:SourceArn':'arn:aws:s3:::c'")
             TO_ROLE("'SourceArn':'arn:aws:s3:::b'"),
         DENIED},
        {DECRYPT(ROLE) TO_ROLE("'SourceArn':'arn:aws:s3:::b'"), DENIED},
        /* no RCP keeps anybody from giving a grant back */
        {ASK(ROLE, "kms:RetireGrant", KEY, "111122223333", "")
             RESOURCE(GRANT(AWS(ROLE), "kms:*")) ",'rcps':[[" DOC(REFUSE("'*'", "kms:*")) "]]",
         ALLOWED},
        {DECRYPT(ROLE) TO(ROLE) ",'rcps':[[" DOC(REFUSE("'*'", "kms:*")) "]]", FORBIDDEN},
        /* the policy of an AWS managed key */
        {DECRYPT_WITH(ROLE, "'kms:ViaService':'rds.us-east-2.amazonaws.com'") RESOURCE(
             "{'Effect':'Allow','Principal':{'AWS':'*'},'Action':'kms:Decrypt','Resource':'*',"
             "'Condition':{'StringEquals':{'kms:CallerAccount':'111122223333',"
             "'kms:ViaService':'rds.us-east-2.amazonaws.com'}}}"),
         ALLOWED},
    };
    (void)state;
    CHECK(rows);
}

static void variables_in_resources_are_filled_from_the_request(void **state)
{
#define HOME                                                                                       \
    IDENTITY("{'Effect':'Allow','Action':'s3:*','Resource':'arn:aws:s3:::b/${aws:PrincipalTag/"    \
             "team}/*'}")
#define NOT_HOME                                                                                   \
    IDENTITY("{'Effect':'Allow','Action':'s3:*','NotResource':"                                    \
             "'arn:aws:s3:::b/${aws:PrincipalTag/team}/*'}")
#define OBJECT(object, context)                                                                    \
    ASK(USER, "s3:GetObject", "arn:aws:s3:::b/" object, "111122223333", context)
    static const struct row rows[] = {
        {OBJECT("red/x", "'aws:PrincipalTag/team':'red'") HOME, ALLOWED},
        {OBJECT("blue/x", "'aws:PrincipalTag/team':'red'") HOME, DENIED},
        {OBJECT("blue/x", "'aws:PrincipalTag/team':'*'") HOME, DENIED},
        {OBJECT("red/x", "") HOME, DENIED},
        {OBJECT("red/x", "") NOT_HOME, DENIED},
        {OBJECT("blue/x", "'aws:PrincipalTag/team':'red'") NOT_HOME, ALLOWED},
    };
    (void)state;
    CHECK(rows);
}

#define BY_ID(id)                                                                                  \
    ASK(SESSION, "s3:GetObject", BUCKET, "111122223333", "'aws:userid':'" id "'")                  \
    RESOURCE(GRANT(AWS("AROAEXAMPLEEXAMPLE1"), "s3:*"))

static void a_deleted_principal_matches_by_its_unique_id(void **state)
{
    static const struct row rows[] = {
        {BY_ID("AROAEXAMPLEEXAMPLE1:s1"), ALLOWED},
        {BY_ID("AROAEXAMPLEEXAMPLE2:s1"), DENIED},
        {BY_ID("AROAEXAMPLEEXAMPLE12:s1"), DENIED},
    };
    (void)state;
    CHECK(rows);
}

static void unknown_texts_never_allow_and_always_deny(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    static const char *const effects[] = {"Allow", "Deny"};
    static const enum policy_decision decisions[] = {POLICY_IMPLICITLY_DENIED,
                                                     POLICY_EXPLICITLY_DENIED};
    for (size_t i = 0; i < 2; i++) {
        struct diags diags;
        struct policy policy;
        struct policy_answer answer;
        diags_init(&diags, arena);
        const struct value *doc = json_restore_unknown(
            arena, quoted(arena, arena_printf(arena,
                                              "{'Statement':{'Effect':'%s','Action':'s3:*',"
                                              "'Resource':{'$ref':'buckets.b.arn'}}}",
                                              effects[i])));
        assert_true(policy_parse(arena, doc, &policy, &diags, NULL));
        const struct policy *items[] = {&policy};
        struct policy_set set = {.identity_policies = {items, 1}};
        struct policy_request request = {.principal = USER,
                                         .action = "s3:GetObject",
                                         .resource = BUCKET,
                                         .resource_account = "111122223333"};
        policy_evaluate(arena, &request, &set, &answer);
        assert_int_equal(answer.decision, decisions[i]);
    }
    arena_free(arena);
}

static void a_denial_is_worded_as_aws_words_it(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct policy_request request = {
        .principal = ROLE, .action = "kms:Decrypt", .resource = "*", .resource_account = NULL};
    struct policy_set set = {0};
    struct policy_answer answer;
    policy_evaluate(arena, &request, &set, &answer);
    assert_string_equal(policy_denial_reason(arena, &request, &answer),
                        "because no identity-based policy allows the kms:Decrypt action");

    struct diags diags;
    struct policy policy;
    diags_init(&diags, arena);
    assert_true(policy_parse(arena, quoted(arena, DOC(MAY_NOT("*"))), &policy, &diags, NULL));
    const struct policy *items[] = {&policy};
    set.identity_policies = (struct policy_list){items, 1};
    policy_evaluate(arena, &request, &set, &answer);
    assert_string_equal(policy_denial_reason(arena, &request, &answer),
                        "with an explicit deny in an identity-based policy");

    set = (struct policy_set){.resource_policy_must_allow = true};
    policy_evaluate(arena, &request, &set, &answer);
    assert_string_equal(policy_denial_reason(arena, &request, &answer),
                        "because no resource-based policy allows the kms:Decrypt action");
    set = (struct policy_set){.scps = (struct policy_list[]){{NULL, 0}}, .scps_len = 1};
    policy_evaluate(arena, &request, &set, &answer);
    assert_string_equal(policy_denial_reason(arena, &request, &answer),
                        "because no service control policy allows the kms:Decrypt action");
    arena_free(arena);
}

/* Of a context that is not known as a whole: the statement's condition, what is known, what is
 * decided, and which key decides beside. */
static const struct partial_row {
    const char *effect, *condition, *context;
    enum policy_decision decision;
    const char *open_key;
} partial_rows[] = {
    {"Allow", "{'StringEquals':{'aws:SourceVpce':'v'}}", "{}", POLICY_IMPLICITLY_DENIED,
     "aws:SourceVpce"},
    {"Deny", "{'StringEquals':{'aws:SourceVpce':'v'}}", "{}", POLICY_EXPLICITLY_DENIED,
     "aws:SourceVpce"},
    {"Deny", "{'StringNotEquals':{'aws:SourceVpce':'v'}}", "{}", POLICY_EXPLICITLY_DENIED,
     "aws:SourceVpce"},
    {"Deny", "{'Null':{'aws:SourceVpce':'true'}}", "{}", POLICY_EXPLICITLY_DENIED,
     "aws:SourceVpce"},
    {"Deny", "{'StringEqualsIfExists':{'aws:SourceVpce':'v'}}", "{'aws:SourceVpce':null}",
     POLICY_EXPLICITLY_DENIED, NULL},
    {"Deny", "{'StringEquals':{'aws:SourceVpce':'v'}}", "{'aws:SourceVpce':null}", POLICY_ALLOWED,
     NULL},
    {"Deny", "{'StringEquals':{'aws:SourceVpce':'v','aws:RequestedRegion':'eu-west-1'}}",
     "{'aws:RequestedRegion':'us-east-1'}", POLICY_ALLOWED, NULL},
    {"Deny", "{'StringEquals':{'aws:PrincipalTag/team':'x'}}", "{}", POLICY_EXPLICITLY_DENIED,
     "aws:PrincipalTag/team"},
    {"Deny", "{'StringEquals':{'aws:PrincipalTag/team':'x'}}", "{'aws:PrincipalTag/':null}",
     POLICY_ALLOWED, NULL},
    {"Deny", "{'StringEquals':{'aws:PrincipalTag/Team':'x'}}",
     "{'aws:PrincipalTag/':null,'aws:principaltag/team':'x'}", POLICY_EXPLICITLY_DENIED, NULL},
    {"Deny", "{'StringEquals':{'aws:username':'alice'}}", "{}", POLICY_ALLOWED, NULL},
    {"Deny", "{'StringEquals':{'aws:PrincipalArn':'${aws:userid}'}}", "{}",
     POLICY_EXPLICITLY_DENIED, "aws:userid"},
    /* of which only the beginning is known */
    {"Deny", "{'StringLike':{'aws:k':'o-1/*'}}", "{'aws:k':{'starts_with':'o-1/'}}",
     POLICY_EXPLICITLY_DENIED, NULL},
    {"Deny", "{'StringNotLike':{'aws:k':'o-1/*'}}", "{'aws:k':{'starts_with':'o-1/'}}",
     POLICY_ALLOWED, NULL},
    {"Deny", "{'StringLike':{'aws:k':'o-2/*'}}", "{'aws:k':{'starts_with':'o-1/'}}", POLICY_ALLOWED,
     NULL},
    {"Deny", "{'StringLike':{'aws:k':'o-1/r-1/*'}}", "{'aws:k':{'starts_with':'o-1/'}}",
     POLICY_EXPLICITLY_DENIED, "aws:k"},
    {"Deny", "{'StringEquals':{'aws:k':'o-1'}}", "{'aws:k':{'starts_with':'o-1/'}}", POLICY_ALLOWED,
     NULL},
    {"Deny", "{'StringEquals':{'aws:k':'o-1/r-1'}}", "{'aws:k':{'starts_with':'o-1/'}}",
     POLICY_EXPLICITLY_DENIED, "aws:k"},
    {"Deny", "{'StringLike':{'aws:k':'*'}}", "{'aws:k':{'starts_with':'o-1/'}}",
     POLICY_EXPLICITLY_DENIED, NULL},
    {"Deny", "{'StringEquals':{'aws:k':'*'}}", "{'aws:k':{'starts_with':'o-1/'}}", POLICY_ALLOWED,
     NULL},
};

static void what_hangs_on_an_open_key_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(partial_rows); i++) {
        const struct partial_row *row = &partial_rows[i];
        struct arena *arena = arena_new();
        struct diags diags;
        struct policy policies[2];
        struct policy_answer answer;
        diags_init(&diags, arena);
        const char *one =
            arena_printf(arena, "{'Effect':'%s','Action':'*','Resource':'*','Condition':%s}",
                         row->effect, row->condition);
        const char *doc = arena_printf(arena, DOC("%s"), one);
        assert_true(policy_parse(arena, quoted(arena, doc), &policies[0], &diags, NULL));
        assert_true(policy_parse(arena, quoted(arena, DOC(MAY("*"))), &policies[1], &diags, NULL));
        const struct policy *items[] = {&policies[0], &policies[1]};
        const struct policy_set set = {
            .identity_policies = {items, str_eq(row->effect, "Allow") ? 1 : 2}};
        const struct policy_request request = {.principal = ROLE,
                                               .action = "s3:GetObject",
                                               .resource = BUCKET,
                                               .resource_account = "111122223333",
                                               .context = quoted(arena, row->context),
                                               .context_is_partial = true};
        policy_evaluate(arena, &request, &set, &answer);
        if (answer.decision != row->decision || !str_eq(answer.open_key, row->open_key))
            fail_msg("row %zu is %s by %s", i, policy_decision_name(answer.decision),
                     answer.open_key ? answer.open_key : "nothing open");
        arena_free(arena);
    }
}

static void resource_controls_hold_for_some_services(void **state)
{
    (void)state;
    assert_true(policy_meets_resource_controls("kms:Decrypt"));
    assert_true(policy_meets_resource_controls("s3:GetObject"));
    assert_true(policy_meets_resource_controls("sts:AssumeRole"));
    assert_false(policy_meets_resource_controls("backup:CopyIntoBackupVault"));
    assert_false(policy_meets_resource_controls("kmsx:Decrypt"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_hangs_on_an_open_key_is_told),
        cmocka_unit_test(resource_controls_hold_for_some_services),
        cmocka_unit_test(within_an_account_identity_or_resource_policy_is_enough),
        cmocka_unit_test(an_explicit_deny_wins_wherever_it_stands),
        cmocka_unit_test(boundaries_and_sessions_limit_what_identity_policies_grant),
        cmocka_unit_test(across_accounts_both_sides_must_allow),
        cmocka_unit_test(every_level_of_the_organization_must_allow),
        cmocka_unit_test(a_key_policy_must_allow_by_itself),
        cmocka_unit_test(a_role_is_assumed_only_by_whom_it_trusts),
        cmocka_unit_test(a_service_needs_the_resources_own_policy),
        cmocka_unit_test(a_vault_takes_copies_from_whom_its_policy_names),
        cmocka_unit_test(the_destinations_service_role_uses_the_shared_key_by_grants_only),
        cmocka_unit_test(not_elements_cover_all_but_what_they_list),
        cmocka_unit_test(not_principal_spares_nobody_with_a_boundary_and_allows_nobody),
        cmocka_unit_test(a_grant_allows_by_itself_what_it_lists),
        cmocka_unit_test(variables_in_resources_are_filled_from_the_request),
        cmocka_unit_test(a_deleted_principal_matches_by_its_unique_id),
        cmocka_unit_test(unknown_texts_never_allow_and_always_deny),
        cmocka_unit_test(a_denial_is_worded_as_aws_words_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
