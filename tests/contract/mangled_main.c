/* Spoiled answers: mangled_test FOLDER TYPE runs each kind of operation of the type on an object
 * that is there, with every answer from the n-th on spoiled in every way of mangle.c. Whatever
 * comes, the operation ends, soon; what cannot be read is not believed; and an error names the call
 * that it is about. */
#include <stdio.h>
#include <string.h>

#include "tests/contract/contract.h"

#define ANSWERS_MAX 2000 /* of one operation: no end in sight */
#define FROM_MAX 6

struct object {
    const struct value *desired, *attributes;
    const char *identifier;
};

static const char *const operations[] = {
#define OPERATION(api, name, method, uri, mutates, token_in, token_out, items) #name,
#include "providers/aws/operations.inc"
#undef OPERATION
};

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool holds_word(const char *text, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = text; (at = strstr(at, word)); at += len)
        if ((at == text || !is_letter(at[-1])) && !is_letter(at[len]))
            return true;
    return false;
}

/* True when a message names a call. */
static bool is_clear(const struct contract *c)
{
    for (size_t i = 0; i < c->diags.len; i++)
        for (size_t k = 0; k < ARRAY_LEN(operations); k++)
            if (holds_word(c->diags.items[i].message, operations[k]))
                return true;
    return false;
}

static void look_at_end(struct contract *c, const char *what, size_t from)
{
    const struct mangling *how = c->mangle.how;
    bool all_spoiled = from == 1;
    if (c->mangle.answers > ANSWERS_MAX)
        contract_fail(c, "%s, %s from answer %zu: %zu answers and no end", what, how->name, from,
                      c->mangle.answers);
    else if (all_spoiled && how->unreadable && c->result != OP_RESULT_FAILED)
        contract_fail(c, "%s, %s from answer %zu: it was believed", what, how->name, from);
    else if (c->result == OP_RESULT_FAILED && !is_clear(c))
        contract_fail(c, "%s, %s from answer %zu: no message that names a call: %s", what,
                      how->name, from, c->diags.len ? c->diags.items[0].message : "nothing");
    c->diags.len = c->diags.errors = 0;
}

/* A deletion finds an object, whatever the one before it did. */
static void make_again(struct contract *c, const struct value *desired, struct contract_op *op)
{
    c->mangle.how = NULL;
    c->life++;
    contract_try(c, &(struct contract_op){.kind = OP_CREATE, .desired = desired});
    if (c->result == OP_RESULT_DONE)
        op->identifier = c->identifier;
    c->diags.len = c->diags.errors = 0;
}

/* Once unspoiled, to count the answers; then from each of them on. */
static void spoil_each(struct contract *c, const char *what, const struct contract_op *given,
                       const struct value *desired)
{
    struct contract_op op = *given;
    c->mangle.how = NULL;
    c->mangle.answers = 0;
    contract_try(c, &op);
    size_t answers = c->mangle.answers < FROM_MAX ? c->mangle.answers : FROM_MAX;
    c->diags.len = c->diags.errors = 0;
    for (size_t i = 0; i < mangling_len; i++) {
        for (size_t from = 1; from <= answers; from++) {
            if (op.kind == OP_REMOVE)
                make_again(c, desired, &op);
            c->mangle.how = &manglings[i];
            c->mangle.answers = 0;
            c->mangle.from = from;
            contract_try(c, &op);
            look_at_end(c, what, from);
        }
    }
    c->mangle.how = NULL;
}

static bool make(struct contract *c, struct object *ret)
{
    ret->desired =
        contract_properties(c, c->schema, "contract.object", value_get(c->file, "create"));
    const struct contract_op create = {.kind = OP_CREATE, .desired = ret->desired};
    if (!contract_run(c, &create, OP_RESULT_DONE))
        return false;
    ret->identifier = c->identifier;
    const struct contract_op read = {.kind = OP_READ, .identifier = ret->identifier};
    if (!contract_run(c, &read, OP_RESULT_DONE))
        return false;
    ret->attributes = c->attributes;
    return true;
}

static void run_all(struct contract *c, const struct object *object)
{
    const struct value *changes = value_get(c->file, "changes");
    const struct value *next =
        value_len(changes)
            ? contract_properties(c, c->schema, "contract.object", value_item(changes, 0))
            : object->desired;
    spoil_each(c, "read", &(struct contract_op){.kind = OP_READ, .identifier = object->identifier},
               object->desired);
    spoil_each(c, "find", &(struct contract_op){.kind = OP_FIND, .desired = object->desired},
               object->desired);
    spoil_each(c, "update",
               &(struct contract_op){.kind = OP_UPDATE,
                                     .identifier = object->identifier,
                                     .prior = object->attributes,
                                     .desired = next},
               object->desired);
    spoil_each(c, "create beside",
               &(struct contract_op){.kind = OP_CREATE, .desired = object->desired},
               object->desired);
    spoil_each(c, "delete",
               &(struct contract_op){.kind = OP_REMOVE,
                                     .identifier = object->identifier,
                                     .prior = object->attributes},
               object->desired);
    spoil_each(c, "create", &(struct contract_op){.kind = OP_CREATE, .desired = object->desired},
               object->desired);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: mangled_test FOLDER TYPE\n");
        return 64;
    }
    struct contract c;
    struct object object = {0};
    if (contract_open(&c, argv[2], argv[1], NULL) && contract_prepare(&c) && make(&c, &object))
        run_all(&c, &object);
    else
        contract_fail(&c, "the object cannot be made");
    int status = c.failures ? 1 : 0;
    contract_close(&c);
    return status;
}
