#include "engine/policy/eval_request.h"

#include <string.h>

#include "quoted.h"

#define REQUEST                                                                                    \
    "'request':{'principal':'arn:aws:iam::111122223333:role/x','action':'kms:Decrypt',"            \
    "'resource':'arn:aws:kms:us-east-2:444455556666:key/1','resource_account':'444455556666',"     \
    "'context':{'aws:SourceArn':'arn:aws:s3:::b','n':[1,true]}}"
#define ALLOW                                                                                      \
    "{'Version':'2012-10-17','Statement':{'Effect':'Allow','Action':'kms:*','Resource':'*'}}"
#define DENY                                                                                       \
    "{'Version':'2012-10-17','Statement':{'Effect':'Deny','Action':'kms:*','Resource':'*'}}"
#define SHARED                                                                                     \
    "{'Version':'2012-10-17','Statement':[{'Effect':'Deny','Principal':'*','Action':"              \
    "'kms:Delete*','Resource':'*'},{'Sid':'use','Effect':'Allow','Principal':{'AWS':"              \
    "'111122223333'},'Action':'kms:Decrypt','Resource':'*'}]}"

#define TO_USER                                                                                    \
    "{'GrantId':'g1','GranteePrincipal':'arn:aws:iam::111122223333:user/x','Operations':"          \
    "['Decrypt'],'CreationDate':1767225600}"
#define TO_ROLE                                                                                    \
    "{'GrantId':'g2','GranteePrincipal':'arn:aws:iam::111122223333:role/x','Operations':"          \
    "['Decrypt'],'IssuingAccount':'arn:aws:iam::111122223333:root'}"
#define BAD_GRANT(more)                                                                            \
    "{" REQUEST ",'grants':[{'GranteePrincipal':'arn:aws:iam::111122223333:role/x'," more "}]}"

