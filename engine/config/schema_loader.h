#pragma once
/* Inside the loader only (schema_load.c: files and types, schema_node.c: properties): what is known
 * while a schema is read, and readers of JSON that end in a BUG when the schema is wrong. */

#include "engine/config/schema.h"

#define TOPOLOGY_SCHEMA "topology"
#define SCHEMA_DEPTH_MAX 40 /* beyond it a $ref must be going in circles */

enum pointer_flag {
    FLAG_READ_ONLY = 1 << 0,
    FLAG_CREATE_ONLY = 1 << 1,
    FLAG_WRITE_ONLY = 1 << 2,
    FLAG_IRREVERSIBLE = 1 << 3,
    FLAG_NEEDED_TO_DELETE = 1 << 4,
};

struct pointer {
    unsigned flags;
    bool used;
};

/* One file while it is read. */
struct file {
    const char *name; /* the type's name, or "topology" */
    const struct value *json;
    struct map pointers; /* "/rules/<star>/rule_id" -> struct pointer * */
    bool lower_camel;
};

struct loader {
    struct arena *arena;
    struct map files;  /* name -> struct file * */
    struct map shared; /* "TYPE#/definitions/x" -> struct schema_node * */
    unsigned depth;
};

/* What a node is read with. path is its place for the pointer lists of the file; NULL inside the
 * targets of $ref, which those lists do not reach. */
struct scope {
    struct loader *loader;
    struct file *file;
    const char *path;
};

_Noreturn void schema_refuse(const struct scope *scope, const char *fmt, ...) PRINTF_LIKE(2, 3);
const char *schema_text_of(const struct scope *scope, const struct value *v, const char *keyword);
bool schema_bool_of(const struct scope *scope, const struct value *v, const char *keyword);
size_t schema_count_of(const struct scope *scope, const struct value *v, const char *keyword);
double schema_number_of(const struct scope *scope, const struct value *v, const char *keyword);
/* Ends with NULL. */
const char *const *schema_names_of(const struct scope *scope, const struct value *v,
                                   const char *keyword);
/* The name of a resource type that there is. */
const char *schema_type_name_of(const struct scope *scope, const struct value *v,
                                const char *keyword);
/* The index of a word in a list that ends with NULL. */
int schema_word_of(const struct scope *scope, const struct value *v, const char *const *words,
                   const char *keyword);

/* The root object of a file; of a type it passes over the keywords that describe the type. */
struct schema_node *schema_root_load(const struct scope *scope, bool is_type);
