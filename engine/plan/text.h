#pragma once
/* Pieces of text that the renderers of this folder share. */

#include "engine/base/strbuf.h"
#include "engine/plan/render.h"

#define RENDER_MAX ((size_t)64 * 1024 * 1024)

struct style {
    const char *add, *change, *remove, *danger, *strong, *off;
};
const struct style *style_of(bool colour);

size_t text_columns(const char *text); /* code points */
/* The text, cut to so many columns with "..." at its end. 0: not cut. */
const char *text_cut(struct arena *arena, const char *text, size_t columns);
/* A name or description must not end the line, move the cursor or turn the order of reading round:
 * white space becomes a blank, what else would do so "\u202e". */
const char *text_line(struct arena *arena, const char *text);
/* Bare text of a string, "keys.final" or "keys.final.policy" for a reference, JSON of the rest,
 * "(none)" for NULL, "(sensitive)" under a sensitive node; on one line. */
const char *text_value(struct arena *arena, const struct schema_node *node, const struct value *v);
/* "/rules/0/lifecycle" to "rules[0].lifecycle". */
const char *text_path(struct arena *arena, const char *pointer);
const char *text_day(struct arena *arena, int64_t ms);    /* 2026-01-15 */
const char *text_minute(struct arena *arena, int64_t ms); /* 2026-01-15 00:00 UTC */

/* summary.c: what an object is, in a few words. */
const char *summary_of(struct arena *arena, const struct schema *schema,
                       const struct value *properties);
/* The property that holds the policy of a type that is nothing else; NULL: it is more, or none. */
const char *policy_property_of(const struct schema *schema);
/* detail.c: one line for each difference, cut to the width; policies statement by statement, and
 * nothing of them is ever cut: whom they admit is what a reader has to see. */
void detail_add(struct strbuf *sb, const struct difference *differences, size_t len,
                const struct render_options *options);

/* The same value with sensitive properties replaced: for JSON. */
const struct value *value_redacted(struct arena *arena, const struct schema_node *node,
                                   const struct value *v);
