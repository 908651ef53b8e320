#pragma once
/* The tables of the file as a document has them: what export.c writes and import.c reads. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum column_kind { COLUMN_TEXT, COLUMN_INT, COLUMN_BOOL, COLUMN_JSON };

/* What JSON has to be, so that its row can be read. */
enum json_shape { SHAPE_ANY, SHAPE_TEXTS, SHAPE_RECORD };

struct column {
    const char *member;
    enum column_kind kind;
    bool nullable; /* NULL: the member is not there */
    int64_t since; /* the format that brought it; a document of an older one has none, and gets 0 */
    enum json_shape shape;
    const char *const *words; /* the only texts that it may hold, NULL at the end; NULL: any */
};

struct table {
    const char *member;
    const char *select; /* its columns, in the order of `columns` */
    const char *insert; /* the same */
    const char *empty;  /* deletes all rows */
    bool keyed;         /* rows rise by the first column, each stands once */
    const struct column *columns;
    size_t column_len;
};

extern const struct table state_tables[];
extern const size_t state_table_len;
#define STATE_TABLE_MAX 8
