#include "engine/policy/diff.h"

#include "engine/base/strbuf.h"
#include "quoted.h"

static void put_value(struct strbuf *sb, const struct value *v)
{
    if (v)
        json_write(sb, v, JSON_COMPACT | JSON_SORTED);
}

/* One change a line: STATEMENT|ELEMENT|KIND|BEFORE|AFTER, with ' for ". */
static const char *differences(struct arena *arena, const char *before, const char *after)
{
    struct policy_change *changes = NULL;
    size_t len = 0;
    struct strbuf sb;
    strbuf_init(&sb, arena, 100000);
    policy_diff(arena, before ? json_restore_unknown(arena, quoted(arena, before)) : NULL,
                after ? json_restore_unknown(arena, quoted(arena, after)) : NULL, &changes, &len);
    for (size_t i = 0; i < len; i++) {
        const struct policy_change *c = &changes[i];
        strbuf_addf(&sb, "%s|%s|%c|", c->statement ? c->statement : "",
                    c->element ? c->element : "", "+-~"[c->kind]);
        put_value(&sb, c->before);
        strbuf_add_char(&sb, '|');
        put_value(&sb, c->after);
        strbuf_add_char(&sb, '\n');
    }
    char *text = arena_strdup(arena, strbuf_str(&sb));
    for (char *c = text; *c; c++)
        if (*c == '"')
            *c = '\'';
    return text;
}

#define USE(sid, principals)                                                                       \
    "{'Sid':'" sid "','Effect':'Allow','Principal':{'AWS':[" principals                            \
    "]},'Action':'kms:*','Resource':'*'}"
#define PLAIN(effect, action) "{'Effect':'" effect "','Action':'" action "','Resource':'*'}"
#define DOC(statements) "{'Version':'2012-10-17','Statement':[" statements "]}"
#define A "'arn:aws:iam::111122223333:root'"
#define B "'arn:aws:iam::444455556666:root'"