static void a_line_is_answered_with_the_statements_that_decided(void **state)
{
    static const struct {
        const char *line, *answer;
    } rows[] = {
        {"{" REQUEST ",'identity_policies':[" ALLOW "],'resource_policy':" SHARED "}",
         "{'decision':'allowed','statements':["
         "{'policy':'identity_policies[0]','index':0,'sid':null,'effect':'Allow'},"
         "{'policy':'resource_policy','index':1,'sid':'use','effect':'Allow'}]}"},
        {"{" REQUEST ",'identity_policies':[" ALLOW "," DENY "],'resource_policy':" SHARED "}",
         "{'decision':'explicitly_denied','statements':["
         "{'policy':'identity_policies[1]','index':0,'sid':null,'effect':'Deny'}]}"},
        {"{" REQUEST ",'identity_policies':[" ALLOW "],'resource_policy':" SHARED
         ",'permission_boundaries':[" ALLOW "],'session_policies':[" ALLOW "],'scps':[[" ALLOW
         "],[" DENY "," ALLOW "]],'rcps':[]}",
         "{'decision':'explicitly_denied','statements':["
         "{'policy':'scps[1][0]','index':0,'sid':null,'effect':'Deny'}]}"},
        {"{" REQUEST ",'identity_policies':[" ALLOW "],'resource_policy':null}",
         "{'decision':'implicitly_denied','statements':[]}"},
        {"{" REQUEST "}", "{'decision':'implicitly_denied','statements':[]}"},
        {"{" REQUEST ",'grants':[" TO_USER "," TO_ROLE "]}",
         "{'decision':'allowed','statements':["
         "{'policy':'grants[1]','index':0,'sid':'g2','effect':'Allow'}]}"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *arena = arena_new();
        struct diags diags;
        diags_init(&diags, arena);
        const struct value *answer = policy_eval_json(arena, quoted(arena, rows[i].line), &diags);
        if (!value_equal(answer, quoted(arena, rows[i].answer)))
            fail_msg("row %zu: %s", i, answer ? json_print(arena, answer, JSON_COMPACT) : "none");
        arena_free(arena);
    }
}

static void a_line_that_cannot_be_read_is_refused(void **state)
{
    static const struct {
        const char *line;
        enum diag_code code;
        const char *message;
    } rows[] = {
        {"[]", E_WRONG_TYPE, "JSON object"},
        {"{}", E_MISSING_KEY, "request"},
        {"{'request':5}", E_WRONG_TYPE, "request"},
        {"{'request':{'action':'s3:*'}}", E_MISSING_KEY, "principal"},
        {"{'request':{'principal':'*'}}", E_MISSING_KEY, "action"},
        {"{'request':{'principal':'*','action':1}}", E_WRONG_TYPE, "action"},
        {"{'request':{'principal':'*','action':'s3:x','contxt':{}}}", E_UNKNOWN_KEY, "contxt"},
        {"{'request':{'principal':'*','action':'s3:x','context':{'a':{}}}}", E_WRONG_TYPE,
         "scalar"},
        {"{" REQUEST ",'identity_policy':[]}", E_UNKNOWN_KEY, "identity_policy"},
        {"{" REQUEST ",'identity_policies':" ALLOW "}", E_WRONG_TYPE, "list"},
        {"{" REQUEST ",'scps':[" ALLOW "]}", E_WRONG_TYPE, "scps[0]"},
        {"{" REQUEST ",'identity_policies':[{'Statement':7}]}", E_RULE_POLICY, "not a map"},
        {"{" REQUEST ",'identity_policies':[" SHARED "]}", E_RULE_POLICY, "no Principal"},
        {"{" REQUEST ",'resource_policy':" ALLOW "}", E_RULE_POLICY, "names its Principal"},
        {"{" REQUEST ",'grants':{}}", E_WRONG_TYPE, "list"},
        {"{" REQUEST ",'grants':[1]}", E_RULE_POLICY, "a map"},
        {"{" REQUEST ",'grants':[{'Operations':['Decrypt']}]}", E_RULE_POLICY,
         "either a GranteePrincipal"},
        {BAD_GRANT("'GranteeServicePrincipal':'x.amazonaws.com','Operations':['Sign']"),
         E_RULE_POLICY, "either a GranteePrincipal"},
        {BAD_GRANT("'Operations':[]"), E_RULE_POLICY, "a list of Operations"},
        {BAD_GRANT("'Operations':['Decrypt',7]"), E_RULE_POLICY, "\"integer\" is not an operation"},
        {BAD_GRANT("'Operations':['kms:Decrypt']"), E_RULE_POLICY,
         "\"kms:Decrypt\" is not an operation"},
        {BAD_GRANT("'Operations':['Sign'],'Constraint':{}"), E_RULE_POLICY, "not part of a grant"},
        {BAD_GRANT("'Operations':['Sign'],'Constraints':{'Until':'x'}"), E_RULE_POLICY,
         "\"Until\" is not part of a grant"},
        {BAD_GRANT("'Operations':['Sign'],'Constraints':[]"), E_RULE_POLICY, "not a map"},
        {BAD_GRANT("'Operations':['Sign'],'Constraints':{'EncryptionContextEquals':{'a':1}}"),
         E_RULE_POLICY, "a map of strings"},
        {BAD_GRANT("'Operations':['Sign'],'IssuingAccount':'me'"), E_RULE_POLICY, "not an account"},
        {BAD_GRANT("'Operations':['Sign'],'KeyId':1"), E_RULE_POLICY, "not a string"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *arena = arena_new();
        struct diags diags;
        diags_init(&diags, arena);
        if (policy_eval_json(arena, quoted(arena, rows[i].line), &diags))
            fail_msg("row %zu was answered", i);
        if (!diags.len || diags.items[0].code != rows[i].code ||
            !strstr(diags.items[0].message, rows[i].message))
            fail_msg("row %zu: %s", i, diags.len ? diags.items[0].message : "no message");
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_answered_with_the_statements_that_decided),
        cmocka_unit_test(a_line_that_cannot_be_read_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