static void changes_are_told_by_statement_and_element(void **state)
{
    static const struct {
        const char *before, *after, *changes;
    } rows[] = {
        {DOC(USE("Allow use", A)), DOC(USE("Allow use", A "," B)),
         "Allow use|Principal.AWS|+||" B "\n"},
        {DOC(USE("Allow use", A "," B)), DOC(USE("Allow use", "'111122223333'")),
         "Allow use|Principal.AWS|-|" B "|\n"},
        {DOC(USE("u", A)), DOC(USE("u", A)), ""},
        {DOC(USE("u", A "," B)), DOC(USE("u", "'444455556666','111122223333'")), ""},
        /* what moved did not change */
        {DOC(USE("u", A) "," PLAIN("Deny", "s3:*")), DOC(PLAIN("Deny", "S3:*") "," USE("u", A)),
         ""},
        {DOC(USE("u", A)), DOC(USE("u", A) "," PLAIN("Deny", "s3:*")),
         "statement 2||+||{'Action':'s3:*','Effect':'Deny','Resource':'*'}\n"},
        {DOC(PLAIN("Deny", "s3:*") "," USE("u", A)), DOC(USE("u", A)),
         "statement 1||-|{'Action':'s3:*','Effect':'Deny','Resource':'*'}|\n"},
        /* one without a Sid left on each side: they belong together */
        {DOC(PLAIN("Allow", "s3:*") "," USE("u", A)), DOC(USE("u", A) "," PLAIN("Deny", "sqs:*")),
         "statement 2|Effect|~|'Allow'|'Deny'\n"
         "statement 2|Action|-|'s3:*'|\n"
         "statement 2|Action|+||'sqs:*'\n"},
        /* two Sids are two statements, unless nothing else differs */
        {DOC(USE("u", A)), DOC(USE("v", A)), "v|Sid|~|'u'|'v'\n"},
        {DOC(USE("u", A)), DOC(USE("v", B)),
         "v||+||{'Action':'kms:*','Effect':'Allow','Principal':{'AWS':[" B
         "]},'Resource':'*','Sid':'v'}\n"
         "u||-|{'Action':'kms:*','Effect':'Allow','Principal':{'AWS':[" A
         "]},'Resource':'*','Sid':'u'}|\n"},
        {"{'Id':'x','Statement':[" PLAIN("Allow", "s3:*") "]}",
         "{'Version':'2012-10-17','Id':'y','Statement':[" PLAIN("Allow", "s3:*") "]}",
         "|Version|~|'2008-10-17'|'2012-10-17'\n|Id|~|'x'|'y'\n"},
        {DOC("{'Sid':'c','Effect':'Allow','Action':'s3:*','Resource':'*'}"),
         DOC("{'Sid':'c','Effect':'Allow','Action':'s3:*','Resource':'*','Condition':"
             "{'StringEquals':{'aws:PrincipalOrgID':'o-1'}}}"),
         "c|Condition.StringEquals.aws:PrincipalOrgID|+||'o-1'\n"},
        {DOC("{'Sid':'c','Effect':'Allow','Action':'s3:*','Resource':'*','Condition':"
             "{'Bool':{'aws:SecureTransport':true},'ArnEquals':{'aws:SourceArn':'a'}}}"),
         DOC("{'Sid':'c','Effect':'Allow','Action':'s3:*','Resource':'*','Condition':"
             "{'ArnLike':{'AWS:SourceArn':['a','b']},'bool':{'AWS:securetransport':'true'}}}"),
         "c|Condition.ArnLike.AWS:SourceArn|+||'b'\n"},
        {DOC("{'Sid':'c','Effect':'Allow','Principal':'*','Action':'s3:*'}"),
         DOC("{'Sid':'c','Effect':'Allow','Principal':{'AWS':['*']},'Action':'s3:*'}"), ""},
        {DOC("{'Sid':'c','Effect':'Allow','Principal':'*','Action':'s3:*'}"),
         DOC("{'Sid':'c','Effect':'Allow','Principal':{'Service':'a.b'},'Action':'s3:*'}"),
         "c|Principal|-|'*'|\nc|Principal.Service|+||'a.b'\n"},
        {DOC("{'Sid':'c','Effect':'Allow','Action':'s3:*','Resource':{'$ref':'a.b'}}"),
         DOC("{'Sid':'c','Effect':'Allow','Action':'s3:*','Resource':['arn:x']}"),
         "c|Resource|-|{'$ref':'a.b'}|\nc|Resource|+||'arn:x'\n"},
        {NULL, DOC(PLAIN("Allow", "s3:*")),
         "statement 1||+||{'Action':'s3:*','Effect':'Allow','Resource':'*'}\n"},
        {DOC(PLAIN("Allow", "s3:*")), NULL,
         "statement 1||-|{'Action':'s3:*','Effect':'Allow','Resource':'*'}|\n"},
        {DOC(PLAIN("Allow", "s3:*") "," PLAIN("Allow", "s3:*")), DOC(PLAIN("Allow", "s3:*")), ""},
        {"{'a':1}", "{'a':2}", "||~|{'a':1}|{'a':2}\n"},
        {"{'a':1}", "{'a':1}", ""},
        {NULL, "'text'", "||+||'text'\n"},
        {NULL, NULL, ""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *arena = arena_new();
        const char *changes = differences(arena, rows[i].before, rows[i].after);
        if (!str_eq(changes, rows[i].changes))
            fail_msg("row %zu gives:\n%swanted:\n%s", i, changes, rows[i].changes);
        arena_free(arena);
    }
}

static void a_whole_statement_says_each_of_its_values(void **state)
{
    static const char *const says[][2] = {{"Effect", "'Deny'"},           {"Principal.AWS", "'a'"},
                                          {"Principal.AWS", "'b'"},       {"NotAction", "'s3:*'"},
                                          {"Condition.Bool.k", "'true'"}, {"Other", "{'x':1}"}};
    (void)state;
    struct arena *arena = arena_new();
    const struct policy_change whole = {
        .kind = POLICY_REMOVED,
        .statement = "u",
        .before = quoted(arena, "{'Sid':'u','Effect':'Deny','Principal':{'AWS':['a','b']},"
                                "'NotAction':'s3:*','Condition':{'Bool':{'k':'true'}},"
                                "'Other':{'x':1}}")};
    struct policy_change *changes = NULL;
    size_t len = 0;
    policy_statement_says(arena, &whole, &changes, &len);
    assert_int_equal(len, ARRAY_LEN(says));
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(changes[i].kind, POLICY_REMOVED);
        assert_string_equal(changes[i].statement, "u");
        assert_string_equal(changes[i].element, says[i][0]);
        assert_true(value_equal(changes[i].before, quoted(arena, says[i][1])));
        assert_null(changes[i].after);
    }
    arena_free(arena);
}

static void a_change_keeps_its_place_in_the_new_document(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct source_pos pos = {1, 22, 9};
    struct map_builder statement = map_begin(arena);
    map_put_str(&statement, "Sid", "u");
    map_put(&statement, "Action", value_at(arena, value_string(arena, "s3:Put*"), pos));
    struct map_builder doc = map_begin(arena);
    map_put(&doc, "Statement", map_end(&statement));
    struct policy_change *changes = NULL;
    size_t len = 0;
    policy_diff(arena, quoted(arena, "{'Statement':{'Sid':'u'}}"), map_end(&doc), &changes, &len);
    assert_int_equal(len, 1);
    assert_true(changes[0].has_sid);
    assert_int_equal(changes[0].after->pos.line, 22);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_are_told_by_statement_and_element),
        cmocka_unit_test(a_whole_statement_says_each_of_its_values),
        cmocka_unit_test(a_change_keeps_its_place_in_the_new_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
